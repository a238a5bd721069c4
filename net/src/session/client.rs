//! CLIENT.

use valkore_core::fail::{Fail, Outcome};
use valkore_core::resp::{Args, Reply};
use valkore_shard::engine::Shard;
use valkore_shard::msg::Question;

use super::{Cx, Row};
use crate::front::Front;

pub(super) const ROWS: &[Row] = &[
    ("client|id", id),
    ("client|getname", get_name),
    ("client|setname", set_name_command),
    ("client|setinfo", set_info),
];

fn id(cx: &mut Cx<'_>, _: Args<'_>) -> Outcome {
    let id = cx.conn.session.tag.id as i64;
    cx.reply().int(id);
    Ok(())
}

fn get_name(cx: &mut Cx<'_>, _: Args<'_>) -> Outcome {
    let name = cx.conn.session.name.clone();
    if name.is_empty() {
        cx.reply().null()
    } else {
        cx.reply().bulk(&name)
    }
    Ok(())
}

fn set_name_command(cx: &mut Cx<'_>, args: Args<'_>) -> Outcome {
    set_name(cx, args.get(2))?;
    cx.reply().ok();
    Ok(())
}

/// Names the connection.
pub(super) fn set_name(cx: &mut Cx<'_>, name: &[u8]) -> Outcome {
    if !name.iter().all(|b| (b'!'..=b'~').contains(b)) {
        return Cx::fail("ERR Client names cannot contain spaces, newlines or special characters.");
    }
    cx.conn.session.name = name.into();
    Ok(())
}

fn set_info(cx: &mut Cx<'_>, args: Args<'_>) -> Outcome {
    let value = args.get(3);
    let session = &mut cx.conn.session;
    let (field, name) = if args.is(2, "lib-name") {
        (&mut session.lib_name, "lib-name")
    } else if args.is(2, "lib-ver") {
        (&mut session.lib_version, "lib-ver")
    } else {
        let option = String::from_utf8_lossy(args.get(2));
        return Err(Fail::text_of(format!("ERR Unrecognized option '{option}'")));
    };
    if !value.iter().all(|b| (b'!'..=b'~').contains(b)) {
        return Cx::fail(format!("ERR {name} cannot contain spaces, newlines or special characters."));
    }
    *field = value.into();
    cx.reply().ok();
    Ok(())
}

/// Adds what this shard's connections have to say to a question.
pub(crate) fn answer_question(_: &mut Front, _: &mut Shard, question: &mut Question) {
    question.count += 1;
}

/// Writes the answer to a question that all have answered.
pub(crate) fn write_answer(question: &Question, reply: &mut Reply<'_>) {
    reply.int(question.count);
}
