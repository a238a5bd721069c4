//! What keeps home from starving a convoy.

use super::Holder;

/// The fences that home has been told of. Home looks at them before it starts a unit, never within one: a unit under
/// way may grow over any fence, or it would wait with effects behind it.
///
/// A unit that knows only some of its shards may start outside a fence and then grow over it. So a convoy that has to
/// give back once more fences all shards ([`super::Leases`]); thus it waits for a bounded number of home's units.
#[derive(Debug, Default)]
pub struct Fence {
    up: Vec<(Holder, Box<[usize]>)>,
}

impl Fence {
    /// `by` fences `shards`, in place of what it fenced before.
    pub fn put_up(&mut self, by: Holder, shards: Box<[usize]>) {
        self.take_down(by);
        self.up.push((by, shards));
    }

    /// The convoy of `by` has run.
    pub fn take_down(&mut self, by: Holder) {
        self.up.retain(|f| f.0 != by);
    }

    /// May a unit start, of which is known that it touches `shards`?
    pub fn allows(&self, shards: &[usize]) -> bool {
        !self.up.iter().any(|(_, fenced)| shards.iter().any(|s| fenced.contains(s)))
    }

    /// Who has put one up?
    pub fn holders(&self) -> impl Iterator<Item = Holder> + '_ {
        self.up.iter().map(|f| f.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_stands_until_its_convoy_has_run() {
        let mut fence = Fence::default();
        assert!(fence.allows(&[0, 1, 2]));
        fence.put_up(5, [0, 1].into());
        fence.put_up(6, [1].into());
        assert!(fence.allows(&[2]) && !fence.allows(&[1, 2]));
        fence.put_up(5, [0, 1, 2].into());
        assert!(!fence.allows(&[2]));
        fence.take_down(5);
        assert!(fence.allows(&[0, 2]) && !fence.allows(&[1]));
        assert_eq!(fence.holders().collect::<Vec<_>>(), [6]);
    }
}
