//! Holds every mention of the project's address in the tree to `repository` in Cargo.toml.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const ADDRESS: &str = env!("CARGO_PKG_REPOSITORY");

/// What may stand before `OWNER/NAME` where a repository is named.
const HOSTS: &[&str] = &[
    "bitbucket.org/",
    "codeberg.org/",
    "ghcr.io/",
    "github.com/",
    "gitlab.com/",
    "raw.githubusercontent.com/",
    "uses: ",
    "--repo ",
];

/// Hosts and keys that belong to the same project as another host's address.
const OF_ANY_HOST: &[&str] = &[
    "ghcr.io/",
    "raw.githubusercontent.com/",
    "uses: ",
    "--repo ",
];

/// Folders without text of this project.
const SKIPPED: &[&str] = &[
    ".git",
    "dist",
    "target",
    "node_modules",
    "artifacts",
    "corpus",
];

/// The host and the `OWNER/NAME` of an address: `github.com/` and `a/b` of `https://github.com/a/b`.
fn split(address: &str) -> (String, String) {
    let (host, path) = address
        .strip_prefix("https://")
        .and_then(|rest| rest.split_once('/'))
        .unwrap_or_else(|| panic!("repository in Cargo.toml is no https address: {address}"));
    (format!("{host}/"), path.trim_end_matches('/').to_owned())
}

/// The mentions of this project in a text, as (line number, host, `OWNER/NAME`). A repository is taken for this project's if its
/// owner or its name is the one of `own`, or if its name is that of the package.
fn mentions<'a>(text: &'a str, own: &str) -> Vec<(usize, &'static str, &'a str)> {
    let (own_owner, own_name) = own.split_once('/').unwrap();
    let names = [own_name, env!("CARGO_PKG_NAME")];
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        for host in HOSTS {
            for (at, _) in line.match_indices(host) {
                if line[..at].ends_with(is_part) {
                    continue;
                }
                let rest = &line[at + host.len()..];
                let owner = part(rest);
                let Some(after) = rest[owner.len()..].strip_prefix('/') else {
                    continue;
                };
                // The end of a sentence, then the end of a clone's address.
                let name = part(after).trim_end_matches('.');
                let name = name.strip_suffix(".git").unwrap_or(name);
                if owner.is_empty() || name.is_empty() {
                    continue;
                }
                if owner == own_owner || names.contains(&name) {
                    let length = owner.len() + 1 + name.len();
                    found.push((number, *host, &rest[..length]));
                }
            }
        }
    }
    found
}

/// The mentions in `text`, the file at `path`, that differ from the address: `path:line: what`.
fn breaches(path: &str, text: &str, address: &str) -> Vec<String> {
    let (own_host, own) = split(address);
    mentions(text, &own)
        .into_iter()
        .filter(|(_, host, repository)| {
            *repository != own || (*host != own_host && !OF_ANY_HOST.contains(host))
        })
        .map(|(number, host, repository)| {
            format!("{path}:{number}: {host}{repository}, but Cargo.toml says {address}")
        })
        .collect()
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')
}

