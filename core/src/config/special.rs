//! The settings with a syntax of their own.

use bitflags::bitflags;

use crate::numfmt::parse_f64;

use super::directive::{Kind, RewriteLine, Source};
use super::setting::{CNumber, Setting, c_number, line, memory_in_file, parse_memory};
use super::split::{append_quoted, until_nul};
use super::text::Text;
use super::words::ModuleConcurrency;

const WRONG_COUNT: &str = "wrong number of arguments";

/// A number as C's `strtoll` takes it, if nothing follows it.
fn whole_number(arg: &[u8]) -> Option<i64> {
    match c_number(until_nul(arg), 10) {
        CNumber { value, rest: b"", .. } => Some(value),
        _ => None,
    }
}

fn words(args: impl IntoIterator<Item = String>) -> Vec<u8> {
    args.into_iter().collect::<Vec<_>>().join(" ").into_bytes()
}

/// When to save a snapshot: after this time, if there were this many changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SavePoint {
    /// Seconds since the last save.
    pub seconds: i64,
    /// Changes since the last save.
    pub changes: i32,
}

/// `save`: when to save snapshots by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SavePoints(pub Vec<SavePoint>);

impl SavePoints {
    /// Stock's own points.
    pub(crate) fn stock() -> SavePoints {
        SavePoints([(3600, 1), (300, 100), (60, 10000)].map(|(seconds, changes)| SavePoint { seconds, changes }).into())
    }
}

impl Setting for SavePoints {
    const KIND: Kind = Kind::Special;

    fn set(&mut self, _: &Kind, args: &[&[u8]], source: Source) -> Result<(), String> {
        let args = match args {
            [one] if until_nul(one).is_empty() => {
                self.0.clear();
                &[]
            }
            _ => args,
        };
        let point = |pair: &[&[u8]]| match pair {
            [seconds, changes] => {
                let (seconds, changes) = (whole_number(seconds)?, whole_number(changes)?);
                // As in stock, a count beyond 32 bits wraps.
                (seconds >= 1 && changes >= 0).then_some(SavePoint { seconds, changes: changes as i32 })
            }
            _ => None,
        };
        let points: Option<Vec<SavePoint>> = args.chunks(2).map(point).collect();
        let points = points.ok_or("Invalid save parameters")?;
        if source == Source::Command {
            self.0.clear();
        }
        self.0.extend(points);
        Ok(())
    }

    fn get(&self, _: &Kind) -> Vec<u8> {
        words(self.0.iter().map(|p| format!("{} {}", p.seconds, p.changes)))
    }

    fn rewrite(&self, _: &SavePoints, kind: &Kind, name: &str) -> Vec<RewriteLine> {
        let value = if self.0.is_empty() { b"\"\"".into() } else { self.get(kind) };
        vec![line(name, &value, true)]
    }
}

/// When a client is closed because it doesn't read its replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputLimit {
    /// Bytes at which it is closed at once; 0 is no limit.
    pub hard: u64,
    /// Bytes at which it is closed if it stays above for `soft_seconds`; 0 is no limit.
    pub soft: u64,
    /// How long the soft limit may be exceeded.
    pub soft_seconds: i32,
}

/// `client-output-buffer-limit`: the limits of each class of clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputLimits {
    /// Clients of no other class.
    pub normal: OutputLimit,
    /// Replicas.
    pub replica: OutputLimit,
    /// Subscribers.
    pub pubsub: OutputLimit,
}

impl OutputLimits {
    /// Stock's own limits.
    pub(crate) const fn stock() -> OutputLimits {
        const MB: u64 = 1 << 20;
        OutputLimits {
            normal: OutputLimit { hard: 0, soft: 0, soft_seconds: 0 },
            replica: OutputLimit { hard: 256 * MB, soft: 64 * MB, soft_seconds: 60 },
            pubsub: OutputLimit { hard: 32 * MB, soft: 8 * MB, soft_seconds: 60 },
        }
    }

    fn class(&mut self, name: &[u8]) -> Option<&mut OutputLimit> {
        match until_nul(name).to_ascii_lowercase().as_slice() {
            b"normal" => Some(&mut self.normal),
            b"replica" | b"slave" => Some(&mut self.replica),
            b"pubsub" => Some(&mut self.pubsub),
            _ => None,
        }
    }
}

