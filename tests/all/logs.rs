//! Which files are one log, and what is found where one part of it ends and the next begins.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use crate::support::writer::{Era, Program};
use crate::support::{Chance, Reading, read_sources};
use flate2::Compression;
use flate2::write::GzEncoder;
use gcpressure::internal::pipeline::logs::{Log, Logs, logs};
use serde_json::Value;

/// Lines of one program, each with its line feed.
fn lines(count: usize) -> Vec<String> {
    lines_of(1, count)
}

fn lines_of(first: usize, count: usize) -> Vec<String> {
    let line = |n| {
        format!(
            "gc {n} @{n}.000s 0%: 0.010+1.0+0.010 ms clock, 0.080+0/1.0/0+0.080 ms cpu, 4->5->2 MB, 5 MB goal, 0 MB stacks, 0 MB globals, 8 P\n"
        )
    };
    (first..first + count).map(line).collect()
}

/// A folder with files, and what their names are.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            let path = folder.0.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// The logs among some of its files, without the path of the folder.
    fn logs(&self, names: &[&str]) -> (Vec<Vec<String>>, Vec<String>) {
        let paths: Vec<String> = names.iter().map(|name| self.path(name)).collect();
        let Logs {
            logs,
            warnings,
            errors,
        } = logs(&paths);
        assert!(errors.is_empty(), "{errors:?}");
        let short = |text: &String| text.replace(&self.path(""), "");
        let logs = logs.iter().map(|log| log.parts.iter().map(short).collect());
        (logs.collect(), warnings.iter().map(short).collect())
    }

    /// What is read of some of its files.
    fn read(&self, names: &[&str]) -> Reading {
        let paths: Vec<String> = names.iter().map(|name| self.path(name)).collect();
        let logs = logs(&paths).logs;
        let sources: Result<Vec<_>, _> = logs.iter().flat_map(Log::sources).collect();
        read_sources(sources.unwrap()).unwrap()
    }

    fn run(&self, args: &[&str]) -> (i32, String, String) {
        let output = crate::program::gcpressure()
            .args(args)
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            output.status.code().unwrap(),
            text(output.stdout),
            text(output.stderr),
        )
    }

    fn json(&self, args: &[&str]) -> Value {
        let (_, out, err) = self.run(&[&["-f", "json", "--exit-zero"], args].concat());
        serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"))
    }
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// First and last cycle of each process, and its log.
fn processes(reading: &Reading) -> Vec<(u64, u64, String)> {
    let all = reading.report.processes.iter();
    let name = |source: &str| {
        Path::new(source)
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned()
    };
    let mut all: Vec<_> = all
        .map(|p| (p.first_cycle, p.last_cycle, name(&p.source)))
        .collect();
    all.sort();
    all
}

#[test]
fn a_rotated_log_is_one_stream_wherever_it_was_cut() {
    let mut program = Program::new(Era::Go126, 4);
    let lines: Vec<String> = (0..30).map(|_| program.cycle().line(Era::Go126)).collect();
    let text = lines.concat().into_bytes();
    let (first, second) = (lines[..10].concat().len(), lines[..21].concat().len());
    for cut in 0..=lines[10].len() {
        let (a, b) = (first + cut, second + cut.min(lines[21].len()));
        let parts: [(&str, &[u8]); 3] = [
            ("app.log.2.gz", &gzip(&text[..a])),
            ("app.log.1", &text[a..b]),
            ("app.log", &text[b..]),
        ];
        let folder = Folder::new(&parts);
        for order in [
            ["app.log", "app.log.1", "app.log.2.gz"],
            ["app.log.1", "app.log.2.gz", "app.log"],
        ] {
            let reading = folder.read(&order);
            assert_eq!(
                processes(&reading),
                [(1, 30, "app.log".to_owned())],
                "{cut}"
            );
            let input = &reading.report.input;
            assert_eq!(
                (input.gc_lines.cycles(), input.gc_lines.damaged),
                (30, 0),
                "{cut}"
            );
            // Without its line feed, or with a line feed before it, a line is whole.
            let torn = |length: usize| u64::from(0 < cut && cut < length - 1);
            assert_eq!(
                input.gc_lines.repaired,
                torn(lines[10].len()) + torn(lines[21].len()),
                "{cut}"
            );
            assert!(
                reading.report.warnings.is_empty(),
                "{:?}",
                reading.report.warnings
            );
            for (row, line) in reading.rows.iter().zip(&lines) {
                assert_eq!(row.raw, line.trim_end().as_bytes());
            }
        }
    }
}

