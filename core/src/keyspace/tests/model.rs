//! Random operations against a naive model.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use proptest::prelude::*;

use super::check::check;
use super::*;

const DBS: usize = 3;

#[derive(Clone, Debug, PartialEq)]
enum Model {
    Text(Vec<u8>),
    Object(u64),
}

type ModelDb = HashMap<Vec<u8>, (Model, Option<i64>)>;

#[derive(Clone, Debug)]
enum Op {
    Set(Vec<u8>, Model, Option<Option<i64>>),
    /// Sets this many keys of the form `bulk:N`, to make tables large.
    Bulk(u16, u16),
    RemoveBulk(u16, u16),
    SetValue(Vec<u8>, Model),
    SetExpire(Vec<u8>, Option<i64>),
    Append(Vec<u8>, Vec<u8>),
    Resize(Vec<u8>, usize),
    Remove(Vec<u8>),
    /// To a key of a database, of the other keyspace if set.
    Rename(Vec<u8>, usize, Vec<u8>, bool),
    Flush,
    Swap(usize),
    /// Moves a slot to the other keyspace.
    MoveSlot(u16),
    Epoch,
    Lease(bool),
}

fn any_key() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => (0u8..40).prop_map(|n| format!("k{n}").into_bytes()),
        2 => (0u16..300).prop_map(|n| format!("bulk:{n}").into_bytes()),
        1 => (200usize..300).prop_map(|len| vec![b'x'; len]),
    ]
}

fn any_value() -> impl Strategy<Value = Model> {
    prop_oneof![
        any::<i64>().prop_map(|n| Model::Text(n.to_string().into_bytes())),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Model::Text),
        (0usize..700, any::<u8>()).prop_map(|(len, fill)| Model::Text(vec![fill; len])),
        any::<u64>().prop_map(Model::Object),
    ]
}

fn any_op() -> impl Strategy<Value = Op> {
    let expire = || prop::option::of(any::<i64>());
    prop_oneof![
        10 => (any_key(), any_value(), prop::option::of(expire())).prop_map(|(k, v, e)| Op::Set(k, v, e)),
        2 => (0u16..200, 1u16..300).prop_map(|(from, count)| Op::Bulk(from, count)),
        2 => (0u16..200, 1u16..300).prop_map(|(from, count)| Op::RemoveBulk(from, count)),
        4 => (any_key(), any_value()).prop_map(|(k, v)| Op::SetValue(k, v)),
        4 => (any_key(), expire()).prop_map(|(k, e)| Op::SetExpire(k, e)),
        3 => (any_key(), prop::collection::vec(any::<u8>(), 0..300)).prop_map(|(k, v)| Op::Append(k, v)),
        2 => (any_key(), 0usize..600).prop_map(|(k, len)| Op::Resize(k, len)),
        5 => any_key().prop_map(Op::Remove),
        4 => (any_key(), 0..DBS, any_key(), any::<bool>()).prop_map(|(a, db, b, o)| Op::Rename(a, db, b, o)),
        1 => Just(Op::Flush),
        1 => (0..DBS).prop_map(Op::Swap),
        2 => prop_oneof![Just(0u16), Just(1), Just(200), Just(16383)].prop_map(Op::MoveSlot),
        2 => Just(Op::Epoch),
        1 => any::<bool>().prop_map(Op::Lease),
    ]
}

type Seen = Arc<Mutex<Vec<(usize, Vec<u8>, Option<(Model, Option<i64>)>)>>>;

/// A keyspace, its model, and what its hook has seen in this epoch.
struct Side {
    ks: Keyspace,
    dbs: Vec<ModelDb>,
    seen: Seen,
    /// Whether the hook has seen exactly what it should can't be said in epochs with such operations.
    moved: bool,
    at_epoch: Vec<ModelDb>,
}

fn model_of(entry: Entry<'_>) -> (Model, Option<i64>) {
    let value = match entry.value() {
        Value::Object(object) => Model::Object(Counted::id_of(object)),
        value => Model::Text(text(value)),
    };
    (value, entry.expire_at())
}

impl Side {
    fn new() -> Side {
        let mut ks = keyspace(DBS);
        let seen = Seen::default();
        let log = Arc::clone(&seen);
        ks.set_before_change(Some(Box::new(move |change| {
            if let Some(entry) = change.entry {
                assert_eq!(entry.key(), change.key);
            }
            let entry = change.entry.map(model_of);
            log.lock().unwrap().push((change.db, change.key.to_vec(), entry));
        })));
        Side { ks, dbs: vec![ModelDb::new(); DBS], seen, moved: false, at_epoch: vec![ModelDb::new(); DBS] }
    }

