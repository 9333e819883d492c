//! Line numbers: `grep -n`, `grep -Hn`, `cat -n` and `nl`.

use super::layer::{Format, Layer, NAME, digits};
use super::timestamp::timestamp;

/// The width to which `cat -n` and `nl` pad a number. A piece of a cut gc line may be a number before the tab of other text.
const PADDED: usize = 6;

/// `41:` (`grep -n`), or blanks, `41` and a tab (`cat -n`).
pub(super) const FORMAT: Format = Format {
    first: b" \t0123456789",
    layer: |text, _| {
        let number = text.len() - text.trim_ascii_start().len();
        let end = number + line_number(&text[number..])?;
        match text.get(end..)? {
            [b'\t', ..] if end >= PADDED => Layer::of(end + 1),
            [b':', rest @ ..] if number == 0 && may_be_line(rest) => Layer::of(end + 1),
            _ => None,
        }
    },
};

/// `app.log:41:` (`grep -Hn`): the file is the stream.
pub(super) const IN_A_FILE: Format = Format {
    first: NAME,
    layer: |text, _| {
        let near = &text[..text.len().min(256)];
        let name = memchr::memchr(b':', near)?;
        let is_name = name > 0 && near[..name].iter().all(u8::is_ascii_graphic);
        let end = name + 1 + line_number(near.get(name + 1..)?)?;
        let rest = text.get(end..)?.strip_prefix(b":")?;
        (is_name && may_be_line(rest)).then(|| Layer::named(end + 1, 0..name))?
    },
};

/// Digits of a number that does not begin with a zero, as hours and minutes may.
fn line_number(text: &[u8]) -> Option<usize> {
    let count = digits(text);
    ((1..=12).contains(&count) && text[0] != b'0').then_some(count)
}

/// Whether trace may begin here: after the colon, minutes and positions in a line have a digit, other text a blank or a letter.
fn may_be_line(text: &[u8]) -> bool {
    matches!(
        text.first(),
        None | Some(b'g' | b'G' | b's' | b'p' | b'{' | b'[')
    ) || timestamp(text).is_some_and(|time| time >= 10)
}

#[cfg(test)]
mod tests {
    use super::super::formats::testing::{hold, hold_others};

    #[test]
    fn samples() {
        hold(&[
            ("41:gc 1 @", ["gc 1 @", "", ""]),
            ("app.log:41:gc 1 @", ["gc 1 @", "app.log", ""]),
            (
                "/var/log/app.log:1:gc 1 @",
                ["gc 1 @", "/var/log/app.log", ""],
            ),
            ("     1\tgc 1 @", ["gc 1 @", "", ""]),
            ("123456\tgc 1 @", ["gc 1 @", "", ""]),
            (
                "7:2026-11-23T00:12:01Z stderr F gc 1 @",
                ["gc 1 @", "", "2026-11-23T00:12:01Z"],
            ),
        ]);
        hold_others(&[
            "main.go:41: gc 1 @",
            "host:80:443 gc 1 @",
            "10:15 gc 1 @",
            "07:gc 1 @",
            "a b:7:gc 1 @",
            "7\tgc 1 @",
            "7:at step",
            "7 gc 1 @",
        ]);
    }
}