#[test]
fn the_end_of_a_whole_line_belongs_to_it() {
    let mut lines = lines(9);
    lines[4] = lines[4].replace(" P\n", " P (forced)\n");
    let text = lines.concat();
    let cut = lines[..5].concat().len() - " (forced)\n".len();
    let folder = Folder::new(&[
        ("a.log.1", &text.as_bytes()[..cut]),
        ("a.log", &text.as_bytes()[cut..]),
    ]);
    let report = folder.read(&["a.log", "a.log.1"]).report;
    assert_eq!(
        (report.processes[0].forced_cycles, report.input.other_lines),
        (1, 0)
    );
}

#[test]
fn lines_and_bytes_are_those_of_each_part() {
    let text = lines(6).concat();
    let cut = lines(2).concat().len() + 40;
    let folder = Folder::new(&[
        ("a.log.1", &text.as_bytes()[..cut]),
        ("a.log", &text.as_bytes()[cut..]),
    ]);
    let reading = folder.read(&["a.log", "a.log.1"]);
    let sources = &reading.report.input.sources;
    let got: Vec<_> = sources
        .iter()
        .map(|s| (s.bytes, s.lines, s.joined))
        .collect();
    let rest = (text.len() - cut) as u64;
    assert_eq!(got, [(cut as u64, 3, false), (rest, 4, true)]);
    let places: Vec<_> = reading
        .rows
        .iter()
        .map(|row| (row.line, row.repaired))
        .collect();
    let whole = |line| (line, false);
    assert_eq!(
        places,
        [whole(1), whole(2), (3, true), whole(2), whole(3), whole(4)]
    );
}

#[test]
fn nothing_is_invented_across_a_seam() {
    // Two programs that run alike, cut anywhere: numbers and clocks may go on in one another by chance.
    let mut chance = Chance(7);
    let mut joined = 0;
    for round in 0..500 {
        let mut programs = [round, round + 500].map(|seed| Program::new(Era::Go126, seed));
        let [a, b] = programs.each_mut().map(|p| {
            (0..20)
                .map(|_| p.cycle().line(Era::Go126))
                .collect::<Vec<_>>()
        });
        let (a_text, b_text) = (a.concat().into_bytes(), b.concat().into_bytes());
        let old = &a_text[..chance.index(a_text.len())];
        let new = &b_text[chance.index(b_text.len())..];
        let folder = Folder::new(&[("x.log.1", old), ("x.log", new)]);
        let reading = folder.read(&["x.log.1", "x.log"]);
        let printed: BTreeSet<&[u8]> = a
            .iter()
            .chain(&b)
            .map(|line| line.trim_end().as_bytes())
            .collect();
        joined += usize::from(reading.report.input.logs() == 1);
        for row in &reading.rows {
            // Cut before ` (forced)`, a line is whole as it stands.
            let forced = [row.raw.as_slice(), b" (forced)"].concat();
            let known = [row.raw.as_slice(), &forced]
                .iter()
                .any(|line| printed.contains(line));
            assert!(known, "{}", String::from_utf8_lossy(&row.raw));
        }
    }
    assert!(joined > 20, "{joined}: the test tests nothing");
}

#[test]
fn different_logs_are_different_streams() {
    let lines = lines(40);
    let folder = Folder::new(&[
        ("pod-a.log", lines[..20].concat().as_bytes()),
        ("pod-b.log", lines[20..].concat().as_bytes()),
        ("pod-c.log", lines[20..].concat().as_bytes()),
    ]);
    let report = folder.json(&["pod-a.log", "pod-b.log", "pod-c.log"]);
    let of = |report: &Value| -> Vec<(u64, u64, String)> {
        let all = report["processes"].as_array().unwrap().iter();
        let mut all: Vec<_> = all
            .map(|p| {
                let number = |key: &str| p[key].as_u64().unwrap();
                (
                    number("first_cycle"),
                    number("last_cycle"),
                    p["source"].as_str().unwrap().to_owned(),
                )
            })
            .collect();
        all.sort();
        all
    };
    let row = |first, last, log: &str| (first, last, log.to_owned());
    assert_eq!(
        of(&report),
        [
            row(1, 20, "pod-a.log"),
            row(21, 40, "pod-b.log"),
            row(21, 40, "pod-c.log")
        ]
    );
    // The same lines in two logs were not shipped twice.
    assert_eq!(report["input"]["gc_lines"]["duplicate"], 0);
    // All of them as one, in the order given.
    let joined = folder.json(&["--join", "pod-a.log", "pod-b.log"]);
    assert_eq!(of(&joined), [row(1, 40, "pod-b.log")]);
    let (_, text, _) = folder.run(&["pod-a.log", "pod-b.log"]);
    assert!(text.contains("process 1: pod-a.log\n"), "{text}");
    assert!(text.contains("process 2: pod-b.log\n"), "{text}");
}

