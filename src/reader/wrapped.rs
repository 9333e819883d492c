//! Wrapped trace among the lines that are skipped: notes, gc lines whose ` ms clock, ` was split between two records, and those that
//! were cut off before it.
//!
//! A program's lines are all wrapped alike, so the search ends at the first gc line without a wrapping, and begins again at the first
//! with one.

use std::ops::Range;

use memchr::memmem::Finder;

use super::scan::line_around;
use super::{Finds, Reader};
use crate::trace;
use crate::wrapping::csv::Columns;
use crate::wrapping::learned::LearnedPrefixes;
use crate::wrapping::split_record::Partials;
use crate::wrapping::{Depth, unwrap};

/// Lines after which a partial record is given up.
const PATIENCE: u32 = 4_096;

/// How the lines of a log are wrapped.
#[derive(Default)]
pub(crate) struct Wrappings {
    pub(crate) learned: LearnedPrefixes,
    /// The first field that is unknown to this version, and its place in the line.
    pub(crate) newer: Option<(String, usize)>,
    /// The columns of CSV.
    pub(crate) columns: Columns,
    /// Bytes of the longest whole gc line without a wrapping.
    pub(crate) longest_bare: usize,
    /// A gc line was folded.
    pub(crate) has_folds: bool,
    /// Physical lines that continue in the next one of their stream.
    pub(crate) partials: Partials,
    pub(crate) seen: Wrapped,
    /// How deep lines are unwrapped for repair.
    pub(crate) depth: Depth,
}

/// The search for wrapped trace.
pub(crate) struct Wrapped {
    /// Texts of which every note and every beginning of a gc line contains one.
    trace: [Finder<'static>; 5],
    /// The beginning of a gc line in a record that may continue in the next: of CRI, and of docker.
    beginnings: [Finder<'static>; 2],
    /// A gc line without a wrapping was seen.
    pub(crate) bare: bool,
    /// A gc line with a wrapping was seen.
    pub(crate) seen: bool,
    /// Lines since a partial record.
    waited: u32,
}

impl Default for Wrapped {
    fn default() -> Self {
        Self {
            trace: [&b"GC forced"[..], b"scvg", b" KiB work", b"pacer: ", b"gc "].map(Finder::new),
            beginnings: [&b" P gc "[..], b"\"log\":\"gc "].map(Finder::new),
            bare: false,
            seen: false,
            waited: 0,
        }
    }
}

impl Wrapped {
    /// Whether trace may be wrapped in this input, judging by its gc lines so far.
    pub(crate) const fn possible(&self) -> bool {
        self.seen || !self.bare
    }
}

/// The start of the next gc line whose rest is in another record, if it was searched.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct NextSplit(Option<usize>);

impl Reader {
    /// The start of the first line from `from` on in which a gc line begins and whose record ends before ` ms clock, `; the end of the
    /// text if there is none.
    pub(crate) fn next_split(&self, text: &[u8], from: usize, next: &mut NextSplit) -> usize {
        if !self.wrapping.seen.possible() {
            return text.len();
        }
        if let Some(known) = next.0.filter(|known| *known >= from) {
            return known;
        }
        let first = |finder: &Finder<'static>| {
            let mut at = from;
            while let Some(found) = finder.find(&text[at..]) {
                let line = line_around(text, at + found);
                let body = &text[line.clone()];
                if self.scan.finder.find(body).is_none()
                    && self.goes_on(&unwrap(body, self.any_depth()))
                {
                    return Some(line.start);
                }
                at = line.end;
            }
            None
        };
        let found = self.wrapping.seen.beginnings.iter().filter_map(first).min();
        let start = found.unwrap_or(text.len());
        next.0 = Some(start);
        start
    }

    /// Reports wrapped notes, and gc lines that end before ` ms clock, `, among lines that were counted as foreign.
    pub(crate) fn wrapped_lines(
        &mut self,
        text: &[u8],
        lines: Range<usize>,
        base: u64,
        finds: &mut dyn Finds,
    ) {
        if lines.is_empty() || !self.wrapping.seen.possible() {
            return;
        }
        let mut starts = Vec::new();
        for finder in &self.wrapping.seen.trace {
            let found = finder
                .find_iter(&text[lines.clone()])
                .map(|at| lines.start + at);
            // At the start of a line there is no wrapping.
            let behind = found.filter(|at| at.checked_sub(1).is_some_and(|at| text[at] != b'\n'));
            starts.extend(behind.map(|at| line_around(text, at).start));
        }
        starts.sort_unstable();
        starts.dedup();
        for start in starts {
            let unwrapped = unwrap(&text[line_around(text, start)], self.any_depth());
            if unwrapped.depth == Depth::NONE || self.goes_on(&unwrapped) {
                continue;
            }
            let body = trace::trim_end(&unwrapped.body);
            if let Some(event) = trace::lesser(body) {
                self.count.input.other_lines -= 1;
                self.event(event, &unwrapped.stream, finds);
            } else if self.wrapping.seen.seen && unwrapped.depth == self.wrapping.depth {
                let behind = &text[start..lines.end.max(start + 1) - 1];
                let line = self.count.line - memchr::memchr_iter(b'\n', behind).count() as u64;
                self.beginning(body, base + start as u64, line);
            }
        }
    }

    /// Counts a line while the rest of a partial record is missing.
    pub(crate) fn wait_for_rest(&mut self) {
        if self.wrapping.partials.is_empty() {
            self.wrapping.seen.waited = 0;
            return;
        }
        self.wrapping.seen.waited += 1;
        if self.wrapping.seen.waited > PATIENCE {
            self.wrapping.partials.clear();
        }
    }
}
