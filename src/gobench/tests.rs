#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use std::io::Cursor;

use super::*;

fn output(text: &str) -> Output {
    read(&mut Cursor::new(text)).unwrap()
}

fn names(output: &Output) -> Vec<(&str, &str, u64)> {
    let results = output.results.iter();
    results
        .map(|one| (one.package.as_str(), one.name.as_str(), one.iterations))
        .collect()
}

const PLAIN: &str = "goos: linux\ngoarch: amd64\npkg: svc/a\ncpu: some CPU @ 2.00GHz\n\
    BenchmarkKey-8   \t 1000000\t      1234 ns/op\t      45 B/op\t       2 allocs/op\n\
    BenchmarkKey/long=1-8         \t     100\t  12345.5 ns/op\t  3.500 cycles/op\t 0 B/op\t 0 allocs/op\n\
    PASS\nok  \tsvc/a\t2.345s\n\
    pkg: svc/b\nBenchmarkKey-8   \t 5\t 2e+06 ns/op\nPASS\n";

#[test]
fn results_of_several_packages() {
    let output = output(PLAIN);
    assert_eq!(
        names(&output),
        [
            ("svc/a", "Key-8", 1_000_000),
            ("svc/a", "Key/long=1-8", 100),
            ("svc/b", "Key-8", 5)
        ]
    );
    assert_eq!(output.results[1].values[1], (3.5, "cycles/op".to_owned()));
    assert_eq!(output.results[2].values, [(2e6, "ns/op".to_owned())]);
    assert_eq!((output.rejoined, output.unfinished), (0, 0));
    assert_eq!(output.machine["cpu"], "some CPU @ 2.00GHz");
}

#[test]
fn a_result_cut_by_the_trace_is_put_together() {
    let gc = "gc 7 @0.104s 2%: 0.01+0.2+0.003 ms clock, 0.1+0.1/0.3/0+0.02 ms cpu, 4->4->0 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 8 P\n";
    let text = format!(
        "BenchmarkKey-8   \t{gc}{gc}2026/11/26 21:00:00 a line of a log 12 ms\n    1000\t      1234 ns/op\t      45 B/op\n\
         BenchmarkMore-8  \tgc 8 @0.2s 2%: 0.01+0.2    500\t  99 ns/op\t 1 B/op\n+0.003 ms clock\n"
    );
    let output = output(&text);
    assert_eq!(names(&output), [("", "Key-8", 1000), ("", "More-8", 500)]);
    assert_eq!(output.results[1].values[0], (99.0, "ns/op".to_owned()));
    assert_eq!((output.rejoined, output.unfinished), (2, 0));
}

#[test]
fn the_bare_names_of_verbose_output_are_no_results() {
    let output = output(
        "BenchmarkKey\nBenchmarkKey-8 \t 10\t 5 ns/op\nBenchmarkLost\n--- FAIL: BenchmarkLost\npkg: x\n",
    );
    assert_eq!(names(&output), [("", "Key-8", 10)]);
    assert_eq!(output.unfinished, 1);
}

/// What the testing package prints where benchmarks fail or are skipped, with and without `-v`, `-cpu` and `-count`.
#[test]
fn a_benchmark_without_figures_is_counted_by_its_name() {
    let cases = [
        ("Key-8 \t|Other-8 \t 10\t 5 ns/op", 1, 1),
        ("Key-8 \tgc 7 @0.1s|Key-8 \t 10\t 5 ns/op", 1, 0),
        ("Key|Key-8 \t 10\t 5 ns/op", 1, 0),
        ("Key|Keys-8 \t 10\t 5 ns/op", 1, 1),
        ("Key|Key-x \t 10\t 5 ns/op", 1, 1),
        (
            "P|P/a|P/a-8 \t 10\t 5 ns/op|P/b|P/b-8 \t 10\t 5 ns/op",
            2,
            0,
        ),
        ("P|P/a|P/b|P/b-8 \t 10\t 5 ns/op", 1, 1),
        ("P|P/a|--- FAIL: P/a|--- FAIL: P|Q|Q-8 \t 1\t 5 ns/op", 1, 1),
        ("Key|--- FAIL: Key|--- FAIL: Key-2|Q \t 1\t 5 ns/op", 1, 2),
        ("--- FAIL: Key|Q-8 \t 1\t 5 ns/op", 1, 1),
        (
            "Key-8 \t--- FAIL: Key-8|Key-8 \t--- FAIL: Key-8|Q-8 \t 1\t 5 ns/op",
            1,
            2,
        ),
        ("Key|--- SKIP: Key|Q-8 \t 1\t 5 ns/op", 1, 0),
        ("Key", 0, 1),
    ];
    for (lines, results, unfinished) in cases {
        let lines = lines
            .split('|')
            .map(|line| match line.strip_prefix("--- ") {
                Some(end) => format!("--- {}\n", end.replace(": ", ": Benchmark")),
                None => format!("Benchmark{}\n", line.replace(": ", ": Benchmark")),
            });
        let text: String = lines.collect();
        let output = output(&text);
        let counted = (output.results.len(), output.unfinished);
        assert_eq!(counted, (results, unfinished), "{text}");
    }
}

