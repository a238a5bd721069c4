//! DEBUG: those subcommands that concern data.

use std::fmt::Write;

use super::debug_populate::populate;
use super::help::help_answer;
use crate::cmd::generic::{encoding_name, idle_seconds, quoted};
use crate::fail::{Fail, Outcome};
use crate::glob;
use crate::keyspace::{Entry, Value};
use crate::resp::Args;
use crate::step::Step;

/// `DEBUG subcommand [argument …]`
pub(super) fn debug(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    match (args.len(), args.get(1).to_ascii_lowercase().as_slice()) {
        (2, b"help") => help_answer(step, "DEBUG", HELP),
        (3, b"set-active-expire") => set_active_expire(step, args),
        (3..=5, b"populate") => populate(step, args),
        (3 | 4, b"object") => object(step, args),
        (2, b"stringmatch-test") => stringmatch_test(step),
        (3, b"sleep") => Err(Fail::text_of("ERR DEBUG SLEEP is not a step: the server that runs steps sleeps")),
        _ => Err(unknown(args)),
    }
}

const HELP: &[&str] = &[
    "OBJECT <key> [fast]",
    "    Show low level info about `key` and associated value.",
    "    Some fields of the default behavior may be time consuming to fetch,",
    "    and `fast` can be passed to avoid fetching them.",
    "POPULATE <count> [<prefix>] [<size>]",
    "    Create <count> string keys named key:<num>. If <prefix> is specified then",
    "    it is used instead of the 'key' prefix. These are not propagated to",
    "    replicas.",
    "SET-ACTIVE-EXPIRE <0|1>",
    "    Setting it to 0 disables expiring keys in background when they are not",
    "    accessed (otherwise the behavior). Setting it to 1 reenables back the",
    "    default.",
    "SLEEP <seconds>",
    "    Stop the server for <seconds>. Decimals allowed.",
    "STRINGMATCH-TEST",
    "    Run a fuzz tester against the glob matcher.",
];

fn unknown(args: Args<'_>) -> Fail {
    let name = args.get(1);
    let name = quoted(&name[..name.len().min(128)]);
    Fail::text_of(format!("ERR unknown subcommand or wrong number of arguments for '{name}'. Try DEBUG HELP."))
}

fn set_active_expire(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let on = atoi(args.get(2)) != 0;
    step.each_data(|data| data.active_expire = on);
    step.reply.ok();
    Ok(())
}

/// C's `atoi`: blanks, a sign, digits, and whatever follows.
fn atoi(arg: &[u8]) -> i64 {
    let blanks = arg.iter().take_while(|c| matches!(c, b' ' | b'\t'..=b'\r')).count();
    let (sign, digits) = match &arg[blanks..] {
        [b'-', digits @ ..] => (-1, digits),
        [b'+', digits @ ..] => (1, digits),
        digits => (1, digits),
    };
    let digits = digits.iter().take_while(|c| c.is_ascii_digit());
    sign * digits.fold(0i64, |n, c| n.saturating_mul(10).saturating_add(i64::from(c - b'0')))
}

/// Whatever has expired is shown, too. The address is that of the key.
fn object(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let (key, db, now) = (step.key(args, 2), step.db(), step.clock);
    let fast = args.len() == 4 && args.is(3, "fast");
    let entry = step.data(key.slot).keyspace.get(db, &key).ok_or(Fail::NoSuchKey)?;
    let mut line = format!("Value at:{:p} refcount:1 encoding:{}", entry.key().as_ptr(), encoding_name(&entry));
    if let (false, Some(len)) = (fast, serialized_len(&entry)) {
        let _ = write!(line, " serializedlength:{len}");
    }
    let _ = write!(line, " lru:{} lru_seconds_idle:{}", entry.lru(), idle_seconds(entry.lru(), now));
    step.reply.simple(&line);
    Ok(())
}

