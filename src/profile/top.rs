//! The table of `go tool pprof -top`: which functions or lines the values belong to.
//!
//! The order of the steps and every tie are pprof's own (internal/report, internal/graph), so that the same profile gives
//! the same table to the byte:
//!
//! 1. Each sample is walked from the root to the leaf. A node is a function's name, or its name with file and line. A
//!    sample counts once for each node of its stack (cum), and for the last one (flat).
//! 2. Nodes with less than 0.5 % of the total are dropped, then all but the first `count`; each time the samples are walked
//!    again, and if the leaf's node is gone its flat value is dropped too.
//! 3. A node is inlined if every call of it that has at least 0.1 % was.

mod inline;
mod names;

use std::borrow::Cow;
use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::sampling::Evidence;
use super::{Profile, SampleType};
use names::{clean, displayed};

/// Smallest share of a node that is shown.
const NODE_FRACTION: f64 = 0.005;
/// Smallest share of a call that is looked at.
const EDGE_FRACTION: f64 = 0.001;

/// What the rows are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// What the row itself allocated.
    #[default]
    Flat,
    /// What it and everything that it called allocated.
    Cum,
}

/// The table to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopOptions {
    /// What is counted.
    pub sample: SampleType,
    /// One row per line of source instead of one per function.
    pub lines: bool,
    /// What the rows are sorted by.
    pub order: Order,
    /// The most rows; 0 for all.
    pub count: usize,
}

/// Whether a node was inlined into its callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inline {
    /// Nowhere.
    No,
    /// Into some.
    Partly,
    /// Into all.
    Yes,
}

/// A row of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The function, without type arguments.
    pub function: String,
    /// Its file, with lines only; may be empty.
    pub file: String,
    /// Its line, with lines only; 0 without one.
    pub line: i64,
    /// As the table shows it.
    pub name: String,
    /// What the row itself allocated.
    pub flat: i64,
    /// What it and everything that it called allocated.
    pub cum: i64,
    /// Whether it was inlined.
    pub inline: Inline,
    /// The evidence for `flat`.
    pub flat_evidence: Evidence,
    /// The evidence for `cum`.
    pub cum_evidence: Evidence,
}

/// The table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its rows.
    pub rows: Vec<Row>,
    /// The sum of all values, each without its sign: what shares are of.
    pub total: i64,
    /// The flat values of the rows together.
    pub shown: i64,
    /// Nodes with too small a share.
    pub dropped: usize,
    /// The share that was too small.
    pub cutoff: i64,
    /// Nodes before the table was cut to a number of rows.
    pub nodes: usize,
}

/// The table of a profile.
#[must_use]
pub fn top(profile: &Profile, options: &TopOptions) -> Table {
    let nodes = Nodes::new(profile, options.lines);
    let sample = options.sample;
    let mut kept = vec![true; nodes.names.len()];
    let mut sums = walk(profile, &nodes, sample, &kept);
    let total_flat = sums
        .iter()
        .fold(0_i64, |sum, node| sum.wrapping_add(node.flat));
    let cutoff = share(total_flat, NODE_FRACTION);
    let mut shown = indices(&sums);
    let before = shown.len();
    if cutoff > 0 {
        shown.retain(|node| sums[*node].cum.wrapping_abs() >= cutoff);
        if shown.len() < before {
            keep(&mut kept, &shown);
            sums = walk(profile, &nodes, sample, &kept);
            shown = indices(&sums);
        }
    }
    let dropped = match cutoff > 0 {
        true => before - before.min(shown.len()),
        false => 0,
    };
    let remaining = shown.len();
    sort(&mut shown, &sums, &nodes, options.order);
    if options.count > 0 && shown.len() > options.count {
        shown.truncate(options.count);
        keep(&mut kept, &shown);
        sums = walk(profile, &nodes, sample, &kept);
        shown = indices(&sums);
        sort(&mut shown, &sums, &nodes, options.order);
    }
    let inline = inline::inlined(
        profile,
        &nodes,
        sample,
        &kept,
        share(total_flat, EDGE_FRACTION),
    );
    let evidence = evidence(profile, &nodes, sample, &kept);
    let total = profile.total(sample);
    let rows: Vec<_> = shown
        .into_iter()
        .map(|node| Row {
            function: nodes.names[node].function.clone().into_owned(),
            file: nodes.names[node].file.to_string(),
            line: nodes.names[node].line,
            name: nodes.printed[node].clone(),
            flat: sums[node].flat,
            cum: sums[node].cum,
            inline: inline[node],
            flat_evidence: evidence[node].0,
            cum_evidence: evidence[node].1,
        })
        .collect();
    Table {
        total,
        shown: rows.iter().fold(0, |sum, row| row.flat.wrapping_add(sum)),
        dropped,
        cutoff: share(total, NODE_FRACTION),
        nodes: remaining,
        rows,
    }
}

