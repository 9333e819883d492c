//! `gcpressure why` on a service of our own, built by an old and a new Go: how much is explained, and each pattern.
#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use gcpressure::internal::causes::{self, Join};
use gcpressure::internal::escape::{self, Escapes};
use gcpressure::internal::profile::{self, Profile, SampleType};
use gcpressure::internal::render::{Formats, Render, Style, WhyFormat};
use gcpressure::report::why::{Basis, Cause, Pattern, Why};
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rootcause")
}

fn escapes(name: &str) -> Escapes {
    let text = fs::read(folder().join(format!("{name}.escape.txt"))).unwrap();
    escape::read(&mut Cursor::new(text)).unwrap()
}

fn profile(name: &str) -> Profile {
    let path = folder().join(format!("{name}.pb.gz"));
    let raw = profile::read(&mut fs::File::open(path).unwrap()).unwrap();
    Profile::new(&raw).unwrap()
}

fn why(go: &str, source: bool) -> Why {
    let profile = profile(&format!("svc.{go}"));
    let escapes = escapes(&format!("svc.{go}"));
    let join = Join {
        profile: &profile,
        name: "heap.pb.gz",
        base: None,
        escapes: &escapes,
        escapes_name: "escape.txt",
        sample: SampleType::AllocObjects,
    };
    let text = fs::read_to_string(folder().join("src/handlers/handlers.go")).unwrap();
    causes::why(&join, &mut |file, line| {
        let own = source && file.ends_with("handlers/handlers.go");
        let line = text.lines().nth(usize::try_from(line).unwrap() - 1);
        line.filter(|_| own).map(str::to_owned)
    })
}

fn in_handlers(cause: &Cause) -> bool {
    let file = cause.file.as_deref();
    file.is_some_and(|file| file.ends_with("handlers/handlers.go"))
}

fn at(why: &Why, line: u64) -> &Cause {
    let mut at_line = why
        .causes
        .iter()
        .filter(|cause| cause.line == Some(line) && in_handlers(cause));
    at_line
        .next()
        .unwrap_or_else(|| panic!("no cause at line {line}"))
}

/// The lines of the service that allocate, and what each of them is.
const PATTERNS: [(u64, Pattern); 12] = [
    (32, Pattern::Concatenation),
    (38, Pattern::Append),
    (44, Pattern::Make),
    (52, Pattern::Boxing),
    (56, Pattern::Boxing),
    (60, Pattern::Pointer),
    (70, Pattern::Closure),
    (73, Pattern::Closure),
    (82, Pattern::Formatting),
    (86, Pattern::TooLarge),
    (92, Pattern::Make),
    (129, Pattern::Outside),
];

#[test]
fn new_go_explains_all_but_a_few_objects() {
    let why = why("go1.26.6", false);
    assert_eq!((why.total, why.own), (503_961, 368_681));
    assert_eq!(why.own - why.explained, 2);
    for (line, pattern) in PATTERNS {
        assert_eq!(at(&why, line).pattern, pattern, "line {line}");
    }
    assert!(why.warnings.is_empty(), "{:?}", why.warnings);
}

#[test]
fn old_go_needs_the_source_for_append() {
    let blind = why("go1.19.8", false);
    let share = |why: &Why| why.explained * 1000 / why.own;
    assert_eq!(share(&blind), 581);
    assert!(
        blind.warnings[0].contains("--src DIR"),
        "{:?}",
        blind.warnings
    );
    assert_eq!(at(&blind, 38).basis, Basis::Unexplained);
    let seeing = why("go1.19.8", true);
    assert!(share(&seeing) >= 990, "{}", share(&seeing));
    for (line, pattern) in PATTERNS {
        assert_eq!(at(&seeing, line).pattern, pattern, "line {line}");
    }
    assert_eq!(at(&seeing, 38).basis, Basis::Source);
    // One variable for all iterations until Go 1.22: the loop's own is moved to the heap.
    assert_eq!(at(&seeing, 71).pattern, Pattern::Closure);
}

#[test]
fn what_does_not_escape_is_not_blamed() {
    for go in ["go1.26.6", "go1.19.8"] {
        let why = why(go, true);
        let encoder = why
            .causes
            .iter()
            .filter(|cause| cause.pattern == Pattern::Encoder);
        assert_eq!(encoder.count(), 0, "{go}");
        let at_line = |cause: &&Cause| cause.line == Some(132) && in_handlers(cause);
        let mut at_line = why.causes.iter().filter(at_line);
        assert!(
            at_line.all(|cause| matches!(cause.basis, Basis::Unexplained | Basis::Outside)),
            "{go}"
        );
    }
}

