//! `kubectl logs --prefix`: `[pod/name/container] `.

use super::layer::{Format, Layer};

/// Bytes in which the bracket must close.
pub(super) const BRACKET: usize = 300;

pub(super) const FORMAT: Format = Format {
    first: b"[",
    layer: |text, _| {
        let (inside, length) = bracketed(text)?;
        inside
            .starts_with(b"pod/")
            .then(|| Layer::named(length, 1..length - 2))?
    },
};

/// The text in brackets at the start of a text, and the length with the blank after them.
pub(super) fn bracketed(text: &[u8]) -> Option<(&[u8], usize)> {
    let close = memchr::memchr(b']', &text[..text.len().min(BRACKET)])?;
    (text.get(close + 1) == Some(&b' ')).then_some((&text[1..close], close + 2))
}

#[cfg(test)]
mod tests {
    use super::super::formats::testing::{hold, hold_others};

    #[test]
    fn samples() {
        hold(&[
            (
                "[pod/orders-5d4/orders] gc 1 @",
                ["gc 1 @", "pod/orders-5d4/orders", ""],
            ),
            // With --timestamps.
            (
                "[pod/orders-5d4/orders] 2026-11-23T00:12:01.028391224Z gc 1 @",
                [
                    "gc 1 @",
                    "pod/orders-5d4/orders",
                    "2026-11-23T00:12:01.028391224Z",
                ],
            ),
        ]);
        hold_others(&["[pods] gc 1 @", "[pod/a/b]gc 1 @"]);
    }
}
