//! The options that SET, GETEX and MSETEX share: a condition, GET, and what becomes of the expiry.

use crate::fail::Fail;
use crate::keyspace::Expire;
use crate::numfmt::parse_i64;
use crate::resp::Args;
use crate::step::Clock;

/// Most bytes of an option's name.
const NAME_BYTES_MAX: usize = 7;

/// The command whose options are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    Set,
    Getex,
    Msetex,
}

impl Command {
    fn name(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Getex => "getex",
            Self::Msetex => "msetex",
        }
    }
}

/// When the command is to do anything.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition<'a> {
    /// Always.
    None,
    /// The key is missing (NX).
    Missing,
    /// The key is there (XX).
    Present,
    /// The key holds this string (IFEQ).
    Equals(&'a [u8]),
}

/// What becomes of the key's expiry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ttl<'a> {
    /// Nothing was said.
    None,
    /// It stays (KEEPTTL).
    Keep,
    /// It goes (PERSIST).
    Persist,
    /// It is set (EX, PX, EXAT, PXAT).
    Set(Time, &'a [u8]),
}

/// How a time is given.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Time {
    /// Milliseconds in a unit.
    pub(super) unit_ms: i64,
    /// It counts from now, not from 1970.
    pub(super) relative: bool,
}

impl Time {
    pub(super) const EX: Time = Time { unit_ms: 1000, relative: true };
    pub(super) const PX: Time = Time { unit_ms: 1, relative: true };
    const EXAT: Time = Time { unit_ms: 1000, relative: false };
    const PXAT: Time = Time { unit_ms: 1, relative: false };

    /// The unix time in milliseconds that `text` gives, for the command `name`.
    pub(super) fn at(self, text: &[u8], clock: Clock, name: &'static str) -> Result<i64, Fail> {
        let n = parse_i64(text).ok_or(Fail::NotInteger)?;
        let base = if self.relative { clock.unix_ms() } else { 0 };
        let at = n.checked_mul(self.unit_ms).and_then(|ms| ms.checked_add(base));
        at.filter(|_| n > 0).ok_or(Fail::InvalidExpire(name))
    }
}

/// The options of one command.
pub(super) struct Options<'a> {
    command: Command,
    pub(super) condition: Condition<'a>,
    pub(super) get: bool,
    pub(super) ttl: Ttl<'a>,
}

impl<'a> Options<'a> {
    /// Reads the options from argument `from` to the end.
    pub(super) fn parse(args: Args<'a>, from: usize, command: Command) -> Result<Self, Fail> {
        let mut options = Self { command, condition: Condition::None, get: false, ttl: Ttl::None };
        let mut rest = args.iter_from(from);
        while let Some(name) = rest.next() {
            options.take(name, &mut rest).ok_or(Fail::Syntax)?;
        }
        Ok(options)
    }

    /// One option, with what follows it; `None` where it can't stand.
    fn take(&mut self, name: &[u8], rest: &mut impl Iterator<Item = &'a [u8]>) -> Option<()> {
        let mut lower = [0; NAME_BYTES_MAX];
        let lower = lower.get_mut(..name.len())?;
        lower.copy_from_slice(name);
        lower.make_ascii_lowercase();
        match (&*lower, self.command) {
            (b"ex", _) => self.set_time(Time::EX, rest.next()?),
            (b"px", _) => self.set_time(Time::PX, rest.next()?),
            (b"exat", _) => self.set_time(Time::EXAT, rest.next()?),
            (b"pxat", _) => self.set_time(Time::PXAT, rest.next()?),
            (b"keepttl", Command::Set | Command::Msetex) => self.set_ttl(Ttl::Keep),
            (b"persist", Command::Getex) => self.set_ttl(Ttl::Persist),
            (b"nx", Command::Set | Command::Msetex) => self.set_condition(Condition::Missing),
            (b"xx", Command::Set | Command::Msetex) => self.set_condition(Condition::Present),
            (b"ifeq", Command::Set) if self.condition == Condition::None => {
                self.set_condition(Condition::Equals(rest.next()?))
            }
            (b"get", Command::Set) => {
                self.get = true;
                Some(())
            }
            _ => None,
        }
    }

    /// Another time in the same form replaces the first.
    fn set_time(&mut self, time: Time, text: &'a [u8]) -> Option<()> {
        let fits = match self.ttl {
            Ttl::None => true,
            Ttl::Set(before, _) => before == time,
            Ttl::Keep | Ttl::Persist => false,
        };
        self.ttl = Ttl::Set(time, text);
        fits.then_some(())
    }

    fn set_ttl(&mut self, ttl: Ttl<'a>) -> Option<()> {
        let fits = self.ttl == Ttl::None || self.ttl == ttl;
        self.ttl = ttl;
        fits.then_some(())
    }

    fn set_condition(&mut self, condition: Condition<'a>) -> Option<()> {
        let fits = self.condition == Condition::None || self.condition == condition;
        self.condition = condition;
        fits.then_some(())
    }

    /// The expiry that a write with these options gives.
    pub(super) fn expire(&self, clock: Clock) -> Result<Expire, Fail> {
        Ok(match self.ttl {
            Ttl::None | Ttl::Persist => Expire::Clear,
            Ttl::Keep => Expire::Keep,
            Ttl::Set(time, text) => Expire::At(time.at(text, clock, self.command.name())?),
        })
    }
}
