//! Logging.

use valkore_shard::log::{Level, log};

use crate::abi::declare::*;
use crate::host::context::Context;
use crate::host::raw;

/// Longest text that a module logs, in bytes.
const TEXT_BYTES_MAX: usize = 1024;

/// Logs as module `name`.
///
/// # Safety
/// `level` is null or a C string, and `text` is `len` bytes.
unsafe fn log_as(name: &str, level: *const c_char, text: *const c_char, len: usize) {
    // SAFETY: by the caller.
    let (level, text) = unsafe { (raw::text(level), raw::bytes(text, len)) };
    let level = match level.to_ascii_lowercase().as_slice() {
        b"debug" => Level::Debug,
        b"notice" => Level::Notice,
        b"warning" => Level::Warning,
        _ => Level::Verbose,
    };
    let text = String::from_utf8_lossy(&text[..len.min(TEXT_BYTES_MAX)]);
    log(level, &format!("<{name}> {text}"));
}

api! {
    /// Logs what the format gave.
    shim "valkore_Log_text" fn Log(ctx: *mut Ctx, levelstr: *const c_char, text: *const c_char, len: usize) {
        // SAFETY: by the caller, a context or null.
        let module = unsafe { Context::of(ctx) }.and_then(|ctx| ctx.module.clone());
        let name = module.as_ref().map(|m| m.name()).filter(|name| !name.is_empty());
        // SAFETY: by the caller a C string; by the shim `len` bytes.
        unsafe { log_as(name.unwrap_or("module"), levelstr, text, len) }
    }

    /// Logs what the format gave, out of a callback that saves or loads.
    shim "valkore_LogIOError_text" fn LogIOError(_io: *mut Io, levelstr: *const c_char, text: *const c_char, len: usize) {
        // SAFETY: by the caller a C string; by the shim `len` bytes.
        unsafe { log_as("module", levelstr, text, len) }
    }

    /// Logs that a module's assertion has failed, and ends the process.
    fn _Assert(estr: *const c_char, file: *const c_char, line: c_int) {
        // SAFETY: by the caller, two C strings.
        let (what, file) = unsafe { (raw::text(estr), raw::text(file)) };
        let (what, file) = (String::from_utf8_lossy(what), String::from_utf8_lossy(file));
        log(Level::Warning, "=== ASSERTION FAILED ===");
        log(Level::Warning, &format!("==> {file}:{line} '{what}' is not true"));
        std::process::abort();
    }
}

// There is no latency monitor yet.
unbuilt! { fn LatencyAddSample(event: *const c_char, latency: Mstime); }
