//! CLIENT TRACKING and its kin, as a client that doesn't track finds them.

use valkore_core::fail::{Fail, Outcome};
use valkore_core::numfmt::parse_i64;
use valkore_core::resp::Args;

use super::super::Cx;

/// The options of CLIENT TRACKING.
#[derive(Default)]
struct Options<'a> {
    broadcasts: bool,
    opt_in: bool,
    opt_out: bool,
    prefixes: Vec<&'a [u8]>,
}

pub(super) fn tracking(cx: &mut Cx<'_>, args: Args<'_>) -> Outcome {
    let options = options(args)?;
    if args.is(2, "off") {
        cx.reply().ok();
        return Ok(());
    }
    if !args.is(2, "on") {
        return Err(Fail::Syntax);
    }
    if !options.broadcasts && !options.prefixes.is_empty() {
        return Cx::fail("ERR PREFIX option requires BCAST mode to be enabled");
    }
    if options.broadcasts && (options.opt_in || options.opt_out) {
        return Cx::fail("ERR OPTIN and OPTOUT are not compatible with BCAST");
    }
    if options.opt_in && options.opt_out {
        return Cx::fail("ERR You can't specify both OPTIN mode and OPTOUT mode");
    }
    overlap(&options.prefixes)?;
    Cx::fail("ERR client tracking is not available yet")
}

fn options<'a>(args: Args<'a>) -> Result<Options<'a>, Fail> {
    let mut options = Options::default();
    let mut i = 3;
    while i < args.len() {
        let more = i + 1 < args.len();
        match args.get(i).to_ascii_lowercase().as_slice() {
            b"redirect" if more => {
                i += 1;
                parse_i64(args.get(i)).ok_or(Fail::NotInteger)?;
                // Whether there is such a client is known on all shards together; there is no tracking that could use it.
                return Err(Fail::text_of("ERR The client ID you want redirect to does not exist"));
            }
            b"bcast" => options.broadcasts = true,
            b"optin" => options.opt_in = true,
            b"optout" => options.opt_out = true,
            b"noloop" => {}
            b"prefix" if more => {
                i += 1;
                options.prefixes.push(args.get(i));
            }
            _ => return Err(Fail::Syntax),
        }
        i += 1;
    }
    Ok(options)
}

/// No prefix may be the beginning of another.
fn overlap(prefixes: &[&[u8]]) -> Outcome {
    for (i, a) in prefixes.iter().enumerate() {
        if let Some(b) = prefixes[i + 1..].iter().find(|b| a.starts_with(b) || b.starts_with(a)) {
            let (a, b) = (String::from_utf8_lossy(a), String::from_utf8_lossy(b));
            return Cx::fail(format!(
                "ERR Prefix '{a}' overlaps with another provided prefix '{b}'. Prefixes for a single client must not \
                 overlap."
            ));
        }
    }
    Ok(())
}

pub(super) fn caching(_: &mut Cx<'_>, _: Args<'_>) -> Outcome {
    Cx::fail(
        "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled",
    )
}

pub(super) fn redirection(cx: &mut Cx<'_>, _: Args<'_>) -> Outcome {
    cx.reply().int(-1);
    Ok(())
}

pub(super) fn info(cx: &mut Cx<'_>, _: Args<'_>) -> Outcome {
    let mut r = cx.reply();
    r.map(3);
    r.bulk(b"flags");
    r.set(1);
    r.bulk(b"off");
    r.bulk(b"redirect");
    r.int(-1);
    r.bulk(b"prefixes");
    r.array(0);
    Ok(())
}
