//! A time in brackets: that of a logger, or the kernel's seconds since the machine started.

use super::kubectl::bracketed;
use super::layer::{Format, Layer, digits};
use super::timestamp::timestamp;

pub(super) const FORMAT: Format = Format {
    first: b"[",
    layer: |text, _| {
        let (inside, length) = bracketed(text)?;
        let time = inside.trim_ascii_start();
        let whole = Some(time.len());
        let is_time = !time.is_empty() && (timestamp(time) == whole || uptime(time) == whole);
        let close = length - 2;
        is_time.then(|| Layer {
            length,
            wall: Some(close - time.len()..close),
            ..Layer::default()
        })
    },
};

/// Seconds since the machine started, as the kernel writes them in brackets: `12.000123`.
fn uptime(text: &[u8]) -> Option<usize> {
    let whole = digits(text);
    let rest = text.get(whole..)?.strip_prefix(b".")?;
    let fraction = digits(rest);
    (whole > 0 && fraction > 0).then_some(whole + 1 + fraction)
}

#[cfg(test)]
mod tests {
    use super::super::formats::testing::{hold, hold_others};

    #[test]
    fn samples() {
        hold(&[
            ("[   12.000123] gc 1 @", ["gc 1 @", "", "12.000123"]),
            (
                "[2026-11-23 00:12:01,028] gc 1 @",
                ["gc 1 @", "", "2026-11-23 00:12:01,028"],
            ),
            ("[00:12:01] gc 1 @", ["gc 1 @", "", "00:12:01"]),
        ]);
        hold_others(&["[12] gc 1 @", "[info] gc 1 @", "[] gc 1 @"]);
    }
}
