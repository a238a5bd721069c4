//! Making, overwriting, removing and moving keys.

use super::arena::Arena;
use super::bucket::Place;
use super::entry::{Entry, OwnedEntry};
use super::entry_mut::EntryMut;
use super::integer::{INTEGER_LEN_MAX, format_integer, parse_canonical_integer};
use super::layout::{EntryPtr, Kind, Shape};
use super::object::Object;
use super::raw::RawBlock;
use super::{KeyRef, Keyspace};

/// A value to store.
#[derive(Debug)]
pub enum NewValue<'a> {
    /// A string, stored as an integer if it is the canonical form of one.
    Bytes(&'a [u8]),
    /// A string, stored as these bytes even if it is the canonical form of an integer.
    Verbatim(&'a [u8]),
    /// The string that is the canonical form of this integer.
    Int(i64),
    /// Anything but a string.
    Object(Box<Object>),
}

/// What a write does to the expiry of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expire {
    /// It stays as it is; a new key has none.
    Keep,
    /// The key no longer expires.
    Clear,
    /// The key expires at this unix time in milliseconds.
    At(i64),
}

/// What a write replaced.
#[derive(Debug)]
#[must_use = "an object that was replaced is freed when this is dropped"]
pub enum Previous {
    /// There was no such key.
    Absent,
    /// A string; it has been freed or reused.
    String,
    /// An object, for the caller to free, here or in the background.
    Object(Box<Object>),
}

impl Previous {
    /// Was the key there?
    pub fn existed(&self) -> bool {
        !matches!(self, Previous::Absent)
    }
}

impl Keyspace {
    /// The entry of a key, to change it. Counts as a change for the hook, whatever is done with it.
    #[inline]
    pub fn get_mut(&mut self, db: usize, key: &KeyRef<'_>) -> Option<EntryMut<'_>> {
        let place = self.find(db, key)?;
        self.about_to_change(db, key, Some(place));
        Some(EntryMut::new(self, db, key.hash, place))
    }

    /// Sets the LRU clock or LFU counters (24 bits) of a key that is there; not a change for the hook.
    #[inline]
    pub fn touch(&mut self, db: usize, key: &KeyRef<'_>, lru: u32) {
        if let Some(place) = self.find(db, key) {
            // SAFETY: entries in tables are live, and exclusive with the keyspace.
            unsafe { place.entry().write_lru(lru) };
        }
    }

    /// The entry of a key, whether it has expired or not; its LRU clock or LFU counters are set to `lru`
    /// first, if given.
    #[inline]
    pub fn access(&mut self, db: usize, key: &KeyRef<'_>, lru: Option<u32>) -> Option<Entry<'_>> {
        let place = self.find(db, key)?;
        // SAFETY: entries in tables are live, complete and exclusive with the keyspace, which stays borrowed.
        unsafe {
            if let Some(lru) = lru {
                place.entry().write_lru(lru);
            }
            Some(Entry::new(place.entry()))
        }
    }

    /// Makes a key or overwrites its value, with one lookup.
    pub fn set(&mut self, db: usize, key: &KeyRef<'_>, value: NewValue<'_>, expire: Expire, lru: u32) -> Previous {
        let place = self.find(db, key);
        self.set_at(db, key, place, value, expire, lru)
    }

    /// As [`Keyspace::set`], but a key that has expired at `now_ms` is left as it is and the value given back.
    #[inline]
    pub fn set_unless_expired<'v>(
        &mut self,
        db: usize,
        key: &KeyRef<'_>,
        value: NewValue<'v>,
        expire: Expire,
        lru: u32,
        now_ms: i64,
    ) -> Result<Previous, NewValue<'v>> {
        let place = self.find(db, key);
        // SAFETY: entries in tables are live and complete, and unchanged while the view is used.
        let expired = |place: Place| unsafe { Entry::new(place.entry()) }.is_expired(now_ms);
        if place.is_some_and(expired) {
            return Err(value);
        }
        Ok(self.set_at(db, key, place, value, expire, lru))
    }

