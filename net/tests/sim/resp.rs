//! RESP2 as a client writes and reads it.

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reply {
    Simple(String),
    Error(String),
    Int(i64),
    Bulk(Option<String>),
    Array(Option<Vec<Reply>>),
}

impl Reply {
    pub(crate) fn ok() -> Self {
        Self::Simple("OK".into())
    }

    pub(crate) fn queued() -> Self {
        Self::Simple("QUEUED".into())
    }

    pub(crate) fn nil() -> Self {
        Self::Bulk(None)
    }

    pub(crate) fn number(&self) -> Option<i64> {
        match self {
            Self::Int(n) => Some(*n),
            Self::Bulk(Some(text)) => text.parse().ok(),
            _ => None,
        }
    }
}

/// A command of these words.
pub(crate) fn command<S: AsRef<str>>(words: &[S], out: &mut Vec<u8>) {
    out.extend_from_slice(format!("*{}\r\n", words.len()).as_bytes());
    for w in words {
        let w = w.as_ref();
        out.extend_from_slice(format!("${}\r\n{w}\r\n", w.len()).as_bytes());
    }
}

/// The first reply in `bytes`, if it is there, and what follows it.
pub(crate) fn parse(bytes: &[u8]) -> Option<(Reply, &[u8])> {
    let end = bytes.windows(2).position(|w| w == b"\r\n")?;
    let (line, rest) = (std::str::from_utf8(bytes.get(1..end)?).expect("tests speak ASCII"), &bytes[end + 2..]);
    let count = || line.parse::<i64>().expect("a number");
    Some(match bytes[0] {
        b'+' => (Reply::Simple(line.into()), rest),
        b'-' => (Reply::Error(line.into()), rest),
        b':' => (Reply::Int(count()), rest),
        b'$' if count() < 0 => (Reply::Bulk(None), rest),
        b'$' => {
            let len = count() as usize;
            if rest.len() < len + 2 {
                return None;
            }
            (Reply::Bulk(Some(String::from_utf8_lossy(&rest[..len]).into())), &rest[len + 2..])
        }
        b'*' if count() < 0 => (Reply::Array(None), rest),
        b'*' => {
            let (mut items, mut rest) = (Vec::new(), rest);
            for _ in 0..count() {
                let item;
                (item, rest) = parse(rest)?;
                items.push(item);
            }
            (Reply::Array(Some(items)), rest)
        }
        _ => (Reply::Error(format!("not RESP2: {:?}", bytes.escape_ascii().to_string())), &[]),
    })
}
