//! The streams of a log and their states.

use super::stream_state::{StreamState, StreamStates};

/// The stream without a name, and those with one.
#[derive(Default)]
pub(crate) struct Placer {
    pub(crate) plain: StreamState,
    pub(crate) named: StreamStates,
    /// A stream that was closed ran newest line first.
    pub(crate) newest_first: bool,
    /// Wrapped gc lines so far: the clock for the age of streams.
    pub(crate) lines_seen: u64,
}

impl Placer {
    /// The stream of a name, which may be new.
    pub(crate) fn stream(&mut self, name: &[u8]) -> &mut StreamState {
        match name {
            [] => &mut self.plain,
            _ => self.named.of(name).unwrap_or(&mut self.plain),
        }
    }

    /// The stream of a name, or the one without a name if it is not known.
    pub(crate) fn known(&self, name: &[u8]) -> &StreamState {
        self.named.get(name).unwrap_or(&self.plain)
    }

    /// Whether lines run newest first in any stream.
    pub(crate) fn newest_first(&self) -> bool {
        self.newest_first
            || self.plain.stream.newest_first()
            || self.named.iter().any(|state| state.stream.newest_first())
    }
}
