//! BITOP.

use crate::cmd::string::edit;
use crate::cmd::string_bytes;
use crate::fail::{Fail, Outcome};
use crate::keyspace::{Expire, INTEGER_LEN_MAX, KeyRef, NewValue};
use crate::resp::Args;
use crate::step::{Event, Step};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operation {
    And,
    Or,
    Xor,
    Not,
}

/// `BITOP AND | OR | XOR | NOT destkey key …`
pub(super) fn bitop(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let operation = operation(args)?;
    let mut result = Vec::new();
    for i in 3..args.len() {
        let key = step.key(args, i);
        let mut buf = [0; INTEGER_LEN_MAX];
        let bytes = step.read(&key).map_or(Ok(&[][..]), |entry| string_bytes(entry.value(), &mut buf))?;
        if i == 3 {
            result.extend_from_slice(bytes);
        } else {
            combine(operation, &mut result, bytes);
        }
    }
    if operation == Operation::Not {
        result.iter_mut().for_each(|byte| *byte = !*byte);
    }
    let key = step.key(args, 2);
    store(step, &key, &result)?;
    step.reply.int(result.len() as i64);
    Ok(())
}

fn operation(args: Args<'_>) -> Result<Operation, Fail> {
    let names = [("AND", Operation::And), ("OR", Operation::Or), ("XOR", Operation::Xor), ("NOT", Operation::Not)];
    let (_, operation) = names.into_iter().find(|(name, _)| args.is(1, name)).ok_or(Fail::Syntax)?;
    if operation == Operation::Not && args.len() != 4 {
        return Err(Fail::text_of("ERR BITOP NOT must be called with a single source key."));
    }
    Ok(operation)
}

/// Takes one more string into the result; the shorter of the two counts as zeros at its end.
fn combine(operation: Operation, result: &mut Vec<u8>, bytes: &[u8]) {
    result.resize(result.len().max(bytes.len()), 0);
    let (both, rest) = result.split_at_mut(bytes.len());
    let pairs = both.iter_mut().zip(bytes);
    match operation {
        Operation::And => {
            pairs.for_each(|(to, from)| *to &= from);
            rest.fill(0);
        }
        Operation::Or => pairs.for_each(|(to, from)| *to |= from),
        Operation::Xor => pairs.for_each(|(to, from)| *to ^= from),
        Operation::Not => unreachable!("NOT takes one string"),
    }
}

/// Stores the result, as raw bytes; an empty one removes the key.
fn store(step: &mut Step<'_>, key: &KeyRef<'_>, result: &[u8]) -> Outcome {
    if !result.is_empty() {
        drop(step.set(key, NewValue::Verbatim(result), Expire::Clear));
        edit(step, key, |_| ())?;
        step.modified(key);
        step.notify(Event::String, "set", key);
    } else if step.remove(key) {
        step.modified(key);
        step.notify(Event::Generic, "del", key);
    }
    Ok(())
}
