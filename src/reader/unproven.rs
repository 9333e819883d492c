//! Gc lines with text around them that is not a known wrapping, or with unknown fields: reported once they are known to be a program's
//! own.

use super::{Finds, Found, Reader};
use crate::io::Text;
use crate::trace;
use crate::trace::cycle::GcCycle;
use crate::trace::newer::{self, Newer};
use crate::wrapping::learned::{HeldCycle, PROOF, Shape, rises};
use crate::wrapping::{Unwrapped, unwrap};

/// Lines searched ahead for others of the same shape, and their bytes.
const LINES_AHEAD: i64 = 64;
const BYTES_AHEAD: usize = 16 * 1024;
/// Beginnings in one line that are tried as lines of a newer Go.
const TRIES: usize = 4;

/// The first gc line in a text.
pub(crate) struct Within {
    /// Where it begins and ends.
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) cycle: GcCycle,
    /// Its unknown fields.
    pub(crate) newer: Option<Newer>,
}

/// What the lines ahead show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ahead {
    /// It is a wrapping.
    Proof,
    /// Not enough of them have the same shape.
    Nothing,
    /// They were not read yet.
    Later,
}

impl Within {
    /// The shape of the text around it, if that can be a wrapping.
    pub(crate) fn shape(&self, text: &[u8]) -> Option<Shape> {
        let unknown = self.newer.as_ref().map_or(&[][..], |newer| &newer.shape);
        Shape::of(&text[..self.start], &text[self.end..], unknown)
    }
}

impl Reader {
    /// The first gc line in a text, which is not all of it or has unknown fields.
    pub(crate) fn within(&self, text: &[u8]) -> Option<Within> {
        if text.len() < trace::SHORTEST {
            return None;
        }
        let mut tries = TRIES;
        let at = |start: usize| {
            let known = trace::cycle_at(&text[start..]);
            let newer = match known {
                // Another mark may follow it.
                Some((_, rest)) if !rest.starts_with(b" (") && !rest.starts_with(b", ") => None,
                _ if tries == 0 => None,
                _ => {
                    tries -= 1;
                    newer::read(&text[start..])
                }
            };
            match (newer, known) {
                (Some(newer), _) => Some(Within {
                    start,
                    end: start + newer.length,
                    cycle: newer.cycle,
                    newer: Some(newer),
                }),
                (None, Some((cycle, rest))) => Some(Within {
                    start,
                    end: text.len() - rest.len(),
                    cycle,
                    newer: None,
                }),
                (None, None) => None,
            }
        };
        self.scan.heads(text).find_map(at)
    }

    /// Whether a line at the start of its body is followed by enough lines of the same shape to show that it is a wrapping, or a newer
    /// Go.
    pub(crate) fn ahead(
        &mut self,
        text: Text<'_>,
        from: usize,
        unwrapped: &Unwrapped<'_>,
        (shape, cycle): (&Shape, &GcCycle),
    ) -> Ahead {
        if self.repair.budget.is_spent() {
            return Ahead::Nothing;
        }
        let (ahead, lines) = self.look_ahead(text, from, unwrapped, (shape, cycle));
        // If more has to be read first, this is done again.
        if ahead != Ahead::Later {
            self.repair.budget.spend(lines);
        }
        ahead
    }

    /// The same, with the number of lines searched.
    fn look_ahead(
        &self,
        text: Text<'_>,
        from: usize,
        unwrapped: &Unwrapped<'_>,
        (shape, cycle): (&Shape, &GcCycle),
    ) -> (Ahead, i64) {
        let mut at = from;
        let mut last = *cycle;
        let mut found = 1;
        for looked in 1..=LINES_AHEAD {
            if at >= self.scan.complete {
                let ahead = match self.scan.more {
                    true => Ahead::Later,
                    false => Ahead::Nothing,
                };
                return (ahead, looked);
            }
            let rest = &text.bytes[at..self.scan.complete];
            let line = self.scan.physical(rest);
            let here = &rest[..line.length];
            at += line.length;
            if at - from > BYTES_AHEAD {
                return (Ahead::Nothing, looked);
            }
            if line.needle.is_none() {
                continue;
            }
            let next = unwrap(here, self.any_depth());
            if next.stream != unwrapped.stream {
                continue;
            }
            let body = trace::trim_end(&next.body);
            if trace::whole_cycle(body).is_some() {
                // A mark need not be in every line, but a wrapping is around every line.
                if unwrapped.body.len() > body.len() && shape.is_around() {
                    return (Ahead::Nothing, looked);
                }
                continue;
            }
            let same = self
                .within(body)
                .filter(|within| within.start == 0 && within.shape(body).as_ref() == Some(shape));
            match same {
                Some(next) if rises(&last, &next.cycle) => {
                    last = next.cycle;
                    found += 1;
                    if found == PROOF {
                        return (Ahead::Proof, looked);
                    }
                }
                _ => return (Ahead::Nothing, looked),
            }
        }
        (Ahead::Nothing, LINES_AHEAD)
    }

    /// A cycle in text of this shape: reported only if more lines have that shape and their cycles rise.
    pub(crate) fn unproven(
        &mut self,
        shape: Shape,
        held: HeldCycle,
        unwrapped: &Unwrapped<'_>,
        finds: &mut dyn Finds,
    ) {
        let name = stream_of(&shape, unwrapped);
        let (events, quoted) = self.wrapping.learned.cycle(shape, &unwrapped.stream, held);
        self.count.input.gc_lines.quoted += quoted;
        if !events.is_empty() {
            self.room(&name, finds);
        }
        for held in &events {
            self.emit_held(held, &name, finds);
        }
    }

    /// A cycle of a stream follows: a line held before it may be the first of the same process.
    #[cold]
    pub(crate) fn join_first(&mut self, cycle: &GcCycle, name: &[u8], finds: &mut dyn Finds) {
        if let Some(held) = self.wrapping.learned.joined_by(name, cycle) {
            self.emit_held(&held, name, finds);
        }
    }

    fn emit_held(&mut self, held: &HeldCycle, name: &[u8], finds: &mut dyn Finds) {
        self.report(&Found::of(held, name, false), finds);
    }

    /// Remembers the first unknown field for the report.
    pub(crate) fn newer_field(&mut self, within: &Within) {
        if let (None, Some(newer)) = (&self.wrapping.newer, &within.newer) {
            self.wrapping.newer = Some((newer.first.clone(), newer.at));
        }
    }

    /// The report's warning about unknown fields.
    pub(crate) fn warning(&self) -> Option<String> {
        let (field, at) = self.wrapping.newer.as_ref()?;
        Some(format!(
            "lines have a field this version does not know: `{field}` at byte {at}; a newer Go? update gcpressure"
        ))
    }
}

/// The stream of lines of a shape: named by the text before them, or else by the known wrapping.
fn stream_of(shape: &Shape, unwrapped: &Unwrapped<'_>) -> Vec<u8> {
    let name = shape.stream();
    match name.is_empty() {
        true => unwrapped.stream.to_vec(),
        false => name,
    }
}
