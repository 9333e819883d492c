//! The fast way over lines without ` ms clock, `.

use super::super::skim::{MIDDLE, may_be_trace, skim};
use super::super::unwrap::without_end;
use super::{Finds, Reader};
use crate::parse::{self, NEEDLE};

impl Reader {
    /// Where the next line starts that may begin a cut gc line, if foreign lines are wanted: such a line is held back.
    pub(super) fn next_beginning(&self, bytes: &[u8], at: usize, to: usize) -> usize {
        if !self.foreign {
            return to;
        }
        memchr::memmem::find(&bytes[at..to], b"gc").map_or(to, |found| {
            memchr::memrchr(b'\n', &bytes[at..at + found]).map_or(at, |i| at + i + 1)
        })
    }

    /// Hands on foreign lines that were skipped, all at once: one at a time they cost more than all the rest of the
    /// reading.
    pub(super) fn pass_skipped(&self, lines: &[u8], offset: u64, finds: &mut dyn Finds) {
        if self.foreign && !lines.is_empty() {
            finds.foreign(&lines[self.hold.given(offset, lines)..]);
        }
    }

    /// Lines without ` ms clock, ` from `from` on: counted; notes, legacy lines and the beginnings of cut lines among them
    /// told. Gives where the first line with it begins, or the end of the text.
    pub(super) fn skip(
        &mut self,
        text: &[u8],
        from: usize,
        base: u64,
        finds: &mut dyn Finds,
    ) -> usize {
        if !self.skip_line(text, from, base, finds) {
            return from;
        }
        // A line begins behind each newline, but for the one that ends the text.
        let newlines = text.strip_suffix(b"\n").unwrap_or(text);
        let mut at = from;
        loop {
            let (passed, lines) = skim(self.level, newlines.get(at..).unwrap_or(&[]));
            self.line += lines;
            self.input.other_lines += lines;
            at += passed;
            match newlines.get(at) {
                None => return text.len(),
                Some(b'\n') => {
                    at += 1;
                    if !self.skip_line(text, at, base, finds) {
                        return at;
                    }
                }
                Some(_) => {
                    let needle = at
                        .checked_sub(MIDDLE.len())
                        .filter(|needle| *needle >= from);
                    at += 1;
                    if let Some(needle) = needle
                        && text[needle..].starts_with(NEEDLE)
                    {
                        // The line began before and was taken for another one.
                        self.line -= 1;
                        self.input.other_lines -= 1;
                        return memchr::memrchr(b'\n', &text[from..needle])
                            .map_or(from, |i| from + i + 1);
                    }
                }
            }
        }
    }

    /// The line that starts at `at`. Returns false where it starts as trace and has ` ms clock, ` in it: nothing is done.
    pub(super) fn skip_line(
        &mut self,
        text: &[u8],
        at: usize,
        base: u64,
        finds: &mut dyn Finds,
    ) -> bool {
        if !may_be_trace(text[at]) {
            self.line += 1;
            self.input.other_lines += 1;
            return true;
        }
        let rest = &text[at..];
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        if self.finder.find(&rest[..end]).is_some() {
            return false;
        }
        self.line += 1;
        self.line_start(&rest[..end], base + at as u64, finds);
        true
    }

    /// A line without ` ms clock, ` that could start as trace.
    pub(super) fn line_start(&mut self, line: &[u8], offset: u64, finds: &mut dyn Finds) {
        let text = parse::trim_end(without_end(line));
        match parse::lesser(text) {
            Some(event) => self.count(event, &[], finds),
            None => {
                if text.starts_with(b"gc") {
                    self.beginning(text, offset);
                }
                self.input.other_lines += 1;
            }
        }
    }

    /// Text of a line over the length cap.
    pub(in crate::pipeline) fn pass_overlong(
        &mut self,
        text: &[u8],
        offset: u64,
        finds: &mut dyn Finds,
    ) {
        if self.foreign {
            self.hold.release(finds);
            finds.foreign(&text[self.hold.given(offset, text)..]);
        }
    }

    /// A line over the length cap: counted, its text skipped.
    pub(in crate::pipeline) fn overlong(&mut self) {
        self.line += 1;
        self.input.overlong_lines += 1;
        self.input.other_lines += 1;
    }
}
