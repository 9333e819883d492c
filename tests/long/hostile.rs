//! Whatever comes: no panic, no unbounded memory, nothing that never ends.
//!
//! Large inputs are read in a child process (this test binary again, with the name of the case in its environment):
//! memory is the growth of its peak resident set as the kernel counts it, and a case that does not end is stopped.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "tests say what they measured"
)]

use std::io::{self, Read};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::support::foreign::STYLES;
use crate::support::shapes::{GC, LEGACY, SHAPES};
use crate::support::writer::{ERAS, Era, Program};
use crate::support::{Chance, read, read_sources};
use gcpressure::internal::io::Source;
use gcpressure::internal::pipeline::{self, Options};
use gcpressure::internal::trace::{self, Outcome};
use gcpressure::report::Report;
use proptest::prelude::*;

/// Growth of the peak resident set that a case may cause, KiB.
const PEAK_KIB: u64 = 8 * 1024;
/// Bytes of a large input: `GCPRESSURE_HOSTILE_BYTES`, else more where the code is not slowed down by its checks.
fn large_bytes() -> u64 {
    std::env::var("GCPRESSURE_HOSTILE_BYTES").map_or(
        if cfg!(debug_assertions) {
            4 << 20
        } else {
            100 << 20
        },
        |bytes| bytes.parse().unwrap(),
    )
}

/// A case that has not ended by then never will; ordinary ones take seconds.
const ENDLESS: Duration = Duration::from_secs(240);

#[test]
fn every_shape_is_known() {
    for (i, shape) in SHAPES.iter().enumerate() {
        let outcome = trace::parse_line(shape.as_bytes());
        assert!(matches!(outcome, Outcome::Event(_)), "{shape}: {outcome:?}");
        let read = read(format!("{shape}\n").as_bytes());
        let input = &read.report.input;
        assert_eq!(input.legacy_gc_lines, u64::from(i < LEGACY), "{shape}");
        assert_eq!(
            read.rows.len(),
            usize::from((LEGACY..GC).contains(&i)),
            "{shape}"
        );
        assert_eq!(input.gc_lines.damaged + input.gc_lines.quoted, 0, "{shape}");
    }
}

