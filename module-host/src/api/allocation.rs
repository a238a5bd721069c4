//! Heap allocation raw functions.
//!
//! Blocks come from the C library's `malloc`, not from the server's allocator, whose symbols are prefixed: so what a
//! module allocates here and what it allocates by itself live in one heap, and either `free` takes it. The price is that
//! `used_memory`, which the server's allocator tells, doesn't count them.

use crate::abi::declare::*;
use crate::host::context::Context;

/// Ends the process: there is no answer that means "out of memory".
#[cold]
fn out_of_memory(bytes: usize) -> ! {
    let text = format!("Out of memory allocating {bytes} bytes!");
    valkore_shard::log::log(valkore_shard::log::Level::Warning, &text);
    std::process::abort();
}

fn or_die(block: *mut c_void, bytes: usize) -> *mut c_void {
    if block.is_null() && bytes > 0 {
        out_of_memory(bytes);
    }
    block
}

api! {
    /// `malloc`; ends the process where there is no memory.
    fn Alloc(bytes: usize) -> *mut c_void {
        // SAFETY: any size may be asked for.
        or_die(unsafe { libc::malloc(bytes) }, bytes)
    }

    /// `malloc`; null where there is no memory.
    fn TryAlloc(bytes: usize) -> *mut c_void {
        // SAFETY: as above.
        unsafe { libc::malloc(bytes) }
    }

    /// `calloc`; ends the process where there is no memory.
    fn Calloc(nmemb: usize, size: usize) -> *mut c_void {
        // SAFETY: any size may be asked for; calloc refuses products that overflow.
        or_die(unsafe { libc::calloc(nmemb, size) }, nmemb.saturating_mul(size))
    }

    /// `calloc`; null where there is no memory.
    fn TryCalloc(nmemb: usize, size: usize) -> *mut c_void {
        // SAFETY: as above.
        unsafe { libc::calloc(nmemb, size) }
    }

    /// `realloc`; ends the process where there is no memory.
    fn Realloc(ptr: *mut c_void, bytes: usize) -> *mut c_void {
        // SAFETY: by the caller, the block is null or came from here and is not used any more under its old address.
        or_die(unsafe { libc::realloc(ptr, bytes) }, bytes)
    }

    /// `realloc`; null where there is no memory, and the block stays as it is.
    fn TryRealloc(ptr: *mut c_void, bytes: usize) -> *mut c_void {
        // SAFETY: as above.
        unsafe { libc::realloc(ptr, bytes) }
    }

    /// `free`.
    fn Free(ptr: *mut c_void) {
        // SAFETY: by the caller, the block is null or came from here and is not used any more.
        unsafe { libc::free(ptr) }
    }

    /// `strdup`.
    fn Strdup(str: *const c_char) -> *mut c_char {
        // SAFETY: by the caller, it is a C string.
        let len = unsafe { libc::strlen(str) } + 1;
        // SAFETY: any size may be asked for.
        let copy: *mut c_char = or_die(unsafe { libc::malloc(len) }, len).cast();
        // SAFETY: both are `len` bytes, and the new block is nobody else's.
        unsafe { copy.copy_from_nonoverlapping(str, len) };
        copy
    }

    /// Memory that is freed when the callback returns; null for no bytes.
    fn PoolAlloc(ctx: *mut Ctx, bytes: usize) -> *mut c_void {
        // SAFETY: by the caller, a context that lives, and that no other thread uses at this moment.
        let Some(ctx) = (unsafe { Context::of(ctx) }) else { return null_mut() };
        if bytes == 0 {
            return null_mut();
        }
        ctx.pool_alloc(bytes).cast()
    }
}
