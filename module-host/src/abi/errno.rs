//! `errno`, the second answer of many functions.

use std::ffi::c_int;

/// Sets the calling thread's `errno`.
pub fn set_errno(code: c_int) {
    // SAFETY: libc gives every thread its own word, which stays until the thread ends.
    unsafe { *libc::__errno_location() = code }
}

/// The calling thread's `errno`.
pub fn errno() -> c_int {
    // SAFETY: as above.
    unsafe { *libc::__errno_location() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thread_has_its_own() {
        set_errno(libc::ENOENT);
        std::thread::spawn(|| set_errno(libc::EINVAL)).join().unwrap();
        assert_eq!(errno(), libc::ENOENT);
    }
}
