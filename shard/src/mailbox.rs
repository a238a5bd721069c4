//! Mailboxes: how threads hand each other messages. Each reader has one, with two bounded lanes from
//! each sender (work and control), a bit per sender that says "look here", and a doorbell that is rung once
//! per batch, and only when the reader sleeps.
//!
//! The control lane has places reserved by protocol (`lease.rs`): no sender ever has more control messages
//! under way than [`CONTROL_PLACES`], so a full lane of work can't block a grant, a revocation or a return.

use std::sync::Arc;

use crate::sync::{ArrayQueue, AtomicBool, AtomicU64, Ordering, fence};

/// Messages of work that may be under way from one thread to another; a sender with more keeps them.
pub const WORK_PLACES: usize = 512;
/// Control messages that may be under way from one thread to another: one request, one grant, one
/// revocation, one return and one fence each way of the two roles that a pair plays.
pub const CONTROL_PLACES: usize = 16;

/// Wakes a sleeping reader.
pub trait Bell: Send + Sync {
    /// Makes the reader's wait return, now or the next time it begins.
    fn ring(&self);
}

/// The lanes from one sender.
struct Lanes<W, C> {
    work: ArrayQueue<W>,
    control: ArrayQueue<C>,
}

/// One reader's mailbox.
pub struct Mailbox<W, C> {
    lanes: Box<[Lanes<W, C>]>,
    /// A bit per sender that has put something in since the reader last looked.
    pending: Box<[AtomicU64]>,
    sleeping: AtomicBool,
    bell: Box<dyn Bell>,
}

impl<W, C> Mailbox<W, C> {
    /// A mailbox for messages from `senders` threads.
    pub fn new(senders: usize, bell: Box<dyn Bell>) -> Self {
        Self::with_places(senders, WORK_PLACES, bell)
    }

    /// A mailbox with room for so much work from each sender.
    pub fn with_places(senders: usize, work: usize, bell: Box<dyn Bell>) -> Self {
        let lanes = (0..senders)
            .map(|_| Lanes { work: ArrayQueue::new(work), control: ArrayQueue::new(CONTROL_PLACES) })
            .collect();
        let pending = (0..senders.div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        Self { lanes, pending, sleeping: AtomicBool::new(false), bell }
    }

    /// Takes everything that is there: control messages of a sender before its work. True when there was something.
    /// Only the reader calls this.
    pub fn drain(&self, mut control: impl FnMut(usize, C), mut work: impl FnMut(usize, W)) -> bool {
        let mut any = false;
        for (i, word) in self.pending.iter().enumerate() {
            if word.load(Ordering::Relaxed) == 0 {
                continue;
            }
            let mut bits = word.swap(0, Ordering::SeqCst);
            while bits != 0 {
                let from = i * 64 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                any = true;
                let lanes = &self.lanes[from];
                while let Some(c) = lanes.control.pop() {
                    control(from, c);
                }
                while let Some(w) = lanes.work.pop() {
                    work(from, w);
                }
            }
        }
        any
    }

    /// Is there something to take?
    pub fn has_mail(&self) -> bool {
        self.pending.iter().any(|w| w.load(Ordering::SeqCst) != 0)
    }

    /// The reader is about to sleep. False: don't, there is mail. After true the next message rings the bell.
    pub fn prepare_sleep(&self) -> bool {
        self.sleeping.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        if self.has_mail() {
            self.sleeping.store(false, Ordering::SeqCst);
            return false;
        }
        true
    }

    /// The reader is awake again.
    pub fn awake(&self) {
        self.sleeping.store(false, Ordering::Relaxed);
    }

    /// Wakes the reader though there is no message.
    pub fn wake(&self) {
        self.bell.ring();
    }

    /// Messages of work waiting from all senders together.
    pub fn depth(&self) -> usize {
        self.lanes.iter().map(|l| l.work.len()).sum()
    }

    /// Tells the reader that `from` has put something in.
    fn notify(&self, from: usize) {
        self.pending[from / 64].fetch_or(1 << (from % 64), Ordering::SeqCst);
        if self.sleeping.load(Ordering::SeqCst) && self.sleeping.swap(false, Ordering::SeqCst) {
            self.bell.ring();
        }
    }
}

/// One thread's way to all mailboxes.
pub struct Post<W, C> {
    me: usize,
    boxes: Arc<[Arc<Mailbox<W, C>>]>,
    /// Readers that were sent something since the last [`Post::flush`].
    dirty: Vec<bool>,
    any_dirty: bool,
    /// Work that found its lane full, per reader. Bounded by what the owners of the work have under way:
    /// a connection sends nothing more before its hop is back.
    kept: Vec<std::collections::VecDeque<W>>,
    kept_len: usize,
}

impl<W, C> Post<W, C> {
    /// The post of sender `me`.
    pub fn new(me: usize, boxes: Arc<[Arc<Mailbox<W, C>>]>) -> Self {
        let n = boxes.len();
        Self {
            me,
            boxes,
            dirty: vec![false; n],
            any_dirty: false,
            kept: (0..n).map(|_| Default::default()).collect(),
            kept_len: 0,
        }
    }

    /// Sends work; the reader hears of it at the next [`Post::flush`].
    pub fn work(&mut self, to: usize, message: W) {
        if !self.kept[to].is_empty() {
            self.kept[to].push_back(message);
            self.kept_len += 1;
        } else if let Err(message) = self.boxes[to].lanes[self.me].work.push(message) {
            self.kept[to].push_back(message);
            self.kept_len += 1;
        }
        self.mark(to);
    }

    /// Sends a control message; the reader hears of it at the next [`Post::flush`]. A full lane is a broken
    /// protocol, and aborts.
    pub fn control(&mut self, to: usize, message: C) {
        let sent = self.boxes[to].lanes[self.me].control.push(message);
        assert!(sent.is_ok(), "control lane {} to {to} is full: the lease protocol is broken", self.me);
        self.mark(to);
    }

    fn mark(&mut self, to: usize) {
        self.dirty[to] = true;
        self.any_dirty = true;
    }

    /// Tells every reader that was sent something, once. True when work is still kept back for want of room:
    /// call again soon.
    pub fn flush(&mut self) -> bool {
        if self.kept_len > 0 {
            self.retry_kept();
        }
        if self.any_dirty {
            self.any_dirty = false;
            for to in 0..self.dirty.len() {
                if std::mem::take(&mut self.dirty[to]) {
                    self.boxes[to].notify(self.me);
                }
            }
        }
        self.kept_len > 0
    }

    fn retry_kept(&mut self) {
        for to in 0..self.kept.len() {
            while let Some(message) = self.kept[to].pop_front() {
                if let Err(message) = self.boxes[to].lanes[self.me].work.push(message) {
                    self.kept[to].push_front(message);
                    break;
                }
                self.kept_len -= 1;
                self.dirty[to] = true;
                self.any_dirty = true;
            }
        }
    }

    /// How many mailboxes there are.
    pub fn readers(&self) -> usize {
        self.boxes.len()
    }

    /// Messages kept back for want of room.
    pub fn kept(&self) -> usize {
        self.kept_len
    }
}
