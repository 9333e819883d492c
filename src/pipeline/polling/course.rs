//! Snapshots of one program, one after another, to the cycles of its processes.

use crate::measure::Polled;
use crate::memstats::{Ended, Snapshot};
use crate::units::SECOND;

/// One process between its first and its last poll. Keeps two snapshots, however long it is polled.
#[derive(Debug)]
pub(super) struct Course {
    first: Snapshot,
    last: Snapshot,
    /// When the first and the last poll were, ns of any clock.
    first_at: u64,
    last_at: u64,
    /// When the last cycle was seen first.
    quiet_since: u64,
    /// When the program started, ns since 1970: as stated, or as it says itself.
    started: Option<u64>,
    /// Its first cycle was seen, so everything that it counts was.
    whole: bool,
    /// ns since 1970 at which its program time is 0: its start, else the oldest instant that is known of it.
    zero: u64,
}

/// A cycle on the clock of its process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cycle {
    pub(super) ended: Ended,
    /// Its end, ns of program time.
    pub(super) end_ns: u64,
    /// Cycles before it that no poll has seen.
    pub(super) missing: u64,
}

impl Course {
    /// The first poll of a process, which was `restarted` if another one was polled before. `started` is its start, if that is known,
    /// `now` the time, both ns since 1970. Returns its cycles: the last one, from which the first period is measured, or of a process
    /// that has just started all that it has.
    pub(super) fn begin(
        snapshot: Snapshot,
        at: u64,
        now: u64,
        started: Option<u64>,
        restarted: bool,
    ) -> (Self, Vec<Cycle>) {
        let oldest = snapshot.cycles_after(0).next();
        let oldest = oldest.map_or(now, |cycle| cycle.end_unix_ns.min(now));
        // A start after the first cycle is that of another process, or a mistake.
        let started = started.filter(|started| *started <= oldest);
        let from = match restarted {
            true => 0,
            false => snapshot.num_gc.saturating_sub(1),
        };
        let course = Self {
            first_at: at,
            last_at: at,
            quiet_since: at,
            whole: restarted || snapshot.num_gc == 0,
            zero: started.unwrap_or(oldest),
            started,
            last: snapshot.clone(),
            first: snapshot,
        };
        let cycles = course.cycles_after(from, true);
        (course, cycles)
    }

    /// False if a snapshot is of another process.
    pub(super) fn continues_with(&self, snapshot: &Snapshot) -> bool {
        snapshot.continues(&self.last)
    }

    /// The next poll of the same process. Returns the cycles since the one before.
    pub(super) fn next(&mut self, snapshot: Snapshot, at: u64) -> Vec<Cycle> {
        let before = std::mem::replace(&mut self.last, snapshot).num_gc;
        if self.last.num_gc > before {
            self.quiet_since = at;
        }
        self.last_at = at;
        self.cycles_after(before, false)
    }

    /// Cycles after this one; `first` if none was seen before, so that none is missing.
    fn cycles_after(&self, number: u64, first: bool) -> Vec<Cycle> {
        let mut before = number;
        let cycles = self.last.cycles_after(number).map(|ended| {
            let missing = ended.number - before - 1;
            let missing = if first && before == number {
                0
            } else {
                missing
            };
            before = ended.number;
            Cycle {
                end_ns: ended.end_unix_ns.saturating_sub(self.zero),
                missing,
                ended,
            }
        });
        cycles.collect()
    }

    /// What the polls show between the first and the last.
    pub(super) fn polled(&self) -> Polled {
        let (first, last) = (&self.first, &self.last);
        let grown = |of: fn(&Snapshot) -> Option<u64>| Some(of(last)?.saturating_sub(of(first)?));
        let since_start = last.gc_cpu_fraction.filter(|share| share.is_finite());
        Polled {
            span_ns: self.last_at.saturating_sub(self.first_at),
            cycles: last.num_gc.saturating_sub(first.num_gc),
            forced: grown(|snapshot| snapshot.num_forced_gc),
            allocated_bytes: grown(|snapshot| snapshot.total_alloc),
            gc_cpu_ratio: self.gc_cpu(),
            gc_cpu_since_start_ratio: since_start.filter(|_| last.num_gc > 0),
            goal_bytes: last.goal_bytes(),
        }
    }

    /// GC CPU between the last cycles of the first and the last poll, while GOMAXPROCS is constant. With f the share since the start S
    /// up to the end t of a cycle it is (f2 (t2 - S) - f1 (t1 - S)) / (t2 - t1) = f2 + (f2 - f1) (t1 - S) / (t2 - t1). An error of S
    /// counts by (f2 - f1) / (t2 - t1) only.
    fn gc_cpu(&self) -> Option<f64> {
        let seconds = |ns: u64| ns as f64 / SECOND as f64;
        let (end, share) = (self.last.last()?.end_unix_ns, self.last.gc_cpu_fraction?);
        let ratio = if self.whole {
            share
        } else {
            let (before, earlier) = (self.first.last()?.end_unix_ns, self.first.gc_cpu_fraction?);
            let watched = end.checked_sub(before).filter(|watched| *watched > 0)?;
            let until = before.checked_sub(self.started?)?;
            share + (share - earlier) * seconds(until) / seconds(watched)
        };
        ratio.is_finite().then(|| ratio.clamp(0.0, 1.0))
    }

    /// How long it is certain to have lived after its last cycle, ns.
    pub(super) const fn silent_ns(&self) -> u64 {
        self.last_at.saturating_sub(self.quiet_since)
    }
}
