//! Commands that modules call, and their answers. The values are those of a stock server with the same module, but where
//! `docs/differences.md` says otherwise.

mod support;

use support::{Server, eventually, key_on, keys_on_all, with_module};

fn call(test: impl Fn(&Server)) {
    with_module("call", &[], test);
}

#[test]
fn answers_are_those_of_a_client() {
    call(|server| {
        let mut c = server.client();
        for key in keys_on_all(server.shards, "k") {
            c.check(&format!("K.CALL '' SET {key} 1"), "+OK");
            c.check(&format!("GET {key}"), "$1");
            c.check(&format!("K.CALL '' INCR {key}"), ":2");
            c.check(&format!("K.CALL '' GET {key}"), "$2");
            c.check(&format!("K.CALL '' TYPE {key}"), "+string");
            c.check(&format!("K.CALL '' APPEND {key} x"), ":2");
            c.check(&format!("K.CALL '' INCR {key}"), "-ERR value is not an integer or out of range");
        }
        let [a, b, d, e] = keys_on_all(server.shards, "k");
        c.check(&format!("K.CALL '' MGET {a} {b} nokey {d} {e}"), "[$2x $2x nil $2x $2x]");
        c.check("K.CALL '' DBSIZE", ":4");
        c.check("K.CALL '' PING", "+PONG");
        c.check("K.CALL '' FLUSHALL", "+OK");
        c.check("DBSIZE", ":0");
    });
}

#[test]
fn refusals_are_errno_or_errors() {
    call(|server| {
        let mut c = server.client();
        let checks = [
            ("'' SET a", "-ERR none, errno EINVAL"),
            ("E SET a", "-ERR wrong number of arguments for 'set' command"),
            ("'' NOPE x", "-ERR none, errno ENOENT"),
            ("E NOPE x y", "-ERR unknown command 'NOPE', with args beginning with: 'x' 'y' "),
            ("'' CONFIG nope", "-ERR none, errno ENOENT"),
            ("E config nope", "-ERR unknown subcommand 'nope'. Try CONFIG HELP."),
            ("z GET a", "-ERR none, errno EBADF"),
            ("Ez GET a", "-ERR none, errno EBADF"),
            ("W SET a 1", "-ERR none, errno ENOSPC"),
            ("WE SET a 1", "-ERR Write command 'set' was called while write is not allowed."),
            ("W GET a", "nil"),
            ("S MULTI", "-ERR none, errno ESPIPE"),
            ("SE MULTI", "-ERR command 'multi' is not allowed on script mode"),
            ("S GET a", "nil"),
            ("D SET a 5", "-ERR none, errno 0"),
            ("D SET a", "-ERR wrong number of arguments for 'set' command"),
            ("DW SET a 5", "-ERR Write command 'set' was called while write is not allowed."),
            ("'' EXISTS a", ":0"),
            ("C GET a", "nil"),
        ];
        for (args, want) in checks {
            c.check(&format!("K.CALL {args}"), want);
        }
        c.check("CONFIG SET maxmemory 1", "+OK");
        c.check("K.CALL M SET a 5", "-ERR none, errno ENOSPC");
        c.check("K.CALL ME SET a 5", "-OOM command not allowed when used memory > 'maxmemory'.");
        c.check("K.CALL M GET a", "nil");
        c.check("K.CALL '' SET a 5", "+OK");
    });
}

#[test]
fn a_timer_has_no_user_to_call_as() {
    call(|server| {
        for key in keys_on_all(server.shards, "t") {
            server.client().check(&format!("K.TIMER {key}"), "+OK");
            let found =
                eventually(5, || Some(server.client().run(&format!("GET {key}")).to_string()).filter(|v| v != "nil"));
            assert_eq!(found.as_deref(), Some("$ENOTSUP"));
        }
    });
}

