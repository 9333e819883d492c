//! logfmt: `time=2026-11-23T00:12:01Z level=info msg="gc 1 ..." pod=web-1`, as written by logrus, slog and Grafana's agents.

use std::borrow::Cow;

use super::envelope::Envelope;

/// Opens a line of pairs, one of which has trace.
pub(crate) fn open(line: &[u8]) -> Option<Envelope<'_>> {
    let key = line.iter().position(|b| !is_key(b))?;
    if key == 0 || line[key] != b'=' {
        return None;
    }
    let mut envelope = Envelope::default();
    let mut rest = std::str::from_utf8(line).ok()?.trim_end();
    while !rest.is_empty() {
        let (key, value, behind) = pair(rest)?;
        envelope.take("", key, value);
        rest = behind.trim_start_matches(' ');
    }
    envelope.may_be_trace().then_some(envelope)
}

const fn is_key(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'@' | b'/')
}

/// The first pair of a text: its key, its value, and the rest of the text.
fn pair(text: &str) -> Option<(&str, Cow<'_, str>, &str)> {
    let key = text
        .bytes()
        .position(|b| !is_key(&b))
        .filter(|key| *key > 0)?;
    let value = text[key..].strip_prefix('=')?;
    let Some(quoted) = value.strip_prefix('"') else {
        let end = value.find(' ').unwrap_or(value.len());
        return Some((&text[..key], Cow::Borrowed(&value[..end]), &value[end..]));
    };
    let mut escaped = false;
    let end = quoted.bytes().position(|b| {
        let end = b == b'"' && !escaped;
        escaped = b == b'\\' && !escaped;
        end
    })?;
    Some((&text[..key], unescaped(&quoted[..end]), &quoted[end + 1..]))
}

/// A value quoted by Go's `strconv.Quote`, with those escapes that trace can have.
fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(next) = chars.next() {
        plain.push(match (next, next == '\\') {
            (_, true) => match chars.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('r') => '\r',
                Some(other) => other,
                None => break,
            },
            (next, false) => next,
        });
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(line: &str) -> Option<[String; 3]> {
        let envelope = open(line.as_bytes())?;
        let text = |text: Option<Cow<'_, str>>| text.unwrap_or_default().into_owned();
        let line = String::from_utf8_lossy(&envelope.line?).into_owned();
        Some([line, text(envelope.stream), text(envelope.wall)])
    }

    #[test]
    fn samples() {
        for (line, expected) in [
            (
                "time=\"2026-11-23T00:12:01Z\" level=info msg=\"gc 1 @0.004s\" component=child",
                ["gc 1 @0.004s", "", "2026-11-23T00:12:01Z"],
            ),
            (
                "ts=2026-11-23T00:12:01Z pod=web-1 message=\"gc 1 @0.004s\"",
                ["gc 1 @0.004s", "web-1", "2026-11-23T00:12:01Z"],
            ),
            ("level=info msg=\"GC forced\"", ["GC forced", "", ""]),
            // Of any key, where it is the whole line.
            (
                "out=\"gc 1 @0.004s 2%: 0.017+0.50+0.003 ms clock, 0.14+\" a=\"b \\\" c\"",
                ["gc 1 @0.004s 2%: 0.017+0.50+0.003 ms clock, 0.14+", "", ""],
            ),
            ("msg=\"gc 1 @\\ngc 2 @\"", ["gc 1 @\ngc 2 @", "", ""]),
        ] {
            assert_eq!(opened(line), Some(expected.map(str::to_owned)), "{line}");
        }
    }

    #[test]
    fn other_text_is_none() {
        for line in [
            "level=info msg=\"served\"",
            "the log said msg=\"gc 1 @0.004s\"",
            "msg=\"gc 1 @0.004s",
            "gc 1 @0.004s",
            "=\"gc 1\"",
            "",
        ] {
            assert_eq!(opened(line), None, "{line}");
        }
    }
}
