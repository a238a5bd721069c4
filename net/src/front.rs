//! The front end of one shard: its connections, from received bytes to sent answers.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use valkore_core::command::CommandId;
use valkore_core::config::PipelineOrder;
use valkore_core::fail::Fail;
use valkore_core::resp::{Args, ProtocolError, Reply};
use valkore_core::step::{ClientTag, Held};
use valkore_shard::backend::{Backend, Buffer, Event, Token};
use valkore_shard::engine::Shard;
use valkore_shard::msg::{Hop, HopCommand, Question};
use valkore_shard::node::Node;
use valkore_shard::plan::{Planner, Target};
use valkore_shard::registry::Run;
use valkore_shard::runloop::FrontEnd;
use valkore_shard::runner::{Runner, SessionHost};

use crate::admit::{Admitted, admit, may_go};
use crate::batch::{Batch, Found, Item, Source};
use crate::conn::{AtHome, Conn, Ending, ReplyMode, Running, Waiting};
use crate::gauges::Sampler;
use crate::session::{self, Cx, Then};
use crate::{accept, gauges, limits, postpone, questions};

/// Output buffers kept for reuse, at most.
const SPARE_BUFFERS: usize = 1024;
/// An output buffer that has grown beyond this, in bytes, isn't kept.
const SPARE_BYTES: usize = 32 * 1024;
/// A connection that waits and has so much input, in bytes, is not read from until it goes on.
const PAUSE_BYTES: usize = 1024 * 1024;

/// One shard's connections.
pub struct Front {
    pub(crate) node: Arc<Node>,
    pub(crate) conns: Vec<Option<Box<Conn>>>,
    free: Vec<Token>,
    /// Connections with input that may hold a command.
    runnable: Vec<Token>,
    /// Connections with output.
    dirty: Vec<Token>,
    batch: Batch,
    planner: Planner,
    spare: Vec<Vec<u8>>,
    /// Connections that wait for other shards.
    waiting: usize,
    /// Where unix connections come from, for CLIENT LIST: the path per listener number.
    pub(crate) unix_paths: Vec<Option<String>>,
    /// Connections whose command waits for the end of a pause.
    pub(crate) postponed: Vec<Token>,
    /// Questions that nobody waits for, to be sent.
    pub(crate) posted: Vec<Box<Question>>,
    sampler: Sampler,
    stopping: bool,
}

/// What a command leads to beyond its answer.
enum Next {
    /// The next command.
    Go,
    /// The connection waits, or ends.
    Stop,
    /// The connection waits for the end of a pause with the command, which has not run.
    Postpone,
    /// This unit is to be queued at the shard.
    Unit(Box<Hop>),
    /// This question is to be passed around.
    Ask(Box<Question>),
}

impl Front {
    /// A front end without connections. `unix_paths` tells the path of each listener that is a unix socket.
    pub fn new(node: &Arc<Node>, unix_paths: Vec<Option<String>>) -> Self {
        Self {
            node: node.clone(),
            conns: Vec::new(),
            free: Vec::new(),
            runnable: Vec::new(),
            dirty: Vec::new(),
            batch: Batch::default(),
            planner: Planner::default(),
            spare: Vec::new(),
            waiting: 0,
            unix_paths,
            postponed: Vec::new(),
            posted: Vec::new(),
            sampler: Sampler::default(),
            stopping: false,
        }
    }

    /// A connection that is open.
    pub(crate) fn conn(&mut self, token: Token) -> &mut Conn {
        self.conns[token as usize].as_mut().expect("a token that is open")
    }

    /// A number for a new connection.
    pub(crate) fn new_token(&mut self) -> Token {
        self.free.pop().unwrap_or_else(|| {
            self.conns.push(None);
            (self.conns.len() - 1) as Token
        })
    }

    /// Takes a connection whose socket the backend has not seen yet.
    pub(crate) fn add(&mut self, conn: Conn) {
        let token = conn.token;
        self.conns[token as usize] = Some(Box::new(conn));
    }

    /// A simulated connection, for tests with the `sim` backend.
    pub fn add_simulated(&mut self, shard: &Shard) -> Token {
        let token = self.new_token();
        let at = || crate::conn::Address::Unix("sim".into());
        let id = self.node.new_client_id();
        let mut conn = Conn::new(token, id, at(), at(), -1, shard.runner.clock.mono_ns);
        conn.session.authenticated = shard.runner.config.requirepass.is_empty();
        shard.runner.stats.connections.fetch_add(1, Ordering::Relaxed);
        self.add(conn);
        token
    }

