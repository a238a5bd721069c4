//! Commands over several keys, transactions and whole databases: on one shard and over four the same, and atomic.

mod support;

use std::collections::{BTreeSet, HashSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use support::{Client, Server, Stop, Value, encode, keys_on_all, on_shards, ran_out};

/// Runs a script with `A`, `B`, `C`, `D` standing for keys of all shards: lines of `command -> answer`.
#[track_caller]
fn script(c: &mut Client, keys: &[String; 4], text: &str) {
    let fill = |line: &str| {
        let words = line.split(' ').map(|w| match w.trim_matches(['[', ']', '$']) {
            "A" => w.replace('A', &keys[0]),
            "B" => w.replace('B', &keys[1]),
            "C" => w.replace('C', &keys[2]),
            "D" => w.replace('D', &keys[3]),
            _ => w.to_string(),
        });
        words.collect::<Vec<_>>().join(" ")
    };
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let (command, want) = line.split_once(" -> ").expect("command -> answer");
        let (command, want) = (fill(command), fill(want));
        let got = c.run(&command).to_string();
        assert_eq!(got.trim_end(), want, "{command} (from {line:?})");
    }
}

#[test]
fn strings_over_shards() {
    on_shards(|s| {
        let keys = keys_on_all(s.shards, "k");
        script(
            &mut s.client(),
            &keys,
            "MSET A 1 B 2 C 3 D 4 -> +OK
             MGET A B C D none -> [$1 $2 $3 $4 nil]
             MGET D D A A -> [$4 $4 $1 $1]
             MSET A 5 A 6 -> +OK
             GET A -> $6
             MSETNX A x none y -> :0
             EXISTS none -> :0
             DEL A B -> :2
             MSETNX A x B y -> :1
             MGET A B C D -> [$x $y $3 $4]
             EXISTS A B C D A none -> :5
             TOUCH A B C D none -> :4
             UNLINK A B none -> :2
             DEL C C D -> :2
             EXISTS A B C D -> :0
             DBSIZE -> :0
             MSET A 1 B -> -ERR wrong number of arguments for 'mset' command
             MSETNX A 1 B -> -ERR wrong number of arguments for 'msetnx' command
             MSETEX 2 A 1 B 2 EX 100 -> :1
             TTL A -> :100
             TTL B -> :100
             MSETEX 2 A 5 B 6 NX -> :0
             MGET A B -> [$1 $2]",
        );
    });
}

#[test]
fn renames_and_copies_over_shards() {
    on_shards(|s| {
        let keys = keys_on_all(s.shards, "k");
        script(
            &mut s.client(),
            &keys,
            "RENAME A B -> -ERR no such key
             SET A 1 EX 100 -> +OK
             RENAME A B -> +OK
             EXISTS A -> :0
             GET B -> $1
             TTL B -> :100
             SET C 3 -> +OK
             RENAMENX B C -> :0
             RENAME B C -> +OK
             GET C -> $1
             TTL C -> :100
             RENAMENX C D -> :1
             RENAMENX D D -> :0
             RENAME D D -> +OK
             COPY D A -> :1
             GET A -> $1
             TTL A -> :100
             SET A 2 -> +OK
             COPY D A -> :0
             GET A -> $2
             COPY D A REPLACE -> :1
             GET A -> $1
             COPY D B DB 1 -> :1
             EXISTS B -> :0
             COPY D D -> -ERR source and destination objects are the same
             COPY D D DB 2 -> :1
             COPY none A -> :0
             COPY D A DB 99 -> -ERR DB index is out of range
             SELECT 1 -> +OK
             GET B -> $1
             TTL B -> :100
             MOVE B 0 -> :1
             MOVE B 0 -> :0
             SELECT 0 -> +OK
             GET B -> $1
             SELECT 2 -> +OK
             DBSIZE -> :1",
        );
    });
}

#[test]
fn results_of_several_keys() {
    on_shards(|s| {
        let keys = keys_on_all(s.shards, "k");
        script(
            &mut s.client(),
            &keys,
            "MSET A ohmytext B mynewtext -> +OK
             LCS A B -> $mytext
             LCS A B LEN -> :6
             LCS A none -> $
             MSET A abc B ab -> +OK
             BITOP AND C A B -> :3
             STRLEN C -> :3
             BITOP OR D A none -> :3
             GET D -> $abc
             BITOP NOT D B -> :2
             BITCOUNT D -> :10
             BITOP XOR D A A -> :3
             BITCOUNT D -> :0
             BITOP AND A none none2 -> :0
             EXISTS A -> :0
             BITOP NOT D A B -> -ERR BITOP NOT must be called with a single source key.",
        );
    });
}

