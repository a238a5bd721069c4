//! LCS: the longest common subsequence of two strings.

use super::string_bytes;
use crate::cmd::int_arg;
use crate::fail::{Fail, Outcome};
use crate::keyspace::INTEGER_LEN_MAX;
use crate::resp::{Args, Reply};
use crate::step::Step;

/// Longest string that it takes.
const LEN_MAX: usize = u32::MAX as usize - 2;

/// `LCS key1 key2 [LEN] [IDX] [MINMATCHLEN len] [WITHMATCHLEN]`
pub(super) fn lcs(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let (a, b) = (string(step, args, 1), string(step, args, 2));
    let (Some(a), Some(b)) = (a, b) else {
        return Err(Fail::text_of("ERR The specified keys must contain string values"));
    };
    let options = Options::parse(args)?;
    let table = Table::new(&a, &b, step.config.proto_max_bulk_len as usize)?;
    match options {
        Options { indexes: true, .. } => reply_matches(&mut step.reply, &table, &options),
        Options { len: true, .. } => step.reply.int(table.len().into()),
        _ => step.reply.bulk(&table.string()),
    }
    Ok(())
}

/// A copy of the string at argument `i`, since both are needed at once; `None` for another type.
fn string(step: &mut Step<'_>, args: Args<'_>, i: usize) -> Option<Vec<u8>> {
    let key = step.key(args, i);
    let Some(entry) = step.read(&key) else { return Some(Vec::new()) };
    string_bytes(entry.value(), &mut [0; INTEGER_LEN_MAX]).ok().map(<[u8]>::to_vec)
}

#[derive(Default)]
struct Options {
    len: bool,
    indexes: bool,
    with_match_len: bool,
    match_len_min: i64,
}

impl Options {
    fn parse(args: Args<'_>) -> Result<Self, Fail> {
        let mut options = Self::default();
        let mut i = 3;
        while i < args.len() {
            if args.is(i, "IDX") {
                options.indexes = true;
            } else if args.is(i, "LEN") {
                options.len = true;
            } else if args.is(i, "WITHMATCHLEN") {
                options.with_match_len = true;
            } else if args.is(i, "MINMATCHLEN") && i + 1 < args.len() {
                i += 1;
                options.match_len_min = int_arg(args, i)?;
            } else {
                return Err(Fail::Syntax);
            }
            i += 1;
        }
        if options.len && options.indexes {
            let text = "ERR If you want both the length and indexes, please just use IDX.";
            return Err(Fail::text_of(text));
        }
        Ok(options)
    }
}

/// For each pair of prefixes, how long their longest common subsequence is.
struct Table<'a> {
    a: &'a [u8],
    b: &'a [u8],
    lens: Vec<u32>,
}

impl<'a> Table<'a> {
    fn new(a: &'a [u8], b: &'a [u8], bytes_max: usize) -> Result<Self, Fail> {
        if a.len() > LEN_MAX || b.len() > LEN_MAX {
            return Err(Fail::text_of("ERR String too long for LCS"));
        }
        let cells = (a.len() + 1).checked_mul(b.len() + 1).filter(|cells| *cells <= bytes_max / size_of::<u32>());
        let cells = cells
            .ok_or(Fail::text_of("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"))?;
        let mut lens = vec![0; cells];
        let width = b.len() + 1;
        for (i, x) in a.iter().enumerate() {
            let (above, row) = lens[i * width..][..2 * width].split_at_mut(width);
            for (j, y) in b.iter().enumerate() {
                row[j + 1] = if x == y { above[j] + 1 } else { above[j + 1].max(row[j]) };
            }
        }
        Ok(Self { a, b, lens })
    }

    /// The longest common subsequence of the first `i` bytes of one and the first `j` of the other.
    fn at(&self, i: usize, j: usize) -> u32 {
        self.lens[i * (self.b.len() + 1) + j]
    }

    fn len(&self) -> u32 {
        self.at(self.a.len(), self.b.len())
    }

    /// Where bytes of the subsequence are in both strings, the last first.
    fn pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        let (mut i, mut j) = (self.a.len(), self.b.len());
        std::iter::from_fn(move || {
            while i > 0 && j > 0 {
                if self.a[i - 1] == self.b[j - 1] {
                    i -= 1;
                    j -= 1;
                    return Some((i, j));
                } else if self.at(i - 1, j) > self.at(i, j - 1) {
                    i -= 1;
                } else {
                    j -= 1;
                }
            }
            None
        })
    }

    fn string(&self) -> Vec<u8> {
        let mut bytes: Vec<u8> = self.pairs().map(|(i, _)| self.a[i]).collect();
        bytes.reverse();
        bytes
    }

    /// Stretches that are in both strings, the last first: where they begin, and how long they are.
    fn matches(&self) -> Vec<(usize, usize, usize)> {
        let mut matches: Vec<(usize, usize, usize)> = Vec::new();
        for (i, j) in self.pairs() {
            match matches.last_mut() {
                Some(last) if (last.0, last.1) == (i + 1, j + 1) => *last = (i, j, last.2 + 1),
                _ => matches.push((i, j, 1)),
            }
        }
        matches
    }
}

fn reply_matches(reply: &mut Reply<'_>, table: &Table<'_>, options: &Options) {
    let mut matches = table.matches();
    matches.retain(|(_, _, len)| *len as i64 >= options.match_len_min);
    reply.map(2);
    reply.bulk(b"matches");
    reply.array(matches.len());
    for (i, j, len) in matches {
        reply.array(2 + usize::from(options.with_match_len));
        for start in [i, j] {
            reply.array(2);
            reply.int(start as i64);
            reply.int((start + len - 1) as i64);
        }
        if options.with_match_len {
            reply.int(len as i64);
        }
    }
    reply.bulk(b"len");
    reply.int(table.len().into());
}
