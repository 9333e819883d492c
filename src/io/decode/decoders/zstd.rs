//! Zstandard frames one after another.

use std::error::Error as _;
use std::io::{self, BufRead, Read};

use ruzstd::decoding::errors::{FrameDecoderError, FrameHeaderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use crate::io::decode::Refused;

/// The largest window that is held in memory; `zstd --long=25` writes it, the default levels stay at 8 MiB or less.
const MAX_WINDOW: u64 = 32 << 20;

/// An empty last block and a checksum: what a cut frame lacks. The decoder keeps a window back until a frame ends,
/// so without it a cut frame would lose its last megabytes.
const CLOSING: &[u8] = &[1, 0, 0, 0, 0, 0, 0];

/// The text of all zstd frames of a source; skippable frames are skipped.
///
/// While a frame lasts, its text comes one window late: the decoder refers back to it.
pub(super) struct ZstdReader<R> {
    source: R,
    decoder: FrameDecoder,
    stage: Stage,
}

/// The position of the reader.
enum Stage {
    /// Before a frame or the end.
    Between,
    /// In a frame.
    Frame,
    /// After damaged data; what was decoded before it is returned first, then the error.
    Bad(Option<io::Error>),
}

impl<R: BufRead> ZstdReader<R> {
    pub(super) fn new(source: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(MAX_WINDOW);
        Self {
            source,
            decoder,
            stage: Stage::Between,
        }
    }

    /// Begins the next frame; false at the end of the source.
    fn begin(&mut self) -> io::Result<bool> {
        loop {
            if self.source.fill_buf()?.is_empty() {
                return Ok(false);
            }
            match self.decoder.init(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let length = u64::from(length);
                    let skipped = io::copy(&mut (&mut self.source).take(length), &mut io::sink())?;
                    if skipped < length {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(explain(error)),
            }
        }
    }

    /// Checks the checksum of the frame that was just read to its end.
    fn verify(&self) -> io::Result<()> {
        match self.decoder.get_checksum_from_data() {
            Some(stored) if self.decoder.get_calculated_checksum() != Some(stored) => Err(
                io::Error::new(io::ErrorKind::InvalidData, "the checksum does not match"),
            ),
            _ => Ok(()),
        }
    }
}

impl<R: BufRead> Read for ZstdReader<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.decoder.can_collect() > 0 {
                return self.decoder.read(buf);
            }
            match &mut self.stage {
                Stage::Between => {
                    if !self.begin()? {
                        return Ok(0);
                    }
                    self.stage = Stage::Frame;
                }
                Stage::Frame if self.decoder.is_finished() => {
                    self.stage = Stage::Between;
                    self.verify()?;
                }
                Stage::Frame => {
                    let one = BlockDecodingStrategy::UptoBlocks(1);
                    if let Err(error) = self.decoder.decode_blocks(&mut self.source, one) {
                        let one = BlockDecodingStrategy::UptoBlocks(1);
                        let closed = self.decoder.decode_blocks(CLOSING, one);
                        debug_assert!(closed.is_ok());
                        self.stage = Stage::Bad(Some(explain(error)));
                    }
                }
                Stage::Bad(error) => return error.take().map_or(Ok(0), Err),
            }
        }
    }
}

/// The decoder's error as an I/O error: a failure of the source keeps its kind, everything else is invalid data.
fn explain(error: FrameDecoderError) -> io::Error {
    use FrameDecoderError as Frame;
    let refused = |what| Refused {
        what,
        command: "zstd -dc --long=31",
    };
    match &error {
        Frame::WindowSizeTooBig { .. }
        | Frame::FrameHeaderError(FrameHeaderError::WindowTooBig { .. }) => {
            return io::Error::other(refused("zstd-compressed with a window of more than 32 MiB"));
        }
        Frame::DictNotProvided { .. } => {
            return io::Error::other(Refused {
                what: "zstd-compressed with a dictionary",
                command: "zstd -dc -D DICTIONARY",
            });
        }
        _ => {}
    }
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<io::Error>() {
            return io::Error::new(io.kind(), error.to_string());
        }
        cause = inner.source();
    }
    io::Error::new(io::ErrorKind::InvalidData, error)
}
