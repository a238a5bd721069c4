//! Modules API exporting / importing.

use std::sync::Arc;

use crate::abi::declare::*;
use crate::host::context::Context;
use crate::host::lock::with;
use crate::host::module::Module;
use crate::host::raw;

/// Notes `name` in a list of names, once.
fn note(names: &std::sync::Mutex<Vec<String>>, name: &str) {
    let mut names = names.lock().expect("no one panics with this lock");
    if !names.iter().any(|n| n == name) {
        names.push(name.into());
    }
}

/// The module of a context, and the name that it gave.
///
/// # Safety
/// `ctx` is null or a context that lives; `apiname` is null or a C string.
unsafe fn named(ctx: *mut Ctx, apiname: *const c_char) -> Option<(Arc<Module>, String)> {
    // SAFETY: by the caller.
    unsafe { Some((Context::of(ctx)?.module.clone()?, raw::owned_text(apiname)?)) }
}

api! {
    /// Other modules find this pointer by its name from now on; not if the name is taken.
    fn ExportSharedAPI(ctx: *mut Ctx, apiname: *const c_char, func: *mut c_void) -> c_int {
        // SAFETY: by the caller, a context and a C string.
        let Some((module, name)) = (unsafe { named(ctx, apiname) }) else { return ERR };
        with(|core| match core.shared_api.entry(name) {
            std::collections::hash_map::Entry::Occupied(_) => ERR,
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert((func as usize, module.name().into()));
                OK
            }
        })
    }

    /// The pointer that a module exports by this name. That module can't be unloaded as long as this one is there.
    fn GetSharedAPI(ctx: *mut Ctx, apiname: *const c_char) -> *mut c_void {
        // SAFETY: by the caller, a context and a C string.
        let Some((module, name)) = (unsafe { named(ctx, apiname) }) else { return null_mut() };
        with(|core| {
            let Some((func, owner)) = core.shared_api.get(&name).cloned() else { return null_mut() };
            if let Some(owner) = core.module(&owner).filter(|owner| owner.name() != module.name()) {
                note(&owner.used_by, module.name());
                note(&module.using, owner.name());
            }
            func as *mut c_void
        })
    }
}
