//! Leases: how the one owned value of a shard's data travels between threads (`ARCHITECTURE.md`, rules 1, 3 and 4).
//!
//! Small state machines, with no thread, queue or clock in them: the [`Desk`] at the owner says where the
//! data is and who waits for it, the [`Convoy`] at a coordinator collects a set of data in ascending shard order,
//! [`Leases`] is a shard's desk and convoy together: messages go in, what is to be sent and run comes out. [`Fence`]
//! is what home keeps. The shard loop, the simulator and the model checker run them alike.
//!
//! Why there is no cycle. A convoy asks in ascending order and holds only below what it asks for, so convoys
//! can't wait for each other in a circle. Only the holder of the module lock asks out of order
//! ([`Ask::Grow`]); whoever collects gives back for it at once, since it has had no effect yet. At most
//! one thread holds the module lock, so growing units don't meet. A convoy that was made to give back twice
//! puts up a fence: home starts no new unit until that convoy has run, so it runs.

mod convoy;
mod desk;
mod fence;
mod leases;

pub use convoy::{Convoy, ConvoyAction};
pub use desk::{Desk, DeskAction};
pub use fence::Fence;
pub use leases::{Leases, Todo};

/// Who may hold a lease: a shard's index, or home.
pub type Holder = usize;

/// How a lease is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// By a unit without effects, in ascending order: waits its turn.
    Start,
    /// By the holder of the module lock, in any order: goes first, and a convoy that collects gives back for it.
    Grow,
}

/// What threads say to each other about leases, on the control lane.
#[derive(Debug, PartialEq, Eq)]
pub enum Message<D> {
    /// The sender wants the reader's data.
    Ask(Ask),
    /// Here is the sender's data.
    Grant(D),
    /// The sender wants its data back, if its holder's unit had no effect yet.
    Revoke,
    /// Here is the reader's own data again.
    Return(D),
    /// To home: start no new unit that touches these shards. Takes the place of an earlier one of the sender.
    Fence(Box<[usize]>),
    /// To home: the sender's convoy has run.
    Unfence,
}
