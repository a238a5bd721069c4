//! Keys as modules open them: the generic API, and strings (`module-host/tests/modules/keys.c`, `key_string.c`).

mod support;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use support::{Client, Server, keys_on_all, on_modes};

const READ: i64 = 1;
const WRITE: i64 = 2;
const NOTOUCH: i64 = 1 << 16;
const NONOTIFY: i64 = 1 << 17;
const NOSTATS: i64 = 1 << 18;
const NOEXPIRE: i64 = 1 << 19;
const NOEFFECTS: i64 = 1 << 20;

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_millis() as i64
}

fn pause(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
}

/// A field of INFO.
#[track_caller]
fn info(c: &mut Client, field: &str) -> i64 {
    let text = c.run("INFO stats").text();
    let line = text.lines().find_map(|l| l.strip_prefix(field)?.strip_prefix(':')).expect("a field");
    line.parse().expect("a number")
}

#[test]
fn types_and_lengths() {
    on_modes("keys", |server| {
        let mut c = server.client();
        for key in keys_on_all(server.shards, "k") {
            c.check(&format!("keys.type {key}"), ":-1");
            let long = "x".repeat(1000);
            for (value, len) in [("", 0), ("hello", 5), ("12345", 5), ("-7", 2), (long.as_str(), 1000)] {
                c.check(&format!("SET {key} '{value}'"), "+OK");
                c.check(&format!("keys.type {key}"), ":1");
                c.check(&format!("keys.length {key}"), &format!(":{len}"));
            }
        }
        c.check("keys.length absent", ":0");
    });
}

#[test]
fn undeclared_keys_of_all_shards_in_one_command() {
    on_modes("keys", |server| {
        let [a, b, c, d] = keys_on_all(server.shards, "k");
        let mut client = server.client();
        for round in 0..50 {
            let line = format!("keys.mset {a} a{round} {b} b{round} {c} c{round} {d} d{round}");
            client.check(&line, ":4");
            client.check(&format!("MGET {a} {b} {c} {d}"), &format!("[$a{round} $b{round} $c{round} $d{round}]"));
        }
        // The same key twice: the one that is written last, which is the first, stays.
        client.check(&format!("keys.mset {a} first {a} second"), ":2");
        client.check(&format!("GET {a}"), "$first");
        client.check("keys.mset", "-ERR wrong number of arguments for 'keys.mset' command");
    });
}

#[test]
fn many_keys_are_seen_together_or_not_at_all() {
    on_modes("keys", |server| {
        let [a, b, c, d] = keys_on_all(server.shards, "k");
        std::thread::scope(|s| {
            for n in 0..2 {
                let line = format!("keys.mset {a} {n} {b} {n} {c} {n} {d} {n}");
                let mut client = server.client();
                s.spawn(move || (0..300).for_each(|_| client.check(&line, ":4")));
            }
            let line = format!("MGET {a} {b} {c} {d}");
            let mut client = server.client();
            s.spawn(move || {
                for _ in 0..300 {
                    let seen = client.run(&line).to_string();
                    assert!(["[$0 $0 $0 $0]", "[$1 $1 $1 $1]", "[nil nil nil nil]"].contains(&seen.as_str()), "{seen}");
                }
            });
        });
    });
}

#[test]
fn deleting() {
    on_modes("keys", |server| {
        let mut c = server.client();
        for (key, command) in keys_on_all(server.shards, "k").iter().zip(["del", "unlink"].iter().cycle()) {
            c.check(&format!("SET {key} v EX 100"), "+OK");
            c.check(&format!("keys.{command} {key} {READ}"), "[:1 :1]");
            c.check(&format!("keys.{command} {key} {WRITE}"), "[:0 :0]");
            c.check(&format!("EXISTS {key}"), ":0");
            c.check(&format!("keys.{command} {key} {WRITE}"), "[:0 :0]");
            c.check(&format!("keys.{command} {key} {READ}"), "nil");
        }
        c.check("DBSIZE", ":0");
    });
}

