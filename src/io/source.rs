//! A source of bytes: a file, standard input or any reader, decompressed and decoded while it is read.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::block::Block;
use super::decode::{self, Decoded, Refused};
use super::parallel_file::ParallelFile;
use super::polls::Polls;
use super::read_ahead::{Failed, ReadAhead};
use super::system::{Identity, identity, standard_input, widen};
use crate::error::Error;

/// Files of this many bytes or more are decoded by a thread of their own, and may be analyzed by another.
const LARGE: u64 = 16 << 20;

/// A source of log text.
///
/// What is read is plain text, whatever the source holds: gzip (members joined) and zstd (frames joined) are
/// recognized by their first bytes and decompressed, UTF-16 with a byte order mark becomes UTF-8. A read returns as
/// soon as there is something; plain text is not copied on its way. From a compressed source that is cut or damaged everything it
/// holds is read, and then there is a [warning](Self::warnings), not an error.
///
/// # Errors of reading
/// The system's error when reading fails, and [`Error::Unsupported`] wrapped in an [`io::Error`] for a format that is not read here;
/// [`Error::io`] unwraps it.
pub struct Source {
    name: String,
    size: Option<u64>,
    read: Arc<AtomicU64>,
    warnings: Vec<String>,
    live: bool,
    tick: Option<Duration>,
    joint: Joint,
    /// A large file, and where in it reading begins.
    file: Option<(Arc<File>, u64)>,
    /// The regular file that the name stood for when it was opened.
    identity: Option<Identity>,
    state: State,
    /// It is no text, but running programs that are polled.
    polls: Option<Polls>,
    /// A block that is read in parts, and how many bytes of it were.
    batch: Option<Block>,
    given: usize,
}

/// How a source belongs to the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Joint {
    /// It is a log of its own.
    #[default]
    Apart,
    /// It is the next part of a rotated log, if its first cycles continue those at the end of the part before.
    Rotated,
    /// Its bytes follow those of the one before, whatever they hold.
    Bytes,
}

/// How much of a source was read; can be polled from another thread.
#[derive(Debug, Clone)]
pub struct Progress {
    size: Option<u64>,
    read: Arc<AtomicU64>,
}

impl Progress {
    /// See [`Source::size_hint`].
    #[must_use]
    pub fn size_hint(&self) -> Option<u64> {
        self.size
    }

    /// See [`Source::raw_bytes_read`].
    #[must_use]
    pub fn raw_bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }
}

enum State {
    /// A regular file that was recognized and closed again: of a thousand files only one is held open.
    Closed,
    /// Nothing was read yet, so its format is not known.
    Unread(Box<dyn Read + Send>),
    Reading(Decoded),
    Ahead(ReadAhead),
    Parallel(ParallelFile),
    Ended,
}

impl Source {
    /// Opens the file at `path`, or standard input for `-`.
    ///
    /// The format of a regular file is recognized here; a pipe is not read before the first [`read`](Read::read), so opening one that
    /// is still empty does not wait.
    ///
    /// # Errors
    /// [`Error::Io`] for a file that is missing, unreadable or a directory; [`Error::Unsupported`] for a format that is
    /// not read here.
    pub fn open(path: &str) -> Result<Self, Error> {
        let mut source = Self::opened(path, Arc::default())?;
        if source.identity.is_some() && path != "-" {
            source.state = State::Closed;
            source.file = None;
            // A thread that was started may still add to the counter that it has.
            source.read = Arc::default();
        }
        Ok(source)
    }

