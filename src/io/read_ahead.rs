//! A background thread that reads a source the moment it has something, so that a program that writes into it is not held up while
//! earlier text is processed.

use std::io::{self, Read};
use std::panic::resume_unwind;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::block::{Block, FEW};
use super::decode::{self, Decoded};
use super::hand_over::{End, Limits, Received, hand_over};

/// Bytes: once more than the first are waiting to be processed, the writer of a live source is held up too.
const LIMITS: Limits = Limits {
    full: 256 * 1024,
    resume: 64 * 1024,
    wake: 0,
};
/// Bytes that a read of a pipe returns if the pipe holds more.
const PIPE: usize = 64 * 1024;

/// A source that returns a little, and again within this time, is about to return more.
const RUSH: Duration = Duration::from_micros(200);
/// It is not read for this time: a program that floods its pipe fills it meanwhile, instead of waking three threads here for every
/// line, on the processors that it needs itself. A pipe holds what 3 GB/s bring in that time, a narrow one 200 MB/s.
const REST: Duration = Duration::from_micros(300);

/// The text of a source, decoded, as a thread reads it.
pub(super) struct ReadAhead {
    receiver: End<Block>,
    tick: Option<Duration>,
    thread: Option<JoinHandle<Ended>>,
}

/// Why reading stopped.
pub(super) struct Failed {
    pub(super) error: io::Error,
    /// The source is compressed.
    pub(super) compressed: bool,
}

type Ended = Result<(), Failed>;

impl ReadAhead {
    /// Starts the thread that reads `raw`. A read that has waited for `tick` fails with [`io::ErrorKind::WouldBlock`].
    pub(super) fn live(raw: Box<dyn Read + Send>, tick: Option<Duration>) -> io::Result<Self> {
        Self::start(tick, move |sender| match decode::decode(raw) {
            Ok(decoded) => read(decoded, true, sender),
            Err(refused) => Err(Failed {
                error: io::Error::other(refused),
                compressed: false,
            }),
        })
    }

    /// Starts the thread that reads a decoded source.
    pub(super) fn of(decoded: Decoded) -> io::Result<Self> {
        Self::start(None, |sender| read(decoded, false, sender))
    }

    fn start(
        tick: Option<Duration>,
        read: impl FnOnce(&End<Block>) -> Ended + Send + 'static,
    ) -> io::Result<Self> {
        let (sender, receiver) = hand_over(LIMITS, Block::len);
        let thread = thread::Builder::new()
            .name("input".to_owned())
            .spawn(move || read(&sender))?;
        Ok(Self {
            receiver,
            tick,
            thread: Some(thread),
        })
    }

    /// Whether a read would return something without waiting.
    pub(super) fn has_more(&self) -> bool {
        !self.receiver.is_empty()
    }

    /// The next block in the order of the source; waits until there is one. An empty one is the end. The blocks in `spare` are
    /// read into again.
    pub(super) fn chunk(&mut self, spare: &mut Vec<Block>) -> Result<Block, Failed> {
        match self.receiver.receive(spare, self.tick) {
            Received::Item(block) => Ok(block),
            Received::Nothing => Err(Failed {
                error: io::ErrorKind::WouldBlock.into(),
                compressed: false,
            }),
            Received::Ended => {
                if let Some(thread) = self.thread.take() {
                    thread.join().unwrap_or_else(|panic| resume_unwind(panic))?;
                }
                Ok(Block::default())
            }
        }
    }
}

/// Reads to the end of the source, or until the text is not wanted any more.
fn read(mut source: Decoded, live: bool, sender: &End<Block>) -> Ended {
    let Decoded { compressed, .. } = source;
    let mut block = Block::default();
    let mut spare = Vec::new();
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
        let joins = |last: &mut Block, block: &Block| block.len() <= FEW && last.append(block.text());
        let Ok(joined) = sender.send(block, joins) else {
            return Ok(());
        };
        sender.take_used(&mut spare);
        block = joined.or_else(|| spare.pop()).unwrap_or_default();
        block.clear();
        if rests && length < PIPE && last.is_some_and(|at| at.elapsed() < RUSH) {
            thread::sleep(REST);
        }
        last = Some(Instant::now());
    }
}
