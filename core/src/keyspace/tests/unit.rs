//! Single cases.

use std::sync::Mutex;

use super::check::check;
use super::*;

const A: fn(&Keyspace) -> KeyRef<'static> = |keyspace| key(keyspace, b"a");

fn set(keyspace: &mut Keyspace, key: &KeyRef<'_>, value: &[u8]) -> Previous {
    keyspace.set(0, key, NewValue::Bytes(value), Expire::Keep, 7)
}

fn address(keyspace: &Keyspace, key: &KeyRef<'_>) -> *const u8 {
    keyspace.get(0, key).unwrap().key().as_ptr()
}

#[test]
fn a_keyspace_is_send_but_not_sync() {
    fn send<T: Send>() {}
    send::<Keyspace>();
    send::<OwnedEntry>();
    send::<SlotContents>();
    send::<DetachedDb>();

    // Ambiguous, so an error, if the type is Sync.
    trait NotSync<A> {
        fn ok() {}
    }
    struct IfSync;
    impl<T: ?Sized> NotSync<()> for T {}
    impl<T: ?Sized + Sync> NotSync<IfSync> for T {}
    <Keyspace as NotSync<_>>::ok();
    <OwnedEntry as NotSync<_>>::ok();
    <Entry<'_> as NotSync<_>>::ok();
}

#[test]
fn values_are_stored_by_form_and_size() {
    let mut ks = keyspace(1);
    let key = A(&ks);
    let cases: [(&[u8], Encoding); 5] = [
        (b"12", Encoding::Int),
        (b"012", Encoding::Embedded),
        (b"", Encoding::Embedded),
        (&[b'x'; 239], Encoding::Embedded),
        (&[b'x'; 240], Encoding::Raw),
    ];
    for (value, encoding) in cases {
        let _ = set(&mut ks, &key, value);
        let entry = ks.get(0, &key).unwrap();
        assert_eq!(entry.encoding(), encoding, "{} bytes", value.len());
        assert_eq!(text(entry.value()), value);
        assert_eq!((entry.key(), entry.lru()), (&b"a"[..], 7));
    }
    let _ = ks.set(0, &key, NewValue::Verbatim(b"12"), Expire::Keep, 7);
    assert_eq!(ks.get(0, &key).unwrap().encoding(), Encoding::Embedded);
    let _ = ks.set(0, &key, NewValue::Int(-5), Expire::Keep, 7);
    assert_eq!(text(ks.get(0, &key).unwrap().value()), b"-5");
}

#[test]
fn long_and_empty_keys_work() {
    let mut ks = keyspace(1);
    for len in [0, 1, 200, 239, 240, 241, 300, 70_000] {
        let bytes = vec![b'k'; len];
        let key = key(&ks, &bytes);
        assert!(!set(&mut ks, &key, b"v").existed());
        let entry = ks.get(0, &key).unwrap();
        assert_eq!(entry.key(), bytes);
        assert_eq!(text(entry.value()), b"v");
    }
    check(&ks);
}

/// Counts what goes through the arena's function pointers; `ctx` is the address of the counter.
static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

fn counting_arena() -> Arena {
    unsafe fn alloc(ctx: usize, size: usize, align: usize) -> *mut u8 {
        assert_eq!(ctx, 42);
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps GlobalAlloc's contract.
        unsafe { std::alloc::alloc(std::alloc::Layout::from_size_align(size, align).unwrap()) }
    }
    unsafe fn realloc(ctx: usize, ptr: *mut u8, old: usize, new: usize, align: usize) -> *mut u8 {
        assert_eq!(ctx, 42);
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        let layout = std::alloc::Layout::from_size_align(old, align).unwrap();
        // SAFETY: the caller keeps GlobalAlloc's contract.
        unsafe { std::alloc::realloc(ptr, layout, new) }
    }
    unsafe fn free(ptr: *mut u8, size: usize, align: usize) {
        let layout = std::alloc::Layout::from_size_align(size, align).unwrap();
        // SAFETY: the caller keeps GlobalAlloc's contract.
        unsafe { std::alloc::dealloc(ptr, layout) }
    }
    // SAFETY: all three pass on to std::alloc.
    Arena::new(unsafe { ArenaOps::new(42, alloc, realloc, free) })
}

