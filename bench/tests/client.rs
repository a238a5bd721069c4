//! The load client against servers in this process: it counts right, and it fails when it should.

#[path = "support/null.rs"]
mod null;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use valkore_bench::affinity::Cpus;
use valkore_bench::client::{self, Client, Tally};
use valkore_bench::commands::Command;
use valkore_bench::error::Error;
use valkore_bench::keys::Distribution;
use valkore_bench::workload::{Arrivals, Length, Pace, Workload};

fn null_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || null::serve(&listener));
    address
}

/// A server that reads once from each connection, sends `answer` in pieces of `piece` bytes, and hangs up.
fn server_that_answers(answer: &'static [u8], piece: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let _ = socket.read(&mut [0; 4096]).unwrap();
            for part in answer.chunks(piece) {
                socket.write_all(part).unwrap();
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    });
    address
}

fn workload(command: Command, pipeline: usize) -> Workload {
    Workload {
        command,
        pipeline,
        connections: 5,
        threads: 1,
        client_cpus: Cpus::default(),
        value_size: 64,
        keys: 1000,
        distribution: Distribution::Uniform,
        pace: Pace::Closed,
    }
}

fn run(server: SocketAddr, workload: &Workload, length: Length) -> Result<Tally, Error> {
    Client::connect(server, workload)?.run(length, 1)
}

#[test]
fn closed_loop_sends_exactly_what_was_asked() {
    let server = null_server();
    for pipeline in [1, 16, 64] {
        for threads in [1, 3] {
            let workload = Workload { threads, ..workload(Command::Set, pipeline) };
            let tally = run(server, &workload, Length::Commands(1001)).unwrap();
            assert_eq!((tally.commands, tally.nils, tally.latency_ns.len()), (1001, 0, 1001));
        }
    }
}

#[test]
fn filling_sets_every_key_so_no_get_is_nil() {
    let server = null_server();
    let before = run(server, &workload(Command::Get, 16), Length::Commands(100)).unwrap();
    assert_eq!(before.nils, 100);
    let set = client::fill(server, &Workload { threads: 2, ..workload(Command::Get, 16) }).unwrap();
    assert_eq!(set.commands, 1000);
    for distribution in [Distribution::Uniform, Distribution::Zipf(0.99)] {
        let workload = Workload { distribution, ..workload(Command::Get, 16) };
        let after = run(server, &workload, Length::Commands(10_000)).unwrap();
        assert_eq!((after.commands, after.nils), (10_000, 0));
    }
}

#[test]
fn closed_loop_ends_in_time_and_can_run_again() {
    let mut client = Client::connect(null_server(), &workload(Command::Set, 4)).unwrap();
    for seed in 0..2 {
        let tally = client.run(Length::Seconds(0.05), seed).unwrap();
        assert!(tally.commands > 0 && tally.commands.is_multiple_of(4));
        assert!(tally.elapsed >= Duration::from_millis(50) && tally.elapsed < Duration::from_secs(5));
        assert!(tally.cpu > Duration::ZERO);
    }
}

#[test]
fn values_larger_than_any_buffer_go_both_ways() {
    let server = null_server();
    let large = |command| Workload { value_size: 1 << 20, keys: 3, ..workload(command, 8) };
    let set = run(server, &large(Command::Set), Length::Commands(60)).unwrap();
    assert_eq!(set.commands, 60);
    client::fill(server, &large(Command::Get)).unwrap();
    let get = run(server, &large(Command::Get), Length::Commands(60)).unwrap();
    assert_eq!((get.commands, get.nils), (60, 0));
}

#[test]
fn open_loop_keeps_its_rate() {
    let server = null_server();
    for arrivals in [Arrivals::Even, Arrivals::Poisson] {
        let pace = Pace::Open { rate: 2000.0, arrivals };
        let tally =
            run(server, &Workload { pace, threads: 2, ..workload(Command::Set, 4) }, Length::Seconds(0.5)).unwrap();
        assert!((700..1300).contains(&tally.commands), "{arrivals:?}: {}", tally.commands);
        assert!(tally.elapsed >= Duration::from_millis(450), "{:?}", tally.elapsed);
    }
}

#[test]
fn open_loop_latency_counts_from_the_intended_time() {
    // One connection, a first answer that takes 300 ms: all that was due meanwhile must show its wait.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let frame = valkore_bench::template::Batch::new(Command::Set, 0, 1)
            .fill(1, &mut valkore_bench::keys::Keys::Sequence { next: 0 })
            .len();
        for number in 0.. {
            if socket.read_exact(&mut vec![0; frame]).is_err() {
                return;
            }
            if number == 0 {
                std::thread::sleep(Duration::from_millis(300));
            }
            socket.write_all(b"+OK\r\n").unwrap();
        }
    });
    let pace = Pace::Open { rate: 1000.0, arrivals: Arrivals::Even };
    let workload = Workload { pace, connections: 1, value_size: 0, ..workload(Command::Set, 1) };
    let tally = run(server, &workload, Length::Commands(300)).unwrap();
    assert!(tally.latency_ns.value_at_quantile(0.5) > 100_000_000, "{}", tally.latency_ns.value_at_quantile(0.5));
}

#[test]
fn replies_in_single_bytes_are_counted() {
    let server = server_that_answers(b"$3\r\nabc\r\n$-1\r\n", 1);
    let workload = Workload { value_size: 3, connections: 1, ..workload(Command::Get, 2) };
    let tally = run(server, &workload, Length::Commands(2)).unwrap();
    assert_eq!((tally.commands, tally.nils), (2, 1));
}

#[test]
fn wrong_answers_end_the_run() {
    let outcome =
        |answer, command| run(server_that_answers(answer, 7), &workload(command, 1), Length::Commands(10)).unwrap_err();
    assert!(matches!(outcome(b"-OOM no memory\r\n", Command::Set), Error::Refused(text) if text == "OOM no memory"));
    assert!(matches!(outcome(b"$2\r\nxy\r\n", Command::Get), Error::WrongReply(_)));
    assert!(matches!(outcome(b"+OK\r\n+OK\r\n", Command::Set), Error::WrongReply(_) | Error::Closed { .. }));
    assert!(matches!(outcome(b"", Command::Set), Error::Closed { .. }));
}

#[test]
fn nobody_listening_is_an_error() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert!(matches!(Client::connect(free, &workload(Command::Get, 1)), Err(Error::Io { .. })));
}
