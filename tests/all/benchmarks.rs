//! `gcpressure compare` on benchmark outputs: tables, gates and exit statuses as a user meets them.
#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use std::fmt::Write as _;
use std::fs;

use gcpressure::report::benchmarks::Benchmarks;
use serde_json::Value;

/// An output with that many runs of one benchmark.
fn output(ns: &[f64], bytes: u64, allocs: u64, cut: bool) -> String {
    let mut text = "goos: linux\ngoarch: amd64\npkg: svc/handlers\ncpu: some CPU\n".to_owned();
    for (at, ns) in ns.iter().enumerate() {
        let gc = match cut {
            true => format!(
                "gc {} @{}.10{}s 2%: 0.030+0.56+0.002 ms clock, 0.061+0/0.11/0.27+0.005 ms cpu, 1->1->0 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P\n",
                at + 1,
                at,
                at
            ),
            false => String::new(),
        };
        writeln!(
            text,
            "BenchmarkServe-8   \t{gc}   10000\t  {ns} ns/op\t  {bytes} B/op\t  {allocs} allocs/op"
        )
        .unwrap();
    }
    text.push_str("PASS\nok  \tsvc/handlers\t6.3s\n");
    text
}

fn compare(base: &str, new: &str, more: &[&str]) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("old.txt", base), ("new.txt", new)] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let output = crate::program::gcpressure()
        .args(["compare", "old.txt", "new.txt"])
        .args(more)
        .current_dir(folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), format!("{text}{said}"))
}

const SLOW: [f64; 6] = [200.0, 202.0, 198.0, 201.0, 199.0, 203.0];
const FAST: [f64; 6] = [100.0, 102.0, 98.0, 101.0, 99.0, 103.0];

#[test]
fn the_table_has_benchstats_figures() {
    let (status, text) = compare(
        &output(&SLOW, 96, 3, false),
        &output(&FAST, 48, 1, false),
        &["--check"],
    );
    assert_eq!(status, 0, "{text}");
    let expected = "\
PASS  no gated figure got worse
base  old.txt
new   new.txt

ns/op                                 base             new  new/base  p, runs
Serve-8                        200.5ns ±1%     100.5ns ±2%     0.501  improved p=0.002 n=6

B/op                                  base             new  new/base  p, runs
Serve-8                            96B ±0%         48B ±0%     0.500  improved p=0.002 n=6

allocs/op                             base             new  new/base  p, runs
Serve-8                              3 ±0%           1 ±0%     0.333  improved exact n=6
";
    assert!(text.starts_with(expected), "{text}");
}

#[test]
fn one_allocation_more_fails_the_gate() {
    let same = output(&FAST, 48, 1, false);
    let more = output(&FAST, 48, 2, false);
    let gate = ["--check", "--max-ratio", "allocs/op=1.0"];
    assert_eq!(compare(&same, &more, &gate).0, 1);
    assert_eq!(compare(&same, &more, &[]).0, 0);
    assert_eq!(
        compare(&same, &more, &["--check", "--max-ratio", "allocs/op=2.0"]).0,
        0
    );
    assert_eq!(
        compare(&same, &more, &["--check", "--max-ratio", "allocs/op=off"]).0,
        0
    );
    assert_eq!(compare(&more, &same, &gate).0, 0);
    let (status, text) = compare(&same, &more, &["--check", "--max-ratio", "allocs/op=none"]);
    assert_eq!(status, 2);
    assert!(text.contains("e.g. `allocs/op=1.25`"), "{text}");
}

#[test]
fn too_few_runs_are_no_verdict() {
    let (status, text) = compare(
        &output(&FAST[..2], 48, 1, false),
        &output(&SLOW[..2], 48, 1, false),
        &["--check"],
    );
    assert_eq!(status, 3, "{text}");
    assert!(text.contains("-count=10"), "{text}");
}

