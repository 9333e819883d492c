//! A second thread for the cycles of a large file: it analyses them while this one goes on reading.
//!
//! More than half of the work on a log of nothing but gc lines comes after a line is read, and nothing that is read later depends
//! on it. So cycles are handed over some hundred at a time, in order, and nothing waits but the end.

use std::collections::VecDeque;
use std::io;
use std::panic::resume_unwind;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crate::analyzer::{FindingChange, ProcessAnalyzer};
use crate::event::GcCycle;
use crate::io::Helper;

/// Cycles handed over at a time.
const BATCH: usize = 128;
/// Batches that there are.
const BATCHES: usize = 8;
/// Batches for which a thread that waits is woken: that costs as much as to analyse some ten cycles.
const WAKE: usize = 5;

/// Analyzers that a thread feeds.
pub(super) struct AnalysisThread {
    analyzers: Arc<Analyzers>,
    shared: Arc<Shared>,
    /// The batch that is being filled.
    batch: Batch,
    /// Cycles in all batches before it.
    handed_over: u64,
    /// Batches made so far, and how many of them are with the thread.
    made: usize,
    away: usize,
    free: Vec<Batch>,
    changes: Vec<(usize, FindingChange)>,
    thread: Option<JoinHandle<()>>,
}

type Analyzers = Mutex<Vec<Option<ProcessAnalyzer>>>;

/// What both threads see.
#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// To be analysed, oldest first.
    ready: VecDeque<Batch>,
    /// Analysed, on their way back.
    done: Vec<Batch>,
    /// How many of those the thread that reads waits for; 0 where it does not wait.
    wanted: usize,
    /// For the time that nothing is ready.
    helper: Option<Helper>,
    /// The thread that analyses waits.
    idle: bool,
    /// Nobody gives anything more.
    left: bool,
    /// Nothing more is analysed.
    ended: bool,
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
    /// Bytes of its wall-clock time, where it has one.
    wall: Option<usize>,
    forced_notice: bool,
}

