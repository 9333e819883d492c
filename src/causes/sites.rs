//! A profile as the table and the sites of a report.

use crate::profile::sampling;
use crate::profile::{self, Inline, Order, Profile, SampleType, TopOptions};
use crate::report::sites::{Evidence, Frame, Inlined, ProfileSource, Row, Site, Sites, Table};

/// The table to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// What is counted.
    pub sample: SampleType,
    /// One row per line instead of one per function.
    pub lines: bool,
    /// Sorted by the allocation of a row and everything that it called.
    pub cum: bool,
    /// The most rows; 0 for all.
    pub count: usize,
    /// Every site as well; the table does not need them.
    pub sites: bool,
}

/// The table and the sites of a profile.
#[must_use]
pub fn sites(
    profile: &Profile,
    name: &str,
    base: Option<(&str, bool)>,
    options: &Options,
) -> Sites {
    let table = profile::top(
        profile,
        &TopOptions {
            sample: options.sample,
            lines: options.lines,
            order: if options.cum { Order::Cum } else { Order::Flat },
            count: options.count,
        },
    );
    Sites {
        profile: source(profile, name, base),
        sample_type: options.sample.name(),
        unit: options.sample.unit(),
        total: table.total,
        table: Table {
            shown: table.shown,
            rows_dropped: table.dropped as u64,
            cutoff: table.cutoff,
            nodes: table.nodes as u64,
            limit: options.count as u64,
            rows: table.rows.into_iter().map(row).collect(),
        },
        sites: match options.sites {
            true => profile::sites(profile, options.sample)
                .into_iter()
                .map(site)
                .collect(),
            false => Vec::new(),
        },
        check: None,
    }
}

/// A figure of a profile, in which 0 is unknown.
pub(super) fn known(value: i64) -> Option<u64> {
    u64::try_from(value).ok().filter(|value| *value > 0)
}

/// A file of a profile, in which an empty name is unknown.
pub(super) fn known_file(file: &str) -> Option<String> {
    (!file.is_empty()).then(|| file.to_owned())
}

/// A profile's own description.
pub(super) fn source(profile: &Profile, name: &str, base: Option<(&str, bool)>) -> ProfileSource {
    ProfileSource {
        name: name.to_owned(),
        base: base.map(|(name, _)| name.to_owned()),
        shares_of_base: base.is_some_and(|(_, apart)| apart),
        rate_bytes: known(profile.rate()).unwrap_or(0),
        taken_unix_ns: known(profile.time_ns()),
        duration_ns: known(profile.duration_ns()),
    }
}

fn row(row: profile::Row) -> Row {
    Row {
        flat_evidence: evidence(row.flat_evidence, row.flat),
        cum_evidence: evidence(row.cum_evidence, row.cum),
        function: row.function,
        file: known_file(&row.file),
        line: known(row.line),
        name: row.name,
        flat: row.flat,
        cum: row.cum,
        inlined: match row.inline {
            Inline::No => Inlined::No,
            Inline::Partly => Inlined::Partly,
            Inline::Yes => Inlined::Yes,
        },
    }
}

/// A site of a profile as one of a report.
pub(super) fn site(site: profile::Site) -> Site {
    let mut chain: Vec<_> = site.chain.into_iter().map(frame).collect();
    if chain.is_empty() {
        chain.push(Frame {
            function: site.object,
            ..Frame::default()
        });
    }
    Site {
        chain,
        caller: site.caller.map(frame),
        flat: site.flat,
        cum: site.cum,
        objects: site.objects,
        bytes: site.bytes,
        evidence: evidence(site.evidence, site.flat),
    }
}

pub(super) fn frame(frame: profile::Frame) -> Frame {
    Frame {
        function: frame.function,
        file: known_file(&frame.file),
        line: known(frame.line),
    }
}

/// The evidence for a value, in whole samples.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count of samples, rounded; `as` keeps what is out of range within it"
)]
pub(super) fn evidence(evidence: sampling::Evidence, value: i64) -> Evidence {
    Evidence {
        samples_seen: evidence.samples_seen.round() as u64,
        relative_error_ratio: evidence.relative_error(value),
        thin: evidence.is_thin(value),
    }
}
