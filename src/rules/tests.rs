//! What the tests of all rules share: a process made of cycles, looked at as one window.
#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::analyzer::{Analysis, ProcessAnalyzer};
use crate::measure::testing::{MS, steady, with_percent};
use crate::report::{Finding, RuleState};
use crate::settings::{Scope, Settings, ThresholdOverride};
use crate::units::MIB;

/// A process, and how it is looked at: as one window, by the analyzer that judges every process.
pub(super) struct Case {
    pub(super) cycles: Vec<crate::trace::cycle::GcCycle>,
    completeness: Completeness,
    settings: Settings,
    notices: bool,
    harness: bool,
}

/// `count` healthy cycles, one every `period_ms`.
pub(super) fn healthy(count: u64, period_ms: u64) -> Case {
    Case {
        cycles: steady(count, period_ms),
        completeness: Completeness::default(),
        settings: Settings {
            scope: Scope::Run,
            warmup_ns: Some(0),
            ..Settings::default()
        },
        notices: false,
        harness: false,
    }
}

impl Case {
    /// Changes each cycle; the number counts from 1.
    pub(super) fn each(mut self, change: impl Fn(u64, &mut crate::trace::cycle::GcCycle)) -> Self {
        for cycle in &mut self.cycles {
            change(cycle.number, cycle);
        }
        self
    }

    /// What the user states.
    pub(super) fn stated(mut self, state: impl FnOnce(&mut Settings)) -> Self {
        state(&mut self.settings);
        self
    }

    pub(super) fn limited(self, mib: u64) -> Self {
        self.stated(|settings| settings.memory_limit = Some(mib * MIB))
    }

    pub(super) fn with(mut self, completeness: Completeness) -> Self {
        self.completeness = completeness;
        self
    }

    /// A `GC forced` line stands before each cycle.
    pub(super) fn with_notices(mut self) -> Self {
        self.notices = true;
        self
    }

    /// The lines stand behind names of benchmarks.
    pub(super) fn in_harness(mut self) -> Self {
        self.harness = true;
        self
    }

    /// What the analyzer says of it.
    pub(super) fn analyze(&self) -> Analysis {
        self.analyze_with(&self.settings)
    }

    fn analyze_with(&self, settings: &Settings) -> Analysis {
        let mut analyzer = ProcessAnalyzer::new(&Arc::new(settings.clone()));
        if self.harness {
            analyzer.behind_harness();
        }
        for cycle in with_percent(self.cycles.clone()) {
            if self.notices {
                analyzer.forced_notice();
            }
            analyzer.observe((&cycle).into(), None);
        }
        analyzer.finish(&self.completeness, None)
    }

    fn finding(&self, rule: &Rule) -> Option<Finding> {
        let findings = self.analyze().findings;
        findings.into_iter().find(|finding| finding.rule == rule.id)
    }

    pub(super) fn reading(&self, rule: &Rule) -> Reading {
        let analysis = self.analyze();
        let status = analysis.rules.iter().find(|status| status.id == rule.id);
        let finding = analysis
            .findings
            .iter()
            .find(|finding| finding.rule == rule.id);
        match (status.unwrap().status, finding) {
            (RuleState::NoEvidence | RuleState::Off, _) => Reading::NoEvidence,
            (_, Some(finding)) => Reading::Judged {
                value: finding.measured,
                severity: Some(finding.severity),
                capped_by: finding.capped_by,
            },
            (_, None) => Reading::quiet(status.unwrap().worst.unwrap()),
        }
    }

    /// Why the finding is no worse.
    pub(super) fn capped_by(&self, rule: &Rule) -> Option<CappedBy> {
        let finding = self.finding(rule)?;
        finding.capped_by
    }

    /// The cause behind what is found.
    pub(super) fn cause(&self) -> Option<crate::severity::Cause> {
        self.analyze().diagnosis.map(|found| found.cause)
    }

    pub(super) fn severity(&self, rule: &Rule) -> Option<Severity> {
        self.reading(rule).severity()
    }

