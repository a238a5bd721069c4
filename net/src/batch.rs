//! One turn's commands of all connections, parsed and planned before the first one runs, so that what they will
//! touch can be fetched from memory meanwhile.

use valkore_core::command::CommandId;
use valkore_core::keyspace::Hint;
use valkore_core::resp::{Args, Parsed, ProtocolError, Span, split_inline};
use valkore_shard::backend::{Backend, Buffer, Token};
use valkore_shard::engine::Shard;
use valkore_shard::plan::{Planner, Target};
use valkore_shard::registry::Registry;
use valkore_shard::runner::{Routed, Runner};

use crate::conn::Conn;

/// Commands of one connection per batch; the others get their turn.
const PER_CONNECTION: usize = 256;

/// One connection's input in a batch.
pub(crate) struct Source {
    pub(crate) token: Token,
    /// The receive buffer that the input lies in, when it isn't in `query`; to be recycled.
    pub(crate) received: Option<Buffer>,
    /// The connection's own query buffer, lent to the batch; the input begins at the offset.
    pub(crate) query: Option<(Vec<u8>, usize)>,
    /// Its items, as a range.
    pub(crate) items: std::ops::Range<usize>,
    /// Bytes that are done with: those of commands that ran or were taken along.
    pub(crate) done: usize,
    /// Bytes that were parsed into items.
    pub(crate) parsed: usize,
    /// After its items come bytes that are not RESP.
    pub(crate) error: Option<ProtocolError>,
    /// There may be another command behind the last item.
    pub(crate) more: bool,
}

impl Source {
    /// The input's bytes.
    pub(crate) fn bytes<'a>(&'a self, io: &'a dyn Backend) -> &'a [u8] {
        match (&self.query, self.received) {
            (Some((query, at)), _) => &query[*at..],
            (None, Some(buffer)) => io.bytes(buffer),
            (None, None) => &[],
        }
    }
}

/// What a command's name leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// This command, with a number of arguments that it takes.
    Command(CommandId),
    /// This command, with too few or too many arguments.
    Arity(CommandId),
    /// No command.
    Unknown,
    /// This container has no such subcommand.
    UnknownSub(CommandId),
}

/// A parsed and planned command.
#[derive(Clone, Copy)]
pub(crate) struct Item {
    pub(crate) found: Found,
    pub(crate) first: u32,
    pub(crate) count: u32,
    pub(crate) target: Target,
    pub(crate) routed: Routed,
    /// Where it ends in its source.
    pub(crate) end: usize,
}

/// A batch; keeps its memory.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) sources: Vec<Source>,
    pub(crate) items: Vec<Item>,
    pub(crate) spans: Vec<Span>,
    pub(crate) planner: Planner,
    hints: Vec<Hint>,
    planned_by: (u64, u64),
}

impl Batch {
    /// What the items were planned by.
    fn version(runner: &Runner) -> (u64, u64) {
        (runner.map.version, runner.registry.table.version())
    }

    /// Were the items planned by another slot map or command table than that of now? They must be planned again.
    #[inline]
    pub(crate) fn is_stale(&self, runner: &Runner) -> bool {
        self.planned_by != Self::version(runner)
    }

    /// Forgets the items; the sources are gone already.
    pub(crate) fn clear(&mut self) {
        debug_assert!(self.sources.is_empty());
        self.items.clear();
        self.spans.clear();
    }

    /// An item's arguments.
    pub(crate) fn args<'a>(&'a self, bytes: &'a [u8], item: &Item) -> Args<'a> {
        Args::new(bytes, &self.spans[item.first as usize..][..item.count as usize])
    }

    /// Parses and plans the input of a connection: what was just received, or else its query buffer.
    pub(crate) fn add(&mut self, conn: &mut Conn, received: Option<Buffer>, shard: &Shard, io: &dyn Backend) {
        let start = self.items.len();
        self.planned_by = Self::version(&shard.runner);
        let query = received.is_none().then(|| (std::mem::take(&mut conn.query), std::mem::take(&mut conn.query_at)));
        let mut source = Source {
            token: conn.token,
            received,
            query,
            items: start..start,
            done: 0,
            parsed: 0,
            error: None,
            more: false,
        };
        conn.query_need = 0;
        while !source.more && self.add_one(conn, &mut source, start, shard, io) {}
        source.items = start..self.items.len();
        self.sources.push(source);
    }

