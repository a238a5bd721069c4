//! The write view of an entry.

use std::ptr::NonNull;

use super::Keyspace;
use super::arena::Arena;
use super::bucket::Place;
use super::entry::Entry;
use super::layout::{EntryPtr, Kind};
use super::object::Object;
use super::raw::RawBlock;
use super::write::{Expire, NewValue, Payload, Previous, raw_copy};

/// An entry of a keyspace, to change it. The hook has been called for it.
pub struct EntryMut<'a> {
    keyspace: &'a mut Keyspace,
    db: usize,
    hash: u64,
    /// In the slot's table; the view changes that table in no other way than by replacing the entry here.
    place: Place,
}

impl<'a> EntryMut<'a> {
    #[inline]
    pub(super) fn new(keyspace: &'a mut Keyspace, db: usize, hash: u64, place: Place) -> EntryMut<'a> {
        EntryMut { keyspace, db, hash, place }
    }

    /// The read view.
    #[inline]
    pub fn view(&self) -> Entry<'_> {
        // SAFETY: entries in tables are live and complete, and this view is the only way to change it.
        unsafe { Entry::new(self.place.entry()) }
    }

    /// Sets the LRU clock or LFU counters: 24 bits.
    #[inline]
    pub fn set_lru(&mut self, lru: u32) {
        // SAFETY: entries in tables are live, and exclusive with the keyspace.
        unsafe { self.place.entry().write_lru(lru) };
    }

    /// Overwrites the value; the expiry stays.
    #[inline]
    pub fn set_value(&mut self, value: NewValue<'_>) -> Previous {
        self.overwrite(value, Expire::Keep, None)
    }

    /// Sets when the key expires, unix time in milliseconds, or that it doesn't.
    pub fn set_expire(&mut self, expire_at_ms: Option<i64>) {
        let old = self.place.entry();
        // SAFETY: entries in tables are live, complete, and exclusive with the keyspace. The word, which
        // owns what it leads to, moves to the reshaped entry, and so do the embedded bytes.
        let (entry, had_expiry) = unsafe {
            let mut shape = old.shape();
            let had_expiry = shape.has_expiry;
            shape.has_expiry = expire_at_ms.is_some();
            let entry = if had_expiry == shape.has_expiry {
                old
            } else if shape.kind == Kind::Embedded {
                let keep = usize::from(shape.embedded_len);
                old.reshape(&self.keyspace.env.arena, shape, keep)
            } else {
                let word = old.word();
                let entry = old.reshape(&self.keyspace.env.arena, shape, 0);
                entry.write_word(word);
                entry
            };
            if let Some(at) = expire_at_ms {
                entry.write_expiry(at);
            }
            (entry, had_expiry)
        };
        self.settle(old, entry, had_expiry, expire_at_ms.is_some());
    }