    /// Makes the key, or overwrites the value where it is.
    #[inline]
    fn set_at(
        &mut self,
        db: usize,
        key: &KeyRef<'_>,
        place: Option<Place>,
        value: NewValue<'_>,
        expire: Expire,
        lru: u32,
    ) -> Previous {
        self.about_to_change(db, key, place);
        match place {
            Some(place) => EntryMut::new(self, db, key.hash, place).overwrite(value, expire, Some(lru)),
            None => {
                self.make(db, key, value, expire, lru);
                Previous::Absent
            }
        }
    }

    /// Removes a key. Dropping what is returned frees it.
    pub fn remove(&mut self, db: usize, key: &KeyRef<'_>) -> Option<OwnedEntry> {
        let place = self.find(db, key)?;
        self.about_to_change(db, key, Some(place));
        let entry = self.dbs[db].remove(&mut self.env, key.slot, key.hash, place);
        // SAFETY: entries in tables are live and complete, and the database has just given this one up.
        Some(unsafe { OwnedEntry::new(entry) })
    }

    /// Stores a removed entry under a key: its value, expiry and LRU stay, and an object keeps its address.
    /// Returns the entry that was there. The removed one may be of another database or another keyspace:
    /// RENAME, MOVE.
    pub fn insert_owned(&mut self, db: usize, key: &KeyRef<'_>, owned: OwnedEntry) -> Option<OwnedEntry> {
        let previous = self.remove(db, key);
        if previous.is_none() {
            self.about_to_change(db, key, None);
        }
        let entry = rekey(&self.env.arena, owned.into_ptr(), key.bytes);
        // SAFETY: `rekey` returns a live and complete entry with this key, which nobody else has; the key is
        // not in the database now.
        unsafe {
            entry.write_epoch(self.epoch);
            self.dbs[db].insert(&mut self.env, key.slot, key.hash, entry);
        }
        previous
    }

    /// Makes a key that is not there.
    fn make(&mut self, db: usize, key: &KeyRef<'_>, value: NewValue<'_>, expire: Expire, lru: u32) {
        let expire_at = match expire {
            Expire::Keep | Expire::Clear => None,
            Expire::At(at) => Some(at),
        };
        let arena = &self.env.arena;
        let key_len = key_len(key.bytes);
        let payload = Payload::new(arena, value, key_len, expire_at.is_some(), None);
        let shape = payload.shape(key_len, expire_at.is_some());
        let entry = EntryPtr::new(arena, key.bytes, shape, lru, self.epoch);
        // SAFETY: the entry is new and has the payload's shape; with word or bytes and expiry it is
        // complete; the key is not in the database.
        unsafe {
            payload.store(entry);
            if let Some(at) = expire_at {
                entry.write_expiry(at);
            }
            self.dbs[db].insert(&mut self.env, key.slot, key.hash, entry);
        }
    }
}

/// The length of a key as an entry stores it.
fn key_len(key: &[u8]) -> u32 {
    u32::try_from(key.len()).expect("a key is longer than 4 GiB")
}

/// The entry under another key; it may move. The entry is owned by the caller, before and after.
fn rekey(arena: &Arena, old: EntryPtr, key: &[u8]) -> EntryPtr {
    // SAFETY: the caller owns the entry, which is live and complete; the new one gets the same word, expiry
    // and embedded bytes, so what the word owns moves over, and the old shell is freed.
    unsafe {
        let mut shape = old.shape();
        if shape.key_len as usize == key.len() {
            old.write_key(key);
            return old;
        }
        shape.key_len = key_len(key);
        let new = EntryPtr::new(arena, key, shape, old.lru(), old.epoch());
        match shape.kind {
            Kind::Embedded => new.write_embedded(old.embedded()),
            Kind::Int => new.write_int(old.int()),
            Kind::Raw | Kind::Object => new.write_word(old.word()),
        }
        if let Some(at) = old.expire_at() {
            new.write_expiry(at);
        }
        old.free_shell(arena);
        new
    }
}

