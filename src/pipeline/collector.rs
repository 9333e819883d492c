//! Cycles to their processes, processes to their analyzers, analyses to one report.

mod analysis;
mod notices;
mod polled;
mod process;
mod so_far;
mod waiting;

use std::cell::RefCell;
use std::io;
use std::time::Instant;

use super::outcome::{LEAST_POINTS, Outcomes, POINTS};
use super::{CycleRow, Options, Sink};
use crate::analyzer::ProcessAnalyzer;
use crate::error::Error;
use crate::io::Source;
use crate::process::{Placement, Stream};
use crate::reader::{Finds, ForeignText, Found, Reader};
use crate::report::Report;
use crate::settings::Scope;
use crate::units::duration;

use analysis::{Analysis, Analyzers};
use notices::Notices;
use process::{Names, Process, may_be_periodic, wanted};
pub use so_far::SoFar;
use waiting::{Placed, Waiting};

/// Processes followed at the same time over all streams; beyond that the one that was silent longest is closed.
const OPEN: usize = 512;

/// Cycles of a large file after which its process is analyzed by another thread, if they stand close together: a few among other
/// lines are analyzed faster than they are handed over.
const ASIDE_AFTER: u64 = 1_024;
/// Bytes per cycle at which cycles stand close together: further apart, analyzing them costs less than handing them over.
const CLOSE: u64 = 512;

/// A process and its analyzer.
struct Followed {
    process: Process,
    analysis: Analysis,
}

/// The sink; it is not called again after its first error.
struct Output<'s> {
    sink: &'s mut dyn Sink,
    failed: Option<io::Error>,
}

impl Output<'_> {
    #[inline]
    fn call(&mut self, call: impl FnOnce(&mut dyn Sink) -> io::Result<()>) {
        if self.failed.is_none() {
            self.failed = call(self.sink).err();
        }
    }
}

/// Everything found, on its way into the report.
pub(super) struct Collector<'s> {
    options: &'s Options,
    /// The options may leave cycles out.
    filtered: bool,
    output: Output<'s>,
    takes_cycles: bool,
    source: String,
    /// The current time, if the source is live: of the last read.
    now: Option<Instant>,
    /// The source is a large file, and its cycles are analyzed.
    large: bool,
    analyzers: Analyzers,
    open: Vec<Followed>,
    /// Where the last cycle went: as a rule the next one is of the same process.
    recent: usize,
    outcomes: Outcomes,
    /// Numbers given to processes so far.
    next: u32,
    names: Names,
    clock: u64,
    notices: Notices,
    waiting: Waiting,
}

impl<'s> Collector<'s> {
    pub(super) fn new(options: &'s Options, sink: &'s mut dyn Sink) -> Self {
        Self {
            options,
            filtered: options.process.is_some()
                || options.stream.is_some()
                || options.since.is_some()
                || options.until.is_some(),
            takes_cycles: sink.takes_cycles(),
            output: Output { sink, failed: None },
            source: String::new(),
            now: None,
            large: false,
            analyzers: Analyzers::default(),
            open: Vec::new(),
            recent: usize::MAX,
            outcomes: Outcomes::new(&options.settings),
            next: 0,
            names: Names::default(),
            clock: 0,
            notices: Notices::default(),
            waiting: Waiting::default(),
        }
    }
}

impl ForeignText for Collector<'_> {
    fn foreign(&mut self, text: &[u8]) {
        self.output.call(|sink| sink.foreign(text));
    }
}

impl Finds for Collector<'_> {
    fn cycle(&mut self, found: &Found<'_>, stream: &mut Stream) -> bool {
        let next = &mut self.next;
        let placement = stream.place(found.cycle, &mut || {
            *next += 1;
            *next
        });
        let (process, missing, silent_ns) = match placement {
            Placement::Duplicate => return false,
            Placement::Next {
                process,
                missing,
                silent_ns,
                split,
            } => {
                if let Some(other) = split {
                    self.waiting.split(found.stream, process, other);
                    self.end_waiting(Some(found.stream));
                }
                (process, missing, silent_ns)
            }
            Placement::First { process, closed } => {
                if let Some(closed) = closed {
                    self.close(closed);
                }
                (process, 0, u64::MAX)
            }
        };
        let notice = !self.notices.is_empty()
            && may_be_periodic(found.cycle, silent_ns)
            && self.notices.take(found.stream);
        let placed = Placed {
            process,
            missing,
            notice,
            harness: stream.harness,
        };
        if missing > 0 || !self.waiting.is_empty() {
            self.wait(placed, found);
        } else {
            self.hand_on(placed, found);
        }
        true
    }

    fn forced_notice(&mut self, stream: &[u8]) {
        self.notices.push(stream);
    }

    /// Ends a process and keeps what was found of it.
    fn close(&mut self, process: u32) {
        self.end_waiting(None);
        self.end_process(process);
    }

    fn quiet(&mut self) {
        self.end_waiting(None);
    }
}

