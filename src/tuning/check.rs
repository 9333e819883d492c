//! A prediction against a log of the setting.

use super::base::Base;
use super::model::{Setting, predict};
use super::observer::Observer;
use super::table::{Wanted, row};
use crate::report::tuning::{
    ByteRange, CheckedFigure, MeasuredSetting, PredictionCheck, Range, TunedSetting,
};
use crate::units::MIB;

/// Holds what the log `before` predicts against what the log `after` shows. The setting of `after` is the one stated, else what its
/// goals show: GOGC, or the limit of the memory given where a limit sets them.
pub fn check(
    before: &Observer,
    after: &Observer,
    stated: Option<Setting>,
    wanted: &Wanted,
) -> PredictionCheck {
    let new = after.base();
    let shown = |new: &Base| match (new.gogc, wanted.limit()) {
        (Some(gogc), _) => Ok(Setting {
            gogc: Some(gogc),
            limit: None,
        }),
        (None, Some(limit)) => Ok(Setting {
            gogc: None,
            limit: Some(limit),
        }),
        (None, None) => {
            Err("a memory limit sets its goals: state it, --setting GOMEMLIMIT=460MiB".to_owned())
        }
    };
    let few = || Err("its log has too few cycles after the start-up".to_owned());
    let setting = match (stated, &new) {
        (Some(setting), _) => Ok(setting),
        (None, Some(new)) => shown(new),
        (None, None) => few(),
    };
    let setting = match (setting, before.base()) {
        (Ok(setting), Some(base)) => row(setting, predict(&base, setting)),
        (Ok(_), None) => {
            unknown("the log predicted from has too few cycles after the start-up".to_owned())
        }
        (Err(reason), _) => unknown(reason),
    };
    let measured = new.as_ref().map(Base::measured);
    let figures = measured
        .as_ref()
        .map(|measured| figures(&setting, measured));
    PredictionCheck {
        setting,
        measured,
        figures: figures.unwrap_or_default(),
        ..PredictionCheck::default()
    }
}

fn unknown(reason: String) -> TunedSetting {
    TunedSetting {
        reason: Some(reason),
        ..TunedSetting::default()
    }
}

fn figures(setting: &TunedSetting, measured: &MeasuredSetting) -> Vec<CheckedFigure> {
    let bytes = |range: ByteRange| Range {
        low: range.low as f64,
        high: range.high as f64,
    };
    [
        (
            "gc_frequency_per_second",
            setting.gc_frequency_per_second,
            Some(measured.gc_frequency_per_second),
        ),
        ("gc_cpu_ratio", setting.gc_cpu_ratio, measured.gc_cpu_ratio),
        (
            "heap_goal_bytes",
            setting.heap_goal_bytes.map(bytes),
            Some(measured.heap_goal_bytes as f64),
        ),
        (
            "peak_bytes",
            setting.peak_bytes.map(bytes),
            Some(measured.peak_bytes as f64),
        ),
    ]
    .into_iter()
    .filter_map(|(figure, predicted, measured)| {
        let (predicted, measured) = (predicted?, measured?);
        // The log truncates sizes to whole MiB.
        let truncated = if figure.ends_with("bytes") {
            MIB as f64
        } else {
            0.0
        };
        let middle = f64::midpoint(predicted.low, predicted.high);
        Some(CheckedFigure {
            figure,
            predicted,
            measured,
            within: predicted.low <= measured + truncated && measured <= predicted.high,
            error_ratio: (measured > 0.0).then(|| middle / measured - 1.0),
        })
    })
    .collect()
}