impl Setting for OutputLimits {
    const KIND: Kind = Kind::Special;

    fn set(&mut self, _: &Kind, args: &[&[u8]], _: Source) -> Result<(), String> {
        let (groups, []) = args.as_chunks::<4>() else {
            return Err("Wrong number of arguments in buffer limit configuration.".into());
        };
        for [class, hard, soft, seconds] in groups {
            let class = self.class(class).ok_or("Invalid client class specified in buffer limit configuration.")?;
            let parsed = || {
                // As in stock, seconds beyond 32 bits wrap.
                let soft_seconds = whole_number(seconds)? as i32;
                let limit = OutputLimit { hard: parse_memory(hard)?, soft: parse_memory(soft)?, soft_seconds };
                (soft_seconds >= 0).then_some(limit)
            };
            *class = parsed().ok_or("Error in hard, soft or soft_seconds setting in buffer limit configuration.")?;
        }
        Ok(())
    }

    fn get(&self, _: &Kind) -> Vec<u8> {
        let classes = [("normal", self.normal), ("slave", self.replica), ("pubsub", self.pubsub)];
        words(classes.map(|(name, l)| format!("{name} {} {} {}", l.hard, l.soft, l.soft_seconds)))
    }

    fn rewrite(&self, default: &OutputLimits, _: &Kind, name: &str) -> Vec<RewriteLine> {
        let classes = [
            ("normal", self.normal, default.normal),
            ("replica", self.replica, default.replica),
            ("pubsub", self.pubsub, default.pubsub),
        ];
        let one = |(class, limit, default): (&str, OutputLimit, OutputLimit)| {
            let [hard, soft] = [limit.hard, limit.soft].map(|bytes| memory_in_file(bytes.cast_signed()));
            line(name, format!("{class} {hard} {soft} {}", limit.soft_seconds).as_bytes(), limit != default)
        };
        classes.map(one).into()
    }
}

/// `oom-score-adj-values`: for a primary, a replica and a saving child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OomScoreValues(pub [i32; 3]);

impl Setting for OomScoreValues {
    const KIND: Kind = Kind::Special;

    fn set(&mut self, _: &Kind, args: &[&[u8]], _: Source) -> Result<(), String> {
        let args: [&[u8]; 3] = args.try_into().map_err(|_| WRONG_COUNT)?;
        for (value, arg) in self.0.iter_mut().zip(args) {
            *value = whole_number(arg)
                .filter(|n| (-2000..=2000).contains(n))
                .and_then(|n| i32::try_from(n).ok())
                .ok_or("Invalid oom-score-adj-values, elements must be between -2000 and 2000.")?;
        }
        Ok(())
    }

    fn get(&self, _: &Kind) -> Vec<u8> {
        words(self.0.map(|n| n.to_string()))
    }
}

bitflags! {
    /// `notify-keyspace-events`: classes of events, with the bits of the module API.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct NotifyFlags: u32 {
        /// `K`: publish on the key's channel.
        const KEYSPACE = 1;
        /// `E`: publish on the event's channel.
        const KEYEVENT = 1 << 1;
        /// `g`: commands of no type.
        const GENERIC = 1 << 2;
        /// `$`: strings.
        const STRING = 1 << 3;
        /// `l`: lists.
        const LIST = 1 << 4;
        /// `s`: sets.
        const SET = 1 << 5;
        /// `h`: hashes.
        const HASH = 1 << 6;
        /// `z`: sorted sets.
        const ZSET = 1 << 7;
        /// `x`: expired.
        const EXPIRED = 1 << 8;
        /// `e`: evicted.
        const EVICTED = 1 << 9;
        /// `t`: streams.
        const STREAM = 1 << 10;
        /// `m`: a key was looked for and isn't there.
        const KEY_MISS = 1 << 11;
        /// A key was loaded from a file; for modules only.
        const LOADED = 1 << 12;
        /// `d`: types of modules.
        const MODULE = 1 << 13;
        /// `n`: a new key.
        const NEW = 1 << 14;
        /// `A`: all that `g$lshzxetd` stand for.
        const ALL = 0b10_0111_1111_1100;
    }
}

