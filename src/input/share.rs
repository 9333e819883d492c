//! A large file read by two threads: one of its own, which reads ahead, and whoever wants the text, who reads the next block
//! himself where it would have to be waited for. So both are busy, whichever takes longer, reading or what is done with the text.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::block::Block;

/// Blocks that wait to be looked at or are being read.
const BLOCKS: usize = 3;
/// Bytes read at a time: what stays in the cache of the processor that reads them until it looks at them.
const PART: usize = 64 * 1024;

/// The text of a file, in blocks.
pub(super) struct Share(Arc<Shared>);

struct Shared {
    file: Arc<File>,
    /// Counts what was read.
    count: Arc<AtomicU64>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Where the next block to be read begins in the file.
    next: u64,
    /// In the order of the file; `None` where one is being read.
    blocks: VecDeque<Option<Block>>,
    /// Blocks handed out so far.
    taken: u64,
    /// Blocks to read into.
    free: Vec<Block>,
    /// Nothing comes after `blocks`: the end, or why there is none.
    ended: Option<io::Result<()>>,
    /// The thread waits for room.
    full: bool,
    /// The first block is waited for.
    wanted: bool,
    /// Nobody wants the text any more.
    left: bool,
}

/// A part of the file that one of the threads reads.
struct Part {
    /// How many blocks come before it.
    number: u64,
    offset: u64,
    block: Block,
}

impl Share {
    /// Starts the thread that reads `file` from `offset` on. What was read is added to `count`.
    pub(super) fn new(file: Arc<File>, offset: u64, count: Arc<AtomicU64>) -> io::Result<Self> {
        let state = State {
            next: offset,
            ..State::default()
        };
        let shared = Arc::new(Shared {
            file,
            count,
            state: Mutex::new(state),
            changed: Condvar::new(),
        });
        let theirs = Arc::clone(&shared);
        thread::Builder::new()
            .name("input".to_owned())
            .spawn(move || theirs.read_ahead())?;
        Ok(Self(shared))
    }

    /// The next block; an empty one at the end. What is in `spare` is read into again.
    pub(super) fn chunk(&mut self, spare: &mut Vec<Block>) -> io::Result<Block> {
        let shared = &*self.0;
        let mut state = shared.lock();
        state.free.append(spare);
        loop {
            if let Some(block) = state.take() {
                let room = std::mem::take(&mut state.full);
                drop(state);
                if room {
                    shared.changed.notify_all();
                }
                return Ok(block);
            }
            if state.blocks.is_empty()
                && let Some(end) = &mut state.ended
            {
                return std::mem::replace(end, Ok(())).map(|()| Block::default());
            }
            state = if let Some(part) = state.claim() {
                drop(state);
                shared.read(part)
            } else {
                state.wanted = true;
                shared.wait(state)
            };
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.0.lock().left = true;
        self.0.changed.notify_all();
    }
}

impl State {
    /// The first block, where it was read.
    fn take(&mut self) -> Option<Block> {
        let block = self.blocks.front_mut()?.take()?;
        self.blocks.pop_front();
        self.taken += 1;
        Some(block)
    }

    /// What is to be read next, where there is room for it and the end was not met.
    fn claim(&mut self) -> Option<Part> {
        if self.ended.is_some() || self.blocks.len() >= BLOCKS {
            return None;
        }
        let block = self.free.pop().unwrap_or_default();
        let number = self.taken + self.blocks.len() as u64;
        let offset = self.next;
        self.next += PART as u64;
        self.blocks.push_back(None);
        Some(Part {
            number,
            offset,
            block,
        })
    }

    /// Puts a block to its place: after a shorter one before it there is none.
    fn put(&mut self, number: u64, block: Block, ended: Option<io::Result<()>>) {
        let place = usize::try_from(number - self.taken).unwrap_or(usize::MAX);
        if place >= self.blocks.len() {
            return;
        }
        if ended.is_some() {
            self.ended = ended;
            self.blocks.truncate(place + usize::from(block.len() > 0));
        }
        if let Some(free) = self.blocks.get_mut(place) {
            *free = Some(block);
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'s>(&self, state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        let woken = self.changed.wait(state);
        woken.unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads until the end was met, or until nobody wants the text.
    fn read_ahead(&self) {
        let mut state = self.lock();
        while !state.left && state.ended.is_none() {
            state = if let Some(part) = state.claim() {
                drop(state);
                self.read(part)
            } else {
                state.full = true;
                self.wait(state)
            };
        }
    }

    /// Reads a part and puts it to its place.
    fn read(&self, part: Part) -> MutexGuard<'_, State> {
        let Part {
            number,
            offset,
            mut block,
        } = part;
        let ended = loop {
            let (held, room) = (block.len(), block.room());
            let room = &mut room[..PART - held];
            if room.is_empty() {
                break None;
            }
            match read_at(&self.file, room, offset + held as u64) {
                Ok(0) => break Some(Ok(())),
                Ok(count) => block.grow(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Some(Err(error)),
            }
        };
        self.count.fetch_add(block.len() as u64, Ordering::Relaxed);
        let mut state = self.lock();
        state.put(number, block, ended);
        if number == state.taken && std::mem::take(&mut state.wanted) {
            self.changed.notify_all();
        }
        state
    }
}

#[cfg(unix)]
fn read_at(file: &File, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buf, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buf, offset)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test panics by design")]

    use std::io::Write as _;

    use super::*;

    fn file(bytes: &[u8]) -> Arc<File> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        Arc::new(file)
    }

