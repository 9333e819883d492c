//! Which nodes were inlined into their callers.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::{Inline, Nodes};
use crate::profile::{Profile, SampleType};

/// Calls from one node to another.
#[derive(Debug, Clone, Copy)]
struct Edge {
    weight: i64,
    seen_in: u32,
    inline: bool,
}

/// Whether each node was inlined into its callers, by the calls of at least `cutoff`.
///
/// There may be as many different calls as frames, but few of them reach the cutoff. So the samples are walked twice: first the
/// calls are added up in a fixed number of buckets, then only those in buckets that reach the cutoff one by one.
pub(super) fn inlined(
    profile: &Profile,
    nodes: &Nodes<'_>,
    kind: SampleType,
    kept: &[bool],
    cutoff: i64,
) -> Vec<Inline> {
    let mut buckets = Buckets::default();
    calls(profile, nodes, kind, kept, |call| {
        buckets.add(call.from, call.to, call.value);
    });
    let mut edges: HashMap<(u32, u32), Edge, FixedState> = HashMap::default();
    calls(profile, nodes, kind, kept, |call| {
        if !buckets.reach(call.from, call.to, cutoff) {
            return;
        }
        let edge = edges.entry((call.from, call.to)).or_insert(Edge {
            weight: 0,
            seen_in: u32::MAX,
            inline: call.inline,
        });
        if edge.seen_in != call.sample {
            edge.seen_in = call.sample;
            edge.weight = edge.weight.wrapping_add(call.value);
            edge.inline &= call.inline;
        }
    });
    let mut found = vec![(false, false); nodes.names.len()];
    for ((_, node), edge) in edges {
        if edge.weight.wrapping_abs() >= cutoff {
            let (inline, called) = &mut found[node as usize];
            *inline |= edge.inline;
            *called |= !edge.inline;
        }
    }
    let how = |calls| match calls {
        (false, _) => Inline::No,
        (true, true) => Inline::Partly,
        (true, false) => Inline::Yes,
    };
    found.into_iter().map(how).collect()
}

/// A call in the stack of a sample.
struct Call {
    sample: u32,
    value: i64,
    from: u32,
    to: u32,
    inline: bool,
}

/// Every call of a node that is inlined somewhere; calls of other nodes are never inlined.
fn calls(
    profile: &Profile,
    nodes: &Nodes<'_>,
    kind: SampleType,
    kept: &[bool],
    mut each: impl FnMut(Call),
) {
    let some_kept = nodes.kept(kept);
    let inlined = nodes.inlined();
    for (number, sample) in (0..).zip(&profile.samples) {
        let value = sample.value(kind);
        if value == 0 {
            continue;
        }
        let mut caller = None;
        for location in profile.stack(sample).iter().rev() {
            if !some_kept[*location as usize] {
                continue;
            }
            let of_location = nodes.of(*location);
            for (place, node) in of_location.iter().enumerate().rev() {
                if !kept[*node as usize] {
                    continue;
                }
                if let Some(from) = caller.filter(|caller| caller != node)
                    && inlined[*node as usize]
                {
                    each(Call {
                        sample: number,
                        value,
                        from,
                        to: *node,
                        // All but the outermost line of a location were inlined.
                        inline: place + 1 != of_location.len(),
                    });
                }
                caller = Some(*node);
            }
        }
    }
}

/// Upper bounds of the weights of calls: the sum of all calls in the same bucket, without their signs.
struct Buckets(Vec<u64>);

impl Default for Buckets {
    fn default() -> Self {
        Self(vec![0; 1 << Self::BITS])
    }
}

impl Buckets {
    /// Few enough to fit the processor's cache.
    const BITS: u32 = 17;

