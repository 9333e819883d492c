#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use proptest::prelude::*;

use super::*;
use crate::measure::testing::{MS, cycle, steady};
use crate::measure::{Known, Meter};
use crate::stats::Counts;
use crate::stats::ZigZag;
use crate::trace::cycle::GcCycle;
use crate::units::MICROSECOND;

/// A cycle with all that its window is computed from.
#[derive(Debug, Clone, Copy)]
struct Entry {
    cycle: GcCycle,
    step: Step,
    totals: Totals,
}

fn entries(cycles: &[GcCycle]) -> Vec<Entry> {
    let mut meter = Meter::new(Known::default());
    let entry = |cycle: &GcCycle| Entry {
        cycle: *cycle,
        step: meter.observe(cycle.into()),
        totals: *meter.totals(),
    };
    cycles.iter().map(entry).collect()
}

fn median(mut values: Vec<u64>) -> Option<u64> {
    values.sort_unstable();
    let rank = values.len().div_ceil(2);
    values.get(rank.checked_sub(1)?).copied()
}

/// Those of the cycles that ended from `start` on.
fn since(seen: &[Entry], start: u64) -> &[Entry] {
    &seen[seen.partition_point(|entry| entry.totals.end_ns < start)..]
}

/// The window at `at` over the cycles `inside` of those that were `seen`, computed from nothing but their list.
fn check(window: &Window<'_>, seen: &[Entry], inside: &[Entry], warm: u64, at: u64) {
    let end = |entry: &&Entry| entry.totals.end_ns;
    let inside: Vec<&Entry> = inside.iter().collect();
    assert_eq!(window.tally.cycles, inside.len() as u64, "cycles at {at}");
    if let (Some(first), Some(last)) = (inside.first(), inside.last()) {
        assert_eq!(window.interval.to, &last.totals);
        // The totals before the first cycle, unless the one before it is missing.
        let linked = window.interval.from.number + 1 == first.totals.number;
        assert!(linked || window.interval.from == &first.totals);
        let sums = inside.iter().skip(usize::from(!linked));
        let sum: u64 = sums.map(|e| e.cycle.pause_ns()).sum();
        let from = window.start_ns.max(window.interval.from.end_ns);
        assert_eq!(window.interval.looked_ns, at.saturating_sub(from));
        assert_eq!(
            window.interval.to.stop_ns - window.interval.from.stop_ns,
            sum
        );
    }
    let count = |what: fn(&Entry) -> bool| inside.iter().filter(|e| what(e)).count() as u64;
    assert_eq!(window.tally.forced, count(|e| e.cycle.forced));
    assert_eq!(window.tally.min_heap, count(|e| e.step.min_heap));
    assert_eq!(window.tally.overshoots, count(|e| e.step.overshoots));

    let mut pauses: Vec<u64> = inside.iter().map(|e| e.cycle.pause_ns()).collect();
    pauses.sort_unstable();
    for per_mille in [500, 900, 990] {
        let rank = (pauses.len() * per_mille).div_ceil(1000);
        let expected = rank.checked_sub(1).map_or(0, |rank| pauses[rank]);
        let per_mille = u32::try_from(per_mille).unwrap();
        assert_eq!(window.pauses.quantile(per_mille), expected);
    }

    let reach: Vec<&Entry> = if inside.len() >= REACH_CYCLES {
        inside
    } else {
        let oldest = warm.max(at.saturating_sub(REACH_NS));
        let last = &seen[seen.len().saturating_sub(REACH_CYCLES)..];
        last.iter().filter(|e| end(e) >= oldest).collect()
    };
    assert_eq!(window.reach_cycles, reach.len() as u64);
    let headroom = reach.iter().filter_map(|e| e.step.headroom_use).collect();
    assert_eq!(window.headroom_use, median(headroom));
}

/// What a run counts as a whole.
fn whole(entries: &[Entry]) -> (Counts<MICROSECOND>, Counts<1>) {
    let mut pauses = Counts::default();
    let mut headroom = Counts::default();
    for Entry { cycle, step, .. } in entries {
        pauses.record(cycle.pause_ns());
        step.headroom_use.iter().for_each(|v| headroom.record(*v));
    }
    (pauses, headroom)
}

