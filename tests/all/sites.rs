//! `gcpressure sites` against `go tool pprof -top`: recorded tables, to the byte, and the installed Go where there is one.
//!
//! `tests/rootcause` holds a few tables; `GCPRESSURE_ROOTCAUSE` names a folder with many more (else `rootcause` beside
//! the folder of `GCPRESSURE_CORPUS`).
#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use gcpressure::internal::causes::{self, Options};
use gcpressure::internal::profile::{self, Profile, ProfileError, SampleType, Subtract};
use gcpressure::internal::render::{Render, SitesFormat, Style};
use gcpressure::report::sites::Sites;
use serde_json::Value;

fn own() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rootcause")
}

fn folders() -> Vec<PathBuf> {
    let named = std::env::var_os("GCPRESSURE_ROOTCAUSE").map(PathBuf::from);
    let beside =
        || Some(PathBuf::from(std::env::var_os("GCPRESSURE_CORPUS")?).join("../rootcause"));
    let more = named.or_else(beside).filter(|folder| folder.exists());
    [Some(own()), more].into_iter().flatten().collect()
}

fn sites(new: &Path, base: Option<(&Path, Subtract)>, options: &Options) -> Sites {
    let raw = |path: &Path| profile::read(&mut fs::File::open(path).unwrap()).unwrap();
    let profile = match base {
        None => Profile::new(&raw(new)),
        Some((base, how)) => Profile::difference(&raw(new), &raw(base), how),
    };
    causes::sites(&profile.unwrap(), "heap", None, options)
}

fn text(sites: &Sites) -> String {
    let mut page = Vec::new();
    SitesFormat::Text
        .render(sites, &mut page, &Style::default())
        .unwrap();
    String::from_utf8(page).unwrap()
}

fn table(sites: &Sites) -> String {
    let page = text(sites);
    page[page.find("Showing nodes").unwrap()..].to_owned()
}

const ALLOC_OBJECTS: Options = Options {
    sample: SampleType::AllocObjects,
    lines: false,
    cum: false,
    count: 0,
    sites: true,
};

/// What a table's name says: the profile, the options, and how the base is taken off.
fn named(name: &str) -> (&str, Options, Option<Subtract>) {
    let parts: Vec<_> = name.strip_suffix(".txt").unwrap().rsplitn(6, '.').collect();
    let &[base, count, order, rows, sample, profile] = parts.as_slice() else {
        panic!("{name}");
    };
    let options = Options {
        sample: SampleType::from_name(sample).unwrap(),
        lines: rows == "lines",
        cum: order == "cum",
        count: count.parse().unwrap(),
        sites: false,
    };
    let base = match base {
        "none" => None,
        "base" => Some(Subtract::Base),
        "diff_base" => Some(Subtract::DiffBase),
        other => panic!("{other}"),
    };
    (profile, options, base)
}

#[test]
fn every_table_is_pprofs_to_the_byte() {
    for folder in folders() {
        let mut seen = 0;
        for entry in fs::read_dir(folder.join("tables")).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let (profile, options, how) = named(name);
            let base = match profile {
                "etcd.after" => "etcd.before",
                _ => "svc.sampled.mid.go1.26.6",
            };
            let file = |name: &str| folder.join(format!("{name}.pb.gz"));
            let base = file(base);
            let base = how.map(|how| (base.as_path(), how));
            let ours = table(&sites(&file(profile), base, &options));
            let theirs = fs::read_to_string(&path).unwrap();
            assert_eq!(ours, theirs, "{name}");
            seen += 1;
        }
        assert!(seen >= 8, "only {seen} tables in {}", folder.display());
    }
}

#[test]
fn the_json_says_how_far_to_trust_a_site() {
    let sites = sites(
        &own().join("svc.sampled.go1.26.6.pb.gz"),
        None,
        &ALLOC_OBJECTS,
    );
    let mut json = Vec::new();
    SitesFormat::Json
        .render(&sites, &mut json, &Style::default())
        .unwrap();
    let json: Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["schema"], "gcpressure.sites/v1");
    assert_eq!(json["profile"]["rate_bytes"], 524_288);
    assert_eq!(json["total"], 1_016_232);
    let site = &json["sites"][0];
    assert_eq!(site["function"], "svc/handlers.collectIDs");
    assert_eq!(site["file"], "svc/handlers/handlers.go");
    assert_eq!(site["line"], 38);
    assert_eq!(site["flat"], 244_789);
    let chain = site["inline_chain"].as_array().unwrap();
    assert_eq!(chain[1]["function"], "svc/handlers.(*Handler).GetUser");
    assert_eq!(chain[1]["line"], 116);
    assert_eq!(site["thin"], false);
    // Slices of five sizes, recorded 107 times in all.
    assert_eq!(site["samples_seen"], 107);
    let error = site["relative_error_ratio"].as_f64().unwrap();
    assert!((0.12..0.2).contains(&error), "{error}");
    let thin = json["sites"].as_array().unwrap();
    let thin = thin
        .iter()
        .find(|site| site["function"] == "io.WriteString")
        .unwrap();
    assert_eq!(
        (&thin["samples_seen"], &thin["thin"]),
        (&2.into(), &true.into())
    );
    let flat = |site: &Value| site["flat"].as_i64().unwrap();
    let all: i64 = json["sites"].as_array().unwrap().iter().map(flat).sum();
    assert_eq!(all, 1_016_232);
}

