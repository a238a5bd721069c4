//! A table by linear hashing (Litwin 1980): it grows and shrinks by one bucket at a time, never as a whole.
//!
//! With `n` buckets and `m` the greatest power of two not above `n`, an entry with hash `h` is in bucket
//! `h mod 2m`, or in `h mod m` if there is no such bucket yet. To grow by one, the entries of bucket `n - m`
//! are parted between it and the new bucket `n`; to shrink by one, the last bucket is poured into the one it
//! came from.
//!
//! Up to [`SEGMENT`] buckets are one block, beyond that `ptr` leads to a directory of segments.

use std::ptr::{self, NonNull};

use super::arena::Arena;
use super::bucket::{self, BUCKET_SIZE, Bucket, Place, fingerprint};
use super::hash::KeyHasher;
use super::layout::EntryPtr;
use super::prefetch::prefetch;

/// Buckets in a segment, and the most in a block without a directory.
const SEGMENT: usize = 64;
/// Segments that the smallest directory has room for: one cache line.
const DIRECTORY_MIN: usize = 8;
/// A table of `n` buckets grows when it holds more than `5n` entries, ...
const LOAD_MAX: u64 = 5;
/// ... and shrinks when it holds fewer than `2n`.
const LOAD_MIN: u64 = 2;
/// Most buckets of a table: indexes are 32 bits wide.
const BUCKETS_MAX: usize = 1 << 31;

/// What tables need to change, and what they count; shared by all tables of a keyspace.
pub(super) struct TableEnv {
    pub(super) arena: Arena,
    pub(super) hasher: KeyHasher,
    /// The most entries that one operation has moved.
    pub(super) moved_max: usize,
}

/// The root of a table. It has no destructor: [`Table::free`] frees it, with an arena.
///
/// Invariants: the first `n_buckets` buckets are initialised; `count` entries are in them, each in the
/// bucket of its hash; whoever inserts an entry keeps it live until it is removed.
pub(super) struct Table {
    ptr: *mut u8,
    n_buckets: u32,
    count: u32,
}

const _: () = assert!(size_of::<Table>() == 16);

// SAFETY: a table owns its buckets alone, and whoever owns it owns its entries, which are Send
// (`OwnedEntry`); it has no ties to a thread, since memory may be freed on any (`ArenaOps::new`).
unsafe impl Send for Table {}

/// The greatest power of two not above `n`, which is not 0.
#[inline]
fn power_of_two_below(n: usize) -> usize {
    1 << n.ilog2()
}

/// Buckets that the block of a table with `n` buckets has room for: 1, 2, 3, 4, 6, 8, 12, ... 64.
fn block_capacity(n: usize) -> usize {
    let power = power_of_two_below(n);
    if n == power {
        n
    } else if n <= power + power / 2 {
        power + power / 2
    } else {
        power * 2
    }
}

/// Segments that the directory of a table with `n` segments has room for.
fn directory_capacity(n: usize) -> usize {
    n.next_power_of_two().max(DIRECTORY_MIN)
}

impl Table {
    pub(super) const EMPTY: Table = Table { ptr: ptr::null_mut(), n_buckets: 0, count: 0 };

