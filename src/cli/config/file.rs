//! `gcpressure.toml`: read by hand from the spanned table, so that every complaint has its line and a suggestion.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::cli::config::rule_list;
use crate::cli::config::{Choices, Level, Origin, Setting};
use crate::cli::exit::Failure;
use crate::cli::suggest;

/// The file that is read where none is named.
pub(crate) const DEFAULT_PATH: &str = "gcpressure.toml";

/// The file that is read: the one that was named, or the default file if there is one.
pub(crate) fn path(named: Option<&str>) -> Option<&str> {
    named.or_else(|| Path::new(DEFAULT_PATH).exists().then_some(DEFAULT_PATH))
}

/// The choices of the file that was named, or of the default file if there is one.
///
/// # Errors
/// A named file that cannot be read, and whatever is wrong in it, with its line.
pub(crate) fn load(named: Option<&str>) -> Result<Choices, Failure> {
    let Some(path) = path(named) else {
        return Ok(Choices::default());
    };
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::from(gcpressure::error::Error::Io {
            source: path.to_owned(),
            error,
        })
        .tip("`gcpressure check --init` writes an example")
    })?;
    parse(path, &text)
}

/// The choices of a configuration text.
///
/// # Errors
/// Whatever is wrong in it, with its line.
pub(crate) fn parse(path: &str, text: &str) -> Result<Choices, Failure> {
    let file = File { path, text };
    let table = DeTable::parse(text).map_err(|error| {
        let at = error.span().unwrap_or_default();
        file.wrong(&at, error.message())
    })?;
    let mut choices = Choices::default();
    for (key, value) in table.get_ref() {
        file.entry(&mut choices, key.span(), key.get_ref(), value)?;
    }
    Ok(choices)
}

/// A configuration text and its name, for messages.
#[derive(Clone, Copy)]
struct File<'a> {
    path: &'a str,
    text: &'a str,
}

impl<'a> File<'a> {
    fn entry(
        self,
        choices: &mut Choices,
        at: Range<usize>,
        key: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<(), Failure> {
        if let Some(setting) = Setting::ALL.into_iter().find(|s| s.name() == key) {
            let text = self.scalar(key, value)?;
            return choices
                .set(setting, text, self.origin(&at))
                .map_err(|message| self.wrong(&value.span(), &format!("{key}: {message}")));
        }
        match key {
            "allow" => self.names(key, value, |name, origin| choices.allow(name, origin)),
            "only" => self.names(key, value, |name, origin| choices.only(name, origin)),
            "rules" => self.rules(choices, value),
            _ => {
                let known = Setting::ALL.map(Setting::name);
                let known = known.into_iter().chain(["allow", "only", "rules"]);
                Err(self.unknown(&at, "setting", key, known))
            }
        }
    }

    fn rules(self, choices: &mut Choices, value: &Spanned<DeValue<'_>>) -> Result<(), Failure> {
        for (id, thresholds) in self.table("rules", value)? {
            let rule = rule_list::find(id.get_ref())
                .map_err(|message| self.wrong(&id.span(), &message))?;
            for (key, value) in self.table(rule.id, thresholds)? {
                let level = match &**key.get_ref() {
                    "warning" => Level::Warning,
                    "critical" => Level::Critical,
                    other => {
                        let known = ["warning", "critical"];
                        return Err(self.unknown(&key.span(), "threshold", other, known));
                    }
                };
                let text = self.scalar(key.get_ref(), value)?;
                choices
                    .threshold(rule, level, text, self.origin(&key.span()))
                    .map_err(|message| self.wrong(&value.span(), &message))?;
            }
        }
        Ok(())
    }

    fn table<'v, 't>(
        self,
        key: &str,
        value: &'v Spanned<DeValue<'t>>,
    ) -> Result<&'v DeTable<'t>, Failure> {
        match value.get_ref() {
            DeValue::Table(table) => Ok(table),
            _ => Err(self.wrong(
                &value.span(),
                &format!("{key} is a table; write [rules.gc-frequency]"),
            )),
        }
    }

    /// The text of a value: what is between the quotes, or a bare number or word as it stands.
    fn scalar<'v>(self, key: &str, value: &'v Spanned<DeValue<'_>>) -> Result<&'v str, Failure>
    where
        'a: 'v,
    {
        match value.get_ref() {
            DeValue::String(text) => Ok(text),
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) => {
                Ok(self.text.get(value.span()).unwrap_or_default())
            }
            _ => Err(self.wrong(
                &value.span(),
                &format!("{key} takes one value, such as \"10s\""),
            )),
        }
    }

    fn names(
        self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        mut take: impl FnMut(&str, Origin) -> Result<(), String>,
    ) -> Result<(), Failure> {
        let DeValue::Array(names) = value.get_ref() else {
            return Err(self.wrong(
                &value.span(),
                &format!("{key} is a list; write {key} = [\"gc-cpu\"]"),
            ));
        };
        for name in names.iter() {
            take(self.scalar(key, name)?, self.origin(&name.span()))
                .map_err(|message| self.wrong(&name.span(), &format!("{key}: {message}")))?;
        }
        Ok(())
    }

