//! Module strings: counted, shared between threads, with a zero byte behind their bytes.

use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicUsize, Ordering, fence};

use crate::abi::types::ModuleString;

/// What a `ValkeyModuleString *` points to.
pub struct Str {
    count: AtomicUsize,
    /// The bytes and a zero byte.
    bytes: UnsafeCell<Vec<u8>>,
}

impl Str {
    /// A new string with one owner.
    #[allow(clippy::new_ret_no_self, reason = "C holds it")]
    pub fn new(bytes: &[u8]) -> *mut ModuleString {
        let mut owned = Vec::with_capacity(bytes.len() + 1);
        owned.extend_from_slice(bytes);
        owned.push(0);
        let this = Self { count: AtomicUsize::new(1), bytes: UnsafeCell::new(owned) };
        Box::into_raw(Box::new(this)).cast()
    }

    /// The string behind a module's pointer.
    ///
    /// # Safety
    /// `string` came from [`Str::new`], and an owner of it is alive during `'a`.
    pub unsafe fn of<'a>(string: *const ModuleString) -> &'a Str {
        // SAFETY: by the caller.
        unsafe { &*string.cast::<Str>() }
    }

    /// The bytes, without the zero byte.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: bytes change only through append(), which wants the only owner.
        let all = unsafe { &*self.bytes.get() };
        &all[..all.len() - 1]
    }

    /// Owners.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// One more owner.
    ///
    /// # Safety
    /// As [`Str::of`].
    pub unsafe fn retain(string: *const ModuleString) {
        // SAFETY: by the caller.
        unsafe { Self::of(string) }.count.fetch_add(1, Ordering::Relaxed);
    }

    /// One owner less; the last one frees it.
    ///
    /// # Safety
    /// As [`Str::of`]; the caller is an owner, and is none afterwards.
    pub unsafe fn release(string: *mut ModuleString) {
        // SAFETY: by the caller.
        if unsafe { Self::of(string) }.count.fetch_sub(1, Ordering::Release) == 1 {
            fence(Ordering::Acquire);
            // SAFETY: the last owner is gone, and new() made it by Box.
            drop(unsafe { Box::from_raw(string.cast::<Str>()) });
        }
    }

    /// Appends bytes; false where somebody else owns it too.
    ///
    /// # Safety
    /// As [`Str::of`]; the caller is an owner, and nobody has a slice of it.
    pub unsafe fn append(string: *mut ModuleString, more: &[u8]) -> bool {
        // SAFETY: by the caller.
        let this = unsafe { Self::of(string) };
        if this.count() != 1 {
            return false;
        }
        // SAFETY: the caller is the only owner and has no slice of it.
        let bytes = unsafe { &mut *this.bytes.get() };
        bytes.pop();
        bytes.extend_from_slice(more);
        bytes.push(0);
        true
    }

    /// Gives memory back that the bytes don't need, where the caller is the only owner.
    ///
    /// # Safety
    /// As [`Str::append`].
    pub unsafe fn trim(string: *mut ModuleString) {
        // SAFETY: by the caller.
        let this = unsafe { Self::of(string) };
        if this.count() == 1 {
            // SAFETY: the caller is the only owner and has no slice of it.
            unsafe { &mut *this.bytes.get() }.shrink_to_fit();
        }
    }

    /// Bytes of memory that it takes.
    pub fn memory(&self) -> usize {
        // SAFETY: as in bytes().
        size_of::<Self>() + unsafe { &*self.bytes.get() }.capacity()
    }
}
