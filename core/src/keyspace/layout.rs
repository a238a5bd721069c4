//! An entry in memory: one allocation that holds the key and a short value, or a word that leads to a long one.
//!
//! ```text
//! offset  size
//!  0      4     bits 0-23: LRU clock or LFU counters; bits 24-31: bytes of the embedded value
//!  4      4     bytes of the key
//!  8      8     bits 0-55: epoch of the last change; bits 56-57: kind; bit 58: has an expiry
//! 16      0|8   value word: integer, raw block or object (all kinds but Embedded)
//!  .      0|8   expiry, unix time in milliseconds, signed
//!  .      key bytes, then embedded value bytes (kind Embedded)
//! ```

use std::ptr::NonNull;

use super::arena::{Arena, size_class};
use super::object::Object;
use super::raw::RawBlock;

const _: () = assert!(size_of::<usize>() == 8, "a value word holds a pointer or an i64");

const HEADER: usize = size_of::<Header>();
/// Alignment of an entry.
const ALIGN: usize = 8;
/// An entry with an embedded value has at most this many bytes when the value is set.
pub(super) const EMBEDDED_ENTRY_MAX: usize = 256;
/// The LRU field has this many bits.
pub(super) const LRU_MASK: u32 = (1 << 24) - 1;
/// The epoch field has this many bits: at a million epochs per second it lasts two thousand years.
pub(super) const EPOCH_MASK: u64 = (1 << 56) - 1;

const KIND_SHIFT: u32 = 56;
const EXPIRY_BIT: u64 = 1 << 58;

/// How the value of an entry is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    /// The bytes follow the key.
    Embedded = 0,
    /// The word is an `i64`.
    Int = 1,
    /// The word is a [`RawBlock`].
    Raw = 2,
    /// The word is a `Box<Object>`.
    Object = 3,
}

#[repr(C)]
struct Header {
    lru_and_embedded_len: u32,
    key_len: u32,
    epoch_and_tag: u64,
}

/// What decides the size and the offsets of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) kind: Kind,
    pub(super) has_expiry: bool,
    pub(super) key_len: u32,
    /// 0 unless the kind is `Embedded`.
    pub(super) embedded_len: u8,
}

impl Shape {
    /// Where the key begins.
    #[inline]
    fn key_offset(self) -> usize {
        self.expiry_offset() + 8 * usize::from(self.has_expiry)
    }

    /// Where the expiry is, if there is one.
    #[inline]
    fn expiry_offset(self) -> usize {
        HEADER + 8 * usize::from(self.kind != Kind::Embedded)
    }

    /// Bytes in use.
    #[inline]
    fn size(self) -> usize {
        self.key_offset() + self.key_len as usize + usize::from(self.embedded_len)
    }

    /// Bytes allocated.
    #[inline]
    pub(super) fn allocated(self) -> usize {
        size_class(self.size())
    }

    /// May a value of `len` bytes be embedded beside a key of `key_len` bytes?
    #[inline]
    pub(super) fn embeds(key_len: usize, has_expiry: bool, len: usize) -> bool {
        HEADER + 8 * usize::from(has_expiry) + key_len + len <= EMBEDDED_ENTRY_MAX
    }
}

/// A handle to an entry. Copying it does not copy the entry, and nothing ties it to the entry's life: all
/// that reads or writes through it is unsafe, with "the entry is live" as a duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EntryPtr(NonNull<Header>);

impl EntryPtr {
    /// A new entry with this key and no value yet: the caller writes the word, the expiry and the
    /// embedded bytes that `shape` promises before anyone reads them.
    pub(super) fn new(arena: &Arena, key: &[u8], shape: Shape, lru: u32, epoch: u64) -> EntryPtr {
        debug_assert_eq!(key.len(), shape.key_len as usize);
        let entry = EntryPtr(arena.alloc(shape.allocated(), ALIGN).cast());
        // SAFETY: the allocation has `shape.size()` bytes and is aligned; a new one can't overlap `key`.
        unsafe {
            entry.write_header(shape, lru, epoch);
            entry.at(shape.key_offset()).copy_from_nonoverlapping(key.as_ptr(), key.len());
        }
        entry
    }

    /// Gives the entry another shape with the same key length, in place if the allocation fits, and
    /// returns it. The key and `keep` more bytes after it stay; the word and the expiry are to be written.
    ///
    /// # Safety
    /// The entry is live and exclusive; the old handle is not used afterwards unless it is equal to the new
    /// one; `keep` is at most the embedded length of both shapes. The caller has taken over what the old word owned.
    pub(super) unsafe fn reshape(self, arena: &Arena, new: Shape, keep: usize) -> EntryPtr {
        // SAFETY: live by the caller; both allocations hold what their shapes say, so the key and the kept
        // bytes are inside; `copy` allows overlap. The old allocation is freed with the size it was made with.
        unsafe {
            let old = self.shape();
            debug_assert_eq!(old.key_len, new.key_len);
            let tail = old.key_len as usize + keep;
            let from = self.at(old.key_offset());
            if old.allocated() == new.allocated() {
                if old.key_offset() != new.key_offset() {
                    from.copy_to(self.at(new.key_offset()), tail);
                }
                self.write_header(new, self.lru(), self.epoch());
                return self;
            }
            let moved = EntryPtr(arena.alloc(new.allocated(), ALIGN).cast());
            moved.write_header(new, self.lru(), self.epoch());
            from.copy_to_nonoverlapping(moved.at(new.key_offset()), tail);
            self.free_shell(arena);
            moved
        }
    }

