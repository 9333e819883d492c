//! Reports made by hand, for the tests of what is written from them.
#![allow(dead_code, reason = "no test needs all of them")]
#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use std::path::{Path, PathBuf};

use gcpressure::internal::io::Source;
use gcpressure::internal::pipeline::{self, Options};
use gcpressure::internal::settings::Scope;
use gcpressure::internal::severity::{Cause, Severity};
use gcpressure::internal::units::Unit;
use gcpressure::report;
use gcpressure::report::causes::{BY_ALLOCATION, BY_USE, Causes, Estimate, Hot, Rates};
use gcpressure::report::why::Pattern;
use gcpressure::report::{
    DamagedLine, Diagnosis, Distribution, Episode, Evidence, Finding, GcLines, Input, Interval,
    Measures, MinMax, Mmu, PauseCount, PeakWindow, Period, Process, Report, RuleState, RuleStatus,
    Size, TimelinePoint, Verdict,
};

use crate::with::with;

const MS: u64 = 1_000_000;
const SECOND: u64 = 1000 * MS;
const MIB: u64 = 1 << 20;

/// Reports of the samples, and of the corpus where `GCPRESSURE_CORPUS` names it.
pub(crate) fn real() -> Vec<(String, Report)> {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let corpus = std::env::var_os("GCPRESSURE_CORPUS").map(PathBuf::from);
    let kinds = ["hist", "own", "real", "wrapped"];
    let corpus = corpus
        .iter()
        .flat_map(|corpus| kinds.map(|kind| corpus.join(kind)));
    let mut reports = Vec::new();
    for directory in std::iter::once(samples).chain(corpus) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry
                .unwrap()
                .path()
                .into_os_string()
                .into_string()
                .unwrap();
            if !path.contains(".log") || path.ends_with(".json") || path.ends_with(".xz") {
                continue;
            }
            let source = Source::open(&path).unwrap();
            let report = pipeline::analyze(vec![source], &Options::default(), &mut ()).unwrap();
            reports.push((path, report));
        }
    }
    assert!(reports.len() >= 8, "only {} logs", reports.len());
    reports
}

/// A process that collects 66 times a second after 10 s of peace.
pub(crate) fn critical() -> Report {
    let pressure = finding(
        "gc-frequency",
        Severity::Critical,
        66.7,
        40.0,
        Unit::PerSecond,
    );
    let mut cpu = finding("gc-cpu", Severity::Warning, 0.184, 0.1, Unit::Ratio);
    cpu.since_ns = 22 * SECOND;
    cpu.episodes = vec![
        episode(22, 30, 0.12, Severity::Warning),
        episode(40, 66, 0.184, Severity::Warning),
    ];
    let mut idle = finding("gogc-changed", Severity::Info, 3.0, 1.0, Unit::Count);
    idle.message = "GOGC or the memory limit was changed while the program ran".to_owned();
    cpu.worst = 0.21;
    let mut busy = process("1", 66.7);
    let cause = diagnosis(&busy.id);
    busy.diagnosis = Some(cause.clone());
    with!(
        made(Verdict::Critical, vec![busy], vec![pressure, cpu, idle]),
        diagnosis: Some(cause),
    )
}

/// What is behind the findings of a process that allocates a lot.
fn diagnosis(process: &str) -> Diagnosis {
    with!(
        Diagnosis::new(
            Cause::AllocationRate,
            Severity::Critical,
            process.to_owned(),
            "the program allocates a lot: 66.7 GC cycles a second take 18.4% of the CPU".to_owned(),
        ),
        explains: vec!["gc-frequency", "gc-cpu"],
        advice: vec![
            "find what allocates: go tool pprof -sample_index=alloc_objects http://HOST/debug/pprof/allocs".into(),
            "trade memory for CPU: GOGC=200 halves the number of cycles".into(),
        ],
        evidence: vec![Evidence {
            name: "gc_frequency_per_second",
            value: 66.7,
        }],
    )
}

/// The same program, repaired.
pub(crate) fn healthy() -> Report {
    let mut report = made(Verdict::Pass, vec![process("1", 1.25)], Vec::new());
    report.exit_status = 0;
    report
}

