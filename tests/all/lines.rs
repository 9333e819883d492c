//! What counts as a gc line, and what does not: wrappings without a name, lines of a Go that does not exist yet, lines that
//! were glued, folded and copied.

#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use std::io::{self, Cursor, Write as _};
use std::process::{Command, Stdio};

use gcpressure::internal::io::Source;
use gcpressure::internal::pipeline::{CycleRow, Options, Sink, analyze};
use gcpressure::internal::severity::{CappedBy, Severity};
use gcpressure::report::{Report, Verdict};

/// The number of each cycle, and whether it was put together.
#[derive(Default)]
struct Rows(Vec<(u64, bool)>);

impl Sink for Rows {
    fn cycle(&mut self, row: &CycleRow<'_>) -> io::Result<()> {
        self.0.push((row.cycle.number, row.repaired));
        Ok(())
    }
}

/// Gives a text that many bytes at a time.
struct Parts(Cursor<Vec<u8>>, usize);

impl io::Read for Parts {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let most = buf.len().min(self.1);
        self.0.read(&mut buf[..most])
    }
}

/// What is found in a log, which is the same however much is read at a time.
fn read(log: &str) -> (Vec<(u64, bool)>, Report) {
    let of = |most: usize| {
        let text = Parts(Cursor::new(log.as_bytes().to_vec()), most);
        let source = Source::from_reader("log", Box::new(text));
        let mut rows = Rows::default();
        let report = analyze(vec![source], &Options::default(), &mut rows).unwrap();
        (rows.0, report)
    };
    let (rows, report) = of(usize::MAX);
    for most in [1, 7, 100, 1_000] {
        let (other_rows, other) = of(most);
        assert_eq!(other_rows, rows, "{most} bytes at a time: {log}");
        assert_eq!(other.input, report.input, "{most} bytes at a time: {log}");
        assert_eq!(other.warnings, report.warnings, "{most} bytes at a time");
    }
    (rows, report)
}

fn gc(number: u64) -> String {
    format!(
        "gc {number} @{number}.000s 0%: 0.010+1.0+0.010 ms clock, 0.080+0/1.0/0+0.080 ms cpu, 4->5->2 MB, 5 MB goal, 0 MB stacks, 0 MB globals, 8 P"
    )
}

fn log(lines: u64, line: impl Fn(u64, String) -> String) -> String {
    (1..=lines).map(|n| line(n, gc(n)) + "\n").collect()
}

fn numbers(rows: &[(u64, bool)]) -> Vec<u64> {
    rows.iter().map(|(number, _)| *number).collect()
}

/// A mark and two fields, in words that no Go prints; `trace::newer` has more.
const UNKNOWN: [(&str, &str, &str); 6] = [
    (" P", " P (unheard)", " (unheard)"),
    ("0%", "0% (unseen)", " (unseen)"),
    (
        " MB globals,",
        " MB globals, 5 MB unheard,",
        " 5 MB unheard",
    ),
    (" ms cpu,", " ms cpu, 0.5 ms unheard,", " 0.5 ms unheard"),
    (
        " MB goal,",
        " MB goal, 12 KiB of unheard pages,",
        " 12 KiB of unheard pages",
    ),
    (" P", " P, 5 MB unheard", " 5 MB unheard"),
];

#[test]
fn fields_and_marks_of_a_newer_go_are_skipped() {
    let wrappings: [fn(String) -> String; 3] = [
        |line| line,
        |line| format!("2026-11-23T00:12:01.028391224Z stderr F {line}"),
        |line| format!("{{\"log\":\"{line}\\n\",\"stream\":\"stderr\"}}"),
    ];
    for (old, new, field) in UNKNOWN {
        for wrapping in wrappings {
            let text = log(9, |_, line| wrapping(line.replace(old, new)));
            let (rows, report) = read(&text);
            assert_eq!(numbers(&rows), (1..=9).collect::<Vec<_>>(), "{text}");
            assert_eq!(report.input.gc_lines.intact, 9);
            let at = gc(1).replace(old, new).find(field).unwrap();
            let said = format!("`{field}` at byte {at}; a newer Go?");
            assert!(
                report.warnings.iter().any(|w| w.contains(&said)),
                "no warning of `{field}`, which the table of the grammar may know now: {:?}",
                report.warnings
            );
        }
        // Two are not enough.
        let text = log(2, |_, line| line.replace(old, new));
        let (rows, report) = read(&text);
        assert_eq!(
            (rows.len(), report.input.gc_lines.damaged),
            (0, 2),
            "{text}"
        );
        assert!(report.warnings.is_empty());
        // In some lines only, once three had it.
        let text = log(30, |n, line| match n % 3 {
            0 => line.replace(old, new),
            _ => line,
        });
        let (rows, _) = read(&text);
        assert_eq!(numbers(&rows), (1..=30).collect::<Vec<_>>(), "{text}");
    }
}

