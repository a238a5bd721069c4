//! What `COMMAND` and its subcommands answer.

use super::flags::FlagNames;
use super::keys::{ArgList, KeyError, KeyPos, Tail, keys};
use super::{
    AclCategories, Arg, BeginSearch, Command, CommandFlags, CommandId, CommandTable, Docs, FindKeys, KeySpec, Str,
};

/// Takes a reply piece by piece. It knows the protocol's version; what differs is said here.
pub trait ReplySink {
    /// `n` items follow.
    fn array(&mut self, n: usize);
    /// `n` pairs follow. RESP2: an array of twice as many.
    fn map(&mut self, n: usize);
    /// `n` different items follow. RESP2: an array.
    fn set(&mut self, n: usize);
    /// A string of bytes.
    fn bulk(&mut self, bytes: &[u8]);
    /// A word, or a line without line end.
    fn status(&mut self, text: &str);
    /// A number.
    fn int(&mut self, value: i64);
    /// Nothing. RESP2: `$-1`, the null string.
    fn null(&mut self);
    /// Nothing. RESP2: `*-1`, the null array.
    fn null_array(&mut self);
    /// An error, from its code on (`ERR ...`).
    fn error(&mut self, text: &str);
}

/// A matcher of glob patterns that ignores case: `(pattern, text)`.
pub type GlobNoCase = fn(&[u8], &[u8]) -> bool;

