//! Reading the configuration at start: a file, standard input and the command line's options are one text, line
//! after line, and later lines win.

use std::io;
use std::path::{Path, PathBuf};

use super::directive::{Directive, Flags, Source};
use super::error::{ConfigError, os_reason};
use super::get::find_name;
use super::split::{split_args, trim, until_nul};
use super::table::Config;
use super::text::Text;

/// The files that loading needs; the caller's part.
pub trait ReadFile {
    /// The contents of a file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// The paths that match a shell pattern, sorted; none if nothing does.
    fn glob(&self, pattern: &[u8]) -> Vec<PathBuf>;

    /// Changes into a folder, when the directive `dir` is met, and gives its absolute path. Later relative paths
    /// count from there.
    fn chdir(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(path.into())
    }
}

/// A line whose meaning another crate knows (users, commands), with what its errors need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawLine {
    /// The line's number in its file, from 1.
    pub number: usize,
    /// The line itself.
    pub text: Text,
    /// Its arguments; the first is the directive, in lower case.
    pub args: Vec<Vec<u8>>,
}

impl RawLine {
    /// The error to report if the line turns out to be bad.
    pub fn error(&self, message: impl Into<Text>) -> ConfigError {
        ConfigError::at_line(self.number, self.text.clone(), message)
    }
}

/// A `loadmodule` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleLine {
    /// The module's file.
    pub path: Text,
    /// Arguments for the module.
    pub args: Vec<Vec<u8>>,
}

/// Lines that are no settings: the caller deals with them after the load, in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deferred {
    /// `rename-command <command> <new name, or empty>`. Stock's errors: `No such command in rename-command` and
    /// `Target command name already exists`.
    pub rename_commands: Vec<RawLine>,
    /// `user <name> <rules>…`. Stock's error: `Error in user declaration '<rule>': <reason>`.
    pub users: Vec<RawLine>,
    /// `loadmodule <path> <args>…`.
    pub modules: Vec<ModuleLine>,
    /// `<module>.<setting> <value>`, for modules to fetch when they register the setting. A later line wins.
    pub module_settings: Vec<(Text, Text)>,
}

/// What a load gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// The lines that are no settings.
    pub deferred: Deferred,
}

/// Loads a configuration: the file, then the contents of standard input, then options (as lines). Each may be
/// missing. `base` has the values that stay where nothing is said: [`Config::default`], and `dir` as the process
/// finds it.
pub fn load(
    base: Config,
    file: Option<&[u8]>,
    stdin: Option<&[u8]>,
    options: Option<&[u8]>,
    files: &dyn ReadFile,
) -> Result<Loaded, ConfigError> {
    let loaded = Loaded { config: base, deferred: Deferred::default() };
    let mut loader = Loader { loaded, files, save_seen: false, depth: 0 };
    let mut text = Vec::new();
    if let Some(path) = file {
        loader.read_into(&mut text, path)?;
    }
    if let Some(bytes) = stdin {
        append_c_lines(&mut text, bytes);
    }
    if let Some(options) = options {
        text.push(b'\n');
        text.extend(options);
    }
    loader.text(&text)?;
    Ok(loader.loaded)
}

/// Names that are read over, since older versions had them.
const FORMER: [&str; 7] = [
    "list-max-ziplist-entries",
    "list-max-ziplist-value",
    "lua-replicate-commands",
    "io-threads-do-reads",
    "dynamic-hz",
    "events-per-io-thread",
    "sanitize-dump-payload",
];

/// How deep `include` may nest. Stock has no limit, and crashes on a file that includes itself.
const INCLUDE_DEPTH_MAX: usize = 100;

struct Loader<'a> {
    loaded: Loaded,
    files: &'a dyn ReadFile,
    /// The first `save` line replaces the default points, later ones add to it.
    save_seen: bool,
    depth: usize,
}

