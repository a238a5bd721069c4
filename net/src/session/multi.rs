//! Transactions: MULTI, EXEC, DISCARD, UNWATCH. (WATCH is a step, since versions live in the data.)

use valkore_core::fail::Outcome;
use valkore_core::resp::{Args, OwnedArgs};
use valkore_shard::msg::{Hop, HopCommand};
use valkore_shard::plan::{Planner, Target};

use super::{Cx, Row, Then};
use crate::conn::Multi;

pub(super) const ROWS: &[Row] = &[("multi", multi), ("exec", exec), ("discard", discard), ("unwatch", unwatch)];

fn multi(cx: &mut Cx<'_>, _: Args<'_>) -> Outcome {
    if cx.conn.session.multi.is_some() {
        return Cx::fail("ERR MULTI calls can not be nested");
    }
    cx.conn.session.multi = Some(Multi::default());
    cx.reply().ok();
    Ok(())
}

fn discard(cx: &mut Cx<'_>, _: Args<'_>) -> Outcome {
    if cx.conn.session.multi.take().is_none() {
        return Cx::fail("ERR DISCARD without MULTI");
    }
    cx.then = Then::Unwatch(std::mem::take(&mut cx.conn.session.watched));
    cx.reply().ok();
    Ok(())
}

fn unwatch(cx: &mut Cx<'_>, _: Args<'_>) -> Outcome {
    // Inside a transaction EXEC has ended all watches before its first command.
    if !cx.in_exec {
        cx.then = Then::Unwatch(std::mem::take(&mut cx.conn.session.watched));
    }
    cx.reply().ok();
    Ok(())
}

fn exec(cx: &mut Cx<'_>, _: Args<'_>) -> Outcome {
    let Some(multi) = cx.conn.session.multi.take() else { return Cx::fail("ERR EXEC without MULTI") };
    let watched = std::mem::take(&mut cx.conn.session.watched);
    // The module of a queued command may have been unloaded meanwhile.
    let is_named = |(id, args): &(_, OwnedArgs)| cx.runner.registry.is_named(*id, args.args());
    if multi.dirty || !multi.commands.iter().all(is_named) {
        cx.then = Then::Unwatch(watched);
        return Cx::fail("EXECABORT Transaction discarded because of previous errors.");
    }
    let mut hop =
        Box::new(Hop { origin: cx.shard, token: cx.conn.token, client: cx.conn.session.tag, ..Hop::default() });
    let (map, registry) = (&cx.runner.map, &cx.runner.registry);
    let shards = cx.runner.node.shards.len();
    let mut planner = Planner::default();
    for (id, args) in &multi.commands {
        let (target, routed) = planner.plan(registry, map, shards, &cx.runner.node.hasher, *id, args.args());
        match target {
            Target::Shard(shard) => hop.shards.push(shard),
            Target::Shards => hop.shards.extend_from_slice(&planner.shards),
            Target::Home => hop.shards.extend_from_slice(&planner.shards),
            Target::Here | Target::Session(_) => {}
        }
        let command = HopCommand {
            id: *id,
            first: 0,
            count: 0,
            key: routed.key,
            slot: routed.slot,
            hash: routed.hash,
            reply_end: 0,
        };
        hop.push(command, args.args());
    }
    hop.shards.extend(watched.iter().map(|w| map.owner(valkore_core::slot::key_slot(&w.1))));
    hop.shards.sort_unstable();
    hop.shards.dedup();
    hop.exec = Some(watched);
    cx.then = Then::Exec(hop);
    Ok(())
}
