//! Modules utility APIs.

use crate::abi::declare::*;

unbuilt! { fn GetRandomBytes(dst: *mut c_uchar, len: usize); }
unbuilt! { fn GetRandomHexChars(dst: *mut c_char, len: usize); }