/// The name of a node: places with the same name are one row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Name<'a> {
    function: Cow<'a, str>,
    file: Cow<'a, str>,
    line: i64,
    object: &'a str,
}

impl Name<'_> {
    fn print(&self) -> String {
        let place = match (self.line, &*self.file) {
            (0, "") if self.function.is_empty() => match self.object {
                "" => "<unknown>".to_owned(),
                path => format!("[{}]", path.rsplit('/').next().unwrap_or(path)),
            },
            (0, file) => file.to_owned(),
            (line, file) => format!("{file}:{line}"),
        };
        match (&*self.function, place.as_str()) {
            (function, "") => function.to_owned(),
            ("", place) => place.to_owned(),
            (function, place) => format!("{function} {place}"),
        }
    }
}

/// All nodes, and those of each location, innermost first.
struct Nodes<'a> {
    names: Vec<Name<'a>>,
    printed: Vec<String>,
    /// Nodes of all locations one after another, and where each location's begin.
    of_locations: Vec<u32>,
    starts: Vec<u32>,
}

impl<'a> Nodes<'a> {
    fn new(profile: &'a Profile, lines: bool) -> Self {
        let functions: Vec<_> = profile
            .functions
            .iter()
            .map(|function| (displayed(function), clean(&function.file)))
            .collect();
        let mut known = HashMap::with_hasher(FixedState::default());
        let mut names: Vec<Name<'a>> = Vec::new();
        let mut node = |name: Name<'a>| {
            *known.entry(name).or_insert_with_key(|name| {
                names.push(name.clone());
                small(names.len() - 1)
            })
        };
        let nameless = |object: &'a str| Name {
            function: Cow::Borrowed(""),
            file: Cow::Borrowed(""),
            line: 0,
            object,
        };
        let (mut of_locations, mut starts) = (Vec::new(), vec![0]);
        for location in &profile.locations {
            if location.lines.is_empty() {
                of_locations.push(node(nameless(&location.object)));
            }
            for line in &location.lines {
                of_locations.push(match line.function {
                    None => node(nameless(&location.object)),
                    Some(function) => {
                        let (function, file) = &functions[function as usize];
                        let object: &'a str = &location.object;
                        node(Name {
                            function: function.clone(),
                            file: if lines {
                                file.clone()
                            } else {
                                Cow::Borrowed("")
                            },
                            line: if lines { line.line } else { 0 },
                            object: if function.is_empty() { object } else { "" },
                        })
                    }
                });
            }
            starts.push(small(of_locations.len()));
        }
        let printed = names.iter().map(Name::print).collect();
        Self {
            names,
            printed,
            of_locations,
            starts,
        }
    }

    /// The nodes of a location, innermost first.
    fn of(&self, location: u32) -> &[u32] {
        let at = location as usize;
        &self.of_locations[self.starts[at] as usize..self.starts[at + 1] as usize]
    }

    /// For each node, whether it was inlined anywhere: it is part of a location, and not the outermost.
    fn inlined(&self) -> Vec<bool> {
        let mut inlined = vec![false; self.names.len()];
        for bounds in self.starts.windows(2) {
            let outermost = (bounds[1] as usize).saturating_sub(1);
            for node in &self.of_locations[bounds[0] as usize..outermost] {
                inlined[*node as usize] = true;
            }
        }
        inlined
    }

    /// For each location, whether one of its nodes is kept: most locations of most stacks have none.
    fn kept(&self, kept: &[bool]) -> Vec<bool> {
        let bounds = self.starts.windows(2);
        bounds
            .map(|bounds| {
                let nodes = &self.of_locations[bounds[0] as usize..bounds[1] as usize];
                nodes.iter().any(|node| kept[*node as usize])
            })
            .collect()
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    flat: i64,
    cum: i64,
}

