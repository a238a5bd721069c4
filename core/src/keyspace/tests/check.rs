//! The invariants of a keyspace, checked as a whole.

use std::collections::HashSet;

use super::super::bucket::{self, LANES};
use super::super::layout::EntryPtr;
use super::*;

/// Panics unless all that the modules promise about their data is true.
pub(super) fn check(keyspace: &Keyspace) {
    for db in &keyspace.dbs {
        let mut entries = 0;
        let mut expiring = HashSet::new();
        for table in db.tables() {
            check_table(keyspace, table);
            entries += table.len();
            table.for_each(&mut |entry| {
                // SAFETY: entries in tables are live and complete.
                if unsafe { entry.expire_at() }.is_some() {
                    expiring.insert(entry.into_word());
                }
            });
        }
        assert_eq!(entries, db.len());
        check_table(keyspace, &db.expires);
        assert_eq!(db.expires.len(), expiring.len());
        db.expires.for_each(&mut |entry| assert!(expiring.remove(&entry.into_word())));
        check_ranks(db);
    }
}

fn check_ranks(db: &Db) {
    let mut rank = 0;
    for (slot, table) in db.tables().iter().enumerate() {
        if table.len() > 0 {
            assert_eq!(db.next_slot_with_keys(slot), Some(slot as u16));
            assert_eq!(db.slot_of_rank(rank), slot as u16);
            rank += table.len();
            assert_eq!(db.slot_of_rank(rank - 1), slot as u16);
        }
    }
}

fn check_table(keyspace: &Keyspace, table: &Table) {
    let (n, len) = (table.buckets(), table.len());
    assert_eq!(n == 0, len == 0);
    assert!(n <= 1 || len >= 2 * n, "{len} entries in {n} buckets");
    assert!(len <= 5 * n, "{len} entries in {n} buckets");
    let mut found = 0;
    for index in 0..n {
        found += check_chain(keyspace, table, index);
    }
    assert_eq!(found, len);
}

fn check_chain(keyspace: &Keyspace, table: &Table, index: usize) -> usize {
    let mut found = 0;
    let mut each = |entry: EntryPtr| {
        found += 1;
        // SAFETY: entries in tables are live and complete.
        let hash = keyspace.hash(unsafe { entry.key() });
        assert_eq!(table.index(hash), index);
        assert!(table.find_entry(hash, entry).is_some());
    };
    let head = table.bucket(index);
    let mut next = Some(head);
    while let Some(bucket) = next {
        // SAFETY: buckets of a table are live while it is borrowed.
        let this = unsafe { bucket.as_ref() };
        next = this.overflow();
        if next.is_some() {
            assert_eq!(this.len(), LANES - 1);
        } else if bucket != head {
            assert!(this.len() >= 2);
        }
    }
    // SAFETY: as above.
    unsafe { bucket::for_each(head, &mut each) };
    found
}
