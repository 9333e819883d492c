//! What stands before the trace on its line, layer by layer.
//!
//! Layers are taken off one after another until none is left; what remains is the body. No layer takes more than the one blank that
//! its format puts behind it: the continuation of a cut line may itself begin with a blank.

use std::ops::Range;

use super::{
    ansi, ci, compose, cri, go_log, go_test, kernel, kubectl, numbered, syslog, timestamp,
};

/// What one layer of text before a line says. Ranges are byte positions in the text it was taken off.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Layer {
    pub(crate) length: usize,
    /// The name of the stream: container, pod, unit.
    pub(crate) stream: Option<Range<usize>>,
    /// The wall-clock time.
    pub(crate) wall: Option<Range<usize>>,
    /// The line goes on in the next record of the stream.
    pub(crate) partial: bool,
    /// It was written to standard output.
    pub(crate) stdout: bool,
    /// It is the output of a test or benchmark harness.
    pub(crate) harness: bool,
}

impl Layer {
    /// A layer that says nothing.
    pub(crate) fn of(length: usize) -> Option<Self> {
        Some(Self {
            length,
            ..Self::default()
        })
    }

    /// A layer that names the stream.
    pub(crate) fn named(length: usize, stream: Range<usize>) -> Option<Self> {
        Some(Self {
            length,
            stream: Some(stream),
            ..Self::default()
        })
    }
}

/// One format of text before a line.
pub(crate) struct Format {
    /// The bytes that it may begin with; any where there are none.
    pub(crate) first: &'static [u8],
    /// The layer at the start of a text, if it is of this format. The second argument is true where a layer before it held a time.
    pub(crate) layer: fn(&[u8], bool) -> Option<Layer>,
}

/// The formats. The first one that takes a layer off is it.
const FORMATS: &[Format] = &[
    ansi::FORMAT,
    ansi::BYTE_ORDER_MARK,
    ci::BUILDKITE,
    syslog::FORMAT,
    kubectl::FORMAT,
    kernel::FORMAT,
    timestamp::FORMAT,
    numbered::FORMAT,
    go_test::FORMAT,
    compose::FORMAT,
    ci::GITHUB,
    numbered::IN_A_FILE,
];

/// The layer behind a time and a blank, which is the second argument.
type BehindTime = fn(&[u8], &[u8]) -> Option<Layer>;

/// What may stand behind a time and a blank, and belongs to it.
pub(crate) const BEHIND_TIME: &[BehindTime] =
    &[cri::behind_time, syslog::behind_time, go_log::behind_time];

/// For each byte the formats that may begin with it, a bit each.
const BY_FIRST: [u16; 256] = {
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

/// A line's body and what the layers before it say. Ranges are byte positions in the line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Prefix {
    /// All layers as one: its length is where the body starts.
    pub(crate) all: Layer,
    /// How many layers were taken off.
    pub(crate) layers: usize,
}

/// Layers that a line may have; real ones have three at most.
pub(crate) const LAYERS: usize = 8;

/// Takes the known layers off the start of `line`, at most `most` of them.
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
        // The innermost name is the nearest to the program, the outermost time the most exact.
        all.stream = layer.stream.map(shift).or(all.stream.take());
        all.wall = all.wall.take().or(layer.wall.map(shift));
        all.partial |= layer.partial;
        all.stdout |= layer.stdout;
        all.harness |= layer.harness;
    }
    prefix
}

/// Whether a gc line begins here: then no layer does.
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

/// Length of a word of printable bytes that one blank follows.
pub(crate) fn word(text: &[u8]) -> Option<usize> {
    let length = memchr::memchr(b' ', text.get(..text.len().min(256))?)?;
    (length > 0 && text[..length].iter().all(u8::is_ascii_graphic)).then_some(length)
}

/// How many digits a text begins with.
pub(crate) fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|b| b.is_ascii_digit()).count()
}

/// Bytes that a name may begin with.
pub(crate) const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// The same for names of services and files, of which all bytes are such.
pub(crate) const NAME: &[u8] =
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./";

/// Whether a byte is of such a name.
pub(crate) const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/')
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// What is taken off a line: its body, the name of the stream and the time, empty where there is none.
    pub(crate) fn stripped(line: &str) -> [&str; 3] {
        let Prefix { all, .. } = strip(line.as_bytes(), LAYERS);
        let of = |range: Option<Range<usize>>| range.map_or("", |range| &line[range]);
        [&line[all.length..], of(all.stream), of(all.wall)]
    }

    /// Holds samples of a format: each line with its body, its stream and its time.
    pub(crate) fn hold(samples: &[(&str, [&str; 3])]) {
        for (line, expected) in samples {
            assert_eq!(stripped(line), *expected, "{line}");
        }
    }

    /// Lines that only look like the format: nothing is taken off.
    pub(crate) fn hold_others(lines: &[&str]) {
        for line in lines {
            assert_eq!(stripped(line), [line, "", ""]);
        }
    }
}