impl Collector<'_> {
    fn end_process(&mut self, process: u32) {
        let Some(index) = self.position(process) else {
            return;
        };
        self.recent = usize::MAX;
        let analyzer = self.take_analyzer(index);
        let Followed { mut process, .. } = self.open.swap_remove(index);
        process.replaced = true;
        self.end(process, analyzer);
    }

    /// The same as [`Collector::hand_on`], not inlined: behind a gap a call costs nothing.
    #[inline(never)]
    fn hand_on_late(&mut self, placed: Placed, found: &Found<'_>) {
        self.hand_on(placed, found);
    }

    /// Passes a cycle to its analyzer and to the sink.
    #[inline(always)]
    fn hand_on(&mut self, placed: Placed, found: &Found<'_>) {
        let index = self.slot(placed.process, found);
        let Followed {
            process: entry,
            analysis,
        } = &mut self.open[index];
        self.clock += 1;
        entry.used = self.clock;
        if self.filtered && !wanted(self.options, entry, found.cycle.start_ns, found.wall) {
            return;
        }
        entry.count(found.cycle.number, placed.missing, found.offset);
        entry.repaired += u64::from(found.repaired);
        entry.forced += u64::from(found.cycle.forced);
        if let Some(now) = self.now {
            entry.arrive(now, found.cycle);
        }
        let changed = self.analyzers.observe(analysis, &placed, found);
        if self.takes_cycles {
            let row = CycleRow {
                process: &entry.id,
                stream: entry.stream.as_deref(),
                cycle: found.cycle.into(),
                repaired: found.repaired,
                source: &self.source,
                line: found.line,
                offset: found.offset,
                wall_time: found.wall,
                raw: found.raw,
            };
            self.output.call(|sink| sink.cycle(&row));
        }
        let near = self.large
            && entry.seen == ASIDE_AFTER
            && found.offset.saturating_sub(entry.first_offset) < ASIDE_AFTER * CLOSE;
        if changed {
            self.report_changes_of(index);
        }
        if near {
            let analysis = &mut self.open[index].analysis;
            self.analyzers.move_there(analysis);
        }
    }

    /// A cycle behind a gap, or in a stream in which one waits.
    #[cold]
    fn wait(&mut self, placed: Placed, found: &Found<'_>) {
        if placed.missing > 0 {
            self.end_waiting(Some(found.stream));
        } else if !self.waiting.has(found.stream) {
            self.hand_on_late(placed, found);
            return;
        }
        if self.waiting.push(placed, found) {
            self.end_waiting(Some(found.stream));
        }
    }

    /// Hands on the cycles of a stream that wait, or all.
    #[cold]
    fn end_waiting(&mut self, stream: Option<&[u8]>) {
        for row in self.waiting.take(stream) {
            let (placed, found) = row.found();
            self.hand_on_late(placed, &found);
        }
    }

    /// A source cannot be read.
    pub(super) fn unreadable(&mut self, error: Error) {
        self.output.call(|sink| sink.unreadable(error));
    }

    /// The next source begins.
    pub(super) fn open(&mut self, source: &Source) {
        self.now = source.is_live().then(Instant::now);
        self.end_waiting(None);
        source.name().clone_into(&mut self.source);
        self.large = source.is_large() && self.options.settings.scope != Scope::Nothing;
        if !source.is_large() {
            // It may be a pipe: what is found in it must not be held until a batch is full.
            for index in 0..self.open.len() {
                if self.open[index].analysis.is_there()
                    && let Some(analyzer) = self.take_analyzer(index)
                {
                    self.open[index].analysis = Analysis::Here(analyzer);
                }
            }
        }
    }

    /// Whether cycles are analyzed by another thread.
    pub(super) const fn has_thread(&self) -> bool {
        self.analyzers.has_thread()
    }

    /// Reports what changed in a process that is analyzed in this thread.
    #[cold]
    fn report_changes_of(&mut self, index: usize) {
        let Followed { process, analysis } = &mut self.open[index];
        if let Analysis::Here(analyzer) = analysis {
            for change in analyzer.take_changes() {
                self.output.call(|sink| sink.change(&process.id, &change));
            }
        }
    }

    /// Reports what changed in the other thread.
    fn report_changes(&mut self) {
        for (place, change) in self.analyzers.take_changes() {
            let mut open = self.open.iter();
            let there = |f: &&Followed| matches!(f.analysis, Analysis::There(at) if at == place);
            if let Some(Followed { process, .. }) = open.find(there) {
                self.output.call(|sink| sink.change(&process.id, &change));
            }
        }
    }

    /// A read was processed, or nothing came.
    pub(super) fn idle(&mut self, reader: &Reader) {
        if let Some(now) = &mut self.now {
            *now = Instant::now();
        }
        self.report_changes();
        let so_far = SoFar {
            open: &self.open,
            source: &self.source,
            analyzers: RefCell::new(&mut self.analyzers),
            outcomes: &self.outcomes,
            reader,
        };
        self.output.call(|sink| sink.idle(&so_far));
    }

    /// The place of a process, which may be new.
    fn slot(&mut self, process: u32, found: &Found<'_>) -> usize {
        let recent = self.open.get(self.recent);
        if recent.is_some_and(|f| f.process.number == process) {
            return self.recent;
        }
        self.another_slot(process, found)
    }

    #[cold]
    fn another_slot(&mut self, process: u32, found: &Found<'_>) -> usize {
        let index = self.position(process);
        let index =
            index.unwrap_or_else(|| self.follow(|names| Process::new(process, found, names)));
        self.recent = index;
        index
    }

    /// Opens a new process; returns its place.
    fn follow(&mut self, process: impl FnOnce(&mut Names) -> Process) -> usize {
        if self.open.len() == OPEN
            && let Some(oldest) = self.open.iter().min_by_key(|f| f.process.used)
        {
            self.close(oldest.process.number);
        }
        let mut process = process(&mut self.names);
        process.born = self.clock;
        self.open.push(Followed {
            process,
            analysis: Analysis::Here(Box::new(ProcessAnalyzer::new(&self.options.settings))),
        });
        // The points of all timelines are shared among the processes.
        let points = LEAST_POINTS.max(POINTS / self.open.len());
        for followed in &mut self.open {
            let analysis = &mut followed.analysis;
            self.analyzers.limit_timeline(analysis, points);
        }
        self.open.len() - 1
    }

    fn position(&self, process: u32) -> Option<usize> {
        self.open.iter().position(|f| f.process.number == process)
    }

    /// The analyzer of a process; what changed in the other thread is reported while the place of the process is known.
    fn take_analyzer(&mut self, index: usize) -> Option<Box<ProcessAnalyzer>> {
        let analyzer = self.analyzers.take(&mut self.open[index].analysis);
        self.report_changes();
        analyzer
    }

    /// The end of a process.
    fn end(&mut self, process: Process, analyzer: Option<Box<ProcessAnalyzer>>) {
        if let Some(ended) = process.end(analyzer, &self.source, &mut self.outcomes) {
            self.output
                .call(|sink| sink.ended(&ended.process, &ended.findings));
        }
    }

    /// The end of a log: its processes have no more cycles.
    pub(super) fn end_log(&mut self, reader: &Reader) {
        self.end_waiting(None);
        let alone = self.open.len() == 1 && self.outcomes.is_empty();
        for index in 0..self.open.len() {
            let analyzer = self.take_analyzer(index);
            let mut process = self.open[index].process.clone();
            process.replaced = process.is_replaced(&self.open);
            process.settle(reader, alone);
            self.end(process, analyzer);
        }
        self.open.clear();
        self.recent = usize::MAX;
        self.notices = Notices::default();
    }

    /// The end of the input: the report.
    pub(super) fn finish(self, reader: Reader, warnings: Vec<String>) -> Result<Report, Error> {
        match self.output.failed {
            Some(error) => Err(Error::Output { error }),
            None => {
                let mut report = self.outcomes.report(reader.count.input, warnings);
                let ends = report.processes.iter().map(|process| process.span_ns().1);
                if let Some((life, end)) = self.options.settings.life_ns.zip(ends.max())
                    && life < end
                {
                    report.warnings.push(format!(
                        "--duration {} has no effect: the log itself reaches to {} of the program's time",
                        duration(life),
                        duration(end)
                    ));
                }
                Ok(report)
            }
        }
    }
}
