//! The data of one shard: its databases, each with a table per slot, and what is stored in them.
//!
//! A [`Keyspace`] is owned by one thread at a time and moves between threads as a whole; nothing in it is
//! shared. It knows no clock, no random source and no globals: times, seeds and random numbers are arguments.
//!
//! - `table`, `bucket`: linear hashing, so that no operation ever pays for a whole rehash.
//! - `layout`, `raw`, `object`: an entry in memory. `entry`: its read view. `entry_mut`: its write view.
//! - `db`: one database: tables, counts, the index of keys that expire.
//! - `write`, `scan`, `slots`, `prefetch`: what a keyspace can do.

mod arena;
mod bucket;
mod db;
mod entry;
mod entry_mut;
mod hash;
mod integer;
mod layout;
mod object;
mod prefetch;
mod raw;
mod scan;
mod slots;
mod table;
mod table_walk;
#[cfg(test)]
mod tests;
mod write;

pub use arena::{AllocFn, Arena, ArenaOps, FreeFn, ReallocFn};
pub use db::SLOTS;
pub use entry::{Encoding, Entry, OwnedEntry, Value, is_expired};
pub use entry_mut::{EntryMut, StringMut};
pub use hash::KeyHasher;
pub use integer::{INTEGER_LEN_MAX, format_integer, parse_canonical_integer};
pub use object::{ForeignValue, Object};
pub use prefetch::{Hint, prefetch_line};
pub use scan::ExpireSample;
pub use slots::{DetachedDb, SlotContents};
pub use write::{Expire, NewValue, Previous};

use bucket::Place;
use db::Db;
use layout::EntryPtr;
use table::{Table, TableEnv};

/// A key and where it belongs; computed once per command and key.
#[derive(Clone, Copy, Debug)]
pub struct KeyRef<'a> {
    /// The key.
    pub bytes: &'a [u8],
    /// Its slot, below [`SLOTS`].
    pub slot: u16,
    /// Its hash, by the [`KeyHasher`] of the keyspace's seed.
    pub hash: u64,
}

/// What is about to change, for the hook.
#[derive(Clone, Copy, Debug)]
pub struct BeforeChange<'a> {
    /// The database of the key.
    pub db: usize,
    /// The slot of the key.
    pub slot: u16,
    /// The key.
    pub key: &'a [u8],
    /// What is there before the change; `None` if the key is about to be made.
    pub entry: Option<Entry<'a>>,
}

/// Called before the first change of each entry in an epoch, and before each making of a key.
pub type BeforeChangeHook = Box<dyn FnMut(BeforeChange<'_>) + Send>;

/// Figures about the tables of a keyspace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableStats {
    /// Bytes of the tables of all databases: roots, buckets and directories; overflow buckets excluded.
    pub table_bytes: usize,
    /// Buckets of all tables; overflow buckets excluded.
    pub buckets: usize,
    /// The most entries that any one operation has moved from bucket to bucket.
    pub moved_max: usize,
}

/// The data of one shard; see the module.
pub struct Keyspace {
    dbs: Vec<Db>,
    env: TableEnv,
    epoch: u64,
    before_change: Option<BeforeChangeHook>,
}

impl Keyspace {
    /// An empty keyspace with this many databases. All keyspaces of a process have the same seed, so that
    /// slots can move between them.
    pub fn new(databases: usize, hash_seed: u64, arena: Arena) -> Keyspace {
        Keyspace {
            dbs: std::iter::repeat_with(Db::new).take(databases).collect(),
            env: TableEnv { arena, hasher: KeyHasher::new(hash_seed), moved_max: 0 },
            epoch: 1,
            before_change: None,
        }
    }

    /// The hash of a key, for a [`KeyRef`].
    #[inline]
    pub fn hash(&self, key: &[u8]) -> u64 {
        self.env.hasher.hash(key)
    }

    /// The hasher, for whoever hashes keys without the keyspace at hand.
    pub fn hasher(&self) -> &KeyHasher {
        &self.env.hasher
    }

    /// Where memory comes from, to tell it whether the keyspace is with its owner.
    pub fn arena_mut(&mut self) -> &mut Arena {
        &mut self.env.arena
    }

