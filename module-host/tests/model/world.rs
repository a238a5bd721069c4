//! What the threads of a model share, what the lock guards, and what must hold at the end.

use std::collections::VecDeque;
use std::sync::Arc;

use shuttle::sync::atomic::{AtomicUsize, Ordering};
use shuttle::sync::{Condvar, Mutex};
use shuttle::thread;

use crate::bell::Doorbell;
use crate::mailbox::{Mailbox, Post};
use crate::module_lock::ModuleLock;
use crate::{home, threads};

/// What a shard sends: a unit on the lane of work, data on the lane of control.
pub(crate) type Inbox = Mailbox<(), ()>;

/// A model's size, and what is wrong in it.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    /// Units that a shard sends to home.
    pub(crate) units: usize,
    /// Clients that threads unblock without the lock.
    pub(crate) unblocks: usize,
    /// Threads that lock, and how often each does.
    pub(crate) lockers: usize,
    pub(crate) sections: usize,
    /// Threads that try to lock, and how often each does.
    pub(crate) triers: usize,
    pub(crate) tries: usize,
    /// Each holder waits for a shard's data, as one does that leases.
    pub(crate) leases: bool,
    /// Planted: home stops the bell before it has the lock.
    pub(crate) hushes_early: bool,
    /// Planted: who gives the lock away doesn't look whether home has something to do.
    pub(crate) forgets_home: bool,
    /// Planted: a thread leaves out the lock.
    pub(crate) lockless: bool,
}

impl Plan {
    pub(crate) const NONE: Plan = Plan {
        units: 0,
        unblocks: 0,
        lockers: 0,
        sections: 2,
        triers: 0,
        tries: 2,
        leases: false,
        hushes_early: false,
        forgets_home: false,
        lockless: false,
    };
}

/// What the lock guards.
pub(crate) struct Core {
    world: Arc<World>,
    post: Post<Question, ()>,
    granted: bool,
    /// Units that have come and wait.
    pub(crate) units: usize,
    /// Two counters that each change changes alike.
    pair: (usize, usize),
}

/// A request for data.
pub(crate) type Question = ();

pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) lock: ModuleLock<Box<Core>>,
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) bell: Doorbell,
    /// The shard's mailbox, and its bell.
    pub(crate) shard: Arc<Mailbox<Question, ()>>,
    pub(crate) shard_bell: Doorbell,
    pub(crate) unblocked: Mutex<VecDeque<()>>,
    /// Threads of modules that are done.
    pub(crate) done: AtomicUsize,
    /// Units that home has served.
    pub(crate) served: (Mutex<usize>, Condvar),
    /// Changes of the pair by threads: a check's own book.
    pub(crate) changes: std::sync::atomic::AtomicUsize,
}

impl World {
    fn new(plan: Plan) -> Self {
        let (bell, shard_bell) = (Doorbell::default(), Doorbell::default());
        Self {
            plan,
            lock: ModuleLock::new(),
            inbox: Arc::new(Inbox::with_places(1, 4, Box::new(bell.clone()))),
            bell,
            shard: Arc::new(Mailbox::with_places(1, 4, Box::new(shard_bell.clone()))),
            shard_bell,
            unblocked: Mutex::default(),
            done: AtomicUsize::new(0),
            served: Default::default(),
            changes: Default::default(),
        }
    }

    /// Runs `f` with the core.
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut Core) -> R) -> R {
        // SAFETY: no `f` of this model calls this function or moves the lock.
        unsafe { self.lock.with(|core| f(core)) }.expect("the caller has the lock")
    }

    pub(crate) fn threads(&self) -> usize {
        self.plan.unblocks + self.plan.lockers + self.plan.triers
    }

    /// Home has served a unit.
    pub(crate) fn unit_served(&self) {
        *self.served.0.lock().unwrap() += 1;
        self.served.1.notify_all();
    }

    /// Waits until home has served all units.
    pub(crate) fn await_units(&self) {
        let mut served = self.served.0.lock().unwrap();
        while *served < self.plan.units {
            served = self.served.1.wait(served).unwrap();
        }
    }

    pub(crate) fn any_unblocked(&self) -> bool {
        !self.unblocked.lock().unwrap().is_empty()
    }
}

impl Core {
    pub(crate) fn new(world: Arc<World>) -> Self {
        let post = Post::new(0, [world.shard.clone()].into());
        Self { world, post, granted: false, units: 0, pair: (0, 0) }
    }

    pub(crate) fn take_mail(&mut self) {
        let inbox = self.world.inbox.clone();
        let mut grants = 0;
        let units = &mut self.units;
        inbox.drain(|_, ()| grants += 1, |_, ()| *units += 1);
        assert!(grants <= usize::from(!self.granted), "data was granted that nobody asked for");
        self.granted |= grants > 0;
    }

    /// `HomeLeases::arm`
    pub(crate) fn arm(&mut self) -> bool {
        self.post.flush() || !self.world.inbox.prepare_sleep()
    }

    /// `HomeLeases::woke`
    pub(crate) fn woke(&mut self) {
        self.world.inbox.awake();
        self.world.bell.hush();
    }

    /// One unit's effect, in two halves; in between it leases, where the plan says so.
    pub(crate) fn touch(&mut self) {
        assert_eq!(self.pair.0, self.pair.1, "someone else is at it");
        self.pair.0 += 1;
        if self.world.plan.leases {
            self.lease();
        } else {
            thread::yield_now();
        }
        self.pair.1 += 1;
    }

    /// `HomeLeases::lease`
    fn lease(&mut self) {
        self.post.work(0, ());
        self.post.flush();
        loop {
            self.take_mail();
            if std::mem::take(&mut self.granted) {
                return;
            }
            if self.world.inbox.prepare_sleep() {
                self.world.bell.listen();
            }
            self.woke();
        }
    }

    pub(crate) fn changes(&self) -> usize {
        self.pair.1
    }
}

/// The model of `plan`.
pub(crate) fn model(plan: Plan) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        let world = Arc::new(World::new(plan));
        let run = |f: fn(&Arc<World>)| {
            let world = world.clone();
            thread::spawn(move || f(&world))
        };
        let mut all = vec![run(home::run), run(threads::shard)];
        all.extend((0..plan.lockers).map(|_| run(threads::locks)));
        all.extend((0..plan.triers).map(|_| run(threads::tries)));
        all.extend((0..plan.unblocks).map(|_| run(threads::unblocks)));
        all.into_iter().for_each(|t| t.join().unwrap());
        let changes = world.changes.load(std::sync::atomic::Ordering::Relaxed);
        assert_eq!(world.with_nobody(), changes, "no change is lost");
        assert_eq!(world.done.load(Ordering::SeqCst), world.threads());
    }
}

impl World {
    /// The changes that the pair knows of, when all threads have ended and home has left the core open.
    fn with_nobody(&self) -> usize {
        assert!(self.lock.try_acquire(), "nobody has it");
        self.with(|core| core.changes())
    }

    /// A change was made.
    pub(crate) fn note(&self) {
        self.changes.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }
}