/// `index[fmt.Sprint("k", j)] = j`, 10,000 times into a map made without its size. Measured by `go test -bench .` in
/// tests/rootcause/index (Go 1.27, medians of 6): strconv in place of fmt saves 0.5 % of 1,030,523 B/op, the map made with
/// its size 42 % (Go 1.19: 0.5 % and 46 %).
#[test]
fn a_map_that_grows_is_not_blamed_on_the_call_in_its_key() {
    for (go, least) in [("go1.27.3", 0.7), ("go1.19.8", 0.7)] {
        let (profile, escapes) = (
            profile(&format!("index.{go}")),
            escapes(&format!("index.{go}")),
        );
        let text = fs::read_to_string(folder().join("index/index.go")).unwrap();
        for source in [true, false] {
            let join = Join {
                profile: &profile,
                name: "heap.pb.gz",
                base: None,
                escapes: &escapes,
                escapes_name: "escape.txt",
                sample: SampleType::AllocSpace,
            };
            let why = causes::why(&join, &mut |file, line| {
                let line = text.lines().nth(usize::try_from(line).unwrap() - 1);
                line.filter(|_| source && file.ends_with("index.go"))
                    .map(str::to_owned)
            });
            let first = &why.causes[0];
            let (basis, pattern) = match source {
                true => (Basis::Source, Pattern::Map),
                false => (Basis::Unexplained, Pattern::Other),
            };
            assert_eq!(
                (first.line, first.basis, first.pattern),
                (Some(12), basis, pattern),
                "{go}"
            );
            assert!(
                first.share_ratio.unwrap() > least,
                "{go} {:?}",
                first.share_ratio
            );
            // What the line caused is nearly all: the map, the boxed numbers, and what fmt allocated for it.
            assert!(first.caused.unwrap() * 100 > why.total * 99, "{go}");
            let at_line = |pattern| {
                let mut at_line = why.causes.iter().filter(|cause| cause.line == Some(12));
                at_line.find(move |cause| cause.pattern == pattern)
            };
            assert_eq!(at_line(Pattern::Formatting), None, "{go}");
            assert_eq!(
                at_line(Pattern::Boxing).unwrap().basis,
                Basis::Diagnostic,
                "{go}"
            );
            let fmt = at_line(Pattern::Outside).unwrap();
            assert_eq!(fmt.message, "fmt.Sprint allocates it for this line", "{go}");
            let sum: i64 = why
                .causes
                .iter()
                .filter(|cause| cause.line == Some(12))
                .map(|cause| cause.flat)
                .sum();
            assert_eq!(Some(sum), first.caused, "{go}");
        }
    }
}

#[test]
fn the_amounts_are_the_profiles() {
    let why = why("go1.26.6", true);
    let append = at(&why, 38);
    assert_eq!((append.flat, append.objects), (120_000, 120_000));
    assert_eq!(append.function, "svc/handlers.collectIDs");
    assert_eq!(append.file.as_deref(), Some("handlers/handlers.go"));
    assert_eq!(
        append.source_line.as_deref(),
        Some("ids = append(ids, item.ID)")
    );
    // The string of Sprintf is allocated by fmt, the boxed number by the line itself: both are the line's.
    // 63 more objects of fmt.Sprintf are for main.go:41.
    assert_eq!(at(&why, 82).flat, 14_771 + 13_360);
    let all: i64 = why.causes.iter().map(|cause| cause.flat).sum();
    assert_eq!(all, why.total);
}

fn rendered(format: WhyFormat, count: usize) -> String {
    let mut page = Vec::new();
    let why = why("go1.26.6", true);
    let style = Style::default().causes(count);
    format.render(&why, &mut page, &style).unwrap();
    String::from_utf8(page).unwrap()
}

#[test]
fn the_text_says_where_why_and_what_to_do() {
    let text = rendered(WhyFormat::Text, 1);
    let expected = "\
handlers/handlers.go:38: append without capacity
  23.8% of all, 120,000 objects of 240B
    ids = append(ids, item.ID)
  why:  append does not escape, but its size is known only when it runs, and it
        outgrows its buffer on the stack
  do:   make the slice with its capacity before the loop: make([]T, 0, n)
";
    assert!(text.contains(expected), "{text}");
    // What fmt allocates for the line that calls it is that line's, and counted beside what the code allocates itself.
    let head = text.split_once("\n\n").unwrap().0.replace('\n', " ");
    assert!(
        head.ends_with("of that; 26.7% were allocated by libraries for calls in it"),
        "{head}"
    );
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
}

#[test]
fn annotations_stand_at_their_lines() {
    let text = rendered(WhyFormat::Github, 10);
    assert_eq!(text.lines().count(), 10);
    let first = text.lines().next().unwrap();
    assert!(
        first.starts_with("::warning file=handlers/handlers.go,line=38,title=append without capacity::23.8%25 of all"),
        "{first}"
    );
}

