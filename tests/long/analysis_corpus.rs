//! All real logs of the corpus against its labels: which rules must and must not be raised, processes, verdicts.
//! Prints the confusion table that docs/ACCURACY.md holds.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test panics by design and prints its table"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use gcpressure::internal::settings::{Settings, Severity};
use gcpressure::report::{Report, Verdict};

use crate::support::corpus::{corpus, in_accuracy_page, report};

/// What the labels ask of a log.
struct Label<'a> {
    file: &'a str,
    processes: &'a str,
    must: Vec<&'a str>,
    must_not: Vec<&'a str>,
    verdict: &'a str,
}

fn labels(text: &str) -> Vec<Label<'_>> {
    text.lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let list = |at: usize| fields[at].split(',').filter(|id| !id.is_empty()).collect();
            Label {
                file: fields[0],
                processes: fields[1],
                must: list(2),
                must_not: list(3),
                verdict: fields[4],
            }
        })
        .collect()
}

/// The worst severity of a rule over all processes.
fn worst(report: &Report, rule: &str) -> Option<Severity> {
    let of_rule = report
        .findings
        .iter()
        .filter(|finding| finding.rule == rule);
    of_rule.map(|finding| finding.severity).max()
}

fn verdict_name(report: &Report) -> &'static str {
    match report.verdict {
        Verdict::Pass => "pass",
        Verdict::Warning => "warning",
        Verdict::Critical => "critical",
        Verdict::NoVerdict(_) => "no-verdict",
    }
}

/// How one rule did: [raised as it must, not raised though it must, raised though it must not, silent as it must].
type Row = [u32; 4];

#[test]
fn labels_hold() {
    let Some(corpus) = corpus() else {
        println!("GCPRESSURE_CORPUS is not set: skipped");
        return;
    };
    let text = std::fs::read_to_string(corpus.join("LABELS.tsv")).unwrap();
    let mut table: BTreeMap<&str, Row> = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut logs = 0;
    for label in labels(&text) {
        let report = match report(&corpus.join(label.file), &Settings::default()) {
            Ok(report) => report,
            Err(error) => {
                if label.verdict != "error" {
                    wrong.push(format!("{}: {error}", label.file));
                }
                continue;
            }
        };
        logs += 1;
        let seen = report.processes.len() as u64 + report.processes_omitted;
        let processes_hold = match label.processes.strip_prefix('>') {
            Some(more) => seen > more.parse::<u64>().unwrap(),
            None => label.processes.is_empty() || seen == label.processes.parse::<u64>().unwrap(),
        };
        if !processes_hold {
            wrong.push(format!("{}: {seen} processes", label.file));
        }
        if !label.verdict.is_empty() && label.verdict != verdict_name(&report) {
            wrong.push(format!("{}: {}", label.file, verdict_name(&report)));
        }
        for rule in label.must {
            let id = rule.trim_end_matches('?');
            let least = if id == rule {
                Severity::Warning
            } else {
                Severity::Info
            };
            let holds = worst(&report, id).is_some_and(|severity| severity >= least);
            table.entry(id).or_default()[usize::from(!holds)] += 1;
            if !holds {
                wrong.push(format!("{}: {rule} is not raised", label.file));
            }
        }
        for id in label.must_not {
            let raised = worst(&report, id).is_some_and(|severity| severity >= Severity::Warning);
            table.entry(id).or_default()[if raised { 2 } else { 3 }] += 1;
            if raised {
                wrong.push(format!("{}: {id} is raised", label.file));
            }
        }
    }
    let mut page = format!(
        "{logs} logs. Raised means warning or critical (for `heap-growth` in logs under a minute: any severity).\n\n\
         | rule | raised as it must | missed | false alarm | silent as it must |\n| --- | ---: | ---: | ---: | ---: |\n"
    );
    for (rule, [hit, miss, alarm, silent]) in &table {
        writeln!(page, "| {rule} | {hit} | {miss} | {alarm} | {silent} |").unwrap();
    }
    println!("{page}");
    assert!(wrong.is_empty(), "{wrong:#?}");
    in_accuracy_page("confusion", &page);
}
