//! Values with units: parsed as a user types them (`10ms`, `5/s`, `15%`, `64MiB`), formatted in one place for every renderer.
//!
//! Durations are whole ns and sizes whole bytes, parsed without floating point. Text has as many digits as the log can
//! carry: three significant ones at most, no trailing zeros, since the log itself holds two below 10 ms and whole MiB.

use std::fmt;

/// One second, in ns.
pub const SECOND: u64 = 1_000_000_000;

/// Nanoseconds in a millisecond.
pub const MILLISECOND: u64 = 1_000_000;

/// Nanoseconds in a microsecond.
pub const MICROSECOND: u64 = 1_000;

/// One mebibyte, in bytes: the unit that the log calls `MB`.
pub const MIB: u64 = 1 << 20;

/// What a number counts: the unit of a rule's value and of its thresholds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Unit {
    /// Durations, ns; typed `10ms`.
    Nanoseconds,
    /// Events per second; typed `5/s`.
    PerSecond,
    /// Events per minute; typed `20/min`.
    PerMinute,
    /// Shares from 0 to 1; typed `15%`.
    Ratio,
    /// Sizes in MiB; typed `64MiB`.
    Mebibytes,
    /// Plain numbers; typed `3`.
    #[default]
    Count,
}

/// A value that cannot be read, with what is wrong and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitError(String);

impl fmt::Display for UnitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UnitError {}

/// Units with their size in the base unit (ns, bytes, events per hour).
type Scale = [(&'static str, u64)];

const DURATIONS: &Scale = &[
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", SECOND),
    ("m", 60 * SECOND),
    ("h", 3600 * SECOND),
    ("d", 86_400 * SECOND),
];

const SIZES: &Scale = &[
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", MIB),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

impl Unit {
    /// The name in data, e.g. `1/s`.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Nanoseconds => "ns",
            Self::PerSecond => "1/s",
            Self::PerMinute => "1/min",
            Self::Ratio => "ratio",
            Self::Mebibytes => "MiB",
            Self::Count => "count",
        }
    }

    /// The unit with this name in data; an unknown name is a plain number.
    pub fn from_symbol(symbol: &str) -> Self {
        const KNOWN: [Unit; 5] = [
            Unit::Nanoseconds,
            Unit::PerSecond,
            Unit::PerMinute,
            Unit::Ratio,
            Unit::Mebibytes,
        ];
        KNOWN
            .into_iter()
            .find(|unit| unit.symbol() == symbol)
            .unwrap_or(Self::Count)
    }

    /// What a user would type, e.g. `5/s`.
    pub const fn example(self) -> &'static str {
        match self {
            Self::Nanoseconds => "10ms",
            Self::PerSecond => "5/s",
            Self::PerMinute => "20/min",
            Self::Ratio => "15%",
            Self::Mebibytes => "64MiB",
            Self::Count => "3",
        }
    }

    /// Reads a value of this unit as a user types it.
    ///
    /// # Errors
    /// Text that is not a number, a missing or wrong unit, a share above 100 %.
    pub fn parse(self, text: &str) -> Result<f64, UnitError> {
        match self {
            Self::Nanoseconds => parse_duration(text).map(|ns| ns as f64),
            Self::Mebibytes => parse_bytes(text).map(|bytes| bytes as f64 / MIB as f64),
            Self::PerSecond => parse_rate(text, self).map(|per_hour| per_hour / 3600.0),
            Self::PerMinute => parse_rate(text, self).map(|per_hour| per_hour / 60.0),
            Self::Ratio => parse_ratio(text),
            Self::Count => match split(text) {
                Some((number, "")) => decimal(number).ok_or_else(|| not_a_value(text, self)),
                _ => Err(not_a_value(text, self)),
            },
        }
    }

    /// Formats a value of this unit for people.
    pub fn format(self, value: f64) -> String {
        match self {
            Self::Nanoseconds => duration(from_f64(value)),
            Self::PerSecond => rate(value),
            Self::PerMinute => format!("{}/min", significant(value)),
            Self::Ratio => percent(value),
            Self::Mebibytes => bytes(from_f64(value * MIB as f64)),
            Self::Count => significant(value),
        }
    }
}

/// Reads a duration such as `10ms`, `1.5s` or `1h30m` into ns; exact, fractions of 1 ns are cut off.
///
/// # Errors
/// Text that is not a number, a missing or unknown unit, more than 584 years.
pub fn parse_duration(text: &str) -> Result<u64, UnitError> {
    let mut rest = text.trim();
    let mut total = 0_u64;
    loop {
        let (number, tail) = split(rest).ok_or_else(|| not_a_value(text, Unit::Nanoseconds))?;
        let end = tail
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(tail.len());
        let (unit, next) = tail.split_at(end);
        let part = scaled(text, number, unit, DURATIONS, Unit::Nanoseconds)?;
        total = total.checked_add(part).ok_or_else(|| too_large(text))?;
        if next.is_empty() {
            return Ok(total);
        }
        rest = next;
    }
}

