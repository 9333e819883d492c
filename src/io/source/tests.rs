#![allow(clippy::unwrap_used, reason = "tests")]

mod damaged;
mod large;

use std::collections::VecDeque;
use std::fs;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::*;

const CUT: &str = "compressed data ends early: what it holds was read";

/// Hands out its chunks one a read, each followed by an interruption, and counts what it was asked for.
struct Chunks(VecDeque<Vec<u8>>, bool);

impl Chunks {
    fn of(bytes: &[u8], size: usize) -> Self {
        Self(bytes.chunks(size).map(<[u8]>::to_vec).collect(), false)
    }
}

impl Read for Chunks {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.1 = !self.1;
        if self.1 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let Some(mut chunk) = self.0.pop_front() else {
            return Ok(0);
        };
        let n = chunk.len().min(buf.len());
        buf[..n].copy_from_slice(&chunk[..n]);
        if n < chunk.len() {
            self.0.push_front(chunk.split_off(n));
        }
        Ok(n)
    }
}

/// Gives its bytes at once and then fails, so a reader that waits for more than that fails with it.
struct Live(&'static [u8]);

impl Read for Live {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() {
            return Err(io::Error::other(
                "read before what was there was handed out",
            ));
        }
        self.0.read(buf)
    }
}

fn of(bytes: &[u8]) -> Source {
    Source::from_reader("x.log", Box::new(io::Cursor::new(bytes.to_vec())))
}

/// Everything that `source` gives, and its warnings.
fn all(mut source: Source) -> (Vec<u8>, Vec<String>) {
    let mut text = Vec::new();
    source.read_to_end(&mut text).unwrap();
    (text, source.warnings().to_vec())
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zstd(text: &[u8]) -> Vec<u8> {
    compress_to_vec(text, CompressionLevel::Fastest)
}

/// A zstd frame of one raw block, with the window descriptor given.
fn zstd_raw(window_descriptor: u8, text: &[u8]) -> Vec<u8> {
    let mut frame = b"\x28\xb5\x2f\xfd\x00".to_vec();
    frame.push(window_descriptor);
    let header = u32::try_from(text.len()).unwrap() << 3 | 1;
    frame.extend_from_slice(&header.to_le_bytes()[..3]);
    frame.extend_from_slice(text);
    frame
}

fn skippable(content: &[u8]) -> Vec<u8> {
    let mut frame = b"\x5e\x2a\x4d\x18".to_vec();
    frame.extend_from_slice(&u32::try_from(content.len()).unwrap().to_le_bytes());
    frame.extend_from_slice(content);
    frame
}

fn utf16(text: &str, big_endian: bool) -> Vec<u8> {
    std::iter::once('\u{feff}')
        .chain(text.chars())
        .collect::<String>()
        .encode_utf16()
        .flat_map(|unit| {
            if big_endian {
                unit.to_be_bytes()
            } else {
                unit.to_le_bytes()
            }
        })
        .collect()
}

/// A log whose lines differ, so that it neither compresses to nothing nor not at all.
fn log(lines: u32) -> Vec<u8> {
    (1..=lines)
        .flat_map(|n| {
            let noise = n.wrapping_mul(2_654_435_761) >> 7;
            format!(
                "gc {n} @{}.{:03}s 3%: 0.01+{noise}+0.02 ms\n",
                n / 9,
                noise % 1000
            )
            .into_bytes()
        })
        .collect()
}

/// Every form a text may come in that decodes to just that text.
fn forms(text: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let (a, b) = text.split_at(text.len() / 3);
    let as_str = String::from_utf8(text.to_vec()).unwrap();
    vec![
        ("plain", text.to_vec()),
        ("gzip", gzip(text)),
        ("gzip members", [gzip(a), gzip(b""), gzip(b)].concat()),
        ("zstd", zstd(text)),
        (
            "zstd frames",
            [skippable(b"x"), zstd(a), skippable(b""), zstd(b)].concat(),
        ),
        ("zstd raw", zstd_raw(0x50, text)),
        ("utf-16le", utf16(&as_str, false)),
        ("utf-16be", utf16(&as_str, true)),
        ("utf-16 in gzip", gzip(&utf16(&as_str, false))),
        ("utf-16 in zstd", zstd(&utf16(&as_str, true))),
    ]
}

#[test]
fn every_form_in_every_chunk_size_is_the_same_text() {
    let text = [log(90), "größer → 🦀\r\n\0 end".as_bytes().to_vec()].concat();
    for (form, bytes) in forms(&text) {
        for size in [1, 2, 3, 7, 4096, usize::MAX] {
            let chunks = Chunks::of(&bytes, size.min(bytes.len()));
            let (got, warnings) = all(Source::from_reader("x", Box::new(chunks)));
            assert!(
                got == text,
                "{form} in chunks of {size}: {}",
                String::from_utf8_lossy(&got)
            );
            assert_eq!(warnings, [""; 0], "{form} in chunks of {size}");
        }
    }
}

#[test]
fn reading_byte_by_byte_is_the_same_text() {
    let text = [log(9), "→🦀".as_bytes().to_vec()].concat();
    for (form, bytes) in forms(&text) {
        let mut source = of(&bytes);
        let (mut got, mut byte) = (Vec::new(), [0]);
        while source.read(&mut byte).unwrap() == 1 {
            got.push(byte[0]);
        }
        assert_eq!(got, text, "{form}");
    }
}

#[test]
fn what_is_there_is_handed_out_before_more_is_asked_for() {
    let text = log(20);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&text).unwrap();
    encoder.flush().unwrap();
    let gzip = encoder.get_ref().clone();
    for bytes in [
        text.clone(),
        gzip,
        utf16(str::from_utf8(&text).unwrap(), false),
    ] {
        let live = Live(Box::leak(bytes.into_boxed_slice()));
        let mut source = Source::from_reader("x", Box::new(live));
        let mut got = Vec::new();
        let mut buf = [0; 64 * 1024];
        while got.len() < text.len() {
            let n = source.read(&mut buf).unwrap();
            got.extend_from_slice(&buf[..n]);
        }
        assert_eq!(got, text);
        assert!(source.read(&mut buf).is_err());
    }
}

