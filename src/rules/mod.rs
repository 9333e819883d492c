//! The rules: one file each, the table and what they share here.
//!
//! A rule reads one [`View`] (a window, or the whole run, summed up) and gives a [`Reading`]; hysteresis, episodes and
//! the rest of a finding's life are the analyzer's business. The text above each rule is what `gcpressure explain` prints.

mod assist_pressure;
mod cpu_limiter;
mod cpu_oversubscription;
mod forced_gc;
mod gc_cpu;
mod gc_frequency;
mod goal_churn;
mod gogc_changed;
mod heap_growth;
mod log_quality;
mod long_pause;
mod low_headroom;
mod mark_duty;
mod min_heap;
mod overshoot;
mod pause_budget;
mod pause_p99;
mod periodic_only;
mod stack_roots;
#[cfg(test)]
mod tests;
mod threshold;

pub use goal_churn::Cause;
pub use log_quality::Completeness;
pub use threshold::Thresholds;

use std::borrow::Cow;

use crate::settings::Severity;
use crate::units::Unit;
use crate::window::{Churn, Growth, Swings, Window};

/// All rules, in the order in which they are reported.
pub const fn table() -> &'static [Rule] {
    const TABLE: &[Rule] = &[
        gc_frequency::RULE,
        pause_p99::RULE,
        long_pause::RULE,
        pause_budget::RULE,
        goal_churn::RULE,
        gc_cpu::RULE,
        assist_pressure::RULE,
        mark_duty::RULE,
        min_heap::RULE,
        low_headroom::RULE,
        cpu_limiter::RULE,
        heap_growth::RULE,
        overshoot::RULE,
        forced_gc::RULE,
        cpu_oversubscription::RULE,
        stack_roots::RULE,
        periodic_only::RULE,
        gogc_changed::RULE,
        log_quality::RULE,
    ];
    TABLE
}

/// The rule with this id.
pub fn find(id: &str) -> Option<&'static Rule> {
    table().iter().find(|rule| rule.id == id)
}

/// One rule. The thresholds are the defaults; `None` is a severity that the rule does not reach by itself.
#[derive(Debug)]
pub struct Rule {
    /// Its stable name.
    pub id: &'static str,
    /// What it finds, in one line.
    pub summary: &'static str,
    /// Unit of its value and its thresholds.
    pub unit: Unit,
    /// From this value on a finding is worth knowing.
    pub info: Option<f64>,
    /// From this value on a finding is a warning.
    pub warning: Option<f64>,
    /// From this value on a finding is critical.
    pub critical: Option<f64>,
    /// What it needs to see before it says anything, in words.
    pub evidence: &'static str,
    /// When it is judged.
    pub judged: Judged,
    doc: &'static str,
    judge: fn(&View<'_>, &Thresholds) -> Reading,
    tell: fn(&View<'_>, &Crossing) -> Told,
}

/// When a rule is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// In each window; over the whole run only where no window had the evidence.
    Windows,
    /// In each window, and over the whole run at its end.
    WindowsAndRun,
    /// Over the whole run at its end.
    Run,
}

impl Rule {
    /// What it measures, its thresholds, why, known false alarms and what to do, as plain paragraphs.
    pub fn explain(&self) -> String {
        let lines = self.doc.lines();
        let mut text = String::with_capacity(self.doc.len());
        for line in lines {
            text.push_str(line.strip_prefix(' ').unwrap_or(line));
            text.push('\n');
        }
        text
    }

    /// Looks at a view with these thresholds.
    pub fn judge(&self, view: &View<'_>, thresholds: &Thresholds) -> Reading {
        (self.judge)(view, thresholds)
    }

    /// Puts a crossing into words.
    pub fn tell(&self, view: &View<'_>, crossing: &Crossing) -> Told {
        (self.tell)(view, crossing)
    }

