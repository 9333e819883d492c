//! Before and after: on real runs, through the program, and as files that others read.
#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use crate::support;

use std::fs;
use std::path::{Path, PathBuf};

use gcpressure::internal::compare::{Gate, compare};
use gcpressure::report::comparison::{Comparison, Outcome, RowVerdict, Run, Side};
use gcpressure::report::{Distribution, Measures, MinMax, Period, Process, Size};
use serde_json::Value;

use crate::with::with;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs the program in the repository's folder: status, standard output, standard error.
fn gcpressure(args: &[&str]) -> (i32, String, String) {
    let output = crate::program::gcpressure()
        .args(args)
        .current_dir(root())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// Runs a command of the program.
fn run(command: &[&str], args: &[&str]) -> (i32, String, String) {
    gcpressure(&[command, args].concat())
}

/// The comparison as JSON, and the exit status.
fn json(args: &[&str]) -> (i32, Value) {
    let (status, out, err) = run(&["compare", "-f", "json"], args);
    let read = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"));
    (status, read)
}

fn row<'a>(comparison: &'a Value, id: &str) -> &'a Value {
    let rows = comparison["rows"].as_array().unwrap();
    rows.iter().find(|row| row["id"] == id).unwrap()
}

const WASTEFUL: &str = "samples/wasteful.go1.27.3.log";
const FIXED: &str = "samples/fixed.go1.27.3.log";

/// Real runs of one program at one GOGC, from the table.
fn real_runs(gogc: &str) -> Vec<Run> {
    let table = fs::read_to_string(root().join("tests/data/gogc-runs.tsv")).unwrap();
    let mut lines = table
        .lines()
        .map(|line| line.split('\t').collect::<Vec<_>>());
    let names = lines.next().unwrap();
    let runs = lines.filter(|cells| cells[0] == gogc).map(|cells| {
        let cell = |name| cells[names.iter().position(|known| *known == name).unwrap()];
        let float = |name| cell(name).parse::<f64>().unwrap();
        let whole = |name| cell(name).parse::<u64>().unwrap();
        let size = |name| Size {
            p50: whole(name),
            ..Size::default()
        };
        let measures = with!(
            Measures::default(),
            duration_ns: whole("duration_ns"),
            gomaxprocs: Some(MinMax { min: 2, max: 2 }),
            period_ns: Period {
                p50: whole("period_p50_ns"),
                mean: Some(whole("period_mean_ns")),
                ..Period::default()
            },
            pause_ns: Distribution {
                p50: whole("pause_p50_ns"),
                p99: whole("pause_p99_ns"),
                max: whole("pause_max_ns"),
                ..Distribution::default()
            },
            gc_frequency_per_second: Some(float("gc_frequency_per_second")),
            stw_ratio: Some(float("stw_ratio")),
            gc_cpu_ratio: Some(float("gc_cpu_ratio")),
            gc_cpu_ratio_low: Some(float("gc_cpu_ratio_low")),
            gc_cpu_ratio_high: Some(float("gc_cpu_ratio_high")),
            mark_assist_cpu_ratio: Some(float("mark_assist_cpu_ratio")),
            mark_duty_ratio: Some(float("mark_duty_ratio")),
            allocation_bytes: Some(whole("allocation_bytes")),
            allocation_bytes_low: Some(whole("allocation_bytes_low")),
            allocation_bytes_high: Some(whole("allocation_bytes_high")),
            allocation_bytes_per_second: Some(float("allocation_bytes_per_second")),
            allocation_resolved: cell("allocation_resolved") == "true",
            live_heap_bytes: Some(size("live_heap_p50_bytes")),
            heap_goal_bytes: Some(size("heap_goal_p50_bytes")),
        );
        Run {
            name: format!("GOGC={gogc}"),
            process: with!(
                Process::default(),
                format: "go1.18+".to_owned(),
                cycles_seen: whole("cycles"),
                measures: measures,
            ),
        }
    });
    let runs: Vec<Run> = runs.collect();
    assert_eq!(runs.len(), 20);
    runs
}

fn judged(base: &[Run], new: &[Run]) -> Comparison {
    let side = |runs: &[Run]| Side {
        runs: runs.to_vec(),
        ..Side::default()
    };
    compare(side(base), side(new), &Gate::default())
}

