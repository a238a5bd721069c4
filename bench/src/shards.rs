//! `valkore-bench shards`: what our server pays per operation for having several shards.

use crate::affinity::Cpus;
use crate::cli::ShardsArgs;
use crate::compare::{server_binary, words};
use crate::error::Error;
use crate::server::ServerSpec;
use crate::session::{self, Kept};

/// Runs the comparison of one shard with several, in both pipeline orders.
///
/// # Errors
/// Whatever went wrong first.
pub fn run(args: &ShardsArgs) -> Result<Kept, Error> {
    let shards = usize::from(args.shards);
    let plan = args.rounds.plan(&args.load, client_cpus(shards))?;
    let binary = server_binary(args.ours.server.as_deref())?;
    let wide = args.shards_cpu.clone().unwrap_or_else(|| Cpus::first(shards));
    let spec = |name: &str, shards: usize, order: &str, cpus: &Cpus| ServerSpec {
        name: name.to_owned(),
        binary: binary.clone(),
        args: words(&format!("--shards {shards} --pipeline-order {order} {}", args.server_args)),
        preload: None,
        cpus: cpus.clone(),
    };
    let specs = [
        spec("1-shard", 1, "strict", &args.ours.server_cpu),
        spec("strict", shards, "strict", &wide),
        spec("relaxed", shards, "relaxed", &wide),
    ];
    session::compare("shards", &specs, &plan, args.rounds.limits(), &args.rounds.output)
}

/// The CPU after the shards'; not pinned if the shards take them all.
fn client_cpus(shards: usize) -> Cpus {
    let all = std::thread::available_parallelism().map_or(1, usize::from);
    if all > shards { Cpus::first(shards + 1).one_for(shards) } else { Cpus::default() }
}
