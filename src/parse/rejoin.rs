//! Cut gc lines put together again.
//!
//! The runtime writes a gc line operand by operand, and whatever else writes to the same stream falls between two of
//! them: a piece of the line stands at the end of one line's start, the foreign text follows it to the line feed, and
//! the next piece starts a later line. ` ms clock, ` is one operand, so it marks exactly one piece of each cut line;
//! from there the head is searched backwards and the tail awaited forwards.
//!
//! This module only proposes: every way to read the pieces that matches the whole grammar is a [`Candidate`]. Which of
//! them is true, if any, is decided where numbering and clock are known.
//!
//! Rejected: joining greedily at the longest match. Foreign text may begin with what the grammar expects next
//! (`4 MB goal, 0` before `2026/11/23`), and then the longest match is wrong.

use super::token::{self, Boundary, NEEDLE, START, State, Walk};

/// Alternatives kept of a head or a tail; a line that can be read in more ways is damaged.
const ALTERNATIVES: usize = 48;
/// Walks through the grammar that one search for a head may take.
const WALKS: usize = 20_000;

/// A stretch of a line that a cut gc line claims for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The line, by whatever the caller counts lines with.
    pub(crate) line: u64,
    /// First byte of the stretch in the line's body.
    pub(crate) start: usize,
    /// Past its last byte.
    pub(crate) end: usize,
}

/// Pieces of one gc line, joined, with what was left of the lines they stood in.
#[derive(Debug, Clone, Default)]
struct Joined {
    text: Vec<u8>,
    claims: Vec<Claim>,
    /// The first bytes of each foreign text that followed a piece directly.
    foreign: Vec<Vec<u8>>,
    /// The last piece ends where its line ends.
    ends_line: bool,
}

/// Bytes of foreign text kept to compare with the starts of whole lines.
pub(crate) const START_BYTES: usize = 16;

impl Joined {
    fn piece(line: u64, body: &[u8], start: usize, end: usize) -> Self {
        let mut joined = Self::default();
        joined.push(line, body, start, end);
        joined
    }

    fn push(&mut self, line: u64, body: &[u8], start: usize, end: usize) {
        self.text.extend_from_slice(&body[start..end]);
        self.claims.push(Claim { line, start, end });
        self.ends_line = end == body.len();
        if !self.ends_line {
            let stop = body.len().min(end + START_BYTES);
            self.foreign.push(body[end..stop].to_vec());
        }
    }

    fn then(&self, other: &Self) -> Self {
        let mut joined = self.clone();
        joined.text.extend_from_slice(&other.text);
        joined.claims.extend_from_slice(&other.claims);
        joined.foreign.extend_from_slice(&other.foreign);
        joined.ends_line = other.ends_line;
        joined
    }
}

/// One way to read the pieces: a text that matches the grammar from `gc ` to its end.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    /// The line as the runtime wrote it, without its line feed.
    pub(crate) text: Vec<u8>,
    /// Where its pieces stood.
    pub(crate) claims: Vec<Claim>,
    /// The first bytes of the foreign texts that cut it.
    pub(crate) foreign: Vec<Vec<u8>>,
}

/// A line before the one with the needle, nearest first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Earlier<'a> {
    /// As in [`Claim::line`].
    pub(crate) line: u64,
    /// Its body, without prefix and line feed.
    pub(crate) body: &'a [u8],
}

#[derive(Debug, Clone)]
struct Tail {
    joined: Joined,
    state: State,
    /// Start state of the piece with the needle: which heads fit.
    from: State,
}

/// A cut line of which the piece with ` ms clock, ` was seen.
#[derive(Debug, Clone)]
pub(crate) struct CutLine {
    /// Ways to read what stands before the piece, by the state in which they leave off.
    heads: Vec<(State, Joined)>,
    /// Ways to read the piece and what came after it.
    tails: Vec<Tail>,
    /// Line of the piece with the needle.
    pub(crate) line: u64,
}

/// Where pieces can start in a line: at its start, at a later `gc N`, and where another writer's piece ends.
fn starts(body: &[u8]) -> Vec<usize> {
    let mut starts = vec![0];
    for at in memchr::memmem::find_iter(body, b"gc ").take(8) {
        if at > 0 && body.get(at + 3).is_some_and(u8::is_ascii_digit) {
            starts.push(at);
        }
        if let Some(Boundary { at: length, state }) = Walk::new(&body[at..], START, false).last()
            && state > 1
            && token::continues(&body[at + length..])
        {
            starts.push(at + length);
        }
    }
    starts.sort_unstable();
    starts.dedup();
    starts
}

