//! One process, followed for its predictions alone.

use super::base::Base;
use super::inputs::{Inputs, Shown};
use crate::measure::{Gogc, Known, Limit, Meter};
use crate::settings::Settings;
use crate::trace::cycle::AnyCycle;
use crate::units::MIB;

/// Follows one process for its predictions alone: the analysis of a report has a meter of its own.
#[derive(Debug, Clone)]
pub struct Observer {
    meter: Meter,
    limit: Limit,
    gogc: Gogc,
    live: u64,
    stated_gogc: Option<f64>,
    shown: Shown,
    inputs: Inputs,
}

impl Observer {
    /// A process of which nothing has been seen.
    pub fn new(settings: &Settings) -> Self {
        let gogc = settings.gogc.map(f64::from);
        let limit = settings.memory_limit.map(|bytes| bytes as f64 / MIB as f64);
        Self {
            meter: Meter::new(Known {
                gogc: settings.gogc,
                go_version: settings.go_version,
                cpus: settings.cpus_milli,
            }),
            limit: Limit::new(limit, gogc),
            gogc: Gogc::default(),
            live: 0,
            stated_gogc: gogc,
            shown: Shown {
                limit,
                warmup_ns: settings.warmup_ns,
                ..Shown::default()
            },
            inputs: Inputs::default(),
        }
    }

    /// Takes the next cycle; one of a source without gc lines shows no sizes, so it only counts.
    pub fn observe(&mut self, cycle: AnyCycle<'_>) {
        if cycle.wrapped() {
            self.meter.skip();
            return;
        }
        let step = self.meter.observe(cycle);
        let Some(line) = cycle.traced else { return };
        if let Some(implied) = step.gogc {
            self.gogc.observe(implied);
        }
        if let (Some(goal), Some(_)) = (line.goal_mib(), step.period_ns) {
            self.limit.observe(self.live, goal, step.gogc.is_some());
        }
        self.live = line.heap_live_mib;
        self.inputs.observe(line, &step, self.meter.totals());
    }

    /// Cycles seen.
    pub const fn cycles_seen(&self) -> u64 {
        self.meter.totals().seen
    }

    /// Stretches in use.
    #[cfg(test)]
    pub(super) fn stretches(&self) -> usize {
        self.inputs.stretches(self.meter.totals()).len()
    }

    /// What the cycles after the start-up show; `None` for too few.
    pub fn base(&self) -> Option<Base> {
        let stated = self.stated_gogc.map(|gogc| (gogc, gogc));
        let shown = Shown {
            gogc: stated.or_else(|| self.gogc.steady()),
            limited: self.limit.rules(),
            trust: self.meter.trust(),
            ..self.shown
        };
        Base::of(&self.inputs, self.meter.totals(), &shown)
    }
}
