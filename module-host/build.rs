//! Compiles the C shim: the API functions that stable Rust can't define.

fn main() {
    println!("cargo:rerun-if-changed=src/shim");
    cc::Build::new()
        .files(["src/shim/variadic.c", "src/shim/long_double.c"])
        .std("c11")
        .warnings(true)
        .extra_warnings(true)
        .compile("valkore_shim");
}
