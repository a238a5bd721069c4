//! A node: what a client sees of one server. Configuration, statistics and ids hang on it, never on a static, so
//! that two can live in one process: in cluster mode each shard is a node of its own.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use valkore_core::config::Config;
use valkore_core::keyspace::KeyHasher;
use valkore_core::stats::{Counter, DataStats};

use crate::command_stats::CommandStats;
use crate::pause::Pause;
use crate::published::Published;
use crate::registry::Registry;
use crate::slotmap::SlotMap;

/// What a shard's loop counts; written by its thread, read by any.
#[derive(Debug, Default)]
pub struct LoopStats {
    /// Commands run.
    pub commands: Counter,
    /// Connections that this shard has now.
    pub connections: AtomicI64,
    /// Connections accepted.
    pub accepted: Counter,
    /// Connections refused for want of room (`maxclients`).
    pub rejected: Counter,
    /// Bytes received.
    pub net_in: Counter,
    /// Bytes sent.
    pub net_out: Counter,
    /// Turns of the loop.
    pub turns: Counter,
    /// Times that the thread slept.
    pub sleeps: Counter,
    /// Hops handed to another shard.
    pub hops: Counter,
    /// Leases granted to others.
    pub leases: Counter,
    /// Leases that this shard gave back because home asked.
    pub revocations: Counter,
    /// Units of this shard's clients that took all shards' data.
    pub worlds: Counter,
    /// Units of this shard's clients that took several shards' data.
    pub units: Counter,
    /// Messages that waited in the mailbox, at most.
    pub mail_max: Counter,
    /// Changes since the last save.
    pub dirty: Counter,
    /// Error answers.
    pub errors: Counter,
    /// Clients cut off because they read too slowly.
    pub output_limit_kills: Counter,
    /// Clients cut off because of their query buffer.
    pub query_limit_kills: Counter,
    /// Active expiry, time used, microseconds.
    pub expire_us: Counter,
    /// Attempts to log in that failed.
    pub auth_failures: Counter,
    /// Receives.
    pub reads: Counter,
    /// Sends.
    pub writes: Counter,
    /// Connections that watch keys now.
    pub watching: Counter,
    /// Keys that connections watch now.
    pub watched_keys: Counter,
    /// Connections whose command waits for the end of a pause now.
    pub postponed: Counter,
    /// Memory of the connections, in bytes, as of a moment ago.
    pub client_bytes: Counter,
    /// The largest query buffer, in bytes, as of a moment ago.
    pub query_bytes_max: Counter,
    /// The most output that waits to be sent on one connection, in bytes, as of a moment ago.
    pub output_bytes_max: Counter,
}

impl LoopStats {
    /// Forgets what was counted (`CONFIG RESETSTAT`), but not what is so now. Only the shard's thread may.
    pub fn reset(&self) {
        let Self { commands, accepted, rejected, net_in, net_out, turns, sleeps, hops, leases, .. } = self;
        let Self { revocations, worlds, units, mail_max, errors, expire_us, reads, writes, .. } = self;
        let Self { output_limit_kills, query_limit_kills, .. } = self;
        let loops = [turns, sleeps, hops, leases, revocations, worlds, units, mail_max];
        let clients = [commands, accepted, rejected, net_in, net_out, errors, reads, writes];
        let others = [expire_us, output_limit_kills, query_limit_kills];
        loops.into_iter().chain(clients).chain(others).for_each(|c| c.set(0));
    }
}

/// What is known of one shard from outside.
pub struct ShardInfo {
    /// The counters of its data.
    pub data: Arc<DataStats>,
    /// The counters of its loop.
    pub turn: Arc<LoopStats>,
    /// The counters of its commands and errors.
    pub commands: Arc<CommandStats>,
    /// The backend that its loop runs on.
    pub backend: OnceLock<&'static str>,
}

/// What the allocator has, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    /// Given out.
    pub allocated: u64,
    /// In pages that hold something given out.
    pub active: u64,
    /// In memory.
    pub resident: u64,
    /// Free, kept for later, and the kernel may take it.
    pub muzzy: u64,
}

/// Figures per second, as sampled a moment ago.
#[derive(Debug, Default)]
pub struct Rates {
    /// Commands.
    pub commands: AtomicU64,
    /// Bytes received.
    pub net_in: AtomicU64,
    /// Bytes sent.
    pub net_out: AtomicU64,
    /// Turns of all loops.
    pub turns: AtomicU64,
}

