//! Allocation, automatic memory and strings of modules.

mod support;

use support::with_module;

#[test]
fn memory_and_strings_are_what_was_asked_for() {
    with_module("strings", &[], |server| {
        for command in ["S.ALLOC", "S.MAKE", "S.APPEND"] {
            for _ in 0..20 {
                server.client().check(command, "+OK");
            }
        }
    });
}

#[test]
fn retained_strings_live_on() {
    with_module("strings", &[], |server| {
        let mut c = server.client();
        for text in ["one", "two", "a longer text than fits in the place of the other ones"] {
            c.check(&format!("S.KEEP \"{text}\""), "+OK");
            c.run("PING");
            server.client().check("S.KEPT", &format!("[$kept:{text} $held:{text} ${text}]"));
        }
    });
}

#[test]
fn numbers_are_parsed_as_stock_does() {
    let texts = [
        ("0", "$0 $0 $0 $0 $0-0"),
        ("-1", "$-1 $no $-1 $-1 $no"),
        ("01", "$no $1 $1 $1 $1-0"),
        (" 5", "$no $5 $no $no $5-0"),
        ("", "$no $no $no $no $no"),
        ("1e3", "$no $no $1000 $1000 $no"),
        ("nan", "$no $no $no $no $no"),
        ("-inf", "$no $no $-inf $-inf $no"),
        (
            "9223372036854775808",
            "$no $9223372036854775808 $9223372036854776000 $9223372036854775808 $9223372036854775808-0",
        ),
        ("5-3", "$no $no $no $no $5-3"),
        ("-", "$no $no $no $no $0-0"),
        ("+", "$no $no $no $no $18446744073709551615-18446744073709551615"),
    ];
    with_module("strings", &[], |server| {
        let mut c = server.client();
        for (text, want) in texts {
            c.check(&format!("S.PARSE \"{text}\""), &format!("[{want}]"));
        }
        for (a, b, want) in
            [("a", "b", ":-1"), ("b", "a", ":1"), ("a", "a", ":0"), ("a", "aa", ":-1"), ("\\xff", "a", ":1")]
        {
            c.check(&format!("S.COMPARE \"{a}\" \"{b}\""), want);
        }
    });
}
