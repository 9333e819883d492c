//! The formats for machines and servers: golden files in `tests/render/` on the same three reports, what is in them read
//! back by their readers' rules. After a change that is meant, `SNAPSHOTS=overwrite cargo test --test all formats` writes the
//! golden files anew, to be read before they are committed.
#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use crate::example;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use gcpressure::internal::render::{Format, Formats, Render, Style};
use gcpressure::internal::settings::Severity;
use gcpressure::report::{Report, Verdict};
use serde_json::Value;
use snapbox::{Data, assert_data_eq};

fn write(format: Format, report: &Report, style: Style) -> String {
    let mut page = Vec::new();
    format.render(report, &mut page, &style).unwrap();
    String::from_utf8(page).unwrap()
}

fn plain(format: Format, report: &Report) -> String {
    write(format, report, Style::default())
}

/// One process in trouble, one in none, several.
fn samples() -> [(&'static str, Report); 3] {
    [
        ("critical", example::critical()),
        ("healthy", example::healthy()),
        ("fleet-3", example::fleet(3)),
    ]
}

/// Formats of figures alone: they name no findings.
const FIGURES: &[Format] = &[Format::Benchfmt];

#[test]
fn every_format_writes_its_golden_files() {
    for &format in Format::ALL {
        let ending = match format.name() {
            "text" => "txt",
            "markdown" => "md",
            "junit" => "junit.xml",
            // tests/long/html.rs has those of the page; the lines of NDJSON are the JSON.
            "html" | "json" => continue,
            name => name,
        };
        for (name, report) in samples() {
            let path =
                Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/render/{name}.{ending}"));
            assert_data_eq!(plain(format, &report), Data::read_from(&path, None).raw());
        }
    }
}

#[test]
fn markdown() {
    let page = plain(Format::Markdown, &example::critical());
    assert!(page.contains("4,402 GC cycles"));
    assert!(page.contains("12,345 lines, 4,402 gc lines, 1 cycle missing, 2 repaired, 1 damaged"));
}

/// The cycles of all rows.
fn csv_cycles(page: &str) -> u64 {
    let mut rows = csv::Reader::from_reader(page.as_bytes());
    let heads = rows.headers().unwrap().clone();
    let column = heads.iter().position(|head| head == "cycles").unwrap();
    let rows = rows.records().map(Result::unwrap);
    rows.map(|row| row[column].parse::<u64>().unwrap()).sum()
}

#[test]
fn every_format_says_how_much_was_read() {
    let report = example::critical();
    let points = &report.processes[0].measures.timeline;
    let timeline: u64 = points.iter().map(|point| point.cycles).sum();
    assert_eq!(timeline, 528);
    for &format in Format::ALL {
        let page = plain(format, &report);
        // Rows of the timeline have no total: they add up to it.
        let total = match format {
            Format::Csv => csv_cycles(&page) == timeline,
            _ => page.contains("4402") || page.contains("4,402"),
        };
        assert!(total, "{} lost the cycles", format.name());
        assert!(
            FIGURES.contains(&format) || page.contains("gc-frequency"),
            "{} lost a finding",
            format.name()
        );
        assert_eq!(Format::from_name(format.name()), Some(format));
    }
}

#[test]
fn a_comment_has_room_for_a_fleet() {
    let page = plain(Format::Markdown, &example::fleet(300));
    assert!(page.len() < 65_536, "{} bytes", page.len());
    assert!(page.contains("and 280 more"));
    let verbose = Style::default().verbose(true);
    let page = write(Format::Markdown, &example::fleet(300), verbose);
    assert_eq!(page.matches("| `orders-7d9c5b-").count(), 299);
    assert_eq!(
        page.matches("| \\~`orders-7d9c5b-002`").count(),
        1,
        "the one that was told apart by its figures alone"
    );
    for n in 0..300 {
        assert!(page.contains(&format!("`orders-7d9c5b-{n:03}` |")), "{n}");
    }
}

#[test]
fn no_name_is_markup_in_markdown() {
    let page = plain(Format::Markdown, &example::hostile());
    let spans = regex::Regex::new("(`+)[^`]+?(`+)").unwrap();
    let outside = spans.replace_all(&page, "");
    assert!(!outside.contains("<img"), "{outside}");
    assert!(!outside.contains("</script>"), "{outside}");
    assert!(!page.contains('\u{1b}') && !page.contains('\r'));
    assert!(page.contains("<img onerror"), "the name is not shown");
}

/// A workflow command as the runner reads it.
#[derive(Debug, PartialEq)]
struct Annotation {
    level: String,
    title: String,
    message: String,
}

fn annotations(page: &str) -> Vec<Annotation> {
    let unescape = |text: &str| {
        text.replace("%3A", ":")
            .replace("%2C", ",")
            .replace("%0A", "\n")
            .replace("%0D", "\r")
            .replace("%25", "%")
    };
    page.lines()
        .map(|line| {
            let rest = line.strip_prefix("::").expect(line);
            let (command, message) = rest.split_once("::").expect(line);
            let (level, properties) = command.split_once(' ').expect(line);
            let properties: Vec<_> = properties.split(',').collect();
            let [title] = properties[..] else {
                panic!("{properties:?}")
            };
            Annotation {
                level: level.to_owned(),
                title: unescape(title.strip_prefix("title=").unwrap()),
                message: unescape(message),
            }
        })
        .collect()
}

#[test]
fn annotations_say_what_was_found_and_what_was_read() {
    let found = annotations(&plain(Format::Github, &example::critical()));
    let levels: Vec<_> = found.iter().map(|one| one.level.as_str()).collect();
    assert_eq!(levels, ["error", "warning", "notice", "notice"]);
    assert_eq!(found[0].title, "gc-frequency 66.7/s, threshold 40/s");
    assert_eq!(found[1].title, "gc-cpu 18.4%, threshold 10%");
    assert_eq!(found[3].title, "gcpressure: critical");
    assert!(found[3].message.contains("server.log: 4,402 GC cycles"));
}

#[test]
fn what_fails_the_check_is_an_error() {
    let strict = Style::default().fail_on(Severity::Warning);
    let found = annotations(&write(Format::Github, &example::critical(), strict));
    assert_eq!((&*found[1].level, &*found[2].level), ("error", "notice"));
}

#[test]
fn no_name_is_a_workflow_command() {
    let report = example::hostile();
    let found = annotations(&plain(Format::Github, &report));
    assert_eq!(found.len(), 2);
    assert!(found[0].message.contains("::error::"), "the name is shown");
    assert!(found[0].message.contains("%0A"), "as it is in the log");
}

#[test]
fn the_lines_that_allocate_are_notices_at_these_lines() {
    let mut report = example::explained();
    let page = plain(Format::Github, &report);
    let lines: Vec<_> = page.lines().collect();
    assert_eq!(lines.len(), 7, "{page}");
    assert_eq!(
        lines[3],
        "::notice file=handlers/orders.go,line=38,title=allocates 24.1%25 of the bytes::shop/handlers.Order::error::: 24.1%25 \
         of the bytes, 1.2MiB and 5,200 objects a second%0ASprintf for a simple conversion: id escapes to the heap: it \
         becomes an interface value%0Anext: use strconv.Itoa"
    );
    assert!(
        lines[4].starts_with("::notice file=handlers/<img onerror>%2Ca%3Ab.go,line=51,title="),
        "{page}"
    );
    report.findings = everything().findings;
    let page = plain(Format::Github, &report);
    assert_eq!(page.lines().count(), 10, "{page}");
    assert_eq!(page.matches(" file=").count(), 3);
    let markdown = plain(Format::Markdown, &report);
    assert!(
        markdown.contains("| `handlers/<img onerror>,a:b.go:51` |"),
        "{markdown}"
    );
}

/// Many rules raised at once.
fn everything() -> Report {
    let mut report = example::critical();
    let names = [
        "gc-frequency",
        "pause-p99",
        "long-pause",
        "pause-budget",
        "goal-churn",
        "gc-cpu",
        "assist-pressure",
        "mark-duty",
        "min-heap",
        "low-headroom",
        "cpu-limiter",
        "heap-growth",
    ];
    let first = report.findings[0].clone();
    report.findings = names
        .map(|rule| {
            let mut finding = first.clone();
            finding.rule = rule;
            finding.severity = match rule {
                "gc-frequency" => Severity::Critical,
                _ => Severity::Warning,
            };
            finding
        })
        .to_vec();
    report
}

#[test]
fn ten_annotations_are_all_that_a_step_may_have() {
    let found = annotations(&plain(Format::Github, &everything()));
    assert_eq!(found.len(), 10);
    let last = &found[9];
    assert_eq!(
        (&*last.level, &*last.title),
        ("warning", "gcpressure: critical")
    );
    assert!(last.message.ends_with(
        "also raised: low-headroom (warning), cpu-limiter (warning), heap-growth (warning)"
    ));
    assert_eq!(
        annotations(&plain(Format::Github, &example::fleet(300))).len(),
        2
    );
}

#[test]
fn no_verdict_is_never_quiet() {
    let mut report = example::nothing();
    let found = annotations(&plain(Format::Github, &report));
    assert_eq!((found.len(), &*found[0].level), (1, "error"));
    let junit = plain(Format::Junit, &report);
    assert!(junit.contains("errors=\"1\"") && junit.contains("<error message=\"no GC cycle"));
    report.exit_status = 0;
    assert_eq!(
        annotations(&plain(Format::Github, &report))[0].level,
        "warning"
    );
    let junit = plain(Format::Junit, &report);
    assert!(junit.contains("errors=\"0\"") && junit.contains("<skipped message=\"no GC cycle"));
}

#[test]
fn junit() {}

/// How many test cases, failures, errors and skipped ones the file says there are, and how many there are.
fn tally(page: &str) -> ([usize; 4], [usize; 4]) {
    let root = page
        .lines()
        .find(|line| line.contains("<testsuites"))
        .unwrap();
    let attribute = |name: &str| {
        let pattern = format!(" {name}=\"([0-9]+)\"");
        let found = regex::Regex::new(&pattern).unwrap();
        found.captures(root).unwrap()[1].parse().unwrap()
    };
    let elements = ["<testcase ", "<failure ", "<error ", "<skipped "];
    (
        ["tests", "failures", "errors", "skipped"].map(attribute),
        elements.map(|element| page.matches(element).count()),
    )
}

#[test]
fn the_test_tab_is_red_where_the_check_fails() {
    let page = plain(Format::Junit, &example::critical());
    assert_eq!(tally(&page), ([4, 1, 0, 2], [4, 1, 0, 2]));
    assert!(page.contains("4,402 GC cycles"));
    let mut report = example::critical();
    report.rules[1].status = gcpressure::report::RuleState::Raised;
    let strict = Style::default().fail_on(Severity::Warning);
    let page = write(Format::Junit, &report, strict);
    assert_eq!(tally(&page), ([4, 2, 0, 2], [4, 2, 0, 2]));
    let page = plain(Format::Junit, &example::healthy());
    assert_eq!(tally(&page).0[1..3], [0, 0]);
    let page = plain(Format::Junit, &example::fleet(300));
    assert_eq!(tally(&page).0[0], 1200);
}

#[test]
fn junit_is_valid() {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/render/junit.xsd");
    let mut reports: Vec<_> = samples().into_iter().map(|(_, report)| report).collect();
    reports.extend([example::nothing(), example::hostile(), everything()]);
    reports.extend(example::real().into_iter().map(|(_, report)| report));
    for report in reports {
        let page = plain(Format::Junit, &report);
        let child = Command::new("xmllint")
            .args(["--nonet", "--noout", "--schema", schema, "-"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let Ok(mut child) = child else {
            assert!(
                std::env::var_os("GCPRESSURE_REQUIRE_XMLLINT").is_none(),
                "xmllint is not installed"
            );
            let _ = writeln!(std::io::stderr(), "xmllint is not installed: skipped");
            return;
        };
        child
            .stdin
            .take()
            .unwrap()
            .write_all(page.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}\n{page}");
    }
}

#[test]
fn each_format_has_the_totals_of_each_sample() {
    // Cycles as people read them and as a number, and those of the timeline's points, which these reports made by hand
    // have for themselves.
    let totals = [
        ("4,402", 4402, 528),
        ("85", 85, 528),
        ("13,206", 13_206, 1584),
    ];
    let pattern = regex::Regex::new("([0-9,]+) GC cycles from").unwrap();
    for ((name, report), (shown, cycles, points)) in samples().into_iter().zip(totals) {
        for format in [Format::Text, Format::Markdown, Format::Github, Format::Html] {
            let page = plain(format, &report);
            let total = format!("{shown} GC cycles");
            assert!(page.contains(&total), "{name} as {}", format.name());
        }
        let junit = plain(Format::Junit, &report);
        let sum: u64 = pattern
            .captures_iter(&junit)
            .map(|found| found[1].replace(',', "").parse::<u64>().unwrap())
            .sum();
        assert_eq!(sum, cycles, "{name} as junit");
        let json: Value = serde_json::from_str(&plain(Format::Json, &report)).unwrap();
        let seen = |process: &Value| process["cycles_seen"].as_u64();
        let sum: u64 = (json["processes"].as_array().unwrap().iter())
            .filter_map(seen)
            .sum();
        assert_eq!(sum, cycles, "{name} as json");
        let lines = plain(Format::Ndjson, &report);
        let lines = lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap());
        let sum: u64 = lines.filter_map(|line: Value| seen(&line)).sum();
        assert_eq!(sum, cycles, "{name} as ndjson");
        let bench = plain(Format::Benchfmt, &report);
        let lines = bench.lines().filter(|line| line.starts_with("Benchmark"));
        let sum: u64 = lines
            .map(|line| line.split_whitespace().nth(1).unwrap())
            .map(|cycles| cycles.parse::<u64>().unwrap())
            .sum();
        assert_eq!(sum, cycles, "{name} as benchfmt");
        let metrics = plain(Format::Openmetrics, &report);
        let counts = metrics.lines().filter(|line| {
            line.starts_with("gctrace_cycles_total{") && !line.contains("kind=\"missing\"")
        });
        let sum: u64 = counts
            .map(|line| line.rsplit(' ').next().unwrap())
            .map(|cycles| cycles.parse::<u64>().unwrap())
            .sum();
        assert_eq!(sum, cycles, "{name} as openmetrics");
        let page = plain(Format::Csv, &report);
        let mut rows = csv::Reader::from_reader(page.as_bytes());
        let heads = rows.headers().unwrap().clone();
        let column = heads.iter().position(|head| head == "cycles").unwrap();
        let rows = rows.records().map(Result::unwrap);
        let sum: u64 = rows.map(|row| row[column].parse::<u64>().unwrap()).sum();
        assert_eq!(sum, points, "{name} as csv");
    }
}

#[test]
fn csv_has_every_point_and_every_cycle() {
    for (path, report) in example::real() {
        let page = plain(Format::Csv, &report);
        let mut rows = csv::Reader::from_reader(page.as_bytes());
        let heads = rows.headers().unwrap().clone();
        let column = |name: &str| heads.iter().position(|head| head == name).unwrap();
        let (process, cycles) = (column("process"), column("cycles"));
        let rows: Vec<_> = rows.records().map(Result::unwrap).collect();
        let points: usize = report
            .processes
            .iter()
            .map(|process| process.measures.timeline.len())
            .sum();
        assert_eq!(rows.len(), points, "{path}");
        for one in &report.processes {
            let own = rows.iter().filter(|row| row[process] == *one.id);
            let sum: u64 = own.map(|row| row[cycles].parse::<u64>().unwrap()).sum();
            let points = &one.measures.timeline;
            assert_eq!(
                sum,
                points.iter().map(|point| point.cycles).sum::<u64>(),
                "{path}"
            );
        }
    }
}

#[test]
fn csv_keeps_a_name_in_its_field() {
    let report = example::hostile();
    let page = plain(Format::Csv, &report);
    let mut rows = csv::Reader::from_reader(page.as_bytes());
    let names: std::collections::BTreeSet<_> = rows
        .records()
        .map(|row| row.unwrap()[0].to_owned())
        .collect();
    let expected: std::collections::BTreeSet<_> =
        report.processes.iter().map(|one| one.id.clone()).collect();
    assert_eq!(names, expected);
    assert!(page.lines().next().unwrap().ends_with(",findings"));
}

#[test]
fn ndjson_is_the_json_report_in_lines() {
    let mut reports: Vec<_> = samples().into_iter().map(|(_, report)| report).collect();
    reports.extend([example::nothing(), example::hostile()]);
    for report in reports {
        let whole: Value = serde_json::from_str(&plain(Format::Json, &report)).unwrap();
        let mut joined = serde_json::Map::new();
        for list in ["processes", "findings", "rules"] {
            joined.insert(list.to_owned(), Value::Array(Vec::new()));
        }
        for line in plain(Format::Ndjson, &report).lines() {
            let mut line: serde_json::Map<_, _> = serde_json::from_str(line).unwrap();
            let schema = line.remove("schema").unwrap();
            assert_eq!(schema, "gcpressure.report/v1");
            let list = match line.remove("record").unwrap().as_str().unwrap() {
                "report" => {
                    joined.extend(line);
                    joined.insert("schema".to_owned(), schema);
                    continue;
                }
                "process" => "processes",
                "finding" => "findings",
                "rule" => "rules",
                other => panic!("{other}"),
            };
            joined[list].as_array_mut().unwrap().push(line.into());
        }
        assert_eq!(Value::Object(joined), whole);
    }
}

/// Names, labels and values of the samples of OpenMetrics text.
fn metric_samples(page: &str) -> Vec<(String, String, f64)> {
    let lines = page.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = name.split_once('{').unwrap_or((name, "}"));
            (
                name.to_owned(),
                labels.strip_suffix('}').unwrap().to_owned(),
                value.parse().unwrap(),
            )
        })
        .collect()
}

