//! Home's thread: runs one unit after the other, and gives the module lock to threads in between.

use std::ffi::c_int;
use std::os::fd::OwnedFd;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use valkore_core::command::CommandId;
use valkore_core::fail::Fail;
use valkore_core::resp::{Args, Reply};
use valkore_core::step::HeldSet as _;
use valkore_net::unknown_command;
use valkore_shard::clock;
use valkore_shard::home::{Home, Unit, listen};
use valkore_shard::log::{Level, log};
use valkore_shard::msg::Hop;
use valkore_shard::node::Node;
use valkore_shard::registry::Run;
use valkore_shard::runner::Routed;

use super::blocked::Blocked;
use super::context::{Context, Why};
use super::lock::{self, module_lock, with};
use super::module::Module;
use super::reply::Answer;
use super::string::Str;
use super::{blocked, modules_command, timers, values};
use crate::abi::hooks;
use crate::abi::types::ModuleString;

/// A module to be loaded at start: its file and arguments.
pub type ToLoad = (String, Vec<Vec<u8>>);

/// Home looks at the world at least so often, in nanoseconds.
const CRON_NS: u64 = 100_000_000;

/// How long a module may keep the lock from a server that is to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs home until its node stops. `load` are the modules that the configuration names; `loaded` is told when all are
/// loaded, or that one is not.
///
/// At the end it keeps the module lock: threads of modules that ask for it wait until the process ends.
pub fn run(home: Home, load: Vec<ToLoad>, loaded: impl FnOnce(Result<(), String>)) {
    let (inbox, bell, node) = (home.leases.inbox(), home.leases.bell(), home.runner.node.clone());
    lock::set_wake_home(Box::new(move || inbox.wake()));
    lock::begin_home(home);
    hooks::set_unbuilt(|f| {
        log(Level::Warning, &format!("A module called ValkeyModule_{}, which is not built yet: it fails", f.name));
    });
    loaded(load_all(load));
    while !(node.stopping.load(Ordering::Acquire) && node.connections() <= 0) {
        let Some(gave_way) = module_lock().yield_to_one(|| is_stuck(&node)) else { return abandon() };
        let served = gave_way
            | serve_unit()
            | (may_start() && timers::fire_one())
            | (may_start() && blocked::serve_one())
            | (may_start() && values::bury_some());
        if !served && !rest(&node, &bell) {
            return abandon();
        }
    }
}

/// May a unit start of which nothing is known? A convoy that was made to give back goes first.
fn may_start() -> bool {
    with(|core| core.home.leases.allows_any())
}

/// Sleeps until there is something to do, with the module lock open for threads. False when it can't be had again.
fn rest(node: &Arc<Node>, bell: &OwnedFd) -> bool {
    let (busy, time) = with(|core| {
        let now = clock::mono_ns();
        let until = core.next_due().unwrap_or(u64::MAX).min(now + CRON_NS);
        core.home_sleeps_until = until;
        (core.home.leases.arm(), until.saturating_sub(now))
    });
    if !busy && !blocked::any_unblocked() && !values::any_dropped() {
        module_lock().sleep();
        listen(bell, Some(Duration::from_nanos(time)));
        if !module_lock().wake(|| is_stuck(node)) {
            return false;
        }
    }
    with(|core| core.home.leases.woke());
    true
}

/// Is the server to end since long?
fn is_stuck(node: &Node) -> bool {
    static SINCE: OnceLock<Instant> = OnceLock::new();
    node.stopping.load(Ordering::Acquire) && SINCE.get_or_init(Instant::now).elapsed() > PATIENCE
}

/// The server is to end, but a module's thread keeps the lock, and with it the answers of clients that others wait for.
fn abandon() {
    log(Level::Warning, "A module's thread doesn't give the module lock back: ending without it");
    // SAFETY: it ends the process, without running what modules have registered to run at its end.
    unsafe { libc::_exit(1) }
}

