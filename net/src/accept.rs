//! New connections: which shard takes one, and whether it may stay.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::atomic::Ordering;
use std::time::Duration;

use rustix::net::{SendFlags, SocketAddrAny, send, sockopt};
use valkore_shard::engine::Shard;

use crate::conn::{Address, Conn};
use crate::front::Front;

/// The shard with the fewest connections, this one if it is among them; the connection is counted there.
pub(crate) fn place(shard: &Shard) -> usize {
    let node = &shard.runner.node;
    let load = |i: usize| node.shards[i].turn.connections.load(Ordering::Relaxed);
    let most_free = (0..shard.shards).min_by_key(|&i| (load(i), i != shard.id)).unwrap_or(shard.id);
    node.shards[most_free].turn.connections.fetch_add(1, Ordering::Relaxed);
    most_free
}

/// Prepares a connection for this shard, or tells the client why not and gives `None`.
pub(crate) fn connection(front: &mut Front, fd: &OwnedFd, listener: u8, shard: &Shard) -> Option<Conn> {
    let config = &shard.runner.config;
    let stats = &shard.runner.stats;
    let unix = front.unix_paths.get(listener as usize).cloned().flatten();
    let (peer, local) = match unix {
        Some(path) => (Address::Unix(path.clone()), Address::Unix(path)),
        None => (address(rustix::net::getpeername(fd).ok().flatten()), address(rustix::net::getsockname(fd).ok())),
    };
    if let Some(text) = refusal(&peer, shard) {
        let _ = send(fd, text.as_bytes(), SendFlags::NOSIGNAL | SendFlags::DONTWAIT);
        stats.rejected.add(1);
        stats.connections.fetch_sub(1, Ordering::Relaxed);
        return None;
    }
    if matches!(peer, Address::Tcp(_)) {
        let _ = sockopt::set_tcp_nodelay(fd, true);
        if config.tcp_keepalive > 0 {
            keep_alive(fd, config.tcp_keepalive as u64);
        }
    }
    stats.accepted.add(1);
    let token = front.new_token();
    let id = front.node.new_client_id();
    let now = shard.runner.clock.mono_ns;
    let mut conn = Conn::new(token, id, peer, local, fd.as_fd().as_raw_fd(), now);
    conn.session.authenticated = config.requirepass.is_empty();
    Some(conn)
}

/// Why a client may not connect.
fn refusal(peer: &Address, shard: &Shard) -> Option<&'static str> {
    let config = &shard.runner.config;
    if shard.runner.node.connections() > config.maxclients {
        return Some("-ERR max number of clients reached\r\n");
    }
    let remote = matches!(peer, Address::Tcp(a) if !a.ip().to_canonical().is_loopback());
    (config.protected_mode && config.requirepass.is_empty() && remote).then_some(DENIED)
}

const DENIED: &str = "-DENIED Running in protected mode because protected mode is enabled and no password is set for the \
default user. In this mode connections are only accepted from the loopback interface. If you want to connect from \
external computers, you may adopt one of the following solutions: 1) Disable protected mode by sending the command \
'CONFIG SET protected-mode no' from the loopback interface by connecting from the same host the server is running, \
however MAKE SURE it's not publicly accessible from internet if you do so. Use CONFIG REWRITE to make this change \
permanent. 2) Alternatively you can just disable the protected mode by editing the configuration file, and setting the \
protected mode option to 'no', and then restarting the server. 3) If you started the server manually just for testing, \
restart it with the '--protected-mode no' option. 4) Set up an authentication password for the default user. NOTE: You \
only need to do one of the above things in order for the server to start accepting connections from the outside.\r\n";

fn keep_alive(fd: &OwnedFd, seconds: u64) {
    let _ = sockopt::set_socket_keepalive(fd, true);
    let _ = sockopt::set_tcp_keepidle(fd, Duration::from_secs(seconds));
    let _ = sockopt::set_tcp_keepintvl(fd, Duration::from_secs((seconds / 3).max(1)));
    let _ = sockopt::set_tcp_keepcnt(fd, 3);
}

fn address(any: Option<SocketAddrAny>) -> Address {
    let tcp = any.and_then(|a| std::net::SocketAddr::try_from(a).ok());
    match tcp {
        Some(a) => Address::Tcp(std::net::SocketAddr::new(a.ip().to_canonical(), a.port())),
        None => Address::Unix(String::new()),
    }
}
