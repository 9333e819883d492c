//! Decoding of a profile.
//!
//! The outer message is walked here field by field, and only its parts are decoded by prost: so memory is bounded by the limits
//! below, whatever sizes a file states.

use std::collections::HashMap;
use std::io::Read;
use std::ops::Range;

use flate2::read::MultiGzDecoder;
use foldhash::fast::FixedState;
use prost::Message;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use super::error::ProfileError;
use super::{SampleType, message};

/// Bytes of a profile, unpacked.
const MAX_BYTES: usize = 512 << 20;
/// Bytes of one message in it.
const MAX_MESSAGE: usize = 1 << 20;
/// Samples, locations, functions, strings.
const MAX_ENTRIES: usize = 4 << 20;
/// Frames of a stack; the runtime's own limit is 1,024.
const MAX_DEPTH: usize = 4_096;
/// Frames of all stacks, and lines of all locations.
const MAX_FRAMES: usize = 64 << 20;

/// A profile as in the file: names are still numbers.
#[derive(Debug, Default)]
pub struct Raw {
    /// The unpacked bytes; the strings are ranges of them.
    bytes: Vec<u8>,
    strings: Vec<Range<usize>>,
    pub(super) functions: Vec<message::Function>,
    pub(super) locations: Vec<RawLocation>,
    pub(super) lines: Vec<message::Line>,
    pub(super) mappings: HashMap<u64, message::Mapping, FixedState>,
    pub(super) samples: Vec<RawSample>,
    pub(super) stacks: Vec<u32>,
    pub(super) labels: Vec<message::Label>,
    pub(super) rate: i64,
    pub(super) time_ns: i64,
    pub(super) duration_ns: i64,
}

#[derive(Debug)]
pub(super) struct RawLocation {
    pub(super) id: u32,
    pub(super) mapping: u64,
    pub(super) address: u64,
    pub(super) lines: Range<usize>,
    pub(super) folded: bool,
}

#[derive(Debug)]
pub(super) struct RawSample {
    /// Ids of locations in [`Raw::stacks`].
    pub(super) stack: Range<usize>,
    pub(super) values: [i64; 4],
    pub(super) labels: Range<usize>,
}

impl Raw {
    /// When it was taken, ns since 1970; 0 if unknown.
    #[must_use]
    pub const fn time_ns(&self) -> i64 {
        self.time_ns
    }

    /// A string of the table; empty where there is none.
    pub(super) fn text(&self, index: i64) -> std::borrow::Cow<'_, str> {
        let range = usize::try_from(index)
            .ok()
            .and_then(|index| self.strings.get(index));
        let bytes = range.and_then(|range| self.bytes.get(range.clone()));
        String::from_utf8_lossy(bytes.unwrap_or_default())
    }
}

/// Reads a heap profile, gzip or raw.
///
/// # Errors
/// A source that cannot be read; data that is not a profile, or a profile of something else, damaged or too large.
pub fn read(source: &mut dyn Read) -> Result<Raw, ProfileError> {
    let mut head = Vec::new();
    source.take(2).read_to_end(&mut head)?;
    let packed = head == [0x1f, 0x8b];
    let source = head.as_slice().chain(source);
    let bytes = match packed {
        true => unpacked(&mut MultiGzDecoder::new(source), true)?,
        false => unpacked(&mut { source }, false)?,
    };
    if let Some(what) = something_else(&bytes) {
        return Err(ProfileError::NotAProfile(what));
    }
    Decoder::default().decode(bytes)
}

fn unpacked(source: &mut dyn Read, packed: bool) -> Result<Vec<u8>, ProfileError> {
    let mut bytes = Vec::new();
    let limit = MAX_BYTES as u64 + 1;
    match source.take(limit).read_to_end(&mut bytes) {
        Ok(_) if bytes.len() > MAX_BYTES => Err(ProfileError::TooLarge {
            what: "bytes",
            limit: MAX_BYTES,
        }),
        Ok(_) => Ok(bytes),
        Err(_) if packed => Err(ProfileError::Damaged {
            offset: bytes.len(),
            expected: "more gzip data",
        }),
        Err(error) => Err(error.into()),
    }
}