/// The whole run from the end of the warm-up on.
fn check_run(panes: &Panes, entries: &[Entry], warm: u64, at: u64) {
    let (pauses, headroom) = whole(entries);
    let whole = Whole {
        pauses: &pauses,
        headroom: &headroom,
    };
    let mut pauses = Vec::new();
    let run = panes.run(at, Trust::default(), whole, &mut pauses);
    let all = since(entries, warm);
    let longest = all.iter().map(|e| e.cycle.pause_ns()).max().unwrap_or(0);
    assert_eq!(run.tally.cycles, all.len() as u64);
    assert_eq!(run.pauses.max(), longest);
    assert_eq!(run.pauses.count(), all.len() as u64);
    let headroom = all.iter().filter_map(|e| e.step.headroom_use).collect();
    if all.len() >= REACH_CYCLES {
        assert_eq!(run.headroom_use, median(headroom));
    }
    if let (Some(first), Some(last)) = (all.first(), all.last()) {
        let linked = run.interval.from.number + 1 == first.totals.number;
        assert!(linked || run.interval.from == &first.totals);
        assert_eq!(run.interval.to, &last.totals);
    }
}

fn cycles() -> impl Strategy<Value = Vec<GcCycle>> {
    let one = (
        prop_oneof![8 => 0_u64..300, 2 => 300_u64..8_000, 1 => 8_000_u64..90_000],
        0_u64..40,
        1_u64..60,
        1_u64..3,
        any::<bool>(),
    );
    prop::collection::vec(one, 1..120).prop_map(|steps| {
        let (mut at, mut number) = (0, 0);
        let make = |(gap, stop, live, step, forced): (u64, u64, u64, u64, bool)| {
            at += gap;
            number += step;
            let mut cycle = cycle(number, at);
            cycle.sweep_termination_ns = stop * 10_000;
            cycle.heap_live_mib = live;
            cycle.heap_goal_mib = if live < 8 { 4 } else { 2 * live };
            cycle.forced = forced;
            at += 6;
            cycle
        };
        steps.into_iter().map(make).collect()
    })
}

proptest! {
    #[test]
    fn windows_equal_a_naive_recomputation_at_every_hop(
        cycles in cycles(),
        window_ms in 1_u64..30_000,
        hop_ms in prop_oneof![Just(2_000_u64), 100_u64..9_000],
        warm_ms in prop::option::of(0_u64..20_000),
    ) {
        let length = Length::time(window_ms * MS, hop_ms * MS);
        let Length::Time { pane_ns, panes } = length else { unreachable!() };
        let warmup = warm_ms.map_or(Warmup::Adaptive, |ms| Warmup::Until(ms * MS));
        let entries = entries(&cycles);
        let mut panes_ = Panes::new(length, warmup);
        panes_.begin(0, entries[0].totals.end_ns);
        let mut boundary = (entries[0].totals.end_ns / pane_ns + 1) * pane_ns;
        for (seen, entry) in entries.iter().enumerate() {
            let end = entry.totals.end_ns;
            while let Some(at) = panes_.due(end) {
                prop_assert_eq!(at, boundary);
                let warm = warmup.end_ns(at);
                let start = at.saturating_sub(pane_ns * panes).max(warm);
                panes_.settle();
                let seen = &entries[..seen];
                check(&panes_.window(at, Trust::default()), seen, since(seen, start), warm, at);
                panes_.pass(at);
                boundary += pane_ns;
            }
            panes_.push((&entry.cycle).into(), &entry.step, &entry.totals, 0, None);
        }
        // The end of the stream: the window that is not full yet, and the whole run.
        let at = entries[entries.len() - 1].totals.end_ns;
        let warm = warmup.end_ns(at);
        let start = boundary.saturating_sub(pane_ns * panes).max(warm);
        panes_.settle();
        check(&panes_.window(at, Trust::default()), &entries, since(&entries, start), warm, at);
        check_run(&panes_, &entries, warm, at);
    }

    #[test]
    fn windows_of_cycles_leave_out_the_warm_up_and_nothing_else(
        cycles in cycles(),
        window in 1_u64..60,
        warm_ms in prop::option::of(0_u64..20_000),
    ) {
        let length = Length::cycles(window);
        let Length::Cycles { pane, panes } = length else { unreachable!() };
        let warmup = warm_ms.map_or(Warmup::Adaptive, |ms| Warmup::Until(ms * MS));
        let entries = entries(&cycles);
        let mut all = Panes::new(length, warmup);
        // Whole hops, but for the last one.
        let check_last = |all: &mut Panes, seen: &[Entry]| {
            let cycles = match seen.len() as u64 % pane {
                0 => pane * panes,
                begun => pane * (panes - 1) + begun,
            };
            let last = seen.len().saturating_sub(usize::try_from(cycles).unwrap());
            let at = seen[seen.len() - 1].totals.end_ns;
            let warm = warmup.end_ns(at);
            all.settle();
            check(&all.window(at, Trust::default()), seen, since(&seen[last..], warm), warm, at);
        };
        let mut closed = 0;
        for (seen, entry) in entries.iter().enumerate() {
            all.push((&entry.cycle).into(), &entry.step, &entry.totals, 0, None);
            prop_assert_eq!(all.full(), (seen as u64 + 1).is_multiple_of(pane));
            if all.full() {
                check_last(&mut all, &entries[..=seen]);
                closed += all.closing().iter().map(|pane| pane.tally.cycles).sum::<u64>();
                all.pass(entry.totals.end_ns);
            }
        }
        check_last(&mut all, &entries);
        closed += all.closing().iter().map(|pane| pane.tally.cycles).sum::<u64>();
        prop_assert_eq!(closed, entries.len() as u64, "each cycle closes once");
        let at = entries[entries.len() - 1].totals.end_ns;
        check_run(&all, &entries, warmup.end_ns(at), at);
        prop_assert_eq!(all.total().cycles, entries.len() as u64);
    }

    #[test]
    fn windows_of_cycles_hold_the_last_ones(count in 1_u64..400, window in 1_u64..100) {
        let length = Length::cycles(window);
        let Length::Cycles { pane, panes } = length else { unreachable!() };
        prop_assert!(pane * panes >= window && pane * panes < window + panes.max(5));
        let entries = entries(&steady(count, 50));
        let mut all = Panes::new(length, Warmup::Until(0));
        let mut evaluations = 0;
        for (seen, entry) in entries.iter().enumerate() {
            all.push((&entry.cycle).into(), &entry.step, &entry.totals, 0, None);
            if all.full() {
                let end = entry.totals.end_ns;
                all.settle();
                let window = all.window(end, Trust::default());
                let expected = (seen as u64 + 1).min(pane * panes);
                prop_assert_eq!(window.tally.cycles, expected);
                prop_assert_eq!(window.interval.to.number, entry.cycle.number);
                all.pass(end);
                evaluations += 1;
            }
        }
        prop_assert_eq!(evaluations, count / pane);
    }
}