/// Every prefix of every shape, alone at the end of the input, alone on a line, and before another line.
#[test]
fn every_prefix_of_every_shape() {
    let mut stream = Vec::new();
    for shape in SHAPES {
        for end in 0..=shape.len() {
            let prefix = &shape.as_bytes()[..end];
            let whole = end == shape.len();
            // Blanks at the end of a line are no part of it.
            let rest = &shape.as_bytes()[prefix.trim_ascii_end().len()..];
            if let Outcome::Event(event) = trace::parse_line(prefix) {
                // The only lines that are whole earlier than at their end are those with an optional end.
                assert!(
                    whole || rest.starts_with(b" (") || rest.starts_with(b", ") || loose(shape),
                    "{:?}: {event:?}",
                    String::from_utf8_lossy(prefix)
                );
            }
            stream.extend_from_slice(prefix);
            stream.push(b'\n');
        }
    }
    let reading = read(&stream);
    let input = &reading.report.input;
    assert_eq!(input.gc_lines.cycles(), reading.rows.len() as u64);
    // Each gc line stands there whole once, and once more without each mark at its end; numbers of different lines have nothing to do
    // with one another, so nothing may be put together.
    let wrong: Vec<String> = reading
        .rows
        .iter()
        .map(|row| String::from_utf8_lossy(&row.raw).into_owned())
        .filter(|raw| {
            let mut rests = SHAPES.iter().filter_map(|shape| shape.strip_prefix(&**raw));
            !rests.any(|marks| marks.is_empty() || marks.starts_with(" ("))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(
        reading.rows.len() >= GC - LEGACY,
        "{} rows",
        reading.rows.len()
    );
}

/// Lines of which only the frame is held, because their figures change between versions.
fn loose(shape: &str) -> bool {
    shape.starts_with("pacer: ") || shape.starts_with("SCHED ")
}

/// Every single byte of every shape changed to every other byte.
#[test]
fn every_change_of_one_byte() {
    for (i, shape) in SHAPES.iter().enumerate() {
        let mut line = shape.as_bytes().to_vec();
        let mut stream = Vec::new();
        for at in 0..line.len() {
            let original = line[at];
            for byte in 0..=u8::MAX {
                line[at] = byte;
                let outcome = trace::parse_line(&line);
                if (LEGACY..GC).contains(&i) && byte != original && !original.is_ascii_digit() {
                    // Text between numbers is exact; a blank before a number or behind the line changes nothing else.
                    let event = matches!(outcome, Outcome::Event(_));
                    let still = event && original == b'-' && byte.is_ascii_digit()
                        || event && at + 1 == line.len();
                    assert!(
                        !event || still || original == b'.',
                        "{}: {outcome:?}",
                        String::from_utf8_lossy(&line)
                    );
                }
                if byte < 0x80 && at % 3 == 0 && byte % 5 == 0 {
                    stream.extend_from_slice(&line);
                    stream.push(b'\n');
                }
            }
            line[at] = original;
        }
        let reading = read(&stream);
        assert_eq!(
            reading.report.input.gc_lines.cycles(),
            reading.rows.len() as u64
        );
    }
}

/// A stream as programs write it: whole and cut lines, other output, notes.
fn sample(chance: &mut Chance) -> Vec<u8> {
    let era = ERAS[chance.index(ERAS.len())];
    let mut program = Program::new(era, chance.next());
    let style = STYLES[chance.index(STYLES.len())].1;
    let mut bytes = Vec::new();
    for _ in 0..chance.between(3, 14) {
        if chance.percent(30) {
            bytes.extend_from_slice(style(chance).as_bytes());
        }
        if chance.percent(10) {
            bytes.extend_from_slice(SHAPES[chance.index(SHAPES.len())].as_bytes());
            bytes.push(b'\n');
        }
        let pieces = program.cycle().pieces(era);
        let cut = if chance.percent(30) {
            1 + chance.index(pieces.len() - 1)
        } else {
            0
        };
        for (i, piece) in pieces.iter().enumerate() {
            if i == cut && cut > 0 {
                bytes.extend_from_slice(style(chance).as_bytes());
            }
            bytes.extend_from_slice(piece.as_bytes());
        }
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, chance: &mut Chance) {
    for _ in 0..chance.between(1, 8) {
        if bytes.is_empty() {
            return;
        }
        let at = chance.index(bytes.len());
        let end = (at + chance.index(90)).min(bytes.len());
        match chance.between(0, 7) {
            0 => bytes[at] = u8::try_from(chance.next() & 0xff).unwrap(),
            1 => bytes.insert(at, b'\n'),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let copy = bytes[at..end].to_vec();
                let to = chance.index(bytes.len());
                bytes.splice(to..to, copy);
            }
            4 => bytes.insert(at, b'0' + u8::try_from(chance.between(0, 9)).unwrap()),
            5 => bytes.truncate(at),
            6 => bytes[at..end].reverse(),
            _ => {
                let odd: &[u8] = chance.one_of(&[
                    &b"gc 1 @"[..],
                    b" ms clock, ",
                    b"\0",
                    b"\xff",
                    b"\r",
                    b"{\"log\":\"",
                    b"\x1b[31m",
                    b"->",
                ]);
                bytes.splice(at..at, odd.iter().copied());
            }
        }
    }
}

#[test]
fn ten_thousand_changed_samples() {
    let mut chance = Chance(2_026);
    for round in 0..10_000 {
        let mut bytes = sample(&mut chance);
        change(&mut bytes, &mut chance);
        let reading = read(&bytes);
        let input = &reading.report.input;
        assert_eq!(
            input.gc_lines.cycles(),
            reading.rows.len() as u64,
            "round {round}"
        );
        for row in &reading.rows {
            // Whatever was put together is a line that the runtime can have written.
            assert_eq!(
                trace::parse_line(&row.raw),
                Outcome::Event(gcpressure::internal::trace::cycle::Event::Cycle(row.cycle)),
                "round {round}: {}",
                String::from_utf8_lossy(&row.raw)
            );
        }
    }
}

/// A number at a limit of what a line, or a sum of two, may hold.
fn extreme(chance: &mut Chance) -> u64 {
    let power = 1_u64 << chance.index(64);
    match chance.index(8) {
        0..5 => chance.between(0, 9),
        5 => power - 1,
        6 => power,
        _ => u64::MAX - chance.between(0, 2),
    }
}

fn extreme_milliseconds(chance: &mut Chance) -> String {
    match chance.index(8) {
        0..6 => chance.one_of(&["0", "0.001", "0.10", "9.9"]).to_owned(),
        6 => (u64::MAX / 1_000_000).to_string(),
        _ => (10 + extreme(chance) / 1_000_000).to_string(),
    }
}

/// Lines that the grammar takes, whose numbers no program prints: whole, cut, behind names, of several processes.
#[test]
fn numbers_at_their_limits() {
    for seed in 0..100 {
        let chance = &mut Chance(seed);
        let (mut text, mut number) = (String::new(), 1_u64);
        for i in 0..40 {
            number = match chance.index(8) {
                0 => 1,
                1 => extreme(chance),
                _ => number.saturating_add(1),
            };
            let start = match chance.index(4) {
                0 => extreme(chance) / 1_000_000_000,
                _ => i,
            };
            let percent = match chance.index(8) {
                0 => i128::from(i64::MAX),
                1 => i128::from(i64::MIN),
                _ => i128::from(chance.between(0, 101)),
            };
            let mut sizes = [0; 3].map(|_| extreme(chance));
            if chance.percent(70) {
                sizes.sort_unstable_by(|a, b| b.cmp(a));
                sizes.swap(0, 1);
            }
            let [heap_start, heap_end, live] = sizes;
            let [a, b, c, d, e, f, g, h] = [(); 8].map(|()| extreme_milliseconds(chance));
            let processors = 1 + (extreme(chance) >> chance.between(33, 62));
            let mut line = format!(
                "gc {number} @{start}.000s {percent}%: {a}+{b}+{c} ms clock, {d}+{e}/{f}/{g}+{h} ms cpu, \
                 {heap_start}->{heap_end}->{live} MB, {} MB goal, {} MB stacks, {} MB globals, {processors} P",
                extreme(chance),
                extreme(chance),
                extreme(chance)
            );
            if chance.percent(10) {
                line.insert_str(
                    1 + chance.index(line.len() - 1),
                    chance.one_of(&["\n", "other\n"]),
                );
            }
            text.push_str(chance.one_of(&["", "", "a-1  | ", "b-1  | "]));
            text.push_str(&line);
            text.push('\n');
        }
        let read = read(text.as_bytes());
        assert!(read.report.input.gc_lines.intact > 0, "{seed}: {text}");
    }
}

proptest! {
    /// Also behind the first bytes of formats that are decoded or refused.
    #[test]
    fn random_bytes(magic in prop::sample::select(MAGIC.to_vec()), random in prop::collection::vec(any::<u8>(), 0..4_000)) {
        let bytes = [magic, &random].concat();
        let _ = trace::parse_line(&bytes);
        let source = Source::from_reader("random.log", Box::new(io::Cursor::new(bytes)));
        if let Err(error) = read_sources(vec![source]) {
            prop_assert!(error.to_string().contains("random.log"), "{error}");
        }
    }

    /// The pieces of gc lines and of wrappings in any order.
    #[test]
    fn random_pieces(pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..160)) {
        read(pieces.concat().as_bytes());
    }
}

/// What no format begins with, gzip, zstd and a frame of it that is skipped, UTF-16, and the formats that are refused.
const MAGIC: [&[u8]; 16] = [
    b"",
    b"\x1f\x8b",
    b"\x28\xb5\x2f\xfd",
    b"\x50\x2a\x4d\x18",
    b"\xff\xfe",
    b"\xfe\xff",
    b"\xff\xfe\0\0",
    b"\xfd7zXZ\0",
    b"BZh",
    b"\x04\x22\x4d\x18",
    b"\x02\x21\x4c\x18",
    b"LZIP",
    b"\x1f\x9d",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"7z\xbc\xaf\x27\x1c",
];

const PIECES: [&str; 64] = [
    "gc ",
    "1",
    "2",
    "3",
    "12",
    " @",
    "0.842",
    "1.000",
    "s ",
    "6",
    "%",
    ": ",
    "%: ",
    "0",
    "0.003",
    "0.12",
    "1.5",
    "14",
    "+",
    "/",
    " ms clock, ",
    " ms cpu, ",
    "->",
    " MB, ",
    " MB goal, ",
    " MB stacks, ",
    " MB globals, ",
    "4",
    " P",
    " (forced)",
    "\n",
    "\n",
    "\n",
    "\r\n",
    " (checking for goroutine leaks)",
    "gc 1 @0.100s 1%: 0+0+0",
    "2026/11/23 00:31:34 ",
    "{\"log\":\"",
    "\\n\",",
    "\"stream\":\"stderr\"}",
    "{\"msg\":\"",
    "\"}",
    "svc-1  | ",
    "\x1b[0m",
    "2026-11-23T00:31:34.0Z stderr F ",
    "2026-11-23T00:31:34.0Z stderr P ",
    "[pod/a/b] ",
    "Nov 23 00:12:33 host unit[123]: ",
    "\u{feff}",
    "scvg0: ",
    "GC forced",
    "<34>1 2026-11-23T00:31:34Z h a 1 - - ",
    "Benchmark-8 \t",
    "child: ",
    "\\u003e",
    "gc14(2): 1+1+0 ms 10 -> 5 MB",
    " ",
    "\t",
    "gc 2 @0.100s 0%: 0+1+0 ms clock, 0+0/0/0+0 ms cpu, 3->3->1 MB, 4 MB goal, 2 P\n",
    "gc 3 @0.200s 0%: 0+1+0 ms clock, 0+0/0/0+0 ms cpu, 3->3->1 MB, 4 MB goal, 2 P\n",
    "gc 2 @0.100s 0%: 0+1+0 ms clock, ",
    "0+0/0/0+0 ms cpu, 3->3->1 MB, 4 MB goal, 2 P\n",
    "MB",
    "9999999999999999999999",
];

/// Text that a function makes, piece after piece, until there are a number of bytes.
struct Made<F> {
    make: F,
    left: u64,
    buffer: Vec<u8>,
    given: usize,
}

impl<F: FnMut(&mut Vec<u8>)> Read for Made<F> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.given == self.buffer.len() {
            if self.left == 0 {
                return Ok(0);
            }
            self.buffer.clear();
            self.given = 0;
            while self.buffer.len() < 32 * 1024 {
                (self.make)(&mut self.buffer);
            }
            self.left = self.left.saturating_sub(self.buffer.len() as u64);
        }
        let n = buf.len().min(self.buffer.len() - self.given);
        buf[..n].copy_from_slice(&self.buffer[self.given..self.given + n]);
        self.given += n;
        Ok(n)
    }
}

