//! One bucket of a table: a cache line with up to seven entries, or six and a link to an overflow bucket.
//!
//! ```text
//! offset  size
//!  0      7     fingerprints of the entries: 1-255, or 0 for an empty lane
//!  7      1     bit 0: chained, the last word is the link
//!  8      7x8   entries; lanes fill from the first, without gaps
//! ```
//!
//! In a chain all buckets but the last hold six entries, and the last of two or more holds at least two.

use std::ptr::{self, NonNull};

use super::arena::Arena;
use super::layout::EntryPtr;
use super::prefetch::prefetch;

/// Entries in a bucket without a link.
pub(super) const LANES: usize = 7;
/// Bytes of a bucket, and its alignment.
pub(super) const BUCKET_SIZE: usize = size_of::<Bucket>();
/// The lane whose word is the link of a chained bucket.
const LINK: usize = LANES - 1;
const CHAINED: u64 = 1 << 56;
/// The high bit of each lane's byte.
const HIGH_BITS: u64 = 0x0080_8080_8080_8080;
/// The low bit of each lane's byte.
const LOW_BITS: u64 = HIGH_BITS >> 7;
/// The other seven bits of each lane's byte.
const LOW_SEVENS: u64 = HIGH_BITS - LOW_BITS;

/// The byte of a hash that a bucket keeps: from the end that the bucket's index doesn't use, and not 0.
#[inline]
pub(super) fn fingerprint(hash: u64) -> u8 {
    ((hash >> 56) as u8).max(1)
}

/// A bucket; see the module.
#[repr(C, align(64))]
pub(super) struct Bucket {
    meta: u64,
    words: [*mut u8; LANES],
}

const _: () = assert!(BUCKET_SIZE == 64);

/// Where an entry is: valid until the table changes.
#[derive(Clone, Copy)]
pub(super) struct Place {
    bucket: NonNull<Bucket>,
    lane: usize,
}

/// Lanes as the high bits of their bytes.
struct Lanes(u64);

impl Iterator for Lanes {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        if self.0 == 0 {
            return None;
        }
        let lane = self.0.trailing_zeros() as usize / 8;
        self.0 &= self.0 - 1;
        Some(lane)
    }
}

/// The lanes whose byte is 0. Exact: no carry crosses bytes.
#[inline]
fn zero_lanes(x: u64) -> u64 {
    !(((x & LOW_SEVENS) + LOW_SEVENS) | x) & HIGH_BITS
}

impl Bucket {
    pub(super) const EMPTY: Bucket = Bucket { meta: 0, words: [ptr::null_mut(); LANES] };

    /// The lanes with this fingerprint; an empty or link lane has none.
    #[inline]
    fn matching(&self, fingerprint: u8) -> Lanes {
        Lanes(zero_lanes(self.meta ^ (u64::from(fingerprint) * LOW_BITS)))
    }

    /// Entries in this bucket alone.
    #[inline]
    pub(super) fn len(&self) -> usize {
        LANES - zero_lanes(self.meta).count_ones() as usize
    }

    /// The bucket that this one links to.
    #[inline]
    pub(super) fn overflow(&self) -> Option<NonNull<Bucket>> {
        if self.meta & CHAINED == 0 {
            return None;
        }
        NonNull::new(self.words[LINK].cast())
    }

    /// The entry in a lane that is not empty.
    #[inline]
    pub(super) fn entry(&self, lane: usize) -> EntryPtr {
        debug_assert!(lane < self.len());
        // SAFETY: the words of the first `len` lanes are entries' words; only `set` writes them.
        unsafe { EntryPtr::from_word(self.words[lane]) }
    }

