//! `gcpressure fleet merge [ROWS]...`: rows added up by their labels.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use gcpressure::internal::fleet::{Line, Merge};

use crate::cli::args::MergeArgs;
use crate::cli::exit::{self, Failure};
use crate::cli::input::rows;
use crate::cli::output;

/// Prints the merged rows.
pub(crate) fn run(args: &MergeArgs) -> Result<u8, Failure> {
    let mut merge = Merge::new(&args.by);
    // Of each row 128 bits of its hash: a month of rows fits, and two rows are not taken for one.
    let hashes = [RandomState::new(), RandomState::new()];
    let mut seen = HashSet::new();
    rows::read(&args.rows, |text, line| {
        if args.distinct {
            if let Line::Merged(_) = line {
                return Err(
                    "--distinct is for the rows of `fleet scan`, and this one is merged".to_owned(),
                );
            }
            if !seen.insert(hashes.each_ref().map(|hash| hash.hash_one(text))) {
                return Ok(());
            }
        }
        merge.add(line).map_err(|error| error.to_string())
    })?;
    for name in merge.unknown() {
        output::complain(&format!("warning: no row has the label `{name}` of --by"));
    }
    let merged = merge.finish()?;
    output::print(|out| {
        for row in &merged {
            serde_json::to_writer(&mut *out, row)?;
            out.write_all(b"\n")?;
        }
        Ok(())
    })?;
    Ok(exit::DONE)
}
