//! A large file read by several threads: by one of its own, which reads ahead, by others that have nothing else to do, and by whoever
//! wants the text, who reads the next part himself where he would have to wait for it. So all are busy, whichever takes longer,
//! reading or what is done with the text.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;

use super::block::Block;

/// Blocks that wait to be looked at or are being read.
const BLOCKS: usize = 3;
/// Bytes read at a time: what stays in the cache of the processor that reads them until it looks at them.
const PART: usize = 64 * 1024;

/// The text of a file, in blocks.
pub(super) struct ParallelFile {
    shared: Arc<Shared>,
    /// The thread of its own reads.
    ahead: bool,
    /// The end was met after all that comes before it was read.
    sure: bool,
}

/// For another thread that has nothing to do: it may read, too.
#[derive(Clone)]
pub(crate) struct Helper(Weak<Shared>);

struct Shared {
    file: Arc<File>,
    /// Where reading begins.
    begins: u64,
    /// Counts what was handed out.
    count: Arc<AtomicU64>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// In the order of the file; `None` where one is being read.
    blocks: VecDeque<Option<Block>>,
    /// Blocks handed out so far.
    taken: u64,
    /// Blocks to read into.
    free: Vec<Block>,
    /// Nothing comes after `blocks`: the end, or why there is none.
    ended: Option<io::Result<()>>,
    /// The thread of its own rests.
    resting: bool,
    /// It waits for something to read.
    idle: bool,
    /// Nobody wants the text any more.
    left: bool,
}

/// A part of the file that somebody reads.
struct Part {
    /// How many blocks come before it.
    number: u64,
    block: Block,
}

