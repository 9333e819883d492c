#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use super::*;
use crate::fleet::merge::merge;
use crate::fleet::row::{Count, Row, Verdict};
use crate::report::comparison::{Outcome, RowVerdict};
use crate::report::fleet::{Service, ServiceVerdict, Versions};

const OLD: &str = "1.4.0";
const NEW: &str = "1.5.0";

fn labels(pairs: &[(&str, &str)]) -> Labels {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// An hour of a process on 4 CPUs: GC CPU in millionths, of which a twentieth is time stopped; 1,000 cycles.
fn process(service: &str, version: &str, pod: &str, cpu_ppm: u64) -> Row {
    let us = 4 * 3_600 * cpu_ppm;
    Row {
        record: Record::Process,
        labels: labels(&[("service", service), ("version", version), ("pod", pod)]),
        source: format!("{service}/{version}/{pod}.log"),
        process: Some("1".to_owned()),
        gomaxprocs_min: Some(4),
        gomaxprocs_max: Some(4),
        verdict: Some(Verdict::Pass),
        cycles: Some(1_000),
        cycles_missing: Some(0),
        span_ms: Some(3_600_000),
        cpu_capacity_ms: Some(4 * 3_600_000),
        pause_sum_us: Some(3_600 * cpu_ppm / 20),
        stop_cpu_us: Some(us / 10),
        mark_assist_cpu_us: Some(us / 5),
        mark_background_cpu_us: Some(us - us / 10 - us / 5),
        mark_idle_cpu_us: Some(us * 9),
        pause_max_ns: Some(900_000),
        pause_counts: vec![Count {
            value_ns: 200_000,
            count: 1_000,
        }],
        ..Row::default()
    }
}

fn options() -> ReportOptions {
    ReportOptions {
        by: vec!["service".to_owned()],
        compare: Some(Compared {
            label: "version".to_owned(),
            values: [OLD.to_owned(), NEW.to_owned()],
        }),
        ..ReportOptions::default()
    }
}

fn fleet(options: ReportOptions, rows: impl IntoIterator<Item = Line>) -> Result<Fleet, String> {
    let mut reporter = Reporter::new(options);
    for row in rows {
        reporter.add(row)?;
    }
    reporter.finish().map_err(|error| error.to_string())
}

fn lines(rows: &[Row]) -> Vec<Line> {
    rows.iter()
        .map(|row| Line::Row(Box::new(row.clone())))
        .collect()
}

fn compare(rows: &[Row]) -> Versions {
    fleet(options(), lines(rows)).unwrap().comparison.unwrap()
}

/// Services of which the first burns `factor` times the CPU in the new version; pods differ by a few percent, and `runs` are those
/// of each version.
fn services(count: usize, runs: usize, factor: f64) -> Vec<Row> {
    let mut rows = Vec::new();
    for service in 0..count {
        for (version, worse) in [(OLD, 1.0), (NEW, if service == 0 { factor } else { 1.0 })] {
            for pod in 0..runs {
                // The same in both versions, but for the order.
                let noise = 1.0 + (pod * 7 % 5) as f64 / 50.0;
                let ppm = crate::units::from_f64(40_000.0 * worse * noise);
                rows.push(process(
                    &format!("s{service:03}"),
                    version,
                    &format!("p{pod}"),
                    ppm,
                ));
            }
        }
    }
    rows
}

fn find<'a>(versions: &'a Versions, name: &str) -> &'a Service {
    let mut services = versions.services.iter();
    services
        .find(|service| service.labels["service"] == name)
        .unwrap()
}

fn of(service: &Service) -> impl Iterator<Item = (&'static str, RowVerdict)> {
    service.rows.iter().map(|row| (row.id, row.verdict))
}

