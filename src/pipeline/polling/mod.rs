//! Running programs as a source: the polls of all of them, as they come, to the cycles of their processes.

mod course;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::atomic::Ordering;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use super::TICK;
use super::reading::Reading;
use crate::error::Error;
use crate::io::{Poll, Polls, Source};
use crate::trace::cycle::AnyCycle;
use crate::wrapping::wall;
use course::{Course, Cycle};

/// How long polls are waited for that are made because the reading was stopped.
const LAST_POLLS: Duration = Duration::from_secs(2);

/// One program that is polled.
struct Target<'p> {
    name: &'p str,
    /// Its place among the sources of the report.
    source: usize,
    /// The process that answers, and its number.
    process: Option<(u32, Course)>,
    polls: u64,
    failed: u64,
    /// Why the last poll failed, if it did not succeed.
    why: Option<String>,
    /// Why the last one that failed did, if one has succeeded since.
    last_why: Option<String>,
    gave_up: bool,
}

impl Reading<'_> {
    /// Takes the polls of all programs until these end or the reading is stopped.
    ///
    /// # Errors
    /// None of the programs has ever answered.
    pub(super) fn polls(&mut self, source: &Source, polls: &Polls) -> Result<(), Error> {
        self.end_log();
        self.endless = true;
        self.collector.open(source);
        let begun = Instant::now();
        let mut targets: Vec<_> = polls.names.iter().map(|name| self.target(name)).collect();
        let mut stopped: Option<Instant> = None;
        loop {
            if self.stop.load(Ordering::Relaxed)
                && stopped.get_or_insert_with(Instant::now).elapsed() >= LAST_POLLS
            {
                break;
            }
            match polls.next(TICK) {
                Ok(poll) => {
                    if let Some(target) = targets.get_mut(poll.target) {
                        self.poll(target, poll, begun);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.collector.idle(&self.reader);
        }
        let mut never = Vec::new();
        for target in targets {
            never.extend(self.end_target(target));
        }
        // If no program has answered, the last error is that of the whole source.
        let last = match never.len() == polls.names.len() {
            true => never.pop(),
            false => None,
        };
        never.into_iter().for_each(|error| self.unreadable(error));
        last.map_or(Ok(()), Err)
    }

    fn target<'p>(&mut self, name: &'p str) -> Target<'p> {
        self.reader.count.open(name, 0, false);
        Target {
            name,
            source: self.reader.count.source,
            process: None,
            polls: 0,
            failed: 0,
            why: None,
            last_why: None,
            gave_up: false,
        }
    }

    /// One poll of a program.
    fn poll(&mut self, target: &mut Target<'_>, poll: Poll, begun: Instant) {
        target.polls += 1;
        target.gave_up = poll.gave_up;
        if let Some(source) = self.reader.count.input.sources.get_mut(target.source) {
            source.polls += 1;
            source.bytes = source.bytes.saturating_add(poll.bytes);
        }
        let snapshot = match poll.answer {
            Ok(snapshot) => snapshot,
            Err(why) => {
                target.failed += 1;
                target.why = Some(why);
                return;
            }
        };
        target.last_why = target.why.take().or(target.last_why.take());
        let at = poll.at.saturating_duration_since(begun).as_nanos();
        let at = u64::try_from(at).unwrap_or(u64::MAX);
        let restarted = match &mut target.process {
            None => false,
            Some((process, course)) if course.continues_with(&snapshot) => {
                let cycles = course.next(snapshot, at);
                self.cycles(*process, course, &cycles);
                return;
            }
            Some((process, _)) => {
                self.warnings.push(format!(
                    "{}: another process answered {} after the first poll: the program was started again, and cycles between \
                     the last poll of the old process and its end were not seen",
                    target.name,
                    crate::units::duration(at),
                ));
                self.collector.end_polled(*process, &self.reader);
                true
            }
        };
        let started = poll.started_unix_ns;
        let (course, cycles) = Course::begin(snapshot, at, poll.at_unix_ns, started, restarted);
        let process = self.collector.begin_polled(target.name);
        self.cycles(process, &course, &cycles);
        target.process = Some((process, course));
    }

    /// Cycles of a process, and what the poll shows besides.
    fn cycles(&mut self, process: u32, course: &Course, cycles: &[Cycle]) {
        for cycle in cycles {
            let wall = wall::text(cycle.ended.end_unix_ns);
            let any = AnyCycle {
                number: cycle.ended.number,
                end_ns: cycle.end_ns,
                pause_ns: cycle.ended.pause_ns,
                traced: None,
            };
            self.collector
                .polled_cycle(process, any, cycle.missing, &wall);
        }
        self.collector
            .polled(process, course.polled(), course.silent_ns());
    }

    /// The end of a program's polls. Returns the error of one that has never answered.
    fn end_target(&mut self, target: Target<'_>) -> Option<Error> {
        let broken = |why: String| Error::io(target.name, io::Error::other(why));
        let Some((process, _)) = target.process else {
            let never =
                || "no answer before the end of the watch: give it longer (--for)".to_owned();
            return Some(broken(target.why.unwrap_or_else(never)));
        };
        self.collector.end_polled(process, &self.reader);
        if target.failed > 0
            && let Some(why) = target.why.as_ref().or(target.last_why.as_ref())
        {
            self.warnings.push(format!(
                "{}: {} of {} polls had no usable answer, the last of them: {why}",
                target.name, target.failed, target.polls
            ));
        }
        if let (true, Some(why)) = (target.gave_up, target.why) {
            self.unreadable(broken(why));
        }
        None
    }
}
