//! A shard's loop: wait, take mail, run what came in, send what goes out (`ARCHITECTURE.md`, "The way of a request").

use std::time::Duration;

use valkore_core::step::Clock;

use crate::backend::{Backend, Event};
use crate::clock;
use crate::engine::Shard;
use crate::runner::SessionHost;

/// What turns bytes into commands, and answers into bytes: `net`.
pub trait FrontEnd: SessionHost {
    /// Handles what happened on sockets: runs what can be run here, submits the rest to the shard.
    fn events(&mut self, shard: &mut Shard, io: &mut dyn Backend, events: &mut Vec<Event>);
    /// Takes what has come for it, and goes on with the connections concerned.
    fn deliver(&mut self, shard: &mut Shard, io: &mut dyn Backend);
    /// Sends the output of this turn.
    fn flush(&mut self, shard: &mut Shard, io: &mut dyn Backend);
    /// Work that comes with time: timeouts, gauges.
    fn cron(&mut self, shard: &mut Shard, io: &mut dyn Backend);
    /// Has it more to do at once?
    fn is_busy(&self) -> bool;
    /// Does a connection wait for another shard?
    fn expects_mail(&self) -> bool;
    /// Everything is closed after [`crate::node::Node::stopping`]; the thread may end.
    fn is_finished(&self) -> bool;
}

/// How long to look for mail before sleeping, adapted to whether it helps.
#[derive(Debug, Default)]
struct Spin {
    ns: u64,
    sleeps: u32,
}

impl Spin {
    const NS_MAX: u64 = 16_000;
    /// After so many sleeps without a spin, one is tried.
    const PROBE_EVERY: u32 = 32;

    /// Waits a little for `found`; true when it came.
    fn until(&mut self, found: impl Fn() -> bool) -> bool {
        if self.ns == 0 {
            self.sleeps += 1;
            if !self.sleeps.is_multiple_of(Self::PROBE_EVERY) {
                return false;
            }
            self.ns = 2_000;
        }
        let end = clock::mono_ns() + self.ns;
        loop {
            for _ in 0..32 {
                if found() {
                    self.ns = (self.ns * 2).min(Self::NS_MAX);
                    return true;
                }
                std::hint::spin_loop();
            }
            if clock::mono_ns() >= end {
                self.ns = if self.ns < 1_000 { 0 } else { self.ns / 2 };
                return false;
            }
        }
    }
}

/// Times that mail is taken between two looks at the sockets, at most.
const MAIL_ROUNDS: usize = 8;

/// The loop's own state.
pub struct RunLoop {
    events: Vec<Event>,
    spin: Spin,
    busy: bool,
    now: Clock,
    next_cron_ns: u64,
    clock: Box<dyn Fn() -> Clock>,
}

impl Default for RunLoop {
    fn default() -> Self {
        Self::with_clock(Box::new(clock::now))
    }
}

impl RunLoop {
    /// A loop whose time is what `clock` says.
    pub fn with_clock(clock: Box<dyn Fn() -> Clock>) -> Self {
        Self {
            events: Vec::with_capacity(512),
            spin: Spin::default(),
            busy: true,
            now: Clock::default(),
            next_cron_ns: 0,
            clock,
        }
    }

    /// Turns until the front end is finished.
    pub fn run(&mut self, shard: &mut Shard, front: &mut dyn FrontEnd, io: &mut dyn Backend) -> std::io::Result<()> {
        while !front.is_finished() {
            self.turn(shard, front, io)?;
        }
        Ok(())
    }

    /// One turn: sleeps first if there is nothing to do.
    pub fn turn(&mut self, shard: &mut Shard, front: &mut dyn FrontEnd, io: &mut dyn Backend) -> std::io::Result<()> {
        self.begin(shard, front, io)?;
        self.finish(shard, front, io);
        Ok(())
    }

    /// Would the next turn find nothing to do but wait?
    pub fn is_idle(&self, shard: &Shard) -> bool {
        !self.busy && !shard.inbox().has_mail()
    }

    /// The first part of a turn: waits, takes mail, and what was published. (The simulator turns other shards between
    /// the parts, as they go on meanwhile on other cores.)
    pub fn begin(&mut self, shard: &mut Shard, front: &mut dyn FrontEnd, io: &mut dyn Backend) -> std::io::Result<()> {
        self.wait(shard, front, io)?;
        self.now = (self.clock)();
        shard.runner.stats.turns.add(1);
        shard.take_mail(self.now, front);
        Ok(())
    }

    /// The rest of a turn: runs what came in, sends what goes out.
    pub fn finish(&mut self, shard: &mut Shard, front: &mut dyn FrontEnd, io: &mut dyn Backend) {
        front.events(shard, io, &mut self.events);
        debug_assert!(self.events.is_empty(), "the front end takes every event");
        self.serve(shard, front, io);
        // Mail that came meanwhile is served before the kernel is asked again: hops are many and short.
        let inbox = shard.inbox().clone();
        for _ in 0..MAIL_ROUNDS {
            shard.flush_post();
            if !inbox.has_mail() {
                break;
            }
            shard.take_mail((self.clock)(), front);
            self.serve(shard, front, io);
        }
        if self.now.mono_ns >= self.next_cron_ns {
            self.next_cron_ns = self.now.mono_ns + 1_000_000_000 / shard.runner.config.hz.max(1) as u64;
            shard.cron();
            front.cron(shard, io);
        }
        front.flush(shard, io);
        self.busy = shard.flush_post() || front.is_busy();
    }

    /// Runs what came with the mail, and what can go on after it.
    fn serve(&mut self, shard: &mut Shard, front: &mut dyn FrontEnd, io: &mut dyn Backend) {
        shard.run_arrived();
        shard.start_convoy(front);
        front.deliver(shard, io);
    }

    fn wait(&mut self, shard: &mut Shard, front: &dyn FrontEnd, io: &mut dyn Backend) -> std::io::Result<()> {
        let inbox = shard.inbox().clone();
        let expects = front.expects_mail() || shard.expects_mail();
        if !self.is_idle(shard) || (expects && self.spin.until(|| inbox.has_mail())) || !inbox.prepare_sleep() {
            return io.wait(Some(Duration::ZERO), &mut self.events);
        }
        let left = self.next_cron_ns.saturating_sub((self.clock)().mono_ns);
        shard.runner.stats.sleeps.add(1);
        let waited = io.wait(Some(Duration::from_nanos(left)), &mut self.events);
        inbox.awake();
        waited
    }
}
