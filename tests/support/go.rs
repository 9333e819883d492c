//! The Go service of the samples, where Go is installed.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds the service of the samples, or says why not: without Go this test has nothing to run.
pub(crate) fn build(folder: &Path) -> Option<PathBuf> {
    let go_works = Command::new("go")
        .arg("version")
        .output()
        .is_ok_and(|o| o.status.success());
    if !go_works {
        assert!(
            std::env::var_os("GCPRESSURE_REQUIRE_GO").is_none(),
            "no working `go` on PATH"
        );
        eprintln!("skipped: no working `go` on PATH");
        return None;
    }
    let program = folder.join("svc");
    let built = Command::new("go")
        .args(["build", "-o"])
        .arg(&program)
        .arg(".")
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/svc"))
        .env("GOTOOLCHAIN", "local")
        .env("GOPROXY", "off")
        .output()
        .unwrap();
    assert!(
        built.status.success(),
        "go build: {}",
        String::from_utf8_lossy(&built.stderr)
    );
    Some(program)
}
