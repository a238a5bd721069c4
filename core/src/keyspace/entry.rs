//! The read view of an entry, and entries outside any keyspace.

use std::marker::PhantomData;
use std::mem::ManuallyDrop;

use super::arena::Arena;
use super::layout::{EntryPtr, Kind};
use super::object::{ForeignValue, Object};

/// Has a key with this expiry expired at `now_ms` (both unix time in milliseconds)? As in Valkey, it lives
/// through the millisecond in which it expires.
#[inline]
pub const fn is_expired(expire_at_ms: i64, now_ms: i64) -> bool {
    now_ms > expire_at_ms
}

/// A value, as it is stored.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// A string that is the canonical form of this integer.
    Int(i64),
    /// Any other string.
    Bytes(&'a [u8]),
    /// Anything but a string.
    Object(&'a Object),
}

/// Where the bytes of a value are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// An integer in the entry.
    Int,
    /// Bytes in the entry.
    Embedded,
    /// Bytes in a block of their own, which may have spare room.
    Raw,
    /// An [`Object`].
    Object,
}

/// A read view of one entry: a key, its value and what else is known about it.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    ptr: EntryPtr,
    keyspace: PhantomData<&'a [u8]>,
}

impl<'a> Entry<'a> {
    /// # Safety
    /// The entry is live and complete, and stays so and unchanged during `'a`, but for its LRU and epoch.
    #[inline]
    pub(super) unsafe fn new(ptr: EntryPtr) -> Entry<'a> {
        Entry { ptr, keyspace: PhantomData }
    }

    /// The key.
    #[inline]
    pub fn key(&self) -> &'a [u8] {
        // SAFETY: live and unchanged during 'a (`Entry::new`).
        unsafe { self.ptr.key() }
    }

    /// The value.
    #[inline]
    pub fn value(&self) -> Value<'a> {
        // SAFETY: live, complete and unchanged during 'a (`Entry::new`); each accessor is called for its kind.
        unsafe {
            match self.ptr.shape().kind {
                Kind::Int => Value::Int(self.ptr.int()),
                Kind::Embedded => Value::Bytes(self.ptr.embedded()),
                Kind::Raw => Value::Bytes(self.ptr.raw().bytes()),
                Kind::Object => Value::Object(self.ptr.object().as_ref()),
            }
        }
    }

    /// How the value is stored.
    #[inline]
    pub fn encoding(&self) -> Encoding {
        // SAFETY: live during 'a (`Entry::new`).
        match unsafe { self.ptr.shape().kind } {
            Kind::Int => Encoding::Int,
            Kind::Embedded => Encoding::Embedded,
            Kind::Raw => Encoding::Raw,
            Kind::Object => Encoding::Object,
        }
    }

    /// The value, where it is a module's.
    pub fn foreign(&self) -> Option<&'a dyn ForeignValue> {
        match self.value() {
            Value::Object(object) => object.foreign(),
            Value::Int(_) | Value::Bytes(_) => None,
        }
    }

    /// When the key expires, unix time in milliseconds; `None` for never.
    #[inline]
    pub fn expire_at(&self) -> Option<i64> {
        // SAFETY: live and complete during 'a (`Entry::new`).
        unsafe { self.ptr.expire_at() }
    }

    /// Has the key expired at `now_ms`, unix time in milliseconds?
    #[inline]
    pub fn is_expired(&self, now_ms: i64) -> bool {
        self.expire_at().is_some_and(|at| is_expired(at, now_ms))
    }

    /// The LRU clock of the last access, or the LFU counters: 24 bits.
    #[inline]
    pub fn lru(&self) -> u32 {
        // SAFETY: live during 'a (`Entry::new`).
        unsafe { self.ptr.lru() }
    }

    /// The epoch of the keyspace in which the entry was made or, while a hook was armed, last changed.
    #[inline]
    pub fn epoch(&self) -> u64 {
        // SAFETY: live during 'a (`Entry::new`).
        unsafe { self.ptr.epoch() }
    }

    /// Bytes of memory that the entry and its value use, without its places in tables.
    pub fn mem_usage(&self) -> usize {
        // SAFETY: live and complete during 'a (`Entry::new`); each accessor is called for its kind.
        unsafe {
            let shape = self.ptr.shape();
            let value = match shape.kind {
                Kind::Int | Kind::Embedded => 0,
                Kind::Raw => self.ptr.raw().allocated(),
                Kind::Object => size_of::<Object>() + self.ptr.object().as_ref().mem_usage(),
            };
            shape.allocated() + value
        }
    }

    /// About how many allocations freeing the value takes; above the lazy-free threshold it is worth a
    /// background thread.
    pub fn free_effort(&self) -> usize {
        match self.value() {
            Value::Object(object) => object.free_effort(),
            Value::Int(_) | Value::Bytes(_) => 1,
        }
    }
}

impl std::fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry")
            .field("key", &self.key().escape_ascii().to_string())
            .field("value", &self.value())
            .field("expire_at", &self.expire_at())
            .finish()
    }
}

/// An entry that was removed from its keyspace: key, value and expiry. Dropping it frees them, on whatever
/// thread (lazy free).
pub struct OwnedEntry(EntryPtr);

// SAFETY: it owns its entry alone; what an entry holds is plain bytes or an `Object`, which is Send; memory
// may be freed on any thread (`ArenaOps::new`).
unsafe impl Send for OwnedEntry {}

impl OwnedEntry {
    /// # Safety
    /// The entry is live and complete, and the caller gives it up.
    pub(super) unsafe fn new(ptr: EntryPtr) -> OwnedEntry {
        OwnedEntry(ptr)
    }

    /// The read view.
    pub fn view(&self) -> Entry<'_> {
        // SAFETY: owned, so live and unchanged as long as `self` is borrowed.
        unsafe { Entry::new(self.0) }
    }

    /// The object, or the entry back if its value is a string.
    pub fn into_object(self) -> Result<Box<Object>, OwnedEntry> {
        if self.view().encoding() != Encoding::Object {
            return Err(self);
        }
        let entry = self.into_ptr();
        // SAFETY: owned and given up by `into_ptr`; the kind was just checked; the object is taken over
        // before the shell is freed.
        unsafe {
            let object = entry.take_object();
            entry.free_shell(&Arena::system());
            Ok(object)
        }
    }

    /// Gives the entry up; who takes it frees it.
    pub(super) fn into_ptr(self) -> EntryPtr {
        ManuallyDrop::new(self).0
    }
}

impl Drop for OwnedEntry {
    fn drop(&mut self) {
        // SAFETY: owned and not used afterwards. Any arena's memory can be freed through std::alloc.
        unsafe { self.0.free(&Arena::system()) }
    }
}

impl std::fmt::Debug for OwnedEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.view().fmt(f)
    }
}