fn metric(page: &str, name: &str, labels: &str) -> Option<f64> {
    let found = metric_samples(page).into_iter();
    let mut found = found.filter(|sample| sample.0 == name && sample.1 == labels);
    let value = found.next().map(|sample| sample.2);
    assert_eq!(found.next(), None, "{name} twice");
    value
}

#[test]
fn metrics_are_the_figures_of_the_report_in_base_units() {
    for (path, report) in example::real() {
        let page = plain(Format::Openmetrics, &report);
        assert!(page.ends_with("# EOF\n"), "{path}");
        for process in &report.processes {
            let id = process.id.replace('\\', "\\\\").replace('"', "\\\"");
            let stream = (process.stream.iter()).map(|_| format!(",stream=\"{id}\""));
            let labels = format!("process=\"{id}\"{}", stream.collect::<String>());
            if (process.stream.iter()).any(|stream| *stream != process.id) || !id.is_ascii() {
                continue;
            }
            let value = |name: &str| metric(&page, name, &labels);
            let pause = process.measures.pause_ns;
            assert_eq!(
                value("gctrace_pause_seconds_count"),
                Some(pause.count as f64),
                "{path}"
            );
            assert_eq!(
                value("gctrace_pause_seconds_sum"),
                Some(pause.sum as f64 / 1e9),
                "{path}"
            );
            let live = process
                .measures
                .live_heap_bytes
                .map(|live| live.last as f64);
            assert_eq!(value("gctrace_heap_live_bytes"), live, "{path}");
            // Buckets never fall, and the last one has all.
            for family in ["gctrace_pause_seconds", "gctrace_period_seconds"] {
                let bucket = format!("{family}_bucket");
                let prefix = format!("{labels},le=");
                let counts: Vec<f64> = metric_samples(&page)
                    .into_iter()
                    .filter(|sample| sample.0 == bucket && sample.1.starts_with(&prefix))
                    .map(|sample| sample.2)
                    .collect();
                assert!(counts.is_sorted(), "{path}: {counts:?}");
                assert_eq!(
                    counts.last().copied(),
                    value(&format!("{family}_count")),
                    "{path}"
                );
            }
        }
    }
}

