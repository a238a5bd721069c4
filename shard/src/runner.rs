//! Runs one command on data that the caller holds, and counts it.

use std::sync::Arc;

use valkore_core::command::CommandId;
use valkore_core::config::Config;
use valkore_core::data::{ShardData, Watch};
use valkore_core::fail::Fail;
use valkore_core::resp::{Args, Reply};
use valkore_core::step::{ClientTag, Clock, Effects, Held, HeldSet, Origin, Step};

use crate::clock;
use crate::command_stats::CommandStats;
use crate::msg::Hop;
use crate::node::{LoopStats, Node, ShardInfo};
use crate::published::Cached;
use crate::registry::{Registry, Run};
use crate::slotmap::SlotMap;

/// The slot of a command that needs no shard's data in particular.
pub const ANYWHERE: u16 = u16::MAX;

/// Where a command was routed by: the argument that is its first key, the key's slot and hash. Index 0: no key.
#[derive(Clone, Copy, Debug)]
pub struct Routed {
    /// The argument's index.
    pub key: u32,
    /// The key's slot, or the one that a cursor stands at, or [`ANYWHERE`].
    pub slot: u16,
    /// The key's hash.
    pub hash: u64,
}

impl Default for Routed {
    fn default() -> Self {
        Self { key: 0, slot: ANYWHERE, hash: 0 }
    }
}

/// A session command inside a transaction: the front end runs it, since it has the session.
pub trait SessionHost {
    /// Runs session command `id` of the client at `token` and appends its answer; the client as it is afterwards.
    fn run_session(
        &mut self,
        runner: &mut Runner,
        token: u32,
        id: CommandId,
        args: Args<'_>,
        out: &mut Vec<u8>,
    ) -> ClientTag;
}

/// A shard thread's means to run commands: time, chance, configuration, command table, counters.
pub struct Runner {
    /// The node.
    pub node: Arc<Node>,
    /// The configuration in force.
    pub config: Cached<Config>,
    /// The commands.
    pub registry: Cached<Registry>,
    /// The slot map.
    pub map: Cached<SlotMap>,
    /// Time, as of this batch.
    pub clock: Clock,
    /// Random numbers.
    pub rng: fastrand::Rng,
    /// Counters of this shard's loop.
    pub stats: Arc<LoopStats>,
    /// Counters of this shard's commands and errors.
    pub command_stats: Arc<CommandStats>,
    ticks: u64,
}

