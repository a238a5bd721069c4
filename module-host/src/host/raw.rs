//! Pointers from modules to plain C data, made into what they claim to be. (Pointers to our own structs are turned by the
//! struct: `Str::of`, `Context::of`, `Node::of`.)

use std::ffi::{CStr, c_char};

/// The `len` bytes at `ptr`; none where it is null.
///
/// # Safety
/// `ptr` is null, or `len` bytes there stay unchanged during `'a`.
pub unsafe fn bytes<'a>(ptr: *const c_char, len: usize) -> &'a [u8] {
    if ptr.is_null() || len == 0 {
        return &[];
    }
    // SAFETY: by the caller.
    unsafe { std::slice::from_raw_parts(ptr.cast(), len) }
}

/// The bytes of the C string at `ptr`, without the zero byte; none where it is null.
///
/// # Safety
/// `ptr` is null, or a string that ends with a zero byte stays there unchanged during `'a`.
pub unsafe fn text<'a>(ptr: *const c_char) -> &'a [u8] {
    // SAFETY: by the caller.
    unsafe { some_text(ptr) }.unwrap_or_default()
}

/// As [`text`], and tells null apart.
///
/// # Safety
/// As [`text`].
pub unsafe fn some_text<'a>(ptr: *const c_char) -> Option<&'a [u8]> {
    // SAFETY: by the caller.
    (!ptr.is_null()).then(|| unsafe { CStr::from_ptr(ptr) }.to_bytes())
}

/// The C string at `ptr` as an owned text; `None` where it is null.
///
/// # Safety
/// As [`text`].
pub unsafe fn owned_text(ptr: *const c_char) -> Option<String> {
    // SAFETY: by the caller.
    unsafe { some_text(ptr) }.map(|t| String::from_utf8_lossy(t).into_owned())
}

/// Writes `value` where the module wants it, if it does.
///
/// # Safety
/// `at` is null, or may be written to.
pub unsafe fn put<T>(at: *mut T, value: T) {
    if !at.is_null() {
        // SAFETY: by the caller.
        unsafe { at.write(value) };
    }
}
