//! A shard's side of all leases: its own desk, and the convoy that it coordinates.

use std::collections::VecDeque;

use super::{Ask, Convoy, ConvoyAction, Desk, DeskAction, Fence, Holder, Message};

/// What is to be done next.
#[derive(Debug, PartialEq, Eq)]
pub enum Todo<D> {
    /// Send this message.
    Send(Holder, Message<D>),
    /// The convoy holds all it wants: run its units over [`Leases::held`], then call [`Leases::ran`].
    Run,
    /// This shard's data is here again: run what waited for it. Afterwards the next holder gets it.
    Here,
}

/// Times that a convoy gives back before it fences its shards; after one time more it fences all.
const FENCED_AFTER: u32 = 2;

/// One shard's leases. After each [`Leases::begin`], [`Leases::handle`] and [`Leases::ran`] do what [`Leases::next_todo`] says,
/// until it says nothing.
pub struct Leases<D> {
    me: Holder,
    shards: usize,
    home: Option<Holder>,
    desk: Desk<D>,
    convoy: Convoy<D>,
    fence: Fence,
    todo: VecDeque<Todo<D>>,
    /// Messages of this shard to itself.
    to_self: VecDeque<Message<D>>,
    /// The data came back, and the next holder didn't get it yet.
    came_back: bool,
}

impl<D> Leases<D> {
    /// The leases of shard `me`, one of `shards`, whose data is here. `home` is told of fences, where there is one.
    pub fn new(me: Holder, shards: usize, home: Option<Holder>, data: D) -> Self {
        Self {
            me,
            shards,
            home,
            desk: Desk::new(data),
            convoy: Convoy::default(),
            fence: Fence::default(),
            todo: VecDeque::new(),
            to_self: VecDeque::new(),
            came_back: false,
        }
    }

    /// This shard's data, where it is here.
    #[inline]
    pub fn data(&mut self) -> Option<&mut D> {
        self.desk.data()
    }

    /// Who has this shard's data, when it isn't here.
    pub fn lent_to(&self) -> Option<Holder> {
        self.desk.lent_to()
    }

    /// The fences that others have put up; where this shard is home.
    pub fn fence(&self) -> &Fence {
        &self.fence
    }

    /// Is no convoy under way?
    pub fn is_idle(&self) -> bool {
        self.convoy.is_idle()
    }

    /// Begins a convoy for the data of `want` (any order, no repeats).
    pub fn begin(&mut self, want: Vec<usize>) {
        let action = self.convoy.begin(want);
        self.on_convoy(action);
    }

    /// The data that the convoy collected, by shard, ascending; after [`Todo::Run`].
    pub fn held(&mut self) -> &mut [(usize, D)] {
        self.convoy.held()
    }

    /// How often the convoy has given back since it began.
    pub fn given_back(&self) -> u32 {
        self.convoy.given_back()
    }

    /// The convoy's units ran: all goes back.
    pub fn ran(&mut self) {
        let fenced = self.convoy.given_back() >= FENCED_AFTER;
        for (shard, data) in self.convoy.take_all() {
            self.send(shard, Message::Return(data));
        }
        if let Some(home) = self.home.filter(|_| fenced) {
            self.send(home, Message::Unfence);
        }
    }

    /// A message came from `from`.
    pub fn handle(&mut self, from: Holder, message: Message<D>) {
        match message {
            Message::Ask(ask) => {
                let action = self.desk.request(from, ask);
                self.on_desk(action);
            }
            Message::Grant(data) => {
                let action = self.convoy.granted(from, data);
                self.on_convoy(action);
            }
            Message::Revoke => self.on_revoke(from),
            Message::Return(data) => {
                self.desk.returned(from, data);
                self.came_back = true;
                if !self.desk.grows_next() {
                    self.todo.push_back(Todo::Here);
                }
            }
            Message::Fence(shards) => self.fence.put_up(from, shards),
            Message::Unfence => self.fence.take_down(from),
        }
    }

