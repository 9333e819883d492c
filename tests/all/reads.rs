//! How much of a log is read at a time changes nothing of what is found in it.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use crate::support;

use std::fmt::Write as _;
use std::io::{self, Cursor, Read, Write as _};

use crate::support::Chance;
use crate::support::writer::{Era, Program};
use flate2::Compression;
use flate2::write::GzEncoder;
use gcpressure::internal::io::{LINE_CAP, Source};
use gcpressure::internal::pipeline::{self, CycleRow, Options, Sink};

/// Gives a text that many bytes at a time.
struct Parts(Cursor<Vec<u8>>, usize);

impl Read for Parts {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let most = buf.len().min(self.1);
        self.0.read(&mut buf[..most])
    }
}

/// Every cycle, and every byte that is handed on.
#[derive(Default, Clone, PartialEq)]
struct Found {
    rows: Vec<String>,
    foreign: Vec<u8>,
}

impl Sink for Found {
    fn cycle(&mut self, row: &CycleRow<'_>) -> io::Result<()> {
        let CycleRow { line, offset, .. } = row;
        self.rows
            .push(format!("{} {line} {offset}", row.cycle.number));
        Ok(())
    }

    fn foreign(&mut self, lines: &[u8]) -> io::Result<()> {
        self.foreign.extend_from_slice(lines);
        Ok(())
    }
}

/// Whole gc lines, cut ones, and lines of every length around the cap, some of which quote a gc line at their end.
fn log() -> String {
    let mut log = String::new();
    let lengths = [
        0,
        90,
        3_000,
        40_000,
        LINE_CAP - 1,
        LINE_CAP,
        LINE_CAP + 1,
        100_000,
        300_000,
    ];
    for n in 1..=200_usize {
        let gc = format!(
            "gc {n} @{n}.000s 0%: 0.010+1.0+0.010 ms clock, 0.080+0/1.0/0+0.080 ms cpu, 4->5->2 MB, 5 MB goal, 0 MB stacks, 0 MB globals, 8 P"
        );
        let length = lengths[n * 7 % lengths.len()];
        let quoted = if n % 3 == 0 { gc.as_str() } else { "" };
        let fill = "x".repeat(length.saturating_sub(quoted.len()));
        writeln!(log, "{fill}{quoted}").unwrap();
        match n % 4 {
            0 => {
                let (head, tail) = gc.split_at(60 + n % 20);
                writeln!(log, "{head}served\n{tail}").unwrap();
            }
            _ => writeln!(log, "{gc}").unwrap(),
        }
    }
    log
}

#[test]
fn however_much_is_read_at_a_time() {
    let log = log();
    let overlong = log.lines().filter(|line| line.len() > LINE_CAP).count();
    for foreign in [false, true] {
        let read = |most| {
            let text = Parts(Cursor::new(log.clone().into_bytes()), most);
            let source = Source::from_reader("log", Box::new(text));
            let options = Options::default().foreign(foreign);
            let mut found = Found::default();
            let report = pipeline::analyze(vec![source], &options, &mut found).unwrap();
            (report.input, found)
        };
        let (input, found) = read(1 << 20);
        assert_eq!(input.overlong_lines, overlong as u64);
        assert!(
            input.gc_lines.intact >= 150
                && input.gc_lines.repaired > 0
                && input.gc_lines.quoted > 0,
            "{input:?}"
        );
        assert_eq!(found.rows.len() as u64, input.gc_lines.cycles());
        assert_eq!(found.foreign.len() > overlong * LINE_CAP, foreign);
        for most in [131_072, 65_536, 10_007, 777] {
            assert!(read(most) == (input.clone(), found.clone()), "{most}");
        }
    }
}

