//! A large file read in parallel: a background thread and the consumer each read the next 64 KiB, so both are busy whether reading
//! or processing takes longer. A third less time than one thread takes for a log with few gc lines.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;

use super::block::Block;
use super::read_ahead::POISONED;

/// Parts that are being read or were read and not yet taken.
const BLOCKS: usize = 3;
/// Bytes read at a time: they stay in the cache of the processor that reads them until it processes them.
const PART: usize = 64 * 1024;

/// The text of a file in blocks, as far as the file reached when it was opened.
pub(super) struct ParallelFile {
    shared: Arc<Shared>,
    /// Bytes handed out: here, and as the user sees the progress.
    given: u64,
    count: Arc<AtomicU64>,
    /// The background thread reads.
    ahead: bool,
}

struct Shared {
    file: Arc<File>,
    /// Where reading begins.
    begins: u64,
    /// Parts of the file from there.
    parts: u64,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// In the order of the file; `None` while a part is being read.
    blocks: VecDeque<Option<Block>>,
    /// Parts handed out so far.
    taken: u64,
    /// Blocks to read into.
    free: Vec<Block>,
    /// The background thread is to leave reading to the consumer.
    resting: bool,
    /// The background thread waits.
    idle: bool,
    /// The consumer waits for the first block.
    wanted: bool,
    /// No more parts are read.
    ended: bool,
}

impl ParallelFile {
    /// Reads `file`, of `size` bytes, from `begins` on. What is handed out is added to `count`.
    pub(super) fn new(file: Arc<File>, begins: u64, size: u64, count: Arc<AtomicU64>) -> Self {
        let shared = Arc::new(Shared {
            file,
            begins,
            parts: size.saturating_sub(begins).div_ceil(PART as u64),
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let theirs = Arc::clone(&shared);
        // If no thread can be started, the consumer reads everything.
        let _ = thread::Builder::new()
            .name("input".to_owned())
            .spawn(move || theirs.read_ahead());
        Self {
            shared,
            given: 0,
            count,
            ahead: true,
        }
    }

    /// Starts or stops the background thread's reading.
    pub(super) fn read_ahead(&mut self, ahead: bool) {
        if std::mem::replace(&mut self.ahead, ahead) != ahead {
            let mut state = self.shared.lock();
            state.resting = !ahead;
            self.shared.wake(state);
        }
    }

    /// The next block. `None` after the last one, or where a part could not be read in full: [`ParallelFile::rest`] goes on
    /// there, and finds the end or the error. The blocks in `spare` are read into again.
    pub(super) fn chunk(&mut self, spare: &mut Vec<Block>) -> Option<Block> {
        let shared = &*self.shared;
        let mut state = shared.lock();
        state.free.append(spare);
        while !state.ended {
            if let Some(block) = state.take() {
                state.ended |= block.len() < PART;
                shared.wake(state);
                self.given += block.len() as u64;
                self.count.fetch_add(block.len() as u64, Ordering::Relaxed);
                return (block.len() > 0).then_some(block);
            }
            state = if let Some(number) = state.claim(shared.parts) {
                shared.read(state, number)
            } else if state.blocks.is_empty() {
                break;
            } else {
                state.wanted = true;
                shared.changed.wait(state).expect(POISONED)
            };
        }
        None
    }

    /// The file, positioned behind what was handed out: what was appended meanwhile is read from there.
    pub(super) fn rest(&self) -> io::Result<Arc<File>> {
        let Shared { file, begins, .. } = &*self.shared;
        (&**file).seek(SeekFrom::Start(begins + self.given))?;
        Ok(Arc::clone(file))
    }
}

impl Drop for ParallelFile {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        self.shared.changed.notify_all();
    }
}

impl State {
    /// The next block, if it was read.
    fn take(&mut self) -> Option<Block> {
        let block = self.blocks.front_mut()?.take()?;
        self.blocks.pop_front();
        self.taken += 1;
        Some(block)
    }

    /// The number of the part to be read next, if there is room for it.
    fn claim(&mut self, parts: u64) -> Option<u64> {
        let number = self.taken + self.blocks.len() as u64;
        let claimed = !self.ended && self.blocks.len() < BLOCKS && number < parts;
        claimed.then(|| {
            self.blocks.push_back(None);
            number
        })
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect(POISONED)
    }

    /// The background thread: reads until the last part was claimed.
    fn read_ahead(&self) {
        let mut state = self.lock();
        while !state.ended && state.taken + (state.blocks.len() as u64) < self.parts {
            let claimed = !state.resting;
            let claimed = claimed.then(|| state.claim(self.parts)).flatten();
            state = if let Some(number) = claimed {
                self.read(state, number)
            } else {
                state.idle = true;
                self.changed.wait(state).expect(POISONED)
            };
        }
    }

    /// Wakes the background thread if it waits and is to read.
    fn wake(&self, mut state: MutexGuard<'_, State>) {
        let wakes = !state.resting && std::mem::take(&mut state.idle);
        drop(state);
        if wakes {
            self.changed.notify_all();
        }
    }