#[test]
fn a_leased_keyspace_allocates_from_its_owners_arena_and_overwrites_in_place() {
    let mut ks = Keyspace::new(1, SEED, counting_arena());
    let key = A(&ks);
    assert_eq!(ALLOCATIONS.load(Ordering::Relaxed), 0);
    ks.arena_mut().set_local(false);
    let _ = set(&mut ks, &key, &[1; 64]);
    assert_eq!(ALLOCATIONS.load(Ordering::Relaxed), 2, "bucket and entry");
    for fill in 0..10 {
        let _ = set(&mut ks, &key, &[fill; 64]);
    }
    assert_eq!(ALLOCATIONS.load(Ordering::Relaxed), 2);
    let _ = set(&mut ks, &key, &[1; 6400]);
    let after_raw = ALLOCATIONS.load(Ordering::Relaxed);
    assert_eq!(after_raw, 4, "raw block and smaller entry");
    for fill in 0..10 {
        let _ = set(&mut ks, &key, &[fill; 6400]);
    }
    assert_eq!(ALLOCATIONS.load(Ordering::Relaxed), after_raw);
    for number in 0..100i64 {
        let _ = ks.set(0, &key, NewValue::Int(number), Expire::Keep, 0);
    }
    assert_eq!(ALLOCATIONS.load(Ordering::Relaxed), after_raw);
    ks.arena_mut().set_local(true);
}

#[test]
fn an_expiry_comes_and_goes_with_every_kind() {
    let living = Arc::default();
    let values: [fn(&Arc<AtomicUsize>) -> NewValue<'static>; 4] = [
        |_| NewValue::Int(77),
        |_| NewValue::Bytes(b"some text"),
        |_| NewValue::Bytes(&[b'r'; 1000]),
        |living| NewValue::Object(Counted::object(77, living)),
    ];
    for value in values {
        let mut ks = keyspace(1);
        let key = A(&ks);
        let _ = ks.set(0, &key, value(&living), Expire::Keep, 3);
        let before = format!("{:?}", ks.get(0, &key).unwrap().value());
        for expire_at in [Some(5), Some(6), None, None, Some(-1), None] {
            ks.get_mut(0, &key).unwrap().set_expire(expire_at);
            let entry = ks.get(0, &key).unwrap();
            assert_eq!(entry.expire_at(), expire_at);
            assert_eq!(format!("{:?}", entry.value()), before);
            assert_eq!((entry.key(), entry.lru()), (&b"a"[..], 3));
            assert_eq!(ks.expires_len(0), usize::from(expire_at.is_some()));
            check(&ks);
        }
    }
    assert_eq!(living.load(Ordering::Relaxed), 0);
}

#[test]
fn a_key_lives_through_the_millisecond_in_which_it_expires() {
    assert!(!is_expired(10, 9));
    assert!(!is_expired(10, 10));
    assert!(is_expired(10, 11));
}

#[test]
fn set_keeps_clears_or_sets_the_expiry() {
    let mut ks = keyspace(1);
    let key = A(&ks);
    for (expire, want) in [
        (Expire::At(9), Some(9)),
        (Expire::Keep, Some(9)),
        (Expire::At(10), Some(10)),
        (Expire::Clear, None),
        (Expire::Keep, None),
    ] {
        for value in [&b"1"[..], b"text", &[0; 500]] {
            let _ = ks.set(0, &key, NewValue::Bytes(value), expire, 0);
            assert_eq!(ks.get(0, &key).unwrap().expire_at(), want);
            assert_eq!(text(ks.get(0, &key).unwrap().value()), value);
            check(&ks);
        }
    }
}

