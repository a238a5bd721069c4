//! `valkore-persist`: the [`Disk`] that files are written through, and the real one. The encodings of RDB, AOF and
//! the journal will stand here, too.
//!
//! It never knows shards or connections: bytes come in, and are on the disk when a call returns.
#![forbid(unsafe_code)]

mod disk;

pub use disk::{Disk, RealDisk, replace_file};