    /// The string, to change it in place; it is stored as a raw block from then on. `None` if the value is
    /// not a string.
    pub fn string_mut(&mut self) -> Option<StringMut<'_>> {
        let old = self.place.entry();
        // SAFETY: entries in tables are live, complete, and exclusive with the keyspace. Neither an integer
        // nor embedded bytes own anything, so the reshaped entry's word may be overwritten.
        unsafe {
            let mut shape = old.shape();
            match shape.kind {
                Kind::Object => return None,
                Kind::Raw => {}
                Kind::Int | Kind::Embedded => {
                    let arena = &self.keyspace.env.arena;
                    let block = raw_copy(arena, old);
                    let expire_at = old.expire_at();
                    shape.kind = Kind::Raw;
                    shape.embedded_len = 0;
                    let entry = old.reshape(arena, shape, 0);
                    entry.write_word(block.into_word());
                    if let Some(at) = expire_at {
                        entry.write_expiry(at);
                    }
                    self.settle(old, entry, shape.has_expiry, shape.has_expiry);
                }
            }
        }
        Some(StringMut { entry: self.place.entry(), arena: &self.keyspace.env.arena })
    }

    /// The object, to change it; `None` if the value is a string.
    pub fn object_mut(&mut self) -> Option<&mut Object> {
        // SAFETY: the object is live with its entry, and exclusive with the keyspace.
        self.object_ptr().map(|mut object| unsafe { object.as_mut() })
    }

    /// Where the object is; the address stays the same while the key lives, whatever else happens to the
    /// entry. `None` if the value is a string.
    pub fn object_ptr(&mut self) -> Option<NonNull<Object>> {
        let entry = self.place.entry();
        // SAFETY: entries in tables are live and complete.
        unsafe { (entry.shape().kind == Kind::Object).then(|| entry.object()) }
    }

    /// Overwrites the value, the expiry, and the LRU field if given.
    #[inline]
    pub(super) fn overwrite(&mut self, value: NewValue<'_>, expire: Expire, lru: Option<u32>) -> Previous {
        let arena = &self.keyspace.env.arena;
        let old = self.place.entry();
        // SAFETY: entries in tables are live, complete, and exclusive with the keyspace. What the old word
        // owns is taken over here, or handed to the payload, before the word is overwritten.
        unsafe {
            let old_shape = old.shape();
            let old_expire_at = old.expire_at();
            let expire_at = match expire {
                Expire::Keep => old_expire_at,
                Expire::Clear => None,
                Expire::At(at) => Some(at),
            };
            let block = (old_shape.kind == Kind::Raw).then(|| old.raw());
            let object = (old_shape.kind == Kind::Object).then(|| old.take_object());

            let has_expiry = expire_at.is_some();
            let payload = Payload::new(arena, value, old_shape.key_len, has_expiry, block);
            let shape = payload.shape(old_shape.key_len, has_expiry);
            let entry = if shape == old_shape { old } else { old.reshape(arena, shape, 0) };
            payload.store(entry);
            if let Some(at) = expire_at {
                entry.write_expiry(at);
            }
            if let Some(lru) = lru {
                entry.write_lru(lru);
            }
            self.settle(old, entry, old_shape.has_expiry, has_expiry);
            object.map_or(Previous::String, Previous::Object)
        }
    }

    /// Puts the reshaped entry, complete by now, into the tables in place of the old one.
    #[inline]
    fn settle(&mut self, old: EntryPtr, new: EntryPtr, had_expiry: bool, has_expiry: bool) {
        if old != new {
            self.place.replace(new);
        }
        if had_expiry || has_expiry {
            self.settle_expiry(old, new, had_expiry, has_expiry);
        }
    }

    fn settle_expiry(&mut self, old: EntryPtr, new: EntryPtr, had_expiry: bool, has_expiry: bool) {
        let db = &mut self.keyspace.dbs[self.db];
        match (had_expiry, has_expiry) {
            (true, true) if old != new => db.reindex(self.hash, old, new),
            (true, false) => db.unindex(&mut self.keyspace.env, self.hash, old),
            // SAFETY: the entry is live and complete, has this hash, and the database, which owns it, keeps
            // the index true.
            (false, true) => unsafe {
                db.expires.insert(&mut self.keyspace.env, self.hash, new);
            },
            _ => {}
        }
    }
}

/// A string that can be changed in place: APPEND, SETRANGE, SETBIT. It dereferences to its bytes.
pub struct StringMut<'a> {
    /// Of kind Raw.
    entry: EntryPtr,
    arena: &'a Arena,
}

impl StringMut<'_> {
    /// Makes the length `len` bytes: cuts, or fills with zeros. Growing past the spare room doubles it, by
    /// 1 MiB at most.
    pub fn resize(&mut self, len: usize) {
        // SAFETY: the block is live with its entry, and exclusive with the keyspace; the entry gets the
        // block's new address.
        unsafe {
            let block = self.block().resize(self.arena, len);
            self.entry.write_word(block.into_word());
        }
    }

    /// Adds `bytes` at the end.
    pub fn extend_from_slice(&mut self, bytes: &[u8]) {
        // SAFETY: as in `resize`; bytes borrowed from this string would keep `self` borrowed.
        unsafe {
            let block = self.block().extend(self.arena, bytes);
            self.entry.write_word(block.into_word());
        }
    }

    /// Bytes there is room for without moving the string.
    pub fn capacity(&self) -> usize {
        // SAFETY: the block is live with its entry.
        unsafe { self.block().capacity() }
    }

    fn block(&self) -> RawBlock {
        // SAFETY: the entry is live, complete and of kind Raw as long as the keyspace is borrowed.
        unsafe { self.entry.raw() }
    }
}

impl std::ops::Deref for StringMut<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the block is live with its entry, and unchanged while `self` is borrowed.
        unsafe { self.block().bytes() }
    }
}

impl std::ops::DerefMut for StringMut<'_> {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: the block is live with its entry, and exclusive with the keyspace, as `self` is.
        unsafe { self.block().bytes_mut() }
    }
}
