//! C modules of our own (`module-host/tests/modules/*.c`): compiled against our header, loaded at start.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use super::{Options, SHARDS, Server};

/// Compiles `module-host/tests/modules/<name>.c`; the shared object.
#[track_caller]
pub(crate) fn module(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = root.join("module-host/tests/modules").join(format!("{name}.c"));
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(dir).expect("a directory for modules");
    let file = dir.join(format!("{name}.so"));
    // Tests run at once, in threads and processes: each writes a file of its own, which takes the name when it is whole.
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let n = COUNT.fetch_add(1, Ordering::Relaxed);
    let new = dir.join(format!("{name}.{}.{n}.so", std::process::id()));
    let out = Command::new("gcc")
        .args(["-std=gnu11", "-g", "-O1", "-shared", "-fPIC", "-Wall", "-Wextra", "-Wno-unused-parameter", "-pthread"])
        .arg("-I")
        .arg(root.join("module-host/include"))
        .arg("-o")
        .arg(&new)
        .arg(&source)
        .output()
        .expect("gcc can be started");
    assert!(out.status.success(), "{}:\n{}", source.display(), String::from_utf8_lossy(&out.stderr));
    std::fs::rename(&new, &file).expect("a module can be renamed");
    file
}

/// The server's arguments that load this module with these arguments. They come last: what follows a module's file is the
/// module's.
pub(crate) fn load<'a>(module: &'a Path, args: &[&'a str]) -> Vec<&'a str> {
    let file = module.to_str().expect("a path that is text");
    ["--loadmodule", file].into_iter().chain(args.iter().copied()).collect()
}

/// Runs a test with module `name`, loaded with `args`: on one and four shards, each with the module lock alone and with
/// the oracle that takes the world around each callback.
#[track_caller]
pub(crate) fn with_module(name: &str, args: &[&str], test: impl Fn(&Server)) {
    let module = module(name);
    for shards in SHARDS {
        for world_lock in ["no", "yes"] {
            let mut all = vec!["--module-world-lock", world_lock, "--enable-module-command", "yes"];
            all.extend(load(&module, args));
            test(&Options::new(shards).args(&all).start());
        }
    }
}
