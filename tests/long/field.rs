//! Labelled logs of programs in the field, where `GCPRESSURE_FIELD` names their folder: whether the default gate fails
//! healthy programs, whether the sick ones are found, whether the cause is named. Prints the table that docs/ACCURACY.md holds.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test panics by design and prints its table"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::support::corpus::{corpus, in_accuracy_page, report};
use gcpressure::internal::settings::Settings;
use gcpressure::report::{MinMax, Report, Verdict};

fn field() -> Option<PathBuf> {
    let field = std::env::var_os("GCPRESSURE_FIELD").map(PathBuf::from);
    if field.is_none() {
        println!("GCPRESSURE_FIELD is not set: skipped");
    }
    field
}

/// How the default gate ends.
fn gate(report: &Report) -> &'static str {
    match report.verdict {
        Verdict::Critical => "fail",
        Verdict::NoVerdict(_) => "none",
        Verdict::Pass | Verdict::Warning => "pass",
    }
}

#[test]
fn labels_hold() {
    let Some(field) = field() else { return };
    let labels = std::fs::read_to_string(field.join("LABELS.tsv")).unwrap();
    let (mut healthy, mut sick) = ([0; 3], [0; 3]);
    let mut causes: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for line in labels.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let (file, label, cause) = (cells[0], cells[2], cells[7]);
        let report = report(&field.join(file), &Settings::default()).unwrap();
        let got = gate(&report);
        if label != "any" {
            let row = if label.contains("fail") {
                &mut sick
            } else {
                &mut healthy
            };
            row[["pass", "fail", "none"]
                .iter()
                .position(|name| *name == got)
                .unwrap()] += 1;
            if !label.split('|').any(|name| name == got) {
                wrong.push(format!("{file}: {got}, labelled {label}"));
            }
        }
        if !cause.is_empty() {
            let found = report
                .diagnosis
                .as_ref()
                .map_or("-", |found| found.cause.name());
            let named = cause.split('|').any(|name| name == found);
            let row = causes.entry(cause.to_owned()).or_default();
            row.0 += u32::from(named);
            row.1 += 1;
            if !named {
                wrong.push(format!("{file}: cause {found}, labelled {cause}"));
            }
        }
    }
    let mut page =
        "| programs | pass | fail | no verdict |\n| --- | ---: | ---: | ---: |\n".to_owned();
    for (name, [pass, fail, none]) in [("healthy", healthy), ("sick", sick)] {
        writeln!(page, "| {name} | {pass} | {fail} | {none} |").unwrap();
    }
    page.push_str("\n| cause as labelled | named |\n| --- | ---: |\n");
    for (cause, (named, all)) in &causes {
        let cause = match cause.as_str() {
            "-" => "none".to_owned(),
            cause => {
                let names = cause.split('|');
                let names = names.map(|name| if name == "-" { "none" } else { name });
                names.collect::<Vec<_>>().join(" or ")
            }
        };
        writeln!(page, "| {cause} | {named} of {all} |").unwrap();
    }
    println!("{page}");
    assert!(wrong.is_empty(), "{wrong:#?}");
    in_accuracy_page("field", &page);
}

/// The bins of a timeline are the run: every cycle in one of them, side by side, and GC CPU as the report has it.
#[test]
fn the_timeline_agrees_with_the_report() {
    let live = field().map(|field| field.join("live"));
    let folders = ["own", "real", "wrapped"].map(|kind| corpus().map(|corpus| corpus.join(kind)));
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let mut logs = 0;
    for folder in folders.into_iter().chain([live, Some(samples)]).flatten() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.to_string_lossy().into_owned();
            if !name.contains(".log") || name.ends_with(".json") || name.ends_with(".xz") {
                continue;
            }
            logs += 1;
            for process in report(&path, &Settings::default()).unwrap().processes {
                let (measures, id) = (&process.measures, &process.id);
                let points = &measures.timeline;
                let cycles: u64 = points.iter().map(|point| point.cycles).sum();
                assert!(cycles <= process.cycles_seen, "{name} {id}");
                // Cycles whose clock wrapped around are in none.
                assert!(cycles + 2 >= process.cycles_seen, "{name} {id}: {cycles}");
                for pair in points.windows(2) {
                    assert_eq!(pair[0].end_ns, pair[1].start_ns, "{name} {id}");
                }
                let (Some(low), Some(high)) =
                    (measures.gc_cpu_ratio_low, measures.gc_cpu_ratio_high)
                else {
                    continue;
                };
                let width = |ns: u64| ns as f64;
                let all: f64 = points.iter().map(|p| width(p.end_ns - p.start_ns)).sum();
                let parts = points.iter().map(|point| {
                    Some(point.gc_cpu_ratio()? * width(point.end_ns - point.start_ns))
                });
                let MinMax { min, max } = measures.gomaxprocs.unwrap();
                if let Some(sum) = parts.sum::<Option<f64>>()
                    && min == max
                    && process.cycles_missing == 0
                    && cycles == process.cycles_seen
                    && measures.duration_ns > 1_100_000_000
                {
                    let mean = sum / all;
                    let slack = 0.002 + high * 0.02;
                    assert!(
                        mean <= high + slack && mean >= low - slack,
                        "{name} {id}: {mean} is not in {low}..{high}"
                    );
                }
            }
        }
    }
    assert!(logs >= 8, "{logs} logs");
}
