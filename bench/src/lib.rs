//! `valkore-bench` measures servers that speak RESP, in paired, interleaved rounds.
//!
//! It knows the RESP codec, sockets and histograms; it never knows a server's insides, and depends on no
//! other crate of the workspace: what it says about a server, it saw from outside.
//!
//! # What is measured
//! A *cell* is a command and a number of commands per round trip (`get p16`). In each round every cell is
//! run against every *contender*, in short slices that take turns (A B, B A, …), so that what else happens on
//! a noisy machine meets all of them alike. All contenders stay up the whole time, only one is loaded at a
//! time. The first contender is the *reference*: each round gives one ratio of CPU per command to it, and the
//! report names the median ratio with its interval ([`stats::Interval`]). A limit is missed when the
//! interval's lower end is above it.
//!
//! # How
//! - **Server CPU** is the process CPU clock of the server (`clock_getcpuclockid`, nanoseconds): user and
//!   system time of all its threads, also of those that have ended, spinning counted ([`server::cpu`]).
//! - **Latency, closed loop**: from handing a batch to the socket to reading the reply. **Open loop**: from
//!   the moment at which the schedule wanted the command sent, so a stalled server can't hide its stall.
//! - **The client** is one pinned thread by default ([`client`]): epoll, non-blocking sockets, one `recv` and
//!   one `send` per batch, commands patched into a prebuilt template, every reply checked.

pub mod affinity;
pub mod cli;
pub mod client;
pub mod commands;
pub mod compare;
pub mod error;
pub mod figures;
pub mod interrupt;
pub mod keys;
pub mod limits;
pub mod load;
pub mod machine;
pub mod random;
pub mod report;
pub mod resp;
pub mod rounds;
pub mod server;
pub mod session;
pub mod shards;
pub mod stats;
pub mod template;
pub mod workload;
