//! A second thread for the cycles of a large file: it analyzes them while the first one reads on.
//!
//! More than half of the work on a log of nothing but gc lines comes after a line is read, and nothing that is read later depends
//! on it. So cycles are handed over by the hundred, in order, and only the end waits for the analysis.

use std::io;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use crate::analyzer::{FindingChange, ProcessAnalyzer};
use crate::trace::cycle::GcCycle;

/// Cycles handed over at a time: waking a thread costs as much as analyzing some ten.
const BATCH: usize = 128;
/// Batches that may be waiting to be analyzed.
const QUEUE: usize = 3;

/// Analyzers in a thread of their own.
pub(super) struct AnalysisThread {
    analyzers: Arc<Analyzers>,
    to_thread: SyncSender<Batch>,
    from_thread: Receiver<Batch>,
    /// The batch that is being filled.
    batch: Batch,
    /// Batches that the thread has.
    away: usize,
    spare: Vec<Batch>,
    changes: Vec<(usize, FindingChange)>,
}

/// `None` where an analyzer was given back.
type Analyzers = Mutex<Vec<Option<Box<ProcessAnalyzer>>>>;

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
    /// The system cannot start one.
    pub(super) fn new() -> io::Result<Self> {
        let analyzers = Arc::<Analyzers>::default();
        let theirs = Arc::clone(&analyzers);
        let (to_thread, batches) = sync_channel(QUEUE);
        let (done, from_thread) = channel();
        thread::Builder::new()
            .name("analysis".to_owned())
            .spawn(move || work(&theirs, &batches, &done))?;
        Ok(Self {
            analyzers,
            to_thread,
            from_thread,
            batch: Batch::default(),
            away: 0,
            spare: Vec::new(),
            changes: Vec::new(),
        })
    }

    /// Takes over an analyzer; returns its place.
    pub(super) fn follow(&mut self, analyzer: Box<ProcessAnalyzer>) -> usize {
        let mut analyzers = lock(&self.analyzers);
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

    /// Hands over the batch; waits if too many are waiting to be analyzed.
    fn hand_over(&mut self) {
        while let Ok(batch) = self.from_thread.try_recv() {
            self.take_back(batch);
        }
        let next = self.spare.pop().unwrap_or_default();
        let batch = std::mem::replace(&mut self.batch, next);
        self.away += usize::from(self.to_thread.send(batch).is_ok());
    }

    /// Takes what the thread has found, and its batch to fill it again.
    fn take_back(&mut self, mut batch: Batch) {
        self.away -= 1;
        self.changes.append(&mut batch.changes);
        batch.jobs.clear();
        batch.walls.clear();
        self.spare.push(batch);
    }

    /// The analyzers, once all cycles are in them.
    fn settled(&mut self) -> MutexGuard<'_, Vec<Option<Box<ProcessAnalyzer>>>> {
        if !self.batch.jobs.is_empty() {
            self.hand_over();
        }
        while self.away > 0
            && let Ok(batch) = self.from_thread.recv()
        {
            self.take_back(batch);
        }
        lock(&self.analyzers)
    }

    /// A copy of an analyzer as it stands after all cycles so far.
    pub(super) fn copy(&mut self, place: usize) -> Option<Box<ProcessAnalyzer>> {
        self.settled().get(place).cloned().flatten()
    }

    /// Gives an analyzer back.
    pub(super) fn give_back(&mut self, place: usize) -> Option<Box<ProcessAnalyzer>> {
        self.settled().get_mut(place).and_then(Option::take)
    }

    /// See [`ProcessAnalyzer::limit_timeline`].
    pub(super) fn limit_timeline(&mut self, place: usize, points: usize) {
        if let Some(Some(analyzer)) = self.settled().get_mut(place) {
            analyzer.limit_timeline(points);
        }
    }

    /// Findings raised, made worse or cleared since the last call, with the places of their processes.
    pub(super) fn take_changes(&mut self) -> Vec<(usize, FindingChange)> {
        std::mem::take(&mut self.changes)
    }
}

/// Analyzes what comes, until nothing more does.
fn work(analyzers: &Analyzers, batches: &Receiver<Batch>, done: &Sender<Batch>) {
    for mut batch in batches {
        batch.work(&mut lock(analyzers));
        if done.send(batch).is_err() {
            return;
        }
    }
}

fn lock(analyzers: &Analyzers) -> MutexGuard<'_, Vec<Option<Box<ProcessAnalyzer>>>> {
    analyzers.lock().expect("the other thread has not panicked")
}

impl Batch {
    fn work(&mut self, analyzers: &mut [Option<Box<ProcessAnalyzer>>]) {
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
            analyzer.observe((&job.cycle).into(), wall.map(|(wall, _)| wall));
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
        let all = BATCH * (QUEUE + 2);
        for count in [0, 1, BATCH, BATCH * QUEUE - 1, all, all + 1, 4 * all + 7] {
            let mut thread = AnalysisThread::new().unwrap();
            let place = thread.follow(Box::new(analyzer()));
            let mut here = analyzer();
            let mut expected = Vec::new();
            for (n, cycle) in steady(count as u64, 12).iter().enumerate() {
                let wall = n.to_string();
                thread.observe(place, cycle, Some(&wall), false);
                here.observe(cycle.into(), Some(&wall));
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
        for given in [0, 10, BATCH, BATCH * QUEUE, 9_000] {
            let mut thread = AnalysisThread::new().unwrap();
            let place = thread.follow(Box::new(analyzer()));
            for cycle in &cycles[..given] {
                thread.observe(place, cycle, None, false);
            }
        }
    }
}
