//! Lines that a container runtime split into several records: their beginnings, until the rest comes.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::{Depth, Unwrapped};
use crate::trace;

/// Bytes of a line joined from records.
const LONGEST: usize = 64 * 1024;
/// Streams with a split line at the same time.
const WAITING: usize = 64;

/// Lines that continue in the next record of their stream.
#[derive(Debug, Default)]
pub(crate) struct Partials {
    /// By stream, with standard output and standard error apart.
    parts: HashMap<(Vec<u8>, bool), Part, RandomState>,
    /// Whether envelopes keep line feeds; `None` while that is not known.
    pub(crate) line_feeds: Option<bool>,
}

#[derive(Debug, Default)]
struct Part {
    text: Vec<u8>,
    /// How it is wrapped.
    depth: Depth,
    /// The wrapping has a mark that the line continues.
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

    /// The parts before this record of the line that it ends. None if the record is a whole gc line by itself, unless the wrapping has a
    /// mark that the line continues.
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