#[test]
fn the_first_unfinished_benchmark_is_named_and_dropped_results_are_counted() {
    let long = "x".repeat(3 * MAX_LINE);
    let names = "BenchmarkA\nBenchmarkB\n--- FAIL: BenchmarkC\n";
    let named = output(&format!("{long}\n{names}"));
    assert_eq!(named.first_unfinished, Some(("A".to_owned(), 2)));
    assert_eq!(named.unfinished, 3);
    let failed = output("PASS\n--- FAIL: BenchmarkC\n");
    assert_eq!(failed.first_unfinished, Some(("C".to_owned(), 2)));
    let mut listener = Listener::default();
    let kept = Measured {
        package: String::new(),
        name: String::new(),
        iterations: 1,
        values: Vec::new(),
    };
    listener.output.results = vec![kept; MAX_RESULTS - 1];
    listener.push(&b"BenchmarkA 1 5 ns/op\n".repeat(3));
    let output = listener.finish();
    assert_eq!((output.results.len(), output.dropped), (MAX_RESULTS, 2));
}

/// A line that begins like a result and is none leaves its benchmark without figures.
#[test]
fn malformed_lines_give_no_result() {
    let cases = [
        ("BenchmarkKey-8 \t 10\t 5", 1),
        ("BenchmarkKey-8 \t 10\t ns/op", 1),
        ("BenchmarkKey-8 \t 10", 1),
        ("BenchmarkKey-8 \t ten\t 5 ns/op", 1),
        ("BenchmarkKey-8 \t -1\t 5 ns/op", 1),
        ("BenchmarkKey-8 \t 1.5\t 5 ns/op", 1),
        ("BenchmarkKey-8 \t 99999999999999999999\t 5 ns/op", 1),
        ("BenchmarkKey-8 \t 10\t five ns/op", 1),
        ("BenchmarkKey-8 \t 10\t NaN ns/op", 1),
        ("BenchmarkKey-8 \t 10\t 0x5 ns/op", 1),
        ("BenchmarkKey-8 \t 10\t 5 ns/op more", 1),
        ("BenchmarkKey-8 \t 10\t 5 ns/op\t x B/op", 1),
        ("BenchmarkKey-8 \t 5 ns/op", 1),
        ("Benchmark \t 10\t 5 ns/op", 0),
        ("Benchmarkkey-8 \t 10\t 5 ns/op", 0),
        ("BenchmarkKey: \t 10\t 5 ns/op", 0),
        ("Key-8 \t 10\t 5 ns/op", 0),
        ("10\t 5 ns/op", 0),
        ("--- FAIL: TestKey", 0),
    ];
    for (line, unfinished) in cases {
        let output = output(&format!("{line}\n"));
        assert_eq!(
            (output.results.len(), output.unfinished),
            (0, unfinished),
            "{line}"
        );
    }
}

#[test]
fn prose_is_no_benchmark() {
    let text =
        "Benchmarking the server 10 5 ns/op\nBenchmark results: 3 5 ns/op\nBenchmark 3 5 ns/op\n";
    assert!(output(text).results.is_empty());
}

#[test]
fn unit_lines_are_kept() {
    let output = output(
        "Unit req/s better=higher\nUnit allocs/op assume=exact better=lower\nUnit B/op assume=nothing\n",
    );
    assert_eq!(output.units["req/s"].more_is_better, Some(true));
    let exact = ["req/s", "allocs/op", "B/op"].map(|unit| output.units[unit].exact);
    assert_eq!(exact, [None, Some(true), Some(false)]);
}

#[test]
fn spaces_do_as_well_as_tabs() {
    let output = output("BenchmarkKey-8 1000 1234 ns/op 45 B/op 2 allocs/op\n");
    assert_eq!(output.results[0].values.len(), 3);
}

