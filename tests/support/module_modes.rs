//! Servers with a module in every mode that must give the same answers.

use super::modules::{load, module};
use super::{Options, SHARDS, Server};

/// Runs a test with module `name` on one and four shards: with the module lock alone, with the whole world locked around
/// each callback, and with all commands at home.
#[track_caller]
pub(crate) fn on_modes(name: &str, test: impl Fn(&Server)) {
    let module = module(name);
    for shards in SHARDS {
        for (world, at_home) in [("no", "no"), ("yes", "no"), ("no", "yes")] {
            let modes = ["--module-world-lock", world, "--module-all-at-home", at_home];
            let allow = ["--enable-module-command", "yes", "--enable-debug-command", "yes"];
            test(&Options::new(shards).args(&modes).args(&allow).args(&load(&module, &[])).start());
        }
    }
}
