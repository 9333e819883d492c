//! Cycles to their processes, processes to their analyzers, analyses to one report.

mod notices;
mod process;
mod so_far;
mod waiting;

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::time::Instant;

use super::analysis_thread::AnalysisThread;
use super::outcome::{LEAST_POINTS, Outcomes, POINTS};
use super::{CycleRow, Options, Sink};
use crate::analyzer::ProcessAnalyzer;
use crate::error::Error;
use crate::io::Helper;
use crate::process::{Placement, Stream};
use crate::reader::{Finds, Found, Reader};
use crate::report::Report;
use crate::settings::Scope;

use notices::Notices;
use process::{Process, may_be_periodic, wanted};
pub use so_far::SoFar;
use waiting::{Placed, Waiting};

/// Processes followed at the same time over all streams; beyond that the one that was silent longest is closed.
const OPEN: usize = 512;

/// Cycles of a large file after which its process is analysed by another thread, if they stand close together: a few among
/// other lines are analysed faster than they are handed over.
const ASIDE_AFTER: u64 = 1_024;
/// Bytes a cycle that are close.
pub(super) const CLOSE: u64 = 2_048;

/// Stream names counted, to number the processes of each.
const NAMES: usize = 4_096;

/// A process and who analyses it.
struct Followed {
    process: Process,
    analysis: Analysis,
}

enum Analysis {
    /// This thread.
    Here(Box<ProcessAnalyzer>),
    /// The other one, at this place.
    AnalysisThread(usize),
}

/// Everything found, on its way into the report.
pub(super) struct Collector<'s> {
    options: &'s Options,
    /// The options may leave cycles out.
    filtered: bool,
    sink: &'s mut dyn Sink,
    takes_cycles: bool,
    /// The sink's first error; it is called no more.
    failed: Option<io::Error>,
    source: String,
    /// About now, where the source is live.
    now: Option<Instant>,
    /// The source is a large file, and there is something to analyse.
    large: bool,
    aside: Option<AnalysisThread>,
    helper: Option<Helper>,
    open: Vec<Followed>,
    /// Where the last cycle went: the next one goes there too, as a rule.
    recent: usize,
    outcomes: Outcomes,
    /// Numbers given to processes so far.
    next: u32,
    nameless: u64,
    names: HashMap<String, u64>,
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
            sink,
            failed: None,
            source: String::new(),
            now: None,
            large: false,
            aside: None,
            helper: None,
            open: Vec::new(),
            recent: usize::MAX,
            outcomes: Outcomes::new(&options.settings),
            next: 0,
            nameless: 0,
            names: HashMap::new(),
            clock: 0,
            notices: Notices::default(),
            waiting: Waiting::default(),
        }
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
            } => (process, missing, silent_ns),
            Placement::Split {
                process,
                missing,
                silent_ns,
                other,
            } => {
                self.waiting.split(found.stream, process, other);
                self.wait_no_longer(Some(found.stream));
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

    fn close(&mut self, process: u32) {
        Self::close(self, process);
    }

    fn quiet(&mut self) {
        self.wait_no_longer(None);
    }

    fn foreign(&mut self, text: &[u8]) {
        if self.failed.is_none() {
            self.failed = self.sink.foreign(text).err();
        }
    }
}

