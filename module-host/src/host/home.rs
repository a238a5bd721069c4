//! Home's thread: runs one unit after the other, and gives the module lock to threads in between.

use std::ffi::c_int;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use valkore_core::command::CommandId;
use valkore_core::fail::Fail;
use valkore_core::resp::{Args, Reply};
use valkore_core::step::HeldSet as _;
use valkore_shard::clock;
use valkore_shard::home::{Home, hush, listen};
use valkore_shard::msg::Hop;
use valkore_shard::registry::Run;
use valkore_shard::runner::Routed;

use super::context::{Context, Why};
use super::lock::{LOCK, with};
use super::module::Module;
use super::reply::Answer;
use super::string::Str;
use super::{Core, blocked, modules_command, timers};
use crate::abi::types::ModuleString;

/// A module to be loaded at start: its file and arguments.
pub type ToLoad = (String, Vec<Vec<u8>>);

/// Runs home until its node stops. `load` are the modules that the configuration names; `loaded` is told when all are
/// loaded, or that one is not.
pub fn run(home: Home, load: Vec<ToLoad>, loaded: impl FnOnce(Result<(), String>)) {
    let (inbox, bell) = home.leases.doorbell();
    let node = home.runner.node.clone();
    let wake = inbox.clone();
    LOCK.set_wake_home(Box::new(move || wake.wake()));
    LOCK.begin(Box::new(Core::new(home)));
    loaded(load_all(load));
    while !(node.stopping.load(Ordering::Acquire) && node.connections() <= 0) {
        LOCK.yield_to_threads();
        let served = serve_unit() | timers::fire_one() | blocked::serve_one();
        if served {
            continue;
        }
        let timeout = with(|core| idle_time(core));
        LOCK.while_idle(|| {
            if inbox.prepare_sleep() {
                if !LOCK.is_wanted() && !blocked::any_unblocked() {
                    listen(&bell, Some(timeout));
                }
                inbox.awake();
            }
            hush(&bell);
        });
    }
    drop(LOCK.end());
}

/// How long home may sleep.
fn idle_time(core: &Core) -> Duration {
    let due = [core.timers.next_due(), core.blocked.next_due()].into_iter().flatten().min();
    let cron = Duration::from_millis(100);
    due.map_or(cron, |at| Duration::from_nanos(at.saturating_sub(clock::mono_ns())).min(cron))
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
        core.home.refresh();
        core.home.leases.next_unit()
    });
    let Some(hop) = next else { return false };
    go_on(hop);
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
                return run_commands(&mut hop, true);
            }
        }
        run_commands(&mut hop, false)
    });
    match finished {
        None => with(|core| core.home.leases.answer(hop)),
        // SAFETY: the handle was made by this unit's command and nobody has freed it: that takes the module lock.
        Some(handle) => unsafe { blocked::park(handle, hop) },
    }
}

/// Runs the hop's commands; stops at one that blocks its client, with its handle.
fn run_commands(hop: &mut Hop, in_exec: bool) -> Option<*mut blocked::Blocked> {
    while hop.next < hop.commands.len() {
        let c = hop.commands[hop.next];
        let run = with(|core| {
            let live = core.home.runner.registry.table.try_get(c.id).is_some();
            if live { core.home.runner.registry.run(c.id) } else { Run::Nothing }
        });
        match run {
            Run::Home => {
                let argv = module_strings(hop, hop.next);
                let mut bytes = Vec::new();
                let blocked = run_home_command(c.id, argv, hop.client, in_exec, &mut bytes);
                if let Some(handle) = blocked {
                    return Some(handle);
                }
                hop.reply.append(&mut bytes);
                hop.next += 1;
            }
            Run::Keyed(_) | Run::World(_) | Run::Cursor(_) => with(|core| {
                let (mut held, runner) = core.home.parts();
                runner.run_next(&mut held, hop);
            }),
            Run::Session(_) | Run::Nothing => {
                let text = "ERR this command is not available together with module commands in a transaction yet";
                refuse(hop, text);
            }
        }
    }
    None
}

fn refuse(hop: &mut Hop, text: &'static str) {
    let client = hop.client;
    with(|core| core.home.runner.write_error(&Fail::text_of(text), client, &mut hop.reply));
    hop.next += 1;
}

/// Runs a command that is home's, and appends its answer to `out`; or gives the handle by which it has blocked.
pub fn run_home_command(
    id: CommandId,
    mut argv: Vec<*mut ModuleString>,
    client: valkore_core::step::ClientTag,
    no_block: bool,
    out: &mut Vec<u8>,
) -> Option<*mut blocked::Blocked> {
    let module = with(|core| core.modules.iter().find(|m| m.command(id).is_some()).cloned());
    let Some(module) = module else {
        // Not a module's: a command about modules.
        let outcome = modules_command::run(id, &argv, client, out);
        with(|core| {
            let failed = outcome.is_err();
            if let Err(fail) = outcome {
                core.home.runner.write_error(&fail, client, out);
            }
            core.home.runner.count(id, failed);
        });
        free_strings(argv);
        return None;
    };
    let mut ctx = Context::new(Why::Command, Some(module.clone()));
    ctx.client = client;
    ctx.no_block = no_block;
    ctx.command = Some(id);
    ctx.args.clone_from(&argv);
    ctx.answer = Some(Answer::new(client.protocol));
    if let Some(run) = module.command(id).flatten() {
        // SAFETY: the module registered this function for this command; context and arguments live through the call.
        unsafe { run(ctx.as_ptr(), argv.as_mut_ptr(), argv.len() as c_int) };
    }
    let blocked: *mut blocked::Blocked = ctx.blocked.cast();
    let answer = ctx.answer.take().expect("put in above").bytes;
    drop(ctx);
    free_strings(argv);
    let failed = answer.first() == Some(&b'-');
    with(|core| {
        if failed {
            let text = String::from_utf8_lossy(&answer[1..]);
            core.home.runner.count_error(text.lines().next().unwrap_or(""));
        }
        core.home.runner.count(id, failed);
    });
    if !blocked.is_null() {
        return Some(blocked);
    }
    out.extend_from_slice(&answer);
    None
}

/// Runs a command of the server on data, for a module, and appends its answer.
pub fn run_step(id: CommandId, args: Args<'_>, client: valkore_core::step::ClientTag, out: &mut Vec<u8>) {
    with(|core| {
        let (held, runner) = core.home.parts();
        let effects = runner.run(held, id, args, client, Routed::default(), out);
        runner.apply(effects, &mut Vec::new());
    });
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
