//! Which CPUs a thread may run on.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use rustix::thread::CpuSet;

use crate::error::Error;

/// A list of CPUs as `taskset -c` writes it (`0`, `0-3`, `0,2`), or `none` for "not pinned".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cpus(Vec<usize>);

impl Cpus {
    /// The first `count` CPUs.
    #[must_use]
    pub fn first(count: usize) -> Self {
        Self((0..count).collect())
    }

    /// The set for the kernel; `None` if not pinned.
    #[must_use]
    pub fn set(&self) -> Option<CpuSet> {
        let mut set = CpuSet::new();
        self.0.iter().for_each(|&cpu| set.set(cpu));
        (!self.0.is_empty()).then_some(set)
    }

    /// The one CPU for the thread of that number, going round if there are more threads.
    #[must_use]
    pub fn one_for(&self, thread: usize) -> Self {
        Self(self.0.get(thread % self.0.len().max(1)).copied().into_iter().collect())
    }

    /// How many there are; 0 means "not pinned".
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether this says "not pinned".
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Pins the calling thread (and what it starts from then on).
    ///
    /// # Errors
    /// If there is no such CPU.
    pub fn pin_this_thread(&self) -> Result<(), Error> {
        let Some(set) = self.set() else { return Ok(()) };
        rustix::thread::sched_setaffinity(None, &set).map_err(Error::io(format!("pinning to CPU {self}")))
    }

    /// The threads of process `pid` that have left this list, as `name on list`.
    #[must_use]
    pub fn escapees(&self, pid: u32) -> Vec<String> {
        if self.is_empty() {
            return Vec::new();
        }
        let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
        threads.filter_map(|thread| self.escapee(&thread.path())).collect()
    }

    fn escapee(&self, thread: &Path) -> Option<String> {
        let status = std::fs::read_to_string(thread.join("status")).ok()?;
        let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let allowed: Self = field("Cpus_allowed_list:")?.parse().ok()?;
        let inside = allowed.0.iter().all(|cpu| self.0.contains(cpu));
        (!inside).then(|| format!("{} on {allowed}", field("Name:").unwrap_or("?")))
    }
}

impl FromStr for Cpus {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self::default());
        }
        let number = |text: &str| match text.parse::<usize>() {
            Ok(cpu) if cpu < CpuSet::MAX_CPU => Ok(cpu),
            _ => Err(format!("'{text}' is no CPU number; expected a list such as 0, 0-3 or 0,2, or none")),
        };
        let mut cpus = Vec::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            cpus.extend(number(first)?..=number(last)?);
        }
        Ok(Self(cpus))
    }
}

impl fmt::Display for Cpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        let numbers: Vec<String> = self.0.iter().map(usize::to_string).collect();
        f.write_str(&numbers.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read() {
        for (text, written) in [("0", "0"), ("0-2", "0,1,2"), ("0,2-3", "0,2,3"), ("none", "none")] {
            assert_eq!(text.parse::<Cpus>().unwrap().to_string(), written);
        }
        for text in ["", "a", "1-", "-1", "0,,1", "99999"] {
            assert!(text.parse::<Cpus>().is_err(), "{text}");
        }
    }

    #[test]
    fn threads_take_turns() {
        let cpus: Cpus = "1,3".parse().unwrap();
        assert_eq!(cpus.one_for(2).to_string(), "1");
        assert!(Cpus::default().one_for(2).is_empty());
    }

    #[test]
    fn this_process_stays_within_all_cpus() {
        assert!(Cpus::first(CpuSet::MAX_CPU).escapees(std::process::id()).is_empty());
        assert!(!Cpus(vec![CpuSet::MAX_CPU - 1]).escapees(std::process::id()).is_empty());
    }
}