#[test]
fn joined_files_are_what_cat_gives() {
    let text = lines(12).concat();
    // A line in three files, one of them without any line feed.
    let cuts = [0, 700, 720, 735, 735, 1000, text.len()];
    let names: Vec<String> = (0..cuts.len() - 1).map(|n| format!("{n}.txt")).collect();
    let files: Vec<(&str, &[u8])> = names
        .iter()
        .zip(cuts.windows(2))
        .map(|(name, cut)| (name.as_str(), &text.as_bytes()[cut[0]..cut[1]]))
        .collect();
    let folder = Folder::new(&files);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let report = folder.json(&[&["--join"], names.as_slice()].concat());
    assert_eq!(report["input"]["gc_lines"]["intact"], 12, "{report}");
    assert_eq!(report["processes"].as_array().unwrap().len(), 1);
}

#[test]
fn parts_are_ordered_by_wall_clock_then_by_number_then_by_name() {
    let part = |lines: &[String], wall: &str| -> Vec<u8> {
        let lines = lines.iter().enumerate();
        let text = lines.map(|(n, line)| format!("{wall}:{n:02}Z {line}"));
        text.collect::<String>().into_bytes()
    };
    let all = lines(30);
    let [a, b, c] = [&all[..10], &all[10..20], &all[20..]];
    // Where numbers rise with the time, X.1 is the oldest.
    let rising = Folder::new(&[
        ("w.log.1", &part(a, "2026-01-01T10:00")),
        ("w.log.2", &part(b, "2026-01-01T10:01")),
        ("w.log.3", &part(c, "2026-01-01T10:02")),
        ("n.log.1", a.concat().as_bytes()),
        ("n.log.2", b.concat().as_bytes()),
        ("f.log.1", b"foreign\n"),
        ("f.log.2", b"foreign\n"),
        ("m.log.1", &part(a, "2026-01-01T10:00")),
        ("m.log.2", &part(b, "2026-01-01T10:02")),
        ("m.log.3", &part(c, "2026-01-01T10:01")),
        ("m.log.4", &part(c, "2026-01-01T10:03")),
    ]);
    let order = |names: &[&str]| rising.logs(names);
    assert_eq!(
        order(&["w.log.3", "w.log.1", "w.log.2"]).0,
        [["w.log.1", "w.log.2", "w.log.3"]]
    );
    assert_eq!(order(&["n.log.2", "n.log.1"]).0, [["n.log.1", "n.log.2"]]);
    assert_eq!(order(&["f.log.1", "f.log.2"]).0, [["f.log.2", "f.log.1"]]);
    let (logs, warnings) = order(&["m.log.1", "m.log.2", "m.log.3", "m.log.4"]);
    assert_eq!(logs.len(), 4);
    assert!(warnings[0].contains("contradicts"), "{warnings:?}");
}

#[test]
fn a_process_that_began_anew_does_not_turn_the_order_round() {
    let (first, second) = (lines_of(30, 40), lines(60));
    // The second process begins in the older part; the numbers at the beginnings fall.
    let old = [first.concat(), second[..4].concat()].concat();
    let folder = Folder::new(&[
        ("app.log.1", old.as_bytes()),
        ("app.log", second[4..29].concat().as_bytes()),
    ]);
    let reading = folder.read(&["app.log", "app.log.1"]);
    let row = |first, last| (first, last, "app.log".to_owned());
    assert_eq!(processes(&reading), [row(1, 29), row(30, 69)]);
}

