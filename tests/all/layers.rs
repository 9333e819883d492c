//! Holds the house together: who may import whom. The same table stands in ARCHITECTURE.md as a picture.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each room, and the rooms that it may name. `cli` names the library from outside, as any other user does.
const ARROWS: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("units", &[]),
    ("stats", &[]),
    ("severity", &[]),
    ("settings", &["severity"]),
    ("memstats", &[]),
    ("io", &["error", "memstats"]),
    ("trace", &["error"]),
    ("wrapping", &["trace"]),
    ("repair", &["trace"]),
    ("process", &["trace::cycle", "error"]),
    (
        "reader",
        &[
            "io", "trace", "wrapping", "repair", "process", "error", "report",
        ],
    ),
    ("measure", &["process", "trace::cycle", "units"]),
    ("window", &["measure", "trace::cycle", "stats", "units"]),
    (
        "rules",
        &[
            "window", "measure", "stats", "units", "settings", "severity",
        ],
    ),
    (
        "analyzer",
        &[
            "rules",
            "window",
            "measure",
            "trace::cycle",
            "settings",
            "severity",
            "stats",
            "units",
            "report",
            "tuning",
        ],
    ),
    (
        "tuning",
        &["measure", "trace::cycle", "report", "settings", "units"],
    ),
    ("profile", &[]),
    ("escape", &[]),
    ("causes", &["escape", "profile", "report", "units"]),
    (
        "fleet",
        &[
            "compare",
            "error",
            "io",
            "pipeline",
            "report",
            "severity",
            "stats",
            "trace::cycle",
            "units",
        ],
    ),
    ("gobench", &["trace"]),
    ("compare", &["gobench", "report", "stats", "units"]),
    ("report", &["settings", "severity", "units"]),
    ("render", &["report", "settings", "severity", "units"]),
    (
        "pipeline",
        &[
            "analyzer",
            "error",
            "trace::cycle",
            "io",
            "measure",
            "memstats",
            "process",
            "reader",
            "report",
            "rules",
            "settings",
            "severity",
            "stats",
            "units",
            "window",
            "wrapping",
        ],
    ),
    ("cli", &[]),
];

/// Words that only some places may use: a crate's name, or a derive. A place is the start of a path below src/.
const KEPT_IN: &[(&str, &[&str])] = &[
    ("nom::", &["trace"]),
    ("statrs::", &["stats"]),
    ("prost::", &["profile"]),
    ("clap::", &["cli"]),
    ("toml::", &["cli"]),
    (
        "maud::",
        &["render/html", "render/why/html", "render/tuning/html"],
    ),
    ("quick_junit::", &["render/junit"]),
    ("Serialize", &["report", "severity", "fleet", "cli"]),
    (
        "Deserialize",
        &["report", "severity", "fleet", "cli", "memstats"],
    ),
    ("JsonSchema", &["report", "severity", "fleet"]),
];

/// What `text`, the file at `path` below src/, does against the tables: `line: what`.
fn breaches(path: &str, text: &str) -> Vec<String> {
    let room = path.split(['/', '.']).next().unwrap();
    let depth = path.trim_end_matches("/mod.rs").matches('/').count() + 1;
    let to_root = "super::".repeat(depth);
    let allowed = ARROWS
        .iter()
        .find(|(name, _)| *name == room)
        .map(|(_, allowed)| *allowed);
    let mut found = Vec::new();
    if allowed.is_none() && !matches!(path, "lib.rs" | "main.rs") {
        found.push(format!("1: `{room}` is in no row of the arrow table"));
    }
    for (number, line) in product_lines(text) {
        for prefix in ["crate::", to_root.as_str()] {
            for (at, _) in line.match_indices(prefix) {
                let rest = &line[at + prefix.len()..];
                let mut name = rest.split(|c: char| !is_name(c)).next().unwrap();
                // What a line says may be named where the grammar may not.
                if let Some(behind) = rest.strip_prefix("trace::cycle")
                    && !behind.starts_with(is_name)
                    && room != "trace"
                    && !allowed.is_some_and(|a| a.contains(&"trace"))
                {
                    name = "trace::cycle";
                }
                if name.is_empty() {
                    // The list of rooms for the program, by a macro.
                    if path == "lib.rs" {
                        continue;
                    }
                    found.push(format!("{number}: one `use` a room, please"));
                } else if allowed.is_some_and(|a| name != room && !a.contains(&name)) {
                    found.push(format!("{number}: `{room}` may not name `{name}`"));
                }
            }
        }
        for (word, places) in KEPT_IN {
            if has_word(line, word) && !places.iter().any(|place| path.starts_with(place)) {
                found.push(format!(
                    "{number}: `{word}` belongs in {}",
                    places.join(", ")
                ));
            }
        }
    }
    found
}

