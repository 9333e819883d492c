//! The report of a fleet: rows in, in any order; coverage, groups, offenders and the comparison of two versions out.
//!
//! Rows are added up as they come, by group, by service and version, and by run. A run keeps sums alone, so that memory grows with the
//! runs and not with their cycles.

mod evidence;
mod sums;
mod versions;

use std::collections::{BTreeMap, BTreeSet};

use self::sums::{Sums, coverage};
use super::merge::{Line, Merge};
use super::merged::Merged;
use super::row::{Labels, Record};
use crate::error::Error;
use crate::report::fleet::{Fleet, Group, Offender, Silent, Unread};

/// Streams with errors, streams without gc lines and values of a label that are named.
const NAMED: usize = 10;

/// The label that makes a run where the user names none.
const POD: &str = "pod";

/// What is asked of a fleet.
#[derive(Debug, Clone, Default)]
pub struct ReportOptions {
    /// The labels that groups are by.
    pub by: Vec<String>,
    /// The labels that make a run; without any `pod`, and where a row has none its stream.
    pub run: Vec<String>,
    /// Groups and offenders that are listed; 0 for all.
    pub top: usize,
    /// The versions to compare.
    pub compare: Option<Compared>,
}

/// Two values of a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The label.
    pub label: String,
    /// Its value before and after.
    pub values: [String; 2],
}

impl ReportOptions {
    /// The labels of a service: those of the groups but for the compared one.
    fn family(&self) -> Vec<String> {
        let mut names = self.by.clone();
        names.retain(|name| Some(name) != self.compare.as_ref().map(|compared| &compared.label));
        names
    }

    /// The version that a row is of: 0 before, 1 after; `None` where it is of neither.
    fn side(&self, labels: &Labels) -> Option<usize> {
        let compared = self.compare.as_ref()?;
        let value = labels.get(&compared.label)?;
        compared.values.iter().position(|known| known == value)
    }
}

/// What identifies a run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct RunKey {
    labels: Vec<(String, String)>,
    /// Log and prefix, where a stream is the run.
    stream: Option<(String, Option<String>)>,
}

/// A run, so far.
#[derive(Debug, Default)]
struct Run {
    sums: Sums,
    /// The version that it is of.
    side: Option<usize>,
    /// The log of its most expensive process, and how expensive that is, us.
    source: Option<(u128, String)>,
}

/// Takes in rows, and reports at their end.
pub struct Reporter {
    options: ReportOptions,
    total: Merge,
    groups: Merge,
    /// By service, before and after.
    sides: [Merge; 2],
    runs: BTreeMap<RunKey, Run>,
    errors: BTreeSet<Unread>,
    silent: BTreeSet<Silent>,
    /// Values of the compared label that are neither the one nor the other.
    other_values: BTreeSet<String>,
    /// Processes that are in neither version.
    other_processes: u64,
    /// Processes in one of the versions whose run is known by its labels, and by its stream.
    named: [u64; 2],
    /// Rows of buckets.
    buckets: u64,
}

impl Reporter {
    /// No row yet.
    #[must_use]
    pub fn new(options: ReportOptions) -> Self {
        let family = options.family();
        Self {
            total: Merge::new(&[]),
            groups: Merge::new(&options.by),
            sides: [Merge::new(&family), Merge::new(&family)],
            options,
            runs: BTreeMap::new(),
            errors: BTreeSet::new(),
            silent: BTreeSet::new(),
            other_values: BTreeSet::new(),
            other_processes: 0,
            named: [0; 2],
            buckets: 0,
        }
    }

