//! A second thread for the cycles of a large file: it analyzes them while the first one reads on.
//!
//! More than half of the work on a log of nothing but gc lines comes after a line is read, and nothing that is read later depends
//! on it. So cycles are handed over by the hundred, in order, and only the end waits for the analysis.

use std::io;
use std::sync::{Arc, MutexGuard};
use std::thread;

use crate::analyzer::{FindingChange, ProcessAnalyzer};
use crate::event::GcCycle;
use crate::io::{End, Helper, Limits, Monitor, Received, hand_over};

/// Cycles handed over at a time.
const BATCH: usize = 128;
/// Batches.
const LIMITS: Limits = Limits {
    full: 6,
    resume: 2,
    wake: 5,
};

/// Analyzers that a thread of their own feeds.
pub(super) struct AnalysisThread {
    analysis: Arc<Monitor<Analysis>>,
    sender: End<Batch>,
    /// The batch that is being filled.
    batch: Batch,
    /// Cycles in all batches before it.
    handed_over: u64,
    spare: Vec<Batch>,
    changes: Vec<(usize, FindingChange)>,
}

#[derive(Default)]
struct Analysis {
    /// `None` once it was given back.
    analyzers: Vec<Option<ProcessAnalyzer>>,
    /// For the time when there is nothing to analyze.
    helper: Option<Helper>,
}

/// Cycles on their way to the thread, and what they changed on its way back.
#[derive(Default)]
struct Batch {
    jobs: Vec<Job>,
    /// Wall-clock times, one after another.
    walls: String,
    changes: Vec<(usize, FindingChange)>,
}

struct Job {
    place: usize,
    cycle: GcCycle,
    /// Bytes of its wall-clock time, if it has one.
    wall: Option<usize>,
    forced_notice: bool,
}

impl AnalysisThread {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system has none left.
    pub(super) fn new() -> io::Result<Self> {
        let analysis = Arc::<Monitor<Analysis>>::default();
        let theirs = Arc::clone(&analysis);
        let (sender, receiver) = hand_over(LIMITS, |_: &Batch| 1);
        thread::Builder::new()
            .name("analysis".to_owned())
            .spawn(move || work(&theirs, &receiver))?;
        Ok(Self {
            analysis,
            sender,
            batch: Batch::default(),
            handed_over: 0,
            spare: Vec::new(),
            changes: Vec::new(),
        })
    }

    /// Takes over an analyzer; returns its place.
    pub(super) fn follow(&mut self, analyzer: ProcessAnalyzer) -> usize {
        let analyzers = &mut self.analysis.lock().analyzers;
        analyzers.push(Some(analyzer));
        analyzers.len() - 1
    }

    /// The next cycle of the process at a place.
    #[inline]
    pub(super) fn observe(
        &mut self,
        place: usize,
        cycle: &GcCycle,
        wall: Option<&str>,
        forced_notice: bool,
    ) {
        if let Some(wall) = wall {
            self.batch.walls.push_str(wall);
        }
        self.batch.jobs.push(Job {
            place,
            cycle: *cycle,
            wall: wall.map(str::len),
            forced_notice,
        });
        if self.batch.jobs.len() >= BATCH {
            self.hand_over();
        }
    }

    /// What the thread does while it has nothing to analyze.
    pub(super) fn helps(&mut self, helper: Option<Helper>) {
        self.analysis.lock().helper = helper;
    }

    /// Cycles taken so far.
    pub(super) fn taken(&self) -> u64 {
        self.handed_over + self.batch.jobs.len() as u64
    }

    /// Hands over the batch that was filled; waits if too many are under way.
    fn hand_over(&mut self) {
        self.handed_over += self.batch.jobs.len() as u64;
        self.take_back();
        let next = self.spare.pop().unwrap_or_default();
        let batch = std::mem::replace(&mut self.batch, next);
        // It fails only where the thread has panicked, and then so does locking what it held.
        let _ = self.sender.send(batch, |_, _| false);
    }

    /// Takes what the thread has found, and its batches to fill them again.
    fn take_back(&mut self) {
        let kept = self.spare.len();
        self.sender.take_used(&mut self.spare);
        for batch in &mut self.spare[kept..] {
            self.changes.append(&mut batch.changes);
            batch.jobs.clear();
            batch.walls.clear();
        }
    }

