//! The primitives that threads share, in one place: the model checker (`tests/model`) compiles the product's own
//! mailboxes with shuttle's under the same names.

pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};

pub(crate) use crossbeam_queue::ArrayQueue;