impl Collector<'_> {
    /// The same behind a gap, where a cycle more costs nothing.
    #[inline(never)]
    fn hand_on_late(&mut self, placed: Placed, found: &Found<'_>) {
        self.hand_on(placed, found);
    }

    /// Hands a cycle to those that analyze and show it.
    #[inline(always)]
    fn hand_on(&mut self, placed: Placed, found: &Found<'_>) {
        let Placed {
            process,
            missing,
            notice,
            harness,
        } = placed;
        let index = self.slot(process, found);
        let Followed {
            process: entry,
            analysis,
        } = &mut self.open[index];
        self.clock += 1;
        entry.used = self.clock;
        if self.filtered && !wanted(self.options, entry, found) {
            return;
        }
        entry.count(found, missing);
        if let Some(now) = self.now {
            entry.arrive(now, found.cycle);
        }
        let changed = match (analysis, &mut self.aside) {
            (Analysis::Here(analyzer), _) => {
                if notice {
                    analyzer.forced_notice();
                }
                if harness {
                    analyzer.behind_harness();
                }
                analyzer.observe(found.cycle, found.wall);
                analyzer.has_changes()
            }
            (Analysis::AnalysisThread(place), Some(aside)) => {
                aside.observe(*place, found.cycle, found.wall, notice);
                false
            }
            (Analysis::AnalysisThread(_), None) => false,
        };
        let near = self.large
            && entry.seen == ASIDE_AFTER
            && found.offset.saturating_sub(entry.first_offset) < ASIDE_AFTER * CLOSE;
        if self.takes_cycles && self.failed.is_none() {
            self.failed = self
                .sink
                .cycle(&CycleRow {
                    process: &entry.id,
                    stream: entry.stream.as_deref(),
                    cycle: found.cycle,
                    repaired: found.repaired,
                    source: &self.source,
                    line: found.line,
                    offset: found.offset,
                    wall_time: found.wall,
                    raw: found.raw,
                })
                .err();
        }
        if changed {
            self.tell_changes_here(index);
        }
        if near {
            self.put_aside(index);
        }
    }

    /// A cycle behind a gap, or in a stream in which one waits.
    #[cold]
    fn wait(&mut self, placed: Placed, found: &Found<'_>) {
        if placed.missing > 0 {
            self.wait_no_longer(Some(found.stream));
        } else if !self.waiting.has(found.stream) {
            self.hand_on_late(placed, found);
            return;
        }
        if self.waiting.push(placed, found) {
            self.wait_no_longer(Some(found.stream));
        }
    }

    /// Hands on the cycles of a stream that wait, or all.
    #[cold]
    fn wait_no_longer(&mut self, stream: Option<&[u8]>) {
        for row in self.waiting.take(stream) {
            let (placed, found) = row.found();
            self.hand_on_late(placed, &found);
        }
    }

    /// A source cannot be read.
    pub(super) fn unreadable(&mut self, error: Error) {
        if self.failed.is_none() {
            self.failed = self.sink.unreadable(error).err();
        }
    }

    /// The next source begins.
    pub(super) fn open(&mut self, name: &str, live: bool, large: bool, helper: Option<Helper>) {
        self.now = live.then(Instant::now);
        self.wait_no_longer(None);
        name.clone_into(&mut self.source);
        self.helper = helper;
        self.lend();
        self.large = large && self.options.settings.scope != Scope::Nothing;
        if !large {
            // It may be a pipe: what is found in it must not wait for a batch to be full.
            for index in 0..self.open.len() {
                if matches!(self.open[index].analysis, Analysis::AnalysisThread(_))
                    && let Some(analyzer) = self.take_analyzer(index)
                {
                    self.open[index].analysis = Analysis::Here(Box::new(analyzer));
                }
            }
        }
    }

    /// Lets the other thread read where it has nothing to analyse.
    fn lend(&mut self) {
        if let Some(aside) = &mut self.aside {
            aside.helps(self.helper.clone());
        }
    }

    /// Cycles analysed by another thread so far.
    pub(super) fn analysed_aside(&self) -> u64 {
        self.aside.as_ref().map_or(0, AnalysisThread::taken)
    }

    /// Leaves the analysis of a process to another thread, where there is one to be had.
    #[cold]
    fn put_aside(&mut self, index: usize) {
        if self.aside.is_none() {
            self.aside = AnalysisThread::new().ok();
            self.lend();
        }
        let Some(aside) = &mut self.aside else {
            return;
        };
        let analysis = &mut self.open[index].analysis;
        *analysis = match std::mem::replace(analysis, Analysis::AnalysisThread(0)) {
            Analysis::Here(analyzer) => Analysis::AnalysisThread(aside.follow(*analyzer)),
            there @ Analysis::AnalysisThread(_) => there,
        };
    }

    /// Takes what changed in a process that is analysed in this thread, and tells it to whoever listens.
    #[cold]
    fn tell_changes_here(&mut self, index: usize) {
        let Followed { process, analysis } = &mut self.open[index];
        let Analysis::Here(analyzer) = analysis else {
            return;
        };
        for change in analyzer.take_changes() {
            if self.failed.is_none() {
                self.failed = self.sink.change(&process.id, &change).err();
            }
        }
    }

    /// Tells what changed in the other thread.
    fn tell_changes(&mut self) {
        let changes = self.aside.as_mut().map(AnalysisThread::take_changes);
        for (place, change) in changes.unwrap_or_default() {
            let there =
                |f: &&Followed| matches!(f.analysis, Analysis::AnalysisThread(at) if at == place);
            if self.failed.is_none()
                && let Some(followed) = self.open.iter().find(there)
            {
                self.failed = self.sink.change(&followed.process.id, &change).err();
            }
        }
    }

    /// A read was processed, or nothing came.
    pub(super) fn idle(&mut self, reader: &Reader) {
        if let Some(now) = &mut self.now {
            *now = Instant::now();
        }
        self.tell_changes();
        if self.failed.is_none() {
            let so_far = SoFar {
                open: &self.open,
                source: &self.source,
                aside: RefCell::new(self.aside.as_mut()),
                outcomes: &self.outcomes,
                reader,
            };
            self.failed = self.sink.idle(&so_far).err();
        }
    }

    /// Where the process is followed; opens it where it is new.
    fn slot(&mut self, process: u32, found: &Found<'_>) -> usize {
        if self
            .open
            .get(self.recent)
            .is_some_and(|f| f.process.number == process)
        {
            return self.recent;
        }
        self.another_slot(process, found)
    }

    #[cold]
    fn another_slot(&mut self, process: u32, found: &Found<'_>) -> usize {
        let index = match self.position(process) {
            Some(index) => index,
            None => {
                if self.open.len() == OPEN
                    && let Some(oldest) = self.open.iter().min_by_key(|f| f.process.used)
                {
                    self.close(oldest.process.number);
                }
                let process = self.process(process, found);
                self.open.push(Followed {
                    process,
                    analysis: Analysis::Here(Box::new(ProcessAnalyzer::new(
                        &self.options.settings,
                    ))),
                });
                self.share_points();
                self.open.len() - 1
            }
        };
        self.recent = index;
        index
    }

    fn position(&self, process: u32) -> Option<usize> {
        self.open.iter().position(|f| f.process.number == process)
    }

    /// Shares the points of all timelines among the processes that are open.
    fn share_points(&mut self) {
        let points = LEAST_POINTS.max(POINTS / self.open.len());
        for followed in &mut self.open {
            match (&mut followed.analysis, &mut self.aside) {
                (Analysis::Here(analyzer), _) => analyzer.limit_timeline(points),
                (Analysis::AnalysisThread(place), Some(aside)) => {
                    aside.limit_timeline(*place, points)
                }
                (Analysis::AnalysisThread(_), None) => {}
            }
        }
    }

    fn process(&mut self, number: u32, found: &Found<'_>) -> Process {
        let stream =
            (!found.stream.is_empty()).then(|| String::from_utf8_lossy(found.stream).into_owned());
        let id = match &stream {
            None => {
                self.nameless += 1;
                self.nameless.to_string()
            }
            Some(name) => {
                if self.names.len() >= NAMES && !self.names.contains_key(name) {
                    format!("{name}#{number}")
                } else {
                    let count = self.names.entry(name.clone()).or_default();
                    *count += 1;
                    match count {
                        1 => name.clone(),
                        count => format!("{name}#{count}"),
                    }
                }
            }
        };
        Process {
            id,
            stream,
            number,
            format: found.cycle.format,
            first_cycle: 0,
            first_offset: 0,
            last_cycle: 0,
            seen: 0,
            missing: 0,
            repaired: 0,
            forced: 0,
            used: 0,
            approximate: false,
            damaged: None,
            arrived: None,
            silent_ns: None,
        }
    }

    /// Takes a process out of those that are followed and keeps what was found of it.
    fn close(&mut self, number: u32) {
        self.wait_no_longer(None);
        let Some(index) = self.position(number) else {
            return;
        };
        let analyzer = self.take_analyzer(index);
        let closed = self.open.swap_remove(index);
        self.recent = usize::MAX;
        if let Some(analyzer) = analyzer {
            closed
                .process
                .end(analyzer, &self.source, &mut self.outcomes);
        }
    }

    /// The analyzer of a process that gets no more cycles.
    fn take_analyzer(&mut self, index: usize) -> Option<ProcessAnalyzer> {
        let analysis = &mut self.open[index].analysis;
        if let Analysis::AnalysisThread(place) = *analysis {
            let analyzer = self.aside.as_mut()?.give_back(place);
            self.tell_changes();
            return analyzer;
        }
        match std::mem::replace(analysis, Analysis::AnalysisThread(usize::MAX)) {
            Analysis::Here(analyzer) => Some(*analyzer),
            Analysis::AnalysisThread(_) => None,
        }
    }

    /// The end of a log: nothing more will come of its processes.
    pub(super) fn end_log(&mut self, reader: &Reader) {
        self.tell_changes();
        self.wait_no_longer(None);
        for index in 0..self.open.len() {
            let analyzer = self.take_analyzer(index);
            let mut process = self.open[index].process.clone();
            process.settle(reader, self.open.len() == 1 && self.outcomes.is_empty());
            if let Some(analyzer) = analyzer {
                process.end(analyzer, &self.source, &mut self.outcomes);
            }
        }
        self.open.clear();
        self.recent = usize::MAX;
        self.notices = Notices::default();
    }

    /// The end of the input: the report.
    pub(super) fn finish(self, reader: Reader, warnings: Vec<String>) -> Result<Report, Error> {
        match self.failed {
            Some(error) => Err(Error::Output { error }),
            None => Ok(self.outcomes.report(reader.count.input, warnings)),
        }
    }
}
