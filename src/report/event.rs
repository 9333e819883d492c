//! The row of `gcpressure.event/v1`: its columns stand here once, with what the schema says of each, its type, and where its value
//! comes from. The schema and the writers of rows are made from it.

use serde::Serialize;

/// The version of an event row.
pub const EVENT_SCHEMA: &str = "gcpressure.event/v1";

/// Gives the columns of an event row to a macro, in their order. The values are of a row `row`, as cells: `Text`, `Number`, `Signed`,
/// `Flag`, `Nothing`, and `size` of MiB; `of_line` is nothing for a cycle without a gc line.
#[doc(hidden)]
#[macro_export]
macro_rules! event_columns {
    ($columns:ident) => {
        $columns! { row:
            /// Always `gcpressure.event/v1`.
            schema: &'static str = Cell::Text(EVENT_SCHEMA),
            /// The process's id.
            process: &'a str = Cell::Text(row.process),
            /// The cycle's number.
            cycle: u64 = Cell::Number(row.cycle.number),
            /// Start of the cycle since the start of the program, ns (printed in whole ms).
            at_ns: Option<u64> = of_line(row, |line| Cell::Number(line.start_ns)),
            /// GOMAXPROCS.
            gomaxprocs: Option<u32> = of_line(row, |line| Cell::Number(line.gomaxprocs.into())),
            /// STW sweep termination, wall clock, ns.
            sweep_termination_ns: Option<u64> = of_line(row, |line| Cell::Number(line.sweep_termination_ns)),
            /// Concurrent mark, wall clock, ns.
            concurrent_mark_ns: Option<u64> = of_line(row, |line| Cell::Number(line.concurrent_mark_ns)),
            /// STW mark termination, wall clock, ns.
            mark_termination_ns: Option<u64> = of_line(row, |line| Cell::Number(line.mark_termination_ns)),
            /// Both stops together, ns.
            pause_ns: u64 = Cell::Number(row.cycle.pause_ns),
            /// CPU time of STW sweep termination, ns.
            sweep_termination_cpu_ns: Option<u64> = of_line(row, |line| Cell::Number(line.sweep_termination_cpu_ns)),
            /// CPU time of mark assists, ns.
            mark_assist_cpu_ns: Option<u64> = of_line(row, |line| Cell::Number(line.mark_assist_cpu_ns)),
            /// CPU time of background marking, ns.
            mark_background_cpu_ns: Option<u64> = of_line(row, |line| Cell::Number(line.mark_background_cpu_ns)),
            /// CPU time of idle marking, ns.
            mark_idle_cpu_ns: Option<u64> = of_line(row, |line| Cell::Number(line.mark_idle_cpu_ns)),
            /// CPU time of STW mark termination, ns.
            mark_termination_cpu_ns: Option<u64> = of_line(row, |line| Cell::Number(line.mark_termination_cpu_ns)),
            /// GC CPU since the start of the program, whole percent.
            cumulative_gc_cpu_percent: Option<i64> = of_line(row, |line| Cell::Signed(line.cumulative_cpu_percent)),
            /// Heap at start, bytes (printed in whole MiB, like all sizes).
            heap_start_bytes: Option<u64> = of_line(row, |line| size(line.heap_start_mib)),
            /// Heap at end, bytes.
            heap_end_bytes: Option<u64> = of_line(row, |line| size(line.heap_end_mib)),
            /// Live heap, bytes.
            heap_live_bytes: Option<u64> = of_line(row, |line| size(line.heap_live_mib)),
            /// Heap goal, bytes; null where the runtime printed that there is none.
            heap_goal_bytes: Option<u64> = of_line(row, |line| line.goal_mib().map_or(Cell::Nothing, size)),
            /// Stack scanned, bytes; 0 before Go 1.18.
            stack_scan_bytes: Option<u64> = of_line(row, |line| size(line.stacks_mib)),
            /// Scannable globals, bytes; 0 before Go 1.18.
            globals_scan_bytes: Option<u64> = of_line(row, |line| size(line.globals_mib)),
            /// `runtime.GC` asked for it.
            forced: Option<bool> = of_line(row, |line| Cell::Flag(line.forced)),
            /// It checked for goroutine leaks.
            leak_check: Option<bool> = of_line(row, |line| Cell::Flag(line.leak_check)),
            /// The line was put together again from pieces.
            repaired: bool = Cell::Flag(row.repaired),
            /// The source's name.
            source: &'a str = Cell::Text(row.source),
            /// Line number from 1.
            line: u64 = Cell::Number(row.line),
            /// Byte offset of the line in the source's text.
            offset: u64 = Cell::Number(row.offset),
            /// Wall-clock time of the line where the log has it.
            wall_time: Option<&'a str> = row.wall_time.into(),
            /// The prefix that names the process's stream, or null.
            stream: Option<&'a str> = row.stream.into(),
        }
    };
}

macro_rules! schema_row {
    ($row:ident: $(#[$first_doc:meta])+ $first:ident: $first_type:ty = $first_cell:expr, $($(#[$doc:meta])+ $name:ident: $type:ty = $cell:expr,)+) => {
        /// One GC cycle, as `gcpressure events` prints it.
        #[derive(Debug, Serialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub struct Event<'a> {
            $(#[$first_doc])+
            #[cfg_attr(feature = "schema", schemars(extend("const" = EVENT_SCHEMA)))]
            pub $first: $first_type,
            $($(#[$doc])+ pub $name: $type,)+
        }
    };
}

event_columns!(schema_row);
