//! CLIENT PAUSE and CLIENT UNPAUSE.

use valkore_core::fail::Outcome;
use valkore_core::numfmt::parse_i64;
use valkore_core::resp::Args;
use valkore_shard::pause::Paused;

use super::super::Cx;
use crate::questions::About;

pub(super) fn pause(cx: &mut Cx<'_>, args: Args<'_>) -> Outcome {
    let mut what = Paused::All;
    if args.len() == 4 {
        if args.is(3, "write") {
            what = Paused::Write;
        } else if !args.is(3, "all") {
            return Cx::fail("ERR CLIENT PAUSE mode must be WRITE or ALL");
        }
    }
    let now = cx.runner.clock.unix_ms();
    let end = match parse_i64(args.get(2)) {
        None => return Cx::fail("ERR timeout is not an integer or out of range"),
        Some(ms) if ms < 0 => return Cx::fail("ERR timeout is negative"),
        Some(ms) => now.checked_add(ms),
    };
    let Some(end) = end else { return Cx::fail("ERR timeout is out of range") };
    cx.runner.node.pause.begin(end, what, now);
    cx.reply().ok();
    Ok(())
}

pub(super) fn unpause(cx: &mut Cx<'_>, _: Args<'_>) -> Outcome {
    cx.runner.node.pause.end();
    cx.ask_or_tell(About::Resume);
    Ok(())
}
