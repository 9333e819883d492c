//! What stands before the trace on its line: timestamps, container and journal prefixes, colours, benchmark names.
//!
//! Layers are taken off one after another until none is left; what remains is the body. Nothing here knows the gc
//! grammar, and no layer takes more than the one blank that its format puts behind it: the continuation of a cut line
//! may itself begin with a blank.

use std::ops::Range;

/// A line's body and what its wrapping says. Ranges are byte positions in the line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Prefix {
    /// Where the body starts.
    pub(crate) body: usize,
    /// The name of the stream: container, pod, unit.
    pub(crate) stream: Option<Range<usize>>,
    /// The wall-clock time.
    pub(crate) wall: Option<Range<usize>>,
    /// How many layers were taken off.
    pub(crate) layers: usize,
    /// A CRI `P` record: the line goes on in the next record of the stream.
    pub(crate) partial: bool,
    /// A CRI record of standard output.
    pub(crate) stdout: bool,
}

/// Layers that a line may have; real ones have three at most.
pub(crate) const LAYERS: usize = 8;

/// Takes the known layers off the start of `line`, at most `most` of them.
pub(crate) fn strip(line: &[u8], most: usize) -> Prefix {
    let mut prefix = Prefix::default();
    let mut next = layer(line, false).filter(|_| most > 0);
    while let Some(layer) = next {
        let at = prefix.body;
        prefix.body = at + layer.length;
        prefix.layers += 1;
        let shift = |range: Range<usize>| range.start + at..range.end + at;
        if let Some(stream) = layer.stream {
            // The innermost name is the nearest to the program; the first one given wins where a layer has none.
            prefix.stream = Some(shift(stream));
        }
        if let Some(wall) = layer.wall
            && prefix.wall.is_none()
        {
            prefix.wall = Some(shift(wall));
        }
        prefix.partial |= layer.partial;
        prefix.stdout |= layer.stdout;
        next = match prefix.layers < most {
            true => self::layer(&line[prefix.body..], prefix.wall.is_some()),
            false => None,
        };
    }
    prefix
}

#[derive(Default)]
struct Layer {
    length: usize,
    stream: Option<Range<usize>>,
    wall: Option<Range<usize>>,
    partial: bool,
    stdout: bool,
}

fn layer(text: &[u8], timed: bool) -> Option<Layer> {
    match text.first()? {
        0x1b => escape(text),
        0xef if text.starts_with(b"\xef\xbb\xbf") => Some(Layer {
            length: 3,
            ..Layer::default()
        }),
        b'<' => syslog(text),
        b'[' => bracketed(text),
        b'0'..=b'9' => timed_layer(text),
        b'J' | b'F' | b'M' | b'A' | b'S' | b'O' | b'N' | b'D' | b'T' | b'W' => {
            timed_layer(text).or_else(|| named(text, timed))
        }
        b'B' => benchmark(text).or_else(|| named(text, timed)),
        _ => named(text, timed),
    }
}

/// An ANSI control sequence, `ESC [ ... letter`.
fn escape(text: &[u8]) -> Option<Layer> {
    let rest = text.strip_prefix(b"\x1b[")?;
    let end = rest.iter().position(|b| (0x40..=0x7e).contains(b))?;
    (end <= 24).then_some(Layer {
        length: 2 + end + 1,
        ..Layer::default()
    })
}

/// Length of an ANSI control sequence at the start of `text`, or 0.
pub(crate) fn escape_length(text: &[u8]) -> usize {
    escape(text).map_or(0, |layer| layer.length)
}

