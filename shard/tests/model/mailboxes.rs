//! Mailboxes: every message arrives, in its lane's order, whenever the reader falls asleep and however full a lane is.

use std::sync::Arc;

use shuttle::rand::{Rng, thread_rng};
use shuttle::thread;

use crate::bell::Doorbell;
use crate::checker::check;
use crate::mailbox::{Mailbox, Post};

type Inbox = Mailbox<u32, u32>;

/// What is sent and how; the reader's way to sleep is a parameter so that a wrong one can be planted.
#[derive(Clone, Copy)]
struct Traffic {
    senders: usize,
    work: u32,
    control: u32,
    places: usize,
    may_sleep: fn(&Inbox) -> bool,
}

const FEW: Traffic = Traffic { senders: 2, work: 3, control: 2, places: 2, may_sleep: Inbox::prepare_sleep };

fn send_all(me: usize, traffic: Traffic, boxes: Arc<[Arc<Inbox>]>) {
    let mut post = Post::new(me, boxes);
    let (mut work, mut control) = (0, 0);
    while work < traffic.work || control < traffic.control {
        if control < traffic.control && (work == traffic.work || thread_rng().gen_bool(0.5)) {
            post.control(0, control);
            control += 1;
        } else {
            post.work(0, work);
            work += 1;
        }
        if thread_rng().gen_bool(0.5) {
            post.flush();
        }
    }
    while post.flush() {
        thread::yield_now();
    }
    assert_eq!(post.kept(), 0);
}

fn read_all(traffic: Traffic, inbox: &Inbox, bell: &Doorbell) {
    let mut next_work = vec![0; traffic.senders];
    let mut next_control = vec![0; traffic.senders];
    let mut mail = Vec::new();
    while next_work.iter().any(|&n| n < traffic.work) || next_control.iter().any(|&n| n < traffic.control) {
        if (traffic.may_sleep)(inbox) {
            bell.wait();
        }
        inbox.awake();
        let both = std::cell::RefCell::new(&mut mail);
        inbox.drain(
            |from, n| both.borrow_mut().push((from, true, n)),
            |from, n| both.borrow_mut().push((from, false, n)),
        );
        let mut had_work = vec![false; traffic.senders];
        for (from, is_control, n) in mail.drain(..) {
            assert!(!(is_control && had_work[from]), "control of a sender comes before its work");
            had_work[from] |= !is_control;
            let next = if is_control { &mut next_control } else { &mut next_work };
            assert_eq!(n, next[from], "a lane keeps its order");
            next[from] += 1;
        }
    }
    assert_eq!(inbox.depth(), 0);
}

fn model(traffic: Traffic) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        let bell = Doorbell::default();
        let inbox = Arc::new(Inbox::with_places(traffic.senders, traffic.places, Box::new(bell.clone())));
        let boxes: Arc<[Arc<Inbox>]> = [inbox.clone()].into();
        let senders: Vec<_> = (0..traffic.senders)
            .map(|me| {
                let boxes = boxes.clone();
                thread::spawn(move || send_all(me, traffic, boxes))
            })
            .collect();
        read_all(traffic, &inbox, &bell);
        senders.into_iter().for_each(|s| s.join().unwrap());
    }
}

#[test]
fn no_message_is_lost_or_out_of_order() {
    check(2_000, model(FEW));
}

#[test]
fn many_senders_and_full_lanes() {
    check(500, model(Traffic { senders: 4, work: 5, places: 1, ..FEW }));
}

/// A reader that looks for mail first, then says that it sleeps, then doesn't look again.
fn looks_too_early(inbox: &Inbox) -> bool {
    if inbox.has_mail() {
        return false;
    }
    // Its own second look is what this planted fault leaves out.
    let _ = inbox.prepare_sleep();
    true
}

#[test]
#[should_panic(expected = "deadlock")]
fn planted_lost_wake_up_is_found() {
    check(2_000, model(Traffic { places: 8, may_sleep: looks_too_early, ..FEW }));
}
