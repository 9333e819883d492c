//! gzip members one after another.

use std::io::{self, BufRead, Read};

use flate2::{Decompress, FlushDecompress, Status};

/// The window of every gzip, as a power of two.
const WINDOW_BITS: u8 = 15;

/// The text of all gzip members of a source.
///
/// flate2's own reader drops the text that it decompressed in the read that meets a fault, so how much is lost depends on the size of
/// the reads. Here the text is returned first, and the fault with the next read.
pub(super) struct GzipReader<R> {
    source: R,
    decoder: Decompress,
    /// In a member: the end of the source is a fault.
    inside: bool,
    fault: Option<io::Error>,
    ended: bool,
}

impl<R: BufRead> GzipReader<R> {
    pub(super) fn new(source: R) -> Self {
        Self {
            source,
            decoder: Decompress::new_gzip(WINDOW_BITS),
            inside: true,
            fault: None,
            ended: false,
        }
    }

    /// Decompresses what the source holds in its buffer; returns how many bytes of text that made.
    fn decompress(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let input = self.source.fill_buf()?;
        if input.is_empty() {
            self.ended = true;
            return match self.inside {
                true => Err(io::ErrorKind::UnexpectedEof.into()),
                false => Ok(0),
            };
        }
        if !self.inside {
            self.decoder = Decompress::new_gzip(WINDOW_BITS);
            self.inside = true;
        }
        let (read, written) = (self.decoder.total_in(), self.decoder.total_out());
        let result = self.decoder.decompress(input, buf, FlushDecompress::None);
        let (read, written) = (
            self.decoder.total_in() - read,
            self.decoder.total_out() - written,
        );
        self.source.consume(usize::try_from(read).unwrap_or(0));
        match result {
            Ok(Status::StreamEnd) => self.inside = false,
            Ok(Status::Ok) => {}
            Ok(Status::BufError) if read + written > 0 => {}
            Ok(Status::BufError) => self.fault = Some(bad(CORRUPT)),
            Err(error) => self.fault = Some(bad(reason(error.message()))),
        }
        Ok(usize::try_from(written).unwrap_or(0).min(buf.len()))
    }
}

/// zlib's messages in plainer words. Those on damaged blocks depend on where a read ended, so they are all the same here.
fn reason(message: Option<&str>) -> &'static str {
    match message {
        Some("incorrect data check" | "incorrect length check") => "the checksum does not match",
        Some("incorrect header check") => "what follows is not gzip",
        _ => CORRUPT,
    }
}

const CORRUPT: &str = "corrupt deflate stream";

fn bad(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

impl<R: BufRead> Read for GzipReader<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        while !self.ended {
            if let Some(fault) = self.fault.take() {
                self.ended = true;
                return Err(fault);
            }
            match self.decompress(buf)? {
                0 => {}
                count => return Ok(count),
            }
        }
        Ok(0)
    }
}
