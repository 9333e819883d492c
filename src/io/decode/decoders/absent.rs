//! In place of the decoders, in a build without the feature `compression`.

use std::io::Read;

use super::format::refused;
use super::peek::Peeked;
use super::{Compression, Refused, Text};

const GZIP: &str = "gzip-compressed, and built without the feature `compression`";
const ZSTD: &str = "zstd-compressed, and built without the feature `compression`";
const UTF_16: &str = "UTF-16 text, and built without the feature `compression`";

type Reader = Box<dyn Read + Send>;

/// Refuses all but plain bytes.
pub(super) fn decompress(raw: Peeked<Reader>, from: Compression) -> Result<Reader, Refused> {
    match from {
        Compression::None => Ok(Box::new(raw)),
        Compression::Gzip => Err(refused(GZIP, "gzip -dc")),
        Compression::Zstd => Err(refused(ZSTD, "zstd -dc")),
    }
}

/// Refuses all but UTF-8.
pub(super) fn to_utf8(text: Peeked<Reader>, from: Text) -> Result<Reader, Refused> {
    match from {
        Text::Utf8 => Ok(Box::new(text)),
        Text::Utf16Le | Text::Utf16Be => Err(refused(UTF_16, "iconv -f UTF-16 -t UTF-8")),
    }
}

#[cfg(test)]
mod tests {
    use crate::io::decode::decode;

    #[test]
    fn formats_left_out_of_the_build_are_refused_with_the_feature() {
        for (bytes, command) in [
            (&b"\x1f\x8b\x08"[..], "gzip -dc"),
            (b"\x28\xb5\x2f\xfd", "zstd -dc"),
            (b"\xff\xfeg\0", "iconv -f UTF-16 -t UTF-8"),
            (b"\xfe\xff\0g", "iconv -f UTF-16 -t UTF-8"),
        ] {
            let refused = decode(Box::new(bytes)).err();
            let refused = refused.map(|refused| (refused.what, refused.command));
            assert!(
                refused.is_some_and(|(what, hint)| {
                    what.ends_with(", and built without the feature `compression`")
                        && hint == command
                }),
                "{refused:?}"
            );
        }
        assert!(decode(Box::new(&b"gc 1 @"[..])).is_ok());
    }
}
