//! What the registry knows of one directive.

use bitflags::bitflags;

use super::Config;

bitflags! {
    /// How a directive may be used.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Flags: u16 {
        /// Set at start only.
        const IMMUTABLE = 1;
        /// A secret: to be kept out of slow log, MONITOR and logs.
        const SENSITIVE = 1 << 1;
        /// `CONFIG GET` shows it only when asked by its exact name.
        const HIDDEN = 1 << 2;
        /// `CONFIG SET` needs `enable-protected-configs`.
        const PROTECTED = 1 << 3;
        /// `CONFIG SET` is refused while a data set is loading.
        const DENY_LOADING = 1 << 4;
        /// Takes several arguments.
        const MULTI_ARG = 1 << 5;
        /// Counts as changed each time it is set: what it names may have changed (a certificate file), or
        /// setting it to the same value has an effect (`bind`).
        const VOLATILE = 1 << 6;
    }
}

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberFormat {
    /// Decimal digits.
    Plain,
    /// Octal digits.
    Octal,
    /// Bytes: digits with an optional unit (`1k` is 1000, `1kb` is 1024, …).
    Memory,
    /// Bytes, or a negative number.
    SignedMemory,
    /// Bytes, or a percentage (`5%`), which is kept as a negative number.
    MemoryOrPercent,
}

/// A directive's kind of value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `yes` or `no`.
    Bool,
    /// A number from `min` to `max`.
    Number {
        /// How it is written.
        format: NumberFormat,
        /// The least value.
        min: i128,
        /// The greatest value.
        max: i128,
    },
    /// One of these words.
    Enum(&'static [&'static str]),
    /// Some of these words, each a bit.
    EnumFlags(&'static [&'static str]),
    /// A text.
    Str {
        /// Empty means "not set": then `CONFIG REWRITE` writes no line.
        empty_is_unset: bool,
        /// May hold any byte; others end at the first NUL, as C strings do.
        binary: bool,
    },
    /// With a syntax of its own.
    Special,
}

/// Where a value comes from: some directives add up when repeated in a file, but not in `CONFIG SET`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A configuration file or the command line.
    File,
    /// `CONFIG SET`.
    Command,
}

/// One line that `CONFIG REWRITE` wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RewriteLine {
    /// The line, with the directive's name.
    pub text: Vec<u8>,
    /// Whether to write it also when the file doesn't have the directive yet.
    pub force: bool,
}

/// Sets a directive from its arguments.
pub type SetFn = fn(&mut Config, &[&[u8]], Source) -> Result<(), String>;

/// One row of the registry.
#[derive(Clone, Copy)]
pub struct Directive {
    /// Its name.
    pub name: &'static str,
    /// An older name that works as well.
    pub alias: Option<&'static str>,
    /// What values it takes.
    pub kind: Kind,
    /// How it may be used.
    pub flags: Flags,
    /// The value as `CONFIG GET` shows it.
    pub get: fn(&Config) -> Vec<u8>,
    /// Parses arguments and sets the value; on error the text to answer, and the configuration is unusable.
    pub set: SetFn,
    /// Whether two configurations agree on it.
    pub same: fn(&Config, &Config) -> bool,
    /// The lines for `CONFIG REWRITE`, given the configuration and the defaults.
    pub rewrite: fn(&Config, &Config) -> Vec<RewriteLine>,
}

impl std::fmt::Debug for Directive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Directive").field("name", &self.name).field("kind", &self.kind).finish_non_exhaustive()
    }
}
