//! Values that are not strings.

use std::any::Any;
use std::fmt;

use crate::fail::Fail;

/// A value whose type a module defined. It travels between threads with its shard's data, hence `Send`.
pub trait ForeignValue: Send + Any {
    /// The name of the type, as `TYPE` answers it.
    fn type_name(&self) -> &str;
    /// About how many allocations freeing it takes: above the lazy-free threshold it is freed in the background.
    fn free_effort(&self) -> usize;
    /// Bytes of memory that it uses.
    fn mem_usage(&self) -> usize;
    /// For downcasts by the crate that defined the type.
    fn as_any(&self) -> &dyn Any;
    /// For downcasts by the crate that defined the type.
    fn as_any_mut(&mut self) -> &mut dyn Any;
    /// It was removed from under this key of this database; with `None`, it was put under a key again (RENAME, MOVE).
    fn unlinked(&self, _key: Option<(usize, &[u8])>) {}
    /// A copy of it for COPY, or why there is none.
    fn copy(&self) -> Result<Box<dyn ForeignValue>, Fail> {
        Err(Fail::text_of("ERR not supported for this module key"))
    }
}

/// A value that is not a string. It lives in a `Box` of its own, whose address never changes while the
/// entry lives.
#[non_exhaustive]
pub enum Object {
    /// A module's value.
    Foreign(Box<dyn ForeignValue>),
}

impl Object {
    /// The name of the type, as `TYPE` answers it.
    pub fn type_name(&self) -> &str {
        match self {
            Object::Foreign(value) => value.type_name(),
        }
    }

    /// The module's value that it is.
    pub fn foreign(&self) -> Option<&dyn ForeignValue> {
        match self {
            Object::Foreign(value) => Some(&**value),
        }
    }

    /// About how many allocations freeing it takes.
    pub fn free_effort(&self) -> usize {
        match self {
            Object::Foreign(value) => value.free_effort(),
        }
    }

    /// Bytes of memory that it uses, without the `Object` itself.
    pub fn mem_usage(&self) -> usize {
        match self {
            Object::Foreign(value) => value.mem_usage(),
        }
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Object({})", self.type_name())
    }
}
