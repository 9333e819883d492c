#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use gcpressure::internal::settings::{Scope, Severity, WindowLength};

use super::*;

fn error(text: &str) -> String {
    parse("gcpressure.toml", text).unwrap_err().to_string()
}

#[test]
fn every_setting_is_read() {
    let choices = parse(
        "x.toml",
        r#"
        window = "200gc"
        hop = "1s"
        warmup = "5s"
        scope = "run"
        fail-on = "warning"
        allow-no-verdict = true
        go = 1.27
        gogc = 50
        memory-limit = "1.5GiB"
        allow = ["goal-churn"]
        only = ["gc-cpu", "pause-p99"]
        [rules.pause-p99]
        warning = "2ms"
        critical = "10ms"
        "#,
    )
    .unwrap();
    let settings = &choices.settings;
    assert_eq!(settings.window, WindowLength::Cycles(200));
    assert_eq!(settings.hop_ns, 1_000_000_000);
    assert_eq!(settings.warmup_ns, Some(5_000_000_000));
    assert_eq!(settings.scope, Scope::Run);
    assert_eq!(settings.go_version, Some((1, 27)));
    assert_eq!(settings.gogc, Some(50));
    assert_eq!(settings.memory_limit, Some(3 << 29));
    assert_eq!(settings.thresholds["pause-p99"].warning, Some(2e6));
    assert_eq!(settings.thresholds["pause-p99"].critical, Some(10e6));
    assert_eq!(choices.fail_on, Severity::Warning);
    assert!(choices.allow_no_verdict);
}

#[test]
fn an_error_names_its_line_and_a_suggestion() {
    for (text, message) in [
        (
            "\nwindw = \"3s\"",
            "2: unknown setting `windw`; did you mean `window`?",
        ),
        (
            "xyz = 1",
            "1: unknown setting `xyz`: expected one of window, hop, warmup, scope, fail-on, allow-no-verdict, go, gogc, memory-limit, cpus, duration, allow, only, rules",
        ),
        (
            "window = 10",
            "1: window: `10` has no unit; expected e.g. `10ms`",
        ),
        (
            "window = \"0s\"",
            "1: window: invalid value `0s`: expected a value above 0",
        ),
        (
            "gogc = 0x64",
            "1: gogc: invalid GOGC `0x64`: expected a whole percentage, e.g. `100`, or `off`",
        ),
        (
            "scope = \"windows\"",
            "1: scope: unknown value `windows`; did you mean `window`?",
        ),
        ("hop = [1]", "1: hop: expected one value, e.g. `\"10s\"`"),
        (
            "allow = \"gc-cpu\"",
            "1: allow: expected a list, e.g. `allow = [\"gc-cpu\"]`",
        ),
        (
            "allow = [\n \"gc-cpu\",\n \"gc-cup\"]",
            "3: allow: unknown rule `gc-cup`; did you mean `gc-cpu`?",
        ),
        (
            "[rules.gc-freq]\nwarning = \"1/s\"",
            "1: unknown rule `gc-freq`; did you mean `gc-frequency`?",
        ),
        (
            "[rules.gc-cpu]\nwarn = \"1%\"",
            "2: unknown threshold `warn`; did you mean `warning`?",
        ),
        (
            "[rules.gc-cpu]\n\nwarning = \"10ms\"",
            "3: gc-cpu: `10ms` has the wrong unit; expected e.g. `15%`",
        ),
        (
            "rules = 3",
            "1: rules: expected a table, e.g. `[rules.gc-frequency]`",
        ),
    ] {
        assert_eq!(error(text), format!("error: gcpressure.toml:{message}"));
    }
    assert!(error("a = 1\nwindow = ").starts_with("error: gcpressure.toml:2: "));
    assert!(
        error("window = \"1s\"\nwindow = \"2s\"")
            .starts_with("error: gcpressure.toml:2: duplicate key")
    );
}

#[test]
fn the_example_shows_the_defaults() {
    let commented = parse("x.toml", &example()).unwrap();
    assert_eq!(commented.settings, Choices::default().settings);
    let set: String = example()
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.starts_with(' ') => format!("{setting}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let set = parse("x.toml", &set).unwrap();
    for rule in rules::table() {
        let thresholds = set
            .settings
            .thresholds
            .get(rule.id)
            .copied()
            .unwrap_or_default();
        assert_eq!(
            (thresholds.warning, thresholds.critical),
            (rule.warning, rule.critical),
            "{}",
            rule.id
        );
    }
    assert_eq!(set.settings.window, Choices::default().settings.window);
    assert_eq!(set.settings.hop_ns, Choices::default().settings.hop_ns);
    assert_eq!(set.fail_on, Choices::default().fail_on);
}

#[test]
fn a_value_that_is_not_a_default_is_called_an_example() {
    let defaults = Choices::default().describe();
    let text = example();
    let (settings, _) = text.split_once("\n# Thresholds").unwrap();
    for paragraph in settings.split("\n\n").skip(1) {
        let is_comment = |line: &&str| line.starts_with("# ");
        let (said, set): (Vec<_>, Vec<_>) = paragraph.lines().partition(is_comment);
        let is_default = set.iter().all(|line| {
            let line = line[1..].replace('"', "");
            defaults.contains(&format!("{line} (default)"))
        });
        let is_example = said.concat().contains("xample");
        assert_eq!(is_default, !is_example, "{paragraph}");
    }
}