    /// The default thresholds.
    pub const fn thresholds(&self) -> Thresholds {
        Thresholds {
            info: self.info,
            warning: self.warning,
            critical: self.critical,
        }
    }
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The stretch of the process.
    pub window: Window<'a>,
    /// Swings of the goal over the last minute (of the whole run: since the warm-up).
    pub churn: Churn,
    /// The same of twice the live heap: what the goal would do if GOGC were constant at 100.
    pub live_swings: Swings<'a>,
    /// Growth of the live heap over the last ten minutes.
    pub growth: Growth,
    /// How often no constant GOGC explained the goals so far.
    pub gogc_changes: u64,
    /// Goals so far that could tell GOGC.
    pub gogc_cycles: u64,
    /// A memory limit sets the goal.
    pub limit_regime: bool,
    /// GOMEMLIMIT where the user knows it, MiB.
    pub memory_limit_mib: Option<f64>,
    /// Cycles of the process seen so far.
    pub cycles_seen: u64,
    /// What is missing from the log; known at the end of the stream.
    pub completeness: Option<Completeness>,
    /// The view is of the whole run.
    pub whole_run: bool,
}

impl View<'_> {
    /// GC CPU over the cycles of `reach`, with the ratio that a severity may be taken from: the estimate where it is
    /// pinned down, else the lower bound.
    fn gc_cpu_floor(&self) -> Option<f64> {
        let cpu = self.window.reach_cpu?;
        Some(if cpu.resolved { cpu.ratio } else { cpu.low })
    }

    /// Length of the window as far as the log tells of it, s.
    fn seconds(&self) -> f64 {
        self.window.end_ns.saturating_sub(self.window.start_ns) as f64 / 1e9
    }

    /// At least half of the cycles were asked for by the program.
    const fn forced_dominates(&self) -> bool {
        self.window.tally.forced * 2 >= self.window.tally.cycles
    }

    /// Four cycles and 5 s, or eight cycles and 1 s where the cumulative percentage pins the CPU down to 3 points.
    fn cpu_evidence(&self) -> bool {
        let (cycles, seconds) = (self.window.reach_cycles, self.window.reach.seconds());
        let narrow = || {
            self.window
                .reach_cpu
                .is_some_and(|cpu| cpu.interval <= 0.03)
        };
        (cycles >= 4 && seconds >= 5.0) || (cycles >= 8 && seconds >= 1.0 && narrow())
    }
}

/// What a rule saw.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reading {
    /// Too little to say anything.
    NoEvidence,
    /// Something is there, but too little of it to judge: worth knowing, neither pass nor fail.
    Suspected(f64),
    /// The value, and how bad it is.
    Judged {
        /// The value in the rule's unit.
        value: f64,
        /// `None` is fine.
        severity: Option<Severity>,
    },
}

impl Reading {
    /// The value, where there is one.
    pub const fn value(self) -> Option<f64> {
        match self {
            Self::NoEvidence => None,
            Self::Suspected(value) | Self::Judged { value, .. } => Some(value),
        }
    }

    /// How bad it is; what is suspected is worth knowing.
    pub const fn severity(self) -> Option<Severity> {
        match self {
            Self::NoEvidence => None,
            Self::Suspected(_) => Some(Severity::Info),
            Self::Judged { severity, .. } => severity,
        }
    }

    /// A value that the thresholds alone decide.
    fn graded(value: f64, thresholds: &Thresholds) -> Self {
        Self::Judged {
            value,
            severity: thresholds.grade(value),
        }
    }

    /// A value that is fine whatever the thresholds say, because another condition does not hold.
    const fn quiet(value: f64) -> Self {
        Self::Judged {
            value,
            severity: None,
        }
    }
}

/// A value that crossed a threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crossing {
    /// The value in the rule's unit.
    pub value: f64,
    /// The threshold that it crossed.
    pub threshold: f64,
    /// How bad it is.
    pub severity: Severity,
    /// Too little evidence to judge.
    pub suspected: bool,
}

