//! Which clients CLIENT LIST and CLIENT KILL are about.

use std::collections::BTreeSet;

use valkore_core::fail::Fail;
use valkore_core::numfmt::parse_i64;
use valkore_core::resp::Args;
use valkore_shard::runner::Runner;

use super::line::{capabilities, flags};
use crate::conn::{Address, Conn};

/// Letters that `flags=` may have.
const FLAGS: &[u8] = b"OSMPxbtRBdcuAUreTIiEN";
/// Letters that `capa=` may have.
const CAPABILITIES: &[u8] = b"r";
/// The one user that there is.
const USER: &[u8] = b"default";

/// What a client is connected as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ClientType {
    Normal,
    Replica,
    PubSub,
    Primary,
}

/// Conditions that a client must meet; each word can be asked for (`NAME x`) and ruled out (`NOT-NAME x`).
#[derive(Debug, Default)]
struct Conditions {
    ids: BTreeSet<u64>,
    kind: Option<ClientType>,
    address: Option<Vec<u8>>,
    own_address: Option<Vec<u8>>,
    user: Option<Vec<u8>>,
    flags: Option<Vec<u8>>,
    name: Option<Vec<u8>>,
    lib_name: Option<Vec<u8>>,
    lib_version: Option<Vec<u8>>,
    db: Option<u16>,
    capabilities: Option<Vec<u8>>,
    ip: Option<Vec<u8>>,
}

/// A filter of clients.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    wanted: Conditions,
    unwanted: Conditions,
    age_min: i64,
    idle_min: i64,
    /// The asking client is not meant.
    skips: Option<u64>,
}

impl Filter {
    /// The filter of a CLIENT LIST of client `me`.
    pub(crate) fn of_list(args: Args<'_>, runner: &Runner, me: u64) -> Result<Self, Fail> {
        Self::parse(args, Me { id: me, is_skipped: false }, runner.config.databases)
    }

    /// The filter of a CLIENT KILL of client `me`, in the form with one address or the one with words.
    pub(crate) fn of_kill(args: Args<'_>, runner: &Runner, me: u64) -> Result<Self, Fail> {
        if args.len() == 3 {
            let address = Some(args.get(2).into());
            return Ok(Self { wanted: Conditions { address, ..Conditions::default() }, ..Self::default() });
        }
        Self::parse(args, Me { id: me, is_skipped: true }, runner.config.databases)
    }

    fn parse(args: Args<'_>, me: Me, databases: i64) -> Result<Self, Fail> {
        let mut filter = Self { skips: me.is_skipped.then_some(me.id), ..Self::default() };
        let mut i = 2;
        while i < args.len() {
            i += filter.word(args, i, me.id, databases)?;
        }
        Ok(filter)
    }

    /// Takes the word at argument `i`; how many arguments it has with its values.
    fn word(&mut self, args: Args<'_>, i: usize, me: u64, databases: i64) -> Result<usize, Fail> {
        let word = args.get(i).to_ascii_lowercase();
        if i + 1 >= args.len() {
            return Err(Fail::Syntax);
        }
        let value = args.get(i + 1);
        match word.as_slice() {
            b"maxage" => self.age_min = positive(value, "maxage")?,
            b"idle" => self.idle_min = positive(value, "idle")?,
            b"skipme" => {
                self.skips = match value.to_ascii_lowercase().as_slice() {
                    b"yes" => Some(me),
                    b"no" => None,
                    _ => return Err(Fail::Syntax),
                };
            }
            word => {
                let (word, conditions, ruled_out) = match word.strip_prefix(b"not-") {
                    Some(word) => (word, &mut self.unwanted, true),
                    None => (word, &mut self.wanted, false),
                };
                return conditions.word(word, args, i, databases, ruled_out);
            }
        }
        Ok(2)
    }

    /// Does the filter let a client through?
    pub(crate) fn admits(&self, conn: &Conn, now_ns: u64) -> bool {
        let seconds = |since_ns: u64| (now_ns.saturating_sub(since_ns) / 1_000_000_000) as i64;
        self.skips != Some(conn.session.tag.id)
            && seconds(conn.created_ns) >= self.age_min
            && seconds(conn.active_ns) >= self.idle_min
            && self.wanted.met(conn).all(|met| met)
            && !self.unwanted.met(conn).any(|met| met)
    }
}

/// The client that asks.
struct Me {
    id: u64,
    is_skipped: bool,
}

