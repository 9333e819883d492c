//! Logs of CI servers: `gh run view --log` and Buildkite.

use super::layer::{Format, LETTERS, Layer, digits};
use super::timestamp::timestamp;

/// `job<TAB>step<TAB>` before a timestamp, as `gh run view --log` writes GitHub's logs.
pub(super) const GITHUB: Format = Format {
    first: LETTERS,
    layer: |text, timed| {
        if timed {
            return None;
        }
        let near = &text[..text.len().min(256)];
        let first = memchr::memchr(b'\t', near)?;
        let second = first + 1 + memchr::memchr(b'\t', &near[first + 1..])?;
        let rest = &text[second + 1..];
        let rest = rest.strip_prefix(b"\xef\xbb\xbf").unwrap_or(rest);
        timestamp(rest)?;
        Layer::named(text.len() - rest.len(), 0..second)
    },
};

/// Buildkite's time of a line, in ms: `ESC _ bk;t=1795393894389 BEL`, also as copied without the control characters.
pub(super) const BUILDKITE: Format = Format {
    first: b"\x1b_",
    layer: |text, _| {
        let rest = text
            .strip_prefix(b"\x1b")
            .unwrap_or(text)
            .strip_prefix(b"_bk;t=")?;
        let time = text.len() - rest.len();
        let end = time + digits(rest);
        let bell = usize::from(text.get(end) == Some(&0x07));
        (end > time).then(|| Layer {
            length: end + bell,
            wall: Some(time..end),
            ..Layer::default()
        })
    },
};

#[cfg(test)]
mod tests {
    use super::super::formats::testing::{hold, hold_others};

    #[test]
    fn samples() {
        let time = "2026-11-23T00:12:01.0283912Z";
        hold(&[
            (
                &format!("test\tRun go test\t{time} gc 1 @"),
                ["gc 1 @", "test\tRun go test", time],
            ),
            (
                &format!("build (1.27)\tUNKNOWN STEP\t\u{feff}{time} gc 1 @"),
                ["gc 1 @", "build (1.27)\tUNKNOWN STEP", time],
            ),
            (
                "\x1b_bk;t=1795393894389\x07gc 1 @",
                ["gc 1 @", "", "1795393894389"],
            ),
            ("_bk;t=1795393894389gc 1 @", ["gc 1 @", "", "1795393894389"]),
        ]);
        hold_others(&[
            "test\tRun go test\tgc 1 @",
            "_bk;t=gc 1 @",
            "\x1b_other\x07gc 1 @",
        ]);
    }
}