#[test]
fn commands_of_the_connection() {
    call(|server| {
        let mut c = server.client();
        c.check("K.CALL '' CONFIG GET maxmemory", "[$maxmemory $0]");
        c.check("K.CALL '' CONFIG SET maxmemory 0", "+OK");
        c.check("K.CALL '' SELECT 3", "+OK");
        c.check("K.CALL '' CLIENT GETNAME", "nil");
        c.check("K.CALL '' EXEC", "-ERR EXEC without MULTI");
        c.check("K.CALL '' MULTI", "+OK");
        c.check("K.CALL '' WATCH a b", "+OK");
        let me = c.run("CLIENT ID").number();
        let id = c.run("K.CALL '' CLIENT ID").number();
        assert!(id > 0 && id != me, "{id}");
        assert_eq!(c.run("K.CALL '' CLIENT ID").number(), id);
        assert!(c.run("K.CALL '' INFO server").text().contains("redis_version:"));
        assert!(c.run("K.CALL '' COMMAND COUNT").number() > 50);
        c.check("K.CALL '' CLIENT LIST", "-ERR this command is not available to modules yet");
        // The database is the client's; what a call selects, it selects for itself.
        c.check("SET a zero", "+OK");
        c.check("SELECT 3", "+OK");
        c.check("K.CALL '' GET a", "nil");
        c.check("SELECT 0", "+OK");
        c.check("K.CALL '' GET a", "$zero");
    });
}

#[test]
fn protocols() {
    call(|server| {
        let mut two = server.client();
        two.check("K.CALL 3 CONFIG GET maxmemory", "+that is RESP3");
        two.check("K.CALL 0 CONFIG GET maxmemory", "[$maxmemory $0]");
        two.check("K.PROTO 3 CONFIG GET maxmemory", "[$%1\r\n$9\r\nmaxmemory\r\n$1\r\n0\r\n nil]");
        two.check("K.PROTO '' MGET nokey", "[$*1\r\n$-1\r\n $$-1\r\n]");
        let mut three = server.client();
        three.run("HELLO 3");
        three.check("K.CALL '' CONFIG GET maxmemory", "[$maxmemory $0]");
        three.check("K.CALL 3 CONFIG GET maxmemory", "{$maxmemory $0}");
        three.check("K.CALL 0 CONFIG GET maxmemory", "{$maxmemory $0}");
    });
}

#[test]
fn answers_are_taken_apart() {
    call(|server| {
        let mut c = server.client();
        c.check("SET a 1", "+OK");
        let checks = [
            ("'' GET a", "string1(1)"),
            ("'' PING", "string4(PONG)"),
            ("'' INCR a", "integer0(2)"),
            ("'' MGET a nokey", "array2[ string1(2) null0]"),
            ("'' GET nokey", "null0"),
            ("3 GET nokey", "null0"),
            ("'' SELECT x", "error43(ERR value is not an integer or out of range)"),
            ("3 CONFIG GET maxmemory", "map1[ string9(maxmemory) string1(0)]"),
            ("'' CONFIG GET maxmemory", "array2[ string9(maxmemory) string1(0)]"),
            (
                "'' k.attr",
                "array5[ array1[ string3(1.5)] array2[ string5(12345) string4(text)] null0 error10(ERR inside) integer0(0)]",
            ),
        ];
        for (args, want) in checks {
            c.check(&format!("K.TREE {args}"), &format!("$ {want}"));
        }
        let inner = "set1[ double0(1.5)] map1[ big0(12345) verbatim0(txt,text)] null0 error10(ERR inside) bool0(0)";
        c.check("K.TREE 3 k.attr", &format!("$| string1(k) bool0(1) array5[ {inner}]"));
        c.check("K.WRONG nokey", "+OK");
    });
}

#[test]
fn every_letter_with_an_argument() {
    call(|server| {
        for key in keys_on_all(server.shards, "f") {
            server.client().check(&format!("K.FORMAT {key}"), "+OK");
            server.client().check(&format!("GET {key}"), "$v");
        }
        server.client().check("K.REPLICATE", "+OK");
    });
}

#[test]
fn calls_nest() {
    call(|server| server.client().check("K.NEST 50", ":50"));
}

#[test]
fn a_command_with_its_calls_is_atomic() {
    call(|server| {
        let (a, b) = (key_on(0, server.shards, "a"), key_on(server.shards - 1, server.shards, "b"));
        let mut c = server.client();
        c.check(&format!("MSET {a} 1 {b} 2"), "+OK");
        std::thread::scope(|scope| {
            for _ in 0..3 {
                let (mut c, swap) = (server.client(), format!("K.SWAP {a} {b}"));
                scope.spawn(move || (0..200).for_each(|_| c.check(&swap, "+OK")));
            }
            let mut seen = server.client();
            for _ in 0..400 {
                let got = seen.run(&format!("MGET {a} {b}")).to_string();
                assert!(got == "[$1 $2]" || got == "[$2 $1]", "{got}");
            }
        });
        c.check(&format!("MGET {a} {b}"), "[$1 $2]");
    });
}
