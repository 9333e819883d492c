//! Pieces of a gc line: walks through the [automaton](super::automaton) of its grammar.

use super::automaton::{
    AUTOMATON, FIRST, MS, NUMBERED, NUMBERS, OURS, Operand, PCT, PERCENT, SEC, SECOND, START,
    State, States, TELLING, TELLING_BYTES, UINT, is_between, may_have,
};
use super::grammar::Number;
use super::number::{DIGITS, milliseconds, percent, seconds, uint};
use Operand::{Lit, Num};

/// The operands that may come next in a state, and the state after each.
fn candidates(state: State) -> impl Iterator<Item = (Operand, State)> {
    AUTOMATON.states[usize::from(state)].next()
}

/// Longest operand at the start of `text`, or `None`.
fn operand(operand: Operand, text: &[u8]) -> Option<usize> {
    let rest = match operand {
        Lit(literal) => return begins(text, literal).then_some(literal.len()),
        Num(Number::Uint) => uint(text).ok()?.0,
        Num(Number::Ms) => milliseconds(text).ok()?.0,
        Num(Number::Sec) => seconds(text).ok()?.0,
        Num(Number::Pct) => percent(text).ok()?.0,
    };
    Some(text.len() - rest.len())
}

/// Whether `text` begins with a literal. Byte by byte: most texts differ in the first two.
fn begins(text: &[u8], literal: &[u8]) -> bool {
    literal.len() <= text.len() && literal.iter().zip(text).all(|(a, b)| a == b)
}

/// A boundary between two operands: byte position in the walked text, and the state there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Boundary {
    pub(crate) at: usize,
    pub(crate) state: State,
    /// Inside the digits of a number: the digits after it would belong to other output.
    pub(crate) split: bool,
}

/// A walk through the grammar: the boundaries after whole operands, as far as the text matches.
#[derive(Debug, Clone)]
pub(crate) struct Walk<'a> {
    text: &'a [u8],
    at: usize,
    state: State,
}

impl<'a> Walk<'a> {
    /// Walks `text` from `state` on.
    pub(crate) const fn new(text: &'a [u8], state: State) -> Self {
        Self { text, at: 0, state }
    }

    /// The next operand.
    fn step(&mut self) -> Option<(Operand, Boundary)> {
        let rest = &self.text[self.at..];
        let (candidate, length, next) = candidates(self.state)
            .find_map(|(candidate, next)| Some((candidate, operand(candidate, rest)?, next)))?;
        self.at += length;
        self.state = next;
        let boundary = Boundary {
            at: self.at,
            state: self.state,
            split: false,
        };
        Some((candidate, boundary))
    }

    /// Passes all boundaries to `each`, in order: those after whole operands, and the shorter readings of each number, as digits at its
    /// end may belong to other output.
    pub(crate) fn all(mut self, mut each: impl FnMut(Boundary)) {
        let mut from = 0;
        while let Some((candidate, boundary)) = self.step() {
            if !matches!(candidate, Lit(_)) {
                let digits = &self.text[from..boundary.at];
                shorter(candidate, digits, from, boundary.state, &mut each);
            }
            each(boundary);
            from = boundary.at;
        }
        // A number followed by a digit that cannot be its own, like `0` before `2026/11/23`.
        if let Some((candidate @ Num(_), next)) = candidates(self.state).next() {
            let rest = &self.text[from..];
            let most = rest.iter().take(DIGITS);
            let digits = most.take_while(|b| b.is_ascii_digit()).count();
            shorter(candidate, &rest[..digits], from, next, &mut each);
        }
    }
}

impl Iterator for Walk<'_> {
    type Item = Boundary;

    fn next(&mut self) -> Option<Boundary> {
        self.step().map(|(_, boundary)| boundary)
    }
}

