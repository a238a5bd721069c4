//! Runs a command for a module (`Call`), within the unit that is under way.

use std::ffi::c_int;

use valkore_core::command::{CommandFlags, CommandId};
use valkore_core::fail::Fail;
use valkore_core::resp::{OwnedArgs, Protocol};
use valkore_core::step::ClientTag;
use valkore_shard::registry::Run;

use super::Core;
use super::lock::with;
use super::string::Str;
use crate::abi::shim::{Argument, format};
use crate::abi::types::ModuleString;

/// What a module asks for.
pub struct Request<'a> {
    /// The command; a subcommand is an argument.
    pub name: &'a [u8],
    /// Its arguments, without the name.
    pub args: &'a [Argument],
    /// What the letters of the format say: [`format`].
    pub flags: u32,
    /// The client of the context.
    pub client: ClientTag,
}

/// Why a command is not run.
pub struct Refused {
    /// For the module.
    pub errno: c_int,
    /// The answer, where the module wants errors as answers.
    pub answer: Option<Vec<u8>>,
}

impl Refused {
    fn new(errno: c_int, text: &str) -> Self {
        let code = if text.starts_with('-') { "" } else { "-ERR " };
        Self { errno, answer: Some(format!("{code}{}\r\n", text.replace(['\r', '\n'], " ")).into_bytes()) }
    }

    fn fail(errno: c_int, fail: &Fail) -> Self {
        Self::new(errno, &format!("-{}", fail.text()))
    }
}

/// Runs the command; its answer, or none if it was only asked whether it could run. No core is held: the command may be a
/// module's. The caller holds the module lock.
pub fn run(request: &Request<'_>) -> Result<Option<Vec<u8>>, Refused> {
    let has = |flag| request.flags & flag != 0;
    if has(format::AS_USER) && request.client.id == 0 {
        let text = "cannot run as user, no user directly attached to context or context's client";
        return Err(Refused::new(libc::ENOTSUP, text));
    }
    if has(format::BAD) {
        return Err(Refused { errno: libc::EBADF, answer: None });
    }
    let args = request.owned_args();
    let (id, run) = with(|core| admit(core, request.flags, &args))?;
    if has(format::DRY_RUN) {
        return Ok(None);
    }
    let protocol = match () {
        () if has(format::RESP3) => Protocol::Resp3,
        () if has(format::RESP_AUTO) => request.client.protocol,
        () => Protocol::Resp2,
    };
    let id_of_caller = with(|core| core.id_of_caller());
    let mut client = ClientTag { id: id_of_caller, db: request.client.db, protocol, no_touch: false };
    let mut out = Vec::new();
    match run {
        Run::Keyed(_) | Run::World(_) | Run::Cursor(_) => super::home::run_step(id, args.args(), client, &mut out),
        Run::Session(n) => with(|core| {
            valkore_net::detached::run(&mut core.home.runner, n, id, args.args(), client, &mut out);
        }),
        Run::Home => {
            let blocked = super::home::run_home_command(id, request.strings(), &mut client, true, &mut out);
            debug_assert!(blocked.is_none(), "a context that may not block has blocked");
        }
        Run::Nothing => unreachable!("it was not admitted"),
    }
    Ok(Some(out))
}

impl Request<'_> {
    /// Name and arguments.
    fn owned_args(&self) -> OwnedArgs {
        let mut args = OwnedArgs::default();
        args.push(self.name);
        for argument in self.args {
            match *argument {
                // SAFETY: the shim has them from the module, for the time of the call.
                Argument::Bytes(ptr, len) => args.push(unsafe { super::raw::bytes(ptr.cast(), len) }),
                // SAFETY: as above.
                Argument::String(string) => args.push(unsafe { Str::of(string) }.bytes()),
                Argument::Integer(n) => args.push(n.to_string().as_bytes()),
            }
        }
        args
    }

    /// Name and arguments as module strings; those that are some already are owned once more.
    fn strings(&self) -> Vec<*mut ModuleString> {
        let string = |argument: &Argument| match *argument {
            // SAFETY: the shim has them from the module, for the time of the call.
            Argument::Bytes(ptr, len) => Str::new(unsafe { super::raw::bytes(ptr.cast(), len) }),
            Argument::String(string) => {
                // SAFETY: as above.
                unsafe { Str::retain(string) };
                string
            }
            Argument::Integer(n) => Str::new(n.to_string().as_bytes()),
        };
        std::iter::once(Str::new(self.name)).chain(self.args.iter().map(string)).collect()
    }
}

/// What the command is and what runs it, if it may run.
fn admit(core: &mut Core, flags: u32, args: &OwnedArgs) -> Result<(CommandId, Run), Refused> {
    let args = args.args();
    let runner = &core.home.runner;
    let table = &runner.registry.table;
    let has = |flag| flags & flag != 0;
    let second = (args.len() > 1).then(|| args.get(1));
    let Some(id) = table.resolve(args.get(0), second) else {
        let fail = match table.lookup(args.get(0)) {
            Some(_) => valkore_net::detached::unknown_subcommand(args),
            None => valkore_net::unknown_command(args),
        };
        return Err(Refused::fail(libc::ENOENT, &fail));
    };
    let command = table.get(id);
    if !command.arity_allows(args.len()) {
        let fail = Fail::Arity(command.full_name.to_string().into());
        return Err(Refused::fail(libc::EINVAL, &fail));
    }
    let run = runner.registry.run(id);
    if matches!(run, Run::Nothing) {
        return Err(Refused::fail(libc::ENOENT, &valkore_net::unknown_command(args)));
    }
    let full_name = &command.full_name;
    if has(format::SCRIPT_MODE) && command.flags.contains(CommandFlags::NOSCRIPT) {
        return Err(Refused::new(libc::ESPIPE, &format!("command '{full_name}' is not allowed on script mode")));
    }
    if has(format::RESPECT_OOM) && command.flags.contains(CommandFlags::DENYOOM) && core.is_out_of_memory() {
        let text = "-OOM command not allowed when used memory > 'maxmemory'.";
        return Err(Refused::new(libc::ENOSPC, text));
    }
    if has(format::NO_WRITES) && command.flags.contains(CommandFlags::WRITE) {
        let text = format!("Write command '{full_name}' was called while write is not allowed.");
        return Err(Refused::new(libc::ENOSPC, &text));
    }
    Ok((id, run))
}

impl Core {
    /// The client id that commands run under which modules call.
    fn id_of_caller(&mut self) -> u64 {
        if self.caller == 0 {
            self.caller = self.home.runner.node.new_client_id();
        }
        self.caller
    }

    /// Is more memory in use than the configuration allows?
    pub fn is_out_of_memory(&self) -> bool {
        self.used_memory_ratio() > 1.0
    }

    /// Memory in use, in parts of what the configuration allows; 0 where it allows any.
    pub fn used_memory_ratio(&self) -> f32 {
        let runner = &self.home.runner;
        let max = runner.config.maxmemory;
        if max == 0 { 0.0 } else { (runner.node.sample_memory().allocated as f64 / max as f64) as f32 }
    }
}
