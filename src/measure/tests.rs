#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test panics by design, and truncates as the log does"
)]

use proptest::prelude::*;

use super::testing::{MS, cycle, steady, with_percent};
use super::*;

const EXACT: Trust = Trust {
    fields_exact: true,
    cpus: false,
};

fn close(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-9, "{a} is not {b}");
}

/// A step, and the totals with it.
struct Seen {
    step: Step,
    totals: Totals,
}

impl std::ops::Deref for Seen {
    type Target = Step;
    fn deref(&self) -> &Step {
        &self.step
    }
}

fn run(cycles: &[GcCycle]) -> (Vec<Seen>, Meter) {
    let mut meter = Meter::new(Known::default());
    let see = |cycle: &GcCycle| Seen {
        step: meter.observe(cycle.into()),
        totals: *meter.totals(),
    };
    (cycles.iter().map(see).collect(), meter)
}

#[test]
fn ratios_come_from_the_cycles_between_two_marks() {
    let (steps, _) = run(&steady(11, 100));
    let interval = Interval::whole(&steps[0].totals, &steps[10].totals);
    assert_eq!(interval.cycles(), 10);
    assert_eq!(interval.looked_ns, 1_000 * MS);
    close(interval.frequency().unwrap(), 10.0);
    // 10 cycles of 100 us and of 5 ms in 1 s.
    close(interval.wall_ratio(|totals| totals.stop_ns).unwrap(), 0.001);
    close(interval.wall_ratio(|totals| totals.mark_ns).unwrap(), 0.05);
    // 10 x 0.1 ms of 4 x 1 s.
    close(
        interval.cpu_ratio(|totals| totals.assist_cpu_ns).unwrap(),
        0.000_25,
    );
    // 42 at the end of a mark, 20 live before: 22 MiB a cycle.
    close(interval.allocated_mib().unwrap(), 220.0);
}

#[test]
fn no_share_is_more_than_all() {
    // A second of assists in a tenth of a second on 4 Ps.
    let mut cycles = steady(3, 100);
    cycles[2].mark_assist_cpu_ns = 1_000 * MS;
    let (steps, _) = run(&cycles);
    let interval = Interval::whole(&steps[1].totals, &steps[2].totals);
    close(
        interval.cpu_ratio(|totals| totals.assist_cpu_ns).unwrap(),
        1.0,
    );
}

#[test]
fn a_change_of_gomaxprocs_counts_from_where_it_happens() {
    let mut cycles = steady(4, 1_000);
    cycles[2].gomaxprocs = 1;
    cycles[3].gomaxprocs = 1;
    let (steps, _) = run(&cycles);
    let end = u128::from(5_100_000_u64);
    assert_eq!(
        steps[3].totals.capacity_ns,
        4 * (2_000_000_000 + end) + 2_000_000_000
    );
}

#[test]
fn missing_cycles_leave_rates_exact_and_scale_sums() {
    let mut cycles = steady(101, 100);
    cycles.retain(|cycle| cycle.number % 10 != 5);
    let (steps, _) = run(&cycles);
    let interval = Interval::whole(&steps[0].totals, &steps.last().unwrap().totals);
    close(interval.frequency().unwrap(), 10.0);
    assert_eq!((interval.cycles(), interval.seen()), (100, 90));
    close(interval.wall_ratio(|totals| totals.mark_ns).unwrap(), 0.05);
    // 80 of 100 steps are known.
    close(interval.allocated_mib().unwrap(), 2_200.0);

    let mut few = steady(101, 100);
    few.retain(|cycle| cycle.number % 4 == 1);
    let (steps, _) = run(&few);
    let interval = Interval::whole(&steps[0].totals, &steps.last().unwrap().totals);
    assert_eq!(interval.scale(), None, "three quarters are missing");
    close(interval.frequency().unwrap(), 10.0);
}

