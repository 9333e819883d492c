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
    /// The frame of the user's own code nearest the leaf, which may be in the site itself; only of [`instructions`].
    pub reached_from: Option<Frame>,
    /// The function that this frame called; `None` where the frame is the leaf.
    pub called: Option<String>,
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
    /// Whether its objects differ in size: what one instruction boxes, copies or captures always has the same.
    pub varied: bool,
    /// The evidence for `flat`.
    pub evidence: Evidence,
}

/// Bytes of the blocks that small objects without pointers share: smaller sizes are not told apart.
const TINY: i64 = 16;

/// Objects and bytes by the size of an object.
type Sizes = HashMap<i64, (i64, i64), FixedState>;

/// Every line that allocated, the largest first.
#[must_use]
pub fn sites(profile: &Profile, kind: SampleType) -> Vec<Site> {
    gather(profile, kind, None)
}

/// The same for each instruction and each line of the user's own through which it was reached. `own` is true for frames of
/// code that the user can change.
#[must_use]
pub fn instructions(
    profile: &Profile,
    kind: SampleType,
    own: &dyn Fn(&Frame) -> bool,
) -> Vec<Site> {
    gather(profile, kind, Some(own))
}

fn gather(profile: &Profile, kind: SampleType, own: Option<&dyn Fn(&Frame) -> bool>) -> Vec<Site> {
    let keys = keys(profile);
    let entries: Vec<Option<(Frame, Option<String>)>> = profile
        .locations
        .iter()
        .map(|location| entry(frames(profile, location), own?))
        .collect();
    let mut found: HashMap<(usize, Option<u32>), Site, FixedState> = HashMap::default();
    let mut sizes: HashMap<(usize, Option<u32>), Sizes, FixedState> = HashMap::default();
    let mut cum = vec![0_i64; profile.locations.len()];
    let mut seen_in = vec![usize::MAX; profile.locations.len()];
    for (at, sample) in profile.samples.iter().enumerate() {
        let value = sample.value(kind);
        let stack = profile.stack(sample);
        let Some(leaf) = stack.first().map(|leaf| *leaf as usize) else {
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
        let depth = stack.iter().position(|at| entries[*at as usize].is_some());
        let leaf = if own.is_some() { leaf } else { keys[leaf] };
        let key = (leaf, depth.map(|depth| stack[depth]));
        let site = found.entry(key).or_insert_with(|| {
            let mut site = site(profile, leaf, stack.get(1).copied());
            if let Some(depth) = depth
                && let Some((frame, called)) = &entries[stack[depth] as usize]
            {
                site.reached_from = Some(frame.clone());
                // What was not inlined there was called by it: the outermost function of the location below.
                site.called = called.clone().or_else(|| {
                    let below = &profile.locations[stack[depth.checked_sub(1)?] as usize];
                    frames(profile, below).pop().map(|frame| frame.function)
                });
            }
            site
        });
        site.flat = site.flat.wrapping_add(value);
        site.objects = site.objects.wrapping_add(objects);
        site.bytes = site.bytes.wrapping_add(bytes);
        site.evidence.add(profile.evidence(sample, kind));
        if let Some(size) = sample.size {
            let of_size = sizes.entry(key).or_default().entry(size.max(TINY));
            let (of_objects, of_bytes) = of_size.or_default();
            *of_objects = of_objects.wrapping_add(objects);
            *of_bytes = of_bytes.wrapping_add(bytes);
        }
    }
    let mut sites: Vec<_> = found
        .into_iter()
        .map(|(key, mut site)| {
            site.cum = cum[keys[key.0]];
            // The runtime allocates a few objects of its own, of any size, at any instruction.
            let most = |part: i64, of: i64| part.saturating_mul(20) >= of.saturating_mul(19);
            site.varied = sizes.get(&key).is_some_and(|sizes| {
                let one = |(objects, bytes): &(i64, i64)| {
                    most(*objects, site.objects) && most(*bytes, site.bytes)
                };
                !sizes.values().any(one)
            });
            site
        })
        .filter(|site| site.flat != 0)
        .collect();
    sites.sort_by(|a, b| {
        let size = b.flat.wrapping_abs().cmp(&a.flat.wrapping_abs());
        size.then_with(|| a.chain.cmp(&b.chain))
            .then_with(|| a.object.cmp(&b.object))
            .then_with(|| a.reached_from.cmp(&b.reached_from))
            .then_with(|| a.bytes.cmp(&b.bytes))
    });
    sites
}

/// The innermost frame of the user's own code, and the function inlined into it that it called.
fn entry(mut frames: Vec<Frame>, own: &dyn Fn(&Frame) -> bool) -> Option<(Frame, Option<String>)> {
    let at = frames.iter().position(own)?;
    let called = at.checked_sub(1).map(|at| frames[at].function.clone());
    Some((frames.swap_remove(at), called))
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
        called: None,
        object: location.object.to_string(),
        flat: 0,
        cum: 0,
        objects: 0,
        bytes: 0,
        varied: false,
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
