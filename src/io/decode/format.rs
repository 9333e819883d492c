//! Formats by their first bytes.

use std::fmt;

/// How the bytes of a source are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::io) enum Compression {
    /// Not at all.
    None,
    /// gzip (RFC 1952), one or more members.
    Gzip,
    /// Zstandard (RFC 8878), one or more frames.
    Zstd,
}

/// How text is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::io) enum Text {
    /// Bytes as they are: UTF-8 or nearly; a UTF-8 byte order mark stays.
    Utf8,
    /// UTF-16 with a byte order mark, the low byte first.
    Utf16Le,
    /// UTF-16 with a byte order mark, the high byte first.
    Utf16Be,
}

/// A format that is recognized but not read here, and what makes it readable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::io) struct Refused {
    /// What the source is, e.g. `xz-compressed`.
    pub(in crate::io) what: &'static str,
    /// The command that turns it into plain text; the file's name is appended.
    pub(in crate::io) command: &'static str,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: pipe it through `{}`", self.what, self.command)
    }
}

impl std::error::Error for Refused {}

const GZIP: &[u8] = b"\x1f\x8b";
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";
/// A skippable zstd frame begins with one byte of 0x50 to 0x5f and these three.
const ZSTD_SKIPPABLE: &[u8] = b"\x2a\x4d\x18";

const REFUSED: [(&[u8], Refused); 9] = [
    (b"\xfd7zXZ\0", refused("xz-compressed", "xz -dc")),
    (b"BZh", refused("bzip2-compressed", "bzip2 -dc")),
    (b"\x04\x22\x4d\x18", refused("lz4-compressed", "lz4 -dc")),
    (b"\x02\x21\x4c\x18", refused("lz4-compressed", "lz4 -dc")),
    (b"LZIP", refused("lzip-compressed", "lzip -dc")),
    (b"\x1f\x9d", refused("compressed by compress", "gzip -dc")),
    (b"PK\x03\x04", refused("a zip archive", "unzip -p")),
    (b"PK\x05\x06", refused("an empty zip archive", "unzip -p")),
    (b"7z\xbc\xaf\x27\x1c", refused("a 7z archive", "7z x -so")),
];

const UTF_32: Refused = refused("UTF-32 text", "iconv -f UTF-32 -t UTF-8");

pub(super) const fn refused(what: &'static str, command: &'static str) -> Refused {
    Refused { what, command }
}

impl Compression {
    /// The compression of a source that begins with `head`.
    pub(in crate::io) fn of(head: &[u8]) -> Result<Self, Refused> {
        if let Some((_, refused)) = REFUSED.iter().find(|(magic, _)| head.starts_with(magic)) {
            return Err(*refused);
        }
        if head.starts_with(GZIP) {
            Ok(Self::Gzip)
        } else if head.starts_with(ZSTD) || is_skippable(head) {
            Ok(Self::Zstd)
        } else {
            Ok(Self::None)
        }
    }

    /// Whether more bytes than `head` are needed to decide.
    pub(in crate::io) fn undecided(head: &[u8]) -> bool {
        [GZIP, ZSTD]
            .into_iter()
            .chain(REFUSED.iter().map(|(magic, _)| *magic))
            .any(|magic| begins(magic, head))
            || head.split_first().is_none_or(|(first, rest)| {
                is_skippable_first(*first) && begins(ZSTD_SKIPPABLE, rest)
            })
    }
}

impl Text {
    /// The encoding of a text that begins with `head`.
    pub(in crate::io) fn of(head: &[u8]) -> Result<Self, Refused> {
        Ok(match head {
            [0xff, 0xfe, 0, 0, ..] => return Err(UTF_32),
            [0xff, 0xfe, ..] => Self::Utf16Le,
            [0xfe, 0xff, ..] => Self::Utf16Be,
            _ => Self::Utf8,
        })
    }

    /// Whether more bytes than `head` are needed to decide.
    pub(in crate::io) fn undecided(head: &[u8]) -> bool {
        begins(b"\xff\xfe\0\0", head) || begins(b"\xfe\xff", head)
    }
}

/// Whether `head` may still grow into `magic`.
fn begins(magic: &[u8], head: &[u8]) -> bool {
    head.len() < magic.len() && magic.starts_with(head)
}

fn is_skippable_first(byte: u8) -> bool {
    (0x50..=0x5f).contains(&byte)
}

fn is_skippable(head: &[u8]) -> bool {
    head.split_first()
        .is_some_and(|(first, rest)| is_skippable_first(*first) && rest.starts_with(ZSTD_SKIPPABLE))
}
