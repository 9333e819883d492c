//! Cycles of a simulated Go program, printed as the runtime prints them: every operand of its print statement is a
//! write of its own.

use gcpressure::internal::trace::cycle::{BLANK, Format, GcCycle};

use super::Chance;

/// Which print statement writes the line, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Era {
    /// Go 1.6 to 1.17.
    Go16,
    /// Go 1.18 to 1.25: stacks and globals.
    Go118,
    /// Go 1.26 on: a place for the leak check.
    Go126,
}

pub(crate) const ERAS: [Era; 3] = [Era::Go16, Era::Go118, Era::Go126];

/// One cycle, in the units that the runtime has before it prints them: ns, whole MiB. An era that has no place for a field does not
/// print it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cycle {
    pub(crate) number: u64,
    pub(crate) at_ns: u64,
    pub(crate) percent: u64,
    pub(crate) leak_check: bool,
    /// Sweep termination, concurrent mark, mark termination.
    pub(crate) clock_ns: [u64; 3],
    /// Sweep termination, assist, background, idle, mark termination.
    pub(crate) cpu_ns: [u64; 5],
    /// At start, at end, live.
    pub(crate) heap_mib: [u64; 3],
    pub(crate) goal_mib: u64,
    pub(crate) stacks_mib: u64,
    pub(crate) globals_mib: u64,
    pub(crate) procs: u64,
    pub(crate) forced: bool,
}

/// A duration as the runtime prints it: truncated to two digits below 10 ms, to whole ms above, to 1 us at least.
pub(crate) fn print_ms(ns: u64) -> String {
    let us = ns / 1_000;
    match us {
        0 => "0".to_owned(),
        1..=99 => format!("0.{us:03}"),
        100..=999 => format!("0.{:02}", us / 10),
        1_000..=9_999 => format!("{}.{}", us / 1_000, us / 100 % 10),
        _ => (us / 1_000).to_string(),
    }
}

/// What is left in ns of a duration that was printed.
pub(crate) fn printed_ns(ns: u64) -> u64 {
    let unit = match ns {
        0..=99_999 => 1_000,
        100_000..=999_999 => 10_000,
        1_000_000..=9_999_999 => 100_000,
        _ => 1_000_000,
    };
    ns / unit * unit
}

impl Cycle {
    /// The writes that make up the line.
    pub(crate) fn pieces(&self, era: Era) -> Vec<String> {
        let mut pieces = Vec::with_capacity(40);
        let mut print = |operand: &str| pieces.push(operand.to_owned());
        print("gc ");
        print(&self.number.to_string());
        print(" @");
        print(&format!(
            "{}.{:03}",
            self.at_ns / 1_000_000_000,
            self.at_ns / 1_000_000 % 1_000
        ));
        print("s ");
        print(&self.percent.to_string());
        if era >= Era::Go126 {
            print("%");
            if self.leak_check {
                print(" (checking for goroutine leaks)");
            }
            print(": ");
        } else {
            print("%: ");
        }
        for (i, ns) in self.clock_ns.iter().enumerate() {
            if i > 0 {
                print("+");
            }
            print(&print_ms(*ns));
        }
        print(" ms clock, ");
        for (i, ns) in self.cpu_ns.iter().enumerate() {
            match i {
                0 => {}
                2 | 3 => print("/"),
                _ => print("+"),
            }
            print(&print_ms(*ns));
        }
        print(" ms cpu, ");
        print(&self.heap_mib[0].to_string());
        print("->");
        print(&self.heap_mib[1].to_string());
        print("->");
        print(&self.heap_mib[2].to_string());
        print(" MB, ");
        print(&self.goal_mib.to_string());
        print(" MB goal, ");
        if era >= Era::Go118 {
            print(&self.stacks_mib.to_string());
            print(" MB stacks, ");
            print(&self.globals_mib.to_string());
            print(" MB globals, ");
        }
        print(&self.procs.to_string());
        print(" P");
        if self.forced {
            print(" (forced)");
        }
        print("\n");
        pieces
    }

    /// The whole line with its end.
    pub(crate) fn line(&self, era: Era) -> String {
        self.pieces(era).concat()
    }

    /// What must come out of the line: each field as exactly as the line states it.
    pub(crate) fn printed(&self, era: Era) -> GcCycle {
        let [sweep, mark, termination] = self.clock_ns.map(printed_ns);
        let [sweep_cpu, assist, background, idle, termination_cpu] = self.cpu_ns.map(printed_ns);
        let mut cycle = GcCycle {
            number: self.number,
            start_ns: self.at_ns / 1_000_000 * 1_000_000,
            sweep_termination_ns: sweep,
            concurrent_mark_ns: mark,
            mark_termination_ns: termination,
            sweep_termination_cpu_ns: sweep_cpu,
            mark_assist_cpu_ns: assist,
            mark_background_cpu_ns: background,
            mark_idle_cpu_ns: idle,
            mark_termination_cpu_ns: termination_cpu,
            heap_start_mib: self.heap_mib[0],
            heap_end_mib: self.heap_mib[1],
            heap_live_mib: self.heap_mib[2],
            heap_goal_mib: self.goal_mib,
            cumulative_cpu_percent: i64::try_from(self.percent).unwrap(),
            gomaxprocs: u32::try_from(self.procs).unwrap(),
            format: Format::Go1_6,
            forced: self.forced,
            ..BLANK
        };
        if era >= Era::Go118 {
            cycle.format = Format::Go1_18;
            (cycle.stacks_mib, cycle.globals_mib) = (self.stacks_mib, self.globals_mib);
        }
        if era >= Era::Go126 {
            cycle.leak_check = self.leak_check;
        }
        cycle
    }
}