#[test]
fn every_known_field_stays_required_and_what_was_expected_is_said() {
    for (old, new, why) in [
        (
            " 5 MB goal,",
            "",
            "expected the heap goal and ` MB goal, ` at byte 101",
        ),
        (
            " 0 MB globals,",
            "",
            "expected stacks, globals and processors at byte 125",
        ),
        (
            " 5 MB goal,",
            " 5 MB goal, 5 MB goal,",
            "expected stacks, globals and processors at byte 112",
        ),
    ] {
        let (rows, report) = read(&log(9, |_, line| line.replace(old, new)));
        assert_eq!((rows.len(), report.input.gc_lines.damaged), (0, 9), "{new}");
        for damaged in &report.input.damaged_lines {
            assert!(
                damaged.reason.contains(&why[..30]),
                "{} {why}",
                damaged.reason
            );
        }
    }
}

#[test]
fn text_around_the_line_is_learned_on_both_sides() {
    for (before, behind) in [
        ("> ", ""),
        ("web-1: ", ""),
        ("{'n': '", "', 'took': 7}"),
        ("<td>", "</td>"),
        ("- x=\"", "\" pod=a"),
        ("`", "`"),
        ("a\t", "\tb"),
        ("", " {\"pod\":\"a\"}"),
        ("", " pod=a"),
        ("", "\tweb-1"),
        ("", "<br>"),
        ("", ", web-1"),
    ] {
        let (rows, report) = read(&log(5, |_, line| format!("{before}{line}{behind}")));
        assert_eq!(numbers(&rows), [1, 2, 3, 4, 5], "{before}|{behind}");
        assert_eq!(
            (report.processes.len(), report.input.gc_lines.intact),
            (1, 5)
        );
        // Two are not enough, and what does not rise is a quotation however often it comes.
        let (rows, _) = read(&log(2, |_, line| format!("{before}{line}{behind}")));
        assert_eq!(rows, [], "{before}|{behind}");
        let (rows, _) = read(&log(9, |_, _| format!("{before}{}{behind}", gc(7))));
        assert_eq!(rows, [], "{before}|{behind}");
    }
    for (before, behind) in [
        ("see ", " in the log"),
        ("", " was the last"),
        ("he said ", "."),
    ] {
        let (rows, _) = read(&log(30, |_, line| format!("{before}{line}{behind}")));
        assert_eq!(rows, [], "{before}|{behind}");
    }
}

#[test]
fn a_prefix_on_the_first_line_only_is_accepted_where_the_next_line_joins() {
    for before in [
        "Stderr when execute [app request GET /x]: ",
        "svc.exe : ",
        "Error: ",
    ] {
        let (rows, report) = read(&log(4, |n, line| match n {
            1 => format!("{before}{line}"),
            _ => line,
        }));
        assert_eq!(numbers(&rows), [1, 2, 3, 4], "{before}");
        assert_eq!(report.input.gc_lines.quoted, 0);
        // The next line is not the next cycle.
        let text = format!("{before}{}\n{}\n", gc(1), gc(3));
        let (rows, report) = read(&text);
        assert_eq!(
            (numbers(&rows), report.input.gc_lines.quoted),
            (vec![3], 1),
            "{before}"
        );
        // It began before the one that was quoted had ended.
        let text = format!(
            "{before}{}\n{}\n",
            gc(9),
            gc(10).replace("@10.000", "@8.000")
        );
        assert_eq!(read(&text).1.input.gc_lines.quoted, 1, "{before}");
    }
}

#[test]
fn lines_without_line_feeds_between_them_are_read() {
    let text = format!("GC forced{}\n{}{}\n", gc(1), gc(2), gc(3));
    let (rows, report) = read(&text);
    assert_eq!(rows, [(1, true), (2, true), (3, true)]);
    assert_eq!(
        (report.input.gc_lines.repaired, report.input.forced_notices),
        (3, 1)
    );
    let all: String = (1..=9).map(gc).collect();
    assert_eq!(numbers(&read(&all).0), (1..=9).collect::<Vec<_>>());
}