#[test]
fn what_is_never_joined() {
    let all = lines(60);
    let text = |lines: &[String]| lines.concat().into_bytes();
    let cut = |text: Vec<u8>| text[..text.len() - 12].to_vec();
    let folder = Folder::new(&[
        // Runs one after another.
        ("bench.log.1", &text(&all[..10])),
        ("bench.log.2", &text(&all[..12])),
        ("bench.log.3", &text(&all[..14])),
        // Two that ran at the same time.
        ("over.log.1", &text(&all[10..40])),
        ("over.log", &text(&all[30..50])),
        // One is missing.
        ("hole.log.3", &text(&all[10..20])),
        ("hole.log.1", &text(&all[30..40])),
        // Broken off.
        ("cut.log.1.gz", &cut(gzip(&text(&all[10..40])))),
        ("cut.log", &text(&all[40..])),
        // Two schemes.
        ("two.log.1", &text(&all[10..20])),
        ("two.log-20260101", &text(&all[20..30])),
        ("two.log", &text(&all[30..40])),
    ]);
    let (logs, warnings) = folder.logs(&["bench.log.1", "bench.log.2", "bench.log.3"]);
    assert_eq!((logs.len(), warnings.len()), (3, 0), "{warnings:?}");
    let (logs, warnings) = folder.logs(&["hole.log.1", "hole.log.3"]);
    assert_eq!(logs.len(), 2);
    assert!(warnings[0].contains("number 2 is missing"), "{warnings:?}");
    let (logs, warnings) = folder.logs(&["two.log", "two.log.1", "two.log-20260101"]);
    assert_eq!(logs.len(), 3);
    assert!(warnings[0].contains("two schemes"), "{warnings:?}");
    for (names, why) in [
        (["over.log.1", "over.log"], "do not go on"),
        (["cut.log.1.gz", "cut.log"], "could not be read to its end"),
    ] {
        let reading = folder.read(&names);
        assert_eq!(reading.report.processes.len(), 2, "{names:?}");
        assert_eq!(reading.report.input.logs(), 2, "{names:?}");
        let warnings = reading.report.warnings.join("\n");
        assert!(
            warnings.contains(why) && warnings.contains(names[1]),
            "{warnings}"
        );
    }
}

#[test]
fn a_copy_of_a_part_is_read_once() {
    let all = lines(30);
    let folder = Folder::new(&[
        ("app.log.1", all[..20].concat().as_bytes()),
        ("app.log.1.gz", &gzip(all[..20].concat().as_bytes())),
        ("app.log", all[20..].concat().as_bytes()),
    ]);
    let (logs, warnings) = folder.logs(&["app.log.1.gz", "app.log", "app.log.1", "./app.log"]);
    assert_eq!(logs, [["app.log.1", "app.log"]]);
    assert_eq!(
        warnings,
        [
            "./app.log is named twice, and read once",
            "app.log.1.gz is app.log.1 once more: only that is read"
        ]
    );
}

