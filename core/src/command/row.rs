//! The row: everything that is known about a command but what it does.

use super::{AclCategories, ArgFlags, CommandFlags, DocFlags, KeySpecFlags, List, Str};
use std::borrow::Cow;

/// A command or subcommand.
#[derive(Clone, Debug)]
pub struct Command {
    /// What a client writes, in any case: `get`; of a subcommand its own part, `get` of `config|get`. Lower
    /// case but for modules' commands, which keep theirs.
    pub name: Str,
    /// The name with the container's, if it is a subcommand: `get`, `config|get`.
    pub full_name: Str,
    /// Number of arguments with the command's name, and the subcommand's; if negative, the least number.
    pub arity: i16,
    /// What holds for the command as a whole.
    pub flags: CommandFlags,
    /// The ACL categories it is in.
    pub acl: AclCategories,
    /// Where its keys are.
    pub key_specs: List<KeySpec>,
    /// Where its keys are, as clients before key specs were told.
    pub legacy: LegacyRange,
    /// How to find keys that the specs can't tell.
    pub special: SpecialKeys,
    /// Hints for clients and proxies.
    pub tips: List<Str>,
    /// What `COMMAND DOCS` says.
    pub docs: Docs,
    /// The subcommands, if it is a container.
    pub subcommands: List<Command>,
}

/// First key, last key (negative: from the end) and step, as in `COMMAND`; all 0 if there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LegacyRange {
    /// Position of the first key.
    pub first: i32,
    /// Position of the last key; from the end if negative.
    pub last: i32,
    /// Distance from key to key.
    pub step: i32,
}

/// Where some of a command's keys are, and what it does with them.
#[derive(Clone, Debug)]
pub struct KeySpec {
    /// What the command does with these keys.
    pub flags: KeySpecFlags,
    /// Where the search begins.
    pub begin: BeginSearch,
    /// Which arguments from there on are keys.
    pub find: FindKeys,
    /// A remark on the flags.
    pub notes: Option<Str>,
}

/// Where the search for keys begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BeginSearch {
    /// Can't be told.
    Unknown,
    /// At this position.
    Index(i32),
    /// After a keyword.
    Keyword {
        /// The keyword, in any case.
        keyword: Str,
        /// From where on it may be; if negative, from the end, backwards.
        start_from: i32,
    },
}

/// Which arguments are keys, from where the search begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindKeys {
    /// Can't be told.
    Unknown,
    /// Up to a last one.
    Range {
        /// The last one, relative to the first, or to the end if negative.
        last: i32,
        /// Distance from key to key.
        step: i32,
        /// If `last` is -1 and this is above 1: only the first 1/limit of the remaining arguments.
        limit: i32,
    },
    /// As many as an argument says.
    KeyNum {
        /// Where the number is, relative to the beginning.
        number: i32,
        /// Where the first key is, relative to the beginning.
        first: i32,
        /// Distance from key to key.
        step: i32,
    },
}

/// How to find keys where the specs say they are unknown, incomplete, or of variable flags, or don't fit
/// the arguments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SpecialKeys {
    /// There is nothing but the specs.
    #[default]
    None,
    /// A number of keys, then the keys.
    Counted {
        /// Where the number is.
        number: u8,
        /// Whether the first argument is a destination.
        store: bool,
    },
    /// `BITFIELD`: read-only if it only gets.
    BitField,
    /// `GEORADIUS`: `STORE` and `STOREDIST`.
    GeoRadius,
    /// `MIGRATE`: one key, or all after `KEYS`.
    Migrate,
    /// `SET`: read if it gets the old value.
    Set,
    /// `SORT`: `STORE`.
    Sort,
    /// `SORT_RO`: the first.
    SortRo,
    /// `XREAD`, `XREADGROUP`: the first half after `STREAMS`.
    XRead,
    /// The module that registered the command tells them by callback.
    Callback,
}

/// What `COMMAND DOCS` says of a command.
#[derive(Clone, Debug, Default)]
pub struct Docs {
    /// One sentence.
    pub summary: Option<Str>,
    /// The version that brought it.
    pub since: Option<Str>,
    /// What it belongs to.
    pub group: Group,
    /// How its time grows.
    pub complexity: Option<Str>,
    /// The name of the module that registered it; only printed with [`CommandFlags::MODULE`].
    pub module: Option<Str>,
    /// Deprecated, internal.
    pub doc_flags: DocFlags,
    /// The version that deprecated it.
    pub deprecated_since: Option<Str>,
    /// What to use instead.
    pub replaced_by: Option<Str>,
    /// Versions and what they changed.
    pub history: List<(Str, Str)>,
    /// Its arguments.
    pub arguments: List<Arg>,
}

/// What a command belongs to, in the documentation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Group {
    Generic,
    String,
    List,
    Set,
    SortedSet,
    Hash,
    Pubsub,
    Transactions,
    Connection,
    Server,
    Scripting,
    Hyperloglog,
    Cluster,
    Sentinel,
    Geo,
    Stream,
    Bitmap,
    #[default]
    Module,
}

/// An argument, or a group of them.
#[derive(Clone, Debug)]
pub struct Arg {
    /// Its name.
    pub name: Str,
    /// What it holds.
    pub kind: ArgKind,
    /// The key spec that finds it.
    pub key_spec_index: Option<u16>,
    /// The word before it, or the word that it is.
    pub token: Option<Str>,
    /// One sentence.
    pub summary: Option<Str>,
    /// The version that brought it.
    pub since: Option<Str>,
    /// The version that deprecated it.
    pub deprecated_since: Option<Str>,
    /// How it may appear.
    pub flags: ArgFlags,
    /// How to show it to users, if not by its name.
    pub display_text: Option<Str>,
    /// What a block or choice is made of.
    pub args: List<Arg>,
}