/// A Go program whose heap, goal, clock and CPU time fit together as the runtime's do.
pub(crate) struct Program {
    pub(crate) era: Era,
    chance: Chance,
    procs: u64,
    cpus: u64,
    number: u64,
    now_ns: u64,
    gc_cpu_ns: u64,
    live: u64,
    /// The live heap wanders between these.
    live_range: (u64, u64),
    bytes_per_ns: u64,
    stacks: u64,
    globals: u64,
}

impl Program {
    /// A program of one of six sizes: from a minimum heap of 4 MiB to one of gigabytes.
    pub(crate) fn new(era: Era, seed: u64) -> Self {
        let mut chance = Chance(seed ^ 0x5eed);
        let kib = 1 << 10;
        let (low, high, rate) = match chance.between(0, 5) {
            0 | 1 => (100 * kib, 1_500 * kib, 1),
            2 => (4_000 * kib, 30_000 * kib, 1),
            3 => (60_000 * kib, 200_000 * kib, 2),
            4 => (500_000 * kib, 900_000 * kib, 3),
            _ => (2_000_000 * kib, 9_000_000 * kib, 4),
        };
        let procs = [1, 2, 4, 8, 12, 16, 48, 96][chance.index(8)];
        Self {
            era,
            procs,
            cpus: if chance.percent(80) {
                procs
            } else {
                procs.min(2)
            },
            number: 0,
            now_ns: chance.between(2_000_000, 90_000_000),
            gc_cpu_ns: 0,
            live: chance.between(low, high),
            live_range: (low, high),
            bytes_per_ns: rate,
            stacks: chance.log_between(50 * kib, (low / 4).max(60 * kib)),
            globals: chance.log_between(100 * kib, 3_000 * kib),
            chance,
        }
    }

    /// The next cycle.
    pub(crate) fn cycle(&mut self) -> Cycle {
        let chance = &mut self.chance;
        let roots = if self.era >= Era::Go118 {
            self.stacks + self.globals
        } else {
            0
        };
        let goal = (2 * self.live + roots).max(4 << 20);
        let forced = chance.percent(2);
        let headroom = goal - self.live;
        let start = self.live
            + if forced {
                headroom / 5
            } else {
                headroom * chance.between(75, 97) / 100
            };
        // Jitter, because the allocation rate of a program is no constant.
        self.now_ns +=
            (start - self.live) / self.bytes_per_ns * chance.between(60, 160) / 100 + 400_000;
        let at_ns = self.now_ns;

        let sweep =
            chance.log_between(9_000, 900_000) + if chance.percent(2) { 15_000_000 } else { 0 };
        let mark = 150_000
            + self.live / 2 / self.procs.min(self.cpus)
            + chance.log_between(10_000, 3_000_000);
        let termination = if chance.percent(3) {
            chance.between(0, 999)
        } else {
            chance.log_between(1_000, 120_000)
        };
        let stopped = self.procs.min(self.cpus);
        let background = mark / 4 * self.procs.min(self.cpus) * chance.between(90, 104) / 100;
        let assist = if chance.percent(40) {
            0
        } else {
            chance.log_between(900, mark)
        };
        let idle = if chance.percent(30) {
            0
        } else {
            chance.log_between(900, mark)
        };
        let cpu_ns = [
            sweep * stopped,
            assist,
            background,
            idle,
            termination * stopped,
        ];
        self.gc_cpu_ns += cpu_ns.iter().sum::<u64>() - idle;

        let allocated = (mark * self.bytes_per_ns / 3).min(goal / 10);
        let end = start + allocated;
        let (low, high) = self.live_range;
        let live = (self.live * chance.between(85, 117) / 100)
            .clamp(low, high)
            .min(end);
        self.live = live;
        self.stacks = (self.stacks * chance.between(90, 111) / 100).clamp(30 << 10, 300 << 20);
        self.now_ns += sweep + mark + termination;
        self.number += 1;
        Cycle {
            number: self.number,
            at_ns,
            percent: self.gc_cpu_ns * 100 / (self.procs * self.now_ns),
            leak_check: forced && chance.percent(20),
            clock_ns: [sweep, mark, termination],
            cpu_ns,
            heap_mib: [start >> 20, end >> 20, live >> 20],
            goal_mib: goal >> 20,
            stacks_mib: self.stacks >> 20,
            globals_mib: self.globals >> 20,
            procs: self.procs,
            forced,
        }
    }
}