/// 2 / C(n + m, n) times the services is at most 0.05 up to these numbers of services, and not beyond.
#[test]
fn runs_decide_up_to_the_number_of_services_that_their_p_value_allows() {
    for (runs, most) in [(4, 1), (5, 6), (6, 23), (7, 85), (8, 321)] {
        for (count, told) in [(most, true), (most + 1, false)] {
            let versions = compare(&services(count, runs, 3.0));
            let first = find(&versions, "s000");
            assert_eq!(versions.services_compared, count as u64);
            let needed = if told { runs } else { runs + 1 };
            assert_eq!(
                versions.runs_needed,
                Some(needed as u64),
                "{runs} runs, {count} services"
            );
            match told {
                true => {
                    assert_eq!(
                        first.verdict,
                        ServiceVerdict::Regression,
                        "{runs} runs, {count} services"
                    );
                    let others = versions.services.iter().skip(1);
                    assert!(
                        others
                            .map(|s| s.verdict)
                            .all(|v| v == ServiceVerdict::NoRegression)
                    );
                    assert!(
                        matches!(&versions.outcome, Outcome::Regression(rows) if rows.len() == 2)
                    );
                }
                false => {
                    let all = versions.services.iter().map(|service| service.verdict);
                    assert!(
                        all.clone().all(|v| v == ServiceVerdict::CannotTell),
                        "{runs} runs, {count} services"
                    );
                    assert!(
                        first
                            .rows
                            .iter()
                            .all(|row| row.p.is_none() && row.p_adjusted.is_none())
                    );
                    let said = format!("{} pods a side are needed", runs + 1);
                    assert!(
                        matches!(&versions.outcome, Outcome::NoVerdict(why) if why.contains(&said)),
                        "{:?}",
                        versions.outcome
                    );
                }
            }
        }
    }
}

/// Sides of unequal size: 2 / C(n + m, n), not the smaller side alone.
#[test]
fn a_large_side_helps_a_small_one() {
    for (base, told) in [(36, false), (38, false), (39, true), (60, true)] {
        let mut rows = services(1, base, 1.0);
        rows.retain(|row| row.labels["version"] == OLD);
        rows.push(process("s000", NEW, "a", 200_000));
        let few = compare(&rows);
        assert_eq!(
            few.outcome != Outcome::Pass && few.services[0].verdict == ServiceVerdict::Regression,
            told,
            "{base}"
        );
    }
}

#[test]
fn the_regression_is_named_with_its_figures_and_nothing_else_is() {
    let versions = compare(&services(3, 5, 2.0));
    let Outcome::Regression(reasons) = &versions.outcome else {
        panic!("{:?}", versions.outcome)
    };
    assert_eq!(
        reasons[0],
        "s000: GC CPU is 2 times that of 1.4.0 (4.2% before, 8.3% after; 5 against 5 pods, p = 0.024)"
    );
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    let verdicts: Vec<_> = of(&versions.services[0]).collect();
    assert_eq!(
        verdicts,
        [
            ("gc-cpu", RowVerdict::Worse),
            ("stw-ratio", RowVerdict::Worse),
            ("gc-frequency", RowVerdict::Same)
        ]
    );
    let better = compare(&services(3, 5, 0.4));
    assert_eq!(
        (better.outcome, better.services[0].verdict),
        (Outcome::Pass, ServiceVerdict::Improved)
    );
}

/// Not one pod of the new version is as good as any of the old, yet by too little to matter.
#[test]
fn a_significant_difference_must_also_be_large_enough() {
    let with = |old: u64, new: u64| {
        let of = |version, ppm| {
            (0..8).map(move |pod| process("api", version, &format!("p{pod}"), ppm + pod))
        };
        compare(&of(OLD, old).chain(of(NEW, new)).collect::<Vec<_>>())
    };
    for (old, new, verdict) in [
        (40_000, 49_000, ServiceVerdict::NoRegression),
        (40_000, 51_000, ServiceVerdict::Regression),
        // Three times as much, and less than 0.5 % of the CPU; a quarter more of a little is beyond no floor either.
        (2_000, 6_000, ServiceVerdict::NoRegression),
        (2_000, 7_100, ServiceVerdict::Regression),
    ] {
        let versions = with(old, new);
        let service = &versions.services[0];
        assert!(service.rows[0].p_adjusted.unwrap() < 0.001);
        assert_eq!(service.verdict, verdict, "{old} {new}");
    }
}

