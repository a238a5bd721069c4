//! Commands API.
//!
//! What a module registers is kept with it while it loads, and served at once when `OnLoad` has succeeded.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard};

use valkore_core::command::{
    AclCategories, CategoryError, Command as Row, CommandFlags, KeySpec, KeySpecFlags, LegacyRange, Str,
};
use valkore_shard::log::{Level, log};

use crate::abi::declare::*;
use crate::host::Core;
use crate::host::command_info::Info;
use crate::host::context::Context;
use crate::host::lock::with;
use crate::host::module::{CommandHandle, Module, ModuleCommand, SharedCommand};
use crate::host::positions::Positions;
use crate::host::raw;

/// The arity of a command that has said nothing else.
const ARITY_ANY: i16 = -1;
/// The arity of a container or subcommand that has said nothing else.
const ARITY_OF_SUBCOMMAND: i16 = -2;

/// What the command does with a key of which it says nothing.
const FULL_ACCESS: KeySpecFlags = KeySpecFlags::RW.union(KeySpecFlags::ACCESS).union(KeySpecFlags::UPDATE);

api! {
    /// Is the command asked where its keys are?
    fn IsKeysPositionRequest(ctx: *mut Ctx) -> c_int {
        // SAFETY: by the caller, a context.
        unsafe { Context::of(ctx) }.is_some_and(|ctx| matches!(ctx.positions, Some(Positions::Keys(_)))).into()
    }

    /// Argument `pos` is a key, and this is what is done with it.
    fn KeyAtPosWithFlags(ctx: *mut Ctx, pos: c_int, flags: c_int) {
        // SAFETY: by the caller, a context.
        if let Some(positions) = unsafe { Context::of(ctx) }.and_then(|ctx| ctx.positions.as_mut()) {
            positions.add_key(pos, KeySpecFlags::from_bits_truncate(flags as u16));
        }
    }

    /// Argument `pos` is a key.
    fn KeyAtPos(ctx: *mut Ctx, pos: c_int) {
        // SAFETY: by the caller, a context.
        unsafe { KeyAtPosWithFlags(ctx, pos, FULL_ACCESS.bits().into()) }
    }

    /// Is the command asked where its channels are?
    fn IsChannelsPositionRequest(ctx: *mut Ctx) -> c_int {
        // SAFETY: by the caller, a context.
        unsafe { Context::of(ctx) }.is_some_and(|ctx| matches!(ctx.positions, Some(Positions::Channels(_)))).into()
    }

    /// Argument `pos` is a channel, and this is what is done with it.
    fn ChannelAtPosWithFlags(ctx: *mut Ctx, pos: c_int, flags: c_int) {
        // SAFETY: by the caller, a context.
        if let Some(positions) = unsafe { Context::of(ctx) }.and_then(|ctx| ctx.positions.as_mut()) {
            positions.add_channel(pos, flags);
        }
    }

    /// A new command, in `OnLoad`.
    fn CreateCommand(ctx: *mut Ctx, name: *const c_char, cmdfunc: CmdFunc, strflags: *const c_char, firstkey: c_int, lastkey: c_int, keystep: c_int) -> c_int {
        // SAFETY: by the caller, a context and two C strings.
        let (ctx, name, flags) = unsafe { (Context::of(ctx), raw::owned_text(name), flags_of(strflags)) };
        let (Some(ctx), Some(name), Some(flags)) = (ctx, name, flags) else { return ERR };
        let Some(module) = ctx.module.clone() else { return ERR };
        let Some(loading) = &mut ctx.loading else { return ERR };
        if !is_valid(&name) || loading.commands.iter().any(|c| lock(c).row.name.eq_ignore_ascii_case(&name)) {
            return ERR;
        }
        if is_refused(flags) || with(|core| core.home.runner.registry.table.lookup(name.as_bytes()).is_some()) {
            return ERR;
        }
        let arity = if cmdfunc.is_some() { ARITY_ANY } else { ARITY_OF_SUBCOMMAND };
        let row = new_row(name, arity, flags, LegacyRange { first: firstkey, last: lastkey, step: keystep }, &module);
        loading.commands.push(Arc::new(Mutex::new(ModuleCommand { row, run: cmdfunc, subcommands: Vec::new() })));
        OK
    }

    /// The module's command of this name, or its subcommand of this name with a `|`.
    fn GetCommand(ctx: *mut Ctx, name: *const c_char) -> *mut Command {
        // SAFETY: by the caller, a context and a C string.
        let (Some(ctx), Some(name)) = (unsafe { (Context::of(ctx), raw::owned_text(name)) }) else { return null_mut() };
        let Some(module) = ctx.module.clone() else { return null_mut() };
        let found = match &ctx.loading {
            Some(loading) => find(&loading.commands, &name),
            None => find(&module.registered.lock().expect("no one panics with this lock"), &name),
        };
        let Some((command, subcommand)) = found else { return null_mut() };
        let handle = Box::new(CommandHandle { module: Arc::downgrade(&module), command, subcommand });
        let at = (&raw const *handle).cast_mut().cast();
        module.handles.lock().expect("no one panics with this lock").push(handle);
        at
    }

    /// A new subcommand of a command without a function of its own, in `OnLoad`.
    fn CreateSubcommand(parent: *mut Command, name: *const c_char, cmdfunc: CmdFunc, strflags: *const c_char, firstkey: c_int, lastkey: c_int, keystep: c_int) -> c_int {
        // SAFETY: by the caller, a command that GetCommand gave and two C strings.
        let (parent, name, flags) = unsafe { (handle(parent), raw::owned_text(name), flags_of(strflags)) };
        let (Some(parent), Some(name), Some(flags)) = (parent, name, flags) else { return ERR };
        let Some(module) = parent.module.upgrade().filter(|m| !m.loaded.load(Ordering::Acquire)) else { return ERR };
        let mut command = lock(&parent.command);
        let taken = command.subcommands.iter().any(|s| s.0.eq_ignore_ascii_case(&name));
        if parent.subcommand.is_some() || command.run.is_some() || !is_valid(&name) || taken || is_refused(flags) {
            return ERR;
        }
        let full_name = format!("{}|{name}", command.row.full_name);
        let range = LegacyRange { first: firstkey, last: lastkey, step: keystep };
        let row = new_row(full_name, ARITY_OF_SUBCOMMAND, flags, range, &module);
        command.row.subcommands.to_mut().push(row);
        command.subcommands.push((name, cmdfunc));
        OK
    }

    /// A new ACL category, in `OnLoad`.
    fn AddACLCategory(ctx: *mut Ctx, name: *const c_char) -> c_int {
        // SAFETY: by the caller, a context and a C string.
        let (Some(ctx), Some(name)) = (unsafe { (Context::of(ctx), raw::owned_text(name)) }) else { return ERR };
        let Some(loading) = &mut ctx.loading else { return ERR };
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        if name.is_empty() || !name.bytes().all(is_plain) {
            set_errno(libc::EINVAL);
            return ERR;
        }
        let added = with(|core| {
            let added = core.home.runner.node.registry.update(|old| {
                let mut new = old.clone();
                new.table.categories_mut().add(&name).map(|_| new)
            });
            refresh_registry(core);
            added.map(drop)
        });
        match added {
            Ok(()) => {
                loading.categories += 1;
                OK
            }
            Err(error) => {
                set_errno(if error == CategoryError::Taken { libc::EBUSY } else { libc::ENOMEM });
                ERR
            }
        }
    }

    /// Puts a command into these ACL categories too, in `OnLoad`.
    fn SetCommandACLCategories(command: *mut Command, aclflags: *const c_char) -> c_int {
        // SAFETY: by the caller, a command that GetCommand gave and a C string.
        let (Some(handle), names) = (unsafe { (handle(command), raw::text(aclflags)) }) else { return ERR };
        if handle.module.upgrade().is_none_or(|m| m.loaded.load(Ordering::Acquire)) {
            return ERR;
        }
        let categories = with(|core| {
            let known = core.home.runner.registry.table.categories();
            words(names).try_fold(AclCategories::empty(), |all, name| Some(all | known.find(name)?))
        });
        let Some(categories) = categories else { return ERR };
        with_row(handle, |row| row.acl |= categories);
        OK
    }

    /// Tells about a command, once: documentation, arity, keys.
    fn SetCommandInfo(command: *mut Command, info: *const CommandInfo) -> c_int {
        // SAFETY: by the caller, a command that GetCommand gave and what the reference says.
        let (Some(handle), Some(info)) = (unsafe { (handle(command), info.as_ref()) }) else { return ERR };
        // SAFETY: as above.
        let info = match unsafe { Info::read(info) } {
            Ok(info) => info,
            Err(why) => {
                log(Level::Warning, &format!("Invalid command info: {why}"));
                set_errno(libc::EINVAL);
                return ERR;
            }
        };
        if with_row(handle, |row| Info::is_set(row)) {
            set_errno(libc::EEXIST);
            return ERR;
        }
        with_row(handle, |row| info.put(row));
        OK
    }
}

