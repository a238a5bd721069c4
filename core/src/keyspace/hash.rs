//! The seeded hash of a key, which places it in its tables.

use std::fmt;
use std::hash::Hasher;

use foldhash::SharedSeed;
use foldhash::quality::FoldHasher;

/// Hashes keys under one seed. One process uses one seed, so that slots can move between shards.
#[derive(Clone)]
pub struct KeyHasher {
    seed: u64,
    /// Kept by value: half of what an attacker would have to know, derived from the seed.
    shared: SharedSeed,
}

impl KeyHasher {
    /// A hasher for `seed`, which should be random and secret. Making one costs some dozens of
    /// multiplications: keep it.
    pub const fn new(seed: u64) -> KeyHasher {
        KeyHasher { seed, shared: SharedSeed::from_u64(seed) }
    }

    /// The seed it was made with.
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// The 64-bit hash of `key`.
    #[inline]
    pub fn hash(&self, key: &[u8]) -> u64 {
        let mut hasher = FoldHasher::with_seed(self.seed, &self.shared);
        hasher.write(key);
        hasher.finish()
    }
}

impl fmt::Debug for KeyHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHasher")
    }
}
