//! From started servers to a verdict: fill, run the rounds, report.

use std::io::Write;

use crate::cli::OutputOptions;
use crate::client;
use crate::error::Error;
use crate::limits::{self, Limit};
use crate::report::{self, Report};
use crate::rounds::{self, Contender, Plan};
use crate::server::control::Control;
use crate::server::{Server, ServerSpec};

/// Whether all limits were kept.
pub type Kept = bool;

/// Starts all servers, fills them, and compares the others with the first.
///
/// # Errors
/// Whatever went wrong first; the servers are ended in any case.
pub fn compare(
    title: &str,
    specs: &[ServerSpec],
    plan: &Plan,
    limits: &[Limit],
    output: &OutputOptions,
) -> Result<Kept, Error> {
    let servers = specs.iter().map(Server::start).collect::<Result<Vec<_>, _>>()?;
    let contenders = servers.iter().map(contender).collect::<Result<Vec<_>, _>>()?;
    for contender in &contenders {
        fill(contender, plan)?;
    }
    measure(title, contenders, plan, limits, output)
}

/// Runs the rounds against servers that are there and filled, and writes all reports.
///
/// # Errors
/// Whatever went wrong first.
pub fn measure(
    title: &str,
    contenders: Vec<Contender>,
    plan: &Plan,
    limits: &[Limit],
    output: &OutputOptions,
) -> Result<Kept, Error> {
    let started = report::Started::now();
    say(&report::text::header(title, &started, plan, &contenders))?;
    let cells = rounds::run(&contenders, plan, |round, cell| say(&report::text::round(round, cell, &contenders)))?;
    let warnings = report::warnings::of(&cells, &contenders, plan);
    let verdicts = limits::judge(limits, &cells, &contenders)?;
    let report = Report { title, started, plan, contenders: &contenders, cells: &cells, verdicts, warnings };
    say(&report::text::summary(&report))?;
    write(output.json.as_deref(), || report::json::render(&report))?;
    write(output.markdown.as_deref(), || report::markdown::render(&report))?;
    Ok(!report.verdicts.iter().any(limits::Verdict::missed))
}

/// Sets every key of the plan, and asks the server whether they are all there.
///
/// # Errors
/// If they are not.
pub fn fill(contender: &Contender, plan: &Plan) -> Result<(), Error> {
    let tally = client::fill(contender.address, &plan.workload)?;
    let size = Control::connect(contender.address)?.ask(&["DBSIZE"])?;
    let enough = size.parse::<u64>().is_ok_and(|size| size >= plan.workload.keys);
    if !enough {
        let reason = format!("{} keys were set, DBSIZE says {size}", plan.workload.keys);
        return Err(Error::Server { name: contender.name.clone(), reason });
    }
    say(&format!("filled {} with {} keys in {:.1} s\n", contender.name, tally.commands, tally.elapsed.as_secs_f64()))
}

fn contender(server: &Server) -> Result<Contender, Error> {
    let spec = server.spec();
    Ok(Contender {
        name: spec.name.clone(),
        about: format!("{}: {}", version(&mut Control::connect(server.address())?), spec.command_line()),
        address: server.address(),
        pid: Some(server.pid()),
        cpus: spec.cpus.clone(),
    })
}

/// What a server says about itself.
pub fn version(control: &mut Control) -> String {
    let mut field = |name| control.info("server", name).ok().flatten();
    let software = field("server_name").unwrap_or_else(|| "server".to_owned());
    let version = ["valkore_version", "valkey_version", "redis_version"].into_iter().find_map(&mut field);
    format!("{software} {}", version.unwrap_or_else(|| "of unknown version".to_owned()))
}

fn say(text: &str) -> Result<(), Error> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(Error::io("writing to standard output"))
}

fn write(path: Option<&std::path::Path>, render: impl FnOnce() -> String) -> Result<(), Error> {
    let Some(path) = path else { return Ok(()) };
    std::fs::write(path, render()).map_err(Error::io(format!("writing {}", path.display())))
}
