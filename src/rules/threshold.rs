//! From a value to a severity.

use crate::settings::ThresholdOverride;
use crate::severity::Severity;

/// From which value on a finding has which severity, in the rule's unit. `None` is a severity that is never reached.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Thresholds {
    /// Worth knowing.
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
    /// These thresholds with what the user set. A critical threshold below the warning takes the warning down with it, so
    /// that `--max RULE=V` alone means what it says; both take the information threshold down.
    pub fn with(mut self, user: ThresholdOverride) -> Self {
        let lower = |threshold: Option<f64>, bound: Option<f64>| match (threshold, bound) {
            (Some(threshold), Some(bound)) => Some(threshold.min(bound)),
            (threshold, bound) => threshold.or(bound),
        };
        self.users_warning |= user.warning.is_some();
        self.users_critical |= user.critical.is_some();
        self.critical = user.critical.or(self.critical);
        self.warning = lower(user.warning.or(self.warning), user.critical);
        if let (Some(warning), Some(critical)) = (self.warning, self.critical) {
            self.warning = Some(warning.min(critical));
        }
        self.info = self.info.map(|info| {
            info.min(self.warning.unwrap_or(info))
                .min(self.critical.unwrap_or(info))
        });
        self
    }

    /// True where the user set the threshold of this severity: it is judged exactly as set.
    pub const fn is_users(&self, severity: Severity) -> bool {
        match severity {
            Severity::Critical => self.users_critical,
            Severity::Warning => self.users_warning,
            Severity::Info => false,
        }
    }

    /// How bad a value is; `None` is fine.
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
