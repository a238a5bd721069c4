//! String objects APIs. Strings are counted atomically, and carry a zero byte behind their bytes.

use std::cmp::Ordering;

use valkore_core::numfmt::{fmt_double, parse_f64, parse_i64, parse_u64};

use crate::abi::declare::*;
use crate::host::context::{Auto, Context};
use crate::host::raw;
use crate::host::string::Str;

/// A stream id of more bytes is none.
const STREAM_ID_BYTES_MAX: usize = 127;

/// A new string, which automatic memory frees if `ctx` has it on.
///
/// # Safety
/// `ctx` is null, or a context that lives and that no other thread uses at this moment.
pub(super) unsafe fn new_string(ctx: *mut Ctx, bytes: &[u8]) -> *mut ModuleString {
    let string = Str::new(bytes);
    // SAFETY: by the caller.
    if let Some(ctx) = unsafe { Context::of(ctx) } {
        ctx.keep(Auto::String(string));
    }
    string
}

/// The bytes of a module's string.
///
/// # Safety
/// An owner of `string` is alive during `'a`, and nobody appends to it.
pub(super) unsafe fn bytes_of<'a>(string: *const ModuleString) -> &'a [u8] {
    // SAFETY: by the caller.
    unsafe { Str::of(string) }.bytes()
}

/// A stream id; one without its second part is its first moment. `-` and `+` are the least and the greatest.
fn parse_stream_id(text: &[u8]) -> Option<StreamId> {
    match text {
        b"-" => return Some(StreamId { ms: 0, seq: 0 }),
        b"+" => return Some(StreamId { ms: u64::MAX, seq: u64::MAX }),
        _ if text.len() > STREAM_ID_BYTES_MAX => return None,
        _ => {}
    }
    let (ms, seq) = match text.iter().position(|&b| b == b'-') {
        Some(dash) => (&text[..dash], Some(&text[dash + 1..])),
        None => (text, None),
    };
    Some(StreamId { ms: parse_u64(ms)?, seq: seq.map_or(Some(0), parse_u64)? })
}

/// Writes a parsed number where the module wants it.
///
/// # Safety
/// `at` may be written to.
unsafe fn parsed<T>(value: Option<T>, at: *mut T) -> c_int {
    let Some(value) = value else { return ERR };
    // SAFETY: by the caller.
    unsafe { raw::put(at, value) };
    OK
}

