//! `gcpressure.toml`: walked as a table with positions, so that every error has its line and a suggestion.

use std::ops::Range;
use std::path::Path;

use gcpressure::internal::rules;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::settings::SETTINGS;
use super::{Choices, Level, Origin, find_rule};
use crate::cli::exit::Failure;
use crate::cli::suggest;

/// The file that is read where `--config` is not given.
pub(crate) const DEFAULT_PATH: &str = "gcpressure.toml";

/// The configuration file: the named one, or the default file if it exists.
pub(crate) fn path(named: Option<&str>) -> Option<&str> {
    named.or_else(|| Path::new(DEFAULT_PATH).exists().then_some(DEFAULT_PATH))
}

/// The choices of the configuration file; the defaults without one.
///
/// # Errors
/// A file that cannot be read; an error in it, with its line.
pub(crate) fn load(named: Option<&str>) -> Result<Choices, Failure> {
    let Some(path) = path(named) else {
        return Ok(Choices::default());
    };
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::from(gcpressure::internal::error::Error::Io {
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
/// An error in it, with its line.
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

/// A configuration text and its path, for messages.
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
        if let Some(setting) = SETTINGS.iter().find(|setting| setting.name == key) {
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
                let known = SETTINGS.iter().map(|setting| setting.name);
                let known = known.chain(["allow", "only", "rules"]);
                Err(self.wrong(&at, &suggest::unknown("setting", key, known)))
            }
        }
    }

    fn rules(self, choices: &mut Choices, value: &Spanned<DeValue<'_>>) -> Result<(), Failure> {
        for (id, thresholds) in self.table("rules", value)? {
            let rule =
                find_rule(id.get_ref()).map_err(|message| self.wrong(&id.span(), &message))?;
            for (key, value) in self.table(rule.id, thresholds)? {
                let level = match &**key.get_ref() {
                    "warning" => Level::Warning,
                    "critical" => Level::Critical,
                    other => {
                        let message = suggest::unknown("threshold", other, ["warning", "critical"]);
                        return Err(self.wrong(&key.span(), &message));
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
                &format!("{key}: expected a table, e.g. `[rules.gc-frequency]`"),
            )),
        }
    }

    /// The text of a value: a string without its quotes, or a number or boolean as written (`1.30` stays `1.30`).
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
                &format!("{key}: expected one value, e.g. `\"10s\"`"),
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
                &format!("{key}: expected a list, e.g. `{key} = [\"gc-cpu\"]`"),
            ));
        };
        for name in names.iter() {
            take(self.scalar(key, name)?, self.origin(&name.span()))
                .map_err(|message| self.wrong(&name.span(), &format!("{key}: {message}")))?;
        }
        Ok(())
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

/// The text of `check --init`: every setting, commented out, with its default or an example.
pub(crate) fn example() -> String {
    let mut text = String::from(
        "# gcpressure.toml: how gcpressure judges GC pressure here. Flags override it; `gcpressure check -v` shows where\n\
         # each value came from. Settings that start with # show the defaults, or an example where that is said.\n",
    );
    for setting in &SETTINGS {
        text.push_str(setting.comment);
        text.push_str(&format!("#{} = {}\n", setting.name, setting.example));
    }
    text.push_str(
        "\n\
         # Rules that are switched off, and the only ones that run; without these lines all of them run. Examples:\n\
         #allow = [\"goal-churn\"]\n\
         #only = [\"gc-frequency\", \"gc-cpu\"]\n\
         \n\
         # Thresholds, at their defaults; `gcpressure explain RULE` says what each rule measures.\n",
    );
    for rule in rules::table() {
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
mod tests;
