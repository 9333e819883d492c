//! `gcpressure why HEAP`: why the lines of a heap profile allocate, and what to change.

use std::io;

use gcpressure::causes::{self, Join};
use gcpressure::render::Style;
use gcpressure::report::why::Why;

use crate::cli::args::{EscapeArgs, HeapArgs, WhyArgs};
use crate::cli::commands::sites;
use crate::cli::exit::{self, Failure};
use crate::cli::input::escapes;
use crate::cli::output;

/// Prints the causes.
pub(crate) fn run(args: &WhyArgs) -> Result<u8, Failure> {
    let why = join(&args.heap, &args.escape)?.ok_or_else(|| {
        Failure::new("no escape analysis to join the profile with").tip(
            "let it ask your Go:  gcpressure why heap.pb.gz --build ./...\n       \
             or give a file:      go build -gcflags='-m -m' ./... 2> escape.txt\n                            \
             gcpressure why heap.pb.gz --escape escape.txt",
        )
    })?;
    let style = Style {
        color: output::color(args.color, &io::stdout()),
        verbose: args.verbose,
        ..Style::default()
    };
    output::print(|out| args.format.render(&why, args.count, out, &style))?;
    Ok(exit::DONE)
}

/// Joins a profile with the compiler's diagnostics; `None` where there are none.
///
/// # Errors
/// A profile or diagnostics that cannot be had.
pub(crate) fn join(heap: &HeapArgs, escape: &EscapeArgs) -> Result<Option<Why>, Failure> {
    escapes::check(escape, true)?;
    let Some((escapes, escapes_name)) = escapes::open(escape)? else {
        return Ok(None);
    };
    let profile = sites::open(heap)?;
    let mut source = escapes::Source::new(escape);
    let join = Join {
        profile: &profile,
        name: &heap.file,
        base: heap.base(),
        escapes: &escapes,
        escapes_name: &escapes_name,
        sample: heap.sample,
    };
    Ok(Some(causes::why(&join, &mut |file, line| {
        source.line(file, line)
    })))
}
