//! The harness of the integration tests: servers of the built binary, clients of our own, keys by shard.
//!
//! Every test binary takes what it needs of this, so parts of it are unused in each.
#![allow(dead_code, unused_imports)]

mod client;
mod keys;
mod module_modes;
mod modules;
mod server;
mod value;

pub(crate) use client::{Client, encode, words};
pub(crate) use keys::{key_on, keys_on_all, shard_of};
pub(crate) use module_modes::on_modes;
pub(crate) use modules::{load, module, with_module};
pub(crate) use server::{Options, Server, exit_of, ran_out};
pub(crate) use value::Value;

/// The shard counts that every behaviour is tested with.
pub(crate) const SHARDS: [usize; 2] = [1, 4];

/// Runs a test on a fresh server of one shard, and of four.
pub(crate) fn on_shards(test: impl Fn(&Server)) {
    for shards in SHARDS {
        test(&Server::start(shards));
    }
}

/// Runs a test on one and four shards, with each I/O backend.
pub(crate) fn on_backends(args: &[&str], test: impl Fn(&Server)) {
    for backend in ["epoll", "uring"] {
        for shards in SHARDS {
            let mut all = vec!["--io-backend", backend];
            all.extend_from_slice(args);
            test(&Options::new(shards).args(&all).start());
        }
    }
}

/// `check(&server, "GET a", "$1")`: the answer on a fresh connection (see [`Value`] for how it is written).
#[track_caller]
pub(crate) fn check(server: &Server, command: &str, want: &str) {
    server.client().check(command, want);
}

/// Waits until `found` gives something, at most so many seconds.
pub(crate) fn eventually<T>(seconds: u64, mut found: impl FnMut() -> Option<T>) -> Option<T> {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(seconds);
    loop {
        if let Some(it) = found() {
            return Some(it);
        }
        if std::time::Instant::now() > end {
            return None;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

/// Sets a flag when it goes, also when a test fails half-way: the threads that look at it come to an end.
pub(crate) struct Stop<'a>(pub(crate) &'a std::sync::atomic::AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}
