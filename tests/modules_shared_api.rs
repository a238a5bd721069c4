//! Functions that modules export to each other.

mod support;

use support::{Options, SHARDS, Server, module};

/// Two files, since one file can be loaded once only.
fn files() -> (String, String) {
    let file = module("shared_api");
    let second = file.with_file_name(format!("shared_api_second.{}.so", std::process::id()));
    std::fs::copy(&file, &second).expect("a file can be copied");
    let text = |p: std::path::PathBuf| p.to_str().expect("a path that is text").to_string();
    (text(file), text(second))
}

fn server(shards: usize, world_lock: &str) -> Server {
    Options::new(shards).args(&["--module-world-lock", world_lock, "--enable-module-command", "yes"]).start()
}

#[test]
fn one_module_uses_anothers_function() {
    let (first, second) = files();
    for shards in SHARDS {
        for world_lock in ["no", "yes"] {
            let server = server(shards, world_lock);
            let mut c = server.client();
            c.check(&format!("MODULE LOAD {second} import"), "+OK");
            c.check("SA.USE 21", "-ERR not exported");
            c.check(&format!("MODULE LOAD {first} export"), "+OK");
            c.check("SA.USE 21", ":42");
            let refused = "-ERR Error unloading module: the module exports APIs used by other modules. Please unload them first \
                           and try again";
            c.check("MODULE UNLOAD exporter", refused);
            c.check("MODULE UNLOAD importer", "+OK");
            c.check("MODULE UNLOAD exporter", "+OK");
            // The name is free again.
            c.check(&format!("MODULE LOAD {first} export"), "+OK");
        }
    }
    let _ = std::fs::remove_file(second);
}
