//! Shard data: the one owned value that holds a shard's keyspace and all that commands change
//! (`docs/glossary.md`). Whoever holds the box may touch it; nobody else can.

use std::collections::HashMap;
use std::sync::Arc;

use crate::keyspace::{Entry, EntryMut, Expire, KeyRef, Keyspace, NewValue, OwnedEntry, Previous, SlotContents};
use crate::slot::{SlotSet, key_slot};
use crate::stats::DataStats;
use crate::step::{Clock, Event};

/// A listener to keyspace events: class, event, database, key.
pub type EventHook = Box<dyn FnMut(Event, &'static str, usize, &[u8]) + Send>;

/// One shard's data.
pub struct ShardData {
    /// The shard that owns it.
    pub shard: u16,
    /// The slots that it holds.
    pub owned: SlotSet,
    /// The keys.
    pub keyspace: Keyspace,
    /// Keys that clients watch.
    pub watches: Watches,
    /// Counters, readable by others while this is held elsewhere.
    pub stats: Arc<DataStats>,
    /// Who listens to keyspace events.
    pub events: Option<EventHook>,
    /// May there be a module's value? False until the first one comes, and after all databases were emptied.
    pub foreign: bool,
    /// Does active expiry run? (`DEBUG SET-ACTIVE-EXPIRE`)
    pub active_expire: bool,
    /// Where active expiry goes on, per database.
    pub expire_cursor: Vec<u64>,
}

impl ShardData {
    /// The data of `shard`, which owns `owned`.
    pub fn new(shard: u16, owned: SlotSet, keyspace: Keyspace, stats: Arc<DataStats>) -> Self {
        let databases = keyspace.databases();
        Self {
            shard,
            owned,
            keyspace,
            watches: Watches::default(),
            stats,
            events: None,
            foreign: false,
            active_expire: true,
            expire_cursor: vec![0; databases],
        }
    }

    /// See [`crate::step::Step::read`].
    #[inline]
    pub fn read(&mut self, db: usize, key: &KeyRef<'_>, clock: Clock, no_touch: bool) -> Option<Entry<'_>> {
        self.expire_if_needed(db, key, clock);
        let found = self.keyspace.access(db, key, (!no_touch).then(|| clock.lru()));
        match &found {
            Some(_) => self.stats.hits.add(1),
            None => {
                self.stats.misses.add(1);
                if let Some(hook) = &mut self.events {
                    hook(Event::KeyMiss, "keymiss", db, key.bytes);
                }
            }
        }
        found
    }

    /// See [`crate::step::Step::peek`].
    pub fn peek(&mut self, db: usize, key: &KeyRef<'_>, clock: Clock) -> Option<Entry<'_>> {
        self.expire_if_needed(db, key, clock);
        self.keyspace.get(db, key)
    }

    /// See [`crate::step::Step::write`].
    #[inline]
    pub fn write(&mut self, db: usize, key: &KeyRef<'_>, clock: Clock) -> Option<EntryMut<'_>> {
        self.expire_if_needed(db, key, clock);
        self.keyspace.get_mut(db, key)
    }

    /// See [`crate::step::Step::set`].
    #[inline]
    pub fn set(&mut self, db: usize, key: &KeyRef<'_>, value: NewValue<'_>, expire: Expire, clock: Clock) -> Previous {
        debug_assert!(self.owned.contains(key.slot), "slot {} is not of shard {}", key.slot, self.shard);
        let (lru, now_ms) = (clock.lru(), clock.unix_ms());
        if let NewValue::Object(object) = &value {
            self.foreign |= object.foreign().is_some();
        }
        let previous = match self.keyspace.set_unless_expired(db, key, value, expire, lru, now_ms) {
            Ok(previous) => previous,
            Err(value) => {
                self.expire_now(db, key);
                self.keyspace.set(db, key, value, expire, lru)
            }
        };
        if let Previous::Object(object) = &previous
            && let Some(value) = object.foreign()
        {
            value.unlinked(Some((db, key.bytes)));
        }
        self.publish_len(db);
        if !previous.existed()
            && let Some(hook) = &mut self.events
        {
            hook(Event::New, "new", db, key.bytes);
        }
        previous
    }

    /// Puts an entry that was taken out, here or on another shard, under `key`; what was there.
    pub fn put(&mut self, db: usize, key: &KeyRef<'_>, entry: OwnedEntry) -> Option<OwnedEntry> {
        debug_assert!(self.owned.contains(key.slot), "slot {} is not of shard {}", key.slot, self.shard);
        if let Some(value) = entry.view().foreign() {
            self.foreign = true;
            value.unlinked(None);
        }
        let previous = self.keyspace.insert_owned(db, key, entry);
        if let Some(value) = previous.as_ref().and_then(|p| p.view().foreign()) {
            value.unlinked(Some((db, key.bytes)));
        }
        self.publish_len(db);
        previous
    }

    /// The key `bytes`, with its slot and hash.
    pub fn key<'k>(&self, bytes: &'k [u8]) -> KeyRef<'k> {
        KeyRef { bytes, slot: key_slot(bytes), hash: self.keyspace.hash(bytes) }
    }

    /// Takes a key out.
    pub fn remove(&mut self, db: usize, key: &KeyRef<'_>) -> Option<OwnedEntry> {
        let taken = self.keyspace.remove(db, key);
        if let Some(entry) = &taken {
            if self.foreign
                && let Some(value) = entry.view().foreign()
            {
                value.unlinked(Some((db, key.bytes)));
            }
            self.publish_len(db);
        }
        taken
    }

    /// Puts the sizes of `db` where other threads may read them.
    #[inline]
    pub fn publish_len(&mut self, db: usize) {
        self.stats.keys[db].set(self.keyspace.len(db) as u64);
        self.stats.expires[db].set(self.keyspace.expires_len(db) as u64);
    }

    /// Takes out a slot that this owns: keys and watches.
    pub fn take_slot(&mut self, slot: u16) -> MovingSlot {
        assert!(self.owned.contains(slot), "slot {slot} is not of shard {}", self.shard);
        self.owned.remove(slot);
        let contents = self.keyspace.take_slot(slot);
        (0..self.keyspace.databases()).for_each(|db| self.publish_len(db));
        MovingSlot {
            contents,
            watched: self.watches.take_slot(slot),
            watch_clock: self.watches.clock,
            foreign: self.foreign,
        }
    }

    /// Takes on a slot that [`ShardData::take_slot`] took out of another shard's data.
    pub fn put_slot(&mut self, moving: MovingSlot) {
        self.owned.insert(moving.contents.slot());
        self.keyspace.put_slot(moving.contents);
        self.foreign |= moving.foreign;
        (0..self.keyspace.databases()).for_each(|db| self.publish_len(db));
        // No key may get a version again that it had in the other data.
        self.watches.clock = self.watches.clock.max(moving.watch_clock);
        self.watches.keys.extend(moving.watched);
    }

    /// Removes the key where its time is over (Valkey's lazy expiry); was it?
    #[inline]
    pub fn expire_if_needed(&mut self, db: usize, key: &KeyRef<'_>, clock: Clock) -> bool {
        if self.keyspace.expires_len(db) == 0 {
            return false;
        }
        let due = self.keyspace.get(db, key).is_some_and(|e| e.is_expired(clock.unix_ms()));
        if due {
            self.expire_now(db, key);
        }
        due
    }

    /// Removes a key whose time is over, with what goes with it.
    pub fn expire_now(&mut self, db: usize, key: &KeyRef<'_>) {
        self.remove(db, key);
        self.stats.expired.add(1);
        if let Some(hook) = &mut self.events {
            hook(Event::Expired, "expired", db, key.bytes);
        }
        self.signal_modified(db, key.bytes);
    }

    /// Tells watchers that `key` changed.
    #[inline]
    pub fn signal_modified(&mut self, db: usize, key: &[u8]) {
        if !self.watches.keys.is_empty() {
            self.watches.touch(db, key);
        }
    }

    /// Removes all keys of `db`, or of all databases; how many there were.
    pub fn flush(&mut self, db: Option<usize>) -> u64 {
        let dbs = match db {
            Some(db) => db..db + 1,
            None => 0..self.keyspace.databases(),
        };
        self.foreign &= db.is_some();
        let mut gone = 0;
        for db in dbs {
            gone += self.keyspace.len(db) as u64;
            self.watches.touch_existing(db, &self.keyspace);
            drop(self.keyspace.flush(db));
            self.publish_len(db);
        }
        gone
    }
}

/// A slot on its way from one shard's data to another's.
pub struct MovingSlot {
    contents: SlotContents,
    watched: Vec<(WatchedKey, Watched)>,
    watch_clock: u64,
    foreign: bool,
}

/// A watched key: database, key, and its version when it was watched.
pub type Watch = (u16, Box<[u8]>, u64);

/// Keys that clients watch, with a version each: a watched key that was touched has another version at EXEC.
///
/// A watch that is registered holds its key's record, so that a key that is deleted and set again doesn't
/// come back with the version it had.
#[derive(Default)]
pub struct Watches {
    keys: HashMap<WatchedKey, Watched, foldhash::fast::RandomState>,
    clock: u64,
}

type WatchedKey = (u16, Box<[u8]>);

struct Watched {
    version: u64,
    watchers: u32,
}

impl Watches {
    /// One more watcher of `key`; the version it has now.
    pub fn watch(&mut self, db: usize, key: &[u8]) -> u64 {
        self.clock += 1;
        let clock = self.clock;
        let w = self.keys.entry((db as u16, key.into())).or_insert(Watched { version: clock, watchers: 0 });
        w.watchers += 1;
        w.version
    }

    /// One watcher of `key` less.
    pub fn unwatch(&mut self, db: usize, key: &[u8]) {
        let at = (db as u16, key.into());
        let w = self.keys.get_mut(&at).expect("unwatch without watch");
        w.watchers -= 1;
        if w.watchers == 0 {
            self.keys.remove(&at);
        }
    }

    /// The version of a watched key.
    pub fn version(&self, db: usize, key: &[u8]) -> Option<u64> {
        self.keys.get(&(db as u16, key.into())).map(|w| w.version)
    }

    /// `key` was changed.
    pub fn touch(&mut self, db: usize, key: &[u8]) {
        self.clock += 1;
        if let Some(w) = self.keys.get_mut(&(db as u16, key.into())) {
            w.version = self.clock;
        }
    }

    /// Every watched key of `db` for which `changed` says so was changed.
    pub fn touch_if(&mut self, db: usize, mut changed: impl FnMut(&[u8]) -> bool) {
        self.clock += 1;
        for ((d, key), w) in &mut self.keys {
            if *d as usize == db && changed(key) {
                w.version = self.clock;
            }
        }
    }

    /// `db` is about to be emptied: its watched keys that exist are changed.
    pub fn touch_existing(&mut self, db: usize, keyspace: &Keyspace) {
        self.touch_if(db, |key| {
            let key = KeyRef { bytes: key, slot: key_slot(key), hash: keyspace.hash(key) };
            keyspace.get(db, &key).is_some()
        });
    }

    /// Takes out the watched keys of a slot.
    fn take_slot(&mut self, slot: u16) -> Vec<(WatchedKey, Watched)> {
        self.keys.extract_if(|(_, key), _| key_slot(key) == slot).collect()
    }

    /// Is no key watched?
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}