impl Loader<'_> {
    /// Appends a file, or all files that match a pattern; a pattern may match none.
    fn read_into(&self, text: &mut Vec<u8>, path: &[u8]) -> Result<(), ConfigError> {
        let path = until_nul(path);
        let paths = match path.iter().any(|c| matches!(c, b'*' | b'?' | b'[')) {
            true => self.files.glob(path),
            false => vec![Text::from(path).as_path().to_path_buf()],
        };
        for path in paths {
            let bytes = self.files.read(&path);
            append_c_lines(text, &bytes.map_err(|e| ConfigError::open(Text::from(&*path).as_bytes(), &e))?);
        }
        Ok(())
    }

    fn text(&mut self, text: &[u8]) -> Result<(), ConfigError> {
        for (index, line) in text.split(|c| *c == b'\n').enumerate() {
            let line = trim(line);
            if line.is_empty() || line[0] == b'#' {
                continue;
            }
            let at = |message: Text| ConfigError::at_line(index + 1, line, message);
            let Some(mut args) = split_args(line) else {
                return Err(at("Unbalanced quotes in configuration line".into()));
            };
            let Some(name) = args.first_mut() else { continue };
            name.make_ascii_lowercase();
            if name == b"include" && args.len() == 2 {
                self.include(&args[1], at)?;
            } else {
                let line = RawLine { number: index + 1, text: line.into(), args };
                self.line(line).map_err(|message| at(message.into()))?;
            }
        }
        self.check_together()
    }

    fn include(&mut self, path: &[u8], at: impl Fn(Text) -> ConfigError) -> Result<(), ConfigError> {
        self.depth += 1;
        if self.depth > INCLUDE_DEPTH_MAX {
            return Err(at("Too many nested includes".into()));
        }
        let mut text = Vec::new();
        self.read_into(&mut text, path)?;
        self.text(&text)?;
        self.depth -= 1;
        Ok(())
    }

    /// One line that isn't `include`; the error is what to say of it.
    fn line(&mut self, line: RawLine) -> Result<(), String> {
        let args = &line.args;
        if let Some(found) = find_name(&args[0]) {
            return self.directive(found.directive, &args[1..]);
        }
        let deferred = &mut self.loaded.deferred;
        match (args[0].as_slice(), args.len()) {
            (name, 2) if FORMER.iter().any(|former| former.as_bytes() == name) => {}
            (b"rename-command", 3) => deferred.rename_commands.push(line),
            (b"user", 2..) => deferred.users.push(line),
            (b"loadmodule", 2..) => {
                let (path, args) = (until_nul(&args[1]).into(), args[2..].into());
                deferred.modules.push(ModuleLine { path, args });
            }
            (name, count) if until_nul(name).contains(&b'.') => {
                if count < 2 {
                    return Err("Module config specified without value".into());
                }
                let (name, value) = (Text::from(name), Text::from(args[1..].join(&b' ')));
                deferred.module_settings.retain(|(known, _)| *known != name);
                deferred.module_settings.push((name, value));
            }
            (b"sentinel", 1) => {}
            (b"sentinel", _) => return Err("sentinel directive while not in sentinel mode".into()),
            _ => return Err("Bad directive or wrong number of arguments".into()),
        }
        Ok(())
    }

    fn directive(&mut self, directive: &Directive, args: &[Vec<u8>]) -> Result<(), String> {
        let multi = directive.flags.contains(Flags::MULTI_ARG);
        if !multi && args.len() != 1 {
            return Err("wrong number of arguments".into());
        }
        // A single argument may be the whole list in quotes. One that can't be split counts as an empty list.
        let split = match args {
            [one] if multi && !one.is_empty() => Some(split_args(one).unwrap_or_default()),
            _ => None,
        };
        let args: Vec<&[u8]> = split.as_deref().unwrap_or(args).iter().map(Vec::as_slice).collect();
        let config = &mut self.loaded.config;
        if directive.name == "save" && !self.save_seen {
            config.save.0.clear();
            self.save_seen = true;
        }
        (directive.set)(config, &args, Source::File)?;
        if directive.name == "dir" {
            let path = self.files.chdir(config.dir.0.as_path()).map_err(|e| os_reason(&e))?;
            config.dir.0 = path.as_path().into();
        }
        Ok(())
    }

    /// What is wrong with the settings together; stock looks after each file.
    fn check_together(&mut self) -> Result<(), ConfigError> {
        let config = &mut self.loaded.config;
        if config.cluster_enabled && config.replicaof.0.is_some() {
            return Err(ConfigError::general("replicaof directive not allowed in cluster mode"));
        }
        Ok(())
    }
}

/// Appends a file as stock's line reader sees it: of each line (and of each piece of a long line) what follows a
/// NUL is lost.
fn append_c_lines(text: &mut Vec<u8>, bytes: &[u8]) {
    const PIECE_BYTES: usize = 1024;
    let pieces = bytes.split_inclusive(|c| *c == b'\n').flat_map(|line| line.chunks(PIECE_BYTES));
    for piece in pieces {
        text.extend(until_nul(piece));
    }
}
