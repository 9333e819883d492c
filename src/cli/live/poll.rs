//! Running programs as a source: a thread each asks for `runtime.MemStats` at intervals.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use gcpressure::internal::io::{Poll, Polls, Source};
use gcpressure::internal::memstats::{Snapshot, read_text, read_vars};
use gcpressure::internal::pipeline::WallTime;
use gcpressure::internal::units;

use super::http::{Client, HEAP, PATIENCE, Refusal, VARS};
use crate::cli::args::PollArgs;
use crate::cli::exit::{self, Failure};

/// Largest answer, bytes.
const LARGEST: u64 = 64 << 20;
/// Largest answer of `/metrics`, bytes: it is kept.
const LARGEST_METRICS: u64 = 8 << 20;
/// Shortest time between two polls.
const LEAST: Duration = Duration::from_secs(1);
/// The time between two polls is at least this many times that of a poll: at most 1 % of the time is spent in polls.
const SHARE: u32 = 100;
/// How long a program that has answered may be silent before a watch without an end is given up.
const SILENT: Duration = Duration::from_secs(60);
/// How often a thread that waits looks whether it is to end.
const TICK: Duration = Duration::from_millis(50);
/// Polls that may wait until logs before them are read.
const QUEUE: usize = 64;

/// The programs that arguments name as one source; `None` if they name none. Polls begin at once, and end with `--for`, else after
/// `length`.
///
/// # Errors
/// An invalid address, header or time; no thread left.
pub(crate) fn source<'a>(
    names: impl Iterator<Item = &'a str>,
    args: &PollArgs,
    length: Option<Duration>,
    stop: &Arc<AtomicBool>,
) -> Result<Option<Source>, Failure> {
    let clients = names.map(|name| Client::new(name, &args.header));
    let clients = clients.collect::<Result<Vec<_>, _>>()?;
    if clients.is_empty() {
        return match args.given() {
            None => Ok(None),
            Some(flag) => Err(Failure::new(format!("{flag} is for a URL, and none is given"))
                .tip("name the address of the program, e.g. http://localhost:6060; --timeout ends the reading of a log")),
        };
    }
    let started = args.started.as_deref().map(started).transpose()?;
    let until = args
        .length
        .or(length)
        .and_then(|length| Instant::now().checked_add(length));
    let (sender, polls) = sync_channel(QUEUE);
    let names = clients.iter().map(|client| client.name.clone()).collect();
    for (target, client) in clients.into_iter().enumerate() {
        let poller = Poller {
            client,
            target,
            path: None,
            every: args.every,
            until,
            started,
            stop: Arc::clone(stop),
            sender: sender.clone(),
        };
        thread::Builder::new()
            .name("polls".to_owned())
            .spawn(move || poller.run())
            .map_err(exit::unable)?;
    }
    Ok(Some(Source::polled(Polls::new(names, polls))))
}

/// A start, ns since 1970: a wall-clock time, or how long ago it was.
fn started(text: &str) -> Result<u64, Failure> {
    let ago = units::parse_duration(text).ok();
    let ago = ago.and_then(|ago| unix_ns().checked_sub(ago));
    let at = || WallTime::parse(text).and_then(WallTime::unix_ns);
    ago.or_else(at).filter(|at| *at <= unix_ns()).ok_or_else(|| {
        Failure::new(format!("--started: invalid time `{text}`"))
            .tip("write when the program started, e.g. 2026-11-23T14:05:00Z, or how long ago, e.g. 3h")
    })
}

/// Now, ns since 1970.
fn unix_ns() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(0))
}

/// Polls one program.
struct Poller {
    client: Client,
    target: usize,
    /// Where it serves `runtime.MemStats`, once that is known.
    path: Option<&'static str>,
    every: Duration,
    until: Option<Instant>,
    /// Its start as the user states it, ns since 1970.
    started: Option<u64>,
    stop: Arc<AtomicBool>,
    sender: SyncSender<Poll>,
}

