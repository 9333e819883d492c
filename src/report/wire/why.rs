//! `gcpressure.why/v1`: why a program allocates where it does.

use schemars::JsonSchema;
use serde::Serialize;

use super::Tool;
use super::sites::{Evidence, ProfileSource, Site};
use crate::report::why as model;

/// The version of the causes.
pub const WHY_SCHEMA: &str = "gcpressure.why/v1";

/// A heap profile joined with the compiler's escape analysis.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Why<'a> {
    /// Always `gcpressure.why/v1`.
    #[schemars(extend("const" = WHY_SCHEMA))]
    pub schema: &'static str,
    /// What wrote this.
    pub tool: Tool,
    /// The heap profile.
    pub profile: ProfileSource<'a>,
    /// The escape diagnostics.
    pub compiler: Compiler<'a>,
    /// What is counted: `alloc_objects`, `alloc_space`, `inuse_objects` or `inuse_space`.
    pub sample_type: &'a str,
    /// Unit of `total`, `own`, `explained` and `flat`: `count` or `bytes`.
    pub unit: &'a str,
    /// All of it.
    pub total: i64,
    /// What was allocated by lines of the packages that the diagnostics are of.
    pub own: i64,
    /// The part of `own` that is explained.
    pub explained: i64,
    /// `explained` / `own`; null where there is nothing to explain.
    pub explained_ratio: Option<f64>,
    /// The causes, the largest first.
    pub causes: Vec<Cause<'a>>,
    /// What the reader should know about these numbers.
    pub warnings: &'a [String],
}

/// The escape diagnostics.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Compiler<'a> {
    /// The file, or the command that made them.
    pub name: &'a str,
    /// The packages that were built.
    pub packages: &'a [String],
    /// Different diagnostics.
    pub diagnostics: u64,
}

/// A line that allocates, and why.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Cause<'a> {
    /// The function whose line is to be looked at.
    pub function: &'a str,
    /// Its file as the compiler names it, else as the profile does; null without symbols.
    pub file: Option<&'a str>,
    /// The line, or null.
    pub line: Option<u64>,
    /// The text of the line, where the source was at hand.
    pub source_line: Option<&'a str>,
    /// The pattern: `string-concatenation`, `append-growth`, `interface-boxing`, `closure-capture`, `formatting`,
    /// `encoder-or-buffer`, `pointer-to-local`, `too-large-for-stack`, `slice-made`, `map-made`, `string-conversion`,
    /// `escaping-literal`, `outside-your-code`, `other`.
    pub pattern: &'a str,
    /// What the explanation rests on.
    pub basis: Basis,
    /// What it allocated, in `unit`.
    pub flat: i64,
    /// `flat` / `total`; null where there is no total.
    pub share_ratio: Option<f64>,
    /// Objects of the same.
    pub objects: i64,
    /// Bytes of the same.
    pub bytes: i64,
    /// What `flat` rests on.
    #[serde(flatten)]
    pub evidence: Evidence,
    /// What is known of it.
    pub message: &'a str,
    /// What to change, or null.
    pub remedy: Option<&'a str>,
    /// What goes wrong with that if one does not look out, or null.
    pub trap: Option<&'a str>,
    /// The compiler's words, the likeliest first.
    pub diagnoses: Vec<Diagnosis<'a>>,
    /// The allocation sites that were put together here.
    pub sites: Vec<Site<'a>>,
}

/// What an explanation rests on.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// A diagnostic of the compiler.
    Diagnostic,
    /// The source line, which appends.
    Source,
    /// Nothing explains it.
    Unexplained,
    /// It is in no package that the diagnostics are of.
    Outside,
}

/// What the compiler said of one expression.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Diagnosis<'a> {
    /// `FILE:LINE:COLUMN`.
    pub place: &'a str,
    /// The expression or variable.
    pub expression: &'a str,
    /// What becomes of it.
    pub fate: Fate,
    /// Why.
    pub reason: Reason,
    /// The way of the value, step by step.
    pub chain: &'a [String],
}

/// What becomes of an expression.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// `escapes to heap`.
    Escapes,
    /// `moved to heap`.
    Moved,
    /// It does not escape, but outgrows its buffer on the stack.
    Outgrows,
}

/// Why something escapes.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// It is returned.
    Returned,
    /// It is stored where its end cannot be seen.
    Stored,
    /// It becomes an interface value.
    Interface,
    /// A closure captures it.
    Captured,
    /// It is handed to a function that lets it escape.
    Passed,
    /// It is too large for the stack.
    TooLarge,
    /// Its size is known only when it runs.
    NonConstantSize,
    /// The diagnostics do not say.
    Unknown,
}

impl<'a> From<&'a model::Why> for Why<'a> {
    fn from(why: &'a model::Why) -> Self {
        Self {
            schema: WHY_SCHEMA,
            tool: Tool::this(),
            profile: (&why.profile).into(),
            compiler: Compiler {
                name: &why.compiler.name,
                packages: &why.compiler.packages,
                diagnostics: why.compiler.diagnostics,
            },
            sample_type: why.sample_type,
            unit: why.unit,
            total: why.total,
            own: why.own,
            explained: why.explained,
            explained_ratio: model::share(why.explained, why.own),
            causes: why
                .causes
                .iter()
                .map(|cause| Cause::of(cause, why.total))
                .collect(),
            warnings: &why.warnings,
        }
    }
}

impl<'a> Cause<'a> {
    fn of(cause: &'a model::Cause, total: i64) -> Self {
        let known = |text: &'a str| (!text.is_empty()).then_some(text);
        Self {
            function: &cause.place.function,
            file: known(&cause.path),
            line: (cause.place.line > 0).then_some(cause.place.line),
            source_line: cause.source_line.as_deref(),
            pattern: cause.pattern.id(),
            basis: match cause.basis {
                model::Basis::Diagnostic => Basis::Diagnostic,
                model::Basis::Source => Basis::Source,
                model::Basis::Unexplained => Basis::Unexplained,
                model::Basis::Outside => Basis::Outside,
            },
            flat: cause.flat,
            share_ratio: model::share(cause.flat, total),
            objects: cause.objects,
            bytes: cause.bytes,
            evidence: cause.evidence.into(),
            message: &cause.message,
            remedy: cause.remedy,
            trap: cause.trap,
            diagnoses: cause.diagnoses.iter().map(Into::into).collect(),
            sites: cause.sites.iter().map(Into::into).collect(),
        }
    }
}

impl<'a> From<&'a model::Diagnosis> for Diagnosis<'a> {
    fn from(diagnosis: &'a model::Diagnosis) -> Self {
        Self {
            place: &diagnosis.place,
            expression: &diagnosis.expression,
            fate: match diagnosis.fate {
                model::Fate::Escapes => Fate::Escapes,
                model::Fate::Moved => Fate::Moved,
                model::Fate::Outgrows => Fate::Outgrows,
            },
            reason: match diagnosis.reason {
                model::Reason::Returned => Reason::Returned,
                model::Reason::Stored => Reason::Stored,
                model::Reason::Interface => Reason::Interface,
                model::Reason::Captured => Reason::Captured,
                model::Reason::Passed => Reason::Passed,
                model::Reason::TooLarge => Reason::TooLarge,
                model::Reason::NonConstantSize => Reason::NonConstantSize,
                model::Reason::Unknown => Reason::Unknown,
            },
            chain: &diagnosis.chain,
        }
    }
}
