//! A process while its cycles come: what is counted of it, and its end.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::Followed;
use crate::analyzer::{Completeness, ProcessAnalyzer};
use crate::measure::PERIODIC_NS;
use crate::pipeline::outcome::{Ended, Outcomes};
use crate::pipeline::{Bound, Options, WallTime};
use crate::reader::{Found, Reader};
use crate::report;
use crate::trace::cycle::{Format, GcCycle};
use crate::units::SECOND;

/// The format of a process that is polled.
const POLLED: &str = "runtime.MemStats";

/// Stream names counted, to number the processes of each.
const NAMES: usize = 4_096;

/// How many processes there were in each stream.
#[derive(Default)]
pub(super) struct Names(HashMap<String, u64>);

impl Names {
    /// The id of the next process of a stream: `1`, `2`, or `web`, `web#2`.
    fn id(&mut self, stream: &str, number: u32) -> String {
        if !stream.is_empty() && self.0.len() >= NAMES && !self.0.contains_key(stream) {
            return format!("{stream}#{number}");
        }
        let count = self.0.entry(stream.to_owned()).or_default();
        *count += 1;
        match (stream, *count) {
            ("", count) => count.to_string(),
            (name, 1) => name.to_owned(),
            (name, count) => format!("{name}#{count}"),
        }
    }
}

/// What is known of a process while it is followed. Counts are of the cycles that the options let through.
#[derive(Clone)]
pub(super) struct Process {
    pub(super) id: String,
    pub(super) stream: Option<String>,
    /// The running program that is polled; `None` if its cycles come from lines.
    pub(super) source: Option<String>,
    pub(super) number: u32,
    /// The shape of its lines, if its cycles come from lines.
    pub(super) format: Option<Format>,
    pub(super) first_cycle: u64,
    /// Where in its source that stands.
    pub(super) first_offset: u64,
    pub(super) last_cycle: u64,
    /// Cycles so far.
    pub(super) seen: u64,
    pub(super) missing: u64,
    pub(super) repaired: u64,
    pub(super) forced: u64,
    /// Cycles of all processes before its first.
    pub(super) born: u64,
    /// When its last cycle came, counted in cycles of all processes.
    pub(super) used: u64,
    pub(super) approximate: bool,
    /// A later process took its place: nothing of it is raised any more.
    pub(super) replaced: bool,
    /// gc lines that could not be read, if they are certainly its own: no other process was seen.
    pub(super) damaged: Option<u64>,
    /// When its first and its last cycle came from a live source, with their ends, ns of program time.
    pub(super) arrived: Option<[(Instant, u64); 2]>,
    /// How long it has been silent since the last one, ns, if that is known to be its own time.
    pub(super) silent_ns: Option<u64>,
}

impl Process {
    /// A process of which the first cycle was found.
    pub(super) fn new(number: u32, found: &Found<'_>, names: &mut Names) -> Self {
        let stream = String::from_utf8_lossy(found.stream);
        Self {
            format: Some(found.cycle.format),
            ..Self::of(number, &stream, names)
        }
    }

    /// A process of the program at `source` that is polled.
    pub(super) fn polled(number: u32, source: &str, names: &mut Names) -> Self {
        Self {
            source: Some(source.to_owned()),
            damaged: Some(0),
            ..Self::of(number, "", names)
        }
    }

    fn of(number: u32, stream: &str, names: &mut Names) -> Self {
        Self {
            id: names.id(stream, number),
            stream: (!stream.is_empty()).then(|| stream.to_owned()),
            source: None,
            number,
            format: None,
            first_cycle: 0,
            first_offset: 0,
            last_cycle: 0,
            seen: 0,
            missing: 0,
            repaired: 0,
            forced: 0,
            born: 0,
            used: 0,
            approximate: false,
            replaced: false,
            damaged: None,
            arrived: None,
            silent_ns: None,
        }
    }

    /// A cycle came from a live source now.
    pub(super) const fn arrive(&mut self, now: Instant, cycle: &GcCycle) {
        let here = (now, cycle.end_ns());
        self.arrived = match self.arrived {
            Some([first, _]) => Some([first, here]),
            None => Some([here, here]),
        };
    }

