//! The owner's side of one shard's data.

use std::collections::VecDeque;

use super::{Ask, Holder};

/// What a [`Desk`] wants sent.
#[derive(Debug, PartialEq, Eq)]
pub enum DeskAction<D> {
    /// Send the data to the holder.
    Grant(Holder, D),
    /// Ask the holder to give back if its unit has had no effect.
    Revoke(Holder),
}

/// Where one shard's data is, and who waits for it.
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

    /// `who` asks for the data. Answered at once, or when it comes back ([`Desk::grant`]).
    pub fn request(&mut self, who: Holder, ask: Ask) -> Option<DeskAction<D>> {
        debug_assert!(self.waiting.iter().all(|w| w.0 != who), "holder {who} asked twice");
        match ask {
            Ask::Grow => {
                debug_assert!(!self.grows_next(), "two units grow: the module lock is broken");
                self.waiting.push_front((who, ask));
            }
            Ask::Start => self.waiting.push_back((who, ask)),
        }
        match self.lent_to {
            None => self.grant(),
            Some(holder) if ask == Ask::Grow && !self.revoked => {
                self.revoked = true;
                Some(DeskAction::Revoke(holder))
            }
            Some(_) => None,
        }
    }

    /// The data comes back from `from`. Run what waited for it, then call [`Desk::grant`].
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
    pub fn grant(&mut self) -> Option<DeskAction<D>> {
        self.data.as_ref()?;
        let (who, _) = self.waiting.pop_front()?;
        let data = self.data.take()?;
        self.lent_to = Some(who);
        // Someone who may not wait behind `who` can't be in the queue: Grow goes first, and there is one at most.
        Some(DeskAction::Grant(who, data))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_desk_grants_in_order_of_arrival_but_to_a_growing_unit_first() {
        let mut desk = Desk::new('d');
        assert_eq!(desk.request(1, Ask::Start), Some(DeskAction::Grant(1, 'd')));
        assert_eq!(desk.request(2, Ask::Start), None);
        assert_eq!(desk.request(9, Ask::Grow), Some(DeskAction::Revoke(1)));
        desk.returned(1, 'd');
        assert_eq!(desk.grant(), Some(DeskAction::Grant(9, 'd')));
        assert_eq!(desk.grant(), None);
        desk.returned(9, 'd');
        assert_eq!(desk.grant(), Some(DeskAction::Grant(2, 'd')));
    }
}
