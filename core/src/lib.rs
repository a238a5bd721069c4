//! `valkore-core`: slots, values and their encodings, one shard's keyspace, the command table and the
//! commands that one shard can answer, the RESP codec, the configuration.
//!
//! It never knows sockets, files, threads or the clock: bytes, time and the random seed come in as
//! arguments. What it must call in an upper crate goes through tables that it owns and they fill.

pub mod cmd;
pub mod command;
pub mod config;
pub mod data;
pub mod fail;
pub mod glob;
pub mod keyspace;
pub mod numfmt;
pub mod resp;
pub mod slot;
pub mod stats;
pub mod step;
