//! Sites that allocate more than in an older profile, as a gate.
//!
//! The two profiles are of different runs with the same work, so each has a sampling error of its own, and the variance of
//! a difference is the sum of both. A site grew if it allocates more by 1 % of all that was allocated before, and by 4
//! standard errors: 1 site in 30,000 seems to by chance. Between 2 and 4 the samples cannot tell.

use std::collections::BTreeMap;

use super::sites::frame;
use crate::profile::sampling::Evidence;
use crate::profile::{self, Profile, SampleType};
use crate::report::comparison::Outcome;
use crate::report::sites::{Frame, Grown, Growth};
use crate::units;

/// Growth below this share of what the base allocated does not count.
const LEAST: f64 = 0.01;
/// Standard errors from which on growth is certain.
const CERTAIN: f64 = 4.0;
/// Standard errors from which on growth is possible.
const POSSIBLE: f64 = 2.0;

/// What a site allocated.
#[derive(Default)]
struct Sum {
    frame: Frame,
    flat: i64,
    evidence: Evidence,
}

/// Compares the sites of a profile with those of an older one; the exit status is left at 0.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    reason = "standard errors are far larger than a double's"
)]
pub fn growth(new: &Profile, base: &Profile, kind: SampleType) -> Growth {
    let (before, after) = (by_place(base, kind), by_place(new, kind));
    let least = base.total(kind).wrapping_abs() as f64 * LEAST;
    let mut grown = Vec::new();
    let mut possible = Vec::new();
    let none = Sum::default();
    let (functions_before, functions_after) = (by_function(&before), by_function(&after));
    for (place, site) in &after {
        let old = before.get(place).unwrap_or(&none);
        let function = (&site.frame.file, &site.frame.function);
        let pairs = [
            (site, old),
            (
                functions_after.get(&function).unwrap_or(&none),
                functions_before.get(&function).unwrap_or(&none),
            ),
        ];
        let [(more, error), (of_function, its_error)] = pairs.map(|(new, old)| {
            let variance = new.evidence.variance + old.evidence.variance;
            (new.flat as f64 - old.flat as f64, variance.sqrt())
        });
        let reaches = |errors: f64| {
            let least = least.max(f64::MIN_POSITIVE);
            more >= least.max(errors * error) && of_function >= least.max(errors * its_error)
        };
        if !reaches(POSSIBLE) {
            continue;
        }
        let site = Grown {
            place: site.frame.clone(),
            before: old.flat,
            after: site.flat,
            standard_error: error,
        };
        if reaches(CERTAIN) {
            grown.push(site);
        } else {
            possible.push(site);
        }
    }
    for sites in [&mut grown, &mut possible] {
        sites.sort_by_key(|site| std::cmp::Reverse(site.after.saturating_sub(site.before)));
    }
    let thin = |sums: &BTreeMap<_, Sum>| {
        let mut all = Sum::default();
        for sum in sums.values() {
            all.flat = all.flat.wrapping_add(sum.flat);
            all.evidence.add(sum.evidence);
        }
        all.flat == 0 || all.evidence.is_thin(all.flat)
    };
    let common = after
        .iter()
        .filter(|(place, _)| before.contains_key(*place));
    let common = common.fold(0_i64, |sum, (_, site)| sum.wrapping_add(site.flat));
    let all = new.total(kind) as f64;
    let outcome = if all > 0.0 && (common as f64) < all * LEAST {
        Outcome::NoVerdict(
            "the sites of the two profiles are not the same: less than 1 % was allocated at lines that are in both; build both \
             from the same paths, or with -trimpath"
                .to_owned(),
        )
    } else if !grown.is_empty() {
        Outcome::Regression(grown.iter().map(|site| sentence(site, kind)).collect())
    } else if thin(&before) || thin(&after) {
        Outcome::NoVerdict(format!("fewer than 30 samples in all: {MORE_SAMPLES}"))
    } else if let Some(first) = possible.first() {
        let others = match possible.len() {
            1 => String::new(),
            count => format!(", and {} more", count - 1),
        };
        Outcome::NoVerdict(format!(
            "{}{others}: more than twice the error, and not 4 times: {MORE_SAMPLES}",
            sentence(first, kind)
        ))
    } else {
        Outcome::Pass
    };
    Growth {
        outcome,
        exit_status: 0,
        grown,
    }
}

