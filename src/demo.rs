//! `--demo`: a server to try, and what to type next.

use valkore_core::config::{Addresses, Config};

/// The configuration that a demo starts from: it is seen on this machine only. Files and options count after it.
pub(crate) fn config(base: Config) -> Config {
    Config { bind: Addresses(vec!["127.0.0.1".into()]), ..base }
}

/// What to type next.
pub(crate) fn greeting(port: i64, shards: usize) -> String {
    format!(
        "
This is a demo: {shards} shards at 127.0.0.1:{port}, nothing is kept on disk. Ctrl-C ends it.
No example module is loaded: this version does not serve modules yet.

In another terminal, with valkey-cli or redis-cli:

    valkey-cli -p {port} SET greeting hello
    valkey-cli -p {port} MSET a 1 b 2 c 3        keys of several shards, at once
    valkey-cli -p {port} INFO shards

or with bash alone:

    exec 3<>/dev/tcp/127.0.0.1/{port}
    printf 'SET greeting hello\\r\\nGET greeting\\r\\nQUIT\\r\\n' >&3; cat <&3

How fast it is:

    cargo run --release --bin valkore-bench -- load --addr 127.0.0.1:{port}
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
        assert!(greeting(7000, 4).contains("-p 7000 SET") && greeting(7000, 4).contains("4 shards at 127.0.0.1:7000"));
    }
}
