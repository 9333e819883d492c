//! The table of a process, and the setting that it recommends.

use super::base::Base;
use super::model::{Prediction, Setting, Span, predict};
use super::observer::Observer;
use super::refusal::{Refusal, mebibytes, other, refusal};
use crate::report::tuning::{ByteRange, Range, RecommendedSetting, TunedProcess, TunedSetting};
use crate::units::{self, MIB, from_f64};

/// GOGC of the table, percent.
const GOGC: [f64; 7] = [100.0, 150.0, 200.0, 300.0, 400.0, 600.0, 800.0];

/// Share of the memory that is made the limit: the rest is for what the runtime does not count, and for the moment in which it reacts.
const OF_MEMORY: f64 = 0.9;

/// Cycles a second that a recommended setting stays below: the warning of the rule gc-frequency.
const FREQUENT: f64 = 10.0;

/// A setting that saves less than this share of the GC CPU or of the cycles is not worth its memory.
const WORTH: f64 = 0.25;

/// What the user asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wanted {
    /// Memory that the program may take, bytes.
    pub memory: Option<u64>,
    /// GC CPU over GOMAXPROCS times time that a setting should stay below.
    pub gc_cpu: f64,
}

impl Wanted {
    /// The limit that goes with the memory, in whole MiB.
    pub(super) fn limit(&self) -> Option<f64> {
        let memory = self.memory? as f64 / MIB as f64;
        Some((memory * OF_MEMORY).floor().max(1.0))
    }

    /// True if what a setting gives is little enough.
    fn met(&self, frequency: f64, gc_cpu: Option<f64>) -> bool {
        let cheap = gc_cpu.is_some_and(|cpu| cpu < self.gc_cpu);
        cheap && frequency < FREQUENT
    }
}

/// The table of a process, with the recommendation. Names and places are left to the caller.
pub fn process(observer: &Observer, wanted: &Wanted) -> TunedProcess {
    let mut tuned = TunedProcess {
        cycles_seen: observer.cycles_seen(),
        ..TunedProcess::default()
    };
    let Some(base) = observer.base() else {
        let reason = "too few cycles after the start-up: record for longer";
        tuned.no_prediction_reason = Some(reason.to_owned());
        return tuned;
    };
    tuned.measured = Some(base.measured());
    let refused = refusal(&base);
    let settings = settings(wanted);
    tuned.settings = settings
        .iter()
        .map(|setting| row(*setting, predict(&base, *setting)))
        .collect();
    match refused {
        Some(Refusal { reason, advice }) => {
            tuned.no_prediction_reason = Some(reason);
            tuned.advice.extend(advice);
        }
        None => recommend(&base, wanted, &mut tuned),
    }
    tuned
}

/// The settings of the table.
fn settings(wanted: &Wanted) -> Vec<Setting> {
    let by_gogc = GOGC.map(|gogc| Setting {
        gogc: Some(gogc),
        limit: None,
    });
    let limited = wanted.limit().into_iter().flat_map(|limit| {
        [None, Some(100.0)].map(|gogc| Setting {
            gogc,
            limit: Some(limit),
        })
    });
    by_gogc.into_iter().chain(limited).collect()
}

/// A setting with what is predicted for it.
pub(super) fn row(setting: Setting, predicted: Result<Prediction, String>) -> TunedSetting {
    let named = TunedSetting {
        gogc: setting.gogc,
        memory_limit_bytes: setting.limit.map(bytes),
        ..TunedSetting::default()
    };
    match predicted {
        Err(reason) => TunedSetting {
            reason: Some(reason),
            ..named
        },
        Ok(given) => TunedSetting {
            gc_frequency_per_second: Some(range(given.frequency)),
            gc_cpu_ratio: given.gc_cpu.map(range),
            heap_goal_bytes: Some(byte_range(given.goal)),
            peak_bytes: Some(byte_range(given.peak)),
            rough: given.rough.is_some(),
            reason: given.rough,
            ..named
        },
    }
}

fn bytes(mib: f64) -> u64 {
    from_f64(mib * MIB as f64)
}

const fn range(span: Span) -> Range {
    Range {
        low: span.low,
        high: span.high,
    }
}

fn byte_range(span: Span) -> ByteRange {
    ByteRange {
        low: bytes(span.low),
        high: bytes(span.high),
    }
}

