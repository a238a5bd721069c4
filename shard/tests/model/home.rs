//! A thread that runs units under the module lock: it takes data in any order, after effects.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use shuttle::rand::{Rng, thread_rng};

use crate::lease::{Ask, Fence, Message};
use crate::mailbox::Post;
use crate::world::{Data, Letter, World, amount, touch};

pub(crate) struct Home {
    me: usize,
    world: Arc<World>,
    post: Post<(), Letter>,
    held: Vec<Box<Data>>,
    fence: Fence,
}

impl Home {
    pub(crate) fn new(me: usize, world: Arc<World>) -> Self {
        let post = world.post(me);
        Self { me, world, post, held: Vec::new(), fence: Fence::default() }
    }

    pub(crate) fn run(mut self) {
        let plan = self.world.plan;
        for n in 0..plan.home_units {
            let mut order = plan.home_unit();
            // What needs much asks for it all before its first effect, and makes nobody give back.
            let starts = !plan.apart && thread_rng().gen_range(0..4) == 0;
            if starts {
                order.sort_unstable();
            }
            let known = if plan.blind { 1 } else { order.len() };
            self.serve(false);
            while !plan.fenceless && !self.fence.allows(&order[..known]) {
                self.serve(true);
            }
            let world = self.world.clone();
            let _lock = (!plan.lockless).then(|| world.module_lock.lock().unwrap());
            self.run_unit(n, &order, if starts { Ask::Start } else { Ask::Grow });
        }
        self.world.one_is_done();
        while !self.world.all_are_done() {
            self.serve(true);
        }
    }

    /// Takes all data before its first effect; or, where it grows, has an effect on each before it takes the next.
    fn run_unit(&mut self, n: usize, order: &[usize], ask: Ask) {
        let unit = (self.me, n);
        if self.me == self.world.plan.shards {
            self.world.home_unit.fetch_add(1, Ordering::SeqCst);
        }
        let last = order.len() - 1;
        for (i, &shard) in order.iter().enumerate() {
            self.post.control(shard, Message::Ask(ask));
            self.post.flush();
            while self.held.len() == i {
                self.serve(true);
            }
            if ask == Ask::Grow {
                touch(&mut self.held[i], unit, amount(i, last));
            }
        }
        if ask == Ask::Start {
            self.held.iter_mut().enumerate().for_each(|(i, data)| touch(data, unit, amount(i, last)));
        }
        assert!(self.held.iter().map(|d| d.shard).eq(order.iter().copied()), "it got what it asked for");
        if order.len() == self.world.plan.shards {
            assert_eq!(self.held.iter().map(|d| d.balance).sum::<i64>(), 0, "half a unit is seen");
        }
        self.world.note(unit, order.to_vec());
        for data in self.held.drain(..) {
            self.post.control(data.shard, Message::Return(data));
        }
        self.post.flush();
    }

    /// Serves its control lane.
    fn serve(&mut self, sleep: bool) {
        for (from, letter) in self.world.take_mail(self.me, sleep) {
            match letter {
                Message::Grant(data) => self.held.push(data),
                Message::Fence(shards) => self.fence.put_up(from, shards),
                Message::Unfence => self.fence.take_down(from),
                // It was for a unit before, whose leases are on their way back, and comes from another module thread.
                Message::Revoke if self.world.plan.homes > 1 => {}
                Message::Revoke => panic!("nobody revokes what the only home has"),
                Message::Ask(_) | Message::Return(_) => panic!("home has no data of its own"),
            }
        }
    }
}
