//! Compiles the example module that `--demo` loads.

use std::path::PathBuf;

const SOURCE: &str = "examples/modules/demo.c";
const INCLUDE: &str = "module-host/include";

fn main() {
    println!("cargo:rerun-if-changed={SOURCE}");
    println!("cargo:rerun-if-changed={INCLUDE}/valkeymodule.h");
    let out: PathBuf = std::env::var_os("OUT_DIR").expect("cargo sets it").into();
    let module = out.join("demo.so");
    let compiler = cc::Build::new().pic(true).warnings(true).extra_warnings(true).include(INCLUDE).get_compiler();
    let mut command = compiler.to_command();
    command.args(["-shared", "-pthread", "-o"]).arg(&module).arg(SOURCE);
    let status = command.status().expect("the C compiler can be started");
    assert!(status.success(), "{SOURCE} does not compile");
    println!("cargo:rustc-env=VALKORE_DEMO_MODULE={}", module.display());
}
