//! Counters that one thread writes and any may read.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A counter with one writer at a time: an add is a load and a store, no locked instruction.
///
/// The writer is whoever holds the owning value; a hand-over of that value orders the writes.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds `n`. Only the one writer may.
    #[inline]
    pub fn add(&self, n: u64) {
        self.0.store(self.0.load(Relaxed).wrapping_add(n), Relaxed);
    }

    /// Sets the value. Only the one writer may.
    #[inline]
    pub fn set(&self, n: u64) {
        self.0.store(n, Relaxed);
    }

    /// The value, a moment ago.
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// What is counted with one shard's data; written by whoever holds the data.
#[derive(Debug)]
pub struct DataStats {
    /// `keyspace_hits`
    pub hits: Counter,
    /// `keyspace_misses`
    pub misses: Counter,
    /// `expired_keys`
    pub expired: Counter,
    /// `expired_time_cap_reached_count`
    pub expire_cycles_cut: Counter,
    /// Keys per database.
    pub keys: Box<[Counter]>,
    /// Keys with an expiry per database.
    pub expires: Box<[Counter]>,
    /// Average time to live per database, in milliseconds, as active expiry sampled it.
    pub avg_ttl: Box<[Counter]>,
}

impl DataStats {
    /// All zero, for so many databases.
    pub fn new(databases: usize) -> Self {
        let each = || (0..databases).map(|_| Counter::default()).collect();
        Self {
            hits: Counter::default(),
            misses: Counter::default(),
            expired: Counter::default(),
            expire_cycles_cut: Counter::default(),
            keys: each(),
            expires: each(),
            avg_ttl: each(),
        }
    }

    /// Forgets what was counted (`CONFIG RESETSTAT`), but not what is so now.
    pub fn reset(&self) {
        [&self.hits, &self.misses, &self.expired, &self.expire_cycles_cut].iter().for_each(|c| c.set(0));
    }
}