#[test]
fn a_figure_that_is_unknown_is_no_metric() {
    let page = plain(Format::Openmetrics, &example::nothing());
    assert!(!page.contains("gctrace_"), "{page}");
    assert_eq!(
        metric(&page, "gcpressure_lines_total", "state=\"intact\""),
        Some(0.0)
    );
    let mut report = example::healthy();
    report.processes[0].measures.live_heap_bytes = None;
    report.rules[0].worst = None;
    let rule = report.rules[0].id;
    let page = plain(Format::Openmetrics, &report);
    assert!(!page.contains("gctrace_heap_live_bytes"), "{page}");
    assert!(!page.contains(&format!("gcpressure_rule_value{{rule=\"{rule}\"")));
}

#[test]
fn a_finding_that_has_cleared_is_zero() {
    let mut report = example::critical();
    let labels = "process=\"1\",rule=\"gc-frequency\",severity=\"critical\"";
    let cause = "process=\"1\",cause=\"allocation-rate\"";
    let page = plain(Format::Openmetrics, &report);
    assert_eq!(metric(&page, "gcpressure_finding", labels), Some(1.0));
    assert_eq!(metric(&page, "gcpressure_diagnosis", cause), Some(1.0));
    report.findings[0].raised = false;
    let page = plain(Format::Openmetrics, &report);
    assert_eq!(metric(&page, "gcpressure_finding", labels), Some(0.0));
    assert_eq!(
        metric(&page, "gcpressure_diagnosis", cause),
        Some(1.0),
        "gc-cpu is raised still"
    );
    report.findings[1].raised = false;
    let page = plain(Format::Openmetrics, &report);
    assert_eq!(metric(&page, "gcpressure_diagnosis", cause), Some(0.0));
}

