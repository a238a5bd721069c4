//! COPY.

use super::{db_arg, find};
use crate::config::Config;
use crate::fail::{Fail, Outcome};
use crate::keyspace::{Encoding, Entry, Expire, KeyRef, NewValue, Object, Value};
use crate::resp::Args;
use crate::step::{Event, Step};

/// `COPY source destination [DB destination-db] [REPLACE]`
pub(super) fn copy(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let (to_db, replace) = options(step.config, step.db(), args)?;
    let (from, to, db) = (step.key(args, 1), step.key(args, 2), step.db());
    if db == to_db && from.bytes == to.bytes {
        return Err(Fail::SameObject);
    }
    let found = step.read(&from).is_some();
    let free = found && (find(step, to_db, &to).is_none() || replace);
    if free {
        let entry = step.data(from.slot).keyspace.get(db, &from).expect("a key that was just found is gone");
        let twin = Twin::of(&entry)?;
        twin.store(step, to_db, &to);
        step.modified_in(to_db, &to);
        step.notify_in(to_db, Event::Generic, "copy_to", &to);
    }
    step.reply.int(i64::from(free));
    Ok(())
}

/// The database to copy to, and whether what is there may be replaced.
fn options(config: &Config, db: usize, args: Args<'_>) -> Result<(usize, bool), Fail> {
    let (mut db, mut replace) = (db, false);
    let mut i = 3;
    while i < args.len() {
        if args.is(i, "replace") {
            replace = true;
        } else if args.is(i, "db") && i + 1 < args.len() {
            i += 1;
            db = db_arg(config, args, i)?;
        } else {
            return Err(Fail::Syntax);
        }
        i += 1;
    }
    Ok((db, replace))
}

/// A value's copy, on its way to another key.
struct Twin {
    value: TwinValue,
    expire: Expire,
}

enum TwinValue {
    Int(i64),
    /// The bytes, and whether they had been changed in place, which `OBJECT ENCODING` shows.
    Bytes(Vec<u8>, bool),
    Object(Box<Object>),
}

impl Twin {
    fn of(entry: &Entry<'_>) -> Result<Self, Fail> {
        let value = match entry.value() {
            Value::Int(n) => TwinValue::Int(n),
            Value::Bytes(bytes) => TwinValue::Bytes(bytes.to_vec(), entry.encoding() == Encoding::Raw),
            Value::Object(Object::Foreign(value)) => TwinValue::Object(Box::new(Object::Foreign(value.copy()?))),
        };
        Ok(Self { value, expire: entry.expire_at().map_or(Expire::Clear, Expire::At) })
    }

    /// What was there goes first: to whoever listens, the key is a new one.
    fn store(self, step: &mut Step<'_>, db: usize, key: &KeyRef<'_>) {
        let clock = step.clock;
        let data = step.data(key.slot);
        data.remove(db, key);
        let bytes;
        let (value, raw) = match self.value {
            TwinValue::Int(n) => (NewValue::Int(n), false),
            TwinValue::Bytes(copied, raw) => {
                bytes = copied;
                (NewValue::Verbatim(&bytes), raw)
            }
            TwinValue::Object(object) => (NewValue::Object(object), false),
        };
        drop(data.set(db, key, value, self.expire, clock));
        if raw && let Some(mut entry) = data.keyspace.get_mut(db, key) {
            entry.string_mut();
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::cmd::generic::testing::{append, expiring, foreign, get, listen, string};
    use crate::cmd::testing::on_shards;

    #[test]
    fn a_copy_has_value_expiry_and_encoding() {
        on_shards(|s| {
            let events = listen(s);
            expiring(s, "a", "1", 100_000);
            s.run("COPY a b").replies(":1");
            assert_eq!((events.take().as_str(), s.effects.dirty), ("0:new b, 0:copy_to b", 1));
            s.run("TTL b").replies(":100");
            s.run("OBJECT ENCODING b").replies("$3|int");
            string(s, "c", "x");
            append(s, "c", "y");
            s.run("COPY c b").replies(":0");
            assert_eq!(s.effects.dirty, 0);
            s.run("COPY c b REPLACE").replies(":1");
            assert_eq!(events.take(), "0:new b, 0:copy_to b");
            s.run("TTL b").replies(":-1");
            s.run("OBJECT ENCODING b").replies("$3|raw");
            assert_eq!(get(s, "b").as_deref(), Some("xy"));
        });
    }

    #[test]
    fn to_another_database() {
        on_shards(|s| {
            let events = listen(s);
            string(s, "a", "1");
            s.run("COPY a a DB 3").replies(":1");
            assert_eq!(events.take(), "3:new a, 3:copy_to a");
            s.run("COPY a a DB 3").replies(":0");
            s.run("COPY a z DB 1 REPLACE DB 2 REPLACE").replies(":1");
            assert_eq!([s.len(0), s.len(1), s.len(2), s.len(3)], [1, 0, 1, 1]);
            s.run("COPY a a").fails("ERR source and destination objects are the same");
            s.run("COPY a a DB 0").fails("ERR source and destination objects are the same");
        });
    }

    #[test]
    fn a_module_value_without_copy_is_refused() {
        on_shards(|s| {
            foreign(s, "f");
            string(s, "a", "1");
            s.run("COPY f a").replies(":0");
            s.run("COPY f b").fails("ERR not supported for this module key");
            s.run("COPY f a REPLACE").fails("ERR not supported for this module key");
            assert_eq!(get(s, "a").as_deref(), Some("1"));
        });
    }

    #[test]
    fn a_destination_that_has_expired_is_free() {
        on_shards(|s| {
            string(s, "a", "1");
            expiring(s, "b", "2", 1);
            s.pass_ms(2);
            let events = listen(s);
            s.run("COPY a b").replies(":1");
            assert_eq!(events.take(), "0:expired b, 0:new b, 0:copy_to b");
        });
    }
}
