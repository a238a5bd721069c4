//! The C shim against a Rust side that is C here and prints what it was handed.

mod support;

use std::process::Command;

use support::{compiler, folder, here, run};

#[test]
fn each_form_says_what_it_got() {
    let program = folder("shim").join("shim");
    let mut command = compiler();
    command
        .args(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined", "-I"])
        .arg(here("src/shim"));
    command.arg("-o").arg(&program);
    command.args(["tests/modules/shim.c", "src/shim/variadic.c", "src/shim/long_double.c"].map(here));
    run(command.arg("-lm"));
    let printed = run(&mut Command::new(program));
    let expected = std::fs::read_to_string(here("tests/modules/shim.expected")).unwrap();
    assert_eq!(printed, expected);
}
