//! CLIENT.

mod filter;
mod help;
mod line;
mod names;
mod pause;
mod tracking;

use valkore_core::fail::{Fail, Outcome};
use valkore_core::resp::Args;

use super::{Cx, Row};
use crate::conn::{Ending, ReplyMode};
use crate::questions::{About, Gathered, Lines, write_killed, write_lines};

pub(crate) use filter::Filter;
pub(crate) use line::{is_listed, line};
pub(super) use names::{check_name, set_name};

pub(super) const ROWS: &[Row] = &[
    ("client|id", id),
    ("client|getname", names::get_name),
    ("client|setname", names::set_name_command),
    ("client|setinfo", names::set_info),
    ("client|info", info),
    ("client|list", list),
    ("client|kill", kill),
    ("client|no-evict", no_evict),
    ("client|no-touch", no_touch),
    ("client|import-source", import_source),
    ("client|capa", capa),
    ("client|reply", reply_mode),
    ("client|pause", pause::pause),
    ("client|unpause", pause::unpause),
    ("client|unblock", unblock),
    ("client|tracking", tracking::tracking),
    ("client|trackinginfo", tracking::info),
    ("client|caching", tracking::caching),
    ("client|getredir", tracking::redirection),
    ("client|help", help::help),
];

fn id(cx: &mut Cx<'_>, _: Args<'_>) -> Outcome {
    let id = cx.conn.session.tag.id as i64;
    cx.reply().int(id);
    Ok(())
}

/// The asking client's own line.
fn own_line(cx: &Cx<'_>, args: Args<'_>) -> Vec<u8> {
    // Inside a transaction the command of the connection is EXEC.
    let argv = if cx.in_exec { b"exec".len() } else { args.iter_from(0).map(<[u8]>::len).sum() };
    line(cx.conn, cx.runner, argv, cx.out.len())
}

fn info(cx: &mut Cx<'_>, args: Args<'_>) -> Outcome {
    let line = own_line(cx, args);
    cx.reply().verbatim("txt", &line);
    Ok(())
}

fn list(cx: &mut Cx<'_>, args: Args<'_>) -> Outcome {
    let me = cx.conn.session.tag.id;
    let gathered = cx.gathered();
    let filter = Filter::of_list(args, cx.runner, me)?;
    let mut lines: Lines = Vec::new();
    if filter.admits(cx.conn, cx.runner.clock.mono_ns) {
        lines.push((me, own_line(cx, args)));
    }
    match gathered {
        Some(Gathered { lines: mut others, .. }) => {
            lines.append(&mut others);
            write_lines(&mut lines, &mut cx.reply());
        }
        None => cx.ask(About::List { filter, me, lines }),
    }
    Ok(())
}

fn kill(cx: &mut Cx<'_>, args: Args<'_>) -> Outcome {
    let me = cx.conn.session.tag.id;
    let gathered = cx.gathered();
    let filter = Filter::of_kill(args, cx.runner, me)?;
    let old_form = args.len() == 3;
    let kill_me = filter.admits(cx.conn, cx.runner.clock.mono_ns);
    let killed = i64::from(kill_me);
    match gathered {
        Some(Gathered { lines, .. }) => {
            write_killed(killed + lines.len() as i64, old_form, &mut cx.reply());
            let killed: Vec<u64> = lines.iter().map(|l| l.0).collect();
            // What comes later in the transaction doesn't find them any more.
            cx.conn.gathered.iter_mut().for_each(|later| later.lines.retain(|l| !killed.contains(&l.0)));
            cx.tell(About::KillThese(killed));
            if kill_me {
                cx.conn.end(Ending::AfterReply);
            }
        }
        None => cx.ask(About::Kill { filter, me, killed, kill_me, old_form }),
    }
    Ok(())
}

/// `ON` or `OFF` at argument 2.
fn on_or_off(args: Args<'_>) -> Result<bool, Fail> {
    match (args.is(2, "on"), args.is(2, "off")) {
        (true, _) => Ok(true),
        (_, true) => Ok(false),
        _ => Err(Fail::Syntax),
    }
}

fn no_evict(cx: &mut Cx<'_>, args: Args<'_>) -> Outcome {
    cx.conn.session.no_evict = on_or_off(args)?;
    cx.reply().ok();
    Ok(())
}

fn no_touch(cx: &mut Cx<'_>, args: Args<'_>) -> Outcome {
    cx.conn.session.tag.no_touch = on_or_off(args)?;
    cx.reply().ok();
    Ok(())
}

fn import_source(cx: &mut Cx<'_>, args: Args<'_>) -> Outcome {
    if !cx.runner.config.import_mode && !args.is(2, "off") {
        return Cx::fail("ERR Server is not in import mode");
    }
    cx.conn.session.import_source = on_or_off(args)?;
    cx.reply().ok();
    Ok(())
}

fn capa(cx: &mut Cx<'_>, args: Args<'_>) -> Outcome {
    cx.conn.can_redirect |= (2..args.len()).any(|i| args.is(i, "redirect"));
    cx.reply().ok();
    Ok(())
}

fn reply_mode(cx: &mut Cx<'_>, args: Args<'_>) -> Outcome {
    let mode = &mut cx.conn.session.reply_mode;
    if args.is(2, "on") {
        *mode = ReplyMode::On;
        cx.reply().ok();
    } else if args.is(2, "off") {
        *mode = ReplyMode::Off;
    } else if !args.is(2, "skip") {
        return Err(Fail::Syntax);
    } else if *mode != ReplyMode::Off {
        *mode = ReplyMode::SkipNext;
    }
    Ok(())
}

fn unblock(cx: &mut Cx<'_>, args: Args<'_>) -> Outcome {
    if args.len() == 4 && !args.is(3, "timeout") && !args.is(3, "error") {
        return Cx::fail("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    }
    valkore_core::numfmt::parse_i64(args.get(2)).ok_or(Fail::NotInteger)?;
    // No command can block a client yet.
    cx.reply().int(0);
    Ok(())
}