/// A timestamp and one blank, and what formats put behind it: CRI's stream and tag, or `host unit[pid]: `.
fn timed_layer(text: &[u8]) -> Option<Layer> {
    let time = timestamp(text)?;
    let wall = Some(0..time);
    let mut length = time;
    match text.get(length) {
        Some(b' ' | b'\t') => length += 1,
        _ => return None,
    }
    let rest = &text[length..];
    for stream in [&b"stderr "[..], b"stdout "] {
        if let Some([tag @ (b'F' | b'P'), b' ', ..]) = rest.strip_prefix(stream) {
            return Some(Layer {
                length: length + stream.len() + 2,
                wall,
                partial: *tag == b'P',
                stdout: stream == b"stdout ",
                ..Layer::default()
            });
        }
    }
    if let Some((name, end)) = unit(rest, is_syslog(&text[..time])) {
        return Some(Layer {
            length: length + end,
            stream: Some(length + name.start..length + name.end),
            wall,
            ..Layer::default()
        });
    }
    // Go's log package with Lshortfile or Llongfile.
    if let Some(end) = source_line(rest) {
        length += end;
    }
    Some(Layer {
        length,
        wall,
        ..Layer::default()
    })
}

/// Whether a timestamp is one that a host's name goes with: of RFC 3164, or with a numeric zone as rsyslog and journalctl
/// write it. Behind the times of loggers and containers two words and a colon are prose.
fn is_syslog(time: &[u8]) -> bool {
    let zone = || time.iter().rposition(|b| matches!(b, b'+' | b'-'));
    time.first().is_some_and(u8::is_ascii_alphabetic)
        || time.get(10) == Some(&b'T') && zone().is_some_and(|at| at > 10)
}

/// `host unit[pid]: ` (journalctl, RFC 3164) or `unit[pid]: ` (Heroku and others) behind a timestamp; `host unit: ` where
/// the timestamp is a syslog's.
fn unit(text: &[u8], syslog: bool) -> Option<(Range<usize>, usize)> {
    let first = word(text)?;
    let tag = |from: usize| -> Option<usize> {
        let length = word(&text[from..])?;
        let name = text[from..from + length].strip_suffix(b":")?;
        let part = |b: &u8| b.is_ascii_alphanumeric() || b"-_.@/[]()\\+".contains(b);
        if !name.iter().all(part) {
            return None;
        }
        // `unit[pid]:`; a bare `name:` is taken only behind a host name.
        let bracket = name.ends_with(b"]") && memchr::memchr(b'[', name).is_some();
        (bracket || (syslog && from > 0 && !name.is_empty())).then_some(length)
    };
    if let Some(length) = tag(0) {
        return Some((0..length - 1, length + 1));
    }
    let from = first + 1;
    let length = tag(from)?;
    Some((0..from + length - 1, from + length + 1))
}

/// Length of a word of printable bytes that one blank follows.
fn word(text: &[u8]) -> Option<usize> {
    let length = memchr::memchr(b' ', text.get(..text.len().min(256))?)?;
    (length > 0 && text[..length].iter().all(u8::is_ascii_graphic)).then_some(length)
}

/// `file.go:41: `
fn source_line(text: &[u8]) -> Option<usize> {
    let length = word(text)?;
    let name = text[..length].strip_suffix(b":")?;
    let colon = memchr::memrchr(b':', name)?;
    let number = &name[colon + 1..];
    (name[..colon].ends_with(b".go") && !number.is_empty() && number.iter().all(u8::is_ascii_digit))
        .then_some(length + 1)
}

