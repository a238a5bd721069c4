//! The module lock, and threads of modules that take it.

mod support;

use std::time::{Duration, Instant};

use support::{Client, Options, SHARDS, Server, key_on, keys_on_all, load, module, on_modes};

fn threads(test: impl Fn(&Server)) {
    on_modes("threads", test);
}

/// Two increments of nobody ran at the same time.
#[track_caller]
fn nobody_overlapped(server: &Server) {
    let stats = server.client().run("TH.STATS").items();
    assert_eq!(stats[0].number(), 0, "two held the lock");
}

#[test]
fn threads_and_commands_take_turns() {
    threads(|server| {
        let keys = keys_on_all(server.shards, "n");
        let mut clients: Vec<Client> = (0..6).map(|_| server.client()).collect();
        for (i, c) in clients.iter_mut().enumerate() {
            c.send(&["TH.INCR", "100", &keys[i % 4]]);
        }
        let mut c = server.client();
        for _ in 0..25 {
            for key in &keys {
                assert!(c.cmd(&["TH.NOW", key]).number() > 0);
                assert!(c.cmd(&["INCR", key]).number() > 0);
            }
        }
        let last: Vec<i64> = clients.iter_mut().map(|c| c.read().number()).collect();
        assert!(last.iter().all(|n| (100..=250).contains(n)), "{last:?}");
        let sum: i64 = keys.iter().map(|key| c.cmd(&["GET", key]).number()).sum();
        assert_eq!(sum, 6 * 100 + 2 * 100);
        nobody_overlapped(server);
    });
}

#[test]
fn a_thread_that_home_waits_for_does_not_get_the_lock() {
    threads(|server| {
        let mut c = server.client();
        for _ in 0..20 {
            c.check("TH.JOIN", "+EBUSY");
        }
    });
}

#[test]
fn a_command_lets_threads_in_and_goes_on() {
    threads(|server| {
        let keys = keys_on_all(server.shards, "in");
        let (mut c, mut busy) = (server.client(), server.client());
        busy.send(&["TH.INCR", "200", &keys[1]]);
        for i in 1..=50 {
            assert_eq!(c.cmd(&["TH.LETIN", &keys[0]]).number(), 3 * i);
        }
        assert_eq!(busy.read().to_string(), ":200");
        nobody_overlapped(server);
    });
}

#[test]
fn try_lock_finds_the_lock_free_when_nobody_needs_it() {
    threads(|server| {
        let keys = keys_on_all(server.shards, "t");
        let mut clients: Vec<Client> = (0..3).map(|_| server.client()).collect();
        for (c, key) in clients.iter_mut().zip(&keys) {
            c.send(&["TH.TRY", "50", key]);
        }
        let mut c = server.client();
        for _ in 0..50 {
            c.cmd(&["TH.NOW", &keys[3]]);
        }
        for c in &mut clients {
            assert_eq!(c.read().to_string(), ":50");
        }
        let got: Vec<i64> = keys.iter().map(|key| c.cmd(&["GET", key]).number()).collect();
        assert_eq!(got, [50; 4]);
        nobody_overlapped(server);
    });
}

#[test]
fn what_a_locked_section_has_seen_stays_true() {
    threads(|server| {
        let key = key_on(0, server.shards, "held");
        let mut holder = server.client();
        holder.send(&["TH.HOLD", "150", &key]);
        let mut c = server.client();
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(200) {
            c.cmd(&["INCR", &key]);
        }
        assert_eq!(holder.read().to_string(), ":1", "nobody changed it in between");
    });
}

#[test]
fn who_needs_no_module_is_served_while_one_keeps_the_lock() {
    // Only as it is: both oracles stop others by design.
    let file = module("threads");
    for shards in SHARDS {
        let server = Options::new(shards).args(&load(&file, &[])).start();
        let held = key_on(0, shards, "held");
        let free = key_on(shards - 1, shards, "free");
        let mut slow = server.client();
        for command in [vec!["TH.SLEEP", "400"], vec!["TH.HOLD", "400", &held]] {
            slow.send(&command);
            std::thread::sleep(Duration::from_millis(50));
            let mut c = server.client();
            let start = Instant::now();
            c.check("PING", "+PONG");
            if shards > 1 || command.len() == 2 {
                c.check(&format!("SET {free} 1"), "+OK");
                c.check(&format!("GET {free}"), "$1");
            }
            assert!(start.elapsed() < Duration::from_millis(200), "{:?} for {command:?}", start.elapsed());
            // A command of a module waits.
            assert!(c.cmd(&["TH.NOW", &free]).number() > 0);
            assert!(start.elapsed() > Duration::from_millis(200), "{:?} for {command:?}", start.elapsed());
            slow.read();
        }
        nobody_overlapped(&server);
    }
}

#[test]
fn a_detached_context_locks_and_answers_nobody() {
    threads(|server| {
        let mut c = server.client();
        for _ in 0..20 {
            c.check("TH.DETACHED", "+OK");
        }
        let all = support::eventually(3, || (c.run("TH.STATS").items()[1].number() == 20).then_some(()));
        all.expect("each had its turn");
    });
}

#[test]
fn threads_that_never_pause_starve_nobody() {
    threads(|server| {
        let keys = keys_on_all(server.shards, "g");
        let mut c = server.client();
        c.check("TH.GREEDY 4", "+OK");
        let start = Instant::now();
        for _ in 0..100 {
            c.cmd(&["TH.NOW", &keys[0]]);
        }
        for _ in 0..20 {
            c.cmd(&["MSET", &keys[0], "1", &keys[1], "1", &keys[2], "1", &keys[3], "1"]);
        }
        let mut other = server.client();
        other.check(&format!("TH.INCR 50 {}", keys[0]), ":51");
        assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
        nobody_overlapped(server);
    });
}

#[test]
fn the_server_ends_while_threads_use_the_lock() {
    let file = module("threads");
    for shards in SHARDS {
        let mut server = Options::new(shards).args(&load(&file, &[])).start();
        let mut c = server.client();
        c.check("TH.GREEDY 3", "+OK");
        c.send(&["TH.INCR", "1000000", "x"]);
        std::thread::sleep(Duration::from_millis(50));
        server.signal(libc::SIGTERM);
        assert!(server.wait(Duration::from_secs(6)).is_some_and(|s| s.success()), "it ends in time");
    }
}

#[test]
fn the_server_ends_though_a_thread_keeps_the_lock() {
    let file = module("threads");
    let mut server = Options::new(2).args(&load(&file, &[])).start();
    let (mut c, mut waiting) = (server.client(), server.client());
    c.send(&["TH.HOLD", "60000", "x"]);
    waiting.send(&["TH.NOW", "x"]);
    std::thread::sleep(Duration::from_millis(50));
    server.signal(libc::SIGTERM);
    let status = server.wait(Duration::from_secs(9)).expect("it ends in time");
    assert_eq!(status.code(), Some(1));
    assert!(server.log().contains("doesn't give the module lock back"), "{}", server.log());
}