    /// Frees the entry and the value that it owns.
    ///
    /// # Safety
    /// The entry is live, its word is initialised, and neither is used afterwards.
    pub(super) unsafe fn free(self, arena: &Arena) {
        // SAFETY: by the caller; an entry of kind Raw or Object owns what its word leads to.
        unsafe {
            match self.shape().kind {
                Kind::Raw => self.raw().free(arena),
                Kind::Object => drop(self.take_object()),
                Kind::Int | Kind::Embedded => {}
            }
            self.free_shell(arena);
        }
    }

    /// Frees the entry's own allocation only.
    ///
    /// # Safety
    /// The entry is live, what its word owns has been taken over, and it is not used afterwards.
    pub(super) unsafe fn free_shell(self, arena: &Arena) {
        // SAFETY: live by the caller; an entry is always allocated with the size of its shape.
        unsafe { arena.free(self.0.cast(), self.shape().allocated(), ALIGN) }
    }

    /// # Safety
    /// The entry is live.
    #[inline]
    pub(super) unsafe fn shape(self) -> Shape {
        // SAFETY: live by the caller; the two kind bits hold one of the four values of `Kind`.
        unsafe {
            let header = self.0.as_ref();
            Shape {
                kind: match (header.epoch_and_tag >> KIND_SHIFT) & 3 {
                    0 => Kind::Embedded,
                    1 => Kind::Int,
                    2 => Kind::Raw,
                    _ => Kind::Object,
                },
                has_expiry: header.epoch_and_tag & EXPIRY_BIT != 0,
                key_len: header.key_len,
                embedded_len: (header.lru_and_embedded_len >> 24) as u8,
            }
        }
    }

    /// # Safety
    /// The entry is live, and stays so and unchanged during `'a`.
    #[inline]
    pub(super) unsafe fn key<'a>(self) -> &'a [u8] {
        // SAFETY: live by the caller; the key bytes are written when the entry is made.
        unsafe {
            let shape = self.shape();
            std::slice::from_raw_parts(self.at(shape.key_offset()), shape.key_len as usize)
        }
    }

    /// # Safety
    /// The entry is live, and `key` has the length of its key and doesn't overlap it.
    pub(super) unsafe fn write_key(self, key: &[u8]) {
        // SAFETY: by the caller.
        unsafe {
            let shape = self.shape();
            debug_assert_eq!(key.len(), shape.key_len as usize);
            self.at(shape.key_offset()).copy_from_nonoverlapping(key.as_ptr(), key.len());
        }
    }

    /// The embedded bytes.
    ///
    /// # Safety
    /// The entry is live, and stays so and unchanged during `'a`; its embedded bytes have been written.
    #[inline]
    pub(super) unsafe fn embedded<'a>(self) -> &'a [u8] {
        // SAFETY: by the caller.
        unsafe {
            let shape = self.shape();
            let offset = shape.key_offset() + shape.key_len as usize;
            std::slice::from_raw_parts(self.at(offset), usize::from(shape.embedded_len))
        }
    }

    /// # Safety
    /// The entry is live and exclusive, and `bytes` has its embedded length and doesn't overlap it.
    #[inline]
    pub(super) unsafe fn write_embedded(self, bytes: &[u8]) {
        // SAFETY: by the caller.
        unsafe {
            let shape = self.shape();
            debug_assert_eq!(bytes.len(), usize::from(shape.embedded_len));
            let offset = shape.key_offset() + shape.key_len as usize;
            self.at(offset).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
        }
    }

    /// # Safety
    /// The entry is live, of kind Int, and its word has been written.
    #[inline]
    pub(super) unsafe fn int(self) -> i64 {
        // SAFETY: by the caller; the word is 8-aligned at offset 16.
        unsafe { self.at(HEADER).cast::<i64>().read() }
    }

    /// # Safety
    /// The entry is live and of kind Int.
    #[inline]
    pub(super) unsafe fn write_int(self, value: i64) {
        // SAFETY: by the caller.
        unsafe { self.at(HEADER).cast::<i64>().write(value) }
    }

    /// The word as a pointer.
    ///
    /// # Safety
    /// The entry is live, of kind Raw or Object, and its word has been written.
    #[inline]
    pub(super) unsafe fn word(self) -> *mut u8 {
        // SAFETY: by the caller.
        unsafe { self.at(HEADER).cast::<*mut u8>().read() }
    }

