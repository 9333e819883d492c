//! Text around gc lines that is not a known wrapping. If several lines have the same text and their cycles rise, it is a wrapping, else
//! a quotation.

use std::collections::{HashMap, HashSet, VecDeque};

use foldhash::fast::RandomState;

use super::ansi::escape_length;
use super::timestamp::timestamp;
use crate::trace::cycle::GcCycle;

/// Shapes not known as wrappings that are watched at the same time: as many as streams.
const WATCHED: usize = 512;
/// Shapes known as wrappings. If there are more, all are forgotten and have to be proved again.
const KNOWN: usize = 4_096;
/// Longer text is not a wrapping.
const LONGEST: usize = 512;
/// Lines of the same shape with rising cycles that make it a wrapping.
pub(crate) const PROOF: usize = 3;
/// Slack for starts printed in whole milliseconds and phases truncated, ns.
const SLACK_NS: u64 = 2_000_000;

/// A cycle that was read, kept with its place until it is known what it is.
#[derive(Debug)]
pub(crate) struct HeldCycle {
    pub(crate) cycle: GcCycle,
    pub(crate) raw: Vec<u8>,
    pub(crate) line: u64,
    pub(crate) offset: u64,
    pub(crate) wall: Option<String>,
}

/// The text around a gc line, without the parts that change from line to line.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Shape(Vec<u8>);

impl Shape {
    /// The shape of the text before and after the line, and of the [unknown fields](crate::trace::newer) in it. `None` if the text after
    /// it does not begin like a wrapping, or there is too much text.
    pub(crate) fn of(before: &[u8], behind: &[u8], unknown: &[u8]) -> Option<Self> {
        if before.len() + behind.len() > LONGEST {
            return None;
        }
        let mut shape = without_times(before);
        shape.push(0);
        let wraps = wraps(behind)?;
        // After a prefix, only the beginning of the text after the line has to be the same; without a prefix, all of it.
        match before {
            [] => shape.extend(without_times(behind)),
            _ => shape.extend_from_slice(wraps),
        }
        shape.push(0);
        shape.extend_from_slice(unknown);
        Some(Self(shape))
    }

    /// Whether there is text around the line.
    pub(crate) fn is_around(&self) -> bool {
        !self.0.starts_with(b"\0\0")
    }

    /// The name of the stream, empty if there is none before the line.
    pub(crate) fn stream(&self) -> Vec<u8> {
        let end = memchr::memchr(0, &self.0).unwrap_or(self.0.len());
        match &self.0[..end] {
            // The name of a field.
            [.., b'"' | b'\'' | b'`' | b'='] => Vec::new(),
            before => stream_name(before),
        }
    }
}

/// The beginning of the text after a line, if it closes what was opened before the line or begins another field: a quote, brace,
/// bracket, `<`, comma, tab or ` key=`; empty if there is no text.
fn wraps(behind: &[u8]) -> Option<&[u8]> {
    match behind {
        [] => Some(&[]),
        [
            b'"' | b'\'' | b'`' | b'}' | b'{' | b']' | b'[' | b')' | b'<' | b',' | b';' | b'\t'
            | b'\\',
            ..,
        ] => Some(&behind[..1]),
        [b' ', b'{' | b'[' | b'<' | b'"' | b'}' | b']', ..] => Some(&behind[..2]),
        [b' ', key @ ..] => {
            let word = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
            let end = key.iter().position(|b| !word(b))?;
            (end > 0 && key[end] == b'=').then(|| &behind[..end + 2])
        }
        _ => None,
    }
}

/// The shapes of the lines of a log.
#[derive(Default)]
pub(crate) struct LearnedPrefixes {
    /// The last cycles of shapes that may be wrappings.
    watched: HashMap<Shape, Vec<HeldCycle>, RandomState>,
    /// These shapes, the one watched longest first.
    order: VecDeque<Shape>,
    /// Wrappings.
    known: HashSet<Shape, RandomState>,
    /// Cycles with a smaller number than the one before in the same shape.
    falling: u64,
    /// The last line without a prefix that has a shape, and how many in a row had it.
    row: Option<(Shape, GcCycle, usize)>,
    /// The only line of its shape so far, and the stream that it would be in: a wrapper may put text before the first line only.
    first: Option<(Vec<u8>, Shape)>,
}

