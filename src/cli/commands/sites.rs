//! `gcpressure sites HEAP`: where a program allocates.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read};

use gcpressure::causes::{self, Options};
use gcpressure::profile::{self, Profile, ProfileError, Raw, Subtract};
use gcpressure::render::{SitesFormat, Style};

use crate::cli::args::{HeapArgs, SitesArgs};
use crate::cli::exit::{self, Failure};
use crate::cli::output;

/// Prints the table, or the sites as JSON.
pub(crate) fn run(args: &SitesArgs) -> Result<u8, Failure> {
    let profile = open(&args.heap)?;
    let options = Options {
        sample: args.heap.sample,
        lines: args.lines,
        cum: args.cum,
        count: args.count,
        sites: args.format == SitesFormat::Json,
    };
    let sites = causes::sites(&profile, &args.heap.file, args.heap.base(), &options);
    let style = Style {
        verbose: args.verbose,
        ..Style::default()
    };
    output::print(|out| args.format.render(&sites, out, &style))?;
    Ok(exit::DONE)
}

impl HeapArgs {
    /// The profile that is taken off, and whether shares are of it.
    pub(crate) fn base(&self) -> Option<(&str, bool)> {
        let base = self.base.as_deref().map(|name| (name, false));
        base.or_else(|| self.diff_base.as_deref().map(|name| (name, true)))
    }
}

/// Reads the profile, and its base where there is one.
///
/// # Errors
/// What cannot be opened or is no heap profile, by its name.
pub(crate) fn open(args: &HeapArgs) -> Result<Profile, Failure> {
    open_with_time(args).map(|(profile, _)| profile)
}

/// The same with the time between the two, ns; 0 where there is one only.
///
/// # Errors
/// As [`open`].
pub(crate) fn open_with_time(args: &HeapArgs) -> Result<(Profile, i64), Failure> {
    let new = raw(&args.file)?;
    let mut between = 0;
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
            Profile::difference(&new, &base, how)
        }
    };
    profile
        .map(|profile| (profile, between))
        .map_err(|error| no_profile(&args.file, error))
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
        ProfileError::Io(error) => unreadable(name, &error),
        error => Failure::new(format!("cannot use {name}: {error}")),
    }
}

fn unreadable(name: &str, error: &io::Error) -> Failure {
    let failure = Failure::reading(name, error);
    match error.kind() {
        io::ErrorKind::NotFound => failure.tip(
            "take a profile of the running program: curl -so heap.pb.gz http://localhost:6060/debug/pprof/allocs",
        ),
        io::ErrorKind::IsADirectory => failure.tip("name the heap profile in it"),
        _ => failure,
    }
}