    /// Puts a stage between a connection's socket and RESP.
    pub fn set_stage(&mut self, token: Token, stage: crate::stage::Stage) {
        self.conn(token).stage = stage;
    }

    /// Holds a connection's answers back until `stamp` is durable ([`Node::durable`]).
    pub fn gate(&mut self, token: Token, stamp: u64) {
        let conn = self.conn(token);
        conn.gate = conn.gate.max(stamp);
    }

    pub(crate) fn mark_runnable(&mut self, token: Token) {
        let conn = self.conn(token);
        if !conn.runnable {
            conn.runnable = true;
            self.runnable.push(token);
        }
    }

    pub(crate) fn mark_dirty(&mut self, token: Token) {
        let conn = self.conn(token);
        if !conn.dirty {
            conn.dirty = true;
            self.dirty.push(token);
        }
    }

    /// Bytes have come in.
    fn on_data(&mut self, token: Token, buffer: Buffer, shard: &mut Shard, io: &mut dyn Backend) {
        let now = shard.runner.clock.mono_ns;
        shard.runner.stats.net_in.add(buffer.len as u64);
        shard.runner.stats.reads.add(1);
        let Some(conn) = self.conns[token as usize].as_mut() else { return io.recycle(buffer) };
        conn.active_ns = now;
        conn.net_in += buffer.len as u64;
        if conn.ending != Ending::Open {
            return io.recycle(buffer);
        }
        if conn.is_ready() && conn.query.is_empty() && conn.stage.is_none() && !conn.runnable {
            conn.runnable = true;
            return self.batch.add(conn, Some(buffer), shard, io);
        }
        self.keep(token, io.bytes(buffer));
        io.recycle(buffer);
        self.after_keep(token, shard, io);
    }

    /// Appends received bytes to the connection's query buffer.
    fn keep(&mut self, token: Token, bytes: &[u8]) {
        let conn = self.conn(token);
        match conn.stage.take() {
            None => {
                if conn.query_need > conn.query.len() {
                    conn.query.reserve(conn.query_need - conn.query.len());
                }
                conn.query.extend_from_slice(bytes);
            }
            Some(mut stage) => {
                if !stage.incoming(bytes, &mut conn.query) {
                    conn.end(Ending::Now);
                }
                conn.stage = Some(stage);
                self.mark_dirty(token);
            }
        }
    }

    fn after_keep(&mut self, token: Token, shard: &Shard, io: &mut dyn Backend) {
        let limit = shard.runner.config.client_query_buffer_limit;
        let conn = self.conn(token);
        if conn.unread() as u64 > limit {
            shard.runner.stats.query_limit_kills.add(1);
            conn.end(Ending::Now);
            return self.mark_dirty(token);
        }
        if conn.is_ready() {
            // Nothing can have become complete before that many bytes are there.
            if conn.query_need == 0 || conn.unread() >= conn.query_need {
                self.mark_runnable(token);
            }
        } else if conn.unread() > PAUSE_BYTES && !conn.paused {
            conn.paused = true;
            io.pause(token);
        }
    }

    /// Parses and runs until no connection has a command that can run now.
    fn run_ready(&mut self, shard: &mut Shard, io: &mut dyn Backend) {
        loop {
            for token in std::mem::take(&mut self.runnable) {
                if let Some(conn) = self.conns[token as usize].as_mut() {
                    if conn.is_ready() && !conn.query.is_empty() {
                        self.batch.add(conn, None, shard, io);
                    } else {
                        conn.runnable = false;
                    }
                }
            }
            if self.batch.sources.is_empty() {
                return;
            }
            let mut batch = std::mem::take(&mut self.batch);
            batch.prefetch(shard, |token| self.conns[token as usize].as_ref().map_or(0, |c| c.session.tag.db));
            let mut sources = std::mem::take(&mut batch.sources);
            for source in sources.drain(..) {
                self.run_source(source, &mut batch, shard, io);
                // Hops don't wait for the rest of this batch: others wait for them.
                shard.serve_mail(self);
            }
            batch.sources = sources;
            batch.clear();
            self.batch = batch;
        }
    }

