//! Two servers in one process share nothing that a client can see.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use valkore_core::config::Config;
use valkore_core::keyspace::Arena;
use valkore_net::listen;
use valkore_net::server::{Running, Setup, start};
use valkore_shard::backend::Choice;
use valkore_shard::node::Node;
use valkore_shard::registry::Registry;

struct Server {
    node: Arc<Node>,
    running: Running,
    at: SocketAddr,
}

fn serve(shards: usize, seed: u64, change: impl FnOnce(&mut Config)) -> Server {
    let mut config = Config::default();
    change(&mut config);
    let steps: Vec<_> = valkore_core::cmd::steps().collect();
    let registry = Registry::new(&steps, &valkore_net::session::names());
    let node = Node::new(config, registry, shards, seed);
    let listeners = listen::tcp(&["127.0.0.1".into()], 0, 16).expect("a free port");
    let at = rustix::net::getsockname(&*listeners[0].socket).expect("a bound socket");
    let at = SocketAddr::try_from(at).expect("TCP");
    let (backend, cpus, arena) = (Choice::Epoll, Vec::new(), |_| Arena::system());
    let setup = Setup { node: node.clone(), listeners, backend, cpus, arena, seed };
    Server { node, running: start(setup, drop).expect("it starts"), at }
}

struct Client(BufReader<TcpStream>);

impl Client {
    fn new(to: &Server) -> Self {
        let stream = TcpStream::connect(to.at).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
        Self(BufReader::new(stream))
    }

    /// Says a line, and gives the answer: a line, or what a bulk string holds.
    fn ask(&mut self, line: &str) -> String {
        self.0.get_mut().write_all(format!("{line}\r\n").as_bytes()).expect("it reads");
        self.answer()
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("it answers");
        let line = line.trim_end().to_string();
        match line.strip_prefix('$').map(|n| n.parse::<usize>()) {
            Some(Ok(len)) => {
                let mut bulk = vec![0; len + 2];
                self.0.read_exact(&mut bulk).expect("all of it");
                String::from_utf8_lossy(&bulk[..len]).into()
            }
            _ => line,
        }
    }
}

#[test]
fn two_nodes_share_nothing() {
    let a = serve(2, 1, |c| {
        c.databases = 4;
        c.maxclients = 2;
    });
    let b = serve(3, 2, |c| c.requirepass = "secret".into());
    let (mut at_a, mut at_b) = (Client::new(&a), Client::new(&b));

    // Each has its own password, and its own data.
    assert_eq!(at_b.ask("GET k"), "-NOAUTH Authentication required.");
    assert_eq!(at_a.ask("SET k of-a"), "+OK");
    assert_eq!(at_b.ask("AUTH secret"), "+OK");
    assert_eq!(at_b.ask("GET k"), "$-1");
    assert_eq!(at_b.ask("SET k of-b"), "+OK");
    assert_eq!(at_a.ask("GET k"), "of-a");
    assert_eq!(at_b.ask("FLUSHALL"), "+OK");
    assert_eq!(at_a.ask("GET k"), "of-a");

    // Databases and clients are counted for each.
    assert_eq!(at_a.ask("SELECT 5"), "-ERR DB index is out of range");
    assert_eq!(at_b.ask("SELECT 5"), "+OK");
    let mut second = Client::new(&a);
    assert_eq!(second.ask("PING"), "+PONG");
    let mut third = Client::new(&a);
    assert_eq!(third.answer(), "-ERR max number of clients reached");
    let mut others: Vec<_> = (0..4).map(|_| Client::new(&b)).collect();
    others.iter_mut().for_each(|c| assert_eq!(c.ask("AUTH secret"), "+OK"));

    // So are ids and statistics.
    assert_eq!(at_a.ask("CLIENT ID"), ":1");
    assert_eq!(at_b.ask("CLIENT ID"), ":1");
    assert_ne!(a.node.run_id, b.node.run_id);
    let rejected = |s: &Server| s.node.sum(|l| &l.rejected);
    assert_eq!((rejected(&a), rejected(&b)), (1, 0));
    assert_eq!((a.node.sum(|l| &l.accepted), b.node.sum(|l| &l.accepted)), (2, 5));
    assert_eq!((a.node.sum_data(|d| &d.keys[0]), b.node.sum_data(|d| &d.keys[0])), (1, 0));

    // What one is told doesn't reach the other, and one goes on when the other ends.
    assert_eq!(at_a.ask("CONFIG SET maxclients 77"), "+OK");
    assert_ne!(b.node.config.load().maxclients, 77);
    a.running.stop();
    a.running.join().expect("it ends in order");
    assert_eq!(at_b.ask("SET k still"), "+OK");
    assert_eq!(at_b.ask("GET k"), "still");
    b.running.stop();
    b.running.join().expect("it ends in order");
}
