//! `CONFIG SET`.

use super::directive::{Directive, Flags, Source};
use super::get::{Found, find_name};
use super::split::until_nul;
use super::table::Config;
use super::text::Text;
use super::words::Permission;

/// The least replication backlog that can be set.
const BACKLOG_BYTES_MIN: i64 = 16 << 10;

/// What counts about the one who sets.
#[derive(Clone, Copy, Debug, Default)]
pub struct Setter {
    /// The client is on this machine (which `enable-protected-configs local` asks for).
    pub is_local: bool,
    /// A data set is being loaded.
    pub is_loading: bool,
}

/// What a successful `CONFIG SET` did.
#[derive(Clone, Debug)]
pub struct SetOutcome {
    /// The new configuration, to be published.
    pub config: Config,
    /// The directives whose value changed, in the order of the arguments.
    pub changed: Vec<&'static Directive>,
    /// All names that were set, for the module event; an alias stays an alias.
    pub names: Vec<&'static str>,
}

/// Why the caller couldn't apply a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplyError {
    /// The directive to blame.
    pub name: &'static str,
    /// What to answer.
    pub message: String,
}

/// Why `CONFIG SET` failed; nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetError {
    /// A name without a value.
    Syntax,
    /// A directive can't be set while a data set is loading.
    Loading,
    /// There is no such directive.
    Unknown {
        /// The name as it was given.
        name: Text,
    },
    /// A directive can't be set, or not to this value.
    Failed {
        /// The directive's name.
        name: Text,
        /// The reason.
        message: String,
    },
}

impl SetError {
    /// The error for the client, with its code, without `-` and line end.
    pub fn reply(&self) -> Vec<u8> {
        let mut text = match self {
            SetError::Syntax => b"ERR syntax error".into(),
            SetError::Loading => b"LOADING Valkey is loading the dataset in memory".into(),
            SetError::Unknown { name } => {
                let name = until_nul(name.as_bytes());
                [b"ERR Unknown option or number of arguments for CONFIG SET - '", name, b"'"].concat()
            }
            SetError::Failed { name, message } => {
                let name = until_nul(name.as_bytes());
                let start: &[u8] = b"ERR CONFIG SET failed (possibly related to argument '";
                [start, name, b"') - ", message.as_bytes()].concat()
            }
        };
        for c in text.iter_mut().filter(|c| matches!(c, b'\r' | b'\n')) {
            *c = b' ';
        }
        text
    }
}

/// Which of the arguments of `CONFIG SET` (names and values, in turn) are secrets, to be hidden in logs.
pub fn sensitive_args(pairs: &[&[u8]]) -> Vec<usize> {
    let is_secret = |name: &[u8]| find_name(name).is_some_and(|f| f.directive.flags.contains(Flags::SENSITIVE));
    (0..pairs.len() / 2).filter(|pair| is_secret(pairs[pair * 2])).map(|pair| pair * 2 + 1).collect()
}

/// `CONFIG SET`: all or nothing. `pairs` are names and values in turn.
///
/// `apply` is called once if anything changed, with the old and the new configuration and the changed directives.
/// It makes the change effective (listeners, limits, the working directory), may correct the new values (`dir` to
/// the absolute path), and on failure undoes what it has done.
pub fn set(
    current: &Config,
    pairs: &[&[u8]],
    setter: Setter,
    apply: impl FnOnce(&Config, &mut Config, &[&'static Directive]) -> Result<(), ApplyError>,
) -> Result<SetOutcome, SetError> {
    let (pairs, []) = pairs.as_chunks::<2>() else { return Err(SetError::Syntax) };
    let targets = check_names(current, pairs, setter)?;
    let mut config = current.clone();
    let mut changed: Vec<&'static Directive> = Vec::new();
    for (found, [_, value]) in targets.iter().zip(pairs) {
        let before = config.clone();
        set_one(&mut config, found.directive, value)
            .map_err(|message| SetError::Failed { name: found.name.into(), message })?;
        let row = found.directive;
        if row.flags.contains(Flags::VOLATILE) || !(row.same)(&before, &config) {
            changed.push(row);
        }
    }
    if config.repl_backlog_size != current.repl_backlog_size {
        // Unlike a file, the command never leaves less.
        config.repl_backlog_size = config.repl_backlog_size.max(BACKLOG_BYTES_MIN);
    }
    if !changed.is_empty() {
        apply(current, &mut config, &changed).map_err(|error| {
            let asked = targets.iter().find(|found| found.directive.name == error.name);
            let name = asked.map_or(error.name, |found| found.name);
            SetError::Failed { name: name.into(), message: error.message }
        })?;
    }
    Ok(SetOutcome { config, changed, names: targets.iter().map(|found| found.name).collect() })
}

/// Finds the directives and checks that each may be set; the first problem counts.
fn check_names(config: &Config, pairs: &[[&[u8]; 2]], setter: Setter) -> Result<Vec<Found>, SetError> {
    let mut targets: Vec<Found> = Vec::with_capacity(pairs.len());
    for [name, _] in pairs {
        let found = find_name(name).ok_or_else(|| SetError::Unknown { name: (*name).into() })?;
        match refusal(config, found, setter, &targets) {
            Some(Refusal::Loading) => return Err(SetError::Loading),
            Some(Refusal::Because(why)) => {
                return Err(SetError::Failed { name: (*name).into(), message: why.into() });
            }
            None => targets.push(found),
        }
    }
    Ok(targets)
}

enum Refusal {
    Because(&'static str),
    Loading,
}

fn refusal(config: &Config, found: Found, setter: Setter, before: &[Found]) -> Option<Refusal> {
    let flags = found.directive.flags;
    let protected_allowed = match config.enable_protected_configs {
        Permission::Yes => true,
        Permission::Local => setter.is_local,
        Permission::No => false,
    };
    if flags.contains(Flags::IMMUTABLE) {
        Some(Refusal::Because("can't set immutable config"))
    } else if flags.contains(Flags::PROTECTED) && !protected_allowed {
        Some(Refusal::Because("can't set protected config"))
    } else if flags.contains(Flags::DENY_LOADING) && setter.is_loading {
        Some(Refusal::Loading)
    } else if before.contains(&found) {
        Some(Refusal::Because("duplicate parameter"))
    } else {
        None
    }
}

/// Sets one directive; one that takes several arguments has them separated by single spaces.
fn set_one(config: &mut Config, directive: &Directive, value: &[u8]) -> Result<(), String> {
    let args: Vec<&[u8]> = match directive.flags.contains(Flags::MULTI_ARG) {
        true if value.is_empty() => Vec::new(),
        true => value.split(|c| *c == b' ').collect(),
        false => vec![value],
    };
    (directive.set)(config, &args, Source::Command)
}
