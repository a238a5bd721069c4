//! Clients that modules block.

mod support;

use std::time::{Duration, Instant};

use support::{Client, Server, Value, eventually, on_modes};

fn blocking(test: impl Fn(&Server)) {
    on_modes("blocking", test);
}

/// A client that waits under the name that is the command's first argument.
#[track_caller]
fn waits(server: &Server, command: &str) -> Client {
    let mut c = server.client();
    let words = support::words(command);
    c.send(&words);
    is_blocked(server, std::str::from_utf8(&words[1]).expect("a text"));
    c
}

#[track_caller]
fn is_blocked(server: &Server, name: &str) {
    let mut c = server.client();
    let there = eventually(3, || (c.run(&format!("B.HAS {name}")).number() == 1).then_some(()));
    there.expect("its client is blocked");
}

#[track_caller]
fn stats_become(server: &Server, want: &str) {
    let mut c = server.client();
    let mut got = String::new();
    eventually(3, || {
        got = c.run("B.STATS").to_string();
        (got == want).then_some(())
    });
    assert_eq!(got, want);
}

#[test]
fn the_reply_callback_answers_with_what_it_was_unblocked_with() {
    blocking(|server| {
        let mut c = waits(server, "B.BLOCK one");
        server.client().check("B.UNBLOCK one hello", ":0");
        assert_eq!(c.read().to_string(), "[$hello $one :1 :0]");
        server.client().check("B.STATS", "[:1 :0 :0 :0]");
        c.check("GET x", "nil");
        c.check("B.ATONCE two", "[$at once $two :1 :0]");
        c.check("B.DATA three", "[$kept $three :1 :0]");
        server.client().check("B.STATS", "[:3 :0 :0 :0]");
    });
}

#[test]
fn commands_after_it_wait_and_keep_their_order() {
    blocking(|server| {
        let mut c = server.client();
        c.send_raw(b"SET k 1\r\nB.BLOCK order\r\nGET k\r\nSET k 3\r\nB.ATONCE x\r\nGET k\r\n");
        assert_eq!(c.read().to_string(), "+OK");
        let mut other = server.client();
        is_blocked(server, "order");
        other.check("SET k 2", "+OK");
        other.check("B.UNBLOCK order now", ":0");
        let rest: Vec<String> = (0..5).map(|_| c.read().to_string()).collect();
        assert_eq!(rest, ["[$now $order :1 :0]", "$2", "+OK", "[$at once $x :1 :0]", "$3"]);
    });
}

#[test]
fn when_the_time_is_over_the_timeout_callback_answers() {
    blocking(|server| {
        let start = Instant::now();
        let mut c = server.client();
        c.check("B.BLOCK late 80", "+too late");
        assert!(start.elapsed() >= Duration::from_millis(79), "{:?}", start.elapsed());
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
        c.check("PING", "+PONG");
        // The handle is still the module's, until it is unblocked: that frees the data, and answers nobody.
        let mut other = server.client();
        other.check("B.STATS", "[:0 :0 :0 :1]");
        other.check("B.UNBLOCK late x", ":0");
        stats_become(server, "[:1 :1 :0 :1]");
        other.check("B.UNBLOCK late y", ":1");
        c.check("PING", "+PONG");
    });
}

#[test]
fn without_callbacks_there_is_no_answer() {
    blocking(|server| {
        let mut c = waits(server, "B.BARE bare 50");
        c.check("PING", "+PONG");
        server.client().check("B.UNBLOCK bare x", ":0");
        let mut c = waits(server, "B.BARE bare2 0");
        server.client().check("B.UNBLOCK bare2 x", ":0");
        c.check("PING", "+PONG");
    });
}

#[test]
fn unblocked_twice_it_is_answered_once() {
    blocking(|server| {
        let mut c = waits(server, "B.BLOCK twice");
        server.client().check("B.UNBLOCK twice hello 3", ":0");
        assert_eq!(c.read().to_string(), "[$hello $twice :1 :0]");
        stats_become(server, "[:1 :0 :0 :0]");
        server.client().check("B.UNBLOCK twice again", ":1");
        c.check("PING", "+PONG");
    });
}

#[test]
fn an_aborted_wait_calls_nothing() {
    blocking(|server| {
        let mut c = waits(server, "B.BLOCK gone");
        server.client().check("B.ABORT gone", ":0");
        c.check("PING", "+PONG");
        c.check("B.CHANGEOFMIND", "-ERR no thread");
        c.check("PING", "+PONG");
        server.client().check("B.STATS", "[:0 :0 :0 :0]");
        server.client().check("B.ABORT gone", ":1");
    });
}

#[test]
fn a_thread_answers_without_the_module_lock() {
    blocking(|server| {
        let mut c = server.client();
        for late in 0..2 {
            c.check(&format!("B.THREAD 30 {late}"), "[:1 $two]");
            c.check("PING", "+PONG");
        }
    });
}

#[test]
fn background_time_counts_as_the_commands() {
    blocking(|server| {
        let mut c = server.client();
        c.check("B.THREAD 60 0", "[:1 $two]");
        let info = String::from_utf8(c.run("INFO commandstats").bytes()).expect("a text");
        let line = info.lines().find(|l| l.starts_with("cmdstat_b.thread:")).expect("a line for the command");
        let usec = line.split("usec=").nth(1).and_then(|t| t.split(',').next()).and_then(|t| t.parse::<u64>().ok());
        assert!(line.contains("calls=1,") && usec.is_some_and(|us| (55_000..1_000_000).contains(&us)), "{line}");
    });
}

