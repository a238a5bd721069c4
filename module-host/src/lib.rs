//! `valkore-module-host`: the C ABI of the Modules API, and everything that exists because of it.
//!
//! Every function of the reference is served under both prefixes from the start; those that are not built yet answer as
//! the reference's failure does, and log their name once.

pub mod abi;
pub mod api;
pub mod host;
