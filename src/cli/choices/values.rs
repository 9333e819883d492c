//! Values of settings, read from the text that flags and file share.

use gcpressure::settings::WindowLength;
use gcpressure::units::{self, UnitError};

use super::super::suggest;

pub(super) fn window(value: &str) -> Result<WindowLength, String> {
    match units::parse_cycles(value) {
        Some(cycles) => positive(value, cycles).map(WindowLength::Cycles),
        None => positive(value, units::parse_duration(value)).map(WindowLength::Time),
    }
}

pub(super) fn positive(text: &str, value: Result<u64, UnitError>) -> Result<u64, String> {
    match value {
        Ok(0) => Err(format!("`{text}` is nothing; write a value above 0")),
        Ok(value) => Ok(value),
        Err(error) => Err(error.to_string()),
    }
}

pub(super) fn one_of<T: Copy>(value: &str, choices: &[(&str, T)]) -> Result<T, String> {
    choices
        .iter()
        .find(|(name, _)| *name == value)
        .map(|(_, choice)| *choice)
        .ok_or_else(|| {
            let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
            match suggest::nearest(value, names.iter().copied()) {
                Some(near) => format!(
                    "`{value}` is none of {}; did you mean {near}?",
                    names.join(", ")
                ),
                None => format!("`{value}` is none of {}", names.join(", ")),
            }
        })
}

/// `1.27`, `go1.27` and `1.27.3` all mean the same: patch releases print alike.
pub(super) fn go_version(value: &str) -> Result<(u32, u32), String> {
    let wrong = || format!("`{value}` is no Go version; write it like 1.27");
    let mut parts = value.strip_prefix("go").unwrap_or(value).split('.');
    let mut number = || parts.next().and_then(|part| part.parse().ok());
    match (number(), number()) {
        (Some(1), Some(minor)) => Ok((1, minor)),
        _ => Err(wrong()),
    }
}

/// `off` states no percentage: the memory limit alone sets the goal.
pub(super) fn gogc(value: &str) -> Result<Option<u32>, String> {
    if value == "off" {
        return Ok(None);
    }
    value
        .strip_suffix('%')
        .unwrap_or(value)
        .parse()
        .map(Some)
        .map_err(|_| format!("`{value}` is no GOGC; write a whole percentage like 100, or off"))
}
