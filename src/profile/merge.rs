//! Merging profiles: equal locations get one number, samples with the same stack and labels are added.
//!
//! pprof does this to every profile that it reads, even to a single one, and to the difference of two. The rules of equality
//! are its own (profile/merge.go), because shares are of the sum of values after the merge.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash};

use foldhash::fast::FixedState;

use super::error::ProfileError;
use super::message;
use super::read::Raw;
use super::{Function, Line, Location, Profile, Sample};

/// The role of a profile in the difference of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    New,
    /// Subtracted sample by sample.
    Base,
    /// Subtracted, but kept apart from the samples of the other.
    Apart,
}

/// Merges profiles.
pub(super) fn merge(profiles: &[(&Raw, Side)]) -> Result<Profile, ProfileError> {
    let mut merger = Merger::default();
    for (raw, side) in profiles {
        merger.add(raw, *side)?;
    }
    let mut profile = merger.profile;
    profile.samples.retain(|sample| {
        let same = |(new, base): (&i64, &i64)| new == base;
        !sample.new.iter().zip(&sample.base).all(same)
    });
    if let Some((raw, _)) = profiles.first() {
        profile.rate = raw.rate;
        profile.time_ns = raw.time_ns;
        profile.duration_ns = raw.duration_ns;
    }
    profile.subtracted = profiles.len() > 1;
    if profile.samples.is_empty() && profiles.len() == 1 {
        return Err(ProfileError::Empty);
    }
    Ok(profile)
}

#[derive(Default)]
struct Merger {
    profile: Profile,
    functions: HashMap<Function, u32, FixedState>,
    locations: HashMap<LocationKey, u32, FixedState>,
    /// The first sample with a hash, and for each sample the next with the same one.
    samples: HashMap<u64, usize, FixedState>,
    next: Vec<Option<usize>>,
    /// Sets of labels, encoded: there are few, as many as sizes of objects.
    labels: HashMap<Box<[u8]>, u32, FixedState>,
    /// Each sample's.
    sample_labels: Vec<u32>,
}

/// The identity of a location, wherever the program was loaded.
#[derive(PartialEq, Eq, Hash)]
struct LocationKey {
    address: u64,
    mapping: Option<MappingKey>,
    lines: Box<[Line]>,
    folded: bool,
}

/// The identity of a mapping: length in whole pages, place in the file, and the file.
#[derive(Clone, PartialEq, Eq, Hash)]
struct MappingKey {
    pages: u64,
    offset: u64,
    file: String,
}

impl MappingKey {
    fn of(mapping: &message::Mapping, raw: &Raw) -> Self {
        let build_id = raw.text(mapping.build_id);
        let file = match build_id.is_empty() {
            true => raw.text(mapping.file),
            false => build_id,
        };
        Self {
            pages: mapping.limit.wrapping_sub(mapping.start).div_ceil(0x1000),
            offset: mapping.offset,
            file: file.into_owned(),
        }
    }
}

impl Merger {
    fn add(&mut self, raw: &Raw, side: Side) -> Result<(), ProfileError> {
        let functions = self.functions(raw);
        let locations = self.locations(raw, &functions)?;
        let mut stack = Vec::new();
        let mut labels = Vec::new();
        for sample in &raw.samples {
            if sample.values == [0; 4] {
                continue;
            }
            stack.clear();
            for id in &raw.stacks[sample.stack.clone()] {
                let location = locations.get(*id).ok_or(ProfileError::Damaged {
                    offset: 0,
                    expected: "every location that a sample names",
                })?;
                stack.push(location);
            }
            labels.clear();
            let own = &raw.labels[sample.labels.clone()];
            let size = own
                .iter()
                .find(|label| label.number > 0 && raw.text(label.key) == "bytes")
                .map(|label| label.number);
            encode(own, raw, &mut labels);
            if side == Side::Apart {
                labels.push(1);
            }
            let label = self.label(&labels);
            let merged = self.sample(&stack, label, size, side);
            let values = match side {
                Side::New => &mut merged.new,
                Side::Base | Side::Apart => &mut merged.base,
            };
            for (sum, value) in values.iter_mut().zip(sample.values) {
                *sum = sum.wrapping_add(value);
            }
        }
        Ok(())
    }

    /// Maps the numbers of functions in the file to their indices here.
    fn functions(&mut self, raw: &Raw) -> HashMap<u64, u32, FixedState> {
        let mut known = HashMap::with_hasher(FixedState::default());
        for function in &raw.functions {
            let key = Function {
                name: raw.text(function.name).into(),
                system_name: raw.text(function.system_name).into(),
                file: raw.text(function.file).into(),
                start_line: function.start_line,
            };
            let next = self.profile.functions.len();
            let index = *self.functions.entry(key).or_insert_with_key(|key| {
                self.profile.functions.push(key.clone());
                small(next)
            });
            known.insert(function.id, index);
        }
        known
    }

