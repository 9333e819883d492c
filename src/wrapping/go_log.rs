//! Go's log package with `Lshortfile` or `Llongfile`: `TIME file.go:41: `.

use super::layer::{Layer, word};

/// After the time: the place in the source.
pub(super) fn behind_time(text: &[u8], _: &[u8]) -> Option<Layer> {
    let length = word(text)?;
    let name = text[..length].strip_suffix(b":")?;
    let colon = memchr::memrchr(b':', name)?;
    let number = &name[colon + 1..];
    let is_place = name[..colon].ends_with(b".go")
        && !number.is_empty()
        && number.iter().all(u8::is_ascii_digit);
    is_place.then(|| Layer::of(length + 1))?
}

#[cfg(test)]
mod tests {
    use super::super::formats::testing::hold;

    #[test]
    fn samples() {
        let time = "2026/11/23 00:12:01";
        hold(&[
            (&format!("{time} main.go:41: gc 1 @"), ["gc 1 @", "", time]),
            (
                &format!("{time} /src/app/main.go:41: gc 1 @"),
                ["gc 1 @", "", time],
            ),
            (
                &format!("{time} main.rs:41: gc 1 @"),
                ["main.rs:41: gc 1 @", "", time],
            ),
        ]);
    }
}