fn load_all(load: Vec<ToLoad>) -> Result<(), String> {
    for (path, args) in load {
        unit(|| super::module::load(&path, &args))
            .map_err(|_| format!("Can't load module from {path}: server aborting"))?;
    }
    Ok(())
}

/// Runs `f` as a unit: time stands still, data is leased on first touch and goes back at its end. Within another unit it
/// is part of that.
pub fn unit<R>(f: impl FnOnce() -> R) -> R {
    let outermost = with(|core| {
        core.depth += 1;
        let outermost = core.depth == 1;
        if outermost {
            core.home.refresh();
            if core.home.runner.config.module_world_lock {
                core.home.leases.lease_all();
            }
        }
        outermost
    });
    let r = f();
    with(|core| {
        core.depth -= 1;
        if outermost {
            core.home.release();
        }
    });
    r
}

/// Runs the next unit of a client; false when there is none that may start.
fn serve_unit() -> bool {
    let next = with(|core| {
        core.home.leases.take_mail();
        core.home.leases.next_unit()
    });
    match next {
        None => return false,
        Some(Unit::Hop(hop)) => go_on(hop),
        Some(Unit::Gone(client)) => blocked::client_is_gone(client),
    }
    true
}

/// Runs what is left of a hop's commands, then sends it to its client.
pub fn go_on(mut hop: Box<Hop>) {
    let finished = unit(|| {
        if let Some(watches) = hop.exec.take() {
            let touched = with(|core| {
                let (mut held, runner) = core.home.parts();
                runner.watches_touched(&mut held, &watches)
            });
            let mut reply = Reply::new(&mut hop.reply, hop.client.protocol);
            if touched {
                reply.null_array();
                hop.next = hop.commands.len();
            } else {
                reply.array(hop.commands.len());
                with(|core| core.in_exec = true);
                let blocked = run_commands(&mut hop, true);
                with(|core| core.in_exec = false);
                return blocked;
            }
        }
        run_commands(&mut hop, false)
    });
    match finished {
        None => with(|core| core.home.leases.answer(hop)),
        Some(blocked) => with(|core| core.blocked.park(&blocked, hop)),
    }
}

/// Runs the hop's commands; stops at one that blocks its client, with its handle.
fn run_commands(hop: &mut Hop, in_exec: bool) -> Option<Arc<Blocked>> {
    while hop.next < hop.commands.len() {
        let c = hop.commands[hop.next];
        // Its module may have been unloaded on the command's way here.
        if !with(|core| core.home.runner.registry.is_named(c.id, hop.args(hop.next))) {
            let fail = unknown_command(hop.args(hop.next));
            refuse(hop, fail);
            continue;
        }
        let run = with(|core| core.home.runner.registry.run(c.id));
        match run {
            Run::Home => {
                let argv = module_strings(hop, hop.next);
                let mut bytes = Vec::new();
                let blocked = run_home_command(c.id, argv, &mut hop.client, in_exec, &mut bytes);
                hop.reply.append(&mut bytes);
                if blocked.is_some() {
                    return blocked;
                }
                hop.next += 1;
            }
            Run::Keyed(_) | Run::World(_) | Run::Cursor(_) => {
                let prepared = values::before(c.id, hop.args(hop.next), hop.client);
                with(|core| {
                    let (mut held, runner) = core.home.parts();
                    runner.run_next(&mut held, hop);
                });
                values::after(prepared);
            }
            Run::Session(_) | Run::Nothing => {
                let text = "ERR this command is not available together with module commands in a transaction yet";
                refuse(hop, Fail::text_of(text));
            }
        }
    }
    None
}

fn refuse(hop: &mut Hop, fail: Fail) {
    let client = hop.client;
    with(|core| core.home.runner.write_error(&fail, client, &mut hop.reply));
    hop.next += 1;
}