    /// Runs one connection's commands of a batch, as far as they can run now.
    fn run_source(&mut self, mut source: Source, batch: &mut Batch, shard: &mut Shard, io: &mut dyn Backend) {
        let token = source.token;
        let mut conn = self.conns[token as usize].take().expect("a source's connection is open");
        conn.runnable = false;
        let mut next = Next::Go;
        let mut done = source.done;
        {
            let bytes = source.bytes(&*io);
            let mut i = source.items.start;
            while i < source.items.end && !batch.is_stale(&shard.runner) {
                let items = &batch.items[i..source.items.end];
                let taken;
                (next, taken) = self.run_item(&mut conn, items, bytes, batch, shard);
                if matches!(next, Next::Postpone) {
                    break;
                }
                i += taken;
                done = batch.items[i - 1].end;
                if !matches!(next, Next::Go) {
                    break;
                }
            }
        }
        source.done = done;
        let all_done = source.done == source.parsed;
        if !all_done {
            // Commands are left over: they will be parsed again from the first of them on.
            conn.reader = Default::default();
            conn.query_need = 0;
        }
        let broken = if all_done && conn.is_ready() { source.error } else { None };
        // More has come while this input was in the batch.
        let late = !conn.query.is_empty();
        let again = conn.is_ready() && broken.is_none() && (source.more || !all_done || late);
        self.put_back_input(&mut conn, source, io);
        if let Some(e) = broken {
            protocol_error(&mut conn, e, shard);
        }
        self.conns[token as usize] = Some(conn);
        self.mark_dirty(token);
        if again {
            self.mark_runnable(token);
        }
        match next {
            Next::Go | Next::Stop => {}
            Next::Postpone => postpone::park(self, token, shard),
            Next::Unit(hop) => {
                self.waiting += 1;
                shard.submit_unit(hop, self);
            }
            Next::Ask(question) => {
                self.waiting += 1;
                questions::start(self, shard, question);
            }
        }
    }

    /// What is left of a source's input goes into the connection's query buffer, before what came meanwhile.
    fn put_back_input(&mut self, conn: &mut Conn, source: Source, io: &mut dyn Backend) {
        match source.query {
            Some((query, at)) => {
                let late = std::mem::replace(&mut conn.query, query);
                conn.query_at = at;
                conn.query.extend_from_slice(&late);
                conn.consume(source.done);
            }
            None => {
                if let Some(buffer) = source.received {
                    let rest = &io.bytes(buffer)[source.done..];
                    conn.query.reserve(rest.len().max(conn.query_need));
                    conn.query.splice(..0, rest.iter().copied());
                }
            }
        }
        if let Some(buffer) = source.received {
            io.recycle(buffer);
        }
    }

