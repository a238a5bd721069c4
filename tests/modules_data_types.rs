//! Native types of modules (`module-host/tests/modules/data_types.c`): a box that holds a number.

mod support;

use std::time::Duration;

use support::{Client, Options, SHARDS, Server, eventually, keys_on_all, load, module, on_modes};

/// What the module has counted: boxes made, freed, unlinked, copied, freed by another thread than home's.
#[track_caller]
fn stats(c: &mut Client) -> [i64; 5] {
    let items = c.run("box.stats").items();
    std::array::from_fn(|i| items[i].number())
}

/// What the last callback about a key was told.
#[track_caller]
fn told(c: &mut Client) -> String {
    c.run("box.stats").items().remove(5).text()
}

/// The difference that a command makes to [`stats`], and its answer.
#[track_caller]
fn change(c: &mut Client, line: &str) -> (String, [i64; 5]) {
    let before = stats(c);
    let answer = c.run(line).to_string();
    let after = stats(c);
    (answer, std::array::from_fn(|i| after[i] - before[i]))
}

#[track_caller]
fn changes(c: &mut Client, line: &str, answer: &str, by: [i64; 5]) {
    assert_eq!(change(c, line), (answer.to_string(), by), "{line}");
}

const NOTHING: [i64; 5] = [0; 5];
const GONE: [i64; 5] = [0, 1, 1, 0, 0];

fn on(test: impl Fn(&Server, &mut Client, &str, &str)) {
    on_modes("data_types", |server| {
        let [a, b, c, d] = keys_on_all(server.shards, "k");
        let mut client = server.client();
        for (from, to) in [(&a, &b), (&c, &a), (&b, &d), (&d, &c)] {
            test(server, &mut client, from, to);
            client.check("FLUSHALL", "+OK");
            let [made, freed, ..] = stats(&mut client);
            assert_eq!(made, freed, "nothing is lost or freed twice");
        }
    });
}

#[test]
fn what_is_no_type_is_refused() {
    on_modes("data_types", |server| server.client().check("box.refused", ":255"));
}

#[test]
fn a_value_is_set_read_and_replaced() {
    on(|_, c, key, other| {
        c.check(&format!("box.get {key}"), "nil");
        c.check(&format!("box.set {key} 7"), ":0");
        c.check(&format!("box.get {key}"), ":7");
        changes(c, &format!("box.set {key} 8"), ":0", [1, 1, 1, 0, 0]);
        assert_eq!(told(c), format!("unlink {key}@0 7"));
        c.check(&format!("box.get {key}"), ":8");
        // The old one is the module's: it frees it itself.
        changes(c, &format!("box.replace {key} 9 3"), ":8", [1, 1, 0, 0, 0]);
        c.check(&format!("box.replace {key} 10 1"), "nil");
        c.check(&format!("box.get {key}"), ":9");
        c.check(&format!("box.replace {other} 1 3"), "nil");
        c.check(&format!("box.plain {other} 5"), ":0");
        c.check(&format!("box.replace {other} 1 3"), "nil");
        c.check(&format!("box.get {other}"), "-WRONGTYPE Operation against a key holding the wrong kind of value");
        c.check(&format!("box.wrong {key}"), ":31");
        c.check(&format!("SET {other} text"), "+OK");
        c.check(&format!("box.get {other}"), "-WRONGTYPE Operation against a key holding the wrong kind of value");
        c.check(&format!("box.replace {other} 1 3"), "nil");
    });
}

#[test]
fn boxes_of_several_shards_in_one_command() {
    on(|_, c, key, other| {
        c.check(&format!("box.set {key} 100"), ":0");
        c.check(&format!("box.move {key} {other} 1"), "-ERR no box");
        c.check(&format!("box.set {other} 100"), ":0");
        for n in 1..50 {
            c.check(&format!("box.move {key} {other} {n}"), ":200");
        }
        c.check(&format!("box.get {key}"), &format!(":{}", 100 - 25 * 49));
        c.check(&format!("box.get {other}"), &format!(":{}", 100 + 25 * 49));
    });
}

