//! From the command line to a running node, and down again.

use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use valkore_core::config::{
    CommandLine, Config, ConfigError, IoBackend, Loaded, LogLevel, ModuleLine, ReadFile, Text, WorkDir, os_reason,
    parse_args,
};
use valkore_module_host::host::{home, modules_command};
use valkore_net::files::allow_clients as allow_files;
use valkore_net::listen::{self, Listener};
use valkore_net::server::{Setup, start};
use valkore_shard::backend::Choice;
use valkore_shard::log::{self, Level, log};
use valkore_shard::node::Node;
use valkore_shard::registry::Registry;
use valkore_shard::topology::{Topology, parse_list};

use crate::{cli, demo};

/// Why the server didn't start, or came down.
pub(crate) enum Failure {
    /// The configuration is bad.
    Config(ConfigError),
    /// It has been logged.
    Logged,
    /// Something else, for standard error.
    Other(String),
}

impl Failure {
    /// Tells the user.
    pub(crate) fn report(&self) {
        match self {
            Self::Config(e) if e.is_logged() => log(Level::Warning, &String::from_utf8_lossy(&e.report())),
            Self::Config(e) => drop(std::io::stderr().write_all(&e.report())),
            Self::Logged => {}
            Self::Other(text) => eprintln!("{text}"),
        }
    }
}

/// Files, for the configuration.
struct Files;