/// A pipe cuts where it likes.
#[test]
fn a_listener_hears_the_same_wherever_the_text_is_cut() {
    let text =
        b"pkg: a\nBenchmarkKey-8 \t 100\t 12.5 ns/op\t 1 allocs/op\nBenchmarkLog-8 \t 1\t 3 ns/op";
    let whole = read(&mut Cursor::new(text)).unwrap();
    assert_eq!(whole.results.len(), 2);
    for size in 1..text.len() {
        let mut listener = Listener::default();
        text.chunks(size).for_each(|part| listener.push(part));
        assert_eq!(listener.finish(), whole, "{size}");
    }
    // An endless line keeps no more than a line may hold.
    let mut listener = Listener::default();
    listener.push(&vec![b'x'; 5 * MAX_LINE + 7]);
    assert_eq!(listener.line.len(), 7);
}

const LINE: &str = "0.25+0.14+0.002 ms clock, 0.50+0.20/0.10/0.40+0.005 ms cpu, 4->4->0 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P";

fn gc_figures(text: &str) -> Vec<Vec<(f64, String)>> {
    let of_gc = |one: Measured| {
        let values = one.values.into_iter();
        values.filter(|(_, unit)| unit.starts_with("gc-")).collect()
    };
    output(text).results.into_iter().map(of_gc).collect()
}

#[test]
fn the_cycles_after_the_newest_forced_one_are_the_results() {
    let text = format!(
        "gc 1 @0.100s 2%: {LINE}\nBenchmarkA-2 \tgc 2 @0.200s 2%: {LINE} (forced)\ngc 3 @0.300s 2%: {LINE}\n\
         gc 4 @0.400s 2%: {LINE} (forced)\ngc 5 @0.500s 2%: {LINE}\ngc 6 @0.600s 2%: {LINE}\n 100\t 7 ns/op\n\
         gc 7 @0.700s 2%: {LINE}\nBenchmarkB-2 \t 100\t 7 ns/op\n\
         gc 8 @0.800s 2%: {LINE} (forced)\nBenchmarkC-2 \t 100\t 7 ns/op\n"
    );
    let figure = |value: f64, unit: &str| (value, unit.to_owned());
    let figures = gc_figures(&text);
    // Two cycles of 252 us stopped, and of 500 + 200 + 100 + 5 us of CPU without idle marking, in 100 iterations.
    assert_eq!(
        figures[0],
        [
            figure(0.02, "gc-cycles/op"),
            figure(5_040.0, "gc-pause-ns/op"),
            figure(16_100.0, "gc-cpu-ns/op")
        ]
    );
    // Nothing says where the run of B began; that of C had no cycle.
    assert_eq!(figures[1], []);
    let units = ["gc-cycles/op", "gc-pause-ns/op", "gc-cpu-ns/op"];
    assert_eq!(figures[2], units.map(|unit| figure(0.0, unit)));
}

#[test]
fn cycles_that_are_missing_are_counted_and_not_measured() {
    let text = format!(
        "BenchmarkA-2 \tgc 4 @0.400s 2%: {LINE} (forced)\ngc 5 @0.500s 2%: 0.25+\ngc 6 @0.600s 2%: {LINE}\n 4\t 7 ns/op\n\
         pkg: b\nBenchmarkB-2 \tgc 1 @0.100s 2%: {LINE} (forced)\n 4\t 7 ns/op\n"
    );
    let figures = gc_figures(&text);
    assert_eq!(figures[0], [(0.5, "gc-cycles/op".to_owned())]);
    assert_eq!(figures[1].len(), 3);
}

#[test]
fn a_benchmark_that_forces_cycles_itself_has_no_figures() {
    let mut text = "BenchmarkA-2 \t".to_owned();
    for number in 1..=41 {
        text.push_str(&format!("gc {number} @{number}.100s 2%: {LINE} (forced)\n"));
    }
    text.push_str(" 40\t 7 ns/op\n");
    assert_eq!(gc_figures(&text), [vec![]]);
}

/// Go 1.27, `-benchtime 300x -count 3`: loops over b.N, whose cycles follow the name, and over b.Loop, whose cycles come
/// before it. Counted by hand.
#[test]
fn a_recorded_output_has_the_cycles_of_each_result() {
    let figures = gc_figures(include_str!("../../tests/benchmarks/cycles.txt"));
    let cycles: Vec<f64> = figures
        .iter()
        .map(|one| (one[0].0 * 300.0).round())
        .collect();
    assert_eq!(cycles, [3.0, 1.0, 6.0, 6.0, 1.0, 6.0, 0.0, 0.0, 0.0]);
}
