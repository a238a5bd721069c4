//! Counting and finding bits in a range of a string.

use std::ops::Range;

const WORD_BYTES: usize = size_of::<u64>();

/// How many bits of this range are set.
pub(super) fn count(bytes: &[u8], bits: Range<usize>) -> u64 {
    let Some((first, last)) = edges(&bits) else { return 0 };
    let part = &bytes[first.byte..=last.byte];
    let outside = |mask: u8, byte: usize| u64::from((bytes[byte] & !mask).count_ones());
    count_all(part) - outside(first.mask, first.byte) - outside(last.mask, last.byte)
}

/// Where the first bit of this value in the range is.
pub(super) fn find(bytes: &[u8], bits: Range<usize>, value: bool) -> Option<usize> {
    let (first, last) = edges(&bits)?;
    // A byte without such a bit; what differs from it has one.
    let dull = if value { 0 } else { 0xff };
    let at = |byte: usize, mask: u8| {
        let bits = (bytes[byte] ^ dull) & mask;
        (bits != 0).then(|| byte * 8 + bits.leading_zeros() as usize)
    };
    if first.byte == last.byte {
        return at(first.byte, first.mask & last.mask);
    }
    let middle = first.byte + 1;
    at(first.byte, first.mask)
        .or_else(|| skip(&bytes[middle..last.byte], dull).and_then(|skipped| at(middle + skipped, 0xff)))
        .or_else(|| at(last.byte, last.mask))
}

/// A byte at the edge of a range, and its bits that are in the range on this side.
struct Edge {
    byte: usize,
    mask: u8,
}

fn edges(bits: &Range<usize>) -> Option<(Edge, Edge)> {
    let last = bits.end.checked_sub(1).filter(|last| bits.start <= *last)?;
    let first = Edge { byte: bits.start / 8, mask: 0xff >> (bits.start % 8) };
    Some((first, Edge { byte: last / 8, mask: !(0x7f >> (last % 8)) }))
}

fn count_all(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<WORD_BYTES>();
    let words: u64 = words.iter().map(|word| u64::from(u64::from_ne_bytes(*word).count_ones())).sum();
    words + rest.iter().map(|byte| u64::from(byte.count_ones())).sum::<u64>()
}

/// How many bytes are `dull` before the first that is not.
fn skip(bytes: &[u8], dull: u8) -> Option<usize> {
    let (words, _) = bytes.as_chunks::<WORD_BYTES>();
    let skipped = WORD_BYTES * words.iter().take_while(|word| **word == [dull; WORD_BYTES]).count();
    bytes[skipped..].iter().position(|byte| *byte != dull).map(|more| skipped + more)
}
