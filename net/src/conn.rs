//! One connection: its input that is not run yet, its output that is not sent yet, and the client's session.

use std::net::SocketAddr;

use valkore_core::command::CommandId;
use valkore_core::data::Watch;
use valkore_core::resp::{Limits, OwnedArgs, Reader};
use valkore_core::step::ClientTag;
use valkore_shard::backend::Token;
use valkore_shard::msg::Hop;

use crate::questions::Gathered;
use crate::stage::Stage;

/// Where a connection's peer or own end is.
#[derive(Clone, Debug)]
pub enum Address {
    /// TCP.
    Tcp(SocketAddr),
    /// A unix socket at this path.
    Unix(String),
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tcp(a) => write!(f, "{a}"),
            Self::Unix(path) => write!(f, "{path}:0"),
        }
    }
}

/// What a connection waits for before its next command.
#[derive(Debug, Default, PartialEq, Eq)]
pub enum Waiting {
    /// Nothing.
    #[default]
    No,
    /// A hop or unit under way.
    Hop,
    /// The parts of a pipeline that was scattered over the shards, so many of them.
    Parts(u32),
    /// The answer of all shards' front ends.
    Question,
    /// The end of a `CLIENT PAUSE`.
    Pause,
}

/// Is the unit that a connection waits for at home, where a module may block it?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AtHome {
    /// No.
    #[default]
    No,
    /// Yes.
    Unit,
    /// Yes, and home knows that the client is gone.
    Told,
}

/// A transaction that is being queued.
#[derive(Debug, Default)]
pub struct Multi {
    /// The commands, in order.
    pub commands: Vec<(CommandId, OwnedArgs)>,
    /// A command was refused: EXEC will abort.
    pub dirty: bool,
}

impl Multi {
    /// Bytes that its commands' arguments take.
    pub fn bytes(&self) -> usize {
        self.commands.iter().map(|(_, args)| args.bytes() + args.args().len() * ARG_BYTES).sum()
    }
}

/// `CLIENT REPLY`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReplyMode {
    /// Answers are sent.
    #[default]
    On,
    /// None is.
    Off,
    /// The next one isn't.
    SkipNext,
    /// This one isn't.
    Skip,
}

/// What the server knows of a client: it lives as long as the connection, and RESET makes it new.
#[derive(Debug, Default)]
pub struct Session {
    /// What steps see of it.
    pub tag: ClientTag,
    /// `CLIENT SETNAME`
    pub name: Vec<u8>,
    /// `CLIENT SETINFO lib-name`
    pub lib_name: Vec<u8>,
    /// `CLIENT SETINFO lib-ver`
    pub lib_version: Vec<u8>,
    /// May it run commands?
    pub authenticated: bool,
    /// The transaction that is being queued.
    pub multi: Option<Multi>,
    /// Keys it watches.
    pub watched: Vec<Watch>,
    /// `CLIENT REPLY`
    pub reply_mode: ReplyMode,
    /// `CLIENT NO-EVICT`
    pub no_evict: bool,
    /// `CLIENT IMPORT-SOURCE`
    pub import_source: bool,
}

/// The transaction that is running, as CLIENT LIST shows it.
#[derive(Clone, Copy, Debug)]
pub struct Running {
    /// Its commands.
    pub commands: usize,
    /// Bytes that their arguments take.
    pub bytes: usize,
    /// Commands that the client had run before it.
    before: u64,
}

impl Running {
    /// A transaction of a client that has run so many commands before.
    pub fn new(hop: &Hop, before: u64) -> Self {
        Self { commands: hop.commands.len(), bytes: hop.bytes.len() + hop.spans.len() * ARG_BYTES, before }
    }

    /// How many commands the client has run after it, with EXEC.
    pub fn commands_after(&self, reply: &[u8]) -> u64 {
        let aborted = reply.starts_with(b"*-1") || reply.starts_with(b"_");
        self.before + 1 + if aborted { 0 } else { self.commands as u64 }
    }
}

/// What an argument takes beside its bytes, as stock counts it.
const ARG_BYTES: usize = 8;

/// How far a connection's end is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// Not ending.
    #[default]
    Open,
    /// Once the answers are out.
    AfterReply,
    /// Now.
    Now,
    /// Asked for; the backend has still to say that it is closed.
    Closing,
}

