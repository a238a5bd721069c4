//! A step: one command run on shard data. A plain function, never suspended
//! (`ARCHITECTURE.md`, rule 2): what it may know comes in with the [`Step`], what must wait waits between steps.

use crate::config::Config;
use crate::data::{ShardData, Watch};
use crate::fail::Outcome;
use crate::keyspace::{Entry, EntryMut, Expire, KeyRef, NewValue, OwnedEntry, Previous};
use crate::resp::{Args, Reply};
use crate::slot::key_slot;

/// What a command does.
pub type StepFn = fn(&mut Step<'_>, Args<'_>) -> Outcome;

/// Time as a step sees it: read once for a batch, so that a command sees one instant.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    /// Wall clock, microseconds since 1970.
    pub unix_us: i64,
    /// Monotonic clock, nanoseconds from an arbitrary start.
    pub mono_ns: u64,
}

impl Clock {
    /// Wall clock, milliseconds since 1970.
    pub fn unix_ms(self) -> i64 {
        self.unix_us / 1000
    }

    /// The LRU clock: seconds, 24 bits.
    pub fn lru(self) -> u32 {
        (self.unix_us / 1_000_000) as u32 & 0x00ff_ffff
    }
}

/// Who runs a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A client's command.
    Client,
    /// A script's call.
    Script,
    /// A module's call.
    Module,
    /// Loading a file.
    Load,
    /// The primary's replication stream.
    Primary,
    /// Slots moving in.
    Migration,
    /// The server's own work, such as active expiry.
    Server,
}

impl Origin {
    /// Is what it says to be done as it stands: no limits, and keys that have expired are stored, since who sent
    /// it has decided already?
    pub fn is_obeyed(self) -> bool {
        matches!(self, Self::Load | Self::Primary | Self::Migration)
    }
}

/// What a step knows of the client it runs for.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClientTag {
    /// The client's id; 0 = no client.
    pub id: u64,
    /// The selected database.
    pub db: u16,
    /// The protocol of its answers.
    pub protocol: crate::resp::Protocol,
    /// `CLIENT NO-TOUCH` is on.
    pub no_touch: bool,
}

/// Several shards' data, held at once by a coordinator.
pub trait HeldSet {
    /// The data that owns `slot`. Panics when it is not held and can't be had.
    fn of_slot(&mut self, slot: u16) -> &mut ShardData;
    /// All data held, in ascending shard order; for a world operation that is all there is.
    fn each(&mut self, f: &mut dyn FnMut(&mut ShardData));
}

/// The shard data that a step may touch.
pub enum Held<'a> {
    /// None: the command has no keys.
    None,
    /// One shard's.
    One(&'a mut ShardData),
    /// Several shards'.
    Set(&'a mut dyn HeldSet),
}

impl Held<'_> {
    /// The same data, for a shorter time.
    #[inline]
    pub fn reborrow(&mut self) -> Held<'_> {
        match self {
            Held::None => Held::None,
            Held::One(data) => Held::One(data),
            Held::Set(set) => Held::Set(&mut **set),
        }
    }
}

impl Held<'_> {
    /// The data that owns `slot`. Aborts where it is not held: routing went wrong.
    #[inline]
    fn of_slot(&mut self, slot: u16) -> &mut ShardData {
        match self {
            Held::One(data) => data,
            Held::Set(set) => set.of_slot(slot),
            Held::None => unreachable!("a step without data asked for slot {slot}"),
        }
    }
}

/// Keyspace event classes (`notify-keyspace-events`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// `g`
    Generic,
    /// `$`
    String,
    /// `x`
    Expired,
    /// `e`
    Evicted,
    /// `n`
    New,
    /// `m`
    KeyMiss,
}

/// What a step leaves behind for whoever runs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// Changes as `rdb_changes_since_last_save` counts them.
    pub dirty: u64,
    /// Keys that the client watches from now on.
    pub watched: Vec<Watch>,
}

/// One command's run.
pub struct Step<'a> {
    held: Held<'a>,
    /// Where the answer goes.
    pub reply: Reply<'a>,
    /// The client.
    pub client: ClientTag,
    /// Now.
    pub clock: Clock,
    /// Random numbers; seeded, so that a run can be repeated.
    pub rng: &'a mut fastrand::Rng,
    /// Who runs this.
    pub origin: Origin,
    /// The configuration in force.
    pub config: &'a Config,
    /// What was changed.
    pub effects: Effects,
    /// Slot and hash of one key, known since routing: the argument's index, slot, hash.
    routed: (u32, u16, u64),
}

impl<'a> Step<'a> {
    /// A step over `held`.
    pub fn new(
        held: Held<'a>,
        reply: Reply<'a>,
        client: ClientTag,
        clock: Clock,
        rng: &'a mut fastrand::Rng,
        origin: Origin,
        config: &'a Config,
    ) -> Self {
        Self { held, reply, client, clock, rng, origin, config, effects: Effects::default(), routed: (0, 0, 0) }
    }

    /// Tells slot and hash of the key at argument `index`, computed when the command was routed.
    #[must_use]
    pub fn routed(mut self, index: u32, slot: u16, hash: u64) -> Self {
        self.routed = (index, slot, hash);
        self
    }

