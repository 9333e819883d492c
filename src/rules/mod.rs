//! The rules: one file each, the table and what they share here.
//!
//! A rule reads one [`View`] (a window, or the whole run, summed up) and gives a [`Reading`]: its value against the
//! thresholds, and what that may be at most by default, since a pattern without cost is worth a line and never a red build.
//! Hysteresis, episodes and the rest of a finding's life are the analyzer's business; which cause the findings of a process
//! have in common says [`diagnosis`]. The text above each rule is what `gcpressure explain` prints.

mod assist_pressure;
mod cost;
mod cpu_limiter;
mod cpu_oversubscription;
pub mod diagnosis;
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

pub use cost::contention::Signs;
pub use cost::{Class, Cost};
pub use diagnosis::situation::Situation;
pub use goal_churn::Cause as ChurnCause;
pub use log_quality::Completeness;
pub use threshold::Thresholds;

use std::borrow::Cow;
use std::cell::OnceCell;

use cost::contention;
use diagnosis::advice;

use crate::measure::{Mark, Stretch};
use crate::severity::{CappedBy, Severity};
use crate::stats::Counts;
use crate::units::{MICROSECOND, Unit};
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
    cap: fn(&View<'_>, Severity) -> Cap,
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
    /// In each window, of the whole run so far: a trend that the log later refutes is withdrawn.
    Trend,
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

    /// Looks at a view with these thresholds. What a threshold of the user's gives is not made milder.
    pub fn judge(&self, view: &View<'_>, thresholds: &Thresholds) -> Reading {
        let reading = (self.judge)(view, thresholds);
        let Reading::Judged {
            value,
            severity: Some(severity),
            ..
        } = reading
        else {
            return reading;
        };
        if thresholds.is_users(severity) {
            return reading;
        }
        let cap = (self.cap)(view, severity);
        if cap.most >= Some(severity) {
            return reading;
        }
        // A milder threshold of the user's own stands as it is set.
        if severity > Severity::Warning
            && thresholds.is_users(Severity::Warning)
            && cap.most < Some(Severity::Warning)
        {
            return Reading::Judged {
                value,
                severity: Some(Severity::Warning),
                capped_by: None,
            };
        }
        Reading::Judged {
            value,
            severity: cap.most,
            capped_by: cap.by,
        }
    }

    /// It judges stops, which may be the host's.
    pub fn is_on_pauses(&self) -> bool {
        diagnosis::PAUSES.contains(&self.id)
    }

    /// What a finding of this severity may be at most by default, and why.
    pub fn at_most(
        &self,
        view: &View<'_>,
        severity: Severity,
    ) -> (Option<Severity>, Option<CappedBy>) {
        let cap = (self.cap)(view, severity);
        (cap.most, cap.by)
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
            users_warning: false,
            users_critical: false,
        }
    }
}

/// What a finding may be at most by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cap {
    /// `None` is nothing at all.
    most: Option<Severity>,
    by: Option<CappedBy>,
}

impl Cap {
    /// No cap.
    const NONE: Self = Self::at(Some(Severity::Critical), None);
    /// Another condition of the rule does not hold: nothing is found.
    const QUIET: Self = Self::at(None, None);

    const fn at(most: Option<Severity>, by: Option<CappedBy>) -> Self {
        Self { most, by }
    }

    /// The rule knows no milder finding.
    const fn none(_: &View<'_>, _: Severity) -> Self {
        Self::NONE
    }

    /// What the host may have made long is at most a warning.
    const HOST: Self = Self::at(Some(Severity::Warning), Some(CappedBy::Contention));

