//! Where a keyspace gets its memory from: the owner thread's allocator arena.

use std::alloc::{Layout, handle_alloc_error};
use std::ptr::NonNull;

/// Allocates `size` bytes aligned to `align` from the arena named by `ctx`; null when out of memory.
pub type AllocFn = unsafe fn(ctx: usize, size: usize, align: usize) -> *mut u8;
/// Resizes a block from `old_size` to `new_size` bytes, keeping it in the arena named by `ctx`.
pub type ReallocFn = unsafe fn(ctx: usize, ptr: *mut u8, old_size: usize, new_size: usize, align: usize) -> *mut u8;
/// Frees a block of `size` bytes aligned to `align`.
pub type FreeFn = unsafe fn(ptr: *mut u8, size: usize, align: usize);

/// How to reach one allocator arena from a thread that is not its owner. Plain function pointers.
#[derive(Clone, Copy, Debug)]
pub struct ArenaOps {
    ctx: usize,
    alloc: AllocFn,
    realloc: ReallocFn,
    free: FreeFn,
}

impl ArenaOps {
    /// The operations of an arena; `ctx` is passed back to `alloc` and `realloc` as it is.
    ///
    /// # Safety
    /// - `alloc`, `realloc` and `free` keep the contracts of [`std::alloc::GlobalAlloc`], from any thread,
    ///   for as long as the process runs.
    /// - Their blocks and those of [`std::alloc`] are interchangeable: either side frees or resizes
    ///   what the other allocated, also on another thread (jemalloc: `mallocx` with an arena, `sdallocx`).
    pub const unsafe fn new(ctx: usize, alloc: AllocFn, realloc: ReallocFn, free: FreeFn) -> ArenaOps {
        ArenaOps { ctx, alloc, realloc, free }
    }

    /// The process's global allocator.
    pub const fn system() -> ArenaOps {
        ArenaOps { ctx: 0, alloc: system_alloc, realloc: system_realloc, free: system_free }
    }
}

/// The memory source of one keyspace.
///
/// While the keyspace is with its owner (`local`), the owner thread's allocator arena is already the
/// right one, and [`std::alloc`] is called directly. While it is leased to another thread, the function
/// pointers reach the owner's arena from there.
#[derive(Clone, Copy, Debug)]
pub struct Arena {
    local: bool,
    ops: ArenaOps,
}

impl Arena {
    /// An arena reached by `ops` when not local; starts local.
    pub const fn new(ops: ArenaOps) -> Arena {
        Arena { local: true, ops }
    }

    /// The process's global allocator, always.
    pub const fn system() -> Arena {
        Arena::new(ArenaOps::system())
    }

    /// Is the current thread the owner of the arena?
    pub const fn is_local(&self) -> bool {
        self.local
    }

    /// Tells whether the thread that is about to use the keyspace owns the arena.
    pub const fn set_local(&mut self, local: bool) {
        self.local = local;
    }

    /// Allocates `size` > 0 bytes; aborts when out of memory.
    #[inline]
    pub(super) fn alloc(&self, size: usize, align: usize) -> NonNull<u8> {
        debug_assert!(size > 0 && align.is_power_of_two());
        let ptr = if self.local {
            // SAFETY: size is not 0, align is a power of two (asserted; callers pass constants 8 and 64).
            unsafe { system_alloc(0, size, align) }
        } else {
            // SAFETY: as above; the function keeps GlobalAlloc's contract (`ArenaOps::new`).
            unsafe { (self.ops.alloc)(self.ops.ctx, size, align) }
        };
        NonNull::new(ptr).unwrap_or_else(|| out_of_memory(size, align))
    }

    /// Resizes a block; aborts when out of memory.
    ///
    /// # Safety
    /// `ptr` is a live block of `old_size` bytes and alignment `align` from an arena of this process;
    /// `new_size` is not 0.
    #[inline]
    pub(super) unsafe fn realloc(
        &self,
        ptr: NonNull<u8>,
        old_size: usize,
        new_size: usize,
        align: usize,
    ) -> NonNull<u8> {
        let new = if self.local {
            // SAFETY: the caller's duties; blocks of all arenas are interchangeable (`ArenaOps::new`).
            unsafe { system_realloc(0, ptr.as_ptr(), old_size, new_size, align) }
        } else {
            // SAFETY: as above.
            unsafe { (self.ops.realloc)(self.ops.ctx, ptr.as_ptr(), old_size, new_size, align) }
        };
        NonNull::new(new).unwrap_or_else(|| out_of_memory(new_size, align))
    }

    /// Frees a block.
    ///
    /// # Safety
    /// `ptr` is a live block of `size` bytes and alignment `align` from an arena of this process, and is
    /// not used afterwards.
    #[inline]
    pub(super) unsafe fn free(&self, ptr: NonNull<u8>, size: usize, align: usize) {
        if self.local {
            // SAFETY: the caller's duties; blocks of all arenas are interchangeable (`ArenaOps::new`).
            unsafe { system_free(ptr.as_ptr(), size, align) }
        } else {
            // SAFETY: as above.
            unsafe { (self.ops.free)(ptr.as_ptr(), size, align) }
        }
    }
}

impl Default for Arena {
    fn default() -> Arena {
        Arena::system()
    }
}

#[cold]
fn out_of_memory(size: usize, align: usize) -> ! {
    match Layout::from_size_align(size, align) {
        Ok(layout) => handle_alloc_error(layout),
        Err(_) => panic!("allocation of {size} bytes is beyond the address space"),
    }
}

#[inline]
unsafe fn system_alloc(_ctx: usize, size: usize, align: usize) -> *mut u8 {
    let Ok(layout) = Layout::from_size_align(size, align) else {
        return std::ptr::null_mut();
    };
    // SAFETY: the caller passes a size that is not 0.
    unsafe { std::alloc::alloc(layout) }
}

#[inline]
unsafe fn system_realloc(_ctx: usize, ptr: *mut u8, old_size: usize, new_size: usize, align: usize) -> *mut u8 {
    if Layout::from_size_align(new_size, align).is_err() {
        return std::ptr::null_mut();
    }
    // SAFETY: the caller's block was allocated with this layout, so it is valid; the new size was
    // just checked.
    unsafe {
        let layout = Layout::from_size_align_unchecked(old_size, align);
        std::alloc::realloc(ptr, layout, new_size)
    }
}

#[inline]
unsafe fn system_free(ptr: *mut u8, size: usize, align: usize) {
    // SAFETY: the caller's block was allocated with this layout, so it is valid.
    unsafe { std::alloc::dealloc(ptr, Layout::from_size_align_unchecked(size, align)) }
}

/// Rounds an allocation up to the step at which it could grow without moving: 16 bytes up to 128, then
/// four steps per doubling. These are jemalloc's size classes, so the rounding costs nothing there.
#[inline]
pub(super) const fn size_class(size: usize) -> usize {
    if size <= 128 {
        (size + 15) & !15
    } else {
        let step = (1 << (size - 1).ilog2()) / 4;
        (size + step - 1) & !(step - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::size_class;

    #[test]
    fn size_classes_are_jemallocs() {
        let want = [
            (1, 16),
            (16, 16),
            (17, 32),
            (128, 128),
            (129, 160),
            (160, 160),
            (161, 192),
            (256, 256),
            (257, 320),
            (512, 512),
            (513, 640),
            (4097, 5120),
        ];
        for (size, class) in want {
            assert_eq!(size_class(size), class, "{size}");
        }
    }
}
