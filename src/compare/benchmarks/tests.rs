#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use std::io::Cursor;

use super::*;
use crate::gobench;

fn side(lines: &[(&str, &[f64])]) -> Vec<(String, Output)> {
    let mut text = String::new();
    for (benchmark, values) in lines {
        let (name, unit) = benchmark.split_once(' ').unwrap();
        for value in *values {
            text.push_str(&format!("Benchmark{name} \t 100\t {value} {unit}\n"));
        }
    }
    vec![(
        "bench.txt".to_owned(),
        gobench::read(&mut Cursor::new(text)).unwrap(),
    )]
}

fn compared(base: &[(&str, &[f64])], new: &[(&str, &[f64])]) -> Benchmarks {
    benchmarks(&side(base), &side(new), &BenchmarkGate::default(), None)
}

/// Medians, intervals and p-values as the definitions give them; computed apart with exact fractions.
#[test]
fn the_statistics_are_benchstats() {
    let base = [
        100.0, 102.0, 98.0, 101.0, 99.0, 103.0, 97.0, 100.5, 101.5, 98.5,
    ];
    let new = [90.0, 92.0, 88.0, 91.0, 89.0, 93.0, 87.0, 90.5, 91.5, 88.5];
    let result = compared(&[("Key-8 ns/op", &base)], &[("Key-8 ns/op", &new)]);
    let row = &result.rows[0];
    assert!((row.base.median - 100.25).abs() < 1e-9);
    // n = 10: the second and the ninth value, P = 1 - 2 * 11/1024 = 97.9 %.
    assert_eq!((row.base.low, row.base.high), (Some(98.0), Some(102.0)));
    // No overlap: p = 2 / C(20, 10).
    assert!((row.p.unwrap() - 2.0 / 184_756.0).abs() < 1e-12);
    assert_eq!(row.verdict, RowVerdict::Improved);
    assert_eq!(result.outcome, Outcome::Pass);
}

#[test]
fn allocations_are_compared_exactly() {
    let result = compared(
        &[
            ("Key-8 allocs/op", &[2.0]),
            ("Log-8 allocs/op", &[3.0, 3.0]),
        ],
        &[
            ("Key-8 allocs/op", &[1.0]),
            ("Log-8 allocs/op", &[4.0, 4.0]),
        ],
    );
    let verdicts: Vec<_> = result
        .rows
        .iter()
        .map(|row| (row.exact, row.verdict))
        .collect();
    assert_eq!(
        verdicts,
        [(true, RowVerdict::Improved), (true, RowVerdict::Worse)]
    );
    assert_eq!(
        result.outcome,
        Outcome::Regression(vec![
            "Log-8 allocs/op: 1.333 times the base, allowed is 1".to_owned()
        ])
    );
    let mean = &result.means[0];
    assert!((mean.ratio - (0.5_f64 * 4.0 / 3.0).sqrt()).abs() < 1e-12);
}

#[test]
fn too_few_runs_decide_nothing() {
    let result = compared(
        &[("Key-8 ns/op", &[100.0, 101.0, 102.0])],
        &[("Key-8 ns/op", &[200.0, 201.0, 202.0])],
    );
    assert_eq!(result.rows[0].verdict, RowVerdict::NoEvidence);
    assert!(matches!(result.outcome, Outcome::NoVerdict(_)));
    assert_eq!(
        result.warnings,
        [
            "too few runs for the test: it needs 4 a side, and 6 for an interval; run go test with -count=10"
        ]
    );
    // Four a side without overlap: 2 / C(8, 4) = 0.029.
    let result = compared(
        &[("Key-8 ns/op", &[100.0, 101.0, 102.0, 103.0])],
        &[("Key-8 ns/op", &[200.0, 201.0, 202.0, 203.0])],
    );
    assert!((result.rows[0].p.unwrap() - 2.0 / 70.0).abs() < 1e-12);
    assert!(matches!(result.outcome, Outcome::Regression(_)));
    // A p-value of exactly 5 % decides, here as in the comparison of traces: one run below 39 others, 2 / C(40, 1).
    let new: Vec<f64> = (0..39).map(|run| 200.0 + f64::from(run)).collect();
    let result = compared(&[("Key-8 ns/op", &[100.0])], &[("Key-8 ns/op", &new)]);
    assert_eq!(result.rows[0].p, Some(0.05));
    assert_eq!(result.rows[0].verdict, RowVerdict::Worse);
}