/// A connection.
pub struct Conn {
    /// Its number.
    pub token: Token,
    /// The client.
    pub session: Session,
    /// The peer.
    pub peer: Address,
    /// Our end.
    pub local: Address,
    /// The descriptor's number, for CLIENT LIST.
    pub fd: i32,
    /// Bytes that were received and not run; parsing goes on at `query_at`.
    pub query: Vec<u8>,
    /// Where parsing goes on in `query`.
    pub query_at: usize,
    /// It is worth parsing only when `query` has so many bytes.
    pub query_need: usize,
    /// The parser.
    pub reader: Reader,
    /// Answers that were not handed to the backend.
    pub out: Vec<u8>,
    /// A send is under way.
    pub sending: bool,
    /// What it waits for.
    pub waiting: Waiting,
    /// Is what it waits for at home?
    pub at_home: AtHome,
    /// Parts of a scattered pipeline that are back.
    pub parts: Vec<Box<valkore_shard::msg::Hop>>,
    /// For each command of a scattered pipeline, the part that it is in.
    pub order: Vec<u32>,
    /// How far its end is.
    pub ending: Ending,
    /// The peer sends no more.
    pub eof: bool,
    /// Receiving is paused for want of room.
    pub paused: bool,
    /// It is in the list of connections with something to parse.
    pub runnable: bool,
    /// It is in the list of connections with output.
    pub dirty: bool,
    /// The stage between socket and RESP.
    pub stage: Stage,
    /// Its answers wait until this stamp is durable; 0 = none.
    pub gate: u64,
    /// When it was accepted, monotonic nanoseconds.
    pub created_ns: u64,
    /// When it last sent a command, monotonic nanoseconds.
    pub active_ns: u64,
    /// Since when its output has been above the soft limit, monotonic nanoseconds.
    pub over_soft_ns: Option<u64>,
    /// The last command that it ran.
    pub last_command: Option<CommandId>,
    /// Bytes received.
    pub net_in: u64,
    /// Bytes sent.
    pub net_out: u64,
    /// Commands run.
    pub commands: u64,
    /// `CLIENT CAPA redirect`
    pub can_redirect: bool,
    /// It has watched a key or begun a transaction before.
    pub had_transaction: bool,
    /// The transaction that is running.
    pub running: Option<Running>,
    /// What all shards answered beforehand to the questions in that transaction, in order.
    pub gathered: std::collections::VecDeque<Gathered>,
    /// The transaction has cut its own connection off: its answer ends there.
    pub reply_cut: Option<usize>,
    /// The largest output so far, in bytes.
    pub out_peak: usize,
    /// Bytes of the send under way, as of the last look.
    pub unsent: usize,
    /// Keys that it watches, as they are counted in the shard's sums.
    pub watched_counted: usize,
}

impl Conn {
    /// A new connection.
    pub fn new(token: Token, id: u64, peer: Address, local: Address, fd: i32, now_ns: u64) -> Self {
        let tag = ClientTag { id, ..ClientTag::default() };
        Self {
            token,
            session: Session { tag, ..Session::default() },
            peer,
            local,
            fd,
            query: Vec::new(),
            query_at: 0,
            query_need: 0,
            reader: Reader::default(),
            out: Vec::new(),
            sending: false,
            waiting: Waiting::No,
            at_home: AtHome::No,
            parts: Vec::new(),
            order: Vec::new(),
            ending: Ending::Open,
            eof: false,
            paused: false,
            runnable: false,
            dirty: false,
            stage: None,
            gate: 0,
            created_ns: now_ns,
            active_ns: now_ns,
            over_soft_ns: None,
            last_command: None,
            net_in: 0,
            net_out: 0,
            commands: 0,
            can_redirect: false,
            had_transaction: false,
            running: None,
            gathered: Default::default(),
            reply_cut: None,
            out_peak: 0,
            unsent: 0,
            watched_counted: 0,
        }
    }

    /// Does nothing that is under way come back to it?
    pub fn is_idle(&self) -> bool {
        matches!(self.waiting, Waiting::No | Waiting::Pause)
    }

    /// Bytes of memory that it uses, more or less.
    pub fn memory(&self) -> usize {
        let multi = self.session.multi.as_ref().map_or(0, Multi::bytes);
        size_of::<Self>() + self.query.capacity() + self.out.capacity() + self.unsent + multi
    }

    /// Writes an answer that came from elsewhere, if the client wants it (`CLIENT REPLY`).
    pub fn answer(&mut self, reply: &[u8]) {
        match self.session.reply_mode {
            ReplyMode::On => self.out.extend_from_slice(reply),
            ReplyMode::Skip => self.session.reply_mode = ReplyMode::On,
            ReplyMode::SkipNext => self.session.reply_mode = ReplyMode::Skip,
            ReplyMode::Off => {}
        }
    }

    /// May its next command run?
    pub fn is_ready(&self) -> bool {
        self.waiting == Waiting::No && self.ending == Ending::Open
    }

    /// What bounds its input.
    pub fn limits(&self, bulk_max: i64) -> Limits {
        Limits { bulk_max, authenticated: self.session.authenticated }
    }

    /// Bytes received and not run.
    pub fn unread(&self) -> usize {
        self.query.len() - self.query_at
    }

    /// `n` more bytes of `query` are done with.
    pub fn consume(&mut self, n: usize) {
        self.query_at += n;
        if self.query_at == self.query.len() {
            self.query.clear();
            self.query_at = 0;
            if self.query.capacity() > 64 * 1024 {
                self.query = Vec::new();
            }
        } else if self.query_at > 64 * 1024 {
            self.query.drain(..self.query_at);
            self.query_at = 0;
        }
    }

    /// Ends it, at least as soon as `how` says.
    pub fn end(&mut self, how: Ending) {
        self.ending = self.ending.max(how);
    }
}