#[test]
fn the_percentage_holds_gc_cpu_inside_its_interval() {
    // The fields say 10.1 % of the CPU in stops that Go 1.23 no longer charges; the percentage says 5 %.
    let mut cycles = steady(100, 100);
    for cycle in &mut cycles {
        cycle.sweep_termination_cpu_ns = 20 * MS;
        cycle.mark_background_cpu_ns = 20 * MS;
        cycle.cumulative_cpu_percent = 5;
    }
    let (steps, _) = run(&cycles);
    let whole = Interval::whole(&Totals::START, &steps[99].totals);
    let cpu = whole.gc_cpu(Trust::default()).unwrap();
    assert!(
        cpu.resolved && cpu.low >= 0.05 && cpu.high <= 0.06,
        "{cpu:?}"
    );
    close(cpu.ratio, f64::midpoint(cpu.low, cpu.high));

    // Late in a long run the interval of a short stretch is too wide to say anything.
    let late = Interval::whole(&steps[95].totals, &steps[99].totals);
    let cpu = late.gc_cpu(Trust::default()).unwrap();
    assert!(
        !cpu.resolved && cpu.low < 0.051 && cpu.high > 0.09,
        "{cpu:?}"
    );
    // Up to Go 1.22 the fields are exact.
    let cpu = late.gc_cpu(EXACT).unwrap();
    assert!(cpu.resolved && cpu.low > 0.09, "{cpu:?}");
}

#[test]
fn a_broken_percentage_is_not_used() {
    let mut cycles = steady(10, 1_000);
    for cycle in &mut cycles {
        cycle.cumulative_cpu_percent = -9_223_372_036_854_775_808;
    }
    let (steps, _) = run(&cycles);
    let whole = Interval::whole(&Totals::START, &steps[9].totals);
    assert!(!whole.gc_cpu(Trust::default()).unwrap().resolved);
}

#[test]
fn why_a_cycle_began() {
    let mut cycles = steady(2, 1_000);
    let heap = |cycles: &[GcCycle]| run(cycles).0.last().unwrap().trigger;
    assert_eq!(heap(&cycles), Trigger::Heap);
    // Live 20, goal 41: nothing triggers below 20 + 45/64 x 21 = 34.8.
    cycles[1].heap_start_mib = 33;
    assert_eq!(heap(&cycles), Trigger::Early);
    cycles[1].heap_start_mib = 34;
    assert_eq!(heap(&cycles), Trigger::Heap, "34 may have been 34.9");
    // Up to Go 1.17 below 20 + 38/64 x 21 = 32.5.
    cycles[1].format = Format::Go1_6;
    cycles[1].heap_start_mib = 31;
    assert_eq!(heap(&cycles), Trigger::Early);
    cycles[1].heap_start_mib = 32;
    assert_eq!(heap(&cycles), Trigger::Heap);
    cycles[1].format = Format::Go1_18;
    cycles[1].heap_start_mib = 33;
    cycles[1].forced = true;
    assert_eq!(heap(&cycles), Trigger::Forced);
    cycles[1].forced = false;
    cycles[1].start_ns = cycles[0].end_ns() + 120_003 * MS;
    assert_eq!(heap(&cycles), Trigger::Periodic);
    cycles[1].heap_start_mib = 40;
    assert_eq!(
        heap(&cycles),
        Trigger::Heap,
        "a slow program may take two minutes"
    );

    let mut meter = Meter::new(Known::default());
    meter.observe((&cycles[0]).into());
    meter.forced_notice();
    assert_eq!(
        meter.observe((&cycles[1]).into()).trigger,
        Trigger::Periodic,
        "the notice decides"
    );
    assert_eq!(
        meter.observe((&cycle(3, 200_000)).into()).trigger,
        Trigger::Heap,
        "and holds for one cycle"
    );
}

#[test]
fn nothing_is_measured_across_a_gap() {
    let mut cycles = steady(3, 100);
    cycles.remove(1);
    let (steps, _) = run(&cycles);
    let step = &steps[1];
    assert_eq!(
        (step.period_ns, step.headroom_use, step.gogc),
        (None, None, None)
    );
    assert_eq!(step.totals.linked, 1);
}

