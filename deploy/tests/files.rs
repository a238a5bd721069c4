//! The unit file and the configuration against the configuration's parser and, where it is built, the server itself.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use valkore_core::config::{CommandLine, Config, DIRECTIVES, Loaded, ReadFile, load, parse_args};
use valkore_deploy::{BINARY_PATH, CONF, CONF_PATH, UNIT, unit_values, with_examples};

/// The directives that Valkey doesn't have.
const OURS: [&str; 10] = [
    "shards",
    "shard-cpus",
    "io-backend",
    "pipeline-order",
    "busy-scope",
    "module-concurrency",
    "module-thread",
    "module-world-lock",
    "module-all-at-home",
    "module-watchdog-ms",
];

/// A machine where the configuration is installed.
struct Installed(String);

impl ReadFile for Installed {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        if path == Path::new(CONF_PATH) { Ok(self.0.clone().into()) } else { Err(io::ErrorKind::NotFound.into()) }
    }

    fn glob(&self, _: &[u8]) -> Vec<PathBuf> {
        Vec::new()
    }
}

fn parse(text: &str) -> Loaded {
    load(Config::default(), None, Some(text.as_bytes()), None, &Installed(String::new()))
        .unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn the_unit_starts_the_server_with_the_configuration() {
    let [line] = unit_values(UNIT, "Service", "ExecStart")[..] else { panic!("one ExecStart") };
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(words[0], BINARY_PATH);
    let args: Vec<Vec<u8>> = words[1..].iter().map(|word| word.as_bytes().to_vec()).collect();
    let no_stdin = || unreachable!("the unit gives no standard input");
    let parsed = parse_args(&args, Config::default(), &Installed(CONF.into()), no_stdin);
    let Ok(CommandLine::Run { loaded, file }) = parsed else { panic!("{parsed:?}") };
    assert_eq!(file.unwrap().to_str(), CONF_PATH);
    assert_eq!((loaded.config.port, &*loaded.config.dir.0.to_str()), (6379, "/var/lib/valkore"));
}

#[test]
fn the_unit_gives_what_the_configuration_asks_for() {
    let config = parse(CONF).config;
    let [state] = unit_values(UNIT, "Service", "StateDirectory")[..] else { panic!("one StateDirectory") };
    assert_eq!(config.dir.0.to_str(), format!("/var/lib/{state}"));
    let [files] = unit_values(UNIT, "Service", "LimitNOFILE")[..] else { panic!("one LimitNOFILE") };
    assert!(files.parse::<i64>().unwrap() >= config.maxclients + 32);
    let all = parse(&with_examples(CONF)).config;
    let [run] = unit_values(UNIT, "Service", "RuntimeDirectory")[..] else { panic!("one RuntimeDirectory") };
    assert!(all.unixsocket.to_str().starts_with(&format!("/run/{run}/")));
}

#[test]
fn examples_are_accepted_and_show_defaults() {
    let loaded = parse(&with_examples(CONF));
    assert_eq!(loaded.deferred.modules.len(), 1);
    let default = Config::default();
    let mut example = false;
    for line in CONF.lines() {
        if line.starts_with("# ") || line == "#" {
            example = line.to_ascii_lowercase().ends_with("for example:") || (example && line == "#");
        } else if let Some(text) = line.strip_prefix('#') {
            let name = text.split(' ').next().unwrap();
            if !example && name != "loadmodule" {
                let config = parse(text).config;
                let row = DIRECTIVES.iter().find(|d| d.name == name).unwrap_or_else(|| panic!("{name}"));
                assert!((row.same)(&config, &default), "{text} is not the default, and not called an example");
            }
        } else {
            example = false;
        }
    }
}

#[test]
fn the_configuration_explains_all_of_our_own_settings() {
    let text = with_examples(CONF);
    for name in OURS {
        assert!(DIRECTIVES.iter().any(|d| d.name == name), "{name} is no directive");
        assert!(text.lines().any(|line| line.split(' ').next() == Some(name)), "{name} is missing");
    }
}

/// The server's program, where cargo has put it beside this test.
fn server() -> Option<PathBuf> {
    let test = std::env::current_exe().ok()?;
    let path = test.parent()?.parent()?.join("valkore-server");
    path.exists().then_some(path)
}

/// A process that ends with the value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_built_server_runs_with_the_configuration_and_ends_in_order() {
    let Some(program) = server() else {
        return eprintln!("valkore-server is not built here: `cargo test --workspace` builds it");
    };
    let folder = std::env::temp_dir().join(format!("valkore-deploy-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (conf, socket) = (folder.join("valkore.conf"), folder.join("socket"));
    // The folder is not there and the port may be taken: what the machine has is given instead.
    std::fs::write(&conf, CONF.replace("/var/lib/valkore", folder.to_str().unwrap())).unwrap();
    let mut command = Command::new(program);
    command.arg(&conf).args(["--port", "0", "--shards", "1", "--unixsocket"]).arg(&socket);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    // SAFETY: between fork and exec only prctl runs, a system call.
    unsafe {
        command.pre_exec(|| {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            Ok(())
        });
    }
    let mut running = Running(command.spawn().unwrap());
    let mut lines = BufReader::new(running.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut log = Vec::new();
    while !log.last().is_some_and(|line: &String| line.contains("Ready to accept connections")) {
        log.push(lines.next().unwrap_or_else(|| panic!("it doesn't come up: {log:#?}")));
    }
    let mut client = UnixStream::connect(&socket).unwrap();
    client.write_all(b"PING\r\nQUIT\r\n").unwrap();
    assert!(io::read_to_string(client).unwrap().starts_with("+PONG\r\n"));
    let pid = libc::pid_t::try_from(running.0.id()).unwrap();
    // SAFETY: kill takes two numbers; the process is our child and wasn't waited for, so the number is its own.
    assert_eq!(unsafe { libc::kill(pid, libc::SIGTERM) }, 0);
    let until = Instant::now() + Duration::from_secs(10);
    let status = loop {
        if let Some(status) = running.0.try_wait().unwrap() {
            break status;
        }
        assert!(Instant::now() < until, "it doesn't end");
        std::thread::sleep(Duration::from_millis(20));
    };
    log.extend(lines);
    assert!(status.success(), "{status}: {log:#?}");
    std::fs::remove_dir_all(folder).unwrap();
}
