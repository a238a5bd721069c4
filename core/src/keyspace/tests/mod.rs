//! Tests of the keyspace: single cases, against a naive model, and large ones that also print figures.

mod check;
mod large;
mod model;
mod scan;
mod unit;

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

const SEED: u64 = 0x5eed;

/// A keyspace whose memory is the system's.
fn keyspace(databases: usize) -> Keyspace {
    Keyspace::new(databases, SEED, Arena::system())
}

/// A key in a slot; real slots come from CRC16, which the keyspace doesn't know.
fn key_in<'a>(keyspace: &Keyspace, slot: u16, bytes: &'a [u8]) -> KeyRef<'a> {
    KeyRef { bytes, slot, hash: keyspace.hash(bytes) }
}

/// A key in a slot that follows from its bytes: one of a few, at both ends of the range.
fn key<'a>(keyspace: &Keyspace, bytes: &'a [u8]) -> KeyRef<'a> {
    let sum: usize = bytes.iter().map(|&byte| usize::from(byte)).sum();
    key_in(keyspace, [0, 1, 200, 16383][sum % 4], bytes)
}

/// The string that a value is.
fn text(value: Value<'_>) -> Vec<u8> {
    match value {
        Value::Int(value) => value.to_string().into_bytes(),
        Value::Bytes(bytes) => bytes.to_vec(),
        Value::Object(object) => panic!("{object:?} is not a string"),
    }
}

/// A foreign value that counts the living.
struct Counted {
    id: u64,
    living: Arc<AtomicUsize>,
}

impl Counted {
    fn object(id: u64, living: &Arc<AtomicUsize>) -> Box<Object> {
        living.fetch_add(1, Ordering::Relaxed);
        let living = Arc::clone(living);
        Box::new(Object::Foreign(Box::new(Counted { id, living })))
    }

    fn id_of(object: &Object) -> u64 {
        let Object::Foreign(value) = object;
        value.as_any().downcast_ref::<Counted>().unwrap().id
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.living.fetch_sub(1, Ordering::Relaxed);
    }
}

impl ForeignValue for Counted {
    fn type_name(&self) -> &str {
        "counted"
    }

    fn free_effort(&self) -> usize {
        3
    }

    fn mem_usage(&self) -> usize {
        16
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