impl Poller {
    fn run(mut self) {
        let mut answered = None;
        let mut cycles = 0;
        let mut started = None;
        loop {
            let (at, at_unix_ns) = (Instant::now(), unix_ns());
            let (answer, bytes) = match self.poll() {
                Ok((snapshot, bytes)) => (Ok(snapshot), bytes),
                Err(why) => (Err(why), 0),
            };
            if let Ok(snapshot) = &answer {
                // A process that starts again has another start.
                if answered.is_none() || snapshot.num_gc < cycles {
                    started = self.started.or_else(|| self.start());
                }
                (answered, cycles) = (Some(Instant::now()), snapshot.num_gc);
            }
            let took = at.elapsed();
            let left = self
                .until
                .map(|until| until.saturating_duration_since(Instant::now()));
            let ends = left.is_some_and(|left| left.is_zero());
            let silent =
                answered.is_none_or(|last| ends || left.is_none() && last.elapsed() > SILENT);
            let gave_up = answer.is_err() && silent;
            let half_ring = answer.as_ref().ok().and_then(Snapshot::half_ring_ns);
            let poll = Poll {
                target: self.target,
                at,
                at_unix_ns,
                started_unix_ns: started,
                bytes,
                answer,
                gave_up,
            };
            if self.sender.send(poll).is_err() || gave_up || ends {
                return;
            }
            let every = half_ring.map_or(self.every, |half| {
                self.every.min(Duration::from_nanos(half))
            });
            if !self.sleep(wait(every, took, left).saturating_sub(took)) {
                // Stopped: what has come since is asked for once more, if that may be.
                if at.elapsed() < wait(Duration::ZERO, took, None) {
                    return;
                }
                self.until = Some(Instant::now());
            }
        }
    }

    /// False if the reading was stopped.
    fn sleep(&self, wait: Duration) -> bool {
        let begun = Instant::now();
        while !self.stop.load(Ordering::Relaxed) {
            match wait.checked_sub(begun.elapsed()) {
                None | Some(Duration::ZERO) => return true,
                Some(rest) => thread::sleep(rest.min(TICK)),
            }
        }
        false
    }

    /// Asks where the program is known to answer, else first for the path that costs less.
    fn poll(&mut self) -> Result<(Snapshot, u64), String> {
        if let Some(path) = self.path.or(self.client.path) {
            let (snapshot, bytes) = self.ask(path).map_err(|refusal| match refusal {
                Refusal::NotFound => format!("the answer to {path} is 404 Not Found: {NO_PPROF}"),
                Refusal::Other(why) => why,
            })?;
            self.path = Some(path);
            return snapshot
                .map(|snapshot| (snapshot, bytes))
                .ok_or_else(|| not_go(path));
        }
        let mut why = None;
        for path in [VARS, HEAP] {
            match self.ask(path) {
                Ok((Some(snapshot), bytes)) => {
                    self.path = Some(path);
                    return Ok((snapshot, bytes));
                }
                Ok((None, _)) => why = Some(not_go(path)),
                Err(Refusal::NotFound) => {}
                Err(Refusal::Other(other)) => return Err(why.unwrap_or(other)),
            }
        }
        Err(why.unwrap_or_else(|| {
            format!("the answers to {VARS} and {HEAP} are 404 Not Found: {NO_PPROF}")
        }))
    }

    fn ask(&self, path: &'static str) -> Result<(Option<Snapshot>, u64), Refusal> {
        let read = match path {
            VARS => |body: &mut dyn Read| read_vars(body),
            _ => |body: &mut dyn Read| read_text(body),
        };
        self.client.get(path, LARGEST, PATIENCE, read)
    }

    /// When the program started, as it says itself, ns since 1970.
    fn start(&self) -> Option<u64> {
        let read = |body: &mut dyn Read| {
            let mut text = Vec::new();
            body.read_to_end(&mut text)?;
            Ok::<_, io::Error>(text)
        };
        let metrics = self.client.get("/metrics", LARGEST_METRICS, PATIENCE, read);
        start_in(&String::from_utf8_lossy(&metrics.ok()?.0))
    }
}