#[test]
fn where_a_client_cannot_be_blocked_it_gets_an_error() {
    blocking(|server| {
        let mut c = server.client();
        c.check("MULTI", "+OK");
        c.check("B.BLOCK multi", "+QUEUED");
        c.check("INCR n", "+QUEUED");
        c.check("EXEC", "[-ERR Blocking module command called from transaction :1]");
        c.check("B.UNBLOCK multi x", ":0");
        stats_become(server, "[:1 :1 :0 :0]");
        c.check("B.AGAIN", "-ERR Blocking module command called from a Reply callback context");
        let called = c.run("B.CALL call").to_string();
        assert!(called.starts_with("$ERR Blocking module command called"), "{called}");
        c.check("B.UNBLOCK call x", ":0");
        c.check("B.BLOCK much 9223372036854775807", "-ERR timeout is out of range");
        c.check("B.UNBLOCK much x", ":0");
        c.check("PING", "+PONG");
    });
}

#[test]
fn a_client_that_goes_is_told_to_the_module() {
    blocking(|server| {
        let before = server.client();
        drop(waits(server, "B.BLOCK closes"));
        stats_become(server, "[:0 :0 :1 :0]");
        let mut half = waits(server, "B.BLOCK half");
        half.finish_sending();
        stats_become(server, "[:0 :0 :2 :0]");
        assert!(half.read_to_end().is_empty());
        let mut killed = waits(server, "B.BLOCK killed");
        let at = killed.address();
        server.client().check(&format!("CLIENT KILL {at}"), "+OK");
        assert!(killed.read_to_end().is_empty());
        stats_become(server, "[:0 :0 :3 :0]");
        let mut c = server.client();
        for name in ["closes", "half", "killed"] {
            c.check(&format!("B.UNBLOCK {name} x"), ":0");
        }
        stats_become(server, "[:3 :3 :3 :0]");
        c.check("MODULE UNLOAD blocking", "+OK");
        drop(before);
    });
}

#[test]
fn a_module_with_blocked_clients_is_not_unloaded() {
    blocking(|server| {
        let mut waiting = waits(server, "B.BLOCK stays");
        let mut c = server.client();
        let refused = c.run("MODULE UNLOAD blocking");
        assert!(matches!(&refused, Value::Error(text) if text.contains("blocked clients")), "{refused}");
        c.check("B.UNBLOCK stays now", ":0");
        assert_eq!(waiting.read().to_string(), "[$now $stays :1 :0]");
        // Commands that were on their way when it was unloaded are unknown then.
        let answers = c.pipeline(&["MODULE UNLOAD blocking", "B.STATS", "SET a 1"]);
        assert_eq!(answers[0].to_string(), "+OK");
        assert!(matches!(&answers[1], Value::Error(text) if text.contains("unknown command")), "{}", answers[1]);
        assert_eq!(answers[2].to_string(), "+OK");
    });
}

#[test]
fn a_transaction_of_an_unloaded_modules_command_is_discarded() {
    blocking(|server| {
        let (mut a, mut b) = (server.client(), server.client());
        a.check("MULTI", "+OK");
        a.check("B.STATS", "+QUEUED");
        b.check("MODULE UNLOAD blocking", "+OK");
        a.check("EXEC", "-EXECABORT Transaction discarded because of previous errors.");
        a.check("PING", "+PONG");
    });
}

#[test]
fn the_server_ends_with_blocked_clients() {
    let file = support::module("blocking");
    for shards in support::SHARDS {
        for mode in [&["--module-world-lock", "no"], &["--module-world-lock", "yes"]] {
            let mut server = support::Options::new(shards).args(mode).args(&support::load(&file, &[])).start();
            let waiting: Vec<Client> = (0..8).map(|i| waits(&server, &format!("B.BLOCK n{i}"))).collect();
            server.signal(libc::SIGTERM);
            assert!(server.wait(Duration::from_secs(5)).is_some_and(|s| s.success()), "it ends in time");
            drop(waiting);
        }
    }
}

#[test]
fn timeout_unblock_and_disconnect_race() {
    blocking(|server| {
        let rounds = 40;
        std::thread::scope(|scope| {
            for t in 0..4 {
                scope.spawn(move || {
                    let mut ends = server.client();
                    for i in 0..rounds {
                        let name = format!("r{t}.{i}");
                        let mut c = server.client();
                        c.send(&["B.BLOCK", &name, "4"]);
                        is_blocked(server, &name);
                        std::thread::sleep(Duration::from_micros(100 * (i % 30)));
                        if i % 3 == 0 {
                            drop(c);
                            ends.check(&format!("B.UNBLOCK {name} x"), ":0");
                        } else {
                            ends.check(&format!("B.UNBLOCK {name} x"), ":0");
                            let got = c.read().to_string();
                            let unblocked = format!("[$x ${name} :1 :0]");
                            assert!(got == "+too late" || got == unblocked, "{got}");
                            c.check("PING", "+PONG");
                        }
                    }
                });
            }
        });
        let total = (4 * rounds) as i64;
        let mut c = server.client();
        let freed = eventually(3, || Some(c.run("B.STATS").items()[0].number()).filter(|n| *n == total));
        assert_eq!(freed, Some(total), "each was freed once");
        c.check("MODULE UNLOAD blocking", "+OK");
    });
}