/// No GC line at all.
pub(crate) fn nothing() -> Report {
    let mut report = made(
        Verdict::NoVerdict(
            "no GC cycle in the input; run the program with GODEBUG=gctrace=1 and pass on its standard error".to_owned(),
        ),
        Vec::new(),
        Vec::new(),
    );
    report.exit_status = 3;
    report.input = with!(
        Input::default(),
        sources: report.input.sources,
        other_lines: 120,
    );
    report
}

/// Many processes, the first few of them in trouble.
pub(crate) fn fleet(count: usize) -> Report {
    let processes: Vec<_> = (0..count)
        .map(|n| {
            let mut process = process(
                &format!("orders-7d9c5b-{n:03}"),
                if n < 3 { 66.7 } else { 0.8 },
            );
            process.stream = Some(process.id.clone());
            process.approximate = n == 2;
            process
        })
        .collect();
    let findings = (0..count.min(3))
        .map(|n| {
            let severity = if n == 0 {
                Severity::Critical
            } else {
                Severity::Warning
            };
            let mut finding = finding("gc-frequency", severity, 66.7, 40.0, Unit::PerSecond);
            finding.process = processes[n].id.clone();
            finding.since_wall = Some("2026-11-23T14:05:03Z".to_owned());
            finding.until_wall = Some("2026-11-23T14:05:59Z".to_owned());
            finding
        })
        .collect();
    made(Verdict::Critical, processes, findings)
}

/// A process under pressure with what a heap profile says of it: four lines, the last without a place.
pub(crate) fn explained() -> Report {
    let sites = [
        "handlers/orders.go",
        "handlers/<img onerror>,a:b.go",
        "log.go",
    ];
    let hot = |path: &str, line, share| Hot {
        function: "shop/handlers.Order::error::".to_owned(),
        file: (!path.is_empty()).then(|| path.to_owned()),
        line: (line > 0).then_some(line),
        share_ratio: share,
        objects: 5200,
        bytes: 1 << 20,
        objects_per_second: Some(5200.0),
        bytes_per_second: Some(1_258_291.0),
        objects_per_cycle: None,
        bytes_per_cycle: None,
        evidence: report::sites::Evidence::default(),
        pattern: (line == 38).then_some(Pattern::Formatting),
        message: (line == 38)
            .then(|| "id escapes to the heap: it becomes an interface value".to_owned()),
        remedy: (line == 38).then_some("use strconv.Itoa"),
    };
    let mut allocated: Vec<_> = (sites.iter().zip([38, 51, 7]))
        .map(|(path, line)| hot(path, line, 0.241))
        .collect();
    allocated.push(hot("", 0, 0.02));
    let causes = Causes {
        profile: report::sites::ProfileSource {
            name: "heap.pb.gz".to_owned(),
            base: None,
            rate_bytes: 1,
            shares_of_base: false,
            taken_unix_ns: None,
            duration_ns: Some(30 * SECOND),
        },
        compiler: None,
        process: "1".to_owned(),
        rates: Rates::Profile,
        explains_by_allocation: &BY_ALLOCATION,
        explains_by_use: &BY_USE,
        allocated,
        in_use: vec![hot("cache.go", 12, 0.9)],
        estimate: Some(Estimate {
            sites: 3,
            share_ratio: 0.72,
            period_ns: 15 * MS,
            period_without_ns: 54 * MS,
        }),
        warnings: vec!["the profile is of another build".to_owned()],
    };
    with!(
        critical(),
        causes: Some(causes),
    )
}

/// Names that try to take over the terminal, the page or the line.
pub(crate) fn hostile() -> Report {
    let name = "web\u{1b}[2J\r\n::error::\u{202e}</script><img onerror=alert(1)>%0A日本";
    let mut report = fleet(4);
    for process in &mut report.processes {
        process.id = format!("{name}{}", process.id);
        process.stream = Some(process.id.clone());
    }
    for finding in &mut report.findings {
        finding.process = format!("{name}{}", finding.process);
    }
    report.input.sources[0].name = name.to_owned();
    report.input.damaged_lines = vec![DamagedLine {
        source: name.to_owned(),
        source_index: 0,
        line: 7,
        reason: "expected three wall-clock times at byte 17".to_owned(),
        text: format!("gc 7 @0.1s 0%: {name}"),
    }];
    report
}