    /// Runs the first of `items`, or sends several on their way. How many are done with.
    fn run_item(
        &mut self,
        conn: &mut Conn,
        items: &[Item],
        bytes: &[u8],
        batch: &Batch,
        shard: &mut Shard,
    ) -> (Next, usize) {
        let item = &items[0];
        let args = batch.args(bytes, item);
        let start = conn.out.len();
        let mut out = std::mem::take(&mut conn.out);
        conn.last_command = match item.found {
            Found::Command(id) | Found::Arity(id) => Some(id),
            Found::Unknown | Found::UnknownSub(_) => None,
        };
        let admitted = admit(conn, item.found, args, &mut shard.runner, &mut out);
        let ran = matches!(admitted, Admitted::Run(_));
        let next = match admitted {
            Admitted::Answered => Next::Go,
            Admitted::Aborted => {
                shard.unwatch(std::mem::take(&mut conn.session.watched));
                Next::Go
            }
            Admitted::Paused => {
                conn.out = out;
                return (Next::Postpone, 0);
            }
            Admitted::Run(id) => match shard.place(item.target, id, args, conn.session.tag.db) {
                Target::Session(n) => self.run_session_now(conn, n, id, args, &mut out, shard),
                Target::Here => {
                    let effects = shard.runner.run(Held::None, id, args, conn.session.tag, item.routed, &mut out);
                    shard.runner.apply(effects, &mut conn.session.watched);
                    Next::Go
                }
                Target::Shard(to) if to == shard.id && shard.data().is_some() => {
                    let (data, runner) = shard.data().expect("just seen");
                    let effects = runner.run(Held::One(data), id, args, conn.session.tag, item.routed, &mut out);
                    runner.apply(effects, &mut conn.session.watched);
                    Next::Go
                }
                Target::Home => {
                    let mut hop = self.hop_for(conn, shard);
                    hop.push(command(id, item), args);
                    hop.shards = self.shards_of(id, args, shard);
                    conn.waiting = Waiting::Hop;
                    conn.at_home = AtHome::Unit;
                    self.waiting += 1;
                    shard.submit_home(hop);
                    Next::Stop
                }
                Target::Shard(_) => {
                    conn.out = out;
                    return (Next::Stop, self.send_away(conn, items, bytes, batch, shard));
                }
                Target::Shards => {
                    let mut hop = self.hop_for(conn, shard);
                    hop.push(command(id, item), args);
                    hop.shards = self.shards_of(id, args, shard);
                    conn.waiting = Waiting::Hop;
                    Next::Unit(hop)
                }
            },
        };
        conn.had_transaction |= conn.session.multi.is_some();
        // A transaction is counted when it is over.
        conn.commands += u64::from(ran && conn.running.is_none());
        match conn.session.reply_mode {
            ReplyMode::On => {}
            // The answer is still to come, and will see to it.
            _ if !conn.is_idle() => {}
            ReplyMode::Off => out.truncate(start),
            ReplyMode::SkipNext => {
                out.truncate(start);
                conn.session.reply_mode = ReplyMode::Skip;
            }
            ReplyMode::Skip => {
                out.truncate(start);
                conn.session.reply_mode = ReplyMode::On;
            }
        }
        conn.out = out;
        let next = if matches!(next, Next::Go) && !conn.is_ready() { Next::Stop } else { next };
        (next, 1)
    }

    /// The shards that a command needs together.
    fn shards_of(&mut self, id: CommandId, args: Args<'_>, shard: &Shard) -> Vec<usize> {
        let runner = &shard.runner;
        let (registry, map, hasher) = (&runner.registry, &runner.map, &runner.node.hasher);
        match self.planner.plan(registry, map, shard.shards, hasher, id, args).0 {
            Target::Shard(one) => vec![one],
            Target::Shards | Target::Home => self.planner.shards.clone(),
            Target::Here | Target::Session(_) => Vec::new(),
        }
    }

    /// A hop of this connection.
    fn hop_for(&mut self, conn: &Conn, shard: &mut Shard) -> Box<Hop> {
        let mut hop = shard.new_hop();
        hop.origin = shard.id;
        hop.token = conn.token;
        hop.client = conn.session.tag;
        hop
    }

    /// Sends the run of commands that begins with a remote one on its way. How many are in it.
    fn send_away(&mut self, conn: &mut Conn, items: &[Item], bytes: &[u8], batch: &Batch, shard: &mut Shard) -> usize {
        let movable = |item: &&Item| matches!(item.target, Target::Here | Target::Shard(_));
        let mut run: Vec<(CommandId, &Item)> = Vec::with_capacity(items.len());
        let most = if conn.session.reply_mode == ReplyMode::On { items.len() } else { 1 };
        for item in items[..most].iter().take_while(movable) {
            match item.found {
                Found::Command(id) if run.is_empty() || may_go(conn, id, &shard.runner) => run.push((id, item)),
                _ => break,
            }
        }
        conn.commands += run.len() as u64;
        conn.last_command = run.last().map(|r| r.0);
        self.waiting += 1;
        let relaxed = shard.runner.config.pipeline_order == PipelineOrder::Relaxed;
        if relaxed && run.len() > 1 {
            self.scatter(conn, &run, bytes, batch, shard);
        } else {
            let mut hop = self.hop_for(conn, shard);
            for (id, item) in &run {
                hop.push(command(*id, item), batch.args(bytes, item));
            }
            conn.waiting = Waiting::Hop;
            shard.submit(hop);
        }
        run.len()
    }

