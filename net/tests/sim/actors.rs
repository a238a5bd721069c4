//! What clients do, and what they may expect.

mod private;
mod scanner;
mod shared;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use valkore_core::config::PipelineOrder;

use crate::resp::Reply;

/// A command's words.
pub(crate) type Words = Vec<String>;

/// One client's part.
pub(crate) trait Actor {
    /// What it says now: any number of commands.
    fn say(&mut self, rng: &mut fastrand::Rng) -> Vec<Words>;
    /// The answer to the first command that is not answered.
    fn hear(&mut self, reply: Reply) -> Result<(), String>;
    /// Has it said all it wants to?
    fn is_done(&self) -> bool;
    /// Does it say nothing before it has heard more?
    fn listens(&self) -> bool;
}

pub(crate) fn words(text: &str) -> Words {
    text.split(' ').map(String::from).collect()
}

/// Clients, and which of them hang up in the middle; and a last check.
type Cast = (Vec<(Box<dyn Actor>, bool)>, Box<dyn Fn() -> Result<(), String>>);

pub(crate) fn cast(rng: &mut fastrand::Rng, order: PipelineOrder) -> Cast {
    let mut actors: Vec<(Box<dyn Actor>, bool)> = Vec::new();
    for id in 0..rng.usize(1..=3) {
        actors.push((Box::new(private::Private::new(id, 60)), rng.u32(0..4) == 0));
    }
    for id in 0..rng.u32(1..=2) {
        actors.push((Box::new(shared::GroupWriter::new(id, 15)), false));
    }
    actors.push((Box::new(shared::GroupReader::new(20)), rng.u32(0..4) == 0));
    if order == PipelineOrder::Strict {
        actors.push((Box::new(shared::PairWriter::new(40)), false));
        actors.push((Box::new(shared::PairReader::new(40)), rng.u32(0..4) == 0));
    }
    actors.push((Box::new(scanner::Scanner::new(2)), rng.u32(0..4) == 0));
    let counted = Rc::new(RefCell::new(BTreeSet::new()));
    let counters = rng.i64(1..=3);
    for _ in 0..counters {
        actors.push((Box::new(shared::Counter::new(8, counted.clone())), false));
    }
    let finish = move || {
        let counted = counted.borrow();
        if counted.iter().copied().eq(1..=counters * 8) { Ok(()) } else { Err(format!("written: {counted:?}")) }
    };
    (actors, Box::new(finish))
}

/// Some key that is used.
pub(crate) fn any_key(rng: &mut fastrand::Rng) -> String {
    match rng.u32(0..8) {
        0 => shared::GROUP[rng.usize(0..shared::GROUP.len())].into(),
        1 => ["x", "y"][rng.usize(0..2)].into(),
        2 => "counter".into(),
        3 | 4 => scanner::key(rng.usize(0..100)),
        _ => private::key(rng.usize(0..3), rng.usize(0..private::KEYS)),
    }
}