#[test]
fn transactions_over_shards() {
    on_shards(|s| {
        let keys = keys_on_all(s.shards, "k");
        script(
            &mut s.client(),
            &keys,
            "EXEC -> -ERR EXEC without MULTI
             DISCARD -> -ERR DISCARD without MULTI
             MULTI -> +OK
             SET A 1 -> +QUEUED
             INCR A -> +QUEUED
             MSET B x C y -> +QUEUED
             MGET A B C -> +QUEUED
             PING -> +QUEUED
             DBSIZE -> +QUEUED
             EXEC -> [+OK :2 +OK [$2 $x $y] +PONG :3]
             MULTI -> +OK
             MULTI -> -ERR Command 'multi' not allowed inside a transaction
             SET D 1 -> +QUEUED
             EXEC -> -EXECABORT Transaction discarded because of previous errors.
             MULTI -> +OK
             SET D 1 -> +QUEUED
             EXEC -> [+OK]
             MULTI -> +OK
             EXEC -> []
             MULTI -> +OK
             PING -> +QUEUED
             ECHO x -> +QUEUED
             EXEC -> [+PONG $x]
             MULTI -> +OK
             SET A 9 -> +QUEUED
             DISCARD -> +OK
             GET A -> $2
             MULTI -> +OK
             SET A 9 -> +QUEUED
             SET A -> -ERR wrong number of arguments for 'set' command
             SET B 9 -> +QUEUED
             EXEC -> -EXECABORT Transaction discarded because of previous errors.
             MGET A B -> [$2 $x]
             MULTI -> +OK
             SET A 9 -> +QUEUED
             EXEC now -> -EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command
             EXEC -> -ERR EXEC without MULTI
             MULTI -> +OK
             nosuch -> -ERR unknown command 'nosuch', with args beginning with:
             DISCARD -> +OK
             MULTI -> +OK
             INCR A -> +QUEUED
             INCR B -> +QUEUED
             INCR D -> +QUEUED
             EXEC -> [:3 -ERR value is not an integer or out of range :2]
             MULTI -> +OK
             SELECT 1 -> +QUEUED
             SET A one -> +QUEUED
             SELECT 99 -> +QUEUED
             GET A -> +QUEUED
             EXEC -> [+OK +OK -ERR DB index is out of range $one]
             GET A -> $one
             SELECT 0 -> +OK
             GET A -> $3
             MULTI -> +OK
             FLUSHALL -> +QUEUED
             SET C z -> +QUEUED
             KEYS * -> +QUEUED
             EXEC -> [+OK +OK [$C]]
             DBSIZE -> :1",
        );
    });
}

/// Commands without keys at the head of a transaction must not decide where it runs.
#[test]
fn transactions_that_begin_without_a_key() {
    on_shards(|s| {
        for key in keys_on_all(s.shards, "head") {
            let mut c = s.client();
            c.check("MULTI", "+OK");
            c.check("ECHO first", "+QUEUED");
            c.check(&format!("SET {key} v"), "+QUEUED");
            c.check(&format!("GET {key}"), "+QUEUED");
            c.check("EXEC", "[$first +OK $v]");
            s.client().check(&format!("GET {key}"), "$v");
            // Watched keys, and nothing to run.
            c.check(&format!("WATCH {key}"), "+OK");
            c.check("MULTI", "+OK");
            c.check("EXEC", "[]");
            c.check(&format!("WATCH {key}"), "+OK");
            s.client().check(&format!("SET {key} w"), "+OK");
            c.check("MULTI", "+OK");
            c.check("EXEC", "nil");
        }
    });
}

#[test]
fn watch_conflicts_from_other_shards() {
    on_shards(|s| {
        let keys = keys_on_all(s.shards, "w");
        // Clients of all shards, against clients of all shards.
        let mut watchers = s.clients(4);
        let mut writers = s.clients(4);
        for (i, c) in watchers.iter_mut().enumerate() {
            for (j, w) in writers.iter_mut().enumerate() {
                for key in &keys {
                    let text = || format!("watcher {i}, writer {j}, {key}");
                    let other = &keys[(j + 1) % 4];
                    c.check(&format!("WATCH {key} {other}"), "+OK");
                    w.check(&format!("INCR {key}"), ":1");
                    c.check("MULTI", "+OK");
                    c.check(&format!("SET {other} x{i}"), "+QUEUED");
                    assert_eq!(c.run("EXEC").to_string(), "nil", "{}", text());
                    // Nothing is watched any more.
                    w.check(&format!("SET {key} 0"), "+OK");
                    c.check("MULTI", "+OK");
                    c.check(&format!("GET {key}"), "+QUEUED");
                    assert_eq!(c.run("EXEC").to_string(), "[$0]", "{}", text());
                    w.run(&format!("DEL {other}"));
                    w.run(&format!("DEL {key}"));
                }
            }
        }
    });
}