#[test]
fn files_days_and_processes_of_a_pod_are_one_run() {
    let mut rows = Vec::new();
    for version in [OLD, NEW] {
        for at in 0..16 {
            let mut row = process(
                "api",
                version,
                &format!("p{}", at / 4),
                if version == NEW { 90_000 } else { 30_000 },
            );
            row.labels
                .insert("day".to_owned(), format!("2026-01-0{}", at % 4 + 1));
            row.source = format!("{version}/{at}.log");
            rows.push(row);
        }
    }
    // A second service, so that 4 pods a side are too few.
    for version in [OLD, NEW] {
        rows.extend((0..4).map(|pod| process("web", version, &format!("w{pod}"), 30_000)));
    }
    let versions = compare(&rows);
    let api = find(&versions, "api");
    assert_eq!((api.base.runs, api.new.runs), (4, 4));
    assert_eq!(api.verdict, ServiceVerdict::CannotTell);
    assert_eq!(
        (versions.run.as_slice(), versions.run_name()),
        (&["pod".to_owned()][..], "pod")
    );
    // A run is the sums of its days: all pods are alike.
    assert!(
        api.rows[0]
            .base
            .values
            .iter()
            .all(|value| (value - 0.03).abs() < 1e-9)
    );

    // Without the label each log is a run, and so are the prefixes in one log.
    for row in &mut rows {
        row.labels.remove("pod");
    }
    let streams = compare(&rows);
    assert_eq!(
        (find(&streams, "api").base.runs, streams.run_name()),
        (16, "stream")
    );
    for (at, row) in rows.iter_mut().enumerate() {
        row.source = "all.log".to_owned();
        row.labels.remove("day");
        row.stream = Some(format!("pod-{}", at % 8));
    }
    assert_eq!(find(&compare(&rows), "api").base.runs, 8);

    // The labels that make a run are the user's.
    let by_day = ReportOptions {
        run: vec!["zone".to_owned()],
        ..options()
    };
    let error = fleet(by_day, lines(&rows)).unwrap_err();
    assert!(error.contains("no label `zone` of --run"), "{error}");
}

#[test]
fn merged_rows_give_the_same_comparison_and_are_refused_without_their_runs() {
    let mut rows = services(2, 5, 2.0);
    for day in ["1", "2"] {
        rows.extend(services(2, 5, 2.5).into_iter().map(|mut row| {
            row.labels.insert("day".to_owned(), day.to_owned());
            row
        }));
    }
    let raw = fleet(options(), lines(&rows)).unwrap();
    let by =
        |names: &[&str]| -> Vec<String> { names.iter().map(|name| (*name).to_owned()).collect() };
    let kept = by(&["service", "version", "pod"]);
    // In two parts, which hold the same pods.
    let (one, other) = rows.split_at(13);
    let parts = [one, other].map(|rows| merge(&kept, lines(rows)).unwrap());
    let merged = || {
        parts
            .iter()
            .flatten()
            .map(|row| Line::Merged(Box::new(row.clone())))
    };
    let again = fleet(options(), merged()).unwrap();
    assert_eq!(again.comparison, raw.comparison);
    assert_eq!((again.groups, again.total), (raw.groups, raw.total));

    let lost = merge(&by(&["service", "version"]), lines(&rows)).unwrap();
    let lost = || lost.iter().map(|row| Line::Merged(Box::new(row.clone())));
    let error = fleet(options(), lost()).unwrap_err();
    assert!(
        error.contains("merged over `pod`")
            && error.contains("fleet merge --by service,version,pod"),
        "{error}"
    );
    // Where nothing is compared they do.
    let all = ReportOptions {
        compare: None,
        ..options()
    };
    assert_eq!(fleet(all, lost()).unwrap().total.cycles, 60_000);
}

#[test]
fn rows_of_any_order_give_the_same_report() {
    let mut rows = services(3, 6, 2.0);
    rows[3].record = Record::Stream;
    for (at, row) in rows.iter_mut().enumerate() {
        row.cause = Some(["live-heap", "low-gogc"][at % 2].to_owned());
        row.verdict = Some([Verdict::Critical, Verdict::Warning, Verdict::Pass][at % 3]);
    }
    let first = fleet(options(), lines(&rows)).unwrap();
    let reversed: Vec<_> = rows.iter().rev().cloned().collect();
    assert_eq!(fleet(options(), lines(&reversed)).unwrap(), first);
    rows.rotate_left(11);
    assert_eq!(fleet(options(), lines(&rows)).unwrap(), first);
}

#[test]
fn a_service_in_one_version_only_is_named_and_not_tested() {
    let mut rows = services(2, 4, 2.0);
    rows.retain(|row| row.labels["service"] == "s000" || row.labels["version"] == NEW);
    let versions = compare(&rows);
    assert_eq!(
        (versions.services_compared, versions.new_only.len()),
        (1, 1)
    );
    assert_eq!(versions.services[0].verdict, ServiceVerdict::Regression);
    for row in &mut rows {
        row.labels.insert("version".to_owned(), "2.0".to_owned());
    }
    let nothing = fleet(options(), lines(&rows)).unwrap();
    assert!(
        matches!(nothing.comparison.unwrap().outcome, Outcome::NoVerdict(why) if why.contains("version=1.4.0; other values are 2.0"))
    );
    assert!(
        nothing
            .warnings
            .iter()
            .any(|warning| warning.ends_with("left out of the comparison: 12")),
        "{:?}",
        nothing.warnings
    );
}

