//! Chromium without a window and without a network, for the tests of the page.
#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use std::fs;
use std::io::Write as _;
use std::process::Command;

/// What became of a page in the browser.
#[derive(Debug)]
pub(crate) struct Shown {
    /// The document when its scripts had run.
    pub document: String,
    /// Messages on the console: errors, warnings, breaches of the page's security policy.
    pub console: Vec<String>,
}

impl Shown {
    /// A `data-` attribute of the document's root.
    pub(crate) fn attribute(&self, name: &str) -> Option<String> {
        let root = self.document.split_once("<html")?.1.split_once('>')?.0;
        let value = root.split_once(&format!(" data-{name}=\""))?.1;
        let value = value.split_once('"')?.0;
        let value = value.replace("&lt;", "<").replace("&gt;", ">");
        Some(value.replace("&quot;", "\"").replace("&amp;", "&"))
    }
}

/// Opens the page at `#fragment` in a window of this size. `None`, with a word about it, where there is no Chromium.
pub(crate) fn open(page: &str, fragment: &str, size: (u32, u32)) -> Option<Shown> {
    let here = tempfile::tempdir().unwrap();
    let file = here.path().join("page.html");
    fs::write(&file, page).unwrap();
    let program = std::env::var_os("CHROMIUM").unwrap_or_else(|| "chromium".into());
    let output = Command::new(program)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            // No name has an address, so nothing can be reached.
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--enable-logging=stderr",
            "--virtual-time-budget=5000",
            "--dump-dom",
        ])
        .arg(format!("--window-size={},{}", size.0, size.1))
        .arg(format!(
            "--user-data-dir={}",
            here.path().join("profile").display()
        ))
        .arg(format!("file://{}#{fragment}", file.display()))
        .output();
    let Ok(output) = output else {
        assert!(
            std::env::var_os("GCPRESSURE_REQUIRE_CHROMIUM").is_none(),
            "chromium is not installed"
        );
        let _ = writeln!(std::io::stderr(), "chromium is not installed: skipped");
        return None;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    let document = String::from_utf8(output.stdout).unwrap();
    assert!(document.contains("</html>"), "no document: {said}");
    let console = said.lines().filter(|line| line.contains("CONSOLE"));
    Some(Shown {
        document,
        console: console.map(str::to_owned).collect(),
    })
}
