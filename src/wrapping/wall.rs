//! Wall-clock times as logs and users write them, compared as instants.

use std::cmp::Ordering;

const SECOND_NS: i128 = 1_000_000_000;
const DAY_NS: i128 = 86_400 * SECOND_NS;

/// A wall-clock time, maybe without date, year or zone: ISO 8601 with any usual separators, RFC 3164 (without a year), a time of day
/// alone, or seconds, ms, us or ns since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WallTime {
    date: Option<Date>,
    /// Since midnight.
    time_ns: i128,
    /// East of UTC, if known.
    zone_ns: Option<i128>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Date {
    /// RFC 3164 has none.
    year: Option<i64>,
    month: i64,
    day: i64,
}

impl WallTime {
    /// Parses a time; `None` if the text is not one, or the date does not exist.
    ///
    /// ```
    /// use std::cmp::Ordering;
    /// use gcpressure::internal::pipeline::WallTime;
    ///
    /// let time = |text| WallTime::parse(text).unwrap();
    /// assert_eq!(time("2026-11-23T14:05:00+02:00").compare(time("2026-11-23 12:05:00,000Z")), Ordering::Equal);
    /// assert_eq!(WallTime::parse("2026-13-45T14:05:00Z"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(time) = since_1970(text) {
            return Some(time);
        }
        let (date, rest) = date(text).map_or((None, text), |(date, rest)| (Some(date), rest));
        let (time_ns, rest) = match rest {
            "" if date.is_some() => (0, ""),
            _ => time(rest)?,
        };
        Some(Self {
            date,
            time_ns,
            zone_ns: zone(rest.trim_start())?,
        })
    }

    /// True if it has a date with its year, so that it can be ordered with certainty.
    pub(crate) fn has_date(self) -> bool {
        self.date.is_some_and(|date| date.year.is_some())
    }

    /// The instant, ns since 1970; `None` without a date and its year, or before 1970. Without a zone it is UTC.
    pub fn unix_ns(self) -> Option<u64> {
        let date = self.date?;
        let day = i128::from(days(date.year?, date.month, date.day)) * DAY_NS;
        u64::try_from(day + self.time_ns - self.zone_ns.unwrap_or(0)).ok()
    }

    /// A time as seconds since 1970, written as `2026-01-31T10:00:00Z`.
    pub fn written(seconds: i64) -> String {
        let (year, month, day) = civil(seconds.div_euclid(86_400));
        let second = seconds.rem_euclid(86_400);
        let (hour, minute) = (second / 3_600, second / 60 % 60);
        format!(
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}Z",
            second % 60
        )
    }

    /// Compares the parts that both have. A zone or year that only one has is assumed for the other; if one is a time of day alone, only
    /// those are compared.
    pub fn compare(self, other: Self) -> Ordering {
        let (Some(date), Some(other_date)) = (self.date, other.date) else {
            return self.time_ns.cmp(&other.time_ns);
        };
        let (zone, other_zone) = self.zone_ns.zip(other.zone_ns).unwrap_or_default();
        let instant = |time: Self, date: Date, year: Option<i64>, zone| {
            let year = date.year.or(year).unwrap_or(2000);
            i128::from(days(year, date.month, date.day)) * DAY_NS + time.time_ns - zone
        };
        instant(self, date, other_date.year, zone)
            .cmp(&instant(other, other_date, date.year, other_zone))
    }
}

/// An instant in ns since 1970 as RFC 3339.
pub(crate) fn text(unix_ns: u64) -> String {
    let (seconds, ns) = (unix_ns / 1_000_000_000, unix_ns % 1_000_000_000);
    let (day, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(i64::try_from(day).unwrap_or(0));
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ns:09}Z")
}

/// Days from 1970 to a date of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // In years that begin in March the leap day is the last.
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year
        - 719_468
}

/// The number at the start of a text, of at most `most` digits, and the rest.
fn number(text: &str, most: usize) -> Option<(i64, &str)> {
    let length = text
        .bytes()
        .take_while(u8::is_ascii_digit)
        .count()
        .min(most);
    Some((text.get(..length)?.parse().ok()?, &text[length..]))
}

