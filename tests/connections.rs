//! Coming and going: listeners, limits, signals, the ways to start badly and to end well.

mod support;

use std::io;
use std::net::{Ipv6Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use support::{Client, Options, Server, Stop, encode, eventually, exit_of, keys_on_all, on_backends, on_shards};

/// Shutting down must not take longer than this.
const END: Duration = Duration::from_secs(10);

#[test]
fn tcp_v4_and_v6() {
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        eprintln!("SKIPPED tcp_v4_and_v6: there is no ::1 here");
        return;
    }
    for backend in ["epoll", "uring"] {
        for shards in support::SHARDS {
            let args = ["--io-backend", backend, "--bind", "127.0.0.1", "::1", "-192.0.2.1"];
            let s = Options::new(shards).args(&args).start();
            let mut six = Client::connect(SocketAddr::from((Ipv6Addr::LOCALHOST, s.port()))).expect("v6");
            six.check("SET a 6", "+OK");
            s.client().check("GET a", "$6");
        }
    }
}

#[test]
fn unix_sockets() {
    for backend in ["epoll", "uring"] {
        for shards in support::SHARDS {
            let args = ["--port", "0", "--unixsocket", "v.sock", "--unixsocketperm", "700", "--io-backend", backend];
            let mut s = Options::new(shards).no_port().args(&args).start();
            let path = s.dir().join("v.sock");
            let mode = std::fs::metadata(&path).expect("the socket is there").permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
            let mut c = Client::unix(&path).expect("the socket takes connections");
            for key in keys_on_all(shards, "u") {
                c.check(&format!("SET {key} v"), "+OK");
                c.check(&format!("GET {key}"), "$v");
            }
            assert!(s.log().contains("Ready to accept connections unix"));
            s.signal(libc::SIGTERM);
            assert_eq!(s.wait(END).and_then(|e| e.code()), Some(0));
            assert!(!path.exists(), "the socket's file goes with the server");
        }
    }
}

/// `shardN:...,connections=..` of `INFO shards`.
fn connections_by_shard(c: &mut Client) -> Vec<i64> {
    let text = c.run("INFO shards").text();
    let counts = text.lines().filter(|l| l.starts_with("shard") && l.contains(':')).filter_map(|l| {
        let at = l.find("connections=")? + "connections=".len();
        let digits: String = l[at..].chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    });
    counts.collect()
}

#[test]
fn a_burst_of_connections_is_spread_over_the_shards() {
    for backend in ["epoll", "uring"] {
        let s = Options::new(4).args(&["--io-backend", backend]).start();
        let mut clients = s.clients(400);
        clients.iter_mut().for_each(|c| c.send(&["PING"]));
        clients.iter_mut().for_each(|c| assert_eq!(c.read().to_string(), "+PONG"));
        let counts = connections_by_shard(&mut clients[0]);
        assert_eq!(counts.len(), 4, "{backend}: one line per shard");
        assert_eq!(counts.iter().sum::<i64>(), 400, "{backend}: {counts:?}");
        assert!(counts.iter().all(|n| (80..=120).contains(n)), "{backend}: {counts:?}");
        drop(clients);
        let mut c = s.client();
        let gone = eventually(5, || (connections_by_shard(&mut c).iter().sum::<i64>() == 1).then_some(()));
        assert!(gone.is_some(), "{backend}: closed connections are still counted");
    }
}

#[test]
fn maxclients_refuses_and_recovers() {
    on_backends(&["--maxclients", "20"], |s| {
        let mut clients = s.clients(20);
        clients.iter_mut().for_each(|c| c.check("PING", "+PONG"));
        for _ in 0..5 {
            let mut refused = s.client();
            assert_eq!(refused.read().to_string(), "-ERR max number of clients reached");
            assert_eq!(refused.read_to_end(), b"");
        }
        clients.iter_mut().for_each(|c| c.check("PING", "+PONG"));
        clients.truncate(10);
        let taken = eventually(5, || {
            let mut c = s.client();
            matches!(c.cmd(&["PING"]).to_string().as_str(), "+PONG").then_some(())
        });
        assert!(taken.is_some(), "room that was made is not used");
    });
}

