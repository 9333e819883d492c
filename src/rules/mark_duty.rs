//! Marking nearly all the time.

use super::{Crossing, Judged, Reading, Thresholds, Told, View, advice, rule};
use crate::units::{Unit, percent};

rule! {
    /// The share of time in which marking is on. Warning from 30 %, critical from 60 %.
    ///
    /// Why: while marking is on, every pointer write goes through a barrier, a quarter of the CPUs mark, and allocation may
    /// have to assist. Near 100 % a cycle starts as soon as the one before has ended.
    ///
    /// Measured over the same cycles as gc-cpu. Needs 4 cycles over 5 s, and GC CPU of at least 5 %: with one P, and on
    /// a starved host, marking is stretched over time without costing much, and that is no pressure.
    ///
    /// What to do: a smaller live heap with fewer pointers marks faster; GOGC spaces cycles further apart.
    id: "mark-duty",
    summary: "marking is on nearly all the time",
    unit: Unit::Ratio,
    info: None,
    warning: Some(0.30),
    critical: Some(0.60),
    evidence: "4 cycles over 5 s; GC CPU of at least 5 %",
    judged: Judged::Windows,
    judge: judge,
    tell: tell,
}

fn judge(view: &View<'_>, thresholds: &Thresholds) -> Reading {
    let reach = &view.window.reach;
    match (reach.wall_ratio(|mark| mark.mark_ns), view.gc_cpu_floor()) {
        (Some(value), Some(cpu)) if view.window.reach_cycles >= 4 && reach.seconds() >= 5.0 => {
            if cpu >= 0.05 {
                Reading::graded(value, thresholds)
            } else {
                Reading::quiet(value)
            }
        }
        _ => Reading::NoEvidence,
    }
}

fn tell(view: &View<'_>, crossing: &Crossing) -> Told {
    let cpu = view.gc_cpu_floor().unwrap_or(0.0);
    Told {
        message: format!(
            "marking is on {} of the time (threshold {}) and collecting takes {} of the CPU: write barriers and assists slow the program for as long",
            percent(crossing.value),
            percent(crossing.threshold),
            percent(cpu),
        ),
        advice: vec![
            advice::GOGC.to_owned(),
            "mark less: a smaller live heap with fewer pointers (go tool pprof -sample_index=inuse_objects http://HOST/debug/pprof/heap)".to_owned(),
            advice::ALLOCATIONS.to_owned(),
        ],
        evidence: vec![
            ("gc_cpu_ratio", cpu),
            ("cycles", view.window.reach_cycles as f64),
        ],
    }
}