#[test]
fn commands_of_the_server_see_a_value_of_its_type() {
    on(|_, c, key, _| {
        c.check(&format!("box.set {key} 1"), ":0");
        c.check(&format!("TYPE {key}"), "+box-valko");
        c.check(&format!("OBJECT ENCODING {key}"), "$raw");
        c.check(&format!("EXISTS {key}"), ":1");
        let wrong = "-WRONGTYPE Operation against a key holding the wrong kind of value";
        for line in
            ["GET KEY", "APPEND KEY x", "INCR KEY", "STRLEN KEY", "SETRANGE KEY 0 x", "GETSET KEY x", "SETBIT KEY 1 1"]
        {
            c.check(&line.replace("KEY", key), wrong);
        }
        c.check(&format!("MGET {key}"), "[nil]");
        c.check(&format!("EXPIRE {key} 100"), ":1");
        assert!(c.run(&format!("TTL {key}")).number() > 90);
        c.check(&format!("PERSIST {key}"), ":1");
        c.check(&format!("TOUCH {key}"), ":1");
        c.check("KEYS *", &format!("[${key}]"));
        c.check("RANDOMKEY", &format!("${key}"));
        c.check(&format!("box.get {key}"), ":1");
        changes(c, &format!("box.get {key}"), ":1", NOTHING);
    });
}

#[test]
fn what_removes_a_value_frees_it() {
    on(|_, c, key, other| {
        for line in [
            "DEL KEY",
            "UNLINK KEY",
            "GETDEL KEY",
            "SET KEY text",
            "SETNX KEY text",
            "MSET KEY 1 OTHER 2",
            "DEL OTHER KEY",
        ] {
            c.check(&format!("box.set {key} 3"), ":0");
            let (_, by) = change(c, &line.replace("KEY", key).replace("OTHER", other));
            let stays = line.starts_with("GETDEL") || line.starts_with("SETNX");
            assert_eq!(by, if stays { NOTHING } else { GONE }, "{line}");
            if !stays {
                assert_eq!(told(c), format!("unlink {key}@0 3"), "{line}");
            }
            c.run(&format!("DEL {key} {other}"));
        }
        c.check(&format!("box.set {key} 3"), ":0");
        c.check(&format!("box.set {other} 4"), ":0");
        changes(c, &format!("DEL {key} {other}"), ":2", [0, 2, 2, 0, 0]);
        // Emptying a database frees without a word about keys.
        for line in ["FLUSHDB", "FLUSHALL", "FLUSHALL ASYNC"] {
            c.check(&format!("box.set {key} 3"), ":0");
            c.check(&format!("box.set {other} 4"), ":0");
            changes(c, line, "+OK", [0, 2, 0, 0, 0]);
        }
    });
}

#[test]
fn a_command_that_the_module_calls_frees_before_it_returns() {
    on(|_, c, key, other| {
        c.check(&format!("box.set {key} 3"), ":0");
        c.check(&format!("box.call DEL {key}"), ":1");
        c.check(&format!("box.set {key} 3"), ":0");
        c.check(&format!("box.call SET {key} text"), ":1");
        c.check(&format!("box.set {key} 3"), ":0");
        c.check(&format!("box.call COPY {key} {other}"), ":0");
        c.check(&format!("box.get {other}"), ":3");
        c.check("box.call FLUSHALL", ":2");
    });
}

#[test]
fn a_value_goes_to_another_key_and_database() {
    on(|_, c, key, other| {
        c.check(&format!("box.set {key} 5"), ":0");
        changes(c, &format!("RENAME {key} {other}"), "+OK", [0, 0, 1, 0, 0]);
        assert_eq!(told(c), format!("unlink {key}@0 5"));
        c.check(&format!("box.get {other}"), ":5");
        c.check(&format!("box.set {key} 6"), ":0");
        // What was there is freed.
        changes(c, &format!("RENAME {other} {key}"), "+OK", [0, 1, 2, 0, 0]);
        c.check(&format!("box.get {key}"), ":5");
        c.check(&format!("RENAMENX {key} {other}"), ":1");
        changes(c, &format!("MOVE {other} 4"), ":1", [0, 0, 1, 0, 0]);
        c.check("SWAPDB 0 4", "+OK");
        c.check(&format!("box.get {other}"), ":5");
        c.check("SWAPDB 0 4", "+OK");
        c.check("SELECT 4", "+OK");
        changes(c, &format!("DEL {other}"), ":1", GONE);
        assert_eq!(told(c), format!("unlink {other}@4 5"));
        c.check("SELECT 0", "+OK");
    });
}