fn made(verdict: Verdict, processes: Vec<Process>, findings: Vec<Finding>) -> Report {
    with!(
        Report::default(),
        verdict: verdict,
        exit_status: 1,
        input: with!(
            Input::default(),
            sources: vec![with!(
                report::Source::default(),
                name: "server.log".to_owned(),
                bytes: 1_234_567,
                lines: 12_345,
            )],
            gc_lines: with!(
                GcLines::default(),
                intact: 4400,
                repaired: 2,
                damaged: 1,
            ),
            other_lines: 7942,
        ),
        processes_omitted: 0,
        processes: processes,
        diagnosis: None,
        findings: findings,
        rules: vec![
            rule("gc-frequency", RuleState::Raised, Some(66.7), Unit::PerSecond),
            rule("gc-cpu", RuleState::Quiet, Some(0.02), Unit::Ratio),
            rule("heap-growth", RuleState::NoEvidence, None, Unit::Mebibytes),
            rule("min-heap", RuleState::Off, None, Unit::Ratio),
        ],
        warnings: Vec::new(),
        causes: None,
        baseline: None,
    )
}

fn rule(id: &'static str, status: RuleState, worst: Option<f64>, unit: Unit) -> RuleStatus {
    with!(
        RuleStatus::default(),
        id: id,
        status: status,
        worst: worst,
        unit: unit,
        warning: Some(10.0),
        critical: None,
        episodes: Vec::new(),
    )
}

fn finding(
    rule: &'static str,
    severity: Severity,
    measured: f64,
    threshold: f64,
    unit: Unit,
) -> Finding {
    with!(
        Finding::default(),
        rule: rule,
        severity: severity,
        process: "1".to_owned(),
        scope: Scope::Window,
        capped_by: None,
        measured: measured,
        worst: measured,
        threshold: threshold,
        unit: unit,
        since_ns: 12 * SECOND,
        until_ns: 66 * SECOND,
        since_wall: None,
        until_wall: None,
        episodes: vec![episode(12, 66, measured, severity)],
        raised: true,
        active_ratio: 0.82,
        message: "66.7 GC cycles a second: every request meets several of them, and each one empties processor caches \
                  and makes goroutines help with marking"
            .into(),
        advice: vec![
            "find what allocates: go tool pprof -sample_index=alloc_objects http://HOST/debug/pprof/allocs".into(),
            "trade memory for CPU: GOGC=200 halves the number of cycles".into(),
        ],
        evidence: vec![
            Evidence {
                name: "cycles",
                value: 667.0,
            },
            Evidence {
                name: "gc_cpu_ratio",
                value: 0.184,
            },
        ],
    )
}

fn episode(since: u64, until: u64, worst: f64, severity: Severity) -> Episode {
    Episode {
        since_ns: since * SECOND,
        until_ns: until * SECOND,
        worst,
        severity,
    }
}