/// Adds up the samples over the nodes that are kept.
fn walk(profile: &Profile, nodes: &Nodes<'_>, kind: SampleType, kept: &[bool]) -> Vec<Sums> {
    let mut sums = vec![Sums::default(); nodes.names.len()];
    visit(profile, nodes, kind, kept, |_, value, node, place| {
        let sum = &mut sums[node];
        match place {
            Place::InStack => sum.cum = sum.cum.wrapping_add(value),
            Place::Leaf => sum.flat = sum.flat.wrapping_add(value),
        }
    });
    sums
}

/// The evidence for the sums.
fn evidence(
    profile: &Profile,
    nodes: &Nodes<'_>,
    kind: SampleType,
    kept: &[bool],
) -> Vec<(Evidence, Evidence)> {
    let mut found = vec![(Evidence::default(), Evidence::default()); nodes.names.len()];
    let (mut last, mut evidence) = (usize::MAX, Evidence::default());
    visit(profile, nodes, kind, kept, |sample, _, node, place| {
        if last != sample {
            last = sample;
            evidence = profile.evidence(&profile.samples[sample], kind);
        }
        match place {
            Place::InStack => found[node].1.add(evidence),
            Place::Leaf => found[node].0.add(evidence),
        }
    });
    found
}

enum Place {
    InStack,
    Leaf,
}

/// Every sample's nodes, each once, and its leaf: `each(sample, value, node, place)`.
fn visit(
    profile: &Profile,
    nodes: &Nodes<'_>,
    kind: SampleType,
    kept: &[bool],
    mut each: impl FnMut(usize, i64, usize, Place),
) {
    let mut seen_in = vec![usize::MAX; nodes.names.len()];
    let some_kept = nodes.kept(kept);
    for (at, sample) in profile.samples.iter().enumerate() {
        let value = sample.value(kind);
        if value == 0 {
            continue;
        }
        let mut leaf = None;
        for location in profile.stack(sample).iter().rev() {
            if !some_kept[*location as usize] {
                leaf = None;
                continue;
            }
            for node in nodes.of(*location).iter().rev() {
                let node = *node as usize;
                if !kept[node] {
                    leaf = None;
                    continue;
                }
                if seen_in[node] != at {
                    seen_in[node] = at;
                    each(at, value, node, Place::InStack);
                }
                leaf = Some(node);
            }
        }
        if let Some(node) = leaf {
            each(at, value, node, Place::Leaf);
        }
    }
}

/// A count of nodes; there are fewer than lines in the profile.
fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Nodes with a value.
fn indices(sums: &[Sums]) -> Vec<usize> {
    (0..sums.len())
        .filter(|node| sums[*node].flat != 0 || sums[*node].cum != 0)
        .collect()
}

fn keep(kept: &mut [bool], nodes: &[usize]) {
    kept.fill(false);
    for node in nodes {
        kept[*node] = true;
    }
}

fn sort(shown: &mut [usize], sums: &[Sums], nodes: &Nodes<'_>, order: Order) {
    let size = |value: i64| std::cmp::Reverse(value.wrapping_abs());
    shown.sort_by_key(|node| {
        let (flat, cum) = (size(sums[*node].flat), size(sums[*node].cum));
        let (first, last) = match order {
            Order::Flat => (flat, cum),
            Order::Cum => (cum, flat),
        };
        (first, nodes.printed[*node].as_str(), last)
    });
}

/// A share of a total, rounded as pprof does.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a share of an i64 is within its range"
)]
fn share(total: i64, fraction: f64) -> i64 {
    ((total as f64 * fraction) as i64).wrapping_abs()
}