/// The compared label separates no services, though groups may be by it.
#[test]
fn groups_may_be_by_the_compared_label() {
    let by = vec!["version".to_owned(), "service".to_owned()];
    let report = fleet(
        ReportOptions { by, ..options() },
        lines(&services(2, 5, 2.0)),
    )
    .unwrap();
    assert_eq!(report.groups.len(), 4);
    let versions = report.comparison.unwrap();
    assert_eq!(versions, compare(&services(2, 5, 2.0)));
    let none = ReportOptions {
        by: Vec::new(),
        ..options()
    };
    let all = fleet(none, lines(&services(2, 5, 2.0))).unwrap();
    assert_eq!(
        (all.groups.len(), all.comparison.unwrap().services_compared),
        (1, 1)
    );
}

/// A pod whose log lost cycles burns as much as the others: what is missing is taken for typical, and beyond 20 % nothing is.
#[test]
fn missing_cycles_are_no_improvement() {
    let lose = |lost: u64| {
        let mut rows = services(1, 5, 1.0);
        for row in rows.iter_mut().filter(|row| row.labels["version"] == OLD) {
            row.cycles = Some(1_000 - lost);
            row.cycles_missing = Some(lost);
            for sum in [
                &mut row.stop_cpu_us,
                &mut row.mark_assist_cpu_us,
                &mut row.mark_background_cpu_us,
                &mut row.pause_sum_us,
            ] {
                *sum = sum.map(|sum| sum * (1_000 - lost) / 1_000);
            }
        }
        compare(&rows)
    };
    for lost in [0, 100, 200] {
        let versions = lose(lost);
        let ratio = versions.services[0].rows[0].ratio.unwrap();
        assert!((ratio - 1.0).abs() < 1e-6, "{lost}: {ratio}");
        assert_eq!(versions.outcome, Outcome::Pass);
    }
    let blind = lose(210);
    assert_eq!(blind.services[0].base.runs_without_figures, 5);
    assert_eq!(blind.services[0].verdict, ServiceVerdict::CannotTell);
    assert!(
        blind.services[0].notes[0].contains("5 pods of 1.4.0 left out"),
        "{:?}",
        blind.services[0].notes
    );
}

#[test]
fn another_gomaxprocs_is_another_measure() {
    let with = |old: [u64; 2], new: [u64; 2]| {
        let mut rows = services(1, 5, 2.0);
        for (at, row) in rows.iter_mut().enumerate() {
            let procs = if row.labels["version"] == OLD {
                old
            } else {
                new
            }[at % 2];
            (row.gomaxprocs_min, row.gomaxprocs_max) = (Some(procs), Some(procs));
        }
        compare(&rows)
    };
    let apart = with([4, 4], [2, 2]);
    assert!(
        matches!(&apart.outcome, Outcome::NoVerdict(why) if why.contains("GOMAXPROCS is 4 before and 2 after")),
        "{:?}",
        apart.outcome
    );
    let mixed = with([4, 8], [2, 8]);
    assert_eq!(mixed.services[0].verdict, ServiceVerdict::Regression);
    assert_eq!(
        mixed.services[0].notes,
        ["GOMAXPROCS: 4 to 8 before, 2 to 8 after"]
    );
}

#[test]
fn groups_are_worst_first_by_what_they_burnt_and_buckets_are_not_counted_twice() {
    let mut rows = vec![
        process("api", OLD, "a", 10_000),
        process("api", NEW, "b", 10_000),
        process("feed", OLD, "c", 50_000),
        process("mail", OLD, "d", 1_000),
    ];
    for (row, cause) in rows.iter_mut().zip(["live-heap", "low-gogc", "small-heap"]) {
        row.cause = Some(cause.to_owned());
        row.verdict = Some(Verdict::Critical);
    }
    let mut bucket = rows[0].clone();
    bucket.bucket = Some("2026-01-01T00:00:00Z".to_owned());
    rows.push(bucket);
    let some = ReportOptions {
        compare: None,
        top: 2,
        ..options()
    };
    let report = fleet(some, lines(&rows)).unwrap();
    let groups: Vec<_> = report
        .groups
        .iter()
        .map(|group| (group.labels["service"].as_str(), group.figures.gc_cpu_us))
        .collect();
    // 5 % of 4 CPUs for an hour.
    assert_eq!(groups, [("feed", 720_000_000), ("api", 288_000_000)]);
    assert!((report.groups[0].figures.gc_cpu_core_hours - 0.2).abs() < 1e-12);
    assert!((report.groups[0].share_ratio.unwrap() - 720.0 / 1022.4).abs() < 1e-9);
    assert_eq!(report.groups[0].pause_p99_ns, Some(200_000));
    assert_eq!((report.groups_omitted, report.offenders_omitted), (1, 1));
    let worst = &report.offenders[0];
    assert_eq!(
        (worst.labels["pod"].as_str(), worst.figures.cause.as_deref()),
        ("c", Some("small-heap"))
    );
    assert_eq!(worst.source.as_deref(), Some("feed/1.4.0/c.log"));
    assert_eq!(report.total.cycles, 4_000);
    assert!(
        report.warnings[0].contains("rows of buckets") && report.warnings[0].ends_with(": 1"),
        "{:?}",
        report.warnings
    );
}

