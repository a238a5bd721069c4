//! Tests of the registry as a whole. Texts were taken from Valkey 9.1.2.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use super::*;

/// Files in memory.
#[derive(Default)]
struct Files(HashMap<&'static str, &'static str>);

impl ReadFile for Files {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let text = path.to_str().and_then(|path| self.0.get(path));
        text.map(|text| text.as_bytes().into()).ok_or_else(|| io::Error::from_raw_os_error(2))
    }

    fn glob(&self, pattern: &[u8]) -> Vec<PathBuf> {
        let mut paths: Vec<_> = self.0.keys().filter(|p| crate::glob::matches(pattern, p.as_bytes())).collect();
        paths.sort();
        paths.into_iter().map(PathBuf::from).collect()
    }

    fn chdir(&self, path: &Path) -> io::Result<PathBuf> {
        match path.to_str() {
            Some("/nope") => Err(io::Error::from_raw_os_error(2)),
            _ => Ok(Path::new("/abs").join(path)),
        }
    }
}

fn read(text: &str) -> Result<Loaded, ConfigError> {
    load(Config::default(), None, Some(text.as_bytes()), None, &Files::default())
}

#[track_caller]
fn loads(text: &str) -> Config {
    read(text).unwrap_or_else(|e| panic!("{e}")).config
}

#[track_caller]
fn shows(config: &Config, name: &str, value: &str) {
    let answer = get(config, &[name.as_bytes()]);
    assert_eq!(answer, [(name.to_string(), value.as_bytes().to_vec())]);
}

/// Loads one line and compares what it makes of the directive.
#[track_caller]
fn line(text: &str, value: &str) {
    let name = text.split_once(' ').expect("a value").0;
    shows(&loads(text), name, value);
}

#[track_caller]
fn refused(text: &str, message: &str) {
    let error = read(text).expect_err(text);
    let wanted = format!(
        "\n*** FATAL CONFIG FILE ERROR (Version 9.1.2) ***\nReading the configuration file, at line 1\n>>> '{text}'\n\
         {message}\n"
    );
    assert_eq!(error.to_string(), wanted);
}

#[track_caller]
fn sets(config: &Config, pairs: &[&str]) -> Config {
    let pairs: Vec<&[u8]> = pairs.iter().map(|p| p.as_bytes()).collect();
    let outcome = set(config, &pairs, Setter::default(), |_, _, _| Ok(()));
    outcome.unwrap_or_else(|e| panic!("{}", String::from_utf8_lossy(&e.reply()))).config
}

#[track_caller]
fn set_refused(pairs: &[&str], reply: &str) {
    let pairs: Vec<&[u8]> = pairs.iter().map(|p| p.as_bytes()).collect();
    let error = set(&Config::default(), &pairs, Setter::default(), |_, _, _| panic!("applied")).expect_err(reply);
    assert_eq!(String::from_utf8_lossy(&error.reply()), reply);
}

#[test]
fn rows_are_sound() {
    let default = Config::default();
    for row in DIRECTIVES {
        assert!((row.same)(&default, &default), "{}", row.name);
        assert_eq!(find(row.name.to_uppercase().as_bytes()).unwrap().name, row.name);
        assert_eq!(row.alias.map(|alias| find(alias.as_bytes()).unwrap().name), row.alias.map(|_| row.name));
        // What a directive shows, it takes.
        let shown = (row.get)(&default);
        let args: Vec<&[u8]> = match row.flags.contains(Flags::MULTI_ARG) {
            true if shown.is_empty() => vec![],
            true => shown.split(|c| *c == b' ').collect(),
            false => vec![&shown],
        };
        let mut config = default.clone();
        match (row.set)(&mut config, &args, Source::Command) {
            Ok(()) => assert!((row.same)(&default, &config), "{}", row.name),
            Err(why) => assert!(matches!(row.name, "dir" | "replicaof"), "{}: {why}", row.name),
        }
    }
    let names = DIRECTIVES.iter().flat_map(|row| [Some(row.name), row.alias]).flatten();
    assert_eq!(names.clone().collect::<std::collections::HashSet<_>>().len(), names.count());
}