    /// `pipeline-order relaxed`: each shard gets its commands at once; the answers are put in order when all are back.
    fn scatter(&mut self, conn: &mut Conn, run: &[(CommandId, &Item)], bytes: &[u8], batch: &Batch, shard: &mut Shard) {
        let mut parts: Vec<(usize, Box<Hop>)> = Vec::new();
        conn.order.clear();
        for (id, item) in run {
            let to = match item.target {
                Target::Shard(to) => to,
                _ => shard.id,
            };
            let part = parts.iter().position(|p| p.0 == to).unwrap_or_else(|| {
                let mut hop = self.hop_for(conn, shard);
                hop.part = parts.len() as u32 + 1;
                parts.push((to, hop));
                parts.len() - 1
            });
            parts[part].1.push(command(*id, item), batch.args(bytes, item));
            conn.order.push(part as u32);
        }
        conn.waiting = Waiting::Parts(parts.len() as u32);
        for (_, hop) in parts {
            shard.submit(hop);
        }
    }

    fn run_session_now(
        &mut self,
        conn: &mut Conn,
        n: u16,
        id: CommandId,
        args: Args<'_>,
        out: &mut Vec<u8>,
        shard: &mut Shard,
    ) -> Next {
        let mut cx = Cx::new(conn, &mut shard.runner, out, shard.id, false);
        cx.run(n, id, args);
        match std::mem::take(&mut cx.then) {
            Then::Nothing => Next::Go,
            Then::Unwatch(watches) => {
                shard.unwatch(watches);
                Next::Go
            }
            Then::Exec(hop) => {
                conn.running = Some(Running::new(&hop, conn.commands));
                let hop = match questions::before(hop, conn, &shard.runner) {
                    Ok(hop) => hop,
                    Err(question) => {
                        conn.waiting = Waiting::Question;
                        return Next::Ask(question);
                    }
                };
                conn.waiting = Waiting::Hop;
                if shard.has_home() && session::goes_home(&hop, &shard.runner) {
                    conn.at_home = AtHome::Unit;
                    self.waiting += 1;
                    shard.submit_home(hop);
                    return Next::Stop;
                }
                if hop.shards.len() == 1 && hop.exec.is_some() && !session::has_session_command(&hop, &shard.runner) {
                    self.waiting += 1;
                    shard.submit(hop);
                    return Next::Stop;
                }
                Next::Unit(hop)
            }
            Then::Ask(question) => {
                conn.waiting = Waiting::Question;
                Next::Ask(question)
            }
        }
    }

    /// A hop is back: its answers go out, the connection goes on.
    fn on_done(&mut self, mut hop: Box<Hop>, shard: &mut Shard) {
        let token = hop.token;
        let conn = self.conn(token);
        conn.session.watched.append(&mut hop.watched);
        match &mut conn.waiting {
            Waiting::Parts(left) => {
                conn.parts.push(hop);
                *left -= 1;
                if *left > 0 {
                    return;
                }
                gather(conn);
                for hop in std::mem::take(&mut conn.parts) {
                    shard.recycle(hop);
                }
            }
            _ => {
                if let Some(running) = conn.running.take() {
                    conn.gathered.clear();
                    hop.reply.truncate(conn.reply_cut.take().unwrap_or(usize::MAX));
                    conn.commands = running.commands_after(&hop.reply);
                }
                conn.answer(&hop.reply);
                // A module's command may have selected another database.
                conn.session.tag.db = hop.client.db;
                shard.recycle(hop);
            }
        }
        self.go_on(token);
    }

    /// What the connection waited for is there.
    pub(crate) fn go_on(&mut self, token: Token) {
        self.waiting -= 1;
        let conn = self.conn(token);
        conn.waiting = Waiting::No;
        conn.at_home = AtHome::No;
        if conn.is_ready() && !conn.query.is_empty() {
            self.mark_runnable(token);
        }
        self.mark_dirty(token);
    }

    /// Sends a connection's output; ends it where that is due.
    fn flush_conn(&mut self, token: Token, shard: &mut Shard, io: &mut dyn Backend) {
        let durable = self.node.durable.load(Ordering::Acquire);
        let Some(conn) = self.conns[token as usize].as_mut() else { return };
        conn.dirty = false;
        gauges::count_watched(conn, &shard.runner.stats);
        conn.out_peak = conn.out_peak.max(conn.out.len());
        // A connection that is ready has run what it could: what is left is a command that is not complete.
        if conn.paused && conn.is_ready() {
            conn.paused = false;
            io.resume(token);
        }
        if conn.ending == Ending::Closing {
            return;
        }
        if conn.gate > durable {
            conn.dirty = true;
            return self.dirty.push(token);
        }
        if limits::output_exceeded(conn, io.unsent(token), shard) {
            conn.end(Ending::Now);
        }
        let stage_wants = conn.stage.as_ref().is_some_and(|s| s.wants_out());
        if !conn.sending && (!conn.out.is_empty() || stage_wants) && conn.ending != Ending::Now {
            let mut bytes = std::mem::replace(&mut conn.out, self.spare.pop().unwrap_or_default());
            if let Some(stage) = &mut conn.stage {
                bytes = stage.outgoing(bytes);
            }
            shard.runner.stats.net_out.add(bytes.len() as u64);
            shard.runner.stats.writes.add(1);
            conn.net_out += bytes.len() as u64;
            match io.send(token, bytes) {
                Some(buffer) => keep_spare(&mut self.spare, buffer),
                None => {
                    conn.sending = true;
                    conn.unsent = io.unsent(token);
                }
            }
        }
        self.end_if_due(token, shard, io);
    }

