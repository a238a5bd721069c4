//! Miscellaneous APIs.

use valkore_core::command::{KeyError, KeyPos, find_keys};

use crate::abi::constants::{CTX_FLAGS_NEXT, NOTIFY_NEXT, OPTIONS_FLAGS_NEXT, TYPE_METHOD_VERSION};
use crate::abi::declare::*;
use crate::host::context::Context;
use crate::host::lock::with;
use crate::host::raw;

api! {
    /// All options of a module that this server knows.
    fn GetModuleOptionsAll() -> c_int {
        OPTIONS_FLAGS_NEXT - 1
    }
}
api! {
    /// All flags of a context that this server knows.
    fn GetContextFlagsAll() -> c_int {
        CTX_FLAGS_NEXT - 1
    }
}
api! {
    /// All classes of keyspace notifications that this server knows.
    fn GetKeyspaceNotificationFlagsAll() -> c_int {
        NOTIFY_NEXT - 1
    }
}
api! {
    /// The version of Valkey that this server is like, as `0x00MMmmpp`.
    fn GetServerVersion() -> c_int {
        let parts = valkore_core::config::VALKEY_VERSION.split('.');
        parts.fold(0, |version, part| version << 8 | part.parse::<c_int>().unwrap_or(0))
    }
}
api! {
    /// The newest layout of `TypeMethods` that this server reads.
    fn GetTypeMethodVersion() -> c_int {
        TYPE_METHOD_VERSION
    }
}
api! {
    /// Puts `new_value` in place of the key's value of the same type; the old one is the module's again.
    fn ModuleTypeReplaceValue(key: *mut Key, mt: *mut ModuleType, new_value: *mut c_void, old_value: *mut *mut c_void) -> c_int {
        // SAFETY: the module hands over a key that it has open.
        let Some(old) = (unsafe { super::data_types::replace_value(key, mt, new_value) }) else { return ERR };
        if !old_value.is_null() {
            // SAFETY: the module hands over where it wants the old one.
            unsafe { *old_value = old };
        }
        OK
    }
}
api! {
    /// Which of these arguments are keys, and what the command does with them: two blocks that the module frees.
    fn GetCommandKeysWithFlags(_ctx: *mut Ctx, argv: *mut *mut ModuleString, argc: c_int, num_keys: *mut c_int, out_flags: *mut *mut c_int) -> *mut c_int {
        // SAFETY: by the caller, `argc` strings.
        let args = unsafe { std::slice::from_raw_parts(argv, usize::try_from(argc).unwrap_or(0)) };
        let keys = match command_keys(args) {
            Ok(keys) => keys,
            Err(code) => {
                set_errno(code);
                return null_mut();
            }
        };
        // SAFETY: by the caller, places for these, or null.
        unsafe {
            raw::put(num_keys, keys.len() as c_int);
            if keys.is_empty() {
                return null_mut();
            }
            if !out_flags.is_null() {
                *out_flags = block_of(keys.iter().map(|k| k.flags.bits().into()));
            }
        }
        block_of(keys.iter().map(|k| k.index as c_int))
    }

    /// Which of these arguments are keys: a block that the module frees.
    fn GetCommandKeys(ctx: *mut Ctx, argv: *mut *mut ModuleString, argc: c_int, num_keys: *mut c_int) -> *mut c_int {
        // SAFETY: by the caller, as above.
        unsafe { GetCommandKeysWithFlags(ctx, argv, argc, num_keys, null_mut()) }
    }

    /// The full name of the command that runs; null where none does.
    fn GetCurrentCommandName(ctx: *mut Ctx) -> *const c_char {
        // SAFETY: by the caller, a context.
        let Some(ctx) = (unsafe { Context::of(ctx) }) else { return null_mut() };
        let Some(id) = ctx.command else { return null_mut() };
        let name = with(|core| core.home.runner.registry.table.try_get(id).map(|c| c.full_name.to_string()));
        name.map_or(null_mut(), |name| ctx.pool_text(&name))
    }
}

/// The keys among a command's arguments; `errno` where they can't be told.
fn command_keys(args: &[*mut ModuleString]) -> Result<Vec<KeyPos>, c_int> {
    // SAFETY: by the caller of the API function, they are strings.
    let list: Vec<&[u8]> = args.iter().map(|&s| unsafe { super::strings::bytes_of(s) }).collect();
    let (Some(name), second) = (list.first(), list.get(1)) else { return Err(libc::ENOENT) };
    let mut keys = Vec::new();
    let (id, told) = with(|core| {
        let table = &core.home.runner.registry.table;
        let id = table.resolve(name, second.copied()).ok_or(libc::ENOENT)?;
        let command = table.get(id);
        if !command.may_have_keys() {
            return Ok((id, Ok(())));
        }
        if !command.arity_allows(list.len()) {
            return Err(libc::EINVAL);
        }
        Ok((id, find_keys(command, &list[..], &mut keys)))
    })?;
    match told {
        Ok(()) => Ok(keys),
        Err(KeyError::AskModule) => Ok(crate::host::positions::keys(id, args).unwrap_or_default()),
        Err(_) => Err(libc::EINVAL),
    }
}

/// Numbers in a block that the module frees.
fn block_of(numbers: impl ExactSizeIterator<Item = c_int>) -> *mut c_int {
    // SAFETY: any size may be asked for; it ends the process where there is no memory.
    let block: *mut c_int = unsafe { super::allocation::Alloc(numbers.len() * size_of::<c_int>()) }.cast();
    for (at, number) in numbers.enumerate() {
        // SAFETY: the block has room for all of them, and is nobody else's.
        unsafe { block.add(at).write(number) };
    }
    block
}