fn verdict(comparison: &Comparison, id: &str) -> RowVerdict {
    let row = comparison.rows.iter().find(|row| row.id == id);
    row.unwrap().verdict
}

/// Repeatable order.
fn shuffle<T>(items: &mut [T], state: &mut u64) {
    for last in (1..items.len()).rev() {
        *state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let below = last as u64 + 1;
        items.swap(last, usize::try_from((*state >> 33) % below).unwrap());
    }
}

const SPLITS: usize = 1_000;

/// What chance may add to 5 % of that many splits: three standard errors.
const SLACK: usize = SPLITS * 21 / 1_000;

#[test]
fn ten_runs_against_ten_of_the_same_program_rarely_alarm() {
    for gogc in ["100", "200"] {
        let mut runs = real_runs(gogc);
        let (mut state, mut regressions, mut certain) = (1, 0, 0);
        for _ in 0..SPLITS {
            shuffle(&mut runs, &mut state);
            let comparison = judged(&runs[..10], &runs[10..]);
            assert!(comparison.tested);
            regressions += usize::from(matches!(comparison.outcome, Outcome::Regression(_)));
            certain += usize::from(["gc-frequency", "gc-cpu", "allocation"].iter().any(|id| {
                matches!(
                    verdict(&comparison, id),
                    RowVerdict::Improved | RowVerdict::Worse
                )
            }));
        }
        assert!(
            regressions <= SPLITS / 20,
            "GOGC={gogc}: {regressions} of {SPLITS}"
        );
        assert!(
            certain <= SPLITS / 20 + SLACK,
            "GOGC={gogc}: {certain} of {SPLITS}"
        );
    }
}

#[test]
fn twice_the_gogc_is_found_in_ten_runs_a_side() {
    let (mut base, mut new) = (real_runs("100"), real_runs("200"));
    let (mut state, mut frequency, mut cpu, mut back) = (2, 0, 0, 0);
    for _ in 0..SPLITS {
        shuffle(&mut base, &mut state);
        shuffle(&mut new, &mut state);
        let comparison = judged(&base[..10], &new[..10]);
        assert_eq!(comparison.outcome, Outcome::Pass);
        frequency += usize::from(verdict(&comparison, "gc-frequency") == RowVerdict::Improved);
        cpu += usize::from(verdict(&comparison, "gc-cpu") == RowVerdict::Improved);
        let reversed = judged(&new[..10], &base[..10]);
        back += usize::from(matches!(reversed.outcome, Outcome::Regression(_)));
    }
    assert!(
        frequency >= SPLITS * 99 / 100,
        "frequency: {frequency} of {SPLITS}"
    );
    assert!(cpu >= SPLITS * 95 / 100, "GC CPU: {cpu} of {SPLITS}");
    assert!(
        back >= SPLITS * 99 / 100,
        "the other way round: {back} of {SPLITS}"
    );
}

#[test]
fn wasteful_against_fixed_passes_and_the_other_way_round_fails() {
    for go in ["1.19.8", "1.27.3"] {
        let wasteful = format!("samples/wasteful.go{go}.log");
        let fixed = format!("samples/fixed.go{go}.log");
        let (status, read) = json(&["--check", &wasteful, &fixed]);
        assert_eq!((status, &read["outcome"]), (0, &"pass".into()));
        assert_eq!(row(&read, "gc-frequency")["verdict"], "maybe-improved");
        assert_eq!(row(&read, "allocation")["verdict"], "unresolved");
        assert_eq!(row(&read, "allocation")["max_ratio"], Value::Null);
        let (status, read) = json(&["--check", &fixed, &wasteful]);
        assert_eq!((status, &read["outcome"]), (1, &"regression".into()));
        assert_eq!(json(&[&fixed, &wasteful]).0, 0, "no gate without --check");
    }
}

