//! One database of a shard: a table per slot, how many keys they hold, and the index of keys that expire.

use super::arena::Arena;
use super::layout::EntryPtr;
use super::table::{Table, TableEnv};

/// Slots of the key space; a shard holds keys in some of them.
pub const SLOTS: usize = 16384;

/// Slots are counted in groups, so that a slot can be found by rank in two short scans.
const GROUP: usize = 128;
const GROUPS: usize = SLOTS / GROUP;

/// One database; dropping it frees its entries.
pub(super) struct Db {
    /// A table per slot, made with the first key.
    tables: Option<Box<[Table]>>,
    /// Keys in each group of slots.
    group_counts: [u32; GROUPS],
    count: usize,
    /// The entries with an expiry, of all slots; the slots' tables own them.
    pub(super) expires: Table,
}

impl Db {
    pub(super) fn new() -> Db {
        Db { tables: None, group_counts: [0; GROUPS], count: 0, expires: Table::EMPTY }
    }

    /// Keys in the database.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// The table of a slot, if any slot ever had a key.
    #[inline]
    pub(super) fn table(&self, slot: u16) -> Option<&Table> {
        Some(&self.tables.as_deref()?[usize::from(slot)])
    }

    /// The table of a slot, to change it.
    #[inline]
    fn table_mut(&mut self, slot: u16) -> &mut Table {
        let tables = self.tables.get_or_insert_with(|| std::iter::repeat_with(|| Table::EMPTY).take(SLOTS).collect());
        &mut tables[usize::from(slot)]
    }

    /// All tables, in order of their slots.
    pub(super) fn tables(&self) -> &[Table] {
        self.tables.as_deref().unwrap_or(&[])
    }

    /// Adds an entry, to the index too if it expires, and takes ownership of it.
    ///
    /// # Safety
    /// The entry is live and complete, has this hash under `env.hasher`, is in no table, and its key is not
    /// in the slot yet.
    pub(super) unsafe fn insert(&mut self, env: &mut TableEnv, slot: u16, hash: u64, entry: EntryPtr) {
        // SAFETY: by the caller; from here on the database keeps it live.
        unsafe {
            self.table_mut(slot).insert(env, hash, entry);
            if entry.expire_at().is_some() {
                self.expires.insert(env, hash, entry);
            }
        }
        self.group_counts[usize::from(slot) / GROUP] += 1;
        self.count += 1;
    }

    /// Takes the entry of a place in the slot's table out, of the index too, and gives up ownership.
    pub(super) fn remove(&mut self, env: &mut TableEnv, slot: u16, hash: u64, place: super::bucket::Place) -> EntryPtr {
        let entry = place.entry();
        // SAFETY: entries in tables are live and complete.
        if unsafe { entry.expire_at() }.is_some() {
            self.unindex(env, hash, entry);
        }
        self.table_mut(slot).remove(env, hash, place);
        self.group_counts[usize::from(slot) / GROUP] -= 1;
        self.count -= 1;
        entry
    }

    /// Takes an entry out of the index of keys that expire. It may be gone already: its address counts.
    pub(super) fn unindex(&mut self, env: &mut TableEnv, hash: u64, entry: EntryPtr) {
        let place = self.expires.find_entry(hash, entry).expect("an entry with an expiry is not in the index");
        self.expires.remove(env, hash, place);
    }

    /// Puts the entry's new address into the index of keys that expire.
    pub(super) fn reindex(&mut self, hash: u64, old: EntryPtr, new: EntryPtr) {
        self.expires.find_entry(hash, old).expect("an entry with an expiry is not in the index").replace(new);
    }

    /// The first slot from `start` on that has keys.
    pub(super) fn next_slot_with_keys(&self, start: usize) -> Option<u16> {
        let tables = self.tables.as_deref()?;
        let mut slot = start;
        while slot < SLOTS {
            if slot.is_multiple_of(GROUP) && self.group_counts[slot / GROUP] == 0 {
                slot += GROUP;
            } else if tables[slot].len() == 0 {
                slot += 1;
            } else {
                return Some(slot as u16);
            }
        }
        None
    }

    /// The slot of the key at `rank`, which is less than `len`, in order of slots.
    pub(super) fn slot_of_rank(&self, rank: usize) -> u16 {
        assert!(rank < self.count, "a rank is beyond the keys");
        let mut rest = rank;
        let mut group = 0;
        while rest >= self.group_counts[group] as usize {
            rest -= self.group_counts[group] as usize;
            group += 1;
        }
        let mut slot = group * GROUP;
        while rest >= self.tables()[slot].len() {
            rest -= self.tables()[slot].len();
            slot += 1;
        }
        slot as u16
    }

    /// Takes the whole table of a slot out, of the index too. In constant time if no key of the database
    /// expires.
    pub(super) fn take_table(&mut self, env: &mut TableEnv, slot: u16) -> Table {
        let count = self.table(slot).map_or(0, Table::len);
        if count == 0 {
            return Table::EMPTY;
        }
        let table = std::mem::replace(self.table_mut(slot), Table::EMPTY);
        if self.expires.len() > 0 {
            table.for_each(&mut |entry| {
                // SAFETY: entries in tables are live and complete.
                let (key, expires) = unsafe { (entry.key(), entry.expire_at().is_some()) };
                if expires {
                    let hash = env.hasher.hash(key);
                    self.unindex(env, hash, entry);
                }
            });
        }
        self.group_counts[usize::from(slot) / GROUP] -= count as u32;
        self.count -= count;
        table
    }

    /// Puts a table that [`Db::take_table`] returned, with its entries, into a slot without keys. In
    /// constant time unless `has_expires`.
    pub(super) fn put_table(&mut self, env: &mut TableEnv, slot: u16, table: Table, has_expires: bool) {
        let count = table.len();
        if has_expires {
            table.for_each(&mut |entry| {
                // SAFETY: entries in tables are live and complete; the database owns them from here on.
                unsafe {
                    if entry.expire_at().is_some() {
                        let hash = env.hasher.hash(entry.key());
                        self.expires.insert(env, hash, entry);
                    }
                }
            });
        }
        *self.table_mut(slot) = table;
        self.group_counts[usize::from(slot) / GROUP] += count as u32;
        self.count += count;
    }
}

impl Drop for Db {
    fn drop(&mut self) {
        // Any arena's memory can be freed through std::alloc (`ArenaOps::new`).
        let arena = Arena::system();
        self.expires.free(&arena, |_| {});
        for table in self.tables.as_deref_mut().unwrap_or(&mut []) {
            free_with_entries(table);
        }
    }
}

/// Frees a table and its entries.
pub(super) fn free_with_entries(table: &mut Table) {
    let arena = Arena::system();
    // SAFETY: the table owns its entries, they are live and complete, and it forgets them here.
    table.free(&arena, |entry| unsafe { entry.free(&arena) });
}