#[test]
fn nothing_is_read_before_the_first_read() {
    struct Untouchable;
    impl Read for Untouchable {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            panic!("read")
        }
    }
    let mut source = Source::from_reader("x", Box::new(Untouchable));
    assert_eq!(source.read(&mut []).unwrap(), 0);
}

#[test]
fn short_inputs_are_plain_text() {
    for text in [
        "", "\x1f", "\x28", "P", "P*", "PK", "BZ", "LZI", "7z", "gc", "^*M",
    ] {
        let (got, warnings) = all(of(text.as_bytes()));
        assert_eq!(
            (got, warnings),
            (text.as_bytes().to_vec(), vec![]),
            "{text:?}"
        );
    }
    let bom = b"\xef\xbb\xbfgc 1 @0.1s\n";
    assert_eq!(all(of(bom)).0, bom);
}

#[test]
fn utf16_that_is_none_becomes_replacement_characters() {
    let odd = [&utf16("gc", false)[..], b"\x00"].concat();
    assert_eq!(all(of(&odd)).0, "gc\u{fffd}".as_bytes());
    let lone = [&utf16("a", true)[..], b"\xd8\x00", &utf16("b", true)[2..]].concat();
    assert_eq!(all(of(&lone)).0, "a\u{fffd}b".as_bytes());
    assert_eq!(all(of(b"\xff\xfe")).0, b"");
}

#[test]
fn formats_that_are_not_read_name_the_command() {
    let cases: [(&[u8], &str); 12] = [
        (b"\xfd7zXZ\0\0\x04", "xz -dc"),
        (b"BZh91AY&SY", "bzip2 -dc"),
        (b"\x04\x22\x4d\x18d", "lz4 -dc"),
        (b"\x02\x21\x4c\x18d", "lz4 -dc"),
        (b"LZIP\x01", "lzip -dc"),
        (b"\x1f\x9d\x90", "gzip -dc"),
        (b"PK\x03\x04\x14", "unzip -p"),
        (b"PK\x05\x06\0", "unzip -p"),
        (b"7z\xbc\xaf\x27\x1c\0", "7z x -so"),
        (b"\xff\xfe\0\0g\0\0\0", "iconv -f UTF-32 -t UTF-8"),
        (&zstd_raw(0x80, b"x"), "zstd -dc --long=31"),
        (
            b"\x28\xb5\x2f\xfd\x01\x50\x07\x09\0\0x",
            "zstd -dc -D DICTIONARY",
        ),
    ];
    for (bytes, command) in cases {
        let mut source = of(bytes);
        let error = source.read(&mut [0; 64]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::Unsupported, "{command}");
        let error = Error::io("elsewhere", error);
        assert!(
            matches!(&error, Error::Unsupported { source, .. } if source == "x.log"),
            "{error:?}"
        );
        let message = error.to_string();
        assert!(
            message.contains(&format!("`{command} x.log | gcpressure`")),
            "{message}"
        );
        assert_eq!(
            source.read(&mut [0; 64]).unwrap(),
            0,
            "an error ends the source"
        );
    }
    // 32 MiB is the largest window that is read.
    assert_eq!(all(of(&zstd_raw(0x78, b"text"))).0, b"text");
    // A frame that is refused behind one that is read.
    let mut source = of(&[zstd(b"text"), zstd_raw(0x80, b"x")].concat());
    let mut text = Vec::new();
    assert!(source.read_to_end(&mut text).is_err());
    assert_eq!(text, b"text");
    let mut stdin = Source::from_reader("-", Box::new(&b"BZh9"[..]));
    let message = Error::io("-", stdin.read(&mut [0; 9]).unwrap_err()).to_string();
    assert!(
        message.contains("`... | bzip2 -dc | gcpressure`"),
        "{message}"
    );
}