/// The readings of a number operand `digits`, which starts at `from`, that are shorter than all its digits.
fn shorter(
    candidate: Operand,
    digits: &[u8],
    from: usize,
    state: State,
    mut each: impl FnMut(Boundary),
) {
    for length in 1..digits.len().min(DIGITS) {
        if operand(candidate, &digits[..length]) == Some(length) {
            each(Boundary {
                at: from + length,
                state,
                split: true,
            });
        }
    }
}

/// Whether the operands that `text` starts with, from the state `from` on, occur only in gc lines.
pub(crate) fn is_distinctive(text: &[u8], from: State) -> bool {
    let mut before = from;
    let mut seconds = false;
    Walk::new(text, from).any(|Boundary { state, .. }| {
        // ` @` and seconds; seconds, `s ` and a percentage; any operand with a unit; an arrow.
        seconds |= state == OURS;
        let whole = (seconds && (before + 1 == OURS && from <= NUMBERED || state == PERCENT + 1))
            || TELLING >> state & 1 == 1;
        before = state;
        whole
    })
}

/// Whether a line may start with the continuation of a cut gc line that [is distinctive](is_distinctive): a fast filter, as nearly no
/// line of a log is one.
pub(crate) fn may_be_distinctive(text: &[u8]) -> bool {
    text.iter()
        .find(|b| !is_between(**b))
        .is_some_and(|b| TELLING_BYTES[usize::from(*b)])
}

/// The states whose next operand `text` may start with by its first two bytes, without the first state.
pub(crate) fn states_starting(text: &[u8]) -> impl Iterator<Item = State> {
    let mut left = starting(text) & !(1 << START);
    std::iter::from_fn(move || {
        let state = State::try_from(left.checked_ilog2()?).ok()?;
        left &= !(1 << state);
        Some(state)
    })
}

fn starting(text: &[u8]) -> States {
    match text {
        [] => 0,
        [first] => FIRST[usize::from(*first)] & SECOND[0],
        [first, second, ..] => FIRST[usize::from(*first)] & SECOND[usize::from(*second)],
    }
}

/// True if some operands of a gc line are all of `text`: a walk from every state at once.
///
/// If readings of a number differ in length, all but one end inside of its digits, and no operand continues there.
pub(crate) fn is_piece(text: &[u8]) -> bool {
    let (mut at, mut states) = (0, starting(text));
    while states != 0 {
        let rest = &text[at..];
        let mut next = (at, 0);
        let mut go = |length: usize, states: States| {
            let behind = &rest[length..];
            let goes_on = match behind {
                [] => states,
                _ => states & starting(behind),
            };
            if goes_on != 0 {
                next = (at + length, goes_on | next.1);
            }
        };
        // The state after a number, and after a literal of one byte, is the next one.
        if let [b'+' | b'/' | b'%', ..] = rest {
            go(1, states << 1);
            states = 0;
        } else if states & NUMBERS != 0 {
            for (kind, before) in [
                (Number::Uint, UINT),
                (Number::Ms, MS),
                (Number::Sec, SEC),
                (Number::Pct, PCT),
            ] {
                if states & before != 0
                    && let Some(length) = operand(Num(kind), rest)
                {
                    go(length, (states & before) << 1);
                }
            }
        }
        let mut left = states & !NUMBERS;
        while let Some(state) = left.checked_ilog2() {
            left &= !(1 << state);
            for (literal, behind) in AUTOMATON.states[state as usize].next() {
                if let Some(length) = operand(literal, rest) {
                    go(length, 1 << behind);
                }
            }
        }
        (at, states) = next;
        if at == text.len() {
            return states != 0;
        }
    }
    false
}

/// Whether `text` can go on from `state`.
pub(crate) fn can_start(state: State, text: &[u8]) -> bool {
    let first = text.first().copied().unwrap_or(0);
    let can_start = |candidate| match candidate {
        Lit(literal) => begins(text, literal),
        _ => may_have(candidate, 0, first),
    };
    (starting(text) >> state) & 1 == 1
        && candidates(state).any(|(candidate, _)| can_start(candidate))
}
