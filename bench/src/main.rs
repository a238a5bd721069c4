//! The program: reads the command line, runs one subcommand, turns the outcome into an exit status.

use std::process::ExitCode;

use clap::Parser;
use valkore_bench::cli::{Action, Cli};
use valkore_bench::{compare, interrupt, load, shards};

fn main() -> ExitCode {
    let cli = Cli::parse();
    interrupt::catch();
    let result = match &cli.action {
        Action::Compare(args) => compare::run(args),
        Action::Shards(args) => shards::run(args),
        Action::Load(args) => load::run(args),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("valkore-bench: {error}");
            ExitCode::from(2)
        }
    }
}