    /// A warning from a small cost on, critical from a material one. Where too many lines are missing for a window's cost,
    /// the run's stands for it; one that is unknown altogether is not material.
    fn by_cost(view: &View<'_>, _: Severity) -> Self {
        let run = || {
            let window = view.run_window();
            Cost::of(&View { window, ..*view }).class()
        };
        match view.cost().class().or_else(run) {
            Some(Class::None) => Self::at(Some(Severity::Info), Some(CappedBy::Cost)),
            Some(Class::Small) => Self::at(Some(Severity::Warning), Some(CappedBy::Cost)),
            Some(Class::Material) => Self::NONE,
            None => Self::at(Some(Severity::Warning), None),
        }
    }
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The stretch of the process.
    pub window: Window<'a>,
    /// The run so far.
    pub run: Stretch<'a>,
    /// Its pauses, ns.
    pub run_pauses: &'a Counts<MICROSECOND>,
    /// Swings of the goal over the last minute (of the whole run: since the warm-up).
    pub churn: Churn,
    /// The same of twice the live heap: what the goal would do if GOGC were constant at 100.
    pub live_swings: Swings<'a>,
    /// Growth of the live heap since the start-up.
    pub growth: Growth,
    /// What the goals say of GOGC.
    pub gogc: GogcView,
    /// The goal that a memory limit leaves, MiB, where a limit rules.
    pub limited_goal_mib: Option<f64>,
    /// GOMEMLIMIT where the user knows it, MiB.
    pub memory_limit_mib: Option<f64>,
    /// CPUs as the user states them.
    pub stated_cpus: Option<f64>,
    /// The Go version is before 1.9, as far as is known.
    pub before_1_9: bool,
    /// The Go version is before 1.19, as far as is known: it knows neither a memory limit nor a limit of GC CPU.
    pub before_1_19: bool,
    /// The goal follows from GOGC as it does since Go 1.9, for certain.
    pub goals_certain: bool,
    /// Forced cycles are those of a test or benchmark harness.
    pub harness: bool,
    /// The program is a child of this one.
    pub child: bool,
    /// Cycles of the process seen so far.
    pub cycles_seen: u64,
    /// What several rules ask of it.
    pub asked: &'a Asked,
    /// What is missing from the log; known at the end of the stream.
    pub completeness: Option<Completeness>,
    /// The view is of the whole run.
    pub whole_run: bool,
}

/// What several rules ask of a view, found out when the first one asks.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    signs: OnceCell<Option<Signs>>,
    cost: OnceCell<Cost>,
    pause_p50_ns: OnceCell<u64>,
}

impl Asked {
    /// For another window of the same time.
    pub fn of_the_same_host(&self) -> Self {
        Self {
            signs: self.signs.clone(),
            ..Self::default()
        }
    }
}

/// What the goals of a run say of GOGC.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct GogcView {
    /// The GOGC that nine goals of ten agree with, percent, from and to.
    pub steady: Option<(f64, f64)>,
    /// How often no constant GOGC explained at least three goals.
    pub changes: u64,
    /// A quarter of the goals or more follow from no constant GOGC.
    pub unsteady: bool,
    /// Goals that could tell.
    pub cycles: u64,
}

impl<'a> View<'a> {
    /// The run so far as a window, for what it costs; its pauses are those of the window looked at.
    pub fn run_window(&self) -> Window<'a> {
        Window {
            stretch: self.run,
            reach: self.run,
            reach_cycles: self.cycles_seen,
            cpu: self.run.gc_cpu(self.window.trust),
            reach_cpu: self.run.gc_cpu(self.window.trust),
            ..self.window
        }
    }
}

