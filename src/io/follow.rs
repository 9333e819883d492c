//! A file that grows, read as it grows.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::system::identity;

/// How often the end of a file is checked.
const POLL: Duration = Duration::from_millis(200);

/// Reads a file and then what is appended to it. It never ends: a read at the end of the file waits.
///
/// A file that is renamed and replaced (`logrotate`) is read to its end, then the new one from its start; a file that is truncated
/// and written again (`copytruncate`) is read from its start, unless it has grown past the old place within a fifth of a second, which
/// cannot be noticed. A line that either of them left unfinished is ended.
#[derive(Debug)]
pub struct Follow {
    path: PathBuf,
    file: File,
    position: u64,
    /// The last byte read ended a line.
    line_ended: bool,
    /// Another file is at the path; this one is read once more.
    replaced: bool,
}

impl Follow {
    /// Opens the file at `path`, which is read from its start.
    ///
    /// # Errors
    /// The system's error.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            file: File::open(path)?,
            position: 0,
            line_ended: true,
            replaced: false,
        })
    }

    /// At the end of the file: true if reading goes on at the start of this file or of a new one.
    fn begins_anew(&mut self) -> io::Result<bool> {
        let there = match fs::metadata(&self.path) {
            Ok(there) => there,
            // Renamed, and the new file is not there yet.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        let here = self.file.metadata()?;
        if identity(&there) != identity(&here) {
            // The program may still write to the old file.
            if !std::mem::replace(&mut self.replaced, true) {
                return Ok(false);
            }
            self.file = File::open(&self.path)?;
        } else if there.len() < self.position {
            self.file.seek(SeekFrom::Start(0))?;
        } else {
            return Ok(false);
        }
        self.replaced = false;
        self.position = 0;
        Ok(true)
    }
}

impl Read for Follow {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        loop {
            let count = self.file.read(buf)?;
            if count > 0 {
                self.position += count as u64;
                self.line_ended = buf[count - 1] == b'\n';
                return Ok(count);
            }
            if !self.begins_anew()? {
                thread::sleep(POLL);
            } else if !self.line_ended {
                self.line_ended = true;
                buf[0] = b'\n';
                return Ok(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test panics by design")]

    use super::*;
    use std::io::Write as _;

    /// Reads exactly what is expected to come.
    fn expect(follow: &mut Follow, text: &str) {
        let mut read = vec![0; text.len()];
        follow.read_exact(&mut read).unwrap();
        assert_eq!(String::from_utf8(read).unwrap(), text);
    }

    #[test]
    fn what_is_appended_is_read_whatever_becomes_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.log");
        let mut file = File::create(&path).unwrap();
        file.write_all(b"one\ntw").unwrap();
        let mut follow = Follow::open(&path).unwrap();
        expect(&mut follow, "one\ntw");
        file.write_all(b"o\n").unwrap();
        expect(&mut follow, "two\n".strip_prefix("tw").unwrap());

        // Renamed while its writer goes on for a moment, and begun anew.
        fs::rename(&path, folder.path().join("app.log.1")).unwrap();
        let mut new = File::create(&path).unwrap();
        file.write_all(b"three, cu").unwrap();
        new.write_all(b"four\n").unwrap();
        expect(&mut follow, "three, cu\nfour\n");

        // Cut to nothing and written again.
        new.set_len(0).unwrap();
        new.seek(SeekFrom::Start(0)).unwrap();
        new.write_all(b"5\n").unwrap();
        expect(&mut follow, "5\n");
    }
}