    /// The key at argument `i`.
    #[inline]
    pub fn key<'k>(&mut self, args: Args<'k>, i: usize) -> KeyRef<'k> {
        let bytes = args.get(i);
        if self.routed.0 as usize == i {
            return KeyRef { bytes, slot: self.routed.1, hash: self.routed.2 };
        }
        self.key_of(bytes)
    }

    /// The key `bytes`.
    pub fn key_of<'k>(&mut self, bytes: &'k [u8]) -> KeyRef<'k> {
        self.data(key_slot(bytes)).key(bytes)
    }

    /// The data that owns `slot`. Aborts where it is not held: routing went wrong.
    #[inline]
    pub fn data(&mut self, slot: u16) -> &mut ShardData {
        self.held.of_slot(slot)
    }

    /// Every shard's data that is held.
    pub fn each_data(&mut self, mut f: impl FnMut(&mut ShardData)) {
        match &mut self.held {
            Held::One(data) => f(data),
            Held::Set(set) => set.each(&mut f),
            Held::None => {}
        }
    }

    /// The selected database.
    pub fn db(&self) -> usize {
        self.client.db as usize
    }

    /// The key's entry for reading: an expired key is removed and missing; counts hit or miss, and touches.
    #[inline]
    pub fn read(&mut self, key: &KeyRef<'_>) -> Option<Entry<'_>> {
        let (db, clock, no_touch) = (self.db(), self.clock, self.client.no_touch);
        self.data(key.slot).read(db, key, clock, no_touch)
    }

    /// As [`Step::read`], with the place for the answer beside it: to answer from the entry without a copy.
    #[inline]
    pub fn read_to_reply(&mut self, key: &KeyRef<'_>) -> (Option<Entry<'_>>, &mut Reply<'a>) {
        let Self { held, reply, client, clock, .. } = self;
        let entry = held.of_slot(key.slot).read(client.db as usize, key, *clock, client.no_touch);
        (entry, reply)
    }

    /// As [`Step::read`], in another database.
    pub fn read_in(&mut self, db: usize, key: &KeyRef<'_>) -> Option<Entry<'_>> {
        let (clock, no_touch) = (self.clock, self.client.no_touch);
        self.data(key.slot).read(db, key, clock, no_touch)
    }

    /// The key's entry without counting or touching it; an expired key is removed and missing.
    pub fn peek(&mut self, key: &KeyRef<'_>) -> Option<Entry<'_>> {
        let (db, clock) = (self.db(), self.clock);
        self.peek_in(db, key, clock)
    }

    /// As [`Step::peek`], in another database.
    pub fn peek_in(&mut self, db: usize, key: &KeyRef<'_>, clock: Clock) -> Option<Entry<'_>> {
        self.data(key.slot).peek(db, key, clock)
    }

    /// The key's entry for a change; an expired key is removed and missing; touches. Follow a change with
    /// [`Step::modified`].
    #[inline]
    pub fn write(&mut self, key: &KeyRef<'_>) -> Option<EntryMut<'_>> {
        let (db, clock, no_touch) = (self.db(), self.clock, self.client.no_touch);
        let mut entry = self.data(key.slot).write(db, key, clock)?;
        if !no_touch {
            entry.set_lru(clock.lru());
        }
        Some(entry)
    }

    /// Sets a key, whether it is there or not; what was there. A key that has expired is removed first, and a
    /// key that is made is told as `new`. Follow with [`Step::modified`].
    #[inline]
    pub fn set(&mut self, key: &KeyRef<'_>, value: NewValue<'_>, expire: Expire) -> Previous {
        let (db, clock) = (self.db(), self.clock);
        self.data(key.slot).set(db, key, value, expire, clock)
    }

    /// Removes a key (also one that has expired); was it there? Follow with [`Step::modified`].
    pub fn remove(&mut self, key: &KeyRef<'_>) -> bool {
        let db = self.db();
        self.data(key.slot).remove(db, key).is_some()
    }

    /// Takes a key's entry out. Follow with [`Step::modified`].
    pub fn take(&mut self, key: &KeyRef<'_>) -> Option<OwnedEntry> {
        let db = self.db();
        self.data(key.slot).remove(db, key)
    }

    /// Puts an entry that was taken out under `key`; what was there. Follow with [`Step::modified`].
    pub fn put(&mut self, key: &KeyRef<'_>, entry: OwnedEntry) -> Option<OwnedEntry> {
        let db = self.db();
        self.data(key.slot).put(db, key, entry)
    }

    /// Tells that `key` was changed: WATCH, and the count of changes.
    #[inline]
    pub fn modified(&mut self, key: &KeyRef<'_>) {
        let db = self.db();
        self.modified_in(db, key);
    }

    /// As [`Step::modified`], in another database.
    pub fn modified_in(&mut self, db: usize, key: &KeyRef<'_>) {
        self.effects.dirty += 1;
        self.data(key.slot).signal_modified(db, key.bytes);
    }

    /// A keyspace event of `key`, at Valkey's point in the command.
    #[inline]
    pub fn notify(&mut self, class: Event, event: &'static str, key: &KeyRef<'_>) {
        let db = self.db();
        self.notify_in(db, class, event, key);
    }

    /// As [`Step::notify`], in another database.
    #[inline]
    pub fn notify_in(&mut self, db: usize, class: Event, event: &'static str, key: &KeyRef<'_>) {
        let data = self.data(key.slot);
        if let Some(hook) = &mut data.events {
            hook(class, event, db, key.bytes);
        }
    }
}
