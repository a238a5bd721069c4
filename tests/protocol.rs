//! RESP2, RESP3 and inline requests over real sockets: partial reads, broken input, limits.

mod support;

use std::time::{Duration, Instant};

use support::{Client, Options, Server, Value, encode, key_on, keys_on_all, on_backends, on_shards, words};

#[test]
fn resp2_and_resp3_differ_where_they_should() {
    on_shards(|s| {
        let mut c = s.client();
        let raw = |c: &mut Client, line: &str| {
            c.send(&words(line));
            String::from_utf8(c.try_read_raw().expect("an answer")).expect("text")
        };
        assert_eq!(raw(&mut c, "GET none"), "$-1\r\n");
        assert!(raw(&mut c, "HELLO 2").starts_with("*14\r\n$6\r\nserver\r\n$6\r\nvalkey\r\n"));
        assert!(raw(&mut c, "HELLO 3").starts_with("%7\r\n$6\r\nserver\r\n$6\r\nvalkey\r\n"));
        assert_eq!(raw(&mut c, "GET none"), "_\r\n");
        c.run("SET a 1");
        c.run("WATCH a");
        s.client().check("SET a 2", "+OK");
        c.run("MULTI");
        assert_eq!(raw(&mut c, "EXEC"), "_\r\n");
        assert!(raw(&mut c, "HELLO 2").starts_with('*'));
        c.run("WATCH a");
        s.client().check("SET a 3", "+OK");
        c.run("MULTI");
        assert_eq!(raw(&mut c, "EXEC"), "*-1\r\n");
        c.check("HELLO 4", "-NOPROTO unsupported protocol version");
        c.check("HELLO x", "-ERR Protocol version is not an integer or out of range");
        c.check("HELLO 3 nope", "-ERR Syntax error in HELLO option 'nope'");
        c.check("GET none", "nil");
        c.run("HELLO 3");
        c.check("RESET", "+RESET");
        assert_eq!(raw(&mut c, "GET none"), "$-1\r\n");
    });
}

#[test]
fn a_pipelined_hello_changes_the_answers_behind_it_only() {
    on_shards(|s| {
        let mut c = s.client();
        let keys = keys_on_all(s.shards, "none");
        for key in &keys {
            let all: Vec<u8> =
                [format!("GET {key}"), "HELLO 3".into(), format!("GET {key}"), "HELLO 2".into(), format!("GET {key}")]
                    .iter()
                    .flat_map(|l| encode(&words(l)))
                    .collect();
            c.send_raw(&all);
            let got: Vec<Vec<u8>> = (0..5).map(|_| c.try_read_raw().expect("an answer")).collect();
            assert_eq!([&got[0][..], &got[2], &got[4]], [&b"$-1\r\n"[..], b"_\r\n", b"$-1\r\n"]);
        }
    });
}

#[test]
fn inline_commands() {
    on_shards(|s| {
        let mut c = s.client();
        let mut check = |raw: &str, want: &str| {
            c.send_raw(raw.as_bytes());
            assert_eq!(c.read().to_string(), want, "{raw:?}");
        };
        check("PING\r\n", "+PONG");
        check("PING\n", "+PONG");
        check("  ping   hello \r\n", "$hello");
        check("\r\n\n\r\nPING x\r\n", "$x");
        for key in keys_on_all(s.shards, "k") {
            check(&format!("SET {key} \"a b\\x41\\n\"\r\n"), "+OK");
            check(&format!("GET {key}\r\n"), "$a bA\n");
            check(&format!("SET {key} 'it\\'s'\n"), "+OK");
            check(&format!("*2\r\n$3\r\nGET\r\n${}\r\n{key}\r\n", key.len()), "$it's");
        }
        check("nosuch a b\r\n", "-ERR unknown command 'nosuch', with args beginning with: 'a' 'b' ");
        check("GET\r\n", "-ERR wrong number of arguments for 'get' command");
        c.send_raw(b"PING\r\nSET k 'unbalanced\r\nPING\r\n");
        let rest = String::from_utf8(c.read_to_end()).unwrap();
        assert_eq!(rest, "+PONG\r\n-ERR Protocol error: unbalanced quotes in request\r\n");
    });
}