#[test]
fn implied_gogc_holds_the_true_one() {
    // GOGC=100: goal = live + (live + stacks + globals); every size truncated.
    let mut gogc = Gogc::default();
    let mut previous = cycle(1, 0);
    for number in 2..50_u64 {
        let live = 20.0 + (number as f64 * 0.37) % 9.0;
        let roots = 1.3;
        previous.heap_live_mib = live as u64;
        previous.stacks_mib = 1;
        let goal = (live + live + roots) as u64;
        let mut next = cycle(number, number * 100);
        next.heap_goal_mib = goal;
        let implied =
            gogc::implied(&(&previous).into(), goal, next.heap_start_mib.min(goal - 2)).unwrap();
        assert!(implied.0 <= 100.0 && implied.1 >= 100.0, "{implied:?}");
        gogc.observe(implied);
    }
    let (low, high) = gogc.range().unwrap();
    assert!(
        low <= 100.0 && high >= 100.0 && high - low < 20.0,
        "{low} {high}"
    );
    // GOGC=50 from here on: three goals say so.
    let half = gogc::implied(&(&previous).into(), 30, 20).unwrap();
    gogc.observe(half);
    assert_eq!(
        (gogc.range(), gogc.changes()),
        (None, 0),
        "one may be a large allocation"
    );
    gogc.observe(half);
    gogc.observe(half);
    assert_eq!(gogc.changes(), 1);
}

#[test]
fn a_goal_that_does_not_follow_the_live_heap_is_a_limits() {
    let limited = |goals: &mut dyn Iterator<Item = (u64, u64)>| {
        let mut limit = Limit::default();
        goals.for_each(|(live, goal)| limit.observe(live, goal, true));
        limit.goal_mib()
    };
    let follows = (0..20).map(|i| (20 + 2 * i, 40 + 4 * i));
    assert_eq!(limited(&mut follows.clone()), None, "the goal follows");
    let flat = (0..20).map(|i| (60 + 3 * i, 120));
    assert_eq!(limited(&mut follows.chain(flat)), Some(120.0));
    let middle = (0..20).map(|i| (176 + i % 3 * 3, 200));
    assert_eq!(
        limited(&mut middle.into_iter()),
        Some(200.0),
        "seen from the middle"
    );
    assert_eq!(
        limited(&mut (0..4).map(|_| (88, 89))),
        Some(89.0),
        "a GOGC of 1"
    );
    let low = (0..20).map(|i| (80 + i, (80 + i) * 11 / 10));
    assert_eq!(
        limited(&mut low.into_iter()),
        None,
        "GOGC=10 from the start"
    );
    let set = (0..40).map(|i| (100 + i % 2, if i < 10 { 200 } else { 110 }));
    assert_eq!(limited(&mut set.into_iter()), None, "SetGCPercent(10)");
    let tuned = (0..30).map(|i| (20 + i, if i < 5 { 5 } else { 2 } * (20 + i)));
    assert_eq!(
        limited(&mut tuned.into_iter()),
        None,
        "400, then 100 while a cache fills"
    );
    let lifted = (0..40).map(|i| (20 + i, if i == 5 { 600 } else { 40 + 2 * i }));
    assert_eq!(
        limited(&mut lifted.into_iter()),
        None,
        "one large allocation"
    );
}

#[test]
fn a_stated_limit_rules_where_it_lowers_the_goal() {
    let rules = |limit: f64, gogc: Option<f64>, goal: u64| {
        let mut stated = Limit::new(Some(limit), gogc);
        (0..4).for_each(|_| stated.observe(60, goal, true));
        stated.rules()
    };
    assert!(rules(100.0, None, 90));
    assert!(!rules(1_000.0, None, 120));
    assert!(!rules(90.0, Some(10.0), 66), "the goal of GOGC=10");
}

#[test]
fn the_limiter_fills_at_more_than_half_of_the_cpu() {
    let fill = |gc_share: u64| {
        let mut limiter = Limiter::default();
        let mut highest = 0;
        for number in 1..=100 {
            // Marking all the time; assists take what background marking (a quarter) does not.
            let mut cycle = cycle(number, number * 100);
            cycle.sweep_termination_ns = 0;
            cycle.mark_termination_ns = 0;
            cycle.concurrent_mark_ns = 100 * MS;
            cycle.mark_assist_cpu_ns = 400 * MS * (gc_share - 25) / 100;
            highest = highest.max(limiter.observe(&cycle));
        }
        highest
    };
    assert_eq!(fill(60), 1000);
    assert_eq!(fill(50), 1000, "a fifth of the rest is taken as idle");
    assert_eq!(fill(40), 0);
}