/// Reads a size such as `64MiB` into bytes; exact.
///
/// # Errors
/// Text that is not a number, a missing or unknown unit, more than 2^64 - 1 bytes.
pub fn parse_bytes(text: &str) -> Result<u64, UnitError> {
    let (number, unit) = split(text.trim()).ok_or_else(|| not_a_value(text, Unit::Mebibytes))?;
    scaled(text, number, unit, SIZES, Unit::Mebibytes)
}

/// Reads a number of GC cycles such as `200gc`; `None` where the text does not end in `gc`.
///
/// # Errors
/// Text before `gc` that is not a whole number.
pub fn parse_cycles(text: &str) -> Option<Result<u64, UnitError>> {
    let number = text.trim().strip_suffix("gc")?;
    Some(number.trim_end().parse().map_err(|_| {
        UnitError(format!(
            "invalid number of GC cycles `{text}`: expected e.g. `200gc`"
        ))
    }))
}

/// Events per hour, so that every unit is a whole factor.
fn parse_rate(text: &str, unit: Unit) -> Result<f64, UnitError> {
    const PER_HOUR: [(&str, f64); 3] = [("/s", 3600.0), ("/min", 60.0), ("/h", 1.0)];
    let (number, per) = split(text.trim()).ok_or_else(|| not_a_value(text, unit))?;
    let Some((_, factor)) = PER_HOUR.iter().find(|(name, _)| *name == per) else {
        return Err(wrong_unit(
            text,
            number,
            per,
            &PER_HOUR.map(|(name, _)| name),
            unit,
        ));
    };
    let number = decimal(number).ok_or_else(|| not_a_value(text, unit))?;
    Ok(number * factor)
}

fn parse_ratio(text: &str) -> Result<f64, UnitError> {
    let (number, unit) = split(text.trim()).ok_or_else(|| not_a_value(text, Unit::Ratio))?;
    let value = decimal(number).ok_or_else(|| not_a_value(text, Unit::Ratio))?;
    let ratio = match unit {
        "%" => value / 100.0,
        "" if value <= 1.0 => value,
        _ => return Err(wrong_unit(text, number, unit, &["%"], Unit::Ratio)),
    };
    if ratio > 1.0 {
        return Err(UnitError(format!(
            "`{text}` is more than the whole; this is a share from 0% to 100%"
        )));
    }
    Ok(ratio)
}

/// The number at the start and what follows it; `None` without a digit in front.
fn split(text: &str) -> Option<(&str, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    number
        .starts_with(|c: char| c.is_ascii_digit())
        .then(|| (number, rest.trim_start()))
}

fn decimal(number: &str) -> Option<f64> {
    number.parse().ok().filter(|value: &f64| value.is_finite())
}

/// `number` times the size of `unit`, in integers.
fn scaled(
    text: &str,
    number: &str,
    unit: &str,
    scale: &Scale,
    kind: Unit,
) -> Result<u64, UnitError> {
    let Some(&(_, factor)) = scale.iter().find(|(name, _)| *name == unit) else {
        let names: Vec<_> = scale.iter().map(|(name, _)| *name).collect();
        return Err(wrong_unit(text, number, unit, &names, kind));
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    // Beyond 18 digits a fraction of a day is finer than 1 ns.
    let fraction = &fraction[..fraction.len().min(18)];
    let wide = |digits: &str| digits.parse::<u128>().ok();
    let value = wide(whole).zip(wide(fraction)).and_then(|(whole, part)| {
        let decimals = u32::try_from(fraction.len()).ok()?;
        let part = part * u128::from(factor) / 10_u128.pow(decimals);
        whole.checked_mul(u128::from(factor))?.checked_add(part)
    });
    match value {
        Some(value) => u64::try_from(value).map_err(|_| too_large(text)),
        None if whole.len() > 20 => Err(too_large(text)),
        None => Err(not_a_value(text, kind)),
    }
}

fn too_large(text: &str) -> UnitError {
    UnitError(format!("`{text}` is too large"))
}

fn not_a_value(text: &str, unit: Unit) -> UnitError {
    let kind = match unit {
        Unit::Nanoseconds => "duration",
        Unit::PerSecond | Unit::PerMinute => "rate",
        Unit::Ratio => "share",
        Unit::Mebibytes => "size",
        Unit::Count => "number",
    };
    UnitError(format!(
        "invalid {kind} `{text}`: expected e.g. `{}`",
        unit.example()
    ))
}

fn wrong_unit(text: &str, number: &str, unit: &str, names: &[&str], kind: Unit) -> UnitError {
    let remedy = match nearest_unit(unit, names) {
        Some(name) => format!("did you mean {number}{name}?"),
        None => format!("expected e.g. `{}`", kind.example()),
    };
    UnitError(if unit.is_empty() {
        format!("`{text}` has no unit; {remedy}")
    } else {
        format!("`{text}` has the wrong unit; {remedy}")
    })
}

/// The unit that was meant: the same but for case and the `i` of `MiB`, or one that the text starts with or starts.
fn nearest_unit<'a>(unit: &str, names: &[&'a str]) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace('i', "");
    let typed = plain(unit);
    let related = |name: &&&str| {
        let name = plain(name);
        !typed.is_empty() && (typed.starts_with(&name) || name.starts_with(&typed))
    };
    names
        .iter()
        .filter(related)
        .max_by_key(|name| name.len())
        .copied()
}

