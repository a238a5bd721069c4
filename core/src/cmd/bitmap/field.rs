//! BITFIELD, BITFIELD_RO.

use super::bit::grow;
use super::bit_offset;
use super::integer::{Kind, Overflow};
use crate::cmd::string::edit;
use crate::cmd::{int_arg, string_bytes};
use crate::fail::{Fail, Outcome};
use crate::keyspace::{INTEGER_LEN_MAX, KeyRef};
use crate::resp::Args;
use crate::step::{Event, Step};

/// `BITFIELD key [GET type offset | [OVERFLOW WRAP | SAT | FAIL] SET type offset value | INCRBY type offset increment] …`
pub(super) fn bitfield(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let operations = parse(step, args)?;
    let key = step.key(args, 1);
    if operations.iter().any(Operation::writes) {
        change(step, &key, &operations)
    } else {
        show(step, &key, &operations)
    }
}

/// `BITFIELD_RO key [GET type offset] …`
pub(super) fn bitfield_ro(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let operations = parse(step, args)?;
    if operations.iter().any(Operation::writes) {
        return Err(Fail::text_of("ERR BITFIELD_RO only supports the GET subcommand"));
    }
    let key = step.key(args, 1);
    show(step, &key, &operations)
}

/// One operation on one integer.
struct Operation {
    action: Action,
    kind: Kind,
    offset: u64,
    overflow: Overflow,
}

#[derive(Clone, Copy)]
enum Action {
    Get,
    Set(i64),
    Incrby(i64),
}

impl Operation {
    fn writes(&self) -> bool {
        !matches!(self.action, Action::Get)
    }

    /// The last bit that it touches.
    fn last_bit(&self) -> u64 {
        self.offset + u64::from(self.kind.bits) - 1
    }

    /// Does it; the answer, and whether the integer is another now.
    fn run(&self, bytes: &mut [u8]) -> (Option<i64>, bool) {
        let old = self.kind.get(bytes, self.offset);
        let (new, answer) = match self.action {
            Action::Get => return (Some(old), false),
            Action::Set(value) => (self.kind.set(value, self.overflow), Some(old)),
            Action::Incrby(by) => {
                let new = self.kind.add(old, by, self.overflow);
                (new, new)
            }
        };
        let Some(new) = new else { return (None, false) };
        self.kind.put(bytes, self.offset, new);
        (answer, new != old)
    }
}

fn parse(step: &Step<'_>, args: Args<'_>) -> Result<Vec<Operation>, Fail> {
    let mut operations = Vec::new();
    let mut overflow = Overflow::Wrap;
    let mut i = 2;
    while i < args.len() {
        let given = args.len() - i - 1;
        if args.is(i, "OVERFLOW") && given >= 1 {
            overflow = parse_overflow(args, i + 1)?;
            i += 2;
            continue;
        }
        let values = if args.is(i, "GET") { 2 } else { 3 };
        if given < values || !["GET", "SET", "INCRBY"].iter().any(|name| args.is(i, name)) {
            return Err(Fail::Syntax);
        }
        operations.push(parse_operation(step, args, i, overflow)?);
        i += 1 + values;
    }
    Ok(operations)
}

fn parse_overflow(args: Args<'_>, i: usize) -> Result<Overflow, Fail> {
    let names = [("WRAP", Overflow::Wrap), ("SAT", Overflow::Saturate), ("FAIL", Overflow::Refuse)];
    let found = names.into_iter().find(|(name, _)| args.is(i, name));
    found.map(|(_, overflow)| overflow).ok_or(Fail::text_of("ERR Invalid OVERFLOW type specified"))
}

/// The operation whose name is argument `i`.
fn parse_operation(step: &Step<'_>, args: Args<'_>, i: usize, overflow: Overflow) -> Result<Operation, Fail> {
    let kind = Kind::parse(args.get(i + 1))?;
    let offset = match args.get(i + 2) {
        [b'#', index @ ..] => bit_offset(step, index, kind.bits.into())?,
        text => bit_offset(step, text, 1)?,
    };
    let action = if args.is(i, "GET") {
        Action::Get
    } else if args.is(i, "SET") {
        Action::Set(int_arg(args, i + 3)?)
    } else {
        Action::Incrby(int_arg(args, i + 3)?)
    };
    Ok(Operation { action, kind, offset, overflow })
}

/// Answers from the string, without a change.
fn show(step: &mut Step<'_>, key: &KeyRef<'_>, operations: &[Operation]) -> Outcome {
    let mut buf = [0; INTEGER_LEN_MAX];
    let (entry, reply) = step.read_to_reply(key);
    let bytes = entry.map_or(Ok(&[][..]), |entry| string_bytes(entry.value(), &mut buf))?;
    reply.array(operations.len());
    for operation in operations {
        reply.int(operation.kind.get(bytes, operation.offset));
    }
    Ok(())
}

/// Runs operations that write. The string grows to hold them all, also when none of them is done in the end: then
/// a key may have been made that nothing is told about, as in stock.
fn change(step: &mut Step<'_>, key: &KeyRef<'_>, operations: &[Operation]) -> Outcome {
    let writes = || operations.iter().filter(|operation| operation.writes());
    let len = writes().map(|operation| operation.last_bit() / 8 + 1).max().unwrap_or(0) as usize;
    let mut answers = Vec::with_capacity(operations.len());
    let changes = edit(step, key, |string| {
        let grown = grow(string, len);
        let mut changes = 0;
        for operation in operations {
            let (answer, changed) = operation.run(string);
            let written = operation.writes() && answer.is_some();
            changes += u64::from(written && (grown || changed));
            answers.push(answer);
        }
        changes
    })?;
    if changes > 0 {
        step.modified(key);
        step.effects.dirty += changes - 1;
        step.notify(Event::String, "setbit", key);
    }
    step.reply.array(answers.len());
    for answer in answers {
        match answer {
            Some(n) => step.reply.int(n),
            None => step.reply.null(),
        }
    }
    Ok(())
}
