//! Where the corpus is, and a report on one of its logs.

use std::path::{Path, PathBuf};

use gcpressure::internal::pipeline::{Options, analyze};
use gcpressure::internal::settings::Settings;
use gcpressure::report::Report;

/// The corpus of real logs, where `GCPRESSURE_CORPUS` names it.
pub(crate) fn corpus() -> Option<PathBuf> {
    std::env::var_os("GCPRESSURE_CORPUS").map(PathBuf::from)
}

/// The report on a file; the error in words where it cannot be read.
pub(crate) fn report(path: &Path, settings: &Settings) -> Result<Report, String> {
    let source = gcpressure::internal::io::Source::open(&path.to_string_lossy())
        .map_err(|error| error.to_string())?;
    let options = Options::default().settings(settings.clone());
    analyze(vec![source], &options, &mut ()).map_err(|error| error.to_string())
}

/// Holds `text` against the part of docs/ACCURACY.md between `<!-- NAME -->` and `<!-- end -->`; writes it there where
/// `GCPRESSURE_UPDATE` is set.
pub(crate) fn in_accuracy_page(name: &str, text: &str) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/ACCURACY.md");
    let page = std::fs::read_to_string(path).unwrap();
    let start = format!("<!-- {name} -->\n");
    let from = page.find(&start).unwrap() + start.len();
    let to = from + page[from..].find("<!-- end -->").unwrap();
    if std::env::var_os("GCPRESSURE_UPDATE").is_some() {
        std::fs::write(path, format!("{}{text}{}", &page[..from], &page[to..])).unwrap();
    } else {
        assert_eq!(
            &page[from..to],
            text,
            "docs/ACCURACY.md is out of date: run this test with GCPRESSURE_UPDATE=1"
        );
    }
}
