//! Lines that other output cuts: the runtime prints a gc line in some 39 writes, and whatever else goes to the same
//! stream falls between them. Nearly all must come out with every field right, and none with a field wrong.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "tests say what they measured"
)]

mod support;

use std::collections::HashMap;

use gcpressure::event::GcCycle;
use support::foreign::{STYLES, Style};
use support::writer::{Cycle, ERAS, Era, Program};
use support::{Chance, Reading, Row, read};

/// How much else is written to the stream.
#[derive(Debug, Clone, Copy)]
struct Rate {
    name: &'static str,
    cycles: usize,
    /// Cycles of 100 that are cut.
    cut_percent: u64,
    /// Cuts in such a cycle.
    cuts: (u64, u64),
    /// Foreign writes at a cut, and between two gc lines.
    writes: (u64, u64),
    between: (u64, u64),
}

const RATES: [Rate; 4] = [
    Rate {
        name: "low",
        cycles: 3_000,
        cut_percent: 1,
        cuts: (1, 1),
        writes: (1, 1),
        between: (0, 3),
    },
    Rate {
        name: "medium",
        cycles: 1_500,
        cut_percent: 20,
        cuts: (1, 2),
        writes: (1, 3),
        between: (0, 5),
    },
    Rate {
        name: "high",
        cycles: 800,
        cut_percent: 100,
        cuts: (1, 3),
        writes: (1, 5),
        between: (1, 8),
    },
    Rate {
        name: "flood",
        cycles: 400,
        cut_percent: 100,
        cuts: (3, 10),
        writes: (1, 36),
        between: (5, 60),
    },
];

/// A stream, and what is in it.
#[derive(Default)]
struct Stream {
    bytes: Vec<u8>,
    foreign: Vec<u8>,
    cycles: Vec<(Cycle, Era)>,
}

impl Stream {
    fn write_foreign(&mut self, chance: &mut Chance, style: Style, (low, high): (u64, u64)) {
        for _ in 0..chance.between(low, high) {
            let written = style(chance);
            self.bytes.extend_from_slice(written.as_bytes());
            self.foreign.extend_from_slice(written.as_bytes());
        }
    }

    /// One program that logs in one style.
    fn of(style: Style, rate: Rate, era: Era, seed: u64) -> Self {
        let mut chance = Chance(seed);
        let mut program = Program::new(era, seed);
        let mut stream = Self::default();
        for _ in 0..rate.cycles {
            stream.write_foreign(&mut chance, style, rate.between);
            let cycle = program.cycle();
            let pieces = cycle.pieces(era);
            let mut cuts = Vec::new();
            if chance.percent(rate.cut_percent) {
                for _ in 0..chance.between(rate.cuts.0, rate.cuts.1) {
                    cuts.push(1 + chance.index(pieces.len() - 1));
                }
            }
            for (i, piece) in pieces.iter().enumerate() {
                if cuts.contains(&i) {
                    stream.write_foreign(&mut chance, style, rate.writes);
                }
                stream.bytes.extend_from_slice(piece.as_bytes());
            }
            stream.cycles.push((cycle, era));
        }
        stream
    }
}

/// How the rows that came out fit the cycles that were written.
struct Outcome {
    right: usize,
    wrong: Vec<String>,
}

fn judge(rows: &[Row], stream: &Stream) -> Outcome {
    let mut written: HashMap<u64, Vec<GcCycle>> = HashMap::new();
    for (cycle, era) in &stream.cycles {
        written
            .entry(cycle.number)
            .or_default()
            .push(cycle.printed(*era));
    }
    let mut outcome = Outcome {
        right: 0,
        wrong: Vec::new(),
    };
    for row in rows {
        let candidates = written.entry(row.cycle.number).or_default();
        if let Some(found) = candidates.iter().position(|wanted| *wanted == row.cycle) {
            candidates.swap_remove(found);
            outcome.right += 1;
        } else {
            let read = String::from_utf8_lossy(&row.raw);
            let wanted: Vec<String> = stream
                .cycles
                .iter()
                .filter(|(cycle, _)| cycle.number == row.cycle.number)
                .map(|(cycle, era)| cycle.line(*era))
                .collect();
            outcome.wrong.push(format!(
                "\n  got      {read}\n  expected {}",
                wanted.join("        or ")
            ));
        }
    }
    outcome
}

/// The lines of `text` that are not blank: an empty line of a program cannot be told from the line end of a cut line.
fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .collect()
}

/// How many of `wanted` are found in `got`, in order.
fn in_order(wanted: &[&[u8]], got: &[&[u8]]) -> usize {
    let mut got = got.iter();
    wanted
        .iter()
        .take_while(|line| got.any(|other| other == *line))
        .count()
}