/// A value in the form in which an entry stores it.
pub(super) enum Payload<'a> {
    Embedded(&'a [u8]),
    Int(i64),
    /// Owned, until it is stored.
    Raw(RawBlock),
    Object(Box<Object>),
}

impl<'a> Payload<'a> {
    /// The form for `value` beside a key of `key_len` bytes. `block` is the raw block of the value that is
    /// replaced, if it had one: it is reused if it has the right size, else freed.
    #[inline]
    pub(super) fn new(
        arena: &Arena,
        value: NewValue<'a>,
        key_len: u32,
        has_expiry: bool,
        block: Option<RawBlock>,
    ) -> Payload<'a> {
        let mut free_block = block;
        let payload = match value {
            NewValue::Int(value) => Payload::Int(value),
            NewValue::Object(object) => Payload::Object(object),
            NewValue::Bytes(bytes) | NewValue::Verbatim(bytes) => {
                let integer = matches!(value, NewValue::Bytes(_)).then(|| parse_canonical_integer(bytes)).flatten();
                if let Some(integer) = integer {
                    Payload::Int(integer)
                } else if Shape::embeds(key_len as usize, has_expiry, bytes.len()) {
                    Payload::Embedded(bytes)
                } else {
                    Payload::Raw(renew_block(arena, bytes, &mut free_block))
                }
            }
        };
        if let Some(block) = free_block {
            // SAFETY: the caller hands the block over.
            unsafe { block.free(arena) };
        }
        payload
    }

    /// The shape of an entry with this value.
    #[inline]
    pub(super) fn shape(&self, key_len: u32, has_expiry: bool) -> Shape {
        let (kind, embedded_len) = match self {
            // `Shape::embeds` has bounded the length.
            Payload::Embedded(bytes) => (Kind::Embedded, bytes.len() as u8),
            Payload::Int(_) => (Kind::Int, 0),
            Payload::Raw(_) => (Kind::Raw, 0),
            Payload::Object(_) => (Kind::Object, 0),
        };
        Shape { kind, has_expiry, key_len, embedded_len }
    }

    /// Writes the value into an entry, which owns it from then on.
    ///
    /// # Safety
    /// The entry is live, exclusive, and has [`Payload::shape`]; its word owns nothing.
    #[inline]
    pub(super) unsafe fn store(self, entry: EntryPtr) {
        // SAFETY: by the caller; each accessor is called for its kind.
        unsafe {
            match self {
                Payload::Embedded(bytes) => entry.write_embedded(bytes),
                Payload::Int(value) => entry.write_int(value),
                Payload::Raw(block) => entry.write_word(block.into_word()),
                Payload::Object(object) => entry.write_word(Box::into_raw(object).cast()),
            }
        }
    }
}

/// A block with `bytes`: the old one, taken, if a new one would have its size.
fn renew_block(arena: &Arena, bytes: &[u8], old: &mut Option<RawBlock>) -> RawBlock {
    // SAFETY: the old block is live and handed over, so exclusive; a new value can't overlap it, since it
    // was borrowed before the keyspace was borrowed to change it. A block of the right size has the room.
    unsafe {
        match old.take_if(|block| block.is_sized_for(bytes.len())) {
            Some(block) => {
                block.assign(bytes);
                block
            }
            None => RawBlock::new(arena, bytes, 0),
        }
    }
}

/// A raw block with the bytes of the string in an entry, which keeps what it has.
///
/// # Safety
/// The entry is live and complete, and of kind Int or Embedded.
pub(super) unsafe fn raw_copy(arena: &Arena, entry: EntryPtr) -> RawBlock {
    // SAFETY: by the caller; each accessor is called for its kind.
    unsafe {
        if entry.shape().kind == Kind::Int {
            let mut buffer = [0; INTEGER_LEN_MAX];
            RawBlock::new(arena, format_integer(entry.int(), &mut buffer), 0)
        } else {
            RawBlock::new(arena, entry.embedded(), 0)
        }
    }
}
