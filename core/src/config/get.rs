//! `CONFIG GET`, and finding a directive by name.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::glob;

use super::directive::{Directive, Flags};
use super::table::{Config, DIRECTIVES};

/// A directive as it was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    /// Its row.
    pub(super) directive: &'static Directive,
    /// The name that was used: its own, or its alias.
    pub(super) name: &'static str,
}

impl PartialEq for Found {
    fn eq(&self, other: &Found) -> bool {
        self.name == other.name
    }
}

/// Names and aliases, sorted.
static BY_NAME: LazyLock<BTreeMap<&'static str, Found>> = LazyLock::new(|| {
    let names = |directive: &'static Directive| {
        [Some(directive.name), directive.alias].into_iter().flatten().map(move |name| (name, Found { directive, name }))
    };
    DIRECTIVES.iter().flat_map(names).collect()
});

const NAME_BYTES_MAX: usize = 64;

pub(super) fn find_name(name: &[u8]) -> Option<Found> {
    if name.len() > NAME_BYTES_MAX {
        return None;
    }
    let name = str::from_utf8(name).ok()?.to_ascii_lowercase();
    BY_NAME.get(name.as_str()).copied()
}

/// The directive with this name or alias, in any case.
pub fn find(name: &[u8]) -> Option<&'static Directive> {
    find_name(name).map(|found| found.directive)
}

/// `CONFIG GET`: names and values, sorted by name. A name that isn't a pattern is answered as it was written, and
/// shows hidden directives too; what several arguments match comes once.
pub fn get(config: &Config, patterns: &[&[u8]]) -> Vec<(String, Vec<u8>)> {
    let mut matches: BTreeMap<&'static str, (String, &'static Directive)> = BTreeMap::new();
    for pattern in patterns {
        if !glob::is_pattern(pattern) {
            if let Some(found) = find_name(pattern) {
                let shown = String::from_utf8_lossy(pattern).into_owned();
                matches.entry(found.name).or_insert((shown, found.directive));
            }
            continue;
        }
        for (name, found) in BY_NAME.iter() {
            if !found.directive.flags.contains(Flags::HIDDEN) && glob::matches_nocase(pattern, name.as_bytes()) {
                matches.entry(name).or_insert((name.to_string(), found.directive));
            }
        }
    }
    let mut answer: Vec<_> = matches.into_values().map(|(name, row)| (name, (row.get)(config))).collect();
    answer.sort();
    answer
}
