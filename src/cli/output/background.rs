//! A writer that does not block the reading: bytes are queued, and a thread writes them. A blocked writer would block the
//! Go program at the other end of the pipe, so writing blocks only while 8 MiB are queued.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, TrySendError, sync_channel};
use std::time::Duration;

use super::worker::Worker;

/// Bytes that are collected before they are queued. Each chunk wakes the thread, so smaller ones cost context switches.
const CHUNK: usize = 128 * 1024;
/// Chunks that the queue holds: 8 MiB.
const QUEUED: usize = 64;
/// Written chunks that are kept to be filled again.
const SPARE: usize = 2;
/// How often a full queue is tried again.
const RETRY: Duration = Duration::from_millis(1);

/// A queue in front of a slow writer. Bytes are collected in chunks; a chunk is moved to the thread and back, not copied.
#[derive(Debug)]
pub(crate) struct BackgroundWriter {
    /// `None` once writing has failed.
    worker: Option<Worker<Vec<u8>, io::Result<()>>>,
    /// Written chunks.
    spare: Receiver<Vec<u8>>,
    /// Chunks that are queued or being written.
    pending: Arc<AtomicUsize>,
    /// Once true, nothing blocks any more.
    stop: Arc<AtomicBool>,
    chunk: Vec<u8>,
}

impl BackgroundWriter {
    /// Starts the thread that writes to `out`. Once `stop` is true, bytes that do not fit into the queue are dropped.
    ///
    /// # Errors
    /// The system cannot start another thread.
    pub(crate) fn new(
        mut out: impl Write + Send + 'static,
        stop: &Arc<AtomicBool>,
    ) -> io::Result<Self> {
        let (written, spare) = sync_channel(SPARE);
        let pending = Arc::new(AtomicUsize::new(0));
        let left = Arc::clone(&pending);
        let worker = Worker::start("output", QUEUED, move |chunks: Receiver<Vec<u8>>| {
            for mut chunk in chunks {
                let result = out.write_all(&chunk).and_then(|()| out.flush());
                left.fetch_sub(1, Ordering::Relaxed);
                result?;
                chunk.clear();
                let _ = written.try_send(chunk);
            }
            Ok(())
        })?;
        Ok(Self {
            worker: Some(worker),
            spare,
            pending,
            stop: Arc::clone(stop),
            chunk: empty(),
        })
    }

    /// Lets `append` write to the end of the current chunk, without a copy in between.
    ///
    /// # Errors
    /// Those of `append` and of the writer.
    pub(crate) fn append(
        &mut self,
        append: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
    ) -> io::Result<()> {
        append(&mut self.chunk)?;
        if self.chunk.len() >= CHUNK {
            self.queue_chunk()?;
        }
        Ok(())
    }

    /// Queues the current chunk; blocks while the queue is full.
    fn queue_chunk(&mut self) -> io::Result<()> {
        let next = self.spare.try_recv().unwrap_or_else(|_| empty());
        let mut chunk = std::mem::replace(&mut self.chunk, next);
        self.pending.fetch_add(1, Ordering::Relaxed);
        while let Some(worker) = &self.worker {
            match worker.try_send(chunk) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Disconnected(_)) => break,
                Err(TrySendError::Full(_)) if self.stop.load(Ordering::Relaxed) => {
                    self.pending.fetch_sub(1, Ordering::Relaxed);
                    return Ok(());
                }
                Err(TrySendError::Full(back)) => chunk = back,
            }
            std::thread::sleep(RETRY);
        }
        // The thread ends early only where writing fails. Its reason is given once.
        self.end()?;
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn end(&mut self) -> io::Result<()> {
        let Some(worker) = self.worker.take() else {
            return Ok(());
        };
        let stop = &self.stop;
        worker
            .finish(|| stop.load(Ordering::Relaxed))
            .unwrap_or_else(|| Err(io::ErrorKind::TimedOut.into()))
    }

    /// Waits until everything is written; at most 0.5 s once everything is to stop ([`io::ErrorKind::TimedOut`]).
    ///
    /// # Errors
    /// Those of the writer.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        if !self.chunk.is_empty() {
            self.queue_chunk()?;
        }
        self.end()
    }
}

/// A chunk with room for the row that fills it, so that it does not grow.
fn empty() -> Vec<u8> {
    Vec::with_capacity(CHUNK + CHUNK / 16)
}

impl Write for BackgroundWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A chunk never gets longer than twice its length.
        let taken = bytes.len().min(2 * CHUNK - self.chunk.len());
        self.append(|chunk| {
            chunk.extend_from_slice(&bytes[..taken]);
            Ok(())
        })?;
        Ok(taken)
    }

    /// Queues what was collected, where nothing is queued: small chunks would fill the queue with few bytes. What is left
    /// goes with the next flush. It is not waited for.
    fn flush(&mut self) -> io::Result<()> {
        if self.chunk.is_empty() || self.pending.load(Ordering::Relaxed) > 0 {
            return Ok(());
        }
        self.queue_chunk()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test panics by design")]

    use std::sync::Mutex;

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
        let mut queue = BackgroundWriter::new(Gate(Arc::clone(&written)), &Arc::default()).unwrap();
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
        let mut queue = BackgroundWriter::new(Gate(Arc::clone(&written)), &Arc::default()).unwrap();
        let bytes: Vec<u8> = (0..=255).cycle().take(3 * (QUEUED * CHUNK) + 7).collect();
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
        let mut queue = BackgroundWriter::new(Full, &Arc::default()).unwrap();
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
        let mut queue = BackgroundWriter::new(Gate(Arc::clone(&written)), &stop).unwrap();
        queue.write_all(&vec![b'x'; 3 * (QUEUED * CHUNK)]).unwrap();
        let error = queue.finish().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drop(stuck);
    }
}
