//! Lines that a container's runtime split into several records.

use super::{Finds, Reader};
use crate::io::Text;
use crate::trace;
use crate::wrapping::envelope::End;
use crate::wrapping::split_record::is_whole;
use crate::wrapping::{Depth, Unwrapped, unwrap};

/// Earlier records searched for the beginning of a line that was split.
const RECORDS: usize = 16;

impl Reader {
    /// Whether the line of a record continues in the next record of its stream.
    pub(crate) fn goes_on(&self, unwrapped: &Unwrapped<'_>) -> bool {
        unwrapped.partial
            || unwrapped.end == End::Open
                && self.wrapping.seen.possible()
                && self.wrapping.partials.line_feeds != Some(false)
                && !is_whole(unwrapped)
    }

    /// Learns from a record whether envelopes keep line feeds: if a gc line without one is whole, they do not.
    pub(crate) fn learn_line_feeds(&mut self, unwrapped: &Unwrapped<'_>) {
        let known = &mut self.wrapping.partials.line_feeds;
        match unwrapped.end {
            End::LineFeed => *known = Some(true),
            End::Open if known.is_none() && is_whole(unwrapped) => *known = Some(false),
            End::Open | End::Record => {}
        }
    }

    /// Keeps the part of a line that continues in the next physical line of its stream.
    pub(crate) fn hold_partial(
        &mut self,
        unwrapped: &Unwrapped<'_>,
        line: &[u8],
        offset: u64,
        finds: &mut dyn Finds,
    ) {
        self.count.input.other_lines += 1;
        self.pass(line, offset, unwrapped, finds);
        self.wrapping.partials.hold(unwrapped);
    }

    /// Prepends the parts of the line in earlier records to the body. False if there are none.
    pub(crate) fn with_partial(&mut self, unwrapped: &mut Unwrapped<'_>) -> bool {
        let Some(mut part) = self.wrapping.partials.take(unwrapped) else {
            return false;
        };
        part.extend_from_slice(&unwrapped.body);
        unwrapped.body = part.into();
        unwrapped.body_at = None;
        true
    }

    /// A gc line whose beginning is in the record before, which was skipped as foreign text: CRI and docker split lines that are long,
    /// or slow to come, anywhere. `None` if the line is whole by itself.
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
        // CRI's records contain stdout or stderr, docker's are JSON: no other wrapping splits lines.
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
                // With the byte before, which shows whether a line begins there.
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
        // All of it: after other text it is a quotation here too.
        Some(body)
    }
}

/// Where the last line of a text starts, if the text has the line feed before it.
fn line_start(text: &[u8]) -> Option<usize> {
    let (_, line) = text.split_last()?;
    memchr::memrchr(b'\n', line).map(|at| at + 1)
}
