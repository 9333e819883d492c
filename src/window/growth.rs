//! Is the live heap growing: the last ten minutes in at most 64 buckets, and the run of rising values.

use crate::stats::{mann_kendall, theil_sen};

/// How far back the trend looks, ns.
const LOOK_BACK_NS: u64 = 600_000_000_000;

/// The finest bucket: buckets double in width as the stretch grows, so that there are never more than 64.
const FINEST_NS: u64 = LOOK_BACK_NS / 512;

const MAX_BUCKETS: usize = 64;

/// Buckets that a trend needs.
const MIN_BUCKETS: usize = 10;

/// Kendall's tau that a steady rise has at least.
const MIN_TAU: f64 = 0.7;

/// Values that a rising run needs: six in a row rise by chance once in 720 times.
const MIN_RUN: u64 = 6;

/// Follows the live heap of one process.
#[derive(Debug, Clone, Default)]
pub struct LiveTrend {
    width_ns: u64,
    /// Where the last bucket ends, ns of program time.
    bucket_end_ns: u64,
    /// (bucket number, smallest live heap in it, MiB): the floor, because a leak raises it and a swing does not.
    buckets: Vec<(u64, u64)>,
    /// Kendall's score of all buckets but the last: pairs that rise less pairs that fall.
    score: i64,
    run: Run,
    /// The last trend, and the first and last bucket it was computed from: the test is O(n^2) and they seldom change.
    computed: Option<(Ends, Growth)>,
}

type Ends = [(u64, u64); 2];

/// Live heaps that rose from cycle to cycle, up to the newest.
#[derive(Debug, Clone, Copy, Default)]
struct Run {
    length: u64,
    start_ns: u64,
    first_mib: u64,
    end_ns: u64,
    last_mib: u64,
}

/// Growth of the live heap, up to the newest cycle.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Growth {
    /// From the first to the last value, MiB; 0 where it fell.
    pub mib: f64,
    /// The newest live heap, MiB.
    pub live_mib: f64,
    /// From the first to the last value, s.
    pub seconds: f64,
    /// MiB per second.
    pub slope: f64,
    /// True where it is growth and not noise.
    pub certain: bool,
    /// Enough buckets, or a long enough run, to tell.
    pub evidence: bool,
}

impl LiveTrend {
    /// Takes the live heap at the end of a cycle.
    #[inline]
    pub fn observe(&mut self, end_ns: u64, live_mib: u64) {
        // Every other value rises: chosen, not branched on.
        let run = self.run;
        let rises = run.length > 0 && live_mib > run.last_mib;
        self.run = Run {
            length: if rises { run.length + 1 } else { 1 },
            start_ns: if rises { run.start_ns } else { end_ns },
            first_mib: if rises { run.first_mib } else { live_mib },
            end_ns,
            last_mib: live_mib,
        };
        match self.buckets.last_mut() {
            Some(last) if end_ns < self.bucket_end_ns => last.1 = last.1.min(live_mib),
            _ => self.open(end_ns, live_mib),
        }
    }

    #[cold]
    fn open(&mut self, end_ns: u64, live_mib: u64) {
        self.width_ns = self.width_ns.max(FINEST_NS);
        let bucket = end_ns / self.width_ns;
        self.score += self.rises_to_last();
        self.buckets.push((bucket, live_mib));
        let kept = LOOK_BACK_NS / self.width_ns;
        while let Some(first) = self.buckets.first()
            && first.0 + kept <= bucket
        {
            self.score -= self.rises_from_first();
            self.buckets.remove(0);
        }
        if self.buckets.len() > MAX_BUCKETS {
            self.width_ns *= 2;
            let mut joined: Vec<(u64, u64)> = Vec::with_capacity(MAX_BUCKETS + 1);
            for (bucket, live) in self.buckets.drain(..) {
                match joined.last_mut() {
                    Some(last) if last.0 == bucket / 2 => last.1 = last.1.min(live),
                    _ => joined.push((bucket / 2, live)),
                }
            }
            self.score = 0;
            for (bucket, live) in joined {
                self.score += self.rises_to_last();
                self.buckets.push((bucket, live));
            }
        }
        self.bucket_end_ns = (end_ns / self.width_ns + 1).saturating_mul(self.width_ns);
    }

    /// Earlier buckets below the last one less those above it.
    fn rises_to_last(&self) -> i64 {
        let Some(last) = self.buckets.last() else {
            return 0;
        };
        self.buckets.iter().map(|early| rise(early.1, last.1)).sum()
    }

    /// Later buckets above the first one less those below it, the last one left out.
    fn rises_from_first(&self) -> i64 {
        let mut buckets = self.buckets.iter();
        let Some(first) = buckets.next() else {
            return 0;
        };
        buckets.next_back();
        buckets.map(|later| rise(first.1, later.1)).sum()
    }

