//! Who the client is, and how it is spoken to: AUTH, HELLO, RESET, QUIT, SELECT.

use valkore_core::fail::{Fail, Outcome};
use valkore_core::numfmt::parse_i64;
use valkore_core::resp::{Args, Protocol};

use super::{Cx, Row, Then};
use crate::conn::{Ending, ReplyMode, Session};

pub(super) const ROWS: &[Row] =
    &[("auth", auth), ("hello", hello), ("reset", reset), ("quit", quit), ("select", select)];

const WRONG: &str = "WRONGPASS invalid username-password pair or user is disabled.";

fn auth(cx: &mut Cx<'_>, args: Args<'_>) -> Outcome {
    if args.len() > 3 {
        return Err(Fail::Syntax);
    }
    if args.len() == 2 && cx.runner.config.requirepass.is_empty() {
        return Cx::fail(
            "ERR AUTH <password> called without any password configured for the default user. Are you sure your \
             configuration is correct?",
        );
    }
    let user = if args.len() == 3 { args.get(1) } else { b"default" };
    log_in(cx, user, args.get(args.len() - 1))?;
    cx.reply().ok();
    Ok(())
}

/// Logs the client in, or fails.
fn log_in(cx: &mut Cx<'_>, user: &[u8], password: &[u8]) -> Outcome {
    let wanted = cx.runner.config.requirepass.as_bytes();
    let right = wanted.is_empty() || same_text(wanted, password);
    if user != b"default" || !right {
        cx.runner.stats.auth_failures.add(1);
        return Cx::fail(WRONG);
    }
    cx.conn.session.authenticated = true;
    Ok(())
}

/// Compares without telling by its time how much of it was right.
fn same_text(a: &[u8], b: &[u8]) -> bool {
    let differs = a.iter().zip(b.iter().chain(std::iter::repeat(&0))).fold(0, |d, (x, y)| d | (x ^ y));
    differs == 0 && a.len() == b.len()
}

/// What HELLO's options ask for.
struct Hello<'a> {
    protocol: Option<Protocol>,
    auth: Option<(&'a [u8], &'a [u8])>,
    name: Option<&'a [u8]>,
}

fn hello(cx: &mut Cx<'_>, args: Args<'_>) -> Outcome {
    let want = hello_options(args)?;
    if let Some((user, password)) = want.auth {
        log_in(cx, user, password)?;
    }
    if !cx.conn.session.authenticated {
        return Cx::fail(
            "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> \
             <pass> option can be used to authenticate the client and select the RESP protocol version at the same time",
        );
    }
    if let Some(name) = want.name {
        super::client::set_name(cx, name)?;
    }
    if let Some(protocol) = want.protocol {
        cx.conn.session.tag.protocol = protocol;
    }
    let id = cx.conn.session.tag.id as i64;
    let version = if cx.conn.session.tag.protocol == Protocol::Resp3 { 3 } else { 2 };
    let mut r = cx.reply();
    r.map(7);
    for (key, value) in [("server", "valkey"), ("version", valkore_core::config::VALKEY_VERSION)] {
        r.bulk(key.as_bytes());
        r.bulk(value.as_bytes());
    }
    r.bulk(b"proto");
    r.int(version);
    r.bulk(b"id");
    r.int(id);
    for (key, value) in [("mode", "standalone"), ("role", "master")] {
        r.bulk(key.as_bytes());
        r.bulk(value.as_bytes());
    }
    r.bulk(b"modules");
    r.array(0);
    Ok(())
}

fn hello_options<'a>(args: Args<'a>) -> Result<Hello<'a>, Fail> {
    let mut want = Hello { protocol: None, auth: None, name: None };
    if args.len() > 1 {
        let Some(version) = parse_i64(args.get(1)) else {
            return Err(Fail::text_of("ERR Protocol version is not an integer or out of range"));
        };
        want.protocol = Some(match version {
            2 => Protocol::Resp2,
            3 => Protocol::Resp3,
            _ => return Err(Fail::text_of("NOPROTO unsupported protocol version")),
        });
    }
    let mut i = 2;
    while i < args.len() {
        if args.is(i, "auth") && i + 2 < args.len() {
            want.auth = Some((args.get(i + 1), args.get(i + 2)));
            i += 3;
        } else if args.is(i, "setname") && i + 1 < args.len() {
            super::client::check_name(args.get(i + 1))?;
            want.name = Some(args.get(i + 1));
            i += 2;
        } else {
            let option = String::from_utf8_lossy(args.get(i));
            return Err(Fail::text_of(format!("ERR Syntax error in HELLO option '{option}'")));
        }
    }
    Ok(want)
}

fn reset(cx: &mut Cx<'_>, _: Args<'_>) -> Outcome {
    let old = std::mem::take(&mut cx.conn.session);
    let session = &mut cx.conn.session;
    *session = Session { lib_name: old.lib_name, lib_version: old.lib_version, ..Session::default() };
    session.tag.id = old.tag.id;
    session.reply_mode = ReplyMode::On;
    session.authenticated = cx.runner.config.requirepass.is_empty();
    cx.then = Then::Unwatch(old.watched);
    cx.reply().simple("RESET");
    Ok(())
}

fn quit(cx: &mut Cx<'_>, _: Args<'_>) -> Outcome {
    cx.reply().ok();
    cx.conn.end(Ending::AfterReply);
    Ok(())
}

fn select(cx: &mut Cx<'_>, args: Args<'_>) -> Outcome {
    let db = parse_i64(args.get(1)).ok_or(Fail::NotInteger)?;
    if i32::try_from(db).is_err() {
        return Cx::fail("ERR value is out of range, value must between -2147483648 and 2147483647");
    }
    if !(0..cx.runner.config.databases).contains(&db) {
        return Err(Fail::DbOutOfRange);
    }
    cx.conn.session.tag.db = db as u16;
    cx.reply().ok();
    Ok(())
}
