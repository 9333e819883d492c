//! What the runtime prints is what is read: every field, to the digit; nothing else is taken for a gc line; and how the
//! bytes come in pieces changes nothing.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "tests may stop, and draw small numbers"
)]

use crate::support;

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::LazyLock;

use crate::support::foreign::STYLES;
use crate::support::shapes::{GC, LEGACY, SHAPES};
use crate::support::writer::{Cycle, ERAS, Era, Program, print_ms, printed_ns};
use crate::support::{Chance, read, read_from};
use gcpressure::internal::trace::cycle::{Event, Format, GcCycle};
use gcpressure::internal::trace::{self, Outcome};
use proptest::prelude::*;
use regex::bytes::Regex;

/// Every gc line of Go 1.5 and later, written down a second time and in another way.
static TWIN: LazyLock<Regex> = LazyLock::new(|| {
    let num = r"(?:0|[1-9][0-9]{0,19})";
    let ms = r"(?:0|0\.00[1-9]|0\.0[1-9][0-9]|0\.[1-9][0-9]|[1-9]\.[0-9]|[1-9][0-9]{1,13})";
    let cpu = format!(r"{ms}\+{ms}/{ms}/{ms}\+{ms}");
    let three = format!(r"{ms}\+{ms}\+{ms} ms clock, {cpu}");
    let five =
        format!(r"{ms}\+{ms}\+{ms}\+{ms}\+{ms} ms clock, {ms}\+{ms}\+{ms}\+{ms}/{ms}/{ms}\+{ms}");
    let heap = format!(r"{num}->{num}->{num} MB, {num} MB goal, ");
    Regex::new(&format!(
        r"^gc {num} @(?:0|[1-9][0-9]{{0,10}})\.[0-9]{{3}}s (?:0|-?[1-9][0-9]{{0,18}})%(?: \(checking for goroutine leaks\))?: (?:{three} ms cpu, {heap}(?:{num} MB stacks, {num} MB globals, )?|{five} ms cpu, {heap}){num} P(?: \(forced\))?[ \t\r]*$"
    ))
    .unwrap()
});

/// Durations of every printed length, and the edges between them.
fn duration() -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(0),
        0..1_000_u64,
        1_000..100_000_u64,
        100_000..1_000_000_u64,
        1_000_000..10_000_000_u64,
        10_000_000..100_000_000_000_u64,
        prop::sample::select(vec![
            999, 1_000, 9_999, 10_000, 99_999, 100_000, 999_999, 1_000_000, 9_999_999, 10_000_000
        ]),
        0..1_u64 << 61,
    ]
}

fn mib() -> impl Strategy<Value = u64> {
    prop_oneof![0..10_u64, 0..5_000_u64, 0..1_u64 << 44]
}

prop_compose! {
    fn cycle()(
        number in prop_oneof![1..100_u64, 1..=u64::from(u32::MAX)],
        at_ms in prop_oneof![0..100_000_u64, 0..1_u64 << 41],
        percent in 0..=100_u64,
        leak_check in any::<bool>(),
        clock_ns in prop::array::uniform3(duration()),
        cpu_ns in prop::array::uniform5(duration()),
        heap_mib in prop::array::uniform3(mib()),
        (goal_mib, stacks_mib, globals_mib) in (mib(), mib(), mib()),
        procs in prop_oneof![1..=64_u64, 1..=u64::from(u32::MAX)],
        forced in any::<bool>(),
    ) -> Cycle {
        Cycle {
            number, at_ns: at_ms * 1_000_000, percent, leak_check, clock_ns, cpu_ns, heap_mib, goal_mib, stacks_mib,
            globals_mib, procs, forced,
        }
    }
}

fn parsed(line: &[u8]) -> Option<GcCycle> {
    match trace::parse_line(line) {
        Outcome::Event(Event::Cycle(cycle)) => Some(cycle),
        _ => None,
    }
}