    fn opened(path: &str, read: Arc<AtomicU64>) -> Result<Self, Error> {
        let failed = |error| Error::io(path, error);
        let file = match path {
            "-" => standard_input(),
            _ => File::open(path),
        }
        .map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            let error = io::Error::new(
                io::ErrorKind::IsADirectory,
                "is a directory; name the files in it",
            );
            return Err(failed(error));
        }
        if !metadata.is_file() {
            widen(&file);
        }
        let file = Arc::new(file);
        let mut source = Self::counted(path, Box::new(Arc::clone(&file)), read);
        if metadata.is_file() {
            source.identity = Some(identity(&metadata));
            source.size = Some(metadata.len());
            if source.is_large() {
                // Without a position, the file can only be read from one end to the other.
                let position = (&*file).stream_position().ok();
                source.file = position.map(|begins| (file, begins));
            }
            source.recognize().map_err(failed)?;
        } else {
            source.live = true;
        }
        Ok(source)
    }

    /// A source that reads from `reader` and is called `name` in messages and rows.
    ///
    /// `reader` may return fewer bytes than asked for and may be interrupted; it is not read before the first
    /// [`read`](Read::read).
    #[must_use]
    pub fn from_reader(name: &str, reader: Box<dyn Read + Send>) -> Self {
        Self::counted(name, reader, Arc::default())
    }

    fn counted(name: &str, reader: Box<dyn Read + Send>, read: Arc<AtomicU64>) -> Self {
        let raw = Raw::new(reader, &read);
        Self {
            name: name.to_owned(),
            size: None,
            read,
            warnings: Vec::new(),
            live: false,
            tick: None,
            joint: Joint::Apart,
            file: None,
            identity: None,
            state: State::Unread(Box::new(raw)),
            polls: None,
            batch: None,
            given: 0,
        }
    }

    /// A source that is still being written, such as a pipe: from the first [`read`](Read::read) on a thread reads ahead, up to
    /// 256 KiB and what the pipe holds, so that the writer is not held up by the processing of the text.
    #[must_use]
    pub fn live(name: &str, reader: Box<dyn Read + Send>) -> Self {
        Self {
            live: true,
            ..Self::from_reader(name, reader)
        }
    }

    /// Running programs that are polled for their `runtime.MemStats`.
    #[doc(hidden)]
    #[must_use]
    pub fn polled(polls: Polls) -> Self {
        Self {
            polls: Some(polls),
            ..Self::live("polls", Box::new(io::empty()))
        }
    }

    /// Takes the polls out of it, if it is no text.
    pub(crate) fn take_polls(&mut self) -> Option<Polls> {
        self.polls.take()
    }

    /// The same source, as the next part of the log that the source before it belongs to.
    #[must_use]
    pub fn joined(self, joint: Joint) -> Self {
        Self { joint, ..self }
    }

    /// How it belongs to the source before it.
    #[must_use]
    pub fn joint(&self) -> Joint {
        self.joint
    }

    /// Opens the source, if it is not open yet.
    pub(crate) fn begin(&mut self) -> io::Result<()> {
        self.recognize()
    }

    /// True for a source that is still being written: a pipe, a terminal, a device, [`Source::live`].
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.live
    }

    /// From now on a read of a live source that has waited this long fails with [`io::ErrorKind::WouldBlock`].
    pub(crate) fn tick(&mut self, every: Duration) {
        self.tick = Some(every);
    }

    /// True for a file that is large enough for several threads.
    pub(crate) fn is_large(&self) -> bool {
        self.size.is_some_and(|size| size >= LARGE)
    }

    /// Starts or stops the background thread that reads a large file ahead.
    pub(crate) fn read_ahead(&mut self, ahead: bool) {
        if let State::Parallel(file) = &mut self.state {
            file.read_ahead(ahead);
        }
    }

    /// True if a read of a live source would return at once: what was read so far need not be reported yet.
    pub(crate) fn has_more(&self) -> bool {
        matches!(&self.state, State::Ahead(ahead) if ahead.has_more())
    }

    /// The source as the user named it; `-` is standard input.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The size in bytes of a regular file when it was opened, compressed if it is compressed; it may grow.
    #[must_use]
    pub fn size_hint(&self) -> Option<u64> {
        self.size
    }

    /// Bytes taken from the source so far, before decompression: with [`size_hint`](Self::size_hint), the progress.
    #[must_use]
    pub fn raw_bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// How much was read so far; can be polled from another thread.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress {
            size: self.size,
            read: Arc::clone(&self.read),
        }
    }

    /// Faults of the source that did not stop the reading, e.g. that its compressed data ends early.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The next block; an empty one at the end. `None` for a source that is read without threads. The blocks in `spare` are read into
    /// again.
    pub(super) fn chunk(&mut self, spare: &mut Vec<Block>) -> io::Result<Option<Block>> {
        self.recognize()?;
        match &mut self.state {
            State::Ahead(ahead) => match ahead.chunk(spare) {
                Ok(chunk) => Ok(Some(chunk)),
                Err(Failed { error, .. }) if error.kind() == io::ErrorKind::WouldBlock => {
                    Err(error)
                }
                Err(Failed { error, compressed }) => {
                    self.give_up(error, compressed)?;
                    Ok(Some(Block::default()))
                }
            },
            State::Parallel(file) => {
                let chunk = file.chunk(spare);
                if chunk.is_none() {
                    let rest = Raw::new(Box::new(file.rest()?), &self.read);
                    self.state = State::Reading(Decoded::plain(Box::new(rest)));
                }
                Ok(chunk)
            }
            State::Closed | State::Unread(_) | State::Reading(_) | State::Ended => Ok(None),
        }
    }

    /// Recognizes the format of the source, if that was not done yet, and starts reading it.
    fn recognize(&mut self) -> io::Result<()> {
        self.state = match std::mem::replace(&mut self.state, State::Ended) {
            State::Closed => {
                let again = Self::opened(&self.name, Arc::clone(&self.read));
                let again = again.map_err(|error| match error {
                    Error::Io { error, .. } => error,
                    other => io::Error::other(other),
                })?;
                if again.identity != self.identity {
                    return Err(io::Error::other(
                        "another file has taken its place since it was found: run again",
                    ));
                }
                again.state
            }
            State::Unread(raw) if self.live => State::Ahead(ReadAhead::live(raw, self.tick)?),
            State::Unread(raw) => {
                let decoded = decode::decode(raw).map_err(|refused| self.refuse(refused))?;
                let file = self.file.take();
                if let Some((file, begins)) = file.filter(|_| decoded.plain) {
                    // The bytes peeked at are read again.
                    self.read.store(0, Ordering::Relaxed);
                    let size = self.size.unwrap_or(0);
                    State::Parallel(ParallelFile::new(
                        file,
                        begins,
                        size,
                        Arc::clone(&self.read),
                    ))
                } else if self.is_large() {
                    State::Ahead(ReadAhead::of(decoded)?)
                } else {
                    State::Reading(decoded)
                }
            }
            known => known,
        };
        Ok(())
    }

    fn refuse(&self, refused: Refused) -> io::Error {
        let Refused { what, command } = refused;
        let hint = match self.name.as_str() {
            "-" => format!("decode it on the way: `... | {command} | gcpressure`"),
            name => format!("pipe it through `{command} {name} | gcpressure`"),
        };
        io::Error::new(
            io::ErrorKind::Unsupported,
            Error::Unsupported {
                source: self.name.clone(),
                what,
                hint,
            },
        )
    }

    /// Turns an error of a decoded source into an end with a warning if its data is damaged.
    fn give_up(&mut self, error: io::Error, compressed: bool) -> io::Result<usize> {
        self.state = State::Ended;
        if let Some(refused) = error.get_ref().and_then(|e| e.downcast_ref::<Refused>()) {
            return Err(self.refuse(*refused));
        }
        if !compressed || !decode::is_bad_data(&error) {
            return Err(error);
        }
        self.warnings
            .push(if error.kind() == io::ErrorKind::UnexpectedEof {
                "compressed data ends early: what it holds was read".to_owned()
            } else {
                format!(
                    "compressed data is damaged ({error}): what stands before the damage was read"
                )
            });
        Ok(0)
    }
}

