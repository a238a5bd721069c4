//! What cuts a client off: an output buffer that grows too much, silence.

use valkore_shard::engine::Shard;

use crate::conn::{Conn, Ending, Waiting};

/// Is the client's output beyond what `client-output-buffer-limit` allows? `unsent` bytes are with the backend.
pub(crate) fn output_exceeded(conn: &mut Conn, unsent: usize, shard: &Shard) -> bool {
    let limit = shard.runner.config.client_output_buffer_limit.normal;
    let bytes = (conn.out.len() + unsent) as u64;
    let now = shard.runner.clock.mono_ns;
    let hard = limit.hard > 0 && bytes > limit.hard;
    let over_soft = limit.soft > 0 && bytes > limit.soft;
    if !over_soft {
        conn.over_soft_ns = None;
    }
    let since = if over_soft { *conn.over_soft_ns.get_or_insert(now) } else { now };
    let soft = over_soft && now - since > limit.soft_seconds.max(0) as u64 * 1_000_000_000;
    let exceeded = (hard || soft) && conn.ending < Ending::Now;
    if exceeded {
        shard.runner.stats.output_limit_kills.add(1);
    }
    exceeded
}

/// What time brings: idle clients go, soft limits run out.
pub(crate) fn cron(conn: &mut Conn, unsent: usize, shard: &Shard) {
    let timeout_ns = shard.runner.config.timeout.max(0) as u64 * 1_000_000_000;
    let idle_ns = shard.runner.clock.mono_ns.saturating_sub(conn.active_ns);
    if timeout_ns > 0 && conn.waiting == Waiting::No && idle_ns > timeout_ns {
        conn.end(Ending::Now);
    }
    if output_exceeded(conn, unsent, shard) {
        conn.end(Ending::Now);
    }
}
