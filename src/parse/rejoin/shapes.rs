//! How the whole lines of a stream start: what tells foreign text from a piece of a gc line.

use std::collections::HashSet;

use crate::parse::token::{self, START, Walk};

/// Bytes of a line's start that are compared with other lines.
const SHAPE: usize = 16;
/// Starts of lines remembered.
const SHAPES: usize = 4_096;
/// Distinct starts of foreign lines that could be starts of pieces, from which on they are easily mistaken.
const SLIPPERY: usize = 4;
/// Lines in a row that start as others did, from which on the stream is known.
const SETTLED: u32 = 8;
/// One blank line in so many is often.
const OFTEN: u32 = 16;

/// The starts of whole lines of a stream.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    known: HashSet<[u8; SHAPE]>,
    /// How many of them begin as a piece of a gc line can.
    alike: usize,
    /// Lines since one started in a new way.
    settled: u32,
    lines: u32,
    blank: u32,
}

impl Shapes {
    fn of(text: &[u8]) -> [u8; SHAPE] {
        let mut shape = [0; SHAPE];
        for (to, from) in shape.iter_mut().zip(text) {
            *to = if from.is_ascii_digit() { b'0' } else { *from };
        }
        shape
    }

    /// Remembers how a whole line starts, unless it may be a piece of a gc line itself.
    pub(super) fn learn(&mut self, line: &[u8]) {
        let piece = |state| Walk::new(line, state, false).distinctive(state);
        let ours =
            (line.starts_with(b"gc ") && piece(START)) || token::states_starting(line).any(piece);
        if ours {
            return;
        }
        self.settled = self.settled.saturating_add(1);
        self.lines = self.lines.saturating_add(1);
        self.blank = self.blank.saturating_add(u32::from(line.is_empty()));
        if self.known.len() < SHAPES && self.known.insert(Self::of(line)) {
            self.settled = 0;
            let alike = line.starts_with(b"gc ") || token::states_starting(line).next().is_some();
            self.alike += usize::from(alike);
        }
    }

    /// Whether a whole line started as this text does.
    pub(super) fn knows(&self, text: &[u8]) -> bool {
        self.known.contains(&Self::of(text))
    }

    /// Whether lines still start in ways that were not seen before.
    pub(super) const fn new_to_us(&self) -> bool {
        self.settled < SETTLED
    }

    /// Whether so many lines are blank that one may well stand where the line feed of a gc line is expected.
    pub(super) const fn often_blank(&self) -> bool {
        self.blank > self.lines / OFTEN
    }

    /// Whether foreign lines are easily mistaken for pieces.
    pub(super) const fn slippery(&self) -> bool {
        self.alike >= SLIPPERY
    }
}