#[test]
fn a_run_under_the_trace_gives_both_tables() {
    let (status, text) = compare(
        &output(&SLOW, 96, 3, true),
        &output(&FAST, 48, 1, true),
        &["-f", "json"],
    );
    assert_eq!(status, 0, "{text}");
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["schema"], "gcpressure.benchmarks/v1");
    let row = &json["rows"][0];
    assert_eq!(row["base"]["values"].as_array().unwrap().len(), 6);
    assert_eq!(row["base"]["median"], 200.5);
    assert_eq!(json["gc"]["schema"], "gcpressure.comparison/v1");
    let schema = serde_json::to_value(gcpressure::report::schema::<Benchmarks>()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(&json).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

/// Real outputs against an independent computation: tests/benchmarks/recompute.py.
#[test]
fn medians_intervals_and_p_are_those_of_an_independent_script() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/benchmarks");
    let expected = fs::read(folder.join("expected.json")).unwrap();
    let expected: Vec<Value> = serde_json::from_slice(&expected).unwrap();
    let near = |ours: &Value, theirs: &Value| match (ours.as_f64(), theirs.as_f64()) {
        (Some(ours), Some(theirs)) => (ours - theirs).abs() <= theirs.abs() * 1e-9,
        (ours, theirs) => ours == theirs,
    };
    for of_pair in expected.chunk_by(|a, b| a["files"] == b["files"]) {
        let files = of_pair[0]["files"].as_array().unwrap();
        let output = crate::program::gcpressure()
            .args(["compare", "-f", "json"])
            .args(files.iter().map(|file| file.as_str().unwrap()))
            .current_dir(&folder)
            .output()
            .unwrap();
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        let rows = json["rows"].as_array().unwrap();
        // The trace is not among the script's figures: for each result 3.
        let of_gc = |row: &&Value| row["unit"].as_str().unwrap().starts_with("gc-");
        let of_gc = rows.iter().filter(of_gc).count();
        let traced = files[0].as_str().unwrap().starts_with("traced");
        let of_time = rows.iter().filter(|row| row["unit"] == "ns/op").count();
        assert_eq!(of_gc, if traced { 3 * of_time } else { 0 }, "{files:?}");
        assert_eq!(rows.len() - of_gc, of_pair.len(), "{files:?}");
        for theirs in of_pair {
            let same = |row: &&Value| {
                let package = row["package"].as_str().unwrap_or_default();
                row["name"] == theirs["name"]
                    && row["unit"] == theirs["unit"]
                    && theirs["package"] == package
            };
            let ours = rows.iter().find(same).unwrap();
            assert!(near(&ours["p"], &theirs["p"]), "{theirs}\n{ours}");
            for (at, side) in ["base", "new"].into_iter().enumerate() {
                let interval = &theirs["intervals"][at];
                assert!(
                    near(&ours[side]["median"], &theirs["medians"][at]),
                    "{theirs}\n{ours}"
                );
                assert!(near(&ours[side]["low"], &interval[0]), "{theirs}\n{ours}");
                assert!(near(&ours[side]["high"], &interval[1]), "{theirs}\n{ours}");
                let runs = ours[side]["values"].as_array().unwrap().len();
                assert_eq!(theirs["runs"][at], runs);
            }
        }
    }
}

/// Six runs without `-benchmem`, and with it.
fn runs(figures: &str) -> String {
    (1..=6).fold(String::new(), |text, at| {
        format!("{text}BenchmarkA 1 100{at} ns/op{figures}\n")
    })
}

/// The same outputs with the trace of a program in them.
fn traced(log: &str) -> String {
    let log = format!("{}/samples/{log}.go1.27.3.log", env!("CARGO_MANIFEST_DIR"));
    runs(" 5 B/op 1 allocs/op") + &fs::read_to_string(log).unwrap()
}

#[test]
fn a_gate_on_a_unit_that_is_not_there_is_no_verdict() {
    let (without, with) = (runs(""), runs(" 5 B/op 1 allocs/op"));
    let gate = ["--check", "--max-ratio", "allocs/op=1.0"];
    for (base, new, side) in [
        (&without, &without, "in base or new"),
        (&without, &with, "in base:"),
        (&with, &without, "in new:"),
    ] {
        let (status, text) = compare(base, new, &gate);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(status, 3, "{text}");
        assert!(text.contains(&format!("allocs/op {side}")), "{text}");
        assert!(text.contains("-benchmem"), "{text}");
    }
    // Who names no unit has those that are there; on one side only they are missed all the same.
    assert_eq!(compare(&without, &without, &["--check"]).0, 0);
    let (status, text) = compare(&with, &without, &["--check"]);
    assert_eq!(status, 3, "{text}");
    assert!(text.contains("has B/op or allocs/op in new"), "{text}");
    let (status, text) = compare(&without, &without, &["--check", "--max-ratio", "ns/op=off"]);
    assert_eq!(status, 3, "{text}");
    assert!(text.contains("--max-ratio ns/op=1.25"), "{text}");
}

#[test]
fn a_unit_or_row_that_nothing_is_called_is_an_error() {
    let plain = runs(" 5 B/op 1 allocs/op");
    let logged = (traced("fixed"), traced("fixed"));
    for (base, new, name, said) in [
        (&plain, &plain, "aloc/op", "did you mean `allocs/op`?"),
        (
            &plain,
            &plain,
            "x",
            "expected one of ns/op, B/op, allocs/op",
        ),
        (&logged.0, &logged.1, "x", "allocs/op, gc-frequency"),
        (
            &logged.0,
            &logged.1,
            "gc-frequncy",
            "did you mean `gc-frequency`?",
        ),
    ] {
        let (status, text) = compare(base, new, &["--max-ratio", &format!("{name}=1")]);
        assert_eq!(status, 2, "{text}");
        assert!(text.contains(&format!("unknown unit `{name}`")), "{text}");
        assert!(text.contains(said), "{text}");
    }
    // A row of the GC trace, where there is none.
    let asked = ["--check", "--max-ratio", "gc-frequency=1.1"];
    let (status, text) = compare(&plain, &plain, &asked);
    assert_eq!(status, 3, "{text}");
    assert!(text.contains("GODEBUG=gctrace=1"), "{text}");
}

