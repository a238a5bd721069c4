//! The command table against what stock Valkey answered (`tests/data`), and the table itself.

use std::borrow::Cow;
use std::sync::Arc;

use valkore_core::command::reply::{self, ReplySink};
use valkore_core::command::{
    AclCategories, BeginSearch, CategoryError, Command, CommandFlags, CommandTable, KeyError, KeyPos, KeySpec,
    KeySpecFlags, LegacyRange, ROWS, SpecialKeys, TableError, find_keys, keys,
};

fn rows() -> impl Iterator<Item = &'static Command> {
    ROWS.iter().copied().flatten()
}

fn rows_and_subs() -> impl Iterator<Item = &'static Command> {
    rows().flat_map(|row| std::iter::once(row).chain(row.subcommands.iter()))
}

/// Lines of a golden file: invocation and answer.
fn golden(text: &'static str) -> impl Iterator<Item = (Vec<Vec<u8>>, &'static str)> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| {
        let (invocation, answer) =
            line.split_once(" -> ").or(line.strip_suffix(" ->").map(|i| (i, ""))).expect("an answer");
        let words = invocation.split(' ').map(|word| word.trim_matches('\'').as_bytes().to_vec());
        (words.collect(), answer)
    })
}

/// Writes bytes of a version of the protocol.
struct Wire {
    bytes: Vec<u8>,
    resp3: bool,
}

impl Wire {
    fn line(&mut self, kind: char, rest: impl std::fmt::Display) {
        self.bytes.extend(format!("{kind}{rest}\r\n").bytes());
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).replace('\\', "\\\\").replace("\r\n", "\\r\\n")
    }
}

impl ReplySink for Wire {
    fn array(&mut self, n: usize) {
        self.line('*', n);
    }

    fn map(&mut self, n: usize) {
        if self.resp3 { self.line('%', n) } else { self.line('*', 2 * n) }
    }

    fn set(&mut self, n: usize) {
        self.line(if self.resp3 { '~' } else { '*' }, n);
    }

    fn bulk(&mut self, bytes: &[u8]) {
        self.line('$', bytes.len());
        self.bytes.extend(bytes);
        self.bytes.extend(b"\r\n");
    }

    fn status(&mut self, text: &str) {
        self.line('+', text);
    }

    fn int(&mut self, value: i64) {
        self.line(':', value);
    }

    fn null(&mut self) {
        if self.resp3 { self.line('_', "") } else { self.line('$', -1) }
    }

    fn null_array(&mut self) {
        if self.resp3 { self.line('_', "") } else { self.line('*', -1) }
    }

    fn error(&mut self, text: &str) {
        self.line('-', text);
    }
}

fn run(table: &CommandTable, resp3: bool, args: &Vec<Vec<u8>>) -> String {
    let mut sink = Wire { bytes: Vec::new(), resp3 };
    let same = |pattern: &[u8], text: &[u8]| pattern.eq_ignore_ascii_case(text);
    let no_module = |_, _: &mut Vec<KeyPos>| unreachable!("no module");
    match args[1].as_slice() {
        b"COUNT" => reply::count(table, &mut sink),
        b"INFO" => reply::info(table, args, &mut sink),
        b"DOCS" => reply::docs(table, args, &mut sink),
        b"LIST" => reply::list(table, args, same, &mut sink),
        b"GETKEYS" => reply::get_keys(table, args, no_module, &mut sink),
        b"GETKEYSANDFLAGS" => reply::get_keys_and_flags(table, args, no_module, &mut sink),
        b"HELP" => reply::help(&mut sink),
        other => panic!("COMMAND {other:?}"),
    }
    sink.text()
}

#[test]
fn replies_are_stocks() {
    let table = CommandTable::new(rows());
    for (mut args, answer) in golden(include_str!("data/commands.txt")) {
        let protocol = args.remove(0);
        assert_eq!(run(&table, protocol == b"3", &args), answer, "{args:?}");
    }
}