fn check_style(name: &str, style: Style) -> Vec<String> {
    let mut failures = Vec::new();
    for (at, rate) in RATES.iter().enumerate() {
        // Each style and rate on several programs of every era; figures are of all of them together.
        let (mut all, mut right, mut repaired) = (0, 0, 0);
        for seed in 0..6_u64 {
            let era = ERAS[usize::try_from(seed % 3).unwrap()];
            let small = Rate {
                cycles: rate.cycles / 6,
                ..*rate
            };
            let stream = Stream::of(style, small, era, seed * 1_000 + at as u64);
            let Reading {
                rows,
                foreign,
                report,
            } = read(&stream.bytes);
            let outcome = judge(&rows, &stream);
            let lost = stream.cycles.len() - outcome.right;
            all += stream.cycles.len();
            right += outcome.right;
            repaired += rows.iter().filter(|row| row.repaired).count();
            let place = format!("{name}, {} rate, {era:?}, seed {seed}", rate.name);
            for wrong in outcome.wrong.iter().take(3) {
                failures.push(format!("{place}: wrong row:{wrong}"));
            }
            let input = &report.input;
            if input.intact + input.repaired != rows.len() as u64 {
                failures.push(format!(
                    "{place}: {} rows, {} intact, {} repaired",
                    rows.len(),
                    input.intact,
                    input.repaired
                ));
            }
            if (input.damaged as usize) < lost {
                failures.push(format!(
                    "{place}: {lost} cycles lost, {} lines counted as damaged",
                    input.damaged
                ));
            }
            let (wanted, got) = (lines(&stream.foreign), lines(&foreign));
            let whole = in_order(&wanted, &got);
            if whole < wanted.len() && lost == 0 {
                failures.push(format!(
                    "{place}: of {} foreign lines {} come out whole, then {:?} is missing",
                    wanted.len(),
                    whole,
                    String::from_utf8_lossy(wanted[whole]),
                ));
            }
            if got.len() > wanted.len() + lost * 12 {
                failures.push(format!(
                    "{place}: {} lines passed through, {} written",
                    got.len(),
                    wanted.len()
                ));
            }
        }
        let recall = right as f64 / all as f64;
        eprintln!(
            "{name:>13} {:>6}: {right} of {all} cycles right ({:.2} %), {repaired} repaired",
            rate.name,
            recall * 100.0
        );
        if right * 1000 < all * 995 {
            failures.push(format!(
                "{name}, {} rate: {right} of {all} cycles right",
                rate.name
            ));
        }
    }
    failures
}

macro_rules! styles {
    ($($test:ident: $name:literal),+ $(,)?) => {
        $(
            #[test]
            fn $test() {
                let (name, style) = STYLES.iter().find(|(name, _)| *name == $name).unwrap();
                let failures = check_style(name, *style);
                assert!(failures.is_empty(), "{}", failures.join("\n"));
            }
        )+

        #[test]
        fn every_style_has_a_test() {
            assert_eq!(STYLES.map(|(name, _)| name).to_vec(), [$($name),+]);
        }
    };
}

styles! {
    slog_text: "slog-text",
    slog_json: "slog-json",
    zap_json: "zap-json",
    zerolog_json: "zerolog-json",
    log: "log",
    log_short: "log-short",
    klog: "klog",
    gin: "gin",
    logrus: "logrus",
    words: "words",
    digits: "digits",
    stack_trace: "stack-trace",
    blank_lines: "blank-lines",
    utf8: "utf-8",
    look_alikes: "look-alikes",
    indented: "indented",
}

