//! A coordinator's collecting of several shards' data.

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

    /// The shards wanted, ascending.
    pub fn want(&self) -> &[usize] {
        &self.want
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

#[cfg(test)]
mod tests {
    use super::*;

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
