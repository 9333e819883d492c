//! Peeking at the first bytes of a reader.

use std::io::{self, Read};

/// A reader whose first bytes can be peeked at before they are read.
pub(super) struct Peeked<R> {
    head: [u8; Peeked::<()>::MOST],
    /// Bytes of `head` that are there, and how many of them were read again.
    filled: usize,
    given: usize,
    /// A failure met while peeking, returned by the read that comes to it.
    failed: Option<io::Error>,
    inner: R,
}

impl Peeked<()> {
    /// Bytes that can be peeked at.
    const MOST: usize = 8;
}

impl<R: Read> Peeked<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            head: [0; Peeked::MOST],
            filled: 0,
            given: 0,
            failed: None,
            inner,
        }
    }

    /// Peeks at more and more bytes until `undecided` returns false, the reader ends or fails, or there are eight.
    pub(super) fn peek(&mut self, undecided: impl Fn(&[u8]) -> bool) -> &[u8] {
        while self.filled < self.head.len() && undecided(&self.head[..self.filled]) {
            match self.inner.read(&mut self.head[self.filled..]) {
                Ok(0) => break,
                Ok(n) => self.filled += n,
                Err(error) => {
                    self.failed = Some(error);
                    break;
                }
            }
        }
        &self.head[..self.filled]
    }
}

impl<R: Read> Read for Peeked<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.given < self.filled {
            let n = buf.len().min(self.filled - self.given);
            buf[..n].copy_from_slice(&self.head[self.given..self.given + n]);
            self.given += n;
            return Ok(n);
        }
        match self.failed.take() {
            Some(error) => Err(error),
            None => self.inner.read(buf),
        }
    }
}
