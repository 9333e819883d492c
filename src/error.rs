//! Errors with their place.

use std::fmt;
use std::io;

/// Why a line that starts like a gc line is not one: where the grammar failed, and what was expected there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseError {
    /// Byte offset in the text that was parsed.
    pub offset: usize,
    /// What was expected there, e.g. `three wall-clock times`.
    pub expected: &'static str,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {} at byte {}", self.expected, self.offset)
    }
}

impl std::error::Error for ParseError {}

/// An error that prevents or ends the reading.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A source could not be opened or read.
    Io {
        /// The source as the user named it.
        source: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// A source is in a format that is not supported; `hint` says what to do instead.
    Unsupported {
        /// The source as the user named it.
        source: String,
        /// What it is, e.g. `xz-compressed`.
        what: &'static str,
        /// The command that helps.
        hint: String,
    },
    /// Output could not be written; the input was still read to its end.
    Output {
        /// What the system said.
        error: std::io::Error,
    },
    /// A value that the user gave cannot be used.
    Usage(String),
}

impl Error {
    /// The error of reading `source`: an [`Error`] wrapped in `error` is unwrapped, anything else becomes [`Error::Io`].
    #[must_use]
    pub fn io(source: &str, error: io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(own) => own,
            Err(error) => Self::Io {
                source: source.to_owned(),
                error,
            },
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { source, error } => write!(f, "{source}: {error}"),
            Self::Unsupported { source, what, hint } => write!(f, "{source}: {what}: {hint}"),
            Self::Output { error } => write!(f, "writing output: {error}"),
            Self::Usage(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { error, .. } | Self::Output { error } => Some(error),
            Self::Unsupported { .. } | Self::Usage(_) => None,
        }
    }
}
