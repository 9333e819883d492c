//! From a value to a severity.

use crate::settings::ThresholdOverride;
use crate::severity::{CappedBy, Severity};

/// What a rule saw.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reading {
    /// Too little evidence.
    NoEvidence,
    /// Too little evidence to grade a value that is there: `info`, neither pass nor fail.
    Suspected(f64),
    /// The value, and how severe it is.
    Judged {
        /// The value in the rule's unit.
        value: f64,
        /// `None` is no finding.
        severity: Option<Severity>,
        /// Why it is milder than the thresholds alone would make it.
        capped_by: Option<CappedBy>,
    },
}

impl Reading {
    /// How severe it is; a suspicion is `info`.
    pub const fn severity(self) -> Option<Severity> {
        match self {
            Self::NoEvidence => None,
            Self::Suspected(_) => Some(Severity::Info),
            Self::Judged { severity, .. } => severity,
        }
    }

    /// A value that the thresholds alone decide.
    pub(super) fn graded(value: f64, thresholds: &Thresholds) -> Self {
        Self::Judged {
            value,
            severity: thresholds.grade(value),
            capped_by: None,
        }
    }

    /// A value that is no finding, because another condition of the rule does not hold.
    pub(super) const fn quiet(value: f64) -> Self {
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
    /// How severe it is.
    pub severity: Severity,
    /// Why it is not more severe.
    pub capped_by: Option<CappedBy>,
    /// Too little evidence to grade it.
    pub suspected: bool,
}

/// From which value on a finding has which severity, in the rule's unit. `None` is a severity that is never reached.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Thresholds {
    /// `info`.
    pub info: Option<f64>,
    /// A warning.
    pub warning: Option<f64>,
    /// Critical.
    pub critical: Option<f64>,
    /// The user set the threshold of a warning.
    pub users_warning: bool,
    /// The user set the threshold of a critical finding.
    pub users_critical: bool,
}

impl Thresholds {
    /// These thresholds with what the user set. A critical threshold below that of a warning lowers it, so that `--max RULE=V`
    /// alone has its plain meaning; both lower that of `info`.
    pub fn with(mut self, user: ThresholdOverride) -> Self {
        let lower = |threshold: Option<f64>, bound: Option<f64>| match (threshold, bound) {
            (Some(threshold), Some(bound)) => Some(threshold.min(bound)),
            (threshold, _) => threshold,
        };
        self.users_warning |= user.warning.is_some();
        self.users_critical |= user.critical.is_some();
        self.critical = user.critical.or(self.critical);
        self.warning = user.warning.or(self.warning).or(user.critical);
        self.warning = lower(self.warning, self.critical);
        self.info = lower(lower(self.info, self.warning), self.critical);
        self
    }

    /// True if the user set the threshold of this severity: it is judged exactly as set.
    pub const fn is_users(&self, severity: Severity) -> bool {
        match severity {
            Severity::Critical => self.users_critical,
            Severity::Warning => self.users_warning,
            Severity::Info => false,
        }
    }

    /// How severe a value is; `None` is no finding.
    pub fn grade(&self, value: f64) -> Option<Severity> {
        let reached = |threshold: Option<f64>| threshold.is_some_and(|least| value >= least);
        if reached(self.critical) {
            Some(Severity::Critical)
        } else if reached(self.warning) {
            Some(Severity::Warning)
        } else if reached(self.info) {
            Some(Severity::Info)
        } else {
            None
        }
    }

    /// The crossing of a reading that found something.
    pub fn crossing(&self, reading: Reading) -> Option<Crossing> {
        let severity = reading.severity()?;
        let (value, capped_by, suspected) = match reading {
            Reading::NoEvidence => return None,
            Reading::Suspected(value) => (value, None, true),
            Reading::Judged {
                value, capped_by, ..
            } => (value, capped_by, false),
        };
        Some(Crossing {
            value,
            threshold: self.of(severity),
            severity,
            capped_by,
            suspected,
        })
    }

    /// The threshold that a finding of this severity crossed: the nearest one that exists at or below it.
    pub fn of(&self, severity: Severity) -> f64 {
        let least = self.least();
        match severity {
            Severity::Critical => self.critical.or(self.warning).unwrap_or(least),
            Severity::Warning => self.warning.unwrap_or(least),
            Severity::Info => self.info.unwrap_or(least),
        }
    }

    /// The lowest threshold.
    pub fn least(&self) -> f64 {
        [self.info, self.warning, self.critical]
            .into_iter()
            .flatten()
            .fold(f64::INFINITY, f64::min)
    }

    /// All thresholds times a factor: a raised finding clears below 0.8 of them.
    pub fn scaled(&self, factor: f64) -> Self {
        let scale = |threshold: Option<f64>| threshold.map(|value| value * factor);
        Self {
            info: scale(self.info),
            warning: scale(self.warning),
            critical: scale(self.critical),
            ..*self
        }
    }
}
