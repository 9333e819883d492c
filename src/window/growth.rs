//! Whether the live heap keeps growing: its floor over the whole run, in constant memory.

use crate::stats::{mann_kendall, theil_sen};

/// The finest bucket, ns. Buckets double in width as the run grows, so that there are never more than 64.
const FINEST_NS: u64 = 100_000_000;

const MAX_BUCKETS: usize = 64;

/// Values that a trend needs.
const MIN_VALUES: usize = 6;

/// The share of the run that counts as its start: caches fill then, and libraries load.
const START_UP: u64 = 10;

/// The least Kendall's tau of a steady rise, and the p-value below which it is not by chance.
const MIN_TAU: f64 = 0.6;
const MAX_P: f64 = 0.01;

/// A rise below a tenth of the heap, or below this many MiB, does not count.
const MIN_RISE_MIB: u64 = 8;

/// The least ratio of the slope of the last third to that of the whole: a heap that levels off has filled.
const STILL_RISING: f64 = 0.5;

/// Growth by this factor in each of two spans of this length in a row is more than any linear growth.
const SPAN_S: f64 = 600.0;
const EXPLODES: f64 = 2.2;

/// How many times faster the second half of such a span grows than the first: 1.5 where it grows 2.2-fold.
const BENDS: f64 = 1.3;

/// Follows the live heap of one process.
///
/// The floor is the smallest live heap of a bucket: a leak raises it and a swing does not. A bucket counts with at least
/// 4 cycles in a run of 60 and more, with 2 in one of 40, else with 1.
#[derive(Debug, Clone, Default)]
pub struct LiveTrend {
    width_ns: u64,
    /// Where the last bucket ends, ns of program time.
    bucket_end_ns: u64,
    buckets: Vec<Bucket>,
    cycles: u64,
    /// Buckets opened so far.
    opened: u64,
    /// The growth computed last, and how many buckets had been opened then: the test is O(n^2).
    computed: Option<(u64, Growth)>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    number: u64,
    floor_mib: u64,
    cycles: u64,
}

/// Growth of the live heap since the start-up.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Growth {
    /// From the first to the last floor, MiB; 0 where it fell.
    pub mib: f64,
    /// The newest floor, MiB.
    pub live_mib: f64,
    /// From the first to the last floor, s.
    pub seconds: f64,
    /// MiB per second, by the median of all slopes: of the whole run, or of its last third if that is more.
    pub slope: f64,
    /// It keeps growing.
    pub certain: bool,
    /// It grew more than 2.2-fold in each of the last two spans of ten minutes.
    pub explodes: bool,
    /// There are enough values for a conclusion.
    pub evidence: bool,
    /// Where the start-up ends, ns of program time.
    pub since_ns: u64,
}

impl LiveTrend {
    /// Takes the live heap at the end of a cycle.
    #[inline]
    pub fn observe(&mut self, end_ns: u64, live_mib: u64) {
        self.cycles += 1;
        match self.buckets.last_mut() {
            Some(last) if end_ns < self.bucket_end_ns => {
                last.floor_mib = last.floor_mib.min(live_mib);
                last.cycles += 1;
            }
            _ => self.open(end_ns, live_mib),
        }
    }

    #[cold]
    fn open(&mut self, end_ns: u64, live_mib: u64) {
        self.width_ns = self.width_ns.max(FINEST_NS);
        self.opened += 1;
        let bucket = |width_ns: u64| Bucket {
            number: end_ns / width_ns,
            floor_mib: live_mib,
            cycles: 1,
        };
        self.buckets.push(bucket(self.width_ns));
        while self.buckets.len() > MAX_BUCKETS {
            self.width_ns = self.width_ns.saturating_mul(2);
            let mut joined: Vec<Bucket> = Vec::with_capacity(MAX_BUCKETS + 1);
            for mut bucket in self.buckets.drain(..) {
                bucket.number /= 2;
                match joined.last_mut() {
                    Some(last) if last.number == bucket.number => last.join(&bucket),
                    _ => joined.push(bucket),
                }
            }
            self.buckets = joined;
        }
        self.bucket_end_ns = (end_ns / self.width_ns + 1).saturating_mul(self.width_ns);
    }

    /// The growth so far; `origin_ns` is where the run begins. Computed again if a bucket was opened since, or if the run ends
    /// (`last`).
    pub fn growth(&mut self, origin_ns: u64, last: bool) -> Growth {
        match self.computed {
            Some((opened, growth)) if opened == self.opened && !last => growth,
            _ => {
                let growth = self.compute(origin_ns);
                self.computed = Some((self.opened, growth));
                growth
            }
        }
    }

