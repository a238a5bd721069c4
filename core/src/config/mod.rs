//! The configuration: every directive with its type, default and rules ([`DIRECTIVES`]), the values ([`Config`]),
//! reading them from a file and the command line, and `CONFIG GET`, `SET` and `REWRITE`. All of it is pure: files,
//! the working directory and the effects of a change belong to the caller. Texts that a user sees are those of
//! Valkey 9.1.2, byte for byte.

mod args;
mod checks;
mod directive;
mod error;
mod get;
mod load;
mod rewrite;
mod set;
mod setting;
mod special;
mod split;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod words;

pub use args::{CommandLine, parse_args};
pub use checks::ProcTitle;
pub use directive::{Directive, Flags, Kind, NumberFormat, RewriteLine, SetFn, Source};
pub use error::{ConfigError, VALKEY_VERSION, os_reason};
pub use get::{find, get};
pub use load::{Deferred, Loaded, ModuleLine, RawLine, ReadFile, load};
pub use rewrite::{Live, LiveModuleSetting, rewrite};
pub use set::{ApplyError, SetError, SetOutcome, Setter, sensitive_args, set};
pub use setting::parse_memory;
pub use special::{
    Addresses, ModuleModes, NotifyFlags, OomScoreValues, OutputLimit, OutputLimits, Percentiles, ReplicaOf, SavePoint,
    SavePoints, WorkDir,
};
pub use split::{append_quoted, split_args};
pub use table::{Config, DIRECTIVES};
pub use text::Text;
pub use words::*;
