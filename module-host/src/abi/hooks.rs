//! The places where the host hangs itself into the functions of this layer.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use super::function::{Function, Lock};

/// Is told of a function.
pub type Hook = fn(&'static Function);

static UNBUILT: OnceLock<Hook> = OnceLock::new();
static LOCK_CHECK: OnceLock<Hook> = OnceLock::new();

/// Sets what is told, once for each function, that a module called one that isn't built. Answers false if it was set.
pub fn set_unbuilt(hook: Hook) -> bool {
    UNBUILT.set(hook).is_ok()
}

/// Sets what looks at each call of a function whose rule asks for the module lock. Answers false if it was set.
///
/// The hook compares the calling thread with the lock-holder record; what it does about a stranger is the host's choice.
pub fn set_lock_check(hook: Hook) -> bool {
    LOCK_CHECK.set(hook).is_ok()
}

/// First thing in every built function.
#[inline(always)]
pub fn enter(function: &'static Function) {
    if function.rule.lock == Lock::Held
        && let Some(check) = LOCK_CHECK.get()
    {
        check(function);
    }
}

/// First thing in every unbuilt function. While no hook is set nothing counts as told.
#[cold]
pub fn tell_unbuilt(function: &'static Function, told: &AtomicBool) {
    if let Some(hook) = UNBUILT.get()
        && !told.swap(true, Ordering::Relaxed)
    {
        hook(function);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;
    use crate::abi::lookup::find;

    static SEEN: AtomicU32 = AtomicU32::new(0);

    #[test]
    fn only_calls_that_need_the_lock_are_checked() {
        let held = find(b"ValkeyModule_OpenKey").unwrap();
        let free = find(b"ValkeyModule_Alloc").unwrap();
        enter(held);
        assert!(set_lock_check(|function| {
            SEEN.fetch_add(u32::from(function.name == "OpenKey"), Ordering::Relaxed);
        }));
        enter(held);
        enter(free);
        assert_eq!(SEEN.load(Ordering::Relaxed), 1);
    }
}
