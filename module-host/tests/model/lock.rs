//! The module lock: one holder at a time, everyone gets it, and home misses nothing while it sleeps.

use crate::checker::check;
use crate::world::{Plan, model};

#[test]
fn threads_lock_while_home_has_units() {
    check(4_000, model(Plan { units: 3, lockers: 2, ..Plan::NONE }));
}

#[test]
fn threads_lock_while_home_sleeps() {
    check(4_000, model(Plan { lockers: 3, ..Plan::NONE }));
}

#[test]
fn units_that_come_while_a_thread_has_the_lock() {
    check(4_000, model(Plan { units: 4, lockers: 1, sections: 3, ..Plan::NONE }));
}

#[test]
fn who_tries_never_waits_and_breaks_nothing() {
    check(4_000, model(Plan { units: 2, lockers: 1, triers: 2, tries: 3, ..Plan::NONE }));
}

#[test]
fn unblocking_without_the_lock_reaches_home() {
    check(4_000, model(Plan { units: 1, unblocks: 3, lockers: 1, triers: 1, ..Plan::NONE }));
}

#[test]
fn holders_wait_for_data_on_the_bell_that_home_sleeps_on() {
    check(4_000, model(Plan { units: 2, unblocks: 1, lockers: 2, leases: true, ..Plan::NONE }));
}

#[test]
#[should_panic(expected = "deadlock")]
fn planted_home_that_stops_the_bell_of_another() {
    check(20_000, model(Plan { units: 2, lockers: 2, leases: true, hushes_early: true, ..Plan::NONE }));
}

#[test]
#[should_panic(expected = "deadlock")]
fn planted_thread_that_leaves_home_asleep() {
    check(20_000, model(Plan { units: 4, lockers: 2, sections: 3, leases: true, forgets_home: true, ..Plan::NONE }));
}

#[test]
#[should_panic(expected = "without the lock there is no core")]
fn planted_thread_that_leaves_out_the_lock() {
    check(100, model(Plan { units: 1, lockers: 1, lockless: true, ..Plan::NONE }));
}