    fn unknown<'k>(
        self,
        at: &Range<usize>,
        what: &str,
        key: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) -> Failure {
        let known: Vec<_> = known.into_iter().collect();
        self.wrong(
            at,
            &match suggest::nearest(key, known.iter().copied()) {
                Some(near) => format!("there is no {what} `{key}`; did you mean {near}?"),
                None => format!("there is no {what} `{key}`, only {}", known.join(", ")),
            },
        )
    }

    fn wrong(self, at: &Range<usize>, message: &str) -> Failure {
        Failure::new(format!("{}:{}: {message}", self.path, self.line(at)))
    }

    fn origin(self, at: &Range<usize>) -> Origin {
        Origin::File {
            path: self.path.to_owned(),
            line: self.line(at),
        }
    }

    fn line(self, at: &Range<usize>) -> usize {
        let before = self.text.as_bytes().iter().take(at.start);
        before.filter(|&&byte| byte == b'\n').count() + 1
    }
}

/// An example of every setting, commented out: the default where there is one.
pub(crate) fn example() -> String {
    let mut text = String::from(
        "# gcpressure.toml: how gcpressure judges GC pressure here. Flags override it; `gcpressure check -v` shows where\n\
         # each value came from. Settings that start with # show the defaults, or an example where that is said.\n\
         \n\
         # Sliding window of the program's own time, or a number of GC cycles (\"200gc\"), and its step.\n\
         #window = \"10s\"\n\
         #hop = \"2s\"\n\
         \n\
         # Start of the run that rules leave out; without it 2s, at most a quarter of the run. An example:\n\
         #warmup = \"5s\"\n\
         \n\
         # Judge sliding windows (\"window\") or the whole run as one (\"run\").\n\
         #scope = \"window\"\n\
         \n\
         # The severity that fails `gcpressure check`: \"warning\" or \"critical\".\n\
         #fail-on = \"critical\"\n\
         \n\
         # true: a log that cannot carry a verdict does not fail the check.\n\
         #allow-no-verdict = false\n\
         \n\
         # What you know of the program; the log does not say it. Examples:\n\
         #go = \"1.27\"\n\
         #gogc = 100\n\
         #memory-limit = \"512MiB\"\n\
         #cpus = 2\n\
         #duration = \"15s\"\n\
         \n\
         # Rules that are switched off, and the only ones that run; without these lines all of them run. Examples:\n\
         #allow = [\"goal-churn\"]\n\
         #only = [\"gc-frequency\", \"gc-cpu\"]\n\
         \n\
         # Thresholds, at their defaults; `gcpressure explain RULE` says what each rule measures.\n",
    );
    for rule in rule_list::all() {
        let line = |name: &str, value: Option<f64>| {
            value.map_or_else(String::new, |value| {
                format!("#{name} = \"{}\"\n", rule.unit.format(value))
            })
        };
        let (warning, critical) = (
            line("warning", rule.warning),
            line("critical", rule.critical),
        );
        if warning.len() + critical.len() > 0 {
            text.push_str(&format!("\n[rules.{}]\n{warning}{critical}", rule.id));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test panics by design")]

    use super::*;
    use gcpressure::settings::{Scope, Severity, WindowLength};

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
    fn what_is_wrong_is_said_with_its_line_and_what_was_meant() {
        for (text, message) in [
            (
                "\nwindw = \"3s\"",
                "2: there is no setting `windw`; did you mean window?",
            ),
            (
                "xyz = 1",
                "1: there is no setting `xyz`, only window, hop, warmup, scope, fail-on, allow-no-verdict, go, gogc, memory-limit, cpus, duration, allow, only, rules",
            ),
            (
                "window = 10",
                "1: window: `10` has no unit; write it like 10ms",
            ),
            (
                "window = \"0s\"",
                "1: window: `0s` is nothing; write a value above 0",
            ),
            (
                "gogc = 0x64",
                "1: gogc: `0x64` is no GOGC; write a whole percentage like 100, or off",
            ),
            (
                "scope = \"windows\"",
                "1: scope: `windows` is none of window, run; did you mean window?",
            ),
            ("hop = [1]", "1: hop takes one value, such as \"10s\""),
            (
                "allow = \"gc-cpu\"",
                "1: allow is a list; write allow = [\"gc-cpu\"]",
            ),
            (
                "allow = [\n \"gc-cpu\",\n \"gc-cup\"]",
                "3: allow: no rule is called `gc-cup`; did you mean gc-cpu?",
            ),
            (
                "[rules.gc-freq]\nwarning = \"1/s\"",
                "1: no rule is called `gc-freq`; did you mean gc-frequency?",
            ),
            (
                "[rules.gc-cpu]\nwarn = \"1%\"",
                "2: there is no threshold `warn`; did you mean warning?",
            ),
            (
                "[rules.gc-cpu]\n\nwarning = \"10ms\"",
                "3: gc-cpu: `10ms` has the wrong unit; write it like 15%",
            ),
            (
                "rules = 3",
                "1: rules is a table; write [rules.gc-frequency]",
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
        for rule in rule_list::all() {
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
    fn what_is_no_default_in_the_example_is_said_to_be_one() {
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
}