/// A pipeline of many kinds of commands over all shards, and its answers.
fn mixed_pipeline(s: &Server) -> (Vec<u8>, Vec<u8>) {
    let [a, b, c, d] = keys_on_all(s.shards, "cut");
    let mut bytes = Vec::new();
    let mut want = String::new();
    let mut add = |line: &str, answer: &str| {
        bytes.extend_from_slice(&encode(&words(line)));
        want.push_str(answer);
    };
    add(&format!("SET {a} 1"), "+OK\r\n");
    add(&format!("SET {b} \"\""), "+OK\r\n");
    add(&format!("MSET {c} x {d} yy"), "+OK\r\n");
    add(&format!("INCR {a}"), ":2\r\n");
    add(&format!("MGET {a} {b} {c} {d}"), "*4\r\n$1\r\n2\r\n$0\r\n\r\n$1\r\nx\r\n$2\r\nyy\r\n");
    add("MULTI", "+OK\r\n");
    add(&format!("GET {d}"), "+QUEUED\r\n");
    add(&format!("DEL {a} {b}"), "+QUEUED\r\n");
    add("EXEC", "*2\r\n$2\r\nyy\r\n:2\r\n");
    bytes.extend_from_slice(b"*0\r\n\r\nPING inline\r\n");
    want.push_str("$6\r\ninline\r\n");
    bytes.extend_from_slice(&encode(&["ECHO", "end"]));
    want.push_str("$3\r\nend\r\n");
    (bytes, want.into_bytes())
}

#[test]
fn a_pipeline_cut_at_every_byte() {
    on_backends(&[], |s| {
        let (bytes, want) = mixed_pipeline(s);
        let mut c = s.client();
        for cut in 1..bytes.len() {
            c.send_raw(&bytes[..cut]);
            std::thread::sleep(Duration::from_micros(300));
            c.send_raw(&bytes[cut..]);
            assert_eq!(read_exactly(&mut c, want.len()), text(&want), "cut at {cut}");
        }
    });
}

#[test]
fn a_pipeline_byte_by_byte() {
    on_backends(&[], |s| {
        let (bytes, want) = mixed_pipeline(s);
        let mut c = s.client();
        for byte in &bytes {
            c.send_raw(&[*byte]);
        }
        assert_eq!(read_exactly(&mut c, want.len()), text(&want));
    });
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Reads answers until they are so many bytes.
#[track_caller]
fn read_exactly(c: &mut Client, len: usize) -> String {
    let mut got = Vec::new();
    while got.len() < len {
        got.extend(c.try_read_raw().expect("an answer"));
    }
    text(&got)
}

#[test]
fn broken_input_is_answered_and_ends_the_connection() {
    // So long that its last byte is one too many: a server that closes with unread bytes may take its answer with it.
    let long = "x".repeat(65_537);
    let cases: Vec<(String, String)> = [
        ("*abc\r\n", "invalid multibulk length"),
        ("*99999999999\r\n", "invalid multibulk length"),
        ("*1\r\nxPING\r\n", "expected '$', got 'x'"),
        ("*2\r\n$3\r\nGET\r\n:1\r\n", "expected '$', got ':'"),
        ("*1\r\n$abc\r\n", "invalid bulk length"),
        ("*1\r\n$-1\r\n", "invalid bulk length"),
        ("*1\r\n$536870913\r\n", "invalid bulk length"),
        ("SET a \"b\r\n", "unbalanced quotes in request"),
        (&long, "too big inline request"),
        (&format!("*{long}"), "too big mbulk count string"),
        (&format!("*1\r\n${long}"), "too big bulk count string"),
    ]
    .into_iter()
    .map(|(input, text)| (input.to_string(), format!("-ERR Protocol error: {text}\r\n")))
    .collect();
    on_shards(|s| {
        let none = keys_on_all(s.shards, "none");
        for (input, want) in &cases {
            let shown = &input[..input.len().min(30)];
            let mut c = s.client();
            c.send_raw(input.as_bytes());
            assert_eq!(&text(&c.read_to_end()), want, "{shown:?}");
            // Behind commands of all shards, in one write: those are answered first.
            let mut c = s.client();
            let mut bytes: Vec<u8> = none.iter().flat_map(|k| encode(&["GET", k])).collect();
            bytes.extend_from_slice(input.as_bytes());
            c.send_raw(&bytes);
            let want = "$-1\r\n".repeat(none.len()) + want;
            assert_eq!(text(&c.read_to_end()), want, "behind commands: {shown:?}");
        }
        s.client().check("PING", "+PONG");
    });
}

#[test]
fn proto_max_bulk_len_bounds_arguments_and_values() {
    for shards in support::SHARDS {
        let s = Options::new(shards).args(&["--proto-max-bulk-len", "1mb"]).start();
        let most = vec![b'x'; 1 << 20];
        for key in keys_on_all(shards, "k") {
            let mut c = s.client();
            assert_eq!(c.cmd(&[b"SET", key.as_bytes(), &most]).to_string(), "+OK");
            let too_long = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)";
            assert_eq!(c.run(&format!("APPEND {key} x")).to_string(), too_long);
            assert_eq!(c.run(&format!("SETRANGE {key} 1048576 x")).to_string(), too_long);
            assert_eq!(c.run(&format!("STRLEN {key}")).to_string(), ":1048576");
            c.send_raw(format!("*3\r\n$3\r\nSET\r\n${}\r\n{key}\r\n$1048577\r\n", key.len()).as_bytes());
            assert_eq!(text(&c.read_to_end()), "-ERR Protocol error: invalid bulk length\r\n");
        }
    }
}