/// One server, as its clients see it.
pub struct Node {
    /// The configuration.
    pub config: Published<Config>,
    /// The commands.
    pub registry: Published<Registry>,
    /// Who owns which slot.
    pub slots: Published<SlotMap>,
    /// The shards.
    pub shards: Vec<ShardInfo>,
    /// Home; it has no data of its own.
    pub home: ShardInfo,
    /// 40 hex digits, new at each start.
    pub run_id: String,
    /// 40 hex digits: the history that replicas follow.
    pub replication_id: String,
    /// Hashes keys, the same on all shards.
    pub hasher: KeyHasher,
    /// When the node came up.
    pub started: valkore_core::step::Clock,
    /// The port that clients use, for INFO.
    pub port: std::sync::atomic::AtomicU32,
    /// The configuration file's full path, if there is one.
    pub config_file: Option<String>,
    /// Everything must come to an end.
    pub stopping: AtomicBool,
    /// Shards that have seen so, and give out no more connections.
    pub deaf: AtomicUsize,
    /// Home runs: whoever holds the module lock may still ask shards for their data.
    pub home_runs: AtomicBool,
    /// The greatest stamp that is durable: replies gated by a later one wait (the output gate).
    pub durable: AtomicU64,
    /// `CLIENT PAUSE`
    pub pause: Pause,
    /// Figures per second.
    pub rates: Rates,
    /// Asks the allocator.
    pub memory: fn() -> Memory,
    /// The allocator's name and version.
    pub allocator: &'static str,
    /// Bytes allocated when the node came up.
    pub memory_startup: AtomicU64,
    /// Most bytes allocated at a time, as sampled.
    pub memory_peak: AtomicU64,
    next_client: AtomicU64,
}

impl Node {
    /// A node of so many shards.
    pub fn new(config: Config, registry: Registry, shards: usize, seed: u64) -> Arc<Self> {
        let databases = config.databases as usize;
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut hex = || (0..40).map(|_| char::from_digit(rng.u32(0..16), 16).expect("below 16")).collect();
        let (run_id, replication_id) = (hex(), hex());
        let info = || ShardInfo {
            data: Arc::new(DataStats::new(databases)),
            turn: Arc::default(),
            commands: Arc::default(),
            backend: OnceLock::new(),
        };
        Arc::new(Self {
            config: Published::new(config),
            registry: Published::new(registry),
            slots: Published::new(SlotMap::even(shards)),
            shards: (0..shards).map(|_| info()).collect(),
            home: info(),
            run_id,
            replication_id,
            hasher: KeyHasher::new(rng.u64(..)),
            started: crate::clock::now(),
            port: Default::default(),
            config_file: None,
            stopping: AtomicBool::new(false),
            deaf: AtomicUsize::new(0),
            home_runs: AtomicBool::new(false),
            durable: AtomicU64::new(0),
            pause: Pause::default(),
            rates: Rates::default(),
            memory: Memory::default,
            allocator: "libc",
            memory_startup: AtomicU64::new(0),
            memory_peak: AtomicU64::new(0),
            next_client: AtomicU64::new(1),
        })
    }

    /// The id of the next client: unique in the process, and in order of connecting.
    pub fn new_client_id(&self) -> u64 {
        self.next_client.fetch_add(1, Ordering::Relaxed)
    }

    /// All that run commands: the shards, and home.
    pub fn threads(&self) -> impl Iterator<Item = &ShardInfo> {
        self.shards.iter().chain([&self.home])
    }

    /// The sum of a counter over all shards' loops.
    pub fn sum(&self, of: impl Fn(&LoopStats) -> &Counter) -> u64 {
        self.threads().map(|s| of(&s.turn).get()).sum()
    }

    /// What the allocator has now; keeps the peak.
    pub fn sample_memory(&self) -> Memory {
        let memory = (self.memory)();
        self.memory_peak.fetch_max(memory.allocated, Ordering::Relaxed);
        memory
    }

    /// The sum of a counter over all shards' data.
    pub fn sum_data(&self, of: impl Fn(&DataStats) -> &Counter) -> u64 {
        self.shards.iter().map(|s| of(&s.data).get()).sum()
    }

    /// Connections of all shards.
    pub fn connections(&self) -> i64 {
        self.shards.iter().map(|s| s.turn.connections.load(Ordering::Relaxed)).sum()
    }
}
