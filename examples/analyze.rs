//! Judges the log that is named, or standard input: prints the cause, the findings, and a Markdown report.

#![allow(clippy::print_stdout, reason = "an example prints")]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test panics by design"))]

use gcpressure::{Format, Options, Render, Report, Source, Style, Verdict, analyze};

fn judge(path: &str) -> Result<Report, gcpressure::Error> {
    analyze(vec![Source::open(path)?], &Options::default(), &mut ())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "-".to_owned());
    let report = judge(&path)?;

    if let Verdict::NoVerdict(reason) = &report.verdict {
        println!("no verdict: {reason}");
    }
    if let Some(diagnosis) = &report.diagnosis {
        println!("{}: {}", diagnosis.cause.name(), diagnosis.message);
    }
    for finding in &report.findings {
        println!("{} {}", finding.rule, finding.message);
    }
    let style = Style::PLAIN.verbose(true);
    Format::Markdown.render(&report, &mut std::io::stdout(), &style)?;
    Ok(())
}

#[test]
fn a_wasteful_program_is_judged() {
    let report = judge("samples/wasteful.go1.27.3.log").unwrap();
    assert_eq!(report.verdict, Verdict::Critical);
    assert_eq!(report.diagnosis.unwrap().cause.name(), "small-heap");
}
