//! Rows of `gcpressure.event/v1`, written from one table of columns as NDJSON or CSV, without allocation.

mod line;

use std::io::{self, Write};
use std::marker::PhantomData;

use gcpressure::internal::pipeline::CycleRow;
use gcpressure::internal::trace::cycle::GcCycle;
use gcpressure::internal::units::MIB;
use gcpressure::report::EVENT_SCHEMA;

use super::background::BackgroundWriter;
use line::{Line, PIECE};

/// A value of a row.
enum Cell<'a> {
    Text(&'a str),
    Number(u64),
    Signed(i64),
    Flag(bool),
    Nothing,
}

impl<'a> From<Option<&'a str>> for Cell<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Nothing, Self::Text)
    }
}

/// The text before a value in a JSON object: `,"name":`, or `{"name":` in the first column.
pub(crate) struct Key {
    text: [u8; PIECE],
    length: usize,
}

impl Key {
    const fn new(begin: u8, name: &str) -> Self {
        let mut text = [0; PIECE];
        let mut at = 0;
        while at < name.len() {
            text[2 + at] = name.as_bytes()[at];
            at += 1;
        }
        (text[0], text[1], text[2 + at], text[3 + at]) = (begin, b'"', b'"', b':');
        Self {
            text,
            length: 4 + name.len(),
        }
    }

    const fn is_first(&self) -> bool {
        self.text[0] == b'{'
    }
}

/// The names of the columns, and a function that writes the values of a row. It is straight-line code: a loop over
/// function pointers was slower.
macro_rules! columns {
    ($row:ident: $(#[$first_doc:meta])+ $first:ident: $first_type:ty = $value:expr, $($(#[$doc:meta])+ $name:ident: $type:ty = $cell:expr,)+) => {
        /// The columns in their order.
        const NAMES: &[&str] = &[stringify!($first), $(stringify!($name)),+];

        #[inline]
        fn each<S: Style>($row: &CycleRow<'_>, cells: &mut Cells<'_, S>) -> io::Result<()> {
            cells.put(const { &Key::new(b'{', stringify!($first)) }, $value)?;
            $(cells.put(const { &Key::new(b',', stringify!($name)) }, $cell)?;)+
            Ok(())
        }
    };
}

gcpressure::event_columns!(columns);

/// MiB in bytes; the largest number where that overflows.
const fn size<'a>(mib: u64) -> Cell<'a> {
    Cell::Number(mib.saturating_mul(MIB))
}

/// A cell of what only a gc line shows.
#[inline(always)]
fn of_line<'a>(row: &CycleRow<'a>, cell: impl FnOnce(&GcCycle) -> Cell<'a>) -> Cell<'a> {
    row.cycle.traced.map_or(Cell::Nothing, cell)
}

/// A format of rows.
pub(crate) trait Style {
    /// The text before all rows.
    fn header() -> String;
    /// Writes the text before a value.
    fn before(line: &mut Line, key: &'static Key);
    /// Writes a text, quoted.
    ///
    /// # Errors
    /// Those of the library that quotes.
    fn quote(text: &str, quoted: &mut Vec<u8>) -> io::Result<()>;
    /// Writes an unknown value.
    fn nothing(line: &mut Line);
    /// Ends the row.
    fn end(line: &mut Line);
}

/// One JSON object per line.
pub(crate) enum Ndjson {}

impl Style for Ndjson {
    fn header() -> String {
        String::new()
    }

    #[inline(always)]
    fn before(line: &mut Line, key: &'static Key) {
        line.piece(&key.text, key.length);
    }

    fn quote(text: &str, quoted: &mut Vec<u8>) -> io::Result<()> {
        Ok(serde_json::to_writer(quoted, text)?)
    }

    fn nothing(line: &mut Line) {
        line.push(b"null");
    }

    fn end(line: &mut Line) {
        line.push(b"}\n");
    }
}

/// Comma-separated values with a header; an unknown value is an empty field.
pub(crate) enum Csv {}

impl Style for Csv {
    fn header() -> String {
        NAMES.join(",") + "\n"
    }

    #[inline(always)]
    fn before(line: &mut Line, key: &'static Key) {
        if !key.is_first() {
            line.push(b",");
        }
    }

    fn quote(text: &str, quoted: &mut Vec<u8>) -> io::Result<()> {
        // The common case, e.g. the time in every row, needs no CSV writer.
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-+:._/ ".contains(&byte);
        if text.bytes().all(plain) {
            quoted.extend_from_slice(text.as_bytes());
            return Ok(());
        }
        let mut writer = csv::Writer::from_writer(quoted);
        // With a second field: an empty field that is alone is quoted.
        writer.write_record([text, ""])?;
        let quoted = writer
            .into_inner()
            .map_err(|error| io::Error::from(error.error().kind()))?;
        quoted.truncate(quoted.len() - ",\n".len());
        Ok(())
    }

    fn nothing(_: &mut Line) {}

    fn end(line: &mut Line) {
        line.push(b"\n");
    }
}

/// Rows of one style, written to a queue.
pub(crate) struct Rows<S> {
    writer: Writer<S>,
    /// The header is not written yet.
    fresh: bool,
    out: BackgroundWriter,
}

impl<S: Style> Rows<S> {
    /// No row yet.
    pub(crate) fn new(out: BackgroundWriter) -> Self {
        Self {
            writer: Writer::new(),
            fresh: true,
            out,
        }
    }

    fn header(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.fresh) {
            self.out.write_all(S::header().as_bytes())?;
        }
        Ok(())
    }

    /// Writes one row.
    ///
    /// # Errors
    /// Those of the writer.
    pub(crate) fn row(&mut self, row: &CycleRow<'_>) -> io::Result<()> {
        self.header()?;
        self.out.append(|rows| self.writer.write(row, rows))
    }

    /// Queues the rows so far.
    ///
    /// # Errors
    /// Those of the writer.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.header()?;
        self.out.flush()
    }

    /// Waits until everything is written.
    ///
    /// # Errors
    /// Those of the writer.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.header()?;
        self.out.finish()
    }
}

