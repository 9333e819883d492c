//! When each process of a stream started, and which one is the main one.

use std::collections::HashMap;
use std::time::Instant;

use gcpressure::internal::pipeline::CycleRow;
use gcpressure::report::{Process, Report};

/// Processes whose start is remembered.
const REMEMBERED: usize = 4_096;

/// The start of each process: the time at which its first cycle was read, less the cycle's program time.
#[derive(Debug)]
pub(crate) struct ProcessStarts {
    spawned: Instant,
    /// ns after `spawned`, by id.
    starts: HashMap<String, i128>,
}

impl Default for ProcessStarts {
    fn default() -> Self {
        Self {
            spawned: Instant::now(),
            starts: HashMap::new(),
        }
    }
}

impl ProcessStarts {
    pub(super) fn cycle(&mut self, row: &CycleRow<'_>) {
        if !self.starts.contains_key(row.process) && self.starts.len() < REMEMBERED {
            let read = i128::try_from(self.spawned.elapsed().as_nanos()).unwrap_or(i128::MAX);
            let start = read.saturating_sub(i128::from(row.cycle.end_ns));
            self.starts.insert(row.process.to_owned(), start);
        }
    }

    /// Where several processes print (a shell, `go run`, `go test`), warns which one is probably the main one. The trace
    /// names no process, so this is marked as approximate.
    pub(crate) fn name_main_process(&self, report: &mut Report) {
        let count = report.processes.len();
        let Some(main) = self.main(&report.processes).filter(|_| count > 1) else {
            return;
        };
        let process = &mut report.processes[main];
        process.approximate = true;
        report.warnings.push(format!(
            "{count} processes print into the stream: {} is taken for the main one, since it ran longest and started nearest to the command",
            process.id
        ));
    }

    /// The first to start of those that lived at least 90 % as long as the longest.
    fn main(&self, processes: &[Process]) -> Option<usize> {
        let life = |process: &Process| {
            let measures = &process.measures;
            measures.started_ns.saturating_add(measures.duration_ns)
        };
        let longest = processes.iter().map(life).max()?;
        let start = |at: &usize| self.starts.get(&processes[*at].id).copied();
        (0..processes.len())
            .filter(|at| life(&processes[*at]) >= longest / 10 * 9)
            .min_by_key(|at| start(at).unwrap_or(i128::MAX))
    }
}
