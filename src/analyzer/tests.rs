#![allow(clippy::unwrap_used, reason = "a test panics by design")]

mod life;
mod measures;
mod timeline;

use super::*;
use crate::measure::testing::{MS, cycle, steady, with_percent};
use crate::report::{Finding, Measures, RuleState, RuleStatus, Verdict};
use crate::settings::ThresholdOverride;
use crate::severity::CappedBy;

fn analyze(settings: Settings, cycles: Vec<GcCycle>) -> (Analysis, Vec<FindingChange>) {
    let mut analyzer = ProcessAnalyzer::new(&Arc::new(settings));
    let mut changes = Vec::new();
    for cycle in with_percent(cycles) {
        let wall = format!("{:07.3}", cycle.end_ns() as f64 / 1e9);
        analyzer.observe((&cycle).into(), Some(&wall));
        changes.append(&mut analyzer.take_changes());
    }
    (analyzer.finish(&Completeness::default(), None), changes)
}

fn judge(settings: &Settings, analysis: &Analysis) -> Verdict {
    let mut judgment = Judgment::new(settings);
    judgment.add(analysis);
    judgment.verdict(false)
}

fn verdict(cycles: Vec<GcCycle>) -> (Verdict, Analysis) {
    let (analysis, _) = analyze(Settings::default(), cycles);
    (judge(&Settings::default(), &analysis), analysis)
}

fn max(rule: &str, value: f64) -> Settings {
    let mut settings = Settings::default();
    let user = ThresholdOverride {
        critical: Some(value),
        warning: None,
    };
    settings.thresholds.insert(rule.to_owned(), user);
    settings.required.insert(rule.to_owned());
    settings
}

fn finding<'a>(analysis: &'a Analysis, rule: &str) -> Option<&'a Finding> {
    analysis
        .findings
        .iter()
        .find(|finding| finding.rule == rule)
}

fn status<'a>(analysis: &'a Analysis, rule: &str) -> &'a RuleStatus {
    analysis
        .rules
        .iter()
        .find(|status| status.id == rule)
        .unwrap()
}

/// Cycles every 13 ms over a heap at its minimum, as in the article that this program grew out of.
fn article(count: u64) -> Vec<GcCycle> {
    let mut cycles = steady(count, 13);
    for cycle in &mut cycles {
        cycle.sweep_termination_ns = 30_000;
        cycle.concurrent_mark_ns = 200_000;
        cycle.mark_background_cpu_ns = 200_000;
        cycle.mark_assist_cpu_ns = 10_000;
        (cycle.heap_start_mib, cycle.heap_end_mib) = (4, 4);
        (cycle.heap_live_mib, cycle.heap_goal_mib) = (1, 4);
    }
    cycles
}

#[test]
fn two_lines_of_the_article_are_no_verdict() {
    let (verdict, analysis) = verdict(article(2));
    assert!(matches!(verdict, Verdict::NoVerdict(_)), "{verdict:?}");
    assert!(!analysis.enough_evidence && analysis.why_not.contains("2 GC cycles"));
    let (single, _) = analyze(Settings::default(), article(1));
    assert!(single.why_not.starts_with("1 GC cycle with a clock, 4 "));
    assert_eq!(
        status(&analysis, "gc-frequency").status,
        RuleState::NoEvidence
    );
    // Four of them are, but last 50 ms.
    let (verdict, analysis) = self::verdict(article(4));
    assert!(matches!(verdict, Verdict::NoVerdict(_)), "{verdict:?}");
    assert!(
        analysis.why_not.contains("of the program's time"),
        "{}",
        analysis.why_not
    );
}

#[test]
fn the_articles_period_for_ten_seconds_is_critical() {
    let (verdict, analysis) = verdict(article(770));
    assert_eq!(verdict, Verdict::Critical);
    let frequency = finding(&analysis, "gc-frequency").unwrap();
    assert_eq!(frequency.severity, Severity::Critical);
    assert!(
        (frequency.measured - 76.9).abs() < 0.1,
        "{}",
        frequency.measured
    );
    assert!(
        frequency.message.contains("cost only"),
        "{}",
        frequency.message
    );
    assert!(
        frequency
            .advice
            .iter()
            .any(|line| line.contains("GOGC=400"))
    );
    assert!(finding(&analysis, "min-heap").is_some());
    assert!(finding(&analysis, "gc-cpu").is_none());
}

