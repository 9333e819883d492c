//! `gcpressure demo`: a recorded log, played through `watch` at a terminal, and its report.

use std::io::{self, Read};
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser as _;
use gcpressure::internal::io::Source;
use gcpressure::internal::pipeline;
use gcpressure::{Event, Outcome, parse_line};

use super::{report, watch};
use crate::cli::args::{Cli, Command};
use crate::cli::config::Choices;
use crate::cli::exit::{self, Failure};
use crate::cli::live::dashboard::screen;
use crate::cli::output;
use crate::cli::output::report::{To, deliver};

/// 12 s of an API that builds its JSON from concatenated strings.
const LOG: &[u8] = include_bytes!("../../../samples/wasteful.go1.27.3.log");
/// Seconds of the log in a second.
const SPEED: u32 = 2;
/// What the log is called in messages.
const NAME: &str = "demo";

const NEXT: &str = "
This was a recorded log. On your own program:
  gcpressure run -- ./server       starts it with its GC trace, and reports
  gcpressure watch -- ./server     the same on a live screen
  GODEBUG=gctrace=1 ./server 2>&1 | gcpressure --passthrough
                                   reads a pipe; passes on what else is printed
  gcpressure check server.log      a gate for CI: status 1 on a critical finding
  gcpressure explain small-heap    what this cause means, and what to do
";

/// Plays the log on a screen, where there is one, and reports on it.
pub(crate) fn run() -> Result<u8, Failure> {
    let Ok(Some(Command::Watch(args))) =
        Cli::try_parse_from(["gcpressure", "watch"]).map(|cli| cli.command)
    else {
        return Err(Failure::new("`watch` without arguments is invalid"));
    };
    if screen::possible() {
        let name = format!("{NAME}: a recorded log at {SPEED} times its speed");
        watch::play(&args, &name, Source::live(NAME, Box::new(Replay::new(LOG))))?;
    } else {
        let choices = Choices::load(&args.analysis, &args.rules, None)?;
        let policy = choices.policy(&args.output.show, None);
        let options = pipeline::Options::default().settings(choices.settings);
        let source = Source::from_reader(NAME, Box::new(LOG));
        let targets = report::targets(&args.output, &args.rules, &args.escape)?;
        let found = pipeline::analyze(vec![source], &options, &mut ())?;
        deliver(&args.output, &targets, &found, policy, To::Stdout)?;
    }
    output::print(|out| out.write_all(NEXT.as_bytes()))?;
    Ok(exit::DONE)
}

/// Gives each gc line at the time that it was printed, [`SPEED`] times as fast.
struct Replay {
    rest: &'static [u8],
    start: Instant,
}

impl Replay {
    fn new(log: &'static [u8]) -> Self {
        Self {
            rest: log,
            start: Instant::now(),
        }
    }
}

impl Read for Replay {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let end = self.rest.iter().position(|byte| *byte == b'\n');
        let line = &self.rest[..end.map_or(self.rest.len(), |end| end + 1)];
        if let Outcome::Event(Event::Cycle(cycle)) = parse_line(line.trim_ascii_end()) {
            let due = Duration::from_nanos(cycle.start_ns) / SPEED;
            thread::sleep(due.saturating_sub(self.start.elapsed()));
        }
        let read = line.len().min(buf.len());
        buf[..read].copy_from_slice(&line[..read]);
        self.rest = &self.rest[read..];
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test panics by design")]

    use super::*;

    #[test]
    fn a_log_is_played_whole_and_not_before_its_time() {
        let log = b"other\ngc 1 @0.200s 2%: 0.020+0.80+0.004 ms clock, 0.16+0.10/1.2/0+0.032 ms cpu, 8->9->4 MB, 10 MB goal, 8 P\nend";
        let mut replay = Replay::new(log);
        let mut text = Vec::new();
        assert_eq!(replay.read(&mut [0; 4]).unwrap(), 4);
        replay.read_to_end(&mut text).unwrap();
        assert_eq!(text, log[4..]);
        assert!(replay.start.elapsed() >= Duration::from_millis(100));
    }
}