    fn share(file: &Arc<File>, offset: u64) -> (Share, Arc<AtomicU64>) {
        let count = Arc::default();
        let share = Share::new(Arc::clone(file), offset, Arc::clone(&count)).unwrap();
        (share, count)
    }

    /// Bytes that tell their place.
    fn bytes(length: usize) -> Vec<u8> {
        let numbers = (0_u32..).flat_map(u32::to_le_bytes);
        numbers.take(length).collect()
    }

    #[test]
    fn it_gives_the_file_in_order_and_then_its_end() {
        for length in [0, 1, PART - 1, PART, PART + 1, 5 * PART, 40 * PART + 77] {
            let text = bytes(length);
            let (mut share, count) = share(&file(&text), 0);
            let (mut seen, mut spare) = (Vec::new(), Vec::new());
            loop {
                let mut block = share.chunk(&mut spare).unwrap();
                if block.len() == 0 {
                    break;
                }
                seen.extend_from_slice(block.text());
                block.clear();
                spare.push(block);
                if seen.len() % (3 * PART) == 0 {
                    // Here the thread runs full.
                    thread::sleep(std::time::Duration::from_millis(2));
                }
            }
            assert!(seen == text, "{length}");
            assert_eq!(count.load(Ordering::Relaxed), length as u64);
            assert_eq!(share.chunk(&mut spare).unwrap().len(), 0);
        }
    }

    #[test]
    fn it_begins_where_it_is_told_to() {
        let text = bytes(2 * PART);
        let (mut share, _) = share(&file(&text), 1_000);
        let first = share.chunk(&mut Vec::new()).unwrap();
        assert!(first.text() == &text[1_000..1_000 + PART]);
    }

    #[test]
    fn a_failure_comes_in_its_place() {
        let folder = tempfile::tempdir().unwrap();
        // What cannot be read from: on some systems it cannot even be opened.
        if let Ok(folder) = File::open(folder.path()) {
            let (mut share, _) = share(&Arc::new(folder), 0);
            share.chunk(&mut Vec::new()).unwrap_err();
            assert_eq!(share.chunk(&mut Vec::new()).unwrap().len(), 0);
        }
    }

    #[test]
    fn whoever_leaves_early_holds_no_thread() {
        let (share, _) = share(&file(&bytes(10 * PART)), 0);
        let shared = Arc::downgrade(&share.0);
        drop(share);
        for _ in 0..2_000 {
            if shared.strong_count() == 0 {
                return;
            }
            thread::sleep(std::time::Duration::from_millis(5));
        }
        panic!("the thread is still there");
    }

    /// A block that begins with this byte.
    fn block(byte: u8) -> Block {
        let mut block = Block::default();
        block.append(&[byte]);
        block
    }

    #[test]
    fn blocks_are_given_in_the_order_of_the_file_whoever_was_first() {
        let mut state = State::default();
        let numbers = [0; BLOCKS].map(|_| state.claim().unwrap().number);
        assert!(state.claim().is_none());
        for (number, byte) in numbers.into_iter().zip(*b"abc").rev() {
            assert!(state.take().is_none());
            state.put(number, block(byte), None);
        }
        for byte in *b"abc" {
            assert_eq!(state.take().unwrap().text(), [byte]);
        }
        let next = state.claim().unwrap();
        assert_eq!((next.number, next.offset), (3, 3 * PART as u64));
    }

    /// The file may grow, or be cut, between the reads of two parts.
    #[test]
    fn after_a_part_that_is_short_there_is_none() {
        for end in [1_usize, 0] {
            for later_first in [true, false] {
                let mut state = State::default();
                let [first, second, third] = [0; 3].map(|_| state.claim().unwrap().number);
                state.put(first, block(b'a'), None);
                let short = if end == 1 {
                    block(b'b')
                } else {
                    Block::default()
                };
                if later_first {
                    state.put(third, block(b'c'), None);
                    state.put(second, short, Some(Ok(())));
                } else {
                    state.put(second, short, Some(Ok(())));
                    assert_eq!(state.take().unwrap().text(), b"a");
                    state.put(third, block(b'c'), Some(Err(io::Error::other("late"))));
                }
                let text: Vec<u8> = std::iter::from_fn(|| state.take())
                    .flat_map(|block| block.text().to_vec())
                    .collect();
                let expected: &[u8] = match (later_first, end) {
                    (true, 1) => b"ab",
                    (true, _) => b"a",
                    (false, 1) => b"b",
                    (false, _) => b"",
                };
                assert_eq!(text, expected);
                assert!(state.blocks.is_empty());
                assert!(matches!(state.ended, Some(Ok(()))));
                assert!(state.claim().is_none());
            }
        }
    }
}
