//! Walks over a table: all of it, by a cursor that survives growth and shrinking, or at random.

use super::bucket;
use super::layout::EntryPtr;
use super::table::Table;

/// Buckets that a random choice tries before it takes the next best entry.
const RANDOM_TRIES_MAX: usize = 256;
/// Chains up to this length are chosen from without bias.
const CHAIN_FAIR: u64 = 16;

impl Table {
    /// Hands each entry to `each`.
    pub(super) fn for_each(&self, each: &mut dyn FnMut(EntryPtr)) {
        for index in 0..self.buckets() {
            // SAFETY: the bucket is initialised, and nobody changes the table while it is borrowed.
            unsafe {
                bucket::prefetch_entries(self.bucket(index));
                bucket::for_each(self.bucket(index), each);
            }
        }
    }

    /// Hands the entries at a scan position to `each`, and returns the next position; 0 is the first, and
    /// as an answer it means that there are no more.
    ///
    /// A position is a number of low bits of the hash, and what is visited there is all entries whose hash
    /// ends in them: one bucket, or two if it has been split in this round of growth. Positions are counted
    /// up from the highest bit down (reverse binary), so the classes of a larger table are visited in the same order
    /// as those of a smaller one that they are part of: what was passed stays passed, whether the table grows
    /// or shrinks. Shrinking may bring entries up twice, and nothing is left out.
    pub(super) fn visit_position(&self, position: u64, each: &mut dyn FnMut(EntryPtr)) -> u64 {
        let n = self.buckets();
        if n == 0 {
            return 0;
        }
        let level = 1usize << n.ilog2();
        let low = position as usize & (level - 1);
        for index in [low, low + level] {
            if index < n {
                // SAFETY: the bucket is initialised, and nobody changes the table while it is borrowed.
                unsafe {
                    bucket::prefetch_entries(self.bucket(index));
                    bucket::for_each(self.bucket(index), each);
                }
            }
        }
        let ones_above = position | !(level as u64 - 1);
        ones_above.reverse_bits().wrapping_add(1).reverse_bits()
    }

    /// An entry at random, all with the same chance but for those in chains of more than 16 entries.
    /// `below(n)` returns a uniform number below `n`.
    pub(super) fn random(&self, below: &mut impl FnMut(u64) -> u64) -> Option<EntryPtr> {
        if self.len() == 0 {
            return None;
        }
        // A bucket is accepted with a chance in proportion to its entries.
        for _ in 0..RANDOM_TRIES_MAX {
            let head = self.bucket(below(self.buckets() as u64) as usize);
            // SAFETY: the bucket is initialised, and nobody changes the table while it is borrowed; the
            // index is within the chain.
            unsafe {
                let len = bucket::chain_len(head) as u64;
                let index = below(len.max(CHAIN_FAIR));
                if index < len {
                    return Some(bucket::nth(head, index as usize));
                }
            }
        }
        self.first_after(below(self.buckets() as u64) as usize)
    }

    /// The first entry of the first bucket that isn't empty, from `start` on and round.
    fn first_after(&self, start: usize) -> Option<EntryPtr> {
        let n = self.buckets();
        (0..n)
            .map(|step| self.bucket((start + step) % n))
            // SAFETY: the buckets are initialised, and nobody changes the table while it is borrowed.
            .find(|head| unsafe { head.as_ref() }.len() > 0)
            // SAFETY: as above, and the bucket is not empty.
            .map(|head| unsafe { bucket::nth(head, 0) })
    }
}
