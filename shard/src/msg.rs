//! What threads say to each other.

use valkore_core::command::CommandId;
use valkore_core::data::{ShardData, Watch};
use valkore_core::resp::{Args, Span};
use valkore_core::step::ClientTag;

use crate::backend::Token;
use crate::lease;

/// One command of a [`Hop`].
#[derive(Clone, Copy, Debug)]
pub struct HopCommand {
    /// Which command.
    pub id: CommandId,
    /// Its first span.
    pub first: u32,
    /// Number of spans.
    pub count: u32,
    /// The argument that is the key it was routed by; 0 = it has none.
    pub key: u32,
    /// The slot whose owner runs it; [`crate::runner::ANYWHERE`] = none.
    pub slot: u16,
    /// That key's hash.
    pub hash: u64,
    /// Length of the answers up to and with this one's, once it ran as part of a scattered pipeline.
    pub reply_end: u32,
}

/// A client's pipelined commands on their way over the shards: each shard runs those in a row that are for its
/// slots and hands the hop on to the owner of the next, the last one hands it home to its origin. So a client's
/// commands take effect in the order it sent them, and commands in a row for one shard share one hop.
///
/// What changes at every shard stands together at the front: the rest is only read after the hop has set out, so its
/// cache lines are fetched once per shard, not once per visit.
#[derive(Debug, Default)]
#[repr(C, align(64))]
pub struct Hop {
    /// How many of the commands ran.
    pub next: usize,
    /// Their answers.
    pub reply: Vec<u8>,
    /// Keys that the client watches from now on.
    pub watched: Vec<Watch>,
    /// The version of the slot map that it was planned by.
    pub map_version: u64,
    /// The commands.
    pub commands: Vec<HopCommand>,
    /// Where the arguments lie.
    pub spans: Vec<Span>,
    /// The arguments' bytes.
    pub bytes: Vec<u8>,
    /// The shard that the client is connected to.
    pub origin: usize,
    /// The client's connection there.
    pub token: Token,
    /// Which part of a scattered pipeline this is (`pipeline-order relaxed`), from 1 on; 0 = none.
    pub part: u32,
    /// The client.
    pub client: ClientTag,
    /// One unit over several shards: all run together at the coordinator with these shards' data.
    pub shards: Vec<usize>,
    /// It is a transaction: the answer is one array, and these keys must be as they were watched.
    pub exec: Option<Vec<Watch>>,
}

impl Hop {
    /// Did all commands run?
    #[inline]
    pub fn is_finished(&self) -> bool {
        self.next == self.commands.len() && self.exec.is_none()
    }

    /// Makes it as new, but for the memory that it keeps.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.spans.clear();
        self.commands.clear();
        self.next = 0;
        self.reply.clear();
        self.shards.clear();
        self.exec = None;
        self.watched.clear();
        self.part = 0;
    }

    /// The next command ran; `reply` is the hop's answers with its own.
    pub fn ran(&mut self, reply: Vec<u8>) {
        self.reply = reply;
        if self.part > 0 {
            self.commands[self.next].reply_end = self.reply.len() as u32;
        }
        self.next += 1;
    }

    /// The arguments of command `i`.
    pub fn args(&self, i: usize) -> Args<'_> {
        let c = &self.commands[i];
        Args::new(&self.bytes, &self.spans[c.first as usize..][..c.count as usize])
    }

    /// Appends a command, with a copy of its arguments.
    pub fn push(&mut self, mut command: HopCommand, args: Args<'_>) {
        command.first = self.spans.len() as u32;
        command.count = args.len() as u32;
        args.append_to(&mut self.bytes, &mut self.spans);
        self.commands.push(command);
    }
}

/// A message on the lane of work.
#[derive(Debug)]
pub enum Work {
    /// Commands to run, or to take to the connection when all ran.
    Hop(Box<Hop>),
    /// To home: the client of this id is gone, whose unit it was sent before. It is to come back soon.
    Gone(u64),
    /// A client no longer watches these keys.
    Unwatch(Vec<Watch>),
    /// A new connection for the reader, from listener number so-and-so.
    Adopt(std::os::fd::OwnedFd, u8),
    /// A question to the front end of every shard, and its answer on the way back.
    Ask(Box<Question>),
}

/// A question that all shards' front ends answer one after the other, such as CLIENT LIST.
pub struct Question {
    /// Who asked.
    pub origin: usize,
    /// The connection that waits for the answer; none where nobody does.
    pub token: Option<Token>,
    /// What is asked, and what was answered so far: the front end's own.
    pub about: Box<dyn std::any::Any + Send>,
}

impl std::fmt::Debug for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Question").field("origin", &self.origin).field("token", &self.token).finish_non_exhaustive()
    }
}

/// A message on the control lane.
pub type Control = lease::Message<Box<ShardData>>;