    /// The time since its last cycle, if the source is as fast as the program: a log that is piped in comes all at once.
    fn silence(&self) -> Option<u64> {
        let [(first, first_end), (last, last_end)] = self.arrived?;
        let ns = |duration: Duration| u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let passed = ns(last.duration_since(first));
        let silent = ns(last.elapsed());
        let live = passed >= last_end.saturating_sub(first_end) / 2;
        (live && silent >= SECOND).then_some(silent)
    }

    /// Counts a cycle that the options let through; `missing` stood between it and the one before.
    #[inline]
    pub(super) fn count(&mut self, number: u64, missing: u64, offset: u64) {
        if self.seen == 0 {
            self.first_cycle = number;
            self.first_offset = offset;
        } else {
            self.missing += missing;
        }
        self.last_cycle = number;
        self.seen += 1;
    }

    /// It has been silent since another process of its stream began: most likely the program was started again.
    pub(super) fn is_replaced(&self, open: &[Followed]) -> bool {
        let mut others = open.iter().map(|followed| &followed.process);
        others.any(|other| {
            other.number != self.number
                && other.born >= self.used
                && (&other.stream, &other.source) == (&self.stream, &self.source)
        })
    }

    /// Adds what the reader has recorded of it; `alone` if no other process came from its source, so that the source's silence is
    /// its own.
    pub(super) fn settle(&mut self, reader: &Reader, alone: bool) {
        if self.source.is_some() {
            return;
        }
        self.silent_ns = self.silence().filter(|_| alone);
        self.damaged = alone.then_some(reader.count.input.gc_lines.damaged);
        let stream = self.stream.as_deref().unwrap_or("").as_bytes();
        self.approximate |= reader.approximate(stream, self.number);
    }

    /// Judges it by what was seen, and keeps and returns what was found. `source` is the newest part of its log.
    pub(super) fn end<'o>(
        self,
        analyzer: Option<Box<ProcessAnalyzer>>,
        source: &str,
        outcomes: &'o mut Outcomes,
    ) -> Option<&'o Ended> {
        let analyzer = analyzer.filter(|_| self.seen > 0)?;
        let about = Completeness {
            cycles_missing: self.missing,
            damaged: self.damaged,
            repaired: self.repaired,
            approximate: self.approximate,
        };
        let mut analysis = analyzer.finish(&about, self.silent_ns);
        for finding in &mut analysis.findings {
            finding.raised &= !self.replaced;
        }
        let judged = analysis.enough_evidence;
        outcomes.add(analysis, |measures, periodic, diagnosis| report::Process {
            id: self.id,
            source: self.source.unwrap_or_else(|| source.to_owned()),
            stream: self.stream,
            approximate: self.approximate,
            format: self.format.map_or(POLLED, Format::name).to_owned(),
            first_cycle: self.first_cycle,
            last_cycle: self.last_cycle,
            cycles_seen: self.seen,
            cycles_missing: self.missing,
            forced_cycles: self.forced,
            periodic_cycles: periodic,
            judged,
            diagnosis,
            measures,
        })
    }
}

/// The two-minute timer may have started this cycle: none of the process ended in the `silent_ns` before, so far as the log
/// shows. The timer starts none before the first one has ended (`gcTrigger.test` in runtime/mgc.go).
pub(super) const fn may_be_periodic(cycle: &GcCycle, silent_ns: u64) -> bool {
    !cycle.forced && cycle.number > 1 && silent_ns >= PERIODIC_NS
}

/// Whether the options let a cycle through to its analyzer and the sink.
pub(super) fn wanted(options: &Options, process: &Process, at_ns: u64, wall: Option<&str>) -> bool {
    let named = options.process.as_ref().is_none_or(|id| *id == process.id)
        && options
            .stream
            .as_ref()
            .is_none_or(|name| process.stream.as_ref() == Some(name));
    let after = match &options.since {
        None => true,
        Some(Bound::Program(ns)) => at_ns >= *ns,
        Some(Bound::Wall(bound)) => compare(wall, *bound).is_some_and(Ordering::is_ge),
    };
    let before = match &options.until {
        None => true,
        Some(Bound::Program(ns)) => at_ns <= *ns,
        Some(Bound::Wall(bound)) => compare(wall, *bound).is_some_and(Ordering::is_le),
    };
    named && after && before
}

/// Compares the time of a line with a bound; `None` if the line has no valid time.
fn compare(wall: Option<&str>, bound: WallTime) -> Option<Ordering> {
    WallTime::parse(wall?).map(|wall| wall.compare(bound))
}
