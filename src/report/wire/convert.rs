//! The model as wire types, field by field: where the model moves, only this file follows.

use super::{
    DamagedLine, Distribution, Episode, Finding, GcLines, Input, Interval, MinMax, Mmu, Number,
    PauseCount, PeakWindow, Period, Process, REPORT_SCHEMA, Report, Rule, RuleState, Severity,
    Size, Source, TimelinePoint, Tool, Verdict,
};
use crate::report as model;
use crate::settings;

impl<'a> From<&'a model::Report> for Report<'a> {
    fn from(report: &'a model::Report) -> Self {
        let (verdict, no_verdict_reason) = match &report.verdict {
            model::Verdict::Pass => (Verdict::Pass, None),
            model::Verdict::Warning => (Verdict::Warning, None),
            model::Verdict::Critical => (Verdict::Critical, None),
            model::Verdict::NoVerdict(reason) => (Verdict::NoVerdict, Some(reason.as_str())),
        };
        Self {
            schema: REPORT_SCHEMA,
            tool: Tool::this(),
            verdict,
            no_verdict_reason,
            exit_status: report.exit_status,
            input: (&report.input).into(),
            processes_omitted: report.processes_omitted,
            processes: report.processes.iter().map(Into::into).collect(),
            findings: report.findings.iter().map(Into::into).collect(),
            rules: report.rules.iter().map(Into::into).collect(),
            warnings: &report.warnings,
            causes: report.causes.as_ref().map(Into::into),
        }
    }
}

impl<'a> From<&'a model::Input> for Input<'a> {
    fn from(input: &'a model::Input) -> Self {
        let damaged_line = |line: &'a model::DamagedLine| DamagedLine {
            source: input
                .sources
                .get(line.source)
                .map_or("", |source| &source.name),
            line: line.line,
            reason: &line.why,
            text: &line.text,
        };
        Self {
            sources: input
                .sources
                .iter()
                .map(|source| Source {
                    name: &source.name,
                    bytes: source.bytes,
                    lines: source.lines,
                    joined: source.joined,
                })
                .collect(),
            unreadable: &input.unreadable,
            gc_lines: GcLines {
                intact: input.intact,
                repaired: input.repaired,
                damaged: input.damaged,
                duplicate: input.duplicate,
                quoted: input.quoted,
            },
            legacy_gc_lines: input.legacy_gc_lines,
            other_lines: input.other_lines,
            overlong_lines: input.overlong_lines,
            scavenger_lines: input.scavenger_lines,
            pacer_lines: input.pacer_lines,
            forced_notices: input.forced_notices,
            damaged_lines: input.damaged_at.iter().map(damaged_line).collect(),
            newest_first: input.newest_first,
        }
    }
}

impl<'a> From<&'a model::Process> for Process<'a> {
    fn from(process: &'a model::Process) -> Self {
        let measures = &process.measures;
        let [ms1, ms10, ms100, s1] = measures.mmu;
        let period = measures.period;
        let sums_given = !measures.sums_withheld;
        let ratio = |sum: f64| sums_given.then_some(sum);
        let bytes = |sum: u64| sums_given.then_some(sum);
        let gc_cpu = |ratio: f64| (!measures.gc_cpu_withheld).then_some(ratio);
        Self {
            id: &process.id,
            source: &process.source,
            stream: process.stream.as_deref(),
            approximate: process.approximate,
            format: process.format,
            first_cycle: process.first_cycle,
            last_cycle: process.last_cycle,
            cycles_seen: process.cycles_seen,
            cycles_missing: process.cycles_missing,
            forced_cycles: process.forced_cycles,
            periodic_cycles: process.periodic_cycles,
            started_ns: measures.started_ns,
            duration_ns: measures.duration_ns,
            gomaxprocs: MinMax {
                min: measures.gomaxprocs.0,
                max: measures.gomaxprocs.1,
            },
            gc_frequency_per_second: measures.gc_frequency_per_second,
            period_ns: Period {
                count: period.count,
                min: period.min,
                p50: period.p50,
                p90: period.p90,
                p99: period.p99,
                max: period.max,
                mean: measures.period_mean_ns,
            },
            pause_ns: measures.pause.into(),
            stop_ns: measures.stop.into(),
            concurrent_mark_ns: measures.concurrent_mark.into(),
            gc_cpu_ratio: gc_cpu(measures.gc_cpu_ratio),
            gc_cpu_ratio_low: gc_cpu(measures.gc_cpu_ratio_low),
            gc_cpu_ratio_high: gc_cpu(measures.gc_cpu_ratio_high),
            mark_assist_cpu_ratio: ratio(measures.mark_assist_cpu_ratio),
            mark_idle_cpu_ratio: ratio(measures.mark_idle_cpu_ratio),
            mark_duty_ratio: ratio(measures.mark_duty_ratio),
            stw_ratio: ratio(measures.stw_ratio),
            allocation_bytes: bytes(measures.allocation_bytes),
            allocation_bytes_per_second: ratio(measures.allocation_bytes_per_second),
            allocation_resolved: measures.allocation_resolved,
            live_heap_bytes: measures.live_heap.into(),
            heap_goal_bytes: measures.heap_goal.map(Into::into),
            heap_goal_churn_per_minute: measures.heap_goal_churn_per_minute,
            heap_goal_reversals: measures.heap_goal_reversals,
            mmu: Mmu {
                ms1,
                ms10,
                ms100,
                s1,
            },
            implied_gogc: measures
                .implied_gogc
                .map(|(low, high)| Interval { low, high }),
            peak_window: measures.peak_window.map(Into::into),
            timeline: measures.timeline.iter().map(Into::into).collect(),
            pause_histogram: measures
                .pause_histogram
                .iter()
                .map(|&(pause_ns, cycles)| PauseCount { pause_ns, cycles })
                .collect(),
            percentiles_exact: measures.percentiles_exact,
            sums_estimated: measures.sums_estimated,
            allocation_bytes_low: bytes(measures.allocation_bytes_low),
            allocation_bytes_high: bytes(measures.allocation_bytes_high),
            mark_assist_share_ratio: measures.mark_assist_share,
            headroom_use_p50_ratio: measures.headroom_use_p50,
            overshoot_ratio: measures.overshoot_ratio,
            min_heap_ratio: measures.min_heap_ratio,
            early_cycles: measures.early_cycles,
            gogc_changes: measures.gogc_changes,
            limit_regime: measures.limit_regime,
            cpus_seen: measures.cpus_seen,
            limiter_bucket_max_ratio: measures.limiter_bucket_max,
            live_trend_bytes_per_second: measures.live_trend_bytes_per_second,
            heap_goal_churn_cause: measures.goal_churn_cause,
        }
    }
}