    /// Fibonacci hashing, which spreads neighbors widely.
    const fn of(from: u32, to: u32) -> usize {
        let call = (from as u64) << 32 | to as u64;
        (call.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - Self::BITS)) as usize
    }

    fn add(&mut self, from: u32, to: u32, value: i64) {
        let sum = &mut self.0[Self::of(from, to)];
        *sum = sum.saturating_add(value.unsigned_abs());
    }

    /// Whether this call may reach a weight.
    fn reach(&self, from: u32, to: u32, weight: i64) -> bool {
        self.0[Self::of(from, to)] >= weight.unsigned_abs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{Function, Line, Location, Sample};

    /// 400 functions; every third location is one that was inlined into another; stacks of 30 locations in a fixed disorder.
    fn profile() -> Profile {
        let mut profile = Profile::default();
        for number in 0..400 {
            let name: Box<str> = format!("f{number}").into();
            profile.functions.push(Function {
                system_name: name.clone(),
                name,
                file: "f.go".into(),
                start_line: 0,
            });
        }
        let line = |function: u32| Line {
            function: Some(function % 400),
            line: 1,
            column: 0,
        };
        for number in 0..1_200 {
            let lines = match number % 3 {
                0 => vec![line(number * 7), line(number)],
                _ => vec![line(number)],
            };
            profile.locations.push(Location {
                lines: lines.into(),
                object: "".into(),
            });
        }
        let mut state = 1_u32;
        let mut random = |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) % below
        };
        for number in 0..4_000_i64 {
            let start = profile.stacks.len();
            // Most stacks begin with the same few calls, so that these weigh.
            profile.stacks.extend((0..20).map(|_| random(1_200)));
            profile
                .stacks
                .extend((0..10).map(|place| place * 9 + random(2)));
            let value = if number % 5 == 0 { -number } else { number };
            profile.samples.push(Sample {
                stack: start..profile.stacks.len(),
                new: [value; 4],
                base: [0; 4],
                size: None,
                apart: false,
            });
        }
        profile
    }

    /// Every call by itself.
    fn one_by_one(profile: &Profile, nodes: &Nodes<'_>, kept: &[bool], cutoff: i64) -> Vec<Inline> {
        let mut edges: HashMap<(u32, u32), (i64, u32, bool)> = HashMap::new();
        calls(profile, nodes, SampleType::AllocObjects, kept, |call| {
            let edge = edges
                .entry((call.from, call.to))
                .or_insert((0, u32::MAX, true));
            if edge.1 != call.sample {
                *edge = (edge.0 + call.value, call.sample, edge.2 && call.inline);
            }
        });
        let heavy = edges.iter().filter(|(_, edge)| edge.0.abs() >= cutoff);
        let heavy: Vec<_> = heavy.map(|((_, to), edge)| (*to, edge.2)).collect();
        (0..u32::try_from(kept.len()).unwrap_or(0))
            .map(|node| {
                let is = |inline| heavy.contains(&(node, inline));
                match (is(true), is(false)) {
                    (false, _) => Inline::No,
                    (true, true) => Inline::Partly,
                    (true, false) => Inline::Yes,
                }
            })
            .collect()
    }

    #[test]
    fn buckets_change_nothing_but_the_time() {
        let profile = profile();
        let nodes = Nodes::new(&profile, false);
        let kept: Vec<bool> = (0..nodes.names.len()).map(|node| node % 11 != 0).collect();
        let mut seen = Vec::new();
        for cutoff in [0, 1, 20_000, 200_000, 1_000_000, i64::MAX] {
            let found = inlined(&profile, &nodes, SampleType::AllocObjects, &kept, cutoff);
            assert_eq!(
                found,
                one_by_one(&profile, &nodes, &kept, cutoff),
                "{cutoff}"
            );
            seen.push(found.iter().filter(|inline| **inline != Inline::No).count());
        }
        assert!(
            seen.is_sorted_by(|a, b| a >= b) && seen[0] > seen[3] && seen[3] > 0,
            "{seen:?}"
        );
        assert_eq!(seen[5], 0);
    }
}
