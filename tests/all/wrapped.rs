//! Trace behind wrappings that is no gc line, or not a whole one in its record, among lines that are skipped fast.

#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use std::io::Cursor;

use gcpressure::internal::io::{HISTORY, Source};
use gcpressure::internal::pipeline::{Options, analyze};
use gcpressure::report::Input;

fn read(log: &str) -> Input {
    let source = Source::from_reader("log", Box::new(Cursor::new(log.as_bytes().to_vec())));
    analyze(vec![source], &Options::default(), &mut ())
        .unwrap()
        .input
}

fn cycle(number: u64) -> String {
    let second = number * 2;
    format!(
        "gc {number} @{second}.000s 0%: 0.010+1.0+0.010 ms clock, 0.080+0/1.0/0+0.080 ms cpu, 4->5->2 MB, 5 MB goal, 0 MB stacks, 0 MB globals, 8 P"
    )
}

fn cri(line: &str) -> String {
    format!("2026-11-23T00:12:01.028391224Z stderr F {line}\n")
}

fn docker(line: &str) -> String {
    format!(
        "{{\"log\":\"{line}\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-23T00:12:01.028391224Z\"}}\n"
    )
}

/// Lines of a service, enough of them that blocks are skipped.
fn foreign(wrap: fn(&str) -> String) -> String {
    (0..60)
        .map(|n| wrap(&format!("level=info msg=served n={n} took=12ms")))
        .collect()
}

const NOTES: [&str; 4] = [
    "GC forced",
    "scvg: 8 MB released",
    "scav 12 KiB work (bg), 0 KiB work (eager), 0 KiB now, 98% util",
    "pacer: 25% CPU (25 exp.) for 12345+0+0 B work (12345 B exp.) in 4194304 B -> 4200000 B (∆goal 0, cons/mark +1.0e+000)",
];

#[test]
fn notes_behind_wrappings_are_counted() {
    for wrap in [cri as fn(&str) -> String, docker] {
        for first in [cycle(1), "level=info msg=starting".to_owned()] {
            let mut log = wrap(&first);
            for note in NOTES {
                log += &foreign(wrap);
                log += &wrap(note);
            }
            log += &foreign(wrap);
            log += &wrap(&cycle(2));
            let input = read(&log);
            let notes = (
                input.forced_notices,
                input.scavenger_lines,
                input.pacer_lines,
            );
            assert_eq!(notes, (1, 2, 1), "{first}");
            let lines = log.lines().count() as u64;
            assert_eq!(
                input.other_lines + input.gc_lines.intact + 4,
                lines,
                "{first}"
            );
        }
    }
}

#[test]
fn lines_that_only_look_like_notes_are_other_lines() {
    let mut log = cri(&cycle(1));
    for line in [
        "GC forced by the operator",
        "pacer: steady",
        "see scvg: no",
        "0 KiB work",
    ] {
        log += &foreign(cri);
        log += &cri(line);
    }
    log += &cri(&cycle(2));
    let input = read(&log);
    assert_eq!(input.gc_lines.intact, 2);
    assert_eq!(
        (
            input.forced_notices,
            input.scavenger_lines,
            input.pacer_lines
        ),
        (0, 0, 0)
    );
    assert_eq!(input.other_lines, 4 * 61);
}

#[test]
fn a_record_may_end_anywhere_in_a_gc_line() {
    let line = cycle(2);
    for at in 4..line.len() {
        let (head, tail) = line.split_at(at);
        let mut log = cri(&cycle(1)) + &foreign(cri);
        log += &cri(head).replace(" F ", " P ");
        log += &cri(tail);
        log += &foreign(cri);
        log += &cri(&cycle(3));
        let input = read(&log);
        assert_eq!(
            (input.gc_lines.cycles(), input.gc_lines.damaged),
            (3, 0),
            "cri at {at}: {head}"
        );

        let mut log = docker(&cycle(1)) + &foreign(docker);
        log += &docker(head).replace("\\n", "");
        log += &docker(tail);
        log += &foreign(docker);
        log += &docker(&cycle(3));
        let input = read(&log);
        assert_eq!(
            (input.gc_lines.cycles(), input.gc_lines.damaged),
            (3, 0),
            "docker at {at}: {head}"
        );
    }
}