    fn end_if_due(&mut self, token: Token, shard: &mut Shard, io: &mut dyn Backend) {
        let conn = self.conns[token as usize].as_mut().expect("a token that is open");
        let idle = conn.is_idle();
        if conn.eof && idle && conn.ending == Ending::Open && !conn.runnable {
            conn.end(Ending::AfterReply);
        }
        if conn.at_home == AtHome::Unit && (conn.eof || conn.ending == Ending::Now) {
            // A module may have blocked it for as long as it likes.
            conn.at_home = AtHome::Told;
            shard.tell_home_gone(conn.session.tag.id);
        }
        let drained = !conn.sending && conn.out.is_empty();
        let due = match conn.ending {
            Ending::Open | Ending::Closing => false,
            Ending::AfterReply => drained && idle,
            // A hop under way comes back to this connection: it stays until then.
            Ending::Now => idle,
        };
        if due {
            conn.ending = Ending::Closing;
            postpone::forget(conn, shard);
            let watches = std::mem::take(&mut conn.session.watched);
            gauges::count_watched(conn, &shard.runner.stats);
            shard.runner.stats.connections.fetch_sub(1, Ordering::Relaxed);
            io.close(token);
            shard.unwatch(watches);
        }
    }

    fn on_closed(&mut self, token: Token) {
        self.conns[token as usize] = None;
        self.free.push(token);
    }

    fn adopt(&mut self, fd: OwnedFd, listener: u8, shard: &Shard, io: &mut dyn Backend) {
        if let Some(conn) = accept::connection(self, &fd, listener, shard) {
            let token = conn.token;
            self.add(conn);
            io.open(token, fd);
        }
    }
}

/// The command of a hop that an item stands for.
fn command(id: CommandId, item: &Item) -> HopCommand {
    HopCommand {
        id,
        first: 0,
        count: 0,
        key: item.routed.key,
        slot: item.routed.slot,
        hash: item.routed.hash,
        reply_end: 0,
    }
}

/// Puts the answers of a scattered pipeline in order.
fn gather(conn: &mut Conn) {
    conn.parts.sort_unstable_by_key(|h| h.part);
    let mut at = vec![(0usize, 0usize); conn.parts.len()];
    for &part in &conn.order {
        let (i, from) = &mut at[part as usize];
        let hop = &conn.parts[part as usize];
        let end = hop.commands[*i].reply_end as usize;
        conn.out.extend_from_slice(&hop.reply[*from..end]);
        (*i, *from) = (*i + 1, end);
    }
}

fn keep_spare(spare: &mut Vec<Vec<u8>>, mut buffer: Vec<u8>) {
    if spare.len() < SPARE_BUFFERS && buffer.capacity() <= SPARE_BYTES {
        buffer.clear();
        spare.push(buffer);
    }
}

/// Answers bytes that are not RESP, and ends the connection.
fn protocol_error(conn: &mut Conn, e: ProtocolError, shard: &mut Shard) {
    let text = format!("ERR Protocol error: {}", e.text());
    shard.runner.count_error(&text);
    if conn.session.reply_mode == ReplyMode::On {
        Reply::new(&mut conn.out, conn.session.tag.protocol).error(&text);
    }
    conn.end(Ending::AfterReply);
}