fn since_1970(text: &str) -> Option<WallTime> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let unit = match whole.len() {
        10 => SECOND_NS,
        13 => 1_000_000,
        16 => 1_000,
        19 => 1,
        _ => return None,
    };
    let ns = i128::from(number(whole, 19).filter(|(_, rest)| rest.is_empty())?.0) * unit
        + if unit == SECOND_NS {
            fraction_ns(fraction)?
        } else {
            0
        };
    let (year, month, day) = civil(i64::try_from(ns.div_euclid(DAY_NS)).ok()?);
    Some(WallTime {
        date: Some(Date {
            year: Some(year),
            month,
            day,
        }),
        time_ns: ns.rem_euclid(DAY_NS),
        zone_ns: Some(0),
    })
}

/// The date `days_since` days after 1970-01-01.
fn civil(days_since: i64) -> (i64, i64, i64) {
    // An early year first: no year is longer than 366 days.
    let mut year = 1970 + days_since.div_euclid(366);
    while days(year + 1, 1, 1) <= days_since {
        year += 1;
    }
    let month = (1..=12)
        .rev()
        .find(|month| days(year, *month, 1) <= days_since);
    let month = month.unwrap_or(1);
    (year, month, days_since - days(year, month, 1) + 1)
}

/// `2026-11-23`, `2026/11/23`, `Nov 23`, `Nov  3 2026`, with or without a weekday before it, and the text after the `T` or blank.
fn date(text: &str) -> Option<(Date, &str)> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let named = |text| MONTHS.iter().position(|month| text == Some(*month));
    let text = match text.split_once(' ') {
        Some((day, rest)) if day.len() == 3 && named(Some(day)).is_none() => rest.trim_start(),
        _ => text,
    };
    let ((written, month, day), rest) = if let Some(month) = named(text.get(..3)) {
        let (day, rest) = number(text[3..].trim_start(), 2)?;
        let year = number(rest.trim_start(), 4)
            .filter(|(year, rest)| *year > 999 && rest.starts_with(' '));
        let rest = year.map_or(rest, |(_, rest)| rest);
        let year = year.map(|(year, _)| year);
        ((year, i64::try_from(month).ok()? + 1, day), rest)
    } else {
        let (year, rest) = number(text, 4)?;
        let separator = rest.chars().next().filter(|c| matches!(c, '-' | '/'))?;
        let (month, rest) = number(rest.strip_prefix(separator)?, 2)?;
        let (day, rest) = number(rest.strip_prefix(separator)?, 2)?;
        ((Some(year), month, day), rest)
    };
    // Without a year it may be a leap year.
    let year = written.unwrap_or(2000);
    (1..=12).contains(&month).then_some(())?;
    let next = if month == 12 {
        days(year + 1, 1, 1)
    } else {
        days(year, month + 1, 1)
    };
    (1..=next - days(year, month, 1))
        .contains(&day)
        .then_some(())?;
    let date = Date {
        year: written,
        month,
        day,
    };
    Some((date, rest.trim_start_matches(['T', 't', ' '])))
}

/// `14:05`, `14:05:00`, `14:05:00.123`, `14:05:00,123`, in ns, and the rest.
fn time(text: &str) -> Option<(i128, &str)> {
    let (hours, rest) = number(text, 2)?;
    let (minutes, rest) = number(rest.strip_prefix(':')?, 2)?;
    let (seconds, rest) = match rest.strip_prefix(':') {
        Some(rest) => number(rest, 2)?,
        None => (0, rest),
    };
    // A leap second is the last of its minute.
    (hours < 24 && minutes < 60 && seconds <= 60).then_some(())?;
    let digits = rest.strip_prefix(['.', ',']).unwrap_or("");
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    let behind = if length > 0 { &digits[length..] } else { rest };
    let ns = i128::from(hours * 3_600 + minutes * 60 + seconds) * SECOND_NS;
    Some((ns + fraction_ns(&digits[..length])?, behind))
}

/// Decimals of a second in ns; those after the ninth are ignored.
fn fraction_ns(digits: &str) -> Option<i128> {
    let mut ns = 0;
    for place in 0..9 {
        let digit = digits.as_bytes().get(place).unwrap_or(&b'0');
        digit.is_ascii_digit().then_some(())?;
        ns = ns * 10 + i128::from(digit - b'0');
    }
    Some(ns)
}