    /// The analyzers, once all cycles handed over are in them.
    fn settled(&mut self) -> MutexGuard<'_, Analysis> {
        if !self.batch.jobs.is_empty() {
            self.hand_over();
        }
        self.sender.drain();
        self.take_back();
        self.analysis.lock()
    }

    /// A copy of an analyzer as it stands after all cycles so far.
    pub(super) fn copy(&mut self, place: usize) -> Option<ProcessAnalyzer> {
        self.settled().analyzers.get(place).cloned().flatten()
    }

    /// Gives an analyzer back.
    pub(super) fn give_back(&mut self, place: usize) -> Option<ProcessAnalyzer> {
        let mut analysis = self.settled();
        analysis.analyzers.get_mut(place).and_then(Option::take)
    }

    /// See [`ProcessAnalyzer::limit_timeline`].
    pub(super) fn limit_timeline(&mut self, place: usize, points: usize) {
        if let Some(Some(analyzer)) = self.settled().analyzers.get_mut(place) {
            analyzer.limit_timeline(points);
        }
    }

    /// Findings raised, made worse or cleared since the last call, with the places of their processes.
    pub(super) fn take_changes(&mut self) -> Vec<(usize, FindingChange)> {
        self.take_back();
        std::mem::take(&mut self.changes)
    }
}

/// Analyzes what comes, until nothing more does; reads parts of the file meanwhile.
fn work(analysis: &Monitor<Analysis>, receiver: &End<Batch>) {
    let mut helper: Option<Helper> = None;
    let mut done = Vec::new();
    loop {
        while receiver.is_empty() && helper.as_ref().is_some_and(Helper::help) {}
        let Received::Item(mut batch) = receiver.receive(&mut done, None) else {
            return;
        };
        let mut analysis = analysis.lock();
        helper.clone_from(&analysis.helper);
        batch.work(&mut analysis.analyzers);
        done.push(batch);
    }
}

impl Batch {
    fn work(&mut self, analyzers: &mut [Option<ProcessAnalyzer>]) {
        let mut walls = self.walls.as_str();
        for job in &self.jobs {
            let wall = job.wall.and_then(|length| walls.split_at_checked(length));
            walls = wall.map_or(walls, |(_, rest)| rest);
            let Some(Some(analyzer)) = analyzers.get_mut(job.place) else {
                continue;
            };
            if job.forced_notice {
                analyzer.forced_notice();
            }
            analyzer.observe(&job.cycle, wall.map(|(wall, _)| wall));
            if analyzer.has_changes() {
                let changes = analyzer.take_changes().into_iter();
                self.changes
                    .extend(changes.map(|change| (job.place, change)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test panics by design")]

    use super::*;
    use crate::measure::testing::steady;
    use crate::rules::Completeness;
    use crate::settings::Settings;

    fn analyzer() -> ProcessAnalyzer {
        ProcessAnalyzer::new(&Arc::new(Settings::default()))
    }

    #[test]
    fn it_finds_what_one_thread_finds_however_many_cycles_there_are() {
        let all = BATCH * 8;
        for count in [0, 1, BATCH, BATCH * LIMITS.wake - 1, all, all + 1, 4 * all + 7] {
            let mut thread = AnalysisThread::new().unwrap();
            let place = thread.follow(analyzer());
            let mut here = analyzer();
            let mut expected = Vec::new();
            for (n, cycle) in steady(count as u64, 12).iter().enumerate() {
                let wall = n.to_string();
                thread.observe(place, cycle, Some(&wall), false);
                here.observe(cycle, Some(&wall));
                expected.extend(
                    here.take_changes()
                        .into_iter()
                        .map(|change| (place, change)),
                );
            }
            let there = thread.give_back(place).unwrap();
            assert_eq!(thread.take_changes(), expected, "{count}");
            assert_eq!(expected.is_empty(), count < 1_000, "{count}: two windows");
            let about = Completeness::default();
            assert_eq!(
                there.finish(&about, None),
                here.finish(&about, None),
                "{count}"
            );
            assert!(thread.give_back(place).is_none());
        }
    }

    #[test]
    fn it_can_be_dropped_before_it_is_done() {
        let cycles = steady(10_000, 12);
        for given in [0, 10, BATCH, BATCH * LIMITS.wake, 9_000] {
            let mut thread = AnalysisThread::new().unwrap();
            let place = thread.follow(analyzer());
            for cycle in &cycles[..given] {
                thread.observe(place, cycle, None, false);
            }
        }
    }
}
