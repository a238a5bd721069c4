//! A server process: the built binary, its log, its end.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::Client;

const READY: &str = "Ready to accept connections";
/// How long a server may take to come up.
const START: Duration = Duration::from_secs(20);

/// What a server is started with.
#[derive(Clone)]
pub(crate) struct Options {
    shards: usize,
    args: Vec<String>,
    program: PathBuf,
    ours: bool,
    tcp: bool,
    before_exec: Option<fn() -> std::io::Result<()>>,
}

/// A running server; it ends with the value.
pub(crate) struct Server {
    child: Child,
    port: u16,
    /// The number of shards.
    pub(crate) shards: usize,
    args: Vec<String>,
    log: Arc<Mutex<String>>,
    dir: PathBuf,
    quiet: bool,
}

impl Options {
    /// A server of so many shards.
    pub(crate) fn new(shards: usize) -> Self {
        let program = env!("CARGO_BIN_EXE_valkore-server").into();
        Self { shards, args: Vec::new(), program, ours: true, tcp: true, before_exec: None }
    }

    /// Another program, that takes Valkey's arguments.
    pub(crate) fn other(program: PathBuf) -> Self {
        Self { program, ours: false, ..Self::new(1) }
    }

    /// More arguments.
    pub(crate) fn args(mut self, args: &[&str]) -> Self {
        self.args.extend(args.iter().map(ToString::to_string));
        self
    }

    /// It listens where the arguments say, and not on a port of the harness's choice.
    pub(crate) fn no_port(mut self) -> Self {
        self.tcp = false;
        self
    }

    /// This runs in the new process before the program: it must be safe between fork and exec.
    pub(crate) fn before_exec(mut self, run: fn() -> std::io::Result<()>) -> Self {
        self.before_exec = Some(run);
        self
    }

    /// Starts it, and waits until it takes connections.
    #[track_caller]
    pub(crate) fn start(self) -> Server {
        for _ in 0..8 {
            let mut server = self.spawn();
            match server.wait_ready() {
                Ok(()) => return server,
                Err(e) if server.log().contains("Failed listening on port") => {
                    eprintln!("port {} was taken meanwhile: {e}", server.port);
                    server.quiet = true;
                }
                Err(e) => panic!("{e}: {:?}", self.args),
            }
        }
        panic!("no free port in eight attempts");
    }

    /// Starts it, without waiting for anything.
    pub(crate) fn spawn(&self) -> Server {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("valkore-test-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a directory for the server");
        let port = if self.tcp { free_port() } else { 0 };
        let mut command = Command::new(&self.program);
        command.current_dir(&dir).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if self.tcp {
            command.args(["--port", &port.to_string(), "--bind", "127.0.0.1"]);
        }
        if self.ours {
            command.args(["--shards", &self.shards.to_string()]);
        } else {
            command.args(["--save", "", "--appendonly", "no"]);
        }
        command.args(&self.args);
        let before_exec = self.before_exec;
        // SAFETY: between fork and exec only prctl runs, a system call, and what `before_exec` asks its callers to be safe there.
        unsafe {
            command.pre_exec(move || {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                before_exec.map_or(Ok(()), |run| run())
            });
        }
        let mut child = command.spawn().expect("the server's program can be started");
        let log = Arc::new(Mutex::new(String::new()));
        collect(child.stdout.take().expect("a pipe"), &log);
        collect(child.stderr.take().expect("a pipe"), &log);
        Server { child, port, shards: self.shards, args: self.args.clone(), log, dir, quiet: false }
    }
}

/// A port on the loopback interface that is free now, below those that the kernel gives to outgoing connections.
fn free_port() -> u16 {
    loop {
        let port = fastrand::u16(12_000..32_000);
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

fn collect(pipe: impl std::io::Read + Send + 'static, log: &Arc<Mutex<String>>) {
    let log = log.clone();
    std::thread::spawn(move || {
        let mut lines = BufReader::new(pipe);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
            log.lock().expect("no one panics with this lock").push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    });
}

impl Server {
    /// A server of so many shards, on a free port.
    #[track_caller]
    pub(crate) fn start(shards: usize) -> Self {
        Options::new(shards).start()
    }

    fn wait_ready(&mut self) -> Result<(), String> {
        let end = Instant::now() + START;
        while !self.log().contains(READY) {
            if let Ok(Some(status)) = self.child.try_wait() {
                std::thread::sleep(Duration::from_millis(50));
                return Err(format!("the server ended at once ({status})"));
            }
            if Instant::now() > end {
                return Err(format!("the server isn't ready after {START:?}"));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    /// What it has printed so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().expect("no one panics with this lock").clone()
    }

    /// Its port.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its working directory.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// A new connection.
    #[track_caller]
    pub(crate) fn client(&self) -> Client {
        Client::connect(self.address()).expect("the server takes connections")
    }

    /// A new connection on each shard, in order of the shards where the server deals them out evenly and no one
    /// else connects meanwhile.
    #[track_caller]
    pub(crate) fn clients(&self, n: usize) -> Vec<Client> {
        (0..n).map(|_| self.client()).collect()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: libc::c_int) {
        // SAFETY: a system call on a child that was not waited for, so that its id is still its own.
        assert_eq!(unsafe { libc::kill(self.pid() as libc::pid_t, signal) }, 0, "a child can be signalled");
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self, patience: Duration) -> Option<ExitStatus> {
        let end = Instant::now() + patience;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                return Some(status);
            }
            if Instant::now() > end {
                return None;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Does it still run?
    pub(crate) fn is_running(&mut self) -> bool {
        self.wait(Duration::ZERO).is_none()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let ended = self.child.try_wait().ok().flatten();
        let _ = self.child.kill();
        let _ = self.child.wait();
        if self.quiet {
        } else if std::thread::panicking() {
            eprintln!("--- server {} with {} shards, {:?}: {ended:?}", self.pid(), self.shards, self.args);
            eprintln!("{}--- end of its log", self.log());
        }
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// Starts a server that is to end by itself: how it ended, and what it printed.
#[track_caller]
pub(crate) fn exit_of(options: Options) -> (ExitStatus, String) {
    let mut server = options.spawn();
    let status = server.wait(START).expect("it ends by itself");
    std::thread::sleep(Duration::from_millis(50));
    (status, server.log())
}

/// Has so much time passed since then?
pub(crate) fn ran_out(since: Instant, ms: u64) -> bool {
    since.elapsed() >= Duration::from_millis(ms)
}