    /// What the hook saw first of each key is what was there when the epoch began, each entry was seen
    /// once, and each key that differs was seen.
    fn end_epoch(&mut self) {
        let seen = std::mem::take(&mut *self.seen.lock().unwrap());
        if !self.moved {
            let mut first = HashSet::new();
            for (db, key, entry) in &seen {
                if first.insert((*db, key.clone())) {
                    assert_eq!(entry.as_ref(), self.at_epoch[*db].get(key));
                } else {
                    assert!(entry.is_none(), "an entry was seen twice");
                }
            }
            for db in 0..DBS {
                for key in self.dbs[db].keys().chain(self.at_epoch[db].keys()) {
                    if self.dbs[db].get(key) != self.at_epoch[db].get(key) {
                        assert!(first.contains(&(db, key.clone())), "a change was not seen");
                    }
                }
            }
        }
        self.ks.advance_epoch();
        self.moved = false;
        self.at_epoch = self.dbs.clone();
    }

    fn compare(&self) {
        for (db, model) in self.dbs.iter().enumerate() {
            assert_eq!(self.ks.len(db), model.len());
            let expiring = model.values().filter(|(_, expire_at)| expire_at.is_some());
            assert_eq!(self.ks.expires_len(db), expiring.count());
            for (bytes, want) in model {
                let entry = self.ks.get(db, &key(&self.ks, bytes)).expect("a key is lost");
                assert_eq!(entry.key(), bytes);
                assert_eq!(&model_of(entry), want);
            }
            let mut visited = 0;
            self.ks.for_each(db, &mut |_| visited += 1);
            assert_eq!(visited, model.len());
            let by_slot = [0, 1, 200, 16383].map(|slot| self.ks.slot_len(db, slot));
            assert_eq!(by_slot.iter().sum::<usize>(), model.len());
        }
        check(&self.ks);
    }
}

struct Pair {
    sides: [Side; 2],
    db: usize,
    living: Arc<AtomicUsize>,
}

fn new_value<'a>(value: &'a Model, living: &Arc<AtomicUsize>) -> NewValue<'a> {
    match value {
        Model::Text(bytes) => NewValue::Bytes(bytes),
        Model::Object(id) => NewValue::Object(Counted::object(*id, living)),
    }
}

impl Pair {
    fn set(&mut self, bytes: &[u8], value: &Model, expire: Option<Option<i64>>) {
        let db = self.db;
        let Side { ks, dbs, .. } = &mut self.sides[0];
        let how = match expire {
            None => Expire::Keep,
            Some(None) => Expire::Clear,
            Some(Some(at)) => Expire::At(at),
        };
        let key = key(ks, bytes);
        let previous = ks.set(db, &key, new_value(value, &self.living), how, 1);
        let old = dbs[db].get(bytes);
        match (&previous, old.map(|(value, _)| value)) {
            (Previous::Absent, None) | (Previous::String, Some(Model::Text(_))) => {}
            (Previous::Object(object), Some(Model::Object(id))) => {
                assert_eq!(Counted::id_of(object), *id);
            }
            other => panic!("{other:?}"),
        }
        let kept = old.and_then(|(_, expire_at)| *expire_at);
        let expire_at = expire.unwrap_or(kept);
        dbs[db].insert(bytes.to_vec(), (value.clone(), expire_at));
    }

    fn remove(&mut self, bytes: &[u8]) {
        let db = self.db;
        let Side { ks, dbs, .. } = &mut self.sides[0];
        let key = key(ks, bytes);
        let owned = ks.remove(db, &key);
        assert_eq!(owned.map(|owned| model_of(owned.view())), dbs[db].remove(bytes));
    }

    fn edit(&mut self, bytes: &[u8], edit: &Op) {
        let db = self.db;
        let Side { ks, dbs, .. } = &mut self.sides[0];
        let key = key(ks, bytes);
        let (Some(mut entry), Some((value, expire_at))) = (ks.get_mut(db, &key), dbs[db].get_mut(bytes)) else {
            assert!(ks.get(db, &key).is_none());
            return;
        };
        match edit {
            Op::SetValue(_, new) => {
                drop(entry.set_value(new_value(new, &self.living)));
                *value = new.clone();
            }
            Op::SetExpire(_, new) => {
                entry.set_expire(*new);
                *expire_at = *new;
            }
            Op::Append(_, more) => match (entry.string_mut(), value) {
                (Some(mut string), Model::Text(text)) => {
                    string.extend_from_slice(more);
                    text.extend_from_slice(more);
                }
                (string, value) => assert!(string.is_none() && matches!(value, Model::Object(_))),
            },
            Op::Resize(_, len) => {
                if let (Some(mut string), Model::Text(text)) = (entry.string_mut(), value) {
                    string.resize(*len);
                    text.resize(*len, 0);
                }
            }
            other => unreachable!("{other:?}"),
        }
    }