    /// Parses one command; false when there is none.
    fn add_one(&mut self, conn: &mut Conn, source: &mut Source, start: usize, shard: &Shard, io: &dyn Backend) -> bool {
        let at = source.parsed;
        let bytes = source.bytes(io);
        let first = self.spans.len();
        let limits = conn.limits(shard.runner.config.proto_max_bulk_len);
        match conn.reader.parse(&bytes[at..], at as u32, limits, &mut self.spans) {
            Ok(Parsed::Command { end }) => {
                if self.spans.len() > first {
                    let args = Args::new(bytes, &self.spans[first..]);
                    let item = plan(&mut self.planner, args, first, at + end, shard, conn);
                    // What comes after these is planned when they ran, since they may change how.
                    source.more = matches!(item.target, Target::Session(_) | Target::Shards | Target::Home)
                        || self.items.len() + 1 - start >= PER_CONNECTION;
                    self.items.push(item);
                } else if self.items.len() == start {
                    // An empty command is done with as soon as it is read, unless others come before it.
                    source.done = at + end;
                }
                source.parsed = at + end;
                true
            }
            Ok(Parsed::Inline { .. }) if self.items.len() > start => {
                source.more = true;
                false
            }
            Ok(Parsed::Inline { line, end }) => match split_inline(&bytes[at..at + line]) {
                Ok(mut resp) => {
                    // The input goes on in a buffer where the inline command stands as RESP.
                    resp.extend_from_slice(&bytes[at + end..]);
                    source.query = Some((resp, 0));
                    (source.parsed, source.done) = (0, 0);
                    true
                }
                Err(e) => {
                    source.error = Some(e);
                    false
                }
            },
            Ok(Parsed::Incomplete { need }) => {
                conn.query_need = need;
                false
            }
            Err(e) => {
                source.error = Some(e);
                false
            }
        }
    }

    /// Fetches what the items for this shard will touch.
    pub(crate) fn prefetch(&mut self, shard: &mut Shard, db_of: impl Fn(Token) -> u16) {
        if self.items.len() < 2 {
            return;
        }
        let me = Target::Shard(shard.id);
        let Some((data, _)) = shard.data() else { return };
        self.hints.clear();
        for source in &self.sources {
            let db = db_of(source.token);
            for item in self.items[source.items.clone()].iter().filter(|i| i.target == me && i.routed.key != 0) {
                self.hints.push(Hint { db, slot: item.routed.slot, hash: item.routed.hash });
            }
        }
        data.keyspace.prefetch(&self.hints);
    }
}

/// Looks a command up and plans where it runs.
fn plan(planner: &mut Planner, args: Args<'_>, first: usize, end: usize, shard: &Shard, conn: &Conn) -> Item {
    let registry = &*shard.runner.registry;
    let found = find(registry, args);
    let (target, routed) = match found {
        Found::Command(id) => {
            let hasher = &shard.runner.node.hasher;
            planner.plan(registry, &shard.runner.map, shard.shards, hasher, id, args)
        }
        _ => (Target::Here, Routed::default()),
    };
    let away = shard.runner.config.module_all_at_home && !matches!(target, Target::Session(_));
    let target = if away && shard.has_home() { Target::Home } else { target };
    // A transaction that is being queued takes everything but commands of the connection.
    let queued = conn.session.multi.is_some() && !matches!(target, Target::Session(_));
    let target = if queued { Target::Here } else { target };
    Item { found, first: first as u32, count: args.len() as u32, target, routed, end }
}

/// What a command's name leads to.
fn find(registry: &Registry, args: Args<'_>) -> Found {
    let table = &registry.table;
    let Some(container) = table.lookup(args.get(0)) else { return Found::Unknown };
    let id = if args.len() > 1 && !table.subcommands(container).is_empty() {
        match table.lookup_sub(container, args.get(1)) {
            Some(id) => id,
            None => return Found::UnknownSub(container),
        }
    } else {
        container
    };
    if table.get(id).arity_allows(args.len()) { Found::Command(id) } else { Found::Arity(id) }
}