/// Whether a cycle can follow another in the same process.
pub(crate) fn rises(last: &GcCycle, cycle: &GcCycle) -> bool {
    cycle.number > last.number && cycle.start_ns >= last.start_ns
}

impl LearnedPrefixes {
    /// The number of cycles that were never proved, and so are quotations.
    pub(crate) fn held(&mut self) -> u64 {
        self.watched
            .drain()
            .map(|(_, held)| held.len() as u64)
            .sum()
    }

    /// Whether the cycles run newest first: none rose, and some fell.
    pub(crate) fn newest_first(&self) -> bool {
        self.known.is_empty() && self.falling >= PROOF as u64
    }

    /// Whether a shape is a wrapping.
    pub(crate) fn is_known(&self, shape: &Shape) -> bool {
        self.known.contains(shape)
    }

    /// The shape is a wrapping.
    pub(crate) fn prove(&mut self, shape: Shape) {
        if self.known.len() == KNOWN {
            self.known.clear();
        }
        self.known.insert(shape);
    }

    /// A line that begins with a gc line and has a shape that the lines after it did not prove. True if those before did.
    pub(crate) fn in_a_row(&mut self, shape: &Shape, cycle: &GcCycle) -> bool {
        let count = match &self.row {
            Some((last, before, count)) if last == shape && rises(before, cycle) => count + 1,
            _ => 1,
        };
        self.row = Some((shape.clone(), *cycle, count));
        if count >= PROOF {
            self.prove(shape.clone());
        }
        count >= PROOF
    }

    /// A cycle of a shape, with the stream it would have without: returns the cycles proved by it, and the number of cycles that are
    /// quotations after all.
    pub(crate) fn cycle(
        &mut self,
        shape: Shape,
        stream: &[u8],
        cycle: HeldCycle,
    ) -> (Vec<HeldCycle>, u64) {
        self.first = None;
        if self.known.contains(&shape) {
            return (vec![cycle], 0);
        }
        if let Some(held) = self.watched.get_mut(&shape) {
            let rise = held
                .last()
                .is_none_or(|last| rises(&last.cycle, &cycle.cycle));
            if !rise {
                let falls = |last: &HeldCycle| {
                    cycle.cycle.number < last.cycle.number
                        && cycle.cycle.start_ns <= last.cycle.start_ns
                };
                if !held.last().is_some_and(falls) {
                    return (Vec::new(), 1);
                }
                // Another process with the same prefix, or the newest line first: the next cycle rises or falls from this one.
                self.falling += 1;
                return (
                    Vec::new(),
                    std::mem::replace(held, vec![cycle]).len() as u64,
                );
            }
            held.push(cycle);
            if held.len() < PROOF {
                return (Vec::new(), 0);
            }
            let held = std::mem::take(held);
            self.watched.remove(&shape);
            self.prove(shape);
            return (held, 0);
        }
        let quoted = if self.watched.len() == WATCHED {
            self.forget_oldest()
        } else {
            0
        };
        if self.order.len() >= 2 * WATCHED {
            self.order.retain(|shape| self.watched.contains_key(shape));
        }
        self.order.push_back(shape.clone());
        self.first = Some((stream.to_vec(), shape.clone()));
        self.watched.insert(shape, vec![cycle]);
        (Vec::new(), quoted)
    }

    /// Whether a line is held that the next cycle of its stream may prove.
    pub(crate) const fn waits(&self) -> bool {
        self.first.is_some()
    }

    /// A cycle without such a prefix: returns the line held before it, if that is the first of its stream and number and clock
    /// continue.
    pub(crate) fn joined_by(&mut self, stream: &[u8], cycle: &GcCycle) -> Option<HeldCycle> {
        let (name, shape) = self.first.as_ref()?;
        if name != stream {
            return None;
        }
        let joins = |held: &HeldCycle| {
            cycle.follows(&held.cycle)
                && cycle.format == held.cycle.format
                && cycle.start_ns.saturating_add(SLACK_NS) >= held.cycle.end_ns()
        };
        let held = match self.watched.get_mut(shape) {
            Some(held) if held.last().is_some_and(joins) => held.pop(),
            _ => None,
        };
        if held.is_some() {
            self.watched.remove(shape);
        }
        self.first = None;
        held
    }

