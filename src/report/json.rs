//! How figures and names are written as JSON where their type alone does not say it.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::Evidence;
use crate::settings::Scope;
use crate::severity::{CappedBy, Cause};
use crate::units::Unit;

/// A figure in its unit: written as an integer where it is one.
struct Number(f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        /// Up to here a double holds every integer.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        let whole = self.0.fract().abs() < f64::MIN_POSITIVE;
        #[allow(
            clippy::cast_possible_truncation,
            reason = "the bound makes the cast exact"
        )]
        if whole && self.0.abs() <= EXACT {
            serializer.serialize_i64(self.0 as i64)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

pub(super) fn number<S: Serializer>(value: &f64, to: S) -> Result<S::Ok, S::Error> {
    Number(*value).serialize(to)
}

pub(super) fn number_or_null<S: Serializer>(value: &Option<f64>, to: S) -> Result<S::Ok, S::Error> {
    value.map(Number).serialize(to)
}

pub(super) fn numbers<S: Serializer>(values: &[f64], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(values.iter().copied().map(Number))
}

/// The figures by their names, in the order of those.
pub(super) fn evidence<S: Serializer>(figures: &[Evidence], to: S) -> Result<S::Ok, S::Error> {
    let figures = figures
        .iter()
        .map(|figure| (figure.name, Number(figure.value)));
    figures.collect::<BTreeMap<_, _>>().serialize(to)
}

pub(super) fn unit<S: Serializer>(unit: &Unit, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(unit.symbol())
}

pub(super) fn scope<S: Serializer>(scope: &Scope, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(match scope {
        Scope::Window | Scope::Nothing => "window",
        Scope::Run => "run",
    })
}

pub(super) fn cause<S: Serializer>(cause: &Cause, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(cause.name())
}

pub(super) fn capped_by<S: Serializer>(
    capped_by: &Option<CappedBy>,
    to: S,
) -> Result<S::Ok, S::Error> {
    capped_by.map(CappedBy::name).serialize(to)
}
