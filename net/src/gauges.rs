//! What is so now, for INFO: sums over the connections of a shard, and figures per second of the whole node.

use std::sync::atomic::{AtomicU64, Ordering};

use valkore_shard::node::{LoopStats, Node};

use crate::conn::Conn;

/// Brings the sums of watched keys up to date with a connection.
#[inline]
pub(crate) fn count_watched(conn: &mut Conn, stats: &LoopStats) {
    let (old, new) = (conn.watched_counted, conn.session.watched.len());
    if old == new {
        return;
    }
    conn.had_transaction = true;
    conn.watched_counted = new;
    stats.watched_keys.add((new as u64).wrapping_sub(old as u64));
    stats.watching.add(u64::from(new > 0).wrapping_sub(u64::from(old > 0)));
}

/// Sums and maxima over the connections of a shard.
#[derive(Default)]
pub(crate) struct Sums {
    memory: u64,
    query_max: u64,
    output_max: u64,
}

impl Sums {
    /// Takes a connection in.
    pub(crate) fn add(&mut self, conn: &Conn) {
        self.memory += conn.memory() as u64;
        self.query_max = self.query_max.max(conn.query.capacity() as u64);
        self.output_max = self.output_max.max((conn.out.len() + conn.unsent) as u64);
    }

    /// Puts them where INFO finds them.
    pub(crate) fn publish(&self, stats: &LoopStats) {
        stats.client_bytes.set(self.memory);
        stats.query_bytes_max.set(self.query_max);
        stats.output_bytes_max.set(self.output_max);
    }
}

/// Samples that a figure per second is the average of.
const SAMPLES: usize = 16;
/// Time between two samples, at least.
const BETWEEN_NS: u64 = 95_000_000;

/// A counter's growth per second.
#[derive(Default)]
struct Rate {
    last: u64,
    samples: [u64; SAMPLES],
    next: usize,
}

impl Rate {
    /// Takes a sample after `ns`; the average of the last ones.
    fn sample(&mut self, value: u64, ns: u64) -> u64 {
        // A counter that was set back begins anew.
        let grown = value.saturating_sub(self.last);
        self.last = value;
        self.samples[self.next] = (u128::from(grown) * 1_000_000_000 / u128::from(ns.max(1))) as u64;
        self.next = (self.next + 1) % SAMPLES;
        self.samples.iter().sum::<u64>() / SAMPLES as u64
    }
}

/// Samples a node's figures per second, and the peak of its memory; one shard does it for all.
#[derive(Default)]
pub(crate) struct Sampler {
    at_ns: u64,
    commands: Rate,
    net_in: Rate,
    net_out: Rate,
    turns: Rate,
}

impl Sampler {
    /// Takes a sample, if it is time.
    pub(crate) fn sample(&mut self, node: &Node, now_ns: u64) {
        let ns = now_ns - self.at_ns;
        if ns < BETWEEN_NS {
            return;
        }
        self.at_ns = now_ns;
        let rates = &node.rates;
        let put = |to: &AtomicU64, rate: &mut Rate, value| to.store(rate.sample(value, ns), Ordering::Relaxed);
        put(&rates.commands, &mut self.commands, node.sum(|s| &s.commands));
        put(&rates.net_in, &mut self.net_in, node.sum(|s| &s.net_in));
        put(&rates.net_out, &mut self.net_out, node.sum(|s| &s.net_out));
        put(&rates.turns, &mut self.turns, node.sum(|s| &s.turns));
        node.sample_memory();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_an_average_and_survives_a_reset() {
        let mut rate = Rate::default();
        let second = 1_000_000_000;
        assert_eq!(rate.sample(1600, second), 100);
        assert_eq!(rate.sample(3200, second), 200);
        assert_eq!(rate.sample(10, second), 200);
        for n in 0..16 {
            rate.sample(10 + n, second);
        }
        assert_eq!(rate.sample(25, second), 0);
    }
}