#[test]
fn keys_are_stocks() {
    let table = CommandTable::new(rows());
    for (args, answer) in golden(include_str!("data/getkeys.txt")) {
        let second = args.get(1).map(Vec::as_slice);
        let mut found = Vec::new();
        let outcome = match table.resolve(&args[0], second) {
            Some(id) => keys(table.get(id), &args, &mut found),
            None => Err(KeyError::InvalidCommand),
        };
        let shown = match outcome {
            Ok(()) => found.iter().map(|key| show(&args, *key)).collect::<Vec<_>>().join(" "),
            Err(error) => format!("-{error}"),
        };
        assert_eq!(shown, answer, "{args:?}");
    }
}

fn show(args: &[Vec<u8>], key: KeyPos) -> String {
    let name = |(name, _): (&str, _)| match name {
        "RO" | "RW" | "OW" | "RM" => name.to_owned(),
        other => other.to_lowercase(),
    };
    let flags: Vec<_> = key.flags.iter_names().map(name).collect();
    format!("{}={}", String::from_utf8_lossy(&args[key.index as usize]), flags.join(","))
}

#[test]
fn routing_sees_no_keys_where_there_are_none() {
    let table = CommandTable::new(rows());
    let mut found = vec![KeyPos { index: 9, flags: KeySpecFlags::RO }];
    for args in [&[&b"ping"[..]][..], &[b"spublish", b"channel", b"message"], &[b"eval", b"s", b"0"]] {
        let command = table.get(table.lookup(args[0]).unwrap());
        assert_eq!(find_keys(command, args, &mut found), Ok(()));
        assert_eq!(found, []);
    }
    let zunion = table.get(table.lookup(b"zunion").unwrap());
    let outcome = find_keys(zunion, &[&b"zunion"[..], b"2", b"a"][..], &mut found);
    assert_eq!(outcome, Err(KeyError::InvalidArguments));
}

#[test]
fn rows_are_sound() {
    assert_eq!(rows().count(), 257);
    for row in rows_and_subs() {
        assert_eq!(*row.full_name, row.full_name.to_ascii_lowercase());
        assert!(row.arity != 0 && !row.flags.contains(CommandFlags::MODULE), "{}", row.full_name);
        let speed = AclCategories::FAST | AclCategories::SLOW;
        assert_eq!((row.acl & speed).iter().count(), 1, "{}", row.full_name);
        for sub in &*row.subcommands {
            assert_eq!(*sub.full_name, format!("{}|{}", row.name, sub.name));
        }
    }
}

#[test]
fn derived_fields_are_those_of_the_rows() {
    for row in rows_and_subs() {
        let mut derived = row.clone();
        derived.legacy = LegacyRange::default();
        derived.flags.remove(CommandFlags::MOVABLEKEYS);
        derived.derive_from_specs();
        assert_eq!((derived.legacy, derived.flags), (row.legacy, row.flags), "{}", row.full_name);
    }
}

#[test]
fn finds_every_command_in_any_case() {
    let table = CommandTable::new(rows());
    assert_eq!(table.count(), 257);
    for (place, row) in rows().enumerate() {
        let id = table.lookup(row.name.to_uppercase().as_bytes()).expect("a command");
        assert_eq!(id.index(), place);
        assert_eq!(table.get(id).full_name, row.full_name);
        for sub in &*row.subcommands {
            let sub_id = table.lookup_sub(id, sub.name.as_bytes()).expect("a subcommand");
            assert_eq!(table.get(sub_id).full_name, sub.full_name);
            assert_eq!(table.container(sub_id), Some(id));
            assert_eq!(table.lookup_full(sub.full_name.as_bytes()), Some(sub_id));
        }
    }
    let long = [b'x'; 100];
    for name in [&b""[..], b"ge", b"get\0", b"get|x", b"config|get", b"georadiusbymember_roX", &long] {
        assert_eq!(table.lookup(name), None);
    }
    let get = table.lookup(b"get").unwrap();
    assert_eq!(table.lookup_sub(get, b"get"), None);
    assert_eq!(table.resolve(b"GET", Some(b"key")), Some(get));
    assert_eq!(table.resolve(b"CONFIG", Some(b"nosuch")), None);
    assert!(table.resolve(b"CONFIG", None).is_some());
}