#[test]
fn strings_change_in_place() {
    let mut ks = keyspace(1);
    let key = A(&ks);
    for start in [&b"12"[..], b"text", &[b'r'; 1000]] {
        let _ = ks.set(0, &key, NewValue::Bytes(start), Expire::At(1), 0);
        let mut want = start.to_vec();
        let mut entry = ks.get_mut(0, &key).unwrap();
        let mut string = entry.string_mut().unwrap();
        assert_eq!(&*string, start);
        for _ in 0..5 {
            string.extend_from_slice(b"0123456789");
            want.extend_from_slice(b"0123456789");
            string.resize(want.len() + 3);
            want.resize(want.len() + 3, 0);
            string[1] = b'!';
            want[1] = b'!';
            assert_eq!(&*string, want);
        }
        string.resize(2);
        string.resize(4);
        assert_eq!(&*string, [want[0], want[1], 0, 0]);
        assert_eq!(ks.get(0, &key).unwrap().encoding(), Encoding::Raw);
        assert_eq!(ks.get(0, &key).unwrap().expire_at(), Some(1));
        check(&ks);
    }
}

#[test]
fn spare_room_doubles_up_to_a_mebibyte() {
    let mut ks = keyspace(1);
    let key = A(&ks);
    let _ = set(&mut ks, &key, b"x");
    let mut entry = ks.get_mut(0, &key).unwrap();
    let mut string = entry.string_mut().unwrap();
    string.resize(1000);
    assert!((2000..2600).contains(&string.capacity()));
    string.resize(10 << 20);
    assert!((11 << 20..(11 << 20) + 8192).contains(&string.capacity()));
}

#[test]
fn an_object_keeps_its_address_and_is_freed_once() {
    let living = Arc::default();
    let mut ks = keyspace(2);
    let key = A(&ks);
    let value = NewValue::Object(Counted::object(1, &living));
    let _ = ks.set(0, &key, value, Expire::Keep, 0);
    let ptr = ks.get_mut(0, &key).unwrap().object_ptr();
    ks.get_mut(0, &key).unwrap().set_expire(Some(4));
    let longer = super::key(&ks, b"a much longer name than before");
    let owned = ks.remove(0, &key).unwrap();
    assert!(ks.insert_owned(1, &longer, owned).is_none());
    let mut entry = ks.get_mut(1, &longer).unwrap();
    assert_eq!(entry.object_ptr(), ptr);
    assert_eq!(Counted::id_of(entry.object_mut().unwrap()), 1);
    assert!(entry.string_mut().is_none());
    assert_eq!(entry.view().free_effort(), 3);

    let previous = ks.set(1, &longer, NewValue::Int(1), Expire::Keep, 0);
    assert_eq!(living.load(Ordering::Relaxed), 1);
    assert!(matches!(previous, Previous::Object(object) if Counted::id_of(&object) == 1));
    assert_eq!(living.load(Ordering::Relaxed), 0);

    let value = NewValue::Object(Counted::object(2, &living));
    let _ = ks.set(0, &key, value, Expire::Keep, 0);
    let object = ks.remove(0, &key).unwrap().into_object().unwrap();
    assert_eq!(Counted::id_of(&object), 2);
    drop(object);
    let value = NewValue::Object(Counted::object(3, &living));
    let _ = ks.set(0, &key, value, Expire::At(1), 0);
    drop(ks);
    assert_eq!(living.load(Ordering::Relaxed), 0);
}

#[test]
fn touch_sets_the_lru_and_is_no_change() {
    let mut ks = keyspace(1);
    let key = A(&ks);
    let _ = set(&mut ks, &key, b"abc");
    ks.set_before_change(Some(Box::new(|_| panic!("a touch is not a change"))));
    ks.advance_epoch();
    ks.touch(0, &key, 0xffff_ffff);
    assert_eq!(ks.access(0, &key, None).unwrap().lru(), 0xff_ffff);
    let entry = ks.access(0, &key, Some(5)).unwrap();
    assert_eq!(entry.lru(), 5);
    assert_eq!(text(entry.value()), b"abc");
    ks.set_before_change(None);
}

