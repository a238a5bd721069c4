//! A client's line in CLIENT LIST and CLIENT INFO.

use std::fmt::Write;

use valkore_core::resp::Protocol;
use valkore_shard::runner::Runner;

use crate::conn::{Address, Conn, Ending, Waiting};

/// Is the client still there, as others see it? One that was killed is not, though its socket may be.
pub(crate) fn is_listed(conn: &Conn) -> bool {
    conn.ending < Ending::Now
}

/// The letters of `flags=`.
pub(super) fn flags(conn: &Conn) -> String {
    let session = &conn.session;
    let letters = [
        ('x', session.multi.is_some() || conn.running.is_some()),
        ('b', conn.waiting == Waiting::Pause),
        ('c', conn.ending == Ending::AfterReply),
        ('A', conn.ending == Ending::Now),
        ('U', matches!(conn.peer, Address::Unix(_))),
        ('e', session.no_evict),
        ('T', session.tag.no_touch),
        ('I', session.import_source),
    ];
    let set: String = letters.iter().filter(|l| l.1).map(|l| l.0).collect();
    if set.is_empty() { "N".into() } else { set }
}

/// The letters of `capa=`.
pub(super) fn capabilities(conn: &Conn) -> &'static str {
    if conn.can_redirect { "r" } else { "" }
}

/// A client's line, with its end. `argv` bytes are in the arguments of the command that it runs, `out` bytes wait to
/// be sent.
pub(crate) fn line(conn: &Conn, runner: &Runner, argv: usize, out: usize) -> Vec<u8> {
    let mut text = String::with_capacity(400);
    write_line(&mut text, conn, runner, argv, out).expect("a text takes everything");
    text.into_bytes()
}

fn write_line(t: &mut String, conn: &Conn, runner: &Runner, argv: usize, out: usize) -> std::fmt::Result {
    let session = &conn.session;
    let now = runner.clock.mono_ns;
    let seconds = |since: u64| now.saturating_sub(since) / 1_000_000_000;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (multi, multi_bytes) = match (&session.multi, conn.running) {
        (_, Some(running)) => (running.commands as i64, running.bytes),
        (Some(multi), None) => (multi.commands.len() as i64, multi.bytes()),
        (None, None) => (if conn.had_transaction || !session.watched.is_empty() { 0 } else { -1 }, 0),
    };
    write!(t, "id={} addr={} laddr={} fd={}", session.tag.id, conn.peer, conn.local, conn.fd)?;
    write!(t, " name={} age={} idle={}", text(&session.name), seconds(conn.created_ns), seconds(conn.active_ns))?;
    write!(t, " flags={} capa={} db={}", flags(conn), capabilities(conn), session.tag.db)?;
    write!(t, " sub=0 psub=0 ssub=0 multi={multi} watch={}", session.watched.len())?;
    write!(t, " qbuf={} qbuf-free={}", conn.unread(), conn.query.capacity() - conn.query.len())?;
    write!(t, " argv-mem={argv} multi-mem={multi_bytes}")?;
    write!(t, " rbs={} rbp={} obl={out}", conn.out.capacity().max(out), conn.out_peak)?;
    write!(t, " oll={} omem={} tot-mem={}", u8::from(conn.unsent > 0), conn.unsent, conn.memory() + argv + out)?;
    write!(t, " events={}{}", if conn.paused { "" } else { "r" }, if conn.sending { "w" } else { "" })?;
    let command = conn.last_command.map_or("NULL", |id| &runner.registry.command(id).full_name);
    let resp = if session.tag.protocol == Protocol::Resp3 { 3 } else { 2 };
    write!(t, " cmd={command} user=default redir=-1 resp={resp}")?;
    write!(t, " lib-name={} lib-ver={}", text(&session.lib_name), text(&session.lib_version))?;
    writeln!(t, " tot-net-in={} tot-net-out={} tot-cmds={}", conn.net_in, conn.net_out, conn.commands)
}
