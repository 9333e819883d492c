//! The grammar of a gc line, as one table of what the runtime prints. All other code for the line is made from it, or tested against
//! it.
//!
//! The runtime writes a gc line with one `write` an operand, and other output falls between operands, never inside one. So a cut line
//! is a walk through the [automaton](super::automaton) of this table that stops at a state and goes on from it elsewhere, and the end of
//! a walk is where a broken line breaks. [`gc`](super::gc) is a fast parser of whole lines, equal to this table.

/// How a number is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Number {
    /// A whole number.
    Uint,
    /// Milliseconds of two significant digits.
    Ms,
    /// Seconds with three decimals.
    Sec,
    /// A whole percentage, with a sign if it is broken.
    Pct,
}
use Number::{Ms, Pct, Sec, Uint};

/// A minor version of Go 1.
pub(crate) type Go = u8;

/// One operand, or a number and the operand behind it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    /// The number before the literal.
    pub(crate) number: Option<Number>,
    pub(crate) literal: &'static str,
    /// The name of the field, or of the mark.
    pub(crate) field: &'static str,
    /// What is expected at the place of the number, and at that of the literal.
    pub(crate) expected: [&'static str; 2],
    /// The first and the last version that print it.
    pub(crate) since: Go,
    pub(crate) until: Go,
    /// Not in every line of these versions.
    pub(crate) optional: bool,
}

impl Row {
    /// In every version from 1.5 on.
    const fn of(field: &'static str, number: Number, literal: &'static str) -> Self {
        Self {
            number: Some(number),
            literal,
            field,
            expected: ["", ""],
            since: 5,
            until: Go::MAX,
            optional: false,
        }
    }

    /// A literal without a number, which only some lines have.
    const fn mark(field: &'static str, literal: &'static str) -> Self {
        Self {
            number: None,
            optional: true,
            ..Self::of(field, Uint, literal)
        }
    }

    const fn expects(self, number: &'static str, literal: &'static str) -> Self {
        Self {
            expected: [number, literal],
            ..self
        }
    }

    const fn since(self, since: Go) -> Self {
        Self { since, ..self }
    }

    const fn until(self, until: Go) -> Self {
        Self { until, ..self }
    }

    const fn always(self) -> Self {
        Self {
            optional: false,
            ..self
        }
    }
}

const CLOCK: &str = "three wall-clock times and ` ms clock, `";
const CPU: &str = "the CPU times and ` ms cpu, `";
const HEAP: &str = "three heap sizes and ` MB, `";
const GOAL: &str = "the heap goal and ` MB goal, `";
const LAST: &str = "stacks, globals and processors";

const fn clock(field: &'static str, literal: &'static str) -> Row {
    Row::of(field, Ms, literal).expects(CLOCK, CLOCK)
}

const fn cpu(field: &'static str, literal: &'static str) -> Row {
    Row::of(field, Ms, literal).expects(CPU, CPU)
}

/// A gc line of Go 1.5 and later, in the order in which it is printed. Source: `gcMarkTermination` in runtime/mgc.go.
///
/// If the next row is of another version, the line is of that version or of this one. A one-byte literal comes before others.
pub(crate) const LINE: &[Row] = &[
    Row::mark("head", "gc ").always().expects("`gc `", "`gc `"),
    Row::of("number", Uint, " @").expects("a cycle number", "` @`"),
    Row::of("start", Sec, "s ").expects("seconds with three decimals", "`s `"),
    Row::of("cumulative_cpu_percent", Pct, "%").expects("a whole percentage", "`%`"),
    Row::mark("leak_check", " (checking for goroutine leaks)")
        .since(26)
        .expects("`: `", "`: `"),
    Row::mark("colon", ": ").always().expects("`: `", "`: `"),
    clock("sweep_termination", "+").until(5),
    clock("scan", "+").until(5),
    clock("write_barrier", "+").until(5),
    clock("concurrent_mark", "+").until(5),
    clock("mark_termination", NEEDLE_TEXT).until(5),
    cpu("sweep_termination_cpu", "+").until(5),
    cpu("scan_cpu", "+").until(5),
    cpu("write_barrier_cpu", "+").until(5),
    cpu("mark_assist_cpu", "/").until(5),
    cpu("mark_background_cpu", "/").until(5),
    cpu("mark_idle_cpu", "+").until(5),
    cpu("mark_termination_cpu", " ms cpu, ").until(5),
    clock("sweep_termination", "+").since(6),
    clock("concurrent_mark", "+").since(6),
    clock("mark_termination", NEEDLE_TEXT).since(6),
    cpu("sweep_termination_cpu", "+").since(6),
    cpu("mark_assist_cpu", "/").since(6),
    cpu("mark_background_cpu", "/").since(6),
    cpu("mark_idle_cpu", "+").since(6),
    cpu("mark_termination_cpu", " ms cpu, ").since(6),
    Row::of("heap_start", Uint, "->").expects(HEAP, HEAP),
    Row::of("heap_end", Uint, "->").expects(HEAP, HEAP),
    Row::of("heap_live", Uint, " MB, ").expects(HEAP, HEAP),
    Row::of("heap_goal", Uint, " MB goal, ").expects(GOAL, GOAL),
    Row::of("stacks", Uint, " MB stacks, ")
        .since(18)
        .expects(LAST, LAST),
    Row::of("globals", Uint, " MB globals, ")
        .since(18)
        .expects(LAST, LAST),
    Row::of("gomaxprocs", Uint, " P").expects(LAST, LAST),
    Row::mark("forced", " (forced)").expects("the end of the line", "the end of the line"),
];

/// What is expected after the last row.
pub(crate) const END: &str = "the end of the line";

const NEEDLE_TEXT: &str = " ms clock, ";

/// ` ms clock, ` is one operand, present in every gc line of Go 1.5 and later and in hardly any other text.
pub(crate) const NEEDLE: &[u8] = NEEDLE_TEXT.as_bytes();

/// The versions in which the line changed, oldest first.
pub(crate) const VERSIONS: [Go; changes()] = {
    let mut versions = [0; changes()];
    let (mut count, mut go) = (0, 0);
    while count < versions.len() {
        if changed_in(go) {
            versions[count] = go;
            count += 1;
        }
        go += 1;
    }
    versions
};

const fn changes() -> usize {
    let (mut count, mut go) = (0, 0);
    while go < Go::MAX {
        count += changed_in(go) as usize;
        go += 1;
    }
    count
}

const fn changed_in(go: Go) -> bool {
    let mut row = 0;
    while row < LINE.len() {
        if LINE[row].since == go || (go > 0 && LINE[row].until == go - 1) {
            return true;
        }
        row += 1;
    }
    false
}

impl Row {
    /// Whether a version prints it.
    pub(crate) const fn is_in(&self, version: Go) -> bool {
        self.since <= version && version <= self.until
    }
}