    /// # Safety
    /// The entry is live and of kind Raw or Object, whose pointer `word` is.
    #[inline]
    pub(super) unsafe fn write_word(self, word: *mut u8) {
        // SAFETY: by the caller.
        unsafe { self.at(HEADER).cast::<*mut u8>().write(word) }
    }

    /// # Safety
    /// The entry is live, of kind Raw, and its word has been written.
    #[inline]
    pub(super) unsafe fn raw(self) -> RawBlock {
        // SAFETY: the word of a Raw entry came from `RawBlock::into_word`, and the entry owns the block.
        unsafe { RawBlock::from_word(self.word()) }
    }

    /// Where the object is.
    ///
    /// # Safety
    /// The entry is live, of kind Object, and its word has been written.
    #[inline]
    pub(super) unsafe fn object(self) -> NonNull<Object> {
        // SAFETY: the word of an Object entry came from `Box::into_raw`, so it is not null.
        unsafe { NonNull::new_unchecked(self.word().cast()) }
    }

    /// Takes the object over from the entry.
    ///
    /// # Safety
    /// As [`EntryPtr::object`], and the word is not used again before it is overwritten.
    pub(super) unsafe fn take_object(self) -> Box<Object> {
        // SAFETY: the word came from `Box::into_raw`, and the entry gives it up here.
        unsafe { Box::from_raw(self.object().as_ptr()) }
    }

    /// When the key expires, unix time in milliseconds.
    ///
    /// # Safety
    /// The entry is live, and its expiry has been written if its shape has one.
    #[inline]
    pub(super) unsafe fn expire_at(self) -> Option<i64> {
        // SAFETY: by the caller; the field is 8-aligned at offset 16 or 24.
        unsafe {
            let shape = self.shape();
            shape.has_expiry.then(|| self.at(shape.expiry_offset()).cast::<i64>().read())
        }
    }

    /// # Safety
    /// The entry is live and has room for an expiry.
    #[inline]
    pub(super) unsafe fn write_expiry(self, expire_at_ms: i64) {
        // SAFETY: by the caller.
        unsafe {
            let shape = self.shape();
            debug_assert!(shape.has_expiry);
            self.at(shape.expiry_offset()).cast::<i64>().write(expire_at_ms);
        }
    }

    /// # Safety
    /// The entry is live.
    #[inline]
    pub(super) unsafe fn lru(self) -> u32 {
        // SAFETY: by the caller.
        unsafe { self.0.as_ref().lru_and_embedded_len & LRU_MASK }
    }

    /// # Safety
    /// The entry is live and exclusive.
    #[inline]
    pub(super) unsafe fn write_lru(mut self, lru: u32) {
        // SAFETY: by the caller.
        unsafe {
            let field = &mut self.0.as_mut().lru_and_embedded_len;
            *field = (*field & !LRU_MASK) | (lru & LRU_MASK);
        }
    }

    /// # Safety
    /// The entry is live.
    #[inline]
    pub(super) unsafe fn epoch(self) -> u64 {
        // SAFETY: by the caller.
        unsafe { self.0.as_ref().epoch_and_tag & EPOCH_MASK }
    }

    /// # Safety
    /// The entry is live and exclusive.
    #[inline]
    pub(super) unsafe fn write_epoch(mut self, epoch: u64) {
        // SAFETY: by the caller.
        unsafe {
            let field = &mut self.0.as_mut().epoch_and_tag;
            *field = (*field & !EPOCH_MASK) | (epoch & EPOCH_MASK);
        }
    }

    /// The address as a table's word.
    #[inline]
    pub(super) fn into_word(self) -> *mut u8 {
        self.0.as_ptr().cast()
    }

    /// # Safety
    /// `word` came from [`EntryPtr::into_word`].
    #[inline]
    pub(super) unsafe fn from_word(word: *mut u8) -> EntryPtr {
        // SAFETY: such a word is never null.
        EntryPtr(unsafe { NonNull::new_unchecked(word.cast()) })
    }

    /// # Safety
    /// The allocation is live and exclusive.
    unsafe fn write_header(self, shape: Shape, lru: u32, epoch: u64) {
        let tag = ((shape.kind as u64) << KIND_SHIFT) | (u64::from(shape.has_expiry) * EXPIRY_BIT);
        let header = Header {
            lru_and_embedded_len: (lru & LRU_MASK) | (u32::from(shape.embedded_len) << 24),
            key_len: shape.key_len,
            epoch_and_tag: (epoch & EPOCH_MASK) | tag,
        };
        // SAFETY: by the caller; an entry's allocation begins with its header.
        unsafe { self.0.write(header) }
    }

    /// An address inside the entry.
    #[inline]
    fn at(self, offset: usize) -> *mut u8 {
        // Wrapping, so that this is safe: whoever reads or writes there proves that it is inside.
        self.0.as_ptr().cast::<u8>().wrapping_add(offset)
    }
}
