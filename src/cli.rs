//! `--help`, `--version` and `--demo`. All else on the command line is configuration, and read by Valkey's rules
//! ([`valkore_core::config::parse_args`]), which are not clap's: clap writes the texts.

use std::sync::LazyLock;

use clap::{Arg, ArgAction, Command};
use valkore_core::config::{Config, VALKEY_VERSION, get};

const USAGE: &str = "valkore-server [FILE] [--NAME VALUE]... [-]
       valkore-server --demo [FILE] [--NAME VALUE]...
       valkore-server --help | --version";

const ABOUT: &str = "A server that speaks Valkey's protocol, with its data on all cores";

const AFTER: &str = "\
Every directive of the configuration file is an option: `maxclients 100` in the file is `--maxclients 100` here. Names
and defaults are Valkey's; `CONFIG GET *` shows all. Options count after the file, and the last one of a name wins.

Examples:
  valkore-server                                  the defaults, on port 6379
  valkore-server --demo                           something to try, on 127.0.0.1:6379
  valkore-server /etc/valkore/valkore.conf
  valkore-server --port 7000 --shards 4
  valkore-server valkore.conf --loglevel verbose
  echo 'port 7000' | valkore-server -             the configuration from standard input";

/// Directives that the help shows: its heading, the directive, what its value is, what it does.
const SHOWN: &[(&str, &str, &str, &str)] = &[
    ("Options that Valkey has", "port", "PORT", "TCP port; 0 is none"),
    ("Options that Valkey has", "bind", "ADDRESS...", "Addresses to listen on; all in one argument"),
    ("Options that Valkey has", "unixsocket", "PATH", "Unix socket to listen on"),
    ("Options that Valkey has", "requirepass", "PASSWORD", "Password of clients"),
    ("Options that Valkey has", "maxclients", "NUMBER", "Most clients at once"),
    ("Options that Valkey has", "dir", "FOLDER", "Working directory"),
    ("Options that Valkey has", "loglevel", "LEVEL", "debug, verbose, notice, warning or nothing"),
    ("Options that Valkey has", "logfile", "PATH", "File for the log; empty is standard output"),
    (OURS, "shards", "NUMBER", "Shards, that is cores to use; 0 is all that the process may use"),
    (OURS, "shard-cpus", "CPUS", "Processors to pin the shards to, such as 0-3,8"),
    (OURS, "io-backend", "BACKEND", "auto, uring or epoll"),
    (OURS, "pipeline-order", "ORDER", "Order in which a pipeline takes effect: strict or relaxed"),
    (OURS, "busy-scope", "SCOPE", "Who is told -BUSY while a script or module runs long: held or server"),
    (OURS, "module-concurrency", "MODULE MODE", "How a module's callbacks may run: gil, per-shard or shared"),
    (OURS, "module-thread", "THREAD", "Which thread modules see as the main thread: own or shard"),
    (OURS, "module-watchdog-ms", "MS", "Wait for a module that is logged, in milliseconds; 0 is never"),
    (OURS, "module-world-lock", "yes|no", "For tests: every callback holds all shards' data"),
    (OURS, "module-all-at-home", "yes|no", "For tests: every command runs where modules run"),
];

const OURS: &str = "Options of valkore's own";

/// The text of `--help`.
pub(crate) fn help() -> String {
    command().render_help().to_string()
}

/// The text of `--version`.
pub(crate) fn version() -> String {
    command().render_version()
}

/// Takes `--demo` out of the arguments; was it there? After an option's name it is that option's value, and stays.
pub(crate) fn take_demo(args: &mut Vec<Vec<u8>>) -> bool {
    let is_value = |at: usize| at > 0 && args[at - 1].starts_with(b"--");
    let found = (0..args.len()).find(|&at| args[at] == b"--demo" && !is_value(at));
    found.map(|at| args.remove(at)).is_some()
}

fn command() -> Command {
    let file = Arg::new("file").value_name("FILE").help("Configuration file, in the syntax of valkey.conf");
    let stdin = Arg::new("stdin").value_name("-").help("Read configuration from standard input, after the file");
    let flag = |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue);
    let demo = flag("demo").help("Listen on 127.0.0.1 only, and say what to type next");
    let help = flag("help").short('h').help("Print this");
    let version = flag("version").short('v').help("Print the version");
    let command = Command::new("valkore-server")
        .version(VERSION.as_str())
        .about(ABOUT)
        .override_usage(USAGE)
        .after_help(AFTER)
        // Clap's own flags have other letters.
        .disable_help_flag(true)
        .disable_version_flag(true)
        .args([file, stdin, demo, help, version]);
    SHOWN.iter().fold(command, |command, row| command.arg(option(row)))
}

/// In stock's form, for those who look for `v=`.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let (ours, bits) = (env!("CARGO_PKG_VERSION"), usize::BITS);
    format!("v={ours} protocol=valkey-{VALKEY_VERSION} malloc=jemalloc bits={bits}")
});

/// A directive as clap shows it, with the default that the configuration has.
fn option(&(heading, name, value, help): &(&'static str, &'static str, &'static str, &'static str)) -> Arg {
    let default = get(&Config::default(), &[name.as_bytes()]).pop().map(|(_, value)| value).unwrap_or_default();
    let help = match String::from_utf8_lossy(&default) {
        none if none.is_empty() => help.to_string(),
        default => format!("{help} [default: {default}]"),
    };
    Arg::new(name).long(name).value_name(value).help(help).help_heading(heading)
}

#[cfg(test)]
mod tests {
    use valkore_core::config::DIRECTIVES;

    use super::*;

    #[test]
    fn what_is_shown_exists_and_stands_with_its_default() {
        command().debug_assert();
        let help = help();
        for (_, name, ..) in SHOWN {
            assert!(DIRECTIVES.iter().any(|d| d.name == *name), "{name} is no directive");
            assert!(help.contains(&format!("--{name} <")), "{name}: {help}");
        }
        for part in ["[default: 6379]", "[default: strict]", "--demo", "--help", "--version", "Usage: valkore-server"] {
            assert!(help.contains(part), "{part}: {help}");
        }
        assert!(help.lines().all(|line| line.chars().count() <= 120), "{help}");
        assert!(!help.contains('\x1b'));
    }

    #[test]
    fn the_version_is_one_line_with_both_versions() {
        let version = version();
        assert_eq!(version.lines().count(), 1);
        assert!(version.starts_with("valkore-server v=") && version.contains("valkey-9."), "{version}");
    }

    #[test]
    fn demo_is_taken_out_where_it_is_no_value() {
        let taken = |words: &str| {
            let mut args: Vec<Vec<u8>> = words.split_whitespace().map(|w| w.as_bytes().to_vec()).collect();
            let demo = take_demo(&mut args);
            (demo, String::from_utf8(args.join(&b' ')).unwrap())
        };
        assert_eq!(taken("--demo"), (true, String::new()));
        assert_eq!(taken("--demo --port 7000"), (true, "--port 7000".into()));
        assert_eq!(taken("my.conf --demo --port 7000"), (true, "my.conf --port 7000".into()));
        assert_eq!(taken("--port 7000 --demo"), (true, "--port 7000".into()));
        assert_eq!(taken("--requirepass --demo"), (false, "--requirepass --demo".into()));
        assert_eq!(taken("--port 7000"), (false, "--port 7000".into()));
    }
}
