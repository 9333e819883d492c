//! Compressed data that is cut or damaged.

use super::*;

#[test]
fn compressed_data_cut_anywhere_gives_what_it_holds() {
    // Two blocks of text, the first flushed: a cut behind it must not lose it.
    let (first, second) = (log(200), log(300).split_off(log(200).len()));
    let mut flushed = GzEncoder::new(Vec::new(), Compression::default());
    flushed.write_all(&first).unwrap();
    flushed.flush().unwrap();
    let first_gz = flushed.get_ref().len();
    flushed.write_all(&second).unwrap();

    let text = [first.clone(), second.clone()].concat();
    let two_blocks = {
        let mut frame = zstd_raw(0x50, &first);
        frame[6] &= !1;
        frame.extend_from_slice(&zstd_raw(0x50, &second)[6..]);
        frame
    };
    let first_zst = 9 + first.len();
    let cases = [
        ("gzip", flushed.finish().unwrap(), first_gz, 0),
        (
            "gzip members",
            [gzip(&first), gzip(&second)].concat(),
            gzip(&first).len(),
            gzip(&first).len(),
        ),
        ("zstd", two_blocks, first_zst, 0),
        (
            "zstd frames",
            [zstd(&first), zstd(&second)].concat(),
            zstd(&first).len(),
            zstd(&first).len(),
        ),
    ];
    for (form, bytes, first_ends, whole) in cases {
        assert_eq!(all(of(&bytes)), (text.clone(), vec![]), "{form}");
        // Fewer bytes than the magic number are not compressed data yet.
        for cut in 4..bytes.len() {
            let (got, warnings) = all(of(&bytes[..cut]));
            assert!(text.starts_with(&got), "{form} cut at {cut}");
            assert!(
                cut < first_ends || got.len() >= first.len(),
                "{form} cut at {cut}: {}",
                got.len()
            );
            if cut == whole {
                assert_eq!(warnings, [""; 0], "{form} cut at {cut}");
            } else {
                assert_eq!(warnings, [CUT], "{form} cut at {cut}");
            }
        }
    }
}

#[test]
fn damaged_data_gives_what_stands_before_the_damage() {
    let text = log(500);
    for (form, good) in forms(&text)
        .into_iter()
        .filter(|(form, _)| form.contains("zip") || form.contains("zstd"))
    {
        let trailing = [&good[..], b"\nnot compressed\n"].concat();
        let (got, warnings) = all(of(&trailing));
        assert_eq!(got, text, "{form}");
        assert!(
            warnings.len() == 1 && warnings[0].contains("is damaged"),
            "{form}: {warnings:?}"
        );

        for at in (4..good.len()).step_by(7) {
            let mut bad = good.clone();
            bad[at] ^= 0x55;
            let mut source = of(&bad);
            // A changed header may ask for a dictionary or a large window, which is an error.
            let _ = source.read_to_end(&mut Vec::new());
            let warnings = source.warnings();
            assert!(warnings.len() <= 1, "{form} at {at}: {warnings:?}");
        }
    }
    let mut bad = gzip(&text);
    let crc = bad.len() - 8;
    bad[crc] ^= 1;
    let (got, warnings) = all(of(&bad));
    assert_eq!(got, text);
    assert!(warnings[0].contains("checksum"), "{warnings:?}");

    let mut bad = zstd(&text);
    *bad.last_mut().unwrap() ^= 1;
    let (got, warnings) = all(of(&bad));
    assert_eq!(got, text);
    assert!(warnings[0].contains("checksum"), "{warnings:?}");
}