/// A log of a seed: lines whole and cut, wrapped and bare, damaged and quoted, of several processes.
fn chance_log(chance: &mut Chance) -> Vec<u8> {
    let mut programs = [4, 5].map(|seed| Program::new(Era::Go126, seed + chance.between(0, 90)));
    let several = chance.percent(30);
    let wrappings: [fn(&str) -> String; 6] = [
        str::to_owned,
        |line| format!("2026-01-01T10:00:00.000000Z {line}"),
        |line| format!("web-1  | {line}"),
        |line| {
            format!(
                "{{\"log\":\"{line}\\n\",\"stream\":\"stderr\",\"time\":\"2026-01-01T10:00:00Z\"}}"
            )
        },
        |line| format!("2026-01-01T10:00:00.000000000Z stderr F {line}"),
        |line| format!("2026-01-01T10:00:00.000000000Z stderr P {line}"),
    ];
    let usual = chance.index(wrappings.len() - 1);
    let broken = chance.between(0, 40);
    let mut log = String::new();
    for _ in 0..chance.log_between(1, 100) {
        let program = &mut programs[usize::from(several && chance.percent(50))];
        let line = program.cycle().line(Era::Go126);
        let line = line.trim_end();
        let wrap = match chance.percent(90) {
            true => wrappings[usual],
            false => wrappings[chance.index(wrappings.len())],
        };
        let mut put = |text: &str| writeln!(log, "{}", wrap(text)).unwrap();
        if !chance.percent(broken) {
            put(line);
            continue;
        }
        let at = chance.index(line.len());
        let (head, tail) = line.split_at(at);
        match chance.index(9) {
            0 => put(head),
            1 => put(tail),
            2 => {
                put(head);
                put(tail);
            }
            3 => {
                put(&format!("{head}served"));
                put(tail);
            }
            4 => put(&format!("see {line}")),
            5 => put("GC forced"),
            6 => put(&format!("gc {at} @0.5s 1%: and nothing more")),
            7 if chance.percent(5) => put(&"x".repeat(chance.index(100_000))),
            _ => put("gc "),
        }
    }
    if chance.percent(30) {
        log.truncate(chance.index(log.len()));
    }
    log.into_bytes()
}

/// The same text in every format that is read here.
fn formats(text: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let gzip = |text: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    };
    let utf16 = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        let text = String::from_utf8(text.to_vec()).unwrap();
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(bytes).collect()
    };
    let (first, second) = text.split_at(text.len() / 3);
    let zstd = ruzstd::encoding::compress_to_vec;
    let fast = ruzstd::encoding::CompressionLevel::Fastest;
    vec![
        ("plain", text.to_vec()),
        ("gzip", gzip(text)),
        ("gzip members", [gzip(first), gzip(second)].concat()),
        ("zstd", zstd(text, fast)),
        (
            "zstd frames",
            [zstd(first, fast), zstd(second, fast)].concat(),
        ),
        ("UTF-16LE", utf16(u16::to_le_bytes)),
        ("UTF-16BE", utf16(u16::to_be_bytes)),
        ("UTF-16 in gzip", gzip(&utf16(u16::to_le_bytes))),
    ]
}

/// The same report, rows and foreign lines, whatever the sizes of the reads: of every format, whole, cut and damaged.
#[test]
fn the_same_report_whatever_the_sizes_of_the_reads() {
    let mut chance = Chance(11);
    let (mut damaged, mut faults) = (0, 0);
    for round in 0..40 {
        let text = chance_log(&mut chance);
        for (format, mut bytes) in formats(&text) {
            match chance.index(3) {
                0 => {}
                1 => bytes.truncate(chance.index(bytes.len() + 1)),
                _ if bytes.is_empty() => {}
                _ => {
                    let at = chance.index(bytes.len());
                    bytes[at] ^= 1 << chance.index(8);
                }
            }
            let read = |most: usize, live: bool| {
                let text = Parts(Cursor::new(bytes.clone()), most);
                let source = match live {
                    true => Source::live("log", Box::new(text)),
                    false => Source::from_reader("log", Box::new(text)),
                };
                support::read_sources(vec![source]).map_err(|error| error.to_string())
            };
            let whole = read(1 << 20, false);
            if let Ok(reading) = &whole {
                damaged += usize::from(reading.report.input.gc_lines.damaged > 1);
                faults += usize::from(!reading.report.warnings.is_empty());
                let places = reading
                    .report
                    .input
                    .damaged_lines
                    .iter()
                    .map(|line| line.line);
                assert!(places.is_sorted());
            }
            let few = usize::try_from(chance.log_between(1, 5_000)).unwrap();
            for (most, live) in [(few, false), (65_536, true), (777, false)] {
                assert!(
                    read(most, live) == whole,
                    "{round}: {format}, {most} at a time"
                );
            }
        }
    }
    assert!(damaged > 40 && faults > 40, "{damaged} {faults}");
}
