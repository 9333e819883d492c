//! Findings and causes in words.

use std::borrow::Cow;

use crate::units::Unit;

/// A finding or a cause in words.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Explanation {
    /// One sentence: what was measured, against what, why it matters.
    pub message: String,
    /// What to do next, most useful first.
    pub advice: Vec<Cow<'static, str>>,
    /// Named figures, the unit in the name; those that are known.
    pub evidence: Vec<(&'static str, f64)>,
}

impl Explanation {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            ..Self::default()
        }
    }

    pub(super) fn advise(mut self, advice: impl Into<Cow<'static, str>>) -> Self {
        self.advice.push(advice.into());
        self
    }

    pub(super) fn advise_each(mut self, advice: Vec<&'static str>) -> Self {
        self.advice.extend(advice.into_iter().map(Cow::Borrowed));
        self
    }

    /// A figure; left out if it is unknown.
    pub(super) fn figure(mut self, name: &'static str, value: impl Into<Option<f64>>) -> Self {
        let known = value.into().filter(|value| value.is_finite());
        self.evidence.extend(known.map(|value| (name, value)));
        self
    }
}

/// A condition as a figure: 1 or 0.
pub(super) fn flag(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

/// A duration in ns for people.
pub(super) fn ns(value: f64) -> String {
    Unit::Nanoseconds.format(value)
}

/// `2 CPUs`, `0.5 CPUs`.
pub(super) fn cpu_count(cpus: f64) -> String {
    let count = Unit::Count.format(cpus);
    let s = if count == "1" { "" } else { "s" };
    format!("{count} CPU{s}")
}
