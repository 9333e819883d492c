//! Lines of trace without the line feeds between them.

use super::{Finds, Reader};
use crate::trace::cycle::{Event, GcCycle, Note};
use crate::trace::{self, NEEDLE};
use crate::wrapping::Unwrapped;

/// Gc lines without the line feed between them, with or without `GC forced` before each.
pub(crate) struct Glued {
    /// Where each cycle begins and ends.
    pub(crate) cycles: Vec<(usize, usize, GcCycle)>,
    /// Notices among them.
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
    // A mark at the end may belong to any of them, unless all have it.
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

impl Reader {
    /// Reports each of the lines.
    pub(crate) fn glued_lines(
        &mut self,
        glued: &Glued,
        text: &[u8],
        unwrapped: &Unwrapped<'_>,
        offset: u64,
        finds: &mut dyn Finds,
    ) {
        for _ in 0..glued.notices {
            self.event(Event::Note(Note::ForcedNotice), &unwrapped.stream, finds);
        }
        for (start, end, cycle) in &glued.cycles {
            let place = offset + *start as u64;
            self.emit(cycle, &text[*start..*end], unwrapped, place, true, finds);
        }
    }
}