/// `<34>1 2026-... host app procid msgid - ` (RFC 5424) or `<34>` before an RFC 3164 timestamp.
fn syslog(text: &[u8]) -> Option<Layer> {
    let close = memchr::memchr(b'>', &text[..text.len().min(5)])?;
    if close < 2 || !text[1..close].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let Some(rest) = text[close + 1..].strip_prefix(b"1 ") else {
        return Some(Layer {
            length: close + 1,
            ..Layer::default()
        });
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

/// `[pod/name/container] ` (kubectl) or a timestamp in brackets.
fn bracketed(text: &[u8]) -> Option<Layer> {
    let close = memchr::memchr(b']', &text[..text.len().min(300)])?;
    (text.get(close + 1) == Some(&b' ')).then_some(())?;
    let inside = &text[1..close];
    let length = close + 2;
    let trimmed = inside.trim_ascii_start();
    if !trimmed.is_empty() && [timestamp(trimmed), uptime(trimmed)].contains(&Some(trimmed.len())) {
        return Some(Layer {
            length,
            wall: Some(close - trimmed.len()..close),
            ..Layer::default()
        });
    }
    inside.starts_with(b"pod/").then_some(Layer {
        length,
        stream: Some(1..close),
        ..Layer::default()
    })
}

/// `service-1  | ` (docker compose), or `job<TAB>step<TAB>` before a timestamp (`gh run view --log`).
fn named(text: &[u8], timed: bool) -> Option<Layer> {
    let near = &text[..text.len().min(256)];
    let name = near
        .iter()
        .position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/')))?;
    if name > 0 {
        let blanks = near[name..].iter().take_while(|b| **b == b' ').count();
        if near[name + blanks..].starts_with(b"| ") && blanks > 0 {
            let mut length = name + blanks + 2;
            length += escape_length(&text[length..]);
            return Some(Layer {
                length,
                stream: Some(0..name),
                ..Layer::default()
            });
        }
        if near[name + blanks..].starts_with(b"|\x1b[") && blanks > 0 {
            let mut length = name + blanks + 1;
            length += escape_length(&text[length..]);
            (text.get(length) == Some(&b' ')).then_some(())?;
            return Some(Layer {
                length: length + 1,
                stream: Some(0..name),
                ..Layer::default()
            });
        }
    }
    if timed {
        return None;
    }
    let first = memchr::memchr(b'\t', near)?;
    let second = first + 1 + memchr::memchr(b'\t', &near[first + 1..])?;
    let rest = text[second + 1..]
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(&text[second + 1..]);
    timestamp(rest)?;
    Some(Layer {
        length: text.len() - rest.len(),
        stream: Some(0..second),
        ..Layer::default()
    })
}

/// `BenchmarkName-8   <TAB>`: the testing package prints the name, then the benchmark's own output follows.
fn benchmark(text: &[u8]) -> Option<Layer> {
    text.strip_prefix(b"Benchmark")?;
    let name = text.iter().position(|b| matches!(b, b' ' | b'\t'))?;
    let blanks = text[name..]
        .iter()
        .take_while(|b| matches!(b, b' ' | b'\t'))
        .count();
    Some(Layer {
        length: name + blanks,
        ..Layer::default()
    })
}

/// Length of a timestamp at the start of `text`, in any of the forms that log shippers and loggers use.
pub(crate) fn timestamp(text: &[u8]) -> Option<usize> {
    weekday(text)
        .or_else(|| date_time(text))
        .or_else(|| month_day(text))
        .or_else(|| clock(text))
        .or_else(|| epoch(text))
}

/// `Mon 2026-11-23 00:12:01 CET` (`journalctl -o short-full`), `Mon Nov 23 00:12:01 2026` (ctime).
fn weekday(text: &[u8]) -> Option<usize> {
    const DAYS: [&[u8; 4]; 7] = [
        b"Mon ", b"Tue ", b"Wed ", b"Thu ", b"Fri ", b"Sat ", b"Sun ",
    ];
    let (day, rest) = text.split_first_chunk::<4>()?;
    DAYS.contains(&day).then_some(())?;
    let time = date_time(rest).or_else(|| month_day(rest))?;
    let behind = &rest[time..];
    let letters = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_uppercase()).count();
    let more = match behind {
        [b' ', zone @ ..] if (3..=5).contains(&letters(zone)) => 1 + letters(zone),
        [b' ', year @ ..] if digits(year) == 4 => 5,
        _ => 0,
    };
    Some(4 + time + more)
}

fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|b| b.is_ascii_digit()).count()
}

