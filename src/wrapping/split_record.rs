//! Lines that a container's runtime split into several records: their beginnings, until the rest comes.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::{Depth, Unwrapped};
use crate::trace;

/// Bytes of a line that is put together of records.
const LONGEST: usize = 64 * 1024;
/// Streams of which a line is waited for at the same time.
const WAITING: usize = 64;

/// Lines that go on in the next record of their stream.
#[derive(Debug, Default)]
pub(crate) struct Partials {
    /// By stream, and the standard output of the program apart from its standard error.
    parts: HashMap<(Vec<u8>, bool), Part, RandomState>,
    /// Whether envelopes keep line feeds, as far as they have told.
    pub(crate) line_feeds: Option<bool>,
}

#[derive(Debug, Default)]
struct Part {
    text: Vec<u8>,
    /// How it is wrapped.
    depth: Depth,
    /// The wrapping says that it goes on.
    certain: bool,
}

impl Partials {
    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.parts.clear();
    }

    pub(crate) fn hold(&mut self, unwrapped: &Unwrapped<'_>) {
        if self.parts.len() >= WAITING {
            self.parts.clear();
        }
        let part = self.parts.entry(key(unwrapped)).or_default();
        part.depth = unwrapped.depth;
        part.certain = unwrapped.partial;
        if part.text.len() + unwrapped.body.len() <= LONGEST {
            part.text.extend_from_slice(&unwrapped.body);
        }
    }

    /// What went before in the line that this record ends: nothing before a gc line that is whole by itself, unless the wrapping
    /// says so.
    pub(crate) fn take(&mut self, unwrapped: &Unwrapped<'_>) -> Option<Vec<u8>> {
        if self.parts.is_empty() {
            return None;
        }
        let part = self.parts.remove(&key(unwrapped))?;
        let belongs = part.depth == unwrapped.depth && (part.certain || !is_whole(unwrapped));
        belongs.then_some(part.text)
    }
}

fn key(unwrapped: &Unwrapped<'_>) -> (Vec<u8>, bool) {
    (unwrapped.stream.to_vec(), unwrapped.stdout)
}

pub(crate) fn is_whole(unwrapped: &Unwrapped<'_>) -> bool {
    let body = trace::trim_end(&unwrapped.body);
    body.starts_with(b"gc ") && trace::whole_cycle(body).is_some()
}