    /// Entries.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.count as usize
    }

    /// Buckets, without overflow buckets.
    #[inline]
    pub(super) fn buckets(&self) -> usize {
        self.n_buckets as usize
    }

    /// Bytes of blocks, segments and directory; overflow buckets are not counted.
    pub(super) fn bytes(&self) -> usize {
        match self.buckets() {
            0 => 0,
            n @ 1..=SEGMENT => block_capacity(n) * BUCKET_SIZE,
            n => {
                let segments = n.div_ceil(SEGMENT);
                segments * SEGMENT * BUCKET_SIZE + directory_capacity(segments) * 8
            }
        }
    }

    /// Finds the entry of a key.
    #[inline]
    pub(super) fn find(&self, hash: u64, key: &[u8]) -> Option<Place> {
        // SAFETY: the entries of a table are live, and nobody changes them while it is borrowed.
        self.find_by(hash, |entry| unsafe { entry.key() } == key)
    }

    /// Finds this very entry.
    pub(super) fn find_entry(&self, hash: u64, entry: EntryPtr) -> Option<Place> {
        self.find_by(hash, |other| other == entry)
    }

    #[inline]
    fn find_by(&self, hash: u64, is_it: impl FnMut(EntryPtr) -> bool) -> Option<Place> {
        if self.n_buckets == 0 {
            return None;
        }
        // SAFETY: the bucket is initialised, and nobody changes the table while it is borrowed.
        unsafe { bucket::find(self.head(hash), fingerprint(hash), is_it) }
    }

    /// Adds an entry, which is not in the table yet, and grows by one bucket if the load asks for it.
    ///
    /// # Safety
    /// The entry is live, has this hash under `env.hasher`, and stays live until it is removed.
    pub(super) unsafe fn insert(&mut self, env: &mut TableEnv, hash: u64, entry: EntryPtr) {
        if self.n_buckets == 0 {
            self.push_bucket(&env.arena);
        }
        // SAFETY: the bucket is initialised, and the table is exclusive.
        unsafe { bucket::insert(self.head(hash), fingerprint(hash), entry, &env.arena) };
        self.count = self.count.checked_add(1).expect("a table is full");
        if u64::from(self.count) > u64::from(self.n_buckets) * LOAD_MAX && self.buckets() < BUCKETS_MAX {
            self.split(env);
        }
    }

    /// Takes out the entry at `place`, which is in the chain of `hash`, and shrinks by one bucket if the
    /// load allows it.
    ///
    /// The entry is not freed.
    pub(super) fn remove(&mut self, env: &mut TableEnv, hash: u64, place: Place) {
        assert!(self.count > 0, "an entry is removed from an empty table");
        // SAFETY: the bucket is initialised, and the table is exclusive; the place was found there.
        unsafe { bucket::remove(self.head(hash), place, &env.arena) };
        self.count -= 1;
        if self.count == 0 {
            assert_eq!(self.n_buckets, 1, "an empty table has kept buckets");
            self.pop_bucket(&env.arena);
        } else if self.n_buckets > 1 && u64::from(self.count) < u64::from(self.n_buckets) * LOAD_MIN {
            self.merge(env);
        }
    }

    /// Frees the table, after `each` has taken over each entry.
    pub(super) fn free(&mut self, arena: &Arena, mut each: impl FnMut(EntryPtr)) {
        for index in 0..self.buckets() {
            // SAFETY: the bucket is initialised, and the table is exclusive.
            unsafe {
                bucket::prefetch_entries(self.bucket(index));
                bucket::drain(self.bucket(index), arena, |_, entry| each(entry));
            }
        }
        while self.n_buckets > 0 {
            self.pop_bucket(arena);
        }
        self.count = 0;
    }

    /// Parts one bucket in two.
    fn split(&mut self, env: &mut TableEnv) {
        let level = power_of_two_below(self.buckets());
        let low_index = self.buckets() - level;
        self.push_bucket(&env.arena);
        let (low, high) = (self.bucket(low_index), self.bucket(self.buckets() - 1));
        // SAFETY: both buckets are initialised, different, and exclusive with the table; the entries are live.
        let moved = unsafe {
            bucket::prefetch_entries(low);
            bucket::drain(low, &env.arena, |fingerprint, entry| {
                let hash = env.hasher.hash(entry.key());
                let to = if hash & level as u64 == 0 { low } else { high };
                bucket::insert(to, fingerprint, entry, &env.arena);
            })
        };
        env.moved_max = env.moved_max.max(moved);
    }

    /// Pours the last bucket into the one it was split from.
    fn merge(&mut self, env: &mut TableEnv) {
        let last = self.buckets() - 1;
        let into = self.bucket(last - power_of_two_below(last));
        // SAFETY: both buckets are initialised, different, and exclusive with the table.
        let moved = unsafe {
            bucket::drain(self.bucket(last), &env.arena, |fingerprint, entry| {
                bucket::insert(into, fingerprint, entry, &env.arena);
            })
        };
        env.moved_max = env.moved_max.max(moved);
        self.pop_bucket(&env.arena);
    }

    /// The index of the bucket of a hash, in a table that has buckets.
    #[inline]
    pub(super) fn index(&self, hash: u64) -> usize {
        debug_assert!(self.n_buckets > 0);
        let level = 1u64 << self.n_buckets.ilog2();
        let index = hash & (2 * level - 1);
        if index < u64::from(self.n_buckets) { index as usize } else { (index & (level - 1)) as usize }
    }

    /// The bucket of a hash, in a table that has buckets.
    #[inline]
    fn head(&self, hash: u64) -> NonNull<Bucket> {
        self.bucket(self.index(hash))
    }

    /// The bucket at `index`, which is less than the number of buckets.
    #[inline]
    pub(super) fn bucket(&self, index: usize) -> NonNull<Bucket> {
        debug_assert!(index < self.buckets());
        let (block, offset) = if self.buckets() <= SEGMENT {
            (self.ptr, index)
        } else {
            // SAFETY: beyond SEGMENT buckets, `ptr` is the directory, which has the segment of each bucket.
            let segment = unsafe { *self.directory().add(index / SEGMENT) };
            (segment, index % SEGMENT)
        };
        // SAFETY: the block or segment has the bucket, and is not null in a table that has buckets.
        unsafe { NonNull::new_unchecked(block.cast::<Bucket>().add(offset)) }
    }

    #[inline]
    fn directory(&self) -> *mut *mut u8 {
        debug_assert!(self.buckets() > SEGMENT);
        self.ptr.cast()
    }

    /// Makes one bucket more, empty.
    fn push_bucket(&mut self, arena: &Arena) {
        let n = self.buckets();
        if n < SEGMENT {
            self.resize_block(arena, n, n + 1);
        } else if n.is_multiple_of(SEGMENT) {
            self.push_segment(arena, n / SEGMENT);
        }
        self.n_buckets += 1;
        // SAFETY: there is room for the bucket now.
        unsafe { self.bucket(n).write(Bucket::EMPTY) };
    }

    /// Gives up the last bucket, which is empty.
    fn pop_bucket(&mut self, arena: &Arena) {
        let n = self.buckets();
        // SAFETY: the bucket is initialised, and nobody changes it meanwhile.
        debug_assert_eq!(unsafe { bucket::chain_len(self.bucket(n - 1)) }, 0);
        if n > SEGMENT && n % SEGMENT == 1 {
            self.pop_segment(arena, n / SEGMENT);
        } else if n <= SEGMENT {
            self.resize_block(arena, n, n - 1);
        }
        self.n_buckets -= 1;
    }

    /// Makes the only block fit for `to` instead of `from` buckets.
    fn resize_block(&mut self, arena: &Arena, from: usize, to: usize) {
        let bytes = |n| {
            if n == 0 { 0 } else { block_capacity(n) * BUCKET_SIZE }
        };
        let (old, new) = (bytes(from), bytes(to));
        if old == new {
            return;
        }
        // SAFETY: `ptr` is null if `from` is 0, else a block of `old` bytes, which the table owns.
        self.ptr = unsafe {
            match (NonNull::new(self.ptr), new) {
                (None, _) => arena.alloc(new, BUCKET_SIZE).as_ptr(),
                (Some(block), 0) => {
                    arena.free(block, old, BUCKET_SIZE);
                    ptr::null_mut()
                }
                (Some(block), _) => arena.realloc(block, old, new, BUCKET_SIZE).as_ptr(),
            }
        };
    }

    /// Adds a segment to the `segments` there are; the first addition makes the directory.
    fn push_segment(&mut self, arena: &Arena, segments: usize) {
        let segment = arena.alloc(SEGMENT * BUCKET_SIZE, BUCKET_SIZE).as_ptr();
        let (old, new) = (directory_capacity(segments) * 8, directory_capacity(segments + 1) * 8);
        // SAFETY: with one segment, `ptr` is that segment, else a directory of `old` bytes, which is not
        // null; the directory has room for one segment more once it has `new` bytes.
        unsafe {
            if segments == 1 {
                let directory = arena.alloc(new, BUCKET_SIZE).cast::<*mut u8>();
                directory.write(self.ptr);
                self.ptr = directory.as_ptr().cast();
            } else if old != new {
                let directory = NonNull::new_unchecked(self.ptr);
                self.ptr = arena.realloc(directory, old, new, BUCKET_SIZE).as_ptr();
            }
            self.ptr.cast::<*mut u8>().add(segments).write(segment);
        }
    }

    /// Frees the segment after the first `segments`; with the last but one, the directory goes too.
    fn pop_segment(&mut self, arena: &Arena, segments: usize) {
        let (old, new) = (directory_capacity(segments + 1) * 8, directory_capacity(segments) * 8);
        // SAFETY: `ptr` is a directory of `old` bytes with `segments + 1` segments, none of them null.
        unsafe {
            let directory = NonNull::new_unchecked(self.ptr);
            let segment = NonNull::new_unchecked(*self.directory().add(segments));
            arena.free(segment, SEGMENT * BUCKET_SIZE, BUCKET_SIZE);
            if segments == 1 {
                self.ptr = *self.directory();
                arena.free(directory, old, BUCKET_SIZE);
            } else if old != new {
                self.ptr = arena.realloc(directory, old, new, BUCKET_SIZE).as_ptr();
            }
        }
    }

    /// Asks for the line of the directory that leads to the bucket of a hash.
    #[inline]
    pub(super) fn prefetch_directory(&self, hash: u64) {
        if self.buckets() > SEGMENT {
            prefetch(self.directory().wrapping_add(self.index(hash) / SEGMENT));
        }
    }

    /// Asks for the bucket of a hash.
    #[inline]
    pub(super) fn prefetch_bucket(&self, hash: u64) {
        if self.n_buckets > 0 {
            prefetch(self.head(hash).as_ptr());
        }
    }

    /// Asks for the entries that may have this hash, of the first bucket of the chain.
    #[inline]
    pub(super) fn prefetch_entry(&self, hash: u64) {
        if self.n_buckets > 0 {
            // SAFETY: the bucket is initialised, and nobody changes it while the table is borrowed.
            unsafe { self.head(hash).as_ref() }.prefetch_matching(fingerprint(hash));
        }
    }
}
