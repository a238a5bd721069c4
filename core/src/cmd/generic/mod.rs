//! Commands on keys of any type.

mod copy;
mod del;
mod encoding;
mod exists;
mod expire;
mod keys;
mod move_key;
mod object;
mod random;
#[cfg(test)]
mod recorded;
mod rename;
pub(super) mod scan;
#[cfg(test)]
pub(super) mod testing;
mod ttl;

pub(super) use encoding::encoding_name;
pub(super) use object::idle_seconds;

use super::{Place, StepRow, keys, world};
use crate::config::Config;
use crate::fail::Fail;
use crate::keyspace::{Entry, KeyRef, Value};
use crate::resp::Args;
use crate::step::Step;

pub(super) const STEPS: &[StepRow] = &[
    keys("copy", copy::copy),
    keys("del", del::del),
    keys("exists", exists::exists),
    keys("expire", expire::expire),
    keys("expireat", expire::expireat),
    keys("expiretime", ttl::expiretime),
    world("keys", keys::keys),
    keys("move", move_key::move_key),
    keys("object|encoding", object::encoding),
    keys("object|freq", object::freq),
    keys("object|help", object::help),
    keys("object|idletime", object::idletime),
    keys("object|refcount", object::refcount),
    keys("persist", expire::persist),
    keys("pexpire", expire::pexpire),
    keys("pexpireat", expire::pexpireat),
    keys("pexpiretime", ttl::pexpiretime),
    keys("pttl", ttl::pttl),
    world("randomkey", random::randomkey),
    keys("rename", rename::rename),
    keys("renamenx", rename::renamenx),
    StepRow { name: "scan", place: Place::Cursor, run: scan::scan },
    keys("touch", exists::touch),
    keys("ttl", ttl::ttl),
    keys("type", exists::type_),
    keys("unlink", del::del),
];

/// The key's entry for reading, as EXISTS looks: counts hit or miss and tells a miss, but leaves the time of the
/// last access as it is.
fn read_untouched<'s>(step: &'s mut Step<'_>, key: &KeyRef<'_>) -> Option<Entry<'s>> {
    let (db, clock) = (step.db(), step.clock);
    step.data(key.slot).read(db, key, clock, true)
}

/// The key's entry as a command looks that is about to change it, but may find that it won't: touches, counts nothing.
fn find<'s>(step: &'s mut Step<'_>, db: usize, key: &KeyRef<'_>) -> Option<Entry<'s>> {
    let (clock, no_touch) = (step.clock, step.client.no_touch);
    let data = step.data(key.slot);
    data.expire_if_needed(db, key, clock);
    data.keyspace.access(db, key, (!no_touch).then(|| clock.lru()))
}

/// The type of a value, as `TYPE` answers it.
fn type_name<'v>(value: &Value<'v>) -> &'v str {
    match value {
        Value::Int(_) | Value::Bytes(_) => "string",
        Value::Object(object) => object.type_name(),
    }
}

/// Argument `i` as a 32-bit integer.
pub(super) fn int32_arg(args: Args<'_>, i: usize) -> Result<i32, Fail> {
    i32::try_from(super::int_arg(args, i)?).map_err(|_| {
        Fail::text_of(format!("ERR value is out of range, value must between {} and {}", i32::MIN, i32::MAX))
    })
}

/// Argument `i` as the number of a database that there is.
fn db_arg(config: &Config, args: Args<'_>, i: usize) -> Result<usize, Fail> {
    db_index(config, int32_arg(args, i)?)
}

/// `index` as the number of a database that there is.
pub(super) fn db_index(config: &Config, index: i32) -> Result<usize, Fail> {
    let databases = if config.cluster_enabled { config.cluster_databases } else { config.databases };
    let index = i64::from(index);
    if (0..databases).contains(&index) { Ok(index as usize) } else { Err(Fail::DbOutOfRange) }
}

/// An argument as it appears within an error: up to its first NUL, as C prints it. What is no UTF-8 shows as U+FFFD.
pub(super) fn quoted(arg: &[u8]) -> String {
    let end = arg.iter().position(|&b| b == 0).unwrap_or(arg.len());
    String::from_utf8_lossy(&arg[..end]).into_owned()
}
