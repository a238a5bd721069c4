//! Answers of modules. The values are those of a stock server with the same module.

mod support;

use std::io::{Read, Write};

use support::{Client, Server, eventually, with_module};

fn reply(test: impl Fn(&Server)) {
    with_module("reply", &[], test);
}

fn speaking_resp3(server: &Server) -> Client {
    let mut c = server.client();
    c.run("HELLO 3");
    c
}

#[test]
fn every_kind_in_both_protocols() {
    let kinds = [
        ("int", ":-5", ":-5"),
        ("error", "-CODE what   went wrong", "-CODE what   went wrong"),
        ("errorf", "-ERR it is 42", "-ERR it is 42"),
        ("simple", "+fine", "+fine"),
        ("array", "[:1 nil]", "[:1 nil]"),
        ("map", "[$k :1]", "{$k :1}"),
        ("set", "[$m]", "~[$m]"),
        ("nullarray", "nil", "nil"),
        ("emptyarray", "[]", "[]"),
        ("buffer", "$a\0b", "$a\0b"),
        ("cstring", "$text", "$text"),
        ("string", "$R.KIND", "$R.KIND"),
        ("emptystring", "$", "$"),
        ("verbatim", "$text", "=txt:text"),
        ("markdown", "$text", "=mkd:text"),
        ("null", "nil", "nil"),
        ("true", ":1", "#t"),
        ("false", ":0", "#f"),
        ("double", "$3.14", ",3.14"),
        ("inf", "$-inf", ",-inf"),
        ("longdouble", "$0.5", ",0.5"),
        ("big", "$123456789012345678901234567890", "(123456789012345678901234567890"),
        ("other", "-ERR no kind other", "-ERR no kind other"),
    ];
    reply(|server| {
        let (mut two, mut three) = (server.client(), speaking_resp3(server));
        for (kind, want2, want3) in kinds {
            two.check(&format!("R.KIND {kind}"), want2);
            three.check(&format!("R.KIND {kind}"), want3);
        }
        two.check("R.kind", "-ERR wrong number of arguments for 'r.kind' command");
    });
}

#[test]
fn attributes_are_of_resp3_only() {
    reply(|server| {
        server.client().check("R.ATTRIBUTE", "+no attributes");
        let mut three = speaking_resp3(server).writer();
        three.write_all(b"R.ATTRIBUTE\r\nPING\r\n").expect("the server takes input");
        let (mut raw, mut byte) = (Vec::new(), [0]);
        while !raw.ends_with(b"+PONG\r\n") {
            three.read_exact(&mut byte).expect("an answer");
            raw.extend(byte);
        }
        assert_eq!(raw, b"|1\r\n$1\r\nk\r\n$1\r\nv\r\n:3\r\n+PONG\r\n");
    });
}

#[test]
fn lengths_told_at_the_end() {
    reply(|server| {
        server.client().check("R.POSTPONED", "[:1 [:10 :20 :30] [$k [$m]] []]");
        speaking_resp3(server).check("R.POSTPONED", "[:1 [:10 :20 :30] {$k ~[$m]} []]");
        let mut c = server.client();
        for n in [0, 1, 100_000] {
            assert_eq!(c.run(&format!("R.MANY {n}")).items().len(), n);
        }
    });
}

#[test]
fn misuse_is_told_and_breaks_no_connection() {
    reply(|server| {
        let mut c = server.client();
        c.check("R.MISUSE", "+survived");
        c.check("R.UNFINISHED", "-ERR the module's answer is incomplete");
        c.check("PING", "+PONG");
        let told = || server.log().matches("API misuse detected in module reply").count();
        assert!(eventually(5, || (told() == 2).then_some(())).is_some(), "{}", server.log());
    });
}
