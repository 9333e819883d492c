//! A background thread that reads a source the moment it has something, so that a program that writes into it is not held up while
//! earlier text is processed.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use super::block::{Block, FEW};
use super::decode::{self, Decoded};

/// Bytes that may be waiting to be processed: once there are more, the writer of a live source is held up too.
const WAITING: usize = 256 * 1024;
/// Bytes left of them at which the thread reads on: waking it costs as much as reading some 10 KiB.
const RESUME: usize = 64 * 1024;
/// Bytes that a read of a pipe returns if the pipe holds more.
const PIPE: usize = 64 * 1024;

/// A source that returns a little, and again within this time, is about to return more.
const RUSH: Duration = Duration::from_micros(200);
/// It is not read for this time: a program that floods its pipe fills it meanwhile, instead of waking three threads here for every
/// line, on the processors that it needs itself. A pipe holds what 3 GB/s bring in that time, a narrow one 200 MB/s.
const REST: Duration = Duration::from_micros(300);

/// The text of a source, decoded, as the thread reads it.
pub(super) struct ReadAhead {
    queue: Arc<Queue>,
    tick: Option<Duration>,
}

/// Why reading stopped.
pub(super) struct Failed {
    pub(super) error: io::Error,
    /// The source is compressed.
    pub(super) compressed: bool,
}

type Ended = Result<(), Failed>;

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Oldest first, and their bytes.
    blocks: VecDeque<Block>,
    bytes: usize,
    /// Blocks to read into.
    spare: Vec<Block>,
    /// The end of the source was read, or an error.
    ended: Option<Ended>,
    /// The thread waits for room.
    full: bool,
    /// No more text is wanted.
    closed: bool,
}

pub(super) const POISONED: &str = "no thread panics while it holds the lock";

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect(POISONED)
    }

    /// Appends a block; waits while there is no room. Returns the next one to read into, or `None` if no more text is wanted.
    fn push(&self, mut block: Block) -> Option<Block> {
        let mut state = self.lock();
        state.full = state.bytes >= WAITING;
        while state.full && !state.closed {
            state = self.changed.wait(state).expect(POISONED);
        }
        if state.closed {
            return None;
        }
        let was_empty = state.blocks.is_empty();
        state.bytes += block.len();
        let last = state.blocks.back_mut();
        if block.len() <= FEW && last.is_some_and(|last| last.append(block.text())) {
            block.clear();
        } else {
            let spare = state.spare.pop().unwrap_or_default();
            state.blocks.push_back(std::mem::replace(&mut block, spare));
        }
        drop(state);
        if was_empty {
            self.changed.notify_all();
        }
        Some(block)
    }

    /// Reads to the end of the source, or until its text is not wanted any more.
    fn read(&self, mut source: Decoded, live: bool) -> Ended {
        let Decoded { compressed, .. } = source;
        let mut block = Block::default();
        // A decompressor returns little at a time, however much there is.
        let rests = live && !compressed;
        let mut last: Option<Instant> = None;
        loop {
            let length = match source.text.read(block.room()) {
                Ok(0) => return Ok(()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Failed { error, compressed }),
            };
            block.grow(length);
            block = match self.push(block) {
                Some(next) => next,
                None => return Ok(()),
            };
            if rests && length < PIPE && last.is_some_and(|at| at.elapsed() < RUSH) {
                thread::sleep(REST);
            }
            last = Some(Instant::now());
        }
    }
}

impl ReadAhead {
    /// Starts the thread that reads `raw`. A read that has waited for `tick` fails with [`io::ErrorKind::WouldBlock`].
    pub(super) fn live(raw: Box<dyn Read + Send>, tick: Option<Duration>) -> io::Result<Self> {
        Self::start(tick, move |queue| match decode::decode(raw) {
            Ok(decoded) => queue.read(decoded, true),
            Err(refused) => Err(Failed {
                error: io::Error::other(refused),
                compressed: false,
            }),
        })
    }

    /// Starts the thread that reads a decoded source.
    pub(super) fn of(decoded: Decoded) -> io::Result<Self> {
        Self::start(None, |queue| queue.read(decoded, false))
    }

    fn start(
        tick: Option<Duration>,
        read: impl FnOnce(&Queue) -> Ended + Send + 'static,
    ) -> io::Result<Self> {
        let queue = Arc::<Queue>::default();
        let theirs = Arc::clone(&queue);
        thread::Builder::new()
            .name("input".to_owned())
            .spawn(move || {
                let ended = read(&theirs);
                theirs.lock().ended = Some(ended);
                theirs.changed.notify_all();
            })?;
        Ok(Self { queue, tick })
    }

    /// Whether a read would return something without waiting.
    pub(super) fn has_more(&self) -> bool {
        !self.queue.lock().blocks.is_empty()
    }

    /// The next block in the order of the source; waits until there is one. An empty one is the end. The blocks in `spare` are
    /// read into again.
    pub(super) fn chunk(&mut self, spare: &mut Vec<Block>) -> Result<Block, Failed> {
        let Queue { changed, .. } = &*self.queue;
        let mut state = self.queue.lock();
        state.spare.append(spare);
        loop {
            if let Some(block) = state.blocks.pop_front() {
                state.bytes -= block.len();
                if state.full && state.bytes <= RESUME {
                    state.full = false;
                    changed.notify_all();
                }
                return Ok(block);
            }
            if let Some(ended) = &mut state.ended {
                let ended = std::mem::replace(ended, Ok(()));
                return ended.map(|()| state.spare.pop().unwrap_or_default());
            }
            let Some(tick) = self.tick else {
                state = changed.wait(state).expect(POISONED);
                continue;
            };
            let waited;
            (state, waited) = changed.wait_timeout(state, tick).expect(POISONED);
            if waited.timed_out() && state.blocks.is_empty() && state.ended.is_none() {
                return Err(Failed {
                    error: io::ErrorKind::WouldBlock.into(),
                    compressed: false,
                });
            }
        }
    }
}

impl Drop for ReadAhead {
    fn drop(&mut self) {
        self.queue.lock().closed = true;
        self.queue.changed.notify_all();
    }
}
