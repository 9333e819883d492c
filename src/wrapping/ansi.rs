//! Colors and other control sequences of terminals, and the byte order mark that editors and PowerShell put before a text.

use super::layer::{Format, Layer};

/// An ANSI control sequence, `ESC [ ... letter`.
pub(super) const FORMAT: Format = Format {
    first: b"\x1b",
    layer: |text, _| match escape_length(text) {
        0 => None,
        length => Layer::of(length),
    },
};

pub(super) const BYTE_ORDER_MARK: Format = Format {
    first: b"\xef",
    layer: |text, _| text.starts_with(b"\xef\xbb\xbf").then(|| Layer::of(3))?,
};

/// Length of an ANSI control sequence at the start of `text`, or 0.
pub(crate) fn escape_length(text: &[u8]) -> usize {
    let Some(rest) = text.strip_prefix(b"\x1b[") else {
        return 0;
    };
    let end = rest.iter().position(|b| (0x40..=0x7e).contains(b));
    end.filter(|end| *end <= 24).map_or(0, |end| 2 + end + 1)
}

#[cfg(test)]
mod tests {
    use super::super::formats::testing::{hold, hold_others};

    #[test]
    fn samples() {
        hold(&[
            ("\x1b[32mgc 1 @", ["gc 1 @", "", ""]),
            ("\x1b[0m\x1b[1;31mgc 1 @", ["gc 1 @", "", ""]),
            ("\u{feff}gc 1 @", ["gc 1 @", "", ""]),
            (
                "\u{feff}2026-11-23 00:12:01 gc 1 @",
                ["gc 1 @", "", "2026-11-23 00:12:01"],
            ),
        ]);
        hold_others(&["\x1b]0;title\x07gc 1 @", "\x1bgc 1 @"]);
    }
}
