//! One line the slow way.

use super::{Finds, Found, Reader, cut, tally};
use crate::event::GcCycle;
use crate::input::Text;
use crate::trace::{self, NEEDLE};
use crate::wrapping::{Depth, Unwrapped, page, unwrap, without_end};

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

    /// Whatever wrapping is known is taken off.
    pub(crate) const fn any_depth(&self) -> Depth {
        Depth::any(self.columns)
    }

    /// One line the slow way, which is no gc line as it stands: unwrapped, matched, put together. False where the lines behind it
    /// have to be read first: nothing was done.
    pub(crate) fn slow_line(
        &mut self,
        text: Text<'_>,
        at: usize,
        line: Physical,
        finds: &mut dyn Finds,
    ) -> bool {
        let needle = line.needle;
        let length = line.length;
        let line = &text.bytes[at..at + length];
        let offset = text.base + at as u64;
        self.line += 1;
        self.budget.refill(offset);
        // Where lines are wrapped nearly all of them are whole behind their wrapping.
        let cut_open = (self.budget.is_spent() || !self.wrapped.seen)
            && needle.is_some_and(|needle| cut::may_be_cut_open(&line[..needle]));
        if cut_open && self.is_given_up(line) {
            self.give_up(line);
            return true;
        }
        // Out of a page, the blanks of ` ms clock, ` may be others.
        let page = match needle {
            None if page::holds_clock(line) => page::translated(line),
            _ => None,
        };
        // Before a piece of a gc line stands no wrapping.
        let mut unwrapped = match (&page, cut_open) {
            (Some(page), _) => Unwrapped {
                body_at: None,
                ..unwrap(page, self.any_depth())
            },
            (None, true) => Unwrapped::bare(without_end(line)),
            (None, false) => unwrap(line, self.any_depth()),
        };
        self.wait_for_rest();
        self.room(&unwrapped.stream, finds);
        self.learn_line_feeds(&unwrapped);
        if self.goes_on(&unwrapped) {
            self.hold_partial(&unwrapped, line, offset, finds);
            return true;
        }
        let alone = !self.with_partial(&mut unwrapped);
        if unwrapped.body_at.is_none()
            && memchr::memchr(b'\n', without_end(&unwrapped.body)).is_some()
        {
            self.several_lines(line, &unwrapped, offset, finds);
            return true;
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
        let mut cycle = needle.and_then(|_| whole(text, at, &unwrapped, line));
        if needle.is_some()
            && cycle.is_none()
            && let Some(plain) = page::translated(&unwrapped.body)
            && self.is_page(&plain)
        {
            needle = self.finder.find(&plain);
            unwrapped.body = plain.into();
            unwrapped.body_at = None;
            cycle = whole(text, at, &unwrapped, line);
        }
        let body = trace::trim_end(&unwrapped.body);
        let start = body.trim_ascii_start();
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
            self.emit(&cycle, start, &unwrapped, offset, false, finds);
        } else if let Some(event) = trace::lesser(body) {
            self.count(event, &unwrapped.stream, finds);
            self.pass(line, offset, &unwrapped, finds);
        } else if let Some(needle) = needle {
            let behind = alone.then_some(at + length);
            let done = self.odd_line(text, at, line, &unwrapped, (needle, behind), finds);
            self.line -= u64::from(!done);
            return done;
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
        true
    }

    /// Whether a line that was translated is one of a page, and not a cut gc line with text of another language behind a piece.
    fn is_page(&self, plain: &[u8]) -> bool {
        let within = self.within(plain);
        within.is_some_and(|within| within.end + 1 >= plain.len() || within.shape(plain).is_some())
    }

    /// A record that holds several lines, as that of a build in `go test -json`: each is read by itself.
    fn several_lines(
        &mut self,
        line: &[u8],
        unwrapped: &Unwrapped<'_>,
        offset: u64,
        finds: &mut dyn Finds,
    ) {
        let mut other = false;
        let mut trace = false;
        for (place, body) in (0..).zip(unwrapped.body.split(|b| *b == b'\n')) {
            let body = trace::trim_end(body);
            let here = Unwrapped {
                body: body.into(),
                ..unwrapped.clone()
            };
            if let Some(cycle) = trace::whole_cycle(body.trim_ascii_start()) {
                self.depth = unwrapped.depth;
                self.wrapped.seen = true;
                self.before_whole(&here.stream, here.wall.as_deref(), finds);
                self.emit(
                    &cycle,
                    body.trim_ascii_start(),
                    &here,
                    offset + place,
                    false,
                    finds,
                );
            } else if let Some(event) = trace::lesser(body) {
                self.count(event, &here.stream, finds);
            } else if let Some(why) = trace::diagnose(body) {
                let source = self.source;
                self.damaged(source, self.line, why, &body[..body.len().min(120)]);
            } else {
                other |= !body.is_empty();
                continue;
            }
            trace = true;
        }
        self.input.other_lines += u64::from(!trace);
        if other || !trace {
            self.pass(line, offset, unwrapped, finds);
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

    pub(crate) fn emit(
        &mut self,
        cycle: &GcCycle,
        raw: &[u8],
        unwrapped: &Unwrapped<'_>,
        offset: u64,
        repaired: bool,
        finds: &mut dyn Finds,
    ) {
        if self.learned.waits() {
            self.join_first(cycle, &unwrapped.stream, finds);
        }
        let found = Found {
            cycle,
            raw,
            line: self.line,
            offset: offset.saturating_sub(self.source_start),
            stream: &unwrapped.stream,
            wall: unwrapped.wall.as_deref(),
            repaired,
        };
        self.lines_seen += 1;
        let lane = Self::lane(&mut self.plain, &mut self.named, &unwrapped.stream);
        lane.touch(self.lines_seen);
        tally(
            &mut self.input,
            finds.cycle(&found, &mut lane.stream),
            repaired,
        );
        self.ended(&unwrapped.stream, offset + 1, true);
    }
}

/// The gc line that a body is, but for blanks around it. Where it is as it stands in the line it was looked at already.
fn whole(text: Text<'_>, at: usize, unwrapped: &Unwrapped<'_>, line: &[u8]) -> Option<GcCycle> {
    let body = trace::trim_end(&unwrapped.body);
    let start = body.trim_ascii_start();
    match unwrapped.body_at {
        Some(0) if start.len() == without_end(line).len() => None,
        Some(from) => {
            let blanks = body.len() - start.len();
            trace::cycle_in(&text.bytes[at + from + blanks..], start.len())
        }
        None => trace::whole_cycle(start),
    }
}