#[test]
fn what_ends_or_breaks_a_watch() {
    on_shards(|s| {
        for key in keys_on_all(s.shards, "w") {
            let mut c = s.client();
            let mut other = s.client();
            let mut outcome = |prepare: &str, act: &str, fin: &str| {
                c.run("FLUSHALL");
                prepare.split(';').filter(|p| !p.is_empty()).for_each(|p| drop(c.run(&p.replace('K', &key))));
                c.check(&format!("WATCH {key}"), "+OK");
                act.split(';').filter(|a| !a.is_empty()).for_each(|a| drop(other.run(&a.replace('K', &key))));
                fin.split(';').filter(|a| !a.is_empty()).for_each(|a| drop(c.run(&a.replace('K', &key))));
                c.check("MULTI", "+OK");
                c.check("PING", "+QUEUED");
                c.run("EXEC").to_string()
            };
            assert_eq!(outcome("", "", ""), "[+PONG]");
            assert_eq!(outcome("", "GET K", ""), "[+PONG]");
            assert_eq!(outcome("", "SET other 1", ""), "[+PONG]");
            assert_eq!(outcome("SET K 1", "DEL K", ""), "nil");
            assert_eq!(outcome("SET K 1", "EXPIRE K 100", ""), "nil");
            assert_eq!(outcome("SET K 1", "FLUSHALL", ""), "nil");
            assert_eq!(outcome("", "FLUSHALL", ""), "[+PONG]");
            assert_eq!(outcome("SET K 1", "SWAPDB 0 1;SWAPDB 0 1", ""), "nil");
            assert_eq!(outcome("", "SELECT 1;SET K 1;SELECT 0", ""), "[+PONG]");
            assert_eq!(outcome("SET K 1", "RENAME K z", ""), "nil");
            assert_eq!(outcome("", "SET z 1;COPY z K", ""), "nil");
            assert_eq!(outcome("", "MSET z 1 K 2", ""), "nil");
            assert_eq!(outcome("", "", "SET K 1"), "nil");
            assert_eq!(outcome("", "SET K 1", "UNWATCH"), "[+PONG]");
            assert_eq!(outcome("", "SET K 1", "MULTI;DISCARD"), "[+PONG]");
            assert_eq!(outcome("", "SET K 1", "WATCH K"), "nil");
            assert_eq!(outcome("", "SET K 1", "RESET"), "[+PONG]");
            assert_eq!(outcome("SET K 1", "SET K 1;DEL K;SET K 1", ""), "nil");
            // A key whose time is over when it is watched; one whose time runs out meanwhile.
            c.run(&format!("SET {key} 1 PX 1"));
            std::thread::sleep(Duration::from_millis(5));
            c.check(&format!("WATCH {key}"), "+OK");
            c.run("MULTI");
            c.check("EXEC", "[]");
            c.run(&format!("SET {key} 1 PX 20"));
            c.check(&format!("WATCH {key}"), "+OK");
            std::thread::sleep(Duration::from_millis(40));
            c.run("MULTI");
            c.check(&format!("GET {key}"), "+QUEUED");
            c.check("EXEC", "nil");
        }
    });
}

#[test]
fn watch_inside_multi_is_refused() {
    on_shards(|s| {
        for key in keys_on_all(s.shards, "w") {
            let mut c = s.client();
            c.check("MULTI", "+OK");
            assert!(c.run(&format!("WATCH {key}")).is_error());
            c.check("DISCARD", "+OK");
            c.check(&format!("GET {key}"), "nil");
        }
    });
}