impl Read for Source {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        if self
            .batch
            .as_ref()
            .is_none_or(|batch| batch.len() == self.given)
        {
            let mut used = self.batch.take().into_iter().collect::<Vec<_>>();
            used.iter_mut().for_each(Block::clear);
            self.given = 0;
            self.batch = self.chunk(&mut used)?;
        }
        if let Some(batch) = &self.batch {
            let text = &batch.text()[self.given..];
            let count = buf.len().min(text.len());
            buf[..count].copy_from_slice(&text[..count]);
            self.given += count;
            return Ok(count);
        }
        let State::Reading(decoded) = &mut self.state else {
            return Ok(0);
        };
        match decoded.text.read(buf) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => {
                let compressed = decoded.compressed;
                self.give_up(error, compressed)
            }
            result => result,
        }
    }
}

/// The bytes of the source, counted; an interrupted read is repeated.
struct Raw {
    inner: Box<dyn Read + Send>,
    read: Arc<AtomicU64>,
}

impl Raw {
    fn new(inner: Box<dyn Read + Send>, read: &Arc<AtomicU64>) -> Self {
        let read = Arc::clone(read);
        Self { inner, read }
    }
}

impl Read for Raw {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.inner.read(buf) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(n) => {
                    self.read.fetch_add(n as u64, Ordering::Relaxed);
                    return Ok(n);
                }
            }
        }
    }
}

#[cfg(all(test, feature = "compression"))]
mod tests;
