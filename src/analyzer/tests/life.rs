//! Findings that are raised and cleared, and the windows that raise them.

use super::*;

#[test]
fn a_finding_is_raised_and_cleared() {
    let (analysis, changes) = analyze(Settings::default(), storm());
    let frequency = finding(&analysis, "gc-frequency").unwrap();
    assert_eq!(frequency.severity, Severity::Warning);
    assert_eq!(frequency.episodes.len(), 1);
    let episode = frequency.episodes[0];
    // The window of 38 s holds 8 s of the storm and is the second at 10/s or more (36 s: 13/s).
    assert!(
        (26_000 * MS..=30_000 * MS).contains(&episode.since_ns),
        "{episode:?}"
    );
    assert!(
        (50_000 * MS..58_000 * MS).contains(&episode.until_ns),
        "{episode:?}"
    );
    assert_eq!(
        (frequency.since_ns, frequency.until_ns),
        (episode.since_ns, episode.until_ns)
    );
    assert!((episode.worst - 20.0).abs() < 0.1, "{episode:?}");
    assert!(
        (0.2..0.5).contains(&frequency.active_ratio),
        "{}",
        frequency.active_ratio
    );
    let since: f64 = frequency.since_wall.as_ref().unwrap().parse().unwrap();
    assert!((since - frequency.since_ns as f64 / 1e9).abs() < 1.0);

    let told: Vec<(bool, u64)> = changes
        .iter()
        .filter(|change| change.rule == "gc-frequency")
        .map(|change| (change.raised, change.at_ns / (1_000 * MS)))
        .collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].0 && (34..=40).contains(&told[0].1), "{told:?}");
    assert!(!told[1].0 && (58..=66).contains(&told[1].1), "{told:?}");
}

#[test]
fn one_bad_window_raises_nothing_but_at_the_end() {
    // With a window of one hop each evaluation stands for itself.
    let settings = || Settings {
        window: WindowLength::Time(4_000 * MS),
        hop_ns: 4_000 * MS,
        ..Settings::default()
    };
    let mut cycles = Vec::new();
    let mut at = 0;
    while at < 40_000 {
        at += if (20_000..24_000).contains(&at) {
            50
        } else {
            500
        };
        cycles.push(cycle(cycles.len() as u64 + 1, at));
    }
    let (analysis, changes) = analyze(settings(), cycles.clone());
    assert!(finding(&analysis, "gc-frequency").is_none());
    assert!(
        status(&analysis, "gc-frequency").worst.unwrap() > 19.0,
        "though it was seen"
    );
    assert!(changes.is_empty());
    // The same burst as the last thing that is seen.
    cycles.retain(|cycle| cycle.start_ns < 23_950 * MS);
    let (analysis, _) = analyze(settings(), cycles);
    assert!(finding(&analysis, "gc-frequency").is_some());
}

#[test]
fn a_finding_clears_in_a_long_silence_and_comes_back() {
    let mut cycles = storm();
    cycles.retain(|cycle| cycle.start_ns < 50_000 * MS);
    let day = 86_400_000;
    let last = cycles.len() as u64;
    cycles.extend((1..400).map(|i| cycle(last + i, day + i * 50)));
    let (analysis, changes) = analyze(Settings::default(), cycles);
    let frequency = finding(&analysis, "gc-frequency").unwrap();
    assert_eq!(frequency.episodes.len(), 2, "{frequency:?}");
    assert!(frequency.episodes[0].until_ns < 60_000 * MS);
    assert!(frequency.episodes[1].since_ns > (day - 10_000) * MS);
    assert!(
        frequency.active_ratio < 0.01,
        "the evaluations of the silence count too"
    );
    let raised = changes
        .iter()
        .filter(|change| change.rule == "gc-frequency");
    assert_eq!(
        raised.map(|change| change.raised).collect::<Vec<_>>(),
        [true, false, true]
    );
}

#[test]
fn the_whole_run_as_one_window() {
    let settings = || Settings {
        scope: Scope::Run,
        ..max("gc-frequency", 10.0)
    };
    let (analysis, changes) = analyze(settings(), storm());
    // 160 cycles in 60 s and 400 in 20 s: 7 a second on average.
    assert!(finding(&analysis, "gc-frequency").is_none());
    assert!(changes.is_empty());
    let worst = status(&analysis, "gc-frequency").worst.unwrap();
    assert!((6.0..7.5).contains(&worst), "{worst}");
    let (analysis, _) = analyze(settings(), steady(1_000, 50));
    let frequency = finding(&analysis, "gc-frequency").unwrap();
    assert_eq!(
        (frequency.scope, frequency.severity),
        (crate::settings::Scope::Run, Severity::Critical)
    );
    assert!((frequency.active_ratio - 1.0).abs() < f64::EPSILON);
}

#[test]
fn nothing_is_judged_where_nothing_is_asked_for() {
    let settings = Settings {
        scope: Scope::Nothing,
        ..Settings::default()
    };
    let (analysis, changes) = analyze(settings, storm());
    assert!(analysis.findings.is_empty() && changes.is_empty());
    assert_eq!(analysis.why_not, "nothing was to be judged");
}