api! {
    /// A string of these bytes.
    fn CreateString(ctx: *mut Ctx, ptr: *const c_char, len: usize) -> *mut ModuleString {
        // SAFETY: by the caller, a context or null, and `len` bytes.
        unsafe { new_string(ctx, raw::bytes(ptr, len)) }
    }

    /// A string of what the format gave.
    shim "valkore_CreateStringPrintf_text" fn CreateStringPrintf(ctx: *mut Ctx, text: *const c_char, len: usize) -> *mut ModuleString {
        // SAFETY: by the caller a context or null; by the shim `len` bytes.
        unsafe { new_string(ctx, raw::bytes(text, len)) }
    }

    /// A string of the number's digits.
    fn CreateStringFromLongLong(ctx: *mut Ctx, ll: c_longlong) -> *mut ModuleString {
        // SAFETY: by the caller, a context or null.
        unsafe { new_string(ctx, ll.to_string().as_bytes()) }
    }

    /// A string of the number's digits.
    fn CreateStringFromULongLong(ctx: *mut Ctx, ull: c_ulonglong) -> *mut ModuleString {
        // SAFETY: by the caller, a context or null.
        unsafe { new_string(ctx, ull.to_string().as_bytes()) }
    }

    /// A string of the number, as few digits as tell it apart.
    fn CreateStringFromDouble(ctx: *mut Ctx, d: f64) -> *mut ModuleString {
        // SAFETY: by the caller, a context or null.
        unsafe { new_string(ctx, fmt_double(d).as_bytes()) }
    }

    /// A string of the number, as the shim has written it.
    shim "valkore_CreateStringFromLongDouble_text" fn CreateStringFromLongDouble(ctx: *mut Ctx, _humanfriendly: c_int, text: *const c_char, len: usize) -> *mut ModuleString {
        // SAFETY: by the caller a context or null; by the shim `len` bytes.
        unsafe { new_string(ctx, raw::bytes(text, len)) }
    }

    /// A copy.
    fn CreateStringFromString(ctx: *mut Ctx, str: *const ModuleString) -> *mut ModuleString {
        // SAFETY: by the caller, a context or null, and a string that it owns.
        unsafe { new_string(ctx, bytes_of(str)) }
    }

    /// A string of the id, as `ms-seq`.
    fn CreateStringFromStreamID(ctx: *mut Ctx, id: *const StreamId) -> *mut ModuleString {
        // SAFETY: by the caller, an id.
        let StreamId { ms, seq } = unsafe { *id };
        // SAFETY: by the caller, a context or null.
        unsafe { new_string(ctx, format!("{ms}-{seq}").as_bytes()) }
    }

    /// One owner less.
    fn FreeString(ctx: *mut Ctx, str: *mut ModuleString) {
        // SAFETY: by the caller, a context or null.
        if let Some(ctx) = unsafe { Context::of(ctx) } {
            ctx.forget(Auto::String(str));
        }
        if !str.is_null() {
            // SAFETY: by the caller, which is an owner and no longer one.
            unsafe { Str::release(str) };
        }
    }

    /// The caller is an owner besides automatic memory: it takes the string over from that, or is one more.
    fn RetainString(ctx: *mut Ctx, str: *mut ModuleString) {
        // SAFETY: by the caller, a context or null.
        let taken_over = unsafe { Context::of(ctx) }.is_some_and(|ctx| ctx.forget(Auto::String(str)));
        if !taken_over {
            // SAFETY: by the caller, which has the string from an owner.
            unsafe { Str::retain(str) };
        }
    }

    /// One more owner: the caller, or automatic memory for it.
    fn HoldString(ctx: *mut Ctx, str: *mut ModuleString) -> *mut ModuleString {
        // SAFETY: by the caller, which has the string from an owner.
        unsafe { Str::retain(str) };
        // SAFETY: by the caller, a context or null.
        if let Some(ctx) = unsafe { Context::of(ctx) } {
            ctx.keep(Auto::String(str));
        }
        str
    }

    /// Where the bytes are, and how many.
    fn StringPtrLen(str: *const ModuleString, len: *mut usize) -> *const c_char {
        const NO_STRING: &std::ffi::CStr = c"(NULL string reply referenced in module)";
        let (ptr, n) = if str.is_null() {
            (NO_STRING.as_ptr(), NO_STRING.count_bytes())
        } else {
            // SAFETY: by the caller, which has the string from an owner.
            let bytes = unsafe { bytes_of(str) };
            (bytes.as_ptr().cast(), bytes.len())
        };
        // SAFETY: by the caller, null or a place for the length.
        unsafe { raw::put(len, n) };
        ptr
    }

    /// The number that all of the string is, strictly.
    fn StringToLongLong(str: *const ModuleString, ll: *mut c_longlong) -> c_int {
        // SAFETY: by the caller, a string and a place for the number.
        unsafe { parsed(parse_i64(bytes_of(str)), ll) }
    }

    /// The number that all of the string is.
    fn StringToULongLong(str: *const ModuleString, ull: *mut c_ulonglong) -> c_int {
        // SAFETY: by the caller, a string and a place for the number.
        unsafe { parsed(parse_u64(bytes_of(str)), ull) }
    }

    /// The number that all of the string is.
    fn StringToDouble(str: *const ModuleString, d: *mut f64) -> c_int {
        // SAFETY: by the caller, a string and a place for the number.
        unsafe { parsed(parse_f64(bytes_of(str)), d) }
    }

    /// The text that the shim parses.
    shim "valkore_StringToLongDouble_bytes" fn StringToLongDouble(str: *const ModuleString, text: *mut *const c_char, len: *mut usize) -> c_int {
        // SAFETY: by the caller, a string.
        let bytes = unsafe { bytes_of(str) };
        // SAFETY: by the shim, both are places.
        unsafe {
            raw::put(text, bytes.as_ptr().cast());
            raw::put(len, bytes.len());
        }
        OK
    }

    /// The stream id that all of the string is.
    fn StringToStreamID(str: *const ModuleString, id: *mut StreamId) -> c_int {
        // SAFETY: by the caller, a string and a place for the id.
        unsafe { parsed(parse_stream_id(bytes_of(str)), id) }
    }

    /// -1, 0 or 1, byte by byte.
    fn StringCompare(a: *const ModuleString, b: *const ModuleString) -> c_int {
        // SAFETY: by the caller, two strings.
        match unsafe { bytes_of(a).cmp(bytes_of(b)) } {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        }
    }

    /// Appends to a string that nobody else owns.
    fn StringAppendBuffer(_ctx: *mut Ctx, str: *mut ModuleString, buf: *const c_char, len: usize) -> c_int {
        // SAFETY: by the caller, its string, of which it uses no pointer any more, and `len` bytes.
        if unsafe { Str::append(str, raw::bytes(buf, len)) } { OK } else { ERR }
    }

    /// Gives memory back that the string doesn't need.
    fn TrimStringAllocation(str: *mut ModuleString) {
        // SAFETY: by the caller, its string, which no other thread reads at this moment.
        unsafe { Str::trim(str) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stream_ids() {
        let id = |text: &[u8]| parse_stream_id(text).map(|id| (id.ms, id.seq));
        assert_eq!(id(b"5-3"), Some((5, 3)));
        assert_eq!(id(b"5"), Some((5, 0)));
        assert_eq!(id(b"-"), Some((0, 0)));
        assert_eq!(id(b"+"), Some((u64::MAX, u64::MAX)));
        assert_eq!([id(b"5-"), id(b"x"), id(b""), id(b"1-2-3"), id(&[b'1'; 128])], [None; 5]);
    }
}