#[test]
fn whole_databases() {
    on_shards(|s| {
        let keys = keys_on_all(s.shards, "k");
        script(
            &mut s.client(),
            &keys,
            "RANDOMKEY -> nil
             MSET A 1 B 2 C 3 D 4 -> +OK
             DBSIZE -> :4
             KEYS nothing* -> []
             SWAPDB 0 1 -> +OK
             DBSIZE -> :0
             SELECT 1 -> +OK
             MGET A B C D -> [$1 $2 $3 $4]
             SWAPDB 0 99 -> -ERR DB index is out of range
             SWAPDB a 1 -> -ERR invalid first DB index
             FLUSHDB -> +OK
             DBSIZE -> :0
             MSET A 1 B 2 -> +OK
             SELECT 2 -> +OK
             MSET C 1 D 2 -> +OK
             FLUSHALL SYNC -> +OK
             DBSIZE -> :0
             SELECT 1 -> +OK
             DBSIZE -> :0
             FLUSHALL nope -> -ERR syntax error",
        );
        let mut c = s.client();
        c.run("SELECT 0");
        for key in &keys {
            c.check(&format!("SET {key} v"), "+OK");
        }
        let all: BTreeSet<String> = keys.iter().cloned().collect();
        let got: BTreeSet<String> = c.run("KEYS *").items().into_iter().map(Value::text).collect();
        assert_eq!(got, all);
        let random: BTreeSet<String> = (0..400).map(|_| c.run("RANDOMKEY").text()).collect();
        assert_eq!(random, all, "RANDOMKEY finds every key in the end");
    });
}

/// The writers' side of the atomicity checks: who sets four keys, and who may not be seen in between.
fn is_torn(values: &[Value]) -> bool {
    values.windows(2).any(|w| w[0] != w[1])
}

/// Clients set all keys to one number with `write`, others read them with `read`; the first torn read.
fn torn_read(
    s: &Server,
    ms: u64,
    write: impl Fn(&mut Client, &[String; 4], &str) + Sync,
    read: impl Fn(&mut Client, &[String; 4]) -> Vec<Value> + Sync,
) -> Option<Vec<Value>> {
    let keys = keys_on_all(s.shards, "atom");
    let stop = AtomicBool::new(false);
    let found = Mutex::new(None);
    std::thread::scope(|scope| {
        let _stop = Stop(&stop);
        for w in 0..4 {
            let mut c = s.client();
            let (keys, write, stop) = (&keys, &write, &stop);
            scope.spawn(move || {
                for n in 0u64.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    write(&mut c, keys, &format!("{w}.{n}"));
                }
            });
        }
        for _ in 0..3 {
            let mut c = s.client();
            let (keys, read, stop, found) = (&keys, &read, &stop, &found);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let got = read(&mut c, keys);
                    assert_eq!(got.len(), 4);
                    if is_torn(&got) {
                        *found.lock().expect("no one panics with this lock") = Some(got);
                        stop.store(true, Ordering::Relaxed);
                    }
                }
            });
        }
        let since = Instant::now();
        while !ran_out(since, ms) && !stop.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(5));
        }
        stop.store(true, Ordering::Relaxed);
    });
    found.into_inner().expect("no one panics with this lock")
}

fn mset(c: &mut Client, k: &[String; 4], v: &str) {
    assert_eq!(c.cmd(&["MSET", &k[0], v, &k[1], v, &k[2], v, &k[3], v]).to_string(), "+OK");
}

fn mget(c: &mut Client, k: &[String; 4]) -> Vec<Value> {
    c.cmd(&["MGET", &k[0], &k[1], &k[2], &k[3]]).items()
}

fn exec_set(c: &mut Client, k: &[String; 4], v: &str) {
    let lines = [
        "MULTI".to_string(),
        format!("SET {} {v}", k[2]),
        format!("MSET {} {v} {} {v}", k[0], k[3]),
        format!("SET {} {v}", k[1]),
        "EXEC".into(),
    ];
    assert_eq!(c.pipeline(&lines)[4].to_string(), "[+OK +OK +OK]");
}

fn exec_get(c: &mut Client, k: &[String; 4]) -> Vec<Value> {
    let mut lines = vec!["MULTI".to_string()];
    lines.extend(k.iter().map(|k| format!("GET {k}")));
    lines.push("EXEC".into());
    c.pipeline(&lines).pop().expect("EXEC's answer").items()
}

#[test]
fn multi_key_commands_are_atomic_under_load() {
    on_shards(|s| {
        assert_eq!(torn_read(s, 700, mset, mget), None, "MSET and MGET, {} shards", s.shards);
        assert_eq!(torn_read(s, 700, exec_set, mget), None, "EXEC and MGET, {} shards", s.shards);
        assert_eq!(torn_read(s, 700, mset, exec_get), None, "MSET and EXEC, {} shards", s.shards);
        assert_eq!(torn_read(s, 700, exec_set, exec_get), None, "EXEC and EXEC, {} shards", s.shards);
    });
}

