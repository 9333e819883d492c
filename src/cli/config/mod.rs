//! What the user chose, and where: flags over file over defaults. Flags and file hold the same text, so a value is read
//! and refused in the same words wherever it stands.

pub(crate) mod file;
pub(crate) mod rule_list;
#[cfg(test)]
mod tests;
mod values;

use std::collections::BTreeMap;
use std::fmt;

use gcpressure::settings::{Scope, Settings, Severity, ThresholdOverride, WindowLength};
use gcpressure::units;

use crate::cli::args::{AnalysisArgs, ProgramArgs, RuleArgs};
use crate::cli::exit::Failure;
use rule_list::Rule;
use values::{cpus, go_version, gogc, one_of, positive, window};

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A flag, as typed.
    Flag(&'static str),
    /// A line of the configuration file.
    File {
        /// As the user named it.
        path: String,
        /// From 1.
        line: usize,
    },
    /// Another choice made it necessary.
    Follows(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => f.write_str(name),
            Self::File { path, line } => write!(f, "{path}:{line}"),
            Self::Follows(what) => write!(f, "follows the {what}"),
        }
    }
}

/// Which of a rule's thresholds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// From here on a finding is a warning.
    Warning,
    /// From here on a finding is critical.
    Critical,
}

/// A setting that has a value; each is spelt as in the configuration file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Setting {
    Window,
    Hop,
    Warmup,
    Scope,
    FailOn,
    AllowNoVerdict,
    Go,
    Gogc,
    MemoryLimit,
    Cpus,
    Duration,
}

impl Setting {
    pub(crate) const ALL: [Self; 11] = [
        Self::Window,
        Self::Hop,
        Self::Warmup,
        Self::Scope,
        Self::FailOn,
        Self::AllowNoVerdict,
        Self::Go,
        Self::Gogc,
        Self::MemoryLimit,
        Self::Cpus,
        Self::Duration,
    ];

    /// The key in the configuration file.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Window => "window",
            Self::Hop => "hop",
            Self::Warmup => "warmup",
            Self::Scope => "scope",
            Self::FailOn => "fail-on",
            Self::AllowNoVerdict => "allow-no-verdict",
            Self::Go => "go",
            Self::Gogc => "gogc",
            Self::MemoryLimit => "memory-limit",
            Self::Cpus => "cpus",
            Self::Duration => "duration",
        }
    }

    /// What holds where it is not set.
    const fn default(self) -> &'static str {
        match self {
            Self::Window => "10s",
            Self::Hop => "2s",
            Self::Warmup => "2s, at most a quarter of the run",
            Self::Scope => "window",
            Self::FailOn => "critical",
            Self::AllowNoVerdict => "false",
            Self::Cpus => "what the stops tell",
            Self::Go | Self::Gogc | Self::MemoryLimit | Self::Duration => "not stated",
        }
    }
}

/// Everything chosen so far.
#[derive(Debug, Clone)]
pub(crate) struct Choices {
    /// For the analysis.
    pub(crate) settings: Settings,
    /// The severity that fails a check.
    pub(crate) fail_on: Severity,
    /// No verdict is no failure.
    pub(crate) allow_no_verdict: bool,
    values: BTreeMap<Setting, (String, Origin)>,
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
    /// The file's choices with the flags over them.
    ///
    /// # Errors
    /// Values that cannot be used, with their place and what would be right.
    pub(crate) fn new(
        file: Self,
        analysis: &AnalysisArgs,
        rules: &RuleArgs,
        fail_on: Option<&str>,
    ) -> Result<Self, Failure> {
        let mut choices = file;
        choices.flags(&[
            (Setting::Window, "--window", analysis.window.as_deref()),
            (Setting::Hop, "--hop", analysis.hop.as_deref()),
            (Setting::Warmup, "--warmup", analysis.warmup.as_deref()),
            (Setting::Scope, "--scope", analysis.scope.as_deref()),
            (
                Setting::Duration,
                "--duration",
                analysis.duration.as_deref(),
            ),
            (Setting::FailOn, "--fail-on", fail_on),
        ])?;
        choices.program(&analysis.program)?;
        choices.rule_flags(rules)?;
        choices.settle()?;
        Ok(choices)
    }

