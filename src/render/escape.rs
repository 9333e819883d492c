//! Text from the log, safe to print: characters that could move the cursor, color the page or reverse text are shown as
//! escapes.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text with control and direction-changing characters written as `\u{1b}`.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(hidden) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if hidden(c) {
            clean.extend(c.escape_unicode());
        } else {
            clean.push(c);
        }
    }
    Cow::Owned(clean)
}

/// Characters that a terminal acts on instead of showing them, and those that hide or reorder text around them.
fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The text in ASCII: signs by their usual spelling, the rest by number.
pub(super) fn ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            'µ' | 'μ' => plain.push('u'),
            '–' | '—' | '−' => plain.push('-'),
            '‘' | '’' => plain.push('\''),
            '“' | '”' => plain.push('"'),
            '…' => plain.push_str("..."),
            '→' => plain.push_str("->"),
            '≥' => plain.push_str(">="),
            '≤' => plain.push_str("<="),
            '×' => plain.push('x'),
            '±' => plain.push_str("+-"),
            c if c.is_ascii() => plain.push(c),
            c => {
                let _ = write!(plain, "\\u{{{:x}}}", u32::from(c));
            }
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_reaches_the_terminal_as_a_command() {
        assert_eq!(
            printable("web-1\u{1b}[2J\r\n"),
            "web-1\\u{1b}[2J\\u{d}\\u{a}"
        );
        assert_eq!(printable("a\u{202e}b\u{9b}31m"), "a\\u{202e}b\\u{9b}31m");
        assert_eq!(printable("grün 日本"), "grün 日本");
    }

    #[test]
    fn ascii_is_ascii() {
        assert_eq!(ascii("49µs … 日"), "49us ... \\u{65e5}");
    }
}