    fn rename(&mut self, from: &[u8], to_db: usize, to: &[u8], other: bool) {
        let db = self.db;
        let [here, there] = &mut self.sides;
        let key = key(&here.ks, from);
        let Some(owned) = here.ks.remove(db, &key) else {
            return;
        };
        let model = here.dbs[db].remove(from).unwrap();
        let target = if other { there } else { here };
        let key = super::key(&target.ks, to);
        let previous = target.ks.insert_owned(to_db, &key, owned);
        let replaced = target.dbs[to_db].insert(to.to_vec(), model);
        assert_eq!(previous.map(|owned| model_of(owned.view())), replaced);
    }

    fn move_slot(&mut self, slot: u16) {
        let [here, there] = &mut self.sides;
        (here.moved, there.moved) = (true, true);
        if (0..DBS).any(|db| there.ks.slot_len(db, slot) > 0) {
            drop(there.ks.take_slot(slot));
            for db in &mut there.dbs {
                db.retain(|bytes, _| key(&here.ks, bytes).slot != slot);
            }
        }
        let contents = here.ks.take_slot(slot);
        let mut moved = 0;
        for (from, to) in here.dbs.iter_mut().zip(&mut there.dbs) {
            for (bytes, value) in from.extract_if(|bytes, _| key(&there.ks, bytes).slot == slot) {
                to.insert(bytes, value);
                moved += 1;
            }
        }
        assert_eq!(contents.len(), moved);
        there.ks.put_slot(contents);
    }

    fn apply(&mut self, op: &Op) {
        match op {
            Op::Set(bytes, value, expire) => self.set(bytes, value, *expire),
            Op::Bulk(from, count) => {
                for n in *from..from + count {
                    let expire = (n % 3 == 0).then_some(Some(i64::from(n)));
                    let value = Model::Text(n.to_string().into_bytes());
                    self.set(format!("bulk:{n}").as_bytes(), &value, expire);
                }
            }
            Op::RemoveBulk(from, count) => {
                for n in *from..from + count {
                    self.remove(format!("bulk:{n}").as_bytes());
                }
            }
            Op::SetValue(bytes, _) | Op::SetExpire(bytes, _) | Op::Append(bytes, _) | Op::Resize(bytes, _) => {
                self.edit(bytes, op)
            }
            Op::Remove(bytes) => self.remove(bytes),
            Op::Rename(from, db, to, other) => self.rename(from, *db, to, *other),
            Op::Flush => {
                let flushed = self.sides[0].ks.flush(self.db);
                assert_eq!(flushed.len(), self.sides[0].dbs[self.db].len());
                self.sides[0].dbs[self.db].clear();
            }
            Op::Swap(other) => {
                self.sides[0].ks.swap_db(self.db, *other);
                self.sides[0].dbs.swap(self.db, *other);
                self.sides[0].moved = true;
            }
            Op::MoveSlot(slot) => self.move_slot(*slot),
            Op::Epoch => self.sides[0].end_epoch(),
            Op::Lease(leased) => self.sides[0].ks.arena_mut().set_local(!leased),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(150)
    ))]

    #[test]
    fn a_keyspace_is_like_its_model(
        ops in prop::collection::vec((any_op(), 0usize..DBS, any::<bool>()), 1..150),
    ) {
        let mut pair = Pair { sides: [Side::new(), Side::new()], db: 0, living: Arc::default() };
        for (op, db, swap) in &ops {
            pair.db = *db;
            if *swap {
                pair.sides.swap(0, 1);
            }
            pair.apply(op);
        }
        let objects = |dbs: &[ModelDb]| {
            let values = dbs.iter().flat_map(HashMap::values);
            values.filter(|(value, _)| matches!(value, Model::Object(_))).count()
        };
        let mut living = 0;
        for side in &mut pair.sides {
            side.compare();
            side.end_epoch();
            living += objects(&side.dbs);
        }
        prop_assert_eq!(pair.living.load(Ordering::Relaxed), living);
        drop(pair.sides);
        prop_assert_eq!(pair.living.load(Ordering::Relaxed), 0);
    }
}
