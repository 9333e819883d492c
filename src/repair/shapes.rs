//! How the lines of a stream start, which distinguishes foreign text from a piece of a gc line.
//!
//! Everything here is in bits: the cost of a text is minus the binary logarithm of its probability, less the cost of the same bytes as
//! unknown text.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::trace::automaton::START;
use crate::trace::pieces;

/// Bytes of a line's start that are compared with other lines.
const SHAPE: usize = 16;
/// Starts of lines remembered.
const SHAPES: usize = 4_096;

/// The cost of numbers that have had one length so far, like those of a date, having another.
const FIXED: i32 = 7;

/// The first bytes of a line, digits alike, as one number.
type Bytes = u128;

/// How a line starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Start {
    shape: Bytes,
    /// The shape with runs of digits as one: `request 7` and `request 12` are of a kind.
    kind: Bytes,
    class: usize,
}

impl Start {
    pub(crate) fn of(text: &[u8]) -> Self {
        let (shape, alike) = shape(text);
        Self {
            shape,
            kind: alike.unwrap_or_else(|| kind(text)),
            class: class(text),
        }
    }
}

#[cfg(test)]
impl Start {
    /// Its shape and its kind, as the bytes they are of.
    pub(crate) fn bytes(self) -> (Vec<u8>, Vec<u8>) {
        (
            self.shape.to_le_bytes().into(),
            self.kind.to_le_bytes().into(),
        )
    }
}

/// The shape of a text; and its kind, if that follows from the shape.
fn shape(text: &[u8]) -> (Bytes, Option<Bytes>) {
    let mut first = [0; SHAPE];
    match text.first_chunk() {
        Some(chunk) => first = *chunk,
        None => first[..text.len()].copy_from_slice(text),
    }
    let first = Bytes::from_le_bytes(first);
    let digits = digits(first);
    let alike = (first & !(digits * 0xff)) | (digits * Bytes::from(b'1'));
    // Numbers do not begin with a zero, except in dates and times.
    let shape = match text {
        [b'0', b'0'..=b'9', ..] => (alike & !0xff) | Bytes::from(b'0'),
        _ => alike,
    };
    (shape, (digits & (digits << 8) == 0).then_some(alike))
}

/// Which of the bytes are digits: 1 in each digit, 0 in the others.
const fn digits(bytes: Bytes) -> Bytes {
    const ONES: Bytes = Bytes::MAX / 0xff;
    // A digit is now below 10: adding 0x80 - 10 leaves its highest bit clear. Other bytes have that bit set.
    let value = bytes ^ (ONES * b'0' as Bytes);
    let other = ((value & (ONES * 0x7f)) + ONES * (0x80 - 10)) | value;
    !other >> 7 & ONES
}

/// The first bytes of a line, runs of digits as one.
fn kind(text: &[u8]) -> Bytes {
    let mut kind = [0; SHAPE];
    let mut places = kind.iter_mut();
    let mut in_number = false;
    for byte in text {
        let digit = byte.is_ascii_digit();
        if digit && in_number {
            continue;
        }
        in_number = digit;
        let Some(place) = places.next() else { break };
        *place = if digit { b'1' } else { *byte };
    }
    Bytes::from_le_bytes(kind)
}

/// The gain of predicting a text: little for digits.
pub(crate) fn worth(text: &[u8]) -> i32 {
    let of_byte = |b: &u8| if b.is_ascii_digit() { 1 } else { 4 };
    text.iter().map(of_byte).sum()
}

/// Minus the binary logarithm of `part / whole`.
fn bits(part: usize, whole: usize) -> i32 {
    let ratio = (whole + 1) / (part + 1).max(1);
    i32::try_from(ratio.max(1).ilog2()).unwrap_or(i32::MAX)
}

/// The class of a line's first byte.
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
    /// The cost of a line of this kind having numbers of new lengths.
    fn unlike(&self) -> i32 {
        let fixed = if self.once == 0 { FIXED } else { 0 };
        bits(self.once, self.lines) + fixed
    }
}

/// The starts of whole lines of a stream.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    known: HashMap<Bytes, usize, RandomState>,
    kinds: HashMap<Bytes, Kind, RandomState>,
    lines: usize,
    /// Starts seen once.
    once: usize,
    classes: [usize; 5],
    begun: Beginnings,
}

/// A small Bloom filter of the first two bytes of every kind, to avoid looking up kinds and shapes.
#[derive(Debug, Default)]
struct Beginnings([u64; 16]);

impl Beginnings {
    const fn place(first: u8, second: u8) -> (usize, u64) {
        let bit = (first as usize * 37 + second as usize) % 1_024;
        (bit / 64, 1 << (bit % 64))
    }

    fn add(&mut self, kind: Bytes) {
        let [first, second, ..] = kind.to_le_bytes();
        let (word, bit) = Self::place(first, second);
        self.0[word] |= bit;
    }

    /// Whether a text may be of a kind that was added.
    fn may_have(&self, text: &[u8]) -> bool {
        let Some((first, rest)) = text.split_first() else {
            return true;
        };
        let (first, rest) = match first.is_ascii_digit() {
            true => {
                let most = rest.iter().take(SHAPE - 1);
                let run = most.take_while(|b| b.is_ascii_digit()).count();
                if run == SHAPE - 1 {
                    return true;
                }
                (b'1', &rest[run..])
            }
            false => (*first, rest),
        };
        let second = match rest.first() {
            Some(b'0'..=b'9') => b'1',
            Some(byte) => *byte,
            None => 0,
        };
        let (word, bit) = Self::place(first, second);
        self.0[word] & bit != 0
    }
}

impl Shapes {
    /// Remembers how a whole line starts, unless it may be a piece of a gc line itself. Returns the number of walks needed to
    /// decide.
    pub(crate) fn learn(&mut self, line: &[u8]) -> i64 {
        let mut walks = 0;
        let mut piece = |state| {
            walks += 1;
            pieces::is_distinctive(line, state)
        };
        let ours = (line.starts_with(b"gc ") && piece(START))
            || (pieces::may_be_distinctive(line) && pieces::states_starting(line).any(piece));
        if !ours {
            self.learn_start(Start::of(line));
        }
        walks
    }

    /// Remembers how foreign text starts.
    pub(crate) fn learn_start(&mut self, start: Start) {
        self.lines += 1;
        self.classes[start.class] += 1;
        let room = self.known.len() < SHAPES;
        let count = match self.known.get_mut(&start.shape) {
            Some(count) => count,
            None if room => self.known.entry(start.shape).or_default(),
            None => return,
        };
        *count += 1;
        self.begun.add(start.kind);
        let kind = self.kinds.entry(start.kind).or_default();
        kind.lines += 1;
        match count {
            1 => (self.once, kind.once) = (self.once + 1, kind.once + 1),
            2 => (self.once, kind.once) = (self.once - 1, kind.once.saturating_sub(1)),
            _ => {}
        }
    }

    /// The cost of text to the end of a line being foreign; `rest` is its [`worth`].
    pub(crate) fn foreign(&self, text: &[u8], rest: i32) -> i32 {
        let new = bits(self.once, self.lines) + bits(self.classes[class(text)], self.lines);
        if !self.begun.may_have(text) {
            return new;
        }
        // All of a line of a known kind is predicted.
        let (shape, alike) = shape(text);
        if let Some(count) = self.known.get(&shape) {
            return new.min(bits(*count, self.lines) - rest);
        }
        match self.kinds.get(&alike.unwrap_or_else(|| kind(text))) {
            Some(kind) => new.min(bits(kind.lines, self.lines) + kind.unlike() - rest),
            None => new,
        }
    }
}
