//! What a command *is*: the command table. What a command does is one function elsewhere.
//!
//! * [`Command`] is a row: names, arity, flags, ACL categories, key specs and documentation.
//! * [`ROWS`] holds the rows of all commands of stock Valkey, as constant data by group, written by
//!   `core/tools/commands_from_stock.py`. A builtin row costs nothing at start.
//! * [`CommandTable`] is what a server serves: the rows that have a handler, and those of modules.
//! * [`keys`] and [`find_keys`] tell which arguments of an invocation are keys.
//! * [`reply`] renders `COMMAND` and its subcommands into a [`ReplySink`](reply::ReplySink).
//!
//! # Rows of modules
//! Text and lists in a row are [`Str`] and [`List`], `Cow`s: borrowed in builtin rows, owned in those that a
//! module registers at run time. A module host fills a [`Command::new`] row as the module's `OnLoad` goes
//! (`CreateCommand`, `CreateSubcommand`, `SetCommandInfo`, `SetCommandACLCategories`), calls
//! [`Command::derive_from_specs`] after a change of specs or flags, clones the table, adds the row with
//! [`CommandTable::add`], and shares the changed clone. Unloading is [`CommandTable::remove`].

mod categories;
mod flags;
mod index;
mod keys;
pub mod reply;
mod row;
mod rows;
mod special;
mod table;

use std::borrow::Cow;

pub use categories::{AclCategories, CategoryError, CategoryNames};
pub use flags::{ArgFlags, CommandFlags, DocFlags, KeySpecFlags};
pub use keys::{ArgList, KeyError, KeyPos, find_keys, keys};
pub use row::{Arg, ArgKind, BeginSearch, Command, Docs, FindKeys, Group, KeySpec, LegacyRange, SpecialKeys};
pub use rows::ROWS;
pub use table::{CommandId, CommandTable, TableError};

/// Text of a row: borrowed in builtin rows, owned in those of modules.
pub type Str = Cow<'static, str>;

/// A list in a row: borrowed in builtin rows, owned in those of modules.
pub type List<T> = Cow<'static, [T]>;
