//! `GetApi`: from a name to an address. Its own address is the first word of every context.

use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::LazyLock;

use super::constants::{ERR, OK};
use super::function::Function;
use super::table::FUNCTIONS;

/// What every name may begin with.
pub const PREFIXES: [&str; 2] = ["ValkeyModule_", "RedisModule_"];

/// The type of [`GetApi`].
pub type GetApiFunc = unsafe extern "C" fn(name: *const c_char, target: *mut *mut c_void) -> c_int;

static BY_NAME: LazyLock<HashMap<&'static [u8], &'static Function>> =
    LazyLock::new(|| FUNCTIONS.iter().map(|function| (function.name.as_bytes(), *function)).collect());

/// The function with this full name, as in `RedisModule_ZsetAdd`.
pub fn find(full_name: &[u8]) -> Option<&'static Function> {
    let bare = PREFIXES.iter().find_map(|prefix| full_name.strip_prefix(prefix.as_bytes()))?;
    BY_NAME.get(bare).copied()
}

/// Writes the address of a function to `target`. For a name that isn't known it answers 1 and writes nothing.
///
/// # Safety
/// `name` is a C string, and `target` can be written.
#[allow(non_snake_case)]
pub unsafe extern "C" fn GetApi(name: *const c_char, target: *mut *mut c_void) -> c_int {
    if name.is_null() || target.is_null() {
        return ERR;
    }
    // SAFETY: the caller's first duty; it isn't NULL.
    let name = unsafe { CStr::from_ptr(name) };
    let Some(function) = find(name.to_bytes()) else {
        return ERR;
    };
    // SAFETY: the caller's second duty; it isn't NULL.
    unsafe { target.write(function.address.as_ptr().cast_mut()) };
    OK
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_found_under_both_prefixes() {
        assert_eq!(FUNCTIONS.len(), 358);
        assert_eq!(BY_NAME.len(), FUNCTIONS.len(), "a name is twice in the table");
        for function in FUNCTIONS {
            for prefix in PREFIXES {
                let found = find(format!("{prefix}{}", function.name).as_bytes()).unwrap();
                assert_eq!(found.address, function.address, "{}", function.name);
            }
        }
    }

    #[test]
    fn no_other_name_is_found() {
        for name in [
            "",
            "ZsetAdd",
            "ValkeyModule_",
            "ValkeyModule_GetApi",
            "ValkeyModule_zsetadd",
            "Valkey_ZsetAdd",
            "RedisModule_RedisModule_ZsetAdd",
        ] {
            assert!(find(name.as_bytes()).is_none(), "{name}");
        }
    }

    #[test]
    fn an_unknown_name_leaves_the_pointer_alone() {
        let mut target = 7 as *mut c_void;
        // SAFETY: a C string and a word of ours.
        let answer = unsafe { GetApi(c"ValkeyModule_Nothing".as_ptr(), &mut target) };
        assert_eq!((answer, target as usize), (1, 7));
    }
}
