//! CONFIG.

use valkore_core::config;
use valkore_core::fail::{Fail, Outcome};
use valkore_core::resp::Args;

use super::{Cx, Row};
use crate::admit::is_local;

pub(super) const ROWS: &[Row] = &[("config|get", get), ("config|set", set)];

fn get(cx: &mut Cx<'_>, args: Args<'_>) -> Outcome {
    let patterns: Vec<&[u8]> = args.iter_from(2).collect();
    let found = config::get(&cx.runner.config, &patterns);
    let mut r = cx.reply();
    r.map(found.len());
    for (name, value) in found {
        r.bulk(name.as_bytes());
        r.bulk(&value);
    }
    Ok(())
}

fn set(cx: &mut Cx<'_>, args: Args<'_>) -> Outcome {
    let pairs: Vec<&[u8]> = args.iter_from(2).collect();
    let setter = config::Setter { is_local: is_local(cx.conn), is_loading: false };
    let node = cx.runner.node.clone();
    let outcome = node.config.update(|old| config::set(old, &pairs, setter, |_, _, _| Ok(())).map(|o| o.config));
    if let Err(e) = outcome {
        return Err(Fail::text_of(String::from_utf8_lossy(&e.reply()).into_owned()));
    }
    cx.runner.config.refresh(&node.config);
    cx.reply().ok();
    Ok(())
}
