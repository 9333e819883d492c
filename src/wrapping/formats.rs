//! The table of formats that put text before a line, and how their layers are removed: one after another until none is left; what
//! remains is the body.
//!
//! A layer includes only the one blank that its format puts behind it: the continuation of a cut line may itself begin with a blank.

use std::ops::Range;

use super::layer::{Format, Layer};

/// The formats, in the order in which they are tried: it matters only between formats that may begin with the same bytes.
const FORMATS: &[Format] = &[
    super::ansi::FORMAT,
    super::ansi::BYTE_ORDER_MARK,
    super::ci::BUILDKITE,
    super::syslog::FORMAT,
    super::kubectl::FORMAT,
    super::kernel::FORMAT,
    super::timestamp::FORMAT,
    super::numbered::FORMAT,
    super::go_test::FORMAT,
    super::compose::FORMAT,
    super::ci::GITHUB,
    super::numbered::IN_A_FILE,
];

/// For each byte the formats that may begin with it, one bit for each format.
const BY_FIRST: [u16; 256] = {
    assert!(FORMATS.len() <= 16, "a bit for each format");
    let mut formats = [0; 256];
    let mut format = 0;
    while format < FORMATS.len() {
        let first = FORMATS[format].first;
        let mut at = 0;
        while at < 256 {
            let mut may = first.is_empty();
            let mut byte = 0;
            while byte < first.len() {
                may |= first[byte] as usize == at;
                byte += 1;
            }
            formats[at] |= (may as u16) << format;
            at += 1;
        }
        format += 1;
    }
    formats
};

/// The layers before a line's body. Ranges are byte positions in the line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Prefix {
    /// All layers as one: its length is where the body starts.
    pub(crate) all: Layer,
    /// The number of layers.
    pub(crate) layers: usize,
}

/// Layers that a line may have; real ones have three at most.
pub(crate) const LAYERS: usize = 8;

/// Removes known layers from the start of `line`, at most `most` of them.
pub(crate) fn strip(line: &[u8], most: usize) -> Prefix {
    let mut prefix = Prefix::default();
    let all = &mut prefix.all;
    while prefix.layers < most
        && !begins_gc_line(&line[all.length..])
        && let Some(layer) = layer(&line[all.length..], all.wall.is_some())
    {
        let at = all.length;
        let shift = |range: Range<usize>| range.start + at..range.end + at;
        all.length += layer.length;
        prefix.layers += 1;
        // The innermost name is the closest to the program, the outermost time the most exact.
        all.stream = layer.stream.map(shift).or(all.stream.take());
        all.wall = all.wall.take().or(layer.wall.map(shift));
        all.partial |= layer.partial;
        all.stdout |= layer.stdout;
        all.harness |= layer.harness;
    }
    prefix
}

/// Whether a gc line begins here, and so no layer.
const fn begins_gc_line(text: &[u8]) -> bool {
    matches!(text, [b'g', b'c', b' ', b'0'..=b'9', ..])
}

#[inline]
fn layer(text: &[u8], timed: bool) -> Option<Layer> {
    let mut formats = BY_FIRST[usize::from(*text.first()?)];
    while formats != 0 {
        let format = formats.trailing_zeros() as usize;
        formats &= formats - 1;
        if let Some(layer) = (FORMATS[format].layer)(text, timed) {
            return Some(layer);
        }
    }
    None
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// The body of a line, the name of the stream and the time, empty if there is none.
    pub(crate) fn stripped(line: &str) -> [&str; 3] {
        let Prefix { all, .. } = strip(line.as_bytes(), LAYERS);
        let of = |range: Option<Range<usize>>| range.map_or("", |range| &line[range]);
        [&line[all.length..], of(all.stream), of(all.wall)]
    }

    /// Checks samples of a format: each line with its body, its stream and its time.
    pub(crate) fn hold(samples: &[(&str, [&str; 3])]) {
        for (line, expected) in samples {
            assert_eq!(stripped(line), *expected, "{line}");
        }
    }

    /// Checks lines that only look like the format: nothing is removed.
    pub(crate) fn hold_others(lines: &[&str]) {
        for line in lines {
            assert_eq!(stripped(line), [line, "", ""]);
        }
    }
}