#[test]
fn nothing_is_a_single_zero() {
    let line = |none: &str| {
        format!(
            "gc 2 @0.100s 0%: 0.010+0.20+3.0 ms clock, {none}+0/0.20/0+3.0 ms cpu, 3->3->1 MB, 4 MB goal, 2 P"
        )
    };
    for (none, right) in [
        ("0", true),
        ("0.001", true),
        ("0.000", false),
        ("0.00", false),
    ] {
        let line = line(none);
        assert_eq!(parsed(line.as_bytes()).is_some(), right, "{line}");
        assert_eq!(TWIN.is_match(line.as_bytes()), right, "{line}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_printed_cycle_is_read_back(cycle in cycle(), era in prop::sample::select(ERAS.to_vec())) {
        let line = cycle.line(era);
        prop_assert_eq!(parsed(line.trim_end().as_bytes()), Some(cycle.printed(era)), "{}", line);
        prop_assert!(TWIN.is_match(line.trim_end().as_bytes()), "{}", line);
        let reading = read(line.as_bytes());
        prop_assert_eq!(reading.rows.len(), 1);
        prop_assert_eq!(reading.rows[0].cycle, cycle.printed(era));
        prop_assert_eq!(&reading.rows[0].raw, &line.trim_end().as_bytes());
    }

    /// Five phases: scan, write barrier and mark are concurrent; their CPU time is background marking, but for the assists.
    #[test]
    fn a_cycle_of_go_1_5_is_read_back(cycle in cycle(), more in prop::array::uniform4(0..1_u64 << 40)) {
        let [scan, barrier, scan_cpu, barrier_cpu] = more;
        let ms = print_ms;
        let [sweep, mark, end] = cycle.clock_ns;
        let [sweep_cpu, assist, background, idle, end_cpu] = cycle.cpu_ns;
        let line = format!(
            "gc {} @{}.{:03}s {}%: {}+{}+{}+{}+{} ms clock, {}+{}+{}+{}/{}/{}+{} ms cpu, {}->{}->{} MB, {} MB goal, {} P{}",
            cycle.number, cycle.at_ns / 1_000_000_000, cycle.at_ns / 1_000_000 % 1_000, cycle.percent,
            ms(sweep), ms(scan), ms(barrier), ms(mark), ms(end),
            ms(sweep_cpu), ms(scan_cpu), ms(barrier_cpu), ms(assist), ms(background), ms(idle), ms(end_cpu),
            cycle.heap_mib[0], cycle.heap_mib[1], cycle.heap_mib[2], cycle.goal_mib, cycle.procs,
            if cycle.forced { " (forced)" } else { "" },
        );
        prop_assert!(TWIN.is_match(line.as_bytes()), "{}", line);
        let read = parsed(line.as_bytes());
        let wanted = GcCycle {
            format: Format::Go1_5,
            concurrent_mark_ns: [scan, barrier, mark].into_iter().map(printed_ns).sum(),
            mark_background_cpu_ns: read.map_or(0, |cycle| cycle.mark_background_cpu_ns),
            leak_check: false,
            ..cycle.printed(Era::Go16)
        };
        prop_assert_eq!(read, Some(wanted), "{}", line);
        let background = printed_ns(background);
        let all = background + printed_ns(scan_cpu) + printed_ns(barrier_cpu);
        prop_assert!((background..=all).contains(&wanted.mark_background_cpu_ns), "{}", line);
    }

    /// The parser and its twin take and refuse the same texts.
    #[test]
    fn the_twin_agrees(
        which in LEGACY..GC,
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..5_u8, prop::sample::select(b"0123456789.+-/>, ()%:@smMBPgcx\t".to_vec())), 0..4),
    ) {
        let mut line = SHAPES[which].as_bytes().to_vec();
        for (at, how, byte) in changes {
            let at = at.index(line.len());
            match how {
                0 => line[at] = byte,
                1 => line.insert(at, byte),
                2 => drop(line.remove(at)),
                3 => line.swap(at, 0),
                _ => line.truncate(at.max(8)),
            }
        }
        let taken = parsed(&line).is_some();
        // Numbers that no 64 bits hold are refused by the one and not seen by the other.
        let huge = line.split(|byte| !byte.is_ascii_digit()).any(|digits| digits.len() > 9);
        prop_assert!(taken == TWIN.is_match(&line) || (huge && !taken), "{}", String::from_utf8_lossy(&line));
    }

    /// However the bytes are cut into reads, the result is the same.
    #[test]
    fn reads_change_nothing(seed in any::<u64>(), sizes in prop::collection::vec(prop_oneof![1..4_usize, 1..200_usize, 1..9_000_usize], 1..40)) {
        let bytes = stream(seed);
        let whole = read(&bytes);
        let pieces = read_from(Pieces { bytes: bytes.clone().into(), sizes, next: 0 });
        prop_assert_eq!(&whole.rows, &pieces.rows);
        prop_assert_eq!(&whole.report, &pieces.report);
    }

    /// Nor do the lines that pass through.
    #[test]
    fn reads_change_nothing_that_passes_through(seed in any::<u64>(), sizes in prop::collection::vec(prop_oneof![1..4_usize, 1..200_usize, 1..9_000_usize], 1..40)) {
        let bytes = stream(seed);
        let whole = read(&bytes).foreign;
        let pieces = read_from(Pieces { bytes: bytes.clone().into(), sizes, next: 0 }).foreign;
        prop_assert_eq!(String::from_utf8_lossy(&whole), String::from_utf8_lossy(&pieces));
    }
}

