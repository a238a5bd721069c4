//! Asking for memory ahead of its use.

use super::{KeyRef, Keyspace};

/// Asks for the cache line at `ptr`, whether or not anything is there.
#[inline(always)]
pub(super) fn prefetch<T>(ptr: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch is a hint: it reads nothing that the program can see, and it never faults.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(ptr.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = ptr;
}

/// Asks for the cache line in which `at` begins.
#[inline(always)]
pub fn prefetch_line<T: ?Sized>(at: &T) {
    prefetch(std::ptr::from_ref(at).cast::<u8>());
}

/// A key that will be looked up soon.
#[derive(Clone, Copy, Debug)]
pub struct Hint {
    /// The database.
    pub db: u16,
    /// The key's slot.
    pub slot: u16,
    /// The key's hash.
    pub hash: u64,
}

/// To look up a batch of keys without waiting for memory: call one stage for all keys of the batch, then the
/// next stage for all keys, then look them up. Each stage reads only what the stages before it asked for.
impl Keyspace {
    /// All stages for a batch of keys.
    pub fn prefetch(&self, hints: &[Hint]) {
        if hints.len() < 2 {
            return;
        }
        let table = |h: &Hint| self.dbs[usize::from(h.db)].table(h.slot);
        hints.iter().for_each(|h| self.prefetch_root(usize::from(h.db), h.slot));
        hints.iter().filter_map(|h| Some((h, table(h)?))).for_each(|(h, t)| t.prefetch_directory(h.hash));
        hints.iter().filter_map(|h| Some((h, table(h)?))).for_each(|(h, t)| t.prefetch_bucket(h.hash));
        hints.iter().filter_map(|h| Some((h, table(h)?))).for_each(|(h, t)| t.prefetch_entry(h.hash));
    }

    /// Stage 1: asks for the root of the slot's table.
    #[inline]
    pub fn prefetch_root(&self, db: usize, slot: u16) {
        if let Some(table) = self.dbs[db].table(slot) {
            prefetch(table);
        }
    }

    /// Stage 2: asks for the line of the table's directory that leads to the key's bucket. Only tables of
    /// more than 64 buckets (some 320 keys in one slot) have one.
    #[inline]
    pub fn prefetch_directory(&self, db: usize, key: &KeyRef<'_>) {
        if let Some(table) = self.dbs[db].table(key.slot) {
            table.prefetch_directory(key.hash);
        }
    }

    /// Stage 3: asks for the key's bucket.
    #[inline]
    pub fn prefetch_bucket(&self, db: usize, key: &KeyRef<'_>) {
        if let Some(table) = self.dbs[db].table(key.slot) {
            table.prefetch_bucket(key.hash);
        }
    }

    /// Stage 4: asks for the first two lines of the key's entry (of any that may be it, in the first bucket
    /// of its chain).
    #[inline]
    pub fn prefetch_entry(&self, db: usize, key: &KeyRef<'_>) {
        if let Some(table) = self.dbs[db].table(key.slot) {
            table.prefetch_entry(key.hash);
        }
    }
}
