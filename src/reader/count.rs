//! The counts of a log: every line once, and the places of lines that could not be read.

use std::collections::VecDeque;
use std::fmt::Display;

use crate::error::ParseError;
use crate::report::{DamagedLine, Input, Source};
use crate::trace;
use crate::trace::automaton::State;
use crate::trace::cycle::{Event, Note};

/// Why a cut line is damaged at the end of the log.
pub(crate) const ENDS: &str = "the log ends before its other pieces";
/// Why a cut line is damaged.
pub(crate) const NOT_FOUND: &str = "its other pieces were not found";
/// Damaged lines of which place and text are kept.
pub(crate) const DAMAGED_PLACES: usize = 100;
/// Lines that must break off at the same place to be of an unknown form.
const COMMON: usize = 3;
/// Beginnings of gc lines that may still be continued.
const BEGINNINGS: usize = 256;

/// The beginning of a gc line that nothing has continued yet.
pub(crate) struct Beginning {
    pub(crate) offset: u64,
    source: usize,
    pub(crate) line: u64,
    /// Why it is damaged, and its text; `None` if there are more damaged lines than are kept.
    pub(crate) damage: Option<(ParseError, Vec<u8>)>,
}

/// The counts of the input, and the current position in it.
#[derive(Default)]
pub(crate) struct Count {
    pub(crate) input: Input,
    /// The current source.
    pub(crate) source: usize,
    /// Lines of it before the reading position.
    pub(crate) line: u64,
    /// Position in the input at which it starts.
    pub(crate) source_start: u64,
    pub(crate) beginnings: VecDeque<Beginning>,
    /// The places where torn lines that were given up break off, with source and line.
    pub(crate) breaks: Vec<(usize, u64, (State, ParseError))>,
}

impl Count {
    /// The next source starts at `offset` of the input.
    pub(crate) fn open(&mut self, name: &str, offset: u64, joined: bool) {
        self.input.sources.push(Source {
            name: name.to_owned(),
            joined,
            ..Source::default()
        });
        self.source = self.input.sources.len() - 1;
        self.line = 0;
        self.source_start = offset;
    }

    /// For another log: keeps the counts and resets the rest.
    pub(crate) fn next_log(&mut self) -> Self {
        Self {
            input: std::mem::take(&mut self.input),
            source: self.source,
            ..Self::default()
        }
    }

    /// Bytes and lines of the current source so far.
    pub(crate) fn progress(&mut self, bytes: u64) {
        if let Some(source) = self.input.sources.get_mut(self.source) {
            source.bytes = bytes;
            source.lines = self.line;
        }
    }

    /// A position in the input as a position in the source.
    pub(crate) const fn place(&self, offset: u64) -> u64 {
        offset.saturating_sub(self.source_start)
    }

    /// Counts a gc line as duplicate, repaired or intact.
    pub(crate) const fn cycle(&mut self, fresh: bool, repaired: bool) {
        let count = match (fresh, repaired) {
            (false, _) => &mut self.input.gc_lines.duplicate,
            (true, true) => &mut self.input.gc_lines.repaired,
            (true, false) => &mut self.input.gc_lines.intact,
        };
        *count += 1;
    }

    /// Counts another line of trace.
    pub(crate) const fn event(&mut self, event: Event) {
        let count = match event {
            Event::Legacy(_) | Event::Note(Note::Prerelease) => &mut self.input.legacy_gc_lines,
            Event::Note(Note::ForcedNotice) => &mut self.input.forced_notices,
            Event::Note(Note::Scavenger) => &mut self.input.scavenger_lines,
            Event::Note(Note::Pacer) => &mut self.input.pacer_lines,
            Event::Note(Note::Other) | Event::Cycle(_) => &mut self.input.other_lines,
        };
        *count += 1;
    }

    /// Remembers a line that begins like a gc line and does not match: it is damaged unless a repaired line claims it.
    pub(crate) fn beginning(
        &mut self,
        text: &[u8],
        offset: u64,
        line: u64,
        claimed: &VecDeque<u64>,
    ) {
        if !trace::is_ours(text) {
            return;
        }
        if self.beginnings.len() == BEGINNINGS {
            let oldest = self.beginnings.pop_front();
            oldest
                .into_iter()
                .for_each(|oldest| self.damaged_beginning(oldest, claimed));
        }
        // Wrapped lines are found after bare ones of the same block: kept in the order of offsets.
        let behind = self.beginnings.iter().rev();
        let at = self.beginnings.len() - behind.take_while(|b| b.offset > offset).count();
        let beginning = Beginning {
            offset,
            source: self.source,
            line,
            damage: self
                .keeps_damaged(self.source, line)
                .then(|| trace::diagnose(text))
                .flatten()
                .map(|why| (why, beginning_of(text).to_vec())),
        };
        self.beginnings.insert(at, beginning);
    }

    pub(crate) fn damaged_beginning(&mut self, beginning: Beginning, claimed: &VecDeque<u64>) {
        if claimed.contains(&beginning.offset) {
            return;
        }
        match beginning.damage {
            Some((why, text)) => self.damaged(beginning.source, beginning.line, why, &text),
            None => self.input.gc_lines.damaged += 1,
        }
    }

    /// Whether the place of one more damaged line would be kept: the first in the log are, whenever they turn out to be damaged.
    fn keeps_damaged(&self, source: usize, line: u64) -> bool {
        let kept = &self.input.damaged_lines;
        kept.len() < DAMAGED_PLACES || kept.last().is_some_and(|last| (source, line) < place(last))
    }

    /// The end of a log. If most torn lines break off at the same place of the grammar they are of an unknown form: the report then has
    /// what was expected there.
    pub(crate) fn name_common_break(&mut self) {
        let breaks = std::mem::take(&mut self.breaks);
        for (source, line, (state, why)) in &breaks {
            let alike = breaks.iter().filter(|(.., (other, _))| other == state);
            let count = alike.count();
            if count < COMMON || 2 * count <= breaks.len() {
                continue;
            }
            let places = self.input.damaged_lines.iter_mut();
            let mut torn = places.filter(|at| {
                place(at) == (*source, *line) && [NOT_FOUND, ENDS].contains(&at.reason.as_str())
            });
            if let Some(at) = torn.next() {
                at.reason = why.to_string();
            }
        }
    }

    /// Counts the current line as damaged.
    pub(crate) fn damaged_here(&mut self, why: impl Display, text: &[u8]) {
        self.damaged(self.source, self.line, why, beginning_of(text));
    }

    pub(crate) fn damaged(&mut self, source: usize, line: u64, why: impl Display, text: &[u8]) {
        self.input.gc_lines.damaged += 1;
        if !self.keeps_damaged(source, line) {
            return;
        }
        let name = self
            .input
            .sources
            .get(source)
            .map(|source| source.name.clone());
        let kept = &mut self.input.damaged_lines;
        kept.truncate(DAMAGED_PLACES - 1);
        let at = kept.partition_point(|other| place(other) <= (source, line));
        let damaged = DamagedLine {
            source: name.unwrap_or_default(),
            source_index: source,
            line,
            reason: why.to_string(),
            text: String::from_utf8_lossy(text).into_owned(),
        };
        kept.insert(at, damaged);
    }
}

/// The part of a damaged line that is kept.
pub(crate) fn beginning_of(text: &[u8]) -> &[u8] {
    &text[..text.len().min(120)]
}

/// The place of a damaged line.
const fn place(line: &DamagedLine) -> (usize, u64) {
    (line.source_index, line.line)
}
