//! The user's choices: flags over configuration file over defaults. Flags and file hold the same text, so a value is parsed
//! and refused in the same words in both.

pub(crate) mod file;
mod settings;
#[cfg(test)]
mod tests;
mod values;

use std::collections::BTreeMap;
use std::fmt;

use gcpressure::internal::rules::{self, Rule};
use gcpressure::internal::settings::{Settings, Severity, ThresholdOverride, WindowLength};
use gcpressure::internal::units;

use super::args::{AnalysisArgs, ProgramArgs, RuleArgs, ShowArgs};
use super::exit::{Failure, Policy};
use super::suggest;
use settings::{SETTINGS, Setting};

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A flag, without its dashes.
    Flag(&'static str),
    /// A line of the configuration file.
    File {
        /// As the user named it.
        path: String,
        /// From 1.
        line: usize,
    },
    /// Follows from another choice.
    Follows(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "--{name}"),
            Self::File { path, line } => write!(f, "{path}:{line}"),
            Self::Follows(what) => write!(f, "follows the {what}"),
        }
    }
}

/// One of the two thresholds of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Warning,
    Critical,
}

/// The rule with this id.
///
/// # Errors
/// A message with the nearest id if there is none.
pub(crate) fn find_rule(id: &str) -> Result<&'static Rule, String> {
    let ids = || rules::table().iter().map(|rule| rule.id);
    rules::find(id).ok_or_else(|| suggest::unknown("rule", id, ids()))
}

/// All choices.
#[derive(Debug, Clone)]
pub(crate) struct Choices {
    /// For the analysis.
    pub(crate) settings: Settings,
    /// The severity that fails a check.
    pub(crate) fail_on: Severity,
    /// No verdict does not fail a check.
    pub(crate) allow_no_verdict: bool,
    values: BTreeMap<&'static str, (String, Origin)>,
    thresholds: BTreeMap<(&'static str, Level), Origin>,
    allowed: BTreeMap<&'static str, Origin>,
    only: BTreeMap<&'static str, Origin>,
}

impl Default for Choices {
    fn default() -> Self {
        Self {
            settings: Settings::default(),
            fail_on: Severity::Critical,
            allow_no_verdict: false,
            values: BTreeMap::new(),
            thresholds: BTreeMap::new(),
            allowed: BTreeMap::new(),
            only: BTreeMap::new(),
        }
    }
}

impl Choices {
    /// The choices of the configuration file, with the flags over them.
    ///
    /// # Errors
    /// A file that cannot be read; invalid values, with their place and what is expected.
    pub(crate) fn load(
        analysis: &AnalysisArgs,
        rules: &RuleArgs,
        fail_on: Option<&str>,
    ) -> Result<Self, Failure> {
        let file = file::load(rules.config.as_deref())?;
        file.with_flags(analysis, rules, fail_on)
    }

    fn with_flags(
        mut self,
        analysis: &AnalysisArgs,
        rules: &RuleArgs,
        fail_on: Option<&str>,
    ) -> Result<Self, Failure> {
        self.flags(&analysis.given())?;
        self.flags(&[("fail-on", fail_on)])?;
        self.rule_flags(rules)?;
        self.settle()?;
        Ok(self)
    }

    /// What the flags say about the program, and nothing else.
    ///
    /// # Errors
    /// Invalid values.
    pub(crate) fn of_program(program: &ProgramArgs) -> Result<Self, Failure> {
        let mut choices = Self::default();
        choices.flags(&program.given())?;
        Ok(choices)
    }

    /// Takes over GOMEMLIMIT from the environment, which the program that is run inherits.
    pub(crate) fn inherit_environment(&mut self) {
        self.settings.child = true;
        if self.settings.memory_limit.is_none()
            && let Ok(limit) = std::env::var("GOMEMLIMIT")
            && let Some(bytes) = values::go_memory_limit(&limit)
        {
            self.settings.memory_limit = Some(bytes);
            let origin = Origin::Follows("environment (GOMEMLIMIT)");
            self.values.insert("memory-limit", (limit, origin));
        }
    }

    /// What the exit status depends on; `fail_on` where there is a gate.
    pub(crate) fn policy(&self, show: &ShowArgs, fail_on: Option<Severity>) -> Policy {
        Policy {
            fail_on,
            allow_no_verdict: show.allow_no_verdict || self.allow_no_verdict,
            exit_zero: show.exit_zero,
        }
    }