#[test]
fn expiry() {
    on_modes("keys", |server| {
        let mut c = server.client();
        for key in keys_on_all(server.shards, "k") {
            c.check(&format!("SET {key} v"), "+OK");
            c.check(&format!("keys.ttl {key}"), "[:-1 :-1]");
            c.check(&format!("keys.expire {key} 100000 {WRITE}"), ":0");
            let before = now_ms();
            let ttl: Vec<i64> = c.run(&format!("keys.ttl {key}")).items().iter().map(|n| n.number()).collect();
            assert!((90_000..=100_000).contains(&ttl[0]), "{ttl:?}");
            assert!((ttl[1] - ttl[0] - before).abs() < 5_000, "{ttl:?} at {before}");
            c.check(&format!("keys.expire {key} 5 {READ}"), ":1");
            c.check(&format!("keys.expire {key} -2 {WRITE}"), ":1");
            assert!(c.run(&format!("PTTL {key}")).number() > 90_000);
            c.check(&format!("keys.expire {key} -1 {WRITE}"), ":0");
            c.check(&format!("TTL {key}"), ":-1");
            let at = now_ms() + 50_000;
            c.check(&format!("keys.expireat {key} {at} {WRITE}"), ":0");
            c.check(&format!("PEXPIRETIME {key}"), &format!(":{at}"));
            c.check(&format!("keys.expireat {key} -1 {WRITE}"), ":0");
            c.check(&format!("PEXPIRETIME {key}"), ":-1");
            c.check(&format!("keys.expireat {key} 1 {WRITE}"), ":0");
            c.check(&format!("GET {key}"), "nil");
            c.check(&format!("keys.expire {key} 100 {WRITE}"), ":1");
            c.check(&format!("keys.ttl {key}"), "[:-1 :-1]");
        }
        c.check("DBSIZE", ":0");
    });
}

#[test]
fn a_key_whose_time_is_over_is_not_there() {
    on_modes("keys", |server| {
        let mut c = server.client();
        c.check("DEBUG SET-ACTIVE-EXPIRE 0", "+OK");
        for key in keys_on_all(server.shards, "k") {
            let expired = |c: &mut Client| {
                c.check(&format!("SET {key} v PX 1"), "+OK");
                pause(5);
            };
            expired(&mut c);
            // Those that may not expire it don't see it either.
            c.check(&format!("keys.open {key} {}", READ | NOEXPIRE), "nil");
            c.check(&format!("keys.open {key} {}", READ | NOEFFECTS), "nil");
            c.check(&format!("keys.open {key} {}", WRITE | NOEXPIRE), ":0");
            c.check("keys.dbsize", ":1");
            c.check(&format!("keys.open {key} {READ}"), "nil");
            c.check("keys.dbsize", ":0");
            expired(&mut c);
            c.check(&format!("keys.open {key} {WRITE}"), ":0");
            c.check("keys.dbsize", ":0");
            expired(&mut c);
            c.check(&format!("keys.mset {key} again"), ":1");
            c.check(&format!("TTL {key}"), ":-1");
            c.check(&format!("DEL {key}"), ":1");
            expired(&mut c);
            c.check(&format!("keys.exists {key}"), ":0");
            c.check("keys.random", "nil");
        }
    });
}