#[test]
fn timeout_closes_the_idle_only() {
    on_backends(&["--timeout", "1"], |s| {
        let mut idle = s.client();
        idle.check("PING", "+PONG");
        let mut busy = s.client();
        let since = Instant::now();
        while since.elapsed() < Duration::from_millis(1500) {
            busy.check("PING", "+PONG");
            std::thread::sleep(Duration::from_millis(100));
        }
        assert_eq!(idle.read_to_end(), b"");
        let after = since.elapsed();
        assert!(after < Duration::from_secs(4), "closed after {after:?}");
    });
}

#[test]
fn a_busy_port_ends_the_second_server() {
    on_shards(|s| {
        let args = ["--bind", "127.0.0.1", "--port", &s.port().to_string()];
        let (status, log) = exit_of(Options::new(s.shards).no_port().args(&args));
        assert_eq!(status.code(), Some(1), "{log}");
        assert!(log.contains(&format!("Failed listening on port {}", s.port())), "{log}");
        s.client().check("PING", "+PONG");
    });
}

#[test]
fn bad_configuration_is_fatal() {
    let bad = |args: &[&str]| {
        let (status, log) = exit_of(Options::new(1).no_port().args(args));
        assert_eq!(status.code(), Some(1), "{args:?}: {log}");
        assert!(log.contains("*** FATAL CONFIG FILE ERROR"), "{args:?}: {log}");
        log
    };
    bad(&["--port", "x"]);
    bad(&["--port", "70000"]);
    bad(&["--nosuch", "1"]);
    bad(&["--io-backend", "magic"]);
    bad(&["--shards", "-1"]);
    let file = std::env::temp_dir().join(format!("valkore-test-bad-{}.conf", std::process::id()));
    std::fs::write(&file, "port 0\nsave \"\"\nmaxclients many\n").unwrap();
    let server = Options::new(1).no_port();
    let path = file.to_str().unwrap().to_string();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_valkore-server"));
    let out = command.arg(&path).output().expect("the program starts");
    drop(server);
    let text = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(1));
    assert!(text.contains("*** FATAL CONFIG FILE ERROR"), "on standard error: {text}");
    assert!(text.contains("at line 3") && text.contains(">>> 'maxclients many'"), "{text}");
    std::fs::remove_file(file).unwrap();
}

#[test]
fn listening_nowhere_is_refused() {
    let (status, log) = exit_of(Options::new(1).no_port().args(&["--port", "0"]));
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains("Configured to not listen anywhere, exiting."), "{log}");
}

#[track_caller]
fn ends_well(s: &mut Server, since: Instant) {
    let status = s.wait(END.saturating_sub(since.elapsed()));
    let status = status.unwrap_or_else(|| panic!("still running {:?} after it was told to end", since.elapsed()));
    assert_eq!(status.code(), Some(0), "{status}");
    std::thread::sleep(Duration::from_millis(50));
    assert!(s.log().contains("ready to exit, bye bye..."), "the log says goodbye");
    assert!(!s.log().contains("panicked"), "a thread panicked");
}

#[test]
fn sigterm_and_sigint_end_in_order() {
    for backend in ["epoll", "uring"] {
        for shards in support::SHARDS {
            for (signal, name) in [(libc::SIGTERM, "SIGTERM"), (libc::SIGINT, "SIGINT")] {
                let mut s = Options::new(shards).args(&["--io-backend", backend]).start();
                let mut c = s.client();
                c.check("SET a 1", "+OK");
                let since = Instant::now();
                s.signal(signal);
                ends_well(&mut s, since);
                assert!(s.log().contains(&format!("Received {name} scheduling shutdown...")));
                assert_eq!(c.read_to_end(), b"");
            }
        }
    }
}

