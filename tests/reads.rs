//! How much of a log is read at a time changes nothing of what is found in it.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::fmt::Write as _;
use std::io::{self, Cursor, Read};

use gcpressure::input::{LINE_CAP, Source};
use gcpressure::pipeline::{self, CycleRow, Options, Sink};

/// Gives a text so many bytes at a time.
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
            let options = Options {
                foreign,
                ..Options::default()
            };
            let mut found = Found::default();
            let report = pipeline::analyse(vec![source], &options, &mut found).unwrap();
            (report.input, found)
        };
        let (input, found) = read(1 << 20);
        assert_eq!(input.overlong_lines, overlong as u64);
        assert!(
            input.intact >= 150 && input.repaired > 0 && input.quoted > 0,
            "{input:?}"
        );
        assert_eq!(found.rows.len() as u64, input.intact + input.repaired);
        assert_eq!(found.foreign.len() > overlong * LINE_CAP, foreign);
        for most in [131_072, 65_536, 10_007, 777] {
            assert!(read(most) == (input.clone(), found.clone()), "{most}");
        }
    }
}