#[test]
fn memory_does_not_depend_on_the_rate() {
    let slots = |period_us: u64| {
        let mut panes = Panes::new(Length::time(10_000 * MS, 2_000 * MS), Warmup::Until(0));
        let mut meter = Meter::new(Known::default());
        let mut number = 0;
        for at_us in (0..60_000_000).step_by(usize::try_from(period_us).unwrap()) {
            number += 1;
            let mut cycle = cycle(number, at_us / 1000);
            cycle.concurrent_mark_ns = 0;
            cycle.sweep_termination_ns = (number % 50) * 1_000;
            let step = meter.observe((&cycle).into());
            while let Some(at) = panes.due(meter.totals().end_ns) {
                panes.pass(at);
            }
            panes.push((&cycle).into(), &step, meter.totals(), 0, None);
        }
        panes.settle();
        let samples = |pane: &Pane| pane.pauses.values().len();
        let all = panes.panes.iter().map(|pane| samples(pane));
        all.max().unwrap()
    };
    assert_eq!(slots(500), 50);
    assert_eq!(slots(5_000), 50);
}

#[test]
fn memory_does_not_depend_on_the_rate_of_a_start_that_is_all_warm_up() {
    // A hundred thousand cycles in two seconds, in windows of one.
    let mut panes = Panes::new(Length::cycles(1), Warmup::Adaptive);
    let mut meter = Meter::new(Known::default());
    for number in 1..=100_000 {
        let cycle = cycle(number, number / 50);
        let step = meter.observe((&cycle).into());
        panes.push((&cycle).into(), &step, meter.totals(), 0, None);
        panes.pass(meter.totals().end_ns);
    }
    assert!(panes.held.len() <= 21, "{}", panes.held.len());
    assert!(panes.panes.len() <= 2, "{}", panes.panes.len());
    assert_eq!(panes.total().cycles, 100_000);
}

#[test]
fn a_long_silence_is_skipped_in_one_step() {
    let mut panes = Panes::new(Length::time(10_000 * MS, 2_000 * MS), Warmup::Until(0));
    panes.begin(0, 0);
    let year = 365 * 86_400_000 * MS;
    let hops = (year - 2_000 * MS) / (2_000 * MS);
    assert_eq!(panes.skip(year), (hops, hops * 2_000 * MS));
    assert!(panes.due(year).is_some_and(|at| at > year - 2_000 * MS));
}

#[test]
fn lengths_are_rounded_up() {
    let time = |window, hop| Length::time(window * MS, hop * MS);
    let of = |pane_ms, panes| Length::Time {
        pane_ns: pane_ms * MS,
        panes,
    };
    assert_eq!(time(10_000, 2_000), of(2_000, 5));
    assert_eq!(time(10_000, 3_000), of(3_000, 4));
    assert_eq!(time(1_000, 5_000), of(5_000, 1));
    // An hour by the second: longer panes rather than thousands of them.
    assert_eq!(time(3_600_000, 1_000), of(60_000, 60));
    assert_eq!(Length::cycles(200), Length::Cycles { pane: 40, panes: 5 });
    assert_eq!(Length::cycles(7), Length::Cycles { pane: 2, panes: 4 });
    assert_eq!(Length::cycles(0), Length::Cycles { pane: 1, panes: 1 });
}

