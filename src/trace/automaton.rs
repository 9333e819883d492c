//! The table of the [grammar](super::grammar) as an automaton: its states are the places between two operands of a gc line.
//!
//! It is made at compile time by the subset construction: rows of different versions that begin alike are followed together until
//! they differ.

use super::grammar::{END, Go, LINE, Number, Row, VERSIONS};

/// A place between two operands of a gc line.
pub(crate) type State = u8;

/// States, a bit each.
pub(crate) type States = u64;

/// Rows of the table, a bit each.
type Rows = u64;

/// The bit of the end of the line.
const LINE_END: Rows = 1 << 63;
/// States, at most: one bit for each.
const MOST: usize = 64;
/// Operands that may come next in a state.
const CHOICES: usize = 2;

/// A text that the runtime prints with one `write`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Operand {
    Lit(&'static [u8]),
    Num(Number),
}
use Operand::{Lit, Num};

#[derive(Clone, Copy)]
pub(crate) struct StateRow {
    /// The rows that may begin here, and those whose number was read.
    begin: Rows,
    numbered: Rows,
    /// The operands that may come next, and the state after each.
    next: [Option<(Operand, State)>; CHOICES],
}

pub(crate) struct Automaton {
    pub(crate) states: [StateRow; MOST],
    pub(crate) len: usize,
}

pub(crate) static AUTOMATON: Automaton = MADE;

const MADE: Automaton = Automaton::new();

impl StateRow {
    /// The operands that may come next, and the state after each.
    pub(crate) fn next(&self) -> impl Iterator<Item = (Operand, State)> {
        self.next.iter().copied().flatten()
    }
}

impl Automaton {
    const fn new() -> Self {
        assert!(LINE.len() < 63, "a bit each");
        let none = StateRow {
            begin: 0,
            numbered: 0,
            next: [None; CHOICES],
        };
        let mut made = Self {
            states: [none; MOST],
            len: 0,
        };
        made.visit(1, 0);
        made
    }

    /// The state of some rows, with all states after it. Numbered depth first, so that the state after a number is the next one.
    const fn visit(&mut self, begin: Rows, numbered: Rows) -> State {
        let mut known = 0;
        while known < self.len {
            if self.states[known].begin == begin && self.states[known].numbered == numbered {
                return number(known);
            }
            known += 1;
        }
        let state = self.len;
        self.len += 1;
        self.states[state].begin = begin;
        self.states[state].numbered = numbered;
        let mut done: Rows = 0;
        let mut choice = 0;
        let mut row = 0;
        while row < LINE.len() {
            let reads_number = begin >> row & 1 == 1 && LINE[row].number.is_some();
            let reads_literal = !reads_number && (begin | numbered) >> row & 1 == 1;
            if done >> row & 1 == 0 && (reads_number || reads_literal) {
                // With all rows that have the same operand here.
                let (mut alike, mut behind) = (0, 0);
                let mut other = row;
                while other < LINE.len() {
                    let here = (begin | numbered) >> other & 1 == 1;
                    if here && reads_number && same_number(&LINE[row], &LINE[other]) {
                        alike |= 1 << other;
                    }
                    if here && reads_literal && same(LINE[row].literal, LINE[other].literal) {
                        alike |= 1 << other;
                        behind |= successors(other);
                    }
                    other += 1;
                }
                done |= alike;
                let (operand, next) = match (reads_number, LINE[row].number) {
                    (true, Some(number)) => (Num(number), self.visit(0, alike)),
                    _ => (Lit(LINE[row].literal.as_bytes()), self.visit(behind, 0)),
                };
                self.states[state].next[choice] = Some((operand, next));
                choice += 1;
            }
            row += 1;
        }
        number(state)
    }

    /// The states for which `which` is true.
    const fn those(&self, which: Which) -> States {
        let mut states = 0;
        let mut state = 0;
        while state < self.len {
            let row = &self.states[state];
            let is = match which {
                Which::MayEnd => row.begin & LINE_END != 0,
                Which::Before(number) => match row.next[0] {
                    Some((Num(next), _)) => next as u8 == number as u8,
                    _ => false,
                },
            };
            states |= (is as States) << state;
            state += 1;
        }
        states
    }

    /// The state in which the number of a field was read.
    const fn behind_number_of(&self, field: &str) -> State {
        let mut state = 0;
        while state < self.len {
            let mut row = 0;
            while row < LINE.len() {
                if self.states[state].numbered >> row & 1 == 1 && same(LINE[row].field, field) {
                    return number(state);
                }
                row += 1;
            }
            state += 1;
        }
        panic!("no such field");
    }

    /// The words for what is expected in a state.
    pub(crate) const fn expected(&self, state: State) -> &'static str {
        let StateRow {
            begin, numbered, ..
        } = self.states[state as usize];
        let rows = begin | numbered;
        if rows & !LINE_END == 0 {
            return END;
        }
        let row = &LINE[rows.trailing_zeros() as usize];
        row.expected[(numbered != 0 || row.number.is_none()) as usize]
    }
}

#[derive(Clone, Copy)]
enum Which {
    MayEnd,
    Before(Number),
}

/// The number of a state: there are 64 at most.
#[allow(clippy::cast_possible_truncation, reason = "there are 64 at most")]
const fn number(state: usize) -> State {
    assert!(state < MOST, "a bit each");
    state as State
}