    fn locations(
        &mut self,
        raw: &Raw,
        functions: &HashMap<u64, u32, FixedState>,
    ) -> Result<Ids, ProfileError> {
        let mappings: HashMap<u64, MappingKey> = raw
            .mappings
            .iter()
            .map(|(id, mapping)| (*id, MappingKey::of(mapping, raw)))
            .collect();
        let mut known = Ids::new(raw.locations.iter().map(|location| location.id).max());
        for location in &raw.locations {
            let mut lines = Vec::new();
            for line in &raw.lines[location.lines.clone()] {
                let function = match line.function {
                    0 => None,
                    id => Some(*functions.get(&id).ok_or(ProfileError::Damaged {
                        offset: 0,
                        expected: "every function that a location names",
                    })?),
                };
                lines.push(Line {
                    function,
                    line: line.line,
                    column: line.column,
                });
            }
            let mapping = raw.mappings.get(&location.mapping);
            let start = mapping.map_or(0, |mapping| mapping.start);
            let key = LocationKey {
                address: location.address.wrapping_sub(start),
                mapping: mappings.get(&location.mapping).cloned(),
                lines: lines.into(),
                folded: location.folded,
            };
            let next = self.profile.locations.len();
            let index = *self.locations.entry(key).or_insert_with_key(|key| {
                let object = mapping.map(|mapping| raw.text(mapping.file).into());
                self.profile.locations.push(Location {
                    lines: key.lines.clone(),
                    object: object.unwrap_or_default(),
                });
                small(next)
            });
            known.insert(location.id, index);
        }
        Ok(known)
    }

    /// The number of a set of labels.
    fn label(&mut self, encoded: &[u8]) -> u32 {
        if let Some(number) = self.labels.get(encoded) {
            return *number;
        }
        let number = small(self.labels.len());
        self.labels.insert(encoded.into(), number);
        number
    }

    /// The sample with this stack and these labels.
    fn sample(&mut self, stack: &[u32], label: u32, size: Option<i64>, side: Side) -> &mut Sample {
        let hash = FixedState::default().hash_one((stack, label));
        let mut found = self.samples.get(&hash).copied();
        while let Some(index) = found {
            let same = self.profile.stack(&self.profile.samples[index]) == stack
                && self.sample_labels[index] == label;
            if same {
                return &mut self.profile.samples[index];
            }
            found = self.next[index];
        }
        let index = self.profile.samples.len();
        let start = self.profile.stacks.len();
        self.profile.stacks.extend_from_slice(stack);
        self.next.push(self.samples.insert(hash, index));
        self.sample_labels.push(label);
        self.profile.samples.push(Sample {
            stack: start..self.profile.stacks.len(),
            new: [0; 4],
            base: [0; 4],
            size,
            apart: side == Side::Apart,
        });
        &mut self.profile.samples[index]
    }
}

/// Maps the numbers of locations in a file to their indices here. Go counts them from 1 on; other writers may not.
enum Ids {
    Dense(Vec<u32>),
    Sparse(HashMap<u32, u32, FixedState>),
}

impl Ids {
    /// Up to this number they are the index of an array.
    const DENSE: u32 = 16 << 20;

    fn new(highest: Option<u32>) -> Self {
        match highest {
            Some(highest) if highest < Self::DENSE => {
                Self::Dense(vec![u32::MAX; highest as usize + 1])
            }
            _ => Self::Sparse(HashMap::default()),
        }
    }

    fn insert(&mut self, id: u32, here: u32) {
        match self {
            Self::Dense(known) => known[id as usize] = here,
            Self::Sparse(known) => {
                known.insert(id, here);
            }
        }
    }

    fn get(&self, id: u32) -> Option<u32> {
        match self {
            Self::Dense(known) => known
                .get(id as usize)
                .copied()
                .filter(|here| *here != u32::MAX),
            Self::Sparse(known) => known.get(&id).copied(),
        }
    }
}

/// Labels as bytes that are the same for equal labels in any order.
fn encode(labels: &[message::Label], raw: &Raw, out: &mut Vec<u8>) {
    if let [label] = labels {
        // As in every profile of the Go runtime.
        return part(label, raw, out);
    }
    let mut parts: Vec<Vec<u8>> = labels
        .iter()
        .map(|label| {
            let mut encoded = Vec::new();
            part(label, raw, &mut encoded);
            encoded
        })
        .collect();
    parts.sort_unstable();
    out.extend(parts.into_iter().flatten());
}

/// One label, each text preceded by its length.
fn part(label: &message::Label, raw: &Raw, out: &mut Vec<u8>) {
    for text in [label.key, label.text, label.unit] {
        let text = raw.text(text);
        out.extend_from_slice(&text.len().to_le_bytes());
        out.extend_from_slice(text.as_bytes());
    }
    out.extend_from_slice(&label.number.to_le_bytes());
}

/// A count of entries, which are limited to far less.
fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