/// The handle behind a module's pointer.
///
/// # Safety
/// `command` is null, or came from `GetCommand` of a module that is alive during `'a`.
unsafe fn handle<'a>(command: *mut Command) -> Option<&'a CommandHandle> {
    // SAFETY: by the caller; handles go with their module only.
    unsafe { command.cast::<CommandHandle>().as_ref() }
}

fn lock(command: &SharedCommand) -> MutexGuard<'_, ModuleCommand> {
    command.lock().expect("no one panics with this lock")
}

/// The command with this name, or container and subcommand of a name with a `|`.
fn find(commands: &[SharedCommand], name: &str) -> Option<(SharedCommand, Option<usize>)> {
    let (own, sub) = name.split_once('|').map_or((name, None), |(own, sub)| (own, Some(sub)));
    let command = commands.iter().find(|c| lock(c).row.name.eq_ignore_ascii_case(own))?;
    let at = match sub {
        Some(sub) => Some(lock(command).subcommands.iter().position(|s| s.0.eq_ignore_ascii_case(sub))?),
        None => None,
    };
    Some((command.clone(), at))
}

/// Runs `f` on the row of a command or subcommand; where the module is loaded, what it changed is served from now on.
fn with_row<R>(handle: &CommandHandle, f: impl FnOnce(&mut Row) -> R) -> R {
    let mut command = lock(&handle.command);
    let result = match handle.subcommand {
        None => f(&mut command.row),
        Some(at) => f(&mut command.row.subcommands.to_mut()[at]),
    };
    if handle.module.upgrade().is_some_and(|m| m.loaded.load(Ordering::Acquire)) {
        let row = Arc::new(command.row.clone());
        with(|core| {
            let changed = core.home.runner.node.registry.update(|old| {
                let mut new = old.clone();
                let id = new.table.lookup(row.name.as_bytes()).ok_or(())?;
                new.table.replace(id, row).map_err(drop).map(|()| new)
            });
            debug_assert!(changed.is_ok(), "a command of a module that is loaded is in the table");
            refresh_registry(core);
        });
    }
    result
}

