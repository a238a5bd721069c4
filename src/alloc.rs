//! Memory: jemalloc for everything, an arena per shard. A shard's thread allocates from its own arena; whoever holds
//! a shard's data elsewhere allocates from the owner's, through [`valkore_core::keyspace::ArenaOps`].

use std::ffi::{CStr, c_void};
use std::ptr::null_mut;

use tikv_jemalloc_sys as je;
use valkore_core::keyspace::{Arena, ArenaOps};
use valkore_shard::node::Memory;

#[global_allocator]
static GLOBAL: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Makes an arena, gives it to the calling thread, and describes it for those who hold its data on other threads.
pub(crate) fn arena_for_this_thread(_shard: usize) -> Arena {
    let mut index = 0u32;
    let mut size = size_of::<u32>();
    // SAFETY: `arenas.create` writes one unsigned to the pointer; the size says so; the name is NUL-terminated.
    let made = unsafe { je::mallctl(c"arenas.create".as_ptr(), (&raw mut index).cast(), &raw mut size, null_mut(), 0) };
    if made != 0 {
        return Arena::system();
    }
    // SAFETY: `thread.arena` reads one unsigned from the pointer, which is an arena that exists.
    unsafe {
        je::mallctl(c"thread.arena".as_ptr(), null_mut(), null_mut(), (&raw mut index).cast(), size_of::<u32>());
    }
    // SAFETY: the three functions below fulfil the contract of ArenaOps: they allocate from arena `index`, and what they
    // allocate may be freed through the global allocator, which is the same jemalloc.
    Arena::new(unsafe { ArenaOps::new(index as usize, allocate, reallocate, free) })
}

fn flags(arena: usize, align: usize) -> i32 {
    // Without the thread's cache, which belongs to the arena of the thread.
    je::MALLOCX_ARENA(arena) | je::MALLOCX_TCACHE_NONE | je::MALLOCX_ALIGN(align)
}

unsafe fn allocate(arena: usize, size: usize, align: usize) -> *mut u8 {
    // SAFETY: the caller passes a size above zero and a power of two, as mallocx wants.
    unsafe { je::mallocx(size, flags(arena, align)).cast() }
}

unsafe fn reallocate(arena: usize, at: *mut u8, _old: usize, size: usize, align: usize) -> *mut u8 {
    // SAFETY: `at` is a live allocation of this allocator, and the new size is above zero.
    unsafe { je::rallocx(at.cast::<c_void>(), size, flags(arena, align)).cast() }
}

unsafe fn free(at: *mut u8, size: usize, align: usize) {
    // SAFETY: `at` is a live allocation of this allocator with this size and alignment.
    unsafe { je::sdallocx(at.cast::<c_void>(), size, je::MALLOCX_TCACHE_NONE | je::MALLOCX_ALIGN(align)) }
}

/// The allocator, as INFO calls it.
pub(crate) fn name() -> &'static str {
    "jemalloc-5.3.0"
}

/// What is allocated, over all arenas, as jemalloc counts it now.
pub(crate) fn memory() -> Memory {
    let mut epoch = 1u64;
    // SAFETY: `epoch` takes a 64-bit number; the size says so.
    unsafe {
        je::mallctl(c"epoch".as_ptr(), null_mut(), null_mut(), (&raw mut epoch).cast(), size_of::<u64>());
    }
    Memory {
        allocated: figure(c"stats.allocated"),
        active: figure(c"stats.active"),
        resident: figure(c"stats.resident"),
        muzzy: 0,
    }
}

/// A figure that is a size_t: one of `stats.allocated`, `stats.active`, `stats.resident`.
fn figure(name: &CStr) -> u64 {
    let mut value = 0usize;
    let mut size = size_of::<usize>();
    // SAFETY: the name is NUL-terminated, and these give a size_t; the size says so.
    unsafe {
        je::mallctl(name.as_ptr(), (&raw mut value).cast(), &raw mut size, null_mut(), 0);
    }
    value as u64
}
