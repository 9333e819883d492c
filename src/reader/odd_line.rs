//! A line with ` ms clock, ` that is not a whole gc line as it stands: behind an unknown prefix, quoted, cut, or foreign.

use super::glued::{NOTICE, glued};
use super::unproven::Ahead;
use super::{Finds, Reader};
use crate::io::Text;
use crate::trace::pieces::is_piece;
use crate::trace::{self, NEEDLE};
use crate::wrapping::{Unwrapped, without_end};

impl Reader {
    /// A line with ` ms clock, ` at `needle` of its body that is not a whole gc line: after an unknown prefix, quoted, cut, or foreign.
    /// The lines from `behind` on may show which; false if they have to be read first.
    pub(crate) fn odd_line(
        &mut self,
        around: Text<'_>,
        at: usize,
        line: &[u8],
        unwrapped: &Unwrapped<'_>,
        (needle, behind): (usize, Option<usize>),
        finds: &mut dyn Finds,
    ) -> bool {
        let offset = around.base + at as u64;
        let text = trace::trim_end(&unwrapped.body);
        let stream = unwrapped.stream.as_ref();
        let waits = self.placer.stream(stream).is_active();
        let within = self.within(text);
        let begins_whole = within
            .as_ref()
            .is_some_and(|within| within.start == 0 && within.newer.is_none());
        if !waits
            && (begins_whole || text.starts_with(NOTICE))
            && let Some(glued) = glued(text)
        {
            self.glued_lines(&glued, text, unwrapped, offset, finds);
            return true;
        }
        let shape = within.as_ref().and_then(|within| within.shape(text));
        if let (Some(within), Some(shape)) = (&within, shape) {
            if within.start > 0 && !self.holds_piece(&text[..within.start]) {
                self.newer_field(within);
                let raw = &text[within.start..within.end];
                let found = self.found(&within.cycle, raw, unwrapped, offset);
                self.unproven(shape, found.held(), unwrapped, finds);
                self.pass(line, offset, unwrapped, finds);
                return true;
            }
            if within.start == 0 {
                let ahead = match behind {
                    _ if self.wrapping.learned.is_known(&shape) => Ahead::Proof,
                    Some(from) => self.ahead(around, from, unwrapped, (&shape, &within.cycle)),
                    None => Ahead::Nothing,
                };
                if ahead == Ahead::Later {
                    return false;
                }
                if ahead == Ahead::Proof || self.wrapping.learned.in_a_row(&shape, &within.cycle) {
                    self.newer_field(within);
                    self.wrapping.learned.prove(shape);
                    let raw = &text[..within.end];
                    self.emit(&within.cycle, raw, unwrapped, offset, false, finds);
                    return true;
                }
            }
        }
        let quoted = within.filter(|within| within.start > 0 && within.newer.is_none());
        let quoted = quoted.map(|within| (within.start, within.cycle, &text[within.end..]));
        // After a piece of a cut line a whole one is another writer's, not a quotation.
        let behind_piece = matches!(quoted, Some((start, _, [])) if is_piece(&text[..start]));
        // Not the trimmed text: a line may be cut right after ` ms clock, `.
        let whole = unwrapped.body.as_ref();
        let before_quoted = quoted
            .as_ref()
            .map_or(whole, |(start, ..)| &whole[..*start]);
        let torn = behind_piece || self.is_torn(before_quoted, needle);
        if quoted.is_some() && !behind_piece {
            self.count.input.gc_lines.quoted += 1;
        } else if !torn {
            self.count.input.other_lines += 1;
        }
        self.pass(line, offset, unwrapped, finds);
        if torn {
            self.torn(around, at, unwrapped, finds);
        }
        if self.repair.active > 0 {
            self.show(unwrapped, offset, finds);
        }
        true
    }

    /// Whether a line that is cut open is only counted: the repair budget is spent, and its text is not wanted.
    pub(crate) fn is_given_up(&self, line: &[u8]) -> bool {
        self.repair.budget.is_spent()
            && self.repair.active == 0
            && self.wrapping.partials.is_empty()
            && !self.repair.foreign
            && (line.len() < trace::SHORTEST || !self.has_whole(line))
    }

    /// Whether a line may contain a whole gc line: with blanks after it, copied from a page, or after other text.
    fn has_whole(&self, line: &[u8]) -> bool {
        let begins = |at: usize| at > 0 && trace::cycle_at(&line[at..]).is_some();
        trace::whole_cycle(trace::trim_end(without_end(line))).is_some()
            || memchr::memchr(b'&', line).is_some()
            || self.scan.heads(line).any(begins)
    }

    /// Whether ` ms clock, ` is at a place where a gc line may have it, or twice in the text; the first one begins at `needle`.
    fn is_torn(&self, text: &[u8], needle: usize) -> bool {
        let Some(before) = text.get(..needle) else {
            return false;
        };
        may_be_cut_open(before)
            || text
                .get(needle + NEEDLE.len()..)
                .is_some_and(|behind| self.scan.finder.find(behind).is_some())
    }

    /// True if the text before a gc line begins with a piece of another one: it is a cut line, not a prefix.
    fn holds_piece(&self, before: &[u8]) -> bool {
        trace::is_ours(before) || is_piece(before) || self.scan.finder.find(before).is_some()
    }
}

/// Whether a line with this text before its first ` ms clock, ` may be a cut gc line.
pub(crate) fn may_be_cut_open(before: &[u8]) -> bool {
    before.is_empty() || trace::is_ours(before) || is_piece(before)
}
