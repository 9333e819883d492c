//! A writer that does not make the reader wait: bytes are queued and a thread writes them. A reader that stalls would
//! freeze the Go program behind the pipe, so waiting starts only when the queue is full.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::cli::exit::Failure;
use crate::cli::output;

/// Bytes that may wait.
const CAPACITY: usize = 8 << 20;
/// Bytes that are put together before they are handed to the thread.
const CHUNK: usize = 64 * 1024;
/// Bytes that may wait before the thread is woken, where no [`Write::flush`] wakes it: that costs as much as to copy some.
const WAKE: usize = 4 * CHUNK;
/// Chunks kept to be filled again.
const SPARE: usize = 4;
/// How often someone who waits looks up.
const LOOK: Duration = Duration::from_millis(50);
/// How long the end waits for a stuck writer once everything is to end.
const PATIENCE: Duration = Duration::from_millis(500);

/// A queue in front of a slow writer. What is written into it goes to the thread in chunks, at [`Write::flush`] at the latest;
/// a chunk goes from thread to thread and back, so that its bytes are copied only once.
#[derive(Debug)]
pub(crate) struct Queue {
    shared: Arc<Shared>,
    /// Once true, nothing waits any more.
    stop: Arc<AtomicBool>,
    chunk: Vec<u8>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Oldest first, and how many bytes they hold, with the one that is being written.
    pending: VecDeque<Vec<u8>>,
    waiting: usize,
    /// Chunks to fill again.
    free: Vec<Vec<u8>>,
    /// The thread waits for something to write.
    sleeps: bool,
    /// Nothing more will come.
    ended: bool,
    /// The writer has come to its end.
    done: Option<io::Result<()>>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed
            .wait_timeout(state, LOOK)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }

    /// Writes what is queued until the end.
    fn drain(&self, out: &mut impl Write) -> io::Result<()> {
        let mut state = self.lock();
        loop {
            let Some(mut chunk) = state.pending.pop_front() else {
                if state.ended {
                    return Ok(());
                }
                state.sleeps = true;
                state = self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            drop(state);
            out.write_all(&chunk)?;
            out.flush()?;
            state = self.lock();
            let full = state.waiting >= CAPACITY;
            state.waiting -= chunk.len();
            if state.free.len() < SPARE {
                chunk.clear();
                state.free.push(chunk);
            }
            if full {
                self.changed.notify_all();
            }
        }
    }
}

impl Queue {
    /// Starts the thread that writes to `out`. Once `stop` is true what does not fit is dropped.
    ///
    /// # Errors
    /// The system has no thread left.
    pub(crate) fn new(
        mut out: impl Write + Send + 'static,
        stop: &Arc<AtomicBool>,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("output".to_owned())
            .spawn(move || {
                let result = theirs.drain(&mut out);
                theirs.lock().done = Some(result);
                theirs.changed.notify_all();
            })?;
        Ok(Self {
            shared,
            stop: Arc::clone(stop),
            chunk: empty(),
        })
    }

    /// Writes by putting bytes behind those that are put together: they are not copied once more.
    ///
    /// # Errors
    /// What `put` gives, and what the writer gave.
    pub(crate) fn put(
        &mut self,
        put: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
    ) -> io::Result<()> {
        put(&mut self.chunk)?;
        if self.chunk.len() >= CHUNK {
            self.hand_over(false)?;
        }
        Ok(())
    }

    /// Hands what was put together to the thread; waits while there is too much that it has not written.
    fn hand_over(&mut self, wake: bool) -> io::Result<()> {
        let mut state = self.shared.lock();
        let any = !self.chunk.is_empty();
        while any && state.waiting >= CAPACITY && state.done.is_none() {
            if self.stop.load(Ordering::Relaxed) {
                self.chunk.clear();
                return Ok(());
            }
            state = self.shared.wait(state);
        }
        if let Some(done) = state.done.as_mut().filter(|_| any) {
            self.chunk.clear();
            // The reason is given once; whoever goes on writing hears that nobody listens.
            let closed = || io::Error::from(io::ErrorKind::BrokenPipe);
            return Err(std::mem::replace(done, Ok(())).err().unwrap_or_else(closed));
        }
        if any {
            let next = state.free.pop().unwrap_or_else(empty);
            let chunk = std::mem::replace(&mut self.chunk, next);
            state.waiting += chunk.len();
            state.pending.push_back(chunk);
        }
        let wake = state.sleeps && !state.pending.is_empty() && (wake || state.waiting >= WAKE);
        state.sleeps &= !wake;
        drop(state);
        if wake {
            self.shared.changed.notify_all();
        }
        Ok(())
    }

    /// Waits until everything is written; not for long once everything is to stop.
    ///
    /// # Errors
    /// What the writer gave.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.hand_over(true)?;
        let mut state = self.shared.lock();
        state.ended = true;
        self.shared.changed.notify_all();
        let mut stopped = None;
        loop {
            if let Some(result) = state.done.take() {
                return result;
            }
            if self.stop.load(Ordering::Relaxed) {
                let since: &mut Instant = stopped.get_or_insert_with(Instant::now);
                if since.elapsed() > PATIENCE {
                    return Err(io::ErrorKind::TimedOut.into());
                }
            }
            state = self.shared.wait(state);
        }
    }
}

/// Room for a chunk and the row that fills it: where it has to grow, all of it is copied.
fn empty() -> Vec<u8> {
    Vec::with_capacity(CHUNK + CHUNK / 16)
}

