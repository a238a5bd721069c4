//! Key API for String type.

use valkore_core::keyspace::{Entry, Expire, NewValue, Value};

use super::keys::remove;
use crate::abi::declare::*;
use crate::host::key::KeyHandle;
use crate::host::string::Str;
use crate::host::values;

/// The longest string that StringTruncate makes, in bytes.
const TRUNCATE_MAX: usize = 512 * 1024 * 1024;

/// What StringDMA answers for a key without value: a pointer that isn't null, to bytes that can't be written to.
static EMPTY: [u8; 1] = [0];

api! {
    /// Makes `str` the key's value, in place of what was there.
    fn StringSet(key: *mut Key, str: *mut ModuleString) -> c_int {
        // SAFETY: the module hands over a key that it has open, and a string that it owns a part of.
        let (key, value) = unsafe { (KeyHandle::of(key), Str::of(str).bytes()) };
        let Some(key) = key.filter(|key| key.is_writable()) else { return ERR };
        remove(key);
        key.with(|data, at, clock| drop(data.set(key.db, at, NewValue::Verbatim(value), Expire::Clear, clock)));
        values::bury();
        OK
    }

    /// The string's bytes, to be read or changed in place. As in Valkey they are a block of their own from now on, with a
    /// zero byte behind it, also where they are only read. Null where the value is no string.
    fn StringDMA(key: *mut Key, len: *mut usize, mode: c_int) -> *mut c_char {
        // A key that was opened for reading may be asked for its bytes in either mode, as in Valkey.
        let _ = mode;
        // SAFETY: the module hands over a key that it has open.
        let Some(key) = (unsafe { KeyHandle::of(key) }) else { return null_mut() };
        let (at, n) = match key.view(|entry| is_string(&entry)) {
            None => (EMPTY.as_ptr().cast_mut().cast(), 0),
            Some(false) => return null_mut(),
            Some(true) => key.with(|data, name, _| {
                let mut entry = data.keyspace.get_mut(key.db, name).expect("just seen");
                let mut string = entry.string_mut().expect("just seen");
                let n = string.len();
                // What grows is filled with zeros, what is cut stays where it is.
                string.resize(n + 1);
                string.resize(n);
                (string.as_mut_ptr().cast(), n)
            }),
        };
        if !len.is_null() {
            // SAFETY: the module hands over where it wants the length.
            unsafe { *len = n };
        }
        at
    }

    /// Makes the string so long; new bytes are zero. A key without value gets one.
    fn StringTruncate(key: *mut Key, newlen: usize) -> c_int {
        // SAFETY: the module hands over a key that it has open.
        let key = unsafe { KeyHandle::of(key) }.filter(|key| key.is_writable());
        let Some(key) = key.filter(|_| newlen <= TRUNCATE_MAX) else { return ERR };
        match key.view(|entry| is_string(&entry)) {
            Some(false) => ERR,
            None if newlen == 0 => OK,
            None => {
                let zeros = vec![0; newlen];
                key.with(|data, at, clock| drop(data.set(key.db, at, NewValue::Verbatim(&zeros), Expire::Clear, clock)));
                values::bury();
                OK
            }
            Some(true) => key.with(|data, at, _| {
                let mut entry = data.keyspace.get_mut(key.db, at).expect("just seen");
                entry.string_mut().expect("just seen").resize(newlen);
                OK
            }),
        }
    }
}

fn is_string(entry: &Entry<'_>) -> bool {
    !matches!(entry.value(), Value::Object(_))
}
