//! Parsers of setting values, for flags and file alike.

use gcpressure::internal::settings::WindowLength;
use gcpressure::internal::units::{self, UnitError};

use crate::cli::suggest;

/// A duration or a number of GC cycles.
pub(super) fn window(value: &str) -> Result<WindowLength, String> {
    match units::parse_cycles(value) {
        Some(cycles) => positive(value, cycles).map(WindowLength::Cycles),
        None => positive(value, units::parse_duration(value)).map(WindowLength::Time),
    }
}

/// A value above 0.
pub(super) fn positive(text: &str, value: Result<u64, UnitError>) -> Result<u64, String> {
    match value {
        Ok(0) => Err(format!("invalid value `{text}`: expected a value above 0")),
        Ok(value) => Ok(value),
        Err(error) => Err(error.to_string()),
    }
}

/// One of several words.
pub(super) fn one_of<T: Copy>(value: &str, choices: &[(&str, T)]) -> Result<T, String> {
    let found = choices.iter().find(|(name, _)| *name == value);
    let names = choices.iter().map(|(name, _)| *name);
    found
        .map(|(_, choice)| *choice)
        .ok_or_else(|| suggest::unknown("value", value, names))
}

/// `1.27`, `go1.27` and `1.27.3` are the same: patch releases print the same lines.
pub(super) fn go_version(value: &str) -> Result<(u32, u32), String> {
    let mut parts = value.strip_prefix("go").unwrap_or(value).split('.');
    let mut number = || parts.next().and_then(|part| part.parse().ok());
    match (number(), number()) {
        (Some(1), Some(minor)) => Ok((1, minor)),
        _ => Err(format!(
            "invalid Go version `{value}`: expected e.g. `1.27`"
        )),
    }
}

/// `None` for `off`: the memory limit alone sets the goal.
pub(super) fn gogc(value: &str) -> Result<Option<u32>, String> {
    if value == "off" {
        return Ok(None);
    }
    value
        .strip_suffix('%')
        .unwrap_or(value)
        .parse()
        .map(Some)
        .map_err(|_| {
            format!("invalid GOGC `{value}`: expected a whole percentage, e.g. `100`, or `off`")
        })
}

/// CPUs in 1/1000: `2`, `0.5`, or `500m` as in Kubernetes.
pub(super) fn cpus(value: &str) -> Result<u64, String> {
    let wrong = || format!("invalid number of CPUs `{value}`: expected e.g. `2`, `0.5` or `500m`");
    let (number, factor) = match value.strip_suffix('m') {
        Some(number) => (number, 1.0),
        None => (value, 1_000.0),
    };
    let milli = number.parse::<f64>().map_err(|_| wrong())? * factor;
    if !(1.0..=1e9).contains(&milli) {
        return Err(wrong());
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 1 and a billion"
    )]
    let milli = milli.round() as u64;
    Ok(milli)
}

/// GOMEMLIMIT as the Go runtime reads it (parseByteCount in runtime/string.go); `None` for `off` and values
/// that the runtime refuses.
pub(super) fn go_memory_limit(value: &str) -> Option<u64> {
    let units = [
        ("KiB", 10),
        ("MiB", 20),
        ("GiB", 30),
        ("TiB", 40),
        ("B", 0),
        ("", 0),
    ];
    let (number, shift) = units
        .iter()
        .find_map(|(unit, shift)| Some((value.strip_suffix(unit)?, *shift)))?;
    let bytes = number.parse::<u64>().ok()?.checked_mul(1 << shift)?;
    (bytes > 0 && bytes < 1 << 62).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_a_number_of_cpus() {
        assert_eq!(cpus("2"), Ok(2_000));
        assert_eq!(cpus("0.5"), Ok(500));
        assert_eq!(cpus("500m"), Ok(500));
        for wrong in ["", "0", "-1", "two", "NaN", "inf", "2 CPUs"] {
            assert!(cpus(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_memory_limit_is_what_go_reads() {
        assert_eq!(go_memory_limit("512MiB"), Some(512 << 20));
        assert_eq!(go_memory_limit("1000"), Some(1000));
        for none in ["off", "", "512MB", "-1", "9223372036854775807"] {
            assert_eq!(go_memory_limit(none), None, "{none}");
        }
    }
}