impl Conditions {
    /// Takes the condition at argument `i`; how many arguments it has with its values.
    fn word(&mut self, word: &[u8], args: Args<'_>, i: usize, databases: i64, ruled_out: bool) -> Result<usize, Fail> {
        let value = args.get(i + 1);
        let text = || Some(value.to_vec());
        match word {
            b"id" => return self.add_ids(args, i),
            b"type" => self.kind = Some(client_type(value)?),
            b"addr" => self.address = text(),
            b"laddr" => self.own_address = text(),
            b"user" if value == USER => self.user = text(),
            b"user" => return Err(Fail::text_of(format!("ERR No such user '{}'", shown(value)))),
            b"flags" => self.flags = Some(letters(value, FLAGS, "flags", ruled_out)?),
            b"name" => self.name = text(),
            b"lib-name" => self.lib_name = text(),
            b"lib-ver" => self.lib_version = text(),
            b"db" => self.db = Some(database(value, databases, ruled_out)?),
            b"capa" => self.capabilities = Some(letters(value, CAPABILITIES, "capa", ruled_out)?),
            b"ip" => self.ip = text(),
            _ => return Err(Fail::Syntax),
        }
        Ok(2)
    }

    /// Adds the ids after argument `i`: as many numbers as there are.
    fn add_ids(&mut self, args: Args<'_>, i: usize) -> Result<usize, Fail> {
        let mut taken = 1;
        for arg in args.iter_from(i + 1) {
            let Some(id) = parse_i64(arg) else { break };
            if id < 1 {
                return Err(Fail::text_of("ERR client-id should be greater than 0"));
            }
            self.ids.insert(id.cast_unsigned());
            taken += 1;
        }
        Ok(taken)
    }

    /// For each condition that there is, whether a client meets it.
    fn met<'a>(&'a self, conn: &'a Conn) -> impl Iterator<Item = bool> + 'a {
        let session = &conn.session;
        let same = |wanted: &'a Option<Vec<u8>>, has: &[u8]| wanted.as_ref().map(|w| w == has);
        // What isn't set equals nothing, not even the empty text.
        let set = |wanted: &'a Option<Vec<u8>>, has: &[u8]| wanted.as_ref().map(|w| !has.is_empty() && w == has);
        let has_all = |letters: &'a Option<Vec<u8>>, has: &str| {
            letters.as_ref().map(|l| l.iter().all(|letter| has.as_bytes().contains(letter)))
        };
        let ip = || match &conn.peer {
            Address::Tcp(at) => at.ip().to_string(),
            Address::Unix(path) => path.clone(),
        };
        let shown =
            |wanted: &'a Option<Vec<u8>>, has: &dyn Fn() -> String| wanted.as_ref().map(|w| *w == has().into_bytes());
        [
            (!self.ids.is_empty()).then(|| self.ids.contains(&session.tag.id)),
            self.kind.map(|kind| kind == ClientType::Normal),
            shown(&self.address, &|| conn.peer.to_string()),
            shown(&self.own_address, &|| conn.local.to_string()),
            same(&self.user, USER),
            has_all(&self.flags, &flags(conn)),
            set(&self.name, &session.name),
            set(&self.lib_name, &session.lib_name),
            set(&self.lib_version, &session.lib_version),
            self.db.map(|db| db == session.tag.db),
            has_all(&self.capabilities, capabilities(conn)),
            shown(&self.ip, &ip),
        ]
        .into_iter()
        .flatten()
    }
}

/// An argument as errors show it: up to a NUL, as text.
fn shown(arg: &[u8]) -> String {
    let end = arg.iter().position(|&b| b == 0).unwrap_or(arg.len());
    String::from_utf8_lossy(&arg[..end]).into_owned()
}

fn positive(value: &[u8], what: &str) -> Result<i64, Fail> {
    match parse_i64(value) {
        None => Err(Fail::text_of(format!("ERR {what} is not an integer or out of range"))),
        Some(n) if n < 1 => Err(Fail::text_of(format!("ERR {what} should be greater than 0"))),
        Some(n) => Ok(n),
    }
}

fn client_type(value: &[u8]) -> Result<ClientType, Fail> {
    match value.to_ascii_lowercase().as_slice() {
        b"normal" => Ok(ClientType::Normal),
        b"slave" | b"replica" => Ok(ClientType::Replica),
        b"pubsub" => Ok(ClientType::PubSub),
        b"master" | b"primary" => Ok(ClientType::Primary),
        _ => Err(Fail::text_of(format!("ERR Unknown client type '{}'", shown(value)))),
    }
}

fn letters(value: &[u8], known: &[u8], what: &str, ruled_out: bool) -> Result<Vec<u8>, Fail> {
    if value.iter().all(|letter| known.contains(letter)) {
        return Ok(value.into());
    }
    let filter = if ruled_out { format!("NOT-{}", what.to_uppercase()) } else { "provided".into() };
    Err(Fail::text_of(format!("ERR Unknown {what} found in the {filter} filter: {}", shown(value))))
}

