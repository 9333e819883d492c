//! Running totals of a process, and the intervals between two of them.

use super::CPU;

/// If a larger share of the cycles is missing, sums over those seen are withheld.
pub const MAX_MISSING: f64 = 0.2;

/// The widest interval of the cumulative percentage that is used, as a ratio: a wider one is too vague.
const MAX_WIDTH: f64 = 0.05;

/// Totals over all cycles of a process up to the end of one of them. The default is the start of the process, when all are 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Totals {
    /// Number of the cycle.
    pub number: u64,
    /// Its start (its end where the start is unknown), ns of program time.
    pub start_ns: u64,
    /// Its end, ns of program time.
    pub end_ns: u64,
    /// GC CPU since the start of the process, whole percent, truncated.
    pub percent: i64,
    /// Cycles seen with their times intact.
    pub seen: u64,
    /// Cycles with a gc line of which the cycle before was seen too, or that were the first of the process.
    pub linked: u64,
    /// GOMAXPROCS x time, added up over its changes, ns.
    pub capacity_ns: u128,
    /// Available CPUs x time, 1/1000 CPU x ns.
    pub had_ns: u128,
    /// CPU of both stops, ns.
    pub stop_cpu_ns: u64,
    /// CPU of mark assists, ns.
    pub assist_cpu_ns: u64,
    /// CPU of background marking, ns.
    pub background_cpu_ns: u64,
    /// CPU of idle marking, ns.
    pub idle_cpu_ns: u64,
    /// What truncation may have cut off the CPU of stops, assists and background marking, ns.
    pub truncated_cpu_ns: u64,
    /// Wall time of both stops, ns.
    pub stop_ns: u64,
    /// Wall time of concurrent mark, ns.
    pub mark_ns: u64,
    /// Allocated over the linked cycles, MiB; truncation makes single steps negative at times.
    pub allocated_mib: i64,
}

impl Totals {
    /// The start of the process.
    pub const START: Self = Self {
        number: 0,
        start_ns: 0,
        end_ns: 0,
        percent: 0,
        seen: 0,
        linked: 0,
        capacity_ns: 0,
        had_ns: 0,
        stop_cpu_ns: 0,
        assist_cpu_ns: 0,
        background_cpu_ns: 0,
        idle_cpu_ns: 0,
        truncated_cpu_ns: 0,
        stop_ns: 0,
        mark_ns: 0,
        allocated_mib: 0,
    };

    /// CPU of marking, assists included, ns.
    pub fn marking_cpu_ns(&self) -> u64 {
        self.assist_cpu_ns.saturating_add(self.background_cpu_ns)
    }
}

impl Default for Totals {
    fn default() -> Self {
        Self::START
    }
}

/// The cycles after `from` up to `to`, and the time looked at, which may begin after `from` (in a window) and end after `to`. The
/// default has none.
///
/// Silence counts: 120 cycles in 2.5 s of a window of 10 s are 12 per second. So every share and rate is one of the time looked
/// at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval<'m> {
    /// Totals before the first cycle.
    pub from: &'m Totals,
    /// Totals at the last cycle.
    pub to: &'m Totals,
    /// The time looked at, ns.
    pub looked_ns: u64,
}

/// Which sums of a process can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Trust {
    /// The CPU fields are the runtime's own accounting (Go up to 1.22), not an upper bound.
    pub fields_exact: bool,
    /// The available CPUs are known.
    pub cpus: bool,
}

impl Default for Interval<'_> {
    fn default() -> Self {
        Self::whole(&Totals::START, &Totals::START)
    }
}

/// GC CPU over the time looked at, without idle marking, as a share of GOMAXPROCS x time.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct GcCpu {
    /// The estimate.
    pub ratio: f64,
    /// The lower bound.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
    /// The Go version or the cumulative percentage makes the estimate certain enough to grade.
    pub resolved: bool,
    /// Width of the interval that the cumulative percentage allows, as a ratio.
    pub width: f64,
}

impl GcCpu {
    /// The ratio to grade: the estimate if it is resolved, else the lower bound.
    pub const fn floor(&self) -> f64 {
        if self.resolved { self.ratio } else { self.low }
    }
}

impl<'m> Interval<'m> {
    /// From the end of one cycle to the end of another.
    pub const fn whole(from: &'m Totals, to: &'m Totals) -> Self {
        Self {
            from,
            to,
            looked_ns: to.end_ns.saturating_sub(from.end_ns),
        }
    }
}

