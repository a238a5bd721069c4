//! COMMAND and its subcommands, from the command table.

use valkore_core::command::{ArgList, CommandTable, reply};
use valkore_core::fail::Outcome;
use valkore_core::resp::{Args, Reply};

use super::{Cx, Row};

pub(super) const ROWS: &[Row] = &[
    ("command", all),
    ("command|count", count),
    ("command|info", info),
    ("command|docs", docs),
    ("command|list", list),
    ("command|getkeys", get_keys),
    ("command|getkeysandflags", get_keys_and_flags),
    ("command|help", help),
];

/// Renders with the table and the reply at hand.
fn with(cx: &mut Cx<'_>, f: impl FnOnce(&CommandTable, &mut Reply<'_>)) -> Outcome {
    let registry = cx.runner.registry.arc().clone();
    f(&registry.table, &mut cx.reply());
    Ok(())
}

fn all(cx: &mut Cx<'_>, _: Args<'_>) -> Outcome {
    with(cx, |t, r| reply::all(t, r))
}

fn count(cx: &mut Cx<'_>, _: Args<'_>) -> Outcome {
    with(cx, |t, r| reply::count(t, r))
}

fn info(cx: &mut Cx<'_>, args: Args<'_>) -> Outcome {
    with(cx, |t, r| reply::info(t, &args as &dyn ArgList, r))
}

fn docs(cx: &mut Cx<'_>, args: Args<'_>) -> Outcome {
    with(cx, |t, r| reply::docs(t, &args as &dyn ArgList, r))
}

fn list(cx: &mut Cx<'_>, args: Args<'_>) -> Outcome {
    with(cx, |t, r| reply::list(t, &args as &dyn ArgList, valkore_core::glob::matches_nocase, r))
}

fn get_keys(cx: &mut Cx<'_>, args: Args<'_>) -> Outcome {
    with(cx, |t, r| reply::get_keys(t, &args as &dyn ArgList, |_, _| {}, r))
}

fn get_keys_and_flags(cx: &mut Cx<'_>, args: Args<'_>) -> Outcome {
    with(cx, |t, r| reply::get_keys_and_flags(t, &args as &dyn ArgList, |_, _| {}, r))
}

fn help(cx: &mut Cx<'_>, _: Args<'_>) -> Outcome {
    with(cx, |_, r| reply::help(r))
}
