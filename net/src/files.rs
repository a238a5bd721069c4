//! The limit of open files, which bounds how many clients there can be.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that are not clients.
const RESERVED: u64 = 32;
/// Steps in which stock looks for the greatest limit that can be had; its answer depends on them.
const STEP: u64 = 16;

/// What can be had instead of the clients that were asked for.
#[derive(Debug)]
pub struct TooMany {
    /// Clients that can be had; 0 or less: not even the server's own files.
    pub clients_max: i64,
    /// Files that would be needed.
    pub needed: u64,
    /// Files that can be had.
    pub limit: u64,
    /// Why there can't be more.
    pub why: std::io::Error,
}

/// Raises the limit of open files as far as so many clients need it.
pub fn allow_clients(clients: i64) -> Result<(), TooMany> {
    let needed = clients.max(0).cast_unsigned() + RESERVED;
    let old = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    if old >= needed {
        return Ok(());
    }
    let why = match set(needed) {
        Ok(()) => return Ok(()),
        Err(why) => why,
    };
    let limit = best_below(needed, old, |n| set(n).is_ok());
    Err(TooMany { clients_max: limit.cast_signed() - RESERVED.cast_signed(), needed, limit, why: why.into() })
}

fn set(files: u64) -> rustix::io::Result<()> {
    setrlimit(Resource::Nofile, Rlimit { current: Some(files), maximum: Some(files) })
}

/// The greatest `needed - STEP * k` that `works`, or `old` if none above it does.
fn best_below(needed: u64, old: u64, mut works: impl FnMut(u64) -> bool) -> u64 {
    let (mut fails, mut last) = (0, (needed - old) / STEP + 1);
    while fails + 1 < last {
        let k = fails.midpoint(last);
        if works(needed - STEP * k) {
            last = k;
        } else {
            fails = k;
        }
    }
    let found = needed.saturating_sub(STEP * last);
    if found > old && works(found) { found } else { old }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_a_search_in_steps_finds() {
        for (needed, old, most) in
            [(1_048_632, 20_000, 20_000), (1_000_000, 1024, 4096), (1_000, 10, 999), (50, 40, 49)]
        {
            let mut n: u64 = needed;
            while n > old && n > most {
                n = n.saturating_sub(STEP);
            }
            let wanted = if n > old { n } else { old };
            assert_eq!(best_below(needed, old, |n| n <= most), wanted, "{needed} {old} {most}");
        }
    }
}
