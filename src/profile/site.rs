//! Allocation sites: the instruction at the leaf of a stack, with the chain of calls that were inlined there.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::sampling::Evidence;
use super::{Profile, SampleType};

/// A line of source.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Frame {
    /// The function with its package's path.
    pub function: String,
    /// Its file as the program was built: a path, or with `-trimpath` module and path.
    pub file: String,
    /// The line; 0 if there is none.
    pub line: i64,
}

/// One allocation site.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Innermost first; the last is the function that was called, the others were inlined. Empty without symbols.
    pub chain: Vec<Frame>,
    /// The call above it, if there is one.
    pub caller: Option<Frame>,
    /// The frame of the user's own code through which most of it was allocated, nearest the leaf; may be in the site itself.
    pub reached_from: Option<Frame>,
    /// The program or library, if there are no symbols.
    pub object: String,
    /// What it allocated itself, in the type that was asked for.
    pub flat: i64,
    /// What all stacks through it allocated.
    pub cum: i64,
    /// Objects of the same period: allocated, or in use.
    pub objects: i64,
    /// Bytes of the same period.
    pub bytes: i64,
    /// The evidence for `flat`.
    pub evidence: Evidence,
}

/// Every site that allocated, the largest first. `own` is true for frames of code that the user can change.
#[must_use]
pub fn sites(profile: &Profile, kind: SampleType, own: &dyn Fn(&Frame) -> bool) -> Vec<Site> {
    let keys = keys(profile);
    let first_own: Vec<Option<Frame>> = profile
        .locations
        .iter()
        .map(|location| {
            frames(profile, location)
                .into_iter()
                .find(|frame| own(frame))
        })
        .collect();
    let mut through: HashMap<(usize, usize), i64, FixedState> = HashMap::default();
    let mut found: HashMap<usize, Site, FixedState> = HashMap::default();
    let mut cum = vec![0_i64; profile.locations.len()];
    let mut seen_in = vec![usize::MAX; profile.locations.len()];
    for (at, sample) in profile.samples.iter().enumerate() {
        let value = sample.value(kind);
        let stack = profile.stack(sample);
        let Some(leaf) = stack.first().map(|leaf| keys[*leaf as usize]) else {
            continue;
        };
        let (objects, bytes) = (sample.value(kind.objects()), sample.value(kind.bytes()));
        if value == 0 && objects == 0 && bytes == 0 {
            continue;
        }
        for key in stack.iter().map(|location| keys[*location as usize]) {
            if seen_in[key] != at {
                seen_in[key] = at;
                cum[key] = cum[key].wrapping_add(value);
            }
        }
        let entry = stack.iter().find(|at| first_own[**at as usize].is_some());
        if let Some(entry) = entry {
            let sum = through.entry((leaf, *entry as usize)).or_default();
            *sum = sum.wrapping_add(value.wrapping_abs());
        }
        let site = found
            .entry(leaf)
            .or_insert_with(|| site(profile, leaf, stack.get(1).copied()));
        site.flat = site.flat.wrapping_add(value);
        site.objects = site.objects.wrapping_add(objects);
        site.bytes = site.bytes.wrapping_add(bytes);
        site.evidence.add(profile.evidence(sample, kind));
    }
    let mut most: HashMap<usize, (i64, usize), FixedState> = HashMap::default();
    for ((leaf, entry), value) in through {
        let best = most.entry(leaf).or_insert((value, entry));
        *best = (*best).max((value, entry));
    }
    let mut sites: Vec<_> = found
        .into_iter()
        .map(|(key, mut site)| {
            site.cum = cum[key];
            site.reached_from = most
                .get(&key)
                .and_then(|(_, entry)| first_own[*entry].clone());
            site
        })
        .filter(|site| site.flat != 0)
        .collect();
    sites.sort_by(|a, b| {
        let size = b.flat.wrapping_abs().cmp(&a.flat.wrapping_abs());
        size.then_with(|| a.chain.cmp(&b.chain))
            .then_with(|| a.object.cmp(&b.object))
    });
    sites
}

/// For each location the first one with the same lines: one line may be several instructions.
fn keys(profile: &Profile) -> Vec<usize> {
    let mut first = HashMap::with_hasher(FixedState::default());
    profile
        .locations
        .iter()
        .enumerate()
        .map(|(at, location)| {
            let key = (&location.lines, &location.object);
            *first.entry(key).or_insert(at)
        })
        .collect()
}

fn site(profile: &Profile, location: usize, caller: Option<u32>) -> Site {
    let location = &profile.locations[location];
    Site {
        chain: frames(profile, location),
        caller: caller.and_then(|caller| {
            frames(profile, &profile.locations[caller as usize])
                .into_iter()
                .next()
        }),
        reached_from: None,
        object: location.object.to_string(),
        flat: 0,
        cum: 0,
        objects: 0,
        bytes: 0,
        evidence: Evidence::default(),
    }
}

fn frames(profile: &Profile, location: &super::Location) -> Vec<Frame> {
    let frame = |line: &super::Line| {
        let function = line.function.map(|at| &profile.functions[at as usize]);
        Frame {
            function: function.map_or_else(String::new, |function| function.name.to_string()),
            file: function.map_or_else(String::new, |function| function.file.to_string()),
            line: line.line,
        }
    };
    location.lines.iter().map(frame).collect()
}
