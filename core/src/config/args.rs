//! The command line: `[file] [--name value …]… [-]`.

use std::io;

use super::error::ConfigError;
use super::load::{Loaded, ReadFile, load};
use super::split::{append_quoted, split_args, trim};
use super::table::Config;
use super::text::Text;

/// What the command line asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum CommandLine {
    /// Run the server.
    Run {
        /// The configuration.
        loaded: Box<Loaded>,
        /// The absolute path of the configuration file, for `CONFIG REWRITE` and INFO.
        file: Option<Text>,
    },
    /// `-v`, `--version`.
    Version,
    /// `-h`, `--help`.
    Help,
    /// `--test-memory <megabytes>`; `None` when the number is missing.
    TestMemory(Option<Text>),
    /// `--check-system`.
    CheckSystem,
}

/// Reads the command line (without the program's name), and the file and standard input if it names them. `base` has
/// the defaults, and in `dir` the folder that the process was started in.
pub fn parse_args(
    args: &[Vec<u8>],
    base: Config,
    files: &dyn ReadFile,
    stdin: impl FnOnce() -> io::Result<Vec<u8>>,
) -> Result<CommandLine, ConfigError> {
    match args.first().map(Vec::as_slice) {
        None => {
            let loaded = Box::new(Loaded { config: base, ..Loaded::default() });
            return Ok(CommandLine::Run { loaded, file: None });
        }
        Some(b"-v" | b"--version") => return Ok(CommandLine::Version),
        Some(b"-h" | b"--help") => return Ok(CommandLine::Help),
        Some(b"--test-memory") => {
            let size = (args.len() == 2).then(|| args[1].as_slice().into());
            return Ok(CommandLine::TestMemory(size));
        }
        Some(b"--check-system") => return Ok(CommandLine::CheckSystem),
        Some(_) => {}
    }
    if args.iter().any(|arg| arg == b"--sentinel") {
        return Err(ConfigError::general("Sentinel mode is not supported"));
    }
    let is_file = args[0].first() != Some(&b'-');
    let file = is_file.then(|| absolute(base.dir.0.as_bytes(), &args[0]));
    let options = options(args, usize::from(is_file));
    let stdin = match options.from_stdin {
        true => Some(stdin().map_err(|e| ConfigError::open(b"-", &e))?),
        false => None,
    };
    let loaded = Box::new(load(base, file.as_deref(), stdin.as_deref(), Some(&options.lines), files)?);
    Ok(CommandLine::Run { loaded, file: file.map(Text::from) })
}

/// The path seen from `/`, given the folder that it starts from (if that is known). Only leading `../` are resolved.
fn absolute(folder: &[u8], path: &[u8]) -> Vec<u8> {
    let mut path = trim(path);
    if path.starts_with(b"/") || folder.is_empty() {
        return path.into();
    }
    let mut folder = folder.strip_suffix(b"/").unwrap_or(folder);
    while let Some(rest) = path.strip_prefix(b"../") {
        path = rest;
        folder = &folder[..folder.iter().rposition(|c| *c == b'/').unwrap_or(0)];
    }
    [folder, b"/", path].concat()
}

/// The options as lines of a configuration file.
struct Options {
    lines: Vec<u8>,
    from_stdin: bool,
}

fn options(args: &[Vec<u8>], start: usize) -> Options {
    let mut lines = Vec::new();
    let mut from_stdin = false;
    // After `--name` alone the next argument is its value, even if it starts with `--`.
    let mut value_due = false;
    for (at, arg) in args.iter().enumerate().skip(start) {
        let last = at + 1 == args.len();
        if arg == b"-" && (at == 0 || last) {
            from_stdin = true;
        } else if let Some(option) = arg.strip_prefix(b"--").filter(|_| !value_due) {
            if !lines.is_empty() {
                lines.push(b'\n');
            }
            lines.extend(option);
            lines.push(b' ');
            value_due = split_args(arg).is_some_and(|words| words.len() == 1);
            // For old command lines, `--save` may stand without a value.
            let alone = last || args[at + 1].starts_with(b"--");
            if value_due && alone && arg.eq_ignore_ascii_case(b"--save") {
                lines.extend(b"\"\"");
                value_due = false;
            }
        } else {
            append_quoted(&mut lines, arg);
            lines.push(b' ');
            value_due = false;
        }
    }
    Options { lines, from_stdin }
}