#[test]
fn more_may_be_better() {
    let result = compared(
        &[("Key-8 MB/s", &[10.0, 11.0, 12.0, 13.0])],
        &[("Key-8 MB/s", &[20.0, 21.0, 22.0, 23.0])],
    );
    assert_eq!(result.rows[0].verdict, RowVerdict::Improved);
}

fn output(name: &str, text: &str) -> (String, Output) {
    let output = gobench::read(&mut Cursor::new(text)).unwrap();
    (name.to_owned(), output)
}

#[test]
fn values_declared_exact_that_vary_are_warned_of() {
    let text = "Unit sys/op assume=exact\nUnit B/op assume=nothing\n\
        BenchmarkA 1 3 sys/op 2 allocs/op 7 B/op\nBenchmarkA 1 4 sys/op 3 allocs/op 8 B/op\n\
        BenchmarkB 1 3 sys/op\n";
    let side = [output("a", text)];
    let result = benchmarks(&side, &side, &BenchmarkGate::default(), None);
    assert_eq!(
        result.warnings[0],
        "sys/op is declared assume=exact, but varies in 1 benchmark: tested there like a unit with noise"
    );
    let exact = |row: &Row| (row.name.clone(), row.unit.clone(), row.exact);
    assert_eq!(
        exact(&result.rows[0]),
        ("A".to_owned(), "sys/op".to_owned(), false)
    );
    assert_eq!(
        exact(&result.rows[1]),
        ("B".to_owned(), "sys/op".to_owned(), true)
    );
    assert!(
        !result
            .warnings
            .iter()
            .any(|text| text.contains("allocs/op"))
    );
}

#[test]
fn what_an_output_lacks_is_warned_of() {
    let one = output("a", "BenchmarkA\n");
    let mut two = output("b", "PASS\nBenchmarkA\nBenchmarkB\n");
    two.1.dropped = 3;
    assert_eq!(
        benchmarks(&[one], &[two], &BenchmarkGate::default(), None).warnings,
        [
            "a: 1 benchmark has a name and no figures: it failed, or the output was cut off (A in line 1)",
            "b: 2 benchmarks have a name and no figures: they failed, or the output was cut off (first A in line 2)",
            "b: results after the first 0 are left out: 3",
        ]
    );
}

#[test]
fn unit_lines_are_merged_key_by_key() {
    let result = "BenchmarkA 1 3 req/s\nBenchmarkA 1 3 req/s\n";
    let higher = output("higher", &format!("Unit req/s better=higher\n{result}"));
    let lower = output("lower", &format!("Unit req/s better=lower\n{result}"));
    let exact = output("exact", &format!("Unit req/s assume=exact\n{result}"));
    let merged = |base: &(String, Output), new: &(String, Output)| {
        let (base, new) = ([base.clone()], [new.clone()]);
        let mut result = benchmarks(&base, &new, &BenchmarkGate::default(), None);
        let row = result.rows.remove(0);
        result.warnings.retain(|text| !text.starts_with("too few"));
        (row.more_is_better, row.exact, result.warnings)
    };
    let contradiction = |name| {
        vec![format!(
            "{name}: better= of req/s contradicts an earlier file, whose value is used"
        )]
    };
    assert_eq!(merged(&lower, &exact), (false, true, vec![]));
    assert_eq!(merged(&exact, &lower), (false, true, vec![]));
    assert_eq!(
        merged(&higher, &lower),
        (true, false, contradiction("lower"))
    );
    assert_eq!(
        merged(&lower, &higher),
        (false, false, contradiction("higher"))
    );
}

#[test]
fn what_stands_on_one_side_is_said() {
    let result = compared(&[("A-8 ns/op", &[1.0])], &[("B-8 ns/op", &[1.0])]);
    assert!(result.rows.is_empty());
    assert!(result.warnings[0].starts_with("2 figures stand on one side only"));
    assert!(matches!(result.outcome, Outcome::NoVerdict(_)));
}