/// The corpus' own before and after, in five versions of Go.
#[test]
fn churn_against_churn_fixed() {
    let Some(corpus) = support::corpus::corpus() else {
        return;
    };
    for go in ["1.19.8", "1.22.10", "1.23.9", "1.25.5", "1.26.6"] {
        let path = |what| {
            let path = corpus.join(format!("own/{what}.go{go}.log"));
            path.to_str().unwrap().to_owned()
        };
        let (churn, fixed) = (path("churn"), path("churn-fixed"));
        let (status, read) = json(&["--check", &churn, &fixed]);
        assert_eq!(status, 0, "{go}");
        let frequency = row(&read, "gc-frequency");
        assert_eq!(frequency["verdict"], "maybe-improved");
        let times = frequency["ratio"].as_f64().unwrap().recip();
        assert!((13.0..19.0).contains(&times), "{go}: {times}");
        assert_eq!(row(&read, "allocation")["verdict"], "unresolved", "{go}");
        assert_eq!(row(&read, "pause-p99")["max_ratio"], Value::Null);
        assert_eq!(json(&["--check", &fixed, &churn]).0, 1, "{go}");
        let asked = ["--check", "--max-ratio", "pause-p99=1.5", &fixed, &churn];
        assert_eq!(
            json(&asked).0,
            1,
            "a regression is one whatever else is unclear"
        );
        let asked = ["--check", "--max-ratio", "pause-p99=1.5", &churn, &fixed];
        assert_eq!(json(&asked).0, 3, "asked for, and 16 cycles cannot tell");
    }
}

/// The same with the versions as five runs a side, from which on the test over the runs decides.
#[test]
fn five_runs_a_side_are_called_certain() {
    let Some(corpus) = support::corpus::corpus() else {
        return;
    };
    let here = tempfile::tempdir().unwrap();
    let side = |what: &str| {
        let folder = here.path().join(what);
        fs::create_dir(&folder).unwrap();
        for go in ["1.19.8", "1.22.10", "1.23.9", "1.25.5", "1.26.6"] {
            let name = format!("{what}.go{go}.log");
            fs::copy(corpus.join("own").join(&name), folder.join(&name)).unwrap();
        }
        folder.to_str().unwrap().to_owned()
    };
    let (churn, fixed) = (side("churn"), side("churn-fixed"));
    let (status, read) = json(&["--check", &churn, &fixed]);
    assert_eq!((status, read["tested"].as_bool()), (0, Some(true)));
    for id in ["gc-frequency", "gc-cpu"] {
        assert_eq!(row(&read, id)["verdict"], "improved", "{id}");
        let p = row(&read, id)["p_adjusted"].as_f64().unwrap();
        // 2 / C(10, 5), twice, as two rows gate.
        assert!((p - 4.0 / 252.0).abs() < 1e-9, "{id}: {p}");
    }
    assert_eq!(row(&read, "allocation")["verdict"], "unresolved");
    assert_eq!(json(&["--check", &fixed, &churn]).0, 1);
    assert_eq!(json(&["--check", &churn, &churn]).0, 0);
}

#[test]
fn a_log_against_itself_is_the_same() {
    for log in [WASTEFUL, FIXED, "samples/limit.go1.27.3.log"] {
        let (status, read) = json(&["--check", log, log]);
        assert_eq!(status, 0, "{log}");
        for row in read["rows"].as_array().unwrap() {
            assert_eq!(row["verdict"], "same", "{log}: {}", row["id"]);
        }
    }
}

#[test]
fn a_saved_report_compares_as_its_log_does() {
    let folder = tempfile::tempdir().unwrap();
    let saved = |log: &str, name: &str| -> PathBuf {
        let path = folder.path().join(name);
        let output = format!("json={}", path.display());
        assert_eq!(gcpressure(&["-q", "-o", &output, log]).0, 0);
        path
    };
    let (base, new) = (saved(WASTEFUL, "a.json"), saved(FIXED, "b.json"));
    let of_logs = json(&[WASTEFUL, FIXED]).1;
    let of_reports = json(&[base.to_str().unwrap(), new.to_str().unwrap()]).1;
    for part in ["outcome", "base", "new", "rows"] {
        assert_eq!(of_logs[part], of_reports[part]);
    }
    // As `jq .` writes it: on many lines.
    let report = fs::read_to_string(&new).unwrap();
    let report = report.replace(",\"", ",\n  \"").replace("{\"", "{\n  \"");
    fs::write(&new, report.replace("\":", "\": ")).unwrap();
    let reprinted = json(&[WASTEFUL, new.to_str().unwrap()]).1;
    assert_eq!(reprinted["rows"], of_logs["rows"]);

    fs::write(&new, "{\"schema\":\"gcpressure.report/v9\"}").unwrap();
    let (status, _, err) = gcpressure(&["compare", WASTEFUL, new.to_str().unwrap()]);
    assert_eq!(status, 2);
    assert!(err.contains("gcpressure.report/v9"), "{err}");
    fs::write(&new, "{\"schema\":\"gcpressure.report/v1\",\"input\":{").unwrap();
    assert_eq!(
        gcpressure(&["compare", WASTEFUL, new.to_str().unwrap()]).0,
        2
    );
}