#[test]
fn hits_and_misses_are_counted_as_the_mode_says() {
    on_modes("keys", |server| {
        let mut c = server.client();
        c.check("SET there v", "+OK");
        let counted = |c: &mut Client, line: &str| {
            let before = (info(c, "keyspace_hits"), info(c, "keyspace_misses"));
            c.run(line);
            (info(c, "keyspace_hits") - before.0, info(c, "keyspace_misses") - before.1)
        };
        for (mode, hit, miss) in [
            (READ, (1, 0), (0, 1)),
            (READ | NOTOUCH | NONOTIFY, (1, 0), (0, 1)),
            (READ | NOSTATS, (0, 0), (0, 0)),
            (READ | NOEFFECTS, (0, 0), (0, 0)),
            (READ | WRITE, (0, 0), (0, 0)),
        ] {
            assert_eq!(counted(&mut c, &format!("keys.open there {mode}")), hit, "{mode:x}");
            assert_eq!(counted(&mut c, &format!("keys.open absent {mode}")), miss, "{mode:x}");
        }
        assert_eq!(counted(&mut c, "keys.exists there"), (1, 0));
        assert_eq!(counted(&mut c, "keys.exists absent"), (0, 1));
    });
}

/// What EXEC answers to GET of a key that was watched before `command`.
#[track_caller]
fn exec_after(server: &Server, key: &str, command: &str) -> String {
    let mut watcher = server.client();
    watcher.check(&format!("WATCH {key}"), "+OK");
    server.client().run(command);
    watcher.check("MULTI", "+OK");
    watcher.check("ECHO ran", "+QUEUED");
    watcher.run("EXEC").to_string()
}

#[test]
fn a_write_of_a_module_is_a_conflict_for_those_who_watch() {
    on_modes("keys", |server| {
        for key in keys_on_all(server.shards, "k") {
            let exec = |command: &str| exec_after(server, &key, &command.replace("KEY", &key));
            assert_eq!(exec("keys.mset KEY v"), "nil");
            assert_eq!(exec("keys.auto KEY v"), "nil", "closed by automatic memory");
            // As in Valkey, opening for writing is enough.
            assert_eq!(exec("keys.open KEY 2"), "nil");
            assert_eq!(exec("keys.expire KEY 100000 2"), "nil");
            assert_eq!(exec("keys.del KEY 2"), "nil");
            assert_eq!(exec("keys.type KEY"), "[$ran]");
            assert_eq!(exec("keys.mset other v"), "[$ran]");
            assert_eq!(exec("keys.options 2"), "[$ran]");
            assert_eq!(exec("keys.mset KEY v"), "[$ran]", "the module wants to tell it itself");
            assert_eq!(exec("keys.auto KEY v"), "[$ran]");
            assert_eq!(exec("keys.signal KEY"), "nil");
            assert_eq!(exec("keys.options 0"), "[$ran]");
            assert_eq!(exec("keys.mset KEY v"), "nil");
        }
    });
}

#[test]
fn a_handle_sees_the_key_as_it_is() {
    on_modes("keys", |server| {
        let mut c = server.client();
        for key in keys_on_all(server.shards, "k") {
            c.check(&format!("keys.name {key}"), &format!("${key}"));
            c.check(&format!("SET {key} seven77"), "+OK");
            c.check(&format!("keys.twice {key} four"), "[:7 :4 :0]");
            c.check(&format!("EXISTS {key}"), ":0");
            c.check(&format!("keys.called {key}"), "[:0 :1 :0]");
            c.check(&format!("SET {key} seven77"), "+OK");
            c.check(&format!("keys.churn {key} 3000"), "[:7 :7]");
            c.check(&format!("GET {key}"), "$seven77");
        }
        c.check("GET churn:2999", "$churn:2999");
        c.check("DBSIZE", ":3004");
    });
}