/// The planted fault: writers and readers that are not atomic must be caught.
#[test]
fn torn_writes_and_reads_are_found() {
    let s = Server::start(4);
    let torn_write = |c: &mut Client, k: &[String; 4], v: &str| {
        c.pipeline(&k.each_ref().map(|k| format!("SET {k} {v}")));
    };
    let torn_get = |c: &mut Client, k: &[String; 4]| c.pipeline(&k.each_ref().map(|k| format!("GET {k}")));
    assert!(torn_read(&s, 20_000, torn_write, mget).is_some(), "a writer of single SETs goes unnoticed");
    assert!(torn_read(&s, 20_000, mset, torn_get).is_some(), "a reader of single GETs notices nothing");
}

#[test]
fn increments_in_transactions_are_not_lost() {
    on_shards(|s| {
        let keys = keys_on_all(s.shards, "n");
        let each = 150;
        std::thread::scope(|scope| {
            for i in 0..6 {
                let mut c = s.client();
                let keys = &keys;
                scope.spawn(move || {
                    let (a, b) = (&keys[i % 4], &keys[(i + 1) % 4]);
                    for _ in 0..each {
                        let got =
                            c.pipeline(&["MULTI".into(), format!("INCR {a}"), format!("INCR {b}"), "EXEC".into()]);
                        assert!(matches!(&got[3], Value::Array(v) if v.len() == 2), "{}", got[3]);
                    }
                });
            }
            for _ in 0..2 {
                // WATCH, GET, MULTI, SET, EXEC: an increment by hand, repeated until nobody came between.
                let mut c = s.client();
                let key = &keys[2];
                scope.spawn(move || {
                    let mut done = 0;
                    while done < each {
                        c.check(&format!("WATCH {key}"), "+OK");
                        let n = c.cmd(&["GET", key]).number();
                        let got = c.pipeline(&["MULTI".to_string(), format!("SET {key} {}", n + 1), "EXEC".into()]);
                        done += i64::from(got[2] != Value::Null);
                    }
                });
            }
        });
        let got: Vec<i64> = mget(&mut s.client(), &keys).iter().map(Value::number).collect();
        let mut want = [0; 4];
        for i in 0..6 {
            want[i % 4] += each;
            want[(i + 1) % 4] += each;
        }
        want[2] += 2 * each;
        assert_eq!(got, want);
    });
}

#[test]
fn renames_under_load_lose_nothing() {
    on_shards(|s| {
        let keys = keys_on_all(s.shards, "r");
        s.client().check(&format!("SET {} token", keys[0]), "+OK");
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let _stop = Stop(&stop);
            for i in 0..4 {
                let mut c = s.client();
                let (keys, stop) = (&keys, &stop);
                scope.spawn(move || {
                    let mut rng = fastrand::Rng::with_seed(i);
                    while !stop.load(Ordering::Relaxed) {
                        let (a, b) = (rng.usize(0..4), rng.usize(0..4));
                        c.cmd(&["RENAMENX", &keys[a], &keys[b]]);
                    }
                });
            }
            let mut c = s.client();
            for _ in 0..300 {
                let found = mget(&mut c, &keys).into_iter().filter(|v| *v != Value::Null).count();
                assert_eq!(found, 1, "the token is at one place at any time");
            }
            stop.store(true, Ordering::Relaxed);
        });
    });
}

/// World commands while others write: counts and listings are of one moment.
#[test]
fn world_commands_while_others_write() {
    on_shards(|s| {
        let keys = keys_on_all(s.shards, "w");
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let _stop = Stop(&stop);
            for _ in 0..3 {
                let mut c = s.client();
                let (keys, stop) = (&keys, &stop);
                scope.spawn(move || {
                    // All four keys are there, or none.
                    while !stop.load(Ordering::Relaxed) {
                        mset(&mut c, keys, "v");
                        c.cmd(&["DEL", &keys[0], &keys[1], &keys[2], &keys[3]]);
                    }
                });
            }
            let mut flusher = s.client();
            let stop = &stop;
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    flusher.check("FLUSHALL", "+OK");
                    flusher.check("SWAPDB 0 1", "+OK");
                    std::thread::sleep(Duration::from_millis(1));
                }
            });
            let mut c = s.client();
            for _ in 0..400 {
                let n = c.run("DBSIZE").number();
                assert!(n == 0 || n == 4, "DBSIZE is {n}, but four keys come and go together");
                let n = c.run("KEYS *").items().len();
                assert!(n == 0 || n == 4, "KEYS gives {n}, but four keys come and go together");
                if let Value::Bulk(key) = c.run("RANDOMKEY") {
                    assert!(keys.iter().any(|k| k.as_bytes() == key), "RANDOMKEY gives {key:?}");
                }
            }
            stop.store(true, Ordering::Relaxed);
        });
    });
}

