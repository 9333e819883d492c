//! A page of text: lines, colors, wrapping, columns that line up whatever the alphabet.

use anstyle::AnsiColor;
pub(in crate::render) use anstyle::Style as Ansi;
use textwrap::{Options, WordSplitter};
use unicode_width::UnicodeWidthStr as _;

use super::super::{Style, escape};
use crate::report::comparison::Outcome;
use crate::settings::Severity;
use crate::units;

pub(in crate::render) const BOLD: Ansi = Ansi::new().bold();
pub(in crate::render) const DIM: Ansi = Ansi::new().dimmed();
pub(in crate::render) const GOOD: Ansi = AnsiColor::Green.on_default().bold();
pub(in crate::render) const WARNING: Ansi = AnsiColor::Yellow.on_default().bold();
pub(in crate::render) const CRITICAL: Ansi = AnsiColor::Red.on_default().bold();
pub(in crate::render) const UNKNOWN: Ansi = AnsiColor::Magenta.on_default().bold();

/// The page as far as it is written.
#[derive(Debug)]
pub(in crate::render) struct Page {
    style: Style,
    text: String,
}

impl Page {
    pub(in crate::render) const fn new(style: Style) -> Self {
        Self {
            style,
            text: String::new(),
        }
    }

    pub(in crate::render) const fn style(&self) -> &Style {
        &self.style
    }

    pub(in crate::render) fn into_text(self) -> String {
        self.text
    }

    /// Text in a color, where the page has any.
    pub(in crate::render) fn paint(&self, ansi: Ansi, text: &str) -> String {
        if self.style.color && !text.is_empty() {
            format!("{ansi}{text}{ansi:#}")
        } else {
            text.to_owned()
        }
    }

    /// A line as it stands; what comes from the log must have gone through [`Page::clean`].
    pub(in crate::render) fn line(&mut self, line: &str) {
        let line = line.trim_end();
        if self.style.ascii {
            self.text.push_str(&escape::ascii(line));
        } else {
            self.text.push_str(line);
        }
        self.text.push('\n');
    }

    /// An empty line, never two in a row.
    pub(in crate::render) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A paragraph, wrapped; `label` hangs before it, the following lines stand under its text.
    pub(in crate::render) fn paragraph(&mut self, label: &str, ansi: Ansi, text: &str) {
        let painted = if label.trim().is_empty() {
            label.to_owned()
        } else {
            self.paint(ansi, label)
        };
        self.hanging(&painted, label.width(), text);
    }

    /// The same with a label that has its colors already, and its width without them.
    pub(in crate::render) fn hanging(&mut self, label: &str, width: usize, text: &str) {
        let text = self.clean(text);
        let room = self.style.width.saturating_sub(width).max(20);
        let options = Options::new(room).word_splitter(WordSplitter::NoHyphenation);
        let indent = " ".repeat(width);
        for (at, line) in textwrap::wrap(&text, options).iter().enumerate() {
            let before = if at == 0 { label } else { &indent };
            let line = format!("{before}{line}");
            self.line(&line);
        }
    }

    /// Text from the log or a rule, safe to show.
    pub(in crate::render) fn clean(&self, text: &str) -> String {
        let text = escape::printable(text);
        if self.style.ascii {
            escape::ascii(&text).into_owned()
        } else {
            text.into_owned()
        }
    }

    /// The end of a path in at most `width` columns: it says more than the directories.
    pub(in crate::render) fn path(&self, path: &str, width: usize) -> String {
        const MARK: &str = "..";
        let path = self.clean(path);
        if path.width() <= width {
            return path;
        }
        let tail: Vec<char> =
            fitting(path.chars().rev(), width.saturating_sub(MARK.len())).collect();
        let tail: String = tail.into_iter().rev().collect();
        format!("{MARK}{tail}")
    }

    /// A name from the log in at most `width` columns; the middle is cut, as names differ at both ends.
    pub(in crate::render) fn name(&self, name: &str, width: usize) -> String {
        const MARK: &str = "..";
        let name = self.clean(name);
        if name.width() <= width {
            return name;
        }
        let room = width.saturating_sub(MARK.len());
        let head: String = fitting(name.chars(), room / 2).collect();
        let tail: Vec<char> = fitting(name.chars().rev(), room - room / 2).collect();
        let tail: String = tail.into_iter().rev().collect();
        format!("{head}{MARK}{tail}")
    }
}

/// As many characters as fit into `width` columns.
fn fitting(chars: impl Iterator<Item = char>, width: usize) -> impl Iterator<Item = char> {
    let mut used = 0;
    chars.take_while(move |c| {
        used += c.encode_utf8(&mut [0; 4]).width();
        used <= width
    })
}

/// Text filled up to `width` columns on the right.
pub(in crate::render) fn left(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// Text filled up to `width` columns on the left.
pub(in crate::render) fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(text.width())))
}

/// A figure for people; `-` where it is unknown.
pub(in crate::render) fn known<T>(value: Option<T>, format: impl Fn(T) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), format)
}

/// The color of an outcome.
pub(in crate::render) const fn of_outcome(outcome: &Outcome) -> Ansi {
    match outcome {
        Outcome::Pass => GOOD,
        Outcome::Regression(_) => CRITICAL,
        Outcome::NoVerdict(_) => UNKNOWN,
    }
}

/// The color of a severity.
pub(in crate::render) const fn color(severity: Severity) -> Ansi {
    match severity {
        Severity::Info => BOLD,
        Severity::Warning => WARNING,
        Severity::Critical => CRITICAL,
    }
}

/// `4s to 1m08s`; `at 1h23m for 15s` where both ends would read the same.
pub(in crate::render) fn span(since_ns: u64, until_ns: u64) -> String {
    let (since, until) = (units::duration(since_ns), units::duration(until_ns));
    if since != until {
        return format!("{since} to {until}");
    }
    match until_ns.saturating_sub(since_ns) {
        0 => format!("at {since}"),
        length => format!("at {since} for {}", units::duration(length)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_of_time_is_never_from_a_time_to_the_same() {
        let second = 1_000_000_000;
        assert_eq!(span(4 * second, 68 * second), "4s to 1m08s");
        assert_eq!(span(5000 * second, 5015 * second), "at 1h23m for 15s");
        assert_eq!(span(second, second), "at 1s");
    }
}
