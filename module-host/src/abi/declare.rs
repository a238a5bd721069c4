//! How a function of the Modules API is declared: `api!` with a body, `unbuilt!` with the answer of its failure.
//!
//! ```text
//! unbuilt! { fn ZsetAdd(key: *mut Key, score: f64) -> c_int = ERR; }
//!
//! api! {
//!     /// What it does, in our words.
//!     fn ZsetAdd(key: *mut Key, score: f64) -> c_int {
//!         …
//!     }
//! }
//! ```
//!
//! Both make `pub unsafe extern "C" fn ZsetAdd`, and an empty type of the same name that leads to its row of the table.
//! So which macro was used is what the table says about it. Variadic and `long double` functions begin with
//! `shim "symbol" fn`: the C shim exports the API function and calls this one under that symbol.
//!
//! A section file imports all of this module: macros, types, numbers.

pub use std::ffi::{c_char, c_int, c_long, c_longlong, c_uchar, c_uint, c_ulong, c_ulonglong, c_void};
pub use std::ptr::null_mut;

pub use super::constants::{ERR, OK};
pub use super::errno::set_errno;
pub use super::shim::{ShimArg, ShimPair};
pub use super::types::*;

/// Declares functions that are built. With a rule that asks for the module lock, the call is first shown to
/// [`hooks::set_lock_check`](super::hooks::set_lock_check)'s hook.
macro_rules! api {
    ($($(#[$meta:meta])* $(shim $symbol:literal)? fn $name:ident($($argument:ident: $kind:ty),* $(,)?) $(-> $answer:ty)? $body:block)+) => {$(
        $(#[$meta])*
        ///
        /// # Safety
        /// The caller is a module that keeps the rule of this function and hands over what its prototype says.
        #[allow(non_snake_case, clippy::too_many_arguments)]
        $(#[unsafe(export_name = $symbol)])?
        pub unsafe extern "C" fn $name($($argument: $kind),*) $(-> $answer)? {
            $crate::abi::hooks::enter(<$name as $crate::abi::function::Row>::FUNCTION);
            $body
        }
        $crate::abi::declare::declared!($name true);
    )+};
}
pub(crate) use api;

/// Declares functions that are not built: they tell the host once that a module called them, and fail.
macro_rules! unbuilt {
    ($($(shim $symbol:literal)? fn $name:ident($($argument:ident: $kind:ty),* $(,)?) $(-> $answer:ty = $failure:expr)?;)+) => {$(
        #[doc = concat!("`ValkeyModule_", stringify!($name), "`: not built yet, it fails.")]
        ///
        /// # Safety
        /// None: it looks at no argument.
        #[allow(non_snake_case, clippy::too_many_arguments)]
        $(#[unsafe(export_name = $symbol)])?
        pub unsafe extern "C" fn $name($($argument: $kind),*) $(-> $answer)? {
            static TOLD: ::std::sync::atomic::AtomicBool = ::std::sync::atomic::AtomicBool::new(false);
            $(let _ = $argument;)*
            $crate::abi::hooks::tell_unbuilt(<$name as $crate::abi::function::Row>::FUNCTION, &TOLD);
            $($failure)?
        }
        $crate::abi::declare::declared!($name false);
    )+};
}
pub(crate) use unbuilt;

/// The empty type behind a declaration.
macro_rules! declared {
    ($name:ident $built:literal) => {
        #[doc = concat!("Leads from [`fn@", stringify!($name), "`] to its row.")]
        #[allow(non_camel_case_types)]
        pub enum $name {}
        impl $crate::abi::function::Declared for $name {
            const BUILT: bool = $built;
        }
    };
}
pub(crate) use declared;

#[cfg(test)]
#[allow(unreachable_pub)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::abi::function::Row;
    use crate::abi::{Function, hooks};
    use crate::api;

    static TOLD: AtomicU32 = AtomicU32::new(0);

    fn count(function: &'static Function) {
        if function.name == "RdbSave" {
            TOLD.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn an_unbuilt_function_is_told_once_and_fails() {
        // SAFETY: unbuilt functions look at no argument.
        let call = || unsafe { api::rdb_stream::RdbSave(null_mut(), null_mut(), 0) };
        assert_eq!(call(), ERR, "nobody listens yet, and it isn't used up");
        assert!(hooks::set_unbuilt(count));
        assert_eq!((call(), call()), (ERR, ERR));
        assert_eq!(TOLD.load(Ordering::Relaxed), 1);
        assert!(!hooks::set_unbuilt(count), "the hook is set for good");
    }

    #[test]
    fn the_row_tells_which_macro_it_was() {
        assert!(!<api::key_zset::ZsetAdd as Row>::FUNCTION.built);
        assert!(<api::misc::GetTypeMethodVersion as Row>::FUNCTION.built);
        // SAFETY: it takes no arguments.
        assert_eq!(unsafe { api::misc::GetTypeMethodVersion() }, 5);
    }

    #[test]
    fn a_built_shim_function_compiles() {
        api! {
            /// Stands for one of the fourteen.
            shim "valkore_test_only" fn Sample(text: *const c_char, len: usize) -> c_int {
                c_int::from(text.is_null() && len == 0)
            }
        }
        impl Row for Sample {
            const FUNCTION: &'static Function = <api::misc::GetTypeMethodVersion as Row>::FUNCTION;
        }
        // SAFETY: it reads nothing.
        assert_eq!(unsafe { Sample(std::ptr::null(), 0) }, 1);
    }
}
