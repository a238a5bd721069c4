//! Home's thread: `host/home.rs` in small.

use std::sync::Arc;

use shuttle::sync::atomic::Ordering;

use crate::world::{Core, World};

pub(crate) fn run(world: &Arc<World>) {
    let plan = world.plan;
    world.lock.begin(Box::new(Core::new(world.clone())));
    let (mut units, mut unblocks) = (0, 0);
    while units < plan.units || unblocks < plan.unblocks || world.done.load(Ordering::SeqCst) < world.threads() {
        let gave_way = world.lock.yield_to_one(|| false).expect("it doesn't give up");
        let unit = world.with(|core| {
            core.take_mail();
            let any = core.units > 0;
            core.units -= usize::from(any);
            any
        });
        let unblocked = world.unblocked.lock().unwrap().pop_front().is_some();
        for _ in 0..usize::from(unit) + usize::from(unblocked) {
            world.with(Core::touch);
            world.note();
        }
        if unit {
            units += 1;
            world.unit_served();
        }
        unblocks += usize::from(unblocked);
        if !(gave_way || unit || unblocked) {
            rest(world);
        }
    }
    assert_eq!((units, unblocks), (plan.units, plan.unblocks));
    assert_eq!(world.lock.waiting(), 0, "no thread waits");
    world.lock.sleep();
}

fn rest(world: &World) {
    let busy = world.with(Core::arm);
    if !busy && !world.any_unblocked() {
        world.lock.sleep();
        world.bell.listen();
        if world.plan.hushes_early {
            world.bell.hush();
        }
        assert!(world.lock.wake(|| false), "it doesn't give up");
    }
    world.with(Core::woke);
}
