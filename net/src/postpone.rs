//! Connections whose next command waits for the end of a `CLIENT PAUSE`. Their input stays where it is; when the
//! pause is over it is parsed again.

use valkore_shard::backend::Token;
use valkore_shard::engine::Shard;

use crate::conn::{Conn, Waiting};
use crate::front::Front;

/// The connection's next command waits from now on.
pub(crate) fn park(front: &mut Front, token: Token, shard: &Shard) {
    front.conn(token).waiting = Waiting::Pause;
    front.postponed.push(token);
    shard.runner.stats.postponed.add(1);
}

/// Lets all go on; where a pause is still in force, the command waits again.
pub(crate) fn resume(front: &mut Front, shard: &Shard) {
    for token in std::mem::take(&mut front.postponed) {
        // The number may belong to another connection by now, or to none.
        let Some(conn) = front.conns[token as usize].as_mut().filter(|c| c.waiting == Waiting::Pause) else { continue };
        forget(conn, shard);
        if conn.is_ready() && !conn.query.is_empty() {
            front.mark_runnable(token);
        }
        front.mark_dirty(token);
    }
}

/// The connection waits no more for the end of a pause, if it did.
pub(crate) fn forget(conn: &mut Conn, shard: &Shard) {
    if conn.waiting == Waiting::Pause {
        conn.waiting = Waiting::No;
        shard.runner.stats.postponed.add(u64::MAX);
    }
}

/// What time brings: the end of the pause.
pub(crate) fn cron(front: &mut Front, shard: &Shard) {
    if !front.postponed.is_empty() && shard.runner.node.pause.now(shard.runner.clock.unix_ms()).is_none() {
        resume(front, shard);
    }
}