#[test]
fn a_profile_of_every_object_has_no_error() {
    let sites = sites(&own().join("svc.go1.26.6.pb.gz"), None, &ALLOC_OBJECTS);
    assert!(sites.sites.len() > 20);
    for site in &sites.sites {
        assert_eq!(site.evidence.relative_error_ratio, Some(0.0));
        assert!(!site.evidence.thin);
        assert_eq!(
            i64::try_from(site.evidence.samples_seen).unwrap(),
            site.flat
        );
    }
    assert!(text(&sites).starts_with("heap: alloc_objects, every object recorded\nShowing"));
}

#[test]
fn the_schema_fits_what_is_written() {
    let schema = serde_json::to_value(gcpressure::report::schema::<Sites>()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for options in [
        ALLOC_OBJECTS,
        Options {
            lines: true,
            ..ALLOC_OBJECTS
        },
    ] {
        let sites = sites(&own().join("svc.sampled.go1.26.6.pb.gz"), None, &options);
        let mut json = Vec::new();
        SitesFormat::Json
            .render(&sites, &mut json, &Style::default())
            .unwrap();
        let json: Value = serde_json::from_slice(&json).unwrap();
        let errors: Vec<_> = validator.iter_errors(&json).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
}

fn unpacked(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let file = fs::File::open(own().join(name)).unwrap();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(file), &mut bytes).unwrap();
    bytes
}

fn tried(bytes: &[u8]) -> Result<Sites, ProfileError> {
    let raw = profile::read(&mut Cursor::new(bytes))?;
    let profile = Profile::new(&raw)?;
    let sites = causes::sites(&profile, "heap", None, &ALLOC_OBJECTS);
    let _ = text(&sites);
    Ok(sites)
}

#[test]
fn raw_and_packed_are_the_same() {
    let name = "svc.sampled.go1.26.6.pb.gz";
    let packed = fs::read(own().join(name)).unwrap();
    assert_eq!(tried(&packed).unwrap(), tried(&unpacked(name)).unwrap());
}

#[test]
fn every_prefix_is_refused_or_read() {
    let name = "svc.sampled.go1.26.6.pb.gz";
    let bytes = unpacked(name);
    for end in 0..bytes.len() {
        if let Ok(sites) = tried(&bytes[..end]) {
            assert!(sites.total > 0);
        }
    }
    let packed = fs::read(own().join(name)).unwrap();
    for end in 0..packed.len() {
        assert!(
            tried(&packed[..end]).is_err(),
            "{end} of {} bytes",
            packed.len()
        );
    }
}

#[test]
fn changed_bytes_never_panic() {
    let bytes = unpacked("svc.sampled.go1.26.6.pb.gz");
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed >> 33).unwrap()
    };
    for round in 0..3_000 {
        let mut changed = bytes.clone();
        for _ in 0..=round % 4 {
            let at = random() % changed.len();
            changed[at] = u8::try_from(random() % 256).unwrap();
        }
        let _ = tried(&changed);
    }
}

/// A field of a message: number, bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut field = vec![number << 3 | 2];
    let mut length = bytes.len();
    while length >= 128 {
        field.push(u8::try_from(length % 128).unwrap() | 128);
        length /= 128;
    }
    field.push(u8::try_from(length).unwrap());
    field.extend_from_slice(bytes);
    field
}

fn said(bytes: &[u8]) -> String {
    tried(bytes).unwrap_err().to_string()
}