    /// Slope of the floor after the start-up, MiB/s; `None` with too few values.
    pub fn slope(&self, origin_ns: u64) -> Option<f64> {
        let values = self.values(origin_ns);
        if values.len() < MIN_VALUES {
            return None;
        }
        theil_sen(&points(&values))
    }

    /// Floors with their instants, s of program time, after the start-up.
    fn values(&self, origin_ns: u64) -> Vec<(f64, u64)> {
        let least = match self.cycles {
            60.. => 4,
            40.. => 2,
            _ => 1,
        };
        let mut values = Vec::with_capacity(self.buckets.len());
        let mut open: Option<Bucket> = None;
        for bucket in &self.buckets {
            let joined = match open.take() {
                Some(mut before) => {
                    before.join(bucket);
                    before
                }
                None => *bucket,
            };
            if joined.cycles < least {
                open = Some(joined);
                continue;
            }
            let middle = joined.number.saturating_mul(self.width_ns) + self.width_ns / 2;
            values.push((middle as f64 / 1e9, joined.floor_mib));
        }
        let end = values.last().map_or(0.0, |value| value.0);
        let origin = origin_ns as f64 / 1e9;
        let start_up = origin + (end - origin) / START_UP as f64;
        let before = values.partition_point(|value| value.0 < start_up);
        let spare = values.len().saturating_sub(MIN_VALUES);
        values.drain(..before.min(spare));
        values
    }

    fn compute(&self, origin_ns: u64) -> Growth {
        let values = self.values(origin_ns);
        let (Some(&first), Some(&last)) = (values.first(), values.last()) else {
            return Growth::default();
        };
        let rise = last.1.saturating_sub(first.1);
        let growth = Growth {
            mib: rise as f64,
            live_mib: last.1 as f64,
            seconds: last.0 - first.0,
            evidence: values.len() >= MIN_VALUES,
            since_ns: origin_ns.max(crate::units::from_f64(first.0 * 1e9)),
            ..Growth::default()
        };
        if !growth.evidence || rise < MIN_RISE_MIB || rise * 10 < first.1 {
            return growth;
        }
        let floors: Vec<u64> = values.iter().map(|value| value.1).collect();
        let highest = floors.iter().copied().max().unwrap_or(0);
        let newest = self.buckets.last().map_or(last.1, |open| open.floor_mib);
        let fell_back = newest.min(last.1) < first.1 + (highest - first.1) / 2;
        let rises =
            mann_kendall(&floors).is_some_and(|trend| trend.tau >= MIN_TAU && trend.p < MAX_P);
        if fell_back || !rises {
            return growth;
        }
        let points = points(&values);
        let slope = theil_sen(&points).unwrap_or(0.0);
        let third = last.0 - (last.0 - first.0) / 3.0;
        let late = points.partition_point(|point| point.0 < third);
        let late = late.min(points.len() - 2);
        let late = theil_sen(&points[late..]).unwrap_or(0.0);
        Growth {
            // Growth that speeds up meets its limit sooner than its average suggests.
            slope: slope.max(late),
            certain: slope > 0.0 && late >= slope * STILL_RISING,
            explodes: explodes(&points),
            ..growth
        }
    }
}

impl Bucket {
    fn join(&mut self, later: &Self) {
        self.floor_mib = self.floor_mib.min(later.floor_mib);
        self.cycles += later.cycles;
    }
}

fn points(values: &[(f64, u64)]) -> Vec<(f64, f64)> {
    values.iter().map(|&(at, mib)| (at, mib as f64)).collect()
}

/// More than 2.2-fold in each of the last two spans of ten minutes. A linear growth never is: its doubling time is its age.
fn explodes(points: &[(f64, f64)]) -> bool {
    let Some(&(end, newest)) = points.last() else {
        return false;
    };
    let before = |seconds: f64| {
        let at = points.partition_point(|point| point.0 <= end - seconds);
        points.get(at.checked_sub(1)?).map(|point| point.1)
    };
    let (Some(first), Some(middle)) = (before(2.0 * SPAN_S), before(SPAN_S)) else {
        return false;
    };
    // A cache that begins to fill after idle time doubles as often, but in a straight line.
    let half = before(SPAN_S / 2.0).unwrap_or(middle);
    middle > EXPLODES * first.max(1.0)
        && newest > EXPLODES * middle
        && newest - half > BENDS * (half - middle)
}
