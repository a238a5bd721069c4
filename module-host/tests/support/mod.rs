//! A C compiler for tests.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::process::Command;

/// A file of this crate.
pub(crate) fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A folder of this test's own, empty.
pub(crate) fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// The C compiler that `cc` would use in a build script.
pub(crate) fn compiler() -> Command {
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    cc::Build::new().target(&target).host(&target).opt_level(1).cargo_metadata(false).get_compiler().to_command()
}

/// Runs a command that must succeed, and answers what it printed.
pub(crate) fn run(command: &mut Command) -> String {
    let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
    let words = format!("{} {}", command.get_program().to_string_lossy(), words.join(" "));
    let output = command.output().unwrap_or_else(|error| panic!("{words}: {error}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{words}\n{out}\n{err}");
    out.into_owned()
}
