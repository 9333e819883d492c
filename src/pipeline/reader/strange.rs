//! Gc lines behind a prefix that is no known wrapping: events if the prefix stays and the cycles rise, else quotations.

use super::super::unwrap::Unwrapped;
use super::{Finds, Found, Reader, tally};
use crate::event::GcCycle;
use crate::parse::prefix::{escape_length, timestamp};

/// Prefixes that are no known wrapping, watched at the same time.
const STRANGE_PREFIXES: usize = 64;
/// Lines with the same strange prefix, rising, that make it a wrapping.
const STRANGE_LINES: usize = 3;

/// A cycle behind a prefix that is no known wrapping.
pub(super) struct Held {
    cycle: GcCycle,
    raw: Vec<u8>,
    line: u64,
    offset: u64,
    wall: Option<String>,
}

pub(super) struct Strange {
    prefix: Vec<u8>,
    pub(super) held: Vec<Held>,
    accepted: bool,
}

impl Reader {
    /// A cycle behind a prefix that is no known wrapping: an event only if the prefix stays and the cycles rise.
    pub(super) fn strange_line(
        &mut self,
        prefix: &[u8],
        cycle: &GcCycle,
        raw: &[u8],
        unwrapped: &Unwrapped<'_>,
        offset: u64,
        finds: &mut dyn Finds,
    ) {
        let key = without_times(prefix);
        let Some(index) = self.strange.iter().position(|s| s.prefix == key) else {
            if self.strange.len() == STRANGE_PREFIXES {
                match self.strange.iter().position(|s| !s.accepted) {
                    Some(index) => {
                        let gone = self.strange.remove(index);
                        self.input.quoted += gone.held.len() as u64;
                    }
                    None => {
                        self.input.quoted += 1;
                        return;
                    }
                }
            }
            self.strange.push(Strange {
                prefix: key,
                held: vec![self.held(cycle, raw, unwrapped, offset)],
                accepted: false,
            });
            return;
        };
        let name = stream_name(&key);
        self.room(&name, finds);
        if self.strange[index].accepted {
            let held = self.held(cycle, raw, unwrapped, offset);
            self.emit_held(&held, &name, finds);
            return;
        }
        let held = self.held(cycle, raw, unwrapped, offset);
        let strange = &mut self.strange[index];
        let rises = strange.held.last().is_none_or(|last| {
            cycle.number > last.cycle.number && cycle.start_ns >= last.cycle.start_ns
        });
        if !rises {
            self.input.quoted += 1;
            return;
        }
        strange.held.push(held);
        if strange.held.len() == STRANGE_LINES {
            strange.accepted = true;
            for held in std::mem::take(&mut strange.held) {
                self.emit_held(&held, &name, finds);
            }
        }
    }

    pub(super) fn held(
        &self,
        cycle: &GcCycle,
        raw: &[u8],
        unwrapped: &Unwrapped<'_>,
        offset: u64,
    ) -> Held {
        Held {
            cycle: *cycle,
            raw: raw.to_vec(),
            line: self.line,
            offset: offset.saturating_sub(self.source_start),
            wall: unwrapped.wall.as_deref().map(str::to_owned),
        }
    }

    pub(super) fn emit_held(&mut self, held: &Held, name: &[u8], finds: &mut dyn Finds) {
        let found = Found {
            cycle: &held.cycle,
            raw: &held.raw,
            line: held.line,
            offset: held.offset,
            stream: name,
            wall: held.wall.as_deref(),
            repaired: false,
        };
        let lane = Self::lane(&mut self.plain, &mut self.lanes, name);
        tally(
            &mut self.input,
            finds.cycle(&found, &mut lane.stream),
            false,
        );
    }
}

/// A prefix without the timestamps in it: they change from line to line.
fn without_times(prefix: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(prefix.len());
    let mut at = 0;
    while let Some(rest) = prefix.get(at..).filter(|rest| !rest.is_empty()) {
        let starts = at == 0 || !prefix[at - 1].is_ascii_alphanumeric();
        match timestamp(rest).filter(|_| starts) {
            Some(length) => at += length,
            None => {
                kept.push(rest[0]);
                at += 1;
            }
        }
    }
    kept
}

/// Words that name a level, not a stream.
const LEVELS: [&str; 12] = [
    "trace", "debug", "debg", "info", "notice", "warn", "warning", "error", "err", "dbg", "inf",
    "wrn",
];

/// A strange prefix as the name of a stream: without colours, and without what stands around the name. Empty where
/// nothing is left that could be one.
fn stream_name(prefix: &[u8]) -> Vec<u8> {
    let mut name = Vec::with_capacity(prefix.len());
    let mut rest = prefix;
    while let Some((first, behind)) = rest.split_first() {
        let colour = escape_length(rest);
        if colour > 0 {
            rest = &rest[colour..];
        } else {
            name.push(*first);
            rest = behind;
        }
    }
    let inside =
        |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b']' | b')' | b'[' | b'(') || *b >= 0x80;
    let start = name.iter().position(inside).unwrap_or(name.len());
    let end = name.iter().rposition(inside).map_or(start, |i| i + 1);
    let name = name[start..end].to_vec();
    let letters: Vec<u8> = name
        .iter()
        .filter(|b| b.is_ascii_alphanumeric())
        .map(u8::to_ascii_lowercase)
        .collect();
    if letters.is_empty() || LEVELS.iter().any(|level| level.as_bytes() == letters) {
        return Vec::new();
    }
    name
}
