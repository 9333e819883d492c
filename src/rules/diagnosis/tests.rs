//! Each cause: a process that shows it, and one like it that does not.
#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use super::*;
use crate::measure::testing::MS;
use crate::rules::tests::{Case as Process, healthy};

/// Live heap and goal, what marking takes of 4 CPUs, and how often.
fn filled(live: u64, goal: u64, percent: u64, period_ms: u64) -> Process {
    healthy(20_000 / period_ms, period_ms).each(move |_, cycle| {
        (cycle.heap_live_mib, cycle.heap_goal_mib) = (live, goal);
        (cycle.heap_start_mib, cycle.heap_end_mib) = (goal - 2, goal);
        cycle.mark_background_cpu_ns = 4 * period_ms * percent * MS / 100;
    })
}

/// Stops of that many ms in every `nth` cycle.
fn stopped(nth: u64, ms: u64) -> Process {
    healthy(60, 1_000).each(move |number, cycle| {
        if number % nth == 0 {
            cycle.sweep_termination_ns = ms * MS;
            cycle.sweep_termination_cpu_ns = 4 * ms * MS;
        }
    })
}

#[test]
fn a_memory_limit_that_is_full() {
    let full = filled(98, 100, 20, 100);
    assert_eq!(full.cause(), Some(Cause::MemoryLimit));
    let analysis = full.analyze();
    let found = analysis.diagnosis.unwrap();
    assert_eq!(found.severity, Severity::Critical);
    assert!(
        found.message.starts_with(
            "the memory limit leaves no room: the live heap fills 98% of its goal of 100MiB; GC takes"
        ),
        "{}",
        found.message
    );
    assert!(
        found.advice[1].contains("GOGC cannot help"),
        "{:?}",
        found.advice
    );
    assert_eq!(analysis.findings[0].rule, "low-headroom");
    let stated = filled(90, 100, 20, 100).limited(120);
    assert_eq!(stated.cause(), Some(Cause::MemoryLimit), "stated and met");
    assert_ne!(
        filled(50, 100, 20, 100).cause(),
        Some(Cause::MemoryLimit),
        "room enough"
    );
}

#[test]
fn a_low_gogc() {
    let low = filled(90, 100, 8, 400);
    assert_eq!(low.cause(), Some(Cause::LowGogc));
    let message = low.analyze().diagnosis.unwrap().message;
    assert!(
        message.starts_with("GOGC is about 11, so a cycle starts each time"),
        "{message}"
    );
    assert_ne!(
        filled(50, 100, 12, 400).cause(),
        Some(Cause::LowGogc),
        "GOGC=100"
    );
    assert_eq!(
        filled(90, 100, 0, 20_000 / 6).cause(),
        None,
        "nothing is raised"
    );
}

#[test]
fn collections_that_the_program_forces() {
    let forced = || filled(50, 100, 5, 400).each(|_, cycle| cycle.forced = true);
    assert_eq!(forced().cause(), Some(Cause::ForcedCollections));
    let advice = forced().analyze().diagnosis.unwrap().advice;
    assert!(
        advice
            .iter()
            .any(|line| line.contains("GOGC changes nothing")),
        "{advice:?}"
    );
    assert_eq!(forced().in_harness().cause(), None, "a benchmark does");
    let some = filled(50, 100, 5, 400).each(|number, cycle| cycle.forced = number % 5 == 0);
    assert_eq!(some.cause(), None, "a fifth of the cycles");
}

#[test]
fn a_program_that_waits_for_a_cpu() {
    let host = stopped(5, 40);
    assert_eq!(host.cause(), Some(Cause::CpuStarvation));
    let message = host.analyze().diagnosis.unwrap().message;
    assert!(
        message.starts_with("not GC: the program waits for a CPU (stops up to 40"),
        "{message}"
    );
    let busy = stopped(5, 40).each(|_, cycle| cycle.mark_background_cpu_ns = 600 * MS);
    assert_ne!(
        busy.cause(),
        Some(Cause::CpuStarvation),
        "GC takes 15 % of the CPU"
    );
    let quota = healthy(60, 1_000).stated(|settings| settings.cpus_milli = Some(500));
    assert_eq!(quota.cause(), Some(Cause::CpuStarvation), "--cpus 0.5");
}

