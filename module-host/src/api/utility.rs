//! Modules utility APIs.

use crate::abi::declare::*;

/// Most bytes that the kernel gives at once without being interrupted.
const CHUNK: usize = 256;

/// Fills `out` with random bytes.
fn fill(out: &mut [u8]) {
    for chunk in out.chunks_mut(CHUNK) {
        // SAFETY: the chunk is ours to write; up to 256 bytes come all at once, once the kernel's pool was ready.
        let got = unsafe { libc::getrandom(chunk.as_mut_ptr().cast(), chunk.len(), 0) };
        assert_eq!(got, chunk.len() as isize, "the kernel gives random bytes");
    }
}

/// The `len` bytes at `dst`, none where it is null, zeroed.
///
/// # Safety
/// `dst` is null, or `len` bytes there may be written to during `'a`, and nobody else uses them.
unsafe fn room<'a>(dst: *mut c_uchar, len: usize) -> &'a mut [u8] {
    if dst.is_null() {
        return &mut [];
    }
    // SAFETY: by the caller; they are written before they become a slice.
    unsafe {
        dst.write_bytes(0, len);
        std::slice::from_raw_parts_mut(dst, len)
    }
}

api! {
    /// Random bytes, from the kernel: any thread may ask.
    fn GetRandomBytes(dst: *mut c_uchar, len: usize) {
        // SAFETY: by the caller, `len` bytes.
        fill(unsafe { room(dst, len) });
    }

    /// Random hexadecimal digits.
    fn GetRandomHexChars(dst: *mut c_char, len: usize) {
        // SAFETY: by the caller, `len` bytes.
        let out = unsafe { room(dst.cast(), len) };
        fill(out);
        out.iter_mut().for_each(|b| *b = b"0123456789abcdef"[usize::from(*b & 15)]);
    }
}