impl View<'_> {
    /// Signs that the host makes stops long, in what is looked at or in the whole run.
    fn signs(&self) -> Option<Signs> {
        *self.asked.signs.get_or_init(|| contention::signs(self))
    }

    /// Median of the pause in the window, ns.
    fn pause_p50_ns(&self) -> u64 {
        let median = || self.window.pauses.quantile(500);
        *self.asked.pause_p50_ns.get_or_init(median)
    }

    /// What collecting costs in what is looked at.
    fn cost(&self) -> Cost {
        *self.asked.cost.get_or_init(|| Cost::of(self))
    }

    /// GC CPU over the cycles of `reach` as a share of the CPUs had, with the ratio that a severity may be taken from: the
    /// estimate where it is pinned down, else the lower bound.
    fn gc_cpu_floor(&self) -> Option<f64> {
        let cpu = self.window.reach_cpu?;
        Some((cpu.floor() * self.cpu_factor()).min(1.0))
    }

    /// What a share of GOMAXPROCS x time is multiplied with to be one of the CPUs had.
    fn cpu_factor(&self) -> f64 {
        self.window.reach.to_cpus(self.window.trust)
    }

    /// Mark assists over the cycles of `reach` as a share of the CPUs had.
    fn assists(&self) -> Option<f64> {
        self.of_cpus(|mark| mark.assist_cpu_ns)
    }

    /// CPU of marking, assists included, as a share of the CPUs had: what collecting takes without its stops, which the host
    /// and the program itself make long.
    fn marking(&self) -> Option<f64> {
        self.of_cpus(|mark| mark.assist_cpu_ns.saturating_add(mark.background_cpu_ns))
    }

    /// A total over the cycles of `reach` as a share of the CPUs had.
    fn of_cpus(&self, total: impl Fn(&Mark) -> u64) -> Option<f64> {
        let ratio = self.window.reach.cpu_ratio(total)?;
        Some((ratio * self.cpu_factor()).min(1.0))
    }

    /// The host, not the collector, makes up this share of the CPU that reaches `threshold`: stops that it made long, a mark
    /// that it held up, or time in which a quota held all threads.
    fn is_hosts_cpu(&self, threshold: f64) -> bool {
        if contention::stalled_mark(self).is_some() {
            return true;
        }
        let Some(marking) = self.marking() else {
            return false;
        };
        // A thread that waits for its quota is charged while it waits.
        let held = |cpus: f64| cpus + 0.5 < f64::from(self.window.tally.gomaxprocs.1);
        let quota = if self.stated_cpus.is_some_and(held) {
            self.cpu_factor()
        } else {
            1.0
        };
        self.signs().is_some() && marking / quota < threshold
    }

    /// The time looked at, s.
    fn seconds(&self) -> f64 {
        self.window.stretch.seconds()
    }

    /// At least half of the cycles were asked for by the program.
    const fn forced_dominates(&self) -> bool {
        self.window.tally.forced * 2 >= self.window.tally.cycles
    }

    /// Before Go 1.9, where a forced cycle marked while the program was stopped.
    const fn before_1_9(&self) -> bool {
        self.before_1_9 || self.window.tally.full_stop_max_ns > 0
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

    /// A share of the CPU or of the time that fewer cycles than that, or none, add up to in 5 s or more: too little for a
    /// finding, and enough to say that there is none.
    fn rare(&self, value: Option<f64>, thresholds: &Thresholds) -> Reading {
        let value = match value {
            None if self.window.reach_cycles == 0 => 0.0,
            None => return Reading::NoEvidence,
            Some(value) => value,
        };
        if self.window.reach.seconds() >= 5.0 && value < thresholds.least() {
            Reading::quiet(value)
        } else {
            Reading::NoEvidence
        }
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
        /// Why it is milder than the thresholds alone would make it.
        capped_by: Option<CappedBy>,
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

    /// Why it is milder than the thresholds alone would make it.
    pub const fn capped_by(self) -> Option<CappedBy> {
        match self {
            Self::Judged { capped_by, .. } => capped_by,
            Self::NoEvidence | Self::Suspected(_) => None,
        }
    }

    /// A value that the thresholds alone decide.
    fn graded(value: f64, thresholds: &Thresholds) -> Self {
        Self::Judged {
            value,
            severity: thresholds.grade(value),
            capped_by: None,
        }
    }

    /// A value that is fine whatever the thresholds say, because another condition does not hold.
    const fn quiet(value: f64) -> Self {
        Self::Judged {
            value,
            severity: None,
            capped_by: None,
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

/// `1 cycle`, `2 cycles`.
fn counted(count: u64, one: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {one}{s}")
}

/// A duration in ns for people.
fn ns(value: f64) -> String {
    Unit::Nanoseconds.format(value)
}

/// `2 CPUs`, `0.5 CPUs`.
fn cpus_had(cpus: f64) -> String {
    let count = Unit::Count.format(cpus);
    let s = if count == "1" { "" } else { "s" };
    format!("{count} CPU{s}")
}