#[test]
fn coverage_names_the_streams_that_hold_nothing() {
    let stream = |at: u64, intact, damaged, error: Option<&str>| Row {
        source: format!("{at:02}.log"),
        files: Some(2),
        bytes: Some(100),
        gc_lines_intact: Some(intact),
        gc_lines_repaired: Some(0),
        gc_lines_damaged: Some(damaged),
        error: error.map(str::to_owned),
        ..Row::default()
    };
    let mut rows: Vec<_> = (0..30).map(|at| stream(at, 0, 0, None)).collect();
    rows.push(stream(30, 90, 10, Some("cut off")));
    rows.reverse();
    let report = fleet(ReportOptions::default(), lines(&rows)).unwrap();
    let read = &report.coverage;
    assert_eq!(
        (
            read.streams,
            read.streams_without_gc_lines,
            read.streams_with_errors
        ),
        (31, 30, 1)
    );
    assert_eq!(
        (read.files, read.bytes, read.gc_lines),
        (Some(62), Some(3_100), Some(90))
    );
    assert!((read.damaged_ratio.unwrap() - 0.1).abs() < 1e-12);
    assert_eq!(read.missing_ratio, None);
    assert_eq!(
        (report.silent.len(), report.silent[0].source.as_str()),
        (10, "00.log")
    );
    assert_eq!(report.errors[0].error, "cut off");
    assert_eq!(
        fleet(ReportOptions::default(), [])
            .unwrap()
            .total
            .gc_cpu_ratio,
        None
    );
}

/// Repeatable chance.
struct Dice(u64);

impl Dice {
    /// Log-normal noise, as wide as real runs of one build have it: one run in three is off by 21 % or more.
    fn noise(&mut self) -> f64 {
        let mut uniform = || {
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            (((z ^ (z >> 31)) >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0
        };
        let radius = (-2.0 * uniform().ln()).sqrt();
        (0.21 * radius * (std::f64::consts::TAU * uniform()).cos()).exp()
    }
}

/// The two measures that decide vary independently here, which is the worst case.
#[test]
fn false_alarms_are_rare_and_changes_are_found() {
    let mut dice = Dice(3);
    let mut failed = |draws: usize, runs: usize, factor: f64| {
        let mut failed = [0, 0];
        for _ in 0..draws {
            let mut rows = services(6, runs, factor);
            for row in &mut rows {
                let (cpu, stop) = (dice.noise(), dice.noise());
                let times = |value: Option<u64>, by: f64| {
                    value.map(|value| crate::units::from_f64(value as f64 * by))
                };
                row.mark_background_cpu_us = times(row.mark_background_cpu_us, cpu);
                row.pause_sum_us = times(row.pause_sum_us, 4.0 * stop);
            }
            let worse = |service: &&Service| service.verdict == ServiceVerdict::Regression;
            let versions = compare(&rows);
            let found = versions.services.iter().filter(worse);
            let others = found
                .clone()
                .filter(|service| service.labels["service"] != "s000")
                .count();
            failed[0] += usize::from(found.count() > others);
            failed[1] += usize::from(others > 0);
        }
        failed
    };
    let [first, others] = failed(300, 5, 1.0);
    // Three standard errors of the draws above 5 %.
    assert!(first + others <= 26, "{first} and {others} of 300");
    let [found, others] = failed(50, 10, 2.5);
    assert!(found >= 48, "{found} of 50");
    assert!(others <= 7, "{others} of 50");
}
