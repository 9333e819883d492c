//! How the whole lines of a stream start: what tells foreign text from a piece of a gc line.

use std::collections::HashSet;

use crate::parse::token::{self, START, Walk};

/// Bytes of a line's start that are compared with other lines.
const SHAPE: usize = 16;
/// Starts of lines remembered.
const SHAPES: usize = 4_096;
/// Distinct starts of foreign lines that could be starts of pieces, from which on they are easily mistaken.
const SLIPPERY: usize = 4;
/// Lines for each way to start, from which on the ways are known.
const SETTLED: usize = 4;
/// One blank line in so many is often.
const OFTEN: usize = 16;

/// The starts of whole lines of a stream.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    known: HashSet<[u8; SHAPE]>,
    /// How many of them begin as a piece of a gc line can.
    alike: usize,
    /// Lines learnt from, and blank ones among them.
    lines: usize,
    blank: usize,
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
        self.lines = self.lines.saturating_add(1);
        self.blank += usize::from(line.is_empty());
        if self.known.len() < SHAPES && self.known.insert(Self::of(line)) {
            let alike = line.starts_with(b"gc ") || token::states_starting(line).next().is_some();
            self.alike += usize::from(alike);
        }
    }

    /// Whether a whole line started as this text does.
    pub(super) fn knows(&self, text: &[u8]) -> bool {
        self.known.contains(&Self::of(text))
    }

    /// Whether it is not known yet how the lines of this stream start: they still do so in new ways.
    pub(super) fn unsettled(&self) -> bool {
        self.known.len() > self.lines / SETTLED
    }

    /// Whether some foreign line can be mistaken for a piece.
    pub(super) const fn deceptive(&self) -> bool {
        self.alike > 0
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
