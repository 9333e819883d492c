//! The Go toolchains that the tests run, and the service of the samples.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An installed Go.
#[derive(Debug, Clone)]
pub(crate) struct Go {
    /// `go1.27.3`.
    pub(crate) version: String,
    /// PATH with this Go before any other.
    pub(crate) path: OsString,
}

impl Go {
    /// The `go` that is found on this PATH; `None` where there is none that works.
    fn on(path: OsString) -> Option<Self> {
        let output = Command::new("env")
            .args(["go", "env", "GOVERSION"])
            .env("PATH", &path)
            .env("GOTOOLCHAIN", "local")
            .output()
            .ok()?;
        output.status.success().then(|| Self {
            version: String::from_utf8_lossy(&output.stdout).trim().to_owned(),
            path,
        })
    }

    /// A command of this Go, which fetches nothing.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new("env");
        command
            .arg("go")
            .env("PATH", &self.path)
            .env("GOTOOLCHAIN", "local")
            .env("GOPROXY", "off");
        command
    }

    /// Builds the service of the samples.
    pub(crate) fn build(&self, folder: &Path) -> PathBuf {
        let program = folder.join(format!("svc-{}", self.version));
        let built = self
            .command()
            .args(["build", "-o"])
            .arg(&program)
            .arg(".")
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/svc"))
            .output()
            .unwrap();
        assert!(
            built.status.success(),
            "{}: go build: {}",
            self.version,
            String::from_utf8_lossy(&built.stderr)
        );
        program
    }
}

/// Every Go to test with: the programs that `GCPRESSURE_GO` names (`/opt/go1.22/bin/go:/opt/go1.27/bin/go`), else the
/// `go` on PATH. Without one the test has nothing to run, and says so.
pub(crate) fn toolchains() -> Vec<Go> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let Some(named) = std::env::var_os("GCPRESSURE_GO") else {
        let found: Vec<Go> = Go::on(path).into_iter().collect();
        if found.is_empty() {
            assert!(
                std::env::var_os("GCPRESSURE_REQUIRE_GO").is_none(),
                "no working `go` on PATH"
            );
            eprintln!("skipped: no working `go` on PATH");
        }
        return found;
    };
    std::env::split_paths(&named)
        .map(|program| {
            let folder = program.parent().unwrap().to_owned();
            let path =
                std::env::join_paths([folder].into_iter().chain(std::env::split_paths(&path)));
            let go = Go::on(path.unwrap());
            go.unwrap_or_else(|| panic!("GCPRESSURE_GO: {} does not work", program.display()))
        })
        .collect()
}
