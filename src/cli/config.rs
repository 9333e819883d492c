//! `gcpressure.toml`: read by hand from the spanned table, so that every complaint has its line and a suggestion.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::choices::{Choices, Level, Origin, Setting};
use super::exit::Failure;
use super::{rule_list, suggest};

/// The file that is read where none is named.
pub(crate) const DEFAULT_PATH: &str = "gcpressure.toml";

/// The choices of the file that was named, or of the default file if there is one.
///
/// # Errors
/// A named file that cannot be read, and whatever is wrong in it, with its line.
pub(crate) fn load(named: Option<&str>) -> Result<Choices, Failure> {
    let path = match named {
        Some(path) => path,
        None if Path::new(DEFAULT_PATH).exists() => DEFAULT_PATH,
        None => return Ok(Choices::default()),
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
fn parse(path: &str, text: &str) -> Result<Choices, Failure> {
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

/// A commented example of every setting, all of them at their defaults.
pub(crate) fn example() -> String {
    let mut text = String::from(
        "# gcpressure.toml: how gcpressure judges GC pressure here. Flags override it; `gcpressure check -v` shows where\n\
         # each value came from. Lines that start with # show the defaults.\n\
         \n\
         # Sliding window of the program's own time, or a number of GC cycles (\"200gc\"), and its step.\n\
         #window = \"10s\"\n\
         #hop = \"2s\"\n\
         \n\
         # Start of the run that rules leave out; without it 2s, at most a quarter of the run.\n\
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
         # What you know of the program; the log does not say it.\n\
         #go = \"1.27\"\n\
         #gogc = 100\n\
         #memory-limit = \"512MiB\"\n\
         \n\
         # Rules that are switched off, and the only ones that run (all of them where the list is empty).\n\
         #allow = [\"gc-frequency\"]\n\
         #only = []\n\
         \n\
         # Thresholds; `gcpressure explain RULE` says what each rule measures.\n",
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
