//! What the process uses of the machine, as the kernel counts it.

/// Processor time in microseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct CpuTime {
    /// In the kernel.
    pub sys_us: i64,
    /// Outside of it.
    pub user_us: i64,
}

/// Of the process with all its threads.
pub fn process() -> CpuTime {
    of(libc::RUSAGE_SELF)
}

/// Of its children that have ended.
pub fn children() -> CpuTime {
    of(libc::RUSAGE_CHILDREN)
}

/// Of the calling thread.
pub fn thread() -> CpuTime {
    of(libc::RUSAGE_THREAD)
}

fn of(who: libc::c_int) -> CpuTime {
    // SAFETY: rusage is integers, for which zero is valid; getrusage fills it and keeps no pointer.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(who, &mut usage);
        usage
    };
    let us = |t: libc::timeval| t.tv_sec * 1_000_000 + t.tv_usec;
    CpuTime { sys_us: us(usage.ru_stime), user_us: us(usage.ru_utime) }
}

/// Bytes of the process in memory.
pub fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = text.split(' ').nth(1).and_then(|n| n.parse().ok()).unwrap_or(0);
    pages * page_bytes()
}

fn page_bytes() -> u64 {
    // SAFETY: sysconf takes a number and gives one.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) }.max(0).cast_unsigned()
}
