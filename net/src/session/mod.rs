//! The commands of the connection: what they change or show is the client's session, or the server as a whole.
//! A file per family; each has a table of its commands.

mod auth;
pub(crate) mod client;
mod command;
mod config;
mod info;
mod multi;
mod server;

use valkore_core::command::CommandId;
use valkore_core::data::Watch;
use valkore_core::fail::{Fail, Outcome};
use valkore_core::resp::{Args, Reply};
use valkore_shard::msg::{Hop, Question};
use valkore_shard::registry::Run;
use valkore_shard::runner::Runner;

use crate::conn::Conn;
use crate::questions::{About, Gathered, question};

/// What a session command does.
pub(crate) type SessionFn = fn(&mut Cx<'_>, Args<'_>) -> Outcome;

/// A session command by its full name.
pub(crate) type Row = (&'static str, SessionFn);

/// What must be done after a session command, and can't be done by it.
#[derive(Default)]
pub(crate) enum Then {
    /// Nothing.
    #[default]
    Nothing,
    /// Run this transaction.
    Exec(Box<Hop>),
    /// End these watches.
    Unwatch(Vec<Watch>),
    /// Ask all shards' front ends; the answer is written when it is complete.
    Ask(Box<Question>),
}

/// What a session command sees.
pub(crate) struct Cx<'a> {
    /// The connection.
    pub(crate) conn: &'a mut Conn,
    /// Configuration, command table, time, counters.
    pub(crate) runner: &'a mut Runner,
    out: &'a mut Vec<u8>,
    /// The connection's shard.
    pub(crate) shard: usize,
    /// It runs inside a transaction.
    pub(crate) in_exec: bool,
    /// What must be done after it.
    pub(crate) then: Then,
}

impl<'a> Cx<'a> {
    pub(crate) fn new(
        conn: &'a mut Conn,
        runner: &'a mut Runner,
        out: &'a mut Vec<u8>,
        shard: usize,
        in_exec: bool,
    ) -> Self {
        Self { conn, runner, out, shard, in_exec, then: Then::Nothing }
    }

    /// Where the answer goes.
    pub(crate) fn reply(&mut self) -> Reply<'_> {
        Reply::new(self.out, self.conn.session.tag.protocol)
    }

    /// Runs session command number `n`, which is `id`.
    pub(crate) fn run(&mut self, n: u16, id: CommandId, args: Args<'_>) {
        let start = self.out.len();
        let outcome = table().nth(n as usize).expect("a number of the table").1(self, args);
        let failed = match outcome {
            Ok(()) => self.runner.is_error(&self.out[start..]),
            Err(fail) => {
                self.out.truncate(start);
                self.runner.write_error(&fail, self.conn.session.tag, self.out);
                true
            }
        };
        self.runner.count(id, failed);
    }

    /// What all shards answered to this question, if it stands in a transaction.
    pub(crate) fn gathered(&mut self) -> Option<Gathered> {
        self.in_exec.then(|| self.conn.gathered.pop_front().unwrap_or_default())
    }

    /// Asks all shards; their answer is this command's.
    pub(crate) fn ask(&mut self, about: About) {
        self.then = Then::Ask(question(Some(self.conn.token), about));
    }

    /// Tells all shards.
    pub(crate) fn tell(&mut self, about: About) {
        self.then = Then::Ask(question(None, about));
    }

    /// Asks all shards to do something, and answers OK: when all have done it, or at once in a transaction, where it
    /// can't be waited for.
    pub(crate) fn ask_or_tell(&mut self, about: About) {
        if self.in_exec {
            self.reply().ok();
            self.tell(about);
        } else {
            self.ask(about);
        }
    }

    /// Answers the lines of `command`'s HELP between what all of them begin and end with.
    pub(crate) fn help(&mut self, command: &str, lines: &[&str]) {
        let mut r = self.reply();
        r.array(lines.len() + 3);
        r.simple(&format!("{command} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
        lines.iter().chain(&["HELP", "    Print this help."]).for_each(|line| r.simple(line));
    }

    /// A failure with this text.
    pub(crate) fn fail(text: impl Into<std::borrow::Cow<'static, str>>) -> Outcome {
        Err(Fail::text_of(text))
    }
}

fn table() -> impl Iterator<Item = Row> {
    let families = [auth::ROWS, client::ROWS, command::ROWS, config::ROWS, info::ROWS, multi::ROWS, server::ROWS];
    families.into_iter().flatten().copied()
}

/// Names and numbers of all session commands, for the registry.
pub fn names() -> Vec<(&'static str, u16)> {
    table().enumerate().map(|(n, row)| (row.0, n as u16)).collect()
}

/// Does a transaction run at home?
pub(crate) fn goes_home(hop: &Hop, runner: &Runner) -> bool {
    runner.config.module_all_at_home || hop.commands.iter().any(|c| matches!(runner.registry.run(c.id), Run::Home))
}

/// Does a transaction hold a command that needs the connection at hand?
pub(crate) fn has_session_command(hop: &Hop, runner: &Runner) -> bool {
    hop.commands.iter().any(|c| matches!(runner.registry.run(c.id), Run::Session(_)))
}
