//! Gc lines behind a prefix that is no known wrapping: events if the prefix stays and the cycles rise, else quotations.

use std::collections::{HashMap, HashSet, VecDeque};

use foldhash::fast::RandomState;

use super::prefix::{escape_length, timestamp};
use crate::event::GcCycle;

/// Prefixes that are no known wrapping, watched at the same time: as many as there are streams.
const WATCHED: usize = 512;
/// Prefixes known as wrappings. More are forgotten all at once, and have to show again that they stay.
const KNOWN: usize = 4_096;
/// No wrapping is as long.
pub(crate) const LONGEST: usize = 512;
/// Lines with the same strange prefix, rising, that make it a wrapping.
const STRANGE_LINES: usize = 3;

/// A cycle behind a prefix that is no known wrapping.
pub(crate) struct Held {
    pub(crate) cycle: GcCycle,
    pub(crate) raw: Vec<u8>,
    pub(crate) line: u64,
    pub(crate) offset: u64,
    pub(crate) wall: Option<String>,
}

/// Prefixes that are no known wrapping.
#[derive(Default)]
pub(crate) struct LearnedPrefixes {
    /// Not known yet whether they are: the last cycles behind each.
    watched: HashMap<Vec<u8>, Vec<Held>, RandomState>,
    /// The same, the one watched longest first.
    order: VecDeque<Vec<u8>>,
    /// They are.
    known: HashSet<Vec<u8>, RandomState>,
    /// Cycles with a smaller number than the one before behind the same prefix.
    falling: u64,
}

impl LearnedPrefixes {
    /// Cycles of which it was never known whether they are more than quotations.
    pub(crate) fn held(&mut self) -> u64 {
        self.watched
            .drain()
            .map(|(_, held)| held.len() as u64)
            .sum()
    }

    /// Whether the cycles run newest first: none rose, and some fell.
    pub(crate) fn newest_first(&self) -> bool {
        self.known.is_empty() && self.falling >= STRANGE_LINES as u64
    }

    /// A cycle behind a prefix: all that are events by now, and how many are quotations after all.
    pub(crate) fn cycle(&mut self, prefix: Vec<u8>, cycle: Held) -> (Vec<Held>, u64) {
        if self.known.contains(&prefix) {
            return (vec![cycle], 0);
        }
        if let Some(held) = self.watched.get_mut(&prefix) {
            let rises = held.last().is_none_or(|last| {
                cycle.cycle.number > last.cycle.number
                    && cycle.cycle.start_ns >= last.cycle.start_ns
            });
            if !rises {
                let falls = |last: &Held| {
                    cycle.cycle.number < last.cycle.number
                        && cycle.cycle.start_ns <= last.cycle.start_ns
                };
                if !held.last().is_some_and(falls) {
                    return (Vec::new(), 1);
                }
                // Another process behind the prefix, or the newest line first: from it the next one rises, or falls again.
                self.falling += 1;
                return (
                    Vec::new(),
                    std::mem::replace(held, vec![cycle]).len() as u64,
                );
            }
            held.push(cycle);
            if held.len() < STRANGE_LINES {
                return (Vec::new(), 0);
            }
            let held = std::mem::take(held);
            self.watched.remove(&prefix);
            if self.known.len() == KNOWN {
                self.known.clear();
            }
            self.known.insert(prefix);
            return (held, 0);
        }
        let quoted = if self.watched.len() == WATCHED {
            self.forget_oldest()
        } else {
            0
        };
        if self.order.len() >= 2 * WATCHED {
            self.order
                .retain(|prefix| self.watched.contains_key(prefix));
        }
        self.order.push_back(prefix.clone());
        self.watched.insert(prefix, vec![cycle]);
        (Vec::new(), quoted)
    }

    /// No longer watches the prefix that was watched longest. Gives the number of its cycles.
    fn forget_oldest(&mut self) -> u64 {
        // Those that have become known are still in the order.
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
pub(crate) fn without_times(prefix: &[u8]) -> Vec<u8> {
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

/// A strange prefix as the name of a stream: without colours, and without what stands around the name. Empty where
/// nothing is left that could be one.
pub(crate) fn stream_name(prefix: &[u8]) -> Vec<u8> {
    let mut name = Vec::with_capacity(prefix.len());
    let mut rest = prefix;
    while let Some((first, behind)) = rest.split_first() {
        let colour = escape_length(rest);
        if colour > 0 {
            rest = &rest[colour..];
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