#[test]
fn a_failing_reader_is_an_error_and_no_cut_file() {
    struct Failing(Vec<u8>, usize);
    impl Read for Failing {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let n = (&self.0[self.1..]).read(buf)?;
            self.1 += n;
            if n == 0 {
                Err(io::Error::from_raw_os_error(5))
            } else {
                Ok(n)
            }
        }
    }
    let text = log(50);
    for (form, bytes) in forms(&text) {
        for cut in [1, 7, 60, bytes.len() / 2] {
            let mut source = Source::from_reader("x", Box::new(Failing(bytes[..cut].to_vec(), 0)));
            let mut got = Vec::new();
            let error = source.read_to_end(&mut got).unwrap_err();
            assert_ne!(
                error.kind(),
                io::ErrorKind::UnexpectedEof,
                "{form} at {cut}"
            );
            assert!(
                !error.to_string().is_empty() && source.warnings().is_empty(),
                "{form} at {cut}"
            );
        }
    }
}

#[test]
fn files_say_their_size_and_what_is_wrong_with_them() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let text = log(3000);
    fs::write(path("a.log"), &text).unwrap();
    fs::write(path("a.gz"), gzip(&text)).unwrap();
    fs::write(path("a.xz"), b"\xfd7zXZ\0\0\x04").unwrap();

    for name in ["a.log", "a.gz"] {
        let mut source = Source::open(&path(name)).unwrap();
        assert_eq!(source.name(), path(name));
        let size = fs::metadata(path(name)).unwrap().len();
        assert_eq!(source.size_hint(), Some(size));
        let mut got = Vec::new();
        source.read_to_end(&mut got).unwrap();
        assert_eq!(got, text);
        assert_eq!(source.raw_bytes_read(), size);
    }
    assert!(matches!(
        Source::open(&path("a.xz")),
        Err(Error::Unsupported { .. })
    ));
    let kind = |path: &str| match Source::open(path) {
        Err(Error::Io { source, error }) => {
            assert_eq!(source, path);
            error.kind()
        }
        other => panic!("{:?}", other.err()),
    };
    assert_eq!(kind(&path("none.log")), io::ErrorKind::NotFound);
    assert_eq!(
        kind(dir.path().to_str().unwrap()),
        io::ErrorKind::IsADirectory
    );
}

#[test]
fn a_source_can_go_to_another_thread() {
    fn send<T: Send>(_: &T) {}
    send(&of(b""));
}

proptest! {
        #[test]
    fn random_bytes_behind_a_magic_number_never_panic(
        magic in prop::sample::select(vec![
            &b"\x1f\x8b\x08\0\0\0\0\0\0\x03"[..], b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\x28\xb5\x2f\xfd\x04\x50", b"\x28\xb5\x2f\xfd\0\x50",
            b"\x50\x2a\x4d\x18", b"\xff\xfe", b"\xfe\xff", b"",
        ]),
        bytes in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        let mut source = of(&[magic, &bytes].concat());
        let mut buf = [0; 97];
        let mut total = 0;
        while let Ok(n) = source.read(&mut buf) {
            total += n;
            if n == 0 || total > 1 << 24 {
                break;
            }
        }
    }

    #[test]
    fn a_changed_byte_in_compressed_data_never_panics(
        form in 0..2_usize, at in any::<prop::sample::Index>(), to in any::<u8>(), again in any::<prop::sample::Index>(), bit in 0..8_u32,
    ) {
        let text = log(60);
        let mut bytes = if form == 0 { gzip(&text) } else { zstd(&text) };
        let len = bytes.len();
        bytes[at.index(len)] = to;
        bytes[again.index(len)] ^= 1 << bit;
        let mut got = Vec::new();
        // A changed header may make it a format that is refused.
        let _ = of(&bytes).read_to_end(&mut got);
    }
}