#[test]
fn hostile_numbers_do_not_panic() {
    let mut meter = Meter::new(Known::default());
    let mut limiter = Limiter::default();
    let huge = (1 << 62) - 1;
    for number in [1, 2, 3, u64::MAX, 5, 0] {
        let mut cycle = cycle(number, 0);
        cycle.start_ns = huge;
        cycle.concurrent_mark_ns = huge;
        cycle.mark_assist_cpu_ns = huge;
        cycle.heap_end_mib = u64::MAX;
        cycle.heap_live_mib = u64::MAX;
        cycle.heap_start_mib = u64::MAX;
        cycle.heap_goal_mib = u64::MAX;
        cycle.stacks_mib = u64::MAX;
        cycle.globals_mib = u64::MAX;
        cycle.gomaxprocs = u32::MAX;
        cycle.cumulative_cpu_percent = i64::MAX;
        meter.observe((&cycle).into());
        limiter.observe(&cycle);
        let interval = Interval::whole(&Totals::START, meter.totals());
        let _ = (
            interval.gc_cpu(Trust::default()),
            interval.allocated_mib(),
            interval.frequency(),
        );
    }
}

/// What was stopped in any window of this length, by trying every window that ends or begins at a stop.
fn worst(stops: &[(u64, u64)], window: u64) -> u64 {
    let inside = |from: u64, to: u64| -> u64 {
        stops
            .iter()
            .map(|&(end, length)| end.min(to).saturating_sub((end - length).max(from)))
            .sum()
    };
    stops
        .iter()
        .flat_map(|&(end, length)| [end.saturating_sub(window), end - length])
        .map(|from| inside(from, from + window))
        .max()
        .unwrap_or(0)
}

#[test]
fn stops_of_the_same_ms_are_one_for_the_mmu() {
    let worst_ms = |ends: [u64; 3]| {
        let mut mmu = Mmu::default();
        for end in ends {
            mmu.observe(end, 400_000);
        }
        mmu.curve(1_000 * MS)[0]
    };
    let joined = |ends| (worst_ms(ends) - 0.2).abs() < 1e-9;
    assert!(joined([5_000_000, 5_999_999, 9_000_000]));
    assert!(
        joined([5_900_000, 5_000_000, 9_000_000]),
        "the clock ran back"
    );
    assert!(
        joined([5_500_000, 4_000_000, 9_000_000]),
        "by more than one"
    );
    // Nearer to each other, but not in the same ms: of the first 50 us are in the window of the second.
    let apart = worst_ms([5_100_000, 6_050_000, 9_000_000]);
    assert!((apart - 0.55).abs() < 1e-9, "{apart}");
}

proptest! {
    #[test]
    fn mmu_equals_the_worst_of_all_windows(stops in prop::collection::vec((1_u64..400, 1_u64..9_000_000), 1..60)) {
        // Stops in whole ms of distance, each shorter than the gap before it.
        let mut end = 0;
        let mut mmu = Mmu::default();
        let mut all = Vec::new();
        for (gap, length) in stops {
            end += gap * MS + 10 * MS;
            all.push((end, length));
            mmu.observe(end, length);
        }
        let curve = mmu.curve(end.max(MMU_WINDOWS_NS[3]));
        for (utilisation, window) in curve.into_iter().zip(MMU_WINDOWS_NS) {
            let expected = 1.0 - worst(&all, window).min(window) as f64 / window as f64;
            prop_assert!((utilisation - expected).abs() < 1e-9, "{window} ns: {utilisation} is not {expected}");
        }
    }

    #[test]
    fn percentages_never_push_gc_cpu_out_of_its_bounds(assist in 0_u64..50, stops in 0_u64..50, from in 0_usize..50, to in 51_usize..99) {
        let mut cycles = steady(100, 100);
        for cycle in &mut cycles {
            cycle.mark_assist_cpu_ns = assist * MS;
            cycle.sweep_termination_cpu_ns = stops * MS;
        }
        let (steps, _) = run(&with_percent(cycles));
        let interval = Interval::whole(&steps[from].totals, &steps[to].totals );
        let cpu = interval.gc_cpu(Trust::default()).unwrap();
        prop_assert!(0.0 <= cpu.low && cpu.low <= cpu.ratio && cpu.ratio <= cpu.high && cpu.high <= 1.0);
        // What the fields come to is inside, since here they are exact.
        let fields = interval.cpu_ratio(|totals| totals.stop_cpu_ns + totals.assist_cpu_ns + totals.background_cpu_ns).unwrap();
        prop_assert!(cpu.low <= fields + 1e-9 && fields <= cpu.high + 1e-9, "{cpu:?} {fields}");
    }
}
