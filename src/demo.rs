//! `--demo`: a server to try, and what to type next.

use valkore_core::config::{Addresses, Config};
use valkore_module_host::host::home::ToLoad;

/// The configuration that a demo starts from: it is seen on this machine only. Files and options count after it.
pub(crate) fn config(base: Config) -> Config {
    Config { bind: Addresses(vec!["127.0.0.1".into()]), ..base }
}

/// The example module (`examples/modules/demo.c`), where the build that made this program has left it.
pub(crate) fn module() -> Option<ToLoad> {
    let path = env!("VALKORE_DEMO_MODULE");
    std::path::Path::new(path).exists().then(|| (path.into(), Vec::new()))
}

/// What to type next.
pub(crate) fn greeting(port: i64, shards: usize, module: bool) -> String {
    let module = if module {
        module_greeting(port)
    } else {
        "The example module is not here: run --demo where it was built.\n".into()
    };
    format!(
        "
This is a demo: {shards} shards at 127.0.0.1:{port}, nothing is kept on disk. Ctrl-C ends it.

In another terminal, with valkey-cli or redis-cli:

    valkey-cli -p {port} SET greeting hello
    valkey-cli -p {port} MSET a 1 b 2 c 3        keys of several shards, at once
    valkey-cli -p {port} INFO shards

{module}
With bash alone:

    exec 3<>/dev/tcp/127.0.0.1/{port}
    printf 'SET greeting hello\\r\\nGET greeting\\r\\nQUIT\\r\\n' >&3; cat <&3

How fast it is:

    cargo run --release --bin valkore-bench -- load --addr 127.0.0.1:{port}
"
    )
}

fn module_greeting(port: i64) -> String {
    format!(
        "The example module is loaded, examples/modules/demo.c:

    valkey-cli -p {port} DEMO.HELLO you
    valkey-cli -p {port} DEMO.SWAP a b            two keys, on whatever shards
    valkey-cli -p {port} DEMO.PUSH ring 1 2 3     a data type of the module
    valkey-cli -p {port} DEMO.RING ring
    valkey-cli -p {port} DEMO.SLOW 2000           waits for a thread; all others are served
    valkey-cli -p {port} DEMO.LATER 2000 key hi   a timer sets the key
    valkey-cli -p {port} MODULE LIST
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demo_is_seen_on_this_machine_only_and_says_where() {
        assert_eq!(config(Config::default()).bind.0.len(), 1);
        assert_eq!(config(Config::default()).bind.0[0].to_str(), "127.0.0.1");
        let greeting = greeting(7000, 4, module().is_some());
        assert!(greeting.contains("-p 7000 SET") && greeting.contains("4 shards at 127.0.0.1:7000"), "{greeting}");
        assert!(greeting.contains("-p 7000 DEMO.HELLO"), "this build has the example module");
    }
}
