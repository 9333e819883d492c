//! `docker compose up` and `logs`: `service-1  | `, plain and colored; foreman writes the same after a time.

use super::ansi::escape_length;
use super::layer::{Format, Layer, NAME, is_name};

pub(super) const FORMAT: Format = Format {
    first: NAME,
    layer: |text, _| {
        let near = &text[..text.len().min(256)];
        let name = near
            .iter()
            .position(|b| !is_name(*b))
            .filter(|name| *name > 0)?;
        let blanks = near[name..].iter().take_while(|b| **b == b' ').count();
        let bar = name + blanks;
        let length = match &near[bar..] {
            _ if blanks == 0 => return None,
            [b'|', b' ', ..] => bar + 2 + escape_length(&text[bar + 2..]),
            // The color of the name ends after the bar.
            [b'|', 0x1b, ..] => {
                let end = bar + 1 + escape_length(&text[bar + 1..]);
                (text.get(end) == Some(&b' ')).then_some(end + 1)?
            }
            _ => return None,
        };
        Layer::named(length, 0..name)
    },
};

#[cfg(test)]
mod tests {
    use super::super::formats::testing::{hold, hold_others};

    #[test]
    fn samples() {
        hold(&[
            ("orders-1  | gc 1 @", ["gc 1 @", "orders-1", ""]),
            (
                "\x1b[36morders-1  | \x1b[0mgc 1 @",
                ["gc 1 @", "orders-1", ""],
            ),
            (
                "\x1b[36morders-1  |\x1b[0m gc 1 @",
                ["gc 1 @", "orders-1", ""],
            ),
            // With --timestamps.
            (
                "orders-1  | 2026-11-23T00:12:01.028391224Z gc 1 @",
                ["gc 1 @", "orders-1", "2026-11-23T00:12:01.028391224Z"],
            ),
            ("00:12:01 web.1   | gc 1 @", ["gc 1 @", "web.1", "00:12:01"]),
        ]);
        hold_others(&[
            "orders-1| gc 1 @",
            "two words | gc 1 @",
            "orders-1  |gc 1 @",
        ]);
    }
}