fn database(value: &[u8], databases: i64, ruled_out: bool) -> Result<u16, Fail> {
    let what = if ruled_out { "NOT-DB" } else { "DB" };
    let Some(db) = parse_i64(value).filter(|db| i32::try_from(*db).is_ok()) else {
        return Err(Fail::text_of(format!("ERR {what} is not an integer or out of range")));
    };
    if !(0..databases).contains(&db) {
        return Err(Fail::text_of(format!("ERR {what} number should be between 0 and {}", databases - 1)));
    }
    Ok(db as u16)
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use valkore_core::resp::OwnedArgs;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn conn() -> Conn {
        let at = |text: &str| Address::Tcp(text.parse::<SocketAddr>().unwrap());
        let mut conn = Conn::new(0, 7, at("10.0.0.1:5000"), at("10.0.0.2:6379"), 9, 10 * SECOND);
        conn.session.name = b"joe".into();
        conn.session.tag.db = 3;
        conn.session.no_evict = true;
        conn.active_ns = 15 * SECOND;
        conn
    }

    fn parse(words: &str, is_skipped: bool) -> Result<Filter, Fail> {
        let args: OwnedArgs = ["CLIENT", "LIST"].into_iter().chain(words.split_whitespace()).collect();
        Filter::parse(args.args(), Me { id: 7, is_skipped }, 16)
    }

    #[track_caller]
    fn check(words: &str, admits: bool) {
        assert_eq!(parse(words, false).unwrap().admits(&conn(), 20 * SECOND), admits, "{words}");
    }

    #[track_caller]
    fn fails(words: &str, text: &str) {
        assert_eq!(parse(words, false).unwrap_err().text(), text, "{words}");
    }

    #[test]
    fn each_word_and_its_opposite() {
        for (word, value) in [
            ("ID", "7"),
            ("ID", "1 7 9"),
            ("TYPE", "normal"),
            ("ADDR", "10.0.0.1:5000"),
            ("LADDR", "10.0.0.2:6379"),
            ("USER", "default"),
            ("FLAGS", "e"),
            ("NAME", "joe"),
            ("DB", "3"),
            ("IP", "10.0.0.1"),
        ] {
            check(&format!("{word} {value}"), true);
            check(&format!("NOT-{word} {value}"), false);
        }
        for (word, value) in [
            ("ID", "8"),
            ("TYPE", "pubsub"),
            ("ADDR", "10.0.0.1"),
            ("FLAGS", "eT"),
            ("NAME", "jo"),
            ("LIB-NAME", "x"),
            ("LIB-VER", "x"),
            ("DB", "0"),
            ("CAPA", "r"),
            ("IP", "10.0.0.1:5000"),
        ] {
            check(&format!("{word} {value}"), false);
            check(&format!("NOT-{word} {value}"), true);
        }
        check("", true);
        check("maxage 10", true);
        check("MAXAGE 11", false);
        check("IDLE 5 skipme no", true);
        check("IDLE 6", false);
        check("SKIPME yes", false);
        check("ID 7 ID 9 NOT-ID 8", true);
        check("NOT-TYPE normal NOT-TYPE pubsub", true);
        assert!(!parse("", true).unwrap().admits(&conn(), 20 * SECOND));
        assert!(parse("SKIPME no", true).unwrap().admits(&conn(), 20 * SECOND));
    }

    #[test]
    fn what_is_wrong_is_told() {
        fails("ID", "ERR syntax error");
        fails("ID x", "ERR syntax error");
        fails("ID 1 2 x y", "ERR syntax error");
        fails("ID 1 -5", "ERR client-id should be greater than 0");
        fails("TYPE foo", "ERR Unknown client type 'foo'");
        fails("USER joe", "ERR No such user 'joe'");
        fails("FLAGS N?", "ERR Unknown flags found in the provided filter: N?");
        fails("NOT-CAPA x", "ERR Unknown capa found in the NOT-CAPA filter: x");
        fails("DB 16", "ERR DB number should be between 0 and 15");
        fails("NOT-DB 4294967296", "ERR NOT-DB is not an integer or out of range");
        fails("MAXAGE 0", "ERR maxage should be greater than 0");
        fails("IDLE x", "ERR idle is not an integer or out of range");
        fails("NOT-MAXAGE 1", "ERR syntax error");
        fails("SKIPME maybe", "ERR syntax error");
        fails("NAME a FOO", "ERR syntax error");
    }
}
