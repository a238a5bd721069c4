//! ACL categories: those of stock, and those that modules add.

use std::fmt;

use bitflags::bitflags;

bitflags! {
    /// The ACL categories that a command is in. Bits above those named here belong to modules
    /// ([`CategoryNames::add`]).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct AclCategories: u64 {
        /// `@keyspace`
        const KEYSPACE = 1;
        /// `@read`
        const READ = 1 << 1;
        /// `@write`
        const WRITE = 1 << 2;
        /// `@set`
        const SET = 1 << 3;
        /// `@sortedset`
        const SORTEDSET = 1 << 4;
        /// `@list`
        const LIST = 1 << 5;
        /// `@hash`
        const HASH = 1 << 6;
        /// `@string`
        const STRING = 1 << 7;
        /// `@bitmap`
        const BITMAP = 1 << 8;
        /// `@hyperloglog`
        const HYPERLOGLOG = 1 << 9;
        /// `@geo`
        const GEO = 1 << 10;
        /// `@stream`
        const STREAM = 1 << 11;
        /// `@pubsub`
        const PUBSUB = 1 << 12;
        /// `@admin`
        const ADMIN = 1 << 13;
        /// `@fast`
        const FAST = 1 << 14;
        /// `@slow`
        const SLOW = 1 << 15;
        /// `@blocking`
        const BLOCKING = 1 << 16;
        /// `@dangerous`
        const DANGEROUS = 1 << 17;
        /// `@connection`
        const CONNECTION = 1 << 18;
        /// `@transaction`
        const TRANSACTION = 1 << 19;
        /// `@scripting`
        const SCRIPTING = 1 << 20;

        const _ = !0;
    }
}

/// Names of stock's categories: bit `i` is `BUILTIN[i]`. `ACL CAT` lists them in this order.
const BUILTIN: &[&str] = &[
    "keyspace",
    "read",
    "write",
    "set",
    "sortedset",
    "list",
    "hash",
    "string",
    "bitmap",
    "hyperloglog",
    "geo",
    "stream",
    "pubsub",
    "admin",
    "fast",
    "slow",
    "blocking",
    "dangerous",
    "connection",
    "transaction",
    "scripting",
];

/// The names of all categories, with those that modules added.
#[derive(Clone, Debug, Default)]
pub struct CategoryNames {
    added: Vec<Box<str>>,
}

/// Why a category can't be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CategoryError {
    /// There is one of this name.
    Taken,
    /// All 64 bits are in use.
    Full,
}

impl fmt::Display for CategoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Taken => "an ACL category of this name exists",
            Self::Full => "there is no room for another ACL category",
        })
    }
}

impl std::error::Error for CategoryError {}

impl CategoryNames {
    /// The category called `name`, which is written without `@`, in any case.
    pub fn find(&self, name: &[u8]) -> Option<AclCategories> {
        let bit = self.iter().position(|n| n.as_bytes().eq_ignore_ascii_case(name))?;
        Some(AclCategories::from_bits_retain(1 << bit))
    }

    /// Adds a module's category.
    pub fn add(&mut self, name: &str) -> Result<AclCategories, CategoryError> {
        if self.find(name.as_bytes()).is_some() {
            return Err(CategoryError::Taken);
        }
        let bit = BUILTIN.len() + self.added.len();
        if bit == 64 {
            return Err(CategoryError::Full);
        }
        self.added.push(name.into());
        Ok(AclCategories::from_bits_retain(1 << bit))
    }

    /// Takes back the newest category, for a module whose load failed; a builtin one never.
    pub fn remove_newest(&mut self) {
        self.added.pop();
    }

    /// All names without `@`, in the order of `ACL CAT`.
    pub fn iter(&self) -> impl Iterator<Item = &str> + Clone {
        BUILTIN.iter().copied().chain(self.added.iter().map(|name| &**name))
    }

    /// The names of `set`'s categories, without `@`, in the order of `ACL CAT`.
    pub fn of(&self, set: AclCategories) -> impl Iterator<Item = &str> + Clone {
        self.iter().enumerate().filter(move |(bit, _)| set.bits() >> bit & 1 == 1).map(|(_, name)| name)
    }
}