/// What to do about a 404.
const NO_PPROF: &str = "is this the address at which the program serves net/http/pprof (import _ \"net/http/pprof\") or expvar?";

fn not_go(path: &str) -> String {
    format!(
        "the answer to {path} has no complete runtime.MemStats: is this the address of a Go program?"
    )
}

/// `process_start_time_seconds` of `/metrics`, ns since 1970.
fn start_in(metrics: &str) -> Option<u64> {
    let mut lines = metrics.lines();
    let seconds = lines.find_map(|line| line.strip_prefix("process_start_time_seconds "))?;
    let seconds: f64 = seconds.split(' ').next()?.parse().ok()?;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .and_then(|start| u64::try_from(start.as_nanos()).ok())
}

/// From the beginning of one poll, which took so long, to that of the next. The last one stands at the end of the time that is left.
fn wait(every: Duration, took: Duration, left: Option<Duration>) -> Duration {
    let least = LEAST.max(took.saturating_mul(SHARE));
    let every = every.max(least);
    match left.map(|left| left.saturating_add(took)) {
        Some(left) if left <= every => left,
        // What would be left after the next poll is too short for another one.
        Some(left) if left - every < least => match left / 2 >= least {
            true => left / 2,
            false => left,
        },
        _ => every,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test panics by design")]

    use super::*;

    #[test]
    fn polls_are_a_second_apart_and_take_one_percent_at_most_and_the_last_stands_at_the_end() {
        let ms = Duration::from_millis;
        assert_eq!(wait(ms(5_000), ms(2), None), ms(5_000));
        assert_eq!(wait(ms(10), ms(2), None), ms(1_000));
        assert_eq!(wait(ms(5_000), ms(80), None), ms(8_000));
        assert_eq!(wait(ms(5_000), ms(2), Some(ms(2_998))), ms(3_000));
        assert_eq!(wait(ms(5_000), ms(0), Some(ms(5_500))), ms(2_750));
        assert_eq!(wait(ms(1_000), ms(0), Some(ms(1_500))), ms(1_500));
        // However long a watch is, and however long a poll takes.
        for (every, took, length) in [
            (1, 1, 60_000),
            (5_000, 7, 9_001),
            (1, 30, 20_000),
            (9, 99, 9),
        ] {
            let (mut at, mut polls) = (Duration::ZERO, 1_u32);
            while at < ms(length) {
                let left = ms(length) - at;
                let next = wait(ms(every), ms(took), Some(left.saturating_sub(ms(took))));
                assert!(next >= LEAST.min(left), "{every} {took} {length}: {next:?}");
                (at, polls) = (at + next, polls + 1);
            }
            let spent = ms(took) * (polls - 1);
            assert!(
                spent * SHARE <= at.max(ms(took) * SHARE),
                "{every} {took} {length}: {polls}"
            );
        }
    }

    #[test]
    fn the_start_is_in_the_metrics() {
        let text =
            "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds 1.78e+09\nx 1\n";
        assert_eq!(start_in(text), Some(1_780_000_000_000_000_000));
        for bad in [
            "",
            "process_start_time_seconds",
            "process_start_time_seconds NaN",
            "process_start_time_seconds -1",
        ] {
            assert_eq!(start_in(bad), None);
        }
    }

    #[test]
    fn a_start_is_a_time_or_how_long_ago() {
        let at = started("2026-01-02T03:04:05Z").unwrap();
        assert_eq!(at, 1_767_323_045_000_000_000);
        assert_eq!(started("1767323045").unwrap(), at);
        let ago = unix_ns() - started("2h").unwrap();
        assert!(ago.abs_diff(7_200_000_000_000) < 60_000_000_000);
        assert!(started("soon").is_err());
        assert!(started("2999-01-02T03:04:05Z").is_err());
    }
}