    /// The severity under `--max RULE=max`.
    pub(super) fn severity_at(&self, rule: &Rule, max: f64) -> Option<Severity> {
        let mut settings = self.settings.clone();
        let user = ThresholdOverride {
            critical: Some(max),
            warning: None,
        };
        settings.thresholds.insert(rule.id.to_owned(), user);
        let findings = self.analyze_with(&settings).findings;
        let found = findings.iter().find(|finding| finding.rule == rule.id);
        found.map(|finding| finding.severity)
    }

    /// The finding in words, at the severity that the rule gives it.
    pub(super) fn explanation(&self, rule: &Rule) -> Explanation {
        let finding = self.finding(rule).unwrap();
        Explanation {
            message: finding.message,
            advice: finding.advice,
            evidence: finding.evidence.iter().map(|f| (f.name, f.value)).collect(),
        }
    }

    /// The rule is silent here by default, its gate fails at `fails` and passes at `passes`.
    pub(super) fn gate(&self, rule: &Rule, fails: f64, passes: f64) {
        let at = |max| self.severity_at(rule, max);
        assert_eq!(
            at(fails),
            Some(Severity::Critical),
            "{} at {fails}",
            rule.id
        );
        assert_ne!(
            at(passes),
            Some(Severity::Critical),
            "{} at {passes}",
            rule.id
        );
    }
}

#[test]
fn the_table_is_in_order() {
    let ids: BTreeSet<&str> = table().iter().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), table().len(), "an id stands twice");
    for rule in table() {
        // Not the same place: in a build without debugging there may be two.
        let found = find(rule.id).map(|found| (found.id, found.summary));
        assert_eq!(found, Some((rule.id, rule.summary)));
        assert!(
            rule.summary.len() < 60 && !rule.evidence.is_empty(),
            "{}",
            rule.id
        );
        let order: Vec<f64> = [rule.info, rule.warning, rule.critical]
            .into_iter()
            .flatten()
            .collect();
        assert!(!order.is_empty() && order.is_sorted(), "{}", rule.id);
        let text = rule.explain();
        assert!(
            text.len() > 200 && !text.starts_with(' '),
            "{}: {text}",
            rule.id
        );
    }
}

/// Files that hold no rule.
const SHARED: [&str; 7] = [
    "mod",
    "tests",
    "threshold",
    "cost",
    "diagnosis",
    "explanation",
    "view",
];

#[test]
fn each_rule_stands_in_the_file_of_its_name() {
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/rules")).unwrap();
    let names: BTreeSet<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".rs").map(|name| name.replace('_', "-")))
        .filter(|name| !SHARED.contains(&name.as_str()))
        .collect();
    let ids: BTreeSet<String> = table().iter().map(|rule| rule.id.to_owned()).collect();
    assert_eq!(names, ids);
}

#[test]
fn a_healthy_process_raises_nothing() {
    for case in [healthy(200, 300), healthy(20, 3_000), healthy(60, 500)] {
        for rule in table() {
            let reading = case.reading(rule);
            assert_eq!(reading.severity(), None, "{}: {reading:?}", rule.id);
        }
    }
}

#[test]
fn an_empty_window_is_no_evidence() {
    for rule in table().iter().filter(|rule| rule.id != "log-quality") {
        assert_eq!(
            healthy(0, 1).reading(rule),
            Reading::NoEvidence,
            "{}",
            rule.id
        );
    }
}

#[test]
fn thresholds_of_the_user() {
    let default = Thresholds {
        info: None,
        warning: Some(10.0),
        critical: Some(40.0),
        ..Thresholds::default()
    };
    let with = |critical, warning| default.with(ThresholdOverride { warning, critical });
    let of = |t: Thresholds| (t.warning, t.critical);
    assert_eq!(of(with(None, None)), (Some(10.0), Some(40.0)));
    assert_eq!(of(with(Some(5.0), None)), (Some(5.0), Some(5.0)), "--max 5");
    assert_eq!(
        of(with(Some(60.0), None)),
        (Some(10.0), Some(60.0)),
        "--max 60"
    );
    assert_eq!(
        of(with(None, Some(20.0))),
        (Some(20.0), Some(40.0)),
        "--warn 20"
    );
    assert_eq!(
        of(with(None, Some(50.0))),
        (Some(40.0), Some(40.0)),
        "--warn 50"
    );

    let info = Thresholds {
        info: Some(16.0),
        ..Thresholds::default()
    };
    let max = info.with(ThresholdOverride {
        critical: Some(8.0),
        warning: None,
    });
    assert_eq!(
        (max.info, max.warning, max.critical),
        (Some(8.0), Some(8.0), Some(8.0))
    );
    assert_eq!(max.grade(8.0), Some(Severity::Critical));
    assert_eq!(max.grade(7.9), None);
    assert_eq!(info.grade(16.0), Some(Severity::Info));
}

