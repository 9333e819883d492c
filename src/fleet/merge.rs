//! Adds rows up: associative, commutative and closed, so that any order, split or tree of merges gives the same rows.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use foldhash::fast::FixedState;
use serde::Deserialize;

use super::merged::{CauseCount, Merged, Quantiles, RuleCount};
use super::row::{Count, Labels, Record, Row, Verdict};
use crate::error::Error;
use crate::severity::Severity;
use crate::stats::{Counted, Ranked};

/// A line of input: a row, or rows that were merged before.
#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    /// Of `fleet scan`.
    Row(Box<Row>),
    /// Of `fleet merge`.
    Merged(Box<Merged>),
}

impl Line {
    /// Reads a line of JSON.
    ///
    /// # Errors
    /// What is wrong with it: invalid JSON, NaN included, an unknown version, a missing or invalid value.
    pub fn parse(line: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Head<'a> {
            schema: &'a str,
        }
        let head: Head<'_> = parse(line)?;
        match head.schema {
            "gcpressure.fleet/v1" => Ok(Self::Merged(parse(line)?)),
            // The type of its version refuses any other.
            name if name.starts_with("gcpressure.fleet-row/") => Ok(Self::Row(parse(line)?)),
            other => Err(format!(
                "it is a {other}: rows of gcpressure.fleet-row/v1 and gcpressure.fleet/v1 are merged"
            )),
        }
    }
}

fn parse<'a, T: Deserialize<'a>>(line: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(line).map_err(|error| error.to_string())
}

impl From<Line> for Merged {
    fn from(line: Line) -> Self {
        match line {
            Line::Row(row) => (*row).into(),
            Line::Merged(merged) => *merged,
        }
    }
}

impl From<Row> for Merged {
    /// What a row by itself adds up to, with all its labels.
    fn from(row: Row) -> Self {
        let stream = row.record == Record::Stream;
        let verdict = |verdict| u64::from(row.verdict == Some(verdict));
        let (critical, warning) = (verdict(Verdict::Critical), verdict(Verdict::Warning));
        let seen = [row.gc_lines_intact, row.gc_lines_repaired];
        let rules = row.findings.into_iter().map(|finding| RuleCount {
            rule: finding.rule,
            unit: finding.unit,
            processes: 1,
            critical: u64::from(finding.severity == Severity::Critical),
            warning: u64::from(finding.severity == Severity::Warning),
            worst: finding.measured,
        });
        Self {
            tool_versions: vec![row.tool_version],
            streams: u64::from(stream),
            streams_without_gc_lines: u64::from(
                stream && seen.iter().all(|lines| *lines == Some(0)),
            ),
            streams_with_errors: u64::from(stream && row.error.is_some()),
            processes: u64::from(!stream),
            processes_critical: critical,
            processes_warning: warning,
            processes_without_verdict: verdict(Verdict::NoVerdict),
            processes_approximate: u64::from(row.approximate == Some(true)),
            causes: Vec::from_iter(row.cause.map(|cause| CauseCount {
                cause,
                processes: 1,
                critical,
                warning,
            })),
            rules: rules.collect(),
            allocation_processes: u64::from(row.allocation_low_bytes.is_some()),
            labels: row.labels,
            bucket: row.bucket,
            files: row.files,
            bytes: row.bytes,
            lines: row.lines,
            gc_lines_intact: row.gc_lines_intact,
            gc_lines_repaired: row.gc_lines_repaired,
            gc_lines_damaged: row.gc_lines_damaged,
            gc_lines_duplicate: row.gc_lines_duplicate,
            gc_lines_legacy: row.gc_lines_legacy,
            gomaxprocs_min: row.gomaxprocs_min,
            gomaxprocs_max: row.gomaxprocs_max,
            cycles: row.cycles,
            cycles_missing: row.cycles_missing,
            forced_cycles: row.forced_cycles,
            periodic_cycles: row.periodic_cycles,
            repaired_cycles: row.repaired_cycles,
            span_ms: row.span_ms,
            cpu_capacity_ms: row.cpu_capacity_ms,
            pause_sum_us: row.pause_sum_us,
            mark_sum_us: row.mark_sum_us,
            stop_cpu_us: row.stop_cpu_us,
            mark_assist_cpu_us: row.mark_assist_cpu_us,
            mark_background_cpu_us: row.mark_background_cpu_us,
            mark_idle_cpu_us: row.mark_idle_cpu_us,
            allocation_low_bytes: row.allocation_low_bytes,
            allocation_high_bytes: row.allocation_high_bytes,
            pause_max_ns: row.pause_max_ns,
            heap_live_max_bytes: row.heap_live_max_bytes,
            heap_goal_max_bytes: row.heap_goal_max_bytes,
            heap_live_sum_mib: row.heap_live_sum_mib,
            heap_goal_sum_mib: row.heap_goal_sum_mib,
            heap_goal_cycles: row.heap_goal_cycles,
            period_counts: row.period_counts,
            pause_counts: row.pause_counts,
            stop_counts: row.stop_counts,
            mark_counts: row.mark_counts,
            ..Self::default()
        }
    }
}