/// What the bytes are, for common mistakes.
fn something_else(bytes: &[u8]) -> Option<&'static str> {
    let starts = |text: &str| bytes.starts_with(text.as_bytes());
    let text = bytes.trim_ascii_start();
    if bytes.is_empty() {
        Some("the file is empty")
    } else if starts("heap profile: ") {
        Some("the text form of a heap profile (debug=1); fetch it without debug")
    } else if text.starts_with(b"<") {
        Some("a page of HTML; is that the address of /debug/pprof/allocs?")
    } else if text.starts_with(b"{") || text.starts_with(b"[") {
        Some("JSON; fetch /debug/pprof/allocs itself")
    } else if starts("gc ") || starts("SCVG") {
        Some("it looks like the GC trace; the heap profile comes from /debug/pprof/allocs")
    } else if bytes[..bytes.len().min(256)]
        .iter()
        .all(|&b| b.is_ascii_graphic() || b.is_ascii_whitespace())
    {
        Some("text; the heap profile comes from /debug/pprof/allocs")
    } else {
        None
    }
}

/// The state of the decoder; the string table comes last in the file.
#[derive(Debug, Default)]
struct Decoder {
    raw: Raw,
    types: Vec<message::ValueType>,
    period_type: Option<message::ValueType>,
    /// Values of all samples, one per type and sample.
    values: Vec<i64>,
    sample: message::Sample,
    location: message::Location,
}

