//! `valkore-server`: reads the configuration, fills the tables, starts the shards, and waits for the end.

mod alloc;
mod boot;
mod cli;
mod demo;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<Vec<u8>> = std::env::args_os().skip(1).map(std::os::unix::ffi::OsStringExt::into_vec).collect();
    match boot::run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            e.report();
            ExitCode::FAILURE
        }
    }
}