    /// Reads the part that was claimed and puts it into its place.
    fn read<'s>(&'s self, mut state: MutexGuard<'s, State>, number: u64) -> MutexGuard<'s, State> {
        let mut block = state.free.pop().unwrap_or_default();
        drop(state);
        let offset = self.begins + number * PART as u64;
        loop {
            let held = block.len();
            let room = block.room().get_mut(..PART - held).unwrap_or(&mut []);
            match read_at(&self.file, room, offset + held as u64) {
                Ok(0) => break,
                Ok(count) => block.grow(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Read again by the consumer, in its place.
                Err(_) => break,
            }
        }
        let mut state = self.lock();
        let place = usize::try_from(number - state.taken).unwrap_or(usize::MAX);
        if let Some(slot) = state.blocks.get_mut(place) {
            *slot = Some(block);
        }
        if place == 0 && std::mem::take(&mut state.wanted) {
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
    use std::time::Duration;

    use super::*;

    fn file(bytes: &[u8]) -> Arc<File> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        Arc::new(file)
    }

    fn parallel(file: &Arc<File>, offset: u64) -> (ParallelFile, Arc<AtomicU64>) {
        let count = Arc::default();
        let size = file.metadata().unwrap().len();
        let parallel = ParallelFile::new(Arc::clone(file), offset, size, Arc::clone(&count));
        (parallel, count)
    }

    /// Bytes that differ from place to place.
    fn bytes(length: usize) -> Vec<u8> {
        let numbers = (0_u32..).flat_map(u32::to_le_bytes);
        numbers.take(length).collect()
    }

    fn wait_until(condition: impl Fn() -> bool) {
        for _ in 0..2_000 {
            if condition() {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("waited in vain");
    }

    #[test]
    fn blocks_come_in_the_order_of_the_file() {
        for length in [0, 1, PART - 1, PART, PART + 1, 5 * PART, 40 * PART + 77] {
            let text = bytes(length);
            let (mut parallel, count) = parallel(&file(&text), 0);
            let (mut seen, mut spare) = (Vec::new(), Vec::new());
            while let Some(mut block) = parallel.chunk(&mut spare) {
                seen.extend_from_slice(block.text());
                block.clear();
                spare.push(block);
                if seen.len() % (3 * PART) == 0 {
                    // Here the background thread has read as much as it may.
                    thread::sleep(Duration::from_millis(2));
                }
            }
            assert!(seen == text, "{length}");
            assert_eq!(count.load(Ordering::Relaxed), length as u64);
            assert!(parallel.chunk(&mut spare).is_none());
        }
    }

    #[test]
    fn the_consumer_reads_while_the_background_thread_rests() {
        let text = bytes(9 * PART + 5);
        let (mut parallel, _) = parallel(&file(&text), 0);
        let held = |parallel: &ParallelFile| parallel.shared.lock().blocks.len();
        wait_until(|| parallel.shared.lock().idle);
        assert_eq!(held(&parallel), BLOCKS);
        parallel.read_ahead(false);
        let (mut seen, mut spare) = (Vec::new(), Vec::new());
        for left in (0..BLOCKS).rev() {
            seen.extend_from_slice(parallel.chunk(&mut spare).unwrap().text());
            thread::sleep(Duration::from_millis(2));
            assert_eq!(held(&parallel), left);
        }
        seen.extend_from_slice(parallel.chunk(&mut spare).unwrap().text());
        assert_eq!(held(&parallel), 0);
        parallel.read_ahead(true);
        wait_until(|| held(&parallel) == BLOCKS);
        while let Some(block) = parallel.chunk(&mut spare) {
            seen.extend_from_slice(block.text());
        }
        assert!(seen == text);
    }

    #[test]
    fn reading_begins_at_an_offset() {
        let text = bytes(2 * PART);
        let (mut parallel, _) = parallel(&file(&text), 1_000);
        let first = parallel.chunk(&mut Vec::new()).unwrap();
        assert!(first.text() == &text[1_000..1_000 + PART]);
    }

    #[test]
    fn the_rest_is_what_was_appended_or_nothing() {
        let file = file(&bytes(PART + 5));
        let (mut parallel, _) = parallel(&file, 0);
        let mut length = 0;
        while let Some(block) = parallel.chunk(&mut Vec::new()) {
            length += block.len();
        }
        assert_eq!(length, PART + 5);
        (&*file).write_all(b"more").unwrap();
        let mut more = String::new();
        io::Read::read_to_string(&mut &*parallel.rest().unwrap(), &mut more).unwrap();
        assert_eq!(more, "more");

        // Cut after it was opened: what is there is read.
        let size = 9 * PART as u64;
        let mut cut = ParallelFile::new(file, 0, size, Arc::default());
        let blocks = std::iter::from_fn(|| cut.chunk(&mut Vec::new()));
        assert_eq!(blocks.map(|block| block.len()).sum::<usize>(), PART + 9);
    }

    #[test]
    fn what_cannot_be_read_is_left_to_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        // On some systems a folder cannot even be opened.
        if let Ok(folder) = File::open(folder.path()) {
            let (mut parallel, _) = parallel(&Arc::new(folder), 0);
            assert!(parallel.chunk(&mut Vec::new()).is_none());
            io::Read::read(&mut &*parallel.rest().unwrap(), &mut [0; 9]).unwrap_err();
        }
    }

    #[test]
    fn a_consumer_that_stops_early_leaves_no_thread() {
        let (parallel, _) = parallel(&file(&bytes(10 * PART)), 0);
        let shared = Arc::downgrade(&parallel.shared);
        drop(parallel);
        wait_until(|| shared.strong_count() == 0);
    }

    #[test]
    fn parts_are_put_into_their_places_in_any_order() {
        let text = bytes(3 * PART);
        let (parallel, _) = parallel(&file(&text), 0);
        let shared = &*parallel.shared;
        wait_until(|| shared.lock().blocks.iter().flatten().count() == 3);
        *shared.lock() = State::default();
        let numbers = [0; 3].map(|_| shared.lock().claim(shared.parts).unwrap());
        assert_eq!(numbers, [0, 1, 2]);
        for number in [2, 1, 0] {
            assert!(shared.lock().take().is_none());
            drop(shared.read(shared.lock(), number));
        }
        for part in text.chunks(PART) {
            assert!(shared.lock().take().unwrap().text() == part);
        }
    }
}
