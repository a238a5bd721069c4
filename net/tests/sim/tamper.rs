//! Planted faults: messages are taken out of a mailbox, changed, and put back in.

use valkore_shard::mailbox::Post;
use valkore_shard::msg::{Hop, Work};

use crate::world::World;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// A hop gets lost.
    Drop,
    /// Two clients get each other's answers.
    SwapAnswers,
    /// Two commands of a pipeline change places.
    SwapCommands,
}

impl Fault {
    /// Tampers with the mail of shard `at`. True when it did harm.
    pub(crate) fn apply(self, world: &World, at: usize) -> bool {
        if self == Self::None {
            return false;
        }
        let mut control = Vec::new();
        let mut work = Vec::new();
        world.boxes[at].drain(|from, c| control.push((from, c)), |from, w| work.push((from, w)));
        let mut hops: Vec<&mut Box<Hop>> =
            work.iter_mut().filter_map(|(_, w)| if let Work::Hop(hop) = w { Some(hop) } else { None }).collect();
        let mut lost = None;
        let harm = match self {
            Self::None => false,
            Self::Drop => {
                lost = (!hops.is_empty()).then_some(0);
                lost.is_some()
            }
            Self::SwapAnswers => {
                let mut done: Vec<_> = hops.iter_mut().filter(|h| h.is_finished()).collect();
                match &mut done[..] {
                    [a, b, ..] => {
                        std::mem::swap(&mut a.reply, &mut b.reply);
                        a.reply != b.reply
                    }
                    _ => false,
                }
            }
            Self::SwapCommands => match hops.iter_mut().find(|h| h.exec.is_none() && h.commands.len() > h.next + 1) {
                Some(hop) => {
                    let next = hop.next;
                    hop.commands.swap(next, next + 1);
                    true
                }
                None => false,
            },
        };
        if lost.is_some() {
            let at = work.iter().position(|(_, w)| matches!(w, Work::Hop(_))).expect("just seen");
            work.remove(at);
        }
        for (from, c) in control {
            let mut post = Post::new(from, world.boxes.clone());
            post.control(at, c);
            post.flush();
        }
        for (from, w) in work {
            let mut post = Post::new(from, world.boxes.clone());
            post.work(at, w);
            post.flush();
        }
        harm
    }
}
