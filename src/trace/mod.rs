//! Lines to events: the only importer of `nom`.
//!
//! [`parse_line`] reads one line without its wrapping.

pub(crate) mod automaton;
pub mod cycle;
pub(crate) mod gc;
pub(crate) mod grammar;
mod legacy;
pub(crate) mod newer;
mod notes;
pub(crate) mod number;
pub(crate) mod pieces;
mod text;

use automaton::State;
pub(crate) use grammar::NEEDLE;
use text::LONGEST_OPERAND;

use crate::error::ParseError;
use crate::trace::cycle::{BLANK, Event, GcCycle};

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Not GC trace.
    NotOurs,
    /// It starts like a gc line (`gc N @S.SSS`) and breaks off or does not match.
    Broken(ParseError),
    /// A whole line of trace.
    Event(Event),
}

/// Parses one line without its wrapping and line feed; blanks and a carriage return at its end are ignored.
///
/// ```
/// use gcpressure::{Event, Outcome, parse_line};
///
/// let line = b"gc 7 @1.250s 2%: 0.041+1.3+0.020 ms clock, 0.33+0.12/2.1/0+0.16 ms cpu, 4->5->2 MB, 5 MB goal, 0 MB stacks, 0 MB globals, 8 P";
/// let Outcome::Event(Event::Cycle(cycle)) = parse_line(line) else {
///     panic!("no gc line");
/// };
/// assert_eq!((cycle.number, cycle.start_ns, cycle.gomaxprocs), (7, 1_250_000_000, 8));
///
/// let Outcome::Broken(error) = parse_line(&line[..60]) else {
///     panic!("whole");
/// };
/// assert_eq!(error.to_string(), "expected the CPU times and ` ms cpu, ` at byte 60");
/// assert_eq!(parse_line(b"listening on :8080"), Outcome::NotOurs);
/// ```
pub fn parse_line(line: &[u8]) -> Outcome {
    let text = trim_end(line);
    if let Some(cycle) = whole_cycle(text) {
        return Outcome::Event(Event::Cycle(cycle));
    }
    if let Some(event) = lesser(text) {
        return Outcome::Event(event);
    }
    match diagnose(text) {
        Some(error) => Outcome::Broken(error),
        None => Outcome::NotOurs,
    }
}

/// Bytes of the shortest gc line there can be: every number in it is `0`, and the cycle's number one digit.
pub(crate) const SHORTEST: usize = 77;

/// A gc line at the start of `text`, and the text after it.
#[inline]
pub(crate) fn cycle_at(text: &[u8]) -> Option<(GcCycle, &[u8])> {
    let mut cycle = BLANK;
    let length = gc::measured(text, &mut cycle)?;
    Some((cycle, text.get(length..)?))
}

/// Reads a gc line at the start of `text` into `cycle` and returns its length.
#[inline]
pub(crate) fn measured_cycle(text: &[u8], cycle: &mut GcCycle) -> Option<usize> {
    gc::measured(text, cycle)
}

/// A gc line that is all of `text`.
#[inline]
pub(crate) fn whole_cycle(text: &[u8]) -> Option<GcCycle> {
    cycle_in(text, text.len())
}

/// A gc line that is the first `length` bytes of `text`. With the bytes after them it need not be copied to be read.
#[inline]
pub(crate) fn cycle_in(text: &[u8], length: usize) -> Option<GcCycle> {
    // Checked first: a cut line would be parsed almost to its end.
    let mut cycle = BLANK;
    let whole = may_end_cycle(text.get(..length)?)
        && gc::measured(text, &mut cycle).is_some_and(|measured| measured == length);
    whole.then_some(cycle)
}

/// Whether a gc line may end as `text` does: in ` P` or ` (forced)`.
#[inline]
pub(crate) const fn may_end_cycle(text: &[u8]) -> bool {
    matches!(text, [.., b'P' | b')'])
}

/// A line of trace other than a gc line of Go 1.5 or later, if that is all of `text`.
#[inline]
pub(crate) fn lesser(text: &[u8]) -> Option<Event> {
    match text {
        [b'g', b'c', b'0'..=b'9', ..]
        | [b'g', b'c', b' ', b'#', ..]
        | [b'G' | b's' | b'f' | b'p' | b'c' | b'i' | b'S', ..] => lesser_event(text),
        _ => None,
    }
}

fn lesser_event(text: &[u8]) -> Option<Event> {
    if let Ok(([], legacy)) = legacy::cycle(text) {
        return Some(Event::Legacy(legacy));
    }
    match notes::note(text) {
        Ok(([], note)) => Some(Event::Note(note)),
        _ => None,
    }
}

/// True if a line starts like a gc line, at least as far as `gc N @S.SSS`: then it can be [diagnosed](diagnose).
#[inline]
pub(crate) fn is_ours(text: &[u8]) -> bool {
    let start = || {
        let (rest, _) = number::uint(text.strip_prefix(b"gc ")?).ok()?;
        number::seconds(rest.strip_prefix(b" @")?).ok()
    };
    start().is_some()
}

/// Why a line that starts like a gc line does not match; `None` if it does not even start like one.
pub(crate) fn diagnose(text: &[u8]) -> Option<ParseError> {
    break_of(text).map(|(_, why)| why)
}

/// The same with the place in the grammar.
pub(crate) fn break_of(text: &[u8]) -> Option<(State, ParseError)> {
    // The walk is slow, and few lines get here.
    if !is_ours(text) {
        return None;
    }
    let end = pieces::Walk::new(text, automaton::START).last()?;
    let why = ParseError {
        offset: end.at,
        expected: automaton::expected(end.state),
    };
    (end.state >= automaton::OURS).then_some((end.state, why))
}

/// True if `text` may be the beginning of a gc line that continues inside of an operand.
pub(crate) fn may_go_on(text: &[u8]) -> bool {
    let end = pieces::Walk::new(text, automaton::START).last();
    end.is_some_and(|end| text.len() - end.at <= LONGEST_OPERAND)
}

/// True if `text` is the beginning of a gc line and nothing else: left by a program that ended while printing.
pub(crate) fn is_beginning(text: &[u8]) -> bool {
    text == b"gc"
        || pieces::Walk::new(text, automaton::START)
            .last()
            .is_some_and(|end| end.at == text.len())
}

/// Removes blanks, tabs, carriage returns and terminal sequences that reset colors or clear the rest of the line.
pub(crate) fn trim_end(mut text: &[u8]) -> &[u8] {
    loop {
        match text {
            [rest @ .., b' ' | b'\t' | b'\r'] => text = rest,
            [rest @ .., b'm' | b'K'] => {
                let digits = rest
                    .iter()
                    .rev()
                    .take_while(|b| b.is_ascii_digit() || **b == b';')
                    .count();
                match &rest[..rest.len() - digits] {
                    [before @ .., 0x1b, b'['] => text = before,
                    _ => return text,
                }
            }
            _ => return text,
        }
    }
}

#[cfg(test)]
mod tests;
