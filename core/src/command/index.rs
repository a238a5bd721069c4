//! Names to ids. Names are compared lowered, and packed into words.

use super::table::CommandId;

/// Names to ids: an open-addressing table of short tags, and the names that the tags stand for.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// 16 bits of the hash, then id + 1; 0 is free. Its length is a power of two, more than twice the names.
    tags: Vec<u32>,
    /// By id.
    names: Vec<PackedName>,
    /// Names that can't be packed.
    long: Vec<(Box<[u8]>, Option<CommandId>, CommandId)>,
}

impl Index {
    /// How many names there can be: ids are 16 bits, and 0 is taken.
    pub(super) const ITEMS_MAX: usize = u16::MAX as usize - 1;

    /// An empty index for ids below `items`.
    pub(super) fn with_room_for(items: usize) -> Self {
        let len = (2 * items + 1).next_power_of_two();
        Self { tags: vec![0; len], names: vec![PackedName::default(); items], long: Vec::new() }
    }

    /// The id of `name` in `container`, or at the top.
    #[inline]
    pub(super) fn find(&self, name: &[u8], container: Option<CommandId>) -> Option<CommandId> {
        let Some(packed) = PackedName::new(name, container) else {
            return self.find_long(name, container);
        };
        let hash = packed.hash();
        let mut at = hash as usize;
        loop {
            let tag = *self.tags.get(at & self.tags.len().wrapping_sub(1))?;
            if tag == 0 {
                return None;
            }
            if (tag ^ (hash >> 32) as u32) >> 16 == 0 {
                let id = CommandId::new((tag as u16) - 1);
                if self.names[id.index()].is(&packed) {
                    return Some(id);
                }
            }
            at += 1;
        }
    }

    #[cold]
    fn find_long(&self, name: &[u8], container: Option<CommandId>) -> Option<CommandId> {
        let found = self.long.iter().find(|(n, c, _)| n.eq_ignore_ascii_case(name) && *c == container);
        found.map(|(_, _, id)| *id)
    }

    /// False if the name is there already; it isn't put in then.
    pub(super) fn insert(&mut self, name: &[u8], container: Option<CommandId>, id: CommandId) -> bool {
        if self.find(name, container).is_some() {
            return false;
        }
        let Some(packed) = PackedName::new(name, container) else {
            self.long.push((name.into(), container, id));
            return true;
        };
        let hash = packed.hash();
        let mut at = hash as usize;
        while self.tags[at & (self.tags.len() - 1)] != 0 {
            at += 1;
        }
        let mask = self.tags.len() - 1;
        self.tags[at & mask] = ((hash >> 32) as u32 & 0xffff_0000) | (id.index() as u32 + 1);
        self.names[id.index()] = packed;
        true
    }
}

/// The longest name that can be packed, in bytes.
const NAME_LEN_MAX: usize = 32;

/// A name of at most [`NAME_LEN_MAX`] bytes in lower case, and the container that it is looked for in.
#[derive(Clone, Copy, Debug, Default)]
struct PackedName {
    words: [u64; 4],
    /// The container's id + 1, or 0 at the top; then the length.
    scope: u32,
}

impl PackedName {
    /// Packs `name`; `None` if it is too long.
    #[inline]
    fn new(name: &[u8], container: Option<CommandId>) -> Option<Self> {
        if name.len() > NAME_LEN_MAX {
            return None;
        }
        // Constant positions, so that the words stay in registers.
        let part = |at: usize| match name.get(at..) {
            Some(rest) => lower(word(&rest[..rest.len().min(8)])),
            None => 0,
        };
        let words = match name.len() {
            0..=8 => [part(0), 0, 0, 0],
            9..=16 => [part(0), part(8), 0, 0],
            _ => [part(0), part(8), part(16), part(24)],
        };
        let scope = container.map_or(0, |id| id.index() as u32 + 1) << 8 | name.len() as u32;
        Some(Self { words, scope })
    }

    /// Whether the two are the same. Word by word: a comparison as bytes would wait for the words to be stored.
    #[inline]
    fn is(&self, other: &Self) -> bool {
        let [a, b, c, d] = self.words;
        let [e, f, g, h] = other.words;
        (a ^ e) | (b ^ f) | (c ^ g) | (d ^ h) | u64::from(self.scope ^ other.scope) == 0
    }

    /// A hash whose upper bits are good too.
    #[inline]
    fn hash(&self) -> u64 {
        let [a, b, c, d] = self.words;
        let folded = a ^ b.rotate_left(17) ^ c.rotate_left(31) ^ d.rotate_left(47);
        let product = u128::from(folded ^ u64::from(self.scope).rotate_left(40)) * 0x9e37_79b9_7f4a_7c15_u128;
        product as u64 ^ (product >> 64) as u64
    }
}

/// At most eight bytes as a number, as if zeros followed them.
#[inline]
fn word(bytes: &[u8]) -> u64 {
    let len = bytes.len();
    if let Some(eight) = bytes.first_chunk::<8>() {
        u64::from_le_bytes(*eight)
    } else if let (Some(head), Some(tail)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        // The two overlap; the common bytes are the same in both.
        let (head, tail) = (u32::from_le_bytes(*head), u32::from_le_bytes(*tail));
        u64::from(head) | u64::from(tail) << (8 * (len - 4))
    } else if len == 0 {
        0
    } else {
        // 1 to 3 bytes: the first, the middle and the last are all of them.
        u64::from(bytes[0])
            | u64::from(bytes[len / 2]) << (8 * (len / 2))
            | u64::from(bytes[len - 1]) << (8 * (len - 1))
    }
}

/// Lowers the ASCII capitals among eight bytes.
#[inline]
fn lower(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let low_bits = word & (0x7f * ONES);
    let above_z = low_bits + (0x7f - u64::from(b'Z')) * ONES;
    let from_a = low_bits + (0x80 - u64::from(b'A')) * ONES;
    let capital = (from_a ^ above_z) & !word & (0x80 * ONES);
    word | capital >> 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packs_as_lowering_byte_by_byte_does() {
        let mut seed = 1u64;
        for _ in 0..100_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let len = (seed >> 33) as usize % (NAME_LEN_MAX + 1);
            let name: Vec<u8> = (0..len).map(|i| (seed >> (i % 8 * 8)) as u8 ^ i as u8).collect();
            let mut expected = [0; NAME_LEN_MAX];
            expected[..len].copy_from_slice(&name.to_ascii_lowercase());
            let packed = PackedName::new(&name, None).unwrap();
            let bytes: Vec<u8> = packed.words.iter().flat_map(|w| w.to_le_bytes()).collect();
            assert_eq!(bytes, expected, "{name:?}");
        }
    }

    #[test]
    fn tells_lengths_and_containers_apart() {
        let get = PackedName::new(b"get", None).unwrap();
        let is = |name: &[u8], container| PackedName::new(name, container).unwrap().is(&get);
        assert!(is(b"GeT", None));
        assert!(!is(b"get\0", None));
        assert!(!is(b"get", Some(CommandId::new(0))));
        assert!(PackedName::new(&[b'x'; NAME_LEN_MAX + 1], None).is_none());
    }
}