#[test]
fn a_small_heap() {
    let small = |live: u64| {
        healthy(1_000, 20).each(move |_, cycle| {
            (cycle.heap_live_mib, cycle.heap_goal_mib) = (live, 2 * live.max(2));
        })
    };
    assert_eq!(small(1).cause(), Some(Cause::SmallHeap));
    assert_ne!(small(30).cause(), Some(Cause::SmallHeap));
    let cheap = small(1).each(|_, cycle| {
        (cycle.sweep_termination_ns, cycle.sweep_termination_cpu_ns) = (5_000, 20_000);
        (cycle.mark_termination_ns, cycle.mark_termination_cpu_ns) = (2_000, 8_000);
        (cycle.mark_assist_cpu_ns, cycle.mark_background_cpu_ns) = (0, 150_000);
    });
    let message = cheap.analyze().diagnosis.unwrap().message;
    assert!(
        message.starts_with("frequent but cheap: 50 GC cycles a second take 0."),
        "{message}"
    );
}

#[test]
fn allocation_in_bursts() {
    let bursts = |percent: u64| {
        filled(20, 40, percent, 500).each(|number, cycle| {
            cycle.heap_goal_mib = if number % 4 < 2 { 40 } else { 160 };
        })
    };
    assert_eq!(bursts(3).cause(), Some(Cause::AllocationBursts));
    assert_ne!(
        bursts(14).cause(),
        Some(Cause::AllocationBursts),
        "GC CPU is raised"
    );
}

#[test]
fn a_large_live_heap() {
    assert_eq!(filled(500, 1_000, 14, 1_000).cause(), Some(Cause::LiveHeap));
    assert_eq!(
        filled(500, 1_000, 14, 100).cause(),
        Some(Cause::AllocationRate),
        "10/s"
    );
}

#[test]
fn a_program_that_allocates_a_lot() {
    let fast = filled(50, 100, 12, 50);
    assert_eq!(fast.cause(), Some(Cause::AllocationRate));
    let message = fast.analyze().diagnosis.unwrap().message;
    assert!(
        message.starts_with("the program allocates a lot: 20 GC cycles a second take 12"),
        "{message}"
    );
    assert_eq!(filled(50, 100, 2, 500).cause(), None);
}

#[test]
fn a_heap_that_keeps_growing() {
    let grows = |count: u64| {
        healthy(count, 5_000).each(|number, cycle| {
            cycle.heap_live_mib = 100 + number;
            cycle.heap_goal_mib = 200 + 2 * number;
        })
    };
    assert_eq!(grows(100).cause(), Some(Cause::HeapGrowth));
    let found = grows(40).analyze().diagnosis.unwrap();
    assert_eq!(
        (found.cause, found.severity),
        (Cause::HeapGrowth, Severity::Info),
        "200 s"
    );
    assert!(
        found
            .message
            .starts_with("the live heap keeps growing by 205KiB/s ("),
        "{}",
        found.message
    );
    assert_eq!(grows(22).cause(), None, "under two minutes");
}

#[test]
fn a_program_that_is_slow_to_stop() {
    let slow = stopped(1, 60);
    assert_eq!(slow.cause(), Some(Cause::SlowStops));
    assert_eq!(
        slow.analyze().diagnosis.unwrap().severity,
        Severity::Critical
    );
    assert_eq!(stopped(1, 2).cause(), None);
}

#[test]
fn what_explains_nothing_above_info_gives_way() {
    // All cycles are forced, which costs nothing; the heap keeps growing.
    let both = healthy(100, 5_000).each(|number, cycle| {
        cycle.heap_live_mib = 100 + number;
        cycle.heap_goal_mib = 200 + 2 * number;
        cycle.forced = true;
        (cycle.mark_background_cpu_ns, cycle.mark_assist_cpu_ns) = (MS, 0);
    });
    assert_eq!(both.cause(), Some(Cause::HeapGrowth));
}

#[test]
fn the_table_has_every_cause_in_order() {
    let causes: Vec<_> = table().iter().map(|row| row.cause).collect();
    assert_eq!(causes, Cause::ALL);
    for row in table() {
        assert_eq!(
            find(row.cause.name()).map(|found| found.cause),
            Some(row.cause)
        );
        for rule in row.explains {
            assert!(crate::rules::find(rule).is_some(), "{rule}");
        }
    }
}

#[test]
fn the_cause_of_the_worst_finding_comes_before_the_order_of_the_table() {
    let process = filled(90, 100, 8, 400).each(|_, cycle| {
        cycle.sweep_termination_ns = 60 * MS;
        cycle.sweep_termination_cpu_ns = 240 * MS;
    });
    let analysis = process.analyze();
    let found = analysis.diagnosis.unwrap();
    let explained = |rule: &str| found.explains.contains(&rule);
    assert_eq!(found.cause, Cause::SlowStops, "not the low GOGC above it");
    assert_eq!(found.severity, Severity::Critical);
    let other = analysis
        .findings
        .iter()
        .find(|finding| !explained(finding.rule));
    assert_eq!(other.unwrap().severity, Severity::Warning);
}
