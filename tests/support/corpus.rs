//! Where the corpus is, and a report on one of its logs.

use std::path::{Path, PathBuf};

use gcpressure::pipeline::{Options, analyse};
use gcpressure::report::Report;
use gcpressure::settings::Settings;

/// The corpus of real logs, where `GCPRESSURE_CORPUS` names it.
pub(crate) fn corpus() -> Option<PathBuf> {
    std::env::var_os("GCPRESSURE_CORPUS").map(PathBuf::from)
}

/// The report on a file; the error in words where it cannot be read.
pub(crate) fn report(path: &Path, settings: &Settings) -> Result<Report, String> {
    let source = gcpressure::input::Source::open(&path.to_string_lossy())
        .map_err(|error| error.to_string())?;
    let options = Options {
        settings: settings.clone().into(),
        ..Options::default()
    };
    analyse(vec![source], &options, &mut ()).map_err(|error| error.to_string())
}
