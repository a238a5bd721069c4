//! Whatever ends the bench, its servers end too.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Starts a long run.
fn long_run() -> Child {
    let null = env!("CARGO_BIN_EXE_valkore-bench-null");
    let unpinned = ["--against-preload", "none", "--server-cpu", "none", "--client-cpu", "none"];
    let mut bench = Command::new(env!("CARGO_BIN_EXE_valkore-bench"));
    bench.args(["compare", "--server", null, "--against", null, "--keys", "100", "--seconds", "60"]).args(unpinned);
    bench.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// The bench's two servers, once they are there; fewer if they don't come.
fn servers_of(bench: &Child) -> Vec<u32> {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let mut servers = children(bench.id());
        servers.retain(|&pid| is_null_server(pid));
        if servers.len() == 2 || Instant::now() > deadline {
            return servers;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn children(pid: u32) -> Vec<u32> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    text.split_whitespace().map(|pid| pid.parse().unwrap()).collect()
}

fn is_null_server(pid: u32) -> bool {
    let name = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    name.contains("valkore-bench-null")
}

fn all_gone(servers: &[u32]) -> bool {
    let deadline = Instant::now() + Duration::from_secs(10);
    while Instant::now() < deadline {
        if !servers.iter().any(|&pid| is_null_server(pid)) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

/// What only a killed bench leaves behind.
fn remove_folders_of(bench: u32) {
    for entry in std::fs::read_dir(std::env::temp_dir()).unwrap().flatten() {
        if entry.file_name().to_string_lossy().starts_with(&format!("valkore-bench-{bench}-")) {
            std::fs::remove_dir_all(entry.path()).unwrap();
        }
    }
}

#[test]
fn ctrl_c_ends_the_servers() {
    let mut bench = long_run();
    let servers = servers_of(&bench);
    Command::new("kill").args(["-INT", &bench.id().to_string()]).status().unwrap();
    assert_eq!(bench.wait().unwrap().code(), Some(2));
    assert_eq!(servers.len(), 2);
    assert!(all_gone(&servers));
}

#[test]
fn even_killing_the_bench_ends_the_servers() {
    let mut bench = long_run();
    let servers = servers_of(&bench);
    bench.kill().unwrap();
    bench.wait().unwrap();
    remove_folders_of(bench.id());
    assert_eq!(servers.len(), 2);
    assert!(all_gone(&servers));
}
