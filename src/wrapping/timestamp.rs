//! A time and one blank, and what some formats put after it: CRI, syslog, Go's log package.

use std::ops::Range;

use super::layer::{Format, Layer, digits};
use super::{cri, go_log, syslog};

/// The rest of a layer after a time and a blank; the second argument is the time.
type BehindTime = fn(&[u8], &[u8]) -> Option<Layer>;

/// The formats of the text after a time and a blank.
const BEHIND_TIME: &[BehindTime] = &[cri::behind_time, syslog::behind_time, go_log::behind_time];

pub(super) const FORMAT: Format = Format {
    first: b"0123456789JFMASONDTW",
    layer: |text, _| {
        let time = timestamp(text)?;
        let length = match text.get(time)? {
            b' ' | b'\t' => time + 1,
            _ => return None,
        };
        let rest = &text[length..];
        let behind = BEHIND_TIME
            .iter()
            .find_map(|behind| behind(rest, &text[..time]));
        let behind = behind.unwrap_or_default();
        let shift = |range: Range<usize>| range.start + length..range.end + length;
        Some(Layer {
            length: length + behind.length,
            stream: behind.stream.map(shift),
            wall: Some(0..time),
            ..behind
        })
    },
};

/// Length of a timestamp at the start of `text`, in any form that log shippers and loggers use.
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
    // A point without digits after it is not the clock's.
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
    // A number followed by letters is an identifier.
    let ends = |b: &u8| !b.is_ascii_alphanumeric();
    text.get(length).is_none_or(ends).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::super::formats::testing::{hold, hold_others};
    use super::*;

    #[test]
    fn samples() {
        for time in [
            "2026-11-23T00:12:01.028Z",
            "2026-11-23T00:12:01.028391224+01:00",
            "2026-11-23T00:12:01+0100",
            "2026-11-23 00:12:01,028",
            "2026-11-23 00:12:01.028 UTC",
            "2026/11/23 00:12:01.028000",
            "Nov 23 00:12:01",
            "Nov  3 00:12:01.028",
            "Nov 23 2026 00:12:01",
            "00:12:01.028391",
            "1795393894",
            "1795393894.389371",
            "Mon 2026-11-23 00:12:01 CET",
            "Tue 2026-11-24 00:12:01 UTC",
            "Wed Nov 25 00:12:01 2026",
            "Thu Nov 26 00:12:01",
            "Fri 2026-11-27 00:12:01",
            "Sat 2026-11-28 00:12:01",
            "Sun 2026-11-29 00:12:01",
        ] {
            assert_eq!(timestamp(time.as_bytes()), Some(time.len()), "{time}");
            hold(&[(&format!("{time} gc 1 @"), ["gc 1 @", "", time])]);
            hold(&[(&format!("{time}\tgc 1 @"), ["gc 1 @", "", time])]);
        }
        for month in [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Dec",
        ] {
            let time = format!("{month} 23 00:12:01");
            hold(&[(&format!("{time} gc 1 @"), ["gc 1 @", "", &time])]);
        }
        hold_others(&[
            "2026-11-23 gc 1 @",
            "00:12 gc 1 @",
            "17953938 gc 1 @",
            "Mon gc 1 @",
        ]);
        // A number followed by letters is an identifier.
        assert_eq!(timestamp(b"1795393894ab"), None);
    }
}
