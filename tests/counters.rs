//! What costs messages between shards and what doesn't, by the counters of `INFO shards`.

mod support;

use std::collections::HashMap;

use support::{Client, keys_on_all, on_shards};

/// A line of `INFO shards`: its counters by name.
type Shard = HashMap<String, i64>;

/// The counters of all shards, by shard.
fn shards(c: &mut Client) -> Vec<Shard> {
    let text = c.run("INFO shards").to_string();
    let counters = |line: &str| {
        let pairs = line.split(',').filter_map(|pair| pair.split_once('='));
        pairs.filter_map(|(name, n)| Some((name.to_string(), n.parse().ok()?))).collect()
    };
    let is_shard = |l: &&str| l.trim_start_matches('"').starts_with("shard");
    let lines = text.split(['\r', '\n']).filter(is_shard).filter_map(|l| l.split_once(':'));
    lines.map(|(_, counted)| counters(counted)).collect()
}

/// A counter, summed over all shards.
fn sum(all: &[Shard], name: &str) -> i64 {
    all.iter().map(|s| s[name]).sum()
}

const EXCHANGE: [&str; 4] = ["leases", "revocations", "units", "worlds"];

#[test]
fn a_command_for_one_shard_takes_no_lease() {
    on_shards(|s| {
        let keys = keys_on_all(s.shards, "k");
        let mut c = s.client();
        let before = shards(&mut c);
        assert_eq!(before.len(), s.shards);
        let own = before.iter().position(|s| s["connections"] == 1).expect("the shard of this connection");
        let own_key = &keys[own];
        for _ in 0..50 {
            c.run(&format!("SET {own_key} 1"));
            c.run(&format!("GET {own_key}"));
        }
        let after = shards(&mut c);
        assert_eq!(sum(&after, "hops"), sum(&before, "hops"), "its own shard's keys cost no hop");
        for key in &keys {
            c.run(&format!("INCR {key}"));
        }
        let after = shards(&mut c);
        // Each command for another shard goes there and back.
        assert_eq!(sum(&after, "hops") - sum(&before, "hops"), 2 * (s.shards as i64 - 1));
        for name in EXCHANGE {
            assert_eq!(sum(&after, name), sum(&before, name), "{name}");
        }
    });
}

#[test]
fn commands_over_several_shards_are_counted() {
    on_shards(|s| {
        let keys = keys_on_all(s.shards, "k");
        let mut c = s.client();
        c.check(&format!("MSET {} 1 {} 2", keys[0], keys[1]), "+OK");
        c.check("FLUSHALL", "+OK");
        let after = shards(&mut c);
        let several = i64::from(s.shards > 1);
        assert_eq!((sum(&after, "units"), sum(&after, "worlds")), (2 * several, several));
        assert_eq!(sum(&after, "leases") > 0, s.shards > 1);
    });
}
