//! `valkore-bench compare`: our server against another one.

use std::path::{Path, PathBuf};

use crate::affinity::Cpus;
use crate::cli::CompareArgs;
use crate::error::Error;
use crate::server::ServerSpec;
use crate::session::{self, Kept};

/// Where Debian and Ubuntu have jemalloc, which stock servers are built with elsewhere.
const JEMALLOC: &str = "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2";

/// Runs the comparison.
///
/// # Errors
/// Whatever went wrong first.
pub fn run(args: &CompareArgs) -> Result<Kept, Error> {
    let client: Cpus = "1".parse().map_err(Error::Usage)?;
    let plan = args.rounds.plan(&args.load, client)?;
    let cpus = args.ours.server_cpu.clone();
    let theirs = ServerSpec {
        name: "theirs".to_owned(),
        binary: args.against.clone(),
        args: words(&args.against_args),
        preload: against_preload(args.against_preload.as_deref()),
        cpus: cpus.clone(),
    };
    let ours = ServerSpec {
        name: "ours".to_owned(),
        binary: server_binary(args.ours.server.as_deref())?,
        args: words(&args.server_args),
        preload: args.server_preload.clone(),
        cpus,
    };
    session::compare("compare", &[theirs, ours], &plan, args.rounds.limits(), &args.rounds.output)
}

fn against_preload(option: Option<&str>) -> Option<PathBuf> {
    match option {
        Some("none") => None,
        Some(path) => Some(PathBuf::from(path)),
        None => Some(PathBuf::from(JEMALLOC)).filter(|path| path.exists()),
    }
}

/// Arguments as a list; no quoting.
pub(crate) fn words(args: &str) -> Vec<String> {
    args.split_whitespace().map(str::to_owned).collect()
}

/// The given executable, or `valkore-server` beside this one.
pub(crate) fn server_binary(given: Option<&Path>) -> Result<PathBuf, Error> {
    if let Some(path) = given {
        return Ok(path.to_owned());
    }
    let own = std::env::current_exe().map_err(Error::io("looking for this program's folder"))?;
    let path = own.with_file_name("valkore-server");
    if path.exists() {
        Ok(path)
    } else {
        Err(Error::Usage(format!("there is no {}; name the server with --server", path.display())))
    }
}
