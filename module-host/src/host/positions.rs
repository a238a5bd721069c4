//! Commands that tell by themselves where their keys and channels are: the command's function is called, and says it by
//! `KeyAtPos` and `ChannelAtPos` instead of running.

use std::ffi::c_int;

use valkore_core::command::{CommandId, KeyPos, KeySpecFlags};

use super::context::{Context, Why};
use super::lock::with;
use crate::abi::types::ModuleString;

/// What a command is asked, and what it has said.
#[derive(Debug)]
pub enum Positions {
    /// Where its keys are.
    Keys(Vec<KeyPos>),
    /// Where its channels are, and what it does with them (`CMD_CHANNEL_*`).
    Channels(Vec<(u32, c_int)>),
}

impl Positions {
    /// The command says: argument `at` is a key.
    pub fn add_key(&mut self, at: c_int, flags: KeySpecFlags) {
        if let (Self::Keys(keys), Ok(index @ 1..)) = (self, u32::try_from(at)) {
            keys.push(KeyPos { index, flags });
        }
    }

    /// The command says: argument `at` is a channel.
    pub fn add_channel(&mut self, at: c_int, flags: c_int) {
        if let (Self::Channels(channels), Ok(index @ 1..)) = (self, u32::try_from(at)) {
            channels.push((index, flags));
        }
    }
}

/// Asks a module's command about these arguments. The caller holds the module lock. `None`: it is no module's.
pub fn ask(id: CommandId, args: &[*mut ModuleString], what: Positions) -> Option<Positions> {
    let module = super::home::owner_of(id)?;
    let run = module.command(id).flatten()?;
    let mut ctx = Context::new(Why::Command, Some(module));
    ctx.positions = Some(what);
    ctx.command = Some(id);
    let mut argv = args.to_vec();
    // SAFETY: the module registered this function for this command, with a flag that says that it can be asked; context
    // and arguments live through the call.
    unsafe { run(ctx.as_ptr(), argv.as_mut_ptr(), argv.len() as c_int) };
    ctx.positions.take()
}

/// The keys of an invocation, as the module that registered the command tells them.
pub fn keys(id: CommandId, args: &[*mut ModuleString]) -> Option<Vec<KeyPos>> {
    debug_assert!(with(|core| core.home.runner.registry.table.try_get(id).is_some()));
    match ask(id, args, Positions::Keys(Vec::new()))? {
        Positions::Keys(mut keys) => {
            keys.retain(|k| (k.index as usize) < args.len());
            Some(keys)
        }
        Positions::Channels(_) => None,
    }
}