#[test]
fn no_name_breaks_out_of_its_label() {
    let mut report = example::hostile();
    report.processes[0].id = "a\\b\"c\nd".to_owned();
    let page = plain(Format::Openmetrics, &report);
    assert!(page.contains(r#"process="a\\b\"c\\u{a}d""#), "{page}");
    for (name, _, _) in metric_samples(&page) {
        assert!(
            name.starts_with("gctrace_") || name.starts_with("gcpressure_"),
            "{name}"
        );
    }
}

#[test]
fn every_format_takes_every_log() {
    for (path, report) in example::real() {
        for &format in Format::ALL {
            let page = plain(format, &report);
            assert!(!page.is_empty(), "{path}: {}", format.name());
            assert!(!page.contains('\u{1b}'), "{path}: {}", format.name());
        }
        let cycles: u64 = report
            .processes
            .iter()
            .map(|process| process.cycles_seen)
            .sum();
        if cycles > 1 && !report.input.newest_first {
            let total = format!("{} GC cycles", gcpressure::internal::units::count(cycles));
            for format in [Format::Text, Format::Markdown, Format::Github, Format::Html] {
                let page = plain(format, &report);
                assert!(
                    page.contains(&total),
                    "{path}: {} lost {total}",
                    format.name()
                );
            }
        }
        let judged = !matches!(report.verdict, Verdict::NoVerdict(_));
        let junit = plain(Format::Junit, &report);
        assert_eq!(judged, !junit.contains("type=\"no-verdict\""), "{path}");
    }
}