/// A cycle every 200 ms for a minute, pauses of 0.2 ms, every 25th of `tail_ms`.
fn server(tail_ms: u64) -> Vec<GcCycle> {
    let mut cycles = steady(300, 200);
    for cycle in &mut cycles {
        cycle.sweep_termination_ns = if cycle.number % 25 == 0 {
            tail_ms * MS
        } else {
            190_000
        };
        cycle.sweep_termination_cpu_ns = 4 * cycle.sweep_termination_ns;
    }
    cycles
}

#[test]
fn the_fixed_program_passes_and_the_slow_one_does_not() {
    let (verdict, analysis) = verdict(server(2));
    assert_eq!(verdict, Verdict::Pass, "{:?}", analysis.findings);
    assert_eq!(analysis.measures.pause_ns.p99, 2 * MS + 10_000);
    assert_eq!(analysis.measures.pause_ns.p50, 200_000);

    let (verdict, analysis) = self::verdict(server(50));
    assert_eq!(verdict, Verdict::Warning);
    let pause = finding(&analysis, "pause-p99").unwrap();
    assert_eq!(pause.severity, Severity::Warning);
    assert_eq!(pause.capped_by, Some(CappedBy::Contention));
    assert_eq!(
        pause.scope,
        crate::settings::Scope::Run,
        "a window holds two such pauses, which proves nothing"
    );
    assert!(
        pause
            .message
            .contains("most likely not the garbage collector"),
        "{}",
        pause.message
    );
    assert!(finding(&analysis, "long-pause").is_some());
}

#[test]
fn a_burst_at_the_start_is_warm_up() {
    let mut cycles = steady(30, 20);
    cycles.extend((31..60).map(|number| cycle(number, (number - 30) * 1_000 + 2_000)));
    let (verdict, analysis) = verdict(cycles);
    assert_eq!(verdict, Verdict::Pass, "{:?}", analysis.findings);
}

#[test]
fn a_gate_passes_and_fails() {
    let settings = max("gc-frequency", 5.0);
    let outcome = |period| {
        let (analysis, _) = analyze(settings.clone(), steady(20_000 / period, period));
        judge(&settings, &analysis)
    };
    assert_eq!(outcome(100), Verdict::Critical, "10/s");
    assert_eq!(outcome(250), Verdict::Pass, "4/s");
}

#[test]
fn a_required_rule_without_evidence_makes_no_verdict() {
    // A minute of one cycle every 10 s: too few for the CPU, plenty for the frequency.
    let cycles = || steady(4, 400);
    let settings = max("gc-cpu", 0.15);
    let (analysis, _) = analyze(settings.clone(), cycles());
    assert!(analysis.enough_evidence);
    assert_eq!(status(&analysis, "gc-cpu").status, RuleState::NoEvidence);
    let Verdict::NoVerdict(why) = judge(&settings, &analysis) else {
        panic!("a gate passed that saw nothing");
    };
    assert!(
        why.contains("gc-cpu") && why.contains("4 cycles over 5 s"),
        "{why}"
    );
    // Others that had none make no difference.
    let (analysis, _) = analyze(Settings::default(), cycles());
    assert_eq!(judge(&Settings::default(), &analysis), Verdict::Pass);
}

#[test]
fn a_gate_on_growth_judges_it_however_young_it_is() {
    let mut cycles = steady(30, 500);
    for cycle in &mut cycles {
        cycle.heap_live_mib = 20 * cycle.number;
        cycle.heap_goal_mib = 2 * cycle.heap_live_mib;
    }
    let settings = max("heap-growth", 64.0);
    let (analysis, _) = analyze(settings.clone(), cycles.clone());
    assert_eq!(judge(&settings, &analysis), Verdict::Critical);
    let (analysis, _) = analyze(Settings::default(), cycles);
    let growth = finding(&analysis, "heap-growth").unwrap();
    assert_eq!(growth.severity, Severity::Info, "too young by default");
}

