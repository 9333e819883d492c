//! Large files, some of which are decoded by another thread.

use super::*;

#[test]
fn a_large_file_is_read_whole_however_it_is_written() {
    let mut text = Vec::new();
    for n in 0_u32.. {
        if text.len() >= 17 << 20 {
            break;
        }
        text.extend_from_slice(format!("{:08x}\n", n.wrapping_mul(0x9e37_79b1)).as_bytes());
    }
    let half = &text[..text.len() / 2];
    let wide: Vec<u8> = std::iter::once(0xfeff)
        .chain(half.iter().map(|byte| u16::from(*byte)))
        .flat_map(u16::to_le_bytes)
        .collect();
    let mut stored = GzEncoder::new(Vec::new(), Compression::none());
    stored.write_all(&text).unwrap();
    let stored = stored.finish().unwrap();
    for (bytes, expected) in [(&text, &*text), (&wide, half), (&stored, &*text)] {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        let mut source = Source::open(file.path().to_str().unwrap()).unwrap();
        source.begin().unwrap();
        assert!(source.is_large());
        let mut read = Vec::new();
        let mut part = vec![0; 50_001];
        loop {
            let count = source.read(&mut part).unwrap();
            if count == 0 {
                break;
            }
            read.extend_from_slice(&part[..count]);
        }
        assert!(read == expected);
        assert_eq!(source.raw_bytes_read(), bytes.len() as u64);
        assert_eq!(source.read(&mut part).unwrap(), 0);
        assert_eq!(source.warnings(), [""; 0]);
    }
}
