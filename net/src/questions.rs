//! Questions to all shards' front ends: CLIENT LIST, CLIENT KILL. One goes round the shards, each adds what it has;
//! back at its origin it is the answer.

use valkore_core::resp::Reply;
use valkore_shard::engine::Shard;
use valkore_shard::msg::Question;

use crate::front::Front;
use crate::session::client;

/// A client of this shard asks: its own shard answers first.
pub(crate) fn start(front: &mut Front, shard: &mut Shard, mut question: Box<Question>) {
    client::answer_question(front, shard, &mut question);
    shard.pass_on(question);
}

/// A question has come: to be answered and passed on, or answered by all.
pub(crate) fn arrived(front: &mut Front, shard: &mut Shard, mut question: Box<Question>) {
    if question.origin != shard.id {
        client::answer_question(front, shard, &mut question);
        return shard.pass_on(question);
    }
    let conn = front.conn(question.token);
    let protocol = conn.session.tag.protocol;
    client::write_answer(&question, &mut Reply::new(&mut conn.out, protocol));
    front.go_on(question.token);
}
