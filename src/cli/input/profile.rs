//! Heap profiles from files and standard input.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read};

use gcpressure::internal::causes;
use gcpressure::internal::profile::{self, Profile, ProfileError, Raw, Subtract};
use gcpressure::report::comparison::Outcome;
use gcpressure::report::sites::Growth;

use crate::cli::args::HeapArgs;
use crate::cli::exit::{self, Failure};
use crate::cli::output;

/// Reads a profile, less its base if there is one; the time between the two in ns, 0 without a base; and what grew since
/// the base, where that is checked.
///
/// # Errors
/// A file that cannot be read or is not a heap profile.
pub(crate) fn open(args: &HeapArgs) -> Result<(Profile, i64, Option<Growth>), Failure> {
    let new = raw(&args.file)?;
    let (mut between, mut growth) = (0, None);
    let profile = match args.base() {
        None => Profile::new(&new),
        Some((name, apart)) => {
            let how = if apart {
                Subtract::DiffBase
            } else {
                Subtract::Base
            };
            let base = raw(name)?;
            between = new.time_ns().saturating_sub(base.time_ns());
            if args.check {
                let alone = |name, raw| Profile::new(raw).map_err(|error| no_profile(name, error));
                let (new, base) = (alone(&args.file, &new)?, alone(name, &base)?);
                growth = Some(causes::growth(&new, &base, args.sample));
            }
            Profile::difference(&new, &base, how)
        }
    };
    profile
        .map(|profile| (profile, between, growth))
        .map_err(|error| no_profile(&args.file, error))
}

/// Sets the exit status of a check and prints its outcome on standard error, beside any format.
pub(crate) fn conclude(check: &mut Option<Growth>) -> u8 {
    let Some(check) = check else {
        return exit::DONE;
    };
    let (status, text) = match &check.outcome {
        Outcome::Pass => (exit::DONE, "PASS  no site grew".to_owned()),
        Outcome::Regression(sites) => (exit::FAIL, format!("FAIL  {}", sites.join("\n      "))),
        Outcome::NoVerdict(reason) => (exit::NO_VERDICT, format!("NO VERDICT  {reason}")),
    };
    output::complain(&text);
    check.exit_status = status;
    status
}

fn raw(name: &str) -> Result<Raw, Failure> {
    let read = |source: &mut dyn Read| profile::read(source);
    let raw = match name {
        "-" if io::stdin().is_terminal() => {
            return Err(Failure::new("standard input is a terminal").tip(
                "pipe a profile in:  curl -s http://localhost:6060/debug/pprof/allocs | gcpressure sites -",
            ));
        }
        "-" => read(&mut io::stdin().lock()),
        path => match File::open(path) {
            Ok(mut file) => read(&mut file),
            Err(error) => Err(error.into()),
        },
    };
    raw.map_err(|error| no_profile(name, error))
}

fn no_profile(name: &str, error: ProfileError) -> Failure {
    match error {
        ProfileError::Io(error) => Failure::reading_file(
            name,
            &error,
            "take a profile of the running program: curl -so heap.pb.gz http://localhost:6060/debug/pprof/allocs",
            "name the heap profile in it",
        ),
        error => Failure::new(format!("cannot use {name}: {error}")),
    }
}
