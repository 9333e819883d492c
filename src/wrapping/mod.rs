//! From a physical line to the line that the program wrote in it.
//!
//! One file for each format. Formats that put text before the line are in the table of [`formats`]; those that put the line into a record
//! are [envelopes](envelope); others are [learned] from the lines themselves.

mod ansi;
mod ci;
mod compose;
mod cri;
pub(crate) mod csv;
pub(crate) mod envelope;
mod formats;
mod go_log;
mod go_test;
mod json;
mod kernel;
mod kubectl;
mod layer;
pub(crate) mod learned;
mod logfmt;
mod numbered;
pub(crate) mod page;
pub(crate) mod split_record;
mod syslog;
mod timestamp;
pub(crate) mod wall;

use std::borrow::Cow;

use crate::trace::NEEDLE;
use csv::Columns;
use envelope::{End, Envelope};
use formats::Prefix;

/// How deep a line was wrapped. Lines of one stream are unwrapped alike, or the text of the program's own lines would be mistaken for
/// more wrapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Depth {
    outer: usize,
    enveloped: bool,
    inner: usize,
    /// The columns of CSV.
    columns: Columns,
}

impl Depth {
    /// Remove all known wrappings.
    pub(crate) const ANY: Self = Self {
        outer: formats::LAYERS,
        enveloped: true,
        inner: formats::LAYERS,
        columns: Columns::NONE,
    };
    /// Nothing was removed.
    pub(crate) const NONE: Self = Self {
        outer: 0,
        enveloped: false,
        inner: 0,
        columns: Columns::NONE,
    };

    /// Remove all known wrappings, in a log whose first line names columns.
    pub(crate) const fn any(columns: Columns) -> Self {
        Self {
            columns,
            ..Self::ANY
        }
    }
}

/// The line that the program wrote, with the data of its wrapping.
#[derive(Debug, Clone)]
pub(crate) struct Unwrapped<'a> {
    /// Without line feed and carriage return.
    pub(crate) body: Cow<'a, [u8]>,
    /// Where the body starts in the physical line; `None` if it was decoded from an envelope.
    pub(crate) body_at: Option<usize>,
    /// The stream's name, empty if there is none.
    pub(crate) stream: Cow<'a, [u8]>,
    /// The wall-clock time as written.
    pub(crate) wall: Option<Cow<'a, str>>,
    /// A CRI `P` record: the program's line continues in the next physical line of the stream.
    pub(crate) partial: bool,
    /// How the line ends in its envelope.
    pub(crate) end: End,
    /// The wrapping shows that it was written to standard output.
    pub(crate) stdout: bool,
    /// It is the output of a test or benchmark harness.
    pub(crate) harness: bool,
    /// How it was unwrapped.
    pub(crate) depth: Depth,
}

/// The line without its line ending.
pub(crate) fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn text(bytes: &[u8]) -> Option<Cow<'_, str>> {
    std::str::from_utf8(bytes).ok().map(Cow::Borrowed)
}

/// Removes the wrapping of a physical line (with or without its line ending), down to `depth`.
pub(crate) fn unwrap(line: &[u8], depth: Depth) -> Unwrapped<'_> {
    let line = without_end(line);
    if depth == Depth::NONE {
        return Unwrapped::bare(line);
    }
    let Prefix { all: outer, layers } = formats::strip(line, depth.outer);
    let body = &line[outer.length..];
    let envelope = match depth.enveloped {
        true => open(body, depth.columns),
        false => None,
    };
    if layers == 0 && envelope.is_none() {
        return Unwrapped::bare(line);
    }
    let mut unwrapped = Unwrapped {
        body: Cow::Borrowed(body),
        body_at: Some(outer.length),
        stream: outer
            .stream
            .map_or(Cow::Borrowed(&[]), |r| Cow::Borrowed(&line[r])),
        wall: outer.wall.and_then(|r| text(&line[r])),
        partial: outer.partial,
        end: End::Record,
        stdout: outer.stdout,
        harness: outer.harness,
        depth: Depth {
            outer: layers,
            columns: depth.columns,
            ..Depth::NONE
        },
    };
    if let Some(envelope) = envelope
        && let Some(inner) = envelope.line
    {
        unwrapped.depth.enveloped = true;
        unwrapped.end = envelope.end;
        unwrapped.stdout |= envelope.stdout;
        unwrapped.harness |= envelope.harness;
        unwrapped.body_at = None;
        if let Some(stream) = envelope.stream {
            unwrapped.stream = match stream {
                Cow::Borrowed(name) => Cow::Borrowed(name.as_bytes()),
                Cow::Owned(name) => Cow::Owned(name.into_bytes()),
            };
        }
        unwrapped.wall = envelope.wall.or(unwrapped.wall);
        unwrapped.inner(inner, depth.inner);
    }
    unwrapped
}

/// Opens a body that is a record of one of the formats.
fn open(body: &[u8], columns: Columns) -> Option<Envelope<'_>> {
    match body.first()? {
        b'g' if body.starts_with(b"gc ") => None,
        b'{' => json::open(body),
        _ => json::open(body)
            .or_else(|| logfmt::open(body))
            .or_else(|| csv::open(body, columns)),
    }
}

impl<'a> Unwrapped<'a> {
    /// A line without wrapping.
    pub(crate) const fn bare(line: &'a [u8]) -> Self {
        Self {
            body: Cow::Borrowed(line),
            body_at: Some(0),
            stream: Cow::Borrowed(&[]),
            wall: None,
            partial: false,
            end: End::Record,
            stdout: false,
            harness: false,
            depth: Depth::NONE,
        }
    }

    /// Removes the layers before a line from an envelope.
    fn inner(&mut self, line: Cow<'a, [u8]>, most: usize) {
        let Prefix { all, layers } = formats::strip(without_end(&line), most);
        self.depth.inner = layers;
        self.harness |= all.harness;
        if self.wall.is_none()
            && let Some(range) = all.wall
        {
            self.wall = text(&line[range]).map(|wall| Cow::Owned(wall.into_owned()));
        }
        if let Some(range) = all.stream {
            self.stream = Cow::Owned(line[range].to_vec());
        }
        self.body = match line {
            Cow::Borrowed(line) => Cow::Borrowed(&without_end(line)[all.length..]),
            Cow::Owned(mut line) => {
                line.truncate(without_end(&line).len());
                line.drain(..all.length);
                Cow::Owned(line)
            }
        };
        // A program that writes JSON itself, in a container whose runtime does.
        if self.body.starts_with(b"{")
            && memchr::memmem::find(&self.body, NEEDLE).is_some()
            && let Some(inner) = json::open(&self.body).and_then(|inner| inner.line)
        {
            self.body = Cow::Owned(without_end(&inner).to_vec());
        }
    }
}
