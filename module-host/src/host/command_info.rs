//! What a module tells about a command (`SetCommandInfo`): checked, and put into the command's row.

use std::ffi::{c_char, c_int, c_uint};
use std::mem::MaybeUninit;

use valkore_core::command::{Arg, ArgFlags, ArgKind, BeginSearch, Command, FindKeys, KeySpec, KeySpecFlags, Str};

use super::raw::owned_text;
use crate::abi::constants::CMD_ARG_NEXT;
use crate::abi::types::{CommandArg, CommandHistoryEntry, CommandInfo, CommandInfoVersion, CommandKeySpec};

/// Why it can't be: the text for the log.
type Invalid = String;

/// What a module has told, read from its structs.
pub struct Info {
    summary: Option<String>,
    complexity: Option<String>,
    since: Option<String>,
    history: Vec<(Str, Str)>,
    tips: Vec<Str>,
    arity: i16,
    key_specs: Option<Vec<KeySpec>>,
    args: Vec<Arg>,
}

impl Info {
    /// Reads and checks it.
    ///
    /// # Safety
    /// `info` is as the reference says: lists end with a zeroed entry, texts with a zero byte.
    pub unsafe fn read(info: &CommandInfo) -> Result<Self, Invalid> {
        // SAFETY: by the caller, all of these.
        unsafe {
            let Some(version) = info.version.as_ref() else { return Err("version missing".into()) };
            let tips = owned_text(info.tips).unwrap_or_default();
            Ok(Self {
                summary: owned_text(info.summary),
                complexity: owned_text(info.complexity),
                since: owned_text(info.since),
                history: history(info, version)?,
                tips: tips.split(' ').filter(|t| !t.is_empty()).map(|t| t.to_string().into()).collect(),
                arity: info.arity.clamp(i16::MIN.into(), i16::MAX.into()) as i16,
                key_specs: key_specs(info, version)?,
                args: args(info.args, version)?,
            })
        }
    }

    /// Is something told about a command already?
    pub fn is_set(row: &Command) -> bool {
        let docs = &row.docs;
        let plain = |s: &KeySpec| matches!((&s.begin, s.find), (BeginSearch::Index(_), FindKeys::Range { .. }));
        docs.summary.is_some()
            || docs.complexity.is_some()
            || docs.since.is_some()
            || !docs.history.is_empty()
            || !docs.arguments.is_empty()
            || !row.tips.is_empty()
            || !(row.key_specs.is_empty() || row.key_specs.len() == 1 && plain(&row.key_specs[0]))
    }

    /// Puts it into a command's row.
    pub fn put(self, row: &mut Command) {
        let text = |t: Option<String>| t.map(Str::Owned);
        row.docs.summary = text(self.summary);
        row.docs.complexity = text(self.complexity);
        row.docs.since = text(self.since);
        row.docs.history = self.history.into();
        row.docs.arguments = self.args.into();
        row.tips = self.tips.into();
        if self.arity != 0 {
            row.arity = self.arity;
        }
        if let Some(specs) = self.key_specs {
            row.key_specs = specs.into();
            row.derive_from_specs();
        }
    }
}

/// The entries of a list of structs of `stride` bytes, up to one for which `is_end` holds. The module's structs may be
/// shorter or longer than ours: what they lack is zero.
///
/// # Safety
/// `list` is null or leads to such a list; zero bytes are a valid `T`.
unsafe fn entries<T: Copy>(list: *const T, stride: usize, is_end: impl Fn(&T) -> bool) -> Vec<T> {
    let mut found = Vec::new();
    if list.is_null() || stride == 0 {
        return found;
    }
    loop {
        let mut entry = MaybeUninit::<T>::zeroed();
        // SAFETY: the list goes on here, since no end was met; bytes are copied into a struct of at least that size, for
        // which they, and zeros behind them, are valid values.
        let entry = unsafe {
            let from = list.cast::<u8>().add(found.len() * stride);
            entry.as_mut_ptr().cast::<u8>().copy_from_nonoverlapping(from, stride.min(size_of::<T>()));
            entry.assume_init()
        };
        if is_end(&entry) {
            return found;
        }
        found.push(entry);
    }
}

/// # Safety
/// As [`Info::read`].
unsafe fn history(info: &CommandInfo, version: &CommandInfoVersion) -> Result<Vec<(Str, Str)>, Invalid> {
    let is_end = |e: &CommandHistoryEntry| e.since.is_null();
    // SAFETY: by the caller; all fields are pointers.
    let list = unsafe { entries(info.history, version.sizeof_historyentry, is_end) };
    let entry = |(at, e): (usize, &CommandHistoryEntry)| {
        // SAFETY: by the caller.
        let (since, changes) = unsafe { (owned_text(e.since), owned_text(e.changes)) };
        let changes = changes.ok_or_else(|| format!("history[{at}].changes missing"))?;
        Ok((since.unwrap_or_default().into(), changes.into()))
    };
    list.iter().enumerate().map(entry).collect()
}

/// # Safety
/// As [`Info::read`].
unsafe fn key_specs(info: &CommandInfo, version: &CommandInfoVersion) -> Result<Option<Vec<KeySpec>>, Invalid> {
    if info.key_specs.is_null() {
        return Ok(None);
    }
    let is_end = |s: &CommandKeySpec| s.begin_search_type == begin::INVALID;
    // SAFETY: by the caller; all fields are pointers and numbers.
    let list = unsafe { entries(info.key_specs, version.sizeof_keyspec, is_end) };
    // SAFETY: by the caller.
    let specs =
        list.iter().enumerate().map(|(at, s)| unsafe { key_spec(s) }.map_err(|e| format!("key_specs[{at}].{e}")));
    specs.collect::<Result<_, _>>().map(Some)
}