#[test]
fn a_copy_is_made_by_the_module() {
    on(|_, c, key, other| {
        c.check(&format!("box.set {key} 5"), ":0");
        c.check(&format!("EXPIRE {key} 100"), ":1");
        changes(c, &format!("COPY {key} {other}"), ":1", [1, 0, 0, 1, 0]);
        assert_eq!(told(c), format!("copy {key}@0 {other}@0"));
        c.check(&format!("box.get {other}"), ":5");
        assert!(c.run(&format!("TTL {other}")).number() > 90);
        changes(c, &format!("COPY {key} {other}"), ":0", NOTHING);
        changes(c, &format!("COPY {key} {other} REPLACE"), ":1", [1, 1, 1, 1, 0]);
        changes(c, &format!("COPY {key} {key} DB 2"), ":1", [1, 0, 0, 1, 0]);
        assert_eq!(told(c), format!("copy {key}@0 {key}@2"));
        changes(c, &format!("COPY {key} {key}"), "-ERR source and destination objects are the same", NOTHING);
        changes(c, &format!("COPY {key} {key} DB 99"), "-ERR DB index is out of range", NOTHING);
        changes(c, &format!("COPY {key} {other} REPLACE nonsense"), "-ERR syntax error", [1, 1, 0, 1, 0]);
        c.check(&format!("box.set {key} -1"), ":0");
        changes(c, &format!("COPY {key} {other} REPLACE"), "-ERR module key failed to copy", NOTHING);
        c.check(&format!("box.get {other}"), ":5");
        c.check(&format!("box.plain {key} 1"), ":0");
        changes(c, &format!("COPY {key} {other} REPLACE"), "-ERR not supported for this module key", NOTHING);
    });
}

#[test]
fn what_takes_long_to_free_is_freed_in_the_background() {
    on(|_, c, key, _| {
        // More than 64, or 0, as the module says; with 64 it is freed in place.
        for (effort, elsewhere) in [(64, 0), (65, 1), (0, 1)] {
            let before = stats(c);
            c.check(&format!("box.set {key} 3 {effort}"), ":0");
            c.check(&format!("UNLINK {key}"), ":1");
            let freed = eventually(5, || {
                let now = stats(c);
                (now[1] > before[1]).then_some(now)
            });
            assert_eq!(freed.expect("it is freed")[4] - before[4], elsewhere, "{effort}");
        }
    });
}

#[test]
fn a_value_whose_time_is_over_is_freed() {
    on(|_, c, key, _| {
        c.check(&format!("box.set {key} 3"), ":0");
        let before = stats(c);
        c.check(&format!("PEXPIRE {key} 10"), ":1");
        std::thread::sleep(Duration::from_millis(20));
        c.check(&format!("EXISTS {key}"), ":0");
        let freed = eventually(5, || (stats(c)[1] > before[1]).then(|| stats(c)));
        assert_eq!(freed.expect("it is freed")[2] - before[2], 1);
        assert_eq!(told(c), format!("unlink {key}@0 3"));
        // Nobody asks for it: active expiry.
        c.check(&format!("box.set {key} 4"), ":0");
        let before = stats(c);
        c.check(&format!("PEXPIRE {key} 10"), ":1");
        eventually(5, || (stats(c)[1] > before[1]).then_some(())).expect("it is freed");
    });
}

