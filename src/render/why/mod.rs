//! Why a program allocates: one file for each format, and the words that they share.

use super::Style;
use crate::report::why::{self as model, Basis, Cause, Why};
use crate::units;

pub(super) mod github;
#[cfg(feature = "html")]
pub(super) mod html;
pub(super) mod markdown;
#[cfg(feature = "sarif")]
pub(super) mod sarif;
pub(super) mod text;

/// How many causes are given in full.
const fn in_full(style: &Style) -> usize {
    match style.causes {
        0 => usize::MAX,
        count => count,
    }
}

/// What was joined with what.
fn sources(why: &Why) -> String {
    let profile = super::sites::described(&why.profile);
    format!("{profile} with {}", why.compiler.name)
}

/// How much of it is the reader's own, and how much of that is explained.
fn extent(why: &Why) -> String {
    let own = model::share(why.own, why.total).unwrap_or(0.0);
    let amount = amount(why, why.total);
    let was = if why.unit == "bytes" { "was" } else { "were" };
    let libraries = match model::share(of_libraries(why), why.total) {
        Some(share) if share >= 0.001 => format!(
            "; {} {was} allocated by libraries for calls in it",
            units::percent(share)
        ),
        _ => String::new(),
    };
    match why.explained_ratio {
        Some(explained) => format!(
            "{} of {amount} {was} allocated in your code, and the compiler explains {} of that{libraries}",
            units::percent(own),
            units::percent(explained)
        ),
        None => format!("{amount}, none of it allocated in the packages of the diagnostics"),
    }
}

/// What libraries allocated for calls in the reader's own lines.
fn of_libraries(why: &Why) -> i64 {
    let own = in_order(why).0.into_iter();
    own.fold(0_i64, |sum, cause| sum.wrapping_add(cause.flat))
        .wrapping_sub(why.own)
}

/// A value with what it counts.
fn amount(why: &Why, value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    match why.unit {
        "bytes" => format!("{sign}{}", units::bytes(value.unsigned_abs())),
        _ => format!("{sign}{}", units::counted(value.unsigned_abs(), "object")),
    }
}

/// `24.1% of all: 244,789 objects, 6 B each, ±12%, 107 samples`, and the whole line's share if it has other causes.
fn figures(why: &Why, cause: &Cause) -> String {
    let share = cause.share_ratio.unwrap_or(0.0);
    let mut text = format!(
        "{} of all, {}",
        units::percent(share),
        amount(why, cause.flat)
    );
    if cause.objects > 0 && cause.bytes > 0 && why.unit != "bytes" {
        let each = cause.bytes.unsigned_abs() / cause.objects.unsigned_abs();
        text = format!("{text} of {}", units::bytes(each));
    }
    if cause
        .evidence
        .relative_error_ratio
        .is_some_and(|error| error > 0.0)
    {
        text = format!("{text} ({})", super::sites::error(cause.evidence));
    }
    if cause.evidence.thin {
        text = format!("{text}: too few samples to be sure of the amount");
    }
    if let Some(caused) = cause.caused.filter(|caused| *caused != cause.flat) {
        let share = model::share(caused, why.total).unwrap_or(0.0);
        text = format!(
            "{text}; {} with all that this line causes",
            units::percent(share)
        );
    }
    text
}

/// `handlers/handlers.go:38`.
fn place(cause: &Cause) -> String {
    super::text::causes::line(&cause.function, cause.file.as_deref(), cause.line)
}

/// Causes that the reader can act on first, then what is outside, each the largest first.
fn in_order(why: &Why) -> (Vec<&Cause>, Vec<&Cause>) {
    why.causes
        .iter()
        .partition(|cause| cause.caused.is_some() || cause.basis != Basis::Outside)
}
