//! The rules: one file each; their table and what they share is here.
//!
//! A rule reads one [`View`] (the figures of a window, or of the whole run) and gives a [`Reading`]: its value against the
//! thresholds. A second function says how severe that may be by default, since a pattern that costs nothing is worth a line
//! and never a red build. When a finding is raised and cleared is the analyzer's matter; [`diagnosis`] names the cause that the
//! findings of a process have in common. The text above each rule is what `gcpressure explain` prints.
//!
//! Each rule's file imports all of this module.

mod assist_pressure;
mod cost;
mod cpu_limiter;
mod cpu_oversubscription;
pub mod diagnosis;
mod explanation;
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
mod view;

pub use cost::contention::Signs;
pub use cost::{Class, Cost};
pub use diagnosis::situation::Situation;
pub use explanation::Explanation;
pub use goal_churn::Cause as ChurnCause;
pub use log_quality::Completeness;
pub use threshold::{Crossing, Reading, Thresholds};
pub use view::{Cached, GogcView, View};

use cost::contention;
use diagnosis::advice;
use explanation::{cpu_count, flag, ns};

use crate::severity::{CappedBy, Severity};
use crate::stats::at_least;
use crate::units::{Unit, counted, duration, percent, rate};

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
    /// From this value on a finding is `info`.
    pub info: Option<f64>,
    /// From this value on a finding is a warning.
    pub warning: Option<f64>,
    /// From this value on a finding is critical.
    pub critical: Option<f64>,
    /// The evidence that it needs, in words.
    pub evidence: &'static str,
    /// When it is judged.
    pub judged: Judged,
    /// It needs what only gc lines show; else number, end and pause of each cycle are enough.
    pub needs_lines: bool,
    doc: &'static str,
    judge: fn(&View<'_>, &Thresholds) -> Reading,
    cap: fn(&View<'_>, Severity) -> Cap,
    explanation: fn(&View<'_>, &Crossing) -> Explanation,
}

/// When a rule is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// In each window; over the whole run only if no window had the evidence.
    Windows,
    /// In each window, and over the whole run at its end.
    WindowsAndRun,
    /// Over the whole run at its end.
    Run,
    /// In each window, of the whole run so far: a trend that the log later refutes is withdrawn.
    Trend,
}

/// Makes a rule of its text and its fields, so that its documentation is what `explain` prints. Fields that are left out are
/// those of [`Rule::DEFAULT`].
macro_rules! rule {
    ($(#[doc = $line:literal])+ $($field:ident $(: $value:expr)?,)+) => {
        $(#[doc = $line])+
        pub(super) const RULE: $crate::rules::Rule = $crate::rules::Rule {
            doc: concat!($($line, "\n"),+),
            $($field $(: $value)?,)+
            ..$crate::rules::Rule::DEFAULT
        };
    };
}
use rule;

impl Rule {
    const DEFAULT: Self = Self {
        id: "",
        summary: "",
        unit: Unit::Count,
        info: None,
        warning: None,
        critical: None,
        evidence: "",
        judged: Judged::Windows,
        needs_lines: true,
        doc: "",
        judge: |_, _| Reading::NoEvidence,
        cap: |_, _| Cap::NONE,
        explanation: |_, _| Explanation::default(),
    };

    /// What it measures, its thresholds, why, known false alarms and what to do, as plain paragraphs.
    pub fn explain(&self) -> String {
        let lines = self.doc.lines();
        lines
            .map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned() + "\n")
            .collect()
    }

    /// Looks at a view with these thresholds. The cap does not apply to a threshold that the user set.
    pub fn judge(&self, view: &View<'_>, thresholds: &Thresholds) -> Reading {
        if self.needs_lines && !view.traced {
            return Reading::NoEvidence;
        }
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
        // The user's own threshold of a warning still applies.
        let warned = severity > Severity::Warning
            && thresholds.is_users(Severity::Warning)
            && cap.most < Some(Severity::Warning);
        Reading::Judged {
            value,
            severity: if warned {
                Some(Severity::Warning)
            } else {
                cap.most
            },
            capped_by: cap.by.filter(|_| !warned),
        }
    }

    /// It judges stops, which the host may have made long.
    pub fn is_on_pauses(&self) -> bool {
        diagnosis::PAUSES.contains(&self.id)
    }

    /// What keeps a finding of this severity milder by default.
    pub fn capped_by(&self, view: &View<'_>, severity: Severity) -> Option<CappedBy> {
        (self.cap)(view, severity).by
    }

    /// Puts a crossing into words.
    pub fn explanation(&self, view: &View<'_>, crossing: &Crossing) -> Explanation {
        (self.explanation)(view, crossing)
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

/// The highest severity of a finding by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cap {
    /// `None` is no finding.
    most: Option<Severity>,
    by: Option<CappedBy>,
}

impl Cap {
    const NONE: Self = Self::at(Some(Severity::Critical), None);
    /// Another condition of the rule does not hold: nothing is found.
    const QUIET: Self = Self::at(None, None);

    const fn at(most: Option<Severity>, by: Option<CappedBy>) -> Self {
        Self { most, by }
    }

    /// `info` without a cost, a warning at a small one, critical at a material one. If too many lines are missing to know a
    /// window's cost, the run's is taken; a cost that is unknown altogether is not material.
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
