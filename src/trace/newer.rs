//! Gc lines of a newer Go: ` N UNIT words,` fields and ` (words)` marks that are not in the table are skipped. Every field in the table
//! must be there, once and in order.

use std::borrow::Cow;

use super::automaton::{PERCENT, START};
use super::grammar::LINE;
use super::pieces::Walk;
use super::{is_ours, measured_cycle};
use crate::trace::cycle::{BLANK, GcCycle};

/// Unknown fields and marks in one line.
const MOST: usize = 4;
/// Bytes of one.
const LONGEST: usize = 64;
/// Words of a field behind its number.
const WORDS: usize = 5;
/// Bytes of a line.
const LINE_BYTES: usize = 1_024;

/// A gc line with unknown fields or marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Newer {
    pub(crate) cycle: GcCycle,
    /// Bytes of the line.
    pub(crate) length: usize,
    /// The first unknown field or mark, with the blank before it.
    pub(crate) first: String,
    /// Its place in the line.
    pub(crate) at: usize,
    /// The unknown fields and the operands before them, without their numbers: the same in every line of a version.
    pub(crate) shape: Vec<u8>,
}

/// Reads a gc line with unknown fields at the start of `text`.
pub(crate) fn read(text: &[u8]) -> Option<Newer> {
    if !is_ours(text) {
        return None;
    }
    let text = &text[..text.len().min(LINE_BYTES)];
    // Copied only when an unknown field is found: most lines that come here are cut.
    let mut plain = Cow::Borrowed(text);
    let mut newer: Option<Newer> = None;
    let mut removed = 0;
    for _ in 0..=MOST {
        let mut cycle = BLANK;
        let measured = measured_cycle(&plain, &mut cycle);
        let unknown = match measured {
            Some(length) => behind(&plain, length),
            None => inside(&plain),
        };
        let Some(unknown) = unknown else {
            let length = removed + measured?;
            return newer.map(|newer| Newer {
                cycle,
                length,
                ..newer
            });
        };
        let Unknown {
            at,
            length,
            operand,
        } = unknown;
        let text = String::from_utf8_lossy(&plain[at..at + length]).into_owned();
        let shape = || text.bytes().filter(|b| !b.is_ascii_digit() && *b != b'.');
        let known = newer.get_or_insert_with(|| Newer {
            cycle,
            length: 0,
            first: text.trim_matches(',').to_owned(),
            at: at + usize::from(text.starts_with(',')),
            shape: Vec::new(),
        });
        known.shape.extend_from_slice(&[b'\0', operand]);
        known.shape.extend(shape());
        plain.to_mut().drain(at..at + length);
        removed += length;
    }
    None
}

struct Unknown {
    at: usize,
    length: usize,
    /// The state of the walk in front of it.
    operand: u8,
}

/// An unknown mark, or field after a comma, after a whole line.
fn behind(text: &[u8], length: usize) -> Option<Unknown> {
    let rest = &text[length..];
    let unknown = mark(rest).or_else(|| {
        let field = rest.strip_prefix(b",")?;
        Some(1 + field_of(field)?)
    })?;
    Some(Unknown {
        at: length,
        length: unknown,
        operand: u8::MAX,
    })
}

/// An unknown mark after the percentage, or field between others, where the walk through a line ends.
fn inside(text: &[u8]) -> Option<Unknown> {
    let end = Walk::new(text, START).last()?;
    if end.state == PERCENT + 1 {
        let length = mark(&text[end.at..])?;
        return Some(Unknown {
            at: end.at,
            length,
            operand: end.state,
        });
    }
    // The walk took the number of the field for that of the next one: the field starts before it.
    let comma = memchr::memmem::rfind(&text[..end.at], b", ")?;
    if end.state <= PERCENT {
        return None;
    }
    let at = comma + 1;
    let length = field_of(&text[at..])?;
    (text.get(at + length) == Some(&b',')).then_some(Unknown {
        at,
        length: length + 1,
        operand: end.state,
    })
}

/// The length of ` (words)`, unless it is in the table.
fn mark(text: &[u8]) -> Option<usize> {
    let inside = text.strip_prefix(b" (")?;
    let end = inside.iter().take(LONGEST).position(|b| *b == b')')?;
    let word = |b: &u8| b.is_ascii_alphanumeric() || b" ,.:=/+-_".contains(b);
    let length = 2 + end + 1;
    let fits = end > 0 && inside[0].is_ascii_alphanumeric() && inside[..end].iter().all(word);
    (fits && !is_known(&text[..length])).then_some(length)
}