    /// The program is a child of this one and takes its environment: a memory limit in there is the program's.
    pub(crate) fn of_child(&mut self) {
        self.settings.child = true;
        if self.settings.memory_limit.is_none()
            && let Ok(limit) = std::env::var("GOMEMLIMIT")
            && let Some(bytes) = values::go_memory_limit(&limit)
        {
            self.settings.memory_limit = Some(bytes);
            let origin = Origin::Follows("environment (GOMEMLIMIT)");
            self.values.insert(Setting::MemoryLimit, (limit, origin));
        }
    }

    /// What the flags say of the program, and nothing else.
    ///
    /// # Errors
    /// Values that cannot be used.
    pub(crate) fn of_program(program: &ProgramArgs) -> Result<Self, Failure> {
        let mut choices = Self::default();
        choices.program(program)?;
        Ok(choices)
    }

    fn program(&mut self, program: &ProgramArgs) -> Result<(), Failure> {
        self.flags(&[
            (Setting::Go, "--go", program.go.as_deref()),
            (Setting::Gogc, "--gogc", program.gogc.as_deref()),
            (
                Setting::MemoryLimit,
                "--memory-limit",
                program.memory_limit.as_deref(),
            ),
            (Setting::Cpus, "--cpus", program.cpus.as_deref()),
        ])
    }

