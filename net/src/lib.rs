//! `valkore-net`: listeners, connections, their buffers and sessions.
//!
//! It never knows modules. What runs a command is `valkore-shard`'s; this crate turns bytes into commands and
//! answers into bytes.
#![forbid(unsafe_code)]

mod accept;
mod admit;
mod batch;
pub mod conn;
pub mod detached;
pub mod files;
pub mod front;
mod gauges;
mod limits;
pub mod listen;
mod postpone;
mod questions;
pub mod server;
pub mod session;
pub mod stage;

pub use admit::unknown as unknown_command;