/// The numbered lines of a file without comments and without test modules, which may use what they need.
fn product_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut test_attribute = false;
    let mut in_tests = false;
    (1..).zip(text.lines()).filter(move |(_, line)| {
        let starts = test_attribute && line.ends_with('{');
        test_attribute = *line == "#[cfg(test)]" || (test_attribute && line.starts_with("#["));
        in_tests = (in_tests || starts) && *line != "}";
        !in_tests && !line.trim_start().starts_with("//")
    })
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        !line[..at].ends_with(is_name)
            && (word.ends_with(':') || !line[at + word.len()..].starts_with(is_name))
    })
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_file_keeps_to_the_arrows() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    assert!(
        files.len() > 15,
        "only {} files under src/: is this the right folder?",
        files.len()
    );
    let mut broken = Vec::new();
    for file in files {
        let path = file
            .strip_prefix(&src)
            .unwrap()
            .to_str()
            .unwrap()
            .replace('\\', "/");
        let text = fs::read_to_string(&file).unwrap();
        broken.extend(
            breaches(&path, &text)
                .into_iter()
                .map(|breach| format!("src/{path}:{breach}")),
        );
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The paths of a `use` tree, without `use` and `;`.
fn expand(prefix: &str, tree: &str, paths: &mut Vec<String>) {
    let Some((path, rest)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap().trim();
        paths.push(format!("{prefix}{path}"));
        return;
    };
    let prefix = format!("{prefix}{}", path.trim());
    let (mut depth, mut from) = (0, 0);
    let body = rest.rsplit_once('}').map_or(rest, |(body, _)| body);
    for (at, c) in body.char_indices().chain([(body.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                expand(&prefix, &body[from..at], paths);
                from = at + 1;
            }
            _ => {}
        }
    }
}

/// The module that a path in `module` leads to, where it is one of `known`.
fn target(module: &str, path: &str, known: &BTreeSet<String>) -> Option<String> {
    let mut at: Vec<&str> = module.split("::").collect();
    for (place, part) in path.split("::").enumerate() {
        match (place, part) {
            (0, "crate") => at.clear(),
            (_, "super") => drop(at.pop()),
            (0, "self") => {}
            _ => at.push(part),
        }
    }
    while !at.is_empty() && !known.contains(&at.join("::")) {
        at.pop();
    }
    (!at.is_empty()).then(|| at.join("::"))
}

/// Files import each other in one direction. A module and those below it do not count: it declares them.
#[test]
fn there_are_no_import_circles() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let module = |file: &PathBuf| {
        let path = file.strip_prefix(&src).unwrap().with_extension("");
        let parts: Vec<_> = path.iter().map(|part| part.to_str().unwrap()).collect();
        parts.join("::").trim_end_matches("::mod").to_owned()
    };
    let known: BTreeSet<String> = files.iter().map(&module).collect();
    let uses = regex::Regex::new(r"(?m)^\s*(?:pub(?:\([^)]*\))? )?use ([^;]+);").unwrap();
    let within = regex::Regex::new(r"\b(?:crate|super|self)(?:::\w+)+").unwrap();
    let mut imports = BTreeMap::new();
    for file in &files {
        let name = module(file);
        let text = fs::read_to_string(file).unwrap();
        let lines: Vec<_> = product_lines(&text).map(|(_, line)| line).collect();
        let text = lines.join("\n");
        let mut paths: Vec<String> = within
            .find_iter(&text)
            .map(|path| path.as_str().to_owned())
            .collect();
        for tree in uses.captures_iter(&text) {
            expand("", &tree[1].replace('\n', " "), &mut paths);
        }
        let below = |one: &str, other: &str| one.starts_with(&format!("{other}::"));
        let targets: BTreeSet<String> = paths
            .iter()
            .filter_map(|path| target(&name, path, &known))
            .filter(|other| *other != name && !below(other, &name) && !below(&name, other))
            .collect();
        imports.insert(name, targets);
    }
    assert!(imports.values().map(BTreeSet::len).sum::<usize>() > 500);
    loop {
        let left = imports.len();
        let names: BTreeSet<String> = imports.keys().cloned().collect();
        imports.retain(|_, targets| targets.iter().any(|target| names.contains(target)));
        if imports.len() == left {
            break;
        }
    }
    assert!(
        imports.is_empty(),
        "these import each other, or what does: {imports:#?}"
    );
}

#[test]
fn a_breach_is_named_with_its_line() {
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "render/text.rs",
            "use crate::report::Report;\nuse crate::window::Pane;\n",
            &["2: `render` may not name `window`"],
        ),
        (
            "stats/rank.rs",
            "fn f() { super::super::trace::X; }\n",
            &["1: `stats` may not name `trace`"],
        ),
        (
            "process.rs",
            "use super::trace::cycle::GcCycle;\nuse super::trace::gc;\n",
            &["2: `process` may not name `trace`"],
        ),
        (
            "process.rs",
            "use super::stats::line;\n",
            &["1: `process` may not name `stats`"],
        ),
        (
            "trace/cycle.rs",
            "use crate::{error::Error, units};\n",
            &["1: one `use` a room, please"],
        ),
        (
            "rules/mod.rs",
            "use statrs::distribution::Normal;\n",
            &["1: `statrs::` belongs in stats"],
        ),
        (
            "window/pane.rs",
            "#[derive(Debug, serde::Serialize)]\n",
            &["1: `Serialize` belongs in report, severity, fleet, cli"],
        ),
        (
            "helper.rs",
            "",
            &["1: `helper` is in no row of the arrow table"],
        ),
        (
            "rules/a.rs",
            "#[cfg(test)]\nmod tests {\n    use crate::trace::x;\n}\nuse crate::trace::y;\n",
            &["5: `rules` may not name `trace`"],
        ),
        (
            "units.rs",
            "//! [`crate::trace::cycle`]\n#[cfg(test)]\nmod tests;\nuse crate::trace::cycle::X;\n",
            &["4: `units` may not name `trace::cycle`"],
        ),
        (
            "trace/gc.rs",
            "use nom::IResult;\nuse crate::trace::numbers;\nuse super::numbers;\nuse crate::trace::cycle::GcCycle;\n",
            &[],
        ),
        (
            "cli/mod.rs",
            "use crate::cli::args;\nuse clap::Parser;\nuse gcpressure::Report;\n",
            &[],
        ),
        ("units.rs", "let denom = genom::x();\n", &[]),
    ];
    for (path, text, expected) in cases {
        assert_eq!(breaches(path, text), *expected, "{path}");
    }
}
