//! TIME.

use crate::fail::Outcome;
use crate::resp::Args;
use crate::step::Step;

/// `TIME`
pub(super) fn time(step: &mut Step<'_>, _: Args<'_>) -> Outcome {
    let now = step.clock.unix_us;
    step.reply.array(2);
    step.reply.bulk_int(now / 1_000_000);
    step.reply.bulk_int(now % 1_000_000);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::cmd::testing::on_shards;

    #[test]
    fn seconds_and_microseconds() {
        on_shards(|s| {
            s.clock.unix_us += 42;
            s.run("TIME").replies("*2|$10|1700000000|$2|42");
        });
    }
}