#[test]
fn a_directory_is_the_runs_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let (base, new) = (folder.path().join("base"), folder.path().join("new"));
    for (directory, log) in [(&base, WASTEFUL), (&new, FIXED)] {
        fs::create_dir(directory).unwrap();
        for run in 0..5 {
            fs::copy(root().join(log), directory.join(format!("{run}.log"))).unwrap();
        }
        fs::write(directory.join("README.md"), "Five runs.\n").unwrap();
    }
    let (status, read) = json(&["--check", base.to_str().unwrap(), new.to_str().unwrap()]);
    assert_eq!(status, 0);
    assert_eq!(read["base"]["runs"].as_array().unwrap().len(), 5);
    assert_eq!(read["tested"], true);
    let frequency = row(&read, "gc-frequency");
    assert_eq!(frequency["verdict"], "improved");
    // Two gated rows: 2 / C(10, 5), twice.
    assert!((frequency["p_adjusted"].as_f64().unwrap() - 4.0 / 252.0).abs() < 1e-9);
    let repeated: Vec<String> = (0..5)
        .flat_map(|run| {
            let path = |side: &Path| side.join(format!("{run}.log")).display().to_string();
            [
                "--base".to_owned(),
                path(&base),
                "--new".to_owned(),
                path(&new),
            ]
        })
        .collect();
    let repeated: Vec<&str> = repeated.iter().map(String::as_str).collect();
    assert_eq!(json(&repeated).1["rows"], read["rows"]);
}

#[test]
fn inputs_that_cannot_be_compared_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.log");
    fs::write(&empty, "no trace here\n").unwrap();
    let empty = empty.to_str().unwrap();
    for args in [vec![WASTEFUL, empty], vec!["--check", empty, WASTEFUL]] {
        let (status, out, _) = run(&["compare"], &args);
        assert_eq!(status, 3, "{out}");
        assert!(
            out.contains("NO VERDICT") && out.contains("GODEBUG=gctrace=1"),
            "{out}"
        );
    }
    let eased = [
        "compare",
        "--check",
        "--allow-no-verdict",
        "-q",
        WASTEFUL,
        empty,
    ];
    assert_eq!(gcpressure(&eased).0, 0);

    // The same log from a machine with more CPUs.
    let other = folder.path().join("8p.log");
    let log = fs::read_to_string(root().join(FIXED)).unwrap();
    fs::write(&other, log.replace(", 2 P", ", 8 P")).unwrap();
    let other = other.to_str().unwrap();
    let (status, out, _) = gcpressure(&["compare", "--check", FIXED, other]);
    assert_eq!(status, 3);
    assert!(out.contains("GOMAXPROCS: 2 before, 8 after"), "{out}");
    assert_eq!(gcpressure(&["compare", FIXED, other]).0, 0);

    // Another Go prints other lines: a warning, no more.
    let older = folder.path().join("old.log");
    fs::write(&older, log.replace(", 0 MB stacks, 0 MB globals", "")).unwrap();
    let (status, out, _) = gcpressure(&["compare", "--check", FIXED, older.to_str().unwrap()]);
    assert!(
        out.contains("format of the lines: go1.18+ before, "),
        "{out}"
    );
    assert_eq!(status, 0, "{out}");
}

