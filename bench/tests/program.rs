//! The whole program against the tests' own server, so that it is green on a machine without any other.

use std::path::PathBuf;
use std::process::{Command, Output};

const BENCH: &str = env!("CARGO_BIN_EXE_valkore-bench");
const NULL: &str = env!("CARGO_BIN_EXE_valkore-bench-null");

fn bench(args: &[&str]) -> Output {
    Command::new(BENCH).args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A smoke run of `compare` of the null server with itself, unpinned.
fn compare(more: &[&str]) -> Output {
    let base = [
        "compare",
        "--smoke",
        "--server",
        NULL,
        "--against",
        NULL,
        "--against-preload",
        "none",
        "--server-cpu",
        "none",
        "--client-cpu",
        "none",
    ];
    bench(&[&base[..], more].concat())
}

#[test]
fn compare_reports_everything() {
    let folder = std::env::temp_dir();
    let file = |ending: &str| folder.join(format!("valkore-bench-test-{}.{ending}", std::process::id()));
    let (json, markdown): (PathBuf, PathBuf) = (file("json"), file("md"));
    let output = compare(&["--json", json.to_str().unwrap(), "--markdown", markdown.to_str().unwrap()]);
    let shown = text(&output.stdout);
    assert!(output.status.success(), "{shown}{}", text(&output.stderr));
    for part in ["get p1 ", "set p64", "ours", "theirs", "CPU us/op", "p99.9 us", "Medians of 3 rounds", "75.0 %"] {
        assert!(shown.contains(part), "{part} is missing in {shown}");
    }
    let (json_text, markdown_text) =
        (std::fs::read_to_string(&json).unwrap(), std::fs::read_to_string(&markdown).unwrap());
    assert!(json_text.contains(r#""cpu_ratio":{"median":"#), "{json_text}");
    assert!(markdown_text.contains("To repeat:") && markdown_text.contains("| get p16 | ours |"), "{markdown_text}");
    std::fs::remove_file(json).unwrap();
    std::fs::remove_file(markdown).unwrap();
}

#[test]
fn shards_compares_three_servers() {
    let output = bench(&[
        "shards",
        "--smoke",
        "--server",
        NULL,
        "--server-cpu",
        "none",
        "--shards-cpu",
        "none",
        "--pipeline",
        "16",
        "--commands",
        "get",
    ]);
    let shown = text(&output.stdout);
    assert!(output.status.success(), "{shown}{}", text(&output.stderr));
    for part in [
        "--shards 1 --pipeline-order strict",
        "--shards 2 --pipeline-order strict",
        "--shards 2 --pipeline-order relaxed",
    ] {
        assert!(shown.contains(part), "{part} is missing in {shown}");
    }
}

#[test]
fn limits_decide_the_exit_status() {
    let run = |limit: &str| {
        let mut command = Command::new(BENCH);
        command.args([
            "compare",
            "--server",
            NULL,
            "--against",
            NULL,
            "--against-preload",
            "none",
            "--server-cpu",
            "none",
            "--client-cpu",
            "none",
        ]);
        command.args([
            "--keys",
            "100",
            "--rounds",
            "2",
            "--seconds",
            "0.05",
            "--warmup",
            "0",
            "--commands",
            "set",
            "--pipeline",
            "16",
        ]);
        command.args(["--limit", limit]).output().unwrap()
    };
    assert_eq!(run("p16=1000").status.code(), Some(0));
    let missed = run("set.p16=0.001");
    assert_eq!(missed.status.code(), Some(1));
    assert!(text(&missed.stdout).contains("MISSED"));
    assert_eq!(run("p17=1").status.code(), Some(2));
}

#[test]
fn a_server_that_does_not_start_shows_its_log() {
    let output = compare(&["--against-args", "--fail"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("FATAL CONFIG"), "{}", text(&output.stderr));
    let output = compare(&["--server", "/nonexistent"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("starting /nonexistent"), "{}", text(&output.stderr));
}

#[test]
fn a_missing_preload_is_an_error() {
    let output = compare(&["--against-preload", "/nonexistent/libjemalloc.so"]);
    assert!(text(&output.stderr).contains("was not preloaded"), "{}", text(&output.stderr));
}