/// The start of a text that can be an owner or a name.
fn part(text: &str) -> &str {
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    &text[..end]
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        let name = entry.file_name();
        if SKIPPED.iter().any(|skipped| name == *skipped) {
            continue;
        }
        if kind.is_dir() {
            files(&entry.path(), found);
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
}

#[test]
fn every_mention_of_the_address_is_the_one_in_cargo_toml() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (_, own) = split(ADDRESS);
    let mut paths = Vec::new();
    files(root, &mut paths);
    let mut named = Vec::new();
    let mut broken = Vec::new();
    for file in paths {
        // What is not UTF-8 is a compressed log or a picture.
        let Ok(text) = fs::read_to_string(&file) else {
            continue;
        };
        let path = file
            .strip_prefix(root)
            .unwrap()
            .to_str()
            .unwrap()
            .replace('\\', "/");
        broken.extend(breaches(&path, &text, ADDRESS));
        if !mentions(&text, &own).is_empty() {
            named.push(path);
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    // A search that finds nothing holds nothing.
    for path in [
        "Cargo.toml",
        "Dockerfile",
        "docs/install.md",
        "go/gcpressure/platform.go",
        "go/go.mod",
        "packaging/action/install.sh",
        "packaging/brew/gcpressure.rb",
        "templates/gcpressure.yml",
    ] {
        assert!(named.iter().any(|n| n == path), "no address in {path}");
    }
}

/// The tools with an exact version in a text: `maturin` and `1.16.0` of `maturin==1.16.0`, as pip, npm and cargo write it.
fn pins(text: &str) -> Vec<(&str, &str)> {
    let words = text.split(|c: char| !is_part(c) && !matches!(c, '@' | '='));
    words
        .filter_map(|word| word.split_once("==").or_else(|| word.split_once('@')))
        .filter(|(name, version)| {
            !name.is_empty() && version.starts_with(|c: char| c.is_ascii_digit())
        })
        .collect()
}

#[test]
fn a_tool_has_one_version_wherever_it_is_installed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    for folder in [".ci", ".github", "docs/ci", "packaging"] {
        files(&root.join(folder), &mut paths);
    }
    let mut versions = BTreeMap::<String, BTreeSet<String>>::new();
    for path in paths {
        for (name, version) in pins(&fs::read_to_string(path).unwrap_or_default()) {
            versions
                .entry(name.to_owned())
                .or_default()
                .insert(version.to_owned());
        }
    }
    for tool in ["actionlint", "cargo-deb", "cargo-deny", "maturin", "zizmor"] {
        assert!(
            versions.contains_key(tool),
            "no version of {tool} in {versions:?}"
        );
    }
    let several: Vec<_> = versions
        .iter()
        .filter(|(_, found)| found.len() > 1)
        .collect();
    assert!(several.is_empty(), "{several:?}");
}

#[test]
fn the_packages_say_the_license_in_cargo_toml() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for path in ["Dockerfile", "pyproject.toml"] {
        let text = fs::read_to_string(root.join(path)).unwrap();
        let license = format!("\"{}\"", env!("CARGO_PKG_LICENSE"));
        assert!(text.contains(&license), "{path}: expected {license}");
    }
}

#[test]
fn the_go_module_is_in_the_repository() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let module = fs::read_to_string(root.join("go/go.mod")).unwrap();
    let (host, own) = split(ADDRESS);
    assert_eq!(
        module.lines().next(),
        Some(format!("module {host}{own}/go").as_str())
    );
}

#[test]
fn another_address_is_named_with_its_line() {
    // Written in parts, since this file is searched too.
    let github = "https://github.com";
    let (uses, image) = ("uses:", "ghcr.io");
    let address = format!("{github}/acme/gctool");
    let cases: &[(String, &[usize])] = &[
        (format!("see {github}/acme/gctool/releases\n"), &[]),
        (format!("\nsee {github}/acme/gctools\n"), &[2]),
        (format!("clone {github}/acme/gctool.git.\n"), &[]),
        (format!("{github}/other/gcpressure\n"), &[1]),
        (format!("{github}/other/gctool/go@latest\n"), &[1]),
        (format!("{github}/golang/go\n"), &[]),
        ("https://gitlab.com".to_owned() + "/acme/gctool\n", &[1]),
        (format!("x\n- {uses} acme/gctool@v1\n"), &[]),
        (format!("x\n- {uses} other/gctool@v1\n"), &[2]),
        (format!("- {uses} actions/checkout@v5\n"), &[]),
        (format!("{image}/acme/gctool:1 {image}/b/gctool\n"), &[1]),
        (format!("my{image}/b/gctool\n"), &[]),
        (format!("{github}/acme\n"), &[]),
    ];
    for (text, lines) in cases {
        let found = breaches("f", text, &address);
        let expected: Vec<_> = lines.iter().map(|line| format!("f:{line}: ")).collect();
        assert_eq!(found.len(), expected.len(), "{text}: {found:?}");
        for (found, expected) in found.iter().zip(&expected) {
            assert!(found.starts_with(expected), "{text}: {found}");
        }
    }
}
