//! Automatic memory management for modules.

use crate::abi::declare::*;

unbuilt! { fn AutoMemory(ctx: *mut Ctx); }
