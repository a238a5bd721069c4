//! DEBUG POPULATE.

use crate::cmd::int_arg;
use crate::fail::{Fail, Outcome};
use crate::keyspace::{Expire, NewValue};
use crate::resp::Args;
use crate::step::Step;

/// A name is cut to this length.
const NAME_BYTES_MAX: usize = 127;

/// `DEBUG POPULATE count [prefix [size]]`: keys `prefix:0`, … with values `value:0`, …, cut or filled with zeros to
/// `size` bytes if that is not 0. Keys that are there stay. Counts no change.
pub(super) fn populate(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let count = positive(args, 2)?;
    let size = if args.len() == 5 { positive(args, 4)? } else { 0 };
    if size > step.config.proto_max_bulk_len {
        return Err(Fail::StringTooLong);
    }
    let prefix = if args.len() > 3 { args.get(3) } else { b"key" };
    let prefix = prefix.split(|&b| b == 0).next().unwrap_or_default();
    for i in 0..count {
        let mut name = [prefix, format!(":{i}").as_bytes()].concat();
        name.truncate(NAME_BYTES_MAX);
        let mut value = format!("value:{i}").into_bytes();
        if size > 0 {
            value.resize(size as usize, 0);
        }
        add(step, &name, &value);
    }
    step.reply.ok();
    Ok(())
}

fn positive(args: Args<'_>, i: usize) -> Result<i64, Fail> {
    let number = int_arg(args, i).ok().filter(|&n| n >= 0);
    number.ok_or_else(|| Fail::text_of("ERR value is out of range, must be positive"))
}

fn add(step: &mut Step<'_>, name: &[u8], value: &[u8]) {
    let (key, db, clock) = (step.key_of(name), step.db(), step.clock);
    let data = step.data(key.slot);
    if data.peek(db, &key, clock).is_none() {
        drop(data.set(db, &key, NewValue::Verbatim(value), Expire::Clear, clock));
        data.signal_modified(db, name);
    }
}

#[cfg(test)]
mod tests {
    use crate::cmd::generic::testing::{get, listen, names, string};
    use crate::cmd::testing::on_shards;

    #[test]
    fn makes_what_is_not_there() {
        on_shards(|s| {
            let events = listen(s);
            string(s, "key:1", "mine");
            s.run("DEBUG POPULATE 3").replies("+OK");
            assert_eq!((events.take().as_str(), s.effects.dirty), ("0:new key:0, 0:new key:2", 0));
            assert_eq!(get(s, "key:0").as_deref(), Some("value:0"));
            assert_eq!(get(s, "key:1").as_deref(), Some("mine"));
            s.run("DEBUG POPULATE 1 p 20").replies("+OK");
            assert_eq!(get(s, "p:0").as_deref(), Some("value:0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
            s.run("DEBUG POPULATE 1 q 3").replies("+OK");
            assert_eq!(get(s, "q:0").as_deref(), Some("val"));
            s.run("DEBUG POPULATE 1 r 0").replies("+OK");
            assert_eq!(get(s, "r:0").as_deref(), Some("value:0"));
            s.run("DEBUG POPULATE 1000 many").replies("+OK");
            assert_eq!(s.len(0), 1006);
        });
    }

    #[test]
    fn names_are_cut() {
        on_shards(|s| {
            let prefix = "p".repeat(200);
            s.run(&format!("DEBUG POPULATE 2 {prefix}")).replies("+OK");
            assert_eq!(names(s.run("KEYS *").text()), [&prefix[..127]]);
        });
    }

    #[test]
    fn numbers_are_checked() {
        on_shards(|s| {
            for line in ["foo", "-1", "99999999999999999999", "1 x foo", "1 x -1"] {
                s.run(&format!("DEBUG POPULATE {line}")).fails("ERR value is out of range, must be positive");
            }
            s.run("DEBUG POPULATE 1 x 9223372036854775807")
                .fails("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
            s.run("DEBUG POPULATE 0").replies("+OK");
            assert_eq!(s.len(0), 0);
        });
    }
}
