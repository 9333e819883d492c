//! Pasted gc lines that were folded at a column, with or without the blank at the fold.

use super::{Finds, Found, Reader};
use crate::io::Text;
use crate::trace;
use crate::trace::automaton::START;
use crate::trace::cycle::GcCycle;
use crate::trace::pieces::{Walk, can_start};
use crate::wrapping::without_end;

/// Lines that a gc line is folded into, at most.
const FOLDS: usize = 4;
/// Columns at which terminals and mail programs fold.
const COLUMNS: [usize; 2] = [80, 100];
/// Bytes of a line before the fold, at least and at most.
const WIDTH: std::ops::RangeInclusive<usize> = 60..=100;

/// Whether a line is the first part of a folded gc line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fold {
    None,
    /// It is; the gc line ends this many bytes after its start.
    Whole(usize),
    /// The lines after it have to be read first.
    Later,
}

impl Reader {
    /// The gc line that begins at `at` and ends in one of the next lines, if it was folded.
    pub(crate) fn folded(&mut self, text: Text<'_>, at: usize, finds: &mut dyn Finds) -> Fold {
        let lines = &text.bytes[at..self.scan.complete];
        if !lines.starts_with(b"gc ") {
            return Fold::None;
        }
        let offset = text.base + at as u64;
        let (first, mut end) = first_line(lines);
        if !WIDTH.contains(&first.len())
            || !trace::is_ours(first)
            || trace::whole_cycle(trace::trim_end(first)).is_some()
        {
            return Fold::None;
        }
        // As the next parts are joined with a blank and without, there are several readings.
        let mut readings = vec![first.to_vec()];
        for folds in 1..=FOLDS {
            if end >= lines.len() {
                return match self.scan.more {
                    true => Fold::Later,
                    false => Fold::None,
                };
            }
            let (next, length) = first_line(&lines[end..]);
            end += length;
            if next.is_empty() || next.len() > first.len() + 1 || next.starts_with(b"gc ") {
                return Fold::None;
            }
            if folds == 1 && (is_cut(first, next) || !self.may_be_column(first, next)) {
                // Cut by other output between two operands: that is repaired elsewhere.
                return Fold::None;
            }
            let joined = |blank: &'static [u8]| {
                readings
                    .iter()
                    .map(move |before| [before, blank, next].concat())
            };
            let joined: Vec<Vec<u8>> = joined(b"").chain(joined(b" ")).collect();
            let whole = joined.iter().find_map(|line| {
                let line = trace::trim_end(line);
                trace::whole_cycle(line).map(|cycle| (line, cycle))
            });
            if let Some((line, cycle)) = whole {
                // Digits before the line feed may be another writer's, unless lines of this log are folded.
                let digit = |b: Option<&u8>| b.is_some_and(u8::is_ascii_digit);
                let digits = digit(first.last()) && digit(next.trim_ascii_start().first());
                if digits && !self.wrapping.has_folds {
                    match self.is_folded(&lines[end..]) {
                        Some(true) => {}
                        None if self.scan.more => return Fold::Later,
                        _ => return Fold::None,
                    }
                }
                self.wrapping.has_folds = true;
                self.folded_line(line, &cycle, offset, folds as u64 + 1, finds);
                return Fold::Whole(end);
            }
            // Only beginnings of a gc line can become one.
            readings = joined
                .into_iter()
                .filter(|line| trace::may_go_on(line))
                .collect();
            if readings.is_empty() {
                return Fold::None;
            }
        }
        Fold::None
    }

    /// Whether the line at the start of a text is the first part of a folded gc line too; `None` if the text ends too early.
    fn is_folded(&self, text: &[u8]) -> Option<bool> {
        let (first, end) = first_line(text);
        let (next, length) = first_line(&text[end..]);
        if length == 0 || !text[end..].ends_with(b"\n") && end + length == text.len() {
            return None;
        }
        let begins = WIDTH.contains(&first.len()) && trace::is_ours(first);
        Some(begins && !is_cut(first, next) && self.may_be_column(first, next))
    }

    /// Whether a line ends at one of the usual columns: the next word would not have fit. Not if the log has longer whole lines.
    fn may_be_column(&self, first: &[u8], next: &[u8]) -> bool {
        let word = next.iter().position(|b| *b == b' ').unwrap_or(next.len());
        COLUMNS.iter().any(|column| {
            self.wrapping.longest_bare <= *column
                && first.len() <= *column
                && next.len() <= *column
                && first.len() + 1 + word > *column
        })
    }

    fn folded_line(
        &mut self,
        line: &[u8],
        cycle: &GcCycle,
        offset: u64,
        lines: u64,
        finds: &mut dyn Finds,
    ) {
        self.before_cycle(cycle, &[], None, finds);
        let found = Found {
            cycle,
            raw: line,
            line: self.count.line + 1,
            offset: self.count.place(offset),
            stream: &[],
            wall: None,
            repaired: true,
        };
        self.count.line += lines;
        self.report(&found, finds);
        self.ended(&[], offset + 1, true);
    }
}

/// The first line of a text without its line ending, and its length with it.
pub(super) fn first_line(text: &[u8]) -> (&[u8], usize) {
    let length = memchr::memchr(b'\n', text).map_or(text.len(), |at| at + 1);
    (without_end(&text[..length]), length)
}

/// Whether a gc line ends between two operands, and the next line goes on with one.
fn is_cut(first: &[u8], next: &[u8]) -> bool {
    let end = Walk::new(first, START).last();
    end.is_some_and(|end| end.at == first.len() && can_start(end.state, next))
}