    /// Takes in a row, or a merged one.
    ///
    /// # Errors
    /// A merged row without the labels of a run, or any row without those that the user named, where versions are compared; a number
    /// that is not one.
    pub fn add(&mut self, line: Line) -> Result<(), String> {
        let stream = match &line {
            Line::Row(row) => {
                if row.record == Record::Stream && row.error.is_some() {
                    let error = row.error.clone().unwrap_or_default();
                    let (source, labels) = (row.source.clone(), row.labels.clone());
                    first(
                        &mut self.errors,
                        Unread {
                            source,
                            labels,
                            error,
                        },
                    );
                }
                Some((row.source.clone(), row.stream.clone()))
            }
            Line::Merged(_) => None,
        };
        let mut row = Merged::from(line);
        if row.bucket.is_some() {
            self.buckets += 1;
            return Ok(());
        }
        if let Some((source, _)) = &stream
            && row.streams_without_gc_lines > 0
        {
            let (source, labels) = (source.clone(), row.labels.clone());
            first(&mut self.silent, Silent { source, labels });
        }
        // Of all counts only those of pauses are reported.
        row.period_counts = Vec::new();
        row.stop_counts = Vec::new();
        row.mark_counts = Vec::new();
        let side = self.options.side(&row.labels);
        if row.processes > 0 {
            self.add_run(&row, stream, side)?;
        }
        let text = |error: Error| error.to_string();
        if let Some(side) = side {
            self.sides[side].add(row.clone()).map_err(text)?;
        }
        self.groups.add(row.clone()).map_err(text)?;
        row.pause_counts = Vec::new();
        self.total.add(row).map_err(text)
    }

    fn add_run(
        &mut self,
        row: &Merged,
        stream: Option<(String, Option<String>)>,
        side: Option<usize>,
    ) -> Result<(), String> {
        if let Some(compared) = self.options.compare.as_ref().filter(|_| side.is_none()) {
            self.other_processes += row.processes;
            if let Some(value) = row.labels.get(&compared.label) {
                first(&mut self.other_values, value.clone());
            }
        }
        let key = self.key(row, &stream, side)?;
        if side.is_some() {
            self.named[usize::from(key.stream.is_some())] += row.processes;
        }
        let run = self.runs.entry(key).or_default();
        run.side = side;
        let cost = Sums::of(row);
        if let Some((source, _)) = stream
            && run
                .source
                .as_ref()
                .is_none_or(|(most, known)| (cost.gc_cpu_us, &source).cmp(&(*most, known)).is_gt())
        {
            run.source = Some((cost.gc_cpu_us, source));
        }
        run.sums.add(cost);
        Ok(())
    }

    /// The run that a row is of.
    fn key(
        &self,
        row: &Merged,
        stream: &Option<(String, Option<String>)>,
        side: Option<usize>,
    ) -> Result<RunKey, String> {
        let ReportOptions {
            by, run, compare, ..
        } = &self.options;
        let label = compare.as_ref().map(|compared| &compared.label);
        let pod = [POD.to_owned()];
        let names = if run.is_empty() { &pod[..] } else { run };
        let lacking = names.iter().find(|name| !row.labels.contains_key(*name));
        let Some(lacking) = lacking else {
            let of_run =
                |name: &String| by.contains(name) || names.contains(name) || Some(name) == label;
            let labels = row.labels.iter().filter(|(name, _)| of_run(name));
            return Ok(RunKey {
                labels: labels.map(|(k, v)| (k.clone(), v.clone())).collect(),
                stream: None,
            });
        };
        if side.is_some() && stream.is_none() {
            let mut needed: Vec<&str> = by.iter().chain(label).map(String::as_str).collect();
            needed.extend(names.iter().map(String::as_str));
            let mut known = BTreeSet::new();
            needed.retain(|name| known.insert(*name));
            return Err(format!(
                "it is merged over `{lacking}`, and the runs in it cannot be told apart any more: compare the rows of `fleet scan`, or merge by the runs: fleet merge --by {}",
                needed.join(",")
            ));
        }
        if side.is_some() && !run.is_empty() {
            return Err(format!(
                "it has no label `{lacking}` of --run: name labels that every row of both versions has"
            ));
        }
        let labels = row.labels.iter();
        Ok(RunKey {
            labels: labels.map(|(k, v)| (k.clone(), v.clone())).collect(),
            stream: stream.clone(),
        })
    }