impl ParallelFile {
    /// Starts the thread that reads `file` from `begins` on. What is handed out is added to `count`.
    pub(super) fn new(file: Arc<File>, begins: u64, count: Arc<AtomicU64>) -> Self {
        let shared = Arc::new(Shared {
            file,
            begins,
            count,
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let theirs = Arc::clone(&shared);
        // Where the system has no thread left, whoever wants the text reads it all.
        let _ = thread::Builder::new()
            .name("input".to_owned())
            .spawn(move || theirs.read_ahead());
        Self {
            shared,
            ahead: true,
            sure: false,
        }
    }

    /// See [`Helper`].
    pub(super) fn helper(&self) -> Helper {
        Helper(Arc::downgrade(&self.shared))
    }

    /// Lets the thread of its own read, or rest.
    pub(super) fn read_ahead(&mut self, ahead: bool) {
        if std::mem::replace(&mut self.ahead, ahead) != ahead {
            let mut state = self.shared.lock();
            state.resting = !ahead;
            self.shared.wake(state);
        }
    }

    /// The next block; an empty one at the end. What is in `spare` is read into again.
    pub(super) fn chunk(&mut self, spare: &mut Vec<Block>) -> io::Result<Block> {
        let shared = &*self.shared;
        let mut state = shared.lock();
        state.free.append(spare);
        loop {
            if let Some(block) = state.take() {
                shared.wake(state);
                self.sure = false;
                let length = block.len() as u64;
                shared.count.fetch_add(length, Ordering::Relaxed);
                return Ok(block);
            }
            if state.blocks.is_empty()
                && let Some(end) = &mut state.ended
            {
                let end = std::mem::replace(end, Ok(()));
                let given = shared.count.load(Ordering::Relaxed);
                if end.is_ok() && !self.sure && given == state.taken * PART as u64 {
                    // In a file that grows the last part may have been empty before the one before it was full.
                    self.sure = true;
                    state.ended = None;
                } else {
                    self.sure = true;
                    // Whoever has the file, too, finds it read.
                    let _ = (&*shared.file).seek(SeekFrom::Start(shared.begins + given));
                    return end.map(|()| state.free.pop().unwrap_or_default());
                }
            }
            // The thread that reads the first block may have been interrupted.
            let part = state.claim().unwrap_or_else(|| state.part(0));
            drop(state);
            state = shared.read(part);
        }
    }
}

impl Helper {
    /// Reads one part of the file; false where there is none to be read now.
    pub(crate) fn help(&self) -> bool {
        let Some(shared) = self.0.upgrade() else {
            return false;
        };
        let part = shared.lock().claim();
        part.map(|part| drop(shared.read(part))).is_some()
    }
}

impl Drop for ParallelFile {
    fn drop(&mut self) {
        self.shared.lock().left = true;
        self.shared.changed.notify_all();
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
        self.blocks.push_back(None);
        Some(self.part(self.blocks.len() - 1))
    }

    fn part(&mut self, place: usize) -> Part {
        Part {
            number: self.taken + place as u64,
            block: self.free.pop().unwrap_or_default(),
        }
    }

    /// Puts a block to its place. Gives it back where that part is there already, was handed out, or lies behind the end.
    fn put(&mut self, number: u64, block: Block, ended: Option<io::Result<()>>) -> Option<Block> {
        let place = number
            .checked_sub(self.taken)
            .and_then(|place| usize::try_from(place).ok())
            .filter(|place| matches!(self.blocks.get(*place), Some(None)));
        let Some(place) = place else {
            return Some(block);
        };
        if ended.is_some() {
            self.ended = ended;
            self.blocks.truncate(place + usize::from(block.len() > 0));
        }
        self.blocks.get_mut(place)?.replace(block)
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
            let part = if state.resting { None } else { state.claim() };
            state = if let Some(part) = part {
                drop(state);
                self.read(part)
            } else {
                state.idle = true;
                self.wait(state)
            };
        }
    }

    /// Wakes the thread if it waits and there is something to read.
    fn wake(&self, mut state: MutexGuard<'_, State>) {
        let wakes = !state.resting && std::mem::take(&mut state.idle);
        drop(state);
        if wakes {
            self.changed.notify_all();
        }
    }

    /// Reads a part and puts it to its place.
    fn read(&self, part: Part) -> MutexGuard<'_, State> {
        let Part { number, mut block } = part;
        let offset = self.begins + number * PART as u64;
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
        let mut state = self.lock();
        if let Some(mut block) = state.put(number, block, ended) {
            block.clear();
            state.free.push(block);
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
    use std::time::Duration;

    use super::*;

    fn file(bytes: &[u8]) -> Arc<File> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        Arc::new(file)
    }

    fn share(file: &Arc<File>, offset: u64) -> (ParallelFile, Arc<AtomicU64>) {
        let count = Arc::default();
        let share = ParallelFile::new(Arc::clone(file), offset, Arc::clone(&count));
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
                    thread::sleep(Duration::from_millis(2));
                }
            }
            assert!(seen == text, "{length}");
            assert_eq!(count.load(Ordering::Relaxed), length as u64);
            assert_eq!(share.chunk(&mut spare).unwrap().len(), 0);
        }
    }

    #[test]
    fn others_read_where_the_thread_of_its_own_rests() {
        let text = bytes(9 * PART + 5);
        let (mut share, _) = share(&file(&text), 0);
        let held = |share: &ParallelFile| share.shared.lock().blocks.len();
        let until = |what: &dyn Fn() -> bool| {
            for _ in 0..2_000 {
                if what() {
                    return;
                }
                thread::sleep(Duration::from_millis(5));
            }
            panic!("waited in vain");
        };
        until(&|| share.shared.lock().idle);
        assert_eq!(held(&share), BLOCKS);
        share.read_ahead(false);
        let helper = share.helper();
        let (mut seen, mut spare) = (Vec::new(), Vec::new());
        for left in (0..BLOCKS).rev() {
            seen.extend_from_slice(share.chunk(&mut spare).unwrap().text());
            thread::sleep(Duration::from_millis(2));
            assert_eq!(held(&share), left);
        }
        share.read_ahead(true);
        until(&|| held(&share) == BLOCKS);
        share.read_ahead(false);
        loop {
            let block = share.chunk(&mut spare).unwrap();
            if block.len() == 0 {
                break;
            }
            seen.extend_from_slice(block.text());
            while helper.help() {}
            let state = share.shared.lock();
            assert!(state.blocks.len() == BLOCKS || state.ended.is_some());
        }
        assert!(seen == text);
        assert!(!helper.help());
        drop(share);
        assert!(!helper.help());
    }

    #[test]
    fn it_begins_where_it_is_told_to() {
        let text = bytes(2 * PART);
        let (mut share, _) = share(&file(&text), 1_000);
        let first = share.chunk(&mut Vec::new()).unwrap();
        assert!(first.text() == &text[1_000..1_000 + PART]);
    }

    #[test]
    fn the_file_is_read_to_where_it_ends_now() {
        let file = file(&bytes(2 * PART));
        let (mut share, count) = share(&file, 0);
        for _ in 0..2 {
            assert_eq!(share.chunk(&mut Vec::new()).unwrap().len(), PART);
        }
        // Somebody may have met the end already.
        while share.helper().help() {}
        (&*file).seek(SeekFrom::End(0)).unwrap();
        (&*file).write_all(b"more").unwrap();
        assert_eq!(share.chunk(&mut Vec::new()).unwrap().text(), b"more");
        (&*file).seek(SeekFrom::Start(3)).unwrap();
        assert_eq!(share.chunk(&mut Vec::new()).unwrap().len(), 0);
        let end = count.load(Ordering::Relaxed);
        assert_eq!(end, 2 * PART as u64 + 4);
        assert_eq!((&*file).stream_position().unwrap(), end);
    }

    #[test]
    fn a_failure_comes_in_its_place() {
        let mut state = State::default();
        let numbers = [0; BLOCKS].map(|_| state.claim().unwrap().number);
        let failure = Some(Err(io::Error::other("no more")));
        assert!(state.put(numbers[1], block(b'b'), failure).is_none());
        assert!(state.put(numbers[0], block(b'a'), None).is_none());
        for byte in *b"ab" {
            assert_eq!(state.take().unwrap().text(), [byte]);
        }
        assert!(state.blocks.is_empty() && matches!(state.ended, Some(Err(_))));
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
        let shared = Arc::downgrade(&share.shared);
        drop(share);
        for _ in 0..2_000 {
            if shared.strong_count() == 0 {
                return;
            }
            thread::sleep(Duration::from_millis(5));
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
            assert!(state.put(number, block(byte), None).is_none());
        }
        for byte in *b"abc" {
            assert_eq!(state.take().unwrap().text(), [byte]);
        }
        assert_eq!(state.claim().unwrap().number, 3);
    }

    #[test]
    fn a_part_that_two_have_read_is_given_once() {
        for taken_between in [true, false] {
            let mut state = State::default();
            let first = state.claim().unwrap().number;
            let second = state.claim().unwrap().number;
            assert_eq!(state.part(0).number, first);
            assert!(state.put(first, block(b'a'), None).is_none());
            if taken_between {
                assert_eq!(state.take().unwrap().text(), b"a");
                assert_eq!(state.part(0).number, second);
            }
            // The file may have been cut meanwhile: what was given stands.
            let late = state.put(first, Block::default(), Some(Ok(())));
            assert_eq!(late.unwrap().len(), 0);
            assert!(state.put(second, block(b'b'), None).is_none());
            assert!(state.ended.is_none());
            let rest = std::iter::from_fn(|| state.take());
            let rest: Vec<u8> = rest.flat_map(|block| block.text().to_vec()).collect();
            assert_eq!(rest, if taken_between { &b"b"[..] } else { b"ab" });
        }
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
                    assert!(state.put(third, block(b'c'), None).is_none());
                    assert!(state.put(second, short, Some(Ok(()))).is_none());
                } else {
                    assert!(state.put(second, short, Some(Ok(()))).is_none());
                    assert_eq!(state.take().unwrap().text(), b"a");
                    let late = Some(Err(io::Error::other("late")));
                    assert!(state.put(third, block(b'c'), late).is_some());
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