#[test]
fn contention_is_told_from_work_of_the_collector() {
    // A pause of 40 ms in one cycle of 20, marking at next to nothing: the host is busy.
    let busy = healthy(200, 100).each(|number, cycle| {
        if number % 20 == 0 {
            cycle.sweep_termination_ns = 40 * MS;
            cycle.sweep_termination_cpu_ns = 160 * MS;
        }
    });
    let message = busy.explanation(find("pause-p99").unwrap()).message;
    assert!(
        message.contains("most likely not the garbage collector, since "),
        "{message}"
    );

    // All pauses the same, marking a third of the CPU: nothing points at the host.
    let collector = healthy(200, 100).each(|_, cycle| {
        cycle.sweep_termination_ns = 20 * MS;
        cycle.sweep_termination_cpu_ns = 80 * MS;
        cycle.mark_background_cpu_ns = 120 * MS;
    });
    let message = collector.explanation(find("pause-p99").unwrap()).message;
    assert!(!message.contains("not the garbage collector"), "{message}");
}

#[test]
fn a_stop_or_a_mark_that_the_host_held_up_is_not_the_collectors() {
    let stop = healthy(100, 500).each(|number, cycle| {
        if number == 50 {
            cycle.sweep_termination_ns = 1_200 * MS;
        }
    });
    for rule in [&cpu_limiter::RULE, &gc_cpu::RULE, &long_pause::RULE] {
        let severity = stop.severity(rule);
        assert!(
            severity <= Some(Severity::Info),
            "{}: {severity:?}",
            rule.id
        );
    }
    let mark = healthy(100, 500).each(|number, cycle| {
        if number == 50 {
            cycle.concurrent_mark_ns = 40_000 * MS;
            cycle.mark_background_cpu_ns = 40_000 * MS;
        }
    });
    for rule in [&gc_cpu::RULE, &mark_duty::RULE] {
        assert_eq!(
            mark.capped_by(rule),
            Some(CappedBy::Contention),
            "{}",
            rule.id
        );
        assert_eq!(mark.severity(rule), Some(Severity::Info), "{}", rule.id);
    }
}

#[test]
fn a_cost_that_lost_lines_hide_is_not_material() {
    let mut forced = healthy(100, 500).each(|_, cycle| cycle.forced = true);
    forced.cycles.retain(|cycle| cycle.number % 2 == 0);
    assert_eq!(forced.severity(&forced_gc::RULE), Some(Severity::Warning));
}

#[test]
fn stops_that_take_the_cpu_are_slow_stops_and_no_large_live_heap() {
    let slow = healthy(60, 500).each(|_, cycle| {
        cycle.sweep_termination_ns = 60 * MS;
        cycle.mark_background_cpu_ns = MS;
    });
    assert_eq!(slow.cause(), Some(crate::severity::Cause::SlowStops));
}

#[test]
fn a_throttled_container_is_starved_even_where_its_stops_are_alike() {
    // Stops of 7 to 13 ms, and marking of 1 to 30 ms over the same small heap.
    let throttled = healthy(60, 200).each(|number, cycle| {
        cycle.sweep_termination_ns = (7 + number % 7) * MS;
        cycle.concurrent_mark_ns = (1 + number % 30) * MS;
        cycle.mark_background_cpu_ns = MS;
    });
    assert!(throttled.severity(&pause_budget::RULE) <= Some(Severity::Warning));
    assert_eq!(
        throttled.cause(),
        Some(crate::severity::Cause::CpuStarvation)
    );
}
