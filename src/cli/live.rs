//! Findings of live input, told on standard error while the program that is watched still runs.

use std::io::Write;

use gcpressure::analyzer::FindingChange;
use gcpressure::input::Source;
use gcpressure::settings::Severity;
use gcpressure::units::{self, Unit};

use super::passthrough::Queue;

/// Tells of findings, one line each. Through a queue: a terminal that is held must not hold up the reading.
#[derive(Debug)]
pub(crate) struct Announcer(Queue);

impl Announcer {
    /// For input that is still being written, where `out` is what somebody looks at.
    pub(crate) fn new(sources: &[Source], out: impl Write + Send + 'static) -> Option<Self> {
        let live = sources.iter().any(|source| source.size_hint().is_none());
        live.then(|| Queue::new(out).ok().map(Self)).flatten()
    }

    /// Tells of one change. What is informative is left to the report.
    pub(crate) fn tell(&mut self, process: &str, change: &FindingChange) {
        if change.severity > Severity::Info {
            // The report tells everything once more, so nothing is lost with a line that cannot be written.
            let _ = writeln!(self.0, "{}", line(process, change));
        }
    }

    /// Waits until everything is written, so that the report comes after it.
    pub(crate) fn finish(self) {
        let _ = self.0.finish();
    }
}

fn line(process: &str, change: &FindingChange) -> String {
    let unit = Unit::from_symbol(change.unit);
    let severity = match change.severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    };
    let state = if change.raised { "raised" } else { "cleared" };
    format!(
        "gcpressure: process {} at {}: {severity} {} {state}, {} (threshold {})",
        process.escape_default(),
        units::duration(change.at_ns),
        change.rule,
        unit.format(change.measured),
        unit.format(change.threshold)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_one_line_whatever_the_process_is_called() {
        let change = FindingChange {
            rule: "gc-frequency",
            severity: Severity::Critical,
            raised: true,
            at_ns: 12_000_000_000,
            measured: 66.7,
            threshold: 40.0,
            unit: "1/s",
            message: String::new(),
        };
        assert_eq!(
            line("web\u{1b}[2J\n", &change),
            "gcpressure: process web\\u{1b}[2J\\n at 12s: critical gc-frequency raised, 66.7/s (threshold 40/s)"
        );
    }
}