#[test]
fn in_transactions_and_pipelines() {
    on(|server, c, key, other| {
        let lines = [
            "MULTI".into(),
            format!("box.set {key} 1"),
            format!("TYPE {key}"),
            format!("COPY {key} {other}"),
            format!("DEL {key}"),
            format!("box.get {other}"),
            "EXEC".into(),
        ];
        let answers = c.pipeline(&lines);
        assert_eq!(answers[6].to_string(), "[:0 +box-valko :1 :1 :1]");
        // Without commands of modules.
        c.check(&format!("box.set {key} 2"), ":0");
        let lines = [
            "MULTI".into(),
            format!("DEL {key}"),
            format!("RENAME {other} {key}"),
            format!("TYPE {key}"),
            "EXEC".into(),
        ];
        assert_eq!(c.pipeline(&lines)[4].to_string(), "[:1 +OK +box-valko]");
        c.check(&format!("box.get {key}"), ":1");
        // Hops that go home half-way.
        let mut lines = Vec::new();
        for n in 0..50 {
            lines.push(format!("SET s{n} {n}"));
            lines.push(format!("COPY {key} {other}{n}"));
            lines.push(format!("GET s{n}"));
            lines.push(format!("DEL {other}{n}"));
        }
        let answers: Vec<String> = c.pipeline(&lines).iter().map(ToString::to_string).collect();
        let want: Vec<String> =
            (0..50).flat_map(|n| ["+OK".into(), ":1".into(), format!("${n}"), ":1".into()]).collect();
        assert_eq!(answers, want);
        // A watched box.
        let mut watcher = server.client();
        watcher.check(&format!("WATCH {key}"), "+OK");
        c.check(&format!("box.replace {key} 3 3"), ":1");
        watcher.check("MULTI", "+OK");
        watcher.check("ECHO ran", "+QUEUED");
        watcher.check("EXEC", "nil");
    });
}

#[test]
fn pipelines_whose_commands_run_at_once() {
    let module = module("data_types");
    for shards in SHARDS {
        let args = load(&module, &[]);
        let server = Options::new(shards).args(&["--pipeline-order", "relaxed"]).args(&args).start();
        let keys = keys_on_all(shards, "k");
        let mut c = server.client();
        keys.iter().for_each(|key| c.check(&format!("box.set {key} 1"), ":0"));
        let (mut lines, mut want) = (Vec::new(), Vec::new());
        for n in 0..100 {
            let key = &keys[n % 4];
            lines.extend([
                format!("SET s{n} {n}"),
                format!("PERSIST {key}"),
                format!("STRLEN {key}{n}"),
                format!("EXISTS {key}"),
            ]);
            want.extend(["+OK", ":0", ":0", ":1"]);
        }
        lines.extend(keys.iter().map(|key| format!("DEL {key}")));
        want.extend([":1"; 4]);
        let answers: Vec<String> = c.pipeline(&lines).iter().map(ToString::to_string).collect();
        assert_eq!(answers, want);
        let [made, freed, ..] = stats(&mut c);
        assert_eq!((made, freed), (4, 4));
    }
}

#[test]
fn many_clients_at_once_lose_no_value() {
    on_modes("data_types", |server| {
        let keys = keys_on_all(server.shards, "k");
        std::thread::scope(|s| {
            for me in 0..4 {
                let (mut c, keys) = (server.client(), &keys);
                s.spawn(move || {
                    let mut rng = fastrand::Rng::with_seed(me);
                    for _ in 0..300 {
                        let (a, b) = (&keys[rng.usize(..4)], &keys[rng.usize(..4)]);
                        let line = match rng.u8(..8) {
                            0 | 1 => format!("box.set {a} {}", rng.u8(..)),
                            2 => format!("DEL {a} {b}"),
                            3 => format!("RENAME {a} {b}"),
                            4 => format!("COPY {a} {b} REPLACE"),
                            5 => format!("MSET {a} 1 {b} 2"),
                            6 => format!("PEXPIRE {a} 1"),
                            _ => format!("box.get {a}"),
                        };
                        c.run(&line);
                    }
                });
            }
        });
        let mut c = server.client();
        c.check("FLUSHALL", "+OK");
        let same = |c: &mut Client| {
            let [made, freed, ..] = stats(c);
            (made == freed).then_some(())
        };
        eventually(5, || same(&mut c)).unwrap_or_else(|| panic!("{:?}", stats(&mut c)));
    });
}

#[test]
fn a_module_with_types_is_not_unloaded() {
    on_modes("data_types", |server| {
        let text = "-ERR Error unloading module: the module exports one or more module-side data types, can't unload";
        server.client().check("MODULE UNLOAD data_types", text);
    });
}