#[test]
fn the_wall_clock_of_first_and_last_cycle_is_kept() {
    let entries = entries(&steady(300, 100));
    let mut panes = Panes::new(Length::time(10_000 * MS, 2_000 * MS), Warmup::Until(0));
    for entry in &entries {
        let end = entry.totals.end_ns;
        while let Some(at) = panes.due(end) {
            panes.pass(at);
        }
        let wall = format!("12:00:{:06.3}", end as f64 / 1e9);
        panes.push(
            (&entry.cycle).into(),
            &entry.step,
            &entry.totals,
            0,
            Some(&wall),
        );
    }
    let at = entries[299].totals.end_ns;
    // Evaluations at 2 s, 4 s, ...: the window of the end is the one that would be due at 32 s.
    assert_eq!(
        panes.walls(at, false),
        (Some("12:00:22.005"), Some("12:00:30.005"))
    );
    assert_eq!(
        panes.walls(at, true),
        (Some("12:00:00.105"), Some("12:00:30.005"))
    );
}

#[test]
fn churn_needs_turns() {
    let mut legs = ZigZag::new(16);
    for second in 0..60_u64 {
        legs.observe(second * 1_000 * MS, 20 + second * 10);
    }
    let churn = Churn::between(&legs, 0, 60_000 * MS);
    assert_eq!((churn.reversals, churn.per_minute), (0, 0.0));
    for second in 60..120_u64 {
        legs.observe(second * 1_000 * MS, if second % 2 == 0 { 100 } else { 400 });
    }
    let churn = Churn::between(&legs, 62_000 * MS, 120_000 * MS);
    assert!(churn.reversals >= 55, "{churn:?}");
    assert!((churn.per_minute - 120.0).abs() < 5.0, "{churn:?}");
}

/// A live heap by second, and what is said of its growth at the end.
fn growth(live: impl Iterator<Item = (u64, u64)>) -> Growth {
    let mut trend = LiveTrend::default();
    live.for_each(|(second, mib)| trend.observe(second * 1_000 * MS, mib));
    trend.growth(0, true)
}

#[test]
fn steady_growth_is_certain_and_a_swing_is_not() {
    // 100 MiB and 1 MiB a second on top, with jitter.
    let leak = growth((0..300).map(|s| (s, 100 + s + (s * 7) % 5)));
    assert!(leak.certain && leak.evidence, "{leak:?}");
    assert!((leak.slope - 1.0).abs() < 0.05, "{leak:?}");
    assert!((leak.mib - 265.0).abs() < 15.0, "{leak:?}");
    assert!((leak.since_ns as f64 / 1e9 - 32.0).abs() < 8.0, "{leak:?}");

    let swing = growth((0..300).map(|s| (s, if s % 20 < 10 { 100 } else { 200 })));
    assert!(!swing.certain && swing.evidence, "{swing:?}");
    let flat = growth((0..300).map(|s| (s, 100)));
    assert!(!flat.certain && flat.mib < 1.0, "{flat:?}");
    let falling = growth((0..300).map(|s| (s, 400 - s)));
    assert!(!falling.certain && falling.mib < 1.0, "{falling:?}");
    let fills = growth((0..300).map(|s| (s, 100 + s.min(200))));
    assert!(!fills.certain, "levelled off: {fills:?}");
    let under_a_swing = growth((0..300).map(|s| (s, 100 + s + if s % 8 < 4 { 0 } else { 90 })));
    assert!(under_a_swing.certain, "{under_a_swing:?}");
}

#[test]
fn six_values_are_needed() {
    let doubling = growth([(1, 3), (2, 6), (4, 12), (8, 24), (16, 48), (32, 96)].into_iter());
    assert!(doubling.certain, "{doubling:?}");
    let five = growth([(1, 3), (2, 6), (4, 12), (8, 24), (16, 48)].into_iter());
    assert!(!five.certain && !five.evidence, "{five:?}");
}

#[test]
fn a_day_takes_no_more_memory_than_a_minute_and_explosions_are_told_from_lines() {
    let mut trend = LiveTrend::default();
    for second in 0..86_400_u64 {
        trend.observe(second * 1_000 * MS, 100 + second / 60);
    }
    let growth = trend.growth(0, true);
    assert!(growth.certain && !growth.explodes, "{growth:?}");
    assert!((growth.slope * 60.0 - 1.0).abs() < 0.05, "{growth:?}");
    // Twelve-fold in twenty minutes.
    let explodes = self::growth((0..1_500_u64).map(|s| (s, 20 + (s / 100).pow(3))));
    assert!(explodes.explodes, "{explodes:?}");
}