#[test]
fn folded_pastes_are_read() {
    for column in [80, 100] {
        for lost in [false, true] {
            let fold = |line: String| -> String {
                let parts = line.as_bytes().chunks(column);
                let parts = parts.map(|part| std::str::from_utf8(part).unwrap());
                let parts: Vec<&str> = match lost {
                    true => parts.map(str::trim).collect(),
                    false => parts.collect(),
                };
                parts.join("\n")
            };
            let first = 10_u64.pow(5);
            let text: String = (first..first + 30).map(|n| fold(gc(n)) + "\n").collect();
            let (rows, report) = read(&text);
            assert_eq!(
                numbers(&rows),
                (first..first + 30).collect::<Vec<_>>(),
                "{text}"
            );
            assert_eq!(report.input.gc_lines.repaired, 30);
        }
    }
}

#[test]
fn a_string_of_several_lines_is_split() {
    let text = format!(
        "{{\"Action\":\"build-output\",\"Output\":\"# a\\n2026-11-23T00:12:01Z {}\\nGC forced\\n{}\\n\"}}\n{{\"Action\":\"output\",\"Output\":\"{}\\n\"}}\n",
        gc(1),
        gc(2),
        gc(3)
    );
    let (rows, report) = read(&text);
    assert_eq!(numbers(&rows), [1, 2, 3]);
    assert_eq!(report.input.forced_notices, 1);
}

#[test]
fn a_form_of_before_the_release_is_recognized() {
    let text =
        "gc #1 @0.013s 2%: 1+0+2+0+0 ms clock, 1+0+0+0/0/0+0 ms cpu, 4->4->0 MB, 4 MB goal, 1 P\n"
            .repeat(3);
    let (rows, report) = read(&text);
    assert_eq!(
        (
            rows.len(),
            report.input.legacy_gc_lines,
            report.input.gc_lines.damaged
        ),
        (0, 3, 0)
    );
    assert!(matches!(&report.verdict, Verdict::NoVerdict(why) if why.contains("before 1.5")));
}

#[test]
fn the_advice_for_quoted_lines_works() {
    for (before, behind) in [
        ("see ", " in the log"),
        ("the last was ", "."),
        ("10% of P ", " of 8 Ps."),
    ] {
        let text = log(5, |_, line| format!("{before}{line}{behind}"));
        let Verdict::NoVerdict(why) = read(&text).1.verdict else {
            panic!("nothing is read of {text}");
        };
        let (_, advice) = why.split_once('(').unwrap();
        let command = advice.strip_suffix(')').unwrap();
        let mut sed = Command::new("sh")
            .args(["-c", command])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        sed.stdin
            .take()
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
        let cut = sed.wait_with_output().unwrap().stdout;
        let (rows, _) = read(std::str::from_utf8(&cut).unwrap());
        assert_eq!(numbers(&rows), [1, 2, 3, 4, 5], "{why}");
    }
}

/// Forced cycles of a benchmark are its harness's (testing/benchmark.go): worth knowing, and no cause.
#[test]
fn a_harness_is_known_by_its_wrapping() {
    let line = |n: u64| {
        format!(
            "gc {n} @{n}.000s 9%: 0.018+150+0.003 ms clock, 0.14+0.10/300/0.80+0.024 ms cpu, 40->40->20 MB, 40 MB goal, 0 MB stacks, 0 MB globals, 2 P (forced)"
        )
    };
    let forced = |wrap: &dyn Fn(&str) -> String| {
        let log: String = (1..=40).map(|n| wrap(&line(n))).collect();
        let (rows, report) = read(&log);
        assert_eq!(rows.len(), 40);
        let mut findings = report.findings.iter();
        let found = findings.find(|found| found.rule == "forced-gc").unwrap();
        (found.severity, found.capped_by)
    };
    let harness = (Severity::Info, Some(CappedBy::Harness));
    assert_eq!(
        forced(&|line| format!("{line}\n")),
        (Severity::Critical, None)
    );
    assert_eq!(
        forced(&|line| format!("BenchmarkEncode-2   \t{line}\n")),
        harness
    );
    assert_eq!(
        forced(&|line| {
            let line = line.replace("->", "-\\u003e");
            format!("{{\"Action\":\"output\",\"Package\":\"a/b\",\"Output\":\"{line}\\n\"}}\n")
        }),
        harness
    );
}
