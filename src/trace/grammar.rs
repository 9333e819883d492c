//! The gc line as the runtime writes it: one `write` for each print operand, some 39 of them.
//!
//! Other output falls between operands, never inside one, so a cut line is a walk through this table that stops at a
//! state and goes on from it elsewhere. The same walk says where a broken line breaks and what was expected there.

use super::number::{milliseconds, percent, seconds, uint};

/// A place between two operands of a gc line.
pub(crate) type State = u8;

/// Before the first operand.
pub(crate) const START: State = 0;
/// After `s `: enough was read (`gc N @S.SSS`) to call a line ours.
pub(crate) const OURS: State = 4;
/// After ` P`: only ` (forced)` and the line feed may follow.
const AFTER_P: State = 57;
/// After ` (forced)`: only the line feed.
const AFTER_FORCED: State = 58;

/// ` ms clock, ` is one operand, present in every gc line of Go 1.5 and later and in hardly any other text.
pub(crate) const NEEDLE: &[u8] = b" ms clock, ";

#[derive(Clone, Copy)]
enum Operand {
    Lit(&'static [u8]),
    Uint,
    Ms,
    Sec,
    Pct,
}
use Operand::{Lit, Ms, Pct, Sec, Uint};

/// For each state the operands that may come next, and the state behind each.
const TABLE: [&[(Operand, State)]; 59] = [
    &[(Lit(b"gc "), 1)],
    &[(Uint, 2)],
    &[(Lit(b" @"), 3)],
    &[(Sec, 4)],
    &[(Lit(b"s "), 5)],
    &[(Pct, 6)],
    &[(Lit(b"%"), 7)],
    &[
        (Lit(b": "), 9),
        (Lit(b" (checking for goroutine leaks)"), 8),
    ],
    &[(Lit(b": "), 9)],
    // clock
    &[(Ms, 10)],
    &[(Lit(b"+"), 11)],
    &[(Ms, 12)],
    &[(Lit(b"+"), 13)],
    &[(Ms, 14)],
    &[(Lit(NEEDLE), 19), (Lit(b"+"), 15)],
    &[(Ms, 16)],
    &[(Lit(b"+"), 17)],
    &[(Ms, 18)],
    &[(Lit(NEEDLE), 29)],
    // cpu, Go 1.6 and later
    &[(Ms, 20)],
    &[(Lit(b"+"), 21)],
    &[(Ms, 22)],
    &[(Lit(b"/"), 23)],
    &[(Ms, 24)],
    &[(Lit(b"/"), 25)],
    &[(Ms, 26)],
    &[(Lit(b"+"), 27)],
    &[(Ms, 28)],
    &[(Lit(b" ms cpu, "), 43)],
    // cpu, Go 1.5
    &[(Ms, 30)],
    &[(Lit(b"+"), 31)],
    &[(Ms, 32)],
    &[(Lit(b"+"), 33)],
    &[(Ms, 34)],
    &[(Lit(b"+"), 35)],
    &[(Ms, 36)],
    &[(Lit(b"/"), 37)],
    &[(Ms, 38)],
    &[(Lit(b"/"), 39)],
    &[(Ms, 40)],
    &[(Lit(b"+"), 41)],
    &[(Ms, 42)],
    &[(Lit(b" ms cpu, "), 43)],
    // heap
    &[(Uint, 44)],
    &[(Lit(b"->"), 45)],
    &[(Uint, 46)],
    &[(Lit(b"->"), 47)],
    &[(Uint, 48)],
    &[(Lit(b" MB, "), 49)],
    &[(Uint, 50)],
    &[(Lit(b" MB goal, "), 51)],
    &[(Uint, 52)],
    &[(Lit(b" MB stacks, "), 53), (Lit(b" P"), AFTER_P)],
    &[(Uint, 54)],
    &[(Lit(b" MB globals, "), 55)],
    &[(Uint, 56)],
    &[(Lit(b" P"), AFTER_P)],
    &[(Lit(b" (forced)"), AFTER_FORCED)],
    &[],
];

/// True where the line may end: only the line feed is still to come.
pub(crate) const fn may_end(state: State) -> bool {
    state >= AFTER_P
}

/// What the grammar expects in a state, in words.
pub(crate) const fn expected(state: State) -> &'static str {
    match state {
        0 => "`gc `",
        1 => "a cycle number",
        2 => "` @`",
        3 => "seconds with three decimals",
        4 => "`s `",
        5 => "a whole percentage",
        6 => "`%`",
        7 | 8 => "`: `",
        9..=18 => "three wall-clock times and ` ms clock, `",
        19..=42 => "the CPU times and ` ms cpu, `",
        43..=48 => "three heap sizes and ` MB, `",
        49 | 50 => "the heap goal and ` MB goal, `",
        51..=56 => "stacks, globals and processors",
        _ => "the end of the line",
    }
}