#[test]
fn the_rest_of_a_record_is_not_waited_for_without_end() {
    let mut log = cri(&cycle(1));
    log += &cri("gc 2 @4.000s 0%: 0.010+1.0+0.010 ms clo").replace(" F ", " P ");
    // Another stream, for ever.
    for _ in 0..200 {
        log += &foreign(cri).replace("stderr", "stdout");
    }
    log += &cri(&cycle(3));
    let input = read(&log);
    assert_eq!(input.gc_lines.intact, 2);
}

/// Records of another pod stand between the two halves of a line: the first one is looked for as far back as text is kept, and no
/// byte farther, whatever happens to be held.
#[test]
fn a_split_line_is_looked_back_for_to_the_byte() {
    let record = |pod: &str, text: &str| {
        format!("[pod/{pod}/app] 2026-11-23T00:12:01.028391224Z stderr {text}\n")
    };
    let line = cycle(2);
    let (head, tail) = line.split_at(line.find(" ms clock").unwrap());
    // Behind a colour: records that begin with `gc` are found before their end comes.
    let first = record("a", &format!("P \u{1b}[0m{head}"));
    let empty = record("b", "F ").len();
    for (farther, whole) in [(0, 2), (1, 1)] {
        let mut log = record("a", &format!("F {}", cycle(1))) + &first;
        let mut left = HISTORY + farther - first.len();
        while left > 0 {
            let length = left.min(60_000);
            log += &record("b", &format!("F {}", "-".repeat(length - empty)));
            left -= length;
        }
        log += &record("a", &format!("F {tail}"));
        let input = read(&log);
        assert_eq!(
            (
                input.gc_lines.intact,
                input.gc_lines.repaired + input.gc_lines.damaged
            ),
            (whole, 2 - whole),
            "{farther} bytes too far"
        );
    }
}

fn foreign_lines_too(log: &str) -> Input {
    let source = Source::from_reader("log", Box::new(Cursor::new(log.as_bytes().to_vec())));
    let options = Options::default().foreign(true);
    analyze(vec![source], &options, &mut ()).unwrap().input
}

/// What is read, of gc lines: whole, put together, damaged, quoted.
fn counts(input: &Input) -> [u64; 4] {
    [
        input.gc_lines.intact,
        input.gc_lines.repaired,
        input.gc_lines.damaged,
        input.gc_lines.quoted,
    ]
}

/// As FireLens and Fluent Bit write it: docker's key, without docker's line feed.
fn firelens(line: &str) -> String {
    format!("{{\"source\":\"stderr\",\"log\":\"{line}\",\"container_name\":\"orders\"}}\n")
}

#[test]
fn records_without_line_feeds_hold_whole_lines() {
    let lines = |wrap: fn(&str) -> String, numbers: std::ops::Range<u64>| -> String {
        numbers
            .map(|number| wrap(&cycle(number)) + &wrap("level=info msg=served"))
            .collect()
    };
    let log = lines(firelens, 1..5);
    assert_eq!(counts(&read(&log)), [4, 0, 0, 0]);
    // A file of two shippers.
    let log = lines(docker, 1..21) + &lines(firelens, 21..59);
    assert_eq!(counts(&read(&log)), [58, 0, 0, 0]);
    assert_eq!(counts(&foreign_lines_too(&log)), [58, 0, 0, 0]);
}

