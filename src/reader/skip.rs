//! The fast way over lines without ` ms clock, `.

use super::scan::line_around;
use super::skim::{MIDDLE, may_be_trace, skim};
use super::{Finds, Reader};
use crate::io::Text;
use crate::trace::{self, NEEDLE};
use crate::wrapping::{page, without_end};

/// Bytes before the first cycle of a process that are searched for the header of its package.
const HEADER: u64 = 4_096;

impl Reader {
    /// Where the next line starts that may begin a cut gc line, if foreign lines are passed on: such a line is held back.
    pub(crate) fn next_beginning(&self, bytes: &[u8], at: usize, to: usize) -> usize {
        if !self.repair.foreign {
            return to;
        }
        memchr::memmem::find(&bytes[at..to], b"gc").map_or(to, |found| {
            memchr::memrchr(b'\n', &bytes[at..at + found]).map_or(at, |i| at + i + 1)
        })
    }

    /// Passes on foreign lines that were skipped, all at once: one at a time they would cost more than all other reading.
    pub(crate) fn pass_skipped(&self, lines: &[u8], offset: u64, finds: &mut dyn Finds) {
        if self.repair.foreign && !lines.is_empty() {
            finds.foreign(&lines[self.repair.output.given(offset, lines)..]);
        }
    }

    /// Counts lines without ` ms clock, ` from `from` on, and reports notes, legacy lines and the beginnings of cut lines among them.
    /// Returns where the first line with it begins, or the first that begins like a gc line while those are whole, or the end of the
    /// text.
    pub(crate) fn skip(
        &mut self,
        text: &[u8],
        from: usize,
        base: u64,
        finds: &mut dyn Finds,
    ) -> usize {
        let Some(looked_at) = self.skip_line(text, from, base, finds) else {
            return from;
        };
        // A line begins after each newline, except the one that ends the text.
        let newlines = text.strip_suffix(b"\n").unwrap_or(text);
        let mut at = from + looked_at;
        loop {
            let rest = newlines.get(at..).unwrap_or(&[]);
            // Often one line of trace follows another.
            if !begins_trace(rest) {
                let (passed, lines) = skim(self.scan.level, rest);
                self.count.line += lines;
                self.count.input.other_lines += lines;
                at += passed;
            }
            match newlines.get(at) {
                None => return text.len(),
                Some(b'\n') => {
                    at += 1;
                    match self.skip_line(text, at, base, finds) {
                        Some(looked_at) => at += looked_at,
                        None => return at,
                    }
                }
                Some(_) => {
                    let needle = at
                        .checked_sub(MIDDLE.len())
                        .filter(|needle| *needle >= from);
                    at += 1;
                    if let Some(needle) = needle
                        && (text[needle..].starts_with(NEEDLE)
                            || page::clock_begins(&text[from..needle + 4])
                                && page::holds_clock(&text[line_around(text, needle)]))
                    {
                        // The line was counted as foreign at its beginning.
                        self.count.line -= 1;
                        self.count.input.other_lines -= 1;
                        return memchr::memrchr(b'\n', &text[from..needle])
                            .map_or(from, |i| from + i + 1);
                    }
                }
            }
        }
    }

    /// The line that starts at `at`. Returns how much of it is done with; `None`, and nothing is done, if it starts like trace and
    /// contains ` ms clock, ` or may do so.
    fn skip_line(
        &mut self,
        text: &[u8],
        at: usize,
        base: u64,
        finds: &mut dyn Finds,
    ) -> Option<usize> {
        if !may_be_trace(text[at]) {
            self.count.line += 1;
            self.count.input.other_lines += 1;
            return Some(0);
        }
        let rest = &text[at..];
        if rest.starts_with(b"gc ") && (self.scan.whole || trace::is_ours(rest)) {
            return None;
        }
        let line = self.scan.physical(rest);
        if line.needle.is_some() {
            return None;
        }
        let line = &rest[..line.length];
        if line.starts_with(b"gc") && page::holds_clock(line) {
            return None;
        }
        self.line_start(line, base + at as u64, finds);
        Some(line.strip_suffix(b"\n").unwrap_or(line).len())
    }

    /// A line without ` ms clock, ` that could start as trace.
    pub(crate) fn line_start(&mut self, line: &[u8], offset: u64, finds: &mut dyn Finds) {
        self.count.line += 1;
        let text = trace::trim_end(without_end(line));
        match trace::lesser(text) {
            Some(event) => self.event(event, &[], finds),
            None => {
                if text.starts_with(b"gc") {
                    self.beginning(text, offset, self.count.line);
                }
                self.count.input.other_lines += 1;
            }
        }
    }