    /// The entries of this bucket alone.
    #[inline]
    pub(super) fn entries(&self) -> impl Iterator<Item = EntryPtr> + '_ {
        (0..self.len()).map(|lane| self.entry(lane))
    }

    /// Asks for the memory of the entries with this fingerprint.
    #[inline]
    pub(super) fn prefetch_matching(&self, fingerprint: u8) {
        for lane in self.matching(fingerprint) {
            // An entry with a short value takes two lines; asking for one that isn't there does no harm.
            prefetch(self.words[lane]);
            prefetch(self.words[lane].wrapping_add(64));
        }
    }

    #[inline]
    fn set(&mut self, lane: usize, fingerprint: u8, entry: EntryPtr) {
        debug_assert!(fingerprint != 0);
        let shift = lane * 8;
        self.meta = (self.meta & !(0xff << shift)) | u64::from(fingerprint) << shift;
        self.words[lane] = entry.into_word();
    }

    /// Takes the last lane's entry out of a bucket that isn't empty.
    fn pop(&mut self) -> (u8, EntryPtr) {
        let lane = self.len() - 1;
        let entry = self.entry(lane);
        let shift = lane * 8;
        let fingerprint = (self.meta >> shift) as u8;
        self.meta &= !(0xff << shift);
        (fingerprint, entry)
    }
}

impl Place {
    /// The entry.
    #[inline]
    pub(super) fn entry(self) -> EntryPtr {
        // SAFETY: a place is used only while the table is unchanged, so the bucket is live.
        unsafe { self.bucket.as_ref().entry(self.lane) }
    }

    /// Puts an entry with the same key in the place of the other.
    #[inline]
    pub(super) fn replace(mut self, entry: EntryPtr) {
        // SAFETY: as above; whoever has a place of a table has the table exclusively when it writes.
        unsafe { self.bucket.as_mut().words[self.lane] = entry.into_word() };
    }
}

/// A walk over the buckets of a chain.
struct Chain(Option<NonNull<Bucket>>);

impl Iterator for Chain {
    type Item = NonNull<Bucket>;

    #[inline]
    fn next(&mut self) -> Option<NonNull<Bucket>> {
        let bucket = self.0?;
        // SAFETY: the chain's buckets are live while it is walked (duty of the functions below).
        self.0 = unsafe { bucket.as_ref() }.overflow();
        Some(bucket)
    }
}

/// Finds the entry of the chain that has this fingerprint and that `is_it` recognises.
///
/// # Safety
/// `head` is a live bucket of a table that nobody changes meanwhile.
#[inline]
pub(super) unsafe fn find(
    head: NonNull<Bucket>,
    fingerprint: u8,
    mut is_it: impl FnMut(EntryPtr) -> bool,
) -> Option<Place> {
    let mut bucket = head;
    loop {
        // SAFETY: live by the caller; links lead to live buckets.
        let this = unsafe { bucket.as_ref() };
        for lane in this.matching(fingerprint) {
            if is_it(this.entry(lane)) {
                return Some(Place { bucket, lane });
            }
        }
        bucket = this.overflow()?;
    }
}

/// Adds an entry at the end of the chain.
///
/// # Safety
/// `head` is a live bucket, and its chain is exclusive.
pub(super) unsafe fn insert(head: NonNull<Bucket>, fingerprint: u8, entry: EntryPtr, arena: &Arena) {
    // SAFETY: live and exclusive by the caller, so are its overflow buckets; the new bucket is written
    // whole before it is linked.
    unsafe {
        let last = Chain(Some(head)).last().unwrap_or(head).as_mut();
        let len = last.len();
        if len < LANES {
            return last.set(len, fingerprint, entry);
        }
        let mut overflow: NonNull<Bucket> = arena.alloc(BUCKET_SIZE, BUCKET_SIZE).cast();
        overflow.write(Bucket::EMPTY);
        let (moved_fingerprint, moved) = last.pop();
        overflow.as_mut().set(0, moved_fingerprint, moved);
        overflow.as_mut().set(1, fingerprint, entry);
        last.words[LINK] = overflow.as_ptr().cast();
        last.meta |= CHAINED;
    }
}