impl AnalysisThread {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system has none left.
    pub(super) fn new() -> io::Result<Self> {
        let analyzers = Arc::<Analyzers>::default();
        let shared = Arc::<Shared>::default();
        let (theirs, given) = (Arc::clone(&analyzers), Arc::clone(&shared));
        let thread = thread::Builder::new()
            .name("analysis".to_owned())
            .spawn(move || given.work(&theirs))?;
        Ok(Self {
            analyzers,
            shared,
            batch: Batch::default(),
            handed_over: 0,
            made: 1,
            away: 0,
            free: Vec::new(),
            changes: Vec::new(),
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

    /// What the thread does where it has nothing to analyse.
    pub(super) fn helps(&mut self, helper: Option<Helper>) {
        self.shared.lock().helper = helper;
    }

    /// Cycles taken so far.
    pub(super) fn taken(&self) -> u64 {
        self.handed_over + self.batch.jobs.len() as u64
    }

    /// Hands over what was gathered. Waits only where all batches are with the thread.
    pub(super) fn hand_over(&mut self) {
        if self.batch.jobs.is_empty() {
            return;
        }
        let batch = std::mem::take(&mut self.batch);
        self.handed_over += batch.jobs.len() as u64;
        let mut state = self.shared.lock();
        state.ready.push_back(batch);
        let wakes = state.idle && state.ready.len() >= WAKE;
        let kept = self.free.len();
        self.free.append(&mut state.done);
        drop(state);
        if wakes {
            self.shared.changed.notify_all();
        }
        self.away += 1;
        self.take_back(kept);
        if self.free.is_empty() {
            if self.made < BATCHES {
                self.made += 1;
            } else {
                self.wait(WAKE);
            }
        }
        self.batch = self.free.pop().unwrap_or_default();
    }

    /// Waits until so many batches are done.
    fn wait(&mut self, batches: usize) {
        let mut state = self.shared.lock();
        state.wanted = batches;
        if state.idle {
            self.shared.changed.notify_all();
        }
        while state.done.len() < batches && !state.ended {
            state = self.shared.wait(state);
        }
        state.wanted = 0;
        let kept = self.free.len();
        self.free.append(&mut state.done);
        let ended = state.ended;
        drop(state);
        self.take_back(kept);
        if ended {
            self.died();
        }
    }

    /// The free batches from `kept` on have just come back.
    fn take_back(&mut self, kept: usize) {
        self.away -= self.free.len() - kept;
        for batch in &mut self.free[kept..] {
            self.changes.append(&mut batch.changes);
            batch.jobs.clear();
            batch.walls.clear();
        }
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
        if self.away > 0 {
            self.wait(self.away);
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

impl Drop for AnalysisThread {
    fn drop(&mut self) {
        self.shared.lock().left = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // Whoever leaves early has an error of its own to tell.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'s>(&self, state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        let woken = self.changed.wait(state);
        woken.unwrap_or_else(PoisonError::into_inner)
    }

    /// Analyses what comes, until nothing more does.
    fn work(&self, analyzers: &Analyzers) {
        let _ended = Ended(self);
        while let Some(mut batch) = self.next() {
            batch.work(&mut lock(analyzers));
            let mut state = self.lock();
            state.done.push(batch);
            let wakes = state.done.len() == state.wanted;
            drop(state);
            if wakes {
                self.changed.notify_all();
            }
        }
    }

    /// The next batch. Once there was none, it waits for several, unless those few are waited for.
    fn next(&self) -> Option<Batch> {
        let mut state = self.lock();
        while state.ready.is_empty()
            && !state.left
            && let Some(helper) = state.helper.clone()
        {
            drop(state);
            let helped = helper.help();
            state = self.lock();
            if !helped {
                break;
            }
        }
        if state.ready.is_empty() {
            state.idle = true;
            while !state.left
                && (state.ready.is_empty() || (state.ready.len() < WAKE && state.wanted == 0))
            {
                state = self.wait(state);
            }
            state.idle = false;
        }
        state.ready.pop_front().filter(|_| !state.left)
    }
}

/// Tells that the thread has ended, also where it panicked.
struct Ended<'s>(&'s Shared);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.lock().ended = true;
        self.0.changed.notify_all();
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
        let all = BATCH * BATCHES;
        for count in [0, 1, BATCH, BATCH * WAKE - 1, all, all + 1, 4 * all + 7] {
            let mut aside = AnalysisThread::new().unwrap();
            let place = aside.follow(analyzer());
            let mut here = analyzer();
            let mut told = Vec::new();
            for (n, cycle) in steady(count as u64, 12).iter().enumerate() {
                let wall = n.to_string();
                aside.observe(place, cycle, Some(&wall), false);
                here.observe(cycle, Some(&wall));
                told.extend(
                    here.take_changes()
                        .into_iter()
                        .map(|change| (place, change)),
                );
            }
            let there = aside.give_back(place).unwrap();
            assert_eq!(aside.take_changes(), told, "{count}");
            assert_eq!(told.is_empty(), count < 1_000, "{count}: two windows");
            let about = Completeness::default();
            assert_eq!(
                there.finish(&about, None),
                here.finish(&about, None),
                "{count}"
            );
            assert!(aside.give_back(place).is_none());
        }
    }

    #[test]
    fn whoever_leaves_early_is_not_held() {
        let cycles = steady(10_000, 12);
        for given in [0, 10, BATCH, BATCH * WAKE, 9_000] {
            let mut aside = AnalysisThread::new().unwrap();
            let place = aside.follow(analyzer());
            for cycle in &cycles[..given] {
                aside.observe(place, cycle, None, false);
            }
        }
    }

    #[test]
    #[should_panic(expected = "of the thread")]
    fn a_panic_of_the_thread_is_one_of_its_user() {
        let mut aside = AnalysisThread::new().unwrap();
        let place = aside.follow(analyzer());
        let shared = Arc::clone(&aside.shared);
        let ended = thread::spawn(move || {
            let _ended = Ended(&shared);
        });
        ended.join().unwrap();
        // The thread that analyses seems to have ended; so it is joined, and has to end.
        aside.shared.lock().left = true;
        aside.thread = Some(thread::spawn(|| panic!("of the thread")));
        for cycle in &steady(5_000, 12) {
            aside.observe(place, cycle, None, false);
        }
        aside.give_back(place);
    }
}
