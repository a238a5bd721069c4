//! A whole server in one thread: real shards and front ends over the simulated backend, with a virtual clock. A seed
//! decides which shard goes on next (in the middle of a turn, too), where clients' bytes are cut, what they ask, and
//! when slots move.
//!
//! A failing seed is printed; `VALKORE_SIM_SEED=<seed>` runs it alone, `VALKORE_SIM_SEEDS=<n>` runs so many.

mod actors;
mod moves;
mod resp;
mod run;
mod tamper;
mod world;

use run::{Outcome, run};
use tamper::Fault;

/// Seeds of a normal run.
const SEEDS: u64 = 300;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|n| n.parse().expect("a number"))
}

fn seeds() -> std::ops::Range<u64> {
    match number("VALKORE_SIM_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("VALKORE_SIM_SEEDS").unwrap_or(SEEDS),
    }
}

#[test]
fn clients_get_their_answers_in_order_and_whole() {
    let mut total = Outcome::default();
    for seed in seeds() {
        total += run(seed, Fault::None).unwrap_or_else(|e| panic!("VALKORE_SIM_SEED={seed}: {e}"));
    }
    println!("{total:?}");
    assert!(seeds().count() == 1 || (total.hops > 0 && total.leases > 0 && total.moves > 0), "{total:?}");
}

#[test]
fn a_seed_repeats_to_the_byte() {
    for seed in 1000..1010 {
        assert_eq!(run(seed, Fault::None).unwrap(), run(seed, Fault::None).unwrap());
    }
}

fn is_found(fault: Fault, within: u64) {
    assert!((0..within).any(|seed| run(seed, fault).is_err()), "{fault:?} was not noticed");
}

#[test]
fn planted_loss_of_a_hop_is_found() {
    is_found(Fault::Drop, 5);
}

#[test]
fn planted_swap_of_answers_is_found() {
    is_found(Fault::SwapAnswers, 5);
}

#[test]
fn planted_swap_of_commands_is_found() {
    is_found(Fault::SwapCommands, 5);
}
