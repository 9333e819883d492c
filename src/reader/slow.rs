//! A line that is not a gc line as it is: unwrapped, matched, repaired.

use super::count::NOT_FOUND;
use super::odd_line::may_be_cut_open;
use super::scan::Physical;
use super::{Finds, Found, Reader};
use crate::io::Text;
use crate::trace;
use crate::trace::cycle::GcCycle;
use crate::wrapping::{Depth, Unwrapped, page, unwrap, without_end};

impl Reader {
    /// Remove all known wrappings.
    pub(crate) const fn any_depth(&self) -> Depth {
        Depth::any(self.wrapping.columns)
    }

    /// Reads one line that is not a gc line as it is. False, and nothing was done, if the lines after it have to be read first.
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
        self.count.line += 1;
        self.repair.budget.refill(offset);
        // If lines are wrapped, nearly all of them are whole within their wrapping.
        let cut_open = (self.repair.budget.is_spent() || !self.wrapping.seen.seen)
            && needle.is_some_and(|needle| may_be_cut_open(&line[..needle]));
        if cut_open && self.is_given_up(line) {
            self.count.damaged_here(NOT_FOUND, without_end(line));
            return true;
        }
        // In text copied from a page, the blanks of ` ms clock, ` may be other characters.
        let page = match needle {
            None if page::holds_clock(line) => page::translated(line),
            _ => None,
        };
        // A piece of a gc line has no wrapping.
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
        // Its position in the body: searched again only if the body is not part of the line.
        let mut needle = match (unwrapped.body_at, needle) {
            (Some(_), None) => None,
            (Some(from), Some(needle)) if from <= needle => Some(needle - from),
            _ => self.scan.finder.find(&unwrapped.body),
        };
        if needle.is_some()
            && let Some(joined) = self.joined(text, at, &unwrapped)
        {
            needle = self.scan.finder.find(&joined);
            unwrapped.body = joined.into();
            unwrapped.body_at = None;
        }
        let mut cycle = needle.and_then(|_| whole(text, at, &unwrapped, line));
        if needle.is_some()
            && cycle.is_none()
            && let Some(plain) = page::translated(&unwrapped.body)
            && self.is_page(&plain)
        {
            needle = self.scan.finder.find(&plain);
            unwrapped.body = plain.into();
            unwrapped.body_at = None;
            cycle = whole(text, at, &unwrapped, line);
        }
        let body = trace::trim_end(&unwrapped.body);
        let start = body.trim_ascii_start();
        if let Some(cycle) = cycle {
            self.wrapping.depth = unwrapped.depth;
            self.wrapping.seen.seen |= unwrapped.depth != Depth::NONE;
            self.wrapping.seen.bare |= unwrapped.depth == Depth::NONE;
            self.emit(&cycle, start, &unwrapped, offset, false, finds);
        } else if let Some(event) = trace::lesser(body) {
            self.event(event, &unwrapped.stream, finds);
            self.pass(line, offset, &unwrapped, finds);
        } else if let Some(needle) = needle {
            let behind = alone.then_some(at + length);
            let done = self.odd_line(text, at, line, &unwrapped, (needle, behind), finds);
            self.count.line -= u64::from(!done);
            return done;
        } else {
            // Lines are unwrapped as deep as those that are repaired: the program's own JSON is not an envelope.
            let alike = if self.repair.active > 0 {
                unwrap(line, self.wrapping.depth)
            } else {
                unwrapped
            };
            self.count.input.other_lines += 1;
            self.pass(line, offset, &alike, finds);
            if self.repair.active > 0 {
                self.show(&alike, offset, finds);
            }
            // Within a wrapping that is not that of gc lines it may as well be the program's own JSON.
            let ours = alike.depth == Depth::NONE
                || self.wrapping.seen.seen && alike.depth == self.wrapping.depth;
            if ours && alike.body.starts_with(b"gc") {
                self.beginning(&alike.body, offset, self.count.line);
            }
        }
        true
    }

    /// Whether a translated line was copied from a page, and is not a cut gc line with text in another language after a piece.
    fn is_page(&self, plain: &[u8]) -> bool {
        let within = self.within(plain);
        within.is_some_and(|within| within.end + 1 >= plain.len() || within.shape(plain).is_some())
    }

    /// A record with several lines, such as that of a build in `go test -json`: each is read by itself.
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
            let inner = unwrap(body, Depth::ANY);
            let body = trace::trim_end(&inner.body);
            let here = Unwrapped {
                body: body.into(),
                stream: match inner.stream.is_empty() {
                    true => unwrapped.stream.clone(),
                    false => inner.stream.clone(),
                },
                wall: inner.wall.clone().or_else(|| unwrapped.wall.clone()),
                ..*unwrapped
            };
            if let Some(cycle) = trace::whole_cycle(body.trim_ascii_start()) {
                self.wrapping.depth = unwrapped.depth;
                self.wrapping.seen.seen = true;
                let raw = body.trim_ascii_start();
                self.emit(&cycle, raw, &here, offset + place, false, finds);
            } else if let Some(event) = trace::lesser(body) {
                self.event(event, &here.stream, finds);
            } else if let Some(why) = trace::diagnose(body) {
                self.count.damaged_here(why, body);
            } else {
                other |= !body.is_empty();
                continue;
            }
            trace = true;
        }
        self.count.input.other_lines += u64::from(!trace);
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
        if self.repair.foreign {
            let beginning =
                unwrapped.body.starts_with(b"gc") || self.scan.head.find(&unwrapped.body).is_some();
            self.repair.output.line(
                offset,
                line,
                unwrapped.body_at,
                beginning,
                self.repair.active > 0,
                finds,
            );
        }
    }

    /// A cycle in the line that is read.
    pub(crate) fn found<'a>(
        &self,
        cycle: &'a GcCycle,
        raw: &'a [u8],
        unwrapped: &'a Unwrapped<'_>,
        offset: u64,
    ) -> Found<'a> {
        Found {
            cycle,
            raw,
            line: self.count.line,
            offset: self.count.place(offset),
            stream: &unwrapped.stream,
            wall: unwrapped.wall.as_deref(),
            repaired: false,
        }
    }

    /// Reports a whole gc line.
    pub(crate) fn emit(
        &mut self,
        cycle: &GcCycle,
        raw: &[u8],
        unwrapped: &Unwrapped<'_>,
        offset: u64,
        repaired: bool,
        finds: &mut dyn Finds,
    ) {
        let (stream, wall) = (&unwrapped.stream, unwrapped.wall.as_deref());
        self.before_cycle(cycle, stream, wall, finds);
        self.placer.lines_seen += 1;
        let now = self.placer.lines_seen;
        let state = self.placer.stream(&unwrapped.stream);
        state.touch(now);
        state.stream.harness |= unwrapped.harness;
        let found = Found {
            repaired,
            ..self.found(cycle, raw, unwrapped, offset)
        };
        self.report(&found, finds);
        self.ended(&unwrapped.stream, offset + 1, true);
    }
}

/// The gc line that a body is, except for blanks around it. `None` if the body is the whole line: that was tried already.
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
