//! A second thread for the cycles of a large file: it analyses them while this one goes on reading.
//!
//! Two thirds of the work on a log of nothing but gc lines come after a line is read, and nothing that is read later depends
//! on it. So cycles are handed over some hundred at a time, in order, and nothing waits but the end.

use std::io;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crate::analyzer::{FindingChange, ProcessAnalyzer};
use crate::event::GcCycle;

/// Cycles handed over at a time.
const BATCH: usize = 256;
/// Batches that there are.
const BATCHES: usize = 4;

/// Analyzers that a thread feeds.
pub(super) struct Aside {
    analyzers: Arc<Analyzers>,
    /// The batch that is being filled.
    batch: Batch,
    /// Batches made so far, and how many of them are with the thread.
    made: usize,
    away: usize,
    free: Vec<Batch>,
    changes: Vec<(usize, FindingChange)>,
    to: Option<SyncSender<Batch>>,
    back: Receiver<Batch>,
    thread: Option<JoinHandle<()>>,
}

type Analyzers = Mutex<Vec<Option<ProcessAnalyzer>>>;

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
    /// Bytes of its wall-clock time, where it has one.
    wall: Option<usize>,
    forced_notice: bool,
}

impl Aside {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system has none left.
    pub(super) fn new() -> io::Result<Self> {
        let analyzers = Arc::<Analyzers>::default();
        let theirs = Arc::clone(&analyzers);
        let (to, jobs) = sync_channel::<Batch>(BATCHES);
        let (done, back) = sync_channel(BATCHES);
        let thread = thread::Builder::new()
            .name("analysis".to_owned())
            .spawn(move || {
                for mut batch in jobs {
                    batch.work(&mut lock(&theirs));
                    if done.send(batch).is_err() {
                        return;
                    }
                }
            })?;
        Ok(Self {
            analyzers,
            batch: Batch::default(),
            made: 1,
            away: 0,
            free: Vec::new(),
            changes: Vec::new(),
            to: Some(to),
            back,
            thread: Some(thread),
        })
    }

    /// Takes over an analyzer; gives its place.
    pub(super) fn follow(&mut self, analyzer: ProcessAnalyzer) -> usize {
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

    /// Hands over what was gathered. Waits only where all batches are with the thread.
    pub(super) fn hand_over(&mut self) {
        if self.batch.jobs.is_empty() {
            return;
        }
        while let Ok(batch) = self.back.try_recv() {
            self.take_back(batch);
        }
        let next = match self.free.pop() {
            Some(free) => free,
            None if self.made < BATCHES => {
                self.made += 1;
                Batch::default()
            }
            None => {
                self.wait();
                self.free.pop().unwrap_or_default()
            }
        };
        let batch = std::mem::replace(&mut self.batch, next);
        self.away += 1;
        if self.to.as_ref().is_none_or(|to| to.send(batch).is_err()) {
            self.died();
        }
    }

    /// Waits for a batch.
    fn wait(&mut self) {
        match self.back.recv() {
            Ok(batch) => self.take_back(batch),
            Err(_) => self.died(),
        }
    }

    fn take_back(&mut self, mut batch: Batch) {
        self.away -= 1;
        self.changes.append(&mut batch.changes);
        batch.jobs.clear();
        batch.walls.clear();
        self.free.push(batch);
    }

    /// The thread ends before its time only where it panics.
    fn died(&mut self) {
        self.away = 0;
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join) {
            resume_unwind(panic);
        }
    }

    /// The analyzers, once all cycles handed over are in them.
    fn settled(&mut self) -> MutexGuard<'_, Vec<Option<ProcessAnalyzer>>> {
        self.hand_over();
        while self.away > 0 {
            self.wait();
        }
        lock(&self.analyzers)
    }

    /// A copy of an analyzer as it stands after all cycles so far.
    pub(super) fn copy(&mut self, place: usize) -> Option<ProcessAnalyzer> {
        self.settled().get(place).cloned().flatten()
    }

    /// Gives an analyzer back.
    pub(super) fn give_back(&mut self, place: usize) -> Option<ProcessAnalyzer> {
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

impl Drop for Aside {
    fn drop(&mut self) {
        self.to = None;
        if let Some(thread) = self.thread.take() {
            // Whoever leaves early has an error of its own to tell.
            let _ = thread.join();
        }
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

fn lock(analyzers: &Analyzers) -> MutexGuard<'_, Vec<Option<ProcessAnalyzer>>> {
    analyzers.lock().unwrap_or_else(PoisonError::into_inner)
}
