//! Timers of modules.

mod support;

use std::time::{Duration, Instant};

use support::{Client, Server, Value, eventually, on_modes};

fn timers(test: impl Fn(&Server)) {
    on_modes("timers", test);
}

/// What has fired, once it is as long as `want`.
#[track_caller]
fn log_becomes(client: &mut Client, want: &str) {
    let mut log = String::new();
    eventually(5, || {
        log += &client.run("T.LOG").text();
        (log.len() >= want.len()).then_some(())
    });
    assert_eq!(log, want);
}

#[test]
fn they_fire_in_order_of_expiry_and_not_before() {
    timers(|server| {
        let mut c = server.client();
        let start = Instant::now();
        let ids: Vec<i64> = ["150 last", "50 first", "100 b", "100 c"]
            .iter()
            .map(|t| c.run(&format!("T.CREATE {t}")).number())
            .collect();
        assert!(ids.iter().all(|id| *id != 0) && ids.iter().enumerate().all(|(i, id)| !ids[..i].contains(id)));
        c.check("T.LOG", "$");
        log_becomes(&mut c, "first b c last ");
        assert!(start.elapsed() >= Duration::from_millis(149), "{:?}", start.elapsed());
        assert!(start.elapsed() < Duration::from_millis(1500), "{:?}", start.elapsed());
        for id in ids {
            c.check(&format!("T.INFO {id}"), "nil");
            c.check(&format!("T.STOP {id}"), "nil");
        }
    });
}

#[test]
fn one_that_is_stopped_does_not_fire() {
    timers(|server| {
        let mut c = server.client();
        let stopped = c.run("T.CREATE 60 stopped").number();
        let kept = c.run("T.CREATE 5000 kept").number();
        let info = c.run(&format!("T.INFO {kept}")).items();
        assert!((4000..=5000).contains(&info[0].number()), "{info:?}");
        assert_eq!(info[1].to_string(), "$kept");
        c.check(&format!("T.STOP {stopped}"), "$stopped");
        c.check(&format!("T.STOP {stopped}"), "nil");
        c.check(&format!("T.INFO {stopped}"), "nil");
        c.check("T.CREATE 100 after", &format!(":{}", kept + 1));
        log_becomes(&mut c, "after ");
        c.check(&format!("T.STOP {kept}"), "$kept");
    });
}

#[test]
fn one_that_makes_the_next_does_not_keep_others_out() {
    timers(|server| {
        let (mut c, mut other) = (server.client(), server.client());
        c.check("T.CHAIN 2000", "+OK");
        for i in 1..=50 {
            other.check("INCR beside", &format!(":{i}"));
        }
        log_becomes(&mut c, &"c ".repeat(2000));
    });
}

#[test]
fn one_writes_to_the_database_of_its_maker() {
    timers(|server| {
        let mut c = server.client();
        c.check("SELECT 3", "+OK");
        for key in ["a", "b", "c", "d"] {
            c.check(&format!("T.WRITE 20 {key}"), "+OK");
        }
        log_becomes(&mut c, "wrote wrote wrote wrote ");
        c.check("MGET a b c d", "[$1 $1 $1 $1]");
        c.check("SELECT 0", "+OK");
        c.check("EXISTS a b c d", ":0");
    });
}

#[test]
fn a_thread_makes_them_under_the_module_lock_only() {
    timers(|server| {
        let mut c = server.client();
        // Home sleeps meanwhile, for longer than this timer takes.
        let start = Instant::now();
        c.check("T.THREAD 30 soon 1", ":1");
        log_becomes(&mut c, "soon ");
        assert!(start.elapsed() >= Duration::from_millis(30), "{:?}", start.elapsed());
        c.check("T.THREAD 1 never 0", ":0");
        std::thread::sleep(Duration::from_millis(30));
        c.check("T.LOG", "$");
    });
}

#[test]
fn a_module_with_timers_is_not_unloaded() {
    timers(|server| {
        let mut c = server.client();
        let id = c.run("T.CREATE 60000 late").number();
        let refused = c.run("MODULE UNLOAD timers");
        assert!(matches!(&refused, Value::Error(text) if text.contains("the module holds timer")), "{refused}");
        c.check(&format!("T.STOP {id}"), "$late");
        c.check("MODULE UNLOAD timers", "+OK");
        assert!(c.run("T.LOG").is_error());
    });
}
