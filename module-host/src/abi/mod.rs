//! What a module sees of the server: names, addresses, types and numbers, and the way in and out of its shared object.
//!
//! This layer knows C, and knows nothing of keys, shards or commands. The functions themselves are in [`crate::api`], a
//! file per section of the reference; here is what all of them stand on.
//!
//! - One row for each of the 358 functions, with its rule: [`function`], [`table`].
//! - The macros `api!` and `unbuilt!` that declare them: [`declare`]. What they tell the host: [`hooks`].
//! - `GetApi`, from a name to an address: [`lookup`].
//! - A module's file and its entry points: [`library`].
//! - What Rust can't say in C's terms, `...` and `long double`: [`shim`].
//! - Layouts and numbers of `include/valkeymodule.h`: [`types`], [`constants`].

#[rustfmt::skip]
pub mod constants;
pub mod declare;
pub mod errno;
pub mod function;
pub mod hooks;
pub mod library;
pub mod listing;
pub mod lookup;
pub mod shim;
#[rustfmt::skip]
mod signatures;
pub mod table;
pub mod types;

pub use function::{Context, Function, Lock, Rule};
pub use table::FUNCTIONS;