#[test]
fn databases() {
    on_modes("keys", |server| {
        let mut c = server.client();
        let [k0, k1, k2, k3] = keys_on_all(server.shards, "k");
        c.check("keys.random", "nil");
        c.check(&format!("MSET {k0} 0 {k1} 1 {k2} 2 {k3} 3"), "+OK");
        c.check("keys.dbsize", ":4");
        let seen: std::collections::BTreeSet<_> = (0..200).map(|_| c.run("keys.random").text()).collect();
        assert_eq!(seen.len(), 4, "{seen:?}");
        c.check("keys.select 3", "[:0 :3]");
        c.check("keys.dbsize", ":0");
        c.check("keys.random", "nil");
        // The client stays there.
        c.check(&format!("keys.mset {k0} three"), ":1");
        c.check(&format!("GET {k0}"), "$three");
        c.check("keys.select 16", "[:1 :3]");
        c.check("keys.select -1", "[:1 :3]");
        c.check("SELECT 0", "+OK");
        c.check(&format!("GET {k0}"), "$0");
        // A pipeline goes on in the other database.
        let answers =
            c.pipeline(&["keys.select 3".into(), format!("GET {k0}"), "keys.select 0".into(), format!("GET {k0}")]);
        let answers: Vec<String> = answers.iter().map(ToString::to_string).collect();
        assert_eq!(answers, ["[:0 :3]", "$three", "[:0 :0]", "$0"]);
        assert_eq!(exec_after(server, &k0, "keys.reset"), "nil");
        c.check("DBSIZE", ":0");
        c.check("SELECT 3", "+OK");
        c.check("DBSIZE", ":0");
    });
}

#[test]
fn what_a_module_knows_of_its_client() {
    on_modes("keys", |server| {
        let mut c = server.client();
        let id = c.run("CLIENT ID").number();
        let ask = |c: &mut Client| -> Vec<i64> { c.run("keys.client").items().iter().map(|n| n.number()).collect() };
        let (multi, primary, deny_blocking, resp3) = (1 << 1, 1 << 2, 1 << 21, 1 << 22);
        assert_eq!(ask(&mut c), [id, primary, 0x1f_0003, 0]);
        c.check("MULTI", "+OK");
        c.check("keys.client", "+QUEUED");
        let in_exec = c.run("EXEC").items().remove(0).items();
        assert_eq!((in_exec[0].number(), in_exec[1].number()), (id, primary | multi | deny_blocking));
        c.run("HELLO 3");
        assert_eq!(ask(&mut c)[1], primary | resp3);
        c.check("CONFIG SET maxmemory 100gb maxmemory-policy allkeys-lru", "+OK");
        assert_eq!(ask(&mut c)[1], primary | resp3 | 1 << 8 | 1 << 9);
        c.check("CLIENT PAUSE 60000 WRITE", "+OK");
        assert_eq!(ask(&mut c)[3], 1);
        c.check("CLIENT UNPAUSE", "+OK");
        assert_eq!(ask(&mut c)[3], 0);
    });
}

