//! How a value is encoded, as `OBJECT ENCODING` and `DEBUG OBJECT` tell it.
//!
//! Stock answers `int` for a string that was stored as the canonical form of an integer, and else `embstr` or `raw`.
//! It embeds a value that is stored as a whole (SET and the like, APPEND to no key) in the key's allocation if that
//! stays within 128 bytes: 8 for the object, 1 for the key's offset, the key with its header (2 bytes if it is
//! shorter than 32 bytes, else 4), the value with 4 more. The expiry doesn't count. A value that was changed in
//! place (APPEND, SETRANGE, SETBIT, BITFIELD, PFADD) is raw, as are its copies, and stays so under another name.
//!
//! This keyspace embeds more than that (256 bytes), so a value in a block of its own was either too long for stock,
//! too, or was changed in place: the answers are the same, but for what stock remembers and we don't:
//! - a value at most 8 bytes below the limit that replaced one of a key with an expiry is raw in stock;
//! - a value that was too long beside its key stays raw in stock when RENAME makes the key shorter.

use crate::keyspace::{Encoding, Entry, Value};

/// The most that stock gives to an embedded value, its key, and the key's header.
const EMBEDDED_MAX: usize = 128 - 8 - 1 - 4;

/// The encoding's name.
pub(in crate::cmd) fn encoding_name(entry: &Entry<'_>) -> &'static str {
    match (entry.encoding(), entry.value()) {
        (Encoding::Int, _) => "int",
        (Encoding::Embedded, Value::Bytes(bytes)) if stock_embeds(entry.key().len(), bytes.len()) => "embstr",
        _ => "raw",
    }
}

fn stock_embeds(key: usize, value: usize) -> bool {
    let header = if key < 32 { 2 } else { 4 };
    header + key + value <= EMBEDDED_MAX
}

#[cfg(test)]
mod tests {
    use super::stock_embeds;
    use crate::cmd::generic::testing::{append, expiring, string};
    use crate::cmd::testing::on_shards;

    /// Longest embedded value beside a key, as stock answered; `None`: not even one byte.
    const STOCK: &[(usize, Option<usize>)] = &[
        (1, Some(112)),
        (3, Some(110)),
        (8, Some(105)),
        (16, Some(97)),
        (31, Some(82)),
        (32, Some(79)),
        (50, Some(61)),
        (64, Some(47)),
        (90, Some(21)),
        (100, Some(11)),
        (110, Some(1)),
        (120, None),
        (300, None),
    ];

    #[test]
    fn the_limit_is_that_of_stock() {
        for &(key, longest) in STOCK {
            let ours = (1..=200).filter(|&len| stock_embeds(key, len)).max();
            assert_eq!(ours, longest, "key of {key} bytes");
        }
    }

    #[test]
    fn strings_by_length_and_by_change() {
        on_shards(|s| {
            let mut check = |value: &str, want: &str| {
                string(s, "k", value);
                s.run("OBJECT ENCODING k").replies(want);
                expiring(s, "k", value, 1000);
                s.run("OBJECT ENCODING k").replies(want);
            };
            check("12", "$3|int");
            check("9223372036854775807", "$3|int");
            check("9223372036854775808", "$6|embstr");
            check("01", "$6|embstr");
            check("", "$6|embstr");
            check(&"x".repeat(112), "$6|embstr");
            check(&"x".repeat(113), "$3|raw");
            check(&"x".repeat(1000), "$3|raw");
            string(s, "k", "12");
            append(s, "k", "3");
            s.run("OBJECT ENCODING k").replies("$3|raw");
            s.run("RENAME k z").replies("+OK");
            s.run("EXPIRE z 100").replies(":1");
            s.run("OBJECT ENCODING z").replies("$3|raw");
        });
    }
}
