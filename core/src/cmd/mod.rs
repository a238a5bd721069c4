//! What commands do: a folder per group, a file per command or small family. What a command *is* stands in
//! [`crate::command`].

mod bitmap;
mod connection;
mod generic;
mod server;
mod string;
#[cfg(test)]
pub(crate) mod testing;
mod transactions;

use crate::command::ArgList;
use crate::fail::Fail;
use crate::keyspace::Value;
use crate::resp::Args;
use crate::step::StepFn;

pub use generic::scan::{cursor_slot, parse_cursor};

/// Where a step runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Where its keys are: on their shard, or with the data of all their shards. Without keys: anywhere, without data.
    Keys,
    /// With all shards' data.
    World,
    /// On the shard that owns the slot in the cursor (argument 1).
    Cursor,
}

/// A command and what it does.
#[derive(Clone, Copy)]
pub struct StepRow {
    /// Full name, as in the command table: `get`, `object|encoding`.
    pub name: &'static str,
    /// Where it runs.
    pub place: Place,
    /// What it does.
    pub run: StepFn,
}

/// A row of a command that runs where its keys are.
const fn keys(name: &'static str, run: StepFn) -> StepRow {
    StepRow { name, place: Place::Keys, run }
}

/// A row of a command that needs all shards' data.
const fn world(name: &'static str, run: StepFn) -> StepRow {
    StepRow { name, place: Place::World, run }
}

/// All steps of this crate.
pub fn steps() -> impl Iterator<Item = StepRow> {
    let groups = [string::STEPS, bitmap::STEPS, generic::STEPS, connection::STEPS, server::STEPS, transactions::STEPS];
    groups.into_iter().flatten().copied()
}

impl ArgList for Args<'_> {
    fn len(&self) -> usize {
        Args::len(self)
    }

    fn get(&self, at: usize) -> &[u8] {
        Args::get(self, at)
    }
}

/// Argument `i` as an integer, by Valkey's strict rules.
pub(crate) fn int_arg(args: Args<'_>, i: usize) -> Result<i64, Fail> {
    crate::numfmt::parse_i64(args.get(i)).ok_or(Fail::NotInteger)
}

/// A string value's bytes; `buf` holds those of an integer.
pub(crate) fn string_bytes<'a>(
    value: Value<'a>,
    buf: &'a mut [u8; crate::keyspace::INTEGER_LEN_MAX],
) -> Result<&'a [u8], Fail> {
    match value {
        Value::Int(n) => Ok(crate::keyspace::format_integer(n, buf)),
        Value::Bytes(bytes) => Ok(bytes),
        Value::Object(_) => Err(Fail::WrongType),
    }
}