    /// Drops the shape that was watched longest. Returns the number of its cycles.
    fn forget_oldest(&mut self) -> u64 {
        // Shapes that were proved are still in the list.
        while let Some(oldest) = self.order.pop_front() {
            if let Some(held) = self.watched.remove(&oldest) {
                return held.len() as u64;
            }
        }
        0
    }
}

/// A prefix without the timestamps in it, and without logrus's seconds behind the level (`INFO[0012] `): they change from
/// line to line.
fn without_times(prefix: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(prefix.len());
    let mut at = 0;
    while let Some(rest) = prefix.get(at..).filter(|rest| !rest.is_empty()) {
        let starts = at == 0 || !prefix[at - 1].is_ascii_alphanumeric();
        let seconds = || seconds_of_level(rest).filter(|_| ends_with_level(&kept));
        match timestamp(rest).filter(|_| starts).or_else(seconds) {
            Some(length) => at += length,
            None => {
                kept.push(rest[0]);
                at += 1;
            }
        }
    }
    kept
}

/// Length of digits in brackets.
fn seconds_of_level(text: &[u8]) -> Option<usize> {
    let inside = text.strip_prefix(b"[")?;
    let digits = inside.iter().take_while(|b| b.is_ascii_digit()).count();
    (digits > 0 && inside.get(digits) == Some(&b']')).then_some(digits + 2)
}

fn ends_with_level(text: &[u8]) -> bool {
    let letters = text.iter().rev().take_while(|b| b.is_ascii_alphabetic());
    let word = &text[text.len() - letters.count()..];
    LEVELS
        .iter()
        .any(|level| level.as_bytes().eq_ignore_ascii_case(word))
}

/// Words that name a level, not a stream.
const LEVELS: [&str; 12] = [
    "trace", "debug", "debg", "info", "notice", "warn", "warning", "error", "err", "dbg", "inf",
    "wrn",
];

/// An unknown prefix as the name of a stream: without colors, and without punctuation around the name. Empty if nothing is left.
fn stream_name(prefix: &[u8]) -> Vec<u8> {
    let mut name = Vec::with_capacity(prefix.len());
    let mut rest = prefix;
    while let Some((first, behind)) = rest.split_first() {
        let color = escape_length(rest);
        if color > 0 {
            rest = &rest[color..];
        } else {
            name.push(*first);
            rest = behind;
        }
    }
    let inside =
        |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b']' | b')' | b'[' | b'(') || *b >= 0x80;
    let start = name.iter().position(inside).unwrap_or(name.len());
    let end = name.iter().rposition(inside).map_or(start, |i| i + 1);
    let name = name[start..end].to_vec();
    let letters: Vec<u8> = name
        .iter()
        .filter(|b| b.is_ascii_alphanumeric())
        .map(u8::to_ascii_lowercase)
        .collect();
    if letters.is_empty() || LEVELS.iter().any(|level| level.as_bytes() == letters) {
        return Vec::new();
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_ends_in_what_can_close_a_wrapping() {
        let of = |before: &str, behind: &str| Shape::of(before.as_bytes(), behind.as_bytes(), b"");
        for behind in [
            "",
            "\"",
            "'",
            "}",
            "]",
            "<br>",
            ", 7",
            "\t",
            " pod=a",
            " {\"pod\":\"a\"}",
            "\\n\"",
        ] {
            assert!(of("x: ", behind).is_some(), "{behind}");
            assert!(of("", behind).is_some(), "{behind}");
        }
        for behind in [
            " in the log",
            ".",
            " and gc 8",
            " =a",
            " pod =a",
            "(unheard)",
            ":",
        ] {
            assert_eq!(of("see ", behind), None, "{behind}");
        }
        // Times change, and so do the values of fields behind a prefix that stays.
        assert_eq!(
            of("2026-11-23T00:12:01Z {\"n\": \"", "\", \"a\": 1}"),
            of("2026-11-23T00:13:01Z {\"n\": \"", "\", \"a\": 2}")
        );
        assert_ne!(of("", " {\"a\":1}"), of("", " {\"a\":2}"));
        assert_eq!(
            of("[web-1] ", "").map(|shape| shape.stream()),
            Some(b"[web-1]".to_vec())
        );
        assert_eq!(of(&"x".repeat(600), ""), None);
    }
}