/// Formats ns for people: `49µs`, `1.2ms`, `12.7s`, `2m03s`, `1h12m`, `3d04h`.
pub fn duration(ns: u64) -> String {
    if ns == 0 {
        return "0s".to_owned();
    }
    for (name, size, limit) in [
        ("ns", 1, 1_000),
        ("µs", 1_000, 999_500),
        ("ms", 1_000_000, 999_500_000),
        ("s", SECOND, 59_950_000_000),
    ] {
        if ns < limit {
            return format!("{}{name}", significant(ns as f64 / size as f64));
        }
    }
    let seconds = ns.saturating_add(SECOND / 2) / SECOND;
    match seconds {
        0..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3600..172_800 => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{}d{:02}h", seconds / 86_400, seconds / 3600 % 24),
    }
}

/// Formats a heap size of a log, which has whole MiB, cut off: 0 is anything below `<1MiB`.
pub fn heap_size(bytes: u64) -> String {
    match bytes {
        0 => "<1MiB".to_owned(),
        bytes => self::bytes(bytes),
    }
}

/// Formats bytes for people: `64MiB`, `1.5GiB`.
pub fn bytes(bytes: u64) -> String {
    let (name, size) = SIZES
        .iter()
        .rev()
        .find(|(_, size)| bytes >= *size)
        .unwrap_or(&SIZES[0]);
    format!("{}{name}", significant(bytes as f64 / *size as f64))
}

/// Formats events per second for people, per minute or hour if they are rare: `66.7/s`, `3/min`.
pub fn rate(per_second: f64) -> String {
    if per_second >= 0.1 || per_second <= 0.0 {
        format!("{}/s", significant(per_second))
    } else if per_second * 60.0 >= 0.1 {
        format!("{}/min", significant(per_second * 60.0))
    } else {
        format!("{}/h", significant(per_second * 3600.0))
    }
}

/// Formats a share from 0 to 1 in percent: `26.4%`, `0.12%`.
pub fn percent(ratio: f64) -> String {
    let percent = ratio * 100.0;
    if percent > 0.0 && percent < 0.005 {
        return "<0.01%".to_owned();
    }
    let decimals = if percent < 1.0 { 2 } else { 1 };
    format!("{}%", trimmed(format!("{percent:.decimals$}")))
}

/// From one formatted value to another; a unit that both have stands once: `2.2 to 2.4/s`.
pub fn span(low: &str, high: &str) -> String {
    let unit = |text: &str| {
        let at = text.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '<'));
        at.map_or_else(String::new, |at| text[at..].to_owned())
    };
    let unit_of_both = Some(unit(low)).filter(|one| *one == unit(high));
    match unit_of_both {
        _ if low == high => low.to_owned(),
        Some(unit) => format!("{} to {high}", low.trim_end_matches(&unit)),
        None => format!("{low} to {high}"),
    }
}

/// Formats a count with its thousands set apart: `12,345`.
pub fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 cycle`, `2 cycles`.
pub fn counted(count: u64, one: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{} {one}{s}", self::count(count))
}

/// Three significant digits at most, without trailing zeros; whole numbers keep all of theirs.
fn significant(value: f64) -> String {
    let decimals = match value.abs() {
        v if v >= 99.95 || !v.is_finite() => 0,
        v if v >= 9.995 => 1,
        v if v >= 0.9995 => 2,
        v if v >= 0.0995 => 3,
        _ => 4,
    };
    trimmed(format!("{value:.decimals$}"))
}

fn trimmed(mut text: String) -> String {
    if text.contains('.') {
        text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
    }
    text
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and a size or duration is shown, not computed with"
)]
pub(crate) fn from_f64(value: f64) -> u64 {
    value.round() as u64
}

#[cfg(test)]
mod tests;