/// A string that is stored as an integer, one in its entry, one in a block of its own, one changed in place: value, and
/// the encoding that is told.
fn values() -> [(String, &'static str); 4] {
    [("12345".into(), "int"), ("hello".into(), "embstr"), ("x".repeat(300), "raw"), ("y".repeat(100_000), "raw")]
}

#[test]
fn strings_are_read_by_pointer() {
    on_modes("key_string", |server| {
        let mut c = server.client();
        for key in keys_on_all(server.shards, "k") {
            for (value, encoding) in values() {
                c.check(&format!("SET {key} {value} EX 100"), "+OK");
                c.check(&format!("OBJECT ENCODING {key}"), &format!("${encoding}"));
                for mode in [READ, WRITE, READ] {
                    c.check(&format!("str.get {key} {mode}"), &format!("${value}"));
                }
                // As in Valkey, it has a block of its own from then on.
                c.check(&format!("OBJECT ENCODING {key}"), "$raw");
                c.check(&format!("GET {key}"), &format!("${value}"));
                assert!(c.run(&format!("TTL {key}")).number() > 90);
            }
            c.check(&format!("SET {key} 41"), "+OK");
            c.check(&format!("str.get {key} {READ}"), "$41");
            c.check(&format!("INCR {key}"), ":42");
            c.check(&format!("SET {key} ''"), "+OK");
            c.check(&format!("str.get {key} {READ}"), "$");
            c.check(&format!("DEL {key}"), ":1");
            c.check(&format!("str.get {key} {READ}"), "nil");
            c.check(&format!("str.empty {key}"), "[:1 :0]");
            c.check(&format!("EXISTS {key}"), ":0");
        }
    });
}

#[test]
fn strings_are_changed_by_pointer() {
    on_modes("key_string", |server| {
        let mut c = server.client();
        for key in keys_on_all(server.shards, "k") {
            for (value, _) in values() {
                c.check(&format!("SET {key} {value}"), "+OK");
                c.check(&format!("str.upper {key}"), ":1");
                c.check(&format!("GET {key}"), &format!("${}", value.to_uppercase()));
                assert_eq!(exec_after(server, &key, &format!("str.upper {key}")), "nil");
            }
            c.check(&format!("str.fill {key} 100000 z"), ":100000");
            c.check(&format!("GET {key}"), &format!("${}", "z".repeat(100_000)));
            c.check(&format!("str.fill {key} 5 y"), ":5");
            c.check(&format!("GET {key}"), "$yyyyy");
            c.check(&format!("APPEND {key} more"), ":9");
            c.check(&format!("GET {key}"), "$yyyyymore");
        }
    });
}

#[test]
fn strings_are_set_whole() {
    on_modes("key_string", |server| {
        let mut c = server.client();
        for key in keys_on_all(server.shards, "k") {
            c.check(&format!("str.set {key} v {READ}"), "nil");
            for (value, _) in values() {
                c.check(&format!("SET {key} old EX 100"), "+OK");
                c.check(&format!("str.set {key} new {READ}"), ":1");
                c.check(&format!("GET {key}"), "$old");
                c.check(&format!("str.set {key} {value} {WRITE}"), ":0");
                c.check(&format!("GET {key}"), &format!("${value}"));
                c.check(&format!("TTL {key}"), ":-1");
            }
        }
    });
}

#[test]
fn strings_are_cut_and_grow() {
    on_modes("key_string", |server| {
        let mut c = server.client();
        for key in keys_on_all(server.shards, "k") {
            c.check(&format!("str.truncate {key} 0 {WRITE}"), "[:0 :0]");
            c.check(&format!("EXISTS {key}"), ":0");
            c.check(&format!("str.truncate {key} 4 {WRITE}"), "[:0 :4]");
            c.check(&format!("GET {key}"), "$\0\0\0\0");
            for (value, _) in values() {
                c.check(&format!("SET {key} {value} EX 100"), "+OK");
                c.check(&format!("str.truncate {key} 3 {READ}"), &format!("[:1 :{}]", value.len()));
                c.check(&format!("str.truncate {key} 536870913 {WRITE}"), &format!("[:1 :{}]", value.len()));
                c.check(&format!("str.truncate {key} 3 {WRITE}"), "[:0 :3]");
                c.check(&format!("GET {key}"), &format!("${}", &value[..3]));
                c.check(&format!("str.truncate {key} 6 {WRITE}"), "[:0 :6]");
                c.check(&format!("GET {key}"), &format!("${}\0\0\0", &value[..3]));
                assert!(c.run(&format!("TTL {key}")).number() > 90);
            }
            c.check(&format!("str.truncate {key} 0 {WRITE}"), "[:0 :0]");
            c.check(&format!("EXISTS {key}"), ":1");
            c.check(&format!("str.get {key} {READ}"), "$");
        }
    });
}

#[test]
fn pointers_into_several_keys_at_once() {
    on_modes("key_string", |server| {
        let mut c = server.client();
        let [a, b, to, d] = keys_on_all(server.shards, "k");
        let long = "L".repeat(5000);
        c.check(&format!("MSET {a} 123 {b} short {d} {long}"), "+OK");
        c.check(&format!("str.concat {to} {a} {b} {d} absent {a}"), "+OK");
        c.check(&format!("GET {to}"), &format!("$123short{long}123"));
        // What is read is overwritten by what was read of it.
        c.check(&format!("str.concat {a} {a} {b} {a}"), "+OK");
        c.check(&format!("GET {a}"), "$123short123");
    });
}
