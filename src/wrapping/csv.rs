//! CSV, as exported by Splunk, Kibana, Datadog and Grafana: a quoted field holds the line. The first line of the log names the
//! columns; without it, a field that looks like a time is one.

use std::borrow::Cow;

use super::envelope::{Envelope, Role, role_of_column};
use super::timestamp::timestamp;
use crate::trace::NEEDLE;

/// Columns that are read.
const COLUMNS: usize = 64;

/// The columns of stream and time, as named in the first line of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Columns {
    stream: Option<u8>,
    time: Option<u8>,
    /// The first line names columns, one of them that of the program's line.
    known: bool,
}

impl Columns {
    /// No columns are known.
    pub(crate) const NONE: Self = Self {
        stream: None,
        time: None,
        known: false,
    };

    /// The columns named in the first line of a log.
    pub(crate) fn of(line: &[u8]) -> Self {
        let mut columns = Self::default();
        let (mut best_stream, mut best_time) = (usize::MAX, usize::MAX);
        let Some(fields) = std::str::from_utf8(line).ok().and_then(fields) else {
            return Self::default();
        };
        for (at, name) in (0..).zip(fields) {
            match role_of_column(name.trim_start_matches('\u{feff}').trim()) {
                Some(Role::Line(_)) => columns.known = true,
                Some(Role::Stream(rank)) if rank < best_stream => {
                    (best_stream, columns.stream) = (rank, Some(at));
                }
                Some(Role::Time(rank)) if rank < best_time => {
                    (best_time, columns.time) = (rank, Some(at));
                }
                _ => {}
            }
        }
        match columns.known {
            true => columns,
            false => Self::default(),
        }
    }
}

/// Opens a row with trace in a quoted field.
pub(crate) fn open(line: &[u8], columns: Columns) -> Option<Envelope<'_>> {
    // Trace has commas and is quoted: the field begins the row, or follows another.
    let quote = memchr::memchr(b'"', line)?;
    if quote > 0 && !matches!(line[quote - 1], b',' | b';') {
        return None;
    }
    let fields = fields(std::str::from_utf8(line).ok()?)?;
    if fields.len() < 2 && !columns.known {
        return None;
    }
    let mut envelope = Envelope::default();
    for (at, field) in (0..).zip(fields) {
        let is_time = || timestamp(field.as_bytes()) == Some(field.len());
        let role = if memchr::memmem::find(field.as_bytes(), NEEDLE).is_some() {
            Some(Role::Line(0))
        } else if field.starts_with("GC forced") || field.starts_with("gc ") {
            Some(Role::Line(1))
        } else if columns.stream == Some(at) {
            Some(Role::Stream(0))
        } else if columns.time == Some(at) {
            Some(Role::Time(0))
        } else if is_time() {
            Some(Role::Time(1))
        } else {
            None
        };
        envelope.take_as(role, "", field);
    }
    envelope.may_be_trace().then_some(envelope)
}

/// The fields of a row of RFC 4180, with commas or semicolons between them.
fn fields(row: &str) -> Option<Vec<Cow<'_, str>>> {
    let mut fields = Vec::new();
    let mut rest = row;
    loop {
        let field;
        (field, rest) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_field(quoted)?,
            None => {
                let end = rest.find([',', ';', '"']).unwrap_or(rest.len());
                (Cow::Borrowed(&rest[..end]), &rest[end..])
            }
        };
        fields.push(field);
        match rest.strip_prefix([',', ';']) {
            Some(behind) if fields.len() < COLUMNS => rest = behind,
            _ => return rest.trim_end().is_empty().then_some(fields),
        }
    }
}

/// A field after its first quote, and the text after the last one. A quote in it is doubled.
fn quoted_field(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let mut end = text.find('"')?;
    let mut doubled = false;
    while text[end + 1..].starts_with('"') {
        doubled = true;
        end += 2 + text[end + 2..].find('"')?;
    }
    let field = match doubled {
        true => Cow::Owned(text[..end].replace("\"\"", "\"")),
        false => Cow::Borrowed(&text[..end]),
    };
    Some((field, &text[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GC: &str = "gc 1 @0.004s 2%: 0.017+0.50+0.003 ms clock, 0.14+0.1/0.4/0.8+0.024 ms cpu, 4->4->1 MB, 5 MB goal, 8 P";

    fn opened(header: &str, row: &str) -> Option<[String; 3]> {
        let envelope = open(row.as_bytes(), Columns::of(header.as_bytes()))?;
        let text = |text: Option<Cow<'_, str>>| text.unwrap_or_default().into_owned();
        let line = String::from_utf8_lossy(&envelope.line?).into_owned();
        Some([line, text(envelope.stream), text(envelope.wall)])
    }

    #[test]
    fn samples() {
        for (header, row, stream, time) in [
            // Splunk
            (
                "_time,host,_raw",
                format!("\"2026-11-23T00:12:01.000+0000\",\"web-1\",\"{GC}\""),
                "web-1",
                "2026-11-23T00:12:01.000+0000",
            ),
            // Kibana
            (
                "\"@timestamp\",message",
                format!("\"Nov 23, 2026 @ 00:12:01.000\",\"{GC}\""),
                "",
                "Nov 23, 2026 @ 00:12:01.000",
            ),
            // Datadog
            (
                "Date,Host,Service,Message",
                format!("2026-11-23T00:12:01.000Z,web-1,orders,\"{GC}\""),
                "orders",
                "2026-11-23T00:12:01.000Z",
            ),
            // Grafana
            (
                "Time,Line,pod",
                format!("2026-11-23 00:12:01,\"{GC}\",web-1"),
                "web-1",
                "2026-11-23 00:12:01",
            ),
            ("\u{feff}message", format!("\"{GC}\""), "", ""),
            // Without the line that names the columns.
            (
                "",
                format!("\"2026-11-23T00:12:01Z\";\"a \"\"b\"\" c\";\"{GC}\"\r"),
                "",
                "2026-11-23T00:12:01Z",
            ),
        ] {
            assert_eq!(
                opened(header, &row),
                Some([GC, stream, time].map(str::to_owned)),
                "{row}"
            );
        }
        assert_eq!(
            opened("", "1,\"GC forced\"").map(|row| row[0].clone()),
            Some("GC forced".to_owned())
        );
    }

    #[test]
    fn other_text_is_none() {
        for row in [
            "a,\"b\"",
            &format!("\"{GC}\""),
            &format!("he said, \"{GC}"),
            GC,
            "",
            "\"",
            ",\"",
        ] {
            assert_eq!(opened("", row), None, "{row}");
        }
        assert_eq!(Columns::of(b"a,b,c"), Columns::NONE);
    }
}