/// Class characters in the order in which they are shown.
const NOTIFY_CLASSES: [(u8, NotifyFlags); 11] = [
    (b'g', NotifyFlags::GENERIC),
    (b'$', NotifyFlags::STRING),
    (b'l', NotifyFlags::LIST),
    (b's', NotifyFlags::SET),
    (b'h', NotifyFlags::HASH),
    (b'z', NotifyFlags::ZSET),
    (b'x', NotifyFlags::EXPIRED),
    (b'e', NotifyFlags::EVICTED),
    (b't', NotifyFlags::STREAM),
    (b'd', NotifyFlags::MODULE),
    (b'n', NotifyFlags::NEW),
];
const NOTIFY_TARGETS: [(u8, NotifyFlags); 3] =
    [(b'K', NotifyFlags::KEYSPACE), (b'E', NotifyFlags::KEYEVENT), (b'm', NotifyFlags::KEY_MISS)];

impl NotifyFlags {
    /// Parses class characters.
    pub fn parse(text: &[u8]) -> Option<NotifyFlags> {
        let flag = |c: &u8| match c {
            b'A' => Some(NotifyFlags::ALL),
            c => NOTIFY_CLASSES.iter().chain(&NOTIFY_TARGETS).find(|(name, _)| name == c).map(|(_, flag)| *flag),
        };
        text.iter().map(flag).collect()
    }

    /// The class characters.
    pub fn text(self) -> String {
        let letters = |classes: &[(u8, NotifyFlags)]| -> String {
            classes.iter().filter(|(_, flag)| self.contains(*flag)).map(|(c, _)| char::from(*c)).collect()
        };
        // `n` isn't part of `A`, but stock doesn't show it beside `A` either.
        let classes = if self.contains(NotifyFlags::ALL) { "A".into() } else { letters(&NOTIFY_CLASSES) };
        classes + &letters(&NOTIFY_TARGETS)
    }
}

impl Setting for NotifyFlags {
    const KIND: Kind = Kind::Special;

    fn set(&mut self, _: &Kind, args: &[&[u8]], _: Source) -> Result<(), String> {
        *self =
            NotifyFlags::parse(until_nul(args[0])).ok_or("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")?;
        Ok(())
    }

    fn get(&self, _: &Kind) -> Vec<u8> {
        self.text().into_bytes()
    }

    fn rewrite(&self, default: &NotifyFlags, kind: &Kind, name: &str) -> Vec<RewriteLine> {
        let mut quoted = Vec::new();
        append_quoted(&mut quoted, &self.get(kind));
        vec![line(name, &quoted, self != default)]
    }
}

/// `bind`: the addresses to listen on. A `-` in front means that the address may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses(pub Vec<Text>);

/// How many addresses `bind` takes.
const ADDRESSES_MAX: usize = 16;

impl Addresses {
    /// These addresses.
    pub(crate) fn new(addresses: &[&str]) -> Addresses {
        Addresses(addresses.iter().map(|a| Text::from(*a)).collect())
    }
}

impl Setting for Addresses {
    const KIND: Kind = Kind::Special;

    fn set(&mut self, _: &Kind, args: &[&[u8]], _: Source) -> Result<(), String> {
        if args.len() > ADDRESSES_MAX {
            return Err("Too many bind addresses specified.".into());
        }
        self.0 = match args {
            [[]] => Vec::new(),
            _ => args.iter().map(|a| until_nul(a).into()).collect(),
        };
        Ok(())
    }

    fn get(&self, _: &Kind) -> Vec<u8> {
        self.0.iter().map(Text::as_bytes).collect::<Vec<_>>().join(&b' ')
    }

    fn rewrite(&self, default: &Addresses, kind: &Kind, name: &str) -> Vec<RewriteLine> {
        if self == default {
            return Vec::new();
        }
        let value = if self.0.is_empty() { b"\"\"".into() } else { self.get(kind) };
        vec![line(name, &value, true)]
    }
}

/// `replicaof`: the primary to follow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplicaOf(pub Option<(Text, u16)>);

impl Setting for ReplicaOf {
    const KIND: Kind = Kind::Special;

    fn set(&mut self, _: &Kind, args: &[&[u8]], _: Source) -> Result<(), String> {
        let [host, port] = args else { return Err(WRONG_COUNT.into()) };
        if host.eq_ignore_ascii_case(b"no") && port.eq_ignore_ascii_case(b"one") {
            self.0 = None;
            return Ok(());
        }
        // As in stock, a port beyond 32 bits wraps before it is checked.
        let port = whole_number(port).and_then(|n| u16::try_from(n as i32).ok()).ok_or("Invalid primary port")?;
        self.0 = Some((until_nul(host).into(), port));
        Ok(())
    }

