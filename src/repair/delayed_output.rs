//! Foreign lines on their way out: held back while a cut gc line may still claim a piece of them, so that they are printed whole
//! and in order.

use super::Claim;

/// Lines held at most: as many as may pass before the rest of a cut line comes, or its late pieces would be printed between the
/// others.
const LINES: usize = 4_096;
/// Bytes held at most.
const BYTES: usize = 256 * 1024;
/// Lines after which a beginning that nothing continued is printed. Lines, not reads: what is printed must not depend on how much
/// is read at a time.
const IDLE_LINES: usize = 2_048;

#[derive(Debug)]
struct Line {
    offset: u64,
    text: Vec<u8>,
    body_at: Option<usize>,
    /// Bytes of its beginning that were printed before it was whole.
    given: usize,
    /// Nothing of it is foreign.
    gone: bool,
}

/// Prints foreign text.
pub(crate) trait ForeignText {
    /// Lines that are not GC trace, whole and in order, one or more at a time. Called only if foreign lines are wanted.
    fn foreign(&mut self, text: &[u8]);
}

/// Lines held back, oldest first.
#[derive(Debug, Default)]
pub(crate) struct DelayedOutput {
    lines: Vec<Line>,
    bytes: usize,
    /// Lines since the last that could be a beginning.
    since: usize,
    /// The line whose beginning was printed before it was whole, and how much of it.
    hasty: (u64, usize),
}

impl DelayedOutput {
    /// True if no line is held back.
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// A foreign line. It is held if it could be the `beginning` of a cut line, if one `waits` for its rest, or if a line before it is
    /// held.
    pub(crate) fn line(
        &mut self,
        offset: u64,
        text: &[u8],
        body_at: Option<usize>,
        beginning: bool,
        waits: bool,
        output: &mut dyn ForeignText,
    ) {
        let given = self.given(offset, text);
        if self.lines.is_empty() && !beginning && !waits {
            output.foreign(&text[given..]);
            return;
        }
        self.bytes += text.len();
        self.lines.push(Line {
            offset,
            text: text.to_vec(),
            body_at,
            given,
            gone: false,
        });
        self.since = if beginning || waits {
            0
        } else {
            self.since + 1
        };
        if self.lines.len() > LINES || self.bytes > BYTES || self.since > IDLE_LINES {
            self.release(output);
        }
    }

    /// The beginning of a line that cannot be of a gc line and whose rest does not come: a prompt, a progress bar. It is printed
    /// unless it would overtake others.
    pub(crate) fn unfinished(&mut self, offset: u64, text: &[u8], output: &mut dyn ForeignText) {
        let given = self.given(offset, text);
        if self.lines.is_empty() && given < text.len() {
            output.foreign(&text[given..]);
            self.hasty = (offset, text.len());
        }
    }

    /// How much of a line's text was printed before it was whole.
    pub(crate) fn given(&self, offset: u64, text: &[u8]) -> usize {
        match self.hasty {
            (line, length) if line == offset => length.min(text.len()),
            _ => 0,
        }
    }

    /// Removes the pieces of a repaired line from the lines that hold them.
    pub(crate) fn mend(&mut self, claims: &[Claim]) {
        let last = claims.last().map(|claim| claim.line);
        for line in &mut self.lines {
            // From the back, so that positions before stay true.
            for claim in claims.iter().rev().filter(|c| c.line == line.offset) {
                let ends_line = Some(claim.line) == last;
                let Some(body_at) = line.body_at else {
                    // Decoded out of an envelope: the foreign text cannot be cut out of it.
                    line.gone |= ends_line && claim.start == 0;
                    continue;
                };
                let start = (body_at + claim.start).min(line.text.len());
                let end = (body_at + claim.end).min(line.text.len());
                self.bytes -= end - start;
                line.text.drain(start..end);
                if ends_line && claim.start == 0 {
                    line.gone = true;
                }
            }
        }
    }

    /// Prints what stands before the line at `offset`.
    pub(crate) fn release_before(&mut self, offset: u64, output: &mut dyn ForeignText) {
        let count = self.lines.partition_point(|line| line.offset < offset);
        for line in self.lines.drain(..count) {
            self.bytes -= line.text.len();
            if !line.gone {
                output.foreign(&line.text[line.given.min(line.text.len())..]);
            }
        }
    }

    /// Prints all that is held.
    #[inline]
    pub(crate) fn release(&mut self, output: &mut dyn ForeignText) {
        if !self.is_empty() {
            self.release_before(u64::MAX, output);
            self.since = 0;
        }
    }
}