#[test]
fn client_query_buffer_limit_cuts_off() {
    on_backends(&["--client-query-buffer-limit", "1mb"], |s| {
        let mut other = s.client();
        let mut c = s.client();
        let mut bytes = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$8388608\r\n".to_vec();
        bytes.resize(8 << 20, b'x');
        // The server may close while we still send.
        let _ = c.try_send_raw(&bytes);
        assert_eq!(text(&c.read_to_end()), "");
        other.check("GET k", "nil");
        // Below the limit nothing happens.
        let value = vec![b'y'; 900 * 1024];
        assert_eq!(other.cmd(&[b"SET", &b"k"[..], &value]).to_string(), "+OK");
    });
}

#[test]
fn before_authentication_little_is_taken() {
    for shards in support::SHARDS {
        let s = Options::new(shards).args(&["--requirepass", "secret"]).start();
        let mut c = s.client();
        c.send_raw(b"*11\r\n");
        assert_eq!(text(&c.read_to_end()), "-ERR Protocol error: unauthenticated multibulk length\r\n");
        let mut c = s.client();
        c.send_raw(b"*2\r\n$4\r\nECHO\r\n$16385\r\n");
        assert_eq!(text(&c.read_to_end()), "-ERR Protocol error: unauthenticated bulk length\r\n");
        for key in keys_on_all(shards, "k") {
            let mut c = s.client();
            c.check(&format!("GET {key}"), "-NOAUTH Authentication required.");
            c.check("PING", "-NOAUTH Authentication required.");
            c.check("AUTH wrong", "-WRONGPASS invalid username-password pair or user is disabled.");
            // What stands behind AUTH in a pipeline is judged by its outcome.
            let set = format!("SET {key} v");
            let get = format!("GET {key}");
            let got = c.pipeline(&["AUTH bad", &set, "AUTH secret", &set, &get, "AUTH bad", &get]);
            let got: Vec<String> = got.iter().map(Value::to_string).collect();
            let want = [
                "-WRONGPASS invalid username-password pair or user is disabled.",
                "-NOAUTH Authentication required.",
                "+OK",
                "+OK",
                "$v",
                "-WRONGPASS invalid username-password pair or user is disabled.",
                "$v",
            ];
            assert_eq!(got, want);
            c.check("AUTH default secret", "+OK");
            let mut long = s.client();
            long.check("HELLO 3", "-NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time");
            assert!(!long.run("HELLO 3 AUTH default secret").is_error());
            let big = "x".repeat(20_000);
            assert_eq!(long.cmd(&["ECHO", &big]).bytes().len(), 20_000);
        }
    }
}

#[test]
fn a_pipeline_cannot_smuggle_what_is_refused_alone() {
    on_shards(|s| {
        let mut c = s.client();
        let keys = keys_on_all(s.shards, "k");
        keys.iter().for_each(|k| assert_eq!(c.cmd(&["SET", k, "v"]).to_string(), "+OK"));
        for first in &keys {
            for key in &keys {
                let got = c.pipeline(&[
                    format!("GET {first}"),
                    format!("DEBUG OBJECT {key}"),
                    "DEBUG STRINGMATCH-TEST".into(),
                ]);
                assert_eq!(got[0].to_string(), "$v");
                for refused in &got[1..] {
                    let text = refused.to_string();
                    assert!(text.starts_with("-ERR DEBUG command not allowed."), "{first} then DEBUG on {key}: {text}");
                }
            }
        }
    });
}

#[test]
fn huge_values() {
    on_backends(&[], |s| {
        let value: Vec<u8> = (0..64 << 20).map(|i: u32| (i % 251) as u8).collect();
        let key = key_on(s.shards - 1, s.shards, "huge");
        let mut c = s.client();
        assert_eq!(c.cmd(&[b"SET", key.as_bytes(), &value]).to_string(), "+OK");
        assert_eq!(c.run(&format!("STRLEN {key}")).number(), 64 << 20);
        assert!(c.run(&format!("GET {key}")).bytes() == value, "the value came back changed");
        c.check(&format!("DEL {key}"), ":1");
    });
}

