//! What a client says of itself: its name, its library.

use valkore_core::fail::{Fail, Outcome};
use valkore_core::resp::Args;

use super::super::Cx;

pub(super) fn get_name(cx: &mut Cx<'_>, _: Args<'_>) -> Outcome {
    let name = cx.conn.session.name.clone();
    if name.is_empty() {
        cx.reply().null()
    } else {
        cx.reply().bulk(&name)
    }
    Ok(())
}

pub(super) fn set_name_command(cx: &mut Cx<'_>, args: Args<'_>) -> Outcome {
    set_name(cx, args.get(2))?;
    cx.reply().ok();
    Ok(())
}

/// Names the connection.
pub(in crate::session) fn set_name(cx: &mut Cx<'_>, name: &[u8]) -> Outcome {
    check_name(name)?;
    cx.conn.session.name = name.into();
    Ok(())
}

/// May a connection have this name?
pub(in crate::session) fn check_name(name: &[u8]) -> Outcome {
    if is_listable(name) {
        return Ok(());
    }
    Cx::fail("ERR Client names cannot contain spaces, newlines or special characters.")
}

/// Can it be told from what stands around it in CLIENT LIST? What follows a NUL isn't looked at, as in stock.
fn is_listable(text: &[u8]) -> bool {
    text.iter().take_while(|b| **b != 0).all(|b| (b'!'..=b'~').contains(b))
}

pub(super) fn set_info(cx: &mut Cx<'_>, args: Args<'_>) -> Outcome {
    let value = args.get(3);
    let option = String::from_utf8_lossy(args.get(2));
    let session = &mut cx.conn.session;
    let field = match option.to_ascii_lowercase().as_str() {
        "lib-name" => &mut session.lib_name,
        "lib-ver" => &mut session.lib_version,
        _ => return Err(Fail::text_of(format!("ERR Unrecognized option '{option}'"))),
    };
    if !is_listable(value) {
        return Cx::fail(format!("ERR {option} cannot contain spaces, newlines or special characters."));
    }
    *field = value.into();
    cx.reply().ok();
    Ok(())
}