impl Runner {
    /// The runner of shard `id`.
    pub fn new(node: &Arc<Node>, id: usize, seed: u64) -> Self {
        Self::with(node, &node.shards[id], seed ^ (id as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// Home's runner.
    pub fn for_home(node: &Arc<Node>, seed: u64) -> Self {
        Self::with(node, &node.home, !seed)
    }

    fn with(node: &Arc<Node>, info: &ShardInfo, seed: u64) -> Self {
        Self {
            config: Cached::new(&node.config),
            command_stats: info.commands.clone(),
            registry: Cached::new(&node.registry),
            map: Cached::new(&node.slots),
            clock: Clock::default(),
            rng: fastrand::Rng::with_seed(seed),
            stats: info.turn.clone(),
            ticks: 0,
            node: node.clone(),
        }
    }

    /// Takes what was newly published, and reads the clock: before each batch, after its messages were taken, so
    /// that whoever was told of a change before it sent a command finds the change in force.
    pub fn refresh(&mut self, clock: Clock) {
        self.config.refresh(&self.node.config);
        self.registry.refresh(&self.node.registry);
        self.map.refresh(&self.node.slots);
        self.clock = clock;
        self.ticks = clock::ticks();
    }

    /// Runs a step over `held` and appends its answer.
    pub fn run(
        &mut self,
        mut held: Held<'_>,
        id: CommandId,
        args: Args<'_>,
        client: ClientTag,
        routed: Routed,
        out: &mut Vec<u8>,
    ) -> Effects {
        let (Run::Keyed(step) | Run::World(step) | Run::Cursor(step)) = self.registry.run(id) else {
            unreachable!("only steps run on data");
        };
        let start = out.len();
        let reply = Reply::new(out, client.protocol);
        let mut s = Step::new(held.reborrow(), reply, client, self.clock, &mut self.rng, Origin::Client, &self.config)
            .routed(routed.key, routed.slot, routed.hash);
        let outcome = step(&mut s, args);
        let effects = std::mem::take(&mut s.effects);
        let failed = match outcome {
            Ok(()) => self.is_error(&out[start..]),
            Err(fail) => {
                out.truncate(start);
                self.write_error(&fail, client, out);
                true
            }
        };
        self.count(id, failed);
        effects
    }

    /// Counts one run of `id` and its time since the run before.
    pub fn count(&mut self, id: CommandId, failed: bool) {
        let now = clock::ticks();
        if let Some(stat) = self.command_stats.of(id) {
            stat.calls.add(1);
            stat.ticks.add(now.wrapping_sub(self.ticks));
            if failed {
                stat.failed.add(1);
            }
        }
        self.ticks = now;
        self.stats.commands.add(1);
    }

    /// Appends a failure, and counts it by its code.
    pub fn write_error(&mut self, fail: &Fail, client: ClientTag, out: &mut Vec<u8>) {
        let text = fail.text();
        self.count_error(&text);
        Reply::new(out, client.protocol).error(&text);
    }

    /// Is this answer, which the command wrote itself, an error? Counts it then.
    #[inline]
    pub fn is_error(&mut self, answer: &[u8]) -> bool {
        let Some(text) = answer.strip_prefix(b"-") else { return false };
        let end = text.iter().position(|b| matches!(b, b' ' | b'\r')).unwrap_or(text.len());
        self.count_error(&String::from_utf8_lossy(&text[..end]));
        true
    }

    /// Counts a refusal of `id`, which didn't run.
    pub fn reject(&mut self, id: CommandId) {
        if let Some(stat) = self.command_stats.of(id) {
            stat.rejected.add(1);
        }
    }

    /// Counts an error answer by its code.
    pub fn count_error(&mut self, text: &str) {
        self.stats.errors.add(1);
        self.command_stats.count_error(text.split(' ').next().unwrap_or(text));
    }

    /// Runs all of a unit's commands over what the caller holds.
    pub fn run_unit(&mut self, held: &mut Held<'_>, hop: &mut Hop, mut host: Option<&mut dyn SessionHost>) {
        if let Some(watches) = hop.exec.take() {
            let touched = self.watches_touched(held, &watches);
            if touched {
                Reply::new(&mut hop.reply, hop.client.protocol).null_array();
                hop.next = hop.commands.len();
                return;
            }
            Reply::new(&mut hop.reply, hop.client.protocol).array(hop.commands.len());
        }
        while hop.next < hop.commands.len() {
            let id = hop.commands[hop.next].id;
            if let (Run::Session(_), Some(host)) = (self.registry.run(id), host.as_deref_mut()) {
                let mut reply = std::mem::take(&mut hop.reply);
                hop.client = host.run_session(self, hop.token, id, hop.args(hop.next), &mut reply);
                hop.ran(reply);
            } else {
                self.run_next(held, hop);
            }
        }
    }

    /// Runs the hop's next command, a step.
    pub fn run_next(&mut self, held: &mut Held<'_>, hop: &mut Hop) {
        let c = hop.commands[hop.next];
        let mut reply = std::mem::take(&mut hop.reply);
        let routed = Routed { key: c.key, slot: c.slot, hash: c.hash };
        let effects = self.run(held.reborrow(), c.id, hop.args(hop.next), hop.client, routed, &mut reply);
        self.apply(effects, &mut hop.watched);
        hop.ran(reply);
    }

    /// Applies what a step left behind.
    pub fn apply(&mut self, effects: Effects, watched: &mut Vec<Watch>) {
        self.stats.dirty.add(effects.dirty);
        watched.extend(effects.watched);
    }

    /// Was one of the watched keys touched? Ends the watches.
    pub fn watches_touched(&mut self, held: &mut Held<'_>, watches: &[Watch]) -> bool {
        let mut touched = false;
        for (db, key, version) in watches {
            let slot = valkore_core::slot::key_slot(key);
            let data = match held {
                Held::One(data) => data,
                Held::Set(set) => set.of_slot(slot),
                Held::None => unreachable!("a transaction with watched keys holds their data"),
            };
            let at = data.key(key);
            data.expire_if_needed(*db as usize, &at, self.clock);
            touched |= data.watches.version(*db as usize, key) != Some(*version);
            data.watches.unwatch(*db as usize, key);
        }
        touched
    }
}

/// The data that a convoy holds, by slot.
pub(crate) struct ConvoySet<'a> {
    pub(crate) held: &'a mut [(usize, Box<ShardData>)],
    pub(crate) map: &'a SlotMap,
}

impl HeldSet for ConvoySet<'_> {
    fn of_slot(&mut self, slot: u16) -> &mut ShardData {
        let owner = self.map.owner(slot);
        let at = self.held.binary_search_by_key(&owner, |h| h.0);
        &mut self.held[at.expect("a unit touches the shards it named only")].1
    }

    fn each(&mut self, f: &mut dyn FnMut(&mut ShardData)) {
        self.held.iter_mut().for_each(|(_, data)| f(data));
    }
}
