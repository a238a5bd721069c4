//! Session commands for a caller that is no connection: a module.

use valkore_core::command::CommandId;
use valkore_core::fail::Fail;
use valkore_core::resp::Args;
use valkore_core::step::ClientTag;
use valkore_shard::runner::Runner;

use crate::conn::{Address, Conn};
use crate::session::{Cx, Then};

pub use crate::admit::unknown_sub as unknown_subcommand;

/// Runs session command `n`, which is `id`, and appends its answer. It runs on a connection that is made for it, and goes
/// with it: what it changes of its session is gone afterwards. What only all shards' front ends can answer is refused,
/// since the caller can't wait for them.
pub fn run(runner: &mut Runner, n: u16, id: CommandId, args: Args<'_>, client: ClientTag, out: &mut Vec<u8>) {
    let at = || Address::Unix("module".into());
    let mut conn = Conn::new(0, client.id, at(), at(), -1, runner.clock.mono_ns);
    conn.session.tag = client;
    conn.session.authenticated = true;
    let start = out.len();
    let mut cx = Cx::new(&mut conn, runner, out, 0, false);
    cx.run(n, id, args);
    match std::mem::take(&mut cx.then) {
        Then::Nothing => {}
        Then::Unwatch(watches) => debug_assert!(watches.is_empty(), "a new connection watches nothing"),
        Then::Exec(_) | Then::Ask(_) => {
            out.truncate(start);
            let fail = Fail::text_of("ERR this command is not available to modules yet");
            runner.write_error(&fail, client, out);
        }
    }
}