#[test]
fn huge_values_behind_commands_of_other_shards() {
    on_backends(&[], |s| {
        let keys = keys_on_all(s.shards, "k");
        let names = keys_on_all(s.shards, "huge");
        let huge = vec![b'h'; 8 << 20];
        let mut c = s.client();
        let mut writer = c.writer();
        let (keys, names, huge) = (&keys, &names, &huge);
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for round in 0..8 {
                    let mut bytes = Vec::new();
                    for key in keys.iter().cycle().take(64) {
                        bytes.extend(encode(&["MGET", key, &keys[0]]));
                    }
                    bytes.extend(encode(&[b"SET", names[round % 4].as_bytes(), huge]));
                    std::io::Write::write_all(&mut writer, &bytes).expect("the server goes on reading");
                }
            });
            for round in 0..8 {
                for _ in 0..64 {
                    let line = c.try_read().unwrap_or_else(|e| panic!("round {round}: no answer ({e})"));
                    assert!(matches!(line, Value::Array(_)), "round {round}: {line}");
                }
                let set = c.try_read().unwrap_or_else(|e| panic!("round {round}: no answer to SET ({e})"));
                assert_eq!(set.to_string(), "+OK");
            }
        });
    });
}

#[test]
fn a_slow_reader_is_cut_off_and_nobody_else() {
    on_backends(&["--client-output-buffer-limit", "normal", "1mb", "0", "0"], |s| {
        let key = key_on(s.shards / 2, s.shards, "big");
        let mut other = s.client();
        assert_eq!(other.cmd(&[b"SET", key.as_bytes(), &vec![b'v'; 128 * 1024]]).to_string(), "+OK");
        let mut slow = s.client();
        let gets = 800;
        let sent = slow.try_send_raw(&encode(&["GET", &key]).repeat(gets));
        let mut worst = Duration::ZERO;
        for _ in 0..100 {
            let since = Instant::now();
            other.check("PING", "+PONG");
            other.check(&format!("STRLEN {key}"), ":131072");
            worst = worst.max(since.elapsed());
            std::thread::sleep(Duration::from_millis(2));
        }
        assert!(worst < Duration::from_secs(3), "another client waited {worst:?}");
        let got = slow.skip(gets * 128 * 1024).expect("the end of the connection");
        assert!(got < gets * 128 * 1024, "a reader of {got} bytes should have been cut off (sent: {sent:?})");
    });
}

#[test]
fn half_a_close_still_gets_its_answers() {
    on_backends(&[], |s| {
        let keys = keys_on_all(s.shards, "half");
        let mut c = s.client();
        let n = 200;
        let mut bytes = Vec::new();
        for i in 0..n {
            bytes.extend(encode(&["INCR", &keys[i % 4]]));
        }
        c.send_raw(&bytes);
        c.finish_sending();
        let want: String = (0..n).map(|i| format!(":{}\r\n", i / 4 + 1)).collect();
        assert_eq!(text(&c.read_to_end()), want);
    });
}

#[test]
fn quit_answers_and_drops_the_rest() {
    on_shards(|s| {
        let [a, b, ..] = keys_on_all(s.shards, "q");
        let mut c = s.client();
        let lines = [format!("SET {a} 1"), "QUIT".into(), format!("SET {b} 1")];
        c.send_raw(&lines.iter().flat_map(|l| encode(&words(l))).collect::<Vec<u8>>());
        assert_eq!(text(&c.read_to_end()), "+OK\r\n+OK\r\n");
        let mut c = s.client();
        c.check(&format!("EXISTS {a}"), ":1");
        c.check(&format!("EXISTS {b}"), ":0");
    });
}

#[test]
fn client_reply_modes() {
    on_shards(|s| {
        let keys = keys_on_all(s.shards, "r");
        for key in &keys {
            let mut c = s.client();
            let lines = [
                "CLIENT REPLY SKIP".into(),
                format!("SET {key} 1"),
                format!("INCR {key}"),
                "CLIENT REPLY OFF".into(),
                format!("INCR {key}"),
                format!("MSET {} a {} b", keys[0], keys[1]),
                format!("SET {key} 10"),
                "CLIENT REPLY ON".into(),
                format!("GET {key}"),
            ];
            c.send_raw(&lines.iter().flat_map(|l| encode(&words(l))).collect::<Vec<u8>>());
            let got: Vec<String> = (0..3).map(|_| c.read().to_string()).collect();
            assert_eq!(got, [":2", "+OK", "$10"]);
        }
    });
}

#[test]
fn many_arguments_in_one_command() {
    on_shards(|s| {
        let mut c = s.client();
        let pairs: Vec<String> = (0..20_000).flat_map(|i| [format!("k{i}"), format!("{i}")]).collect();
        let mut args = vec!["MSET".to_string()];
        args.extend(pairs.iter().cloned());
        assert_eq!(c.cmd(&args).to_string(), "+OK");
        let mut args = vec!["MGET".to_string()];
        args.extend((0..20_000).map(|i| format!("k{i}")));
        let got = c.cmd(&args).items();
        assert!(got.iter().enumerate().all(|(i, v)| v.number() == i as i64));
        args[0] = "DEL".into();
        assert_eq!(c.cmd(&args).number(), 20_000);
    });
}
