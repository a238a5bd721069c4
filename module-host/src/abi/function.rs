//! A row of the function table, and the macro that makes the table of rows.

use std::ffi::c_void;

/// One function of the Modules API.
#[derive(Debug)]
pub struct Function {
    /// Name without prefix, as in `ZsetAdd`.
    pub name: &'static str,
    /// The file of `src/api` that it is in.
    pub file: &'static str,
    /// The reference's section.
    pub section: &'static str,
    /// First version that had it, or `unreleased` where the reference says so.
    pub since: &'static str,
    /// The function in C.
    pub prototype: &'static str,
    /// The function as headers declare it: in four cases with another type that a caller can't tell from this one.
    pub declaration: &'static str,
    /// What a caller must keep to, and may count on.
    pub rule: Rule,
    /// False while it only answers as a failure would.
    pub built: bool,
    /// Where it is.
    pub address: Address,
}

/// When a function may be called, and what it tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Must the caller hold the module lock?
    pub lock: Lock,
    /// How it finds out on whose behalf it runs.
    pub context: Context,
    /// It acts on a client: without one behind the context there is nothing to do.
    pub client: bool,
    /// Only inside `OnLoad`.
    pub load_only: bool,
    /// The `errno` values it can set, separated by spaces; empty if it leaves `errno` alone.
    pub errno: &'static str,
}

/// Who may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// A callback that runs on home, or a thread that holds the module lock.
    Held,
    /// Any thread, at any time.
    Free,
}

/// What a function is given to find its module, database and client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// A context that isn't NULL.
    Required,
    /// A context or NULL.
    Optional,
    /// No context, but a key, reply, blocked client or the like that leads to one.
    Handle,
    /// Nothing.
    None,
}

/// The address of a function that modules call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Address(*const c_void);

impl Address {
    /// Takes the address of a function, cast to a data pointer.
    pub const fn new(code: *const c_void) -> Self {
        Self(code)
    }

    /// The address as `GetApi` hands it out.
    pub const fn as_ptr(self) -> *const c_void {
        self.0
    }
}

// SAFETY: an address of code; it is never read through, and code never changes.
unsafe impl Send for Address {}
// SAFETY: as above.
unsafe impl Sync for Address {}

/// What `api!` and `unbuilt!` tell about the function they declare.
pub trait Declared {
    /// Which of the two it was.
    const BUILT: bool;
}

/// The way from a declaration to its row.
pub trait Row {
    /// The row.
    const FUNCTION: &'static Function;
}

/// Makes `FUNCTIONS`, and a [`Row`] for each declaration. A row without declaration doesn't compile, nor the reverse.
macro_rules! rows {
    ($($name:ident $file:ident $section:literal $since:literal $lock:ident $context:ident $client:literal $load:literal
       $errno:literal $($address:ident)::+ $prototype:literal $declaration:literal;)*) => {
        use $crate::abi::function::{Address, Context, Declared, Function, Lock, Row, Rule};
        #[allow(unused_imports)]
        use $crate::{abi::shim, api};

        $(impl Row for api::$file::$name {
            const FUNCTION: &'static Function = &Function {
                name: stringify!($name),
                file: stringify!($file),
                section: $section,
                since: $since,
                prototype: $prototype,
                declaration: $declaration,
                rule: Rule {
                    lock: Lock::$lock,
                    context: Context::$context,
                    client: $client,
                    load_only: $load,
                    errno: $errno,
                },
                built: <api::$file::$name as Declared>::BUILT,
                address: Address::new($($address)::+ as *const _),
            };
        })*

        /// All rows.
        pub static FUNCTIONS: &[&Function] = &[$(<api::$file::$name as Row>::FUNCTION),*];
    };
}
pub(crate) use rows;
