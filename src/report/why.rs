//! Why a program allocates where it does, and what to change.

use serde::{Serialize, Serializer};

use super::sites::{Evidence, Growth, ProfileSource, Site};

/// A heap profile joined with the compiler's escape analysis.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Why {
    /// The heap profile.
    pub profile: ProfileSource,
    /// The escape diagnostics.
    pub compiler: Compiler,
    /// What is counted: `alloc_objects`, `alloc_space`, `inuse_objects` or `inuse_space`.
    pub sample_type: &'static str,
    /// Unit of `total`, `own`, `explained` and `flat`: `count` or `bytes`.
    pub unit: &'static str,
    /// All of it.
    pub total: i64,
    /// What was allocated by lines of the packages that the diagnostics are of.
    pub own: i64,
    /// The part of `own` that is explained.
    pub explained: i64,
    /// `explained` / `own`; null where there is nothing to explain.
    pub explained_ratio: Option<f64>,
    /// The causes by what their line caused, the largest line first, and of a line the largest cause.
    pub causes: Vec<Cause>,
    /// What the reader should know about these numbers.
    pub warnings: Vec<String>,
    /// How the profile stands against the base; null without a check.
    pub check: Option<Growth>,
}

/// The escape diagnostics.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Compiler {
    /// The file, or the command that made them.
    pub name: String,
    /// The packages that were built.
    pub packages: Vec<String>,
    /// Different diagnostics.
    pub diagnostics: u64,
}

/// A line that allocates, and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cause {
    /// The function whose line is to be looked at.
    pub function: String,
    /// Its file as the compiler names it, else as the profile does; null without symbols.
    pub file: Option<String>,
    /// The line, or null.
    pub line: Option<u64>,
    /// The text of the line, where the source was at hand.
    pub source_line: Option<String>,
    /// The pattern: `string-concatenation`, `append-growth`, `interface-boxing`, `closure-capture`, `formatting`,
    /// `encoder-or-buffer`, `pointer-to-local`, `too-large-for-stack`, `slice-made`, `map-made`, `string-conversion`,
    /// `escaping-literal`, `outside-your-code`, `other`.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub pattern: Pattern,
    /// What the explanation rests on.
    pub basis: Basis,
    /// What it allocated, in `unit`.
    pub flat: i64,
    /// What was allocated by this line and all that it called outside of `own` code, in `unit`: the sum of `flat` of its
    /// causes; null if none of the user's code was on the stack.
    pub caused: Option<i64>,
    /// `flat` / `total`; null for a total of 0.
    pub share_ratio: Option<f64>,
    /// Objects of the same.
    pub objects: i64,
    /// Bytes of the same.
    pub bytes: i64,
    /// What `flat` rests on.
    #[serde(flatten)]
    pub evidence: Evidence,
    /// What is known of it.
    pub message: String,
    /// What to change, or null.
    pub remedy: Option<&'static str>,
    /// What goes wrong with that if one does not look out, or null.
    pub trap: Option<&'static str>,
    /// The compiler's words, the likeliest first.
    pub diagnoses: Vec<Diagnosis>,
    /// The allocation sites that were put together here.
    pub sites: Vec<Site>,
}

/// What an explanation rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// A diagnostic of the compiler.
    Diagnostic,
    /// The source line, which appends, or stores into a map.
    Source,
    /// Nothing explains it.
    Unexplained,
    /// It is in no package that the diagnostics are of.
    Outside,
}

/// What the compiler said of one expression.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Diagnosis {
    /// `FILE:LINE:COLUMN`.
    pub place: String,
    /// The expression or variable.
    pub expression: String,
    /// What becomes of it.
    pub fate: Fate,
    /// Why.
    pub reason: Reason,
    /// The way of the value, step by step.
    pub chain: Vec<String>,
}

/// What becomes of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

/// The patterns of needless allocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Pattern {
    /// Strings joined by `+`.
    Concatenation,
    /// A slice that grows by `append`.
    Append,
    /// A value that becomes an interface.
    Boxing,
    /// A closure, and what it captures.
    Closure,
    /// `fmt` where a conversion would do.
    Formatting,
    /// An encoder, a buffer or the like that is made each time.
    Encoder,
    /// The address of a local variable that outlives its function.
    Pointer,
    /// Larger than the stack may hold.
    TooLarge,
    /// A slice that is made each time.
    Make,
    /// A map that is made each time, or grows.
    Map,
    /// A string turned into bytes, or the other way.
    Conversion,
    /// A slice or struct literal that escapes.
    Literal,
    /// In code that the reader cannot change.
    Outside,
    /// None of these.
    Other,
}

impl Pattern {
    /// Every pattern.
    pub const ALL: [Self; 14] = [
        Self::Concatenation,
        Self::Append,
        Self::Boxing,
        Self::Closure,
        Self::Formatting,
        Self::Encoder,
        Self::Pointer,
        Self::TooLarge,
        Self::Make,
        Self::Map,
        Self::Conversion,
        Self::Literal,
        Self::Outside,
        Self::Other,
    ];

    /// The name in data.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Concatenation => "string-concatenation",
            Self::Append => "append-growth",
            Self::Boxing => "interface-boxing",
            Self::Closure => "closure-capture",
            Self::Formatting => "formatting",
            Self::Encoder => "encoder-or-buffer",
            Self::Pointer => "pointer-to-local",
            Self::TooLarge => "too-large-for-stack",
            Self::Make => "slice-made",
            Self::Map => "map-made",
            Self::Conversion => "string-conversion",
            Self::Literal => "escaping-literal",
            Self::Outside => "outside-your-code",
            Self::Other => "other",
        }
    }

    /// The name for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Concatenation => "string concatenation",
            Self::Append => "append without capacity",
            Self::Boxing => "boxing into an interface",
            Self::Closure => "closure capture",
            Self::Formatting => "Sprintf for a simple conversion",
            Self::Encoder => "encoder or buffer made for each call",
            Self::Pointer => "pointer to a local variable",
            Self::TooLarge => "too large for the stack",
            Self::Make => "slice made for each call",
            Self::Map => "map that is made each time, or grows",
            Self::Conversion => "string converted to bytes or back",
            Self::Literal => "literal that escapes",
            Self::Outside => "allocated by a library",
            Self::Other => "allocates",
        }
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.id())
    }
}

/// A part of a total, 0 to 1 for values of one sign; `None` of nothing.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    reason = "a share is shown with three digits"
)]
pub fn share(part: i64, total: i64) -> Option<f64> {
    (total != 0).then(|| part as f64 / total as f64)
}
