//! A physical line, and the line that the program wrote in it.

use std::borrow::Cow;

pub(crate) mod envelope;
pub(crate) mod learned;
pub(crate) mod prefix;
pub(crate) mod wall;

use crate::trace::{NEEDLE, trim_end};
use envelope::End;

/// How deep a line was wrapped: lines of one stream are unwrapped alike, or the text of the program's own lines
/// would be mistaken for more wrapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Depth {
    outer: usize,
    enveloped: bool,
    inner: usize,
}

impl Depth {
    /// Take off whatever is known.
    pub(crate) const ANY: Self = Self {
        outer: prefix::LAYERS,
        enveloped: true,
        inner: prefix::LAYERS,
    };
    /// Nothing was taken off.
    pub(crate) const NONE: Self = Self {
        outer: 0,
        enveloped: false,
        inner: 0,
    };
}

/// The line that the program wrote, and what its wrapping says.
#[derive(Debug, Clone)]
pub(crate) struct Unwrapped<'a> {
    /// Without line feed and carriage return.
    pub(crate) body: Cow<'a, [u8]>,
    /// Where the body starts in the physical line; `None` where it was decoded out of an envelope.
    pub(crate) body_at: Option<usize>,
    /// The stream's name, empty where there is none.
    pub(crate) stream: Cow<'a, [u8]>,
    /// The wall-clock time as written.
    pub(crate) wall: Option<Cow<'a, str>>,
    /// A CRI `P` record: the program's line goes on in the next physical line of the stream.
    pub(crate) partial: bool,
    /// How the line ends in its envelope.
    pub(crate) end: End,
    /// It was written to standard output, as far as the wrapping tells.
    pub(crate) stdout: bool,
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

/// Takes the wrapping off a physical line (with or without its line ending), as far as `depth` says.
pub(crate) fn unwrap(line: &[u8], depth: Depth) -> Unwrapped<'_> {
    let line = without_end(line);
    if depth == Depth::NONE {
        return Unwrapped::bare(line);
    }
    let outer = prefix::strip(line, depth.outer);
    let body = &line[outer.body..];
    let envelope = match depth.enveloped {
        true => object(body).and_then(|object| envelope::open(trim_end(object))),
        false => None,
    };
    if outer.layers == 0 && envelope.is_none() {
        return Unwrapped::bare(line);
    }
    let mut unwrapped = Unwrapped {
        body: Cow::Borrowed(body),
        body_at: Some(outer.body),
        stream: outer
            .stream
            .map_or(Cow::Borrowed(&[]), |r| Cow::Borrowed(&line[r])),
        wall: outer.wall.and_then(|r| text(&line[r])),
        partial: outer.partial,
        end: End::Record,
        stdout: outer.stdout,
        depth: Depth {
            outer: outer.layers,
            ..Depth::NONE
        },
    };
    if let Some(envelope) = envelope
        && let Some(inner) = envelope.line
    {
        unwrapped.depth.enveloped = true;
        unwrapped.end = envelope.end;
        unwrapped.stdout |= envelope.stdout;
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

/// The JSON object that a body is, or that stands behind a short tag (`kube.var.log: {...}`) and holds trace.
fn object(body: &[u8]) -> Option<&[u8]> {
    match body.first()? {
        b'{' => Some(body),
        _ if !trim_end(body).ends_with(b"}") => None,
        _ => {
            let near = &body[..body.len().min(TAG)];
            let start = memchr::memmem::find(near, b" {\"")? + 1;
            memchr::memmem::find(&body[start..], NEEDLE)?;
            Some(&body[start..])
        }
    }
}

/// Bytes in which a tag before an envelope must end.
const TAG: usize = 128;

impl<'a> Unwrapped<'a> {
    /// A line that is taken as it is.
    pub(crate) const fn bare(line: &'a [u8]) -> Self {
        Self {
            body: Cow::Borrowed(line),
            body_at: Some(0),
            stream: Cow::Borrowed(&[]),
            wall: None,
            partial: false,
            end: End::Record,
            stdout: false,
            depth: Depth::NONE,
        }
    }

    /// Takes the layers off the line that came out of an envelope.
    fn inner(&mut self, line: Cow<'a, [u8]>, most: usize) {
        let layers = prefix::strip(without_end(&line), most);
        self.depth.inner = layers.layers;
        if self.wall.is_none()
            && let Some(range) = layers.wall.clone()
        {
            self.wall = text(&line[range]).map(|wall| Cow::Owned(wall.into_owned()));
        }
        if let Some(range) = layers.stream.clone() {
            self.stream = Cow::Owned(line[range].to_vec());
        }
        self.body = match line {
            Cow::Borrowed(line) => Cow::Borrowed(&without_end(line)[layers.body..]),
            Cow::Owned(mut line) => {
                line.truncate(without_end(&line).len());
                line.drain(..layers.body);
                Cow::Owned(line)
            }
        };
        // A program that writes JSON itself, in a container whose runtime does.
        if self.body.starts_with(b"{")
            && memchr::memmem::find(&self.body, NEEDLE).is_some()
            && let Some(inner) = envelope::open(&self.body).and_then(|inner| inner.line)
        {
            self.body = Cow::Owned(without_end(&inner).to_vec());
        }
    }
}

/// A line copied out of a page: its arrows with `>` again.
pub(crate) fn html_unescaped(body: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(body.len());
    let mut from = 0;
    for at in memchr::memmem::find_iter(body, b"&gt;") {
        text.extend_from_slice(&body[from..at]);
        text.push(b'>');
        from = at + 4;
    }
    text.extend_from_slice(&body[from..]);
    text
}
