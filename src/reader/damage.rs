//! What could not be read, with its place.

use std::fmt::Display;

use super::Reader;
use super::cut::{ENDS, NOT_FOUND};
use crate::error::ParseError;
use crate::report::DamagedLine;
use crate::trace;

/// Places of damaged lines that are kept.
pub(crate) const DAMAGED_PLACES: usize = 100;
/// Lines that break off alike, at least, to be of another form.
const COMMON: usize = 3;
/// Beginnings of gc lines that wait for someone to claim them.
const BEGINNINGS: usize = 256;

/// The beginning of a gc line that nothing has continued yet.
pub(crate) struct Beginning {
    pub(crate) offset: u64,
    source: usize,
    pub(crate) line: u64,
    /// Why it is damaged, and its text; `None` where there are more damaged lines than are told about.
    pub(crate) told: Option<(ParseError, Vec<u8>)>,
}

impl Reader {
    /// Remembers a line that begins as a gc line and goes on otherwise: damaged, unless a cut line claims it.
    pub(crate) fn beginning(&mut self, text: &[u8], offset: u64, line: u64) {
        if !trace::is_ours(text) {
            return;
        }
        if self.beginnings.len() == BEGINNINGS {
            let oldest = self.beginnings.pop_front();
            oldest
                .into_iter()
                .for_each(|oldest| self.damaged_beginning(oldest));
        }
        // Wrapped lines are looked for behind bare ones, a stretch at a time: they are kept by their place.
        let behind = self.beginnings.iter().rev();
        let at = self.beginnings.len() - behind.take_while(|b| b.offset > offset).count();
        let beginning = Beginning {
            offset,
            source: self.source,
            line,
            told: self
                .tells_of_damaged(self.source, line)
                .then(|| trace::diagnose(text))
                .flatten()
                .map(|why| (why, text[..text.len().min(120)].to_vec())),
        };
        self.beginnings.insert(at, beginning);
    }

    pub(crate) fn damaged_beginning(&mut self, beginning: Beginning) {
        if self.claimed.contains(&beginning.offset) {
            return;
        }
        match beginning.told {
            Some((why, text)) => self.damaged(beginning.source, beginning.line, why, &text),
            None => self.input.damaged += 1,
        }
    }

    /// Whether the place of one more damaged line would be kept: the first ones are, whenever it shows that they are damaged.
    fn tells_of_damaged(&self, source: usize, line: u64) -> bool {
        let kept = &self.input.damaged_at;
        kept.len() < DAMAGED_PLACES || kept.last().is_some_and(|last| (source, line) < place(last))
    }

    /// The end of a log. Where most lines break off at the same place of the grammar they are not torn, but of a form that is not
    /// known: the report says what was expected there.
    pub(crate) fn name_common_break(&mut self) {
        let breaks = std::mem::take(&mut self.breaks);
        for (source, line, (state, why)) in &breaks {
            let alike = breaks.iter().filter(|(.., (other, _))| other == state);
            let count = alike.count();
            if count < COMMON || 2 * count <= breaks.len() {
                continue;
            }
            let places = self.input.damaged_at.iter_mut();
            let mut torn = places.filter(|at| {
                place(at) == (*source, *line) && [NOT_FOUND, ENDS].contains(&at.why.as_str())
            });
            if let Some(at) = torn.next() {
                at.why = why.to_string();
            }
        }
    }

    pub(crate) fn damaged(&mut self, source: usize, line: u64, why: impl Display, text: &[u8]) {
        self.input.damaged += 1;
        if !self.tells_of_damaged(source, line) {
            return;
        }
        let kept = &mut self.input.damaged_at;
        kept.truncate(DAMAGED_PLACES - 1);
        let at = kept.partition_point(|other| place(other) <= (source, line));
        let damaged = DamagedLine {
            source,
            line,
            why: why.to_string(),
            text: String::from_utf8_lossy(text).into_owned(),
        };
        kept.insert(at, damaged);
    }
}

/// Where a damaged line stands.
const fn place(line: &DamagedLine) -> (usize, u64) {
    (line.source, line.line)
}
