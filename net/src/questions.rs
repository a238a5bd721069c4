//! Questions to all shards' front ends: CLIENT LIST, CLIENT KILL and the like. One goes round the shards, each adds
//! what it has; back at its origin it is the answer.
//!
//! Inside a transaction nothing can be asked. What a transaction's CLIENT LIST and CLIENT KILL will need is therefore
//! asked before it runs, and each finds its answer in [`Conn::gathered`].

use std::any::Any;

use valkore_core::resp::{Args, Reply};
use valkore_shard::engine::Shard;
use valkore_shard::msg::{Hop, Question};
use valkore_shard::registry::Run;
use valkore_shard::runner::Runner;

use crate::conn::{AtHome, Conn, Ending, Waiting};
use crate::front::Front;
use crate::session::client::{Filter, is_listed, line};
use crate::{postpone, session};

/// Ids and lines of clients.
pub(crate) type Lines = Vec<(u64, Vec<u8>)>;

/// The other clients that a CLIENT LIST or CLIENT KILL of a transaction is about. A question that was badly put has
/// no answer; the command will say so.
#[derive(Debug, Default)]
pub struct Gathered {
    pub(crate) filter: Option<Filter>,
    pub(crate) lines: Lines,
}

/// What is asked, and what was answered so far. The asking client itself is no part of it.
pub(crate) enum About {
    /// CLIENT LIST.
    List { filter: Filter, me: u64, lines: Lines },
    /// CLIENT KILL; `old_form` answers without a count.
    Kill { filter: Filter, me: u64, killed: i64, kill_me: bool, old_form: bool },
    /// CLIENT KILL of a transaction, which counted them already.
    KillThese(Vec<u64>),
    /// What a transaction will need; it runs then.
    Before { me: u64, asked: Vec<Gathered>, exec: Option<Box<Hop>> },
    /// CONFIG RESETSTAT, but for the shard that has done it already.
    ResetStats { but: usize },
    /// CLIENT UNPAUSE.
    Resume,
}

/// A question. Its origin is set when it is asked.
pub(crate) fn question(token: Option<u32>, about: About) -> Box<Question> {
    Box::new(Question { origin: 0, token, about: Box::new(about) })
}

fn about(question: &mut Question) -> &mut About {
    let about: &mut dyn Any = &mut *question.about;
    about.downcast_mut().expect("a front end's question")
}

/// A client of this shard asks: its own shard answers first.
pub(crate) fn start(front: &mut Front, shard: &mut Shard, mut question: Box<Question>) {
    question.origin = shard.id;
    contribute(front, shard, about(&mut question));
    shard.pass_on(question);
}

/// A question has come: to be answered and passed on, or answered by all.
pub(crate) fn arrived(front: &mut Front, shard: &mut Shard, mut question: Box<Question>) {
    if question.origin != shard.id {
        contribute(front, shard, about(&mut question));
        return shard.pass_on(question);
    }
    let Some(token) = question.token else { return };
    if let About::Before { asked, exec, .. } = about(&mut question) {
        let conn = front.conn(token);
        conn.gathered = std::mem::take(asked).into();
        conn.waiting = Waiting::Hop;
        let hop = exec.take().expect("it is taken once");
        if shard.has_home() && session::goes_home(&hop, &shard.runner) {
            conn.at_home = AtHome::Unit;
            return shard.submit_home(hop);
        }
        return shard.submit_unit(hop, front);
    }
    let conn = front.conn(token);
    let mut out = Vec::new();
    write_answer(about(&mut question), &mut Reply::new(&mut out, conn.session.tag.protocol));
    shard.runner.is_error(&out);
    conn.answer(&out);
    if matches!(about(&mut question), About::Kill { kill_me: true, .. }) {
        conn.end(Ending::AfterReply);
    }
    front.go_on(token);
}