#[test]
fn what_eases_the_status_eases_that_of_benchmarks() {
    let one = output(&FAST, 48, 1, false);
    let two = output(&FAST, 48, 2, false);
    assert_eq!(compare(&one, &two, &["--check", "--exit-zero"]).0, 0);
    assert_eq!(compare(&one, &two, &["--check", "--allow-no-verdict"]).0, 1);
    let few = (runs(""), runs(" 5 B/op"));
    for ease in ["--exit-zero", "--allow-no-verdict"] {
        assert_eq!(compare(&few.0, &few.1, &["--check", ease]).0, 0);
    }
}

#[test]
fn the_traces_in_the_outputs_fail_the_gate_as_logs_do() {
    let (fixed, wasteful) = (traced("fixed"), traced("wasteful"));
    let (status, text) = compare(&fixed, &wasteful, &["--check"]);
    assert_eq!(status, 1, "{text}");
    assert!(text.starts_with("REGRESSION  GC frequency is"), "{text}");
    let (_, text) = compare(&fixed, &wasteful, &["--check", "-f", "json"]);
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["outcome"], "regression");
    assert_eq!(
        (&json["exit_status"], &json["gc"]["exit_status"]),
        (&1.into(), &1.into())
    );
    let lenient = ["gc-frequency=100", "gc-cpu=off"].map(|row| ["--max-ratio", row]);
    let lenient = [&["--check"], lenient.as_flattened()].concat();
    assert_eq!(compare(&fixed, &wasteful, &lenient).0, 0);
    assert_eq!(compare(&wasteful, &fixed, &["--check"]).0, 0);
    let asked = [lenient.as_slice(), &["--max-ratio", "mark-duty=2"]].concat();
    let (status, text) = compare(&fixed, &wasteful, &asked);
    assert_eq!(status, 1, "{text}");
    assert!(text.starts_with("REGRESSION  mark duty is"), "{text}");
    // One trace alone is no comparison.
    let (status, text) = compare(&fixed, &runs(" 5 B/op 1 allocs/op"), &["--check"]);
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("only base holds a GC trace"), "{text}");
}

#[test]
fn no_baseline_is_made_of_benchmarks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("baseline.json");
    let plain = runs("");
    let save = ["-q", "--save-baseline", path.to_str().unwrap()];
    let (status, text) = compare(&plain, &plain, &save);
    assert_eq!(status, 2, "{text}");
    assert!(text.contains("a baseline is made of logs"), "{text}");
    assert!(!path.exists());
    let work = ["--per-base", "1", "--per-new", "1"];
    assert_eq!(compare(&plain, &plain, &work).0, 2);
}

#[test]
fn benchmarks_stand_in_directories_and_come_through_pipes() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("runs")).unwrap();
    fs::write(at("old.txt"), output(&FAST, 48, 1, true)).unwrap();
    fs::write(at("runs/1.txt"), output(&FAST[..3], 48, 2, true)).unwrap();
    fs::write(at("runs/2.txt"), output(&FAST[3..], 48, 2, true)).unwrap();
    fs::write(at("runs/notes.md"), "what was measured\n").unwrap();
    let run = |new: &str, input: &str| {
        let output = crate::program::gcpressure()
            .args(["compare", "old.txt", new, "--check"])
            .current_dir(folder.path())
            .stdin(fs::File::open(at(input)).unwrap())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(
            text.contains("Serve-8 allocs/op: 2.000 times the base"),
            "{text}"
        );
        text
    };
    let text = run("runs", "old.txt");
    assert!(text.contains("new   runs/1.txt, runs/2.txt"), "{text}");
    assert!(text.contains("same p=1.000 n=6"), "{text}");
    fs::write(at("whole.txt"), output(&FAST, 48, 2, true)).unwrap();
    let text = run("-", "whole.txt");
    assert!(text.contains("new   -\n"), "{text}");
}

#[test]
fn one_is_no_plural_and_nothing_is_no_factor() {
    let (none, five) = (runs(" 0 B/op"), runs(" 5 B/op"));
    let (status, text) = compare(&none, &five, &["--check"]);
    assert_eq!(status, 1, "{text}");
    assert!(
        text.starts_with("REGRESSION  A B/op: 5 over a base of 0, allowed is 1.25\n"),
        "{text}"
    );
    let (_, text) = compare(&runs(""), &(runs("") + "BenchmarkB\n"), &[]);
    assert!(
        text.contains("1 benchmark has a name and no figures: it failed"),
        "{text}"
    );
    let (_, text) = compare(&runs(""), &five, &[]);
    assert!(
        text.contains("1 figure stands on one side only and is left out"),
        "{text}"
    );
    let (status, text) = compare(
        &output(&FAST[..2], 48, 1, false),
        &output(&SLOW[..2], 48, 1, false),
        &[],
    );
    assert_eq!(status, 0);
    assert!(text.contains("1 gated figure looks worse"), "{text}");
}
