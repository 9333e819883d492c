//! CRI, the format of container logs of containerd and CRI-O: `TIME stderr F `.

use super::layer::Layer;

/// After the time: the stream of the program, and whether the line ends with its record (`F`) or continues in the next one (`P`).
pub(super) fn behind_time(text: &[u8], _: &[u8]) -> Option<Layer> {
    for stream in [&b"stderr "[..], b"stdout "] {
        if let Some([tag @ (b'F' | b'P'), b' ', ..]) = text.strip_prefix(stream) {
            return Some(Layer {
                length: stream.len() + 2,
                partial: *tag == b'P',
                stdout: stream == b"stdout ",
                ..Layer::default()
            });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::formats::testing::hold;
    use super::super::formats::{LAYERS, strip};

    #[test]
    fn samples() {
        let time = "2026-11-23T00:12:01.028391224Z";
        for (tag, partial, stdout) in [
            ("stderr F", false, false),
            ("stdout F", false, true),
            ("stderr P", true, false),
            ("stdout P", true, true),
        ] {
            let line = format!("{time} {tag} gc 1 @");
            hold(&[(&line, ["gc 1 @", "", time])]);
            let all = strip(line.as_bytes(), LAYERS).all;
            assert_eq!((all.partial, all.stdout), (partial, stdout), "{line}");
        }
        // A piece of a gc line may begin with a blank: only one is taken.
        hold(&[(
            &format!("{time} stderr F  ms cpu, "),
            [" ms cpu, ", "", time],
        )]);
    }
}