#[test]
fn the_hook_sees_each_entry_once_per_epoch_and_as_it_was() {
    let mut ks = keyspace(1);
    let (a, b, c) = (key(&ks, b"a"), key(&ks, b"b"), key(&ks, b"c"));
    let _ = set(&mut ks, &a, b"old");
    let _ = set(&mut ks, &b, b"5");
    let seen = Arc::new(Mutex::new(Vec::<(Vec<u8>, Option<Vec<u8>>)>::new()));
    let log = Arc::clone(&seen);
    ks.set_before_change(Some(Box::new(move |change| {
        let value = change.entry.map(|entry| text(entry.value()));
        log.lock().unwrap().push((change.key.to_vec(), value));
    })));
    let took = || std::mem::take(&mut *seen.lock().unwrap());

    // Still in the epoch in which they were made.
    let _ = set(&mut ks, &a, b"new");
    assert_eq!(took(), []);
    ks.advance_epoch();
    let _ = set(&mut ks, &a, b"newer");
    let _ = set(&mut ks, &a, b"newest");
    ks.get_mut(0, &a).unwrap().set_expire(Some(1));
    assert_eq!(took(), [(b"a".to_vec(), Some(b"new".to_vec()))]);
    let _ = set(&mut ks, &c, b"made");
    let _ = set(&mut ks, &c, b"changed");
    assert_eq!(took(), [(b"c".to_vec(), None)]);
    assert!(ks.remove(0, &b).is_some());
    assert_eq!(took(), [(b"b".to_vec(), Some(b"5".to_vec()))]);
    ks.advance_epoch();
    let owned = ks.remove(0, &a).unwrap();
    drop(ks.insert_owned(0, &c, owned));
    assert_eq!(took(), [(b"a".to_vec(), Some(b"newest".to_vec())), (b"c".to_vec(), Some(b"changed".to_vec()))]);
    ks.advance_epoch();
    drop(ks.flush_all());
    assert_eq!(took(), [(b"c".to_vec(), Some(b"newest".to_vec()))]);
}

#[test]
fn a_slot_that_moves_begins_an_epoch_unless_its_keyspace_was_behind() {
    for (ahead, want) in [(0, 4), (2, 4), (3, 5), (9, 11)] {
        let (mut from, mut to) = (keyspace(1), keyspace(1));
        (0..ahead).for_each(|_| _ = from.advance_epoch());
        (0..3).for_each(|_| _ = to.advance_epoch());
        let key = A(&from);
        let _ = set(&mut from, &key, b"x");
        to.put_slot(from.take_slot(key.slot));
        assert!(to.get(0, &key).unwrap().epoch() < to.epoch());
        assert_eq!(to.epoch(), want);
        assert_eq!((from.len(0), to.len(0)), (0, 1));
    }
}

#[test]
fn an_entry_from_another_keyspace_is_of_the_epoch_in_which_it_arrives() {
    let (mut from, mut to) = (keyspace(1), keyspace(1));
    from.advance_epoch();
    let key = A(&from);
    let _ = set(&mut from, &key, b"x");
    let owned = from.remove(0, &key).unwrap();
    drop(to.insert_owned(0, &key, owned));
    assert_eq!(to.get(0, &key).unwrap().epoch(), to.epoch());
}

#[test]
#[should_panic(expected = "a slot is put where there are keys")]
fn a_slot_is_not_put_over_keys() {
    let (mut from, mut to) = (keyspace(1), keyspace(1));
    let key = A(&from);
    let _ = set(&mut from, &key, b"x");
    let _ = set(&mut to, &key, b"x");
    to.put_slot(from.take_slot(key.slot));
}

#[test]
fn overwriting_does_not_move_the_entry_within_a_size_class() {
    let mut ks = keyspace(1);
    let key = A(&ks);
    let _ = set(&mut ks, &key, &[b'x'; 64]);
    let before = address(&ks, &key);
    let _ = set(&mut ks, &key, &[b'y'; 70]);
    assert_eq!(address(&ks, &key), before);
    assert_eq!(text(ks.get(0, &key).unwrap().value()), [b'y'; 70]);
}