fn made(bytes: u64, make: impl FnMut(&mut Vec<u8>) + Send + 'static) -> Box<dyn Read + Send> {
    Box::new(Made {
        make,
        left: bytes,
        buffer: Vec::new(),
        given: 0,
    })
}

/// The same bytes again and again.
fn again(bytes: u64, text: &'static str) -> Box<dyn Read + Send> {
    made(bytes, move |buffer| {
        buffer.extend_from_slice(text.as_bytes())
    })
}

/// Text with a number that rises.
fn rising(bytes: u64, text: impl Fn(u64) -> String + Send + 'static) -> Box<dyn Read + Send> {
    let mut n = 0;
    made(bytes, move |buffer| {
        n += 1;
        buffer.extend_from_slice(text(n).as_bytes());
    })
}

const WHOLE: &str = "0.10+2.0+0.10 ms clock, 0.20+0/1.0/0+0.20 ms cpu, 3->4->1 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P";

/// The large inputs. What a correct reader finds in some of them is checked as well.
/// An input, and what its report must say.
type Case = (Box<dyn Read + Send>, fn(&Report) -> bool);

fn case(name: &str) -> Case {
    let any: fn(&Report) -> bool = |_| true;
    let none: fn(&Report) -> bool = |report| report.input.gc_lines.cycles() == 0;
    // Counted, whether any work was done on them or not; the last line ends anywhere.
    let all_damaged: fn(&Report) -> bool = |report| {
        report
            .input
            .gc_lines
            .damaged
            .abs_diff(report.input.sources[0].lines)
            <= 1
    };
    let large = large_bytes();
    let at = |n: u64| format!("{}.{:03}", n / 100, n % 100 * 10);
    match name {
        "one line of letters" => (again(large, "a"), |r| {
            r.input.overlong_lines == 1 && r.input.sources[0].lines == 1
        }),
        "one line of digits" => (again(large, "7"), none),
        "one line of blanks" => (again(large, " "), none),
        "one line of heads" => (again(large, "gc 1 @0.100s 1%: "), none),
        "one line of gc lines" => (
            again(
                large,
                "gc 1 @0.100s 1%: 0.10+2.0+0.10 ms clock, 0.20+0/1.0/0+0.20 ms cpu, 3->4->1 MB, 4 MB goal, 2 P ",
            ),
            none,
        ),
        "one line of arrows" => (again(large, "->"), none),
        "lines just under the cap" => {
            let line = "x".repeat(60_000) + " ms clock, \n";
            (
                made(large, move |buffer| {
                    buffer.extend_from_slice(line.as_bytes())
                }),
                none,
            )
        }
        "line feeds" => (again(large, "\n"), |r| {
            r.input.sources[0].lines == r.input.sources[0].bytes
        }),
        "carriage returns" => (again(large, "\r"), none),
        "CR LF" => (again(large, "\r\n"), none),
        "NUL" => (again(large, "\0"), none),
        "a million heads" => (again(7_000_000, "gc 1 @\n"), none),
        "a million rising heads" => (rising(8_000_000, |n| format!("gc {n} @\n")), none),
        "a million heads on one line" => (again(6_000_000, "gc 1 @"), none),
        "heads up to the clock" => (
            rising(large / 2, move |n| {
                format!("gc {n} @{}s 1%: 0.10+2.0+0.10 ms clock, \n", at(n))
            }),
            all_damaged,
        ),
        "heads and then blank lines" => (
            rising(large / 4, move |n| {
                if n % 40 == 0 {
                    format!("gc {n} @{}s 1%: {WHOLE}x\n", at(n))
                } else {
                    "\n".to_owned()
                }
            }),
            any,
        ),
        "needles alone" => (again(large / 4, " ms clock, \n"), all_damaged),
        "tails alone" => (
            again(
                large / 2,
                "0.20+0/1.0/0+0.20 ms cpu, 3->4->1 MB, 4 MB goal, 2 P\n",
            ),
            none,
        ),
        "pieces alone" => (again(large / 4, "+0.20\n"), none),
        "ends alone" => (again(large / 4, " P\n"), none),
        "a cut line and a flood of continuations" => {
            let mut begun = false;
            (
                made(large / 4, move |buffer| {
                    let text = if begun {
                        "3->4->1\n"
                    } else {
                        "gc 1 @0.100s 1%: 0.10+2.0+0.10 ms clock, 0.20+0/1.0/0+0.20 ms cpu, x\n"
                    };
                    begun = true;
                    buffer.extend_from_slice(text.as_bytes());
                }),
                none,
            )
        }
        "every line cut, no end" => (
            rising(large / 4, move |n| match n % 4 {
                0 => format!("gc {} @{}s 1%: 0.10+2.0app\n", n / 4, at(n)),
                1 => "+0.10 ms clock, 0.20+0/1.0app\n".to_owned(),
                2 => "/0+0.20 ms cpu, 3->4app\n".to_owned(),
                _ => "->1 MB, 4 MB goal, \n".to_owned(),
            }),
            none,
        ),
        "a number that could end anywhere" => (
            rising(large / 8, |n| {
                format!(
                    "gc 1 @0.100s 1%: 0.10+2.0+0.10 ms clock, {n}{}\n",
                    "1234567890".repeat(30)
                )
            }),
            none,
        ),
        "whole lines of one process" => (
            rising(large, move |n| format!("gc {n} @{}s 1%: {WHOLE}\n", at(n))),
            |r| {
                r.processes.len() == 1
                    && r.processes[0].cycles_missing == 0
                    && r.input.gc_lines.damaged == 0
                    && r.input.gc_lines.intact > 20_000
            },
        ),
        "a process a line" => (
            rising(large, |_| format!("gc 1 @0.010s 1%: {WHOLE}\n")),
            |r| r.input.gc_lines.damaged == 0,
        ),
        "a process a line, each other" => (
            rising(large, move |n| {
                format!(
                    "gc 1 @{}s 1%: 0.10+2.0+0.10 ms clock, 0.20+0/1.0/0+0.20 ms cpu, 3->{n}->1 MB, 4 MB goal, 2 P\n",
                    at(n)
                )
            }),
            |r| {
                r.input.gc_lines.damaged == 0
                    && r.processes.len() <= 1_000
                    && r.processes_omitted > 10_000
            },
        ),
        "numbers all over" => (
            rising(large / 2, move |n| {
                format!(
                    "gc {} @{}s 1%: {WHOLE}\n",
                    n.wrapping_mul(2_654_435_761) % 1_000_000,
                    at(n)
                )
            }),
            any,
        ),
        "a pod a line" => (
            rising(large, |n| {
                format!("[pod/svc-{n}/main] gc 1 @0.010s 1%: {WHOLE}\n")
            }),
            |r| r.input.gc_lines.damaged == 0,
        ),
        "a hundred pods in turn" => (
            rising(large, move |n| {
                format!(
                    "[pod/svc-{}/main] gc {} @{}s 1%: {WHOLE}\n",
                    n % 100,
                    n / 100 + 1,
                    at(n)
                )
            }),
            |r| r.processes.len() == 100 && r.input.gc_lines.damaged == 0,
        ),
        "five thousand pods in turn" => (
            rising(large, move |n| {
                format!(
                    "[pod/svc-{}/main] gc {} @{}s 1%: {WHOLE}\n",
                    n % 5_000,
                    n / 5_000 + 1,
                    at(n)
                )
            }),
            |r| r.input.gc_lines.damaged == 0,
        ),
        "a strange prefix a line" => (
            rising(large / 2, |n| {
                format!("worker {n} says gc 1 @0.010s 1%: {WHOLE}\n")
            }),
            none,
        ),
        "a strange prefix that grows" => (
            rising(large / 8, |n| {
                format!(
                    "{}gc 1 @0.010s 1%: {WHOLE}\n",
                    "x ".repeat((n % 30_000) as usize)
                )
            }),
            none,
        ),
        "CRI parts without an end" => (
            again(
                large,
                "2026-11-23T00:31:34.0Z stderr P gc 1 @0.010s 1%: 0.10+2.0\n",
            ),
            none,
        ),
        "CRI parts of many pods" => (
            rising(large / 2, |n| {
                format!(
                    "[pod/p{n}/c] 2026-11-23T00:31:34.0Z stderr P {}\n",
                    "gc 1 @".repeat(200)
                )
            }),
            none,
        ),
        "docker JSON without an end" => (
            again(
                large / 2,
                "{\"log\":\"gc 1 @0.010s 1%: 0.10+2.0+0.10 ms clock, ",
            ),
            none,
        ),
        "docker JSON lines cut" => (
            again(
                large / 2,
                "{\"log\":\"gc 1 @0.010s 1%: 0.10+2.0+0.10 ms clock, \\n\",\"stream\":\"stderr\"}\n",
            ),
            none,
        ),
        "deep JSON" => (
            made(large / 8, |buffer| {
                buffer.extend_from_slice("[".repeat(20_000).as_bytes());
                buffer.extend_from_slice(b" ms clock, \n{\"a\":");
                buffer.extend_from_slice("{\"a\":".repeat(9_000).as_bytes());
                buffer.extend_from_slice(b"\" ms clock, \n");
            }),
            none,
        ),
        "escapes" => (
            again(
                large / 2,
                "{\"log\":\"\\u0067\\u0063\\u0020\\ud800\\n ms clock, \",\"time\":\"\\\\\\\\\"}\n",
            ),
            none,
        ),
        "colours" => (again(large, "\x1b[31m"), none),
        "scavenger lines" => (
            again(
                large / 2,
                "scvg0: inuse: 5, idle: 1, sys: 7, released: 0, consumed: 7 (MB)\n",
            ),
            |r| r.input.scavenger_lines > 10_000,
        ),
        "legacy lines" => (
            again(
                large / 2,
                "gc9(1): 5+0+0 ms, 3 -> 2 MB 2600 -> 1700 (3100-1400) objects, 2(17) handoff, 4(19) steal, 21/3/0 yields\n",
            ),
            |r| r.input.legacy_gc_lines > 10_000,
        ),
        "forced notices" => (again(large / 4, "GC forced\n"), |r| {
            r.input.forced_notices > 50_000
        }),
        "random bytes" => {
            let mut chance = Chance(9);
            (
                made(large / 2, move |buffer| {
                    buffer.extend_from_slice(&chance.next().to_le_bytes())
                }),
                none,
            )
        }
        "cut lines of a real program" => {
            let mut chance = Chance(77);
            (
                made(large / 4, move |buffer| buffer.extend(sample(&mut chance))),
                any,
            )
        }
        "a long run" => {
            let mut program = Program::new(Era::Go126, 5);
            (
                made(large, move |buffer| {
                    buffer.extend_from_slice(program.cycle().line(Era::Go126).as_bytes())
                }),
                |r| {
                    r.processes.len() == 1
                        && r.processes[0].cycles_missing == 0
                        && r.input.gc_lines.damaged == 0
                },
            )
        }
        other => panic!("no such case: {other}"),
    }
}

