//! Gc lines with text around them that is no known wrapping, or with fields that are not known: handed on once they have proved to
//! be a program's own.

use super::{Finds, Found, Reader};
use crate::event::GcCycle;
use crate::io::Text;
use crate::trace::newer::{self, Newer};
use crate::trace::{self, NEEDLE};
use crate::wrapping::learned::{Held, PROOF, Shape, rises};
use crate::wrapping::{Unwrapped, unwrap};

/// Lines looked at ahead for others of the same shape, and their bytes.
const LINES_AHEAD: i64 = 64;
const BYTES_AHEAD: usize = 16 * 1024;
/// Beginnings in one line that are read as those of a newer Go.
const TRIES: usize = 4;

/// The first gc line in a text.
pub(crate) struct Within {
    /// Where it begins and ends.
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) cycle: GcCycle,
    /// What is not known in it.
    pub(crate) newer: Option<Newer>,
}

/// What the lines ahead tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ahead {
    /// It is a wrapping.
    Proof,
    /// Not enough of them are alike.
    Nothing,
    /// They were not read yet.
    Later,
}

impl Within {
    /// What is around it in its text, if that can be a wrapping.
    pub(crate) fn shape(&self, text: &[u8]) -> Option<Shape> {
        let unknown = self.newer.as_ref().map_or(&[][..], |newer| &newer.shape);
        Shape::of(&text[..self.start], &text[self.end..], unknown)
    }
}

impl Reader {
    /// The first gc line in a text, which is not all of it or has something unknown in it.
    pub(crate) fn within(&self, text: &[u8]) -> Option<Within> {
        if text.len() < trace::SHORTEST {
            return None;
        }
        let mut tries = TRIES;
        let at = |start: usize| {
            let known = trace::cycle_at(&text[start..]);
            let newer = match known {
                // Another mark may stand behind it.
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
        super::cut::starts(&self.scan.head, text).find_map(at)
    }

    /// Whether a line at the start of its body, of this shape, is followed by others of its shape: so many that together they are a
    /// wrapping, or a newer Go.
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
        // Where they have to be read first it will be done again.
        if ahead != Ahead::Later {
            self.repair.budget.spend(lines);
        }
        ahead
    }

    /// The same, and how many lines were looked at.
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
                // A mark need not be in every line, but a wrapping is around each.
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

    /// A cycle in text of this shape: an event only if the shape stays and the cycles rise.
    pub(crate) fn unproven(
        &mut self,
        shape: Shape,
        held: Held,
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

    /// A cycle as it is kept until it has proved to be one.
    pub(crate) fn held(
        &self,
        cycle: &GcCycle,
        raw: &[u8],
        unwrapped: &Unwrapped<'_>,
        offset: u64,
    ) -> Held {
        Held {
            cycle: *cycle,
            raw: raw.to_vec(),
            line: self.count.line,
            offset: self.count.place(offset),
            wall: unwrapped.wall.as_deref().map(str::to_owned),
        }
    }

    /// A cycle of a stream follows: the line before it may have been the first of the same process.
    #[cold]
    pub(crate) fn join_first(&mut self, cycle: &GcCycle, name: &[u8], finds: &mut dyn Finds) {
        if let Some(held) = self.wrapping.learned.joined_by(name, cycle) {
            self.emit_held(&held, name, finds);
        }
    }

    fn emit_held(&mut self, held: &Held, name: &[u8], finds: &mut dyn Finds) {
        let found = Found {
            cycle: &held.cycle,
            raw: &held.raw,
            line: held.line,
            offset: held.offset,
            stream: name,
            wall: held.wall.as_deref(),
            repaired: false,
        };
        let state = self.placer.stream(name);
        let fresh = finds.cycle(&found, &mut state.stream);
        self.count.cycle(fresh, false);
    }

    /// Remembers the first field that is not known, for the report to name it.
    pub(crate) fn newer_field(&mut self, newer: &Newer) {
        if self.wrapping.newer.is_none() {
            self.wrapping.newer = Some((newer.first.clone(), newer.at));
        }
    }

    /// What the report says of fields that are not known.
    pub(crate) fn warning(&self) -> Option<String> {
        let (field, at) = self.wrapping.newer.as_ref()?;
        Some(format!(
            "lines have a field this version does not know: `{field}` at byte {at}; a newer Go? update gcpressure"
        ))
    }
}

/// The stream of lines of a shape: what names one before them, or else the wrapping around that.
fn stream_of(shape: &Shape, unwrapped: &Unwrapped<'_>) -> Vec<u8> {
    let name = shape.stream();
    match name.is_empty() {
        true => unwrapped.stream.to_vec(),
        false => name,
    }
}

/// Gc lines without the line feed between them, with or without `GC forced` before each.
pub(crate) struct Glued {
    /// Where each cycle begins and ends.
    pub(crate) cycles: Vec<(usize, usize, GcCycle)>,
    /// How many notices stand among them.
    pub(crate) notices: u64,
}

/// What the runtime prints before a cycle that its timer starts.
pub(crate) const NOTICE: &[u8] = b"GC forced";

/// Reads a text that is two or more lines of trace and nothing else.
pub(crate) fn glued(text: &[u8]) -> Option<Glued> {
    if !text.starts_with(b"gc ") && !text.starts_with(NOTICE) {
        return None;
    }
    let mut glued = Glued {
        cycles: Vec::new(),
        notices: 0,
    };
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with(NOTICE) {
            glued.notices += 1;
            at += NOTICE.len();
        } else {
            let (cycle, behind) = trace::cycle_at(rest)?;
            let end = text.len() - behind.len();
            glued.cycles.push((at, end, cycle));
            at = end;
        }
        at += text[at..].iter().take_while(|b| **b == b' ').count();
    }
    // A mark at the end may be of any of them, unless all have it.
    let forced = glued
        .cycles
        .iter()
        .filter(|(.., cycle)| cycle.forced)
        .count();
    let last = glued.cycles.last().is_some_and(|(.., cycle)| cycle.forced);
    let clear = !last || forced == glued.cycles.len();
    let several = glued.cycles.len() as u64 + glued.notices > 1;
    (several && clear && memchr::memmem::find(text, NEEDLE).is_some()).then_some(glued)
}
