//! INFO.

use valkore_core::fail::Outcome;
use valkore_core::resp::Args;

use super::{Cx, Row};

pub(super) const ROWS: &[Row] = &[("info", info)];

fn info(cx: &mut Cx<'_>, _: Args<'_>) -> Outcome {
    let node = cx.runner.node.clone();
    let mut text = String::from("# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:9.1.2\r\n");
    text += &format!("run_id:{}\r\ntcp_port:{}\r\n", node.run_id, cx.runner.config.port);
    cx.reply().verbatim("txt", text.as_bytes());
    Ok(())
}
