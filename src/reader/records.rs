//! Lines that a container's runtime split into several records.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::{Finds, Reader};
use crate::input::Text;
use crate::trace;
use crate::wrapping::envelope::End;
use crate::wrapping::{Depth, Unwrapped, unwrap};

/// Records looked back upon for the beginning of a line that was split.
const RECORDS: usize = 16;
/// Streams of which a line is waited for at the same time.
const WAITING: usize = 64;

/// Lines that go on in the next record of their stream.
#[derive(Debug, Default)]
pub(crate) struct Partials {
    /// By stream, and the standard output of the program apart from its standard error.
    parts: HashMap<(Vec<u8>, bool), Part, RandomState>,
    /// Whether envelopes keep line feeds, as far as they have told.
    line_feeds: Option<bool>,
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

    fn hold(&mut self, unwrapped: &Unwrapped<'_>) {
        if self.parts.len() >= WAITING {
            self.parts.clear();
        }
        let part = self.parts.entry(key(unwrapped)).or_default();
        part.depth = unwrapped.depth;
        part.certain = unwrapped.partial;
        if part.text.len() + unwrapped.body.len() <= crate::input::LINE_CAP {
            part.text.extend_from_slice(&unwrapped.body);
        }
    }

    /// What went before in the line that this record ends: nothing before a gc line that is whole by itself, unless the wrapping
    /// says so.
    fn take(&mut self, unwrapped: &Unwrapped<'_>) -> Option<Vec<u8>> {
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

fn is_whole(unwrapped: &Unwrapped<'_>) -> bool {
    let body = trace::trim_end(&unwrapped.body);
    body.starts_with(b"gc ") && trace::whole_cycle(body).is_some()
}

impl Reader {
    /// Whether the line of a record goes on in the next one of its stream.
    pub(crate) fn goes_on(&self, unwrapped: &Unwrapped<'_>) -> bool {
        unwrapped.partial
            || unwrapped.end == End::Open
                && self.wrapped.possible()
                && self.partial.line_feeds != Some(false)
                && !is_whole(unwrapped)
    }

    /// Learns from a record whether envelopes keep line feeds: a gc line without one is whole where they do not.
    pub(crate) fn learn_line_feeds(&mut self, unwrapped: &Unwrapped<'_>) {
        let known = &mut self.partial.line_feeds;
        match unwrapped.end {
            End::LineFeed => *known = Some(true),
            End::Open if known.is_none() && is_whole(unwrapped) => *known = Some(false),
            End::Open | End::Record => {}
        }
    }

    /// Keeps the part of a line that goes on in the next physical line of its stream.
    pub(crate) fn hold_partial(
        &mut self,
        unwrapped: &Unwrapped<'_>,
        line: &[u8],
        offset: u64,
        finds: &mut dyn Finds,
    ) {
        self.input.other_lines += 1;
        self.pass(line, offset, unwrapped, finds);
        self.partial.hold(unwrapped);
    }

    /// The body of a record, with what went before in the line. False where nothing did.
    pub(crate) fn with_partial(&mut self, unwrapped: &mut Unwrapped<'_>) -> bool {
        let Some(mut part) = self.partial.take(unwrapped) else {
            return false;
        };
        part.extend_from_slice(&unwrapped.body);
        unwrapped.body = part.into();
        unwrapped.body_at = None;
        true
    }

    /// A gc line of which the beginning stands in the record before, skipped as foreign text: CRI and docker split lines
    /// that are long, or slow to come, anywhere. It has ` ms clock, `. `None` where the line is whole by itself.
    pub(crate) fn joined(
        &self,
        text: Text<'_>,
        at: usize,
        unwrapped: &Unwrapped<'_>,
    ) -> Option<Vec<u8>> {
        let body = &unwrapped.body;
        if unwrapped.depth == Depth::NONE
            || body.starts_with(b"gc ")
            || !trace::may_end_cycle(trace::trim_end(body))
        {
            return None;
        }
        // CRI's records name the stream of the program, docker's are JSON: no other wrapping splits lines.
        let splits = match unwrapped.body_at {
            Some(length) => memchr::memmem::find(&text.bytes[at..at + length], b" std").is_some(),
            None => true,
        };
        if !splits {
            return None;
        }
        let oldest = self.looks_back_to(text.base + at as u64);
        let (mut bytes, mut base) = text.back_to(text.base, at);
        let mut body = body.to_vec();
        let mut joined = false;
        let mut end = at;
        for _ in 0..RECORDS {
            let mut start = line_start(&bytes[..end]);
            if start.is_none() && oldest < base {
                // With the byte before: it tells whether a line begins there.
                let here = base + end as u64;
                (bytes, base) = text.back_to(oldest.saturating_sub(1), at);
                end = usize::try_from(here - base).unwrap_or(0);
                start = line_start(&bytes[..end]);
            }
            let start = start.unwrap_or(0);
            if end == 0 || base + (start as u64) < oldest {
                break;
            }
            let before = unwrap(&bytes[start..end], self.any_depth());
            end = start;
            if before.stream != unwrapped.stream || before.stdout != unwrapped.stdout {
                continue;
            }
            if !self.goes_on(&before) {
                break;
            }
            body.splice(0..0, before.body.iter().copied());
            joined = true;
        }
        if !joined {
            return None;
        }
        let start = memchr::memmem::rfind(&body, b"gc ")?;
        trace::whole_cycle(trace::trim_end(&body[start..]))?;
        // All of it: behind other text it is a quotation here too.
        Some(body)
    }
}

/// Where the last line of a text starts, if what ends the line before is there.
fn line_start(text: &[u8]) -> Option<usize> {
    let (_, line) = text.split_last()?;
    memchr::memrchr(b'\n', line).map(|at| at + 1)
}