/// Every style at once: no line start is seen often.
#[test]
fn all_styles_in_one_stream() {
    fn any(chance: &mut Chance) -> String {
        STYLES[chance.index(STYLES.len())].1(chance)
    }
    let failures = check_style("all styles", any);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Each single place where a line can be cut, by each style: nothing wrong may come out.
#[test]
fn each_cut_by_each_style() {
    let mut failures = Vec::new();
    for (name, style) in STYLES {
        for era in ERAS {
            let mut chance = Chance(7);
            let mut program = Program::new(era, 11);
            let mut stream = Stream::default();
            for place in 1..40 {
                let cycle = program.cycle();
                let pieces = cycle.pieces(era);
                for (i, piece) in pieces.iter().enumerate() {
                    if i == place {
                        stream.write_foreign(&mut chance, style, (1, 1));
                    }
                    stream.bytes.extend_from_slice(piece.as_bytes());
                }
                stream.write_foreign(&mut chance, style, (2, 4));
                stream.cycles.push((cycle, era));
            }
            let outcome = judge(&read(&stream.bytes).rows, &stream);
            for wrong in outcome.wrong {
                failures.push(format!("{name}, {era:?}: {wrong}"));
            }
            eprintln!(
                "{name:>13} {era:?}: {} of {} right",
                outcome.right,
                stream.cycles.len()
            );
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A program that dies in the middle of a line, at every piece: the rest of the stream is read all the same.
#[test]
fn a_line_that_never_ends() {
    for era in ERAS {
        let mut program = Program::new(era, 3);
        let cycles: Vec<Cycle> = (0..40).map(|_| program.cycle()).collect();
        let last = program.cycle();
        let pieces = last.pieces(era);
        for end in 0..pieces.len() - 1 {
            let mut stream = Stream::default();
            for cycle in &cycles {
                stream.bytes.extend_from_slice(cycle.line(era).as_bytes());
                stream.cycles.push((cycle.clone(), era));
            }
            stream
                .bytes
                .extend_from_slice(pieces[..end].concat().as_bytes());
            stream.cycles.push((last.clone(), era));
            let outcome = judge(&read(&stream.bytes).rows, &stream);
            assert!(
                outcome.wrong.is_empty(),
                "{era:?} ends at piece {end}: {:?}",
                outcome.wrong
            );
            assert!(
                outcome.right >= cycles.len(),
                "{era:?} ends at piece {end}: {} right",
                outcome.right
            );
        }
    }
}

/// Several processes write to one stream, each piece by piece: what cannot be told apart is damaged, never wrong.
#[test]
fn processes_that_cut_each_other() {
    let mut failures = Vec::new();
    for processes in 2..=8_usize {
        for torn_percent in [0, 3, 30] {
            let seed = (processes * 100 + torn_percent) as u64;
            let mut chance = Chance(seed);
            let era = ERAS[processes % 3];
            let mut programs: Vec<Program> = (0..processes)
                .map(|i| Program::new(era, seed * 31 + i as u64))
                .collect();
            let mut stream = Stream::default();
            let mut owner: HashMap<(u64, u64, u64), usize> = HashMap::new();
            // What each process has still to write of its line.
            let mut pending: Vec<Vec<String>> = vec![Vec::new(); processes];
            let mut left: Vec<usize> = vec![150; processes];
            while left.iter().any(|n| *n > 0) || pending.iter().any(|p| !p.is_empty()) {
                let who = chance.index(processes);
                if pending[who].is_empty() {
                    if left[who] == 0 {
                        continue;
                    }
                    left[who] -= 1;
                    let cycle = programs[who].cycle();
                    pending[who] = cycle.pieces(era);
                    pending[who].reverse();
                    owner.insert((cycle.number, cycle.at_ns / 1_000_000, cycle.procs), who);
                    stream.cycles.push((cycle, era));
                }
                // Mostly a line is written in one go.
                let stop = if chance.percent(torn_percent as u64) {
                    chance.index(40)
                } else {
                    40
                };
                for _ in 0..stop {
                    let Some(piece) = pending[who].pop() else {
                        break;
                    };
                    stream.bytes.extend_from_slice(piece.as_bytes());
                }
            }
            let rows = read(&stream.bytes).rows;
            let outcome = judge(&rows, &stream);
            let place = format!("{processes} processes, {torn_percent} % torn, {era:?}");
            for wrong in outcome.wrong.iter().take(3) {
                failures.push(format!("{place}: wrong row:{wrong}"));
            }
            // Rows that stand under one process and come from another.
            let mut mixed = 0;
            let mut by_process: HashMap<String, HashMap<usize, usize>> = HashMap::new();
            for row in &rows {
                let key = (
                    row.cycle.number,
                    row.cycle.start_ns / 1_000_000,
                    u64::from(row.cycle.gomaxprocs),
                );
                if let Some(who) = owner.get(&key) {
                    *by_process
                        .entry(row.process.clone())
                        .or_default()
                        .entry(*who)
                        .or_default() += 1;
                }
            }
            for members in by_process.values() {
                mixed += members.values().sum::<usize>() - members.values().max().unwrap();
            }
            eprintln!(
                "{place}: {} of {} cycles right, {} processes told apart, {mixed} rows mixed",
                outcome.right,
                stream.cycles.len(),
                by_process.len()
            );
            if torn_percent == 0 && outcome.right < stream.cycles.len() {
                failures.push(format!(
                    "{place}: {} of {} cycles, though no line is cut",
                    outcome.right,
                    stream.cycles.len()
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
