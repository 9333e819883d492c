//! Lines copied from a page or a word processor: entities, no-break spaces, and arrows that are one character.

use crate::trace::NEEDLE;

/// Characters and escapes with their ASCII text.
const CHARACTERS: &[(&str, &str)] = &[
    ("\u{a0}", " "),
    ("\u{202f}", " "),
    ("\u{2009}", " "),
    ("\u{200b}", ""),
    ("\u{2192}", "->"),
    ("\u{2011}", "-"),
    ("\\u003e", ">"),
];

/// Entities by their names.
const ENTITIES: &[(&str, &str)] = &[
    ("gt", ">"),
    ("lt", "<"),
    ("amp", "&"),
    ("quot", "\""),
    ("apos", "'"),
    ("nbsp", " "),
    ("plus", "+"),
    ("rarr", "->"),
    ("sol", "/"),
    ("comma", ","),
    ("percnt", "%"),
    ("commat", "@"),
    ("lpar", "("),
    ("rpar", ")"),
    ("colon", ":"),
    ("period", "."),
];

/// The length of the longest entity.
const LONGEST: usize = 10;

/// A text with entities and characters replaced by ASCII; `None` if there are none.
pub(crate) fn translated(text: &[u8]) -> Option<Vec<u8>> {
    let suspect = |b: &u8| *b == b'&' || *b == b'\\' || *b >= 0x80;
    let mut from = text.iter().position(suspect)?;
    let mut plain = text[..from].to_vec();
    let mut any = false;
    while let Some(rest) = text.get(from..).filter(|rest| !rest.is_empty()) {
        let stands = CHARACTERS
            .iter()
            .find(|(character, _)| rest.starts_with(character.as_bytes()))
            .map(|(character, stands)| (character.len(), (*stands).to_owned()))
            .or_else(|| entity(rest));
        if let Some((length, stands)) = stands {
            plain.extend_from_slice(stands.as_bytes());
            any = true;
            from += length;
        } else {
            plain.push(rest[0]);
            from += 1;
        }
    }
    any.then_some(plain)
}

/// An entity at the start of a text: its length, and its ASCII text.
fn entity(text: &[u8]) -> Option<(usize, String)> {
    let inside = text.strip_prefix(b"&")?;
    let end = inside.iter().take(LONGEST).position(|b| *b == b';')?;
    let name = std::str::from_utf8(&inside[..end]).ok()?;
    let stands = match name.strip_prefix('#') {
        Some(number) => {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            let character = char::from_u32(code.ok()?)?.to_string();
            let known = CHARACTERS.iter().find(|(known, _)| *known == character);
            known.map_or(character, |(_, stands)| (*stands).to_owned())
        }
        None => ENTITIES
            .iter()
            .find(|(known, _)| *known == name)?
            .1
            .to_owned(),
    };
    Some((end + 2, stands))
}

/// Whether a line holds ` ms clock, ` written with other blanks.
pub(crate) fn holds_clock(line: &[u8]) -> bool {
    // Nearly every line comes here, and a searcher is expensive to make.
    if memchr::memchr3(b'&', 0xc2, 0xe2, line).is_none() {
        return false;
    }
    memchr::memmem::find_iter(line, b"clock,").any(|at| clock_begins(&line[..at]))
        && translated(line).is_some_and(|line| memchr::memmem::find(&line, NEEDLE).is_some())
}

/// Whether a text may end in ` ms` and a blank of some kind.
pub(crate) fn clock_begins(text: &[u8]) -> bool {
    let near = &text[text.len().saturating_sub(2 + LONGEST)..];
    memchr::memmem::find(near, b"ms").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GC: &str = "gc 1 @0.004s 2%: 0.017+0.50+0.003 ms clock, 0.14+0.1/0.4/0.8+0.024 ms cpu, 4->4->1 MB, 5 MB goal, 8 P";

    #[test]
    fn samples() {
        for line in [
            GC.replace("->", "-&gt;"),
            GC.replace("->", "&#45;&#x3e;"),
            GC.replace("->", "\u{2192}"),
            GC.replace("->", "&rarr;"),
            GC.replace("->", "-\\u003e"),
            GC.replace(' ', "\u{a0}"),
            GC.replace(' ', "&nbsp;"),
            GC.replace(' ', "&#160;"),
            GC.replace('+', "&#43;"),
            GC.replace(' ', "\u{202f}"),
            GC.replace(',', ",\u{200b}"),
        ] {
            let plain = translated(line.as_bytes());
            assert_eq!(plain.as_deref(), Some(GC.as_bytes()), "{line}");
            let bare = memchr::memmem::find(line.as_bytes(), NEEDLE).is_some();
            assert!(bare || holds_clock(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn other_text_stays() {
        for line in [
            "",
            GC,
            "a & b",
            "&;",
            "&#;",
            "&#x110000;",
            "&unknown;",
            "caf\u{e9}",
            "\\u00e9",
            "&",
        ] {
            assert_eq!(translated(line.as_bytes()), None, "{line}");
        }
        assert!(!holds_clock("at seven o'clock, caf\u{a0}".as_bytes()));
    }
}