const MORE_SAMPLES: &str =
    "run longer, or with a smaller runtime.MemProfileRate (go test -memprofilerate)";

/// Where a site is: file and line, else the function. A closure is inlined with its function, and then has another name in
/// each version of Go.
type Place = (String, i64);

/// The sums of all places in a function of a file.
fn by_function(places: &BTreeMap<Place, Sum>) -> BTreeMap<(&Option<String>, &String), Sum> {
    let mut sums: BTreeMap<_, Sum> = BTreeMap::new();
    for place in places.values() {
        let key = (&place.frame.file, &place.frame.function);
        let sum = sums.entry(key).or_default();
        sum.flat = sum.flat.wrapping_add(place.flat);
        sum.evidence.add(place.evidence);
    }
    sums
}

fn by_place(profile: &Profile, kind: SampleType) -> BTreeMap<Place, Sum> {
    let mut sums: BTreeMap<Place, Sum> = BTreeMap::new();
    for site in profile::sites(profile, kind) {
        let leaf = site.chain.into_iter().next().unwrap_or(profile::Frame {
            function: site.object,
            file: String::new(),
            line: 0,
        });
        let place = match leaf.file.is_empty() || leaf.line <= 0 {
            true => (without_inlining(&leaf.function), 0),
            false => (leaf.file.clone(), leaf.line),
        };
        let sum = sums.entry(place).or_default();
        sum.flat = sum.flat.wrapping_add(site.flat);
        sum.evidence.add(site.evidence);
        sum.frame = frame(profile::Frame {
            function: without_inlining(&leaf.function),
            ..leaf
        });
    }
    sums
}

/// `main.main.work.func1`, as Go names the closure of `work` where that is inlined into `main`, is `main.work.func1` since
/// Go 1.27.
fn without_inlining(function: &str) -> String {
    let end = function.rfind('/').map_or(0, |slash| slash + 1);
    let Some((package, name)) = function[end..].split_once('.') else {
        return function.to_owned();
    };
    let parts: Vec<&str> = name.split('.').collect();
    let numbered = |part: &&str| {
        ["func", "gowrap", "deferwrap"].iter().any(|start| {
            part.strip_prefix(start)
                .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
        })
    };
    match parts.iter().position(numbered) {
        // A method keeps its receiver: (*T).M.func1.
        Some(at) if at > 1 => {
            let method = at > 1 && parts[at - 2].starts_with('(');
            let first = if method { at - 2 } else { at - 1 };
            format!("{}{package}.{}", &function[..end], parts[first..].join("."))
        }
        _ => function.to_owned(),
    }
}

/// `a.go:3 main.f: 1,200 objects, 200 before: 1,000 more, standard error 12`.
fn sentence(site: &Grown, kind: SampleType) -> String {
    let amount = |value: i64| match kind.unit() {
        "bytes" => units::bytes(value.unsigned_abs()),
        _ => units::counted(value.unsigned_abs(), "object"),
    };
    let place = match (&site.place.file, site.place.line) {
        (Some(file), Some(line)) => format!("{file}:{line} {}", site.place.function),
        _ => site.place.function.clone(),
    };
    let more = site.after.saturating_sub(site.before);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "rounded for people; `as` keeps what is out of range within it"
    )]
    let error = amount(site.standard_error.round() as i64);
    let was = match site.before {
        0 => "is new".to_owned(),
        before => format!("had {}", amount(before)),
    };
    format!(
        "{place} allocates {}, and {was}: {} more, standard error {error}",
        amount(site.after),
        amount(more)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closures_have_the_name_of_their_own_function() {
        for (name, expected) in [
            ("main.main.work.func1", "main.work.func1"),
            ("main.work.func1", "main.work.func1"),
            ("a.b/c.Run.(*T).M.func2.1", "a.b/c.(*T).M.func2.1"),
            ("a.b/c.(*T).M.func2", "a.b/c.(*T).M.func2"),
            ("main.functional", "main.functional"),
            ("", ""),
        ] {
            assert_eq!(without_inlining(name), expected);
        }
    }
}