/// A full scan's keys, as they come; fails when it doesn't end.
fn scan_all(c: &mut Client, count: usize, pipelined: bool) -> Vec<String> {
    let (mut cursor, mut found) = ("0".to_string(), Vec::new());
    for _ in 0..100_000 {
        let args = ["SCAN", &cursor, "COUNT", &count.to_string()];
        let got = if pipelined {
            // In the middle of a pipeline, where commands travel together.
            c.send_raw(&[encode(&["GET", "x"]), encode(&args), encode(&["GET", "y"])].concat());
            let _ = c.read();
            let got = c.read();
            let _ = c.read();
            got
        } else {
            c.cmd(&args)
        };
        let mut items = got.items();
        let names = items.pop().expect("two items").items();
        cursor = items.pop().expect("two items").text();
        found.extend(names.into_iter().map(Value::text));
        if cursor == "0" {
            return found;
        }
    }
    panic!("a scan without an end");
}

/// SCAN's promise: what was there from beginning to end is answered.
fn missing(found: &[String], stable: &[String]) -> Vec<String> {
    let found: HashSet<&String> = found.iter().collect();
    stable.iter().filter(|k| !found.contains(k)).cloned().collect()
}

#[test]
fn the_scan_check_finds_a_key_that_is_missing() {
    let stable: Vec<String> = (0..10).map(|i| format!("s{i}")).collect();
    assert!(missing(&stable, &stable).is_empty());
    assert_eq!(missing(&stable[1..], &stable), ["s0"]);
}

#[test]
fn scan_without_churn_gives_each_key_once() {
    on_shards(|s| {
        let mut c = s.client();
        let names: Vec<String> = (0..3000).map(|i| format!("key:{i}")).collect();
        for chunk in names.chunks(500) {
            c.pipeline(&chunk.iter().map(|k| format!("SET {k} v")).collect::<Vec<_>>());
        }
        for client in 0..4 {
            let mut c = s.client();
            for (count, pipelined) in [(1, false), (10, false), (1000, false), (100_000, false), (37, true)] {
                let mut found = scan_all(&mut c, count, pipelined);
                found.sort();
                let mut want = names.clone();
                want.sort();
                assert!(found == want, "client {client}, COUNT {count}, pipelined {pipelined}: {} keys", found.len());
            }
        }
        c.check("SCAN x", "-ERR invalid cursor");
        let got = c.run("SCAN 0 MATCH key:299? COUNT 100000").items()[1].clone().items().len();
        assert_eq!(got, if s.shards == 1 { 10 } else { 3 }, "a call ends with its shard");
    });
}

#[test]
fn scan_keeps_its_promise_under_churn() {
    on_shards(|s| {
        let mut c = s.client();
        let stable: Vec<String> = (0..400).map(|i| format!("stable:{i}")).collect();
        c.pipeline(&stable.iter().map(|k| format!("SET {k} v")).collect::<Vec<_>>());
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let _stop = Stop(&stop);
            for i in 0..3u64 {
                let mut c = s.client();
                let stop = &stop;
                scope.spawn(move || {
                    let mut rng = fastrand::Rng::with_seed(i);
                    while !stop.load(Ordering::Relaxed) {
                        // Tables grow and shrink.
                        let n = rng.usize(10..2000);
                        let names: Vec<String> = (0..n).map(|_| format!("churn:{i}:{}", rng.u32(..))).collect();
                        c.pipeline(&names.iter().map(|k| format!("SET {k} v")).collect::<Vec<_>>());
                        c.pipeline(&names.iter().map(|k| format!("DEL {k}")).collect::<Vec<_>>());
                    }
                });
            }
            let since = Instant::now();
            let mut rounds = 0;
            while !ran_out(since, 1500) || rounds < 3 {
                let found = scan_all(&mut c, [1, 10, 100][rounds % 3], rounds % 2 == 1);
                assert_eq!(missing(&found, &stable), [""; 0], "in round {rounds}");
                rounds += 1;
            }
            stop.store(true, Ordering::Relaxed);
        });
    });
}