/// `2026-11-23T00:12:01.028Z`, `2026-11-23 00:12:01,028`, `2026/11/23 00:12:01.028000`, with or without a zone.
fn date_time(text: &[u8]) -> Option<usize> {
    let &[
        b'0'..=b'9',
        b'0'..=b'9',
        b'0'..=b'9',
        b'0'..=b'9',
        a @ (b'-' | b'/'),
        b'0'..=b'9',
        b'0'..=b'9',
        b,
        b'0'..=b'9',
        b'0'..=b'9',
        b'T' | b't' | b' ',
        ..,
    ] = text
    else {
        return None;
    };
    let time = clock(&text[11..])?;
    (a == b).then_some(11 + time + zone(&text[11 + time..]))
}

/// `Z`, `+01:00`, `+0100`, ` +0000`, ` UTC`, or nothing.
fn zone(text: &[u8]) -> usize {
    let blank = usize::from(text.first() == Some(&b' '));
    match &text[blank..] {
        [b'Z' | b'z', ..] if blank == 0 => 1,
        [b'U', b'T', b'C', ..] => blank + 3,
        [b'+' | b'-', rest @ ..] if digits(rest) == 4 => blank + 5,
        [b'+' | b'-', rest @ ..]
            if digits(rest) == 2 && rest.get(2) == Some(&b':') && digits(&rest[3..]) == 2 =>
        {
            blank + 6
        }
        _ => 0,
    }
}

/// `00:12:01`, `00:12:01.028`, `00:12:01,028`
fn clock(text: &[u8]) -> Option<usize> {
    let &[
        b'0'..=b'9',
        b'0'..=b'9',
        b':',
        b'0'..=b'9',
        b'0'..=b'9',
        b':',
        b'0'..=b'9',
        b'0'..=b'9',
        ref rest @ ..,
    ] = text
    else {
        return None;
    };
    let fraction = match rest {
        [b'.' | b',', fraction @ ..] => digits(fraction),
        _ => 0,
    };
    // A point without digits behind it is not the clock's.
    Some(if fraction > 0 { 8 + 1 + fraction } else { 8 })
}

/// `Nov 23 00:12:01`, `Nov  3 00:12:01.028`, `Nov 23 2026 00:12:01`
fn month_day(text: &[u8]) -> Option<usize> {
    const MONTHS: [&[u8; 3]; 12] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov",
        b"Dec",
    ];
    let (month, rest) = text.split_first_chunk::<3>()?;
    MONTHS.contains(&month).then_some(())?;
    let blanks = rest.iter().take_while(|b| **b == b' ').count();
    let day = digits(rest.get(blanks..)?);
    if !(1..=2).contains(&blanks) || !(1..=2).contains(&day) {
        return None;
    }
    let mut at = 3 + blanks + day;
    (text.get(at) == Some(&b' ')).then_some(())?;
    at += 1;
    if digits(&text[at..]) == 4 && text.get(at + 4) == Some(&b' ') {
        at += 5;
    }
    Some(at + clock(&text[at..])?)
}

/// Seconds since the machine started, as the kernel writes them in brackets: `12.000123`.
fn uptime(text: &[u8]) -> Option<usize> {
    let whole = digits(text);
    let rest = text.get(whole..)?.strip_prefix(b".")?;
    let fraction = digits(rest);
    (whole > 0 && fraction > 0).then_some(whole + 1 + fraction)
}

/// Seconds since 1970, with or without decimals: `1795393894.389371`.
fn epoch(text: &[u8]) -> Option<usize> {
    let whole = digits(text);
    if !(10..=19).contains(&whole) {
        return None;
    }
    let length = match &text[whole..] {
        [b'.', fraction @ ..] if digits(fraction) > 0 => whole + 1 + digits(fraction),
        _ => whole,
    };
    // A number that goes on with letters is an identifier.
    let ends = |b: &u8| !b.is_ascii_alphanumeric();
    text.get(length).is_none_or(ends).then_some(length)
}
