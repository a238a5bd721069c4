//! Rust's side of `src/shim/shim.h`: what the C shim hands over, and where it is.

use std::ffi::{c_int, c_uint, c_void};

use super::types::ModuleString;

/// One argument of a command that a module called, replicated or emitted.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct ShimArg {
    kind: u32,
    unused: u32,
    ptr: *const c_void,
    value: i64,
}

/// [`ShimArg`], told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// So many bytes from here on.
    Bytes(*const u8, usize),
    /// A string of the server's.
    String(*mut ModuleString),
    /// A number, sent as its decimal digits.
    Integer(i64),
}

impl ShimArg {
    /// What it is.
    pub fn argument(&self) -> Argument {
        match self.kind {
            0 => Argument::Bytes(self.ptr.cast(), self.value as usize),
            1 => Argument::String(self.ptr.cast_mut().cast()),
            2 => Argument::Integer(self.value),
            other => unreachable!("the shim makes no argument of kind {other}"),
        }
    }
}

/// One field of a hash, and what goes with it: see `shim.h`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct ShimPair {
    /// A string of the server's, or with `HASH_CFIELDS` the first byte of the name.
    pub field: *const c_void,
    /// Length of the name, with `HASH_CFIELDS`; else 0.
    pub field_len: usize,
    /// The new value of the field, or where to write what it has.
    pub other: *mut c_void,
}

/// What the letters of a format say: the flags of form `args`.
pub mod format {
    use super::c_uint;
    /// `!`: send to replicas and AOF.
    pub const REPLICATE: c_uint = 1 << 0;
    /// `A`: not to the AOF.
    pub const NOT_TO_AOF: c_uint = 1 << 1;
    /// `R`: not to replicas.
    pub const NOT_TO_REPLICAS: c_uint = 1 << 2;
    /// `3`: a RESP3 reply.
    pub const RESP3: c_uint = 1 << 3;
    /// `0`: a reply in the client's protocol.
    pub const RESP_AUTO: c_uint = 1 << 4;
    /// `C`: as the context's user.
    pub const AS_USER: c_uint = 1 << 5;
    /// `S`: what scripts may not do is refused.
    pub const SCRIPT_MODE: c_uint = 1 << 6;
    /// `W`: no write commands.
    pub const NO_WRITES: c_uint = 1 << 7;
    /// `M`: over the memory limit, refuse what takes memory.
    pub const RESPECT_OOM: c_uint = 1 << 8;
    /// `E`: refusals are replies.
    pub const ERRORS: c_uint = 1 << 9;
    /// `D`: only tell if it could run.
    pub const DRY_RUN: c_uint = 1 << 10;
    /// `K`: it may block, and answers with a promise.
    pub const MAY_BLOCK: c_uint = 1 << 11;
    /// `X`: the reply's exact bytes (Valkey 9; older servers don't know the letter).
    pub const EXACT: c_uint = 1 << 12;
    /// There is a letter that isn't known. No argument was read.
    pub const BAD: c_uint = 1 << 31;
}

macro_rules! shims {
    ($($name:ident)*) => {
        unsafe extern "C" {
            $(
                // The C function that modules call; only its address is taken, its type is no matter of Rust's.
                pub(super) fn $name();
            )*
        }
    };
}

shims! {
    valkore_shim_CreateStringPrintf
    valkore_shim_CreateStringFromLongDouble
    valkore_shim_StringToLongDouble
    valkore_shim_ReplyWithErrorFormat
    valkore_shim_ReplyWithLongDouble
    valkore_shim_Replicate
    valkore_shim_HashSet
    valkore_shim_HashGet
    valkore_shim_Call
    valkore_shim_SaveLongDouble
    valkore_shim_LoadLongDouble
    valkore_shim_EmitAOF
    valkore_shim_Log
    valkore_shim_LogIOError
}

const _: () = {
    assert!(size_of::<ShimArg>() == 24 && size_of::<ShimPair>() == 24 && size_of::<c_int>() == 4);
    assert!(super::constants::HASH_CFIELDS == 1 << 2, "shim.h repeats it");
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_header() {
        let header = include_str!("../shim/shim.h");
        let flags = [
            ("REPLICATE", format::REPLICATE),
            ("NOT_TO_AOF", format::NOT_TO_AOF),
            ("NOT_TO_REPLICAS", format::NOT_TO_REPLICAS),
            ("RESP3", format::RESP3),
            ("RESP_AUTO", format::RESP_AUTO),
            ("AS_USER", format::AS_USER),
            ("SCRIPT_MODE", format::SCRIPT_MODE),
            ("NO_WRITES", format::NO_WRITES),
            ("RESPECT_OOM", format::RESPECT_OOM),
            ("ERRORS", format::ERRORS),
            ("DRY_RUN", format::DRY_RUN),
            ("MAY_BLOCK", format::MAY_BLOCK),
            ("EXACT", format::EXACT),
            ("BAD", format::BAD),
        ];
        assert_eq!(header.matches("#define VALKORE_FMT_").count(), flags.len());
        for (name, value) in flags {
            let line = format!("#define VALKORE_FMT_{name} (1u << {})\n", value.trailing_zeros());
            assert!(header.contains(&line), "{line}");
        }
    }
}