#[test]
fn windows_may_be_cycles() {
    let settings = Settings {
        window: WindowLength::Cycles(100),
        ..Settings::default()
    };
    let (analysis, _) = analyze(settings, storm());
    let frequency = finding(&analysis, "gc-frequency").unwrap();
    assert!(
        (frequency.measured - 20.0).abs() < 0.1,
        "{}",
        frequency.measured
    );
    assert_eq!(frequency.episodes.len(), 1);
}

#[test]
fn rules_can_be_left_out() {
    let mut allow = Settings::default();
    allow.allow.insert("gc-frequency".to_owned());
    let (analysis, _) = analyze(allow, article(770));
    assert_eq!(status(&analysis, "gc-frequency").status, RuleState::Off);
    assert!(
        finding(&analysis, "gc-frequency").is_none() && finding(&analysis, "min-heap").is_some()
    );
    let mut only = Settings::default();
    only.only.insert("gc-cpu".to_owned());
    let (analysis, _) = analyze(only, article(770));
    assert!(analysis.findings.is_empty());
    let on = analysis
        .rules
        .iter()
        .filter(|rule| rule.status != RuleState::Off);
    assert_eq!(on.map(|rule| rule.id).collect::<Vec<_>>(), ["gc-cpu"]);
}

#[test]
fn a_window_of_cycles_leaves_out_no_more_than_the_warm_up() {
    // The run ends at 3.2 s, so the warm-up is its first 800 ms.
    let mut cycles = steady(6, 500);
    for cycle in &mut cycles {
        cycle.sweep_termination_ns = 200 * MS;
    }
    let settings = |cycles| Settings {
        window: WindowLength::Cycles(cycles),
        ..Settings::default()
    };
    for window in [5, 200] {
        let (analysis, _) = analyze(settings(window), cycles.clone());
        let long = finding(&analysis, "long-pause").unwrap();
        assert_eq!(long.severity, Severity::Critical, "{window}gc");
        let forced = status(&analysis, "forced-gc");
        assert_eq!(forced.status, RuleState::Quiet, "{window}gc");
        let counted = analysis.measures.timeline.iter().map(|p| p.cycles);
        assert_eq!(counted.sum::<u64>(), 6, "{window}gc");
    }
}

#[test]
fn a_window_of_cycles_is_so_many_from_the_first_second_on() {
    // Two seconds of automatic cycles, then six that are forced.
    let mut cycles: Vec<GcCycle> = (1..=40).map(|n| cycle(n, 1_000 + n * 50)).collect();
    cycles.extend((1..=6).map(|n| GcCycle {
        forced: true,
        ..cycle(40 + n, 3_000 + n * 100)
    }));
    let settings = Settings {
        window: WindowLength::Cycles(5),
        ..Settings::default()
    };
    let (analysis, _) = analyze(settings, cycles);
    let forced = finding(&analysis, "forced-gc").unwrap();
    assert_eq!(forced.severity, Severity::Warning, "they cost little");
    assert!((forced.measured - 1.0).abs() < 1e-9, "{}", forced.measured);
}

/// A cycle with this live heap, MiB.
fn holding(number: u64, start_ms: u64, live: u64) -> GcCycle {
    GcCycle {
        heap_start_mib: live + 1,
        heap_end_mib: live + 1,
        heap_live_mib: live,
        heap_goal_mib: 2 * live + 2,
        ..cycle(number, start_ms)
    }
}

#[test]
fn a_finding_is_active_while_nothing_comes() {
    // 1 MiB a second, and nothing between 140 and 700 s.
    let mut cycles: Vec<GcCycle> = (1..=7).map(|n| holding(n, n * 20_000, n * 20)).collect();
    cycles.extend([holding(8, 700_000, 700), holding(9, 710_000, 710)]);
    let (analysis, _) = analyze(Settings::default(), cycles);
    let growth = finding(&analysis, "heap-growth").unwrap();
    // Evaluated every 2 s from the first cycle, at 20 s, on, and raised from about 120 s until the end.
    assert_eq!(growth.episodes.len(), 1, "{growth:?}");
    assert!(growth.until_ns >= 710_000 * MS, "{growth:?}");
    let raised = 295.0 / 346.0;
    assert!((growth.active_ratio - raised).abs() < 0.01, "{growth:?}");
}

