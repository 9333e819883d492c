//! Processes that have ended, worst first, and the report made of them.

use crate::analyzer::{Analysis, Judgement};
use crate::report::{self, Finding, Input, Measures, Report, Verdict};
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
        let verdict = if self.processes.is_empty() && !input.newest_first {
            Verdict::NoVerdict(nothing_read(&input))
        } else {
            self.judgement.verdict(input.newest_first)
        };
        Report {
            verdict,
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

/// Why there is no cycle to judge, and what to do.
fn nothing_read(input: &Input) -> String {
    let cycles = input.intact + input.repaired;
    if cycles > 0 {
        format!(
            "none of the {cycles} GC cycles is left by --since, --until, --process and --stream: \
             without them the report lists the processes"
        )
    } else if input.legacy_gc_lines > 0 {
        "only lines of Go 1.0 to 1.4, which hold no clock, so nothing can be said of rates: build with Go 1.5 or later"
            .to_owned()
    } else if input.damaged > 0 {
        "no GC cycle that can be read: -v shows the damaged lines".to_owned()
    } else if input.sources.iter().all(|source| source.lines == 0) {
        "the input is empty: start the program with GODEBUG=gctrace=1 and pass on its standard error (2>&1)".to_owned()
    } else {
        "no GC cycle in the input: start the program with GODEBUG=gctrace=1, pass on its standard error (2>&1), \
             and run it long enough to collect".to_owned()
    }
}
