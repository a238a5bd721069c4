//! A module of ours, loaded as any other: every name, a few calls, both prefixes and both names of OnLoad.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::ptr::null_mut;

use support::{compiler, folder, here, run};
use valkore_module_host::abi::library::Library;
use valkore_module_host::abi::{FUNCTIONS, listing};
use valkore_module_host::host::context::{Context, Why};

/// Compiles `tests/modules/abi.c`, which includes a list of all names.
fn module(folder: &Path, redis: bool) -> PathBuf {
    let names: String = FUNCTIONS.iter().map(|function| format!("NAME({})\n", function.name)).collect();
    std::fs::write(folder.join("names.inc"), names).unwrap();
    let file = folder.join("abi.so");
    let mut command = compiler();
    command.args(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-I"]).arg(here("include"));
    command.arg("-I").arg(folder).arg("-o").arg(&file).arg(here("tests/modules/abi.c"));
    if redis {
        command.arg("-DABI_REDIS");
    }
    run(&mut command);
    file
}

fn loads(name: &str, redis: bool) {
    let file = module(&folder(name), redis);
    // SAFETY: we compiled it; it has no constructors.
    let library = unsafe { Library::open(&file) }.unwrap();
    assert!(library.on_unload().is_none());
    let mut ctx = Context::new(Why::Load, None);
    // SAFETY: the context lives through the call.
    let answer = unsafe { library.on_load()(ctx.as_ptr(), null_mut(), 0) };
    assert_eq!(answer, 0, "the module said on stderr what was wrong");
    // SAFETY: it keeps nothing, and registered nothing.
    unsafe { library.close() };
}

#[test]
fn a_valkey_module_finds_everything() {
    loads("abi-valkey", false);
}

#[test]
fn a_redis_module_finds_everything() {
    loads("abi-redis", true);
}

#[test]
fn the_generated_files_are_up_to_date() {
    run(Command::new("python3").arg(here("tools/api.py")).arg("--check"));
}

/// `cargo test --test abi listing -- --nocapture` prints docs/module-api.md.
#[test]
fn listing_prints() {
    println!("{}", listing::markdown());
}