impl CutLine {
    /// The readings of a line `body` around its ` ms clock, ` at `needle`, with the heads found in `earlier` lines.
    /// `None` where no reading of the line comes upon the needle: then it is foreign text.
    pub(crate) fn new(
        line: u64,
        body: &[u8],
        needle: usize,
        earlier: &[Earlier<'_>],
    ) -> Option<Self> {
        let mut cut = Self {
            heads: Vec::new(),
            tails: Vec::new(),
            line,
        };
        let mut search = Search { earlier, walks: 0 };
        for start in starts(body) {
            if start > needle {
                break;
            }
            let text = &body[start..];
            let at_head = text.starts_with(b"gc ").then_some(START);
            for state in at_head.into_iter().chain(token::states_starting(text)) {
                let walk = Walk::new(text, state, true);
                let behind = needle + NEEDLE.len() - start;
                if !walk.boundaries.iter().any(|b| b.at == behind) {
                    continue;
                }
                if !cut.heads.iter().any(|(s, _)| *s == state) {
                    if state == START {
                        cut.heads.push((START, Joined::default()));
                    } else {
                        search.heads(state, 0, &Joined::default(), &mut cut.heads, state);
                    }
                }
                cut.extend(line, body, start, &Joined::default(), state, &walk, behind);
            }
        }
        (!cut.tails.is_empty()).then_some(cut)
    }

    fn extend(
        &mut self,
        line: u64,
        body: &[u8],
        start: usize,
        before: &Joined,
        from: State,
        walk: &Walk,
        least: usize,
    ) {
        for boundary in walk.boundaries.iter().rev().filter(|b| b.at >= least) {
            if self.tails.len() >= ALTERNATIVES {
                return;
            }
            let mut joined = before.clone();
            joined.push(line, body, start, start + boundary.at);
            self.tails.push(Tail {
                joined,
                state: boundary.state,
                from,
            });
        }
    }

    /// True where a head was found: the line is worth waiting for.
    pub(crate) fn has_head(&self) -> bool {
        !self.heads.is_empty()
    }

    /// Candidates whose last piece stands on `line` and ends it.
    pub(crate) fn complete_on(&self, line: u64) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for tail in &self.tails {
            let last = tail.joined.claims.last();
            if !token::may_end(tail.state)
                || !tail.joined.ends_line
                || last.is_none_or(|claim| claim.line != line)
            {
                continue;
            }
            for (_, head) in self.heads.iter().filter(|(state, _)| *state == tail.from) {
                let joined = head.then(&tail.joined);
                candidates.push(Candidate {
                    text: joined.text,
                    claims: joined.claims,
                    foreign: joined.foreign,
                });
            }
        }
        candidates
    }

    /// Takes in the next line of the same stream; returns the candidates that it completes.
    pub(crate) fn feed(&mut self, line: u64, body: &[u8]) -> Vec<Candidate> {
        if !body.is_empty() && !token::continues(body) && memchr::memmem::find(body, b"gc ").is_none()
        {
            return Vec::new();
        }
        let known = self.tails.len();
        let starts = starts(body);
        for index in 0..known {
            let Tail {
                joined,
                state,
                from,
            } = self.tails[index].clone();
            if joined.ends_line && token::may_end(state) {
                // Complete, and not taken: nothing can follow it.
                continue;
            }
            if token::may_end(state) && body.is_empty() {
                if self.tails.len() >= ALTERNATIVES {
                    break;
                }
                // The line feed of the cut line, alone on its line.
                let mut joined = joined;
                joined.push(line, body, 0, 0);
                self.tails.push(Tail {
                    joined,
                    state,
                    from,
                });
                continue;
            }
            for start in &starts {
                let walk = Walk::new(&body[*start..], state, true);
                self.extend(line, body, *start, &joined, from, &walk, 1);
            }
        }
        self.complete_on(line)
    }
}

/// A depth-first search backwards for the pieces before one that starts in a known state.
struct Search<'a> {
    earlier: &'a [Earlier<'a>],
    walks: usize,
}

impl Search<'_> {
    /// Finds texts that lead from the start of a gc line to `state`, in lines from index `from` on (nearest first).
    fn heads(
        &mut self,
        state: State,
        from: usize,
        after: &Joined,
        found: &mut Vec<(State, Joined)>,
        wanted: State,
    ) {
        for index in from..self.earlier.len() {
            let Earlier { line, body } = self.earlier[index];
            for start in starts(body) {
                let text = &body[start..];
                if found.len() >= ALTERNATIVES || self.walks >= WALKS {
                    return;
                }
                if text.starts_with(b"gc ") {
                    self.walks += 1;
                    for at in Walk::new(text, START, true).at_state(state) {
                        let piece = Joined::piece(line, body, start, start + at);
                        found.push((wanted, piece.then(after)));
                    }
                } else {
                    for earlier in token::states_starting(text) {
                        if earlier >= state {
                            break;
                        }
                        self.walks += 1;
                        let walk = Walk::new(text, earlier, true);
                        for at in walk.at_state(state) {
                            let piece = Joined::piece(line, body, start, start + at);
                            self.heads(earlier, index + 1, &piece.then(after), found, wanted);
                        }
                    }
                }
            }
        }
    }
}

/// True where `text` is a piece of a gc line from its first byte to its last.
pub(crate) fn is_piece(text: &[u8]) -> bool {
    let ends = |state| {
        Walk::new(text, state, true)
            .boundaries
            .iter()
            .any(|b| b.at == text.len())
    };
    (text.starts_with(b"gc ") && ends(START)) || token::states_starting(text).any(ends)
}
