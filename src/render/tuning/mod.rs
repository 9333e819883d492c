//! The predictions for other settings: one file for each format, and the words that they share.

use crate::report::tuning::{
    ByteRange, CheckedFigure, MeasuredSetting, PredictionCheck, Range, RecommendedSetting,
    TunedProcess, TunedSetting, Tuning,
};
use crate::units;

#[cfg(feature = "html")]
pub(super) mod html;
pub(super) mod markdown;
pub(super) mod text;

/// From here on sizes have digits of their own.
const GIB: u64 = 1 << 30;

/// The heads of the table.
const HEADS: [&str; 6] = [
    "GOGC",
    "limit",
    "cycles",
    "GC CPU",
    "heap goal",
    "peak heap",
];

/// The measured setting as a row, then those with numbers; the measured one is not given twice.
fn rows(process: &TunedProcess) -> Vec<[String; 6]> {
    let measured = process.measured.as_ref().map(|measured| {
        [
            "measured".to_owned(),
            String::new(),
            units::rate(measured.gc_frequency_per_second),
            measured.gc_cpu_ratio.map_or("?".to_owned(), units::percent),
            bytes(measured.heap_goal_bytes),
            bytes(measured.peak_bytes),
        ]
    });
    measured
        .into_iter()
        .chain(process.settings.iter().filter_map(|setting| {
            let shown = process.measured.as_ref();
            let same = shown.is_some_and(|shown| is_measured(setting, shown));
            figures(setting).filter(|_| !same)
        }))
        .collect()
}

fn is_measured(setting: &TunedSetting, measured: &MeasuredSetting) -> bool {
    setting.memory_limit_bytes.is_none() && setting.gogc.is_some() && setting.gogc == measured.gogc
}

/// `None` without numbers.
fn figures(setting: &TunedSetting) -> Option<[String; 6]> {
    let rough = if setting.rough { " ~" } else { "" };
    Some([
        format!("{}{rough}", gogc(setting.gogc)),
        setting
            .memory_limit_bytes
            .map_or_else(|| "-".to_owned(), units::bytes),
        rate(setting.gc_frequency_per_second?),
        setting.gc_cpu_ratio.map_or("?".to_owned(), share),
        size(setting.heap_goal_bytes?),
        size(setting.peak_bytes?),
    ])
}

fn gogc(gogc: Option<f64>) -> String {
    gogc.map_or_else(|| "off".to_owned(), |gogc| format!("{gogc}"))
}

/// `GOGC=off GOMEMLIMIT=460MiB`: in whole MiB, as Go reads no fractions.
fn name(setting: &TunedSetting) -> String {
    let gogc = format!("GOGC={}", gogc(setting.gogc));
    match setting.memory_limit_bytes {
        Some(limit) => format!("{gogc} GOMEMLIMIT={}MiB", limit / units::MIB),
        None => gogc,
    }
}

fn rate(range: Range) -> String {
    units::span(&units::rate(range.low), &units::rate(range.high))
}

fn share(range: Range) -> String {
    units::span(&units::percent(range.low), &units::percent(range.high))
}

fn size(range: ByteRange) -> String {
    units::span(&bytes(range.low), &bytes(range.high))
}

/// In whole MiB, as the log has them, below 1 GiB.
fn bytes(bytes: u64) -> String {
    match bytes {
        0..units::MIB => "1MiB".to_owned(),
        units::MIB..GIB => units::bytes((bytes + units::MIB / 2) / units::MIB * units::MIB),
        _ => units::bytes(bytes),
    }
}

/// Settings without numbers, and rough ones, by their reasons: `GOGC=100, GOGC=150: ...`.
fn reasons(process: &TunedProcess) -> Vec<(String, String)> {
    let mut groups: Vec<(String, String)> = Vec::new();
    if process.no_prediction_reason.is_some() {
        return groups;
    }
    for setting in &process.settings {
        let shown = process.measured.as_ref();
        let Some(reason) = &setting.reason else {
            continue;
        };
        if shown.is_some_and(|shown| is_measured(setting, shown)) {
            continue;
        }
        let label = match figures(setting) {
            Some(_) => "rough (~)".to_owned(),
            None => name(setting),
        };
        match groups.iter_mut().find(|(_, known)| known == reason) {
            Some((labels, _)) if *labels == label => {}
            Some((labels, _)) => *labels = format!("{labels}, {label}"),
            None => groups.push((label, reason.clone())),
        }
    }
    groups
}