/// What an argument holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum ArgKind {
    String,
    Integer,
    Double,
    Key,
    Pattern,
    UnixTime,
    PureToken,
    OneOf,
    Block,
}

impl Command {
    /// A row with nothing but a name, a full name if it is a subcommand (`mod.cmd|sub`), and an arity. The
    /// group is [`Group::Module`].
    pub fn new(full_name: impl Into<Str>, arity: i16) -> Self {
        let full_name = full_name.into();
        let name = match &full_name {
            Cow::Borrowed(full) => Cow::Borrowed(own_name(full)),
            Cow::Owned(full) => Cow::Owned(own_name(full).to_owned()),
        };
        Self {
            name,
            full_name,
            arity,
            flags: CommandFlags::empty(),
            acl: AclCategories::empty(),
            key_specs: Cow::Borrowed(&[]),
            legacy: LegacyRange::default(),
            special: SpecialKeys::None,
            tips: Cow::Borrowed(&[]),
            docs: Docs::default(),
            subcommands: Cow::Borrowed(&[]),
        }
    }

    /// Whether `count` arguments, the command's name included, are enough and not too many.
    #[inline]
    pub fn arity_allows(&self, count: usize) -> bool {
        let least = usize::from(self.arity.unsigned_abs());
        if self.arity > 0 { count == least } else { count >= least }
    }

    /// Whether an invocation may have keys.
    pub fn may_have_keys(&self) -> bool {
        self.special != SpecialKeys::None
            || self.key_specs.iter().any(|spec| !spec.flags.contains(KeySpecFlags::NOT_KEY))
    }

    /// Whether it holds subcommands.
    pub fn is_container(&self) -> bool {
        !self.subcommands.is_empty()
    }

    /// Fills what follows from key specs and flags, as stock does when it registers a command: the legacy
    /// range, [`CommandFlags::MOVABLEKEYS`], and [`SpecialKeys::Callback`] for `getkeys-api`.
    ///
    /// The legacy range glues those specs that are plain ranges of step 1, one after the other.
    pub fn derive_from_specs(&mut self) {
        let (legacy, movable) = legacy_range(&self.key_specs);
        self.legacy = legacy;
        let callback = self.flags.contains(CommandFlags::MODULE_GETKEYS);
        if callback {
            self.special = SpecialKeys::Callback;
        }
        self.flags.set(CommandFlags::MOVABLEKEYS, movable || callback);
    }
}

impl KeySpec {
    /// The spec of a module's command that tells its keys as first, last and step, and not what it does with
    /// them: all it may. `callback`: it has `getkeys-api` too, so the callback's answer counts.
    pub fn from_legacy(range: LegacyRange, callback: bool) -> Self {
        let LegacyRange { first, last, step } = range;
        let last = if last < 0 { last } else { last - first };
        let mut flags = KeySpecFlags::RW | KeySpecFlags::ACCESS | KeySpecFlags::UPDATE;
        flags.set(KeySpecFlags::VARIABLE_FLAGS, callback);
        Self { flags, begin: BeginSearch::Index(first), find: FindKeys::Range { last, step, limit: 0 }, notes: None }
    }
}

/// The range that covers as many of the specs as can be, and whether keys are left out.
fn legacy_range(specs: &[KeySpec]) -> (LegacyRange, bool) {
    let mut movable = false;
    let mut glued: Option<LegacyRange> = None;
    for spec in specs {
        movable |= spec.flags.contains(KeySpecFlags::INCOMPLETE);
        let (BeginSearch::Index(first), FindKeys::Range { last, step, .. }) = (&spec.begin, spec.find) else {
            movable = true;
            continue;
        };
        let follows = glued.is_none_or(|range| range.last == first - 1);
        if specs.len() > 1 && (step != 1 || !follows) {
            movable = true;
            continue;
        }
        let last = if last >= 0 { first + last } else { last };
        match &mut glued {
            // Compared without sign: a position from the end is behind all others.
            Some(range) => range.last = (range.last as u32).max(last as u32) as i32,
            None => glued = Some(LegacyRange { first: *first, last, step }),
        }
    }
    (glued.unwrap_or_default(), movable)
}

/// The part of a full name behind `|`, or all of it.
pub(super) const fn own_name(full_name: &str) -> &str {
    let bytes = full_name.as_bytes();
    let mut at = bytes.len();
    while at > 0 {
        at -= 1;
        if bytes[at] == b'|' {
            return full_name.split_at(at + 1).1;
        }
    }
    full_name
}

impl Group {
    /// The name that `COMMAND DOCS` prints.
    pub fn name(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::String => "string",
            Self::List => "list",
            Self::Set => "set",
            Self::SortedSet => "sorted-set",
            Self::Hash => "hash",
            Self::Pubsub => "pubsub",
            Self::Transactions => "transactions",
            Self::Connection => "connection",
            Self::Server => "server",
            Self::Scripting => "scripting",
            Self::Hyperloglog => "hyperloglog",
            Self::Cluster => "cluster",
            Self::Sentinel => "sentinel",
            Self::Geo => "geo",
            Self::Stream => "stream",
            Self::Bitmap => "bitmap",
            Self::Module => "module",
        }
    }
}

impl ArgKind {
    /// The name that `COMMAND DOCS` prints.
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Double => "double",
            Self::Key => "key",
            Self::Pattern => "pattern",
            Self::UnixTime => "unix-time",
            Self::PureToken => "pure-token",
            Self::OneOf => "oneof",
            Self::Block => "block",
        }
    }

    /// Whether it is made of other arguments.
    pub fn is_compound(self) -> bool {
        matches!(self, Self::OneOf | Self::Block)
    }
}
