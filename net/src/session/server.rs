//! The server as a whole: SHUTDOWN.

use std::sync::atomic::Ordering;

use valkore_core::fail::{Fail, Outcome};
use valkore_core::resp::Args;

use valkore_shard::log::{Level, log};

use super::{Cx, Row};
use crate::conn::Ending;

pub(super) const ROWS: &[Row] = &[("shutdown", shutdown)];

fn shutdown(cx: &mut Cx<'_>, args: Args<'_>) -> Outcome {
    let (mut save, mut nosave, mut abort, mut other) = (false, false, false, false);
    for i in 1..args.len() {
        match args.get(i).to_ascii_lowercase().as_slice() {
            b"save" => save = true,
            b"nosave" => nosave = true,
            b"now" | b"force" | b"safe" => other = true,
            b"abort" => abort = true,
            _ => return Err(Fail::Syntax),
        }
    }
    if (save && nosave) || (abort && (save || nosave || other)) {
        return Err(Fail::Syntax);
    }
    if abort {
        return Cx::fail("ERR No shutdown in progress.");
    }
    log(Level::Notice, &format!("User requested shutdown... (user request from 'id={}')", cx.conn.session.tag.id));
    cx.runner.node.stopping.store(true, Ordering::Release);
    cx.conn.end(Ending::Now);
    Ok(())
}
