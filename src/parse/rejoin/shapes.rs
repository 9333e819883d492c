//! How the whole lines of a stream start: what tells foreign text from a piece of a gc line.

use std::collections::HashSet;

use crate::parse::token::{self, START, Walk};

/// Bytes of a line's start that are compared with other lines.
const SHAPE: usize = 16;
/// Starts of lines remembered.
const SHAPES: usize = 4_096;
/// Distinct starts of foreign lines that could be starts of pieces, from which on they are easily mistaken.
const SLIPPERY: usize = 4;

/// The starts of whole lines of a stream.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    known: HashSet<[u8; SHAPE]>,
    /// How many of them begin as a piece of a gc line can.
    alike: usize,
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
        if self.known.len() < SHAPES && !ours && self.known.insert(Self::of(line)) {
            self.alike += usize::from(token::states_starting(line).next().is_some());
        }
    }

    /// Whether a whole line started as this text does.
    pub(super) fn knows(&self, text: &[u8]) -> bool {
        self.known.contains(&Self::of(text))
    }

    /// Whether foreign lines are easily mistaken for pieces.
    pub(super) const fn slippery(&self) -> bool {
        self.alike >= SLIPPERY
    }
}