/// The rows that may come after a row, in any version.
const fn successors(row: usize) -> Rows {
    let mut rows = 0;
    let mut version = 0;
    while version < VERSIONS.len() {
        let go: Go = VERSIONS[version];
        version += 1;
        if !LINE[row].is_in(go) {
            continue;
        }
        let mut next = row + 1;
        loop {
            if next == LINE.len() {
                rows |= LINE_END;
                break;
            }
            if LINE[next].is_in(go) {
                rows |= 1 << next;
                if !LINE[next].optional {
                    break;
                }
            }
            next += 1;
        }
    }
    rows
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

const fn same_number(a: &Row, b: &Row) -> bool {
    match (a.number, b.number) {
        (Some(a), Some(b)) => a as u8 == b as u8,
        _ => false,
    }
}

/// Before the first operand.
pub(crate) const START: State = 0;
/// After the number of the cycle.
pub(crate) const NUMBERED: State = MADE.behind_number_of("number");
/// After its start: a line with this much (`gc N @S.SSS`) is taken for a gc line.
pub(crate) const OURS: State = MADE.behind_number_of("start");
/// After its percentage.
pub(crate) const PERCENT: State = MADE.behind_number_of("cumulative_cpu_percent");

/// The states in which a line may end: only the line feed is missing.
const MAY_END: States = MADE.those(Which::MayEnd);

/// The states whose next operand is a number of a kind.
pub(crate) const UINT: States = MADE.those(Which::Before(Number::Uint));
pub(crate) const MS: States = MADE.those(Which::Before(Number::Ms));
pub(crate) const SEC: States = MADE.those(Which::Before(Number::Sec));
pub(crate) const PCT: States = MADE.those(Which::Before(Number::Pct));
pub(crate) const NUMBERS: States = UINT | MS | SEC | PCT;

/// The states after an operand that is in gc lines and in no other text: one with a unit, or an arrow.
pub(crate) const TELLING: States = telling();

const fn telling() -> States {
    let mut states = 0;
    let mut state = 0;
    while state < MADE.len {
        let mut choice = 0;
        while choice < CHOICES {
            if let Some((Lit(literal), next)) = MADE.states[state].next[choice] {
                let unit =
                    literal.len() > 4 && literal[0] == b' ' && literal[1].is_ascii_alphabetic();
                let arrow = literal[0] == b'-';
                states |= ((unit || arrow) as States) << next;
            }
            choice += 1;
        }
        state += 1;
    }
    states
}

/// For each byte the states with an operand that may have it as its first.
pub(crate) const FIRST: [States; 256] = states_by_byte(0);
/// For each byte the states with an operand that may have it as its second, or that may be of one byte.
pub(crate) const SECOND: [States; 256] = states_by_byte(1);

const fn states_by_byte(at: usize) -> [States; 256] {
    let mut states = [0; 256];
    let mut state = 0;
    while state < MADE.len {
        let mut choice = 0;
        while choice < CHOICES {
            if let Some((operand, _)) = MADE.states[state].next[choice] {
                let mut byte = 0_u8;
                loop {
                    states[byte as usize] |= (may_have(operand, at, byte) as States) << state;
                    match byte.checked_add(1) {
                        Some(next) => byte = next,
                        None => break,
                    }
                }
            }
            choice += 1;
        }
        state += 1;
    }
    states
}

/// Whether an operand may have a byte at a place.
pub(crate) const fn may_have(operand: Operand, at: usize, byte: u8) -> bool {
    match operand {
        Lit(literal) => at >= literal.len() || literal[at] == byte,
        _ if at > 0 => true,
        Num(Number::Pct) => byte.is_ascii_digit() || byte == b'-',
        Num(_) => byte.is_ascii_digit(),
    }
}

/// First bytes of operands after their numbers and the signs between those, except for the head of the line.
pub(crate) const TELLING_BYTES: [bool; 256] = telling_bytes();

/// Whether a byte belongs to a number, or to the signs between numbers.
pub(crate) const fn is_between(byte: u8) -> bool {
    matches!(
        byte,
        b'0'..=b'9' | b' ' | b'.' | b'+' | b'/' | b'-' | b':' | b's'
    )
}

const fn telling_bytes() -> [bool; 256] {
    let mut bytes = [false; 256];
    let mut row = 1;
    while row < LINE.len() {
        let literal = LINE[row].literal.as_bytes();
        let mut at = 0;
        while at < literal.len() && is_between(literal[at]) {
            at += 1;
        }
        if at < literal.len() {
            bytes[literal[at] as usize] = true;
        }
        row += 1;
    }
    bytes
}

/// True if the line may end: only the line feed is missing.
pub(crate) const fn may_end(state: State) -> bool {
    MAY_END >> state & 1 == 1
}

/// The words for what is expected in a state.
pub(crate) fn expected(state: State) -> &'static str {
    AUTOMATON.expected(state)
}

// `pieces::is_piece` relies on this: the state after a number, or after a literal of one byte, is the next one.
const _: () = {
    let mut state = 0;
    while state < MADE.len {
        let mut choice = 0;
        while choice < CHOICES {
            if let Some((operand, next)) = MADE.states[state].next[choice] {
                let one = match operand {
                    Lit(literal) => literal.len() == 1,
                    Num(_) => true,
                };
                assert!(
                    !one || next as usize == state + 1,
                    "one-byte literals come first"
                );
            }
            choice += 1;
        }
        state += 1;
    }
};
