//! Our headers against the official ones: same names, same values, same layouts, same function types.
//!
//! The official headers come with the crates.io package `valkey-module`, an optional dependency that is never compiled;
//! `cargo metadata` tells where cargo has put it. One C file, `modules/header.c`, is compiled against each and prints what
//! it sees.

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{compiler, folder, here, run};
use valkore_module_host::abi::{FUNCTIONS, types};

/// Macros that say how to compile, or that hold code or initializers: the C file covers what matters of them.
const NOT_CONSTANTS: [&str; 9] = [
    "H",
    "API",
    "ATTR",
    "ATTR_UNUSED",
    "ATTR_COMMON",
    "CLIENTINFO_INITIALIZER_V1",
    "COMMAND_INFO_VERSION",
    "GET_API",
    "NOT_USED",
];

/// Functions that the package's headers have commented out.
const NOT_DECLARED: [&str; 5] =
    ["CreateStringFromLongDouble", "StringToLongDouble", "ReplyWithLongDouble", "SaveLongDouble", "LoadLongDouble"];

/// Where the official headers are.
fn official() -> PathBuf {
    let mut command = Command::new(env!("CARGO"));
    command.args(["metadata", "--format-version", "1", "--all-features", "--manifest-path"]).arg(here("Cargo.toml"));
    let metadata = run(&mut command);
    let found = metadata
        .split("\"manifest_path\":\"")
        .filter_map(|rest| rest.split('"').next())
        .find(|path| Path::new(path).parent().is_some_and(|folder| is_package(folder, "valkey-module")));
    let manifest = found.expect(
        "`cargo metadata` knows no package `valkey-module`: it must stay an optional dependency of valkore-module-host \
         (feature `official-header`), and cargo must have been able to fetch it",
    );
    let include = Path::new(manifest).parent().unwrap().join("src/include");
    assert!(include.join("valkeymodule.h").exists(), "{} has no valkeymodule.h", include.display());
    include
}

/// Is this the folder of that package, in some version?
fn is_package(folder: &Path, name: &str) -> bool {
    let folder = folder.file_name().and_then(|name| name.to_str()).unwrap_or("");
    folder
        .strip_prefix(name)
        .is_some_and(|rest| rest.strip_prefix('-').is_some_and(|v| v.starts_with(|c: char| c.is_ascii_digit())))
}

/// The names of all constants that a header defines, without `VALKEYMODULE_` or `REDISMODULE_`.
fn constants(include: &Path, header: &str, prefix: &str) -> BTreeSet<String> {
    let macros = run(compiler().args(["-E", "-dM", "-x", "c"]).arg(include.join(header)));
    let names = macros.lines().filter_map(|line| line.strip_prefix("#define ")?.split(' ').next());
    let bare = names.filter_map(|name| {
        let underscore = if name.starts_with('_') { "_" } else { "" };
        let bare = name.trim_start_matches('_').strip_prefix(prefix)?;
        let constant = !bare.contains('(') && !NOT_CONSTANTS.contains(&bare);
        constant.then(|| format!("{underscore}{bare}"))
    });
    bare.collect()
}

/// Compiles and runs the C file against one of the headers.
fn print(name: &str, include: &Path, generated: &Path, redis: bool) -> String {
    let program = generated.join(name);
    let mut command = compiler();
    command.args(["-std=gnu11", "-w", "-I"]).arg(include).arg("-I").arg(generated);
    command.arg("-o").arg(&program).arg(here("tests/modules/header.c"));
    if redis {
        command.arg("-DHEADER_REDIS");
    }
    run(&mut command);
    run(&mut Command::new(program))
}

/// `CONSTANT(name)` for each constant, `FUNCTION(name, type)` for each function.
fn generate(folder: &Path, constants: &BTreeSet<String>, prefix: &str, declared: impl Fn(&str) -> bool) {
    let constants: String = constants
        .iter()
        .map(|name| match name.strip_prefix('_') {
            Some(bare) => format!("CONSTANT(_{prefix}{bare})\n"),
            None => format!("CONSTANT({prefix}{name})\n"),
        })
        .collect();
    std::fs::write(folder.join("constants.inc"), constants).unwrap();
    let functions: String = FUNCTIONS
        .iter()
        .filter(|function| declared(function.name))
        .map(|function| {
            let full = format!("ValkeyModule_{}(", function.name);
            format!("FUNCTION({}, {})\n", function.name, function.declaration.replacen(&full, "(*)(", 1))
        })
        .collect();
    let functions = if prefix == "REDISMODULE_" { functions.replace("ValkeyModule", "RedisModule") } else { functions };
    std::fs::write(folder.join("functions.inc"), functions).unwrap();
}

fn equal(ours: &str, official: &str) {
    for (ours, official) in ours.lines().zip(official.lines()) {
        assert_eq!(ours, official);
    }
    assert_eq!(ours.lines().count(), official.lines().count());
    assert!(ours.lines().count() > 400, "that was too little to be all:\n{ours}");
}

#[test]
fn valkeymodule_h_is_the_official_one_in_other_words() {
    let (ours, official, generated) = (here("include"), official(), folder("header-valkey"));
    let names = constants(&official, "valkeymodule.h", "VALKEYMODULE_");
    assert_eq!(constants(&ours, "valkeymodule.h", "VALKEYMODULE_"), names);
    generate(&generated, &names, "VALKEYMODULE_", |name| !NOT_DECLARED.contains(&name));
    equal(&print("ours", &ours, &generated, false), &print("official", &official, &generated, false));
}

#[test]
fn redismodule_h_has_all_that_the_official_one_has() {
    let (ours, official, generated) = (here("include"), official(), folder("header-redis"));
    let mut names = constants(&official, "redismodule.h", "REDISMODULE_");
    // Not of Redis itself, and the next free bit of each version is its own.
    names.retain(|name| name != "NOTIFY_TRIMMED" && name != "_OPTIONS_FLAGS_NEXT");
    let missing: Vec<_> = names.difference(&constants(&ours, "redismodule.h", "REDISMODULE_")).cloned().collect();
    assert!(missing.is_empty(), "{missing:?}");
    let newer = [
        "ClusterCanonicalKeyNameInSlot",
        "ClusterKeySlot",
        "DefragValkeyModuleString",
        "GetClusterNodeInfoForClient",
        "TryCalloc",
        "TryRealloc",
    ];
    generate(&generated, &names, "REDISMODULE_", |name| !newer.contains(&name) && !NOT_DECLARED.contains(&name));
    equal(&print("ours", &ours, &generated, true), &print("official", &official, &generated, true));
}

/// The structs of `src/abi/types.rs` against what C sees.
#[test]
fn rust_has_the_same_layouts() {
    let generated = folder("header-rust");
    generate(&generated, &BTreeSet::new(), "VALKEYMODULE_", |_| true);
    let printed = print("ours", &here("include"), &generated, false);
    let mut compared = 0;
    for rust in types::layouts() {
        let (name, layout) = rust.split_once(' ').unwrap();
        let name = name.trim_end_matches("V1");
        let Some(line) = printed.lines().find_map(|line| line.strip_prefix(&format!("struct {name} "))) else {
            // Parts of a key spec have no name in C; their offsets are those of the members around them.
            assert!(["BeginSearch", "FindKeys"].contains(&name), "header.c prints no {name}");
            continue;
        };
        let plain = |text: &str| text.replace("type=", "kind=");
        assert_eq!(plain(line), plain(layout), "{name}");
        compared += 1;
    }
    assert!(compared >= 15);
}
