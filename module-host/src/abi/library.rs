//! A module's shared object: open it, find its entry points.

use std::error::Error;
use std::ffi::c_int;
use std::fmt;
use std::mem::ManuallyDrop;
use std::path::Path;

use libloading::os::unix;

use super::types::{Ctx, ModuleString};

/// `OnLoad`: the module registers what it has. Anything but 0 refuses the load.
pub type OnLoad = unsafe extern "C" fn(ctx: *mut Ctx, argv: *mut *mut ModuleString, argc: c_int) -> c_int;

/// `OnUnload`: anything but 0 refuses.
pub type OnUnload = unsafe extern "C" fn(ctx: *mut Ctx) -> c_int;

/// Names of the entry points, in the order of search.
const ON_LOAD: [&[u8]; 2] = [b"ValkeyModule_OnLoad\0", b"RedisModule_OnLoad\0"];
const ON_UNLOAD: [&[u8]; 2] = [b"ValkeyModule_OnUnload\0", b"RedisModule_OnUnload\0"];

/// Why a file is no module.
#[derive(Debug)]
pub enum OpenError {
    /// The dynamic linker refused; its own words.
    Link(String),
    /// It has no `OnLoad` under either name.
    NoOnLoad,
}

impl fmt::Display for OpenError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link(reason) => write!(out, "{reason}"),
            Self::NoOnLoad => write!(out, "exports neither ValkeyModule_OnLoad nor RedisModule_OnLoad"),
        }
    }
}

impl Error for OpenError {}

/// An open shared object.
///
/// Dropping it leaves it open: values, timers, threads and exported functions may still lead into its code.
#[derive(Debug)]
pub struct Library {
    handle: ManuallyDrop<unix::Library>,
    on_load: OnLoad,
    on_unload: Option<OnUnload>,
}

impl Library {
    /// Opens a file with all its symbols resolved now, and visible to nobody else.
    ///
    /// # Safety
    /// The file's constructors run here: it must be a module that the operator trusts.
    pub unsafe fn open(path: &Path) -> Result<Self, OpenError> {
        // SAFETY: the caller's duty.
        let handle = unsafe { unix::Library::open(Some(path), unix::RTLD_NOW | unix::RTLD_LOCAL) }
            .map_err(|error| OpenError::Link(innermost(&error)))?;
        // SAFETY: under these names a module exports functions of these types; that is the API's contract.
        let (on_load, on_unload) = unsafe { (find(&handle, ON_LOAD), find(&handle, ON_UNLOAD)) };
        let on_load = on_load.ok_or(OpenError::NoOnLoad)?;
        Ok(Self { handle: ManuallyDrop::new(handle), on_load, on_unload })
    }

    /// The entry point that every module has.
    pub fn on_load(&self) -> OnLoad {
        self.on_load
    }

    /// The exit that a module may have.
    pub fn on_unload(&self) -> Option<OnUnload> {
        self.on_unload
    }

    /// Unmaps the code.
    ///
    /// # Safety
    /// Nothing leads into it any more: no value of its data types, no callback, no thread that runs its code.
    pub unsafe fn close(self) {
        drop(ManuallyDrop::into_inner(self.handle));
    }
}

/// The dynamic linker's words: libloading's own only say that it failed.
fn innermost(error: &dyn Error) -> String {
    error.source().map_or_else(|| error.to_string(), innermost)
}

/// The first of these symbols that exists.
///
/// # Safety
/// A symbol with one of these names has type `F`, a function pointer.
unsafe fn find<F: Copy>(handle: &unix::Library, names: [&[u8]; 2]) -> Option<F> {
    names.into_iter().find_map(|name| {
        // SAFETY: the caller's duty; the pointer is copied out, and lives as long as the library is open.
        unsafe { handle.get::<F>(name) }.ok().map(|symbol| *symbol)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_module_says_so() {
        // SAFETY: there is no such file.
        let missing = unsafe { Library::open(Path::new("/nonexistent/module.so")) }.unwrap_err();
        assert!(missing.to_string().contains("/nonexistent/module.so"), "{missing}");
        // SAFETY: this process has it open already.
        let libc = unsafe { Library::open(Path::new("libc.so.6")) }.unwrap_err();
        assert_eq!(libc.to_string(), "exports neither ValkeyModule_OnLoad nor RedisModule_OnLoad");
    }
}
