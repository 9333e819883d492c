//! How the lines of a stream start: what tells foreign text from a piece of a gc line.
//!
//! Everything here is in bits: what text costs is minus the binary logarithm of its probability, less what the same
//! bytes would cost as text of which nothing is known.

use std::collections::BTreeMap;

use crate::parse::token::{self, START, Walk};

/// Bytes of a line's start that are compared with other lines.
const SHAPE: usize = 16;
/// Starts of lines remembered.
const SHAPES: usize = 4_096;

/// What it costs that numbers which have had one length so far, as those of a date do, have another.
const FIXED: i32 = 7;

/// The first bytes of a line, digits alike, as one number.
type Bytes = u128;

/// How a line starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Start {
    shape: Bytes,
    /// The shape with runs of digits as one: `request 7` and `request 12` are of a kind.
    kind: Bytes,
    class: usize,
}

impl Start {
    pub(super) fn of(text: &[u8]) -> Self {
        let (mut shape, mut kind) = ([0; SHAPE], [0; SHAPE]);
        let mut runs = 0;
        let mut before = 0;
        for (at, byte) in text.iter().enumerate() {
            let alike = if byte.is_ascii_digit() { b'1' } else { *byte };
            if let Some(to) = shape.get_mut(at) {
                *to = alike;
            }
            if alike != b'1' || before != b'1' {
                let Some(to) = kind.get_mut(runs) else { break };
                *to = alike;
                runs += 1;
            }
            before = alike;
        }
        // Numbers do not begin with a zero, other than in dates and times.
        if let [b'0', b'0'..=b'9', ..] = text {
            shape[0] = b'0';
        }
        Self {
            shape: Bytes::from_le_bytes(shape),
            kind: Bytes::from_le_bytes(kind),
            class: class(text),
        }
    }
}

/// What it is worth to know the bytes up to each place of a line beforehand: a digit among digits is worth little.
pub(super) fn worth(line: &[u8]) -> Vec<i32> {
    let of = |byte: &u8| if byte.is_ascii_digit() { 1 } else { 4 };
    let sums = line.iter().scan(0, |sum, byte| {
        *sum += of(byte);
        Some(*sum)
    });
    std::iter::once(0).chain(sums).collect()
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

/// Shapes that differ only in how long their numbers are.
#[derive(Debug, Default)]
struct Kind {
    lines: usize,
    /// Shapes of this kind seen once.
    once: usize,
}

impl Kind {
    /// What it costs that a line of the kind has numbers of lengths not seen before.
    fn unlike(&self) -> i32 {
        let fixed = if self.once == 0 { FIXED } else { 0 };
        bits(self.once, self.lines) + fixed
    }
}

/// The starts of whole lines of a stream.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    known: BTreeMap<Bytes, usize>,
    kinds: BTreeMap<Bytes, Kind>,
    lines: usize,
    /// Starts seen once.
    once: usize,
    classes: [usize; 5],
}

impl Shapes {
    /// Remembers how a whole line starts, unless it may be a piece of a gc line itself.
    pub(super) fn learn(&mut self, line: &[u8]) {
        let piece = |state| Walk::new(line, state, false).distinctive(state);
        let ours = (line.starts_with(b"gc ") && piece(START))
            || (token::may_be_distinctive(line) && token::states_starting(line).any(piece));
        if !ours {
            self.learn_start(Start::of(line));
        }
    }

    /// Remembers how foreign text starts.
    pub(super) fn learn_start(&mut self, start: Start) {
        self.lines += 1;
        self.classes[start.class] += 1;
        let room = self.known.len() < SHAPES;
        let count = match self.known.get_mut(&start.shape) {
            Some(count) => count,
            None if room => self.known.entry(start.shape).or_default(),
            None => return,
        };
        *count += 1;
        let kind = self.kinds.entry(start.kind).or_default();
        kind.lines += 1;
        match count {
            1 => (self.once, kind.once) = (self.once + 1, kind.once + 1),
            2 => (self.once, kind.once) = (self.once - 1, kind.once.saturating_sub(1)),
            _ => {}
        }
    }

    /// What it costs that text to the end of a line is foreign; `rest` is what the text is worth.
    pub(super) fn foreign(&self, text: &[u8], rest: i32) -> i32 {
        let start = Start::of(text);
        let new = bits(self.once, self.lines) + bits(self.classes[start.class], self.lines);
        // A line of a known kind is no news to its end.
        let known = match (self.known.get(&start.shape), self.kinds.get(&start.kind)) {
            (Some(count), _) => bits(*count, self.lines) - rest,
            (None, Some(kind)) => bits(kind.lines, self.lines) + kind.unlike() - rest,
            (None, None) => new,
        };
        new.min(known)
    }
}
