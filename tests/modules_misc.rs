//! Time, random bytes, the log, options and versions.

mod support;

use std::time::Duration;

use support::{Options, SHARDS, Server, eventually, load, module, with_module};

fn misc(test: impl Fn(&Server)) {
    with_module("misc", &[], test);
}

#[test]
fn time_stands_still_in_a_command_where_it_is_cached() {
    misc(|server| server.client().check("M.TIME", "+OK"));
}

#[test]
fn random_bytes_are_spread() {
    misc(|server| server.client().check("M.RANDOM", "+OK"));
}

#[test]
fn it_knows_the_server() {
    misc(|server| {
        server.client().check("M.KNOWS", "+OK");
        let list = server.client().run("MODULE LIST").to_string();
        assert!(list.starts_with("[[$name $misc $ver :3 $path $"), "{list}");
    });
}

#[test]
fn the_log_says_who_says_it() {
    misc(|server| {
        let mut c = server.client();
        c.check("M.LOG warning hello", "+OK");
        c.check("M.LOG debug quiet", "+OK");
        c.check("M.LOG nonsense quiet", "+OK");
        let log = || server.log();
        let found = eventually(5, || log().contains("# <module> nobody says: quiet").then_some(()));
        assert!(found.is_some(), "{}", log());
        assert!(log().contains("# <misc> it says: hello, 5"), "{}", log());
        assert!(!log().contains("says: quiet, 5"), "{}", log());
    });
}

#[test]
fn a_signal_fails_a_watch() {
    misc(|server| {
        for key in support::keys_on_all(server.shards, "w") {
            let mut c = server.client();
            c.check(&format!("SET {key} v"), "+OK");
            c.check(&format!("WATCH {key} other"), "+OK");
            server.client().check(&format!("M.SIGNAL {key}"), "+OK");
            c.check("MULTI", "+OK");
            c.check("PING", "+QUEUED");
            c.check("EXEC", "nil");
        }
    });
}

#[test]
fn a_failed_assertion_ends_the_server_and_is_logged() {
    let file = module("misc");
    for shards in SHARDS {
        let mut server = Options::new(shards).args(&load(&file, &[])).start();
        server.client().send(&["M.ASSERT"]);
        let status = server.wait(Duration::from_secs(10)).expect("it ends");
        assert!(!status.success());
        let found = eventually(5, || server.log().contains("'argc == 77' is not true").then_some(()));
        assert!(found.is_some(), "{}", server.log());
    }
}