#[test]
fn standard_output_does_not_go_into_a_split_line_of_standard_error() {
    let out = |tag: char, line: &str| format!("2026-11-23T00:12:01.028Z stdout {tag} {line}\n");
    let split = |tag: char, line: &str| format!("2026-11-23T00:12:01.028Z stderr {tag} {line}\n");
    let line = cycle(2);
    let (head, tail) = line.split_at(50);
    let docker_out =
        "{\"log\":\"gc stats: \",\"stream\":\"stdout\",\"time\":\"2026-11-23T00:12:01.028Z\"}\n";
    let (first, last) = (cri(&cycle(1)), cri(&cycle(3)));
    for log in [
        // A line of standard output is open while whole ones of standard error come.
        first.clone() + &out('P', "gc stats: xxx") + &cri(&line) + &out('F', "yyy") + &last,
        docker(&cycle(1)) + docker_out + &docker(&line) + &docker(&cycle(3)),
        // And the other way round.
        first + &split('P', head) + &out('F', "GET /") + &split('F', tail) + &last,
    ] {
        assert_eq!(counts(&read(&log)), [3, 0, 0, 0], "{log}");
        assert_eq!(counts(&foreign_lines_too(&log)), [3, 0, 0, 0], "{log}");
    }
}

#[test]
fn the_json_of_a_program_does_not_stand_between_the_pieces_of_its_gc_lines() {
    for key in ["log", "Output", "msg"] {
        let log = format!(
            "{}\ngc 2 @4.000app\n{{\"{key}\":\"served\"}}\n{}\n{}\n",
            cycle(1),
            &cycle(2)[11..],
            cycle(3)
        );
        assert_eq!(counts(&read(&log)), [2, 1, 0, 0], "{key}");
        assert_eq!(counts(&foreign_lines_too(&log)), [2, 1, 0, 0], "{key}");
    }
}

#[test]
fn a_quotation_in_two_records_is_a_quotation() {
    let quotation = format!("sidecar said: {}", cycle(7));
    // A record that holds a gc line from its first byte to its last is one, whatever the record before it holds.
    let whole = quotation.find("gc ").unwrap();
    for cut in (0..quotation.len()).filter(|cut| *cut != whole) {
        let (head, tail) = quotation.split_at(cut);
        let log = cri(head).replace(" F ", " P ") + &cri(tail);
        let input = read(&log);
        assert_eq!(
            (input.gc_lines.intact, input.gc_lines.damaged),
            (0, 0),
            "cut at {cut}"
        );
    }
    let log = cri("{\"log\":\"served\"}") + &cri(&quotation);
    assert_eq!(counts(&read(&log)), [0, 0, 0, 1]);
}

#[test]
fn a_line_cut_off_behind_a_wrapping_is_damaged() {
    let compose = |line: &str| format!("svc-1  | {line}\n");
    let line = cycle(3);
    let lengths = line.find("s 0%").unwrap()..line.find(" MB goal").unwrap();
    for wrap in [cri as fn(&str) -> String, docker, compose] {
        for length in lengths.clone() {
            let cut = wrap(&line[..length]);
            let before = wrap(&cycle(1)) + &foreign(wrap) + &wrap(&cycle(2));
            // The process was killed; and it was not, but nothing more of the line came.
            for behind in [String::new(), foreign(wrap) + &wrap(&cycle(4))] {
                let log = before.clone() + &cut + &behind;
                let input = read(&log);
                assert_eq!(
                    (input.gc_lines.repaired, input.gc_lines.damaged),
                    (0, 1),
                    "{log}"
                );
                assert_eq!(input.damaged_lines[0].line, 63, "{log}");
            }
        }
    }
}

#[test]
fn a_program_that_writes_json_in_a_container_is_read() {
    let log: String = (1..=3)
        .map(|number| {
            let line = format!("{{\"level\":\"info\",\"msg\":\"{}\"}}", cycle(number));
            docker(
                &line
                    .replace('>', "\\u003e")
                    .replace('\\', "\\\\")
                    .replace('"', "\\\""),
            )
        })
        .collect();
    assert_eq!(counts(&read(&log)), [3, 0, 0, 0], "{log}");
}

#[test]
fn a_line_whose_rest_was_cleared_is_whole() {
    let log: String = (1..=3)
        .map(|number| format!("\u{1b}[31m{}\u{1b}[0m\u{1b}[0K\n", cycle(number)))
        .collect();
    assert_eq!(counts(&read(&log)), [3, 0, 0, 0]);
}