impl Write for Queue {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Never more than twice a chunk, whatever comes at once.
        let taken = bytes.len().min(2 * CHUNK - self.chunk.len());
        self.put(|chunk| {
            chunk.extend_from_slice(&bytes[..taken]);
            Ok(())
        })?;
        Ok(taken)
    }

    /// Hands over what is there. The thread flushes on its own; to wait for it would be to stall.
    fn flush(&mut self) -> io::Result<()> {
        self.hand_over(true)
    }
}

/// Hands on the lines that are no GC trace. Where they cannot be written the reading goes on without them: leaving early
/// would kill the program that writes the trace.
#[derive(Debug)]
pub(crate) struct Passthrough {
    out: Option<Queue>,
    name: String,
    /// Why lines were lost.
    lost: Option<io::Error>,
    /// Who says so at once.
    warning: Option<JoinHandle<()>>,
    /// What was taken last did not end its line.
    inside: bool,
}

impl Passthrough {
    /// To `out`, which messages call `name`.
    ///
    /// # Errors
    /// The system has no thread left.
    pub(crate) fn new(
        out: impl Write + Send + 'static,
        name: &str,
        stop: &Arc<AtomicBool>,
    ) -> Result<Self, Failure> {
        Queue::new(out, stop)
            .map(|queue| Self {
                out: Some(queue),
                name: name.to_owned(),
                lost: None,
                warning: None,
                inside: false,
            })
            .map_err(|error| Failure::writing(name, &error))
    }

    /// Takes lines.
    pub(crate) fn write(&mut self, lines: &[u8]) {
        if let Some(last) = lines.last() {
            self.inside = *last != b'\n';
        }
        self.attempt(|out| out.write_all(lines));
    }

    /// True where what was taken last did not end its line.
    pub(crate) fn inside(&self) -> bool {
        self.inside
    }

    /// Hands on what was taken.
    pub(crate) fn flush(&mut self) {
        self.attempt(Write::flush);
    }

    /// Waits until everything is written.
    pub(crate) fn finish(mut self) -> Outlet {
        if let Some(warning) = self.warning.take() {
            // What is said next goes to standard error too, and behind it.
            drop(warning.join());
        }
        let result = self.out.take().map_or(Ok(()), Queue::finish);
        if matches!(&result, Err(error) if error.kind() == io::ErrorKind::TimedOut) {
            return Outlet::Stuck;
        }
        match self.lost.or(output::content(result).err()) {
            Some(error) => Outlet::Lost(Failure::writing(&self.name, &error)),
            None => Outlet::Whole,
        }
    }

    fn attempt(&mut self, write: impl FnOnce(&mut Queue) -> io::Result<()>) {
        let Some(out) = &mut self.out else { return };
        let result = write(out);
        if result.is_err() {
            // What comes later cannot be written either.
            self.out = None;
            // Where their reader has left, nobody misses the lines.
            self.lost = output::content(result).err();
            if let Some(error) = &self.lost {
                let message =
                    format!("warning: lines that are no GC trace are not copied any more: {error}");
                // Not from here: standard error may be held, and the reading goes on.
                self.warning = Some(std::thread::spawn(move || output::complain(&message)));
            }
        }
    }
}

/// What became of the lines that were handed on.
#[derive(Debug)]
pub(crate) enum Outlet {
    /// All were written, or their reader did not want them.
    Whole,
    /// Some could not be written.
    Lost(Failure),
    /// Nobody takes them, and everything is to stop: their stream is held, and to write there is to be stuck as well.
    Stuck,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test panics by design")]

    use super::*;

    /// Writes only when it is allowed to.
    struct Gate(Arc<Mutex<Vec<u8>>>);

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_stuck_writer_does_not_hold_up_the_reader_and_nothing_is_lost() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let stuck = written.lock().unwrap();
        let mut queue = Queue::new(Gate(Arc::clone(&written)), &Arc::default()).unwrap();
        let lines: Vec<u8> = (0..100_000)
            .flat_map(|n| format!("line {n}\n").into_bytes())
            .collect();
        queue.write_all(&lines).unwrap();
        drop(stuck);
        queue.finish().unwrap();
        assert_eq!(*written.lock().unwrap(), lines);
    }

    #[test]
    fn more_than_the_queue_holds_arrives_in_order() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let mut queue = Queue::new(Gate(Arc::clone(&written)), &Arc::default()).unwrap();
        let bytes: Vec<u8> = (0..=255).cycle().take(3 * CAPACITY + 7).collect();
        queue.write_all(&bytes).unwrap();
        queue.finish().unwrap();
        assert!(*written.lock().unwrap() == bytes);
    }

    #[test]
    fn a_failed_writer_is_told_to_the_reader() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut queue = Queue::new(Full, &Arc::default()).unwrap();
        let error = loop {
            if let Err(error) = queue.write_all(b"line\n").and_then(|()| queue.flush()) {
                break error;
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn a_stuck_writer_holds_up_nothing_once_everything_is_to_stop() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let stuck = written.lock().unwrap();
        let stop = Arc::new(AtomicBool::new(true));
        let mut queue = Queue::new(Gate(Arc::clone(&written)), &stop).unwrap();
        queue.write_all(&vec![b'x'; 3 * CAPACITY]).unwrap();
        let error = queue.finish().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drop(stuck);
    }
}
