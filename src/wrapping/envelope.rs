//! JSON-lines envelopes: one object a line, one string of which holds the line that the program wrote.
//!
//! Docker's json-file (`log`), Loki's `logcli -o jsonl` (`line`), journald (`MESSAGE`), cloud logging (`textPayload`,
//! `message`), `go test -json` (`Output`), and any other object: the string that holds the trace is found by what is
//! in it, or, for lines without trace, by the key that held it before.

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::trace::NEEDLE;

/// What the string under a key is, and its place in the order of preference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// The line.
    Line(usize),
    /// The name of the stream.
    Stream(usize),
    /// The wall-clock time.
    Time(usize),
    /// `stdout` or `stderr`.
    Output,
}
use Role::{Line, Output, Stream, Time};

/// What is known by a key in an object that itself is under the key `parent`.
fn role(parent: &str, key: &str) -> Option<Role> {
    Some(match key {
        "log" => Line(1),
        "line" => Line(2),
        "MESSAGE" => Line(3),
        "Output" => Line(4),
        "textPayload" => Line(5),
        "message" => Line(6),
        "msg" => Line(7),
        "text" => Line(8),
        "body" => Line(9),
        "event" => Line(10),
        "pod_name" => Stream(0),
        "name" if parent == "pod" => Stream(1),
        "pod" => Stream(2),
        "_SYSTEMD_UNIT" => Stream(3),
        "container_name" => Stream(4),
        "container" => Stream(5),
        "name" if parent == "container" => Stream(6),
        "logStreamName" => Stream(7),
        "unit" => Stream(8),
        "app" => Stream(9),
        "Package" => Stream(10),
        "service" => Stream(11),
        "service_name" => Stream(12),
        "SYSLOG_IDENTIFIER" => Stream(13),
        "job" => Stream(14),
        "host" => Stream(15),
        "time" => Time(0),
        "timestamp" => Time(1),
        "Time" => Time(2),
        "ts" => Time(3),
        "@timestamp" => Time(4),
        "__REALTIME_TIMESTAMP" => Time(5),
        "receiveTimestamp" => Time(6),
        "stream" => Output,
        _ => return None,
    })
}

/// Objects in objects deeper than this hold no line.
const DEPTH: u8 = 8;

/// Made once: for a line of usual length, making it costs more than the search.
static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(NEEDLE));

/// How the line ends that an envelope holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum End {
    /// With its record, as far as the format tells.
    #[default]
    Record,
    /// With a line feed, which the format keeps.
    LineFeed,
    /// Without one, under a key where docker's json-file and `go test -json` keep it: there the line goes on in the next object.
    /// Other shippers use the same keys and keep no line feed.
    Open,
}

/// What an envelope holds.
#[derive(Debug, Default)]
pub(crate) struct Envelope<'a> {
    /// The line that the program wrote, with its line feed where the envelope keeps it.
    pub(crate) line: Option<Cow<'a, [u8]>>,
    /// The name of the stream.
    pub(crate) stream: Option<Cow<'a, str>>,
    /// The wall-clock time as the envelope writes it.
    pub(crate) wall: Option<Cow<'a, str>>,
    /// How the line ends.
    pub(crate) end: End,
    /// What the program wrote to its standard output.
    pub(crate) stdout: bool,
    line_rank: usize,
    stream_rank: usize,
    wall_rank: usize,
}

/// Opens an envelope; `None` where the line is no JSON object or holds no string that could be the line.
pub(crate) fn open(line: &[u8]) -> Option<Envelope<'_>> {
    let mut envelope = Envelope {
        line_rank: usize::MAX,
        stream_rank: usize::MAX,
        wall_rank: usize::MAX,
        ..Envelope::default()
    };
    // Text is known to be so once and for all of its strings; what is none may still hold strings that are.
    match std::str::from_utf8(line) {
        Ok(text) => envelope.read(serde_json::Deserializer::from_str(text)),
        Err(_) => envelope.read(serde_json::Deserializer::from_slice(line)),
    }
    .ok()?;
    envelope.line.is_some().then_some(envelope)
}

impl<'a> Envelope<'a> {
    fn read<R: serde_json::de::Read<'a>>(
        &mut self,
        mut json: serde_json::Deserializer<R>,
    ) -> serde_json::Result<()> {
        json.deserialize_map(Object {
            envelope: self,
            parent: "",
            depth: 0,
        })?;
        json.end()
    }

    fn take(&mut self, parent: &str, key: &str, value: Cow<'a, str>) {
        let needle = value.len() > 40 && FINDER.find(value.as_bytes()).is_some();
        let role = match needle {
            true => Some(Line(0)),
            false => role(parent, key),
        };
        match role {
            Some(Line(rank)) if rank < self.line_rank => {
                self.line_rank = rank;
                self.end = match (key, value.ends_with('\n')) {
                    ("log" | "Output", true) => End::LineFeed,
                    ("log" | "Output", false) => End::Open,
                    _ => End::Record,
                };
                self.line = Some(match value {
                    Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                    Cow::Owned(text) => Cow::Owned(text.into_bytes()),
                });
            }
            Some(Stream(rank)) if rank < self.stream_rank && !value.is_empty() => {
                self.stream_rank = rank;
                self.stream = Some(value);
            }
            Some(Time(rank)) if rank < self.wall_rank => {
                self.wall_rank = rank;
                self.wall = Some(value);
            }
            Some(Output) => self.stdout = value == "stdout",
            _ => {}
        }
    }
}

struct Object<'e, 'k, 'a> {
    envelope: &'e mut Envelope<'a>,
    /// The key that holds this object.
    parent: &'k str,
    depth: u8,
}

impl<'a> Visitor<'a> for Object<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Text(key)) = map.next_key_seed(TextSeed)? {
            map.next_value_seed(Member {
                envelope: &mut *self.envelope,
                parent: self.parent,
                key: &key,
                depth: self.depth,
            })?;
        }
        Ok(())
    }
}

/// One member of an object: strings are looked at, objects entered, a `MESSAGE` of bytes decoded, the rest skipped.
struct Member<'e, 'k, 'a> {
    envelope: &'e mut Envelope<'a>,
    parent: &'k str,
    key: &'k str,
    depth: u8,
}

impl<'a> DeserializeSeed<'a> for Member<'_, '_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Member<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_borrowed_str<E>(self, value: &'a str) -> Result<(), E> {
        self.envelope
            .take(self.parent, self.key, Cow::Borrowed(value));
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.envelope
            .take(self.parent, self.key, Cow::Owned(value.to_owned()));
        Ok(())
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        if self.depth < DEPTH {
            let object = Object {
                envelope: self.envelope,
                parent: self.key,
                depth: self.depth + 1,
            };
            object.visit_map(map)
        } else {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(())
        }
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<(), A::Error> {
        // journald writes a message that is no UTF-8 as an array of its bytes.
        if self.key != "MESSAGE" {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        let mut bytes = Vec::new();
        while let Some(byte) = seq.next_element::<u8>()? {
            bytes.push(byte);
        }
        self.envelope.take(
            self.parent,
            self.key,
            Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        );
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// A string, borrowed from the line where it has no escapes.
struct Text<'a>(Cow<'a, str>);

struct TextSeed;

impl<'a> DeserializeSeed<'a> for TextSeed {
    type Value = Text<'a>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Text<'a>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'a> for TextSeed {
    type Value = Text<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, value: &'a str) -> Result<Text<'a>, E> {
        Ok(Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Text<'a>, E> {
        Ok(Text(Cow::Owned(value.to_owned())))
    }
}
