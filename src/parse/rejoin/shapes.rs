//! How the lines of a stream start: what tells foreign text from a piece of a gc line.
//!
//! Everything here is in bits: what text costs is minus the binary logarithm of its probability, less what the same
//! bytes would cost as text of which nothing is known.

use std::collections::HashMap;

use crate::parse::token::{self, START, Walk};

/// Bytes of a line's start that are compared with other lines.
const SHAPE: usize = 16;
/// Starts of lines remembered.
const SHAPES: usize = 4_096;

/// How a line starts: its first bytes, digits alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Shape {
    text: [u8; SHAPE],
    length: u8,
}

impl Shape {
    pub(super) fn of(text: &[u8]) -> Self {
        let mut shape = [0; SHAPE];
        for (to, from) in shape.iter_mut().zip(text) {
            *to = if from.is_ascii_digit() { b'0' } else { *from };
        }
        Self {
            text: shape,
            length: u8::try_from(text.len().min(SHAPE)).unwrap_or(0),
        }
    }

    fn bytes(&self) -> &[u8] {
        &self.text[..usize::from(self.length)]
    }
}

/// What it is worth to know these bytes beforehand: a digit among digits is worth little.
pub(super) fn worth(text: &[u8]) -> i32 {
    text.iter()
        .map(|byte| if byte.is_ascii_digit() { 1 } else { 4 })
        .sum()
}

/// Minus the binary logarithm of `part / whole`.
fn bits(part: usize, whole: usize) -> i32 {
    let ratio = (whole + 1) / (part + 1).max(1);
    i32::try_from(ratio.max(1).ilog2()).unwrap_or(i32::MAX)
}

/// What a line starts with, as far as it tells kinds of lines apart.
fn class(text: &[u8]) -> usize {
    match text.first() {
        None => 0,
        Some(b'0'..=b'9') => 1,
        Some(b' ' | b'\t') => 2,
        Some(b'a'..=b'z' | b'A'..=b'Z' | b'[' | b'{' | b'(' | 0x80..) => 3,
        Some(_) => 4,
    }
}

/// The starts of whole lines of a stream.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    known: HashMap<Shape, usize>,
    lines: usize,
    /// Starts seen once.
    once: usize,
    classes: [usize; 5],
}

impl Shapes {
    /// Remembers how a whole line starts, unless it may be a piece of a gc line itself.
    pub(super) fn learn(&mut self, line: &[u8]) {
        let piece = |state| Walk::new(line, state, false).distinctive(state);
        let ours =
            (line.starts_with(b"gc ") && piece(START)) || token::states_starting(line).any(piece);
        if !ours {
            self.learn_shape(Shape::of(line));
        }
    }

    /// Remembers how foreign text starts.
    pub(super) fn learn_shape(&mut self, shape: Shape) {
        self.lines += 1;
        self.classes[class(shape.bytes())] += 1;
        let room = self.known.len() < SHAPES;
        match self.known.get_mut(&shape) {
            Some(count) => {
                self.once -= usize::from(*count == 1);
                *count += 1;
            }
            None if room => {
                self.once += 1;
                self.known.insert(shape, 1);
            }
            None => {}
        }
    }

    /// What it costs that this text, to the end of its line, is foreign.
    pub(super) fn foreign(&self, text: &[u8]) -> i32 {
        let shape = Shape::of(text);
        let new = bits(self.once, self.lines) + bits(self.classes[class(text)], self.lines);
        match self.known.get(&shape) {
            Some(count) => new.min(bits(*count, self.lines) - worth(shape.bytes())),
            None => new,
        }
    }
}