/// A figure of a merged row: its name, and how it is read and written.
struct Figure {
    name: &'static str,
    add: fn(u128, u128) -> u128,
    read: fn(&Merged) -> Option<u64>,
    write: fn(&mut Merged, u64),
}

const fn sum(a: u128, b: u128) -> u128 {
    a.saturating_add(b)
}

/// The figures by how they are combined; the first are always known.
macro_rules! figures {
    (count: $($count:ident)+, sum: $($sum:ident)+, min: $($min:ident)+, max: $($max:ident)+) => {
        [
            $(Figure { name: stringify!($count), add: sum, read: |row| Some(row.$count), write: |row, value| row.$count = value },)+
            $(Figure { name: stringify!($sum), add: sum, read: |row| row.$sum, write: |row, value| row.$sum = Some(value) },)+
            $(Figure { name: stringify!($min), add: Ord::min, read: |row| row.$min, write: |row, value| row.$min = Some(value) },)+
            $(Figure { name: stringify!($max), add: Ord::max, read: |row| row.$max, write: |row, value| row.$max = Some(value) },)+
        ]
    };
}

const FIGURES: &[Figure] = &figures!(
    count: streams streams_without_gc_lines streams_with_errors processes processes_critical processes_warning
        processes_without_verdict processes_approximate allocation_processes,
    sum: files bytes lines gc_lines_intact gc_lines_repaired gc_lines_damaged gc_lines_duplicate gc_lines_legacy
        cycles cycles_missing forced_cycles periodic_cycles repaired_cycles span_ms cpu_capacity_ms pause_sum_us mark_sum_us
        stop_cpu_us mark_assist_cpu_us mark_background_cpu_us mark_idle_cpu_us allocation_low_bytes allocation_high_bytes
        heap_live_sum_mib heap_goal_sum_mib heap_goal_cycles,
    min: gomaxprocs_min,
    max: gomaxprocs_max pause_max_ns heap_live_max_bytes heap_goal_max_bytes
);

/// Values with how often each was seen, without a bound on their number: no value is rounded.
type Tally = HashMap<u64, u128, FixedState>;

/// What the rows of a group add up to so far. In 128 bits nothing overflows.
struct Group {
    tool_versions: BTreeSet<String>,
    figures: [Option<u128>; FIGURES.len()],
    /// Processes, critical ones and warnings, by cause.
    causes: BTreeMap<String, [u128; 3]>,
    /// The same by rule and unit, with the worst value.
    rules: BTreeMap<(String, String), ([u128; 3], f64)>,
    /// Of periods, pauses, stops and marks.
    counts: [Tally; 4],
}

impl Default for Group {
    fn default() -> Self {
        Self {
            tool_versions: BTreeSet::new(),
            figures: [None; FIGURES.len()],
            causes: BTreeMap::new(),
            rules: BTreeMap::new(),
            counts: Default::default(),
        }
    }
}

/// Adds rows up by their labels.
pub struct Merge {
    by: Vec<String>,
    /// Those of `by` that no row had yet.
    unknown: Vec<String>,
    groups: BTreeMap<(Labels, Option<String>), Group>,
}

impl Merge {
    /// No row yet. Rows with the same values of the labels `by` become one; without any, all do.
    #[must_use]
    pub fn new(by: &[String]) -> Self {
        Self {
            by: by.to_vec(),
            unknown: by.to_vec(),
            groups: BTreeMap::new(),
        }
    }

    /// Takes in a row, or a merged one.
    ///
    /// # Errors
    /// A number that is not one.
    pub fn add(&mut self, row: impl Into<Merged>) -> Result<(), Error> {
        let mut row = row.into();
        if let Some(rule) = row.rules.iter().find(|rule| !rule.worst.is_finite()) {
            return Err(Error::Usage(format!(
                "the value of {} is {}, not a number",
                rule.rule, rule.worst
            )));
        }
        self.unknown.retain(|name| !row.labels.contains_key(name));
        let labels = std::mem::take(&mut row.labels).into_iter();
        let labels = labels.filter(|(name, _)| self.by.contains(name)).collect();
        let group = self.groups.entry((labels, row.bucket.take())).or_default();
        group.add(row);
        Ok(())
    }

    /// Labels to merge by that no row had.
    #[must_use]
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// The groups, sorted by their labels.
    ///
    /// # Errors
    /// A sum beyond 9223372036854775807: that is more than 64-bit integers of JSON readers and engines hold.
    pub fn finish(self) -> Result<Vec<Merged>, Error> {
        let groups = self.groups.into_iter();
        groups
            .map(|((labels, bucket), group)| {
                group
                    .finish(Merged {
                        labels: labels.clone(),
                        bucket,
                        ..Merged::default()
                    })
                    .map_err(|name| {
                        Error::Usage(format!(
                            "{name} of the group {labels:?} is beyond {}: merge by more labels (--by), or fewer rows",
                            i64::MAX
                        ))
                    })
            })
            .collect()
    }
}