/// Runs a command that is home's, and appends its answer to `out`; or gives the handle by which it has blocked. It may
/// select another database for its client.
pub fn run_home_command(
    id: CommandId,
    mut argv: Vec<*mut ModuleString>,
    client: &mut valkore_core::step::ClientTag,
    no_block: bool,
    out: &mut Vec<u8>,
) -> Option<Arc<Blocked>> {
    let module = with(|core| core.modules.iter().find(|m| m.command(id).is_some()).cloned());
    let Some(module) = module else {
        // Not a module's: a command about modules.
        let outcome = modules_command::run(id, &argv, *client, out);
        with(|core| {
            let failed = outcome.is_err();
            if let Err(fail) = outcome {
                core.home.runner.write_error(&fail, *client, out);
            }
            core.home.runner.count(id, failed);
        });
        free_strings(argv);
        return None;
    };
    let mut ctx = Context::new(Why::Command, Some(module.clone()));
    ctx.client = *client;
    ctx.no_block = no_block;
    ctx.command = Some(id);
    ctx.args.clone_from(&argv);
    ctx.answer = Some(Answer::new(client.protocol));
    if let Some(run) = module.command(id).flatten() {
        // SAFETY: the module registered this function for this command; context and arguments live through the call.
        unsafe { run(ctx.as_ptr(), argv.as_mut_ptr(), argv.len() as c_int) };
    } else {
        ctx.with_answer(|answer| answer.reply().error("ERR this command has nothing but subcommands"));
    }
    let blocked = ctx.blocked.take();
    let answer = ctx.answer.take().expect("put in above").finish(module.name());
    client.db = ctx.client.db;
    drop(ctx);
    free_strings(argv);
    let failed = answer.first() == Some(&b'-');
    with(|core| {
        if failed {
            core.home.runner.count_error(error_text(&answer));
        }
        // A command that has blocked its client is counted when that goes on.
        if blocked.is_none() {
            core.home.runner.count(id, failed);
        }
    });
    out.extend_from_slice(&answer);
    blocked
}

/// The text of an answer that is an error.
pub(super) fn error_text(answer: &[u8]) -> &str {
    let line = answer[1..].split(|&b| b == b'\r').next().unwrap_or_default();
    std::str::from_utf8(line).unwrap_or_default()
}

/// Runs a command of the server on data, for a module, and appends its answer.
pub fn run_step(id: CommandId, args: Args<'_>, client: valkore_core::step::ClientTag, out: &mut Vec<u8>) {
    let prepared = values::before(id, args, client);
    with(|core| {
        let (mut held, runner) = core.home.parts();
        let effects = runner.run(held.reborrow(), id, args, client, Routed::default(), out);
        let mut watched = Vec::new();
        runner.apply(effects, &mut watched);
        if !watched.is_empty() {
            // The client that watches is gone with the call.
            runner.watches_touched(&mut held, &watched);
        }
    });
    values::after(prepared);
}

/// A command's arguments as module strings, one owner each.
pub fn module_strings(hop: &Hop, command: usize) -> Vec<*mut ModuleString> {
    if command >= hop.commands.len() {
        return Vec::new();
    }
    hop.args(command).iter_from(0).map(Str::new).collect()
}

/// Lets strings go.
pub fn free_strings(strings: Vec<*mut ModuleString>) {
    for s in strings {
        // SAFETY: they came from Str::new with one owner, which is the caller.
        unsafe { Str::release(s) };
    }
}

/// The module that `id` belongs to.
pub fn owner_of(id: CommandId) -> Option<Arc<Module>> {
    with(|core| core.modules.iter().find(|m| m.command(id).is_some()).cloned())
}

/// The data that owns `slot`, leased on first touch. `f` must not call into a module.
pub fn with_data<R>(slot: u16, f: impl FnOnce(&mut valkore_core::data::ShardData) -> R) -> R {
    with(|core| f(core.home.leases.of_slot(slot)))
}
