//! The guarantee of SCAN, and of the active expiry cycle, while tables grow and shrink.

use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Op {
    /// One scan call with this count.
    Scan(usize),
    /// Makes this many keys.
    Insert(u16),
    /// Removes this many of the keys that may go.
    Remove(u16),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (1usize..60).prop_map(Op::Scan),
        1 => (1u16..600).prop_map(Op::Insert),
        1 => (1u16..600).prop_map(Op::Remove),
    ]
}

const SLOTS_USED: [u16; 3] = [0, 77, 16383];

struct Run {
    ks: Keyspace,
    /// Keys that are removed during the scan, by number.
    passing: BTreeMap<u32, [u8; 4]>,
    /// The next key's number.
    next: u32,
    slots: usize,
}

impl Run {
    fn key<'a>(&self, bytes: &'a [u8; 4]) -> KeyRef<'a> {
        let number = u32::from_le_bytes(*bytes) as usize;
        key_in(&self.ks, SLOTS_USED[number % self.slots], bytes)
    }

    fn insert(&mut self, stays: bool) -> [u8; 4] {
        let bytes = self.next.to_le_bytes();
        let key = self.key(&bytes);
        let _ = self.ks.set(0, &key, NewValue::Int(0), Expire::At(0), 0);
        if !stays {
            self.passing.insert(self.next, bytes);
        }
        self.next += 1;
        bytes
    }

    fn change(&mut self, op: &Op) {
        match *op {
            Op::Insert(count) => {
                for _ in 0..count {
                    self.insert(false);
                }
            }
            Op::Remove(count) => {
                for _ in 0..count {
                    if let Some((_, bytes)) = self.passing.pop_first() {
                        let key = self.key(&bytes);
                        assert!(self.ks.remove(0, &key).is_some());
                    }
                }
            }
            Op::Scan(_) => {}
        }
    }

    fn begin(slots: usize, stay: u16, pass: u16) -> (Run, HashSet<Vec<u8>>) {
        let mut run = Run { ks: keyspace(1), passing: BTreeMap::new(), next: 0, slots };
        let mut missing = HashSet::new();
        for _ in 0..stay {
            missing.insert(run.insert(true).to_vec());
        }
        for _ in 0..pass {
            run.insert(false);
        }
        (run, missing)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_key_that_stays_is_returned(
        slots in 1usize..=3,
        stay in 0u16..400,
        pass in 0u16..2000,
        ops in prop::collection::vec(op(), 1..60),
    ) {
        let (mut run, mut missing) = Run::begin(slots, stay, pass);
        let mut cursor = 0;
        let mut calls = 0;
        // The operations are repeated until the scan ends; the tables stop growing after some rounds.
        'scan: for round in 0.. {
            for op in &ops {
                if round < 3 {
                    run.change(op);
                }
                let count = if let Op::Scan(count) = op { *count } else { 5 };
                cursor = run.ks.scan(0, cursor, count, &mut Some, &mut |entry| {
                    missing.remove(entry.key());
                });
                prop_assert!(cursor < 1 << 46);
                calls += 1;
                prop_assert!(calls < 100_000, "the scan does not end");
                if cursor == 0 {
                    break 'scan;
                }
            }
        }
        prop_assert!(missing.is_empty(), "{} keys were not returned", missing.len());
    }

    #[test]
    fn an_expired_key_that_stays_is_sampled(
        stay in 0u16..400,
        pass in 0u16..2000,
        ops in prop::collection::vec(op(), 1..60),
    ) {
        let (mut run, mut missing) = Run::begin(3, stay, pass);
        let mut cursor = 0;
        'cycle: for round in 0.. {
            for op in &ops {
                if round < 3 {
                    run.change(op);
                }
                let sample = run.ks.sample_expired(0, cursor, 1, 20, &mut |entry| {
                    missing.remove(entry.key());
                });
                prop_assert_eq!(sample.sampled, sample.expired);
                cursor = sample.cursor;
                if cursor == 0 {
                    break 'cycle;
                }
            }
        }
        prop_assert!(missing.is_empty(), "{} keys were not sampled", missing.len());
    }

    #[test]
    fn any_cursor_is_valid(cursor: u64, count: usize) {
        let (run, _) = Run::begin(3, 100, 0);
        let count = count.min(1000);
        let next = run.ks.scan(0, cursor, count, &mut Some, &mut |_| {});
        prop_assert!(next < 1 << 46);
    }
}

#[test]
fn without_changes_each_key_is_returned_once() {
    let (run, missing) = Run::begin(3, 3000, 0);
    for count in [1, 10, 5000] {
        let mut seen = Vec::new();
        let mut cursor = 0;
        loop {
            cursor = run.ks.scan(0, cursor, count, &mut Some, &mut |entry| {
                seen.push(entry.key().to_vec());
            });
            if cursor == 0 {
                break;
            }
        }
        assert_eq!(seen.len(), 3000);
        assert_eq!(seen.into_iter().collect::<HashSet<_>>(), missing);
    }
}

#[test]
fn a_scan_keeps_to_its_slots() {
    let (run, _) = Run::begin(3, 300, 0);
    for owned in [&[77u16][..], &[0, 16383], &[5, 77, 78], &[16382]] {
        let mut seen = HashSet::new();
        let mut cursor = 0;
        let mut next_slot = |start| owned.iter().copied().find(|&slot| slot >= start);
        loop {
            cursor = run.ks.scan(0, cursor, 10, &mut next_slot, &mut |entry| {
                let bytes = entry.key().try_into().unwrap();
                seen.insert(SLOTS_USED[u32::from_le_bytes(bytes) as usize % 3]);
            });
            if cursor == 0 {
                break;
            }
        }
        let want = owned.iter().copied().filter(|slot| SLOTS_USED.contains(slot));
        assert_eq!(seen, want.collect());
    }
}

#[test]
fn a_slot_that_is_emptied_does_not_hide_the_next() {
    let mut ks = keyspace(1);
    let names: Vec<_> = (0..400u32).map(u32::to_le_bytes).collect();
    for (index, bytes) in names.iter().enumerate() {
        let key = key_in(&ks, 3 + (index % 2) as u16, bytes);
        let _ = ks.set(0, &key, NewValue::Int(0), Expire::Keep, 0);
    }
    let mut cursor = ks.scan(0, 0, 100, &mut Some, &mut |_| {});
    assert!(cursor >> 14 != 0 && cursor % (1 << 14) == 3, "it is inside the first slot");
    drop(ks.take_slot(3));
    let mut seen = HashSet::new();
    while cursor != 0 {
        cursor = ks.scan(0, cursor, 100, &mut Some, &mut |entry| {
            seen.insert(entry.key().to_vec());
        });
    }
    assert_eq!(seen.len(), 200);
}
