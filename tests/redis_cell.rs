//! A real module, unmodified: `redis-cell` 0.2.2 of crates.io, a rate limiter that reads a key and writes it back.
//!
//! It is an optional dependency of valkore-module-host that is never compiled; `cargo metadata` fetches it and what it
//! needs, and tells where cargo has put it. Compiled as a dependency it would be linked with the dynamic std, which a
//! server can't open: so its folder is copied and built on its own.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Barrier, OnceLock};

use support::{Client, Options, SHARDS, Server, load};

/// Calls of a key that are allowed: a burst of 15, and one.
const LIMIT: i64 = 16;
/// 30 tokens a day: one comes back after 48 minutes, so none while a test runs.
const RATE: &str = "15 30 86400";

const KEYS: usize = 100;
const CLIENTS: usize = 20;
/// How often each client calls each key: 10,000 calls in all.
const ROUNDS: usize = 5;

/// Where the package is, as cargo has fetched it.
fn package() -> PathBuf {
    let missing = "crate redis-cell 0.2.2, which cargo fetches from crates.io with its dependencies, can't be had";
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--all-features", "--manifest-path"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .output()
        .expect("cargo can be started");
    assert!(out.status.success(), "{missing}: `cargo metadata` says\n{}", String::from_utf8_lossy(&out.stderr));
    let metadata = String::from_utf8(out.stdout).expect("JSON");
    let manifest = metadata
        .split_once(r#"{"name":"redis-cell","version":"0.2.2""#)
        .and_then(|(_, rest)| rest.split_once(r#""manifest_path":""#))
        .and_then(|(_, rest)| rest.split('"').next());
    let manifest = manifest.unwrap_or_else(|| {
        panic!("{missing}: it must stay an optional dependency of valkore-module-host (feature `redis-cell-module`)")
    });
    Path::new(manifest).parent().expect("a folder").to_path_buf()
}

/// Copies a folder.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder for the package");
    for entry in std::fs::read_dir(from).expect("the package's folder") {
        let entry = entry.expect("an entry of a folder");
        let new = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &new);
        } else {
            let content = std::fs::read(entry.path()).expect("a file of the package");
            std::fs::write(new, content).expect("the copy can be written");
        }
    }
}

/// The module's shared object: built by the first test that asks.
fn redis_cell() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let tmp = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let (from, to, target) = (package(), tmp.join("redis-cell"), tmp.join("redis-cell-target"));
        copy(&from, &to);
        // A workspace of its own: the copy is below ours, and would be taken for a member that isn't listed.
        let manifest = std::fs::read_to_string(from.join("Cargo.toml")).expect("its manifest");
        std::fs::write(to.join("Cargo.toml"), format!("{manifest}\n[workspace]\n")).expect("a manifest");
        // The versions of its dependencies are those of our lock file. `cargo metadata` has fetched them.
        let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
        std::fs::copy(lock, to.join("Cargo.lock")).expect("a lock file");
        let out = Command::new(env!("CARGO"))
            .args(["build", "--release", "--lib", "--offline"])
            .current_dir(&to)
            .env("CARGO_TARGET_DIR", &target)
            .env_remove("CARGO_BUILD_TARGET")
            // Its code is of 2018: what today's compiler warns of is not for us to deny.
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env("RUSTFLAGS", "--cap-lints=allow")
            .output()
            .expect("cargo can be started");
        assert!(out.status.success(), "redis-cell isn't built:\n{}", String::from_utf8_lossy(&out.stderr));
        let file = target.join("release/libredis_cell.so");
        assert!(file.exists(), "cargo has built no {}", file.display());
        file
    })
}

/// Runs a test with the module on one and four shards, each with the module lock alone and with the oracle that takes
/// the world around each callback.
fn with_redis_cell(test: impl Fn(&Server)) {
    let file = redis_cell();
    for shards in SHARDS {
        for world_lock in ["no", "yes"] {
            let args = ["--module-world-lock", world_lock];
            test(&Options::new(shards).args(&args).args(&load(file, &[])).start());
        }
    }
}

/// The five numbers: limited, limit, remaining, seconds to the next try, seconds to the full limit.
fn numbers(answer: support::Value) -> [i64; 5] {
    let text = answer.to_string();
    let numbers: Vec<i64> = answer.items().iter().map(support::Value::number).collect();
    numbers.try_into().unwrap_or_else(|_| panic!("not five numbers: {text}"))
}

#[track_caller]
fn throttle(c: &mut Client, line: &str) -> [i64; 5] {
    numbers(c.run(&format!("CL.THROTTLE {line}")))
}

