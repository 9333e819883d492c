//! The README's picture of the terminal is what the program prints. `.ci/bless` makes it anew, and that of the
//! page.
#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use std::path::Path;

use snapbox::data::DataFormat;
use snapbox::{Data, assert_data_eq};

#[test]
fn the_picture_of_the_terminal_is_what_is_printed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = crate::program::gcpressure()
        .args(["--color", "always", "samples/wasteful.go1.27.3.log"])
        .current_dir(root)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let picture = root.join("docs/pictures/terminal.term.svg");
    assert_data_eq!(
        text,
        Data::read_from(&picture, Some(DataFormat::TermSvg)).raw()
    );
}
