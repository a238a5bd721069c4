//! Threads, timers, commands and blocked clients of one module at once, beside ordinary clients.

mod support;

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use support::{Options, Server, Stop, Value, load, module};

/// Keys that the module changes: their sum is 0 between any two units.
const KEYS: usize = 16;
const SHARDS: usize = 4;

/// Seconds of each run; `VALKORE_TORTURE_SECONDS` makes it longer.
fn duration() -> Duration {
    let asked = std::env::var("VALKORE_TORTURE_SECONDS").ok();
    Duration::from_secs(asked.map_or(2, |s| s.parse().expect("a number of seconds")))
}

/// What the module counted.
#[derive(Debug)]
struct Report {
    overlaps: i64,
    lost: i64,
    steps: i64,
    by_threads: i64,
    by_timers: i64,
}

fn report(server: &Server) -> Report {
    let n: Vec<i64> = server.client().run("TORTURE.CHECK").items().iter().map(Value::number).collect();
    Report { overlaps: n[0], lost: n[1], steps: n[2], by_threads: n[3], by_timers: n[4] }
}

/// Runs everything at once for a while; what the module has counted then, and how many commands of clients ran.
fn torture(server: &Server) -> (Report, i64) {
    let stop = AtomicBool::new(false);
    let served = AtomicI64::new(0);
    server.client().check("TORTURE.START 4 3", "+OK");
    std::thread::scope(|scope| {
        let _ends = Stop(&stop);
        for n in 0..2 {
            let (stop, served) = (&stop, &served);
            scope.spawn(move || ordinary(server, n, stop, served));
            scope.spawn(move || of_the_module(server, stop, served));
            scope.spawn(move || observes(server, stop, served));
        }
        let end = Instant::now() + duration();
        while Instant::now() < end && server.client().run("PING").to_string() == "+PONG" {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    server.client().check("TORTURE.STOP", "+OK");
    (report(server), served.load(Ordering::Relaxed))
}

/// GET, SET, MSET, MGET, transactions on keys of its own.
fn ordinary(server: &Server, n: usize, stop: &AtomicBool, served: &AtomicI64) {
    let mut c = server.client();
    let keys: Vec<String> = (0..8).map(|i| format!("own:{n}:{i}")).collect();
    let mut round = 0;
    while !stop.load(Ordering::Relaxed) {
        round += 1;
        let want = round.to_string();
        let mut mset = vec!["MSET"];
        keys.iter().for_each(|k| mset.extend([k.as_str(), &want]));
        assert_eq!(c.cmd(&mset).to_string(), "+OK");
        for key in &keys {
            assert_eq!(c.cmd(&["GET", key]).to_string(), format!("${want}"));
        }
        let answers =
            c.pipeline(&["MULTI".into(), format!("SET {} x", keys[0]), format!("GET {}", keys[0]), "EXEC".into()]);
        assert_eq!(answers[3].to_string(), "[+OK $x]");
        served.fetch_add(13, Ordering::Relaxed);
    }
}

/// The module's commands, one of which blocks its client.
fn of_the_module(server: &Server, stop: &AtomicBool, served: &AtomicI64) {
    let mut c = server.client();
    while !stop.load(Ordering::Relaxed) {
        c.check("TORTURE.STEP", "+OK");
        c.check("TORTURE.BEHIND", "+DONE");
        served.fetch_add(2, Ordering::Relaxed);
    }
}

/// Looks at all of the module's keys at once: no unit is seen half done.
fn observes(server: &Server, stop: &AtomicBool, served: &AtomicI64) {
    let mut c = server.client();
    let mut mget: Vec<String> = vec!["MGET".into()];
    mget.extend((0..KEYS).map(|k| format!("torture:{k}")));
    while !stop.load(Ordering::Relaxed) {
        let sum: i64 = c.cmd(&mget).items().iter().map(Value::number).sum();
        assert_eq!(sum, 0, "a unit was seen half done");
        served.fetch_add(1, Ordering::Relaxed);
    }
}

fn holds(args: &[&str]) {
    let file = module("torture");
    let mut server = Options::new(SHARDS).args(args).args(&load(&file, &[])).start();
    let (report, served) = torture(&server);
    println!("{args:?}: {report:?}, {served} commands of clients");
    assert_eq!((report.overlaps, report.lost), (0, 0), "{report:?}");
    assert!(report.by_threads > 50 && report.by_timers > 50, "{report:?}");
    assert!(report.steps > report.by_threads + report.by_timers && served > 50, "{report:?}, {served}");
    server.signal(libc::SIGTERM);
    assert!(server.wait(Duration::from_secs(6)).is_some_and(|s| s.success()), "it ends in time");
}

#[test]
fn nothing_overlaps_and_nothing_is_lost() {
    holds(&[]);
}

#[test]
fn nothing_overlaps_with_the_world_around_each_callback() {
    holds(&["--module-world-lock", "yes"]);
}

#[test]
fn nothing_overlaps_with_all_commands_at_home() {
    holds(&["--module-all-at-home", "yes"]);
}

#[test]
fn planted_fault_is_found() {
    let file = module("torture");
    let server = Options::new(SHARDS).args(&load(&file, &["fault"])).start();
    let (report, _) = torture(&server);
    assert!(report.overlaps > 0, "a thread that leaves out the lock goes unnoticed: {report:?}");
}