#[test]
fn a_directory_is_walked() {
    let all = lines(40);
    let text = |lines: &[String]| lines.concat().into_bytes();
    let folder = Folder::new(&[
        ("logs/b/app.log", &text(&all[20..])),
        ("logs/b/app.log.1.gz", &gzip(&text(&all[..20]))),
        ("logs/a.log", &text(&all[..30])),
        ("logs/.hidden.log", &text(&all[..30])),
        ("logs/.git/x.log", &text(&all[..30])),
        ("empty/.hidden", b""),
    ]);
    let (logs, warnings) = folder.logs(&["logs"]);
    let wanted = [
        vec!["logs/a.log"],
        vec!["logs/b/app.log.1.gz", "logs/b/app.log"],
    ];
    assert_eq!(
        (logs, warnings),
        (
            wanted
                .map(|log| log.into_iter().map(str::to_owned).collect())
                .to_vec(),
            vec![]
        )
    );
    assert_eq!(
        folder.json(&["logs"])["processes"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let (status, _, err) = folder.run(&["empty"]);
    assert!(
        status == 2 && err.contains("cannot read empty: there is no file in it"),
        "{err}"
    );
}

#[test]
fn what_cannot_be_read_does_not_take_the_rest_with_it() {
    let all = lines(40);
    let text = |lines: &[String]| lines.concat().into_bytes();
    let folder = Folder::new(&[
        ("a.log", &text(&all[..30])),
        ("b.log", b"BZh91AY"),
        ("c.log.2", &text(&all[..10])),
        ("c.log.1", b"BZh91AY"),
        ("c.log", &text(&all[20..])),
    ]);
    let (status, out, err) =
        folder.run(&["-f", "json", "--exit-zero", "missing.log", "b.log", "a.log"]);
    assert_eq!(status, 2);
    assert!(
        err.contains("cannot read missing.log") && err.contains("cannot read b.log"),
        "{err}"
    );
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["processes"].as_array().unwrap().len(), 1);
    assert_eq!(report["exit_status"], 2);
    assert_eq!(report["input"]["unreadable"].as_array().unwrap().len(), 2);
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("not read: missing.log"), "{warnings}");
    // A part that cannot be read is a hole.
    let (status, out, _) = folder.run(&["-f", "json", "c.log.2", "c.log.1", "c.log"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (status, report["processes"].as_array().unwrap().len()),
        (2, 2)
    );
    let (status, out, err) = folder.run(&["events", "b.log", "a.log"]);
    assert_eq!((status, out.lines().count()), (2, 30), "{err}");
    // Nothing at all.
    let (status, out, err) = folder.run(&["missing.log", "b.log"]);
    assert_eq!((status, out.as_str()), (2, ""));
    assert_eq!(err.matches("cannot read").count(), 2, "{err}");
}

#[test]
fn in_a_comparison_a_run_is_a_log() {
    let all = lines(80);
    let text = |lines: &[String]| lines.concat().into_bytes();
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for side in ["base", "new"] {
        for pod in 0..4 {
            for hour in 0..4 {
                let name = match hour {
                    3 => format!("{side}/pod-{pod}/app.log"),
                    _ => format!("{side}/pod-{pod}/app.log.{}.gz", 3 - hour),
                };
                let part = text(&all[20 * hour..20 * (hour + 1)]);
                files.push((name, if hour < 3 { gzip(&part) } else { part }));
            }
        }
        for run in 1..=5 {
            files.push((format!("{side}.log.{run}"), text(&all[..20 + run])));
        }
    }
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_slice()))
        .collect();
    let folder = Folder::new(&files);
    let runs = |args: &[&str]| -> Vec<usize> {
        let (_, out, err) = folder.run(&[&["compare", "-f", "json"], args].concat());
        let result: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
        let count = |side: &str| result[side]["runs"].as_array().unwrap().len();
        vec![count("base"), count("new")]
    };
    assert_eq!(runs(&["base", "new"]), [4, 4]);
    let mut args = Vec::new();
    let names: Vec<[String; 2]> = (1..=5)
        .map(|run| [format!("base.log.{run}"), format!("new.log.{run}")])
        .collect();
    for [base, new] in &names {
        args.extend(["--base", base, "--new", new]);
    }
    assert_eq!(runs(&args), [5, 5]);
    // One that cannot be read does not take the others with it.
    fs::write(folder.path("new/broken.log"), b"BZh91AY").unwrap();
    assert_eq!(runs(&["base", "new"]), [4, 4]);
    let (status, _, err) = folder.run(&["compare", "base", "new"]);
    assert!(
        status == 2 && err.contains("cannot read new/broken.log"),
        "{err}"
    );
}

#[test]
fn every_format_says_which_log_a_process_is_of() {
    let busy: Vec<String> = (1..900)
        .map(|n| {
            format!(
                "gc {n} @{}.{:03}s 9%: 0.010+1.0+0.010 ms clock, 0.080+0/1.0/0+0.080 ms cpu, 4->5->2 MB, 5 MB goal, 0 MB stacks, 0 MB globals, 8 P\n",
                n / 50,
                n % 50 * 20
            )
        })
        .collect();
    let folder = Folder::new(&[
        ("pods/calm.log", lines(60).concat().as_bytes()),
        ("pods/busy.log.1", busy[..400].concat().as_bytes()),
        ("pods/busy.log", busy[400..].concat().as_bytes()),
    ]);
    for format in [
        "text", "markdown", "html", "junit", "github", "json", "ndjson",
    ] {
        let (_, out, err) = folder.run(&["-f", format, "pods"]);
        assert!(out.contains("pods/busy.log"), "{format}: {out}{err}");
        // GitHub's annotations are of findings alone.
        assert!(
            format == "github" || out.contains("pods/calm.log"),
            "{format}: {out}"
        );
    }
    let (_, text, _) = folder.run(&["pods"]);
    assert!(text.contains("2 logs: "), "{text}");
    assert!(text.contains("process 1 of pods/busy.log\n"), "{text}");
    let (_, text, _) = folder.run(&["pods/busy.log", "pods/busy.log.1"]);
    assert!(text.contains("busy.log (2 parts): 899 GC cycles"), "{text}");
    let (_, text, _) = folder.run(&["pods/calm.log", "pods/busy.log", "--process", "1"]);
    assert!(text.contains("pods/calm.log: 60 GC cycles"), "{text}");
}

#[test]
fn no_log_in_a_directory_is_replaced() {
    let folder = Folder::new(&[("logs/a.log", lines(60).concat().as_bytes())]);
    let (status, _, err) = folder.run(&["logs", "-o", "json=logs/a.log"]);
    assert!(
        status == 2 && err.contains("would replace what is read"),
        "{err}"
    );
}
