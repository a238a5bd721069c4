//! Ten million keys, and figures. Ignored: run in release mode with `--ignored --nocapture`.

use std::hint::black_box;
use std::time::Instant;

use super::*;

/// Most entries that one operation may move: the longest chain of a table under load.
const MOVED_MAX: usize = 64;
const BATCH: usize = 16;

/// A slot that looks like CRC16's.
fn slot_of(number: u64) -> u16 {
    (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 50) as u16
}

fn name(number: u64, buffer: &mut [u8; 16]) -> &[u8] {
    buffer.copy_from_slice(b"key:000000000000");
    let mut rest = number;
    for byte in buffer[4..].iter_mut().rev() {
        *byte = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    &buffer[..]
}

/// Fills a keyspace and returns it with the longest time that one insertion took.
fn fill(keys: u64, value: NewValue<'_>, slot: fn(u64) -> u16) -> Keyspace {
    let mut ks = keyspace(1);
    let NewValue::Verbatim(bytes) = value else { unreachable!("the large tests store bytes") };
    let mut longest = 0;
    let start = Instant::now();
    for number in 0..keys {
        let mut buffer = [0; 16];
        let key = key_in(&ks, slot(number), name(number, &mut buffer));
        let begun = Instant::now();
        let _ = ks.set(0, &key, NewValue::Verbatim(bytes), Expire::Keep, 0);
        longest = longest.max(begun.elapsed().as_nanos());
    }
    let stats = ks.table_stats();
    println!(
        "{keys} keys: {} ns each, the longest {longest} ns; {stats:?}, {:.1} bytes of table per key",
        start.elapsed().as_nanos() / u128::from(keys),
        stats.table_bytes as f64 / keys as f64,
    );
    ks
}

fn grow_and_shrink(slot: fn(u64) -> u16) {
    const KEYS: u64 = 10_000_000;
    let mut ks = fill(KEYS, NewValue::Verbatim(b""), slot);
    assert!(ks.table_stats().moved_max <= MOVED_MAX);
    super::check::check(&ks);
    let start = Instant::now();
    for number in 0..KEYS {
        let mut buffer = [0; 16];
        let key = key_in(&ks, slot(number), name(number, &mut buffer));
        assert!(ks.remove(0, &key).is_some());
    }
    println!("removed: {} ns each", start.elapsed().as_nanos() / u128::from(KEYS));
    assert!(ks.table_stats().moved_max <= MOVED_MAX);
    assert_eq!(ks.table_stats().buckets, 0);
}

#[test]
fn growth_over_all_slots_moves_few_entries_at_a_time() {
    grow_and_shrink(slot_of);
}

#[test]
fn growth_of_one_slot_moves_few_entries_at_a_time() {
    grow_and_shrink(|_| 12);
}

/// Nanoseconds per operation.
fn time(what: &str, ops: u64, run: impl FnOnce()) {
    let start = Instant::now();
    run();
    let each = start.elapsed().as_nanos() as f64 / ops as f64;
    println!("{what}: {each:.1} ns");
}

/// Keys in random order, hashed beforehand as the parser would have done.
fn order(ks: &Keyspace, ops: u64, keys: u64, slot: fn(u64) -> u16) -> Vec<([u8; 16], u16, u64)> {
    let mut state = 7u64;
    (0..ops)
        .map(|_| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let number = (state >> 33) % keys;
            let mut buffer = [0; 16];
            let hash = ks.hash(name(number, &mut buffer));
            (buffer, slot(number), hash)
        })
        .collect()
}

fn bench(keys: u64, slot: fn(u64) -> u16) {
    const OPS: u64 = 2_000_000;
    let mut ks = fill(keys, NewValue::Verbatim(&[b'v'; 64]), slot);
    let order = order(&ks, OPS, keys, slot);
    let refs: Vec<_> = order.iter().map(|(bytes, slot, hash)| KeyRef { bytes, slot: *slot, hash: *hash }).collect();
    let read = |ks: &Keyspace, key: &KeyRef<'_>| match ks.get(0, key).map(|entry| entry.value()) {
        Some(Value::Bytes(bytes)) => usize::from(bytes[0]) + usize::from(bytes[63]),
        other => panic!("{other:?}"),
    };
    time("hash", OPS, || {
        for key in &refs {
            black_box(ks.hash(key.bytes));
        }
    });
    time("get, cached (1000 keys)", OPS, || {
        for _ in 0..OPS / 1000 {
            for key in &refs[..1000] {
                black_box(read(&ks, key));
            }
        }
    });
    time("get, random", OPS, || {
        for key in &refs {
            black_box(read(&ks, key));
        }
    });
    time("get, random, prefetched by 16", OPS, || {
        for batch in refs.chunks(BATCH) {
            prefetch(&ks, batch);
            for key in batch {
                black_box(read(&ks, key));
            }
        }
    });
    let mut write = |what, prefetched: bool| {
        time(what, OPS, || {
            for batch in refs.chunks(BATCH) {
                if prefetched {
                    prefetch(&ks, batch);
                }
                for key in batch {
                    let value = NewValue::Bytes(&[b'w'; 64]);
                    let _ = ks.set(0, key, value, Expire::Clear, 1);
                }
            }
        });
    };
    write("set 64 over 64, random", false);
    write("set 64 over 64, random, prefetched by 16", true);
    time("set 64 over 64, cached (1000 keys)", OPS, || {
        for _ in 0..OPS / 1000 {
            for key in &refs[..1000] {
                let _ = ks.set(0, key, NewValue::Bytes(&[b'x'; 64]), Expire::Clear, 1);
            }
        }
    });
    let mut state = 9u64;
    let mut below = |n: u64| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) % n
    };
    time("random key", 100_000, || {
        for _ in 0..100_000 {
            black_box(ks.random_key(0, &mut below));
        }
    });
}

fn prefetch(ks: &Keyspace, batch: &[KeyRef<'_>]) {
    for key in batch {
        ks.prefetch_root(0, key.slot);
    }
    for key in batch {
        ks.prefetch_directory(0, key);
    }
    for key in batch {
        ks.prefetch_bucket(0, key);
    }
    for key in batch {
        ks.prefetch_entry(0, key);
    }
}

#[test]
#[ignore = "a benchmark"]
fn bench_a_million_keys() {
    bench(1_000_000, slot_of);
}

#[test]
#[ignore = "a benchmark"]
fn bench_ten_million_keys() {
    bench(10_000_000, slot_of);
}