    /// How many databases there are.
    pub fn databases(&self) -> usize {
        self.dbs.len()
    }

    /// The entry of a key, whether it has expired or not.
    #[inline]
    pub fn get(&self, db: usize, key: &KeyRef<'_>) -> Option<Entry<'_>> {
        let place = self.find(db, key)?;
        // SAFETY: entries in tables are live and complete, and unchanged while the keyspace is borrowed.
        Some(unsafe { Entry::new(place.entry()) })
    }

    /// Keys in a database.
    #[inline]
    pub fn len(&self, db: usize) -> usize {
        self.dbs[db].len()
    }

    /// Has the database no keys?
    #[inline]
    pub fn is_empty(&self, db: usize) -> bool {
        self.len(db) == 0
    }

    /// Keys in one slot of a database.
    #[inline]
    pub fn slot_len(&self, db: usize, slot: u16) -> usize {
        self.dbs[db].table(slot).map_or(0, Table::len)
    }

    /// Keys with an expiry in a database.
    #[inline]
    pub fn expires_len(&self, db: usize) -> usize {
        self.dbs[db].expires.len()
    }

    /// The current epoch. It counts up and never wraps (56 bits).
    #[inline]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Begins a new epoch, in which the hook sees each entry again, and returns it.
    pub fn advance_epoch(&mut self) -> u64 {
        self.epoch += 1;
        self.epoch
    }

    /// Arms the before-change hook, or disarms it; returns the one that was armed. Entries that were changed
    /// in this epoch while no hook was armed are seen when they change again.
    pub fn set_before_change(&mut self, hook: Option<BeforeChangeHook>) -> Option<BeforeChangeHook> {
        std::mem::replace(&mut self.before_change, hook)
    }

    /// Figures about the tables. Reads all 16,384 roots of each database in use.
    pub fn table_stats(&self) -> TableStats {
        let mut stats = TableStats { moved_max: self.env.moved_max, ..TableStats::default() };
        for db in &self.dbs {
            stats.table_bytes += size_of_val(db.tables());
            for table in db.tables().iter().chain([&db.expires]) {
                stats.table_bytes += table.bytes();
                stats.buckets += table.buckets();
            }
        }
        stats
    }

    #[inline]
    fn find(&self, db: usize, key: &KeyRef<'_>) -> Option<Place> {
        debug_assert_eq!(self.hash(key.bytes), key.hash, "a key has a wrong hash");
        self.dbs[db].table(key.slot)?.find(key.hash, key.bytes)
    }

    /// The one gate of all changes: `place` is where the key is, if it is there.
    #[inline]
    fn about_to_change(&mut self, db: usize, key: &KeyRef<'_>, place: Option<Place>) {
        if self.before_change.is_some() {
            self.call_before_change(db, key, place);
        }
    }

    #[cold]
    fn call_before_change(&mut self, db: usize, key: &KeyRef<'_>, place: Option<Place>) {
        if let Some(hook) = &mut self.before_change {
            let entry = place.map(Place::entry);
            // SAFETY: entries in tables are live and complete, and exclusive with the keyspace.
            unsafe { show(hook, self.epoch, db, key.slot, key.bytes, entry) }
        }
    }
}

/// Shows a key to the hook, unless its entry has been shown in this epoch, and stamps the entry.
///
/// # Safety
/// The entry is live, complete and exclusive; `key` may be its own.
unsafe fn show(hook: &mut BeforeChangeHook, epoch: u64, db: usize, slot: u16, key: &[u8], entry: Option<EntryPtr>) {
    // SAFETY: by the caller; the view ends with the hook's call. The stamp is not part of the key.
    unsafe {
        if entry.is_some_and(|entry| entry.epoch() == epoch) {
            return;
        }
        hook(BeforeChange { db, slot, key, entry: entry.map(|entry| Entry::new(entry)) });
        if let Some(entry) = entry {
            entry.write_epoch(epoch);
        }
    }
}

impl std::fmt::Debug for Keyspace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyspace")
            .field("lens", &self.dbs.iter().map(Db::len).collect::<Vec<_>>())
            .field("epoch", &self.epoch)
            .finish_non_exhaustive()
    }
}
