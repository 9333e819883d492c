//! Searching text for the next line that may be trace.

use std::ops::Range;

use fearless_simd::Level;
use memchr::memmem::Finder;

use crate::trace::NEEDLE;

/// Bytes of a text that is short for a search.
const SHORT: usize = 64;

/// The searchers, and what the last lines were: often one line of trace follows another.
pub(crate) struct Scan {
    pub(crate) finder: Finder<'static>,
    /// How a gc line begins.
    pub(crate) head: Finder<'static>,
    pub(crate) level: Level,
    /// The last line was of trace.
    pub(crate) hot: bool,
    /// The last line searched for ` ms clock, ` contains it.
    pub(crate) odd: bool,
    /// The last line starting with `gc ` parsed, or contained ` ms clock, `.
    pub(crate) whole: bool,
    /// Where the complete lines of the text end, and whether there will be more.
    pub(crate) complete: usize,
    pub(crate) more: bool,
    /// Position in the input before which nothing is read again: it belongs to another log, or another part of this one.
    pub(crate) floor: u64,
}

impl Default for Scan {
    fn default() -> Self {
        Self::of(0)
    }
}

/// A line as it stands in the input.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Physical {
    /// With its line feed.
    pub(crate) length: usize,
    /// Where its first ` ms clock, ` begins.
    pub(crate) needle: Option<usize>,
}

impl Scan {
    /// Of a log that begins at this position in the input.
    pub(crate) fn of(floor: u64) -> Self {
        Self {
            finder: Finder::new(NEEDLE),
            head: Finder::new(b"gc "),
            level: Level::new(),
            hot: true,
            odd: false,
            whole: true,
            complete: 0,
            more: false,
            floor,
        }
    }

    /// The line at the start of `text`.
    pub(crate) fn physical(&self, text: &[u8]) -> Physical {
        let length = memchr::memchr(b'\n', text).map_or(text.len(), |at| at + 1);
        let needle = if length < NEEDLE.len() {
            None
        } else if text.starts_with(NEEDLE) {
            Some(0)
        } else {
            // Short texts are searched more slowly than long ones.
            self.finder
                .find(&text[..text.len().min(length.max(SHORT))])
                .filter(|at| at + NEEDLE.len() <= length)
        };
        Physical { length, needle }
    }

    /// Where `gc ` stands in a text. Their own iterator would copy the searcher first.
    pub(crate) fn heads<'t>(&'t self, text: &'t [u8]) -> impl Iterator<Item = usize> + 't {
        let mut at = 0;
        std::iter::from_fn(move || {
            let found = at + self.head.find(&text[at..])?;
            at = found + self.head.needle().len();
            Some(found)
        })
    }
}

/// The line that a position is in, with its line feed.
pub(crate) fn line_around(text: &[u8], at: usize) -> Range<usize> {
    let start = memchr::memrchr(b'\n', &text[..at]).map_or(0, |i| i + 1);
    let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |i| at + i + 1);
    start..end
}