#[test]
fn sigterm_with_pipelines_in_flight() {
    for backend in ["epoll", "uring"] {
        for shards in support::SHARDS {
            let mut s = Options::new(shards).args(&["--io-backend", backend]).start();
            let keys = keys_on_all(shards, "k");
            let stop = AtomicBool::new(false);
            let mut clients = s.clients(100);
            // One answer each, so that all are accepted.
            clients.iter_mut().for_each(|c| c.check("PING", "+PONG"));
            std::thread::scope(|scope| {
                let _stop = Stop(&stop);
                for chunk in clients.chunks_mut(25) {
                    let (keys, stop) = (&keys, &stop);
                    scope.spawn(move || {
                        let mut bytes = Vec::new();
                        for key in keys.iter().cycle().take(64) {
                            bytes.extend(encode(&["INCR", key]));
                            bytes.extend(encode(&["MGET", key, &keys[0], &keys[3]]));
                        }
                        while !stop.load(Ordering::Relaxed) {
                            // Answers are left unread for a while, and the end comes in the middle of it.
                            if chunk.iter_mut().any(|c| c.try_send_raw(&bytes).is_err()) {
                                return;
                            }
                            for c in chunk.iter_mut() {
                                for _ in 0..128 {
                                    if c.try_read().is_err() {
                                        return;
                                    }
                                }
                            }
                        }
                    });
                }
                std::thread::sleep(Duration::from_millis(300));
                let since = Instant::now();
                s.signal(libc::SIGTERM);
                let ended = s.wait(END);
                stop.store(true, Ordering::Relaxed);
                if ended.is_none() {
                    // Lets the threads above go before the test fails.
                    s.signal(libc::SIGKILL);
                    panic!("{backend}, {shards} shards: still running {:?} after SIGTERM", since.elapsed());
                }
                ends_well(&mut s, since);
            });
        }
    }
}

#[test]
fn sigterm_with_clients_that_never_read() {
    for backend in ["epoll", "uring"] {
        for shards in support::SHARDS {
            let mut s = Options::new(shards).args(&["--io-backend", backend]).start();
            let [key, ..] = keys_on_all(shards, "big");
            let mut c = s.client();
            assert_eq!(c.cmd(&[b"SET", key.as_bytes(), &vec![b'v'; 1 << 20]]).to_string(), "+OK");
            let mut deaf = s.clients(20);
            deaf.iter_mut().for_each(|c| c.send_raw(&encode(&["GET", &key]).repeat(16)));
            std::thread::sleep(Duration::from_millis(200));
            let since = Instant::now();
            s.signal(libc::SIGTERM);
            ends_well(&mut s, since);
        }
    }
}

#[test]
fn sigterm_in_a_storm_of_connections() {
    for backend in ["epoll", "uring"] {
        for _ in 0..3 {
            let mut s = Options::new(4).args(&["--io-backend", backend]).start();
            let stop = AtomicBool::new(false);
            let address = s.address();
            std::thread::scope(|scope| {
                let _stop = Stop(&stop);
                for _ in 0..3 {
                    scope.spawn(|| {
                        while !stop.load(Ordering::Relaxed) {
                            let Ok(mut c) = Client::connect(address) else { continue };
                            c.set_patience(Duration::from_secs(1));
                            let _ = c.try_send_raw(b"PING\r\n").and_then(|()| c.try_read());
                        }
                    });
                }
                std::thread::sleep(Duration::from_millis(150));
                let since = Instant::now();
                s.signal(libc::SIGTERM);
                let ended = s.wait(END);
                stop.store(true, Ordering::Relaxed);
                assert!(ended.is_some(), "{backend}: still running {:?} after SIGTERM", since.elapsed());
                ends_well(&mut s, since);
            });
        }
    }
}