impl ReadFile for Files {
    fn read(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn glob(&self, pattern: &[u8]) -> Vec<PathBuf> {
        let pattern = String::from_utf8_lossy(pattern);
        glob::glob(&pattern).map(|paths| paths.flatten().collect()).unwrap_or_default()
    }

    fn chdir(&self, path: &Path) -> std::io::Result<PathBuf> {
        std::env::set_current_dir(path)?;
        std::env::current_dir()
    }
}

/// Runs the server as the command line says.
pub(crate) fn run(mut args: Vec<Vec<u8>>) -> Result<(), Failure> {
    let stdin = || {
        let mut text = Vec::new();
        std::io::stdin().read_to_end(&mut text).map(|_| text)
    };
    let demo = cli::take_demo(&mut args);
    let base = if demo { demo::config(base()) } else { base() };
    match parse_args(&args, base, &Files, stdin).map_err(Failure::Config)? {
        CommandLine::Run { loaded, file } => {
            let file = file.map(|f| Path::new(std::ffi::OsStr::from_bytes(f.as_bytes())).to_path_buf());
            serve(*loaded, file, demo)?;
        }
        CommandLine::Version => show(&cli::version()),
        CommandLine::Help => show(&cli::help()),
        CommandLine::TestMemory(_) | CommandLine::CheckSystem => {
            return Err(Failure::Other("valkore-server has no --test-memory and no --check-system".into()));
        }
    }
    Ok(())
}

/// Writes to standard output; whoever closed it doesn't want to know.
fn show(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// The defaults, as this process finds them.
fn base() -> Config {
    let dir = std::env::current_dir().unwrap_or_default();
    Config { dir: WorkDir(Text::from(dir.as_path())), ..Config::default() }
}

fn serve(loaded: Loaded, file: Option<PathBuf>, demo: bool) -> Result<(), Failure> {
    let mut config = loaded.config;
    set_up_log(&config);
    log(Level::Notice, "oO0OoO0OoO0Oo valkore is starting oO0OoO0OoO0Oo");
    allow_clients(&mut config)?;
    let shards = shard_count(&config)?;
    let steps: Vec<_> = valkore_core::cmd::steps().collect();
    let registry = modules_command::add_to(Registry::new(&steps, &valkore_net::session::names()));
    let seed = seed();
    let listeners = open_listeners(&config)?;
    let backend = match config.io_backend {
        IoBackend::Auto => Choice::Auto,
        IoBackend::Uring => Choice::Uring,
        IoBackend::Epoll => Choice::Epoll,
    };
    let cpus = cpus(&config, shards)?;
    let port = config.port;
    let unix_path = (!config.unixsocket.is_empty()).then(|| config.unixsocket.to_str().into_owned());
    let mut node = Node::new(config, registry, shards, seed);
    if let Some(node) = std::sync::Arc::get_mut(&mut node) {
        node.config_file = file.map(|f| f.to_string_lossy().into_owned());
        node.memory = crate::alloc::memory;
        node.allocator = crate::alloc::name();
    }
    banner(port, shards);
    let setup = Setup { node, listeners, backend, cpus, arena: crate::alloc::arena_for_this_thread, seed };
    let (tell, told) = std::sync::mpsc::channel();
    let mut modules = modules(&loaded.deferred.modules);
    let example = demo.then(demo::module).flatten();
    let has_example = example.is_some();
    modules.extend(example);
    let run_home = move |home| home::run(home, modules, move |outcome| drop(tell.send(outcome)));
    let running = start(setup, run_home).map_err(|e| fatal(&format!("Can't start: {e}")))?;
    if let Ok(Err(text)) = told.recv() {
        return Err(fatal(&text));
    }
    watch_signals(running.stopper()).map_err(|e| fatal(&format!("Can't watch signals: {e}")))?;
    log(Level::Notice, "Server initialized");
    if port != 0 {
        log(Level::Notice, "Ready to accept connections tcp");
    }
    if unix_path.is_some() {
        log(Level::Notice, "Ready to accept connections unix");
    }
    if demo {
        println!("{}", demo::greeting(port, shards, has_example));
    }
    running.join().map_err(|e| fatal(&format!("A shard failed: {e}")))?;
    if let Some(path) = unix_path {
        log(Level::Notice, "Removing the unix socket file.");
        let _ = std::fs::remove_file(path);
    }
    log(Level::Warning, "Valkore is now ready to exit, bye bye...");
    Ok(())
}

/// The modules that the configuration names.
fn modules(lines: &[ModuleLine]) -> Vec<home::ToLoad> {
    lines.iter().map(|l| (l.path.to_str().into_owned(), l.args.clone())).collect()
}

/// Raises the limit of open files for `maxclients`, or lowers `maxclients` to what it allows.
fn allow_clients(config: &mut Config) -> Result<(), Failure> {
    let Err(e) = allow_files(config.maxclients) else { return Ok(()) };
    if e.clients_max < 1 {
        return Err(fatal(&format!(
            "Your current 'ulimit -n' of {} is not enough for the server to start. Please increase your open file limit to \
             at least {}. Exiting.",
            e.limit, e.needed
        )));
    }
    let (asked, needed) = (config.maxclients, e.needed);
    let lines = [
        format!("You requested maxclients of {asked} requiring at least {needed} max file descriptors."),
        format!("Server can't set maximum open files to {needed} because of OS error: {}.", os_reason(&e.why)),
        format!(
            "Current maximum open files is {}. maxclients has been reduced to {} to compensate for low ulimit. If you \
             need higher maxclients increase 'ulimit -n'.",
            e.limit, e.clients_max
        ),
    ];
    lines.iter().for_each(|line| log(Level::Warning, line));
    config.maxclients = e.clients_max;
    Ok(())
}

fn fatal(text: &str) -> Failure {
    log(Level::Warning, text);
    Failure::Logged
}

fn set_up_log(config: &Config) {
    log::set_level(match config.loglevel {
        LogLevel::Debug => Level::Debug,
        LogLevel::Verbose => Level::Verbose,
        LogLevel::Notice => Level::Notice,
        LogLevel::Warning => Level::Warning,
        LogLevel::Nothing => Level::Nothing,
    });
    log::set_file(&config.logfile.to_str());
}

/// The banner that tools look for: ` PID: <pid>`.
fn banner(port: i64, shards: usize) {
    let pid = std::process::id();
    println!("\n  valkore {} ({shards} shards)\n\n  Port: {port}\n  PID: {pid}\n", env!("CARGO_PKG_VERSION"));
    let _ = std::io::stdout().flush();
}

fn shard_count(config: &Config) -> Result<usize, Failure> {
    if config.shards > 0 {
        return Ok(config.shards as usize);
    }
    std::thread::available_parallelism().map(usize::from).map_err(|e| fatal(&format!("Can't count processors: {e}")))
}

/// The processor of each shard: those of `shard-cpus`, or the usable ones in order; none where there are more shards.
fn cpus(config: &Config, shards: usize) -> Result<Vec<usize>, Failure> {
    let text = config.shard_cpus.to_str();
    if text.is_empty() {
        let mask: Vec<usize> = core_affinity::get_core_ids().unwrap_or_default().iter().map(|c| c.id).collect();
        let usable = Topology::read(Path::new("/sys")).map_or(mask.clone(), |t| t.usable(&mask));
        return Ok(if usable.len() >= shards { usable[..shards].to_vec() } else { Vec::new() });
    }
    let list = text.replace(' ', ",");
    let cpus = parse_list(&list).map_err(|_| fatal(&format!("Bad shard-cpus: '{text}'")))?;
    if cpus.len() < shards {
        return Err(fatal(&format!("shard-cpus names {} processors for {shards} shards", cpus.len())));
    }
    Ok(cpus)
}

fn open_listeners(config: &Config) -> Result<Vec<Listener>, Failure> {
    let backlog = config.tcp_backlog as i32;
    let mut listeners = Vec::new();
    if config.port != 0 {
        let addresses: Vec<String> = config.bind.0.iter().map(|a| a.to_str().into_owned()).collect();
        match listen::tcp(&addresses, config.port as u16, backlog) {
            Ok(mut open) if !open.is_empty() => listeners.append(&mut open),
            Ok(_) => return Err(fatal(&format!("Failed listening on port {} (tcp), aborting.", config.port))),
            Err(e) => {
                let text =
                    format!("Warning: Could not create server TCP listening socket {}: {}: {}", e.at, e.what, e.source);
                log(Level::Warning, &text);
                return Err(fatal(&format!("Failed listening on port {} (tcp), aborting.", config.port)));
            }
        }
    }
    if !config.unixsocket.is_empty() {
        match listen::unix(&config.unixsocket.to_str(), config.unixsocketperm as u32, backlog) {
            Ok(open) => listeners.push(open),
            Err(e) => return Err(fatal(&format!("Failed opening Unix socket: {e}"))),
        }
    }
    if listeners.is_empty() {
        return Err(fatal("Configured to not listen anywhere, exiting."));
    }
    Ok(listeners)
}

fn seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id())
}

/// SIGTERM and SIGINT end the server in order, SIGHUP is ignored.
fn watch_signals(stop: impl Fn() + Send + 'static) -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGTERM, SIGINT, SIGHUP])?;
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in signals.forever() {
            match signal {
                SIGTERM => log(Level::Warning, "Received SIGTERM scheduling shutdown..."),
                SIGINT => log(Level::Warning, "Received SIGINT scheduling shutdown..."),
                _ => continue,
            }
            stop();
        }
    })?;
    Ok(())
}
