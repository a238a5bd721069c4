//! What is checked before a command runs, in Valkey's order, with Valkey's answers.

use valkore_core::command::{CommandFlags, CommandId};
use valkore_core::config::Permission;
use valkore_core::fail::Fail;
use valkore_core::resp::{Args, OwnedArgs, Reply};
use valkore_shard::pause::Paused;
use valkore_shard::runner::Runner;

use crate::batch::Found;
use crate::conn::{Address, Conn};

/// What is to be done with a command.
pub(crate) enum Admitted {
    /// It is answered: refused, or queued in a transaction.
    Answered,
    /// It may run.
    Run(CommandId),
    /// It was an EXEC, and is refused: the transaction is gone, and the watches must end.
    Aborted,
    /// It waits for the end of a pause.
    Paused,
}

/// Longest command name and arguments in an error, in bytes.
const SHOWN: usize = 128;

/// Checks a command. Where it must not run now, its answer is appended to `out`.
pub(crate) fn admit(conn: &mut Conn, found: Found, args: Args<'_>, runner: &mut Runner, out: &mut Vec<u8>) -> Admitted {
    let refusal = match found {
        _ if needs_password(conn, found, runner) => {
            if let Found::Command(id) | Found::Arity(id) = found {
                runner.reject(id);
            }
            Fail::text_of("NOAUTH Authentication required.")
        }
        Found::Command(id) => match refuse(conn, id, runner) {
            None if is_paused(conn, id, runner) => return Admitted::Paused,
            None if queues(conn, id, runner) => {
                let multi = conn.session.multi.as_mut().expect("just seen");
                multi.commands.push((id, OwnedArgs::from(args)));
                Reply::new(out, conn.session.tag.protocol).simple("QUEUED");
                return Admitted::Answered;
            }
            None => return Admitted::Run(id),
            Some(fail) => {
                runner.reject(id);
                fail
            }
        },
        Found::Arity(id) => {
            runner.reject(id);
            Fail::Arity(runner.registry.command(id).full_name.to_string().into())
        }
        Found::Unknown => unknown(args),
        Found::UnknownSub(_) => unknown_sub(args),
    };
    if let Found::Command(id) | Found::Arity(id) = found
        && &*runner.registry.command(id).full_name == "exec"
    {
        conn.session.multi = None;
        let text = refusal.text();
        let why = text.strip_prefix("ERR ").unwrap_or(&text);
        let abort = Fail::text_of(format!("EXECABORT Transaction discarded because of: {why}"));
        runner.write_error(&abort, conn.session.tag, out);
        return Admitted::Aborted;
    }
    if let Some(multi) = &mut conn.session.multi {
        multi.dirty = true;
    }
    runner.write_error(&refusal, conn.session.tag, out);
    Admitted::Answered
}

/// Would a command in the middle of a pipeline run as it is? It is asked again where the answer is no.
#[inline]
pub(crate) fn may_go(conn: &Conn, id: CommandId, runner: &Runner) -> bool {
    !needs_password(conn, Found::Command(id), runner)
        && refuse(conn, id, runner).is_none()
        && !is_paused(conn, id, runner)
}

/// Must the client log in before this?
#[inline]
fn needs_password(conn: &Conn, found: Found, runner: &Runner) -> bool {
    if conn.session.authenticated || runner.config.requirepass.is_empty() {
        return false;
    }
    match found {
        Found::Command(id) | Found::Arity(id) => !runner.registry.command(id).flags.contains(CommandFlags::NO_AUTH),
        Found::Unknown | Found::UnknownSub(_) => true,
    }
}

/// Why a command can't run.
#[inline]
fn refuse(conn: &Conn, id: CommandId, runner: &Runner) -> Option<Fail> {
    let command = runner.registry.command(id);
    let flags = command.flags;
    if flags.contains(CommandFlags::PROTECTED)
        && let Some(fail) = protected(conn, &command.full_name, runner)
    {
        return Some(fail);
    }
    (conn.session.multi.is_some() && flags.contains(CommandFlags::NO_MULTI))
        .then(|| Fail::text_of(format!("ERR Command '{}' not allowed inside a transaction", command.full_name)))
}

/// Does `CLIENT PAUSE` hold the command back?
#[inline]
fn is_paused(conn: &Conn, id: CommandId, runner: &Runner) -> bool {
    match runner.node.pause.now(runner.clock.unix_ms()) {
        None => false,
        Some(Paused::All) => true,
        Some(Paused::Write) => {
            let writes = |id: CommandId| {
                runner.registry.command(id).flags.intersects(CommandFlags::WRITE | CommandFlags::MAY_REPLICATE)
            };
            let queued = conn.session.multi.as_ref().filter(|_| &*runner.registry.command(id).full_name == "exec");
            writes(id) || queued.is_some_and(|m| m.commands.iter().any(|c| writes(c.0)))
        }
    }
}

/// DEBUG and MODULE are allowed by a setting of their own.
fn protected(conn: &Conn, full_name: &str, runner: &Runner) -> Option<Fail> {
    let module = full_name.starts_with("module");
    let (permission, what, option) = if module {
        (runner.config.enable_module_command, "MODULE", "enable-module-command")
    } else {
        (runner.config.enable_debug_command, "DEBUG", "enable-debug-command")
    };
    let allowed = match permission {
        Permission::Yes => true,
        Permission::No => false,
        Permission::Local => is_local(conn),
    };
    (!allowed).then(|| {
        Fail::text_of(format!(
            "ERR {what} command not allowed. If the {option} option is set to \"local\", you can run it from a local \
             connection, otherwise you need to set this option in the configuration file, and then restart the server."
        ))
    })
}

/// Is the client on this machine?
pub(crate) fn is_local(conn: &Conn) -> bool {
    match &conn.peer {
        Address::Unix(_) => true,
        Address::Tcp(a) => a.ip().is_loopback(),
    }
}

/// Is the command queued instead of run, since a transaction is open?
fn queues(conn: &Conn, id: CommandId, runner: &Runner) -> bool {
    conn.session.multi.is_some()
        && !matches!(&*runner.registry.command(id).full_name, "exec" | "discard" | "multi" | "watch" | "quit" | "reset")
}

/// The answer to a container's name with a subcommand that it hasn't.
pub fn unknown_sub(args: Args<'_>) -> Fail {
    Fail::text_of(format!(
        "ERR unknown subcommand '{}'. Try {} HELP.",
        shown(args.get(1), SHOWN),
        shown(args.get(0), SHOWN).to_uppercase()
    ))
}

/// The answer to a name that is no command's.
pub fn unknown(args: Args<'_>) -> Fail {
    let mut text = format!("ERR unknown command '{}', with args beginning with: ", shown(args.get(0), SHOWN));
    let mut left = SHOWN as isize;
    for arg in args.iter_from(1) {
        if left <= 0 {
            break;
        }
        let arg = shown(arg, left as usize);
        left -= arg.len() as isize + 3;
        text += &format!("'{arg}' ");
    }
    Fail::text_of(text)
}

/// The beginning of an argument as it is shown in an error: up to a NUL, as text.
fn shown(arg: &[u8], most: usize) -> String {
    let end = arg.iter().position(|&b| b == 0).unwrap_or(arg.len()).min(most);
    String::from_utf8_lossy(&arg[..end]).into_owned()
}
