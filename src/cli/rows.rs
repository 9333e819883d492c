//! Rows of `gcpressure.event/v1`: one table of columns, written as NDJSON or CSV without allocation.

mod digits;

use std::io::{self, Write};

use gcpressure::pipeline::CycleRow;
use gcpressure::report::wire::EVENT_SCHEMA;
use gcpressure::units::MIB;

use super::passthrough::Queue;

/// Enough for some hundred rows.
const BUFFER: usize = 1 << 16;

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

/// Bytes of the longest key as JSON writes it, and what it is copied as: a length that is known costs no call.
const KEY: usize = 32;

/// A column's name, the key before its value in a JSON object, and where its value is.
struct Column {
    name: &'static str,
    key: [u8; KEY],
    value: for<'a> fn(&CycleRow<'a>) -> Cell<'a>,
}

impl Column {
    const fn new(name: &'static str, value: for<'a> fn(&CycleRow<'a>) -> Cell<'a>) -> Self {
        let mut key = [0; KEY];
        let mut at = 0;
        while at < name.len() {
            key[2 + at] = name.as_bytes()[at];
            at += 1;
        }
        (key[0], key[1], key[2 + at], key[3 + at]) = (b',', b'"', b'"', b':');
        Self { name, key, value }
    }

    /// Writes `,"name":`.
    #[inline]
    fn key(&self, line: &mut Vec<u8>) {
        line.extend_from_slice(&self.key);
        line.truncate(line.len() - (KEY - self.name.len() - 4));
    }
}

/// The columns in their order.
const COLUMNS: [Column; 29] = [
    Column::new("schema", |_| Cell::Text(EVENT_SCHEMA)),
    Column::new("process", |row| Cell::Text(row.process)),
    Column::new("cycle", |row| Cell::Number(row.cycle.number)),
    Column::new("at_ns", |row| Cell::Number(row.cycle.start_ns)),
    Column::new("gomaxprocs", |row| {
        Cell::Number(row.cycle.gomaxprocs.into())
    }),
    Column::new("sweep_termination_ns", |row| {
        Cell::Number(row.cycle.sweep_termination_ns)
    }),
    Column::new("concurrent_mark_ns", |row| {
        Cell::Number(row.cycle.concurrent_mark_ns)
    }),
    Column::new("mark_termination_ns", |row| {
        Cell::Number(row.cycle.mark_termination_ns)
    }),
    Column::new("pause_ns", |row| Cell::Number(row.cycle.pause_ns())),
    Column::new("sweep_termination_cpu_ns", |row| {
        Cell::Number(row.cycle.sweep_termination_cpu_ns)
    }),
    Column::new("mark_assist_cpu_ns", |row| {
        Cell::Number(row.cycle.mark_assist_cpu_ns)
    }),
    Column::new("mark_background_cpu_ns", |row| {
        Cell::Number(row.cycle.mark_background_cpu_ns)
    }),
    Column::new("mark_idle_cpu_ns", |row| {
        Cell::Number(row.cycle.mark_idle_cpu_ns)
    }),
    Column::new("mark_termination_cpu_ns", |row| {
        Cell::Number(row.cycle.mark_termination_cpu_ns)
    }),
    Column::new("cumulative_gc_cpu_percent", |row| {
        Cell::Signed(row.cycle.cumulative_cpu_percent)
    }),
    Column::new("heap_start_bytes", |row| size(row.cycle.heap_start_mib)),
    Column::new("heap_end_bytes", |row| size(row.cycle.heap_end_mib)),
    Column::new("heap_live_bytes", |row| size(row.cycle.heap_live_mib)),
    Column::new("heap_goal_bytes", |row| {
        row.cycle.goal_mib().map_or(Cell::Nothing, size)
    }),
    Column::new("stack_scan_bytes", |row| size(row.cycle.stacks_mib)),
    Column::new("globals_scan_bytes", |row| size(row.cycle.globals_mib)),
    Column::new("forced", |row| Cell::Flag(row.cycle.forced)),
    Column::new("leak_check", |row| Cell::Flag(row.cycle.leak_check)),
    Column::new("repaired", |row| Cell::Flag(row.repaired)),
    Column::new("source", |row| Cell::Text(row.source)),
    Column::new("line", |row| Cell::Number(row.line)),
    Column::new("offset", |row| Cell::Number(row.offset)),
    Column::new("wall_time", |row| row.wall_time.into()),
    Column::new("stream", |row| row.stream.into()),
];

/// Sizes above 2^64 bytes are no sizes: the largest number stands for them.
const fn size<'a>(mib: u64) -> Cell<'a> {
    Cell::Number(mib.saturating_mul(MIB))
}

const fn flag(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// A format of rows.
pub(crate) trait Rows {
    /// Writes one row.
    ///
    /// # Errors
    /// What the writer gives.
    fn row(&mut self, row: &CycleRow<'_>) -> io::Result<()>;

    /// Hands on what is written so far.
    ///
    /// # Errors
    /// What the writer gives.
    fn flush(&mut self) -> io::Result<()>;

    /// Waits until everything is written.
    ///
    /// # Errors
    /// What the writer gives.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// One JSON object a line.
pub(crate) struct Ndjson(Queue);

impl Ndjson {
    pub(crate) const fn new(out: Queue) -> Self {
        Self(out)
    }
}

impl Rows for Ndjson {
    fn row(&mut self, row: &CycleRow<'_>) -> io::Result<()> {
        self.0.put(|lines| object(row, lines))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        self.0.finish()
    }
}

/// One row as a JSON object with its newline, behind other rows.
fn object(row: &CycleRow<'_>, line: &mut Vec<u8>) -> io::Result<()> {
    let start = line.len();
    for column in &COLUMNS {
        column.key(line);
        match (column.value)(row) {
            Cell::Text(text) => serde_json::to_writer(&mut *line, text)?,
            Cell::Number(number) => digits::push(number, line),
            Cell::Signed(number) => digits::push_signed(number, line),
            Cell::Flag(value) => line.extend_from_slice(flag(value).as_bytes()),
            Cell::Nothing => line.extend_from_slice(b"null"),
        }
    }
    // Instead of the comma before the first key.
    if let Some(first) = line.get_mut(start) {
        *first = b'{';
    }
    line.extend_from_slice(b"}\n");
    Ok(())
}

/// Comma-separated values with a header; nothing is an empty field.
pub(crate) struct Csv {
    /// The header is still to be written.
    fresh: bool,
    number: Vec<u8>,
    out: csv::Writer<Queue>,
}

impl Csv {
    pub(crate) fn new(out: Queue) -> Self {
        Self {
            fresh: true,
            number: Vec::new(),
            out: csv::WriterBuilder::new()
                .buffer_capacity(BUFFER)
                .from_writer(out),
        }
    }

    fn header(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.fresh) {
            self.out.write_record(COLUMNS.map(|column| column.name))?;
        }
        Ok(())
    }
}

impl Rows for Csv {
    fn row(&mut self, row: &CycleRow<'_>) -> io::Result<()> {
        self.header()?;
        for column in &COLUMNS {
            self.number.clear();
            self.out.write_field(match (column.value)(row) {
                Cell::Text(text) => text.as_bytes(),
                Cell::Number(number) => {
                    digits::push(number, &mut self.number);
                    &self.number
                }
                Cell::Signed(number) => {
                    digits::push_signed(number, &mut self.number);
                    &self.number
                }
                Cell::Flag(value) => flag(value).as_bytes(),
                Cell::Nothing => b"",
            })?;
        }
        self.out.write_record(None::<&[u8]>)?;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.header()?;
        self.out.flush()
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.header()?;
        let queue = self
            .out
            .into_inner()
            .map_err(|error| io::Error::from(error.error().kind()))?;
        queue.finish()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test panics by design")]

    use gcpressure::event::{Format, GcCycle};
    use gcpressure::report::wire;
    use serde_json::{Value, json};

    use super::*;

    const CYCLE: GcCycle = GcCycle {
        number: 7,
        start_ns: 1_234_000_000,
        sweep_termination_ns: 49_000,
        concurrent_mark_ns: 1_200_000,
        mark_termination_ns: 3_900,
        sweep_termination_cpu_ns: 390_000,
        mark_assist_cpu_ns: 120_000,
        mark_background_cpu_ns: 2_300_000,
        mark_idle_cpu_ns: 0,
        mark_termination_cpu_ns: 31_000,
        heap_start_mib: 4,
        heap_end_mib: 5,
        heap_live_mib: 2,
        heap_goal_mib: 6,
        stacks_mib: 1,
        globals_mib: 0,
        cumulative_cpu_percent: -1,
        gomaxprocs: 8,
        format: Format::Go1_18,
        forced: true,
        leak_check: false,
    };

    fn row(cycle: &GcCycle) -> CycleRow<'_> {
        CycleRow {
            process: "1",
            stream: None,
            cycle,
            repaired: false,
            source: "a \"quoted\",\n name.log",
            line: 42,
            offset: 1000,
            wall_time: Some("2026-11-23T14:05:03Z"),
            raw: b"",
        }
    }

    fn ndjson(row: &CycleRow<'_>) -> String {
        let mut line = Vec::new();
        object(row, &mut line).unwrap();
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn a_row_holds_what_the_line_says() {
        let line = ndjson(&row(&CYCLE));
        assert!(line.ends_with("}\n") && line.lines().count() == 1, "{line}");
        let read: Value = serde_json::from_str(&line).unwrap();
        let expected = json!({
            "schema": "gcpressure.event/v1", "process": "1", "cycle": 7, "at_ns": 1_234_000_000_u64, "gomaxprocs": 8,
            "sweep_termination_ns": 49_000, "concurrent_mark_ns": 1_200_000, "mark_termination_ns": 3_900,
            "pause_ns": 52_900, "sweep_termination_cpu_ns": 390_000, "mark_assist_cpu_ns": 120_000,
            "mark_background_cpu_ns": 2_300_000, "mark_idle_cpu_ns": 0, "mark_termination_cpu_ns": 31_000,
            "cumulative_gc_cpu_percent": -1, "heap_start_bytes": 4 << 20, "heap_end_bytes": 5 << 20,
            "heap_live_bytes": 2 << 20, "heap_goal_bytes": 6 << 20, "stack_scan_bytes": 1 << 20,
            "globals_scan_bytes": 0, "forced": true, "leak_check": false, "repaired": false,
            "source": "a \"quoted\",\n name.log", "line": 42, "offset": 1000,
            "wall_time": "2026-11-23T14:05:03Z", "stream": null,
        });
        assert_eq!(read, expected);
    }

    #[test]
    fn a_sentinel_is_no_goal() {
        let cycle = GcCycle {
            heap_goal_mib: u64::MAX >> 20,
            ..CYCLE
        };
        let read: Value = serde_json::from_str(&ndjson(&row(&cycle))).unwrap();
        assert_eq!(read["heap_goal_bytes"], Value::Null);
    }

    #[test]
    fn rows_follow_the_published_schema_and_its_order() {
        let schema = serde_json::to_value(wire::event_schema()).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let read: Value = serde_json::from_str(&ndjson(&row(&CYCLE))).unwrap();
        assert!(validator.is_valid(&read));
        let mut required: Vec<_> = COLUMNS.iter().map(|column| column.name).collect();
        let mut published: Vec<_> = schema["required"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap())
            .collect();
        required.sort_unstable();
        published.sort_unstable();
        assert_eq!(required, published);
    }
}