#[test]
fn a_long_life_with_hardly_a_cycle_is_a_pass() {
    let settings = Settings::default();
    let lived = |cycles: u64, silent_ms: Option<u64>| {
        let mut analyzer = ProcessAnalyzer::new(&Arc::new(settings.clone()));
        let cycles = with_percent(steady(cycles, 100));
        cycles
            .iter()
            .for_each(|cycle| analyzer.observe(cycle.into(), None));
        let silent = silent_ms.map(|ms| ms * MS);
        analyzer.finish(&Completeness::default(), silent)
    };
    let one = lived(1, Some(15_000));
    assert_eq!(judge(&settings, &one), Verdict::Pass, "{}", one.why_not);
    for rule in ["gc-frequency", "gc-cpu", "assist-pressure", "mark-duty"] {
        assert_eq!(status(&one, rule).status, RuleState::Quiet, "{rule}");
    }
    assert!(
        matches!(judge(&settings, &lived(1, None)), Verdict::NoVerdict(why) if why.contains("--duration"))
    );
    assert!(matches!(
        judge(&settings, &lived(1, Some(2_000))),
        Verdict::NoVerdict(_)
    ));
    // A burst at its start does not last: 30 cycles in 3 s of a minute.
    let burst = lived(30, Some(57_000));
    assert_eq!(judge(&settings, &burst), Verdict::Pass);
    let points = &burst.measures.timeline;
    assert_eq!(points[points.len() - 1].end_ns, 60_005_100_000);
    // The end of time is no endless loop.
    let stated = Settings {
        life_ns: Some(u64::MAX),
        ..Settings::default()
    };
    let (analysis, _) = analyze(stated, steady(10, 100));
    assert!(analysis.enough_evidence);
}

#[test]
fn growth_that_levels_off_is_withdrawn_and_says_when_it_stood() {
    let live = |n: u64| if n <= 60 { 20 + 5 * n } else { 320 };
    let cycles: Vec<GcCycle> = (1..=300).map(|n| holding(n, n * 6_000, live(n))).collect();
    let (analysis, changes) = analyze(Settings::default(), cycles[..60].to_vec());
    let growth = finding(&analysis, "heap-growth").unwrap();
    assert_eq!(growth.severity, Severity::Warning);
    assert!(
        changes
            .iter()
            .any(|change| change.rule == "heap-growth" && change.raised)
    );
    let (analysis, _) = analyze(Settings::default(), cycles);
    assert!(finding(&analysis, "heap-growth").is_none());
    let growth = status(&analysis, "heap-growth");
    assert_eq!(growth.status, RuleState::Withdrawn);
    assert_eq!(growth.episodes.len(), 1, "{growth:?}");
    assert!(growth.episodes[0].until_ns < 900_000 * MS, "{growth:?}");
}

#[test]
fn no_window_matters_to_growth() {
    let live = [
        (412_604, 10),
        (416_171, 8),
        (542_660, 9),
        (662_664, 10),
        (668_848, 10),
        (669_204, 10),
        (957_370, 15),
        (959_596, 18),
        (966_411, 16),
        (970_112, 18),
        (973_499, 24),
        (1_093_503, 22),
    ];
    let cycles: Vec<GcCycle> = live
        .iter()
        .zip(1..)
        .map(|(&(at, live), number)| holding(number, at, live))
        .collect();
    for window in [10_000, 30_000, 60_000] {
        let settings = Settings {
            window: WindowLength::Time(window * MS),
            hop_ns: 1_000 * MS,
            ..Settings::default()
        };
        let (analysis, _) = analyze(settings, cycles.clone());
        let growth = finding(&analysis, "heap-growth").unwrap();
        assert_eq!(growth.severity, Severity::Warning, "{window} ms");
    }
}

#[test]
fn a_finding_tells_the_value_that_earned_its_severity() {
    // 60 cheap cycles a second, which are a warning, then 45 dear ones, which are critical.
    let cheap = |n: u64, at: u64| GcCycle {
        sweep_termination_ns: 5_000,
        mark_termination_ns: 2_000,
        sweep_termination_cpu_ns: 20_000,
        mark_termination_cpu_ns: 8_000,
        concurrent_mark_ns: 100_000,
        mark_background_cpu_ns: 100_000,
        mark_assist_cpu_ns: 0,
        ..cycle(n, at)
    };
    let mut cycles: Vec<GcCycle> = (1..=1_800).map(|n| cheap(n, n * 1_000 / 60)).collect();
    cycles.extend((1..=1_350).map(|n| cycle(1_800 + n, 30_000 + n * 1_000 / 45)));
    let (analysis, _) = analyze(Settings::default(), cycles);
    let often = finding(&analysis, "gc-frequency").unwrap();
    assert_eq!(often.severity, Severity::Critical);
    assert!((44.0..58.0).contains(&often.measured), "{}", often.measured);
    assert!((often.worst - 60.0).abs() < 1.0, "{}", often.worst);
    let worst = often.episodes.iter().map(|e| (e.severity, e.worst));
    let worst = worst.reduce(|a, b| if b > a { b } else { a }).unwrap();
    assert_eq!(worst, (often.severity, often.measured), "{often:?}");
}

#[test]
fn a_sick_program_of_little_more_than_a_second_is_judged() {
    for cycles in [111, 115, 120, 133, 140] {
        let (analysis, _) = analyze(Settings::default(), steady(cycles, 10));
        assert!(analysis.enough_evidence, "{cycles}: {}", analysis.why_not);
        let frequency = finding(&analysis, "gc-frequency").unwrap();
        assert!(frequency.severity > Severity::Info, "{cycles}");
    }
}