    fn flags(&mut self, flags: &[(Setting, &'static str, Option<&str>)]) -> Result<(), Failure> {
        for &(setting, flag, value) in flags {
            if let Some(value) = value {
                self.set(setting, value, Origin::Flag(flag))
                    .map_err(|message| Failure::new(format!("{flag}: {message}")))?;
            }
        }
        Ok(())
    }

    fn rule_flags(&mut self, rules: &RuleArgs) -> Result<(), Failure> {
        for (flag, level, pairs) in [
            ("--warn", Level::Warning, &rules.warn),
            ("--max", Level::Critical, &rules.max),
        ] {
            for pair in pairs {
                self.threshold_flag(flag, level, pair)
                    .map_err(|message| Failure::new(format!("{flag}: {message}")))?;
            }
        }
        if !rules.only.is_empty() {
            self.only.clear();
        }
        for id in &rules.only {
            self.only(id, Origin::Flag("--only"))
                .map_err(|message| Failure::new(format!("--only: {message}")))?;
            self.allowed.remove(id.as_str());
        }
        for id in &rules.allow {
            self.allow(id, Origin::Flag("--allow"))
                .map_err(|message| Failure::new(format!("--allow: {message}")))?;
            self.drop_from_file_only(id);
        }
        Ok(())
    }

    /// A flag that switches a rule off takes it out of the few that the file runs; the last of them stays, for without it
    /// all the others would run.
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
        let (id, value) = pair
            .split_once('=')
            .ok_or_else(|| match rule_list::find(pair) {
                Ok(rule) => format!(
                    "`{pair}` has no value; write {pair}={}",
                    rule.unit.example()
                ),
                Err(message) => message,
            })?;
        let rule = rule_list::find(id)?;
        self.threshold(rule, level, value, Origin::Flag(flag))?;
        // A flag that sets a rule's gate wants the rule to run, whatever the file says.
        if level == Level::Critical {
            self.settings.required.insert(rule.id.to_owned());
            self.allowed.remove(rule.id);
            if !self.only.is_empty() {
                self.only.entry(rule.id).or_insert(Origin::Flag(flag));
            }
        }
        Ok(())
    }

    /// Reads and takes over the value of a setting.
    ///
    /// # Errors
    /// What is wrong with the value.
    pub(crate) fn set(
        &mut self,
        setting: Setting,
        value: &str,
        origin: Origin,
    ) -> Result<(), String> {
        let settings = &mut self.settings;
        match setting {
            Setting::Window => settings.window = window(value)?,
            Setting::Hop => settings.hop_ns = positive(value, units::parse_duration(value))?,
            Setting::Warmup => {
                settings.warmup_ns = Some(units::parse_duration(value).map_err(|e| e.to_string())?);
            }
            Setting::Scope => {
                settings.scope = one_of(value, &[("window", Scope::Window), ("run", Scope::Run)])?;
            }
            Setting::FailOn => {
                let severities = [
                    ("warning", Severity::Warning),
                    ("critical", Severity::Critical),
                ];
                self.fail_on = one_of(value, &severities)?;
            }
            Setting::AllowNoVerdict => {
                self.allow_no_verdict = one_of(value, &[("true", true), ("false", false)])?;
            }
            Setting::Go => settings.go_version = Some(go_version(value)?),
            Setting::Gogc => settings.gogc = gogc(value)?,
            Setting::MemoryLimit => {
                settings.memory_limit = Some(positive(value, units::parse_bytes(value))?);
            }
            Setting::Cpus => settings.cpus_milli = Some(cpus(value)?),
            Setting::Duration => {
                settings.life_ns = Some(positive(value, units::parse_duration(value))?);
            }
        }
        self.values.insert(setting, (value.to_owned(), origin));
        Ok(())
    }

    /// Reads and takes over a threshold.
    ///
    /// # Errors
    /// What is wrong with the value.
    pub(crate) fn threshold(
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
                "{}: every program reaches `{value}`; write the smallest value that should count",
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
    ///
    /// # Errors
    /// There is no such rule.
    pub(crate) fn allow(&mut self, id: &str, origin: Origin) -> Result<(), String> {
        self.allowed.insert(rule_list::find(id)?.id, origin);
        Ok(())
    }

    /// Makes a rule one of the few that run.
    ///
    /// # Errors
    /// There is no such rule.
    pub(crate) fn only(&mut self, id: &str, origin: Origin) -> Result<(), String> {
        self.only.insert(rule_list::find(id)?.id, origin);
        Ok(())
    }

    /// Makes the choices agree with each other, where one follows from another, and refuses them where they cannot.
    fn settle(&mut self) -> Result<(), Failure> {
        for rule in rule_list::all() {
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
            // Only a window was chosen: the default step shrinks with it.
            if self.values.contains_key(&Setting::Hop) {
                return Err(Failure::new(format!(
                    "{}the step of the window ({hop}) is longer than the window ({window})",
                    self.place(&[Setting::Hop, Setting::Window])
                )));
            }
            self.settings.hop_ns = (window_ns / 5).max(1);
            let hop = units::duration(self.settings.hop_ns);
            self.values
                .insert(Setting::Hop, (hop, Origin::Follows("window")));
        }
        self.agree_on_rules()
    }

    /// The first line of the configuration file that sets one of these, in front of a message; nothing where flags do.
    fn place(&self, settings: &[Setting]) -> String {
        let origins = settings
            .iter()
            .filter_map(|setting| self.values.get(setting));
        let mut files = origins.filter(|(_, origin)| matches!(origin, Origin::File { .. }));
        files
            .next()
            .map_or_else(String::new, |(_, origin)| format!("{origin}: "))
    }

    /// Which rules run; refuses what asks for a rule and switches it off.
    fn agree_on_rules(&mut self) -> Result<(), Failure> {
        // Only `--max` asks for a rule without naming it among those that run.
        let required = &self.settings.required;
        if let (Some(origin), Some(id)) = (
            self.only.values().next(),
            required
                .iter()
                .find(|id| !self.only.contains_key(id.as_str())),
        ) {
            return Err(
                Failure::new(format!("{origin} leaves {id} out, but --max asks for it"))
                    .tip(format!("add --only {id}, or leave its --max away")),
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
        let setting = |setting: Setting| match self.values.get(&setting) {
            Some((value, origin)) => format!("{} = {value} ({origin})", setting.name()),
            None => format!("{} = {} (default)", setting.name(), setting.default()),
        };
        let rule = |rule: &Rule| {
            if let Some(origin) = self.allowed.get(rule.id) {
                return format!("{}: off ({origin})", rule.id);
            }
            if !self.only.is_empty() && !self.only.contains_key(rule.id) {
                return format!("{}: off (not among the only rules)", rule.id);
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
        let settings = Setting::ALL.into_iter().map(setting);
        settings.chain(rule_list::all().iter().map(rule)).collect()
    }
}

/// A critical threshold below the warning pulls the warning down with it (true), unless that was chosen too.
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
