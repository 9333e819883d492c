#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use clap::Parser as _;

use super::*;
use crate::cli::args::Cli;

fn choose(file: &str, flags: &[&str]) -> Result<Choices, String> {
    let cli = Cli::try_parse_from([&["gcpressure"], flags].concat()).unwrap();
    let file = super::file::parse("x.toml", file).unwrap();
    let args = &cli.report;
    file.with_flags(&args.analysis, &args.rules, None)
        .map_err(|failure| failure.to_string())
}

fn thresholds(choices: &Choices, rule: &str) -> (Option<f64>, Option<f64>) {
    let chosen = choices.settings.thresholds[rule];
    (chosen.warning, chosen.critical)
}

#[test]
fn flags_win_over_the_file() {
    let file =
        "window = \"30s\"\nhop = \"3s\"\nonly = [\"gc-cpu\"]\n[rules.gc-cpu]\ncritical = \"20%\"";
    let choices = choose(
        file,
        &["--window", "20s", "--max", "gc-cpu=50%", "--only", "gc-cpu"],
    )
    .unwrap();
    assert_eq!(choices.settings.window, WindowLength::Time(20_000_000_000));
    assert_eq!(choices.settings.hop_ns, 3_000_000_000);
    assert_eq!(thresholds(&choices, "gc-cpu").1, Some(0.5));
    let lines = choices.describe();
    assert!(
        lines.contains(&"window = 20s (--window)".to_owned()),
        "{lines:#?}"
    );
    assert!(lines.contains(&"hop = 3s (x.toml:2)".to_owned()));
    assert!(lines.contains(&"scope = window (default)".to_owned()));
    assert!(lines.contains(&"gc-cpu: warning 10% (default), critical 50% (--max)".to_owned()));
    assert!(lines.contains(&"pause-p99: off (not in the only list)".to_owned()));
}

#[test]
fn a_gate_below_the_warning_lowers_it() {
    let choices = choose("", &["--max", "gc-frequency=5/s"]).unwrap();
    assert_eq!(thresholds(&choices, "gc-frequency"), (Some(5.0), Some(5.0)));
    assert!(choices.settings.required.contains("gc-frequency"));
    let lines = choices.describe();
    let line = "gc-frequency: warning 5/s (follows the critical threshold), critical 5/s (--max)";
    assert!(lines.contains(&line.to_owned()), "{lines:#?}");
}

#[test]
fn a_gate_switches_on_what_the_file_switches_off() {
    let choices = choose("allow = [\"gc-cpu\"]", &["--max", "gc-cpu=50%"]).unwrap();
    assert!(choices.settings.allow.is_empty());
    let choices = choose("allow = [\"gc-cpu\"]", &[]).unwrap();
    assert!(choices.settings.allow.contains("gc-cpu"));
    assert!(
        choices
            .describe()
            .contains(&"gc-cpu: off (x.toml:1)".to_owned())
    );
}

#[test]
fn a_gate_joins_the_only_list_of_the_file() {
    let file = "only = [\"gc-cpu\"]";
    let choices = choose(file, &["--max", "gc-frequency=1/s"]).unwrap();
    let only: Vec<_> = choices.settings.only.iter().collect();
    assert_eq!(only, ["gc-cpu", "gc-frequency"]);
    let lines = choices.describe();
    let line = "gc-frequency: warning 1/s (follows the critical threshold), critical 1/s (--max)";
    assert!(lines.contains(&line.to_owned()), "{lines:#?}");
}

#[test]
fn flags_that_choose_rules_win_over_the_file() {
    let choices = choose("allow = [\"gc-cpu\"]", &["--only", "gc-cpu"]).unwrap();
    assert!(choices.settings.allow.is_empty());
    let file = "only = [\"gc-cpu\", \"pause-p99\"]";
    let choices = choose(file, &["--allow", "gc-cpu"]).unwrap();
    assert_eq!(
        choices.settings.only.iter().collect::<Vec<_>>(),
        ["pause-p99"]
    );
    // Without the last one all other rules would run.
    assert_eq!(
        choose("only = [\"gc-cpu\"]", &["--allow", "gc-cpu"]).unwrap_err(),
        "error: --allow switches gc-cpu off, but another setting asks for it"
    );
}

#[test]
fn a_step_that_is_too_long_is_refused_with_its_place() {
    for (file, flags, place) in [
        ("\nhop = \"20s\"", &[][..], "x.toml:2: "),
        ("hop = \"20s\"", &["--window", "10s"], "x.toml:1: "),
        ("window = \"10s\"", &["--hop", "20s"], "x.toml:1: "),
    ] {
        assert_eq!(
            choose(file, flags).unwrap_err(),
            format!("error: {place}the step of the window (20s) is longer than the window (10s)")
        );
    }
}

#[test]
fn a_shorter_window_shortens_its_step() {
    let choices = choose("", &["--window", "1s"]).unwrap();
    assert_eq!(choices.settings.hop_ns, 200_000_000);
    assert!(
        choices
            .describe()
            .contains(&"hop = 200ms (follows the window)".to_owned())
    );
}

#[test]
fn what_cannot_be_is_refused() {
    for (flags, message) in [
        (
            &["--max", "gc-freqency=5/s"][..],
            "error: --max: unknown rule `gc-freqency`; did you mean `gc-frequency`?",
        ),
        (
            &["--max", "gc-frequency"],
            "error: --max: missing value: expected e.g. `gc-frequency=5/s`",
        ),
        (
            &["--max", "gc-frequency=5"],
            "error: --max: gc-frequency: `5` has no unit; expected e.g. `5/s`",
        ),
        (
            &["--max", "gc-frequency=0/s"],
            "error: --max: gc-frequency: invalid threshold `0/s`: expected a value above 0",
        ),
        (
            &["--warn", "gc-cpu=30%"],
            "error: --warn: the warning threshold of gc-cpu (30%) is above the critical one (25%)\n\n  \
             tip: set both: --warn gc-cpu=... --max gc-cpu=...",
        ),
        (
            &["--allow", "gc-cpu", "--max", "gc-cpu=30%"],
            "error: --allow switches gc-cpu off, but another setting asks for it",
        ),
        (
            &["--only", "gc-cpu", "--max", "gc-frequency=1/s"],
            "error: --only leaves gc-frequency out, but --max asks for it\n\n  \
             tip: add --only gc-frequency, or leave out its --max",
        ),
        (
            &["--window", "1s", "--hop", "2s"],
            "error: the step of the window (2s) is longer than the window (1s)",
        ),
        (
            &["--go", "2.0"],
            "error: --go: invalid Go version `2.0`: expected e.g. `1.27`",
        ),
        (
            &["--memory-limit", "512MB"],
            "error: --memory-limit: `512MB` has the wrong unit; did you mean 512MiB?",
        ),
    ] {
        assert_eq!(choose("", flags).unwrap_err(), message);
    }
}

#[test]
fn a_version_may_have_a_prefix_and_a_patch_number() {
    for text in ["1.27", "go1.27", "1.27.3"] {
        let choices = choose("", &["--go", text, "--gogc", "off"]).unwrap();
        assert_eq!(choices.settings.go_version, Some((1, 27)));
        assert_eq!(choices.settings.gogc, None);
    }
}
