//! Slots move while commands are under way.

use valkore_core::config::PipelineOrder;
use valkore_core::slot::key_slot;
use valkore_shard::backend::Token;

use crate::resp;
use crate::world::World;

const KEY: &str = "moved";

fn say(world: &World, at: (usize, Token), commands: &[&str]) {
    let mut bytes = Vec::new();
    for c in commands {
        resp::command(&c.split(' ').collect::<Vec<_>>(), &mut bytes);
    }
    world.cores[at.0].net.deliver(at.1, &bytes);
}

fn heard(world: &World, at: (usize, Token)) -> String {
    String::from_utf8(world.cores[at.0].net.take_sent(at.1)).unwrap()
}

/// Three shards: a client's (0), the old owner (1), and the new one (2) of [`KEY`].
fn three() -> (World, (usize, Token), u16) {
    let mut world = World::new(3, 7, PipelineOrder::Strict);
    let slot = key_slot(KEY.as_bytes());
    let client = (0, world.connect(0));
    move_to(&mut world, slot, 1);
    (world, client, slot)
}

/// Moves the slot; a shard in the middle of a turn stays there.
fn move_to(world: &mut World, slot: u16, to: usize) {
    world.begin(2);
    world.cores[2].shard.move_slot(slot, to);
    world.finish(2);
    for _ in 0..10 {
        for i in 0..3 {
            if !world.cores[i].is_half() {
                world.begin(i);
                world.finish(i);
            }
        }
    }
    assert_eq!(world.node.slots.load().owner(slot), to);
}

#[test]
fn a_stale_route_bounces() {
    let (mut world, client, slot) = three();
    say(&world, client, &["SET moved 1", "EXPIRE moved 1000"]);
    world.settle().unwrap();
    assert_eq!(heard(&world, client), "+OK\r\n:1\r\n");

    // Shard 0 begins a turn with the map of now, and then the slot moves away under its feet.
    say(&world, client, &["INCR moved", "TTL moved"]);
    world.begin(0);
    let old = world.node.slots.load().version;
    move_to(&mut world, slot, 2);
    assert_eq!(world.node.slots.load().version, old + 1);
    let hops = world.node.sum(|s| &s.hops);
    world.finish(0);
    world.settle().unwrap();
    assert_eq!(heard(&world, client), ":2\r\n:1000\r\n");
    assert_eq!(world.node.sum(|s| &s.hops) - hops, 3, "to the old owner, to the new one, and back");
    let (data, _) = world.cores[2].shard.data().unwrap();
    assert_eq!((data.keyspace.len(0), data.keyspace.expires_len(0)), (1, 1));
    assert_eq!((data.stats.keys[0].get(), data.stats.expires[0].get()), (1, 1));
    assert_eq!(world.cores[1].shard.data().unwrap().0.stats.keys[0].get(), 0);
}

/// Sends `commands` in a turn that the move comes into, and gives the answers.
fn across_a_move(commands: &[&str]) -> String {
    let (mut world, client, slot) = three();
    // On shard 1 too, and stays there.
    let other = key_slot(b"stays");
    move_to(&mut world, other, 1);
    say(&world, client, &["SET moved 1", "SET stays 1"]);
    world.settle().unwrap();
    heard(&world, client);
    say(&world, client, commands);
    world.begin(0);
    move_to(&mut world, slot, 2);
    world.finish(0);
    world.settle().unwrap();
    heard(&world, client)
}

#[test]
fn a_command_whose_keys_part_becomes_a_unit() {
    let expected = "*2\r\n$1\r\n1\r\n$1\r\n1\r\n+OK\r\n$1\r\n2\r\n:2\r\n";
    assert_eq!(across_a_move(&["MGET moved stays", "MSET stays 2 moved 2", "GET moved", "DEL moved stays"]), expected);
}

#[test]
fn a_transaction_whose_keys_part_is_planned_again() {
    let expected = "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n:2\r\n$1\r\n1\r\n+PONG\r\n";
    assert_eq!(across_a_move(&["MULTI", "INCR moved", "GET stays", "EXEC", "PING"]), expected);
}

#[test]
fn watches_move_with_their_slot() {
    let (mut world, client, slot) = three();
    let other = (1, world.connect(1));
    // The old owner's count of changes is far ahead of the new one's.
    for _ in 0..20 {
        say(&world, other, &["WATCH w1 w2", "UNWATCH"]);
    }
    for change in [false, true] {
        for back in [2, 1] {
            say(&world, client, &["WATCH moved"]);
            world.settle().unwrap();
            move_to(&mut world, slot, back);
            if change {
                say(&world, other, &["SET moved x"]);
                world.settle().unwrap();
            }
            say(&world, client, &["MULTI", "STRLEN moved", "EXEC"]);
            world.settle().unwrap();
            let expected = if change { "*-1\r\n" } else { "*1\r\n:0\r\n" };
            assert_eq!(heard(&world, client), format!("+OK\r\n+OK\r\n+QUEUED\r\n{expected}"));
            if change {
                say(&world, other, &["DEL moved"]);
                world.settle().unwrap();
            }
        }
    }
    say(&world, client, &["WATCH moved"]);
    world.settle().unwrap();
    world.cores[0].net.hang_up(client.1);
    world.begin(0);
    move_to(&mut world, slot, 2);
    world.finish(0);
    world.cores[1].net.hang_up(other.1);
    world.settle().unwrap();
    world.check_rest().unwrap();
}