#[test]
fn processes_are_judged_together() {
    let settings = Settings::default();
    let (fine, _) = analyze(settings.clone(), steady(100, 500));
    let (short, _) = analyze(settings.clone(), steady(2, 500));
    let (bad, _) = analyze(settings.clone(), article(770));
    let over = |analyses: &[&Analysis]| {
        let mut judgment = Judgment::new(&settings);
        analyses.iter().for_each(|analysis| judgment.add(analysis));
        let state = &judgment.rules()[0];
        (judgment.verdict(false), state.status, state.worst)
    };
    assert!(matches!(over(&[]).0, Verdict::NoVerdict(_)));
    assert!(matches!(over(&[&short, &short]).0, Verdict::NoVerdict(_)));
    assert_eq!(
        over(&[&short, &fine]).0,
        Verdict::Pass,
        "one with evidence is enough"
    );
    let (verdict, state, worst) = over(&[&fine, &bad, &short]);
    assert_eq!((verdict, state), (Verdict::Critical, RuleState::Raised));
    assert!((worst.unwrap() - 76.9).abs() < 0.1);
    let mut reversed = Judgment::new(&settings);
    reversed.add(&fine);
    assert!(matches!(reversed.verdict(true), Verdict::NoVerdict(why) if why.contains("tac")));
}

/// 30 s calm, 20 s with a cycle every 50 ms, calm again until 80 s.
fn storm() -> Vec<GcCycle> {
    let mut cycles = Vec::new();
    let mut at = 0;
    while at < 80_000 {
        at += if (30_000..50_000).contains(&at) {
            50
        } else {
            500
        };
        cycles.push(cycle(cycles.len() as u64 + 1, at));
    }
    cycles
}

#[test]
fn a_warm_up_of_the_users_is_left_out() {
    let settings = Settings {
        warmup_ns: Some(55_000 * MS),
        ..Settings::default()
    };
    let (analysis, _) = analyze(settings, storm());
    assert!(finding(&analysis, "gc-frequency").is_none());
    assert_eq!(
        analysis.measures.pause_ns.count,
        storm().len() as u64,
        "but it is measured"
    );
}

#[test]
fn nothing_seen_is_nothing_measured() {
    let (analysis, _) = analyze(Settings::default(), Vec::new());
    assert_eq!(analysis.measures, Measures::default());
    assert!(!analysis.enough_evidence && analysis.findings.is_empty());
}

#[test]
fn hostile_cycles_do_not_panic_or_hang() {
    let mut analyzer = ProcessAnalyzer::new(&Arc::new(Settings::default()));
    let mut state = 1_u64;
    let mut random = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state >> (state >> 58)
    };
    for number in 0..20_000 {
        let mut cycle = cycle(number, 0);
        cycle.number = if random() % 8 == 0 { random() } else { number };
        cycle.start_ns = random();
        cycle.sweep_termination_ns = random();
        cycle.concurrent_mark_ns = random();
        cycle.sweep_termination_cpu_ns = random();
        cycle.mark_background_cpu_ns = random();
        cycle.heap_start_mib = random();
        cycle.heap_end_mib = random();
        cycle.heap_live_mib = random();
        cycle.heap_goal_mib = random();
        cycle.stacks_mib = random();
        cycle.gomaxprocs = u32::try_from(random() & 0xffff_ffff).unwrap();
        cycle.cumulative_cpu_percent = random().cast_signed();
        cycle.forced = random() % 2 == 0;
        analyzer.observe((&cycle).into(), None);
    }
    let analysis = analyzer.finish(&Completeness::default(), None);
    let finite = |value: f64| assert!(value.is_finite());
    finite(analysis.measures.gc_cpu_ratio.unwrap_or(0.0));
    finite(analysis.measures.allocation_bytes_per_second.unwrap_or(0.0));
    analysis
        .findings
        .iter()
        .for_each(|finding| finite(finding.measured));
}