/// What was just registered is known to home from now on. Its clock stands still: a unit is under way.
fn refresh_registry(core: &mut Core) {
    let runner = &mut core.home.runner;
    runner.registry.refresh(&runner.node.registry);
}

/// A row with what `CreateCommand` and `CreateSubcommand` say.
fn new_row(full_name: String, arity: i16, flags: CommandFlags, range: LegacyRange, module: &Module) -> Row {
    let mut row = Row::new(full_name, arity);
    row.flags = flags | CommandFlags::MODULE;
    row.docs.module = Some(Str::Owned(module.name().into()));
    if range.first != 0 {
        let callback = flags.contains(CommandFlags::MODULE_GETKEYS);
        row.key_specs = vec![KeySpec::from_legacy(range, callback)].into();
    }
    row.derive_from_specs();
    row
}

/// May a command be called so?
fn is_valid(name: &str) -> bool {
    !name.contains([' ', '\t', '\r', '\n', '|', '@'])
}

/// Is it one that doesn't want to be in a cluster, and this is one?
fn is_refused(flags: CommandFlags) -> bool {
    flags.contains(CommandFlags::MODULE_NO_CLUSTER) && with(|core| core.home.runner.config.cluster_enabled)
}

/// The words between single blanks; none in an empty text.
fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|&b| b == b' ').filter(move |_| !text.is_empty())
}

/// What the words of `strflags` mean; `None` if there is one that isn't known.
///
/// # Safety
/// `strflags` is null or a C string.
unsafe fn flags_of(strflags: *const c_char) -> Option<CommandFlags> {
    // SAFETY: by the caller.
    let text = unsafe { raw::text(strflags) };
    words(text).try_fold(CommandFlags::empty(), |all, word| Some(all | flag_of(word)?))
}

fn flag_of(word: &[u8]) -> Option<CommandFlags> {
    Some(match word.to_ascii_lowercase().as_slice() {
        b"write" => CommandFlags::WRITE,
        b"readonly" => CommandFlags::READONLY,
        b"admin" => CommandFlags::ADMIN,
        b"deny-oom" => CommandFlags::DENYOOM,
        b"deny-script" => CommandFlags::NOSCRIPT,
        b"allow-loading" => CommandFlags::LOADING,
        b"pubsub" => CommandFlags::PUBSUB,
        // Deprecated: a hint for clients says it.
        b"random" => CommandFlags::empty(),
        b"blocking" => CommandFlags::BLOCKING,
        b"allow-stale" => CommandFlags::STALE,
        b"no-monitor" => CommandFlags::SKIP_MONITOR,
        b"no-slowlog" | b"no-commandlog" => CommandFlags::SKIP_COMMANDLOG,
        b"fast" => CommandFlags::FAST,
        b"no-auth" => CommandFlags::NO_AUTH,
        b"may-replicate" => CommandFlags::MAY_REPLICATE,
        b"getkeys-api" => CommandFlags::MODULE_GETKEYS,
        b"getchannels-api" => CommandFlags::MODULE_GETCHANNELS,
        b"no-cluster" => CommandFlags::MODULE_NO_CLUSTER,
        b"no-mandatory-keys" => CommandFlags::NO_MANDATORY_KEYS,
        b"allow-busy" => CommandFlags::ALLOW_BUSY,
        b"all-dbs" => CommandFlags::ALL_DBS,
        _ => return None,
    })
}
