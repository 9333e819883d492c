//! Prints the longest pause of each process in the log that is named, or in standard input.

#![allow(clippy::print_stdout, reason = "an example prints")]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test panics by design"))]

use std::collections::BTreeMap;

use gcpressure::{Cycles, Error, Source};

fn longest_pauses(path: &str) -> Result<BTreeMap<String, u64>, Error> {
    let mut longest = BTreeMap::new();
    for cycle in Cycles::new(Source::open(path)?)? {
        let cycle = cycle?;
        let pause = longest.entry(cycle.process).or_insert(0);
        *pause = cycle.pause_ns.max(*pause);
    }
    Ok(longest)
}

fn main() -> Result<(), Error> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "-".to_owned());
    for (process, pause_ns) in longest_pauses(&path)? {
        println!("{process}: {pause_ns} ns");
    }
    Ok(())
}

#[test]
fn each_pod_is_a_process() {
    let longest = longest_pauses("samples/kubectl-prefix.log").unwrap();
    assert_eq!(longest.len(), 2, "{longest:?}");
}
