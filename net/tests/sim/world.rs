//! The server: shards, front ends, backends, and the order in which they go on.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use valkore_core::config::{Config, PipelineOrder};
use valkore_core::keyspace::Arena;
use valkore_core::step::Clock;
use valkore_net::front::Front;
use valkore_shard::backend::Token;
use valkore_shard::backend::sim::{Net, Sim};
use valkore_shard::engine::Shard;
use valkore_shard::mailbox::{Bell, Mailbox, Post};
use valkore_shard::msg::{Control, Work};
use valkore_shard::node::Node;
use valkore_shard::registry::Registry;
use valkore_shard::runloop::RunLoop;

pub(crate) type Boxes = Arc<[Arc<Mailbox<Work, Control>>]>;

struct NoBell;

impl Bell for NoBell {
    fn ring(&self) {}
}

/// One shard's thread, as far as it is one.
pub(crate) struct Core {
    pub(crate) shard: Shard,
    pub(crate) front: Front,
    io: Sim,
    pub(crate) net: Net,
    turns: RunLoop,
    /// It is in the middle of a turn.
    half: bool,
}

impl Core {
    fn is_asleep(&self) -> bool {
        !self.half && self.turns.is_idle(&self.shard) && !self.net.has_events()
    }

    /// Is it in the middle of a turn?
    pub(crate) fn is_half(&self) -> bool {
        self.half
    }

    fn begin(&mut self) {
        self.turns.begin(&mut self.shard, &mut self.front, &mut self.io).expect("simulated");
        self.half = true;
    }

    fn finish(&mut self) {
        self.turns.finish(&mut self.shard, &mut self.front, &mut self.io);
        self.half = false;
    }
}

pub(crate) struct World {
    pub(crate) node: Arc<Node>,
    pub(crate) cores: Vec<Core>,
    pub(crate) boxes: Boxes,
    pub(crate) rng: fastrand::Rng,
    clock: Rc<Cell<Clock>>,
}

impl World {
    pub(crate) fn new(shards: usize, seed: u64, order: PipelineOrder) -> Self {
        let steps: Vec<_> = valkore_core::cmd::steps().collect();
        let registry = Registry::new(&steps, &valkore_net::session::names());
        let node = Node::new(Config { pipeline_order: order, ..Config::default() }, registry, shards, seed);
        let boxes: Boxes = (0..shards).map(|_| Arc::new(Mailbox::new(shards, Box::new(NoBell)))).collect();
        let clock = Rc::new(Cell::new(Clock { unix_us: 1_700_000_000_000_000, mono_ns: 1_000_000_000 }));
        let core = |id: usize| {
            let net = Net::default();
            let now = clock.clone();
            let post = Post::new(id, boxes.clone());
            Core {
                shard: Shard::new(&node, id, post, boxes[id].clone(), Arena::system(), seed),
                front: Front::new(&node, Vec::new()),
                io: Sim::new(net.clone()),
                net,
                turns: RunLoop::with_clock(Box::new(move || now.get())),
                half: false,
            }
        };
        let cores = (0..shards).map(core).collect();
        Self { node, cores, boxes, rng: fastrand::Rng::with_seed(seed), clock }
    }

    pub(crate) fn connect(&mut self, shard: usize) -> Token {
        let core = &mut self.cores[shard];
        core.front.add_simulated(&core.shard)
    }

    fn pass_time(&mut self) {
        let us = if self.rng.u32(0..200) == 0 { 100_000 } else { self.rng.i64(0..50) };
        let now = self.clock.get();
        self.clock.set(Clock { unix_us: now.unix_us + us, mono_ns: now.mono_ns + us as u64 * 1000 });
    }

    /// One of the shards that have something to do goes on, for a turn or half of one. False: all sleep.
    pub(crate) fn step(&mut self) -> bool {
        let awake: Vec<usize> = (0..self.cores.len()).filter(|&i| !self.cores[i].is_asleep()).collect();
        let Some(&i) = self.rng.choice(&awake) else { return false };
        self.pass_time();
        if self.cores[i].half {
            self.finish(i);
        } else {
            self.cores[i].begin();
            if self.rng.bool() {
                self.finish(i);
            }
        }
        true
    }

    /// Shard `i` begins a turn: it knows what was published, and nothing that comes later.
    pub(crate) fn begin(&mut self, i: usize) {
        self.cores[i].begin();
    }

    pub(crate) fn finish(&mut self, i: usize) {
        self.cores[i].finish();
    }

    /// Queues the move of a slot at a shard that is in the middle of a turn, as cluster code would. Was there one?
    pub(crate) fn move_slot(&mut self, slot: u16, to: usize) -> bool {
        let halves: Vec<usize> = (0..self.cores.len()).filter(|&i| self.cores[i].half).collect();
        let Some(&at) = self.rng.choice(&halves) else { return false };
        self.cores[at].shard.move_slot(slot, to);
        true
    }

    /// Goes on until all shards sleep.
    pub(crate) fn settle(&mut self) -> Result<(), String> {
        for _ in 0..100_000 {
            if !self.step() {
                return Ok(());
            }
        }
        Err("no rest: something goes round for ever".into())
    }

    /// Everything is at home, and nothing is left behind by clients that are gone.
    pub(crate) fn check_rest(&mut self) -> Result<(), String> {
        if self.node.connections() != 0 {
            return Err(format!("{} connections are left", self.node.connections()));
        }
        let map = self.node.slots.load();
        for core in &mut self.cores {
            let id = core.shard.id;
            if !core.shard.is_quiet() {
                return Err(format!("shard {id} is not at rest"));
            }
            let (data, _) = core.shard.data().expect("a quiet shard has its data");
            if !data.watches.is_empty() {
                return Err(format!("watches are left on shard {id}"));
            }
            if !data.owned.iter().eq(map.slots_of(id).iter()) {
                return Err(format!("shard {id} owns other slots than its map says"));
            }
        }
        Ok(())
    }
}