/// The offset of `Z`, `UTC`, `+01:00`, `+0100`, `+01`; `Some(None)` for no zone or the name of one, `None` for any other text.
fn zone(text: &str) -> Option<Option<i128>> {
    let sign = match text.as_bytes().first() {
        None => return Some(None),
        Some(b'Z' | b'z') => return (text.len() == 1).then_some(Some(0)),
        Some(b'+') => 1,
        Some(b'-') => -1,
        Some(_) if matches!(text, "UTC" | "GMT") => return Some(Some(0)),
        // Names of zones are ambiguous; ctime's year is here too.
        Some(_) => {
            return text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric())
                .then_some(None);
        }
    };
    let (hours, rest) = number(&text[1..], 2)?;
    let minutes = match rest.strip_prefix(':').unwrap_or(rest) {
        "" => 0,
        rest => number(rest, 2).filter(|(_, rest)| rest.is_empty())?.0,
    };
    (hours < 24 && minutes < 60).then_some(())?;
    Some(Some(
        sign * i128::from(hours * 3_600 + minutes * 60) * SECOND_NS,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> WallTime {
        WallTime::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn the_same_instant_in_all_forms() {
        let bound = time("2026-11-23T14:05:06.5Z");
        for text in [
            "2026-11-23T14:05:06.500000000Z",
            "2026-11-23 14:05:06,500",
            "2026/11/23 14:05:06.5",
            "2026-11-23T16:05:06.5+02:00",
            "2026-11-23T09:05:06.500-0500",
            "2026-11-24T00:05:06.5+10",
            "Nov 23 14:05:06.5",
            "Mon 2026-11-23 14:05:06.5 UTC",
            "Nov 23 2026 14:05:06.5",
            "14:05:06.5",
            "1795442706.500",
            "1795442706500",
            "1795442706500000",
        ] {
            assert_eq!(time(text).compare(bound), Ordering::Equal, "{text}");
            assert_eq!(bound.compare(time(text)), Ordering::Equal, "{text}");
        }
    }

    #[test]
    fn a_fraction_is_later_than_none_and_a_day_later_than_the_day_before() {
        let rising = [
            "2024-02-28T23:59:59Z",
            "2024-02-29T00:00:00Z",
            "2024-02-29",
            "2024-03-01T00:00:00Z",
            "2026-11-23T00:12:06Z",
            "2026-11-23T00:12:06.000000391Z",
            "2026-11-23T00:12:07+00:00",
            "2026-11-23T00:12:08",
            "2026-12-31T23:59:60Z",
            "2027-01-01T00:00:00Z",
        ];
        for pair in rising.windows(2) {
            assert_ne!(
                time(pair[0]).compare(time(pair[1])),
                Ordering::Greater,
                "{pair:?}"
            );
        }
    }

    #[test]
    fn every_day_since_1970_is_its_own() {
        for day in 0..60_000 {
            let (year, month, of_month) = civil(day);
            assert_eq!(days(year, month, of_month), day);
        }
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(19_782), (2024, 2, 29));
    }

    #[test]
    fn an_instant_is_written_in_utc() {
        for (text, written) in [
            ("2026-11-23T14:05:06.5+02:00", "2026-11-23T12:05:06Z"),
            ("2024-02-29 23:59:59", "2024-02-29T23:59:59Z"),
            ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        ] {
            let seconds = time(text)
                .unix_ns()
                .map(|ns| WallTime::written((ns / 1_000_000_000).cast_signed()));
            assert_eq!(seconds.as_deref(), Some(written), "{text}");
        }
        for text in ["Nov 23 14:05:06.5", "14:05:06.5", "1969-12-31T23:59:59Z"] {
            assert_eq!(time(text).unix_ns(), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_time() {
        for text in [
            "",
            "-",
            "yesterday",
            "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-11-23T24:00:00Z",
            "25:99",
            "2026-11-23T00:00:00+99:00",
            "2026-11-23Tx",
            "2026-11-23T14:05:00Zulu!",
            "123",
            "ä",
            "Nov 31 00:00:00",
        ] {
            assert_eq!(WallTime::parse(text), None, "{text}");
        }
    }
}