#[test]
fn lines_of_each_kind() {
    line("PORT 7", "7");
    line("port \"\\x37\"", "7");
    line("maxmemory 1gb", "1073741824");
    line("maxmemory 1k", "1000");
    line("maxmemory \"\"", "0");
    line("maxmemory-clients 5%", "5%");
    line("unixsocketperm 0777", "777");
    line("loglevel VERBOSE", "verbose");
    line("shutdown-on-sigint now save", "save now");
    line("shutdown-on-sigint \"save now\"", "save now");
    line("hz 100000", "500");
    line("save 60 1 70 2", "60 1 70 2");
    line("save \"60 1\"", "60 1");
    line("bind \"a b\" c", "a b c");
    line("bind \"'a\"", "");
    line("notify-keyspace-events g$lshzxetdKE", "AKE");
    line("latency-tracking-info-percentiles 1e1 33.333333333", "10 33.333333");
    line("cluster-blacklist-ttl -1", "-1");
    line("lua-time-limit 7", "7");
    line("oom-score-adj relative", "yes");
    line("dir sub", "/abs/sub");
    line("replicaof host 6", "host 6");
    line("shard-cpus 0-3,8", "0-3,8");
    let limits = loads("client-output-buffer-limit slave 1mb 2k 3\nclient-output-buffer-limit pubsub 0 0 0");
    shows(&limits, "client-output-buffer-limit", "normal 0 0 0 slave 1048576 2000 3 pubsub 0 0 0");
    shows(&loads("save 1 1\nsave 2 2"), "save", "1 1 2 2");
    shows(&loads("save 1 1\nsave \"\"\nsave 2 2"), "save", "2 2");
    shows(&loads("dynamic-hz yes\n# c\n\nfoo.bar 1 2"), "save", "3600 1 300 100 60 10000");
    let modes = loads("module-concurrency bf per-shard\nmodule-concurrency ts shared\nmodule-concurrency bf gil");
    shows(&modes, "module-concurrency", "ts shared bf gil");
    assert_eq!(modes.module_concurrency.of(b"ts"), ModuleConcurrency::Shared);
    assert_eq!(modes.module_concurrency.of(b"json"), ModuleConcurrency::Gil);
}

#[test]
fn bad_lines() {
    refused("port", "wrong number of arguments");
    refused("port \"7", "Unbalanced quotes in configuration line");
    refused("port 007", "argument couldn't be parsed into an integer");
    refused("port 70000", "argument must be between 0 and 65535 inclusive");
    refused("unixsocketperm 1000", "argument must be between 0 and 777 inclusive");
    refused("unixsocketperm 8", "argument couldn't be parsed as an octal number");
    refused("maxmemory 1.5g", "argument must be a memory value");
    refused("maxmemory-clients 101%", "percentage argument must be less or equal to 100");
    refused("maxmemory-clients x", "argument must be a memory or percent value");
    refused("daemonize maybe", "argument must be 'yes' or 'no'");
    refused("loglevel x", "argument(s) must be one of the following: debug, verbose, notice, warning, nothing");
    refused("save 1", "Invalid save parameters");
    refused("dir /nope", "No such file or directory");
    refused("dbfilename a/b", "dbfilename can't be a path, just a filename");
    refused("proc-title-template {x}", "template format is invalid or contains unknown variables");
    refused("replicaof a 70000", "Invalid primary port");
    refused("include", "Bad directive or wrong number of arguments");
    refused("nonsense", "Bad directive or wrong number of arguments");
    refused("foo.bar", "Module config specified without value");
    refused("sentinel x", "sentinel directive while not in sentinel mode");
    refused("module-concurrency bf", "argument(s) must be pairs of a module's name and one of: gil, per-shard, shared");
    let error = read("cluster-enabled yes\nreplicaof a 1").unwrap_err();
    let text = "\n*** FATAL CONFIG FILE ERROR (Version 9.1.2) ***\nreplicaof directive not allowed in cluster mode\n";
    assert_eq!(error.to_string(), text);
}

