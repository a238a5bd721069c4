//! The server's log, in Valkey's format: `<pid>:M <day> <month> <year> <time> <mark> <text>`.

use std::fs::OpenOptions;
use std::io::Write;
use std::sync::RwLock;
use std::sync::atomic::{AtomicU8, Ordering};

/// How important a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    /// `.`
    Debug = 0,
    /// `-`
    Verbose = 1,
    /// `*`
    Notice = 2,
    /// `#`
    Warning = 3,
    /// Nothing is logged.
    Nothing = 4,
}

impl Level {
    fn mark(self) -> char {
        ['.', '-', '*', '#', ' '][self as usize]
    }

    fn priority(self) -> libc::c_int {
        [libc::LOG_DEBUG, libc::LOG_INFO, libc::LOG_NOTICE, libc::LOG_WARNING, libc::LOG_EMERG][self as usize]
    }
}

static LEVEL: AtomicU8 = AtomicU8::new(Level::Notice as u8);
static FILE: RwLock<String> = RwLock::new(String::new());
static SYSLOG: RwLock<Option<std::ffi::CString>> = RwLock::new(None);

/// Lines below `level` are dropped.
pub fn set_level(level: Level) {
    LEVEL.store(level as u8, Ordering::Relaxed);
}

/// Lines go to this file; empty: standard output.
pub fn set_file(path: &str) {
    *FILE.write().expect("no one panics with this lock") = path.into();
}

/// Lines go to syslog too, under this name. `facility` is one of syslog(3)'s.
pub fn set_syslog(ident: &str, facility: libc::c_int) {
    let Ok(ident) = std::ffi::CString::new(ident) else { return };
    let mut slot = SYSLOG.write().expect("no one panics with this lock");
    let kept = slot.insert(ident);
    // SAFETY: openlog keeps the pointer; the string stays in the static until it is replaced by another call, which
    // hands the new pointer over first in the same critical section.
    unsafe { libc::openlog(kept.as_ptr(), libc::LOG_PID | libc::LOG_NDELAY | libc::LOG_NOWAIT, facility) };
}

/// Writes one line.
pub fn log(level: Level, text: &str) {
    if (level as u8) < LEVEL.load(Ordering::Relaxed) {
        return;
    }
    let line = format!("{}:M {} {} {text}\n", std::process::id(), timestamp(), level.mark());
    let path = FILE.read().expect("no one panics with this lock");
    if path.is_empty() {
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
    } else if let Ok(mut file) = OpenOptions::new().create(true).append(true).open(&*path) {
        let _ = file.write_all(line.as_bytes());
    }
    if SYSLOG.read().expect("no one panics with this lock").is_some()
        && let Ok(text) = std::ffi::CString::new(text)
    {
        // SAFETY: both are NUL-terminated strings that live through the call; the format takes one string.
        unsafe { libc::syslog(level.priority(), c"%s".as_ptr(), text.as_ptr()) };
    }
}

/// Local time as `22 Nov 2026 12:14:12.345`.
fn timestamp() -> String {
    let us = crate::clock::now().unix_us;
    let seconds: libc::time_t = us / 1_000_000;
    // SAFETY: tm is integers and one pointer, for which zero is valid; localtime_r fills it and keeps no pointer.
    let tm = unsafe {
        let mut tm: libc::tm = std::mem::zeroed();
        libc::localtime_r(&seconds, &mut tm);
        tm
    };
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    format!(
        "{:02} {} {} {:02}:{:02}:{:02}.{:03}",
        tm.tm_mday,
        MONTHS[tm.tm_mon.clamp(0, 11) as usize],
        tm.tm_year + 1900,
        tm.tm_hour,
        tm.tm_min,
        tm.tm_sec,
        us / 1000 % 1000
    )
}
