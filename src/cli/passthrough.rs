//! A writer that does not make the reader wait: bytes are queued and a thread writes them. A reader that stalls would
//! freeze the Go program behind the pipe, so waiting starts only when the queue is full.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// Bytes that may wait; as many may be on their way out at the same time, so both together are 8 MiB.
const CAPACITY: usize = 4 << 20;

/// A queue in front of a slow writer.
#[derive(Debug)]
pub(crate) struct Queue {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    pending: Vec<u8>,
    /// Nothing more will come.
    ended: bool,
    /// The writer has failed; its thread knows why.
    failed: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what is queued until the end.
    fn drain(&self, out: &mut impl Write) -> io::Result<()> {
        let mut batch = Vec::new();
        loop {
            let mut state = self.lock();
            while state.pending.is_empty() && !state.ended {
                state = self.wait(state);
            }
            if state.pending.is_empty() {
                return Ok(());
            }
            std::mem::swap(&mut state.pending, &mut batch);
            drop(state);
            self.changed.notify_all();
            out.write_all(&batch)?;
            out.flush()?;
            batch.clear();
        }
    }
}

impl Queue {
    /// Starts the thread that writes to `out`.
    ///
    /// # Errors
    /// The system has no thread left.
    pub(crate) fn new(mut out: impl Write + Send + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("output".to_owned())
            .spawn(move || {
                let result = theirs.drain(&mut out);
                if result.is_err() {
                    theirs.lock().failed = true;
                    theirs.changed.notify_all();
                }
                result
            })?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Waits until everything is written.
    ///
    /// # Errors
    /// What the writer gave.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.join()
    }

    fn join(&mut self) -> io::Result<()> {
        let Some(thread) = self.thread.take() else {
            return Ok(());
        };
        self.shared.lock().ended = true;
        self.shared.changed.notify_all();
        thread
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the writing thread has died")))
    }
}

impl Write for Queue {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.shared.lock();
        while state.pending.len() >= CAPACITY && !state.failed {
            state = self.shared.wait(state);
        }
        if state.failed {
            drop(state);
            self.join()?;
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let room = CAPACITY - state.pending.len();
        let taken = bytes.len().min(room);
        state.pending.extend_from_slice(&bytes[..taken]);
        drop(state);
        self.shared.changed.notify_all();
        Ok(taken)
    }

    /// The thread flushes on its own; to wait for it would be to stall.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
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
        let mut queue = Queue::new(Gate(Arc::clone(&written))).unwrap();
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
        let mut queue = Queue::new(Gate(Arc::clone(&written))).unwrap();
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
        let mut queue = Queue::new(Full).unwrap();
        let error = loop {
            if let Err(error) = queue.write_all(b"line\n") {
                break error;
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}
