//! The answer to HELP subcommands.

use crate::fail::Outcome;
use crate::step::Step;

/// Answers the lines of `command`'s HELP between what all of them begin and end with.
pub(in crate::cmd) fn help_answer(step: &mut Step<'_>, command: &str, lines: &[&str]) -> Outcome {
    step.reply.array(lines.len() + 3);
    step.reply.simple(&format!("{command} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
    for line in lines.iter().chain(&["HELP", "    Print this help."]) {
        step.reply.simple(line);
    }
    Ok(())
}
