//! Time, read in one place: the wall clock and a cheap monotonic clock for a command's duration.

use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use valkore_core::step::Clock;

/// Reads the clocks.
pub fn now() -> Clock {
    let unix_us = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_micros() as i64);
    Clock { unix_us, mono_ns: mono_ns() }
}

fn start() -> Instant {
    static START: OnceLock<Instant> = OnceLock::new();
    *START.get_or_init(Instant::now)
}

/// Nanoseconds of the monotonic clock since the process first asked.
pub fn mono_ns() -> u64 {
    start().elapsed().as_nanos() as u64
}

/// A tick counter that is cheaper to read than the clock: the time-stamp counter where there is one.
#[inline]
pub fn ticks() -> u64 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: the instruction reads a counter and has no other effect; every x86_64 has it.
    unsafe {
        core::arch::x86_64::_rdtsc()
    }
    #[cfg(not(target_arch = "x86_64"))]
    mono_ns()
}

/// Nanoseconds per tick, measured once (takes 2 ms the first time).
pub fn ns_per_tick() -> f64 {
    static RATE: OnceLock<f64> = OnceLock::new();
    *RATE.get_or_init(|| {
        let (t0, n0) = (ticks(), mono_ns());
        while mono_ns() - n0 < 2_000_000 {
            std::hint::spin_loop();
        }
        (mono_ns() - n0) as f64 / (ticks() - t0).max(1) as f64
    })
}
