//! The table of settings with one value. A setting that is a flag too has a field in `ProgramArgs` or `AnalysisArgs`.

use gcpressure::internal::settings::{Scope, Severity};
use gcpressure::internal::units::{parse_bytes, parse_duration};

use super::Choices;
use super::values::{cpus, go_version, gogc, one_of, positive, window};

/// A setting with one value.
pub(super) struct Setting {
    /// The key in the configuration file, and the flag without its dashes.
    pub(super) name: &'static str,
    /// Shown where it is not set.
    pub(super) default: &'static str,
    /// In the text of `check --init`: the paragraph above it, empty where it belongs to the setting before.
    pub(super) comment: &'static str,
    /// In the text of `check --init`: its value there.
    pub(super) example: &'static str,
    /// Parses a value and takes it over.
    pub(super) set: fn(&mut Choices, &str) -> Result<(), String>,
}

pub(super) const SETTINGS: [Setting; 11] = [
    Setting {
        name: "window",
        default: "10s",
        comment: "\n# Sliding window of program time, or a number of GC cycles (\"200gc\"), and its step.\n",
        example: "\"10s\"",
        set: |to, text| window(text).map(|length| to.settings.window = length),
    },
    Setting {
        name: "hop",
        default: "2s",
        comment: "",
        example: "\"2s\"",
        set: |to, text| positive(text, parse_duration(text)).map(|ns| to.settings.hop_ns = ns),
    },
    Setting {
        name: "warmup",
        default: "2s, at most a quarter of the run",
        comment: "\n# Start of the run that rules leave out; without it 2s, at most a quarter of the run. An example:\n",
        example: "\"5s\"",
        set: |to, text| {
            let ns = parse_duration(text).map_err(|error| error.to_string());
            ns.map(|ns| to.settings.warmup_ns = Some(ns))
        },
    },
    Setting {
        name: "scope",
        default: "window",
        comment: "\n# Judge sliding windows (\"window\") or the whole run as one (\"run\").\n",
        example: "\"window\"",
        set: |to, text| {
            let scopes = [("window", Scope::Window), ("run", Scope::Run)];
            one_of(text, &scopes).map(|scope| to.settings.scope = scope)
        },
    },
    Setting {
        name: "fail-on",
        default: "critical",
        comment: "\n# The severity that fails `gcpressure check`: \"warning\" or \"critical\".\n",
        example: "\"critical\"",
        set: |to, text| {
            let (warning, critical) = (Severity::Warning, Severity::Critical);
            let severities = [("warning", warning), ("critical", critical)];
            one_of(text, &severities).map(|severity| to.fail_on = severity)
        },
    },
    Setting {
        name: "allow-no-verdict",
        default: "false",
        comment: "\n# true: a log that cannot carry a verdict does not fail the check.\n",
        example: "false",
        set: |to, text| {
            let choices = [("true", true), ("false", false)];
            one_of(text, &choices).map(|allow| to.allow_no_verdict = allow)
        },
    },
    Setting {
        name: "go",
        default: "not stated",
        comment: "\n# What you know about the program; the log does not say it. Examples:\n",
        example: "\"1.27\"",
        set: |to, text| go_version(text).map(|version| to.settings.go_version = Some(version)),
    },
    Setting {
        name: "gogc",
        default: "not stated",
        comment: "",
        example: "100",
        set: |to, text| gogc(text).map(|gogc| to.settings.gogc = gogc),
    },
    Setting {
        name: "memory-limit",
        default: "not stated",
        comment: "",
        example: "\"512MiB\"",
        set: |to, text| {
            positive(text, parse_bytes(text)).map(|bytes| to.settings.memory_limit = Some(bytes))
        },
    },
    Setting {
        name: "cpus",
        default: "estimated from the stops",
        comment: "",
        example: "2",
        set: |to, text| cpus(text).map(|cpus| to.settings.cpus_milli = Some(cpus)),
    },
    Setting {
        name: "duration",
        default: "not stated",
        comment: "",
        example: "\"15s\"",
        set: |to, text| {
            positive(text, parse_duration(text)).map(|ns| to.settings.life_ns = Some(ns))
        },
    },
];
