//! Cut lines of one input: found, waited for, chosen, given up.

use std::collections::VecDeque;

use crate::event::GcCycle;
use crate::parse::rejoin::{Candidate, Claim, CutLine, Earlier, START_BYTES};
use crate::parse::{self};
use crate::process::{Fit, Stream};

/// Cut lines waited for at the same time.
const OPEN: usize = 16;
/// Lines that a cut line waits for its next piece.
const PATIENCE: u32 = 4_096;
/// Claims remembered, so that no text serves two lines.
const CLAIMS: usize = 512;
/// Lines that may be looked at before any byte has paid for them.
const CREDIT: u64 = 65_536;
/// Bytes read that pay for one more line looked at: what bounds the work on hostile input.
const BYTES_A_LOOK: u64 = 64;
/// Lines looked back upon when the credit is used up.
const SHORT_LOOK: usize = 16;

/// A cut line put together again.
#[derive(Debug)]
pub(super) struct Mended {
    /// What it says.
    pub(super) cycle: GcCycle,
    /// The line as the runtime wrote it.
    pub(super) text: Vec<u8>,
    /// Where its pieces stood, in reading order.
    pub(super) claims: Vec<Claim>,
    /// Where the line's place in the stream is told: at its head.
    pub(super) at: u64,
}

/// A cut line that waits, and whose it is.
#[derive(Debug)]
struct Waiting {
    cut: CutLine,
    stream: Vec<u8>,
    line_number: u64,
    start: Vec<u8>,
    waited: u32,
}

/// A cut line given up.
#[derive(Debug)]
pub(super) struct GivenUp {
    /// Number of the line with its ` ms clock, `.
    pub(super) line_number: u64,
    /// The start of that line.
    pub(super) start: Vec<u8>,
    /// Why, in words.
    pub(super) why: &'static str,
}

/// The workshop: what waits, what was claimed, what may still be spent.
#[derive(Debug)]
pub(super) struct Repair {
    waiting: Vec<Waiting>,
    claims: VecDeque<Claim>,
    credit: u64,
    looks: u64,
    pub(super) given_up: Vec<GivenUp>,
}

impl Default for Repair {
    fn default() -> Self {
        Self {
            waiting: Vec::new(),
            claims: VecDeque::new(),
            credit: CREDIT,
            looks: 0,
            given_up: Vec::new(),
        }
    }
}

/// The result of choosing among candidates.
enum Choice {
    None,
    One(Mended),
    Ambiguous,
}

impl Repair {
    /// Bytes were read: they pay for looks.
    pub(super) const fn pay(&mut self, bytes: u64) {
        self.credit = self.credit.saturating_add(bytes / BYTES_A_LOOK);
    }

    /// True while a cut line waits for more: every line must be shown.
    pub(super) fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// How many earlier lines may be looked at now.
    pub(super) fn allowance(&self) -> usize {
        usize::try_from(self.credit.saturating_sub(self.looks)).map_or(usize::MAX, |left| left.max(SHORT_LOOK))
    }