#[test]
fn includes_and_other_lines() {
    let files = Files(HashMap::from([
        ("main", "include d/*\ninclude none*\nuser bob on\nloadmodule /m.so a \"b c\"\nrename-command get \"\"\n"),
        ("d/1", "port 1\ntimeout 5"),
        ("d/2", "\nm.x a b\nm.x c\n"),
        ("loop", "include loop"),
        ("broken", "include missing"),
    ]));
    let load = |file: &str| load(Config::default(), Some(file.as_bytes()), None, Some(b"port 2"), &files);
    let loaded = load("main").unwrap();
    assert_eq!((loaded.config.port, loaded.config.timeout), (2, 5));
    let deferred = loaded.deferred;
    assert_eq!((deferred.users[0].number, deferred.rename_commands[0].args.len()), (3, 3));
    assert_eq!(deferred.modules, [ModuleLine { path: "/m.so".into(), args: vec![b"a".into(), b"b c".into()] }]);
    assert_eq!(deferred.module_settings, [("m.x".into(), "c".into())]);
    let error = load("broken").unwrap_err();
    assert!(error.is_logged());
    assert_eq!(error.to_string(), "Fatal error, can't open config file 'missing': No such file or directory");
    assert!(load("loop").is_err());
}

#[test]
fn command_lines() {
    let files = Files(HashMap::from([("/home/me/my.conf", "timeout 5\nport 1\n"), ("/etc/x", "hz 20")]));
    let run = |words: &[&str]| {
        let base = Config { dir: WorkDir("/home/me".into()), ..Config::default() };
        let args: Vec<Vec<u8>> = words.iter().map(|w| w.as_bytes().to_vec()).collect();
        parse_args(&args, base, &files, || Ok(b"maxmemory 7mb\nport 2".into()))
    };
    let config = |words: &[&str]| match run(words) {
        Ok(CommandLine::Run { loaded, file }) => (loaded.config, file),
        other => panic!("{words:?}: {other:?}"),
    };
    let (c, file) = config(&["my.conf", "--port", "3", "-"]);
    assert_eq!((c.port, c.timeout, c.maxmemory, file), (3, 5, 7 << 20, Some("/home/me/my.conf".into())));
    assert_eq!(config(&["../../etc/x"]).0.hz, 20);
    assert_eq!(config(&[]).0.port, 6379);
    shows(&config(&["--save", "1", "1", "--bind", "a b", "--hz 7"]).0, "save", "1 1");
    shows(&config(&["--save", "--port", "5"]).0, "save", "");
    assert_eq!(config(&["--save", "--port", "5"]).0.port, 5);
    assert_eq!(config(&["--requirepass", "--secret"]).0.requirepass, "--secret");
    assert_eq!(run(&["-v"]), Ok(CommandLine::Version));
    let text = run(&["--port=6380"]).unwrap_err().to_string();
    assert!(text.ends_with("at line 2\n>>> 'port=6380'\nBad directive or wrong number of arguments\n"), "{text}");
    let text = run(&["--port", "a b"]).unwrap_err().to_string();
    assert!(text.ends_with(">>> 'port \"a b\"'\nargument couldn't be parsed into an integer\n"), "{text}");
}

#[test]
fn getting() {
    let config = Config::default();
    let names = |patterns: &[&str]| -> Vec<String> {
        let patterns: Vec<&[u8]> = patterns.iter().map(|p| p.as_bytes()).collect();
        get(&config, &patterns).into_iter().map(|(name, _)| name).collect()
    };
    assert_eq!(names(&["maxmemory", "MAXMEMORY", "maxmemory-s*"]), ["maxmemory", "maxmemory-samples"]);
    assert_eq!(names(&["bind", "SLOWLOG-max-len"]), ["SLOWLOG-max-len", "bind"]);
    assert_eq!(names(&["*max-ziplist-e*"]), ["hash-max-ziplist-entries", "zset-max-ziplist-entries"]);
    assert_eq!(names(&["use-exit-on-p*", "no-such"]), [""; 0]);
    assert_eq!(names(&["use-exit-on-panic"]), ["use-exit-on-panic"]);
}