/// Takes the entry at `place` out of the chain; the chain's last entry moves there.
///
/// # Safety
/// `head` is a live bucket, its chain is exclusive, and `place` is in it.
pub(super) unsafe fn remove(head: NonNull<Bucket>, place: Place, arena: &Arena) {
    let (mut parent, mut last) = (None, head);
    // SAFETY: live and exclusive by the caller, so are its overflow buckets; no two references to a bucket
    // live at the same time: each ends before the next is made.
    unsafe {
        while let Some(next) = last.as_ref().overflow() {
            parent = Some(last);
            last = next;
        }
        let (fingerprint, entry) = last.as_mut().pop();
        let mut bucket = place.bucket;
        if bucket != last || place.lane != bucket.as_ref().len() {
            bucket.as_mut().set(place.lane, fingerprint, entry);
        }
        if let Some(mut parent) = parent
            && last.as_ref().len() == 1
        {
            let (fingerprint, entry) = last.as_mut().pop();
            parent.as_mut().meta &= !CHAINED;
            parent.as_mut().set(LINK, fingerprint, entry);
            arena.free(last.cast(), BUCKET_SIZE, BUCKET_SIZE);
        }
    }
}

/// Empties the chain, frees its overflow buckets, and hands each entry with its fingerprint to `each`,
/// which may insert into any chain, this one too. Returns how many there were.
///
/// # Safety
/// `head` is a live bucket, and its chain is exclusive.
pub(super) unsafe fn drain(head: NonNull<Bucket>, arena: &Arena, mut each: impl FnMut(u8, EntryPtr)) -> usize {
    // SAFETY: live and exclusive by the caller; `detached` owns the overflow buckets from here on, and each
    // is copied out before it is freed.
    let mut detached = unsafe { head.replace(Bucket::EMPTY) };
    let mut drained = 0;
    loop {
        for (lane, entry) in detached.entries().enumerate() {
            each((detached.meta >> (lane * 8)) as u8, entry);
            drained += 1;
        }
        let Some(next) = detached.overflow() else {
            return drained;
        };
        // SAFETY: as above; an overflow bucket was allocated with this size and alignment.
        unsafe {
            detached = next.read();
            arena.free(next.cast(), BUCKET_SIZE, BUCKET_SIZE);
        }
    }
}

/// Hands each entry of the chain to `each`.
///
/// # Safety
/// `head` is a live bucket of a table that nobody changes meanwhile.
#[inline]
pub(super) unsafe fn for_each(head: NonNull<Bucket>, each: &mut dyn FnMut(EntryPtr)) {
    for bucket in Chain(Some(head)) {
        // SAFETY: live by the caller; links lead to live buckets.
        unsafe { bucket.as_ref() }.entries().for_each(&mut *each);
    }
}

/// Asks for the memory of all entries of the chain.
///
/// # Safety
/// As [`for_each`].
pub(super) unsafe fn prefetch_entries(head: NonNull<Bucket>) {
    // SAFETY: passed on to the caller.
    unsafe { for_each(head, &mut |entry| prefetch(entry.into_word())) }
}

/// Entries in the chain.
///
/// # Safety
/// As [`for_each`].
pub(super) unsafe fn chain_len(head: NonNull<Bucket>) -> usize {
    // SAFETY: live by the caller; links lead to live buckets.
    Chain(Some(head)).map(|bucket| unsafe { bucket.as_ref() }.len()).sum()
}

/// The entry at `index`, which is less than [`chain_len`].
///
/// # Safety
/// As [`for_each`].
pub(super) unsafe fn nth(head: NonNull<Bucket>, mut index: usize) -> EntryPtr {
    for bucket in Chain(Some(head)) {
        // SAFETY: live by the caller; links lead to live buckets.
        let bucket = unsafe { bucket.as_ref() };
        if index < bucket.len() {
            return bucket.entry(index);
        }
        index -= bucket.len();
    }
    unreachable!("the index is beyond the chain");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_lanes_are_exact() {
        for x in
            [0u64, 0xff00_8001_0100_7f80, 0x0001_0001_0001_0001, u64::MAX, 0x8000_0000_0000_0000, 0x1234_0056_0078_9a00]
        {
            let naive = (0..LANES).filter(|lane| (x >> (lane * 8)) as u8 == 0).collect::<Vec<_>>();
            assert_eq!(Lanes(zero_lanes(x)).collect::<Vec<_>>(), naive, "{x:x}");
        }
    }

    #[test]
    fn a_fingerprint_is_never_zero() {
        assert_eq!(fingerprint(0), 1);
        assert_eq!(fingerprint(u64::MAX), 255);
    }
}