/// Formats row after row.
struct Writer<S> {
    line: Line,
    /// The texts of the last row in their order: most are the same in the next row.
    texts: Vec<Text>,
    style: PhantomData<S>,
}

/// A text and its quoted form.
#[derive(Default)]
struct Text {
    text: String,
    quoted: Vec<u8>,
}

impl<S: Style> Writer<S> {
    fn new() -> Self {
        Self {
            line: Line::default(),
            texts: Vec::new(),
            style: PhantomData,
        }
    }

    /// Appends one row.
    fn write(&mut self, row: &CycleRow<'_>, out: &mut Vec<u8>) -> io::Result<()> {
        let mut cells = Cells {
            writer: self,
            seen: 0,
            out,
        };
        each(row, &mut cells)?;
        S::end(&mut self.line);
        self.line.move_to(out);
        Ok(())
    }
}

/// A row that is being written.
struct Cells<'w, S> {
    writer: &'w mut Writer<S>,
    /// Texts of the row so far.
    seen: usize,
    out: &'w mut Vec<u8>,
}

impl<S: Style> Cells<'_, S> {
    #[inline(always)]
    fn put(&mut self, key: &'static Key, cell: Cell<'_>) -> io::Result<()> {
        let line = &mut self.writer.line;
        S::before(line, key);
        match cell {
            Cell::Text(text) => self.text(text)?,
            Cell::Number(number) => line.number(number),
            Cell::Signed(number) => line.signed(number),
            Cell::Flag(value) => line.flag(value),
            Cell::Nothing => S::nothing(line),
        }
        Ok(())
    }

    #[inline(never)]
    fn text(&mut self, text: &str) -> io::Result<()> {
        let Writer { line, texts, .. } = &mut *self.writer;
        if self.seen == texts.len() {
            let mut first = Text::default();
            S::quote("", &mut first.quoted)?;
            texts.push(first);
        }
        let known = &mut texts[self.seen];
        self.seen += 1;
        if known.text != text {
            known.quoted.clear();
            S::quote(text, &mut known.quoted)?;
            text.clone_into(&mut known.text);
        }
        line.move_to(self.out);
        self.out.extend_from_slice(&known.quoted);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