    /// The report. The exit status is left at 0: it is the caller's to give.
    ///
    /// # Errors
    /// A sum beyond 9223372036854775807.
    pub fn finish(self) -> Result<Fleet, Error> {
        let mut warnings = self.warnings();
        let Self {
            options,
            runs,
            named,
            ..
        } = self;
        let top = if options.top == 0 {
            usize::MAX
        } else {
            options.top
        };
        let total = self.total.finish()?.pop().unwrap_or_default();
        if total.tool_versions.len() > 1 {
            warnings.push(format!(
                "rows of several versions of gcpressure ({}) are added up: their verdicts may follow other rules",
                total.tool_versions.join(", ")
            ));
        }
        if total.processes_approximate > 0 {
            warnings.push(format!(
                "{} of {} processes were told apart by number, clock and heap alone: lines could have been another process's",
                total.processes_approximate, total.processes
            ));
        }
        let all = Sums::of(&total).gc_cpu_us;
        let mut groups: Vec<Group> = self
            .groups
            .finish()?
            .iter()
            .map(|row| group(row, all))
            .collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.figures.gc_cpu_us));
        let groups_omitted = groups.len().saturating_sub(top) as u64;
        groups.truncate(top);

        let [base, new] = self.sides;
        let comparison = match &options.compare {
            Some(compared) => {
                let sides = [base.finish()?, new.finish()?];
                let run = match (&options.run[..], named) {
                    ([], [0, _]) => Vec::new(),
                    ([], _) => vec![POD.to_owned()],
                    (run, _) => run.to_vec(),
                };
                let of = versions::Versions {
                    compared,
                    family: options.family(),
                    run,
                    sides,
                    runs: &runs,
                };
                Some(of.compare(&self.other_values))
            }
            None => None,
        };
        let mut offenders: Vec<(RunKey, Run)> = runs.into_iter().collect();
        offenders.retain(|(_, run)| run.sums.processes_critical + run.sums.processes_warning > 0);
        offenders.sort_by_key(|(_, run)| std::cmp::Reverse(run.sums.gc_cpu_us));
        let offenders_omitted = offenders.len().saturating_sub(top) as u64;
        let offenders = offenders.into_iter().take(top).map(|(key, run)| Offender {
            labels: key.labels.into_iter().collect(),
            source: run.source.map(|(_, source)| source),
            figures: run.sums.figures(),
        });
        Ok(Fleet {
            exit_status: 0,
            by: options.by,
            coverage: coverage(&total),
            errors: self.errors.into_iter().collect(),
            silent: self.silent.into_iter().collect(),
            total: Sums::of(&total).figures(),
            groups,
            groups_omitted,
            offenders: offenders.collect(),
            offenders_omitted,
            comparison,
            warnings,
        })
    }

    fn warnings(&self) -> Vec<String> {
        let some = !self.runs.is_empty() || !self.silent.is_empty();
        let unknown = self.groups.unknown().iter().filter(|_| some);
        let mut warnings: Vec<_> = unknown
            .map(|name| format!("no row has the label `{name}` of --by"))
            .collect();
        if self.buckets > 0 {
            warnings.push(format!(
                "rows of buckets are left out, as they are parts of the rows of whole processes: {}",
                self.buckets
            ));
        }
        if let Some(compared) = &self.options.compare {
            if self.other_processes > 0 {
                let others: Vec<_> = self.other_values.iter().map(String::as_str).collect();
                let values = match others.is_empty() {
                    true => String::new(),
                    false => format!(" or with another value ({})", others.join(", ")),
                };
                warnings.push(format!(
                    "processes without the label `{}`{values} are left out of the comparison: {}",
                    compared.label, self.other_processes
                ));
            }
            if self.named[0] > 0 && self.named[1] > 0 {
                warnings.push(format!(
                    "of processes without the label `{POD}` each stream counts as a run: {}",
                    self.named[1]
                ));
            }
        }
        warnings
    }
}

/// Keeps the first by order, so that the order of the rows does not matter.
fn first<T: Ord>(known: &mut BTreeSet<T>, one: T) {
    known.insert(one);
    if known.len() > NAMED {
        known.pop_last();
    }
}

fn group(row: &Merged, all: u128) -> Group {
    let sums = Sums::of(row);
    Group {
        labels: row.labels.clone(),
        coverage: coverage(row),
        share_ratio: (all > 0).then(|| sums.gc_cpu_us as f64 / all as f64),
        figures: sums.figures(),
        pause_p99_ns: row.pause_ns.map(|pause| pause.p99),
    }
}

/// The JSON Schema of a report.
#[cfg(feature = "schema")]
pub fn report_schema() -> schemars::Schema {
    crate::report::schema::<Fleet>()
}

#[cfg(test)]
mod tests;
