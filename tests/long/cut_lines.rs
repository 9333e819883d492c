//! Lines that other output cuts: the runtime prints a gc line in some 39 writes, and whatever else goes to the same
//! stream falls between them. Nearly all must come out with every field right, and none with a field wrong.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "tests say what they measured"
)]

use std::collections::HashMap;

use crate::support::foreign::{STYLES, Style};
use crate::support::writer::{Cycle, ERAS, Era, Program};
use crate::support::{Chance, Reading, Row, read};
use gcpressure::internal::trace::cycle::GcCycle;

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

/// Cycles of 1,000 that must be read right. Where every line is cut by text that begins as trace does, not all can be: a
/// number in front of a number has two readings, as `3->4->1` before `7 requests` has that of `3->4->17`.
fn floor(name: &str, rate: &Rate) -> usize {
    match (name, rate.name) {
        ("digits", "high") => 950,
        ("digits", "flood") => 850,
        ("look-alikes", "flood") => 975,
        ("look-alikes" | "all styles", "high" | "flood") => 990,
        _ => 995,
    }
}

fn check_style(name: &str, style: Style) -> Vec<String> {
    let mut failures = Vec::new();
    for (at, rate) in RATES.iter().enumerate() {
        // Each style and rate on several programs of every era; figures are of all of them together.
        let (mut all, mut right, mut repaired) = (0, 0, 0);
        for seed in 0..6_u64 {
            let era = ERAS[usize::try_from(seed).unwrap() % ERAS.len()];
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
            if input.gc_lines.cycles() != rows.len() as u64 {
                failures.push(format!(
                    "{place}: {} rows, {} intact, {} repaired",
                    rows.len(),
                    input.gc_lines.intact,
                    input.gc_lines.repaired
                ));
            }
            if input.gc_lines.damaged < lost as u64 {
                failures.push(format!(
                    "{place}: {lost} cycles lost, {} lines counted as damaged",
                    input.gc_lines.damaged
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
        if right * 1000 < all * floor(name, rate) {
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

/// Lines that only seem to be cut use up the work that is set aside for cut ones. They are counted as damaged, and once
/// enough other lines have come, cut lines are put together again.
#[test]
fn work_in_vain_is_bounded_and_made_up_for() {
    let era = Era::Go118;
    let mut program = Program::new(era, 3);
    let mut log = program.cycle().line(era);
    let heads = 100_000;
    for n in 0..heads {
        log += &format!(
            "gc {n} @{}.{:03}s 1%: 0.10+2.0+0.10 ms clock, \n",
            n / 10,
            n % 10 * 100
        );
    }
    let cut = |cycle: &Cycle| {
        let pieces = cycle.pieces(era);
        let (head, tail) = pieces.split_at(30);
        format!("{}request served\n{}", head.concat(), tail.concat())
    };
    let in_vain = cut(&program.cycle());
    let other = "time=2026-11-23T00:12:01.028Z level=INFO msg=\"request served\" path=/v1/items\n";
    let mut paid = other.repeat(20_000);
    paid += &program.cycle().line(era);
    let mended = cut(&program.cycle());
    let log = [log, in_vain, paid, mended, program.cycle().line(era)].concat();
    let reading = read(log.as_bytes());
    let input = &reading.report.input;
    assert_eq!((input.gc_lines.intact, input.gc_lines.repaired), (3, 1));
    assert_eq!(input.gc_lines.damaged, heads + 1);
    assert!(reading.rows[2].repaired);
}

/// Processes that share a stream: each with its own clock, all in one time.
struct Together {
    stream: Stream,
    /// Which process printed a line.
    owner: HashMap<String, usize>,
    chance: Chance,
}

impl Together {
    /// `cycles` of each of `count` processes, in the order of real time; `torn` of 100 lines are mixed with the next
    /// line of another process, piece by piece.
    fn of(count: usize, cycles: usize, torn: u64, era: Era, seed: u64) -> Self {
        let mut together = Self {
            stream: Stream::default(),
            owner: HashMap::new(),
            chance: Chance(seed),
        };
        let mut lines = Vec::new();
        for process in 0..count {
            let mut program = Program::new(era, seed * 31 + process as u64);
            let started_ns = together.chance.between(0, 3_000_000_000);
            for _ in 0..cycles {
                let cycle = program.cycle();
                let printed_ns = started_ns + cycle.at_ns + cycle.clock_ns.iter().sum::<u64>();
                together
                    .owner
                    .insert(cycle.line(era).trim_end().to_owned(), process);
                lines.push((printed_ns, process, cycle));
            }
        }
        lines.sort_by_key(|(printed_ns, ..)| *printed_ns);
        let mut lines = lines.into_iter().peekable();
        while let Some((_, process, cycle)) = lines.next() {
            let another =
                lines.next_if(|(_, next, _)| *next != process && together.chance.percent(torn));
            let mut writers = vec![cycle.pieces(era)];
            together.stream.cycles.push((cycle, era));
            if let Some((_, _, cycle)) = another {
                writers.push(cycle.pieces(era));
                together.stream.cycles.push((cycle, era));
            }
            together.write(writers);
        }
        together
    }

    /// The pieces of all writers, each in its order, in runs.
    fn write(&mut self, mut writers: Vec<Vec<String>>) {
        for pieces in &mut writers {
            pieces.reverse();
        }
        while writers.iter().any(|pieces| !pieces.is_empty()) {
            let who = self.chance.index(writers.len());
            for _ in 0..self.chance.between(1, 30) {
                let Some(piece) = writers[who].pop() else {
                    break;
                };
                self.stream.bytes.extend_from_slice(piece.as_bytes());
            }
        }
    }

    /// Rows that stand under one process and come from another.
    fn mixed(&self, rows: &[Row]) -> usize {
        let mut by_process: HashMap<&str, HashMap<usize, usize>> = HashMap::new();
        for row in rows {
            let line = String::from_utf8_lossy(&row.raw);
            if let Some(who) = self.owner.get(line.as_ref()) {
                *by_process
                    .entry(&row.process)
                    .or_default()
                    .entry(*who)
                    .or_default() += 1;
            }
        }
        by_process
            .values()
            .map(|members| members.values().sum::<usize>() - members.values().max().unwrap())
            .sum()
    }
}

/// Several processes write to one stream, each piece by piece: what cannot be told apart is damaged, never wrong, and
/// numbers of different processes never mix unless the report says that it cannot be sure.
#[test]
fn processes_that_cut_each_other() {
    let mut failures = Vec::new();
    for processes in 2..=8_usize {
        for torn in [0, 3, 30, 100] {
            let seed = processes as u64 * 100 + torn;
            let era = ERAS[processes % ERAS.len()];
            let together = Together::of(processes, 80, torn, era, seed);
            let Reading { rows, report, .. } = read(&together.stream.bytes);
            let outcome = judge(&rows, &together.stream);
            let written = together.stream.cycles.len();
            let mixed = together.mixed(&rows);
            let sure = report.processes.iter().all(|process| !process.approximate);
            let place = format!("{processes} processes, {torn} % torn, {era:?}");
            for wrong in outcome.wrong.iter().take(3) {
                failures.push(format!("{place}: wrong row:{wrong}"));
            }
            eprintln!(
                "{place}: {} of {written} cycles right, {} processes told apart, {mixed} rows mixed, sure: {sure}",
                outcome.right,
                report.processes.len(),
            );
            if torn == 0 && outcome.right < written {
                failures.push(format!(
                    "{place}: {} of {written} cycles, though no line is cut",
                    outcome.right
                ));
            }
            if torn == 3 && outcome.right * 100 < written * 97 {
                failures.push(format!(
                    "{place}: {} of {written} cycles right",
                    outcome.right
                ));
            }
            if mixed > 0 && sure {
                failures.push(format!("{place}: {mixed} rows stand under another process, and the report is sure of all"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Torn lines that nothing continues use up the work that is done for nothing; what is read after them pays for more.
#[test]
fn a_cut_line_behind_a_flood_of_torn_ones() {
    let torn = 150_000;
    let mut log = String::new();
    for _ in 0..torn / 2 {
        log.push_str(" ms clock, \n0.10+2.0+0.10 ms clock, \n");
    }
    // No work is paid for now, and none is needed.
    let rest = ", 0.20+0/1.0/0+0.20 ms cpu, 3->4->1 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P";
    let rest = format!("+0.10 ms clock{rest}");
    let page = rest.replace('>', "&gt;");
    log.push_str(&format!("gc 1 @0.100s 1%: 0.10+2.0{rest} \t\n"));
    log.push_str(&format!("gc 2 @0.200s 1%: 0.10+2.0{page}\n"));
    let other = 5_000;
    for n in 0..other {
        log.push_str(&format!("2026/11/23 10:00:00 GET /orders/{n} 200 took 12 ms clock, 3 retries, all went well in the end\n"));
    }
    log.push_str(&format!("gc 3 @0.300s 1%: 0.10+2.0{rest}\n"));
    log.push_str("gc 4 @0.400s 1%: 0.10+2.02026/11/23 10:00:00 GET /orders/7 200\n");
    log.push_str(&format!("{rest}\n"));
    let reading = read(log.as_bytes());
    let input = &reading.report.input;
    assert_eq!((input.gc_lines.intact, input.gc_lines.repaired), (3, 1));
    assert_eq!(input.gc_lines.damaged, torn);
    assert_eq!(input.other_lines, other + 1);
    assert_eq!(
        String::from_utf8_lossy(&reading.rows[3].raw),
        format!("gc 4 @0.400s 1%: 0.10+2.0{rest}")
    );
}
