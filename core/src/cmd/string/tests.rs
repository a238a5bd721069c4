//! Tests of the string commands as a whole; what stock answers stands in `recorded.txt`.

use proptest::prelude::*;

use super::recorded::play;
use crate::cmd::testing::{Server, on_shards};
use crate::step::Origin;

#[test]
fn answers_as_stock() {
    play(include_str!("recorded.txt"));
}

#[test]
fn relative_times_count_from_now() {
    on_shards(|s| {
        let now = s.clock.unix_ms();
        let mut check = |command: &str, after_ms: i64| {
            s.run(command);
            s.run("PEXPIRETIME k").replies(&format!(":{}", now + after_ms));
        };
        check("SET k v EX 100", 100_000);
        check("SET k v PX 100", 100);
        check("SETEX k 7 v", 7000);
        check("PSETEX k 7 v", 7);
        check("GETEX k EX 5", 5000);
        check("GETEX k PX 5", 5);
        check("MSETEX 1 k v EX 3", 3000);
        check("MSETEX 1 k v PX 3", 3);
    });
}

#[test]
fn time_ends_keys() {
    on_shards(|s| {
        s.run("SET k 5 PX 10").replies("+OK");
        s.pass_ms(10);
        s.run("GET k").replies("$1|5");
        s.pass_ms(1);
        s.run("INCR k").replies(":1");
        s.run("PEXPIRETIME k").replies(":-1");
        s.run("SET k v PX 10").replies("+OK");
        s.pass_ms(11);
        s.run("SET k w KEEPTTL").replies("+OK");
        s.run("PEXPIRETIME k").replies(":-1");
        assert_eq!(s.len(0), 1);
    });
}

#[test]
fn an_order_from_above_is_obeyed() {
    let mut s = Server::new(1);
    s.config.proto_max_bulk_len = 4;
    s.run("APPEND k 12345").replies(":5");
    s.run("APPEND k 6").fails("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    s.origin = Origin::Primary;
    s.run("APPEND k 6").replies(":6");
    s.run("SETRANGE k 6 7").replies(":7");
    s.run("SETBIT k 63 1").replies(":0");
    s.run("SET k v PXAT 1").replies("+OK");
    assert_eq!(s.len(0), 1);
}

/// The words of GETRANGE's manual page: an index from the end, then both clamped.
fn naive_range(bytes: &[u8], start: i64, end: i64) -> Vec<u8> {
    if start < 0 && end < 0 && start > end {
        return Vec::new();
    }
    let len = bytes.len() as i64;
    let absolute = |i: i64| if i < 0 { (len + i).max(0) } else { i };
    (absolute(start)..=absolute(end)).take_while(|i| *i < len).map(|i| bytes[i as usize]).collect()
}

fn naive_set_range(bytes: &mut Vec<u8>, offset: usize, with: &[u8]) {
    for (i, byte) in with.iter().enumerate() {
        if bytes.len() <= offset + i {
            bytes.resize(offset + i + 1, 0);
        }
        bytes[offset + i] = *byte;
    }
}

/// Length of the longest common subsequence, by trying everything.
fn naive_lcs(a: &[u8], b: &[u8]) -> usize {
    match (a, b) {
        ([x, a @ ..], [y, b @ ..]) if x == y => 1 + naive_lcs(a, b),
        ([_, rest_a @ ..], [_, rest_b @ ..]) => naive_lcs(rest_a, b).max(naive_lcs(a, rest_b)),
        _ => 0,
    }
}

fn is_subsequence(part: &[u8], of: &[u8]) -> bool {
    let mut rest = of.iter();
    part.iter().all(|byte| rest.any(|other| other == byte))
}

/// A string to start from: none, an integer, short or long bytes.
fn start() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), any::<i64>().prop_map(|n| n.to_string()), "[a-z]{1,30}", "[a-z]{300,310}"]
}

fn bulk(bytes: &[u8]) -> String {
    format!("${}|{}", bytes.len(), String::from_utf8_lossy(bytes))
}

proptest! {
    #[test]
    fn ranges_are_as_in_the_naive_model(
        text in start(),
        writes in prop::collection::vec((0..40usize, "[A-Z]{0,5}"), 0..4),
        reads in prop::collection::vec((-50..50i64, -50..50i64), 1..8),
    ) {
        let mut s = Server::new(1);
        let mut model = text.clone().into_bytes();
        if !text.is_empty() {
            s.run_words(&["SET", "k", &text]);
        }
        for (offset, with) in writes {
            naive_set_range(&mut model, offset, with.as_bytes());
            s.run_words(&["SETRANGE", "k", &offset.to_string(), &with]).replies(&format!(":{}", model.len()));
        }
        s.run("STRLEN k").replies(&format!(":{}", model.len()));
        for (from, to) in reads {
            s.run(&format!("GETRANGE k {from} {to}")).replies(&bulk(&naive_range(&model, from, to)));
        }
    }

    #[test]
    fn lcs_is_common_and_longest(a in "[a-c]{0,9}", b in "[a-c]{0,9}") {
        let mut s = Server::new(3);
        s.run_words(&["MSET", "a", &a, "b", &b]);
        let len = naive_lcs(a.as_bytes(), b.as_bytes());
        s.run("LCS a b LEN").replies(&format!(":{len}"));
        let answer = s.run("LCS a b");
        let found = answer.text().split('|').nth(1).unwrap().as_bytes();
        prop_assert_eq!(found.len(), len);
        prop_assert!(is_subsequence(found, a.as_bytes()) && is_subsequence(found, b.as_bytes()));
    }

    #[test]
    fn additions_are_those_of_i64(start: i64, by: i64) {
        let mut s = Server::new(1);
        s.run(&format!("SET k {start}"));
        let answer = s.run(&format!("INCRBY k {by}"));
        match start.checked_add(by) {
            Some(sum) => answer.replies(&format!(":{sum}")),
            None => answer.fails("ERR increment or decrement would overflow"),
        }
    }
}
