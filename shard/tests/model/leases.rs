//! Leases: convoys and home get what they need, whole, and nobody waits forever.

use crate::checker::check;
use crate::world::{Plan, model};

#[test]
fn convoys_of_two_shards() {
    check(2_000, model(Plan { convoys: 3, ..Plan::NONE }));
}

#[test]
fn convoys_of_three_shards() {
    check(1_000, model(Plan { shards: 3, convoys: 2, ..Plan::NONE }));
}

#[test]
fn home_grows_while_convoys_collect() {
    check(2_000, model(Plan { homes: 1, home_units: 3, ..Plan::NONE }));
}

#[test]
fn home_grows_over_three_shards() {
    check(1_000, model(Plan { shards: 3, homes: 1, home_units: 3, ..Plan::NONE }));
}

#[test]
fn module_threads_grow_one_at_a_time() {
    check(1_000, model(Plan { homes: 2, home_units: 2, ..Plan::NONE }));
}

#[test]
fn a_convoy_waits_for_few_of_homes_units() {
    check(2_000, model(Plan { convoys: 1, homes: 1, home_units: 8, ..Plan::NONE }));
    check(1_000, model(Plan { convoys: 1, homes: 1, home_units: 8, whole: true, ..Plan::NONE }));
}

#[test]
fn a_convoy_waits_for_few_of_homes_units_though_home_knows_only_their_beginning() {
    check(1_000, model(Plan { convoys: 1, homes: 1, home_units: 8, blind: true, whole: true, ..Plan::NONE }));
    let apart = Plan { shards: 3, apart: true, whole: true, blind: true, ..Plan::NONE };
    check(2_000, model(Plan { convoys: 1, homes: 1, home_units: 8, ..apart }));
}
