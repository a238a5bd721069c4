//! Threads of modules, `host/lock.rs` in small; and the shard, which sends units and grants data.

use std::sync::Arc;

use shuttle::sync::atomic::Ordering;
use shuttle::thread;

use crate::mailbox::{Bell, Post};
use crate::world::World;

/// Gives the lock away, as the product does.
fn give_away(world: &World) {
    if world.plan.forgets_home {
        return world.lock.release();
    }
    let needs_home = world.with(|core| core.arm() | (core.units > 0)) || world.any_unblocked();
    world.lock.release();
    if needs_home {
        world.bell.ring();
    }
}

fn section(world: &World) {
    world.with(|core| {
        core.take_mail();
        core.touch();
    });
    world.note();
    give_away(world);
}

fn is_done(world: &World) {
    world.done.fetch_add(1, Ordering::SeqCst);
    world.bell.ring();
}

pub(crate) fn locks(world: &Arc<World>) {
    for n in 0..world.plan.sections {
        if world.plan.lockless && n == 0 {
            // SAFETY: it isn't: that is what is planted. The lock finds out that this thread isn't the holder.
            assert!(unsafe { world.lock.with(|core| core.touch()) }.is_some(), "without the lock there is no core");
        }
        world.lock.acquire();
        section(world);
    }
    // Nobody rings for home before it has served what came meanwhile.
    world.await_units();
    is_done(world);
}

pub(crate) fn tries(world: &Arc<World>) {
    for _ in 0..world.plan.tries {
        if world.lock.try_acquire() {
            section(world);
        } else {
            thread::yield_now();
        }
    }
    is_done(world);
}

pub(crate) fn unblocks(world: &Arc<World>) {
    world.unblocked.lock().unwrap().push_back(());
    world.bell.ring();
    is_done(world);
}

pub(crate) fn shard(world: &Arc<World>) {
    let mut post: Post<(), ()> = Post::new(0, [world.inbox.clone()].into());
    let mut units = world.plan.units;
    let sections = world.plan.units + world.plan.unblocks + world.plan.lockers * world.plan.sections;
    // A thread that tries and gets the lock leases too, so there is no telling how many ask: it ends with the others.
    let mut grants = if world.plan.leases { sections } else { 0 };
    while units > 0 || grants > 0 {
        if units > 0 {
            units -= 1;
            post.work(0, ());
            post.flush();
            thread::yield_now();
        }
        let mut asked = 0;
        if units == 0 && grants > 0 && world.shard.prepare_sleep() {
            world.shard_bell.listen();
        }
        world.shard.awake();
        world.shard_bell.hush();
        world.shard.drain(|_, ()| {}, |_, ()| asked += 1);
        for _ in 0..asked {
            grants -= 1;
            post.control(0, ());
            post.flush();
        }
    }
}
