//! The load client: threads, each with its own epoll set and its share of the connections.
//!
//! What an operation costs here is kept small, since the client shares the machine with what it measures:
//! one `recv` and one `send` per batch, one clock reading per `recv`, no allocation after the start.

mod closed;
mod connection;
mod fill;
mod open;
mod tally;
mod worker;

use std::net::SocketAddr;

pub use fill::fill;
pub use tally::Tally;
use worker::Worker;

use crate::error::Error;
use crate::keys::Keys;
use crate::random::{Random, seed_of};
use crate::workload::{Length, Pace, Workload};

/// A client gives up when commands are in flight and nothing has come for so long.
pub const STALL_SECONDS_MAX: u64 = 20;

/// Connected and ready to run, several times if need be (to warm up, then to measure).
#[derive(Debug)]
pub struct Client {
    workload: Workload,
    keys: Keys,
    workers: Vec<Worker>,
}

impl Client {
    /// Opens all connections.
    ///
    /// # Errors
    /// If the server can't be reached.
    pub fn connect(server: SocketAddr, workload: &Workload) -> Result<Self, Error> {
        let threads = workload.threads.clamp(1, workload.connections);
        let share = |thread| workload.connections * (thread + 1) / threads - workload.connections * thread / threads;
        let workers = (0..threads).map(|thread| Worker::connect(server, workload, share(thread)));
        Ok(Self {
            workload: workload.clone(),
            keys: Keys::new(workload.distribution, workload.keys, 0),
            workers: workers.collect::<Result<_, _>>()?,
        })
    }

    /// Sends load until `length`, and waits for the last reply.
    ///
    /// # Errors
    /// If any reply is wrong, a connection ends, the server stalls, or a signal came.
    pub fn run(&mut self, length: Length, seed: u64) -> Result<Tally, Error> {
        let sources = (0..self.workers.len()).map(|thread| self.keys.reseeded(seed_of(&[seed, thread as u64])));
        self.run_with(length, sources.collect(), seed)
    }

    /// Runs every worker on its own thread, each with its own source of keys.
    fn run_with(&mut self, length: Length, sources: Vec<Keys>, seed: u64) -> Result<Tally, Error> {
        let (workload, threads) = (&self.workload, self.workers.len());
        std::thread::scope(|scope| {
            let work = |(thread, (worker, mut keys)): (usize, (_, Keys))| {
                let part = Part { thread, threads, length: length.thread_share(thread, threads), seed };
                scope.spawn(move || {
                    workload.client_cpus.one_for(thread).pin_this_thread()?;
                    run_worker(worker, workload, &mut keys, &part)
                })
            };
            let running: Vec<_> = self.workers.iter_mut().zip(sources).enumerate().map(work).collect();
            let mut total = Tally::new();
            for thread in running {
                total.add_parallel(&thread.join().expect("a client thread panicked")?);
            }
            Ok(total)
        })
    }
}

/// What one thread does of a run.
struct Part {
    thread: usize,
    threads: usize,
    length: Length,
    seed: u64,
}

fn run_worker(worker: &mut Worker, workload: &Workload, keys: &mut Keys, part: &Part) -> Result<Tally, Error> {
    let cpu = tally::thread_cpu();
    let mut tally = match workload.pace {
        Pace::Closed => closed::run(worker, keys, part.length, workload.pipeline)?,
        Pace::Open { rate, arrivals } => {
            let gap_ns = 1e9 * (workload.pipeline * part.threads) as f64 / rate;
            // Even arrivals of several threads fall between each other; random ones have their own chance.
            let start_ns = gap_ns * part.thread as f64 / part.threads as f64;
            let random = Random::new(seed_of(&[part.seed, part.thread as u64, 1]));
            let gaps = open::Gaps { start_ns, gap_ns, arrivals, random };
            open::run(worker, keys, open::Schedule::new(part.length, gaps, workload.pipeline))?
        }
    };
    tally.cpu = tally::thread_cpu().saturating_sub(cpu);
    Ok(tally)
}