/// The length of ` N UNIT words`, unless it is in the table.
fn field_of(text: &[u8]) -> Option<usize> {
    let inside = text.strip_prefix(b" ")?;
    let number = inside
        .iter()
        .take_while(|b| b.is_ascii_digit() || **b == b'.');
    let number = number.count();
    let words = &inside[number..];
    let of_words = |b: &&u8| b.is_ascii_alphanumeric() || b" %/-_".contains(b);
    let end = words.iter().take(LONGEST).take_while(of_words).count();
    let words = words[..end].trim_ascii_end();
    let behind_blank = words.strip_prefix(b" ")?;
    let count = behind_blank.split(|b| *b == b' ').count();
    let fits = inside.first().is_some_and(u8::is_ascii_digit)
        && !behind_blank.starts_with(b" ")
        && !behind_blank.is_empty()
        && count <= WORDS;
    (fits && !is_known(words)).then_some(1 + number + words.len())
}

/// Whether a literal is in the table, without the separator at its end.
fn is_known(literal: &[u8]) -> bool {
    LINE.iter()
        .any(|row| row.literal.trim_end_matches([',', ' ']).as_bytes() == literal)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE_1_18: &str = "gc 7 @1.234s 2%: 0.049+1.2+0.003 ms clock, 0.39+0.12/2.3/0+0.031 ms cpu, 4->5->2 MB, 6 MB goal, 1 MB stacks, 0 MB globals, 8 P";

    fn of(line: &str) -> Option<(String, usize, usize)> {
        read(line.as_bytes()).map(|newer| (newer.first, newer.at, newer.length))
    }

    #[test]
    fn unknown_fields_and_marks_are_skipped() {
        for (old, new, first) in [
            (" P", " P (unheard)", " (unheard)"),
            (" P", " P (forced) (unheard 2)", " (unheard 2)"),
            (" P", " P (unheard) (forced)", " (unheard)"),
            (" P", " P, 5 MB unheard", " 5 MB unheard"),
            ("2%", "2% (unseen)", " (unseen)"),
            (
                " MB globals,",
                " MB globals, 5 MB unheard,",
                " 5 MB unheard",
            ),
            (
                " MB goal,",
                " MB goal, 12 KiB of unheard pages,",
                " 12 KiB of unheard pages",
            ),
            (" MB, ", " MB, 5 MB unheard, ", " 5 MB unheard"),
            (
                " ms clock,",
                " ms clock, 0.5 ms unheard,",
                " 0.5 ms unheard",
            ),
            (
                " ms cpu,",
                " ms cpu, 118 ms unheard, 3 MB unseen,",
                " 118 ms unheard",
            ),
        ] {
            let line = LINE_1_18.replacen(old, new, 1);
            let at = line.find(first);
            assert_eq!(
                of(&line),
                at.map(|at| (first.to_owned(), at, line.len())),
                "{line}"
            );
            let newer = read(line.as_bytes()).expect("a line");
            assert_eq!(newer.cycle.heap_goal_mib, 6);
            assert_eq!(newer.cycle.forced, line.contains("(forced)"));
            // The same with other numbers, another without.
            let other = line
                .replace("5 MB unheard", "77 MB unheard")
                .replace("1.234s", "9.234s");
            assert_eq!(
                read(other.as_bytes()).map(|newer| newer.shape),
                Some(newer.shape)
            );
            // What stands behind it is left.
            assert_eq!(
                of(&format!("{line}\"}}")).map(|of| of.2),
                Some(line.len()),
                "{line}"
            );
        }
    }

    #[test]
    fn every_known_field_is_there_once_and_in_order() {
        for (old, new) in [
            (" 6 MB goal,", ""),
            (" 0 MB globals,", ""),
            (" 6 MB goal,", " 6 MB goal, 6 MB goal,"),
            (" 1 MB stacks, 0 MB globals,", " 0 MB globals, 1 MB stacks,"),
            (" 8 P", " 8 P, 8 P"),
            ("2%", "2% (forced)"),
            ("2%", "2 % (unseen)"),
            (" 0 MB globals,", " 0 MB globals, 5 MB, unheard,"),
            (" 0 MB globals,", " 0 MB globals, MB unheard,"),
            ("", ""),
        ] {
            let line = LINE_1_18.replacen(old, new, 1);
            assert!(of(&line).is_none_or(|of| of.2 < line.len()), "{line}");
        }
        assert_eq!(of(LINE_1_18), None);
        assert_eq!(of("gc 7 @1.234s"), None);
        assert_eq!(of(""), None);
    }
}