impl Decoder {
    fn decode(mut self, bytes: Vec<u8>) -> Result<Raw, ProfileError> {
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let offset = bytes.len() - rest.len();
            let damaged = |expected| ProfileError::Damaged { offset, expected };
            let (tag, wire_type) =
                decode_key(&mut rest).map_err(|_| damaged("a field of a profile"))?;
            match wire_type {
                WireType::Varint => {
                    let value = decode_varint(&mut rest)
                        .map_err(|_| damaged("a number"))?
                        .cast_signed();
                    match tag {
                        9 => self.raw.time_ns = value,
                        10 => self.raw.duration_ns = value,
                        12 => self.raw.rate = value,
                        _ => {}
                    }
                }
                WireType::LengthDelimited => {
                    let length = decode_varint(&mut rest).map_err(|_| damaged("a length"))?;
                    let length = usize::try_from(length).unwrap_or(usize::MAX);
                    let start = bytes.len() - rest.len();
                    let Some((part, after)) = rest.split_at_checked(length) else {
                        return Err(damaged("a part that ends within the file"));
                    };
                    if length > MAX_MESSAGE {
                        return Err(ProfileError::TooLarge {
                            what: "bytes in one record",
                            limit: MAX_MESSAGE,
                        });
                    }
                    self.part(tag, part, start)?;
                    rest = after;
                }
                _ => skip_field(wire_type, tag, &mut rest, DecodeContext::default())
                    .map_err(|_| damaged("a field of a profile"))?,
            }
        }
        self.raw.bytes = bytes;
        self.finish()
    }

    /// One part of the outer message.
    fn part(&mut self, tag: u32, part: &[u8], start: usize) -> Result<(), ProfileError> {
        let damaged = |expected| ProfileError::Damaged {
            offset: start,
            expected,
        };
        let raw = &mut self.raw;
        match tag {
            1 => {
                let value_type = message::ValueType::decode(part);
                self.types
                    .push(value_type.map_err(|_| damaged("a type of sample"))?);
                room(self.types.len(), 64, "types of samples")
            }
            2 => {
                self.sample.clear();
                self.sample.merge(part).map_err(|_| damaged("a sample"))?;
                self.sample(start)
            }
            3 => {
                let mapping = message::Mapping::decode(part).map_err(|_| damaged("a mapping"))?;
                raw.mappings.insert(mapping.id, mapping);
                room(raw.mappings.len(), MAX_ENTRIES, "mappings")
            }
            4 => {
                self.location.clear();
                self.location
                    .merge(part)
                    .map_err(|_| damaged("a location"))?;
                self.location(start)
            }
            5 => {
                let function =
                    message::Function::decode(part).map_err(|_| damaged("a function"))?;
                raw.functions.push(function);
                room(raw.functions.len(), MAX_ENTRIES, "functions")
            }
            6 => {
                raw.strings.push(start..start + part.len());
                room(raw.strings.len(), MAX_ENTRIES, "strings")
            }
            11 => {
                let value_type = message::ValueType::decode(part);
                self.period_type = Some(value_type.map_err(|_| damaged("a type of period"))?);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn sample(&mut self, start: usize) -> Result<(), ProfileError> {
        let (raw, sample) = (&mut self.raw, &mut self.sample);
        room(sample.locations.len(), MAX_DEPTH, "frames in one stack")?;
        let stack = raw.stacks.len();
        for id in &sample.locations {
            let id = u32::try_from(*id).map_err(|_| ProfileError::Damaged {
                offset: start,
                expected: "the number of a location",
            })?;
            raw.stacks.push(id);
        }
        room(raw.stacks.len(), MAX_FRAMES, "frames")?;
        if sample.values.len() != self.types.len() && !self.types.is_empty() {
            return Err(ProfileError::Damaged {
                offset: start,
                expected: "one value for each type of sample",
            });
        }
        self.values.extend_from_slice(&sample.values);
        let labels = raw.labels.len();
        raw.labels.append(&mut sample.labels);
        room(raw.labels.len(), MAX_ENTRIES, "labels")?;
        raw.samples.push(RawSample {
            stack: stack..raw.stacks.len(),
            // The names of the columns are known at the end.
            values: [0; 4],
            labels: labels..raw.labels.len(),
        });
        room(raw.samples.len(), MAX_ENTRIES, "samples")
    }

    fn location(&mut self, start: usize) -> Result<(), ProfileError> {
        let (raw, location) = (&mut self.raw, &mut self.location);
        let id = u32::try_from(location.id).map_err(|_| ProfileError::Damaged {
            offset: start,
            expected: "the number of a location",
        })?;
        let lines = raw.lines.len();
        raw.lines.append(&mut location.lines);
        room(raw.lines.len(), MAX_FRAMES, "lines")?;
        raw.locations.push(RawLocation {
            id,
            mapping: location.mapping,
            address: location.address,
            lines: lines..raw.lines.len(),
            folded: location.folded,
        });
        room(raw.locations.len(), MAX_ENTRIES, "locations")
    }

    /// Finds the four columns, now that their names are known.
    fn finish(mut self) -> Result<Raw, ProfileError> {
        let raw = &mut self.raw;
        if self.types.is_empty() {
            return Err(ProfileError::NotAProfile(
                "it has no types of samples; the heap profile comes from /debug/pprof/allocs",
            ));
        }
        let names: Vec<_> = self
            .types
            .iter()
            .map(|kind| format!("{}/{}", raw.text(kind.kind), raw.text(kind.unit)))
            .collect();
        let columns = SampleType::ALL.map(|kind| {
            let name = format!("{kind}/{}", kind.unit());
            names.iter().position(|column| *column == name)
        });
        let [Some(a), Some(b), Some(c), Some(d)] = columns else {
            return Err(ProfileError::Foreign(listed(&names)));
        };
        let width = names.len();
        if self.values.len() != width * raw.samples.len() {
            return Err(ProfileError::Damaged {
                offset: raw.bytes.len(),
                expected: "one value for each type of sample",
            });
        }
        for (sample, values) in raw.samples.iter_mut().zip(self.values.chunks_exact(width)) {
            sample.values = [values[a], values[b], values[c], values[d]];
        }
        let period = self.period_type.unwrap_or_default();
        if !matches!(&*raw.text(period.kind), "space" | "") {
            return Err(ProfileError::Foreign(listed(&names)));
        }
        Ok(self.raw)
    }
}

/// The names of columns, cleaned for a message.
fn listed(names: &[String]) -> String {
    let clean = |name: &String| name.chars().filter(|c| !c.is_control()).take(40).collect();
    let names: Vec<String> = names.iter().take(8).map(clean).collect();
    names.join(", ")
}

fn room(count: usize, limit: usize, what: &'static str) -> Result<(), ProfileError> {
    match count > limit {
        true => Err(ProfileError::TooLarge { what, limit }),
        false => Ok(()),
    }
}