#[test]
fn work_is_told_for_both_sides() {
    let (status, read) = json(&["--per-base", "96000", "--per-new", "96000", WASTEFUL, FIXED]);
    assert_eq!(status, 0);
    let cycles = row(&read, "gc-frequency");
    assert_eq!(
        (&cycles["unit"], &cycles["per_work"]),
        (&"count".into(), &1000.into())
    );
    // 614 cycles over 96,000 requests, and the time that the log is short of them.
    assert!((cycles["base"]["median"].as_f64().unwrap() - 6.4).abs() < 0.1);
    for args in [
        vec!["--per-base", "96000", WASTEFUL, FIXED],
        vec!["--per-base", "0", "--per-new", "1", WASTEFUL, FIXED],
        vec![
            "--per-base",
            "1",
            "--per-new",
            "1",
            "--per-new",
            "2",
            WASTEFUL,
            FIXED,
        ],
    ] {
        assert_eq!(run(&["compare"], &args).0, 2);
    }
    let twice = ["--per-base", "1", "--per-new", "1", "--per-new", "2"];
    let (_, _, err) = run(&["compare", WASTEFUL, FIXED], &twice);
    assert!(err.contains("given 2 times for 1 run:"), "{err}");
}

#[test]
fn usage_errors_say_what_is_right() {
    for (args, said) in [
        (vec![WASTEFUL], "two sides"),
        (vec![WASTEFUL, FIXED, FIXED], "two sides"),
        (vec!["-", "-"], "standard input"),
        (
            vec!["--max-ratio", "gc-frequncy=2", WASTEFUL, FIXED],
            "did you mean `gc-frequency`",
        ),
        (
            vec!["--max-ratio", "gc-cpu=0.5", WASTEFUL, FIXED],
            "1 or more",
        ),
        (
            vec!["--max-ratio", "gc-cpu", WASTEFUL, FIXED],
            "gc-cpu=1.25",
        ),
        (
            vec!["--max-ratio", "gc-period=2", WASTEFUL, FIXED],
            "gc-frequency",
        ),
        (
            vec!["-o", "toml=x", WASTEFUL, FIXED],
            "unknown format `toml`",
        ),
        (vec!["missing.log", FIXED], "missing.log"),
    ] {
        let (status, out, err) = run(&["compare"], &args);
        assert_eq!((status, out.as_str()), (2, ""), "{args:?}");
        assert!(err.contains(said), "{args:?}: {err}");
    }
}

#[test]
fn a_baseline_is_saved_checked_and_updated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("main.json");
    let baseline = path.to_str().unwrap();
    let (status, _, err) = gcpressure(&["check", "--baseline", baseline, FIXED]);
    assert_eq!(status, 2);
    assert!(err.contains("--update-baseline"), "{err}");

    let save = [
        "compare",
        "--gogc",
        "100",
        "--save-baseline",
        baseline,
        "--new",
        FIXED,
    ];
    assert_eq!(gcpressure(&save).0, 0);
    let saved: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(saved["schema"], "gcpressure.baseline/v1");
    assert_eq!(saved["made_of"]["gogc"], "100");
    assert_eq!(saved["reports"][0]["schema"], "gcpressure.report/v1");

    let (status, _, err) = gcpressure(&["check", "--max-ratio", "gc-cpu=2", FIXED]);
    assert_eq!(status, 2);
    assert!(err.contains("--baseline"), "{err}");
    let (status, out, _) = gcpressure(&["check", "--baseline", baseline, FIXED]);
    assert_eq!(status, 0, "{out}");
    assert!(
        out.contains("check: pass, no worse than the baseline"),
        "{out}"
    );
    // Nothing but the baseline fails this one.
    let lenient = [
        "--max",
        "gc-frequency=1000/s",
        "--baseline",
        baseline,
        WASTEFUL,
    ];
    let (status, out, _) = run(&["check"], &lenient);
    assert_eq!(status, 1, "{out}");
    assert!(
        out.contains("check: pass, worse than the baseline"),
        "{out}"
    );
    let (status, out, _) = run(&["check", "-f", "json"], &lenient);
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((status, &report["exit_status"]), (1, &1.into()));
    let warnings = report["warnings"].as_array().unwrap();
    assert!(
        warnings
            .iter()
            .any(|text| text.as_str().unwrap().contains("worse than the baseline"))
    );

    let (_, out, _) = gcpressure(&["compare", "--gogc", "200", baseline, FIXED]);
    assert!(out.contains("GOGC: 100 before, 200 after"), "{out}");

    let update = run(&["check", "--update-baseline"], &lenient);
    assert_eq!(update.0, 0, "accepted");
    assert_eq!(run(&["check"], &lenient).0, 0, "and now the same");
    let before = fs::read(&path).unwrap();
    let empty = folder.path().join("empty.log");
    fs::write(&empty, "").unwrap();
    let update = [
        "check",
        "--update-baseline",
        "--baseline",
        baseline,
        empty.to_str().unwrap(),
    ];
    assert_eq!(gcpressure(&update).0, 2);
    assert_eq!(
        fs::read(&path).unwrap(),
        before,
        "an empty run replaces nothing"
    );
}