impl SessionHost for Front {
    fn run_session(
        &mut self,
        runner: &mut Runner,
        token: Token,
        id: CommandId,
        args: Args<'_>,
        out: &mut Vec<u8>,
    ) -> ClientTag {
        let mut conn = self.conns[token as usize].take().expect("a transaction's connection is open");
        let Run::Session(n) = runner.registry.run(id) else { unreachable!("asked for a session command") };
        let mut cx = Cx::new(&mut conn, runner, out, 0, true);
        cx.run(n, id, args);
        match std::mem::take(&mut cx.then) {
            Then::Nothing => {}
            Then::Ask(question) if question.token.is_none() => self.posted.push(question),
            _ => {
                let text = "ERR this command is not available in a transaction yet";
                runner.write_error(&Fail::text_of(text), conn.session.tag, out);
            }
        }
        if conn.ending != Ending::Open && conn.reply_cut.is_none() {
            conn.reply_cut = Some(out.len());
        }
        conn.commands += 1;
        let tag = conn.session.tag;
        self.conns[token as usize] = Some(conn);
        tag
    }
}

impl FrontEnd for Front {
    fn events(&mut self, shard: &mut Shard, io: &mut dyn Backend, events: &mut Vec<Event>) {
        for event in events.drain(..) {
            match event {
                Event::Data { token, buffer } => self.on_data(token, buffer, shard, io),
                Event::Eof { token } => {
                    self.conn(token).eof = true;
                    self.mark_dirty(token);
                }
                Event::Sent { token, buffer, ok } => {
                    keep_spare(&mut self.spare, buffer);
                    if let Some(conn) = self.conns[token as usize].as_mut() {
                        conn.sending = false;
                        conn.unsent = 0;
                        if !ok {
                            conn.end(Ending::Now);
                        }
                        if !conn.out.is_empty() || conn.ending != Ending::Open || conn.eof {
                            self.mark_dirty(token);
                        }
                    }
                }
                Event::Closed { token } => self.on_closed(token),
                Event::Accepted { .. } if self.stopping => {}
                Event::Accepted { listener, fd } => match accept::place(shard) {
                    to if to == shard.id => self.adopt(fd, listener, shard, io),
                    to => shard.hand_over(to, fd, listener),
                },
            }
        }
        self.run_ready(shard, io);
    }

    fn deliver(&mut self, shard: &mut Shard, io: &mut dyn Backend) {
        for hop in std::mem::take(&mut shard.delivery.done) {
            self.on_done(hop, shard);
        }
        for (fd, listener) in std::mem::take(&mut shard.delivery.adopted) {
            self.adopt(fd, listener, shard, io);
        }
        for question in std::mem::take(&mut self.posted) {
            questions::start(self, shard, question);
        }
        for question in std::mem::take(&mut shard.delivery.questions) {
            questions::arrived(self, shard, question);
        }
        self.run_ready(shard, io);
    }

    fn flush(&mut self, shard: &mut Shard, io: &mut dyn Backend) {
        for token in std::mem::take(&mut self.dirty) {
            self.flush_conn(token, shard, io);
        }
    }

    fn cron(&mut self, shard: &mut Shard, io: &mut dyn Backend) {
        if self.node.stopping.load(Ordering::Acquire) && !self.stopping {
            self.stopping = true;
            io.unlisten();
            self.node.deaf.fetch_add(1, Ordering::AcqRel);
        }
        postpone::cron(self, shard);
        let mut sums = gauges::Sums::default();
        for token in 0..self.conns.len() as Token {
            let Some(conn) = self.conns[token as usize].as_mut() else { continue };
            if self.stopping {
                conn.end(Ending::Now);
            }
            limits::cron(conn, io.unsent(token), shard);
            conn.unsent = io.unsent(token);
            sums.add(conn);
            if conn.ending != Ending::Open && conn.ending != Ending::Closing {
                self.mark_dirty(token);
            }
        }
        sums.publish(&shard.runner.stats);
        if shard.id == 0 {
            self.sampler.sample(&self.node, shard.runner.clock.mono_ns);
        }
    }

    fn is_busy(&self) -> bool {
        !self.runnable.is_empty() || !self.posted.is_empty()
    }

    fn expects_mail(&self) -> bool {
        self.waiting > 0
    }

    fn is_finished(&self) -> bool {
        // As long as another shard takes connections, it may hand one over.
        let all_deaf = self.node.deaf.load(Ordering::Acquire) == self.node.shards.len();
        let home_runs = self.node.home_runs.load(Ordering::Acquire);
        self.stopping && all_deaf && self.node.connections() <= 0 && !home_runs
    }
}