/// Longest operand at the start of `text`, or `None`.
fn operand(operand: Operand, text: &[u8]) -> Option<usize> {
    let rest = match operand {
        Lit(literal) => return begins(text, literal).then_some(literal.len()),
        Uint => uint(text).ok()?.0,
        Ms => milliseconds(text).ok()?.0,
        Sec => seconds(text).ok()?.0,
        Pct => percent(text).ok()?.0,
    };
    Some(text.len() - rest.len())
}

/// Whether `text` begins with a literal. Byte by byte: most differ from the text in one of the first two.
fn begins(text: &[u8], literal: &[u8]) -> bool {
    literal.len() <= text.len() && literal.iter().zip(text).all(|(a, b)| a == b)
}

/// A boundary between two operands: byte position in the walked text, and the state there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Boundary {
    pub(crate) at: usize,
    pub(crate) state: State,
    /// Inside the digits of a number: what follows would be digits of other output.
    pub(crate) split: bool,
}

/// A walk through the grammar: the boundaries behind whole operands, as far as they go.
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
        let (candidate, length, next) = TABLE[usize::from(self.state)]
            .iter()
            .find_map(|(candidate, next)| Some((candidate, operand(*candidate, rest)?, next)))?;
        self.at += length;
        self.state = *next;
        let boundary = Boundary {
            at: self.at,
            state: self.state,
            split: false,
        };
        Some((*candidate, boundary))
    }

    /// Tells all boundaries, in order: those behind whole operands, and the shorter readings of each number, for digits at
    /// its end may belong to other output.
    pub(crate) fn all(mut self, mut tell: impl FnMut(Boundary)) {
        let mut from = 0;
        while let Some((candidate, boundary)) = self.step() {
            if !matches!(candidate, Lit(_)) {
                let digits = &self.text[from..boundary.at];
                shorter(candidate, digits, from, boundary.state, &mut tell);
            }
            tell(boundary);
            from = boundary.at;
        }
        // A number glued to a digit that cannot be its own, like `0` before `2026/11/23`.
        if let [(candidate, next), ..] = TABLE[usize::from(self.state)]
            && !matches!(candidate, Lit(_))
        {
            let rest = &self.text[from..];
            let most = rest.iter().take(DIGITS);
            let digits = most.take_while(|b| b.is_ascii_digit()).count();
            shorter(*candidate, &rest[..digits], from, *next, &mut tell);
        }
    }
}

impl Iterator for Walk<'_> {
    type Item = Boundary;

    fn next(&mut self) -> Option<Boundary> {
        self.step().map(|(_, boundary)| boundary)
    }
}

/// Digits that a number has at most.
const DIGITS: usize = 20;

/// The shorter readings of a number operand `digits`, which starts at `from`. The whole run of digits is none of them.
fn shorter(
    candidate: Operand,
    digits: &[u8],
    from: usize,
    state: State,
    mut tell: impl FnMut(Boundary),
) {
    for length in 1..digits.len().min(DIGITS) {
        if operand(candidate, &digits[..length]) == Some(length) {
            tell(Boundary {
                at: from + length,
                state,
                split: true,
            });
        }
    }
}

