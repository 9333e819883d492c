//! What a user of the library sees: the names in its documentation, and no text that refers to a document outside the repository.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The names in the documentation, `kind name` in order: `docs/dev/PUBLIC.txt` holds them. `GCPRESSURE_DOC` names the folder that
/// `cargo doc` has written; `UPDATE_PUBLIC=1` writes the file.
#[test]
fn the_documentation_shows_these_names() {
    let Some(folder) = std::env::var_os("GCPRESSURE_DOC") else {
        let _ = writeln!(std::io::stderr(), "GCPRESSURE_DOC is not set: skipped");
        return;
    };
    let page = fs::read_to_string(Path::new(&folder).join("gcpressure/all.html")).unwrap();
    let links = page.split("<li><a href=\"").skip(1);
    let mut names: Vec<_> = links
        .filter_map(|link| {
            let path = link.split('"').next()?.strip_suffix(".html")?;
            let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
            let (kind, name) = file.split_once('.')?;
            let name = format!("{folder}/{name}").replace('/', "::");
            Some(format!("{kind} {}\n", name.trim_start_matches("::")))
        })
        .collect();
    names.sort();
    let list = root().join("docs/dev/PUBLIC.txt");
    if std::env::var_os("UPDATE_PUBLIC").is_some() {
        fs::write(list, names.concat()).unwrap();
        return;
    }
    assert_eq!(names.concat(), fs::read_to_string(list).unwrap());
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, found),
            false => found.push(path),
        }
    }
}

#[test]
fn texts_name_only_documents_of_the_repository() {
    let mut sources = Vec::new();
    files(&root().join("src"), &mut sources);
    sources.extend(["README.md", "ARCHITECTURE.md", "CHANGELOG.md"].map(|name| root().join(name)));
    for source in sources {
        let text = fs::read_to_string(&source).unwrap_or_default();
        for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || "._-/".contains(c))) {
            let Some(name) = word.strip_suffix(".md") else {
                continue;
            };
            let name = name.rsplit('/').next().unwrap();
            // `summary.md` and the like are files that commands write.
            if name.chars().all(|c| c.is_ascii_uppercase()) {
                let known = ["", "docs", "docs/dev", "docs/ci", "samples", "assets/uplot"]
                    .iter()
                    .any(|folder| root().join(folder).join(format!("{name}.md")).exists());
                assert!(known, "{}: {word}", source.display());
            }
        }
    }
}
