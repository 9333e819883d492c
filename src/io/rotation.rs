//! Rotated logs by the names of their files: a closed list of patterns.

/// The parts of one log are named by one scheme.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// `X.7`, logrotate's and docker's: the higher, the older.
    Number(u32),
    /// `X-20260101`, logrotate's dateext.
    Date(String),
    /// `X-2026-01-01T10-00-00.000.log`, lumberjack's.
    Stamp(String),
    /// `0.log.20260101-101010`, the kubelet's.
    Kubelet(String),
}

/// A part of a rotated log, by the name of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rotated {
    /// The name of the file that is written to.
    pub(crate) log: String,
    /// Which part it is.
    pub(crate) place: Place,
    /// It was compressed after it was written.
    pub(crate) compressed: bool,
}

/// Recognizes the name of a rotated part.
pub(crate) fn rotated(name: &str) -> Option<Rotated> {
    let plain = [".gz", ".zst"]
        .iter()
        .find_map(|end| name.strip_suffix(end));
    let (log, place) = part(plain.unwrap_or(name))?;
    Some(Rotated {
        log,
        place,
        compressed: plain.is_some(),
    })
}

fn part(name: &str) -> Option<(String, Place)> {
    if let Some((log, end)) = name.rsplit_once('.') {
        // After a digit it is a version or an address: svc-1.26, 10.0.0.1.
        let numbered = (1..=3).contains(&end.len()) && shaped(end, "") && !end.starts_with('0');
        if numbered && log.ends_with(|c: char| !c.is_ascii_digit() && c != '.') {
            return Some((log.to_owned(), Place::Number(end.parse().ok()?)));
        }
        if log.ends_with(".log") && shaped(end, "00000000-000000") && is_date(end) {
            return Some((log.to_owned(), Place::Kubelet(end.to_owned())));
        }
    }
    if let Some((log, end)) = name.rsplit_once('-')
        && !log.is_empty()
        && shaped(end, "00000000")
        && is_date(end)
    {
        return Some((log.to_owned(), Place::Date(end.to_owned())));
    }
    let base = name.strip_suffix(".log")?;
    let at = base.len().checked_sub(STAMP.len() + 1)?;
    let (log, end) = (base.get(..at)?, base.get(at..)?.strip_prefix('-')?);
    (!log.is_empty() && shaped(end, STAMP))
        .then(|| (format!("{log}.log"), Place::Stamp(end.to_owned())))
}

/// lumberjack's time.
const STAMP: &str = "0000-00-00T00-00-00.000";

/// Whether a text has digits where `shape` has 0 and its other characters where it has them; with no shape, digits alone.
fn shaped(text: &str, shape: &str) -> bool {
    if shape.is_empty() {
        return text.bytes().all(|c| c.is_ascii_digit());
    }
    text.len() == shape.len()
        && text
            .bytes()
            .zip(shape.bytes())
            .all(|(c, shape)| match shape {
                b'0' => c.is_ascii_digit(),
                _ => c == shape,
            })
}

/// Whether eight digits are a date from 1970 to 2199.
fn is_date(digits: &str) -> bool {
    let part = |from: usize, to: usize| digits.get(from..to).and_then(|n| n.parse::<u32>().ok());
    matches!(
        (part(0, 4), part(4, 6), part(6, 8)),
        (Some(1970..=2199), Some(1..=12), Some(1..=31))
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test panics by design")]

    use super::*;

    #[test]
    fn parts_are_known_by_their_names() {
        let cases = [
            ("app.log.1", "app.log", Place::Number(1), false),
            ("app.log.10.gz", "app.log", Place::Number(10), true),
            ("0af1-json.log.2", "0af1-json.log", Place::Number(2), false),
            (
                "syslog-20260101",
                "syslog",
                Place::Date("20260101".into()),
                false,
            ),
            (
                "app.log-20260101.gz",
                "app.log",
                Place::Date("20260101".into()),
                true,
            ),
            (
                "app-2026-01-01T10-00-00.000.log.gz",
                "app.log",
                Place::Stamp("2026-01-01T10-00-00.000".into()),
                true,
            ),
            (
                "0.log.20260101-101010",
                "0.log",
                Place::Kubelet("20260101-101010".into()),
                false,
            ),
        ];
        for (name, log, place, compressed) in cases {
            let found = rotated(name).unwrap();
            assert_eq!(
                (found.log.as_str(), found.place, found.compressed),
                (log, place, compressed)
            );
        }
        assert!(Place::Number(2) < Place::Number(10));
    }

    #[test]
    fn other_names_are_of_no_rotated_part() {
        for name in [
            "app.log",
            "app.log.gz",
            "svc-1.26.log",
            "svc-1.26",
            "x.go1.27.3.log",
            "x.go1.27.3",
            "log (1).txt",
            "63",
            "0.log",
            "1.log",
            "10.0.0.1",
            "app.log.0",
            "app.log.01",
            "app.log.1234",
            "app.log-20261301",
            "-20260101",
            ".1",
            "app.log.",
            "app-2026-01-01.log",
            "bench.log.1.txt",
            "ä.1é",
            "é-2026-01-01T10-00-00.00é.log",
        ] {
            assert_eq!(rotated(name), None, "{name}");
        }
    }
}
