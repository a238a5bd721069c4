//! `valkore-bench load`: one server that somebody else started.

use crate::affinity::Cpus;
use crate::cli::LoadArgs;
use crate::error::Error;
use crate::rounds::Contender;
use crate::server::control::Control;
use crate::session::{self, Kept};

/// Loads the server and prints the same figures as a comparison does.
///
/// # Errors
/// Whatever went wrong first.
pub fn run(args: &LoadArgs) -> Result<Kept, Error> {
    let plan = args.load.plan(args.rounds, Cpus::default())?;
    let version = session::version(&mut Control::connect(args.addr)?);
    let contender = Contender {
        name: "server".to_owned(),
        about: format!("{version} at {}", args.addr),
        address: args.addr,
        pid: args.pid,
        cpus: Cpus::default(),
    };
    if args.fill {
        session::fill(&contender, &plan)?;
    }
    session::measure("load", vec![contender], &plan, &[], &args.output)
}
