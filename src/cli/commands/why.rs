//! `gcpressure why HEAP`: why the lines of a heap profile allocate, and what to change.

use std::io;

use gcpressure::internal::causes::{self, Join};
use gcpressure::internal::render::{Render as _, Style};

use crate::cli::args::WhyArgs;
use crate::cli::exit::Failure;
use crate::cli::input::{escapes, profile};
use crate::cli::output;

/// Joins the profile with the compiler's diagnostics and prints the causes.
pub(crate) fn run(args: &WhyArgs) -> Result<u8, Failure> {
    escapes::check(&args.escape, true)?;
    let Some((escapes, escapes_name)) = escapes::open(&args.escape)? else {
        return Err(Failure::new("no escape analysis to join the profile with").tip(
            "build with your Go:  gcpressure why heap.pb.gz --build ./...\n       \
             or give a file:      go build -gcflags='-m -m' ./... 2> escape.txt\n                            \
             gcpressure why heap.pb.gz --escape escape.txt",
        ));
    };
    let (profile, _, check) = profile::open(&args.heap)?;
    let mut source = escapes::Source::new(&args.escape);
    let join = Join {
        profile: &profile,
        name: &args.heap.file,
        base: args.heap.base(),
        escapes: &escapes,
        escapes_name: &escapes_name,
        sample: args.heap.sample,
    };
    let mut why = causes::why(&join, &mut |file, line| source.line(file, line));
    why.check = check;
    let status = profile::conclude(&mut why.check);
    let style = Style::default()
        .color(output::color(args.color, &io::stdout()))
        .verbose(args.verbose)
        .causes(args.count);
    output::print(|out| args.format.render(&why, out, &style))?;
    Ok(status)
}
