//! One line the slow way.

use super::{Finds, Found, Reader, cut, tally};
use crate::event::GcCycle;
use crate::input::Text;
use crate::trace::{self, NEEDLE};
use crate::wrapping::{Depth, Unwrapped, html_unescaped, unwrap, without_end};

/// Bytes of a text that is short for a search.
const SHORT: usize = 64;

/// A line as it stands in the input.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Physical {
    /// With its line feed.
    pub(crate) length: usize,
    /// Where its first ` ms clock, ` begins.
    pub(crate) needle: Option<usize>,
}

impl Reader {
    /// The line at the start of `text`.
    pub(crate) fn physical(&self, text: &[u8]) -> Physical {
        let length = memchr::memchr(b'\n', text).map_or(text.len(), |at| at + 1);
        let needle = if length < NEEDLE.len() {
            None
        } else if text.starts_with(NEEDLE) {
            Some(0)
        } else {
            // Short texts are searched more slowly than long ones.
            self.finder
                .find(&text[..text.len().min(length.max(SHORT))])
                .filter(|at| at + NEEDLE.len() <= length)
        };
        Physical { length, needle }
    }

    /// One line the slow way, which is no gc line as it stands: unwrapped, matched, put together.
    pub(crate) fn slow_line(
        &mut self,
        text: Text<'_>,
        at: usize,
        line: Physical,
        finds: &mut dyn Finds,
    ) {
        let needle = line.needle;
        let line = &text.bytes[at..at + line.length];
        let offset = text.base + at as u64;
        self.line += 1;
        self.budget.refill(offset);
        // Where lines are wrapped nearly all of them are whole behind their wrapping.
        let cut_open = (self.budget.is_spent() || !self.wrapped.seen)
            && needle.is_some_and(|needle| cut::may_be_cut_open(&line[..needle]));
        if cut_open && self.is_given_up(line) {
            self.give_up(line);
            return;
        }
        // Before a piece of a gc line stands no wrapping.
        let mut unwrapped = match cut_open {
            true => Unwrapped::bare(without_end(line)),
            false => unwrap(line, Depth::ANY),
        };
        self.wait_for_rest();
        self.room(&unwrapped.stream, finds);
        self.learn_line_feeds(&unwrapped);
        if self.goes_on(&unwrapped) {
            self.hold_partial(&unwrapped, line, offset, finds);
            return;
        }
        self.with_partial(&mut unwrapped);
        if memchr::memchr(b'&', &unwrapped.body).is_some()
            && self.arrow.find(&unwrapped.body).is_some()
        {
            unwrapped.body = html_unescaped(&unwrapped.body).into();
            unwrapped.body_at = None;
        }
        // In the body: looked for again only where that is not as it stands in the line.
        let mut needle = match (unwrapped.body_at, needle) {
            (Some(_), None) => None,
            (Some(from), Some(needle)) if from <= needle => Some(needle - from),
            _ => self.finder.find(&unwrapped.body),
        };
        if needle.is_some()
            && let Some(joined) = self.joined(text, at, &unwrapped)
        {
            needle = self.finder.find(&joined);
            unwrapped.body = joined.into();
            unwrapped.body_at = None;
        }
        let body = trace::trim_end(&unwrapped.body);
        let start = body.trim_ascii_start();
        let as_it_stands = unwrapped.body_at == Some(0) && start.len() == without_end(line).len();
        let cycle = match (needle, unwrapped.body_at) {
            (Some(_), Some(from)) if !as_it_stands => {
                let blanks = body.len() - start.len();
                trace::cycle_in(&text.bytes[at + from + blanks..], start.len())
            }
            (Some(_), None) => trace::whole_cycle(start),
            _ => None,
        };
        if let Some(cycle) = cycle {
            if self.active > 0 {
                self.before_whole(&unwrapped.stream, unwrapped.wall.as_deref(), finds);
            }
            self.depth = unwrapped.depth;
            self.wrapped.seen |= unwrapped.depth != Depth::NONE;
            self.wrapped.bare |= unwrapped.depth == Depth::NONE;
            if self.foreign {
                self.hold.cycle(finds);
            }
            self.emit(&cycle, start, &unwrapped, offset, finds);
        } else if let Some(event) = trace::lesser(body) {
            self.count(event, &unwrapped.stream, finds);
            self.pass(line, offset, &unwrapped, finds);
        } else if let Some(needle) = needle {
            self.odd_line(text, at, line, &unwrapped, needle, finds);
        } else {
            // Lines are read as deep as those that are put together: the program's own JSON is no envelope.
            let alike = if self.active > 0 {
                unwrap(line, self.depth)
            } else {
                unwrapped
            };
            self.input.other_lines += 1;
            self.pass(line, offset, &alike, finds);
            if self.active > 0 {
                self.show(&alike, offset, finds);
            }
            // Behind a wrapping that is not that of gc lines it may as well be the program's own JSON.
            let ours = alike.depth == Depth::NONE || self.wrapped.seen && alike.depth == self.depth;
            if ours && alike.body.starts_with(b"gc") {
                self.beginning(&alike.body, offset, self.line);
            }
        }
    }

    pub(crate) fn pass(
        &mut self,
        line: &[u8],
        offset: u64,
        unwrapped: &Unwrapped<'_>,
        finds: &mut dyn Finds,
    ) {
        if self.foreign {
            let beginning =
                unwrapped.body.starts_with(b"gc") || self.head.find(&unwrapped.body).is_some();
            self.hold.line(
                offset,
                line,
                unwrapped.body_at,
                beginning,
                self.active > 0,
                finds,
            );
        }
    }

    fn emit(
        &mut self,
        cycle: &GcCycle,
        raw: &[u8],
        unwrapped: &Unwrapped<'_>,
        offset: u64,
        finds: &mut dyn Finds,
    ) {
        let found = Found {
            cycle,
            raw,
            line: self.line,
            offset: offset.saturating_sub(self.source_start),
            stream: &unwrapped.stream,
            wall: unwrapped.wall.as_deref(),
            repaired: false,
        };
        self.lines_seen += 1;
        let lane = Self::lane(&mut self.plain, &mut self.named, &unwrapped.stream);
        lane.touch(self.lines_seen);
        tally(
            &mut self.input,
            finds.cycle(&found, &mut lane.stream),
            false,
        );
        self.ended(&unwrapped.stream, offset + 1, true);
    }
}