    /// What is to be done next.
    pub fn next_todo(&mut self) -> Option<Todo<D>> {
        loop {
            if let Some(todo) = self.todo.pop_front() {
                return Some(todo);
            }
            if std::mem::take(&mut self.came_back) {
                let action = self.desk.grant();
                self.on_desk(action);
            } else {
                let message = self.to_self.pop_front()?;
                self.handle(self.me, message);
            }
        }
    }

    fn on_desk(&mut self, action: Option<DeskAction<D>>) {
        match action {
            None => {}
            Some(DeskAction::Grant(to, data)) => self.send(to, Message::Grant(data)),
            Some(DeskAction::Revoke(holder)) => self.send(holder, Message::Revoke),
        }
    }

    fn on_convoy(&mut self, action: ConvoyAction<D>) {
        match action {
            ConvoyAction::Ask(shard) => self.send(shard, Message::Ask(Ask::Start)),
            ConvoyAction::ReturnAndAsk(shard, data, next) => {
                self.send(shard, Message::Return(data));
                self.send(next, Message::Ask(Ask::Start));
            }
            ConvoyAction::Run => self.todo.push_back(Todo::Run),
        }
    }

    /// The fence goes out before the data: home can't get that and end its unit without having been sent the fence.
    fn on_revoke(&mut self, shard: usize) {
        let back = self.convoy.revoked(shard);
        if let Some(home) = self.home.filter(|_| !back.is_empty()) {
            match self.convoy.given_back() {
                FENCED_AFTER => self.send(home, Message::Fence(self.convoy.want().into())),
                n if n == FENCED_AFTER + 1 => self.send(home, Message::Fence((0..self.shards).collect())),
                _ => {}
            }
        }
        for (shard, data) in back {
            self.send(shard, Message::Return(data));
        }
    }

    fn send(&mut self, to: Holder, message: Message<D>) {
        if to == self.me {
            self.to_self.push_back(message);
        } else {
            self.todo.push_back(Todo::Send(to, message));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all<D>(leases: &mut Leases<D>) -> Vec<Todo<D>> {
        std::iter::from_fn(|| leases.next_todo()).collect()
    }

    #[test]
    fn a_convoy_over_own_and_other_data_runs_and_gives_back() {
        let mut l = Leases::new(0, 2, None, 'a');
        l.begin(vec![1, 0]);
        assert_eq!(all(&mut l), [Todo::Send(1, Message::Ask(Ask::Start))]);
        assert_eq!(l.data(), None);
        assert_eq!(l.lent_to(), Some(0));
        l.handle(1, Message::Grant('b'));
        assert_eq!(l.next_todo(), Some(Todo::Run));
        assert_eq!(l.held(), [(0, 'a'), (1, 'b')]);
        l.ran();
        assert_eq!(all(&mut l), [Todo::Send(1, Message::Return('b')), Todo::Here]);
        assert!(l.is_idle() && l.data().is_some());
    }

    #[test]
    fn a_convoy_made_to_give_back_again_fences_its_shards_then_all() {
        let mut l = Leases::new(0, 3, Some(3), 'a');
        l.begin(vec![1, 2]);
        all(&mut l);
        for fence in [None, Some([1, 2].as_slice()), Some(&[0, 1, 2]), None] {
            l.handle(1, Message::Grant('b'));
            assert_eq!(all(&mut l), [Todo::Send(2, Message::Ask(Ask::Start))]);
            l.handle(1, Message::Revoke);
            let mut expected: Vec<_> = fence.map(|s| Todo::Send(3, Message::Fence(s.into()))).into_iter().collect();
            expected.push(Todo::Send(1, Message::Return('b')));
            assert_eq!(all(&mut l), expected);
            l.handle(2, Message::Grant('c'));
            all(&mut l);
        }
        l.handle(1, Message::Grant('b'));
        l.handle(2, Message::Grant('c'));
        assert_eq!(all(&mut l).last(), Some(&Todo::Run));
        l.ran();
        assert_eq!(all(&mut l).last(), Some(&Todo::Send(3, Message::Unfence)));
    }
}