const CASE: &str = "GCPRESSURE_HOSTILE_CASE";

/// The child's side: reads the case named in the environment and says how its memory grew.
#[test]
fn child() {
    let Ok(name) = std::env::var(CASE) else {
        return;
    };
    let before = anonymous_kib();
    let peak = Arc::new(AtomicU64::new(before));
    let seen = Arc::clone(&peak);
    std::thread::spawn(move || {
        loop {
            seen.fetch_max(anonymous_kib(), Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    for foreign in [false, true] {
        let (reader, right) = case(&name);
        let options = Options::default().foreign(foreign);
        let report =
            pipeline::analyze(vec![Source::from_reader("x", reader)], &options, &mut ()).unwrap();
        assert!(
            right(&report),
            "{name}, foreign lines wanted: {foreign}: {}",
            counts(&report)
        );
    }
    println!("grown {}", peak.load(Ordering::Relaxed) - before);
}

fn counts(report: &Report) -> String {
    let mut input = report.input.clone();
    input.damaged_lines.truncate(3);
    format!(
        "{} processes, {} more, {input:?}",
        report.processes.len(),
        report.processes_omitted
    )
}

/// The memory of this process that no file is behind, KiB: heap and stacks, not the pages of a test program of many megabytes.
fn anonymous_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("RssAnon:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn read_large(name: &str) {
    if !cfg!(target_os = "linux") {
        eprintln!("skipped: memory is measured on Linux only");
        return;
    }
    // A limit on the address space, so that a fault here does not take the machine with it.
    let mut child = Command::new("sh")
        .args([
            "-c",
            "ulimit -v 1500000 && exec \"$0\" --exact hostile::child --nocapture",
        ])
        .arg(std::env::current_exe().unwrap())
        .env(CASE, name)
        .env("RUST_BACKTRACE", "0")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > ENDLESS {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("{name}: no end after {ENDLESS:?}");
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let (mut out, mut err) = (String::new(), String::new());
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut out)
        .unwrap();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut err)
        .unwrap();
    assert!(status.success(), "{name}: {status}\n{err}");
    let grown = out
        .lines()
        .find_map(|line| line.split_once("grown "))
        .unwrap()
        .1;
    let grown: u64 = grown.trim().parse().unwrap();
    eprintln!("{name}: {grown} KiB, {:?}", started.elapsed());
    assert!(grown < PEAK_KIB, "{name}: memory grew by {grown} KiB");
}

macro_rules! large {
    ($($test:ident: $name:literal),+ $(,)?) => {
        $(
            #[test]
            fn $test() {
                read_large($name);
            }
        )+
    };
}

large! {
    letters: "one line of letters",
    digits: "one line of digits",
    blanks: "one line of blanks",
    heads_on_a_line: "one line of heads",
    gc_lines_on_a_line: "one line of gc lines",
    arrows: "one line of arrows",
    long_lines: "lines just under the cap",
    line_feeds: "line feeds",
    carriage_returns: "carriage returns",
    cr_lf: "CR LF",
    nul: "NUL",
    million_heads: "a million heads",
    million_rising_heads: "a million rising heads",
    million_heads_on_a_line: "a million heads on one line",
    heads_up_to_the_clock: "heads up to the clock",
    heads_and_blank_lines: "heads and then blank lines",
    needles: "needles alone",
    tails: "tails alone",
    pieces: "pieces alone",
    ends: "ends alone",
    continuations: "a cut line and a flood of continuations",
    never_an_end: "every line cut, no end",
    long_numbers: "a number that could end anywhere",
    one_process: "whole lines of one process",
    process_a_line: "a process a line",
    other_process_a_line: "a process a line, each other",
    numbers_all_over: "numbers all over",
    pod_a_line: "a pod a line",
    hundred_pods: "a hundred pods in turn",
    five_thousand_pods: "five thousand pods in turn",
    strange_prefixes: "a strange prefix a line",
    growing_prefix: "a strange prefix that grows",
    cri_parts: "CRI parts without an end",
    cri_parts_of_many: "CRI parts of many pods",
    docker_without_end: "docker JSON without an end",
    docker_cut: "docker JSON lines cut",
    deep_json: "deep JSON",
    escapes: "escapes",
    colours: "colours",
    scavenger: "scavenger lines",
    legacy: "legacy lines",
    forced: "forced notices",
    random: "random bytes",
    cut_lines: "cut lines of a real program",
    long_run: "a long run",
}
