//! What goes wrong while the configuration is read at start, with stock's text.

use std::fmt;
use std::io;

use super::text::Text;

/// The version of Valkey whose behaviour and texts we follow.
pub const VALKEY_VERSION: &str = "9.1.2";

/// Why the configuration can't be used. [`ConfigError::report`] is what to tell the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// A bad line, or a setting that doesn't go with another (then there is no line). Goes to stderr.
    Bad {
        /// The line's number, from 1, and its text.
        line: Option<(usize, Text)>,
        /// What is wrong with it.
        message: Text,
    },
    /// A file can't be read. Stock writes this to its log, at level warning.
    Open {
        /// The path as it was given.
        path: Text,
        /// The operating system's reason.
        reason: String,
    },
}

impl ConfigError {
    /// An error about one line.
    pub fn at_line(number: usize, line: impl Into<Text>, message: impl Into<Text>) -> ConfigError {
        ConfigError::Bad { line: Some((number, line.into())), message: message.into() }
    }

    /// An error about the configuration as a whole.
    pub fn general(message: impl Into<Text>) -> ConfigError {
        ConfigError::Bad { line: None, message: message.into() }
    }

    /// A file that can't be opened.
    pub fn open(path: &[u8], error: &io::Error) -> ConfigError {
        ConfigError::Open { path: path.into(), reason: os_reason(error) }
    }

    /// Whether the report belongs into the log (at level warning) and not on stderr.
    pub fn is_logged(&self) -> bool {
        matches!(self, ConfigError::Open { .. })
    }

    /// The text, byte for byte as stock prints it; a log message comes without time and newline.
    pub fn report(&self) -> Vec<u8> {
        match self {
            ConfigError::Open { path, reason } => {
                [b"Fatal error, can't open config file '", path.as_bytes(), b"': ", reason.as_bytes()].concat()
            }
            ConfigError::Bad { line, message } => {
                let mut out = format!("\n*** FATAL CONFIG FILE ERROR (Version {VALKEY_VERSION}) ***\n").into_bytes();
                if let Some((number, text)) = line {
                    out.extend(format!("Reading the configuration file, at line {number}\n>>> '").bytes());
                    out.extend(text.as_bytes());
                    out.extend(b"'\n");
                }
                out.extend(message.as_bytes());
                out.push(b'\n');
                out
            }
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.report()))
    }
}

impl std::error::Error for ConfigError {}

/// The reason of an I/O error as C's `strerror` words it, without the error's number.
pub fn os_reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error ") {
        Some(end) => text[..end].to_string(),
        None => text,
    }
}