#[test]
fn the_comparison_follows_its_published_schema() {
    let (_, schema, _) = gcpressure(&["schema", "comparison"]);
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for args in [
        vec![WASTEFUL, FIXED],
        vec![FIXED, FIXED],
        vec!["--per-base", "1", "--per-new", "2", FIXED, WASTEFUL],
    ] {
        let read = json(&args).1;
        assert_eq!(read["schema"], "gcpressure.comparison/v1");
        let errors: Vec<String> = validator
            .iter_errors(&read)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
}

#[test]
fn text_fits_the_page_and_markdown_is_a_table() {
    for args in [
        vec![WASTEFUL, FIXED],
        vec!["-v", FIXED, WASTEFUL],
        vec!["--ascii", FIXED, FIXED],
    ] {
        let (_, out, _) = run(&["compare"], &args);
        for line in out.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        assert!(!args.contains(&"--ascii") || out.is_ascii(), "{out}");
    }
    let (_, out, _) = gcpressure(&["compare", "-f", "markdown", WASTEFUL, FIXED]);
    let table: Vec<&str> = out.lines().filter(|line| line.starts_with('|')).collect();
    let rows = gcpressure::report::measures::MEASURES.len();
    assert!(rows >= 13, "{rows}");
    assert_eq!(table.len(), 2 + rows, "a head, a rule and each measure");
    assert!(
        table.iter().all(|line| line.matches('|').count() == 7),
        "{out}"
    );
}

/// What Go's own reader of benchmark results asks of a line (golang.org/x/perf/benchfmt).
#[test]
fn benchfmt_lines_are_benchmark_lines() {
    let (status, out, _) = gcpressure(&["-f", "benchfmt", WASTEFUL]);
    assert_eq!(status, 0);
    let lines: Vec<&str> = out
        .lines()
        .filter(|line| line.starts_with("Benchmark"))
        .collect();
    let [line] = lines.as_slice() else {
        panic!("{out}")
    };
    let fields: Vec<&str> = line.split(' ').collect();
    assert_eq!(fields[..2], ["BenchmarkGC-2", "614"]);
    assert!(
        fields.len() > 20 && fields.len().is_multiple_of(2),
        "{line}"
    );
    for pair in fields[2..].chunks(2) {
        let value: f64 = pair[0].parse().unwrap();
        assert!(value.is_finite() && value >= 0.0, "{pair:?}");
        assert!(pair[1].starts_with(char::is_alphabetic), "{pair:?}");
    }
    assert!(
        out.lines()
            .all(|line| line.starts_with("Benchmark") || line.starts_with("Unit "))
    );
    // A reader that is not told takes a frequency for a throughput, and finds the better program worse.
    for pair in fields[2..].chunks(2) {
        let better = match pair[1] {
            "gc-period-ns" => "higher",
            _ => "lower",
        };
        let said = format!("Unit {} better={better}", pair[1]);
        assert!(out.lines().any(|line| line == said), "{said}");
    }
    let (_, out, _) = gcpressure(&["-f", "benchfmt", "samples/kubectl-prefix.log"]);
    assert_eq!(out.matches("BenchmarkGC/process=").count(), 2, "{out}");
}

#[test]
fn benchfmt_is_read_back_with_its_directions() {
    let here = tempfile::tempdir().unwrap();
    let runs = |log: &str, name: &str| {
        let (_, out, _) = gcpressure(&["-f", "benchfmt", log]);
        let path = here.path().join(name);
        fs::write(&path, out.repeat(4)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (old, new) = (runs(WASTEFUL, "old.txt"), runs(FIXED, "new.txt"));
    let (status, out, _) = gcpressure(&["compare", "-f", "json", &old, &new]);
    assert_eq!(status, 0);
    let read: Value = serde_json::from_str(&out).unwrap();
    let verdict = |unit: &str| {
        let rows = read["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["unit"] == unit);
        row.map(|row| row["verdict"].as_str().unwrap().to_owned())
    };
    for unit in ["gc-frequency/s", "gc-period-ns", "gc-cpu-ratio"] {
        assert_eq!(verdict(unit).as_deref(), Some("improved"), "{unit}: {out}");
    }
    let page = ["compare", "-f", "html", &old, &new];
    let (status, _, err) = gcpressure(&page);
    assert_eq!(status, 2);
    assert!(err.contains("there is no html of benchmarks"), "{err}");
}

#[test]
fn a_pass_against_the_baseline_is_no_warning() {
    let here = tempfile::tempdir().unwrap();
    let path = here.path().join("main.json");
    let baseline = path.to_str().unwrap();
    let save = ["compare", "--save-baseline", baseline, "--new", FIXED];
    assert_eq!(gcpressure(&save).0, 0);
    let check = ["check", "--baseline", baseline, "-f", "json", FIXED];
    let (status, out, _) = gcpressure(&check);
    assert_eq!(status, 0);
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["warnings"], serde_json::json!([]));
}

/// What a CI server shows must be red where the check is.
#[test]
fn a_baseline_is_judged_in_junit_and_github_as_well() {
    let here = tempfile::tempdir().unwrap();
    let path = |name: &str| here.path().join(name).to_str().unwrap().to_owned();
    let (main, empty) = (path("main.json"), path("empty.log"));
    assert_eq!(
        run(&["compare", "--save-baseline", &main], &["--new", FIXED]).0,
        0
    );
    fs::write(&empty, "no trace\n").unwrap();
    let check = |baseline: &str, log: &str, more: &[&str]| {
        let lenient = ["--max", "gc-frequency=1000/s", "--allow", "min-heap"];
        let args = [&["--baseline", baseline, log], &lenient[..], more].concat();
        let (status, junit, _) = run(&["check", "-f", "junit"], &args);
        let (_, github, _) = run(&["check", "-f", "github"], &args);
        (status, junit, github)
    };

    let (status, junit, github) = check(&main, WASTEFUL, &[]);
    assert_eq!(status, 1);
    assert!(junit.contains("failures=\"1\" errors=\"0\""), "{junit}");
    assert!(
        junit.contains("<failure message=\"GC frequency is 11.60 times"),
        "{junit}"
    );
    let first = github.lines().next().unwrap();
    assert!(
        first.starts_with("::error title=worse than the baseline::"),
        "{github}"
    );
    assert!(first.contains("%0Anext: gcpressure compare"), "{github}");
    assert!(
        github
            .lines()
            .last()
            .unwrap()
            .contains(", worse than the baseline".replace(", ", "%2C ").as_str()),
        "{github}"
    );
    assert!(github.lines().count() <= 10, "{github}");

    let (status, junit, github) = check(&empty, FIXED, &[]);
    assert_eq!(status, 3);
    assert!(junit.contains("errors=\"1\""), "{junit}");
    assert!(
        junit.contains("<error message=\"there is no run to use on the base side"),
        "{junit}"
    );
    assert!(
        github.starts_with("::error title=no verdict against the baseline::"),
        "{github}"
    );
    let (status, junit, github) = check(&empty, FIXED, &["--allow-no-verdict"]);
    assert_eq!(status, 0);
    assert!(
        junit.contains("errors=\"0\"") && junit.contains("<skipped message=\"there is no"),
        "{junit}"
    );
    assert!(
        github.starts_with("::warning title=no verdict against"),
        "{github}"
    );

    let (status, junit, github) = check(&main, FIXED, &[]);
    assert_eq!(status, 0);
    assert!(junit.contains("failures=\"0\" errors=\"0\""), "{junit}");
    assert!(junit.contains("<testcase name=\"baseline\""), "{junit}");
    assert!(github.contains("no worse than the baseline"), "{github}");
    let (status, junit, _) = check(&main, WASTEFUL, &["--update-baseline"]);
    assert_eq!(status, 0, "accepted");
    assert!(junit.contains("failures=\"0\" errors=\"0\""), "{junit}");
    assert!(junit.contains("accepted as the new one"), "{junit}");
}