    fn get(&self, _: &Kind) -> Vec<u8> {
        match &self.0 {
            Some((host, port)) => [host.as_bytes(), b" ", port.to_string().as_bytes()].concat(),
            None => Vec::new(),
        }
    }

    fn rewrite(&self, _: &ReplicaOf, kind: &Kind, name: &str) -> Vec<RewriteLine> {
        self.0.iter().map(|_| line(name, &self.get(kind), true)).collect()
    }
}

/// `latency-tracking-info-percentiles`: what `INFO latencystats` shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Percentiles(pub Vec<f64>);

impl Setting for Percentiles {
    const KIND: Kind = Kind::Special;

    fn set(&mut self, _: &Kind, args: &[&[u8]], _: Source) -> Result<(), String> {
        let args = match args {
            [[]] => &[],
            _ => args,
        };
        self.0.clear();
        for arg in args {
            let value = parse_f64(arg).ok_or("Invalid latency-tracking-info-percentiles parameters")?;
            if !(0.0..=100.0).contains(&value) {
                let text = "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]";
                return Err(text.into());
            }
            self.0.push(value);
        }
        Ok(())
    }

    fn get(&self, _: &Kind) -> Vec<u8> {
        words(self.0.iter().map(|p| format!("{p:.6}").trim_end_matches('0').trim_end_matches('.').to_string()))
    }

    fn rewrite(&self, _: &Percentiles, kind: &Kind, name: &str) -> Vec<RewriteLine> {
        let value = if self.0.is_empty() { b"\"\"".into() } else { self.get(kind) };
        vec![line(name, &value, true)]
    }
}

/// `dir`: the working directory. Changing into it is the caller's part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkDir(pub Text);

impl Setting for WorkDir {
    const KIND: Kind = Kind::Special;

    fn set(&mut self, _: &Kind, args: &[&[u8]], _: Source) -> Result<(), String> {
        let path = until_nul(args[0]);
        if path.is_empty() {
            return Err("dir can't be empty".into());
        }
        self.0 = path.into();
        Ok(())
    }

    fn get(&self, _: &Kind) -> Vec<u8> {
        self.0.as_bytes().into()
    }

    fn rewrite(&self, _: &WorkDir, _: &Kind, name: &str) -> Vec<RewriteLine> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let mut quoted = Vec::new();
        append_quoted(&mut quoted, self.0.as_bytes());
        vec![line(name, &quoted, true)]
    }
}

/// `module-concurrency`: how the callbacks of modules may run, by the module's name. In a file each line names one
/// module; `CONFIG SET` takes the whole list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModuleModes(pub Vec<(Text, ModuleConcurrency)>);

impl ModuleModes {
    /// The mode of the module with this name.
    pub fn of(&self, module: &[u8]) -> ModuleConcurrency {
        let found = self.0.iter().find(|(name, _)| name.as_bytes() == module);
        found.map_or(ModuleConcurrency::Gil, |(_, mode)| *mode)
    }
}

impl Setting for ModuleModes {
    const KIND: Kind = Kind::Special;

    fn set(&mut self, _: &Kind, args: &[&[u8]], source: Source) -> Result<(), String> {
        let args = match args {
            [[]] => &[],
            _ => args,
        };
        if source == Source::Command || args.is_empty() {
            self.0.clear();
        }
        for pair in args.chunks(2) {
            let mode = pair.get(1).and_then(|word| ModuleConcurrency::from_word(word));
            let Some(mode) = mode.filter(|_| !pair[0].is_empty()) else {
                return Err("argument(s) must be pairs of a module's name and one of: gil, per-shard, shared".into());
            };
            self.0.retain(|(name, _)| name.as_bytes() != pair[0]);
            self.0.push((pair[0].into(), mode));
        }
        Ok(())
    }

    fn get(&self, _: &Kind) -> Vec<u8> {
        words(self.0.iter().map(|(name, mode)| format!("{name} {}", mode.word())))
    }

    fn rewrite(&self, _: &ModuleModes, _: &Kind, name: &str) -> Vec<RewriteLine> {
        self.0.iter().map(|(module, mode)| line(name, format!("{module} {}", mode.word()).as_bytes(), true)).collect()
    }
}