/// Whether the operands that `text` starts with, from the state `from` on, are text of a gc line and of nothing else.
pub(crate) fn is_distinctive(text: &[u8], from: State) -> bool {
    let mut before = from;
    let mut seconds = false;
    Walk::new(text, from).any(|Boundary { state, .. }| {
        // ` @` and seconds; seconds, `s ` and a percentage; any operand with a unit; an arrow.
        seconds |= state == 4;
        let whole = (seconds && (before == 3 && from <= 2 || state == 7))
            || matches!(state, 19 | 29 | 43 | 45 | 47 | 49 | 51 | 53 | 55);
        before = state;
        whole
    })
}

/// States, a bit each.
type States = u64;

/// For each byte the states with an operand that may have it as its first.
const FIRST: [States; 256] = states_by_byte(0);
/// For each byte the states with an operand that may have it as its second, or that may be of one byte.
const SECOND: [States; 256] = states_by_byte(1);

const fn states_by_byte(at: usize) -> [States; 256] {
    let mut states = [0; 256];
    let mut state = 0;
    while state < TABLE.len() {
        let mut candidate = 0;
        while candidate < TABLE[state].len() {
            let mut byte = 0;
            loop {
                let may = may_have(TABLE[state][candidate].0, at, byte);
                states[byte as usize] |= (may as States) << state;
                match byte.checked_add(1) {
                    Some(next) => byte = next,
                    None => break,
                }
            }
            candidate += 1;
        }
        state += 1;
    }
    states
}

const fn may_have(operand: Operand, at: usize, byte: u8) -> bool {
    match operand {
        Lit(literal) => at >= literal.len() || literal[at] == byte,
        _ if at > 0 => true,
        Uint | Ms | Sec => byte.is_ascii_digit(),
        Pct => byte.is_ascii_digit() || byte == b'-',
    }
}

/// Whether a line may start with the continuation of a cut gc line that [is distinctive](is_distinctive): a cheap
/// sieve, for nearly every line of a log is none.
pub(crate) fn may_be_distinctive(text: &[u8]) -> bool {
    // What stands before the first operand that tells: numbers and what is between them.
    let between = |b: &&u8| {
        matches!(
            b,
            b'0'..=b'9' | b' ' | b'.' | b'+' | b'/' | b'-' | b':' | b's'
        )
    };
    matches!(
        text.iter().find(|b| !between(b)),
        Some(b'@' | b'%' | b'm' | b'M' | b'>' | b'(')
    )
}

/// The states whose next operand `text` may start with, as far as its first two bytes tell; the first state is none of
/// them.
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

/// The states whose next operand is a number of a kind.
const UINT: States = states_before(0);
const MS: States = states_before(1);
const SEC: States = states_before(2);
const PCT: States = states_before(3);
const NUMBERS: States = UINT | MS | SEC | PCT;

const fn states_before(kind: u8) -> States {
    let mut states = 0;
    let mut state = 0;
    while state < TABLE.len() {
        let is = match TABLE[state] {
            [(Uint, _)] => kind == 0,
            [(Ms, _)] => kind == 1,
            [(Sec, _)] => kind == 2,
            [(Pct, _)] => kind == 3,
            _ => false,
        };
        states |= (is as States) << state;
        state += 1;
    }
    states
}

/// True where some operands of a gc line are all of `text`: a walk from every state at once.
///
/// Where readings of a number differ in length, all but one stop inside of its digits, and nothing goes on from there.
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
        // Behind a number, and behind a literal of one byte, is the state that comes next.
        if let [b'+' | b'/' | b'%', ..] = rest {
            go(1, states << 1);
            states = 0;
        } else if states & NUMBERS != 0 {
            for (kind, before) in [(Uint, UINT), (Ms, MS), (Sec, SEC), (Pct, PCT)] {
                if states & before != 0
                    && let Some(length) = operand(kind, rest)
                {
                    go(length, (states & before) << 1);
                }
            }
        }
        let mut left = states & !NUMBERS;
        while let Some(state) = left.checked_ilog2() {
            left &= !(1 << state);
            for (literal, behind) in TABLE[state as usize] {
                if let Some(length) = operand(*literal, rest) {
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
        && TABLE[usize::from(state)]
            .iter()
            .any(|(candidate, _)| can_start(*candidate))
}
