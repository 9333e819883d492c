//! Syslog of RFC 5424 and RFC 3164, and journalctl's forms of it.

use super::layer::{Format, Layer, word};

/// `<34>1 2026-... host app procid msgid - ` (RFC 5424), or `<34>` before an RFC 3164 timestamp.
pub(super) const FORMAT: Format = Format {
    first: b"<",
    layer: |text, _| rfc_5424(text),
};

/// After the time: `host unit[pid]: ` (journalctl, RFC 3164) or `unit[pid]: ` (Heroku and others); `host unit: ` if the timestamp is a
/// syslog's.
pub(super) fn behind_time(text: &[u8], time: &[u8]) -> Option<Layer> {
    let syslog = is_syslog(time);
    let first = word(text)?;
    let tag = |from: usize| -> Option<usize> {
        let length = word(&text[from..])?;
        let name = text[from..from + length].strip_suffix(b":")?;
        let part = |b: &u8| b.is_ascii_alphanumeric() || b"-_.@/[]()\\+".contains(b);
        if !name.iter().all(part) {
            return None;
        }
        // `unit[pid]:`; a bare `name:` only after a host name.
        let bracket = name.ends_with(b"]") && memchr::memchr(b'[', name).is_some();
        (bracket || (syslog && from > 0 && !name.is_empty())).then_some(length)
    };
    if let Some(length) = tag(0) {
        return Layer::named(length + 1, 0..length - 1);
    }
    let from = first + 1;
    let length = tag(from)?;
    Layer::named(from + length + 1, 0..from + length - 1)
}

fn rfc_5424(text: &[u8]) -> Option<Layer> {
    let close = memchr::memchr(b'>', &text[..text.len().min(5)])?;
    if close < 2 || !text[1..close].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let Some(rest) = text[close + 1..].strip_prefix(b"1 ") else {
        return Layer::of(close + 1);
    };
    let mut at = text.len() - rest.len();
    let time = word(&text[at..])?;
    let wall = at..at + time;
    at += time + 1;
    let names = at;
    let mut ends = [0; 4];
    for end in &mut ends {
        at += word(&text[at..])? + 1;
        *end = at - 1;
    }
    // Structured data: `-` or `[...]`, in which a quoted `]` is escaped.
    match text.get(at)? {
        b'-' => at += 1,
        b'[' => {
            let mut escaped = false;
            let length = text[at..].iter().enumerate().position(|(i, b)| {
                let end = *b == b']' && !escaped && text.get(at + i + 1) != Some(&b'[');
                escaped = *b == b'\\' && !escaped;
                end
            })?;
            at += length + 1;
        }
        _ => return None,
    }
    (text.get(at) == Some(&b' ')).then_some(())?;
    Some(Layer {
        length: at + 1,
        // host, application and process id
        stream: Some(names..ends[2]),
        wall: Some(wall),
        ..Layer::default()
    })
}

/// Whether a host's name may follow a timestamp: that of RFC 3164, or one with a numeric zone as written by rsyslog and journalctl.
/// After the times of loggers and containers two words and a colon are prose.
fn is_syslog(time: &[u8]) -> bool {
    let zone = || time.iter().rposition(|b| matches!(b, b'+' | b'-'));
    time.first().is_some_and(u8::is_ascii_alphabetic)
        || time.get(10) == Some(&b'T') && zone().is_some_and(|at| at > 10)
}

#[cfg(test)]
mod tests {
    use super::super::formats::testing::{hold, hold_others};

    #[test]
    fn samples() {
        hold(&[
            (
                "<34>1 2026-11-23T00:12:01.028Z web-1 orders 42 - - gc 1 @",
                ["gc 1 @", "web-1 orders 42", "2026-11-23T00:12:01.028Z"],
            ),
            (
                "<165>1 2026-11-23T00:12:01.028Z web-1 orders - ID47 [a@1 b=\"c \\] d\"][e@2] gc 1 @",
                ["gc 1 @", "web-1 orders -", "2026-11-23T00:12:01.028Z"],
            ),
            (
                "<34>Nov 23 00:12:01 web-1 orders[42]: gc 1 @",
                ["gc 1 @", "web-1 orders[42]", "Nov 23 00:12:01"],
            ),
            (
                "Nov 23 00:12:01 web-1 orders[42]: gc 1 @",
                ["gc 1 @", "web-1 orders[42]", "Nov 23 00:12:01"],
            ),
            (
                "Nov 23 00:12:01 web-1 orders: gc 1 @",
                ["gc 1 @", "web-1 orders", "Nov 23 00:12:01"],
            ),
            (
                "2026-11-23T00:12:01+0100 web-1 orders[42]: gc 1 @",
                ["gc 1 @", "web-1 orders[42]", "2026-11-23T00:12:01+0100"],
            ),
            // Heroku
            (
                "2026-11-23T00:12:01.028391+00:00 app[web.1]: gc 1 @",
                ["gc 1 @", "app[web.1]", "2026-11-23T00:12:01.028391+00:00"],
            ),
        ]);
        hold_others(&["<a>1 gc 1 @", "<34567>gc 1 @"]);
    }
}