#[test]
fn json_follows_its_schema() {
    let json: Value = serde_json::from_str(&rendered(WhyFormat::Json, 0)).unwrap();
    let schema = serde_json::to_value(gcpressure::report::schema::<Why>()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(&json).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(json["schema"], "gcpressure.why/v1");
    assert_eq!(json["causes"][0]["pattern"], "append-growth");
    assert_eq!(json["causes"][0]["file"], "handlers/handlers.go");
    assert_eq!(json["causes"][0]["diagnoses"][0]["fate"], "outgrows");
    let boxed = &json["causes"].as_array().unwrap();
    let boxed = boxed.iter().find(|cause| cause["line"] == 60).unwrap();
    assert_eq!(boxed["diagnoses"][0]["reason"], "returned");
    assert_eq!(
        boxed["diagnoses"][0]["chain"][1],
        "return &u (return) at handlers/handlers.go:61:2, into ~r0"
    );
}

#[cfg(feature = "sarif")]
#[test]
fn sarif_names_rule_file_and_line() {
    let json: Value = serde_json::from_str(&rendered(WhyFormat::Sarif, 0)).unwrap();
    assert_eq!(json["version"], "2.1.0");
    let run = &json["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"].as_array().unwrap().len(), 14);
    let first = &run["results"][0];
    assert_eq!(first["ruleId"], "append-growth");
    assert_eq!(first["level"], "warning");
    let place = &first["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "handlers/handlers.go");
    assert_eq!(place["region"]["startLine"], 38);
    assert_eq!(first["properties"]["alloc_objects"], 120_000);
}

#[test]
fn one_object_is_one_object() {
    for format in WhyFormat::ALL {
        let page = rendered(*format, 0);
        assert!(!page.contains(" 1 objects"), "{}", format.name());
    }
    assert!(rendered(WhyFormat::Text, 0).contains(" 1 object "));
}

#[test]
fn every_format_names_the_largest_cause() {
    for format in WhyFormat::ALL {
        let page = rendered(*format, 10);
        assert!(page.contains("handlers/handlers.go"), "{}", format.name());
        assert!(page.contains("38"), "{}", format.name());
    }
}

#[test]
fn both_notations_and_replayed_lines_are_read_once() {
    let text = "# a/b\n\
        b.go:3:2: u escapes to heap in New:\n\
        b.go:3:2:   flow: ~r0 ← &u:\n\
        b.go:3:2:     from &u (address-of) at b.go:4:9\n\
        b.go:3:2:     from return &u (return) at b.go:4:2\n\
        b.go:3:2: moved to heap: u\n\
        b.go:3:2: moved to heap: u\n\
        # a/b [a/b.test]\n\
        b.go:3:2: moved to heap: u\n\
        C:\\x\\c.go:1:1: x escapes to heap:\n\
        C:\\x\\c.go:1:1:   flow: {heap} = &x:\n\
        C:\\x\\c.go:1:1: x escapes to heap\n";
    let escapes = escape::read(&mut Cursor::new(text)).unwrap();
    assert_eq!(escapes.count(), 2);
    assert_eq!(escapes.packages().collect::<Vec<_>>(), ["a/b"]);
    let found = escapes.at("a/b.New", "/src/a/b/b.go", 3);
    assert_eq!(found.diagnostics.len(), 1);
    assert_eq!(found.diagnostics[0].flows[0][0].by[1].what, "return");
    // A file of the same name in another package is another file.
    assert!(
        escapes
            .at("a/c.New", "/src/a/c/b.go", 3)
            .diagnostics
            .is_empty()
    );
}

#[test]
fn what_is_no_diagnostics_is_refused() {
    for text in [
        "",
        "gc 1 @0.2s 0%: 0.3+2+0 ms clock\n",
        "a.go:1:2: syntax error\n",
    ] {
        let error = escape::read(&mut Cursor::new(text))
            .unwrap_err()
            .to_string();
        assert!(error.contains("-gcflags='-m -m'"), "{error}");
    }
}

#[test]
fn cut_and_changed_diagnostics_never_panic() {
    let text = fs::read(folder().join("svc.go1.26.6.escape.txt")).unwrap();
    for end in (0..text.len()).step_by(97) {
        let _ = escape::read(&mut Cursor::new(&text[..end]));
    }
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..300 {
        let mut changed = text.clone();
        for _ in 0..50 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let at = usize::try_from(seed >> 20).unwrap() % changed.len();
            changed[at] = seed.to_le_bytes()[0];
        }
        let _ = escape::read(&mut Cursor::new(changed));
    }
    // A line without an end is read over.
    let long = [
        vec![b'x'; 5 << 20],
        b"\na.go:1:2: moved to heap: x\n".to_vec(),
    ]
    .concat();
    assert_eq!(escape::read(&mut Cursor::new(long)).unwrap().count(), 1);
}
