//! `--demo`: what it says to type next works, and the example module (`examples/modules/demo.c`) does what it says.

mod support;

use support::{Client, Options, SHARDS, Server, eventually, keys_on_all};

fn on_demo(test: impl Fn(&Server, &mut Client)) {
    for shards in SHARDS {
        let server = Options::new(shards).args(&["--demo"]).start();
        test(&server, &mut server.client());
    }
}

#[test]
fn all_that_it_says_to_type_works() {
    on_demo(|server, c| {
        let log =
            eventually(5, || Some(server.log()).filter(|log| log.contains("How fast it is"))).expect("a greeting");
        let prefix = format!("valkey-cli -p {} ", server.port());
        let lines: Vec<&str> = log.lines().filter_map(|line| line.trim().strip_prefix(&prefix)).collect();
        assert_eq!(lines.len(), 10, "{log}");
        for line in lines {
            let command = line.split("   ").next().expect("a command");
            let answer = c.run(command);
            assert!(!answer.is_error(), "{command}: {answer}");
        }
    });
}

#[test]
fn the_example_module() {
    on_demo(|server, c| {
        let [a, b, ring, copy] = keys_on_all(server.shards, "k");
        c.check("DEMO.HELLO", "$Hello, world!");
        c.check("DEMO.HELLO you", "$Hello, you!");
        c.check(&format!("MSET {a} 1 {b} two"), "+OK");
        c.check(&format!("DEMO.SWAP {a} {b}"), "+OK");
        c.check(&format!("MGET {a} {b}"), "[$two $1]");
        c.check(&format!("DEMO.SWAP {a} {ring}"), "-ERR both keys must hold a string");
        c.check(&format!("DEMO.RING {ring}"), "[]");
        c.check(&format!("DEMO.PUSH {ring} 1 2 x"), "-ERR value is not an integer or out of range");
        c.check(&format!("DEMO.PUSH {ring} 1 2 3"), ":3");
        c.check(&format!("DEMO.PUSH {ring} 4 5 6 7 8 9"), ":8");
        c.check(&format!("DEMO.RING {ring}"), "[:2 :3 :4 :5 :6 :7 :8 :9]");
        c.check(&format!("TYPE {ring}"), "+demo-ring");
        c.check(&format!("COPY {ring} {copy}"), ":1");
        c.check(&format!("DEL {ring}"), ":1");
        c.check(&format!("DEMO.RING {copy}"), "[:2 :3 :4 :5 :6 :7 :8 :9]");
        c.check(&format!("DEMO.PUSH {a} 1"), "-WRONGTYPE Operation against a key holding the wrong kind of value");
        c.check(&format!("DEMO.RING {a}"), "-WRONGTYPE Operation against a key holding the wrong kind of value");
    });
}

#[test]
fn its_slow_command_and_its_timer() {
    on_demo(|server, c| {
        let [a, b, key, _] = keys_on_all(server.shards, "k");
        c.check(&format!("MSET {a} 1 {b} 2"), "+OK");
        c.send(&["DEMO.SLOW", "300"]);
        let mut other = server.client();
        other.check(&format!("GET {a}"), "$1");
        other.check("DEMO.HELLO", "$Hello, world!");
        assert_eq!(c.read().to_string(), ":2");
        c.check("DEMO.SLOW never", "-ERR the time must be from 0 to 60000 milliseconds");
        c.check("MULTI", "+OK");
        c.check("DEMO.SLOW 1", "+QUEUED");
        c.check("EXEC", "[-ERR this client can't wait here]");
        c.check(&format!("DEMO.LATER 100 {key} hi"), "+OK");
        c.check(&format!("GET {key}"), "nil");
        eventually(5, || (c.run(&format!("GET {key}")).to_string() == "$hi").then_some(()))
            .expect("the timer has fired");
    });
}