    fn flags(&mut self, given: &[(&'static str, Option<&str>)]) -> Result<(), Failure> {
        for (flag, value) in given {
            let setting = SETTINGS.iter().find(|setting| setting.name == *flag);
            if let (Some(setting), Some(value)) = (setting, value) {
                self.set(setting, value, Origin::Flag(flag))
                    .map_err(of_flag(flag))?;
            }
        }
        Ok(())
    }

    fn rule_flags(&mut self, rules: &RuleArgs) -> Result<(), Failure> {
        for (flag, level, pairs) in [
            ("warn", Level::Warning, &rules.warn),
            ("max", Level::Critical, &rules.max),
        ] {
            for pair in pairs {
                self.threshold_flag(flag, level, pair)
                    .map_err(of_flag(flag))?;
            }
        }
        if !rules.only.is_empty() {
            self.only.clear();
        }
        for id in &rules.only {
            self.only(id, Origin::Flag("only"))
                .map_err(of_flag("only"))?;
            self.allowed.remove(id.as_str());
        }
        for id in &rules.allow {
            self.allow(id, Origin::Flag("allow"))
                .map_err(of_flag("allow"))?;
            self.drop_from_file_only(id);
        }
        Ok(())
    }

    /// `--allow` takes a rule off the `only` list of the file. The last one stays: without it all other rules would run.
    fn drop_from_file_only(&mut self, id: &str) {
        let of_file = matches!(self.only.get(id), Some(Origin::File { .. }));
        if of_file && self.only.len() > 1 {
            self.only.remove(id);
        }
    }

    fn threshold_flag(
        &mut self,
        flag: &'static str,
        level: Level,
        pair: &str,
    ) -> Result<(), String> {
        let (id, value) = pair.split_once('=').unwrap_or((pair, ""));
        let rule = find_rule(id)?;
        if value.is_empty() {
            let example = rule.unit.example();
            return Err(format!("missing value: expected e.g. `{id}={example}`"));
        }
        self.threshold(rule, level, value, Origin::Flag(flag))?;
        // A flag that sets a rule's gate also switches the rule on.
        if level == Level::Critical {
            self.settings.required.insert(rule.id.to_owned());
            self.allowed.remove(rule.id);
            if !self.only.is_empty() {
                self.only.entry(rule.id).or_insert(Origin::Flag(flag));
            }
        }
        Ok(())
    }

    /// Parses the value of a setting and takes it over.
    fn set(&mut self, setting: &Setting, value: &str, origin: Origin) -> Result<(), String> {
        (setting.set)(self, value)?;
        self.values.insert(setting.name, (value.to_owned(), origin));
        Ok(())
    }

    /// Parses a threshold and takes it over.
    fn threshold(
        &mut self,
        rule: &'static Rule,
        level: Level,
        value: &str,
        origin: Origin,
    ) -> Result<(), String> {
        let number = rule
            .unit
            .parse(value)
            .map_err(|error| format!("{}: {error}", rule.id))?;
        if number <= 0.0 {
            return Err(format!(
                "{}: invalid threshold `{value}`: expected a value above 0",
                rule.id
            ));
        }
        let entry = self
            .settings
            .thresholds
            .entry(rule.id.to_owned())
            .or_default();
        match level {
            Level::Warning => entry.warning = Some(number),
            Level::Critical => entry.critical = Some(number),
        }
        self.thresholds.insert((rule.id, level), origin);
        Ok(())
    }

    /// Switches a rule off.
    fn allow(&mut self, id: &str, origin: Origin) -> Result<(), String> {
        self.allowed.insert(find_rule(id)?.id, origin);
        Ok(())
    }

    /// Puts a rule on the list of the only ones that run.
    fn only(&mut self, id: &str, origin: Origin) -> Result<(), String> {
        self.only.insert(find_rule(id)?.id, origin);
        Ok(())
    }

    /// Sets what follows from other choices, and refuses choices that contradict each other.
    fn settle(&mut self) -> Result<(), Failure> {
        for rule in rules::table() {
            if let Some(chosen) = self.settings.thresholds.get_mut(rule.id) {
                let warning = (rule.id, Level::Warning);
                if order(rule, chosen, self.thresholds.get(&warning))? {
                    let follows = Origin::Follows("critical threshold");
                    self.thresholds.insert(warning, follows);
                }
            }
        }
        if let WindowLength::Time(window_ns) = self.settings.window
            && self.settings.hop_ns > window_ns
        {
            let hop = units::duration(self.settings.hop_ns);
            let window = units::duration(window_ns);
            // The default step shrinks with the window.
            if self.values.contains_key("hop") {
                return Err(Failure::new(format!(
                    "{}the step of the window ({hop}) is longer than the window ({window})",
                    self.place(&["hop", "window"])
                )));
            }
            self.settings.hop_ns = (window_ns / 5).max(1);
            let hop = units::duration(self.settings.hop_ns);
            self.values.insert("hop", (hop, Origin::Follows("window")));
        }
        self.agree_on_rules()
    }

    /// The first line of the configuration file that sets one of these, as the beginning of a message; empty where flags
    /// do.
    fn place(&self, settings: &[&str]) -> String {
        let origins = settings
            .iter()
            .filter_map(|setting| self.values.get(*setting));
        let mut files = origins.filter(|(_, origin)| matches!(origin, Origin::File { .. }));
        let first = files.next();
        first.map_or_else(String::new, |(_, origin)| format!("{origin}: "))
    }

    /// Decides which rules run; refuses choices that ask for a rule and switch it off.
    fn agree_on_rules(&mut self) -> Result<(), Failure> {
        // Only `--max` asks for a rule that is not on the list.
        let required = &self.settings.required;
        if let (Some(origin), Some(id)) = (
            self.only.values().next(),
            required
                .iter()
                .find(|id| !self.only.contains_key(id.as_str())),
        ) {
            return Err(
                Failure::new(format!("{origin} leaves {id} out, but --max asks for it"))
                    .tip(format!("add --only {id}, or leave out its --max")),
            );
        }
        self.settings.allow = self.allowed.keys().map(|&id| id.to_owned()).collect();
        self.settings.only = self.only.keys().map(|&id| id.to_owned()).collect();
        self.settings
            .required
            .extend(self.settings.only.iter().cloned());
        if let Some((id, origin)) = self
            .allowed
            .iter()
            .find(|(id, _)| self.settings.required.contains(**id))
        {
            return Err(Failure::new(format!(
                "{origin} switches {id} off, but another setting asks for it"
            )));
        }
        Ok(())
    }

    /// One line for each setting and rule: its value and where it came from.
    pub(crate) fn describe(&self) -> Vec<String> {
        let setting = |setting: &Setting| match self.values.get(setting.name) {
            Some((value, origin)) => format!("{} = {value} ({origin})", setting.name),
            None => format!("{} = {} (default)", setting.name, setting.default),
        };
        let rule = |rule: &Rule| {
            if let Some(origin) = self.allowed.get(rule.id) {
                return format!("{}: off ({origin})", rule.id);
            }
            if !self.only.is_empty() && !self.only.contains_key(rule.id) {
                return format!("{}: off (not in the only list)", rule.id);
            }
            let chosen = self
                .settings
                .thresholds
                .get(rule.id)
                .copied()
                .unwrap_or_default();
            let level = |level, name, chosen: Option<f64>, default: Option<f64>| {
                let value = chosen.or(default)?;
                let value = rule.unit.format(value);
                Some(match self.thresholds.get(&(rule.id, level)) {
                    Some(origin) => format!(" {name} {value} ({origin})"),
                    None => format!(" {name} {value} (default)"),
                })
            };
            let info = || Some(format!(" info {} (default)", rule.unit.format(rule.info?)));
            let warning = level(Level::Warning, "warning", chosen.warning, rule.warning);
            let critical = level(Level::Critical, "critical", chosen.critical, rule.critical);
            let info = if warning.is_none() { info() } else { None };
            let levels: Vec<_> = [info, warning, critical].into_iter().flatten().collect();
            format!("{}:{}", rule.id, levels.join(","))
        };
        let settings = SETTINGS.iter().map(setting);
        settings.chain(rules::table().iter().map(rule)).collect()
    }
}

/// Puts the name of a flag before what is wrong with its value.
fn of_flag(flag: &str) -> impl Fn(String) -> Failure {
    move |message| Failure::new(format!("--{flag}: {message}"))
}

/// Lowers the warning threshold to a critical one below it (true), unless it was chosen too.
fn order(
    rule: &Rule,
    chosen: &mut ThresholdOverride,
    warned: Option<&Origin>,
) -> Result<bool, Failure> {
    let (Some(warning), Some(critical)) = (
        chosen.warning.or(rule.warning),
        chosen.critical.or(rule.critical),
    ) else {
        return Ok(false);
    };
    if warning <= critical {
        return Ok(false);
    }
    match warned {
        None => {
            chosen.warning = Some(critical);
            Ok(true)
        }
        Some(origin) => Err(Failure::new(format!(
            "{origin}: the warning threshold of {} ({}) is above the critical one ({})",
            rule.id,
            rule.unit.format(warning),
            rule.unit.format(critical)
        ))
        .tip(format!("set both: --warn {0}=... --max {0}=...", rule.id))),
    }
}
