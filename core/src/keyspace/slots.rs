//! What moves as a whole: a slot to another shard, a database out of the way.

use super::db::{Db, SLOTS, free_with_entries};
use super::table::Table;
use super::{Keyspace, show};

/// All keys of one slot, of all databases, on their way to another keyspace. Dropping it frees them.
pub struct SlotContents {
    slot: u16,
    hash_seed: u64,
    /// The epoch that the keyspace had: no entry has a later one.
    epoch: u64,
    tables: Vec<SlotTable>,
}

struct SlotTable {
    db: usize,
    table: Table,
    has_expires: bool,
}

impl Drop for SlotTable {
    fn drop(&mut self) {
        free_with_entries(&mut self.table);
    }
}

impl SlotContents {
    /// The slot.
    pub fn slot(&self) -> u16 {
        self.slot
    }

    /// Keys in all databases.
    pub fn len(&self) -> usize {
        self.tables.iter().map(|part| part.table.len()).sum()
    }

    /// Are there no keys?
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }
}

/// A database that was taken out of a keyspace. Dropping it frees its keys, on whatever thread.
pub struct DetachedDb(Db);

impl DetachedDb {
    /// Keys in the database.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Are there no keys?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Keyspace {
    /// Takes all keys of a slot, of all databases. Not a change for the hook: the keys go on living
    /// elsewhere. In constant time per database, but for one where keys expire: there the slot is walked.
    pub fn take_slot(&mut self, slot: u16) -> SlotContents {
        assert!(usize::from(slot) < SLOTS, "there is no such slot");
        let mut tables = Vec::new();
        for (index, db) in self.dbs.iter_mut().enumerate() {
            let expires_before = db.expires.len();
            let table = db.take_table(&mut self.env, slot);
            if table.len() > 0 {
                tables.push(SlotTable { db: index, table, has_expires: db.expires.len() != expires_before });
            }
        }
        SlotContents { slot, hash_seed: self.env.hasher.seed(), epoch: self.epoch, tables }
    }

    /// Puts the keys of a slot, taken from a keyspace of the same seed, where that slot has no keys. Begins a
    /// new epoch if the other keyspace was ahead, so that no entry seems to have changed in this one's. In constant
    /// time per database, but for one where keys of the slot expire: there the slot is walked.
    pub fn put_slot(&mut self, mut contents: SlotContents) {
        assert_eq!(contents.hash_seed, self.env.hasher.seed(), "a slot moves between keyspaces of different seeds");
        if contents.epoch >= self.epoch {
            self.epoch = contents.epoch + 1;
        }
        for part in &mut contents.tables {
            let before = self.slot_len(part.db, contents.slot);
            assert_eq!(before, 0, "a slot is put where there are keys");
            let table = std::mem::replace(&mut part.table, Table::EMPTY);
            let db = &mut self.dbs[part.db];
            db.put_table(&mut self.env, contents.slot, table, part.has_expires);
        }
    }

    /// Takes all keys of a database, after the hook has seen each. Drop what is returned to free them, here
    /// or on another thread.
    pub fn flush(&mut self, db: usize) -> DetachedDb {
        self.call_before_flush(db);
        DetachedDb(std::mem::replace(&mut self.dbs[db], Db::new()))
    }

    /// Takes all keys of all databases, as [`Keyspace::flush`].
    pub fn flush_all(&mut self) -> Vec<DetachedDb> {
        (0..self.databases()).map(|db| self.flush(db)).collect()
    }

    /// Exchanges two databases. Entries don't change, so the hook sees nothing.
    pub fn swap_db(&mut self, a: usize, b: usize) {
        self.dbs.swap(a, b);
    }

    /// Shows each entry of a database to the hook, if one is armed.
    fn call_before_flush(&mut self, db: usize) {
        let Some(hook) = &mut self.before_change else {
            return;
        };
        for (slot, table) in self.dbs[db].tables().iter().enumerate() {
            table.for_each(&mut |entry| {
                // SAFETY: entries in tables are live and complete, and exclusive with the keyspace.
                unsafe { show(hook, self.epoch, db, slot as u16, entry.key(), Some(entry)) }
            });
        }
    }
}