/// What the process is and what was measured of it.
fn described(process: &TunedProcess, several: bool) -> String {
    let mut text = process.source.clone();
    if several || process.stream.is_some() {
        text = format!("{text}, process {}", process.process);
    }
    let Some(measured) = &process.measured else {
        return format!("{text}: {}", units::counted(process.cycles_seen, "cycle"));
    };
    let ran = match (measured.gogc, measured.memory_limited) {
        (Some(gogc), _) => format!("at GOGC={gogc}"),
        (None, true) => "at a memory limit".to_owned(),
        (None, false) => "at an unknown setting".to_owned(),
    };
    let duty = measured.mark_duty_ratio.map_or_else(String::new, |duty| {
        format!(", marking {} of the time", units::percent(duty))
    });
    format!(
        "{text} {ran}: {} after the start-up, live heap {}{}{duty}",
        units::counted(measured.cycles, "cycle"),
        if measured.live_heap_bytes < units::MIB {
            "under "
        } else {
            ""
        },
        bytes(measured.live_heap_bytes),
    )
}

/// The lines to paste, each with what it is for.
fn paste(recommended: &RecommendedSetting) -> [(&'static str, &str); 4] {
    [
        ("environment", &recommended.environment),
        ("Dockerfile", &recommended.dockerfile),
        ("Kubernetes", &recommended.kubernetes),
        ("Go", &recommended.go),
    ]
}

/// What a prediction was for and what it was held against; why not, where it has no figures.
fn checked(check: &PredictionCheck) -> String {
    let of = name(&check.setting);
    match &check.setting.reason {
        Some(reason) if check.figures.is_empty() => {
            format!("check against {}: no prediction, {reason}", check.source)
        }
        _ if check.figures.is_empty() => {
            format!(
                "check against {}: it shows no figures of {of}",
                check.source
            )
        }
        _ => {
            let within = check.figures.iter().filter(|figure| figure.within).count();
            format!(
                "check against {}, {of}: {within} of {} figures within the range predicted",
                check.source,
                check.figures.len()
            )
        }
    }
}

/// The heads of the table of a check.
const CHECK_HEADS: [&str; 4] = ["figure", "predicted", "measured", "off by"];

fn checked_row(figure: &CheckedFigure) -> [String; 4] {
    let bytes = |value: f64| bytes(units::from_f64(value));
    let (title, format): (_, &dyn Fn(f64) -> String) = match figure.figure {
        "gc_frequency_per_second" => (HEADS[2], &units::rate),
        "gc_cpu_ratio" => (HEADS[3], &units::percent),
        "heap_goal_bytes" => (HEADS[4], &bytes),
        _ => (HEADS[5], &bytes),
    };
    let off = figure.error_ratio.map_or_else(String::new, |error| {
        let sign = if error < 0.0 { "-" } else { "+" };
        format!("{sign}{}", units::percent(error.abs()))
    });
    let within = if figure.within { "" } else { ", outside" };
    [
        title.to_owned(),
        units::span(
            &format(figure.predicted.low),
            &format(figure.predicted.high),
        ),
        format(figure.measured),
        format!("{off}{within}"),
    ]
}

/// Processes left out by a short page, and those that were not kept.
fn omitted(tuning: &Tuning, shown: usize) -> Option<String> {
    let hidden = tuning.processes.len().saturating_sub(shown) as u64;
    let more = hidden.saturating_add(tuning.processes_omitted);
    (more > 0).then(|| {
        format!(
            "{} with fewer cycles: -v shows them, --process ID one",
            units::counted(more, "more process")
        )
    })
}
