//! Processes that have ended, worst first, and the report made of them.

use std::cmp::Reverse;

use crate::analyzer::{Analysis, Judgment};
use crate::report::{self, Diagnosis, Finding, Input, Measures, Report, Verdict};
use crate::settings::Settings;
use crate::severity::Severity;
use crate::units::from_f64;

/// Processes of which the report keeps the detail.
const KEPT: usize = 1_000;
/// More than those, before the worst are chosen: enough that choosing costs little, few enough that they need little memory.
const WAITING: usize = 24;

/// Points of all timelines together, once there are many processes.
pub(super) const POINTS: usize = 8_192;
/// Points that every timeline may keep.
pub(super) const LEAST_POINTS: usize = 6;

/// A process that has ended, with what was found on it.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    pub(super) process: report::Process,
    pub(super) findings: Vec<Finding>,
}

impl Ended {
    /// The order in which processes are kept: by the worst finding, then by GC CPU in cores (in 1/1000), then by the number of cycles.
    fn rank(&self) -> (Option<Severity>, u64, u64) {
        let worst = self.findings.iter().map(|f| f.severity).max();
        let cores = self.process.measures.gc_cpu_cores.unwrap_or(0.0);
        (worst, from_f64(cores * 1e3), self.process.cycles_seen)
    }
}

/// What is known of the processes that have ended.
#[derive(Debug, Clone)]
pub(super) struct Outcomes {
    ended: Vec<Ended>,
    judgment: Judgment,
    omitted: u64,
}

impl Outcomes {
    /// None yet.
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            ended: Vec::new(),
            judgment: Judgment::new(settings),
            omitted: 0,
        }
    }

    /// No process has ended.
    pub(super) const fn is_empty(&self) -> bool {
        self.ended.is_empty()
    }

    /// Takes in one process, and returns what is known of it.
    pub(super) fn add(
        &mut self,
        analysis: Analysis,
        process: impl FnOnce(Measures, u64, Option<Diagnosis>) -> report::Process,
    ) -> Option<&Ended> {
        if self.ended.len() >= KEPT + WAITING {
            self.keep_worst();
        }
        self.judgment.add(&analysis);
        let mut process = process(
            analysis.measures,
            analysis.periodic_cycles,
            analysis.diagnosis,
        );
        let mut findings = analysis.findings;
        for finding in &mut findings {
            finding.process.clone_from(&process.id);
        }
        if let Some(diagnosis) = &mut process.diagnosis {
            diagnosis.process.clone_from(&process.id);
        }
        process
            .measures
            .thin(LEAST_POINTS.max(POINTS / (self.ended.len() + 1)));
        self.ended.push(Ended { process, findings });
        self.ended.last()
    }

    /// Drops all but the worst processes.
    fn keep_worst(&mut self) {
        // Sorted by a copy of the keys: the room to sort the processes themselves in would be as large as they are.
        self.ended.sort_by_cached_key(|ended| Reverse(ended.rank()));
        self.omitted += self.ended.len().saturating_sub(KEPT) as u64;
        self.ended.truncate(KEPT);
        let points = LEAST_POINTS.max(POINTS / self.ended.len().max(1));
        for ended in &mut self.ended {
            ended.process.measures.thin(points);
        }
    }

    /// The report of all processes.
    pub(super) fn report(mut self, input: Input, warnings: Vec<String>) -> Report {
        self.keep_worst();
        let verdict = if self.ended.is_empty() && !input.newest_first {
            Verdict::NoVerdict(nothing_read(&input))
        } else {
            self.judgment.verdict(input.newest_first)
        };
        let all = self.ended.iter_mut();
        // The worst process first.
        let findings: Vec<Finding> = all.flat_map(|ended| ended.findings.drain(..)).collect();
        // Collected in place: a thousand take a MiB.
        let processes: Vec<_> = self.ended.into_iter().map(|ended| ended.process).collect();
        let severity = |process: &&report::Process| process.diagnosis.as_ref().map(|d| d.severity);
        // Of several equally bad ones the first: the processes stand worst first.
        let worst = processes.iter().rev().max_by_key(severity);
        let diagnosis = worst.and_then(|process| process.diagnosis.clone());
        Report {
            verdict,
            exit_status: 0,
            input,
            processes_omitted: self.omitted,
            processes,
            diagnosis,
            findings,
            rules: self.judgment.rules().to_vec(),
            warnings,
            causes: None,
            baseline: None,
        }
    }
}

/// Why there is no cycle to judge, and what to do.
fn nothing_read(input: &Input) -> String {
    let cycles = input.gc_lines.cycles();
    if let polls @ 1.. = input.sources.iter().map(|source| source.polls).sum() {
        return format!(
            "no GC cycle has ended in the program by the last of {polls} polls: watch for longer (--for), or while there is load"
        );
    }
    if cycles > 0 {
        format!(
            "--since, --until, --process or --stream leave out all {cycles} GC cycles: \
             without them the report lists the processes"
        )
    } else if input.legacy_gc_lines > 0 {
        "only lines of Go before 1.5, from which no rate can be read: build with Go 1.5 or later"
            .to_owned()
    } else if input.gc_lines.damaged > 0 {
        "no GC cycle that can be read: -v shows the damaged lines".to_owned()
    } else if input.gc_lines.quoted > 0 {
        format!(
            "no GC cycle in the input, only {} gc lines that other text quotes: if they are a program's own, cut off what \
             stands around them (sed -E 's/^.*(gc [0-9]+ @[^P]* P( \\(forced\\))?).*$/\\1/')",
            input.gc_lines.quoted
        )
    } else if input.sources.iter().all(|source| source.lines == 0) {
        "the input is empty: start the program with GODEBUG=gctrace=1 and pass on its standard error (2>&1)".to_owned()
    } else {
        "no GC cycle in the input: start the program with GODEBUG=gctrace=1, pass on its standard error (2>&1), \
             and run it long enough to collect".to_owned()
    }
}