impl Interval<'_> {
    /// Cycles in it by their numbers, missing ones included.
    pub const fn cycles(&self) -> u64 {
        self.to.number.saturating_sub(self.from.number)
    }

    /// Cycles in it that were seen.
    pub const fn seen(&self) -> u64 {
        self.to.seen.saturating_sub(self.from.seen)
    }

    /// What a total grew by.
    pub fn sum(&self, total: impl Fn(&Totals) -> u64) -> u64 {
        total(self.to).saturating_sub(total(self.from))
    }

    /// The time looked at, s.
    pub fn seconds(&self) -> f64 {
        self.looked_ns as f64 / 1e9
    }

    /// Cycles by their numbers per second of the time looked at, so missing lines change nothing. `None` without time.
    pub fn rate(&self) -> Option<f64> {
        (self.looked_ns > 0).then(|| self.cycles() as f64 / self.seconds())
    }

    /// The same, but from start to start if cycles fill the time looked at: exact to 1 ms, and independent of the cycle that a
    /// window just includes or excludes at its edges.
    pub fn frequency(&self) -> Option<f64> {
        let rate = self.rate()?;
        let starts = self.to.start_ns.saturating_sub(self.from.start_ns);
        let period = self.looked_ns.checked_div(self.cycles()).unwrap_or(0);
        if starts.abs_diff(self.looked_ns) <= period.saturating_mul(2) {
            self.frequency_by_starts().or(Some(rate))
        } else {
            Some(rate)
        }
    }

    /// Cycles per second from start to start: exact to 1 ms where the stretch is as long as its cycles.
    pub fn frequency_by_starts(&self) -> Option<f64> {
        let time = self.to.start_ns.saturating_sub(self.from.start_ns);
        (time > 0).then(|| self.cycles() as f64 * 1e9 / time as f64)
    }

    /// More than [`MAX_MISSING`] of the cycles are missing: no sums are given.
    pub fn is_withheld(&self) -> bool {
        (self.seen() as f64) < (1.0 - MAX_MISSING) * self.cycles() as f64
    }

    /// The factor by which sums over the cycles seen are scaled up for missing ones; `None` if too many are missing.
    pub fn scale(&self) -> Option<f64> {
        let (all, seen) = (self.cycles() as f64, self.seen() as f64);
        (seen > 0.0 && !self.is_withheld()).then(|| (all / seen).max(1.0))
    }

    /// CPU time summed over the stretch as a share of GOMAXPROCS x time.
    pub fn cpu_ratio(&self, total: impl Fn(&Totals) -> u64) -> Option<f64> {
        Some(self.cpu_sum(total)?.min(1.0))
    }

    /// The same, which may be more than 1 if a cycle began before the time looked at.
    pub fn cpu_sum(&self, total: impl Fn(&Totals) -> u64) -> Option<f64> {
        let (capacity, scale) = self.scaled_capacity()?;
        Some(self.sum(total) as f64 / capacity * scale)
    }

    /// GOMAXPROCS x time looked at, CPU-ns; 0 without time.
    fn capacity(&self) -> f64 {
        float(self.to.capacity_ns.saturating_sub(self.from.capacity_ns)) * self.stretched()
    }

    /// Available CPUs x time looked at, CPU-ns; 0 without time.
    fn had(&self) -> f64 {
        float(self.to.had_ns.saturating_sub(self.from.had_ns)) / CPU as f64 * self.stretched()
    }

    /// The time looked at over the time from end to end: outside of it GOMAXPROCS is taken as inside.
    fn stretched(&self) -> f64 {
        let inside = self.to.end_ns.saturating_sub(self.from.end_ns);
        if inside == 0 {
            0.0
        } else {
            self.looked_ns as f64 / inside as f64
        }
    }

    fn scaled_capacity(&self) -> Option<(f64, f64)> {
        let capacity = self.capacity();
        (capacity > 0.0).then_some((capacity, self.scale()?))
    }

    /// GOMAXPROCS and the available CPUs, averaged over the time; `None` without time.
    pub fn processors(&self) -> Option<(f64, f64)> {
        let time = self.looked_ns as f64;
        let capacity = self.capacity();
        (capacity > 0.0).then(|| (capacity / time, self.had() / time))
    }

    /// What a share of GOMAXPROCS x time is multiplied with to be one of the available CPUs; 1 if those are not known.
    pub fn to_cpus(&self, trust: Trust) -> f64 {
        match self.processors() {
            Some((procs, cpus)) if trust.cpus && cpus > 0.0 => procs / cpus,
            _ => 1.0,
        }
    }

    /// Wall time summed over the stretch as a share of the time.
    pub fn wall_ratio(&self, total: impl Fn(&Totals) -> u64) -> Option<f64> {
        let time = self.looked_ns as f64;
        let sum = self.sum(total) as f64;
        (time > 0.0).then_some((sum / time * self.scale()?).min(1.0))
    }

    /// GC CPU ratio: the sum of the CPU fields, cut to the interval that the cumulative percentage allows; the estimate is the
    /// middle of what is left.
    ///
    /// Since Go 1.23 the stops' CPU fields include the time to reach the stop on every P, which the runtime itself no longer
    /// charges. So all fields, with what truncation cut off them, are an upper bound; mark and assist are a lower one.
    /// The percentage p is truncated, so GC CPU up to a cycle lies between p and p + 1 percent of the capacity C then, and
    /// over the stretch a to b between (p_b C_b - (p_a + 1) C_a) / (C_b - C_a) and ((p_b + 1) C_b - p_a C_a) / (C_b - C_a).
    /// At the start of the process both are exactly 0. The ratio is that CPU over the time looked at. Intervals wider than 5 points
    /// are not used. The upper edge as the estimate was rejected: it is 0.3 points too high on average, the middle 0.15 off.
    pub fn gc_cpu(&self, trust: Trust) -> Option<GcCpu> {
        let fields_exact = trust.fields_exact;
        let (before, after) = (
            float(self.from.capacity_ns) / 100.0,
            float(self.to.capacity_ns) / 100.0,
        );
        let capacity = self.capacity();
        if capacity <= 0.0 {
            return None;
        }
        let (p_a, p_b) = (self.from.percent as f64, self.to.percent as f64);
        let truncated = if self.from.seen == 0 { 0.0 } else { 1.0 };
        let least = ((p_b * after - (p_a + truncated) * before) / capacity).clamp(0.0, 1.0);
        let most = (((p_b + 1.0) * after - p_a * before) / capacity).clamp(0.0, 1.0);
        let width = (after + truncated * before) / capacity;
        let valid = |p: i64| (0..=100).contains(&p);
        let usable = width <= MAX_WIDTH && valid(self.from.percent) && valid(self.to.percent);

        let (low, high) = match self.scaled_capacity() {
            Some((capacity, scale)) => {
                let share = |total: fn(&Totals) -> u64| self.sum(total) as f64 / capacity * scale;
                let marking = share(Totals::marking_cpu_ns);
                let all = marking + share(|totals| totals.stop_cpu_ns);
                let truncated = share(|totals| totals.truncated_cpu_ns);
                (if fields_exact { all } else { marking }, all + truncated)
            }
            // With too many cycles missing, only the percentage is left.
            _ if usable => (least, most),
            _ => return None,
        };
        let (low, high) = match usable {
            false => (low, high),
            // Fields that contradict the percentage lack something (stops on more Ps than CPUs): only it is left.
            true if high < least || low > most => (least, most),
            true => (low.max(least), high.min(most)),
        };
        Some(GcCpu {
            ratio: f64::midpoint(low, high).min(1.0),
            low: low.min(1.0),
            high: high.min(1.0),
            resolved: usable || fields_exact,
            width,
        })
    }

    /// MiB allocated, estimated over missing cycles; `None` if too many are missing or none could be measured.
    pub fn allocated_mib(&self) -> Option<f64> {
        let linked = self.to.linked.saturating_sub(self.from.linked);
        let sum = self
            .to
            .allocated_mib
            .saturating_sub(self.from.allocated_mib)
            .max(0);
        if linked == 0 || self.is_withheld() {
            return None;
        }
        Some(sum as f64 * self.cycles() as f64 / linked as f64)
    }
}

/// The nearest float, or one of the two nearest beyond 64 bits. Converting 128 bits directly would be a call.
fn float(total: u128) -> f64 {
    const WORD: f64 = (1_u128 << 64) as f64;
    let word = |word: u128| u64::try_from(word).unwrap_or(u64::MAX) as f64;
    let low = word(total & u128::from(u64::MAX));
    match total >> 64 {
        0 => low,
        high => word(high).mul_add(WORD, low),
    }
}
