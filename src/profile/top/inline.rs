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
/// There may be as many different calls as frames, and few that weigh so much. So the samples are walked twice: first
/// calls are added up in a few buckets, many in each, and then only those of the heavy buckets one by one.
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

/// Every call of a node that is inlined somewhere: all others are never.
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

/// What calls weigh at most: those that share a bucket together, and without their signs.
struct Buckets(Vec<u64>);

impl Default for Buckets {
    fn default() -> Self {
        Self(vec![0; 1 << Self::BITS])
    }
}

impl Buckets {
    /// Few enough for a processor's cache.
    const BITS: u32 = 17;

    /// By the golden ratio, which spreads neighbours wide.
    const fn of(from: u32, to: u32) -> usize {
        let call = (from as u64) << 32 | to as u64;
        (call.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - Self::BITS)) as usize
    }

    fn add(&mut self, from: u32, to: u32, value: i64) {
        let sum = &mut self.0[Self::of(from, to)];
        *sum = sum.saturating_add(value.unsigned_abs());
    }

    /// Whether this call may weigh so much.
    fn reach(&self, from: u32, to: u32, weight: i64) -> bool {
        self.0[Self::of(from, to)] >= weight.unsigned_abs()
    }
}
