//! What the log shows of the setting that it ran with, after the start-up.

use super::inputs::{Inputs, Shown, Stretch, Sums};
use crate::measure::{GcCpu, Interval, Totals};
use crate::report::tuning::MeasuredSetting;
use crate::trace::cycle::Format;
use crate::units::{MIB, from_f64};

/// The start-up that is left out, as for the rules: 2 s, at most a quarter of the run.
const WARMUP_NS: u64 = 2_000_000_000;

/// Fewer cycles than this show no rate.
const LEAST_CYCLES: u64 = 8;

/// GOGC that a log is taken to have run with where its goals allow several.
const USUAL: [f64; 7] = [100.0, 200.0, 50.0, 400.0, 800.0, 150.0, 300.0];

/// The means of a process after its start-up. Sizes in MiB as printed, so truncated to whole ones before averaging.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Base {
    pub(super) cycles: u64,
    /// Cycles per second.
    pub(super) frequency: f64,
    /// Standard error of the mean period over it: by how much another run of the setting differs.
    pub(super) repeat: f64,
    pub(super) live: f64,
    /// Standard deviation of the live heap, without that of truncation, over the mean.
    pub(super) live_variation: f64,
    /// The live heap rises from stretch to stretch.
    pub(super) grows: bool,
    pub(super) roots: f64,
    pub(super) goal: f64,
    /// Share of the way from live heap to goal at the start of a cycle.
    pub(super) used: f64,
    pub(super) allocated: f64,
    pub(super) while_marking: f64,
    /// By the printed sizes, and by the time of marking.
    pub(super) runway: f64,
    pub(super) runway_by_time: f64,
    pub(super) most_live: f64,
    pub(super) most_while_marking: f64,
    pub(super) peak: f64,
    pub(super) not_by_heap: f64,
    /// GOMAXPROCS.
    pub(super) procs: f64,
    pub(super) gc_cpu: Option<GcCpu>,
    /// CPU of assists over GOMAXPROCS times time.
    pub(super) assist: Option<f64>,
    /// Share of the time with marking on.
    pub(super) duty: Option<f64>,
    /// Percent; `None` where a limit sets the goals.
    pub(super) gogc: Option<f64>,
    pub(super) limited: bool,
    /// The limit as stated.
    pub(super) limit: Option<f64>,
    pub(super) format: Format,
    /// Too many of the cycles are missing.
    pub(super) withheld: bool,
}

impl Base {
    /// What the cycles after the start-up show, up to the totals `end`; `None` for fewer than eight.
    pub fn of(inputs: &Inputs, end: &Totals, shown: &Shown) -> Option<Self> {
        let stretches = inputs.stretches(end);
        let (first, last) = (stretches.first()?, stretches.last()?);
        let begun = first.to.start_ns;
        let run = last.to.end_ns.saturating_sub(begun);
        let warmup = shown.warmup_ns.unwrap_or(WARMUP_NS.min(run / 4));
        // At least one stretch is left out: the first cycles have nothing before them.
        let out = stretches
            .iter()
            .take_while(|stretch| stretch.to.start_ns.saturating_sub(begun) < warmup)
            .count()
            .max(1);
        let kept = stretches.get(out..)?;
        let from = &stretches.get(out - 1)?.to;
        let mut sums = Sums::default();
        for stretch in kept {
            sums.add(&stretch.sums);
        }
        if sums.cycles < LEAST_CYCLES {
            return None;
        }
        let whole = Interval::whole(from, &last.to);
        let frequency = whole.frequency_by_starts()?;
        let cycles = sums.cycles as f64;
        let mean = |sum: u64| sum as f64 / cycles;
        let (live, goal) = (mean(sums.live), mean(sums.goal));
        // Truncation to whole MiB alone varies by up to half a MiB.
        let variance = mean(sums.live_squared) - live * live - 0.25;
        let mut base = Self {
            cycles: sums.cycles,
            frequency,
            repeat: repeat(from, kept),
            live,
            live_variation: variance.max(0.0).sqrt() / live.max(1.0),
            grows: grows(kept),
            roots: mean(sums.roots),
            goal,
            used: (mean(sums.used) / (goal - live).max(1.0)).min(1.0),
            allocated: mean(sums.allocated),
            while_marking: mean(sums.while_marking),
            runway: sums.runway / cycles,
            runway_by_time: sums.runway_s / cycles * frequency * mean(sums.allocated),
            most_live: sums.most_live as f64,
            most_while_marking: sums.most_while_marking as f64,
            peak: sums.peak as f64,
            not_by_heap: mean(sums.not_by_heap),
            procs: whole.processors()?.0,
            gc_cpu: whole.gc_cpu(shown.trust),
            assist: whole.cpu_ratio(|to| to.assist_cpu_ns),
            duty: whole.wall_ratio(|to| to.mark_ns),
            gogc: None,
            limited: shown.limited,
            limit: shown.limit,
            format: inputs.format()?,
            withheld: whole.is_withheld(),
        };
        base.gogc = base.gogc(shown);
        Some(base)
    }

