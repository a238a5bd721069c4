//! Starts a node's shards, each on its thread, and brings them down.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;

use valkore_core::keyspace::Arena;
use valkore_shard::backend::{self, Choice, EventFdBell};
use valkore_shard::engine::Shard;
use valkore_shard::home::Home;
use valkore_shard::log::{Level, log};
use valkore_shard::mailbox::{Mailbox, Post};
use valkore_shard::msg::{Control, Work};
use valkore_shard::node::Node;
use valkore_shard::runloop::RunLoop;

use crate::front::Front;
use crate::listen::Listener;

/// Stack of home's thread, in bytes.
const HOME_STACK: usize = 16 * 1024 * 1024;

/// What the threads of a node are started with.
pub struct Setup {
    /// The node.
    pub node: Arc<Node>,
    /// Where clients come in.
    pub listeners: Vec<Listener>,
    /// Which backend.
    pub backend: Choice,
    /// The processor of each shard's thread; none: not pinned.
    pub cpus: Vec<usize>,
    /// Prepares a shard's thread for its memory: called on it, before anything is allocated for the shard.
    pub arena: fn(usize) -> Arena,
    /// Seed of random choices.
    pub seed: u64,
}

/// A running node.
pub struct Running {
    node: Arc<Node>,
    boxes: Arc<[Arc<Mailbox<Work, Control>>]>,
    threads: Vec<JoinHandle<io::Result<()>>>,
}

/// Starts the threads; returns when all are ready to take connections.
/// `run_home` runs home, on a thread of its own, until the node stops.
pub fn start(setup: Setup, run_home: impl FnOnce(Home) + Send + 'static) -> io::Result<Running> {
    let shards = setup.node.shards.len();
    let mut bells = Vec::new();
    let mut boxes = Vec::new();
    for _ in 0..=shards {
        let (bell, fd) = EventFdBell::new()?;
        boxes.push(Arc::new(Mailbox::new(shards + 1, Box::new(bell))));
        bells.push(fd);
    }
    let boxes: Arc<[Arc<Mailbox<Work, Control>>]> = boxes.into();
    let node = setup.node.clone();
    node.home_runs.store(true, Ordering::Release);
    let home_bell = bells.pop().expect("one more than shards");
    let setup = Arc::new(setup);
    let (ready, is_ready) = std::sync::mpsc::channel();
    let mut threads = Vec::new();
    for (id, bell) in bells.into_iter().enumerate() {
        let (setup, boxes, ready) = (setup.clone(), boxes.clone(), ready.clone());
        let thread = std::thread::Builder::new().name(format!("shard-{id}"));
        threads.push(thread.spawn(move || shard_thread(id, &setup, &boxes, bell, &ready))?);
    }
    drop(ready);
    let post = Post::new(shards, boxes.clone());
    let home = Home::new(&setup.node, post, boxes[shards].clone(), home_bell, setup.seed);
    // Not pinned, since threads that a module creates inherit the mask; callbacks may need a deep stack.
    let thread = std::thread::Builder::new().name("home".into()).stack_size(HOME_STACK);
    threads.push(thread.spawn(move || {
        run_home(home);
        node.home_runs.store(false, Ordering::Release);
        Ok(())
    })?);
    for outcome in is_ready.iter().take(shards) {
        outcome?;
    }
    let node = &setup.node;
    node.memory_startup.store(node.sample_memory().allocated, Ordering::Relaxed);
    Ok(Running { node: setup.node.clone(), boxes, threads })
}

fn shard_thread(
    id: usize,
    setup: &Setup,
    boxes: &Arc<[Arc<Mailbox<Work, Control>>]>,
    bell: Arc<std::os::fd::OwnedFd>,
    ready: &std::sync::mpsc::Sender<io::Result<()>>,
) -> io::Result<()> {
    if let Some(&cpu) = setup.cpus.get(id)
        && !core_affinity::set_for_current(core_affinity::CoreId { id: cpu })
    {
        log(Level::Warning, &format!("shard {id} can't be pinned to processor {cpu}"));
    }
    let arena = (setup.arena)(id);
    let mut io = match backend::open(setup.backend, bell) {
        Ok((io, fell_back)) => {
            if let Some(why) = fell_back.filter(|_| id == 0) {
                log(Level::Warning, &format!("{why}: using epoll"));
            }
            io
        }
        Err(e) => {
            let _ = ready.send(Err(e));
            return Ok(());
        }
    };
    let unix_paths = setup.listeners.iter().map(|l| l.unix_path.clone()).collect();
    let _ = setup.node.shards[id].backend.set(io.name());
    let post = Post::new(id, boxes.clone());
    let mut shard = Shard::new(&setup.node, id, post, boxes[id].clone(), arena, setup.seed);
    let mut front = Front::new(&setup.node, unix_paths);
    for (n, listener) in setup.listeners.iter().enumerate() {
        io.listen(n as u8, listener.socket.clone());
    }
    let _ = ready.send(Ok(()));
    RunLoop::default().run(&mut shard, &mut front, &mut *io)
}

impl Running {
    /// Asks all shards to close their connections and end.
    pub fn stop(&self) {
        self.node.stopping.store(true, Ordering::Release);
        self.boxes.iter().for_each(|b| b.wake());
    }

    /// A handle that can stop the node from another thread.
    pub fn stopper(&self) -> impl Fn() + Send + 'static {
        let (node, boxes) = (self.node.clone(), self.boxes.clone());
        move || {
            node.stopping.store(true, Ordering::Release);
            boxes.iter().for_each(|b| b.wake());
        }
    }

    /// Waits until all threads have ended.
    pub fn join(self) -> io::Result<()> {
        for thread in self.threads {
            thread.join().map_err(|_| io::Error::other("a shard's thread panicked"))??;
        }
        Ok(())
    }
}
