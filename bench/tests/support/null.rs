//! The smallest server that the client can load: a thread per connection, one map, no limits. GET, SET, PING,
//! DBSIZE and INFO; anything else gets an error.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Error, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

type Data = Arc<Mutex<HashMap<Vec<u8>, Vec<u8>>>>;

/// Serves until the process ends.
pub(crate) fn serve(listener: &TcpListener) {
    let data = Data::default();
    for socket in listener.incoming().flatten() {
        let data = Arc::clone(&data);
        std::thread::spawn(move || serve_one(socket, &data));
    }
}

/// Ends with the connection.
fn serve_one(socket: TcpStream, data: &Data) -> Result<()> {
    socket.set_nodelay(true)?;
    let mut output = socket.try_clone()?;
    let mut input = BufReader::new(socket);
    let mut replies = Vec::new();
    loop {
        let words = read_command(&mut input)?;
        answer(&words, data, &mut replies);
        if input.buffer().is_empty() {
            output.write_all(&replies)?;
            replies.clear();
        }
    }
}

fn answer(words: &[Vec<u8>], data: &Data, replies: &mut Vec<u8>) {
    let mut data = data.lock().unwrap();
    let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    match words[..] {
        [b"GET", key] => match data.get(key) {
            Some(value) => bulk(value, replies),
            None => replies.extend_from_slice(b"$-1\r\n"),
        },
        [b"SET", key, value] => {
            data.insert(key.to_vec(), value.to_vec());
            replies.extend_from_slice(b"+OK\r\n");
        }
        [b"PING"] => replies.extend_from_slice(b"+PONG\r\n"),
        [b"DBSIZE"] => replies.extend_from_slice(format!(":{}\r\n", data.len()).as_bytes()),
        [b"INFO", ..] => bulk(b"# Server\r\nserver_name:null\r\nvalkey_version:0.0.0\r\n", replies),
        _ => replies.extend_from_slice(b"-ERR unknown command\r\n"),
    }
}

fn bulk(value: &[u8], replies: &mut Vec<u8>) {
    replies.extend_from_slice(format!("${}\r\n", value.len()).as_bytes());
    replies.extend_from_slice(value);
    replies.extend_from_slice(b"\r\n");
}

fn read_command(input: &mut impl BufRead) -> Result<Vec<Vec<u8>>> {
    let words = read_number(input, '*')?;
    (0..words).map(|_| read_bulk(input)).collect()
}

fn read_bulk(input: &mut impl BufRead) -> Result<Vec<u8>> {
    let mut word = vec![0; read_number(input, '$')? + 2];
    input.read_exact(&mut word)?;
    word.truncate(word.len() - 2);
    Ok(word)
}

fn read_number(input: &mut impl BufRead, kind: char) -> Result<usize> {
    let mut line = String::new();
    input.read_line(&mut line)?;
    let number = line.trim_end().strip_prefix(kind).and_then(|number| number.parse().ok());
    number.ok_or_else(|| Error::other("protocol error"))
}
