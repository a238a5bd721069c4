//! Leases: how the one owned value of a shard's data travels between threads (`design.md`, rules 1, 3 and 4).
//!
//! Two small state machines, with no thread, queue or clock in them: the [`Desk`] at the owner says where the
//! data is and who waits for it, the [`Convoy`] at a coordinator collects a set of data in ascending shard order.
//! They tell what to send; the caller sends it. The shard loop, the simulator and the model checker run them alike.
//!
//! Why there is no cycle. A convoy asks in ascending order and holds only below what it asks for, so convoys
//! can't wait for each other in a circle. Only the holder of the module lock asks out of order
//! ([`Ask::Grow`]); whoever collects gives back for it at once, since it has had no effect yet. At most
//! one thread holds the module lock, so growing units don't meet. A convoy that was made to give back twice
//! puts up a fence: home starts no new unit until that convoy has run, so it runs.

use std::collections::VecDeque;

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

/// What a [`Desk`] wants sent.
#[derive(Debug, PartialEq, Eq)]
pub enum DeskAction<D> {
    /// Send the data to the holder.
    Grant(Holder, D),
    /// Ask the holder to give back if its unit has had no effect.
    Revoke(Holder),
}

/// The owner's side of one shard's data.
pub struct Desk<D> {
    data: Option<D>,
    lent_to: Option<Holder>,
    revoked: bool,
    waiting: VecDeque<(Holder, Ask)>,
}

impl<D> Desk<D> {
    /// A desk with its data here.
    pub fn new(data: D) -> Self {
        Self { data: Some(data), lent_to: None, revoked: false, waiting: VecDeque::new() }
    }

    /// The data, where it is here.
    #[inline]
    pub fn data(&mut self) -> Option<&mut D> {
        self.data.as_mut()
    }

    /// Who has the data, when it isn't here.
    pub fn lent_to(&self) -> Option<Holder> {
        self.lent_to
    }

    /// Requests that wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// `who` asks for the data. Answered at once, or when it comes back ([`Desk::next`]).
    pub fn request(&mut self, who: Holder, ask: Ask) -> Option<DeskAction<D>> {
        debug_assert!(self.waiting.iter().all(|w| w.0 != who), "holder {who} asked twice");
        match ask {
            Ask::Grow => self.waiting.push_front((who, ask)),
            Ask::Start => self.waiting.push_back((who, ask)),
        }
        match self.lent_to {
            None => self.next(),
            Some(holder) if ask == Ask::Grow && !self.revoked => {
                self.revoked = true;
                Some(DeskAction::Revoke(holder))
            }
            Some(_) => None,
        }
    }

    /// The data comes back from `from`. Run what waited for it, then call [`Desk::next`].
    pub fn returned(&mut self, from: Holder, data: D) {
        assert_eq!(self.lent_to, Some(from), "data came back from one who hadn't it");
        self.lent_to = None;
        self.revoked = false;
        self.data = Some(data);
    }

    /// Is the next grant to a growing unit, which waits with effects behind it?
    pub fn grows_next(&self) -> bool {
        self.waiting.front().is_some_and(|w| w.1 == Ask::Grow)
    }

    /// Grants to the first who waits, when the data is here.
    pub fn next(&mut self) -> Option<DeskAction<D>> {
        if self.data.is_none() {
            return None;
        }
        let (who, _) = self.waiting.pop_front()?;
        let data = self.data.take()?;
        self.lent_to = Some(who);
        // Someone who may not wait behind `who` can't be in the queue: Grow goes first, and there is one at most.
        Some(DeskAction::Grant(who, data))
    }
}

/// What a [`Convoy`] wants done.
#[derive(Debug, PartialEq, Eq)]
pub enum ConvoyAction<D> {
    /// Ask that shard for its data.
    Ask(usize),
    /// All is held: run the units, then return what [`Convoy::take_all`] gives.
    Run,
    /// Return this data to its shard (it came out of order, after a revocation), then ask the other shard for its.
    ReturnAndAsk(usize, D, usize),
}

/// A coordinator's collecting of several shards' data, for a batch of units.
pub struct Convoy<D> {
    /// The shards wanted, ascending; empty when idle.
    want: Vec<usize>,
    held: Vec<(usize, D)>,
    /// The one ask that is under way.
    asked: Option<usize>,
    /// Times it gave back since it began.
    given_back: u32,
}

impl<D> Default for Convoy<D> {
    fn default() -> Self {
        Self { want: Vec::new(), held: Vec::new(), asked: None, given_back: 0 }
    }
}

