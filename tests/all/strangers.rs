//! Gc lines behind prefixes that are no known wrapping: wrappings where they stay and the cycles rise, else prose.

#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use std::io::Cursor;

use gcpressure::internal::io::Source;
use gcpressure::internal::pipeline::{Options, analyze};
use gcpressure::report::{Report, Verdict};

fn read(log: &str) -> Report {
    let source = Source::from_reader("log", Box::new(Cursor::new(log.as_bytes().to_vec())));
    analyze(vec![source], &Options::default(), &mut ()).unwrap()
}

fn cycle(number: u64) -> String {
    format!(
        "gc {number} @{number}.000s 0%: 0.010+1.0+0.010 ms clock, 0.080+0/1.0/0+0.080 ms cpu, 4->5->2 MB, 5 MB goal, 0 MB stacks, 0 MB globals, 8 P\n"
    )
}

/// Processes, gc lines that are events, and quotations.
fn counts(report: &Report) -> (usize, u64, u64) {
    (
        report.processes.len(),
        report.input.gc_lines.intact,
        report.input.gc_lines.quoted,
    )
}

#[test]
fn hundreds_of_pods_are_read() {
    let line = |pod: u64, number: u64| format!("orders-{pod:03} orders {}", cycle(number));
    // As stern shows pods that run at once, and those of one rollout after another.
    let at_once: String = (1..=5)
        .flat_map(|number| (0..300).map(move |pod| line(pod, number)))
        .collect();
    assert_eq!(counts(&read(&at_once)), (300, 1_500, 0));
    let in_turn: String = (0..700)
        .flat_map(|pod| (1..=5).map(move |number| line(pod, number)))
        .collect();
    assert_eq!(counts(&read(&in_turn)), (700, 3_500, 0));
}

#[test]
fn quotations_do_not_drive_out_a_stream() {
    let log: String = (1..=6)
        .map(|number| {
            let prose: String = (0..70)
                .map(|n| format!("request {number} of {n} said: {}", cycle(7)))
                .collect();
            format!("child: {}{prose}", cycle(number))
        })
        .collect();
    assert_eq!(counts(&read(&log)), (1, 6, 420));
}

#[test]
fn two_words_and_a_colon_are_prose_behind_the_time_of_a_logger() {
    for time in [
        "2026-11-23T00:12:01.028391224Z",
        "2026/11/23 00:12:01",
        "2026-11-23 00:12:01.028",
        "00:12:01",
    ] {
        let log = format!("{time} upstream reported: {}", cycle(7));
        assert_eq!(counts(&read(&log)), (0, 0, 1), "{time}");
        let log = log.repeat(4);
        assert_eq!(counts(&read(&log)), (0, 0, 4), "{time}");
    }
    // A syslog names host and unit so.
    for time in [
        "Nov 23 00:12:01",
        "2026-11-23T00:12:01.028391+00:00",
        "2026-11-23T00:12:01+0100",
    ] {
        let report = read(&format!("{time} web-1 orders: {}", cycle(7)));
        assert_eq!(counts(&report), (1, 1, 0), "{time}");
        assert_eq!(report.processes[0].stream.as_deref(), Some("web-1 orders"));
    }
}

#[test]
fn what_tells_the_time_names_no_process() {
    let prefixes: [&[&str]; 4] = [
        // logrus on a terminal
        &["INFO[0000] ", "INFO[0001] ", "INFO[0012] ", "INFO[1234] "],
        // journalctl -o short-full, over midnight
        &[
            "Mon 2026-11-23 23:59:58 UTC web-1 svc[42]: ",
            "Mon 2026-11-23 23:59:59 UTC web-1 svc[42]: ",
            "Tue 2026-11-24 00:00:00 UTC web-1 svc[42]: ",
        ],
        &[
            "Mon 2026-11-23 23:59:59 CET web-1 svc[42]: ",
            "Tue 2026-11-24 00:00:00 CET web-1 svc[42]: ",
        ],
        // ctime
        &["Mon Nov 23 23:59:59 2026 ", "Tue Nov 24 00:00:00 2026 "],
    ];
    for prefixes in prefixes {
        let mut number = 0;
        let log: String = prefixes
            .iter()
            .flat_map(|prefix| [*prefix; 3])
            .map(|prefix| {
                number += 1;
                prefix.to_owned() + &cycle(number)
            })
            .collect();
        assert_eq!(counts(&read(&log)), (1, number, 0), "{prefixes:?}");
    }
    // A process id is none, nor is one of a container, of which ten digits may look like a time.
    let log: String = (1..=3)
        .flat_map(|number| [41, 42].map(|pid| format!("svc[{pid}] {}", cycle(number))))
        .collect();
    assert_eq!(counts(&read(&log)), (2, 6, 0));
    let log: String = (1..=3)
        .flat_map(|number| {
            ["0123456789ab", "9876543210ab"].map(|id| format!("task {id} {}", cycle(number)))
        })
        .collect();
    assert_eq!(counts(&read(&log)), (2, 6, 0));
}

#[test]
fn the_newest_line_first_is_told_behind_any_prefix() {
    let lines = (1..=6).rev();
    let log: String = lines
        .map(|number| {
            format!(
                "2026-11-23T00:12:0{number}Z {{app=\"o\"}} {}",
                cycle(number)
            )
        })
        .collect();
    let report = read(&log);
    assert!(report.input.newest_first);
    assert_eq!(report.input.gc_lines.quoted, 6);
    // Prose that tells of one cycle again and again does not run backwards.
    let report = read(&format!("sidecar said: {}", cycle(7)).repeat(9));
    assert!(!report.input.newest_first);
    assert!(matches!(&report.verdict, Verdict::NoVerdict(why) if why.contains("9 gc lines")));
}