#[test]
fn what_is_no_heap_profile_is_named() {
    for (bytes, part) in [
        (&b""[..], "the file is empty"),
        (b"heap profile: 3: 96 [5: 160] @ heap/1048576\n", "debug=1"),
        (b"<!DOCTYPE html><html>", "HTML"),
        (b"{\"error\": 404}", "JSON"),
        (b"gc 1 @0.204s 0%: 0.33+2.3+0.011 ms clock", "GC trace"),
        (b"404 page not found\n", "text"),
        (b"\x1f\x8b\x08\x00\x00", "damaged"),
        (b"\xff\xff\xff", "expected a field of a profile at byte 0"),
    ] {
        let said = said(bytes);
        assert!(said.contains(part), "{said}");
    }
    // A CPU profile: strings 1 to 4 name its columns.
    let mut cpu = [field(1, &[8, 1, 16, 2]), field(1, &[8, 3, 16, 4])].concat();
    for text in ["", "samples", "count", "cpu", "nanoseconds"] {
        cpu.extend(field(6, text.as_bytes()));
    }
    let said = said(&cpu);
    assert!(
        said.starts_with("not a heap profile: its columns are samples/count, cpu/nanoseconds,"),
        "{said}"
    );
}

#[test]
fn what_no_program_holds_is_refused_before_it_is_kept() {
    // A stack deeper than any, one record longer than any.
    let deep: Vec<u8> = field(1, &vec![1; 5_000]);
    assert!(said(&field(2, &deep)).contains("more than 4096 frames in one stack"));
    let long = field(6, &vec![b'x'; (1 << 20) + 1]);
    assert!(said(&long).contains("bytes in one record"));
    // Two bytes an empty string, five million of them.
    let many = field(6, b"").repeat(5_000_000);
    assert!(said(&many).contains("strings"));
}

/// Go 1.19 grows a slice in more steps than Go 1.26; both recorded every object. The sampled profiles have some 40 samples.
#[test]
fn the_check_fails_on_growth_and_names_it() {
    let profile = |name: &str| own().join(format!("{name}.pb.gz")).display().to_string();
    let (few, more) = (profile("svc.go1.26.6"), profile("svc.go1.19.8"));
    let (half, end) = (
        profile("svc.sampled.mid.go1.26.6"),
        profile("svc.sampled.go1.26.6"),
    );
    let run = |args: &[&str]| {
        let output = crate::program::gcpressure().args(args).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            output.status.code().unwrap(),
            text(output.stdout),
            text(output.stderr),
        )
    };
    let (status, out, said) = run(&["sites", &more, "--base", &few, "--check", "-f", "json"]);
    assert_eq!(status, 1, "{said}");
    let json: Value = serde_json::from_str(&out).unwrap();
    let check = &json["check"];
    assert_eq!(
        (&check["outcome"], &check["exit_status"]),
        (&"regression".into(), &1.into())
    );
    let grown = check["grown"].as_array().unwrap();
    assert!(!grown.is_empty());
    for (site, reason) in grown.iter().zip(check["reasons"].as_array().unwrap()) {
        let figure = |key: &str| site[key].as_f64().unwrap();
        assert!(
            figure("after") - figure("before") >= 4.0 * figure("standard_error"),
            "{site}"
        );
        assert!(said.contains(reason.as_str().unwrap()), "{said}");
        assert!(
            reason
                .as_str()
                .unwrap()
                .contains(site["function"].as_str().unwrap())
        );
    }
    assert!(
        said.contains("svc/handlers/handlers.go:38 svc/handlers.collectIDs allocates 180,000 objects, and had 120,000 objects: 60,000 objects more, standard error 0 objects"),
        "{said}"
    );
    // The same process at half time and at the end: twice as many, of too few samples.
    let (status, _, said) = run(&["sites", &end, "--base", &half, "--check"]);
    assert_eq!(status, 3, "{said}");
    assert!(
        said.starts_with("NO VERDICT  svc/handlers/handlers.go:38 svc/handlers.collectIDs allocates 244,789 objects, and had 122,902 objects: 121,887 objects more, standard error 37,998 objects"),
        "{said}"
    );
    for (new, old) in [(&half, &end), (&end, &end), (&few, &few)] {
        let (status, _, said) = run(&["sites", new, "--base", old, "--check"]);
        assert_eq!((status, said.as_str()), (0, "PASS  no site grew\n"));
    }
    let (status, _, said) = run(&["sites", &end, "--check"]);
    assert_eq!(status, 2, "{said}");
    // Another program: nothing can be matched.
    let (other, whole) = (profile("index.go1.27.3"), &few);
    let (status, _, said) = run(&["sites", &other, "--base", whole, "--check"]);
    assert_eq!(
        (
            status,
            said.contains("the sites of the two profiles are not the same")
        ),
        (3, true),
        "{said}"
    );
}