#[test]
fn serves_only_what_it_is_told_to() {
    let some = rows().filter(|row| ["get", "config"].contains(&&*row.name));
    let table = CommandTable::with_subcommands(some, |sub| sub.name == "get");
    assert_eq!(table.count(), 2);
    let mut names: Vec<_> = table.ids().map(|id| &*table.get(id).full_name).collect();
    names.sort();
    assert_eq!(names, ["config", "config|get", "get"]);
    assert_eq!(table.lookup_full(b"config|set"), None);
    let none = CommandTable::with_subcommands(rows(), |_| false);
    assert_eq!(none.resolve(b"config", Some(b"get")), None);
    assert_eq!(CommandTable::new([]).lookup(b"get"), None);
}

fn module_row(name: &str, subs: &[&str]) -> Command {
    let mut row = Command::new(name.to_owned(), -2);
    row.flags = CommandFlags::MODULE | CommandFlags::READONLY;
    row.docs.module = Some("mod".to_owned().into());
    let sub = |sub: &&str| {
        let mut sub = Command::new(format!("{name}|{sub}"), 2);
        sub.flags = CommandFlags::MODULE;
        sub.docs.module = Some("mod".to_owned().into());
        sub
    };
    row.subcommands = Cow::Owned(subs.iter().map(sub).collect());
    row
}

#[test]
fn takes_and_gives_back_commands_of_modules() {
    let builtin = CommandTable::new(rows());
    let mut table = builtin.clone();
    let long = "mod.a-name-longer-than-the-index-packs";
    let a = table.add(Arc::new(module_row("mod.a", &["y", "x"]))).unwrap();
    let b = table.add(Arc::new(module_row(long, &[]))).unwrap();
    assert_eq!(table.add(Arc::new(module_row("GET", &[]))), Err(TableError::Taken));
    assert_eq!(table.add(Arc::new(module_row("mod.b", &["x", "x"]))), Err(TableError::Taken));
    assert_eq!(table.lookup(b"mod.b"), None);
    assert_eq!(table.lookup(b"MOD.A"), Some(a));
    assert_eq!(table.lookup(long.to_uppercase().as_bytes()), Some(b));
    let x = table.lookup_sub(a, b"X").unwrap();
    assert_eq!(table.get(x).full_name, "mod.a|x");
    assert_eq!(table.subcommands(a), [x, table.lookup_sub(a, b"y").unwrap()]);
    assert!(table.version() > builtin.version());
    assert_eq!(builtin.lookup(b"mod.a"), None);

    table.remove(a);
    assert_eq!((table.lookup(b"mod.a"), table.lookup_sub(a, b"x")), (None, None));
    assert!(table.try_get(a).is_none() && table.try_get(x).is_none());
    let len = table.len();
    let c = table.add(Arc::new(module_row("mod.c", &["z"]))).unwrap();
    assert_eq!((c, table.len()), (a, len), "the place is used again");
    assert_eq!(table.lookup(long.as_bytes()), Some(b));
    assert_eq!(table.count(), 259);
}

#[test]
fn changes_the_row_of_a_modules_command_in_place() {
    let mut table = CommandTable::new(rows());
    let id = table.add(Arc::new(module_row("mod.a", &["x", "y"]))).unwrap();
    let y = table.lookup_sub(id, b"y").unwrap();
    let mut row = module_row("mod.a", &["w", "y"]);
    row.docs.summary = Some("New.".into());
    table.replace(id, Arc::new(row)).unwrap();
    assert_eq!(table.get(id).docs.summary.as_deref(), Some("New."));
    assert_eq!(table.lookup_sub(id, b"y"), Some(y));
    assert_eq!(table.get(y).full_name, "mod.a|y");
    assert!(table.lookup_sub(id, b"w").is_some());
    assert_eq!(table.lookup_sub(id, b"x"), None);
    let twice = table.replace(id, Arc::new(module_row("mod.a", &["v", "v"])));
    assert_eq!(twice, Err(TableError::Taken));
    assert_eq!(table.lookup_sub(id, b"y"), Some(y));
}

