//! Logs to measure on: made by simulated Go programs and loggers, the same bytes for the same kind and size everywhere.

#[path = "../../tests/support/mod.rs"]
mod support;

use std::io::{self, Write};

use support::Chance;
use support::foreign::{STYLES, Style};
use support::writer::{Era, Program};

/// A kind of log: its name, and what makes it.
pub(crate) type Kind = (&'static str, fn(&mut Writer<'_>) -> io::Result<()>);

/// Every kind. Each function writes the next line or the next few.
pub(crate) const KINDS: [Kind; 10] = [
    ("pure", |log| log.gc(plain)),
    ("mix1", |log| log.mixed(1, plain)),
    ("mix10", |log| log.mixed(10, plain)),
    ("cri", |log| log.gc(cri)),
    ("cri1", |log| log.mixed(1, cri)),
    ("docker", |log| log.gc(docker)),
    ("docker1", |log| log.mixed(1, docker)),
    ("cut", |log| log.cut()),
    ("candidates", |log| log.raw(" ms clock, \n")),
    ("endless", |log| {
        log.raw("gc 1 @0.100s 1%: 0.010+1.0 ms clock, ")
    }),
];

/// The loggers whose lines fill the mixed logs: those whose lines look like nothing else.
fn ordinary() -> impl Iterator<Item = Style> {
    const ORDINARY: [&str; 8] = [
        "slog-text",
        "slog-json",
        "zap-json",
        "zerolog-json",
        "log",
        "klog",
        "gin",
        "logrus",
    ];
    STYLES
        .iter()
        .filter(|(name, _)| ORDINARY.contains(name))
        .map(|(_, style)| *style)
}

/// How a line is wrapped on its way into the log.
type Wrap = fn(&str, &mut dyn Write) -> io::Result<()>;

fn plain(line: &str, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(line.as_bytes())
}

fn cri(line: &str, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "2026-11-23T00:12:01.028391224Z stderr F {line}")
}

fn docker(line: &str, out: &mut dyn Write) -> io::Result<()> {
    let line = serde_json::to_string(line)?;
    writeln!(
        out,
        r#"{{"log":{line},"stream":"stderr","time":"2026-11-23T00:12:01.028391224Z"}}"#
    )
}

/// A log that is being written.
pub(crate) struct Writer<'w> {
    out: &'w mut dyn Write,
    chance: Chance,
    program: Program,
    loggers: Vec<Style>,
    bytes: u64,
    /// gc lines written whole.
    pub(crate) cycles: u64,
}

impl Writer<'_> {
    fn put(&mut self, line: &str, wrap: Wrap) -> io::Result<()> {
        let mut counted = Counted {
            out: self.out,
            bytes: &mut self.bytes,
        };
        wrap(line, &mut counted)
    }

    /// One gc line.
    fn gc(&mut self, wrap: Wrap) -> io::Result<()> {
        let line = self.program.cycle().line(self.program.era);
        self.cycles += 1;
        self.put(&line, wrap)
    }

    /// One line, in `percent` of 100 cases a gc line.
    fn mixed(&mut self, percent: u64, wrap: Wrap) -> io::Result<()> {
        if self.chance.percent(percent) {
            return self.gc(wrap);
        }
        let line = self.loggers[self.chance.index(self.loggers.len())](&mut self.chance);
        self.put(&line, wrap)
    }

    /// A log with 10 % gc lines, one in a hundred of which another writer cut in two.
    fn cut(&mut self) -> io::Result<()> {
        if !self.chance.percent(10) || !self.chance.percent(1) {
            return self.mixed(10, plain);
        }
        let pieces = self.program.cycle().pieces(self.program.era);
        let at = self.chance.between(1, pieces.len() as u64 - 1);
        let (head, tail) = pieces.split_at(usize::try_from(at).unwrap_or(1));
        let other = self.loggers[self.chance.index(self.loggers.len())](&mut self.chance);
        self.put(&head.concat(), plain)?;
        self.put(&other, plain)?;
        self.put(&tail.concat(), plain)
    }

    fn raw(&mut self, text: &str) -> io::Result<()> {
        self.put(text, plain)
    }
}

/// Writes a log of at least `bytes` bytes, up to the end of a line, and gives the number of its whole gc lines.
pub(crate) fn write(kind: &Kind, bytes: u64, out: &mut dyn Write) -> io::Result<u64> {
    let mut log = Writer {
        out,
        chance: Chance(1),
        // A service with a heap of some hundred MiB on eight processors.
        program: Program::new(Era::Go118, 14),
        loggers: ordinary().collect(),
        bytes: 0,
        cycles: 0,
    };
    while log.bytes < bytes {
        (kind.1)(&mut log)?;
    }
    Ok(log.cycles)
}

struct Counted<'w> {
    out: &'w mut dyn Write,
    bytes: &'w mut u64,
}

impl Write for Counted<'_> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let count = self.out.write(text)?;
        *self.bytes += count as u64;
        Ok(count)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
