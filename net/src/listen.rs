//! Listening sockets. Each is opened once, without `SO_REUSEPORT`, so that a busy port is noticed, and shared by
//! all shards, which accept from it as they have time.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::Mode;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, listen, socket_with, sockopt};

/// A listening socket.
pub struct Listener {
    /// The socket.
    pub socket: Arc<OwnedFd>,
    /// The path of a unix socket.
    pub unix_path: Option<String>,
}

/// Why a socket can't be had.
#[derive(Debug, thiserror::Error)]
#[error("{what} {at}: {source}")]
pub struct ListenError {
    /// What couldn't be done: `bind`, `socket`.
    pub what: &'static str,
    /// The address.
    pub at: String,
    /// Why.
    pub source: io::Error,
}

/// Opens the TCP sockets of `bind` (as in the configuration: `*`, `::*`, names and numbers, `-` before what may be
/// missing) on `port`.
pub fn tcp(addresses: &[String], port: u16, backlog: i32) -> Result<Vec<Listener>, ListenError> {
    let mut open = Vec::new();
    for text in addresses {
        let (text, optional) = match text.strip_prefix('-') {
            Some(rest) => (rest, true),
            None => (text.as_str(), false),
        };
        match resolve(text, port).and_then(|at| tcp_socket(at, backlog)) {
            Ok(socket) => open.push(Listener { socket: Arc::new(socket), unix_path: None }),
            Err(e) if optional && is_unavailable(&e.source) => {}
            Err(e) => return Err(e),
        }
    }
    Ok(open)
}

fn is_unavailable(e: &io::Error) -> bool {
    let code = e.raw_os_error().unwrap_or(0);
    let none = [libc_errno::EADDRNOTAVAIL, libc_errno::EAFNOSUPPORT, libc_errno::EPROTONOSUPPORT];
    none.contains(&code)
}

/// The errno values that say an address family is not there (Linux).
mod libc_errno {
    pub(super) const EADDRNOTAVAIL: i32 = 99;
    pub(super) const EAFNOSUPPORT: i32 = 97;
    pub(super) const EPROTONOSUPPORT: i32 = 93;
}

fn resolve(text: &str, port: u16) -> Result<SocketAddr, ListenError> {
    let any = match text {
        "*" => Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        "::*" => Some(IpAddr::V6(Ipv6Addr::UNSPECIFIED)),
        _ => text.parse().ok(),
    };
    if let Some(ip) = any {
        return Ok(SocketAddr::new(ip, port));
    }
    let found = std::net::ToSocketAddrs::to_socket_addrs(&(text, port)).map(|mut a| a.next());
    match found {
        Ok(Some(at)) => Ok(at),
        Ok(None) => Err(ListenError { what: "resolve", at: text.into(), source: io::ErrorKind::NotFound.into() }),
        Err(source) => Err(ListenError { what: "resolve", at: text.into(), source }),
    }
}

fn tcp_socket(at: SocketAddr, backlog: i32) -> Result<OwnedFd, ListenError> {
    let fail = |what| move |e: rustix::io::Errno| ListenError { what, at: at.to_string(), source: e.into() };
    let family = if at.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(family, SocketType::STREAM, flags, None).map_err(fail("socket"))?;
    if at.is_ipv6() {
        sockopt::set_ipv6_v6only(&socket, true).map_err(fail("ipv6only"))?;
    }
    sockopt::set_socket_reuseaddr(&socket, true).map_err(fail("reuseaddr"))?;
    bind(&socket, &at).map_err(fail("bind"))?;
    listen(&socket, backlog).map_err(fail("listen"))?;
    Ok(socket)
}

/// Opens a unix socket at `path`, in place of one that is there; `mode` 0 leaves its permissions as they come.
pub fn unix(path: &str, mode: u32, backlog: i32) -> Result<Listener, ListenError> {
    let fail = |what| move |e: rustix::io::Errno| ListenError { what, at: path.into(), source: e.into() };
    let _ = std::fs::remove_file(path);
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).map_err(fail("socket"))?;
    let address = SocketAddrUnix::new(Path::new(path)).map_err(fail("path"))?;
    bind(&socket, &address).map_err(fail("bind"))?;
    listen(&socket, backlog).map_err(fail("listen"))?;
    if mode != 0 {
        rustix::fs::chmod(path, Mode::from_raw_mode(mode)).map_err(fail("chmod"))?;
    }
    Ok(Listener { socket: Arc::new(socket), unix_path: Some(path.into()) })
}