impl From<model::Distribution> for Distribution {
    fn from(d: model::Distribution) -> Self {
        Self {
            count: d.count,
            min: d.min,
            p50: d.p50,
            p90: d.p90,
            p99: d.p99,
            p999: d.p999,
            max: d.max,
            sum: d.sum,
        }
    }
}

impl From<model::Size> for Size {
    fn from(size: model::Size) -> Self {
        Self {
            first: size.first,
            last: size.last,
            min: size.min,
            p50: size.p50,
            max: size.max,
        }
    }
}

impl From<model::PeakWindow> for PeakWindow {
    fn from(window: model::PeakWindow) -> Self {
        Self {
            start_ns: window.start_ns,
            end_ns: window.end_ns,
            cycles: window.cycles,
            gc_frequency_per_second: window.gc_frequency_per_second,
            pause_p99_ns: window.pause_p99_ns,
            gc_cpu_ratio: window.gc_cpu_ratio,
        }
    }
}

impl From<&model::TimelinePoint> for TimelinePoint {
    fn from(point: &model::TimelinePoint) -> Self {
        Self {
            start_ns: point.start_ns,
            end_ns: point.end_ns,
            cycles: point.cycles,
            gc_frequency_per_second: point.gc_frequency_per_second,
            pause_p50_ns: point.pause_p50_ns,
            pause_p99_ns: point.pause_p99_ns,
            pause_max_ns: point.pause_max_ns,
            stop_cpu_ratio: point.stop_cpu_ratio,
            mark_assist_cpu_ratio: point.assist_cpu_ratio,
            mark_background_cpu_ratio: point.background_cpu_ratio,
            mark_idle_cpu_ratio: point.idle_cpu_ratio,
            heap_start_max_bytes: point.heap_start_max_bytes,
            heap_end_max_bytes: point.heap_end_max_bytes,
            heap_live_min_bytes: point.heap_live_min_bytes,
            heap_live_max_bytes: point.heap_live_max_bytes,
            heap_goal_min_bytes: point.heap_goal_min_bytes,
            heap_goal_max_bytes: point.heap_goal_max_bytes,
            allocation_bytes_per_second: point.allocation_bytes_per_second,
        }
    }
}

impl<'a> From<&'a model::Finding> for Finding<'a> {
    fn from(finding: &'a model::Finding) -> Self {
        Self {
            rule: finding.rule,
            severity: finding.severity.into(),
            process: &finding.process,
            scope: finding.scope,
            measured: Number(finding.measured),
            threshold: Number(finding.threshold),
            unit: finding.unit,
            since_ns: finding.since_ns,
            until_ns: finding.until_ns,
            since_wall: finding.since_wall.as_deref(),
            until_wall: finding.until_wall.as_deref(),
            episodes: finding
                .episodes
                .iter()
                .map(|episode| Episode {
                    since_ns: episode.since_ns,
                    until_ns: episode.until_ns,
                    worst: Number(episode.worst),
                    severity: episode.severity.into(),
                })
                .collect(),
            active_ratio: finding.active_ratio,
            message: &finding.message,
            advice: &finding.advice,
            evidence: finding
                .evidence
                .iter()
                .map(|figure| (figure.name, Number(figure.value)))
                .collect(),
        }
    }
}

impl From<settings::Severity> for Severity {
    fn from(severity: settings::Severity) -> Self {
        match severity {
            settings::Severity::Info => Self::Info,
            settings::Severity::Warning => Self::Warning,
            settings::Severity::Critical => Self::Critical,
        }
    }
}

impl From<&model::RuleStatus> for Rule {
    fn from(rule: &model::RuleStatus) -> Self {
        Self {
            id: rule.id,
            status: match rule.status {
                model::RuleState::Off => RuleState::Off,
                model::RuleState::NoEvidence => RuleState::NoEvidence,
                model::RuleState::Quiet => RuleState::Quiet,
                model::RuleState::Raised => RuleState::Raised,
            },
            worst: rule.worst.map(Number),
            unit: rule.unit,
            warning: rule.warning.map(Number),
            critical: rule.critical.map(Number),
        }
    }
}