    /// What the last ten minutes before `now` (ns of program time) say. The trend (Mann-Kendall over the buckets, tau at
    /// least 0.7, p below 0.001, growth of at least a fifth of the median) finds steady leaks; the run (six values or
    /// more, each above the one before, the last at least twice the first) finds those whose cycles get rarer as the heap
    /// grows. The larger growth of the two counts.
    pub fn growth(&mut self, now: u64) -> Growth {
        let run = self.by_run(now);
        let trend = self.by_trend(now);
        match (run.certain, trend.certain) {
            (true, true) | (false, false) if run.mib > trend.mib => Growth {
                evidence: run.evidence || trend.evidence,
                ..run
            },
            (true, false) => run,
            _ => Growth {
                evidence: run.evidence || trend.evidence,
                ..trend
            },
        }
    }

    /// The first instant after `now` at which [`LiveTrend::growth`] may differ without another cycle, since the oldest
    /// bucket or the run are too long ago then; `u64::MAX` where nothing is left to go. ns of program time.
    pub fn next_change(&self, now: u64) -> u64 {
        let bucket = self.recent(now).next();
        let bucket = bucket.map(|oldest| (oldest.0 + 1).saturating_mul(self.width_ns));
        let run = (self.run.length > 0).then(|| self.run.end_ns.saturating_add(1));
        [bucket, run]
            .into_iter()
            .flatten()
            .map(|end| end.saturating_add(LOOK_BACK_NS))
            .filter(|change| *change > now)
            .min()
            .unwrap_or(u64::MAX)
    }

    /// Slope of the live heap over the last ten minutes before `now`, MiB/s; `None` for fewer than ten buckets.
    pub fn slope(&self, now: u64) -> Option<f64> {
        let points = self.points(now);
        (points.len() >= MIN_BUCKETS)
            .then(|| theil_sen(&points))
            .flatten()
    }

    fn points(&self, now: u64) -> Vec<(f64, f64)> {
        let width = self.width_ns as f64 / 1e9;
        self.recent(now)
            .map(|&(bucket, live)| (bucket as f64 * width, live as f64))
            .collect()
    }

    fn recent(&self, now: u64) -> impl Iterator<Item = &(u64, u64)> {
        let oldest = self.oldest(now);
        self.buckets.iter().filter(move |bucket| bucket.0 >= oldest)
    }

    /// The first bucket that is looked at.
    fn oldest(&self, now: u64) -> u64 {
        now.saturating_sub(LOOK_BACK_NS) / self.width_ns.max(1)
    }

    fn by_run(&self, now: u64) -> Growth {
        let run = &self.run;
        if run.length == 0 || run.end_ns.saturating_add(LOOK_BACK_NS) < now {
            return Growth::default();
        }
        let mib = run.last_mib.saturating_sub(run.first_mib) as f64;
        let seconds = run.end_ns.saturating_sub(run.start_ns) as f64 / 1e9;
        Growth {
            mib,
            live_mib: run.last_mib as f64,
            seconds,
            slope: if seconds > 0.0 { mib / seconds } else { 0.0 },
            certain: run.length >= MIN_RUN && run.last_mib >= run.first_mib.saturating_mul(2),
            evidence: run.length >= MIN_RUN,
        }
    }

    fn by_trend(&mut self, now: u64) -> Growth {
        let (Some(&first), Some(&last)) = (self.recent(now).next(), self.buckets.last()) else {
            return Growth::default();
        };
        match self.computed {
            Some((ends, growth)) if ends == [first, last] => growth,
            _ => {
                let growth = self.trend(now, first, last);
                self.computed = Some(([first, last], growth));
                growth
            }
        }
    }

    fn trend(&self, now: u64, first: (u64, u64), last: (u64, u64)) -> Growth {
        let mib = last.1.saturating_sub(first.1);
        let oldest = self.oldest(now);
        let count = self.buckets.len() - self.buckets.partition_point(|bucket| bucket.0 < oldest);
        let growth = Growth {
            mib: mib as f64,
            live_mib: last.1 as f64,
            seconds: ((last.0 - first.0) * self.width_ns) as f64 / 1e9,
            slope: 0.0,
            certain: false,
            evidence: count >= MIN_BUCKETS,
        };
        if !growth.evidence || mib < 2 {
            return growth;
        }
        // The score is kept from bucket to bucket, and most series fail by it; the test itself is O(n^2).
        let pairs = (count * (count - 1) / 2) as f64;
        // At best all of them rise to the last bucket.
        let all = count == self.buckets.len();
        let fails = |rises: i64| ((self.score + rises) as f64) / pairs < MIN_TAU;
        if all && (fails(count as i64) || fails(self.rises_to_last())) {
            return growth;
        }
        let values: Vec<u64> = self.recent(now).map(|bucket| bucket.1).collect();
        let mut sorted = values.clone();
        sorted.sort_unstable();
        let median = sorted.get(sorted.len() / 2).copied().unwrap_or(0);
        if mib.saturating_mul(5) < median
            || !mann_kendall(&values).is_some_and(|trend| trend.tau >= MIN_TAU && trend.p < 0.001)
        {
            return growth;
        }
        Growth {
            slope: theil_sen(&self.points(now)).unwrap_or(0.0),
            certain: true,
            ..growth
        }
    }
}

/// 1 where the later value is the larger, -1 where it is the smaller.
const fn rise(early: u64, late: u64) -> i64 {
    (late > early) as i64 - (late < early) as i64
}
