//! Values of modules: commands that may change or copy one run at home, where the module can be asked. Only data that
//! may hold such values is looked at ([`ShardData::foreign`]).

use valkore_core::command::{CommandId, KeyPos, find_keys};
use valkore_core::data::ShardData;
use valkore_core::resp::Args;
use valkore_core::slot::key_slot;

use super::Shard;
use crate::msg::Hop;
use crate::plan::Target;
use crate::registry::{Registry, Run};

impl Shard {
    /// Where a command runs that was planned for `target`: at home, if that is this shard and the command may change a
    /// module's value here.
    #[inline]
    pub fn place(&mut self, target: Target, id: CommandId, args: Args<'_>, db: u16) -> Target {
        if target != Target::Shard(self.id) {
            return target;
        }
        match self.data() {
            Some((data, runner)) if data.foreign && changes(&|_| Some(data), &runner.registry, id, args, db) => {
                Target::Home
            }
            _ => target,
        }
    }
}

/// Must what is left of a hop go home, which would run on `data`?
#[cold]
pub(super) fn hop_wants_home(data: &ShardData, registry: &Registry, hop: &Hop) -> bool {
    any_changes(&|_| Some(data), registry, hop)
}

/// Must a unit go home, which would run on all of `held`?
#[inline]
pub(super) fn unit_wants_home(held: &[(usize, Box<ShardData>)], registry: &Registry, hop: &Hop) -> bool {
    let find = |slot| held.iter().map(|h| &*h.1).find(|data| data.owned.contains(slot));
    held.iter().any(|h| h.1.foreign) && any_changes(&find, registry, hop)
}

/// Data by slot, where it is held.
type Find<'f, 'd> = &'f dyn Fn(u16) -> Option<&'d ShardData>;

/// May the hop's next command change a module's value, or any command of its transaction? Home can't run commands of
/// the connection: a transaction that has some runs here, and what it frees is freed at home.
fn any_changes(data: Find<'_, '_>, registry: &Registry, hop: &Hop) -> bool {
    let which = if hop.exec.is_some() { 0..hop.commands.len() } else { hop.next..hop.next + 1 };
    let session = |i: usize| matches!(registry.run(hop.commands[i].id), Run::Session(_));
    let change = |i: usize| changes(data, registry, hop.commands[i].id, hop.args(i), hop.client.db);
    !which.clone().any(session) && which.clone().any(change)
}

/// May this command change a module's value? One that writes and names no keys may change any.
#[cold]
fn changes(data: Find<'_, '_>, registry: &Registry, id: CommandId, args: Args<'_>, db: u16) -> bool {
    let mut keys: Vec<KeyPos> = Vec::new();
    if !registry.is_write(id) {
        return false;
    }
    if find_keys(registry.command(id), &args, &mut keys).is_err() || keys.is_empty() {
        return true;
    }
    keys.iter().any(|key| {
        let bytes = args.get(key.index as usize);
        let Some(data) = data(key_slot(bytes)).filter(|d| d.foreign) else { return false };
        let entry = data.keyspace.get(db as usize, &data.key(bytes));
        entry.is_some_and(|e| e.foreign().is_some())
    })
}
