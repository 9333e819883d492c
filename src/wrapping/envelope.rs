//! Envelopes: records of which one field holds the line that the program wrote. [`json`](super::json), [`logfmt`](super::logfmt) and
//! [`csv`](super::csv) parse the records; the roles of fields follow from their keys.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::trace::NEEDLE;

/// The role of a field, with its rank: the lowest is preferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
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

/// The known keys, each with the key of the object around it if that matters.
pub(crate) const KEYS: &[(&str, &str, Role)] = &[
    // Docker's json-file, fluentd and Fluent Bit
    ("", "log", Line(1)),
    // Loki: logcli -o jsonl, and Grafana's exports
    ("", "line", Line(2)),
    // journald
    ("", "MESSAGE", Line(3)),
    // go test -json
    ("", "Output", Line(4)),
    // Google Cloud Logging
    ("", "textPayload", Line(5)),
    // CloudWatch, Elasticsearch, Vector, Datadog
    ("", "message", Line(6)),
    ("", "msg", Line(7)),
    ("", "text", Line(8)),
    ("", "body", Line(9)),
    ("", "event", Line(10)),
    // Splunk
    ("", "_raw", Line(11)),
    // CloudWatch Logs Insights
    ("", "@message", Line(12)),
    ("", "pod_name", Stream(0)),
    ("pod", "name", Stream(1)),
    ("", "pod", Stream(2)),
    ("", "_SYSTEMD_UNIT", Stream(3)),
    ("", "container_name", Stream(4)),
    ("", "container", Stream(5)),
    ("container", "name", Stream(6)),
    ("", "logStreamName", Stream(7)),
    ("", "unit", Stream(8)),
    ("", "app", Stream(9)),
    ("", "Package", Stream(10)),
    ("", "service", Stream(11)),
    ("", "service_name", Stream(12)),
    ("", "SYSLOG_IDENTIFIER", Stream(13)),
    ("", "job", Stream(14)),
    ("", "host", Stream(15)),
    // stern -o json
    ("", "podName", Stream(16)),
    ("", "@logStream", Stream(17)),
    ("", "time", Time(0)),
    ("", "timestamp", Time(1)),
    ("", "Time", Time(2)),
    ("", "ts", Time(3)),
    ("", "@timestamp", Time(4)),
    ("", "__REALTIME_TIMESTAMP", Time(5)),
    ("", "receiveTimestamp", Time(6)),
    ("", "_time", Time(7)),
    ("", "date", Time(8)),
    ("", "stream", Output),
];

/// Buckets of keys by their length and first byte: nearly every key has one of its own.
const PLACES: usize = 128;

const fn place(key: &[u8]) -> usize {
    match key {
        [] => 0,
        [first, ..] => (*first as usize * 11 + key.len()) % PLACES,
    }
}

/// For each bucket its keys, one bit for each key.
const BY_PLACE: [u64; PLACES] = {
    assert!(KEYS.len() <= 64, "a bit each");
    let mut keys = [0; PLACES];
    let mut key = 0;
    while key < KEYS.len() {
        keys[place(KEYS[key].1.as_bytes())] |= 1 << key;
        key += 1;
    }
    keys
};

/// The role of a key in an object that is under the key `parent`.
fn role(parent: &str, key: &str) -> Option<Role> {
    let mut keys = BY_PLACE[place(key.as_bytes())];
    while keys != 0 {
        let (holder, known, role) = KEYS[keys.trailing_zeros() as usize];
        keys &= keys - 1;
        if known == key && (holder.is_empty() || holder == parent) {
            return Some(role);
        }
    }
    None
}

/// The role of a column by its name, in upper or lower case.
pub(super) fn role_of_column(name: &str) -> Option<Role> {
    let is = |(holder, known, _): &&(&str, &str, Role)| {
        holder.is_empty() && known.eq_ignore_ascii_case(name)
    };
    KEYS.iter().find(is).map(|(.., role)| *role)
}

/// Made once: making it costs more than searching a line of usual length.
static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(NEEDLE));

/// How the line in an envelope ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum End {
    /// With its record, unless the format has a mark that it continues.
    #[default]
    Record,
    /// With a line feed, which the format keeps.
    LineFeed,
    /// Without one, under a key where docker's json-file and `go test -json` keep it: there the line continues in the next object. Other
    /// shippers use the same keys and keep no line feed.
    Open,
}

/// The contents of an envelope.
#[derive(Debug)]
pub(crate) struct Envelope<'a> {
    /// The line that the program wrote, with its line feed if the envelope keeps it.
    pub(crate) line: Option<Cow<'a, [u8]>>,
    /// The name of the stream.
    pub(crate) stream: Option<Cow<'a, str>>,
    /// The wall-clock time as written in the envelope.
    pub(crate) wall: Option<Cow<'a, str>>,
    /// How the line ends.
    pub(crate) end: End,
    /// The program wrote it to its standard output.
    pub(crate) stdout: bool,
    /// It is the output of a test or benchmark harness: `go test -json`.
    pub(crate) harness: bool,
    line_rank: usize,
    stream_rank: usize,
    wall_rank: usize,
}

impl Default for Envelope<'_> {
    fn default() -> Self {
        Self {
            line: None,
            stream: None,
            wall: None,
            end: End::Record,
            stdout: false,
            harness: false,
            line_rank: usize::MAX,
            stream_rank: usize::MAX,
            wall_rank: usize::MAX,
        }
    }
}

impl<'a> Envelope<'a> {
    /// Adds a field by its key; a field with ` ms clock, ` is the line, whatever its key.
    pub(super) fn take(&mut self, parent: &str, key: &str, value: Cow<'a, str>) {
        let needle = value.len() > 40 && FINDER.find(value.as_bytes()).is_some();
        let role = match needle {
            true => Some(Line(0)),
            false => role(parent, key),
        };
        self.take_as(role, key, value);
    }

    pub(super) fn take_as(&mut self, role: Option<Role>, key: &str, value: Cow<'a, str>) {
        match role {
            Some(Line(rank)) if rank < self.line_rank => {
                self.line_rank = rank;
                self.harness = key == "Output";
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

    /// Whether the line may be trace: records of most programs hold their own text.
    pub(super) fn may_be_trace(&self) -> bool {
        let trace = [&b"gc"[..], b"GC", b"scvg", b"scav", b"pacer"];
        let line = self.line.as_deref().unwrap_or(&[]);
        trace.iter().any(|begin| line.starts_with(begin)) || FINDER.find(line).is_some()
    }
}