fn process(id: &str, rate: f64) -> Process {
    let busy = rate > 10.0;
    let ns = |calm: u64, wild: u64| if busy { wild } else { calm };
    with!(
        Process::default(),
        id: id.to_owned(),
        source: "server.log".to_owned(),
        stream: None,
        approximate: false,
        format: "go1.18+".to_owned(),
        first_cycle: 1,
        last_cycle: ns(85, 4403),
        cycles_seen: ns(85, 4402),
        cycles_missing: ns(0, 1),
        forced_cycles: ns(0, 3),
        periodic_cycles: 0,
        judged: true,
        diagnosis: None,
        measures: with!(
            Measures::default(),
            started_ns: 12 * MS,
            duration_ns: 66 * SECOND,
            gomaxprocs: Some(MinMax { min: 8, max: 8 }),
            gc_frequency_per_second: Some(rate),
            period_ns: period(ns(780, 14) * MS, ns(84, 4401), ns(800, 15) * MS),
            pause_ns: times(ns(49_000, 250_000), ns(85, 4402)),
            stop_ns: Some(times(ns(25_000, 120_000), ns(170, 8804))),
            concurrent_mark_ns: Some(times(ns(410_000, 2_600_000), ns(85, 4402))),
            gc_cpu_ratio: Some(if busy { 0.184 } else { 0.004 }),
            gc_cpu_ratio_low: Some(if busy { 0.17 } else { 0.004 }),
            gc_cpu_ratio_high: Some(if busy { 0.19 } else { 0.004 }),
            gc_cpu_cores: Some(if busy { 1.472 } else { 0.032 }),
            cpus: Some(8.0),
            gc_cpu_ratio_of_cpus: Some(if busy { 0.184 } else { 0.004 }),
            mark_assist_cpu_ratio: Some(0.0012),
            mark_idle_cpu_ratio: Some(0.03),
            mark_duty_ratio: Some(0.174),
            stw_ratio: Some(0.016),
            allocation_bytes: Some(13_958 * MIB),
            allocation_bytes_per_second: Some(211.5 * 1_048_576.0),
            allocation_resolved: true,
            live_heap_bytes: Some(size(1, 3, 1, 2, 4)),
            heap_goal_bytes: Some(size(4, 7, 4, 4, 9)),
            heap_goal_churn_per_minute: Some(0.0),
            heap_goal_reversals: Some(0),
            mmu: Some(Mmu {
                ms1: 0.0,
                ms10: 0.8,
                ms100: 0.97,
                s1: 0.98,
            }),
            implied_gogc: Some(Interval {
                low: 99.0,
                high: 101.5,
            }),
            peak_window: Some(PeakWindow {
                start_ns: 40 * SECOND,
                end_ns: 50 * SECOND,
                cycles: ns(13, 712),
                gc_frequency_per_second: if busy { 71.2 } else { 1.3 },
                pause_p99_ns: ns(61_000, 830_000),
                gc_cpu_ratio: Some(if busy { 0.21 } else { 0.005 }),
            }),
            timeline: timeline(rate),
            pause_histogram: [(49_000, 40), (61_000, 45)]
                .map(|(pause_ns, cycles)| PauseCount { pause_ns, cycles })
                .to_vec(),
            percentiles_exact: true,
            headroom_use_p50_ratio: Some(0.5),
            cpus_seen: Some(8.0),
            limiter_bucket_max_ratio: Some(0.1),
            overshoot_ratio: Some(0.0),
            min_heap_ratio: Some(0.0),
            early_cycles: Some(0),
            gogc_changes: Some(0),
            limit_regime: Some(false),
        ),
    )
}

fn period(typical: u64, count: u64, mean: u64) -> Period {
    let times = times(typical, count);
    Period {
        count,
        min: times.min,
        p50: times.p50,
        p90: times.p90,
        p99: times.p99,
        max: times.max,
        mean: Some(mean),
    }
}

fn times(typical: u64, count: u64) -> Distribution {
    Distribution {
        count,
        min: typical / 2,
        p50: typical,
        p90: typical * 2,
        p99: typical * 3,
        p999: typical * 5,
        max: typical * 7,
        sum: typical * count,
    }
}

const fn size(first: u64, last: u64, min: u64, p50: u64, max: u64) -> Size {
    Size {
        first: first * MIB,
        last: last * MIB,
        min: min * MIB,
        p50: p50 * MIB,
        max: max * MIB,
    }
}

/// A pane of 2 s each: quiet, then rising to the rate.
fn timeline(rate: f64) -> Vec<TimelinePoint> {
    (0..33_u32)
        .map(|n| {
            let share = f64::from(n.saturating_sub(5).min(10)) / 10.0;
            let start_ns = u64::from(n) * 2 * SECOND;
            with!(
                TimelinePoint::default(),
                start_ns: start_ns,
                end_ns: start_ns + 2 * SECOND,
                cycles: u64::from(n),
                gc_frequency_per_second: rate * share,
                pause_p50_ns: 49_000,
                pause_p99_ns: 200_000,
                pause_max_ns: 60_000 + u64::from(n % 7) * 200_000,
                stop_cpu_ratio: Some(0.01 * share),
                mark_assist_cpu_ratio: Some(0.001),
                mark_background_cpu_ratio: Some(0.15 * share),
                mark_idle_cpu_ratio: Some(0.02),
                heap_start_max_bytes: Some(4 * MIB),
                heap_end_max_bytes: Some(5 * MIB),
                heap_live_min_bytes: Some(MIB),
                heap_live_max_bytes: Some((1 + u64::from(n) / 11) * MIB),
                heap_goal_min_bytes: Some(4 * MIB),
                heap_goal_max_bytes: Some(7 * MIB),
                allocation_bytes_per_second: Some(211.0 * 1_048_576.0),
            )
        })
        .collect()
}
