//! INFO: Commandstats, Errorstats.

use std::collections::BTreeMap;

use valkore_shard::clock::ns_per_tick;
use valkore_shard::command_stats::CommandTotal;

use super::page::{Facts, Page};

pub(super) fn commands(page: &mut Page, f: &Facts<'_>) {
    let registry = &f.runner.registry;
    for id in registry.table.ids() {
        let mut total = CommandTotal::default();
        f.node.threads().for_each(|t| t.commands.add_to(id, &mut total));
        if total.calls + total.failed + total.rejected > 0 {
            let name = safe(&registry.command(id).full_name);
            page.line(format_args!("cmdstat_{name}"), text(total));
        }
    }
}

fn text(total: CommandTotal) -> String {
    let CommandTotal { calls, ticks, rejected, failed } = total;
    let us = (ticks as f64 * ns_per_tick() / 1000.0) as u64;
    let per_call = if calls == 0 { 0.0 } else { us as f32 / calls as f32 };
    format!("calls={calls},usec={us},usec_per_call={per_call:.2},rejected_calls={rejected},failed_calls={failed}")
}

pub(super) fn errors(page: &mut Page, f: &Facts<'_>) {
    let mut all = BTreeMap::new();
    f.node.threads().for_each(|t| t.commands.add_errors_to(&mut all));
    for (code, n) in all {
        page.line(format_args!("errorstat_{}", safe(&code)), format_args!("count={n}"));
    }
}

/// A name without what has a meaning in a line of INFO.
fn safe(name: &str) -> String {
    name.chars().map(|c| if matches!(c, '#' | ':' | '\n' | '\r') { '_' } else { c }).collect()
}
