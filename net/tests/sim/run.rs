//! One run: clients with their actors, until all have had their say; then they leave, and all must be at rest.

use std::collections::VecDeque;

use valkore_core::config::PipelineOrder;
use valkore_core::slot::key_slot;
use valkore_shard::backend::Token;

use crate::actors::{self, Actor};
use crate::resp::{self, Reply};
use crate::tamper::Fault;
use crate::world::World;

/// Steps without any answer, while answers are due, that make a hang.
const PATIENCE: usize = 20_000;

/// What happened, to see that something did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) replies: u64,
    pub(crate) hops: u64,
    pub(crate) leases: u64,
    pub(crate) units: u64,
    pub(crate) moves: u64,
    pub(crate) steps: u64,
    hash: u64,
}

impl std::ops::AddAssign for Outcome {
    fn add_assign(&mut self, o: Self) {
        self.replies += o.replies;
        self.hops += o.hops;
        self.leases += o.leases;
        self.units += o.units;
        self.moves += o.moves;
        self.steps += o.steps;
        self.hash ^= o.hash;
    }
}

struct Client {
    shard: usize,
    token: Token,
    actor: Box<dyn Actor>,
    /// Bytes that are under way to the server.
    input: VecDeque<u8>,
    output: Vec<u8>,
    /// Answers that are due.
    due: usize,
    /// It hangs up in the middle of things once so few commands are left.
    leaves_early: bool,
    gone: bool,
}

impl Client {
    /// Says more where it has more to say, sends a piece of it, reads what has come.
    fn act(&mut self, world: &mut World, outcome: &mut Outcome) -> Result<(), String> {
        if self.due < 30 {
            for words in self.actor.say(&mut world.rng) {
                let mut bytes = Vec::new();
                resp::command(&words, &mut bytes);
                self.input.extend(bytes);
                self.due += 1;
            }
        }
        if !self.input.is_empty() && world.rng.bool() {
            let most = self.input.len();
            let n = if world.rng.bool() { most } else { world.rng.usize(1..=most) };
            let piece: Vec<u8> = self.input.drain(..n).collect();
            world.cores[self.shard].net.deliver(self.token, &piece);
        }
        if self.leaves_early && world.rng.u32(0..100) == 0 {
            self.leave(world);
        }
        self.read(world, outcome)
    }

    fn leave(&mut self, world: &World) {
        self.gone = true;
        world.cores[self.shard].net.hang_up(self.token);
    }

    fn read(&mut self, world: &World, outcome: &mut Outcome) -> Result<(), String> {
        self.output.append(&mut world.cores[self.shard].net.take_sent(self.token));
        while let Some((reply, rest)) = resp::parse(&self.output) {
            let len = self.output.len() - rest.len();
            for &byte in &self.output[..len] {
                outcome.hash = (outcome.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
            self.output.drain(..len);
            outcome.replies += 1;
            if self.due == 0 {
                return Err(format!("an answer that nobody waits for: {reply:?}"));
            }
            self.due -= 1;
            self.actor.hear(reply)?;
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.gone || (self.actor.is_done() && self.due == 0)
    }
}

pub(crate) fn run(seed: u64, fault: Fault) -> Result<Outcome, String> {
    let mut rng = fastrand::Rng::with_seed(seed ^ 0xc11e57);
    let shards = rng.usize(2..=8);
    let order = if rng.u32(0..4) == 0 { PipelineOrder::Relaxed } else { PipelineOrder::Strict };
    let mut world = World::new(shards, seed, order);
    let (actors, finish) = actors::cast(&mut rng, order);
    let mut clients: Vec<Client> = Vec::new();
    for (actor, leaves_early) in actors {
        let shard = rng.usize(0..shards);
        let token = world.connect(shard);
        let (input, output) = (VecDeque::new(), Vec::new());
        clients.push(Client { shard, token, actor, input, output, due: 0, leaves_early, gone: false });
    }
    let moves = rng.bool();
    let mut outcome = Outcome::default();
    let mut may_harm = fault != Fault::None;
    let mut last = (0, 0);
    while !clients.iter().all(Client::is_done) {
        outcome.steps += 1;
        let acts = rng.usize(0..clients.len());
        if !clients[acts].gone {
            clients[acts].act(&mut world, &mut outcome).map_err(|e| format!("client {acts}: {e}"))?;
        }
        if moves && rng.u32(0..20) == 0 {
            let slot = key_slot(actors::any_key(&mut rng).as_bytes());
            outcome.moves += u64::from(world.move_slot(slot, rng.usize(0..shards)));
        }
        if may_harm {
            let harmed = fault.apply(&world, rng.usize(0..shards));
            // One loss is enough to be seen; not every swap makes a difference.
            may_harm = !(harmed && fault == Fault::Drop);
        }
        let awake = world.step();
        if !awake && clients.iter().all(|c| c.gone || (c.input.is_empty() && c.actor.listens())) {
            // All sleep and nothing is on its way: what has not been answered by now never will be.
            for (i, c) in clients.iter_mut().enumerate().filter(|(_, c)| !c.gone) {
                c.read(&world, &mut outcome).map_err(|e| format!("client {i}: {e}"))?;
                if c.due > 0 {
                    return Err(format!("all sleep, and client {i} waits for {} answers", c.due));
                }
            }
        }
        if outcome.replies != last.0 {
            last = (outcome.replies, outcome.steps);
        } else if outcome.steps - last.1 > PATIENCE as u64 {
            return Err("no answers any more".into());
        }
    }
    finish()?;
    clients.iter_mut().filter(|c| !c.gone).for_each(|c| c.leave(&world));
    world.settle()?;
    world.check_rest()?;
    outcome.hops = world.node.sum(|s| &s.hops);
    outcome.leases = world.node.sum(|s| &s.leases);
    outcome.units = world.node.sum(|s| &s.units);
    Ok(outcome)
}

/// What an actor says and how it takes answers is its own; see [`actors`].
pub(crate) fn expect(reply: &Reply, expected: &Reply) -> Result<(), String> {
    if reply == expected { Ok(()) } else { Err(format!("got {reply:?}, expected {expected:?}")) }
}
