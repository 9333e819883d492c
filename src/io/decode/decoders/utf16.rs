//! UTF-16 to UTF-8 while it is read.

use std::io::{self, Read};

use encoding_rs::{Decoder, Encoding};

/// Encoded bytes read at a time.
const CHUNK: usize = 16 * 1024;

/// The text of a UTF-16 source as UTF-8, without its byte order mark. Invalid UTF-16 becomes U+FFFD.
pub(super) struct Utf16Reader<R> {
    inner: R,
    /// `None` once the source has ended.
    decoder: Option<Decoder>,
    encoded: Box<[u8]>,
    text: String,
    given: usize,
}

impl<R: Read> Utf16Reader<R> {
    pub(super) fn new(inner: R, encoding: &'static Encoding) -> Self {
        Self {
            inner,
            decoder: Some(encoding.new_decoder_with_bom_removal()),
            encoded: vec![0; CHUNK].into_boxed_slice(),
            text: String::new(),
            given: 0,
        }
    }
}

impl<R: Read> Read for Utf16Reader<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        // A byte order mark or half a character decodes to nothing: only the end of the source may end the text.
        while self.given == self.text.len() {
            let Some(decoder) = &mut self.decoder else {
                return Ok(0);
            };
            self.text.clear();
            self.given = 0;
            let n = self.inner.read(&mut self.encoded)?;
            if let Some(longest) = decoder.max_utf8_buffer_length(n) {
                self.text.reserve(longest);
            }
            // The text has room for all of it, so one call takes all of it.
            let (_, read, _) = decoder.decode_to_string(&self.encoded[..n], &mut self.text, n == 0);
            debug_assert_eq!(read, n);
            if n == 0 {
                self.decoder = None;
            }
        }
        let left = &self.text.as_bytes()[self.given..];
        let n = left.len().min(buf.len());
        buf[..n].copy_from_slice(&left[..n]);
        self.given += n;
        Ok(n)
    }
}
