//! What can go wrong, one text for each; all of them end the run.

use std::io;

/// Why a run ended without a result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server refused a command.
    #[error("the server answered with an error: {0}")]
    Refused(String),
    /// The server's answer is not one that the command can have.
    #[error("the server's reply is wrong: {0}")]
    WrongReply(String),
    /// The server closed a connection that was in use.
    #[error("the server closed a connection with {in_flight} commands in flight")]
    Closed {
        /// Commands that were sent and not yet answered on it.
        in_flight: usize,
    },
    /// No reply for [`STALL_SECONDS_MAX`](crate::client::STALL_SECONDS_MAX).
    #[error("the server stopped answering: {in_flight} commands without a reply for {seconds} s")]
    Stalled {
        /// Commands that were sent and not yet answered.
        in_flight: usize,
        /// How long the client waited.
        seconds: u64,
    },
    /// A server could not be started, or ended by itself.
    #[error("{name}: {reason}")]
    Server {
        /// The contender's name.
        name: String,
        /// What happened, with the end of the server's log.
        reason: String,
    },
    /// The arguments make no sense together.
    #[error("{0}")]
    Usage(String),
    /// Ctrl-C, or a request to terminate.
    #[error("interrupted")]
    Interrupted,
    /// The operating system refused something.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// The system's answer.
        source: io::Error,
    },
}

impl Error {
    /// For `map_err`: says what was tried when the system refused.
    pub fn io<E: Into<io::Error>>(what: impl Into<String>) -> impl FnOnce(E) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source: source.into() }
    }
}