    /// The GOGC that it ran with: as stated, else as the goals show.
    fn gogc(&self, shown: &Shown) -> Option<f64> {
        if let Some((low, high)) = shown.gogc
            && (high - low).abs() < f64::EPSILON
        {
            return Some(low);
        }
        if self.limited || self.format == Format::Go1_5 {
            return None;
        }
        // The smallest heap has a goal of 4 MiB at GOGC=100, printed as 4 (up to Go 1.17 as 4 or 5), whatever is live.
        let smallest = (25.0 * self.goal).round();
        let below = self.live * (1.0 + smallest / 100.0) < self.goal;
        let (low, high) = match shown.gogc {
            Some(range) => range,
            None if below && self.goal < 5.5 => return Some(100.0),
            None if below => (smallest - 13.0, smallest + 26.0),
            None => {
                let by = |room: f64, of: f64| 100.0 * room.max(0.0) / of.max(1.0);
                let of = self.live + self.roots;
                (
                    by(self.goal - self.live - 1.0, of + 2.0),
                    by(self.goal - self.live + 1.0, of),
                )
            }
        };
        let usual = USUAL.into_iter().find(|gogc| (low..=high).contains(gogc));
        Some(usual.unwrap_or_else(|| f64::midpoint(low, high).round()))
    }

    /// By how much two runs of the setting differ at 95 %, as a share.
    pub(super) fn repeats(&self) -> f64 {
        2.8 * self.repeat
    }

    /// As published.
    pub fn measured(&self) -> MeasuredSetting {
        let bytes = |mib: f64| from_f64(mib * MIB as f64);
        MeasuredSetting {
            gogc: self.gogc,
            memory_limited: self.limited,
            cycles: self.cycles,
            gc_frequency_per_second: self.frequency,
            gc_cpu_ratio: self.gc_cpu.map(|cpu| cpu.ratio),
            mark_duty_ratio: self.duty,
            live_heap_bytes: bytes(self.live),
            live_heap_variation_ratio: self.live_variation,
            heap_goal_bytes: bytes(self.goal),
            peak_bytes: bytes(self.peak),
        }
    }
}

/// The standard error of the mean period over it, by the means of the stretches: what neighboring cycles have in common counts.
fn repeat(from: &Totals, kept: &[Stretch]) -> f64 {
    let mut before = from;
    let mut periods = Vec::new();
    for stretch in kept {
        let cycles = stretch.to.number.saturating_sub(before.number);
        if cycles > 0 {
            let time = stretch.to.start_ns.saturating_sub(before.start_ns);
            periods.push(time as f64 / cycles as f64);
        }
        before = &stretch.to;
    }
    let count = periods.len() as f64;
    let mean = periods.iter().sum::<f64>() / count;
    let squares: f64 = periods.iter().map(|period| (period - mean).powi(2)).sum();
    let variance = squares / (count - 1.0).max(1.0);
    (variance / count).sqrt() / mean.max(1.0)
}

/// The live heap rises in four of five steps between stretches, and by a fifth in all.
fn grows(kept: &[Stretch]) -> bool {
    let lives: Vec<f64> = kept
        .iter()
        .filter(|stretch| stretch.sums.cycles > 0)
        .map(|stretch| stretch.sums.live as f64 / stretch.sums.cycles as f64)
        .collect();
    let (Some(first), Some(last)) = (lives.first(), lives.last()) else {
        return false;
    };
    let rises = lives.iter().zip(lives.iter().skip(1));
    let rises = rises.filter(|(one, next)| next > one).count();
    lives.len() >= 6 && rises * 5 >= (lives.len() - 1) * 4 && *last > first.max(1.0) * 1.2
}