/// `begin_search_type`
mod begin {
    use super::c_uint;
    pub(super) const INVALID: c_uint = 0;
    pub(super) const UNKNOWN: c_uint = 1;
    pub(super) const INDEX: c_uint = 2;
    pub(super) const KEYWORD: c_uint = 3;
}

/// `find_keys_type`
mod find {
    use super::c_uint;
    pub(super) const OMITTED: c_uint = 0;
    pub(super) const UNKNOWN: c_uint = 1;
    pub(super) const RANGE: c_uint = 2;
    pub(super) const KEYNUM: c_uint = 3;
}

/// # Safety
/// As [`Info::read`].
unsafe fn key_spec(spec: &CommandKeySpec) -> Result<KeySpec, Invalid> {
    let flags = KeySpecFlags::from_bits_truncate(spec.flags as u16);
    let what = KeySpecFlags::RO | KeySpecFlags::RW | KeySpecFlags::OW | KeySpecFlags::RM;
    let writes = KeySpecFlags::INSERT | KeySpecFlags::DELETE | KeySpecFlags::UPDATE;
    if (flags & what).bits().count_ones() != 1 {
        return Err("flags: Exactly one of the flags RO, RW, OW, RM required".into());
    }
    if (flags & writes).bits().count_ones() > 1 {
        return Err("flags: INSERT, DELETE and UPDATE are mutually exclusive".into());
    }
    let begin = match spec.begin_search_type {
        begin::UNKNOWN => BeginSearch::Unknown,
        // SAFETY: any bytes are a number.
        begin::INDEX => BeginSearch::Index(unsafe { spec.bs.word.pos }),
        begin::KEYWORD => {
            // SAFETY: by the caller; the type says that it is a pointer.
            let keyword = unsafe { owned_text(spec.bs.word.keyword) };
            let keyword = keyword.ok_or("bs.keyword.keyword required when begin_search_type is KEYWORD")?.into();
            BeginSearch::Keyword { keyword, start_from: spec.bs.startfrom }
        }
        other => return Err(format!("begin_search_type: Invalid value {other}")),
    };
    let [a, b, c] = spec.fk.numbers;
    let find = match spec.find_keys_type {
        find::OMITTED => FindKeys::Range { last: 0, step: 1, limit: 0 },
        find::UNKNOWN => FindKeys::Unknown,
        find::RANGE => FindKeys::Range { last: a, step: b, limit: c },
        find::KEYNUM => FindKeys::KeyNum { number: a, first: b, step: c },
        other => return Err(format!("find_keys_type: Invalid value {other}")),
    };
    // SAFETY: by the caller.
    let notes = unsafe { owned_text(spec.notes) }.map(Into::into);
    Ok(KeySpec { flags, begin, find, notes })
}

/// # Safety
/// As [`Info::read`], of `list`.
unsafe fn args(list: *const CommandArg, version: &CommandInfoVersion) -> Result<Vec<Arg>, Invalid> {
    // SAFETY: by the caller; all fields are pointers and numbers.
    let list = unsafe { entries(list, version.sizeof_arg, |a| a.name.is_null()) };
    // SAFETY: by the caller.
    list.iter().map(|a| unsafe { arg(a, version) }).collect()
}

/// In the order of `ValkeyModuleCommandArgType`.
const KINDS: [ArgKind; 9] = [
    ArgKind::String,
    ArgKind::Integer,
    ArgKind::Double,
    ArgKind::Key,
    ArgKind::Pattern,
    ArgKind::UnixTime,
    ArgKind::PureToken,
    ArgKind::OneOf,
    ArgKind::Block,
];

/// # Safety
/// As [`Info::read`].
unsafe fn arg(arg: &CommandArg, version: &CommandInfoVersion) -> Result<Arg, Invalid> {
    // SAFETY: by the caller.
    let text = |t: *const c_char| unsafe { owned_text(t) }.map(Str::Owned);
    let name = text(arg.name).unwrap_or_default();
    let invalid = |why: &str| Err(format!("Argument \"{name}\": {why}"));
    let Some(&kind) = KINDS.get(arg.kind as usize) else {
        return invalid(&format!("Undefined type {}", arg.kind));
    };
    if kind == ArgKind::PureToken && arg.token.is_null() {
        return invalid("token required when type is PURE_TOKEN");
    }
    let key_spec_index = match (kind, arg.key_spec_index) {
        (ArgKind::Key, ..0) => return invalid("key_spec_index required when type is KEY"),
        (ArgKind::Key, index) => Some(index as u16),
        (_, -1 | 0) => None,
        _ => return invalid("key_spec_index specified but type isn't KEY"),
    };
    if arg.flags & !(CMD_ARG_NEXT - 1) != 0 {
        return invalid("Invalid flags");
    }
    match (kind.is_compound(), arg.subargs.is_null()) {
        (true, true) => return invalid("subargs required when type is ONEOF or BLOCK"),
        (false, false) => return invalid("subargs specified but type isn't ONEOF nor BLOCK"),
        _ => {}
    }
    // SAFETY: by the caller.
    let inner = unsafe { args(arg.subargs, version)? };
    let flags = ArgFlags::from_bits_truncate((arg.flags & c_int::from(u8::MAX)) as u8);
    Ok(Arg {
        kind,
        key_spec_index,
        token: text(arg.token),
        summary: text(arg.summary),
        since: text(arg.since),
        deprecated_since: text(arg.deprecated_since),
        flags,
        display_text: text(arg.display_text),
        args: inner.into(),
        name,
    })
}
