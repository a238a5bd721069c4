//! Servers that the bench starts itself, and ends again whatever happens.

pub mod control;
pub mod cpu;
mod spawn;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::affinity::Cpus;
use crate::error::Error;
use crate::interrupt;
use control::Control;

/// How long a server may take until it answers PING.
const START_SECONDS_MAX: u64 = 30;
/// How long a server may take to end after SIGTERM; then it is killed.
const STOP_SECONDS_MAX: u64 = 5;
/// How often a port may turn out to be taken.
const START_TRIES_MAX: usize = 3;
const POLL: Duration = Duration::from_millis(10);

/// What to start.
#[derive(Debug, Clone)]
pub struct ServerSpec {
    /// How the report calls it.
    pub name: String,
    /// The executable.
    pub binary: PathBuf,
    /// Arguments beyond those that every server gets.
    pub args: Vec<String>,
    /// A library for `LD_PRELOAD`.
    pub preload: Option<PathBuf>,
    /// Where it may run.
    pub cpus: Cpus,
}

impl ServerSpec {
    /// One line: how to start such a server.
    #[must_use]
    pub fn command_line(&self) -> String {
        let preload = self.preload.as_ref().map(|path| format!("LD_PRELOAD={} ", path.display()));
        let args = if self.args.is_empty() { String::new() } else { format!(" {}", self.args.join(" ")) };
        format!("{}{}{args} (CPU {})", preload.unwrap_or_default(), self.binary.display(), self.cpus)
    }
}

/// A running server; dropping it ends the process.
#[derive(Debug)]
pub struct Server {
    spec: ServerSpec,
    address: SocketAddr,
    child: Child,
    folder: PathBuf,
}

impl Server {
    /// Starts it on a free loopback port, without persistence, and waits until it answers PING.
    ///
    /// # Errors
    /// If it ends by itself or never answers; the text has the end of its log.
    pub fn start(spec: &ServerSpec) -> Result<Self, Error> {
        let mut tries = 1;
        loop {
            let mut server = Self::launch(spec)?;
            match server.wait_ready() {
                Err(Error::Server { .. }) if tries < START_TRIES_MAX && server.lost_its_port() => tries += 1,
                Err(error) => return Err(error),
                Ok(()) => return Ok(server),
            }
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What was started.
    #[must_use]
    pub fn spec(&self) -> &ServerSpec {
        &self.spec
    }

    fn launch(spec: &ServerSpec) -> Result<Self, Error> {
        let address = free_address().map_err(Error::io("looking for a free port"))?;
        let folder = new_folder(address.port()).map_err(Error::io("creating a folder for a server"))?;
        let child = spawn::spawn(spec, address.port(), &folder, &folder.join("log"));
        let child = child.map_err(|error| {
            fs::remove_dir_all(&folder).ok();
            Error::io(format!("starting {}", spec.binary.display()))(error)
        })?;
        Ok(Self { spec: spec.clone(), address, child, folder })
    }

    fn wait_ready(&mut self) -> Result<(), Error> {
        let deadline = Instant::now() + Duration::from_secs(START_SECONDS_MAX);
        while Instant::now() < deadline {
            interrupt::check()?;
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(self.failure(&format!("ended by itself ({status})")));
            }
            let answer = Control::connect(self.address).and_then(|mut control| control.ask(&["PING"]));
            if answer.is_ok_and(|answer| answer == "PONG") {
                return self.check_preload();
            }
            std::thread::sleep(POLL);
        }
        Err(self.failure(&format!("no answer to PING within {START_SECONDS_MAX} s")))
    }

    /// The loader only warns when it can't preload; a comparison without the allocator would be wrong.
    fn check_preload(&self) -> Result<(), Error> {
        let Some(preload) = &self.spec.preload else {
            return Ok(());
        };
        let real = fs::canonicalize(preload).unwrap_or_else(|_| preload.clone());
        let maps = fs::read_to_string(format!("/proc/{}/maps", self.pid())).unwrap_or_default();
        if maps.contains(&*real.to_string_lossy()) {
            return Ok(());
        }
        Err(self.failure(&format!("{} was not preloaded", preload.display())))
    }

    fn failure(&self, reason: &str) -> Error {
        let log = self.log();
        let start = log.lines().count().saturating_sub(10);
        let tail: Vec<&str> = log.lines().skip(start).collect();
        let reason = format!("{reason}; {}\n{}", self.spec.command_line(), tail.join("\n"));
        Error::Server { name: self.spec.name.clone(), reason }
    }

    fn lost_its_port(&self) -> bool {
        self.log().contains("in use")
    }

    fn log(&self) -> String {
        fs::read(self.folder.join("log")).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    fn stop(&mut self) {
        // The child is not reaped before `try_wait` says so: its pid is still its own.
        if matches!(self.child.try_wait(), Ok(None)) {
            kill_process(Pid::from_child(&self.child), Signal::TERM).ok();
        }
        let deadline = Instant::now() + Duration::from_secs(STOP_SECONDS_MAX);
        while Instant::now() < deadline {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(POLL);
        }
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
        fs::remove_dir_all(&self.folder).ok();
    }
}

fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

fn new_folder(port: u16) -> std::io::Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("valkore-bench-{}-{port}", std::process::id()));
    fs::create_dir_all(Path::new(&folder))?;
    Ok(folder)
}
