//! Functions that find the keys of commands whose specs don't tell them all.
//!
//! Where stock's function leaves the flags out, so do these: the specs tell them whenever they apply.

use super::keys::{ArgList, KeyError, KeyPos};
use super::{KeySpecFlags, SpecialKeys};

/// Adds the keys that `special` finds.
pub(super) fn find(
    special: SpecialKeys,
    args: &(impl ArgList + ?Sized),
    out: &mut Vec<KeyPos>,
) -> Result<(), KeyError> {
    match special {
        SpecialKeys::None => {}
        SpecialKeys::Callback => return Err(KeyError::AskModule),
        SpecialKeys::Counted { number, store } => counted(args, number.into(), store, out),
        SpecialKeys::BitField => bit_field(args, out),
        SpecialKeys::GeoRadius => geo_radius(args, out),
        SpecialKeys::Migrate => migrate(args, out),
        SpecialKeys::Set => set(args, out),
        SpecialKeys::Sort => sort(args, out),
        SpecialKeys::SortRo => push(out, 1, READ),
        SpecialKeys::XRead => x_read(args, out),
    }
    Ok(())
}

const NO_FLAGS: KeySpecFlags = KeySpecFlags::empty();
const READ: KeySpecFlags = KeySpecFlags::RO.union(KeySpecFlags::ACCESS);
const OVERWRITE: KeySpecFlags = KeySpecFlags::OW.union(KeySpecFlags::UPDATE);
const READ_AND_UPDATE: KeySpecFlags = KeySpecFlags::RW.union(KeySpecFlags::ACCESS).union(KeySpecFlags::UPDATE);
const READ_AND_DELETE: KeySpecFlags = KeySpecFlags::RW.union(KeySpecFlags::ACCESS).union(KeySpecFlags::DELETE);

fn push(out: &mut Vec<KeyPos>, index: usize, flags: KeySpecFlags) {
    out.push(KeyPos { index: index as u32, flags });
}

fn is(args: &(impl ArgList + ?Sized), at: usize, word: &str) -> bool {
    args.get(at).eq_ignore_ascii_case(word.as_bytes())
}

/// The argument at `at` as a number: all of it, written as the server would write it.
pub(super) fn integer(args: &(impl ArgList + ?Sized), at: usize) -> Option<i64> {
    if at >= args.len() {
        return None;
    }
    let text = str::from_utf8(args.get(at)).ok()?;
    let digits = text.strip_prefix('-').unwrap_or(text);
    let canonical = text == "0" || digits.starts_with(|c: char| ('1'..='9').contains(&c));
    if canonical { text.parse().ok() } else { None }
}

/// The number that the text begins with, or 0: spaces, a sign, digits, and whatever.
fn leading_integer(text: &[u8]) -> i64 {
    let text = text.trim_ascii_start();
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let digits = digits.iter().take_while(|c| c.is_ascii_digit());
    let value = digits.fold(0i64, |n, c| n.saturating_mul(10).saturating_add(i64::from(c - b'0')));
    if negative { -value } else { value }
}

/// `EVAL script 2 k1 k2`, `ZUNIONSTORE dst 2 k1 k2`: reached when the number isn't written properly or is
/// more than the keys.
fn counted(args: &(impl ArgList + ?Sized), number: usize, store: bool, out: &mut Vec<KeyPos>) {
    if number >= args.len() {
        return;
    }
    let first = number + 1;
    let count = leading_integer(args.get(number));
    let Ok(count @ 1..) = usize::try_from(count) else {
        return;
    };
    if count > args.len() - first {
        return;
    }
    (first..first + count).for_each(|index| push(out, index, NO_FLAGS));
    if store {
        push(out, 1, NO_FLAGS);
    }
}

/// `BITFIELD key [GET enc off | [OVERFLOW kind] SET enc off val | INCRBY enc off n] ...`: reads only if there
/// are gets only. What can't be parsed counts as a write.
fn bit_field(args: &(impl ArgList + ?Sized), out: &mut Vec<KeyPos>) {
    let mut at = 2;
    while at < args.len() {
        let rest = args.len() - at - 1;
        at += match () {
            () if is(args, at, "get") && rest >= 2 => 3,
            () if is(args, at, "overflow") && rest >= 1 => 2,
            () => return push(out, 1, READ_AND_UPDATE),
        };
    }
    push(out, 1, READ);
}

/// `GEORADIUS key ... [STORE key] [STOREDIST key]`: the last destination counts.
fn geo_radius(args: &(impl ArgList + ?Sized), out: &mut Vec<KeyPos>) {
    push(out, 1, READ);
    let mut store = None;
    let mut at = 5;
    while at + 1 < args.len() {
        if is(args, at, "store") || is(args, at, "storedist") {
            store = Some(at + 1);
            at += 1;
        }
        at += 1;
    }
    if let Some(store) = store {
        push(out, store, OVERWRITE);
    }
}

/// `MIGRATE host port key|"" db timeout [COPY] [REPLACE] [AUTH p] [AUTH2 u p] [KEYS key ...]`: with a key
/// before and `KEYS`, it is a syntax error, and there are none.
fn migrate(args: &(impl ArgList + ?Sized), out: &mut Vec<KeyPos>) {
    let mut at = 6;
    while at < args.len() {
        if is(args, at, "keys") {
            if args.get(3).is_empty() {
                (at + 1..args.len()).for_each(|index| push(out, index, READ_AND_DELETE));
            }
            return;
        }
        at += match () {
            () if is(args, at, "auth") => 2,
            () if is(args, at, "auth2") => 3,
            () => 1,
        };
    }
    push(out, 3, READ_AND_DELETE);
}

/// `SET key value [GET] ...`
fn set(args: &(impl ArgList + ?Sized), out: &mut Vec<KeyPos>) {
    let gets = (3..args.len()).any(|at| is(args, at, "get"));
    push(out, 1, if gets { READ_AND_UPDATE } else { OVERWRITE });
}

/// `SORT key [BY p] [LIMIT o n] [GET p ...] [STORE key] ...`: the last destination counts.
fn sort(args: &(impl ArgList + ?Sized), out: &mut Vec<KeyPos>) {
    push(out, 1, READ);
    let mut store = None;
    let mut at = 2;
    while at < args.len() {
        at += match () {
            () if is(args, at, "limit") => 3,
            () if is(args, at, "get") || is(args, at, "by") => 2,
            () => {
                if is(args, at, "store") && at + 1 < args.len() {
                    store = Some(at + 1);
                }
                1
            }
        };
    }
    if let Some(store) = store {
        push(out, store, OVERWRITE);
    }
}

/// `XREAD [COUNT n] [BLOCK ms] STREAMS key ... id ...`, with `GROUP g c` and `NOACK` for `XREADGROUP`.
fn x_read(args: &(impl ArgList + ?Sized), out: &mut Vec<KeyPos>) {
    let mut at = 1;
    while at < args.len() {
        at += match () {
            () if is(args, at, "block") || is(args, at, "count") => 2,
            () if is(args, at, "group") => 3,
            () if is(args, at, "noack") => 1,
            () if is(args, at, "streams") => {
                let rest = args.len() - at - 1;
                if rest.is_multiple_of(2) {
                    (at + 1..at + 1 + rest / 2).for_each(|index| push(out, index, NO_FLAGS));
                }
                return;
            }
            () => return,
        };
    }
}
