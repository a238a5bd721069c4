//! A shard's thread: its loop is the product's in small, its leases are the product's.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::lease::{Leases, Message, Todo};
use crate::mailbox::Post;
use crate::world::{Data, Letter, Plan, UnitId, World, amount, touch};

/// Units of home that a convoy gives back for, at most: two, and one that started before home heard of the fence.
/// Where home is blind the third may have started outside the fence; then all is fenced, and a fourth may have started
/// before home heard of that.
const GIVES_BACK_FOR: usize = 3;
const GIVES_BACK_FOR_BLIND: usize = 4;

pub(crate) struct ShardThread {
    me: usize,
    world: Arc<World>,
    leases: Leases<Box<Data>>,
    post: Post<(), Letter>,
    /// Convoys begun.
    begun: usize,
    /// The convoy under way wants so many shards.
    riding: usize,
    /// The units of home that the convoy under way gave back for.
    gave_back_for: BTreeSet<usize>,
    /// Steps of this shard's own that wait for its data.
    parked: usize,
    own_steps: u64,
}

impl ShardThread {
    pub(crate) fn new(me: usize, world: Arc<World>) -> Self {
        let plan = world.plan;
        let home = (plan.homes > 0).then_some(plan.shards);
        let data = Box::new(Data { shard: me, ..Data::default() });
        Self {
            me,
            leases: Leases::new(name(&plan, me, me), plan.shards, home, data),
            post: world.post(me),
            world,
            begun: 0,
            riding: 0,
            gave_back_for: BTreeSet::new(),
            parked: 0,
            own_steps: 0,
        }
    }

    fn name(&self, n: usize) -> usize {
        name(&self.world.plan, self.me, n)
    }

    pub(crate) fn run(mut self) {
        let mut finished = false;
        let mut busy = true;
        while !(self.world.all_are_done() && self.is_quiet()) {
            for (from, letter) in self.world.take_mail(self.me, !busy) {
                self.on_letter(from, letter);
            }
            if !finished {
                self.own_step();
            }
            self.start_convoy();
            busy = self.post.flush() || self.starts_convoy();
            if !finished && !busy && self.is_quiet() {
                finished = true;
                self.world.one_is_done();
            }
        }
        let data = self.leases.data().map(std::mem::take).expect("the data is back");
        self.world.at_end.lock().unwrap().push(data);
    }

    fn on_letter(&mut self, from: usize, letter: Letter) {
        if self.world.plan.deaf && matches!(letter, Message::Revoke) {
            return;
        }
        let from = self.name(from);
        let before = self.leases.given_back();
        self.leases.handle(from, letter);
        if self.leases.given_back() > before {
            self.gave_back_for.insert(self.world.home_unit.load(Ordering::SeqCst));
        }
        self.do_leases();
    }

    fn do_leases(&mut self) {
        while let Some(todo) = self.leases.next_todo() {
            match todo {
                Todo::Send(to, letter) => self.post.control(self.name(to), letter),
                Todo::Run => self.run_convoy(),
                Todo::Here => (0..std::mem::take(&mut self.parked)).for_each(|_| self.run_own_step()),
            }
        }
    }

    /// A step of a client of this shard: runs where the data is here, and waits for it where it isn't.
    fn own_step(&mut self) {
        if self.leases.data().is_some() && self.parked == 0 {
            self.run_own_step();
        } else if self.parked == 0 {
            self.parked += 1;
        }
    }

    fn run_own_step(&mut self) {
        let data = self.leases.data().expect("a step runs where the data is");
        assert_eq!((data.shard, data.pair.0), (self.me, data.pair.1));
        self.own_steps += 1;
    }

    fn starts_convoy(&self) -> bool {
        self.begun < self.world.plan.convoys && self.leases.is_idle()
    }

    fn is_quiet(&self) -> bool {
        self.leases.is_idle() && self.leases.lent_to().is_none() && self.parked == 0
    }

    fn start_convoy(&mut self) {
        if !self.starts_convoy() {
            return;
        }
        let plan = self.world.plan;
        self.begun += 1;
        let want: Vec<usize> = plan.convoy().into_iter().map(|s| self.name(s)).collect();
        self.riding = want.len();
        self.gave_back_for.clear();
        self.leases.begin(want);
        self.do_leases();
    }

    fn run_convoy(&mut self) {
        let plan = self.world.plan;
        let bound = if plan.blind { GIVES_BACK_FOR_BLIND } else { GIVES_BACK_FOR };
        assert!(self.gave_back_for.len() <= bound, "a convoy starves: it gave back for {:?}", self.gave_back_for);
        let unit: UnitId = (self.me, self.begun);
        let held = self.leases.held();
        assert_eq!(held.len(), self.riding);
        if held.len() == plan.shards {
            assert_eq!(held.iter().map(|(_, d)| d.balance).sum::<i64>(), 0, "half a unit is seen");
        }
        let last = held.len() - 1;
        for (i, (_, data)) in held.iter_mut().enumerate() {
            touch(data, unit, amount(i, last));
        }
        let shards = held.iter().map(|(_, d)| d.shard).collect();
        self.world.note(unit, shards);
        self.leases.ran();
    }
}

/// The number that thread `me` knows thread `n` by: its own, but for a planted fault.
fn name(plan: &Plan, me: usize, n: usize) -> usize {
    if plan.descending == Some(me) && n < plan.shards { plan.shards - 1 - n } else { n }
}