/// Bytes of a string in an RDB file that is not compressed; unknown for a module's value.
fn serialized_len(entry: &Entry<'_>) -> Option<usize> {
    let with_length = |len: usize| match len {
        0..64 => 1 + len,
        64..16384 => 2 + len,
        _ => 5 + len,
    };
    Some(match entry.value() {
        Value::Int(n) if i8::try_from(n).is_ok() => 2,
        Value::Int(n) if i16::try_from(n).is_ok() => 3,
        Value::Int(n) if i32::try_from(n).is_ok() => 5,
        Value::Int(n) => with_length(n.to_string().len()),
        Value::Bytes(bytes) => with_length(bytes.len()),
        Value::Object(_) => return None,
    })
}

/// Matches random texts with random patterns.
fn stringmatch_test(step: &mut Step<'_>) -> Outcome {
    const ROUNDS: usize = 20_000;
    let mut bytes = [0; 64];
    for _ in 0..ROUNDS {
        let (pattern, text) = bytes.split_at_mut(32);
        pattern.fill_with(|| *step.rng.choice(b"**?[]^-\\ab\xff").unwrap_or(&b'*'));
        text.fill_with(|| step.rng.u8(..));
        glob::matches_nocase(&pattern[..step.rng.usize(..32)], &text[..step.rng.usize(..32)]);
    }
    step.reply.simple("Apparently the server did not crash: test passed");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::atoi;
    use crate::cmd::generic::testing::{expiring, foreign, string};
    use crate::cmd::testing::{Server, on_shards};

    #[test]
    fn active_expiry_is_switched_on_every_shard() {
        on_shards(|s| {
            for (arg, on) in [("0", false), ("1", true), ("foo", false), ("2", true), ("-1x", true)] {
                s.run(&format!("DEBUG SET-ACTIVE-EXPIRE {arg}")).replies("+OK");
                assert!(s.shards().iter().all(|data| data.active_expire == on), "{arg}");
            }
        });
        assert_eq!([atoi(b" \t+12x"), atoi(b"-7"), atoi(b""), atoi(b"x1")], [12, -7, 0, 0]);
    }

    #[test]
    fn object_tells_what_it_knows() {
        on_shards(|s| {
            let check = |s: &mut Server, key: &str, fast: &str, want: &str| {
                let answer = s.run(&format!("DEBUG OBJECT {key} {fast}"));
                let (address, rest) = answer.text().split_once(" refcount").unwrap();
                assert!(address.starts_with("+Value at:0x"), "{address}");
                assert_eq!(rest, format!(":1 encoding:{want} lru:5501184 lru_seconds_idle:0|"));
            };
            for (value, want) in [
                ("5", "int serializedlength:2"),
                ("-5", "int serializedlength:2"),
                ("1000", "int serializedlength:3"),
                ("50000", "int serializedlength:5"),
                ("5000000000", "int serializedlength:11"),
                ("99999999999999999", "int serializedlength:18"),
                ("abc", "embstr serializedlength:4"),
            ] {
                string(s, "a", value);
                check(s, "a", "", want);
            }
            string(s, "a", "abc");
            check(s, "a", "fast", "embstr");
            check(s, "a", "whatever", "embstr serializedlength:4");
            foreign(s, "f");
            check(s, "f", "", "raw");
            expiring(s, "e", "x", -10);
            check(s, "e", "fast", "embstr");
            s.run("DEBUG OBJECT z").fails("ERR no such key");
        });
    }

    #[test]
    fn what_is_not_here() {
        on_shards(|s| {
            for line in
                ["FOO", "SET-ACTIVE-EXPIRE", "SET-ACTIVE-EXPIRE 1 2", "OBJECT", "OBJECT a fast x", "HELP x", "JMAP"]
            {
                let name = line.split(' ').next().unwrap();
                let want = format!("ERR unknown subcommand or wrong number of arguments for '{name}'. Try DEBUG HELP.");
                s.run(&format!("DEBUG {line}")).fails(&want);
            }
            s.run("DEBUG SLEEP 0").fails("ERR DEBUG SLEEP is not a step: the server that runs steps sleeps");
            s.run("DEBUG STRINGMATCH-TEST").replies("+Apparently the server did not crash: test passed");
            let help = s.run("DEBUG HELP");
            assert!(
                help.text().starts_with("*19|+DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:|+OBJECT")
            );
            assert!(help.text().ends_with("|+HELP|+    Print this help.|"));
        });
    }
}