#[test]
fn answers_are_the_documented_ones() {
    with_redis_cell(|server| {
        let mut c = server.client();
        // The quantity is 1 if left out.
        for (key, quantity) in support::keys_on_all(server.shards, "k").iter().zip([" 1", "", " 1", ""]) {
            let line = format!("{key} {RATE}{quantity}");
            for n in 1..=LIMIT {
                let [limited, limit, remaining, retry, reset] = throttle(&mut c, &line);
                assert_eq!([limited, limit, remaining, retry], [0, LIMIT, LIMIT - n, -1], "{line}, call {n}");
                assert!(reset > 0, "{line}, call {n}: {reset}");
            }
            let kept = c.run(&format!("GET {key}"));
            for _ in 0..4 {
                let [limited, limit, remaining, retry, reset] = throttle(&mut c, &line);
                assert_eq!([limited, limit, remaining], [1, LIMIT, 0], "{line}");
                assert!(0 < retry && retry < reset, "{line}: {retry}, {reset}");
            }
            assert_eq!(c.run(&format!("GET {key}")), kept, "a limited call takes nothing");
            assert!(c.run(&format!("PTTL {key}")).number() > 0, "the key goes when its limit is full again");
            c.check(&format!("DEL {key}"), ":1");
            assert_eq!(throttle(&mut c, &line)[..4], [0, LIMIT, LIMIT - 1, -1], "{line}, anew");
        }
        assert_eq!(throttle(&mut c, &format!("several {RATE} 5"))[..4], [0, LIMIT, LIMIT - 5, -1]);
        assert_eq!(throttle(&mut c, &format!("several {RATE} 12"))[..3], [1, LIMIT, LIMIT - 5]);
        // More than the limit never passes: there is no time to try again.
        assert_eq!(throttle(&mut c, &format!("too-many {RATE} 17")), [1, LIMIT, LIMIT, -1, 0]);
        c.check("EXISTS too-many", ":0");
        let usage = "Usage: cl.throttle <key> <max_burst> <count per period> <period> [<quantity>]";
        c.check("CL.THROTTLE k 15 30", &format!("-Cell error: {usage}"));
        assert!(c.run("CL.THROTTLE k 15 30 day").is_error());
    });
}

/// One client: each key in turn, in the order that all clients have, so that they meet. Half of them send a round at
/// once. The key of each call, and its answer.
fn calls(server: &Server, client: usize, together: &Barrier) -> Vec<(usize, [i64; 5])> {
    let mut c = server.client();
    let lines: Vec<String> = (0..KEYS).map(|key| format!("CL.THROTTLE key:{key} {RATE} 1")).collect();
    let mut answers = Vec::new();
    together.wait();
    for _ in 0..ROUNDS {
        if client.is_multiple_of(2) {
            answers.extend(c.pipeline(&lines).into_iter().map(numbers).enumerate());
        } else {
            answers.extend(lines.iter().map(|line| numbers(c.run(line))).enumerate());
        }
    }
    answers
}

#[test]
fn exactly_the_limit_is_allowed_to_many_clients() {
    with_redis_cell(|server| {
        let together = Barrier::new(CLIENTS);
        let answers: Vec<_> = std::thread::scope(|scope| {
            let together = &together;
            let clients: Vec<_> =
                (0..CLIENTS).map(|client| scope.spawn(move || calls(server, client, together))).collect();
            clients.into_iter().flat_map(|client| client.join().expect("a client's answers")).collect()
        });
        assert_eq!(answers.len(), 10_000);
        for key in 0..KEYS {
            let of_key = answers.iter().filter(|(k, _)| *k == key).map(|(_, answer)| answer);
            let (limited, allowed): (Vec<&[i64; 5]>, Vec<_>) = of_key.partition(|answer| answer[0] == 1);
            assert_eq!((allowed.len(), limited.len()), (16, CLIENTS * ROUNDS - 16), "key:{key}: allowed, limited");
            // Each call saw what the one before had written.
            let mut remaining: Vec<i64> = allowed.iter().map(|answer| answer[2]).collect();
            remaining.sort_unstable();
            assert!(remaining.into_iter().eq(0..LIMIT), "key:{key}: {allowed:?}");
            assert!(allowed.iter().all(|a| a[0] == 0 && a[1] == LIMIT && a[3] == -1), "key:{key}: {allowed:?}");
            assert!(limited.iter().all(|a| a[1..3] == [LIMIT, 0] && a[3] > 0), "key:{key}: {limited:?}");
        }
    });
}
