//! Reading ahead: a thread takes what a live source gives the moment it comes, so that whoever writes into it is not
//! held up while what came before is looked at.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::block::{Block, FEW};
use super::decode::{self, Decoded};

/// Bytes that may wait to be looked at: once there are more, the writer of a live source waits too.
const WAITING: usize = 256 * 1024;
/// Bytes left of them when the thread that was full reads on: to wake it costs as much as to read some 10 KiB.
const RESUME: usize = 64 * 1024;
/// What a pipe gives at a time where there is more than it holds.
const PIPE: usize = 64 * 1024;

/// A source that gives a little, and again within so short a time, is about to give more.
const RUSH: Duration = Duration::from_micros(200);
/// It is left to itself for so long: a program that floods its pipe fills it meanwhile, instead of waking three threads of ours for
/// every line, on the processors that it wants itself. A pipe holds what 3 GB/s bring in that time, a narrow one 200 MB/s.
const REST: Duration = Duration::from_micros(300);

/// The text of a source, decoded, as a thread reads it.
pub(super) struct Ahead {
    shared: Arc<Shared>,
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
    /// Oldest first, and how many bytes they hold.
    ready: VecDeque<Block>,
    waiting: usize,
    /// Blocks to read into.
    free: Vec<Block>,
    /// Nothing more will come: the end, or why there is none.
    ended: Option<io::Result<()>>,
    /// The thread waits for room.
    full: bool,
    /// Nobody reads any more.
    left: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads to the end of the source, or until nobody wants it.
    fn drain(&self, mut decoded: Decoded, live: bool) -> io::Result<()> {
        self.compressed.store(decoded.compressed, Ordering::Relaxed);
        let mut block = Block::default();
        // A decompressor gives little at a time, however much there is.
        let rests = live && !decoded.compressed;
        let mut looked = None;
        loop {
            let length = match decoded.text.read(block.room()) {
                Ok(0) => return Ok(()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            block.grow(length);
            let mut state = self.lock();
            state.full = state.waiting >= WAITING;
            while state.full && !state.left {
                state = self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            if state.left {
                return Ok(());
            }
            let waited_for = state.ready.is_empty();
            state.waiting += length;
            let joined = length <= FEW
                && state
                    .ready
                    .back_mut()
                    .is_some_and(|last| last.append(block.text()));
            if joined {
                block.clear();
            } else {
                let free = state.free.pop().unwrap_or_default();
                state.ready.push_back(std::mem::replace(&mut block, free));
            }
            drop(state);
            if waited_for {
                self.changed.notify_all();
            }
            if rests && length < PIPE && looked.is_some_and(|at: Instant| at.elapsed() < RUSH) {
                thread::sleep(REST);
            }
            looked = Some(Instant::now());
        }
    }
}

impl Ahead {
    /// Starts the thread that reads `raw`.
    pub(super) fn new(raw: Box<dyn Read + Send>, tick: Option<Duration>) -> io::Result<Self> {
        let open = move || decode::decode(raw).map_err(io::Error::other);
        Self::start(open, tick, true)
    }

    /// Starts the thread that reads what is known already.
    pub(super) fn of(decoded: Decoded) -> io::Result<Self> {
        Self::start(move || Ok(decoded), None, false)
    }

    fn start(
        open: impl FnOnce() -> io::Result<Decoded> + Send + 'static,
        tick: Option<Duration>,
        live: bool,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        thread::Builder::new()
            .name("input".to_owned())
            .spawn(move || {
                let result = open().and_then(|decoded| theirs.drain(decoded, live));
                theirs.lock().ended = Some(result);
                theirs.changed.notify_all();
            })?;
        Ok(Self { shared, tick })
    }

    /// Whether a decompressor stands in the source; known as soon as anything was read.
    pub(super) fn compressed(&self) -> bool {
        self.shared.compressed.load(Ordering::Relaxed)
    }

    /// Whether a read would give something without waiting for it.
    pub(super) fn has_more(&self) -> bool {
        !self.shared.lock().ready.is_empty()
    }

    /// What was read, in the order in which it was read; waits where there is none. An empty one is the end. The thread reads
    /// on into what is in `spare`.
    pub(super) fn chunk(&mut self, spare: &mut Vec<Block>) -> io::Result<Block> {
        let mut state = self.shared.lock();
        state.free.append(spare);
        loop {
            if let Some(chunk) = state.ready.pop_front() {
                state.waiting -= chunk.len();
                let resume = state.full && state.waiting <= RESUME;
                state.full &= !resume;
                drop(state);
                if resume {
                    self.shared.changed.notify_all();
                }
                return Ok(chunk);
            }
            if let Some(result) = &mut state.ended {
                let end = std::mem::replace(result, Ok(()));
                return end.map(|()| state.free.pop().unwrap_or_default());
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
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.shared.lock().left = true;
        self.shared.changed.notify_all();
    }
}
