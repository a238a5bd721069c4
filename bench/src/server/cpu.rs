//! A process's CPU time, from outside, in nanoseconds.
//!
//! `/proc/PID/stat` counts in ticks of 10 ms. The process CPU clock of POSIX (`clock_getcpuclockid`) holds the
//! same, user and system time of all threads including those that have ended, in nanoseconds. For a thread
//! that is running at that moment, the kernel adds its time at the next scheduler tick (1 to 4 ms) or when it
//! stops running, so a server that spins is at most a tick per thread off; one that sleeps is exact. Child
//! processes are not counted.

use std::io;
use std::time::Duration;

use crate::error::Error;

/// The CPU clock of one process.
#[derive(Debug, Clone, Copy)]
pub struct CpuClock(libc::clockid_t);

impl CpuClock {
    /// The clock of process `pid`.
    ///
    /// # Errors
    /// If there is no such process.
    pub fn of(pid: u32) -> Result<Self, Error> {
        let mut clock = 0;
        // SAFETY: `clock` is valid for the call, which writes one clock id to it and keeps no pointer.
        let errno = unsafe { libc::clock_getcpuclockid(pid.cast_signed(), &raw mut clock) };
        match errno {
            0 => Ok(Self(clock)),
            errno => Err(Error::io(format!("the CPU clock of process {pid}"))(io::Error::from_raw_os_error(errno))),
        }
    }

    /// The CPU time that the process has used so far.
    ///
    /// # Errors
    /// If the process has ended.
    pub fn read(self) -> Result<Duration, Error> {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: `time` is valid for the call, which writes one timespec to it and keeps no pointer.
        let result = unsafe { libc::clock_gettime(self.0, &raw mut time) };
        if result != 0 {
            return Err(Error::io("reading a server's CPU clock")(io::Error::last_os_error()));
        }
        Ok(Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn working_moves_the_clock_and_sleeping_does_not() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let (own, other) = (CpuClock::of(std::process::id()).unwrap(), CpuClock::of(child.id()).unwrap());
        let (own_start, other_start) = (own.read().unwrap(), other.read().unwrap());
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        while own.read().unwrap() - own_start < Duration::from_millis(50) {
            assert!(std::time::Instant::now() < deadline, "the clock stands still");
        }
        assert!(other.read().unwrap() - other_start < Duration::from_millis(20));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(other.read().is_err());
    }
}
