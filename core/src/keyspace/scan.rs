//! Walking the keys: SCAN, one slot, all of them, at random, and those that expire.

use super::db::SLOTS;
use super::entry::Entry;
use super::layout::EntryPtr;
use super::{Keyspace, is_expired};

/// Bits of a scan cursor that hold the slot; the position within its table is above them.
const SLOT_BITS: u32 = 14;
/// Positions without keys that a scan passes, for each key it was asked for, before it returns.
const EMPTY_PER_KEY_MAX: usize = 10;

const _: () = assert!(SLOTS == 1 << SLOT_BITS);

/// What [`Keyspace::sample_expired`] saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExpireSample {
    /// Where to go on; 0 if the index has been passed to its end.
    pub cursor: u64,
    /// Keys with an expiry that were looked at.
    pub sampled: usize,
    /// How many of them have expired.
    pub expired: usize,
    /// The time to live of the others, added up, in milliseconds.
    pub ttl_sum_ms: i64,
}

impl Keyspace {
    /// SCAN: hands entries to `visit` until there were at least `count`, and returns the cursor to go on
    /// with; 0 begins, and as an answer means that the scan is complete. Any number is a valid cursor; those
    /// returned here are below 2^46.
    ///
    /// `next_slot(s)` is the first slot from `s` on that belongs to the scan: those that the shard owns, or
    /// one.
    ///
    /// Each key that is there during the whole scan is visited at least once, however much the tables grow
    /// or shrink between calls.
    pub fn scan(
        &self,
        db: usize,
        cursor: u64,
        count: usize,
        next_slot: &mut dyn FnMut(u16) -> Option<u16>,
        visit: &mut dyn FnMut(Entry<'_>),
    ) -> u64 {
        let start = (cursor % SLOTS as u64) as u16;
        let mut position = cursor >> SLOT_BITS;
        let mut next = self.next_scanned_slot(db, usize::from(start), next_slot);
        if next != Some(start) {
            position = 0;
        }
        let (mut visited, mut positions) = (0, 0);
        while let Some(slot) = next {
            if visited >= count.max(1) || positions >= count.saturating_mul(EMPTY_PER_KEY_MAX).max(1) {
                return position << SLOT_BITS | u64::from(slot);
            }
            position = self.visit_slot_position(db, slot, position, &mut |entry| {
                visited += 1;
                visit(entry);
            });
            positions += 1;
            if position == 0 {
                next = self.next_scanned_slot(db, usize::from(slot) + 1, next_slot);
            }
        }
        0
    }

    /// Hands each entry of one slot to `visit`.
    pub fn slot_keys(&self, db: usize, slot: u16, visit: &mut dyn FnMut(Entry<'_>)) {
        if let Some(table) = self.dbs[db].table(slot) {
            table.for_each(&mut |entry| visit(self.view(entry)));
        }
    }

    /// Hands each entry of a database to `visit`.
    pub fn for_each(&self, db: usize, visit: &mut dyn FnMut(Entry<'_>)) {
        for table in self.dbs[db].tables() {
            table.for_each(&mut |entry| visit(self.view(entry)));
        }
    }

    /// The first slot from `start` on that has keys.
    pub fn next_slot_with_keys(&self, db: usize, start: u16) -> Option<u16> {
        self.dbs[db].next_slot_with_keys(usize::from(start))
    }

    /// A key at random, all with the same chance but for those in overlong chains; `below(n)` returns a
    /// uniform number below `n`.
    pub fn random_key(&self, db: usize, below: &mut impl FnMut(u64) -> u64) -> Option<Entry<'_>> {
        let db = &self.dbs[db];
        if db.len() == 0 {
            return None;
        }
        let slot = db.slot_of_rank(below(db.len() as u64) as usize);
        db.table(slot)?.random(below).map(|entry| self.view(entry))
    }

    /// A key with an expiry at random, as [`Keyspace::random_key`].
    pub fn random_expiring_key(&self, db: usize, below: &mut impl FnMut(u64) -> u64) -> Option<Entry<'_>> {
        self.dbs[db].expires.random(below).map(|entry| self.view(entry))
    }

    /// The active expiry cycle: looks at the keys with an expiry from `cursor` on (0 begins), until there
    /// were `max_entries` or the index ends, and hands those that have expired at `now_ms` (unix time in
    /// milliseconds) to `expired`. As in [`Keyspace::scan`], what is there all the time is not missed.
    pub fn sample_expired(
        &self,
        db: usize,
        cursor: u64,
        now_ms: i64,
        max_entries: usize,
        expired: &mut dyn FnMut(Entry<'_>),
    ) -> ExpireSample {
        let mut sample = ExpireSample { cursor, ..ExpireSample::default() };
        for _ in 0..max_entries.saturating_mul(EMPTY_PER_KEY_MAX).max(1) {
            sample.cursor = self.dbs[db].expires.visit_position(sample.cursor, &mut |entry| {
                let entry = self.view(entry);
                let at = entry.expire_at().expect("an indexed entry has no expiry");
                sample.sampled += 1;
                if is_expired(at, now_ms) {
                    sample.expired += 1;
                    expired(entry);
                } else {
                    sample.ttl_sum_ms = sample.ttl_sum_ms.saturating_add(at.saturating_sub(now_ms));
                }
            });
            if sample.cursor == 0 || sample.sampled >= max_entries {
                break;
            }
        }
        sample
    }

    /// The first slot from `start` on that has keys and belongs to the scan.
    fn next_scanned_slot(&self, db: usize, start: usize, next_slot: &mut dyn FnMut(u16) -> Option<u16>) -> Option<u16> {
        let mut candidate = self.dbs[db].next_slot_with_keys(start)?;
        loop {
            let owned = next_slot(candidate)?;
            assert!(owned >= candidate, "the slots of a scan go backwards");
            if owned == candidate {
                return Some(candidate);
            }
            candidate = self.dbs[db].next_slot_with_keys(usize::from(owned))?;
            if candidate == owned {
                return Some(candidate);
            }
        }
    }

    fn visit_slot_position(&self, db: usize, slot: u16, position: u64, visit: &mut dyn FnMut(Entry<'_>)) -> u64 {
        match self.dbs[db].table(slot) {
            Some(table) => table.visit_position(position, &mut |entry| visit(self.view(entry))),
            None => 0,
        }
    }

    /// The read view of an entry, which the caller has from a table of this keyspace.
    #[inline]
    fn view(&self, entry: EntryPtr) -> Entry<'_> {
        // SAFETY: entries in tables are live and complete, and unchanged while the keyspace is borrowed.
        unsafe { Entry::new(entry) }
    }
}
