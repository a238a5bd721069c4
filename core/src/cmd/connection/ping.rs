//! PING, ECHO: no data.

use crate::fail::{Fail, Outcome};
use crate::resp::Args;
use crate::step::Step;

/// `PING [message]`, outside of RESP2's subscribed mode.
pub(super) fn ping(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    match args.len() {
        1 => step.reply.simple("PONG"),
        2 => step.reply.bulk(args.get(1)),
        _ => return Err(Fail::Arity("ping".into())),
    }
    Ok(())
}

/// `ECHO message`
pub(super) fn echo(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    step.reply.bulk(args.get(1));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::cmd::testing::on_shards;

    #[test]
    fn answers_what_it_gets() {
        on_shards(|s| {
            s.run("PING").replies("+PONG");
            s.run("PING \"a b\"").replies("$3|a b");
            s.run("PING a b").fails("ERR wrong number of arguments for 'ping' command");
            s.run("ECHO a").replies("$1|a");
            s.run("ECHO \"\"").replies("$0|");
            s.resp3();
            s.run("PING").replies("+PONG");
            s.run("PING x").replies("$1|x");
        });
    }
}
