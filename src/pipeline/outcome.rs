//! Processes that have ended, worst first, and the report made of them.

use crate::analyzer::{Analysis, Judgement};
use crate::report::{self, Finding, Input, Measures, Report};
use crate::settings::Settings;

/// Processes of which the report keeps the detail.
const KEPT: usize = 1_000;

/// What is known of the processes that have ended.
#[derive(Debug)]
pub(super) struct Outcomes {
    processes: Vec<report::Process>,
    findings: Vec<Finding>,
    judgement: Judgement,
    omitted: u64,
}

impl Outcomes {
    /// None yet.
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            processes: Vec::new(),
            findings: Vec::new(),
            judgement: Judgement::new(settings),
            omitted: 0,
        }
    }

    /// Takes in one process.
    pub(super) fn add(
        &mut self,
        analysis: Analysis,
        process: impl FnOnce(Measures, u64) -> report::Process,
    ) {
        self.judgement.add(&analysis);
        let process = process(analysis.measures, analysis.periodic_cycles);
        for mut finding in analysis.findings {
            finding.process.clone_from(&process.id);
            self.findings.push(finding);
        }
        self.processes.push(process);
        if self.processes.len() > KEPT {
            self.omitted += 1;
        }
    }

    /// The report of all processes.
    pub(super) fn report(self, input: Input, warnings: Vec<String>) -> Report {
        Report {
            verdict: self.judgement.verdict(input.newest_first),
            exit_status: 0,
            input,
            processes_omitted: self.omitted,
            processes: self.processes,
            findings: self.findings,
            rules: self.judgement.rules().to_vec(),
            warnings,
        }
    }
}