/// Rows merged by labels: see [`Merge`].
///
/// # Errors
/// Those of [`Merge::add`] and [`Merge::finish`].
pub fn merge(by: &[String], rows: impl IntoIterator<Item = Line>) -> Result<Vec<Merged>, Error> {
    let mut merge = Merge::new(by);
    for row in rows {
        merge.add(row)?;
    }
    merge.finish()
}

impl Group {
    fn add(&mut self, row: Merged) {
        for (figure, total) in FIGURES.iter().zip(&mut self.figures) {
            if let Some(value) = (figure.read)(&row).map(u128::from) {
                *total = Some(total.map_or(value, |total| (figure.add)(total, value)));
            }
        }
        self.tool_versions.extend(row.tool_versions);
        for cause in row.causes {
            let counts = self.causes.entry(cause.cause).or_default();
            add(counts, [cause.processes, cause.critical, cause.warning]);
        }
        for rule in row.rules {
            let key = (rule.rule, rule.unit);
            let (counts, worst) = self.rules.entry(key).or_insert(([0; 3], f64::NEG_INFINITY));
            add(counts, [rule.processes, rule.critical, rule.warning]);
            if rule.worst.total_cmp(worst).is_gt() {
                *worst = rule.worst;
            }
        }
        let counts = [
            row.period_counts,
            row.pause_counts,
            row.stop_counts,
            row.mark_counts,
        ];
        for (tally, counts) in self.counts.iter_mut().zip(counts) {
            for Count { value_ns, count } in counts {
                *tally.entry(value_ns).or_default() += u128::from(count);
            }
        }
    }

    /// Writes the sums to `row`; or the name of one that is too large.
    fn finish(self, mut row: Merged) -> Result<Merged, &'static str> {
        for (figure, total) in FIGURES.iter().zip(self.figures) {
            if let Some(total) = total {
                (figure.write)(&mut row, fit(figure.name, total)?);
            }
        }
        row.tool_versions = self.tool_versions.into_iter().collect();
        for (cause, counts) in self.causes {
            let [processes, critical, warning] = fit_all("causes", counts)?;
            row.causes.push(CauseCount {
                cause,
                processes,
                critical,
                warning,
            });
        }
        for ((rule, unit), (counts, worst)) in self.rules {
            let [processes, critical, warning] = fit_all("rules", counts)?;
            row.rules.push(RuleCount {
                rule,
                unit,
                processes,
                critical,
                warning,
                worst,
            });
        }
        let [period, pause, stop, mark] = self.counts;
        (row.period_ns, row.period_counts) = ranked("period_counts", period)?;
        (row.pause_ns, row.pause_counts) = ranked("pause_counts", pause)?;
        (row.stop_ns, row.stop_counts) = ranked("stop_counts", stop)?;
        (row.mark_ns, row.mark_counts) = ranked("mark_counts", mark)?;
        Ok(row)
    }
}

fn add(counts: &mut [u128; 3], more: [u64; 3]) {
    for (count, more) in counts.iter_mut().zip(more) {
        *count += u128::from(more);
    }
}

/// A number as it is written: up to 2^63 - 1, which signed 64-bit integers hold.
pub(super) fn fit(name: &'static str, value: u128) -> Result<u64, &'static str> {
    i64::try_from(value)
        .map(i64::unsigned_abs)
        .map_err(|_| name)
}

fn fit_all(name: &'static str, values: [u128; 3]) -> Result<[u64; 3], &'static str> {
    let [a, b, c] = values;
    Ok([fit(name, a)?, fit(name, b)?, fit(name, c)?])
}

/// The values in order with their quantiles.
fn ranked(
    name: &'static str,
    tally: Tally,
) -> Result<(Option<Quantiles>, Vec<Count>), &'static str> {
    fit(name, tally.values().sum())?;
    let mut values = Vec::with_capacity(tally.len());
    for (value, count) in tally {
        values.push((fit(name, value.into())?, fit(name, count)?));
    }
    values.sort_unstable();
    Ok((quantiles(&values), values.into_iter().map(count).collect()))
}

fn count((value_ns, count): Counted) -> Count {
    Count { value_ns, count }
}

fn quantiles(values: &[Counted]) -> Option<Quantiles> {
    let ranked = Ranked::of(values);
    Some(Quantiles {
        count: ranked.count(),
        min: values.first()?.0,
        p50: ranked.quantile(500),
        p90: ranked.quantile(900),
        p99: ranked.quantile(990),
        p999: ranked.quantile(999),
        max: ranked.max(),
    })
}
