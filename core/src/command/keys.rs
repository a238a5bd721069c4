//! Which arguments of an invocation are keys.

use std::fmt;

use super::special;
use super::{BeginSearch, Command, CommandFlags, FindKeys, KeySpec, KeySpecFlags, SpecialKeys};

/// The arguments of an invocation, the command's name first.
pub trait ArgList {
    /// How many there are.
    fn len(&self) -> usize;

    /// The one at `at`, which is less than [`Self::len`].
    fn get(&self, at: usize) -> &[u8];

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl ArgList for [&[u8]] {
    fn len(&self) -> usize {
        <[_]>::len(self)
    }

    fn get(&self, at: usize) -> &[u8] {
        self[at]
    }
}

impl ArgList for Vec<Vec<u8>> {
    fn len(&self) -> usize {
        Vec::len(self)
    }

    fn get(&self, at: usize) -> &[u8] {
        &self[at]
    }
}

/// The arguments of `list` from `skip` on: what `COMMAND GETKEYS` is asked about.
pub(super) struct Tail<'a, A: ?Sized> {
    pub(super) list: &'a A,
    pub(super) skip: usize,
}

impl<A: ArgList + ?Sized> ArgList for Tail<'_, A> {
    fn len(&self) -> usize {
        self.list.len().saturating_sub(self.skip)
    }

    fn get(&self, at: usize) -> &[u8] {
        self.list.get(at + self.skip)
    }
}

/// A key of an invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyPos {
    /// Which argument it is.
    pub index: u32,
    /// What the command does with it. Empty where stock can't tell either: assume all.
    pub flags: KeySpecFlags,
}

/// Why the keys of an invocation can't be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// There is no such command.
    InvalidCommand,
    /// The command takes no keys.
    NoKeyArguments,
    /// Too few or too many arguments.
    InvalidArity,
    /// The arguments don't fit: the command itself will say what is wrong.
    InvalidArguments,
    /// Only the module that registered the command can tell, by callback.
    AskModule,
}

impl fmt::Display for KeyError {
    /// What `COMMAND GETKEYS` answers, with the error code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl std::error::Error for KeyError {}

impl KeyError {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::InvalidCommand => "ERR Invalid command specified",
            Self::NoKeyArguments => "ERR The command has no key arguments",
            Self::InvalidArity => "ERR Invalid number of arguments specified for command",
            Self::InvalidArguments | Self::AskModule => "ERR Invalid arguments specified for command",
        }
    }
}

/// Puts the keys of an invocation in `out`, which is emptied first: what `COMMAND GETKEYS` answers.
///
/// An invocation without keys is an error, unless the command may be invoked without.
pub fn keys(command: &Command, args: &(impl ArgList + ?Sized), out: &mut Vec<KeyPos>) -> Result<(), KeyError> {
    out.clear();
    if !command.may_have_keys() {
        return Err(KeyError::NoKeyArguments);
    }
    if !command.arity_allows(args.len()) {
        return Err(KeyError::InvalidArity);
    }
    find_keys(command, args, out)
}

/// Puts the keys of an invocation in `out`, which is emptied first: what routing and ACL need, for an
/// invocation whose arity has been checked. A command that takes no keys has none.
///
/// [`KeyError::InvalidArguments`]: the invocation has to run as one without keys, and will fail.
/// [`KeyError::AskModule`]: ask the callback.
#[inline]
pub fn find_keys(command: &Command, args: &(impl ArgList + ?Sized), out: &mut Vec<KeyPos>) -> Result<(), KeyError> {
    out.clear();
    match &*command.key_specs {
        [] if command.special == SpecialKeys::None => Ok(()),
        [KeySpec { flags, begin: BeginSearch::Index(first), find: FindKeys::Range { last: 0, .. }, .. }]
            if !flags.intersects(UNRELIABLE) && (*first as usize) < args.len() =>
        {
            out.push(KeyPos { index: *first as u32, flags: *flags });
            Ok(())
        }
        specs => find_keys_slowly(command, specs, args, out),
    }
}

/// Specs with these aren't the whole truth, or none at all.
const UNRELIABLE: KeySpecFlags =
    KeySpecFlags::NOT_KEY.union(KeySpecFlags::INCOMPLETE).union(KeySpecFlags::VARIABLE_FLAGS);

fn find_keys_slowly(
    command: &Command,
    specs: &[KeySpec],
    args: &(impl ArgList + ?Sized),
    out: &mut Vec<KeyPos>,
) -> Result<(), KeyError> {
    let is = |flag| move |spec: &KeySpec| spec.flags.contains(flag);
    let any_key = !specs.iter().all(is(KeySpecFlags::NOT_KEY));
    let variable = specs.iter().any(is(KeySpecFlags::VARIABLE_FLAGS));
    let told = any_key && !variable && specs.iter().try_for_each(|spec| by_spec(spec, args, out)).is_some();
    if !told {
        out.clear();
        special::find(command.special, args, out)?;
    }
    // Only keys are an answer, but for those commands that may do without.
    if out.is_empty() && any_key && !command.flags.contains(CommandFlags::NO_MANDATORY_KEYS) {
        return Err(KeyError::InvalidArguments);
    }
    Ok(())
}

/// Adds the keys that the spec tells of; `None` if it can't tell, or not all.
fn by_spec(spec: &KeySpec, args: &(impl ArgList + ?Sized), out: &mut Vec<KeyPos>) -> Option<()> {
    if spec.flags.contains(KeySpecFlags::NOT_KEY) {
        return Some(());
    }
    let len = args.len() as i64;
    let begin = match &spec.begin {
        BeginSearch::Unknown => return None,
        BeginSearch::Index(at) => i64::from(*at),
        BeginSearch::Keyword { keyword, start_from } => {
            match find_keyword(args, keyword.as_bytes(), *start_from) {
                Some(at) => at as i64 + 1,
                // The option that has these keys isn't used.
                None => return Some(()),
            }
        }
    };
    let (first, last, step) = match spec.find {
        FindKeys::Unknown => return None,
        FindKeys::Range { last, step, limit } => {
            let last = match (last, limit) {
                (0.., _) => begin + i64::from(last),
                (_, 0) => len + i64::from(last),
                _ => begin + (len - begin) / i64::from(limit) + i64::from(last),
            };
            (begin, last, step)
        }
        FindKeys::KeyNum { number, first, step } => {
            let number = usize::try_from(begin + i64::from(number)).ok()?;
            let count = special::integer(args, number).filter(|count| *count >= 0)?;
            let first = begin + i64::from(first);
            (first, (count - 1).checked_mul(step.into())?.checked_add(first)?, step)
        }
    };
    if first < 0 || last < first || last >= len || step < 1 {
        return None;
    }
    let indices = (first..=last).step_by(step as usize);
    out.extend(indices.map(|index| KeyPos { index: index as u32, flags: spec.flags }));
    (!spec.flags.contains(KeySpecFlags::INCOMPLETE)).then_some(())
}

/// Where the keyword is. From `start_from` on up to the last argument, which can't be it; backwards from
/// there to the third if it counts from the end.
fn find_keyword(args: &(impl ArgList + ?Sized), keyword: &[u8], start_from: i32) -> Option<usize> {
    let is = |at: &usize| args.get(*at).eq_ignore_ascii_case(keyword);
    let len = args.len();
    if start_from > 0 {
        (start_from as usize..len.saturating_sub(1)).find(is)
    } else {
        let start = len.checked_sub(start_from.unsigned_abs() as usize)?;
        (2..(start + 1).min(len)).rev().find(is)
    }
}
