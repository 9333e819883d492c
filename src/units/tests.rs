#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use super::*;

fn wrong(unit: Unit, text: &str) -> String {
    unit.parse(text).unwrap_err().to_string()
}

#[test]
fn durations_are_exact() {
    for (text, ns) in [
        ("10ms", 10_000_000),
        ("0.25ms", 250_000),
        ("1.5s", 1_500_000_000),
        ("1h30m", 5_400_000_000_000),
        ("200us", 200_000),
        ("200µs", 200_000),
        ("2 s", 2_000_000_000),
        ("0.1ns", 0),
        ("0.0049ms", 4_900),
    ] {
        assert_eq!(parse_duration(text), Ok(ns), "{text}");
    }
}

#[test]
fn wrong_values_say_what_would_be_right() {
    use Unit::{Mebibytes, Nanoseconds, PerSecond, Ratio};
    for (unit, text, message) in [
        (Nanoseconds, "10", "`10` has no unit; expected e.g. `10ms`"),
        (
            Nanoseconds,
            "10msec",
            "`10msec` has the wrong unit; did you mean 10ms?",
        ),
        (
            Nanoseconds,
            "2 seconds",
            "`2 seconds` has the wrong unit; did you mean 2s?",
        ),
        (
            Nanoseconds,
            "5/s",
            "`5/s` has the wrong unit; expected e.g. `10ms`",
        ),
        (
            Nanoseconds,
            "-5s",
            "invalid duration `-5s`: expected e.g. `10ms`",
        ),
        (
            Nanoseconds,
            "1.2.3s",
            "invalid duration `1.2.3s`: expected e.g. `10ms`",
        ),
        (
            Nanoseconds,
            "999999999999999999999h",
            "`999999999999999999999h` is too large",
        ),
        (
            Mebibytes,
            "64MB",
            "`64MB` has the wrong unit; did you mean 64MiB?",
        ),
        (
            Mebibytes,
            "64Mi",
            "`64Mi` has the wrong unit; did you mean 64MiB?",
        ),
        (
            PerSecond,
            "5/sec",
            "`5/sec` has the wrong unit; did you mean 5/s?",
        ),
        (PerSecond, "5", "`5` has no unit; expected e.g. `5/s`"),
        (Ratio, "15", "`15` has no unit; expected e.g. `15%`"),
        (
            Ratio,
            "150%",
            "`150%` is more than the whole; this is a share from 0% to 100%",
        ),
        (Ratio, "", "invalid share ``: expected e.g. `15%`"),
    ] {
        assert_eq!(wrong(unit, text), message);
    }
}

#[test]
fn rates_convert_between_their_units() {
    let near = |a: f64, b: f64| (a - b).abs() < 1e-12;
    assert!(near(Unit::PerSecond.parse("300/min").unwrap(), 5.0));
    assert!(near(Unit::PerMinute.parse("2/s").unwrap(), 120.0));
    assert!(near(Unit::Ratio.parse("15%").unwrap(), 0.15));
    assert!(near(Unit::Ratio.parse("0.15").unwrap(), 0.15));
    assert!(near(Unit::Mebibytes.parse("1.5GiB").unwrap(), 1536.0));
}

#[test]
fn cycles_are_told_from_durations() {
    assert_eq!(parse_cycles("200gc"), Some(Ok(200)));
    assert_eq!(parse_cycles("10s"), None);
    assert!(parse_cycles("1.5gc").unwrap().is_err());
}

#[test]
fn numbers_have_no_more_digits_than_they_carry() {
    for (ns, text) in [
        (0, "0s"),
        (850, "850ns"),
        (49_000, "49µs"),
        (250_000, "250µs"),
        (999_600, "1ms"),
        (1_200_000, "1.2ms"),
        (12_734_567, "12.7ms"),
        (434_000_000, "434ms"),
        (1_234_000_000, "1.23s"),
        (59_960_000_000, "1m00s"),
        (123_400_000_000, "2m03s"),
        (4_320_000_000_000, "1h12m"),
        (u64::MAX, "213503d23h"),
    ] {
        assert_eq!(duration(ns), text);
    }
    assert_eq!(bytes(0), "0B");
    assert_eq!(bytes(64 * MIB), "64MiB");
    assert_eq!(bytes(1536 * MIB), "1.5GiB");
    assert_eq!(bytes(1023 * MIB), "1023MiB");
    assert_eq!(rate(0.0), "0/s");
    assert_eq!(rate(66.666), "66.7/s");
    assert_eq!(rate(0.05), "3/min");
    assert_eq!(rate(0.0003), "1.08/h");
    assert_eq!(percent(0.2644), "26.4%");
    assert_eq!(percent(0.0012), "0.12%");
    assert_eq!(percent(0.000_01), "<0.01%");
    assert_eq!(percent(1.0), "100%");
    assert_eq!(count(1_234_567), "1,234,567");
    assert_eq!(count(12), "12");
}

#[test]
fn every_unit_reads_its_own_example_and_keeps_its_name() {
    for unit in [
        Unit::Nanoseconds,
        Unit::PerSecond,
        Unit::PerMinute,
        Unit::Ratio,
        Unit::Mebibytes,
        Unit::Count,
    ] {
        let value = unit.parse(unit.example()).unwrap();
        assert_eq!(unit.format(value), unit.example());
        assert_eq!(Unit::from_symbol(unit.symbol()), unit);
    }
}

#[test]
fn a_unit_of_both_ends_stands_once() {
    assert_eq!(span("2.2/s", "2.4/s"), "2.2 to 2.4/s");
    assert_eq!(span("30/min", "1.2/s"), "30/min to 1.2/s");
    assert_eq!(span("512MiB", "1.5GiB"), "512MiB to 1.5GiB");
    assert_eq!(span("3%", "3%"), "3%");
    assert_eq!(span("<0.01%", "0.02%"), "<0.01 to 0.02%");
    assert_eq!(span("7", "9"), "7 to 9");
}