#[test]
fn renames() {
    let mut table = CommandTable::new(rows());
    let (get, config) = (table.lookup(b"get").unwrap(), table.lookup(b"config").unwrap());
    assert_eq!(table.rename(get, "set"), Err(TableError::Taken));
    table.rename(get, "Fetch").unwrap();
    table.remove(config);
    assert_eq!((table.lookup(b"fetch"), table.lookup(b"get")), (Some(get), None));
    assert_eq!(table.get(get).name, "get");
    assert_eq!((table.lookup(b"config"), table.count()), (None, 256));
}

#[test]
fn asks_the_module_for_keys() {
    let mut row = module_row("mod.keys", &[]);
    row.flags |= CommandFlags::MODULE_GETKEYS;
    row.derive_from_specs();
    assert_eq!(row.special, SpecialKeys::Callback);
    assert!(row.flags.contains(CommandFlags::MOVABLEKEYS));
    let mut table = CommandTable::new(rows());
    let id = table.add(Arc::new(row)).unwrap();
    let args = [&b"command"[..], b"getkeys", b"mod.keys", b"a", b"b"];
    let mut found = Vec::new();
    assert_eq!(keys(table.get(id), &args[2..], &mut found), Err(KeyError::AskModule));
    let mut sink = Wire { bytes: Vec::new(), resp3: false };
    let ask = |asked, keys: &mut Vec<KeyPos>| {
        assert_eq!(asked, id);
        keys.push(KeyPos { index: 2, flags: KeySpecFlags::RW });
    };
    reply::get_keys(&table, &args[..], ask, &mut sink);
    assert_eq!(sink.text(), "*1\\r\\n$1\\r\\nb\\r\\n");
}

#[test]
fn shows_a_modules_command() {
    let mut row = module_row("mod.set", &[]);
    row.key_specs = Cow::Owned(vec![KeySpec::from_legacy(LegacyRange { first: 1, last: 1, step: 1 }, false)]);
    assert_eq!(row.key_specs[0].begin, BeginSearch::Index(1));
    row.derive_from_specs();
    let mut table = CommandTable::new([]);
    row.acl = table.categories_mut().add("mine").unwrap() | AclCategories::SLOW;
    assert_eq!(table.categories_mut().add("MINE"), Err(CategoryError::Taken));
    table.add(Arc::new(row)).unwrap();
    let words = |text: &str| text.split(' ').map(|word| word.as_bytes().to_vec()).collect();
    let info = run(&table, false, &words("COMMAND INFO"));
    let head = r"*1\r\n*10\r\n$7\r\nmod.set\r\n:-2\r\n*2\r\n+readonly\r\n+module\r\n:1\r\n:1\r\n:1\r\n*2\r\n+@slow\r\n+@mine\r\n";
    assert!(info.starts_with(head), "{info}");
    let docs = run(&table, true, &words("COMMAND DOCS mod.set"));
    assert_eq!(docs, r"%1\r\n$7\r\nmod.set\r\n%2\r\n$5\r\ngroup\r\n$6\r\nmodule\r\n$6\r\nmodule\r\n$3\r\nmod\r\n");
    for filter in ["MODULE MOD", "ACLCAT Mine", "PATTERN mod.set"] {
        let list = run(&table, false, &words(&format!("COMMAND LIST FILTERBY {filter}")));
        assert_eq!(list, r"*1\r\n$7\r\nmod.set\r\n");
    }
}