/// A reader that gives its bytes in pieces of these sizes, over and over.
struct Pieces {
    bytes: VecDeque<u8>,
    sizes: Vec<usize>,
    next: usize,
}

impl Read for Pieces {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let size = self.sizes[self.next % self.sizes.len()].min(buf.len());
        self.next += 1;
        self.bytes.read(&mut buf[..size])
    }
}

/// A stream of one of many kinds: programs of every era, one or two of them, quiet or loud, wrapped or not.
fn stream(seed: u64) -> Vec<u8> {
    let mut chance = Chance(seed);
    let era = ERAS[chance.index(ERAS.len())];
    let mut programs: Vec<Program> = (0..chance.between(1, 2))
        .map(|_| Program::new(era, chance.next()))
        .collect();
    let style = STYLES[chance.index(STYLES.len())].1;
    let cut_percent = chance.one_of(&[&0, &5, &50]);
    let wrapping = chance.between(0, 5);
    let mut bytes = Vec::new();
    for _ in 0..chance.between(5, 60) {
        let which = chance.index(programs.len());
        let pieces = programs[which].cycle().pieces(era);
        let cut = if chance.percent(*cut_percent) {
            chance.index(pieces.len())
        } else {
            0
        };
        let mut text = String::new();
        for (i, piece) in pieces.iter().enumerate() {
            if i == cut && chance.percent(60) {
                text += &style(&mut chance);
            }
            text += piece;
        }
        for line in text.lines() {
            let line = match wrapping {
                0 => format!("2026-11-23T00:31:34.006Z stderr F {line}\n"),
                1 => format!(
                    "{{\"log\":{},\"stream\":\"stderr\"}}\n",
                    serde_json::to_string(&format!("{line}\n")).unwrap()
                ),
                2 => format!("{line}\r\n"),
                _ => format!("{line}\n"),
            };
            bytes.extend_from_slice(line.as_bytes());
        }
    }
    if chance.percent(30) {
        bytes.truncate(chance.index(bytes.len()));
    }
    bytes
}

#[test]
fn the_twin_takes_every_shape() {
    for shape in &SHAPES[LEGACY..GC] {
        assert!(TWIN.is_match(shape.as_bytes()), "{shape}");
    }
    for shape in SHAPES[..LEGACY].iter().chain(&SHAPES[GC..]) {
        assert!(!TWIN.is_match(shape.as_bytes()), "{shape}");
    }
}

/// Joined sources are read in their order, as one stream.
#[test]
fn sources_in_their_order() {
    let mut program = Program::new(Era::Go126, 4);
    let lines: Vec<String> = (0..40).map(|_| program.cycle().line(Era::Go126)).collect();
    let parts = [
        lines[..10].concat(),
        lines[10..11].concat(),
        String::new(),
        lines[11..].concat(),
    ];
    let sources = parts
        .iter()
        .enumerate()
        .map(|(i, part)| {
            let bytes = part.clone().into_bytes();
            gcpressure::internal::io::Source::from_reader(
                &format!("{i}.log"),
                Box::new(io::Cursor::new(bytes)),
            )
            .joined(gcpressure::internal::io::Joint::Bytes)
        })
        .collect();
    let reading = support::read_sources(sources).unwrap();
    assert_eq!(reading.rows.len(), 40);
    assert_eq!(reading.report.processes.len(), 1);
    let sources: Vec<(u64, u64)> = reading
        .report
        .input
        .sources
        .iter()
        .map(|source| (source.bytes, source.lines))
        .collect();
    let wanted: Vec<(u64, u64)> = parts
        .iter()
        .map(|part| (part.len() as u64, part.lines().count() as u64))
        .collect();
    assert_eq!(sources, wanted);
    for (n, row) in reading.rows.iter().enumerate() {
        assert_eq!(row.cycle.number, n as u64 + 1);
    }
    // Lines and offsets count within each source.
    assert_eq!((reading.rows[10].line, reading.rows[10].offset), (1, 0));
    assert_eq!(
        (reading.rows[12].line, reading.rows[12].offset),
        (2, lines[11].len() as u64)
    );
}
