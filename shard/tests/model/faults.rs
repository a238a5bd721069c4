//! Faults planted in the lease models: the checker must find each.

use crate::checker::check;
use crate::world::{Plan, model};

#[test]
#[should_panic(expected = "deadlock")]
fn a_convoy_that_asks_in_descending_order() {
    check(2_000, model(Plan { descending: Some(0), ..Plan::NONE }));
}

#[test]
#[should_panic(expected = "deadlock")]
fn a_convoy_that_does_not_give_back() {
    check(2_000, model(Plan { homes: 1, home_units: 2, deaf: true, ..Plan::NONE }));
}

#[test]
#[should_panic(expected = "two units grow")]
fn several_that_grow_without_the_module_lock() {
    check(4_000, model(Plan { shards: 1, homes: 3, home_units: 2, lockless: true, ..Plan::NONE }));
}

#[test]
#[should_panic(expected = "deadlock")]
fn two_that_grow_in_a_circle() {
    check(4_000, model(Plan { convoys: 0, homes: 2, home_units: 1, lockless: true, ..Plan::NONE }));
}

#[test]
#[should_panic(expected = "a convoy starves")]
fn home_that_does_not_look_at_fences() {
    check(40_000, model(Plan { convoys: 1, homes: 1, home_units: 8, whole: true, fenceless: true, ..Plan::NONE }));
}
