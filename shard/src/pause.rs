//! `CLIENT PAUSE`: until when which commands of clients wait. One word for the whole node: who was told that the
//! pause has begun finds it in force on every shard.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Which commands wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Paused {
    /// Those that change data.
    Write,
    /// All.
    All,
}

/// A pause of the clients' commands.
#[derive(Debug, Default)]
pub struct Pause {
    /// Its end in milliseconds since 1970, shifted left by one; the low bit says "all". 0 = there is none.
    state: AtomicU64,
    change: Mutex<()>,
}

/// The latest end that the word holds.
const END_MAX: i64 = i64::MAX >> 2;

impl Pause {
    /// Pauses until `end_ms`. A pause that is in force becomes neither shorter nor weaker.
    pub fn begin(&self, end_ms: i64, what: Paused, now_ms: i64) {
        let _one = self.change.lock().expect("no one panics with this lock");
        let all = what == Paused::All || self.now(now_ms) == Some(Paused::All);
        let end = end_ms.max(now_ms + self.left_ms(now_ms)).clamp(0, END_MAX).cast_unsigned();
        self.state.store(end << 1 | u64::from(all), Ordering::Release);
    }

    /// Ends it.
    pub fn end(&self) {
        let _one = self.change.lock().expect("no one panics with this lock");
        self.state.store(0, Ordering::Release);
    }

    /// Which commands wait at `now_ms`.
    #[inline]
    pub fn now(&self, now_ms: i64) -> Option<Paused> {
        let state = self.state.load(Ordering::Acquire);
        if state == 0 || (state >> 1).cast_signed() <= now_ms {
            return None;
        }
        Some(if state & 1 == 1 { Paused::All } else { Paused::Write })
    }

    /// Milliseconds left at `now_ms`.
    pub fn left_ms(&self, now_ms: i64) -> i64 {
        ((self.state.load(Ordering::Acquire) >> 1).cast_signed() - now_ms).max(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_by_itself_and_never_weakens() {
        let pause = Pause::default();
        assert_eq!(pause.now(5), None);
        pause.begin(10, Paused::Write, 5);
        assert_eq!((pause.now(9), pause.now(10), pause.left_ms(7)), (Some(Paused::Write), None, 3));
        pause.begin(20, Paused::All, 6);
        pause.begin(30, Paused::Write, 7);
        pause.begin(25, Paused::Write, 8);
        assert_eq!((pause.now(29), pause.now(30)), (Some(Paused::All), None));
        pause.begin(40, Paused::Write, 31);
        assert_eq!(pause.now(39), Some(Paused::Write));
        pause.begin(i64::MAX, Paused::All, 32);
        pause.end();
        assert_eq!(pause.now(0), None);
    }
}