    /// The first cycle of a process begins at `at`. If the header of a package (`# example.com/a`) is between it and the gc line before,
    /// the go command printed the output of another program.
    pub(crate) fn package_header(&mut self, text: Text<'_>, at: usize) {
        let offset = text.base + at as u64;
        let from = self
            .placer
            .plain
            .last_end()
            .max(offset.saturating_sub(HEADER));
        if from == 0 {
            return;
        }
        // With the byte before, which shows whether a line begins there.
        let (between, _) = text.back_to(from - 1, at);
        if memchr::memmem::find(&between, b"\n# ").is_some() {
            self.placer.plain.stream.header();
        }
    }

    /// Text of a line over the length cap.
    pub(crate) fn pass_overlong(&mut self, text: &[u8], offset: u64, finds: &mut dyn Finds) {
        if self.repair.foreign {
            self.repair.output.release(finds);
            finds.foreign(&text[self.repair.output.given(offset, text)..]);
        }
    }

    /// Counts a line over the length cap.
    pub(crate) fn overlong(&mut self) {
        self.count.line += 1;
        self.count.input.overlong_lines += 1;
        self.count.input.other_lines += 1;
    }
}

/// Whether a line begins like trace after the newline at the start of `text`.
const fn begins_trace(text: &[u8]) -> bool {
    matches!(
        text,
        [b'\n', b'g' | b's', b'c', ..]
            | [b'\n', b'G', b'C', ..]
            | [b'\n', b'p', b'a', ..]
            | [b'\n', b'f', b'o', ..]
    )
}

#[cfg(test)]
mod tests {
    use std::io::{self, Cursor};

    use crate::io::Source;
    use crate::pipeline::{CycleRow, Options, Sink, analyze};

    /// Lines and numbers of the cycles.
    #[derive(Default)]
    struct Cycles(Vec<(u64, u64)>);

    impl Sink for Cycles {
        fn cycle(&mut self, row: &CycleRow<'_>) -> io::Result<()> {
            self.0.push((row.line, row.cycle.number));
            Ok(())
        }
    }

    /// What begins as a gc line is taken for one or not, whatever the last such line was.
    #[test]
    fn lines_that_begin_as_gc_lines_are_told_apart_among_others() {
        let whole = |number: u64| {
            format!(
                "gc {number} @{number}.000s 0%: 0.010+1.0+0.010 ms clock, 0.080+0/1.0/0+0.080 ms cpu, 4->5->2 MB, 5 MB goal, 0 MB stacks, 0 MB globals, 8 P"
            )
        };
        let kinds = [
            whole,
            |_| "gc worker 3 idle".to_owned(),
            |number| format!("gc {number} @{number}.000s and nothing more"),
            |_| "gc ".to_owned(),
            |_| "GC forced".to_owned(),
            |_| "level=info msg=served".to_owned(),
        ];
        let (mut log, mut cycles, mut counts) = (String::new(), Vec::new(), [0; 6]);
        let mut line = 0;
        // Each kind behind each other one, with other lines between and without.
        for n in 0..216_usize {
            let (number, kind) = (n as u64, [n, n / 6, n / 36][n % 3] % 6);
            for _ in 0..n % 4 {
                log += "2026/11/23 00:12:01 served\n";
                line += 1;
                counts[5] += 1;
            }
            log += &kinds[kind](number);
            log += "\n";
            line += 1;
            counts[kind] += 1;
            if kind == 0 {
                cycles.push((line, number));
            }
        }
        let source = Source::from_reader("log", Box::new(Cursor::new(log.into_bytes())));
        let mut found = Cycles::default();
        let report = analyze(vec![source], &Options::default(), &mut found).expect("no file");
        assert_eq!(found.0, cycles);
        let input = &report.input;
        assert_eq!(
            (
                input.gc_lines.intact,
                input.gc_lines.damaged,
                input.forced_notices
            ),
            (counts[0], counts[2], counts[4])
        );
        // A damaged line is another line too.
        let other = counts[1] + counts[2] + counts[3] + counts[5];
        assert_eq!(input.other_lines, other);
        assert_eq!(input.sources[0].lines, line);
    }
}