/// What this shard has to say.
fn contribute(front: &mut Front, shard: &mut Shard, about: &mut About) {
    match about {
        About::List { filter, me, lines } => matching(front, shard, filter, *me, lines),
        About::Kill { filter, me, killed, .. } => {
            let mut found = Vec::new();
            matching(front, shard, filter, *me, &mut found);
            *killed += found.len() as i64;
            kill(front, |conn| found.iter().any(|f| f.0 == conn.session.tag.id));
        }
        About::KillThese(ids) => kill(front, |conn| ids.contains(&conn.session.tag.id)),
        About::Before { me, asked, .. } => {
            for Gathered { filter, lines } in asked {
                if let Some(filter) = filter {
                    matching(front, shard, filter, *me, lines);
                }
            }
        }
        About::ResetStats { but } => {
            if shard.id != *but {
                reset_stats(&shard.runner, shard.id);
            }
        }
        About::Resume => postpone::resume(front, shard),
    }
}

/// Appends the lines of the clients of this shard that the filter lets through, but for client `me`.
fn matching(front: &Front, shard: &Shard, filter: &Filter, me: u64, lines: &mut Lines) {
    for conn in front.conns.iter().flatten() {
        let id = conn.session.tag.id;
        if id != me && is_listed(conn) && filter.admits(conn, shard.runner.clock.mono_ns) {
            lines.push((id, line(conn, &shard.runner, 0, conn.out.len())));
        }
    }
}

fn kill(front: &mut Front, is_meant: impl Fn(&Conn) -> bool) {
    let meant = front.conns.iter().flatten().filter(|c| is_meant(c)).map(|c| c.token);
    for token in meant.collect::<Vec<_>>() {
        front.conn(token).end(Ending::Now);
        front.mark_dirty(token);
    }
}

/// Sets a shard's counters back.
pub(crate) fn reset_stats(runner: &Runner, shard: usize) {
    runner.stats.reset();
    runner.command_stats.reset();
    // The data may be lent out: a count of its holder at this very moment may survive.
    runner.node.shards[shard].data.reset();
    if shard == 0 {
        // Nobody asks home; a count of its at this very moment may survive, too.
        runner.node.home.turn.reset();
        runner.node.home.commands.reset();
    }
}

/// Writes the answer to a question that all have answered.
fn write_answer(about: &mut About, reply: &mut Reply<'_>) {
    match about {
        About::List { lines, .. } => write_lines(lines, reply),
        About::Kill { killed, old_form, .. } => write_killed(*killed, *old_form, reply),
        About::ResetStats { .. } | About::Resume | About::KillThese(_) | About::Before { .. } => reply.ok(),
    }
}

/// The answer of CLIENT LIST: by id, which is the order in which the clients came.
pub(crate) fn write_lines(lines: &mut Lines, reply: &mut Reply<'_>) {
    lines.sort_unstable_by_key(|l| l.0);
    let text: Vec<u8> = lines.drain(..).flat_map(|l| l.1).collect();
    reply.verbatim("txt", &text);
}

/// The answer of CLIENT KILL.
pub(crate) fn write_killed(killed: i64, old_form: bool, reply: &mut Reply<'_>) {
    match (old_form, killed) {
        (false, n) => reply.int(n),
        (true, 0) => reply.error("ERR No such client"),
        (true, _) => reply.ok(),
    }
}

/// A transaction as it can run, or what must be asked before.
pub(crate) fn before(hop: Box<Hop>, conn: &Conn, runner: &Runner) -> Result<Box<Hop>, Box<Question>> {
    let me = conn.session.tag.id;
    let asks = |i: usize| {
        let id = hop.commands[i].id;
        let is_session = matches!(runner.registry.run(id), Run::Session(_));
        match &*runner.registry.command(id).full_name {
            "client|list" | "client|kill" if is_session => Some(filter_of(hop.args(i), runner, me)),
            _ => None,
        }
    };
    let asked: Vec<Gathered> =
        (0..hop.commands.len()).filter_map(asks).map(|filter| Gathered { filter, lines: Lines::new() }).collect();
    if asked.is_empty() {
        return Ok(hop);
    }
    Err(question(Some(conn.token), About::Before { me, asked, exec: Some(hop) }))
}

/// What a CLIENT LIST or CLIENT KILL asks for, if it is well put.
fn filter_of(args: Args<'_>, runner: &Runner, me: u64) -> Option<Filter> {
    let filter = if args.is(1, "kill") { Filter::of_kill(args, runner, me) } else { Filter::of_list(args, runner, me) };
    filter.ok()
}
