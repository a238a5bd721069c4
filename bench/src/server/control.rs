//! One blocking connection for questions outside the measurement: PING, DBSIZE, INFO.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::error::Error;
use crate::template::encode;

/// How long one answer may take.
const ANSWER_SECONDS_MAX: u64 = 10;
/// The longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// A connection to ask on.
#[derive(Debug)]
pub struct Control(BufReader<TcpStream>);

impl Control {
    /// Connects.
    ///
    /// # Errors
    /// If nothing listens there.
    pub fn connect(server: SocketAddr) -> Result<Self, Error> {
        let connect = || {
            let socket = TcpStream::connect(server)?;
            socket.set_read_timeout(Some(Duration::from_secs(ANSWER_SECONDS_MAX)))?;
            Ok::<_, std::io::Error>(socket)
        };
        Ok(Self(BufReader::new(connect().map_err(Error::io(format!("connecting to {server}")))?)))
    }

    /// Sends a command; the text of its answer (a status, a number or a bulk string).
    ///
    /// # Errors
    /// [`Error::Refused`] if the answer is an error.
    pub fn ask(&mut self, words: &[&str]) -> Result<String, Error> {
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        self.0.get_mut().write_all(&encode(&words)).map_err(Error::io("asking the server"))?;
        let line = self.line()?;
        let (kind, text) = line.split_at_checked(1).unwrap_or((&line, ""));
        match (kind, text.parse::<usize>()) {
            ("+" | ":", _) => Ok(text.to_owned()),
            ("-", _) => Err(Error::Refused(text.to_owned())),
            ("$", Ok(size)) if size <= ANSWER_BYTES_MAX => self.bulk(size),
            _ => Err(Error::WrongReply(line)),
        }
    }

    /// A field of `INFO section`.
    ///
    /// # Errors
    /// If the server refuses INFO.
    pub fn info(&mut self, section: &str, field: &str) -> Result<Option<String>, Error> {
        let text = self.ask(&["INFO", section])?;
        let value = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        Ok(value.map(|value| value.trim().to_owned()))
    }

    fn line(&mut self) -> Result<String, Error> {
        let mut line = String::new();
        let limited = &mut self.0.by_ref().take(ANSWER_BYTES_MAX as u64);
        limited.read_line(&mut line).map_err(Error::io("waiting for the server's answer"))?;
        if line.is_empty() {
            return Err(Error::Closed { in_flight: 1 });
        }
        Ok(line.trim_end().to_owned())
    }

    fn bulk(&mut self, size: usize) -> Result<String, Error> {
        let mut bytes = vec![0; size + 2];
        self.0.read_exact(&mut bytes).map_err(Error::io("waiting for the server's answer"))?;
        bytes.truncate(size);
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}
