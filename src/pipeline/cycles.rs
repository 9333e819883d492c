//! An iterator over the GC cycles of a source.

use std::io;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use super::{CycleRow, Options, Sink, analyze};
use crate::error::Error;
use crate::io::Source;
use crate::settings::{Scope, Settings};
use crate::trace::cycle::GcCycle;

/// Cycles that are read ahead of the iterator.
const AHEAD: usize = 1_024;

/// One GC cycle with its place in the input.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cycle {
    /// Id of its process: the name of its stream if there is one, else a number.
    pub process: String,
    /// Name of its stream (pod, container, unit); `None` without a wrapping that names one.
    pub stream: Option<String>,
    /// Its number; the first cycle of a process is 1.
    pub number: u64,
    /// Its end since the start of the program, ns.
    pub end_ns: u64,
    /// Both stops together, ns.
    pub pause_ns: u64,
    /// The numbers of its gc line; `None` from a source without gc lines.
    pub traced: Option<GcCycle>,
    /// The line was cut and has been repaired.
    pub repaired: bool,
    /// Number of its line in the source, from 1.
    pub line: u64,
    /// Wall-clock time as the log writes it; `None` without one.
    pub wall_time: Option<String>,
}

/// The GC cycles of one source, in the order of their lines, without duplicates; nothing is judged.
///
/// A thread reads ahead of the iterator, up to a thousand cycles; dropping the iterator ends it. An error is the last item.
///
/// ```
/// use gcpressure::{Cycles, Source};
///
/// let mut longest = 0;
/// for cycle in Cycles::new(Source::open("samples/wasteful.go1.27.3.log")?)? {
///     longest = longest.max(cycle?.pause_ns);
/// }
/// assert_eq!(longest, 11_087_000);
/// # Ok::<(), gcpressure::Error>(())
/// ```
#[derive(Debug)]
pub struct Cycles {
    cycles: Receiver<Cycle>,
    stop: Arc<AtomicBool>,
    reading: Option<JoinHandle<Result<(), Error>>>,
}

impl Cycles {
    /// Starts reading `source`.
    ///
    /// # Errors
    /// [`Error::Io`] if the system starts no thread.
    pub fn new(source: Source) -> Result<Self, Error> {
        let settings = Settings {
            scope: Scope::Nothing,
            ..Settings::default()
        };
        let options = Options::default().settings(Arc::new(settings));
        let stop = Arc::clone(&options.stop);
        let name = source.name().to_owned();
        let (sender, cycles) = sync_channel(AHEAD);
        let reading = thread::Builder::new()
            .name("cycles".to_owned())
            .spawn(move || analyze(vec![source], &options, &mut Sender(sender)).map(drop))
            .map_err(|error| Error::io(&name, error))?;
        Ok(Self {
            cycles,
            stop,
            reading: Some(reading),
        })
    }
}

impl Iterator for Cycles {
    type Item = Result<Cycle, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Ok(cycle) = self.cycles.recv() {
            return Some(Ok(cycle));
        }
        match self.reading.take()?.join() {
            Ok(read) => read.err().map(Err),
            Err(panic) => resume_unwind(panic),
        }
    }
}

impl Drop for Cycles {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

struct Sender(SyncSender<Cycle>);

impl Sink for Sender {
    fn cycle(&mut self, row: &CycleRow<'_>) -> io::Result<()> {
        let cycle = Cycle {
            process: row.process.to_owned(),
            stream: row.stream.map(str::to_owned),
            number: row.cycle.number,
            end_ns: row.cycle.end_ns,
            pause_ns: row.cycle.pause_ns,
            traced: row.cycle.traced.copied(),
            repaired: row.repaired,
            line: row.line,
            wall_time: row.wall_time.map(str::to_owned),
        };
        self.0
            .send(cycle)
            .map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test panics by design")]

    use super::*;

    fn log(cycles: u64) -> Vec<u8> {
        let line = |n: u64| {
            format!(
                "gc {n} @{n}.000s 0%: 0.010+1.0+0.010 ms clock, 0.080+0/1.0/0+0.080 ms cpu, 4->5->2 MB, 5 MB goal, 0 MB stacks, 0 MB globals, 8 P\n"
            )
        };
        (1..=cycles).map(line).collect::<String>().into_bytes()
    }

    fn of(text: Vec<u8>) -> Cycles {
        Cycles::new(Source::from_reader("log", Box::new(io::Cursor::new(text)))).unwrap()
    }

    #[test]
    fn cycles_come_in_the_order_of_the_log() {
        let numbers = of(log(3_000)).map(|cycle| cycle.unwrap().number);
        assert!(numbers.eq(1..=3_000));
        assert_eq!(of(Vec::new()).count(), 0);
    }

    #[test]
    fn an_iterator_that_is_dropped_early_leaves_no_thread() {
        let mut cycles = of(log(5_000));
        assert_eq!(cycles.next().unwrap().unwrap().line, 1);
        let stop = Arc::downgrade(&cycles.stop);
        drop(cycles);
        for _ in 0..2_000 {
            if stop.strong_count() == 0 {
                return;
            }
            thread::sleep(std::time::Duration::from_millis(5));
        }
        panic!("the thread goes on");
    }

    #[test]
    fn an_error_is_the_last_item() {
        struct Failing;
        impl io::Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("pulled out"))
            }
        }
        let disk = io::Read::chain(io::Cursor::new(log(1)), Failing);
        let source = Source::from_reader("disk", Box::new(disk));
        let items: Vec<_> = Cycles::new(source).unwrap().collect();
        assert_eq!(items.len(), 2);
        assert!(items[0].is_ok());
        let error = items[1].as_ref().unwrap_err().to_string();
        assert_eq!(error, "disk: pulled out");
    }
}