/// Which commands `COMMAND LIST` lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListFilter<'a> {
    /// All.
    All,
    /// Those of a module.
    Module(&'a [u8]),
    /// Those in an ACL category.
    Category(&'a [u8]),
    /// Those whose full name matches a pattern.
    Pattern(&'a [u8]),
}

impl<'a> ListFilter<'a> {
    /// Reads `COMMAND LIST [FILTERBY MODULE name|ACLCAT category|PATTERN pattern]`; `None` if it is
    /// something else.
    pub fn parse<A: ArgList + ?Sized>(args: &'a A) -> Option<Self> {
        if args.len() == 2 {
            return Some(Self::All);
        }
        let is = |at, word: &[u8]| args.get(at).eq_ignore_ascii_case(word);
        if args.len() != 5 || !is(2, b"filterby") {
            return None;
        }
        let value = args.get(4);
        match () {
            () if is(3, b"module") => Some(Self::Module(value)),
            () if is(3, b"aclcat") => Some(Self::Category(value)),
            () if is(3, b"pattern") => Some(Self::Pattern(value)),
            () => None,
        }
    }
}

/// `COMMAND`
pub fn all(table: &CommandTable, sink: &mut impl ReplySink) {
    sink.array(table.count());
    table.commands().for_each(|id| put_info(table, id, sink));
}

/// `COMMAND COUNT`
pub fn count(table: &CommandTable, sink: &mut impl ReplySink) {
    sink.int(table.count() as i64);
}

/// `COMMAND INFO [name ...]`; `args` are the whole invocation, as in all functions below.
pub fn info(table: &CommandTable, args: &(impl ArgList + ?Sized), sink: &mut impl ReplySink) {
    if args.len() <= 2 {
        return all(table, sink);
    }
    sink.array(args.len() - 2);
    for at in 2..args.len() {
        match table.lookup_full(args.get(at)) {
            Some(id) => put_info(table, id, sink),
            None => sink.null(),
        }
    }
}

/// `COMMAND DOCS [name ...]`: unknown names are left out.
pub fn docs(table: &CommandTable, args: &(impl ArgList + ?Sized), sink: &mut impl ReplySink) {
    let ids: Vec<_> = if args.len() <= 2 {
        table.commands().collect()
    } else {
        (2..args.len()).filter_map(|at| table.lookup_full(args.get(at))).collect()
    };
    put_docs_map(table, &ids, sink);
}

/// `COMMAND LIST [FILTERBY MODULE name|ACLCAT category|PATTERN pattern]`
pub fn list(table: &CommandTable, args: &(impl ArgList + ?Sized), glob: GlobNoCase, sink: &mut impl ReplySink) {
    let Some(filter) = ListFilter::parse(args) else {
        return sink.error("ERR syntax error");
    };
    let names = list_names(table, filter, glob);
    sink.array(names.len());
    names.iter().for_each(|name| sink.bulk(name.as_bytes()));
}

/// The full names that `filter` lets through, each container before its subcommands.
pub fn list_names<'t>(table: &'t CommandTable, filter: ListFilter<'_>, glob: GlobNoCase) -> Vec<&'t str> {
    let category = match filter {
        ListFilter::Category(name) => table.categories().find(name).unwrap_or_default(),
        _ => AclCategories::empty(),
    };
    let passes = |command: &Command| match filter {
        ListFilter::All => true,
        ListFilter::Module(name) => {
            let module = command.docs.module.as_ref();
            module.is_some_and(|module| module.as_bytes().eq_ignore_ascii_case(name))
        }
        ListFilter::Category(_) => command.acl.intersects(category),
        ListFilter::Pattern(pattern) => glob(pattern, command.full_name.as_bytes()),
    };
    let with_subs = table.commands().flat_map(|id| std::iter::once(id).chain(subs(table, id)));
    let rows = with_subs.map(|id| table.get(id)).filter(|command| passes(command));
    rows.map(|command| &*command.full_name).collect()
}

/// `COMMAND GETKEYS name argument ...`; for a module's command whose keys only its callback tells, `ask` adds
/// them. Positions count from the command's name.
pub fn get_keys(
    table: &CommandTable,
    args: &(impl ArgList + ?Sized),
    ask: impl FnOnce(CommandId, &mut Vec<KeyPos>),
    sink: &mut impl ReplySink,
) {
    let args = Tail { list: args, skip: 2 };
    match keys_of(table, &args, ask) {
        Err(error) => sink.error(error.text()),
        Ok(keys) => {
            sink.array(keys.len());
            keys.iter().for_each(|key| sink.bulk(args.get(key.index as usize)));
        }
    }
}

/// `COMMAND GETKEYSANDFLAGS name argument ...`; `ask` as in [`get_keys`].
pub fn get_keys_and_flags(
    table: &CommandTable,
    args: &(impl ArgList + ?Sized),
    ask: impl FnOnce(CommandId, &mut Vec<KeyPos>),
    sink: &mut impl ReplySink,
) {
    let args = Tail { list: args, skip: 2 };
    match keys_of(table, &args, ask) {
        Err(error) => sink.error(error.text()),
        Ok(keys) => {
            sink.array(keys.len());
            for key in keys {
                sink.array(2);
                sink.bulk(args.get(key.index as usize));
                put_flags(key.flags, sink);
            }
        }
    }
}

/// `COMMAND HELP`
pub fn help(sink: &mut impl ReplySink) {
    sink.array(HELP.len());
    HELP.iter().for_each(|line| sink.status(line));
}

const HELP: &[&str] = &[
    "COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "(no subcommand)",
    "    Return details about all commands.",
    "COUNT",
    "    Return the total number of commands in this server.",
    "LIST",
    "    Return a list of all commands in this server.",
    "INFO [<command-name> ...]",
    "    Return details about multiple commands.",
    "    If no command names are given, documentation details for all",
    "    commands are returned.",
    "DOCS [<command-name> ...]",
    "    Return documentation details about multiple commands.",
    "    If no command names are given, documentation details for all",
    "    commands are returned.",
    "GETKEYS <full-command>",
    "    Return the keys from a full command.",
    "GETKEYSANDFLAGS <full-command>",
    "    Return the keys and the access flags from a full command.",
    "HELP",
    "    Print this help.",
];

fn keys_of(
    table: &CommandTable,
    args: &(impl ArgList + ?Sized),
    ask: impl FnOnce(CommandId, &mut Vec<KeyPos>),
) -> Result<Vec<KeyPos>, KeyError> {
    let second = (args.len() > 1).then(|| args.get(1));
    let id = if args.is_empty() { None } else { table.resolve(args.get(0), second) };
    let id = id.ok_or(KeyError::InvalidCommand)?;
    let command = table.get(id);
    let mut out = Vec::new();
    match keys(command, args, &mut out) {
        Err(KeyError::AskModule) => {
            ask(id, &mut out);
            let keyless = command.flags.contains(CommandFlags::NO_MANDATORY_KEYS);
            if out.is_empty() && !keyless { Err(KeyError::InvalidArguments) } else { Ok(out) }
        }
        outcome => outcome.map(|()| out),
    }
}

fn subs(table: &CommandTable, id: CommandId) -> impl Iterator<Item = CommandId> {
    table.subcommands(id).iter().copied()
}

fn put_flags(flags: impl FlagNames, sink: &mut impl ReplySink) {
    let names = flags.names();
    sink.set(names.clone().count());
    names.for_each(|name| sink.status(name));
}

/// One command's part of the answer to `COMMAND INFO`.
pub fn put_info(table: &CommandTable, id: CommandId, sink: &mut impl ReplySink) {
    let command = table.get(id);
    sink.array(10);
    sink.bulk(command.full_name.as_bytes());
    sink.int(command.arity.into());
    put_flags(command.flags, sink);
    sink.int(command.legacy.first.into());
    sink.int(command.legacy.last.into());
    sink.int(command.legacy.step.into());
    let categories = table.categories().of(command.acl);
    sink.set(categories.clone().count());
    categories.for_each(|name| sink.status(&format!("@{name}")));
    sink.set(command.tips.len());
    command.tips.iter().for_each(|tip| sink.bulk(tip.as_bytes()));
    sink.set(command.key_specs.len());
    command.key_specs.iter().for_each(|spec| put_key_spec(spec, sink));
    sink.array(table.subcommands(id).len());
    subs(table, id).for_each(|sub| put_info(table, sub, sink));
}

fn put_key_spec(spec: &KeySpec, sink: &mut impl ReplySink) {
    sink.map(3 + usize::from(spec.notes.is_some()));
    put_text("notes", &spec.notes, sink);
    sink.bulk(b"flags");
    put_flags(spec.flags, sink);
    match &spec.begin {
        BeginSearch::Unknown => put_search("begin_search", "unknown", &[], sink),
        BeginSearch::Index(at) => put_search("begin_search", "index", &[("index", *at)], sink),
        BeginSearch::Keyword { keyword, start_from } => {
            put_search_head("begin_search", "keyword", 2, sink);
            sink.bulk(b"keyword");
            sink.bulk(keyword.as_bytes());
            sink.bulk(b"startfrom");
            sink.int((*start_from).into());
        }
    }
    match spec.find {
        FindKeys::Unknown => put_search("find_keys", "unknown", &[], sink),
        FindKeys::Range { last, step, limit } => {
            put_search("find_keys", "range", &[("lastkey", last), ("keystep", step), ("limit", limit)], sink)
        }
        FindKeys::KeyNum { number, first, step } => {
            let fields = [("keynumidx", number), ("firstkey", first), ("keystep", step)];
            put_search("find_keys", "keynum", &fields, sink)
        }
    }
}

fn put_search(part: &str, kind: &str, fields: &[(&str, i32)], sink: &mut impl ReplySink) {
    put_search_head(part, kind, fields.len(), sink);
    for (name, value) in fields {
        sink.bulk(name.as_bytes());
        sink.int((*value).into());
    }
}

fn put_search_head(part: &str, kind: &str, fields: usize, sink: &mut impl ReplySink) {
    sink.bulk(part.as_bytes());
    sink.map(2);
    sink.bulk(b"type");
    sink.bulk(kind.as_bytes());
    sink.bulk(b"spec");
    sink.map(fields);
}

/// A field of a map that may be missing.
fn put_text(field: &str, text: &Option<Str>, sink: &mut impl ReplySink) {
    if let Some(text) = text {
        sink.bulk(field.as_bytes());
        sink.bulk(text.as_bytes());
    }
}

fn put_docs_map(table: &CommandTable, ids: &[CommandId], sink: &mut impl ReplySink) {
    sink.map(ids.len());
    for id in ids {
        sink.bulk(table.get(*id).full_name.as_bytes());
        put_docs(table, *id, sink);
    }
}

/// One command's part of the answer to `COMMAND DOCS`, without its name.
pub fn put_docs(table: &CommandTable, id: CommandId, sink: &mut impl ReplySink) {
    let command = table.get(id);
    let docs = &command.docs;
    let is_module = command.flags.contains(CommandFlags::MODULE);
    let subs = table.subcommands(id);
    sink.map(docs_fields(docs) + usize::from(is_module) + usize::from(!subs.is_empty()));
    put_text("summary", &docs.summary, sink);
    put_text("since", &docs.since, sink);
    sink.bulk(b"group");
    sink.bulk(docs.group.name().as_bytes());
    put_text("complexity", &docs.complexity, sink);
    if is_module {
        sink.bulk(b"module");
        sink.bulk(docs.module.as_deref().unwrap_or_default().as_bytes());
    }
    if !docs.doc_flags.is_empty() {
        sink.bulk(b"doc_flags");
        put_flags(docs.doc_flags, sink);
    }
    put_text("deprecated_since", &docs.deprecated_since, sink);
    put_text("replaced_by", &docs.replaced_by, sink);
    if !docs.history.is_empty() {
        sink.bulk(b"history");
        put_history(&docs.history, sink);
    }
    if !docs.arguments.is_empty() {
        sink.bulk(b"arguments");
        put_args(&docs.arguments, sink);
    }
    if !subs.is_empty() {
        sink.bulk(b"subcommands");
        put_docs_map(table, subs, sink);
    }
}

/// How many fields [`put_docs`] prints, without module and subcommands.
fn docs_fields(docs: &Docs) -> usize {
    let texts = [&docs.summary, &docs.since, &docs.complexity, &docs.deprecated_since, &docs.replaced_by];
    1 + texts.iter().filter(|text| text.is_some()).count()
        + usize::from(!docs.doc_flags.is_empty())
        + usize::from(!docs.history.is_empty())
        + usize::from(!docs.arguments.is_empty())
}

fn put_history(history: &[(Str, Str)], sink: &mut impl ReplySink) {
    sink.set(history.len());
    for (version, change) in history {
        sink.array(2);
        sink.bulk(version.as_bytes());
        sink.bulk(change.as_bytes());
    }
}

fn put_args(args: &[Arg], sink: &mut impl ReplySink) {
    sink.array(args.len());
    args.iter().for_each(|arg| put_arg(arg, sink));
}

fn put_arg(arg: &Arg, sink: &mut impl ReplySink) {
    let texts = [&arg.token, &arg.summary, &arg.since, &arg.deprecated_since];
    // Three are always there: name, type, and either display text or arguments.
    let fields = 3
        + texts.iter().filter(|text| text.is_some()).count()
        + usize::from(arg.key_spec_index.is_some())
        + usize::from(!arg.flags.is_empty());
    sink.map(fields);
    sink.bulk(b"name");
    sink.bulk(arg.name.as_bytes());
    sink.bulk(b"type");
    sink.bulk(arg.kind.name().as_bytes());
    if !arg.kind.is_compound() {
        sink.bulk(b"display_text");
        sink.bulk(arg.display_text.as_ref().unwrap_or(&arg.name).as_bytes());
    }
    if let Some(index) = arg.key_spec_index {
        sink.bulk(b"key_spec_index");
        sink.int(index.into());
    }
    put_text("token", &arg.token, sink);
    put_text("summary", &arg.summary, sink);
    put_text("since", &arg.since, sink);
    put_text("deprecated_since", &arg.deprecated_since, sink);
    if !arg.flags.is_empty() {
        sink.bulk(b"flags");
        put_flags(arg.flags, sink);
    }
    if arg.kind.is_compound() {
        sink.bulk(b"arguments");
        put_args(&arg.args, sink);
    }
}