#[test]
fn random_keys_are_fair() {
    let mut ks = keyspace(1);
    for index in 0..200u32 {
        let bytes = index.to_le_bytes();
        // One slot holds half of the keys, the other half are alone.
        let slot = if index < 100 { 5 } else { index as u16 * 50 };
        let key = key_in(&ks, slot, &bytes);
        let _ = ks.set(0, &key, NewValue::Verbatim(b"v"), Expire::At(1), 0);
    }
    let mut state = 1u64;
    let mut below = move |n: u64| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) % n
    };
    let mut counts = [[0u32; 200]; 2];
    for _ in 0..200_000 {
        for (count, entry) in
            counts.iter_mut().zip([ks.random_key(0, &mut below), ks.random_expiring_key(0, &mut below)])
        {
            let bytes = entry.unwrap().key().try_into().unwrap();
            count[u32::from_le_bytes(bytes) as usize] += 1;
        }
    }
    for count in counts.as_flattened() {
        assert!((850..1150).contains(count), "{count} of 1000");
    }
    assert!(keyspace(1).random_key(0, &mut below).is_none());
    assert!(ks.random_key(0, &mut |_| 0).is_some());
    assert!(ks.random_key(0, &mut |n| n - 1).is_some());
}

#[test]
fn expired_keys_are_sampled() {
    let mut ks = keyspace(1);
    for index in 0..1000u32 {
        let bytes = index.to_le_bytes();
        let key = key(&ks, &bytes);
        let expire = if index < 600 { Expire::At(i64::from(index)) } else { Expire::Clear };
        let _ = ks.set(0, &key, NewValue::Verbatim(b"v"), expire, 0);
    }
    let mut sampled = 0;
    let mut expired = Vec::new();
    let mut sample = ExpireSample::default();
    loop {
        sample = ks.sample_expired(0, sample.cursor, 100, 20, &mut |entry| {
            expired.push(u32::from_le_bytes(entry.key().try_into().unwrap()));
        });
        sampled += sample.sampled;
        if sample.cursor == 0 {
            break;
        }
    }
    assert_eq!(sampled, 600);
    expired.sort_unstable();
    assert_eq!(expired, (0..100).collect::<Vec<_>>());
}

#[test]
fn prefetching_changes_nothing_and_never_faults() {
    let mut ks = keyspace(1);
    for count in 0..3000u32 {
        let bytes = count.to_le_bytes();
        let key = key(&ks, &bytes);
        ks.prefetch_root(0, key.slot);
        ks.prefetch_directory(0, &key);
        ks.prefetch_bucket(0, &key);
        ks.prefetch_entry(0, &key);
        let _ = set(&mut ks, &key, b"v");
    }
    assert_eq!(ks.len(0), 3000);
    check(&ks);
}

#[test]
fn a_table_gives_all_its_memory_back() {
    let mut ks = keyspace(1);
    let keys: Vec<_> = (0..5000u32).map(u32::to_le_bytes).collect();
    let _ = set(&mut ks, &A(&keyspace(1)), b"x");
    let empty = ks.table_stats();
    for bytes in &keys {
        let key = key_in(&ks, 9, bytes);
        let _ = ks.set(0, &key, NewValue::Bytes(b"x"), Expire::At(1), 0);
    }
    check(&ks);
    assert_eq!(ks.table_stats().buckets, 2 + 2 * 1000 - 1);
    for (done, bytes) in keys.iter().enumerate() {
        let key = key_in(&ks, 9, bytes);
        assert!(ks.remove(0, &key).is_some());
        if done % 500 == 0 {
            check(&ks);
        }
    }
    check(&ks);
    assert_eq!(ks.table_stats().buckets, empty.buckets);
    assert_eq!(ks.table_stats().table_bytes, empty.table_bytes);
}

#[test]
#[should_panic(expected = "too long")]
fn a_length_beyond_the_address_space_is_refused() {
    let mut ks = keyspace(1);
    let key = A(&ks);
    let _ = set(&mut ks, &key, b"x");
    let mut entry = ks.get_mut(0, &key).unwrap();
    entry.string_mut().unwrap().resize(usize::MAX - 3);
}
