//! The rows of stock Valkey's commands, by group. The groups' files are generated: see
//! `core/tools/commands_from_stock.py`; [`macros`] says how to read a row.

mod bitmap;
mod cluster;
mod connection;
mod generic;
mod geo;
mod hash;
mod hyperloglog;
mod list;
mod macros;
mod pubsub;
mod scripting;
mod server;
mod set;
mod sorted_set;
mod stream;
mod string;
mod transactions;

use super::Command;

/// All commands of stock Valkey, by group. Whether one is served is decided by whether it has a handler.
pub static ROWS: &[&[Command]] = &[
    bitmap::ROWS,
    cluster::ROWS,
    connection::ROWS,
    generic::ROWS,
    geo::ROWS,
    hash::ROWS,
    hyperloglog::ROWS,
    list::ROWS,
    pubsub::ROWS,
    scripting::ROWS,
    server::ROWS,
    set::ROWS,
    sorted_set::ROWS,
    stream::ROWS,
    string::ROWS,
    transactions::ROWS,
];

/// What a file of rows needs.
mod prelude {
    pub(super) use super::macros::command;
    pub(super) use crate::command::Command;
}
