//! A small blocking client: sends commands or raw bytes, reads RESP2 and RESP3.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::Value;

/// How long a read waits before the test fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(8);

/// A connection.
pub(crate) struct Client {
    stream: TcpStream,
    input: Vec<u8>,
    at: usize,
}

/// The words of a command line, as an inline request splits them.
pub(crate) fn words(line: &str) -> Vec<Vec<u8>> {
    valkore_core::config::split_args(line.as_bytes())
        .expect("balanced quotes")
        .into_iter()
        .map(|a| a.to_vec())
        .collect()
}

/// A command as RESP.
pub(crate) fn encode(args: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let mut out = format!("*{}\r\n", args.len()).into_bytes();
    for a in args {
        let a = a.as_ref();
        out.extend_from_slice(format!("${}\r\n", a.len()).as_bytes());
        out.extend_from_slice(a);
        out.extend_from_slice(b"\r\n");
    }
    out
}

impl Client {
    /// Connects by TCP.
    pub(crate) fn connect(at: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(at)?;
        stream.set_nodelay(true)?;
        Self::of(stream)
    }

    /// Connects to a unix socket.
    pub(crate) fn unix(path: &Path) -> io::Result<Self> {
        // A stream socket reads, writes and times out alike in all families; only the type's name says TCP.
        Self::of(OwnedFd::from(UnixStream::connect(path)?).into())
    }

    fn of(stream: TcpStream) -> io::Result<Self> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream, input: Vec::new(), at: 0 })
    }

    /// How long reads wait.
    pub(crate) fn set_patience(&mut self, patience: Duration) {
        self.stream.set_read_timeout(Some(patience)).expect("a read timeout can be set");
    }

    /// A second handle, to write from another thread.
    pub(crate) fn writer(&self) -> TcpStream {
        self.stream.try_clone().expect("a socket can be cloned")
    }

    /// The client's own address.
    pub(crate) fn address(&self) -> SocketAddr {
        self.stream.local_addr().expect("a TCP socket")
    }

    /// Sends bytes as they are.
    #[track_caller]
    pub(crate) fn send_raw(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("the server takes input");
    }

    /// Sends bytes as they are; the server may refuse them.
    pub(crate) fn try_send_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Sends a command.
    #[track_caller]
    pub(crate) fn send(&mut self, args: &[impl AsRef<[u8]>]) {
        self.send_raw(&encode(args));
    }

    /// The client sends no more; the server may have closed already.
    pub(crate) fn finish_sending(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Sends a command and reads its answer.
    #[track_caller]
    pub(crate) fn cmd(&mut self, args: &[impl AsRef<[u8]>]) -> Value {
        self.send(args);
        self.read()
    }

    /// Sends a command line (`SET a "b c"`) and reads its answer.
    #[track_caller]
    pub(crate) fn run(&mut self, line: &str) -> Value {
        self.cmd(&words(line))
    }

    /// The command's answer is this, written as [`Value`] says.
    #[track_caller]
    pub(crate) fn check(&mut self, line: &str, want: &str) {
        let got = self.run(line).to_string();
        assert_eq!(got, want, "{line}");
    }

    /// Sends several commands at once and reads their answers.
    #[track_caller]
    pub(crate) fn pipeline(&mut self, lines: &[impl AsRef<str>]) -> Vec<Value> {
        let bytes: Vec<u8> = lines.iter().flat_map(|l| encode(&words(l.as_ref()))).collect();
        self.send_raw(&bytes);
        lines.iter().map(|_| self.read()).collect()
    }

    /// Reads one answer.
    #[track_caller]
    pub(crate) fn read(&mut self) -> Value {
        self.try_read().expect("an answer")
    }

    /// Reads one answer, or says why there is none.
    pub(crate) fn try_read(&mut self) -> io::Result<Value> {
        let value = self.value()?;
        if self.at == self.input.len() {
            self.input.clear();
            self.at = 0;
        } else if self.at > 1 << 20 {
            self.input.drain(..self.at);
            self.at = 0;
        }
        Ok(value)
    }

    /// Reads one answer's bytes as they came.
    pub(crate) fn try_read_raw(&mut self) -> io::Result<Vec<u8>> {
        self.input.drain(..self.at);
        self.at = 0;
        self.value()?;
        let raw = self.input[..self.at].to_vec();
        Ok(raw)
    }

    /// Everything up to the end of the connection, which must come.
    #[track_caller]
    pub(crate) fn read_to_end(&mut self) -> Vec<u8> {
        loop {
            match self.fill() {
                Ok(()) => {}
                Err(e) if matches!(e.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset) => break,
                Err(e) => panic!("the connection isn't closed: {e}"),
            }
        }
        self.input.split_off(std::mem::take(&mut self.at))
    }

    /// Reads so many bytes, and throws them away; how many came before the end.
    pub(crate) fn skip(&mut self, bytes: usize) -> io::Result<usize> {
        let mut got = self.input.len() - self.at;
        (self.input, self.at) = (Vec::new(), 0);
        let mut chunk = vec![0; 1 << 16];
        while got < bytes {
            match self.stream.read(&mut chunk) {
                Ok(0) => break,
                Ok(n) => got += n,
                Err(e) if e.kind() == io::ErrorKind::ConnectionReset => break,
                Err(e) => return Err(e),
            }
        }
        Ok(got)
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut chunk = [0; 1 << 16];
        match self.stream.read(&mut chunk)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            n => {
                self.input.extend_from_slice(&chunk[..n]);
                Ok(())
            }
        }
    }

    fn line(&mut self) -> io::Result<String> {
        let mut from = self.at;
        loop {
            if let Some(n) = self.input[from..].iter().position(|&b| b == b'\n') {
                let end = from + n;
                assert!(end > self.at && self.input[end - 1] == b'\r', "a line ends in CR LF");
                let line = String::from_utf8_lossy(&self.input[self.at..end - 1]).into_owned();
                self.at = end + 1;
                return Ok(line);
            }
            from = self.input.len();
            self.fill()?;
        }
    }

    fn bulk(&mut self, len: usize) -> io::Result<Vec<u8>> {
        while self.input.len() < self.at + len + 2 {
            self.fill()?;
        }
        let bytes = self.input[self.at..self.at + len].to_vec();
        assert_eq!(&self.input[self.at + len..self.at + len + 2], b"\r\n", "a bulk string ends in CR LF");
        self.at += len + 2;
        Ok(bytes)
    }

    fn list(&mut self, n: usize) -> io::Result<Vec<Value>> {
        (0..n).map(|_| self.value()).collect()
    }

    fn value(&mut self) -> io::Result<Value> {
        let line = self.line()?;
        let (mark, text) = line.split_at_checked(1).unwrap_or(("", ""));
        let n = || text.parse::<i64>().unwrap_or_else(|_| panic!("a number in {line:?}"));
        Ok(match mark {
            "+" => Value::Simple(text.into()),
            "-" => Value::Error(text.into()),
            ":" => Value::Int(n()),
            "$" | "*" if n() == -1 => Value::Null,
            "_" => Value::Null,
            "$" => Value::Bulk(self.bulk(n() as usize)?),
            "=" => Value::Verbatim(self.bulk(n() as usize)?),
            "*" => Value::Array(self.list(n() as usize)?),
            "~" => Value::Set(self.list(n() as usize)?),
            ">" => Value::Push(self.list(n() as usize)?),
            "%" => Value::Map(self.list(2 * n() as usize)?),
            "," => Value::Double(text.into()),
            "#" => Value::Bool(text == "t"),
            "(" => Value::Big(text.into()),
            _ => panic!("not RESP: {line:?}"),
        })
    }
}
