//! Runs commands in tests: `server.run("SADD s a b").replies(":2")`, on one shard's data and on several's.

use std::sync::Arc;

use super::steps;
use crate::config::Config;
use crate::data::ShardData;
use crate::fail::Fail;
use crate::keyspace::{Arena, Keyspace};
use crate::resp::{OwnedArgs, Protocol, Reply};
use crate::slot::{SLOTS, SlotSet};
use crate::stats::DataStats;
use crate::step::{ClientTag, Clock, Effects, Held, HeldSet, Origin, Step};

/// Shards' data, a clock and a client, in one thread.
pub(crate) struct Server {
    shards: Vec<ShardData>,
    /// Time stands still until a test moves it.
    pub(crate) clock: Clock,
    pub(crate) client: ClientTag,
    /// Who gives the commands.
    pub(crate) origin: Origin,
    pub(crate) config: Config,
    /// What the last command left behind.
    pub(crate) effects: Effects,
    rng: fastrand::Rng,
}

/// An answer, CR LF shown as `|`.
#[derive(Debug)]
pub(crate) struct Answer(String);

impl Answer {
    /// The answer is this; a last `|` may be left out.
    #[track_caller]
    pub(crate) fn replies(&self, want: &str) {
        assert_eq!(self.0.trim_end_matches('|'), want.trim_end_matches('|'));
    }

    /// The answer is this error.
    #[track_caller]
    pub(crate) fn fails(&self, want: &str) {
        assert_eq!(self.0.trim_end_matches('|'), format!("-{want}"));
    }

    /// The answer's text.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

struct All<'a>(&'a mut [ShardData]);

impl HeldSet for All<'_> {
    fn of_slot(&mut self, slot: u16) -> &mut ShardData {
        let n = self.0.len();
        &mut self.0[slot as usize * n / SLOTS]
    }

    fn each(&mut self, f: &mut dyn FnMut(&mut ShardData)) {
        self.0.iter_mut().for_each(f);
    }
}

/// Runs a test on one shard and on three.
pub(crate) fn on_shards(test: impl Fn(&mut Server)) {
    for shards in [1, 3] {
        test(&mut Server::new(shards));
    }
}

impl Server {
    /// A server of so many shards.
    pub(crate) fn new(shards: usize) -> Self {
        let config = Config::default();
        let databases = config.databases as usize;
        let data = |id: usize| {
            let mut owned = SlotSet::empty();
            (0..SLOTS).filter(|s| s * shards / SLOTS == id).for_each(|s| owned.insert(s as u16));
            let keyspace = Keyspace::new(databases, 7, Arena::system());
            ShardData::new(id as u16, owned, keyspace, Arc::new(DataStats::new(databases)))
        };
        Self {
            shards: (0..shards).map(data).collect(),
            clock: Clock { unix_us: 1_700_000_000_000_000, mono_ns: 0 },
            client: ClientTag { id: 1, ..ClientTag::default() },
            origin: Origin::Client,
            config,
            effects: Effects::default(),
            rng: fastrand::Rng::with_seed(1),
        }
    }

    /// Time goes on by so many milliseconds.
    pub(crate) fn pass_ms(&mut self, ms: i64) {
        self.clock.unix_us += ms * 1000;
        self.clock.mono_ns += ms as u64 * 1_000_000;
    }

    /// Answers come in RESP3 from now on.
    pub(crate) fn resp3(&mut self) {
        self.client.protocol = Protocol::Resp3;
    }

    /// Runs an inline command (quotes as in an inline request), with all shards' data held.
    #[track_caller]
    pub(crate) fn run(&mut self, line: &str) -> Answer {
        let words = crate::config::split_args(line.as_bytes()).expect("balanced quotes");
        self.run_words(&words)
    }

    /// Runs a command of these arguments.
    #[track_caller]
    pub(crate) fn run_words(&mut self, words: &[impl AsRef<[u8]>]) -> Answer {
        let args: OwnedArgs = words.iter().collect();
        let args = args.args();
        let name = String::from_utf8_lossy(args.get(0)).to_lowercase();
        let full = (args.len() > 1).then(|| format!("{name}|{}", String::from_utf8_lossy(args.get(1)).to_lowercase()));
        let row = steps()
            .find(|s| full.as_deref() == Some(s.name))
            .or_else(|| steps().find(|s| s.name == name))
            .unwrap_or_else(|| panic!("no step for {name}"));
        let mut out = Vec::new();
        let mut all = All(&mut self.shards);
        let reply = Reply::new(&mut out, self.client.protocol);
        let mut step =
            Step::new(Held::Set(&mut all), reply, self.client, self.clock, &mut self.rng, self.origin, &self.config);
        let outcome = (row.run)(&mut step, args);
        self.effects = std::mem::take(&mut step.effects);
        if let Err(fail) = outcome {
            assert!(out.is_empty(), "a command that fails writes nothing");
            Reply::new(&mut out, self.client.protocol).error(&Fail::text(&fail));
        }
        Answer(String::from_utf8_lossy(&out).replace("\r\n", "|"))
    }

    /// Runs a command on the data of one shard only, as the owner does.
    pub(crate) fn shard(&mut self, i: usize) -> &mut ShardData {
        &mut self.shards[i]
    }

    /// All shards' data.
    pub(crate) fn shards(&mut self) -> &mut [ShardData] {
        &mut self.shards
    }

    /// Keys in a database, over all shards.
    pub(crate) fn len(&self, db: usize) -> usize {
        self.shards.iter().map(|s| s.keyspace.len(db)).sum()
    }
}