/// The smallest GOGC that gives what is wanted and fits, else the limit alone, else the best that is worth it.
fn recommend(base: &Base, wanted: &Wanted, tuned: &mut TunedProcess) {
    let gc_cpu = base.gc_cpu.map(|cpu| cpu.ratio);
    if wanted.met(base.frequency, gc_cpu) {
        tuned.advice.push(format!(
            "nothing needs to change: {} and {} of the CPU are below what is wanted",
            units::rate(base.frequency),
            units::percent(gc_cpu.unwrap_or(0.0))
        ));
        return;
    }
    let limit = wanted.limit();
    let by_gogc = GOGC.map(|gogc| Setting {
        gogc: Some(gogc),
        limit,
    });
    let alone = limit.map(|_| Setting { gogc: None, limit });
    let mut best: Option<(Setting, Prediction)> = None;
    for setting in by_gogc.into_iter().chain(alone) {
        let Ok(given) = predict(base, setting) else {
            continue;
        };
        if let (Some(limit), Some(_)) = (limit, setting.gogc)
            && given.peak.high + other(base, limit)[1] > limit
        {
            continue;
        }
        let frequency = given.frequency.high;
        if wanted.met(frequency, given.gc_cpu.map(|cpu| cpu.high)) {
            let message = gives(base, &given, true);
            tuned.recommended = Some(recommended(setting, message));
            return;
        }
        let better = best
            .as_ref()
            .is_none_or(|(_, best)| frequency < best.frequency.high);
        if better && frequency < base.frequency * (1.0 - WORTH) {
            best = Some((setting, given));
        }
    }
    let Some((setting, given)) = best else {
        tuned.advice.push(no_help(base, wanted));
        return;
    };
    tuned.recommended = Some(recommended(setting, gives(base, &given, false)));
    tuned.advice.push(format!(
        "no setting reaches {} of the CPU and {}{}: after this one only allocating less helps (gcpressure sites, gcpressure why)",
        units::percent(wanted.gc_cpu),
        units::rate(FREQUENT),
        match wanted.memory {
            Some(memory) => format!(" in {}", units::bytes(memory)),
            None => String::new(),
        }
    ));
}

/// `GC takes 2% to 2.4% of the CPU instead of 8%, 2.3/s instead of 9.4/s; the heap reaches 180MiB instead of 43MiB`.
fn gives(base: &Base, given: &Prediction, reached: bool) -> String {
    let cpu = match (given.gc_cpu, base.gc_cpu) {
        (Some(new), Some(old)) => format!(
            "GC takes up to {} of the CPU instead of {}, ",
            units::percent(new.high),
            units::percent(old.ratio)
        ),
        _ => String::new(),
    };
    let best = if reached {
        ""
    } else {
        "the most that a setting gives: "
    };
    format!(
        "{best}{cpu}cycles come at up to {} instead of {}, and the heap reaches up to {} instead of {}",
        units::rate(given.frequency.high),
        units::rate(base.frequency),
        mebibytes(given.peak.high),
        mebibytes(base.peak)
    )
}

/// Why no setting helps.
fn no_help(base: &Base, wanted: &Wanted) -> String {
    let live = mebibytes(base.live);
    match wanted.memory {
        Some(memory) if (base.live * 1.5) > memory as f64 / MIB as f64 * OF_MEMORY => format!(
            "no setting helps: the live heap of {live} leaves too little of {}. Shrink the live heap (gcpressure --heap), or give more memory",
            units::bytes(memory)
        ),
        Some(memory) => format!(
            "no setting helps within {}: allocate less (gcpressure sites, gcpressure why), shrink the live heap of {live}, or give more memory",
            units::bytes(memory)
        ),
        None => format!(
            "no setting helps: allocate less (gcpressure sites, gcpressure why), or shrink the live heap of {live}"
        ),
    }
}

/// What the next three doublings of GOGC from 100 on would give, in a line each; empty without a prediction.
pub fn lines(base: &Base) -> Vec<String> {
    let above = base.gogc.unwrap_or(0.0);
    let doublings = [100.0, 200.0, 400.0, 800.0];
    let next = doublings.into_iter().filter(|gogc| *gogc > above);
    let predicted = next.filter_map(|gogc| {
        let setting = Setting {
            gogc: Some(gogc),
            limit: None,
        };
        let given = predict(base, setting).ok()?;
        let words = |span: Span, format: fn(f64) -> String| {
            units::span(&format(span.low), &format(span.high))
        };
        let gc_cpu = given.gc_cpu.map_or_else(String::new, |cpu| {
            format!(", GC takes {} of the CPU", words(cpu, units::percent))
        });
        Some(format!(
            "with GOGC={gogc} cycles come at {}{gc_cpu}, the heap peaks at {}{}",
            words(given.frequency, units::rate),
            words(given.peak, mebibytes),
            if given.rough.is_some() {
                " (rough)"
            } else {
                ""
            }
        ))
    });
    predicted.take(3).collect()
}

/// The lines to paste.
fn recommended(setting: Setting, message: String) -> RecommendedSetting {
    let gogc = setting
        .gogc
        .map_or_else(|| "off".to_owned(), |gogc| format!("{gogc}"));
    let limit = setting.limit.map(|limit| format!("{limit}MiB"));
    let mut pairs = vec![("GOGC", gogc.clone())];
    pairs.extend(limit.map(|limit| ("GOMEMLIMIT", limit)));
    let environment: Vec<_> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let environment = environment.join(" ");
    let kubernetes: String = pairs
        .iter()
        .map(|(name, value)| format!("\n- name: {name}\n  value: \"{value}\""))
        .collect();
    let percent = if setting.gogc.is_some() { &gogc } else { "-1" };
    let limit = setting
        .limit
        .map(|limit| format!("; debug.SetMemoryLimit({limit} << 20)"));
    RecommendedSetting {
        gogc: setting.gogc,
        memory_limit_bytes: setting.limit.map(bytes),
        message,
        dockerfile: format!("ENV {environment}"),
        kubernetes: format!("env:{kubernetes}"),
        go: format!("debug.SetGCPercent({percent}){}", limit.unwrap_or_default()),
        environment,
    }
}
