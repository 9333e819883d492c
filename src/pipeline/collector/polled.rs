//! Processes of which polls show the cycles: no lines, so no placing, no repair and no other thread.

use super::{Analysis, Collector, Process, wanted};
use crate::measure::Polled;
use crate::pipeline::CycleRow;
use crate::reader::Reader;
use crate::trace::cycle::AnyCycle;

impl Collector<'_> {
    /// A process of the program at `source`; returns its number.
    pub(in crate::pipeline) fn begin_polled(&mut self, source: &str) -> u32 {
        self.next += 1;
        let number = self.next;
        self.follow(|names| Process::polled(number, source, names));
        number
    }

    /// Passes a cycle to its analyzer and to the sink; `missing` were not seen before it.
    pub(in crate::pipeline) fn polled_cycle(
        &mut self,
        process: u32,
        cycle: AnyCycle<'_>,
        missing: u64,
        wall: &str,
    ) {
        let Some(index) = self.position(process) else {
            return;
        };
        let entry = &mut self.open[index].process;
        self.clock += 1;
        entry.used = self.clock;
        if self.filtered && !wanted(self.options, entry, cycle.end_ns, Some(wall)) {
            return;
        }
        entry.count(cycle.number, missing, 0);
        let Analysis::Here(analyzer) = &mut self.open[index].analysis else {
            return;
        };
        analyzer.observe(cycle, Some(wall));
        let changed = analyzer.has_changes();
        if self.takes_cycles {
            let entry = &self.open[index].process;
            let row = CycleRow {
                source: entry.source.as_deref().unwrap_or_default(),
                wall_time: Some(wall),
                line: 0,
                ..CycleRow::new(&entry.id, cycle)
            };
            self.output.call(|sink| sink.cycle(&row));
        }
        if changed {
            self.report_changes_of(index);
        }
    }

    /// What the polls of a process show so far, and how long it has had no cycle.
    pub(in crate::pipeline) fn polled(&mut self, process: u32, polled: Polled, silent_ns: u64) {
        if let Some(index) = self.position(process) {
            let followed = &mut self.open[index];
            followed.process.forced = polled.forced.unwrap_or(0);
            followed.process.silent_ns = Some(silent_ns);
            if let Analysis::Here(analyzer) = &mut followed.analysis {
                analyzer.polled(polled);
            }
        }
    }

    /// A process has no more cycles.
    pub(in crate::pipeline) fn end_polled(&mut self, process: u32, reader: &Reader) {
        if let Some(index) = self.position(process) {
            self.open[index].process.settle(reader, false);
        }
        self.end_process(process);
    }
}
