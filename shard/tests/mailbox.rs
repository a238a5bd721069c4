//! Mailboxes with their real queues. How they behave between threads is checked in `model`.

use std::sync::Arc;

use valkore_shard::mailbox::{Bell, Mailbox, Post, WORK_PLACES};

struct NoBell;

impl Bell for NoBell {
    fn ring(&self) {}
}

#[test]
fn work_beyond_the_lane_is_kept_and_comes_in_order() {
    let inbox: Arc<Mailbox<u32, ()>> = Arc::new(Mailbox::new(1, Box::new(NoBell)));
    let mut post = Post::new(0, Arc::from([inbox.clone()]));
    let total = 3 * WORK_PLACES as u32;
    (0..total).for_each(|i| post.work(0, i));
    assert_eq!(post.kept(), 2 * WORK_PLACES);
    let mut got = Vec::new();
    while got.len() < total as usize {
        post.flush();
        inbox.drain(|_, ()| {}, |_, w| got.push(w));
    }
    assert!(got.into_iter().eq(0..total));
    assert!(!post.flush());
}
