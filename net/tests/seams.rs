//! Seams that later work needs: the stage between socket and RESP, and the output gate.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use valkore_core::config::Config;
use valkore_core::keyspace::Arena;
use valkore_net::front::Front;
use valkore_net::stage::Transform;
use valkore_shard::backend::Token;
use valkore_shard::backend::sim::{Net, Sim};
use valkore_shard::engine::Shard;
use valkore_shard::mailbox::{Bell, Mailbox, Post};
use valkore_shard::node::Node;
use valkore_shard::registry::Registry;
use valkore_shard::runloop::RunLoop;

struct NoBell;

impl Bell for NoBell {
    fn ring(&self) {}
}

/// One shard with a simulated connection.
struct World {
    node: Arc<Node>,
    shard: Shard,
    front: Front,
    net: Net,
    io: Sim,
    turns: RunLoop,
    client: Token,
}

impl World {
    fn new() -> Self {
        let steps: Vec<_> = valkore_core::cmd::steps().collect();
        let registry = Registry::new(&steps, &valkore_net::session::names());
        let node = Node::new(Config::default(), registry, 1, 7);
        let inbox = Arc::new(Mailbox::new(1, Box::new(NoBell)));
        let post = Post::new(0, Arc::from([inbox.clone()]));
        let shard = Shard::new(&node, 0, post, inbox, Arena::system(), 7);
        let mut front = Front::new(&node, Vec::new());
        let client = front.add_simulated(&shard);
        let net = Net::default();
        let io = Sim::new(net.clone());
        Self { node, shard, front, net, io, turns: RunLoop::default(), client }
    }

    /// What is sent to the client after these bytes have come in.
    fn send(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.net.deliver(self.client, bytes);
        (0..3).for_each(|_| self.turns.turn(&mut self.shard, &mut self.front, &mut self.io).unwrap());
        self.net.take_sent(self.client)
    }
}

#[test]
fn a_reply_is_held_until_its_stamp_is_durable() {
    let mut w = World::new();
    assert_eq!(w.send(b"SET a 1\r\n"), b"+OK\r\n");
    w.front.gate(w.client, 5);
    assert_eq!(w.send(b"SET a 2\r\n"), b"", "stamp 5 is not durable");
    w.node.durable.store(4, Ordering::Release);
    assert_eq!(w.send(b"GET a\r\n"), b"", "stamp 4 is not enough");
    w.node.durable.store(5, Ordering::Release);
    assert_eq!(w.send(b"PING\r\n"), b"+OK\r\n$1\r\n2\r\n+PONG\r\n");
}

/// Flips all bits, and says hello first: as much of TLS as the seam has to know.
struct Flip {
    hello: bool,
}

impl Transform for Flip {
    fn incoming(&mut self, raw: &[u8], plain: &mut Vec<u8>) -> bool {
        plain.extend(raw.iter().map(|b| !b));
        !raw.contains(&0)
    }

    fn outgoing(&mut self, plain: Vec<u8>) -> Vec<u8> {
        let hello: &[u8] = if std::mem::take(&mut self.hello) { b"hello" } else { b"" };
        hello.iter().copied().chain(plain.iter().map(|b| !b)).collect()
    }

    fn wants_out(&self) -> bool {
        self.hello
    }
}

fn flip(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|b| !b).collect()
}

#[test]
fn a_stage_stands_between_socket_and_resp() {
    let mut w = World::new();
    w.front.set_stage(w.client, Some(Box::new(Flip { hello: true })));
    assert_eq!(w.send(&flip(b"SET a 1\r\nGE")), [b"hello".as_slice(), &flip(b"+OK\r\n")].concat());
    assert_eq!(w.send(&flip(b"T a\r\n")), flip(b"$1\r\n1\r\n"));
    assert_eq!(w.send(&[0]), b"", "the stage refuses this byte, and the connection ends");
    assert_eq!(w.node.connections(), 0);
}