impl<D> Convoy<D> {
    /// Is nothing being collected?
    pub fn is_idle(&self) -> bool {
        self.want.is_empty()
    }

    /// Begins to collect `want` (any order, no repeats).
    pub fn begin(&mut self, mut want: Vec<usize>) -> ConvoyAction<D> {
        assert!(self.is_idle() && !want.is_empty(), "one convoy at a time, and never for nothing");
        want.sort_unstable();
        debug_assert!(want.windows(2).all(|w| w[0] < w[1]));
        self.want = want;
        self.given_back = 0;
        ConvoyAction::Ask(self.ask())
    }

    fn ask(&mut self) -> usize {
        let shard = self.want[self.held.len()];
        self.asked = Some(shard);
        shard
    }

    /// `shard` granted its data.
    pub fn granted(&mut self, shard: usize, data: D) -> ConvoyAction<D> {
        assert_eq!(self.asked.take(), Some(shard), "a grant that was not asked for");
        if self.want[self.held.len()] != shard {
            let next = self.ask();
            return ConvoyAction::ReturnAndAsk(shard, data, next);
        }
        self.held.push((shard, data));
        if self.held.len() == self.want.len() { ConvoyAction::Run } else { ConvoyAction::Ask(self.ask()) }
    }

    /// `shard` wants its data back before effects. What to return, to the last: everything held from
    /// `shard` on, since it must be asked for again in order. Nothing where the lease is back already.
    ///
    /// The ask under way stays; when its grant comes it may be out of order ([`ConvoyAction::ReturnAndAsk`]).
    #[must_use]
    pub fn revoked(&mut self, shard: usize) -> Vec<(usize, D)> {
        let Some(at) = self.held.iter().position(|h| h.0 == shard) else { return Vec::new() };
        self.given_back += 1;
        self.held.split_off(at)
    }

    /// The data of all shards wanted, after [`ConvoyAction::Run`]; ascending.
    pub fn held(&mut self) -> &mut [(usize, D)] {
        assert_eq!(self.held.len(), self.want.len(), "units run with all their leases only");
        &mut self.held
    }

    /// The units ran: everything, to be returned. The convoy is idle again.
    #[must_use]
    pub fn take_all(&mut self) -> Vec<(usize, D)> {
        assert_eq!(self.asked, None);
        self.want.clear();
        std::mem::take(&mut self.held)
    }

    /// How often it gave back since it began; from two on its coordinator fences home.
    pub fn given_back(&self) -> u32 {
        self.given_back
    }
}

#[cfg(all(test, not(valkore_shuttle)))]
mod tests {
    use super::*;

    #[test]
    fn a_desk_grants_in_order_of_arrival_but_to_a_growing_unit_first() {
        let mut desk = Desk::new('d');
        assert_eq!(desk.request(1, Ask::Start), Some(DeskAction::Grant(1, 'd')));
        assert_eq!(desk.request(2, Ask::Start), None);
        assert_eq!(desk.request(9, Ask::Grow), Some(DeskAction::Revoke(1)));
        desk.returned(1, 'd');
        assert_eq!(desk.next(), Some(DeskAction::Grant(9, 'd')));
        assert_eq!(desk.next(), None);
        desk.returned(9, 'd');
        assert_eq!(desk.next(), Some(DeskAction::Grant(2, 'd')));
    }

    #[test]
    fn a_convoy_asks_in_ascending_order() {
        let mut c = Convoy::default();
        assert_eq!(c.begin(vec![3, 0, 2]), ConvoyAction::Ask(0));
        assert_eq!(c.granted(0, 'a'), ConvoyAction::Ask(2));
        assert_eq!(c.granted(2, 'b'), ConvoyAction::Ask(3));
        assert_eq!(c.granted(3, 'c'), ConvoyAction::Run);
        assert_eq!(c.take_all(), [(0, 'a'), (2, 'b'), (3, 'c')]);
        assert!(c.is_idle());
    }

    #[test]
    fn a_revoked_convoy_gives_back_what_is_above_and_asks_again() {
        let mut c = Convoy::default();
        c.begin(vec![0, 1, 2]);
        c.granted(0, 'a');
        c.granted(1, 'b');
        assert_eq!(c.revoked(0), [(0, 'a'), (1, 'b')]);
        assert_eq!(c.revoked(0), []);
        assert_eq!(c.granted(2, 'c'), ConvoyAction::ReturnAndAsk(2, 'c', 0));
        assert_eq!(c.granted(0, 'a'), ConvoyAction::Ask(1));
        assert_eq!(c.given_back(), 1);
    }
}