#[test]
fn shutdown_ends_in_order() {
    for shards in support::SHARDS {
        for command in ["SHUTDOWN", "SHUTDOWN NOSAVE", "SHUTDOWN NOW"] {
            let mut s = Options::new(shards).args(&["--save", ""]).start();
            let mut others = s.clients(4);
            others.iter_mut().for_each(|c| c.check("PING", "+PONG"));
            let mut c = s.client();
            c.check("SHUTDOWN SAVE NOSAVE", "-ERR syntax error");
            c.check("SHUTDOWN ABORT", "-ERR No shutdown in progress.");
            let since = Instant::now();
            c.send(&support::words(command));
            assert_eq!(c.read_to_end(), b"");
            ends_well(&mut s, since);
        }
    }
}

#[test]
fn sighup_is_ignored() {
    for shards in support::SHARDS {
        let mut s = Server::start(shards);
        let mut c = s.client();
        for _ in 0..3 {
            s.signal(libc::SIGHUP);
            std::thread::sleep(Duration::from_millis(30));
            c.check("PING", "+PONG");
        }
        assert!(s.is_running());
    }
}

/// Lets the process go on without io_uring, as Docker's default seccomp profile does.
fn refuse_io_uring() -> io::Result<()> {
    const LOAD_SYSCALL: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
    const JUMP_IF_EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;
    let filter = [
        libc::sock_filter { code: LOAD_SYSCALL, jt: 0, jf: 0, k: 0 },
        libc::sock_filter { code: JUMP_IF_EQUAL, jt: 0, jf: 1, k: libc::SYS_io_uring_setup as u32 },
        libc::sock_filter { code: RETURN, jt: 0, jf: 0, k: libc::SECCOMP_RET_ERRNO | libc::EPERM as u32 },
        libc::sock_filter { code: RETURN, jt: 0, jf: 0, k: libc::SECCOMP_RET_ALLOW },
    ];
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_ptr().cast_mut() };
    // SAFETY: a system call that takes no pointer.
    let allowed = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    // SAFETY: the program and the filter it points to live through the call, which copies them.
    let set = unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) };
    if allowed == 0 && set == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[test]
fn auto_falls_back_to_epoll_where_io_uring_is_refused() {
    for shards in support::SHARDS {
        let s = Options::new(shards).args(&["--io-backend", "auto"]).before_exec(refuse_io_uring).start();
        let log = s.log();
        assert_eq!(log.lines().filter(|l| l.contains("using epoll")).count(), 1, "one line says so: {log}");
        let mut c = s.client();
        for key in keys_on_all(shards, "k") {
            c.check(&format!("SET {key} v"), "+OK");
            c.check(&format!("GET {key}"), "$v");
        }
    }
}

#[test]
fn uring_that_is_refused_ends_the_server() {
    let options = Options::new(2).args(&["--io-backend", "uring"]).before_exec(refuse_io_uring);
    let (status, log) = exit_of(options);
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(!log.contains("Ready to accept connections"), "{log}");
}

#[test]
fn clients_that_vanish_in_the_middle() {
    on_backends(&[], |s| {
        let keys = keys_on_all(s.shards, "k");
        for round in 0..60 {
            let mut c = s.client();
            let mut bytes = Vec::new();
            for key in keys.iter().cycle().take(40) {
                bytes.extend(encode(&["WATCH", key]));
                bytes.extend(encode(&["MSET", key, "x", &keys[round % 4], "y"]));
                bytes.extend(encode(&["GET", key]));
            }
            c.send_raw(&bytes[..bytes.len() - round]);
            if round % 3 == 0 {
                c.read();
            }
        }
        // What they had sent may still be running: keys of its own, on the same shards.
        let mut c = s.client();
        for key in keys_on_all(s.shards, "after") {
            c.check(&format!("SET {key} v"), "+OK");
            c.check(&format!("GET {key}"), "$v");
        }
    });
}
