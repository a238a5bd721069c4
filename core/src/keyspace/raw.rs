//! The heap block of a long string: a header, the bytes, and spare room to grow into.

use std::ptr::NonNull;

use super::arena::{Arena, size_class};

/// Bytes of the block's header.
const HEADER: usize = size_of::<RawHeader>();
/// Alignment of the block.
const ALIGN: usize = 8;
/// Most bytes of spare room that growing adds (Valkey's `SDS_MAX_PREALLOC`).
const SPARE_MAX: usize = 1 << 20;
/// Blocks up to this many bytes are rounded to a size class, longer ones to [`PAGE`]s.
const CLASS_MAX: usize = 16 << 10;
const PAGE: usize = 4 << 10;
/// Most bytes of a string: far above any limit of the protocol, and such that sizes don't overflow.
const LEN_MAX: usize = isize::MAX as usize / 4;

#[repr(C)]
struct RawHeader {
    /// Bytes in use.
    len: usize,
    /// Bytes there is room for.
    cap: usize,
}

/// A handle to a block; whoever holds it in an entry owns it. Copying the handle does not copy the block.
///
/// The bytes below `len` are initialised, those from `len` to `cap` need not be.
#[derive(Clone, Copy)]
pub(super) struct RawBlock(NonNull<RawHeader>);

/// The size of the whole block that holds `len` bytes.
fn block_size(len: usize) -> usize {
    assert!(len <= LEN_MAX, "a string of {len} bytes is too long");
    let size = HEADER + len;
    if size <= CLASS_MAX { size_class(size) } else { size.next_multiple_of(PAGE) }
}

impl RawBlock {
    /// A new block with a copy of `bytes` and room for at least `cap`.
    pub(super) fn new(arena: &Arena, bytes: &[u8], cap: usize) -> RawBlock {
        let size = block_size(bytes.len().max(cap));
        let block = RawBlock(arena.alloc(size, ALIGN).cast());
        // SAFETY: the block was just allocated with `size` >= HEADER + bytes.len() bytes, aligned for the
        // header; a new block can't overlap `bytes`.
        unsafe {
            block.0.write(RawHeader { len: bytes.len(), cap: size - HEADER });
            block.data().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
        }
        block
    }

    /// The handle as an entry's value word.
    pub(super) fn into_word(self) -> *mut u8 {
        self.0.as_ptr().cast()
    }

    /// # Safety
    /// `word` came from [`RawBlock::into_word`], and the block is still live.
    pub(super) unsafe fn from_word(word: *mut u8) -> RawBlock {
        // SAFETY: such a word is never null.
        RawBlock(unsafe { NonNull::new_unchecked(word.cast()) })
    }

    /// # Safety
    /// The block is live, and nobody writes to it during `'a`.
    #[inline]
    pub(super) unsafe fn bytes<'a>(self) -> &'a [u8] {
        // SAFETY: live by the caller; the first `len` bytes are initialised by the type's invariant.
        unsafe { std::slice::from_raw_parts(self.data(), self.0.as_ref().len) }
    }

    /// # Safety
    /// The block is live, and nobody else reads or writes it during `'a`.
    pub(super) unsafe fn bytes_mut<'a>(self) -> &'a mut [u8] {
        // SAFETY: live and exclusive by the caller; the first `len` bytes are initialised.
        unsafe { std::slice::from_raw_parts_mut(self.data(), self.0.as_ref().len) }
    }

    /// Bytes there is room for without moving.
    ///
    /// # Safety
    /// The block is live.
    pub(super) unsafe fn capacity(self) -> usize {
        // SAFETY: live by the caller.
        unsafe { self.0.as_ref().cap }
    }

    /// Would a new block for `len` bytes have the size of this one?
    ///
    /// # Safety
    /// The block is live.
    pub(super) unsafe fn is_sized_for(self, len: usize) -> bool {
        // SAFETY: passed on to the caller.
        block_size(len) == HEADER + unsafe { self.capacity() }
    }

    /// Replaces the bytes.
    ///
    /// # Safety
    /// The block is live, exclusive, has room for `bytes`, and doesn't overlap them.
    pub(super) unsafe fn assign(mut self, bytes: &[u8]) {
        // SAFETY: all by the caller.
        unsafe {
            debug_assert!(bytes.len() <= self.capacity());
            self.data().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            self.0.as_mut().len = bytes.len();
        }
    }

    /// Makes the length `len`: cuts, or fills with zeros. Returns the block, which may have moved. Growing
    /// past the room doubles it, by 1 MiB at most.
    ///
    /// # Safety
    /// The block is live and exclusive; the old handle is not used afterwards.
    pub(super) unsafe fn resize(self, arena: &Arena, len: usize) -> RawBlock {
        // SAFETY: the block stays live and exclusive; `reserve` makes room for `len` bytes, so the zeros
        // stay inside.
        unsafe {
            let old_len = self.0.as_ref().len;
            let mut block = self.reserve(arena, len);
            if len > old_len {
                block.data().add(old_len).write_bytes(0, len - old_len);
            }
            block.0.as_mut().len = len;
            block
        }
    }

    /// Adds `bytes` at the end. Returns the block, which may have moved.
    ///
    /// # Safety
    /// The block is live, exclusive and doesn't overlap `bytes`; the old handle is not used afterwards.
    pub(super) unsafe fn extend(self, arena: &Arena, bytes: &[u8]) -> RawBlock {
        // SAFETY: as in `resize`.
        unsafe {
            let old_len = self.0.as_ref().len;
            let mut block = self.reserve(arena, old_len + bytes.len());
            block.data().add(old_len).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            block.0.as_mut().len = old_len + bytes.len();
            block
        }
    }

    /// Frees the block.
    ///
    /// # Safety
    /// The block is live, and is not used afterwards.
    pub(super) unsafe fn free(self, arena: &Arena) {
        // SAFETY: live by the caller; a block is allocated with HEADER + cap bytes.
        unsafe { arena.free(self.0.cast(), HEADER + self.capacity(), ALIGN) }
    }

    /// Bytes of the whole block.
    ///
    /// # Safety
    /// The block is live.
    pub(super) unsafe fn allocated(self) -> usize {
        // SAFETY: passed on to the caller.
        HEADER + unsafe { self.capacity() }
    }

    /// Makes room for `len` bytes.
    ///
    /// # Safety
    /// As [`RawBlock::resize`].
    unsafe fn reserve(self, arena: &Arena, len: usize) -> RawBlock {
        // SAFETY: live by the caller; a block is allocated with HEADER + cap bytes, and realloc keeps the
        // header and the bytes.
        unsafe {
            if len <= self.capacity() {
                return self;
            }
            assert!(len <= LEN_MAX, "a string of {len} bytes is too long");
            let size = block_size(len + len.min(SPARE_MAX));
            let old_size = HEADER + self.capacity();
            let moved = arena.realloc(self.0.cast(), old_size, size, ALIGN);
            let mut block = RawBlock(moved.cast());
            block.0.as_mut().cap = size - HEADER;
            block
        }
    }

    /// Where the bytes begin.
    #[inline]
    fn data(self) -> *mut u8 {
        // The header is followed by the bytes, in the same allocation.
        self.0.as_ptr().cast::<u8>().wrapping_add(HEADER)
    }
}
