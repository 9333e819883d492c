//! Reading ahead: a thread takes what a live source gives the moment it comes, so that whoever writes into it is not
//! held up while what came before is looked at.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::decode;

/// Bytes that may wait to be looked at.
const CAPACITY: usize = 128 * 1024;
/// Bytes asked of the source at a time.
const CHUNK: usize = 64 * 1024;

/// The text of a source, decoded, as a thread reads it.
pub(super) struct Ahead {
    shared: Arc<Shared>,
    /// Bytes taken over from the thread, and how many of them were given.
    batch: Vec<u8>,
    given: usize,
    tick: Option<Duration>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    compressed: AtomicBool,
}

#[derive(Default)]
struct State {
    ready: Vec<u8>,
    /// Nothing more will come: the end, or why there is none.
    ended: Option<io::Result<()>>,
    /// Nobody reads any more.
    left: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads to the end of the source, or until nobody wants it.
    fn drain(&self, raw: Box<dyn Read + Send>) -> io::Result<()> {
        let mut decoded = decode::decode(raw).map_err(io::Error::other)?;
        self.compressed.store(decoded.compressed, Ordering::Relaxed);
        let mut chunk = vec![0; CHUNK];
        loop {
            let count = match decoded.text.read(&mut chunk) {
                Ok(0) => return Ok(()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let mut state = self.lock();
            while state.ready.len() >= CAPACITY && !state.left {
                state = self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            if state.left {
                return Ok(());
            }
            let waited_for = state.ready.is_empty();
            state.ready.extend_from_slice(&chunk[..count]);
            drop(state);
            if waited_for {
                self.changed.notify_all();
            }
        }
    }
}

impl Ahead {
    /// Starts the thread that reads `raw`.
    pub(super) fn new(raw: Box<dyn Read + Send>, tick: Option<Duration>) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("input".to_owned())
            .spawn(move || {
                let result = theirs.drain(raw);
                theirs.lock().ended = Some(result);
                theirs.changed.notify_all();
            })?;
        Ok(Self {
            shared,
            batch: Vec::new(),
            given: 0,
            tick,
        })
    }

    /// Whether a decompressor stands in the source; known as soon as anything was read.
    pub(super) fn compressed(&self) -> bool {
        self.shared.compressed.load(Ordering::Relaxed)
    }

    /// Takes over what is there; waits where that is nothing.
    fn next_batch(&mut self) -> io::Result<()> {
        self.batch.clear();
        self.given = 0;
        let mut state = self.shared.lock();
        while state.ready.is_empty() {
            if let Some(result) = &mut state.ended {
                return std::mem::replace(result, Ok(()));
            }
            state = match self.tick {
                None => self
                    .shared
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(tick) => {
                    let (state, waited) = self
                        .shared
                        .changed
                        .wait_timeout(state, tick)
                        .unwrap_or_else(PoisonError::into_inner);
                    if waited.timed_out() && state.ready.is_empty() && state.ended.is_none() {
                        return Err(io::ErrorKind::WouldBlock.into());
                    }
                    state
                }
            };
        }
        std::mem::swap(&mut state.ready, &mut self.batch);
        drop(state);
        if self.batch.len() >= CAPACITY {
            self.shared.changed.notify_all();
        }
        Ok(())
    }
}

impl Read for Ahead {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.given == self.batch.len() {
            self.next_batch()?;
        }
        let count = buf.len().min(self.batch.len() - self.given);
        buf[..count].copy_from_slice(&self.batch[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.shared.lock().left = true;
        self.shared.changed.notify_all();
    }
}
