//! Starting a process that is pinned from its first instruction, and that never outlives the bench.

use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Signal, set_parent_process_death_signal};
use rustix::thread::{CpuSet, sched_setaffinity};

use super::ServerSpec;

/// Starts `spec` in `folder`, its output going to the file `log`. To be called from a thread that lives as
/// long as the server should: the kernel ends the child with the thread that started it.
pub(super) fn spawn(spec: &ServerSpec, port: u16, folder: &Path, log: &Path) -> io::Result<Child> {
    let log = File::create(log)?;
    let mut command = Command::new(std::path::absolute(&spec.binary)?);
    command
        .args(["--save", "", "--appendonly", "no", "--bind", "127.0.0.1", "--port", &port.to_string()])
        .args(&spec.args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        // Its own process group: Ctrl-C reaches the bench alone, which then ends its servers.
        .process_group(0);
    match &spec.preload {
        Some(preload) => command.env("LD_PRELOAD", preload),
        None => command.env_remove("LD_PRELOAD"),
    };
    let cpus = spec.cpus.set();
    // SAFETY: between fork and exec only async-signal-safe code may run. `prepare` makes two system calls
    // through rustix's inline wrappers and converts their error numbers: no allocation, no lock.
    unsafe { command.pre_exec(move || prepare(cpus.as_ref())) };
    command.spawn()
}

/// Runs in the child: pins it, and has the kernel kill it should the bench die without cleaning up.
fn prepare(cpus: Option<&CpuSet>) -> io::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    if let Some(cpus) = cpus {
        sched_setaffinity(None, cpus)?;
    }
    Ok(())
}