#[test]
fn setting() {
    let config = sets(&Config::default(), &["maxmemory", "1gb", "slave-read-only", "no", "save", ""]);
    assert_eq!((config.maxmemory, config.replica_read_only, config.save), (1 << 30, false, SavePoints(vec![])));
    assert_eq!(sets(&Config::default(), &["hz", "0"]).hz, 1);
    assert_eq!(sets(&Config::default(), &["repl-backlog-size", "5"]).repl_backlog_size, 16 << 10);

    set_refused(&["maxmemory"], "ERR syntax error");
    set_refused(&["x\r\ny", "1"], "ERR Unknown option or number of arguments for CONFIG SET - 'x  y'");
    let failed = |pairs: &[&str], name: &str, why: &str| {
        set_refused(pairs, &format!("ERR CONFIG SET failed (possibly related to argument '{name}') - {why}"));
    };
    failed(&["maxmemory", "1", "MaxMemory", "2"], "MaxMemory", "duplicate parameter");
    failed(&["Daemonize", "yes"], "Daemonize", "can't set immutable config");
    failed(&["dir", "/"], "dir", "can't set protected config");
    failed(&["hz", "7", "PORT", "x"], "port", "argument couldn't be parsed into an integer");
    failed(&["slowlog-max-len", "x"], "slowlog-max-len", "argument couldn't be parsed into an integer");
    failed(&["save", "1  1"], "save", "Invalid save parameters");
    failed(&["maxmemory", "x", "daemonize", "no"], "daemonize", "can't set immutable config");
}

#[test]
fn applying() {
    let current = Config { enable_protected_configs: Permission::Local, ..Config::default() };
    let run = |pairs: &[&str], setter: Setter, fail: bool| {
        let pairs: Vec<&[u8]> = pairs.iter().map(|p| p.as_bytes()).collect();
        set(&current, &pairs, setter, |old, new, changed| {
            assert_eq!((old.maxmemory, changed[0].name), (0, "dir"));
            new.dir.0 = "/real".into();
            if fail { Err(ApplyError { name: "slowlog", message: String::new() }) } else { Ok(()) }
        })
    };
    let local = Setter { is_local: true, is_loading: false };
    let outcome = run(&["hz", "10", "dir", "x", "slowlog-max-len", "7"], local, false).unwrap();
    assert_eq!(outcome.names, ["hz", "dir", "slowlog-max-len"]);
    let changed: Vec<_> = outcome.changed.iter().map(|row| row.name).collect();
    assert_eq!(changed, ["dir", "commandlog-slow-execution-max-len"]);
    assert_eq!(outcome.config.dir.0, "/real");
    assert!(run(&["dir", "x"], local, true).is_err());
    assert!(run(&["dir", "x"], Setter::default(), false).is_err());
    let loading = Setter { is_local: true, is_loading: true };
    assert_eq!(run(&["dir", "x"], loading, false).unwrap_err(), SetError::Loading);
    assert_eq!(sensitive_args(&[b"x", b"1", b"MasterAuth", b"2", b"port"]), [3]);
}

#[test]
fn rewriting() {
    let old = "# Mine.\n\n\nport   1\nslowlog-max-len 5\nhz 10\nsave 1 1\nsave 2 2\nwhat 5\nport \"\n   include x\nuser old on\n";
    let config = loads("port 7\nhz 10\nsave 9 9\nrequirepass \"a\\\"b\"\nmaxmemory 2mb\nbind x y\ndir /d\nshards 4");
    let live = Live { users: vec![b"user default on".to_vec()], ..Live::default() };
    let new = rewrite(Some(old.as_bytes()), &config, &live);
    let wanted = "# Mine.\n\nport 7\ncommandlog-slow-execution-max-len 128\nhz 10\nsave 9 9\n\n# ??? what 5\n# ??? port \"\n\
                  include x\nuser default on\n\n# Generated by CONFIG REWRITE\nbind x y\ndir \"/d\"\n\
                  latency-tracking-info-percentiles 50 99 99.9\nrequirepass \"a\\\"b\"\nmaxmemory 2mb\nshards 4\n";
    assert_eq!(String::from_utf8(new.clone()).unwrap(), wanted);
    // The second time there is nothing left to do, and the file loads.
    assert_eq!(rewrite(Some(&new), &config, &live), [new, b"\n".to_vec()].concat());
}

#[test]
fn a_full_file_loads_back() {
    let config = loads("maxmemory-clients 7%\nsave \"\"\nbind \"\"\nunixsocketperm 700\nmodule-concurrency a shared");
    let live = Live { force_all: true, ..Live::default() };
    let page = String::from_utf8(rewrite(None, &config, &live)).unwrap();
    assert_eq!(loads(&page), config);
    assert_eq!(page.lines().filter(|l| l.starts_with("client-output-buffer-limit ")).count(), 3);
}