/// A finding in words.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Told {
    /// One sentence: what was measured, against what, why it matters.
    pub message: String,
    /// What to do next, most useful first.
    pub advice: Vec<Cow<'static, str>>,
    /// Named figures, the unit in the name.
    pub evidence: Vec<(&'static str, f64)>,
}

/// Makes a rule of its text and its fields, so that its documentation is what `explain` prints.
macro_rules! rule {
    ($(#[doc = $line:literal])+ $($field:ident: $value:expr,)+) => {
        $(#[doc = $line])+
        pub(super) const RULE: $crate::rules::Rule = $crate::rules::Rule {
            doc: concat!($($line, "\n"),+),
            $($field: $value,)+
        };
    };
}
use rule;

/// Advice that several rules give.
mod advice {
    pub(super) const ALLOCATIONS: &str = "find what allocates: go tool pprof -sample_index=alloc_objects http://HOST/debug/pprof/allocs (or gcpressure sites HEAP)";
    pub(super) const REUSE: &str = "allocate less there: preallocate slices and maps, reuse buffers through sync.Pool, avoid fmt and string building on hot paths";
    pub(super) const GOGC: &str = "trade memory for CPU: GOGC=200 halves the number of cycles and doubles the heap above the live part";
    pub(super) const LIMIT: &str = "the memory limit leaves hardly any room above the live heap, so GOGC will not help: raise GOMEMLIMIT, or shrink the live heap (go tool pprof -sample_index=inuse_space http://HOST/debug/pprof/heap)";
    pub(super) const ROOM: &str = "the heap has hardly any room above the live part: raise GOGC, or GOMEMLIMIT where that is set, or shrink the live heap (go tool pprof -sample_index=inuse_space http://HOST/debug/pprof/heap)";
    pub(super) const TRACE: &str = "record a trace around that time: curl -o trace.out 'http://HOST/debug/pprof/trace?seconds=5' && go tool trace trace.out";
}

/// Advice how to collect more seldom, by what holds the heap down.
fn seldom(view: &View<'_>) -> &'static str {
    let full = (view.window.headroom_use).is_some_and(|share| share >= 800);
    match (view.limit_regime, full) {
        (true, _) => advice::LIMIT,
        (false, true) => advice::ROOM,
        (false, false) => advice::GOGC,
    }
}

/// `1 cycle`, `2 cycles`.
fn counted(count: u64, one: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {one}{s}")
}

/// A duration in ns for people.
fn ns(value: f64) -> String {
    Unit::Nanoseconds.format(value)
}

/// Contention for CPU, where the figures show that rather than work of the collector.
///
/// A stop ends when every running goroutine has been stopped; since Go 1.8 it does no work that grows with the heap. So a
/// stop is long because a thread did not get to run, not because there is much garbage. Says which figure shows it.
fn contention(view: &View<'_>) -> Option<String> {
    let window = &view.window;
    if window.stops_measured >= 3 && window.cpus_lacking >= 6 {
        return Some(format!(
            "GOMAXPROCS is {} but the stops were charged to about {:.0} CPUs, so threads wait for a CPU",
            window.tally.gomaxprocs.1,
            f64::from(window.tally.gomaxprocs.1) - window.cpus_lacking as f64 / 10.0,
        ));
    }
    let (p50, p99) = (window.pauses.quantile(500), window.pauses.quantile(990));
    if p50 > 0 && p99 / p50 >= 100 {
        return Some(format!(
            "most stops are short (p50 {}) and a few over {} times longer, as when the kernel does not run a thread",
            crate::units::duration(p50),
            p99 / p50 / 100 * 100,
        ));
    }
    let mark = window
        .stretch
        .cpu_ratio(|mark| mark.assist_cpu_ns.saturating_add(mark.background_cpu_ns))?;
    (mark < 0.05).then(|| {
        format!(
            "marking itself is cheap ({} of the CPU), so the heap is not what makes the stops long",
            crate::units::percent(mark)
        )
    })
}
