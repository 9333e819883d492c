//! Errors of reading heap profiles.

use std::fmt;
use std::io;

/// Why a profile could not be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum ProfileError {
    /// The source could not be read or unpacked.
    Io(io::Error),
    /// The bytes are not a profile; the sentence says what they are, and how to get a heap profile.
    NotAProfile(&'static str),
    /// A profile of something else, by the names of its columns, e.g. `samples/count, cpu/nanoseconds`.
    Foreign(String),
    /// A profile that is cut off or inconsistent.
    Damaged {
        /// Byte offset in the unpacked profile.
        offset: usize,
        /// What was expected there.
        expected: &'static str,
    },
    /// More entries of a kind than any Go program has.
    TooLarge {
        /// The kind of entry.
        what: &'static str,
        /// The most that is read.
        limit: usize,
    },
    /// A profile without samples.
    Empty,
    /// Two profiles that cannot be subtracted.
    Incompatible(String),
}

/// How to get a heap profile.
pub(super) const SOURCE: &str =
    "get one with: curl -o heap.pb.gz http://HOST:PORT/debug/pprof/allocs";

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "{error}"),
            Self::NotAProfile(what) => write!(f, "not a pprof profile: {what}"),
            Self::Foreign(columns) => write!(
                f,
                "not a heap profile: its columns are {columns}, and a heap profile's are alloc_objects/count, \
                 alloc_space/bytes, inuse_objects/count, inuse_space/bytes; {SOURCE}"
            ),
            Self::Damaged { offset, expected } => write!(
                f,
                "a damaged profile: expected {expected} at byte {offset} of the unpacked data; fetch it again, it may \
                 have been cut off"
            ),
            Self::TooLarge { what, limit } => {
                write!(
                    f,
                    "too large to be a profile of a Go program: more than {limit} {what}"
                )
            }
            Self::Empty => write!(
                f,
                "the profile is empty: nothing was sampled; was the program built with MemProfileRate = 0, or did it \
                 end before its first GC cycle?"
            ),
            Self::Incompatible(why) => write!(f, "cannot subtract the base profile: {why}"),
        }
    }
}

impl std::error::Error for ProfileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for ProfileError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