    /// A line with ` ms clock, ` that is no whole gc line. `earlier` are the lines before it, nearest first.
    /// Returns false where it is foreign text after all.
    #[allow(clippy::too_many_arguments, reason = "one call, each argument a fact about the line")]
    pub(super) fn needle(
        &mut self,
        line: u64,
        line_number: u64,
        body: &[u8],
        needle: usize,
        stream_name: &[u8],
        stream: &Stream,
        earlier: &[Earlier<'_>],
        seen: &dyn Fn(&[u8]) -> bool,
    ) -> (bool, Option<Mended>) {
        self.looks += earlier.len() as u64;
        let Some(cut) = CutLine::new(line, body, needle, earlier) else {
            return (false, None);
        };
        let start = body[..body.len().min(120)].to_vec();
        if !cut.has_head() {
            self.give_up(line_number, start, "its beginning was not found");
            return (true, None);
        }
        match self.choose(cut.complete_on(line), stream, seen) {
            Choice::One(mended) => {
                self.looks = self.looks.saturating_sub(earlier.len() as u64);
                self.settle(&mended);
                return (true, Some(mended));
            }
            Choice::Ambiguous => {
                self.give_up(line_number, start, "its pieces can be read in more than one way");
                return (true, None);
            }
            Choice::None => {}
        }
        if self.waiting.len() == OPEN {
            let oldest = self.waiting.remove(0);
            self.give_up(oldest.line_number, oldest.start, "its end was not found");
        }
        self.waiting.push(Waiting {
            cut,
            stream: stream_name.to_vec(),
            line_number,
            start,
            waited: 0,
        });
        (true, None)
    }

    /// Shows the next line of a stream to what waits in it.
    pub(super) fn feed(
        &mut self,
        line: u64,
        body: &[u8],
        stream_name: &[u8],
        stream: &Stream,
        seen: &dyn Fn(&[u8]) -> bool,
    ) -> Option<Mended> {
        let mut index = 0;
        while index < self.waiting.len() {
            let waiting = &mut self.waiting[index];
            if waiting.stream != stream_name || waiting.cut.line >= line {
                index += 1;
                continue;
            }
            waiting.waited += 1;
            self.looks += 1;
            let candidates = waiting.cut.feed(line, body);
            let exhausted = waiting.waited > PATIENCE || self.looks > self.credit;
            if candidates.is_empty() && !exhausted {
                index += 1;
                continue;
            }
            match self.choose(candidates, stream, seen) {
                Choice::One(mended) => {
                    let waited = self.waiting.remove(index).waited;
                    self.looks = self.looks.saturating_sub(u64::from(waited));
                    self.settle(&mended);
                    return Some(mended);
                }
                Choice::Ambiguous => {
                    let lost = self.waiting.remove(index);
                    self.give_up(
                        lost.line_number,
                        lost.start,
                        "its pieces can be read in more than one way",
                    );
                }
                Choice::None if exhausted => {
                    let lost = self.waiting.remove(index);
                    self.give_up(lost.line_number, lost.start, "its end was not found");
                }
                Choice::None => index += 1,
            }
        }
        None
    }

    /// The stream has ended: nothing more will come.
    pub(super) fn finish(&mut self) {
        for lost in std::mem::take(&mut self.waiting) {
            self.give_up(lost.line_number, lost.start, "its end was not found");
        }
    }

    /// Whether a stretch of a line belongs to a line that was put together.
    pub(super) fn claimed(&self, line: u64) -> bool {
        self.claims.iter().any(|claim| claim.line == line)
    }

    fn give_up(&mut self, line_number: u64, start: Vec<u8>, why: &'static str) {
        self.given_up.push(GivenUp {
            line_number,
            start,
            why,
        });
    }

    fn settle(&mut self, mended: &Mended) {
        for claim in &mended.claims {
            if self.claims.len() == CLAIMS {
                self.claims.pop_front();
            }
            self.claims.push_back(*claim);
        }
    }

    /// Which of the candidates is the line that the runtime wrote. Nothing is guessed: where two different cycles
    /// remain after all that is known has spoken, none is taken.
    fn choose(
        &self,
        candidates: Vec<Candidate>,
        stream: &Stream,
        known: &dyn Fn(&[u8]) -> bool,
    ) -> Choice {
        let mut read: Vec<(Fit, GcCycle, Candidate)> = Vec::new();
        for candidate in candidates {
            let Some(cycle) = parse::whole_cycle(&candidate.text) else {
                continue;
            };
            let fit = stream.fit(&cycle);
            if fit > Fit::Impossible && !self.overlaps(&candidate.claims) {
                read.push((fit, cycle, candidate));
            }
        }
        let Some(best) = read.iter().map(|(fit, _, _)| *fit).max() else {
            return Choice::None;
        };
        read.retain(|(fit, _, _)| *fit == best);
        let one = |read: &[(Fit, GcCycle, Candidate)]| read.windows(2).all(|w| w[0].1 == w[1].1);
        if !one(&read) {
            let strangers = |c: &Candidate| c.foreign.iter().filter(|f| !known(f)).count();
            let least = read.iter().map(|(_, _, c)| strangers(c)).min();
            read.retain(|(_, _, c)| Some(strangers(c)) == least);
        }
        if !one(&read) {
            // Held in 6,990 of 6,990 lines measured; enough to choose, not enough to reject a whole line.
            let ordered = |c: &GcCycle| c.heap_start_mib <= c.heap_end_mib && c.heap_live_mib <= c.heap_end_mib;
            if read.iter().any(|(_, cycle, _)| ordered(cycle)) {
                read.retain(|(_, cycle, _)| ordered(cycle));
            }
        }
        if !one(&read) {
            return Choice::Ambiguous;
        }
        match read.into_iter().next() {
            Some((_, cycle, candidate)) => Choice::One(Mended {
                cycle,
                text: candidate.text,
                at: candidate.claims.first().map_or(0, |c| c.line),
                claims: candidate.claims,
            }),
            None => Choice::None,
        }
    }

    fn overlaps(&self, claims: &[Claim]) -> bool {
        claims.iter().any(|a| {
            self.claims
                .iter()
                .any(|b| a.line == b.line && a.start < b.end && b.start < a.end)
        })
    }
}

/// The start of a line with all digits alike: what one line has in common with others of the same logger.
pub(super) fn start_shape(text: &[u8]) -> [u8; START_BYTES] {
    let mut shape = [0; START_BYTES];
    for (to, from) in shape.iter_mut().zip(text) {
        *to = if from.is_ascii_digit() { b'0' } else { *from };
    }
    shape
}
