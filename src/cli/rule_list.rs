//! The rules as the command line needs them: names for suggestions, units for thresholds, text for `explain`.

use gcpressure::units::Unit;

/// A rule's entry.
pub(crate) struct Rule {
    pub(crate) id: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) unit: Unit,
    pub(crate) warning: Option<f64>,
    pub(crate) critical: Option<f64>,
    pub(crate) explain: &'static str,
}

/// Every rule, in the order of the report.
pub(crate) fn all() -> &'static [Rule] {
    RULES
}

/// The rule with this id.
///
/// # Errors
/// A message with the nearest id where there is none.
pub(crate) fn find(id: &str) -> Result<&'static Rule, String> {
    all().iter().find(|rule| rule.id == id).ok_or_else(|| {
        let ids = all().iter().map(|rule| rule.id);
        match super::suggest::nearest(id, ids) {
            Some(near) => format!("no rule is called `{id}`; did you mean {near}?"),
            None => format!("no rule is called `{id}`; `gcpressure explain` lists them"),
        }
    })
}

const fn rule(id: &'static str, unit: Unit, warning: f64, critical: f64) -> Rule {
    Rule {
        id,
        summary: "",
        unit,
        warning: Some(warning),
        critical: Some(critical),
        explain: "",
    }
}

const RULES: &[Rule] = &[
    rule("gc-frequency", Unit::PerSecond, 10.0, 40.0),
    rule("pause-p99", Unit::Nanoseconds, 5e6, 25e6),
    rule("long-pause", Unit::Nanoseconds, 50e6, 100e6),
    rule("goal-churn", Unit::PerMinute, 10.0, 40.0),
    rule("gc-cpu", Unit::Ratio, 0.1, 0.25),
    rule("heap-growth", Unit::Mebibytes, 16.0, 64.0),
];
