//! Joins the sites of a heap profile with the compiler's diagnostics.
//!
//! A site is a chain of lines: the innermost, then the calls that were inlined around it. The diagnostics of that copy of the
//! code are at the outermost line, at the column of the call. If there are several, those of the calls in the chain count, and
//! of these the ones whose expression is also at the innermost line. If none is left, the innermost line's own diagnostics
//! count. An instruction whose objects differ in size boxes, copies or captures nothing: diagnostics of such expressions are
//! left out for it, and what is left on a line that stores into a map is the map, which grows.
//!
//! What a library allocates belongs to the line of the user's own code that called it, directly or not.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::pattern;
use super::sites::{evidence, known, known_file, site as plain, source};
use crate::escape::{Diagnostic, Escapes, Found, Kind};
use crate::profile::sampling::Evidence;
use crate::profile::{self, Profile, SampleType};
use crate::report::why::{Basis, Cause, Compiler, Diagnosis, Pattern, Why, share};

/// The input of the join.
#[derive(Debug, Clone, Copy)]
pub struct Join<'a> {
    /// The profile.
    pub profile: &'a Profile,
    /// Its name.
    pub name: &'a str,
    /// The name of the profile that was subtracted, and whether shares are of that.
    pub base: Option<(&'a str, bool)>,
    /// The diagnostics.
    pub escapes: &'a Escapes,
    /// Their name.
    pub escapes_name: &'a str,
    /// What is counted.
    pub sample: SampleType,
}

/// Finds the text of a line of source by its file, as a profile names it, and its number.
pub type SourceLine<'a> = dyn FnMut(&str, u64) -> Option<String> + 'a;

/// Explains why each site allocates. `line` finds the text of a line if the source is available.
pub fn why(join: &Join<'_>, line: &mut SourceLine<'_>) -> Why {
    let escapes = join.escapes;
    let own = |frame: &profile::Frame| escapes.covers(&frame.function, &frame.file);
    let mut why = Why {
        profile: source(join.profile, join.name, join.base),
        compiler: Compiler {
            name: join.escapes_name.to_owned(),
            packages: escapes.packages().map(str::to_owned).collect(),
            diagnostics: escapes.count() as u64,
        },
        sample_type: join.sample.name(),
        unit: join.sample.unit(),
        total: join.profile.total(join.sample),
        own: 0,
        explained: 0,
        explained_ratio: None,
        causes: Vec::new(),
        warnings: Vec::new(),
        check: None,
    };
    let mut groups = Groups::default();
    for site in profile::instructions(join.profile, join.sample, &own) {
        let found = explain(&site, escapes, line);
        if found.basis != Basis::Outside {
            why.own = why.own.wrapping_add(site.flat);
            if found.basis != Basis::Unexplained {
                why.explained = why.explained.wrapping_add(site.flat);
            }
        }
        groups.add(site, &found, escapes, line);
    }
    why.causes = groups.finish();
    why.explained_ratio = share(why.explained, why.own);
    for cause in &mut why.causes {
        cause.share_ratio = share(cause.flat, why.total);
    }
    why.warnings = warnings(&why, escapes);
    why
}

/// The explanation of a site.
struct Explained<'a> {
    place: profile::Frame,
    basis: Basis,
    pattern: Pattern,
    diagnostics: Vec<&'a Diagnostic>,
}

fn explain<'a>(
    site: &profile::Site,
    escapes: &'a Escapes,
    line: &mut SourceLine<'_>,
) -> Explained<'a> {
    let nowhere = || profile::Frame {
        function: site.object.clone(),
        file: String::new(),
        line: 0,
    };
    let own = |frame: &&profile::Frame| escapes.covers(&frame.function, &frame.file);
    let place = site.chain.iter().find(own);
    let owned = site.chain.last().is_some_and(|outermost| own(&outermost));
    let (Some(place), true) = (place, owned) else {
        return outside(site, escapes).unwrap_or_else(|| Explained {
            place: site
                .reached_from
                .as_ref()
                .or(site.chain.first())
                .cloned()
                .unwrap_or_else(nowhere),
            basis: Basis::Outside,
            pattern: Pattern::Outside,
            diagnostics: Vec::new(),
        });
    };
    let mut diagnostics = candidates(&site.chain, escapes);
    if site.varied {
        diagnostics.retain(|diagnostic| pattern::varies(pattern::pattern(diagnostic)));
    }
    let mut text = || known(place.line).and_then(|at| line(&place.file, at));
    let (basis, pattern) = match diagnostics.first() {
        Some(first) if is_of_a_library(site, escapes) => {
            let pattern = pattern::pattern(first);
            let lent = matches!(pattern, Pattern::Literal | Pattern::Map | Pattern::Make);
            (
                Basis::Diagnostic,
                if lent { Pattern::Outside } else { pattern },
            )
        }
        Some(first) => (Basis::Diagnostic, pattern::pattern(first)),
        None => match text() {
            Some(text) if text.contains("append(") => (Basis::Source, Pattern::Append),
            Some(text) if site.varied && pattern::stores_by_key(&text) => {
                (Basis::Source, Pattern::Map)
            }
            _ => (Basis::Unexplained, Pattern::Other),
        },
    };
    Explained {
        place: place.clone(),
        basis,
        pattern,
        diagnostics,
    }
}

/// The line at the leaf belongs to a library that was inlined into the user's code.
fn is_of_a_library(site: &profile::Site, escapes: &Escapes) -> bool {
    let leaf = site.chain.first();
    leaf.is_some_and(|leaf| !escapes.covers(&leaf.function, &leaf.file))
}

/// The result of a formatting call that boxes a value is explained by that call.
fn outside<'a>(site: &profile::Site, escapes: &'a Escapes) -> Option<Explained<'a>> {
    let called = site.chain.last()?;
    let place = site.reached_from.as_ref()?;
    if site.caller.as_ref() != Some(place) {
        return None;
    }
    let found = at(place, escapes);
    let own = not_inlined(&found);
    let boxed = own
        .into_iter()
        .find(|diagnostic| pattern::boxed_for(diagnostic, &called.function))?;
    (pattern::pattern(boxed) == Pattern::Formatting).then(|| Explained {
        place: place.clone(),
        basis: Basis::Outside,
        pattern: Pattern::Formatting,
        diagnostics: vec![boxed],
    })
}

fn at<'a>(frame: &profile::Frame, escapes: &'a Escapes) -> Found<'a> {
    match known(frame.line) {
        Some(line) => escapes.at(&frame.function, &frame.file, line),
        None => Found::default(),
    }
}

/// The diagnostics of a line that allocate.
fn allocating<'a>(found: &Found<'a>) -> Vec<&'a Diagnostic> {
    let all = found.diagnostics.iter().copied();
    all.filter(|diagnostic| diagnostic.kind != Kind::OnStack)
        .collect()
}

/// Those of the line's own code, not of a call that was inlined there; all of them if that leaves none.
fn not_inlined<'a>(found: &Found<'a>) -> Vec<&'a Diagnostic> {
    let all = allocating(found);
    let of_call = |column| found.inlined.iter().any(|(at, _)| *at == column);
    let own: Vec<_> = all
        .iter()
        .copied()
        .filter(|diagnostic| !of_call(diagnostic.column))
        .collect();
    if own.is_empty() { all } else { own }
}

/// The diagnostics that may belong to the site with this chain, the likeliest first.
fn candidates<'a>(chain: &[profile::Frame], escapes: &'a Escapes) -> Vec<&'a Diagnostic> {
    let [innermost, .., outermost] = chain else {
        let mut own = chain
            .first()
            .map_or_else(Vec::new, |line| not_inlined(&at(line, escapes)));
        own.sort_by_key(|diagnostic| diagnostic.kind);
        return own;
    };
    let found = at(outermost, escapes);
    let inlined = &chain[..chain.len() - 1];
    let columns: Vec<u64> = found
        .inlined
        .iter()
        .filter(|(_, name)| inlined.iter().any(|frame| is_named(&frame.function, name)))
        .map(|(column, _)| *column)
        .collect();
    let mut left = allocating(&found);
    if !columns.is_empty() {
        left.retain(|diagnostic| columns.contains(&diagnostic.column));
    }
    let own = not_inlined(&at(innermost, escapes));
    let also = |diagnostic: &&Diagnostic| {
        own.iter()
            .any(|inner| inner.expression == diagnostic.expression)
    };
    if left.iter().any(also) {
        left.retain(|diagnostic| also(diagnostic));
    }
    if left.is_empty() {
        left = own;
    } else {
        // The copy decides whether it allocates; the original has the better reasons.
        for copy in &mut left {
            let same = |inner: &&&Diagnostic| {
                inner.expression == copy.expression && inner.kind == copy.kind
            };
            if let Some(inner) = own.iter().find(same) {
                *copy = inner;
            }
        }
    }
    left.sort_by_key(|diagnostic| diagnostic.kind);
    left
}

/// Whether `inlining call to NAME` means this function: the compiler names it within its package, or with the last part
/// of the package's path.
fn is_named(function: &str, name: &str) -> bool {
    let without_types = |text: &str| match text.find("[") {
        Some(at) => format!(
            "{}{}",
            &text[..at],
            text.rfind(']').map_or("", |end| &text[end + 1..])
        ),
        None => text.to_owned(),
    };
    let (function, name) = (without_types(function), without_types(name));
    let end = function.rfind('/').map_or(0, |slash| slash + 1);
    let qualified = &function[end..];
    qualified == name
        || qualified
            .split_once('.')
            .is_some_and(|(_, bare)| bare == name)
}

/// Sites grouped by line, pattern and expression.
#[derive(Default)]
struct Groups {
    index: HashMap<(profile::Frame, Pattern, String), usize, FixedState>,
    causes: Vec<(Cause, Evidence)>,
    /// What each line of the user's own caused.
    caused: HashMap<profile::Frame, i64, FixedState>,
}

impl Groups {
    fn add(
        &mut self,
        site: profile::Site,
        found: &Explained<'_>,
        escapes: &Escapes,
        line: &mut SourceLine<'_>,
    ) {
        let first = found.diagnostics.first();
        let expression = first.map_or_else(
            || site.called.clone().unwrap_or_default(),
            |first| first.expression.clone(),
        );
        let key = (found.place.clone(), found.pattern, expression);
        let causes = &mut self.causes;
        let at = *self.index.entry(key).or_insert_with(|| {
            causes.push((cause(&site, found, escapes, line), Evidence::default()));
            causes.len() - 1
        });
        if let Some(entry) = &site.reached_from {
            let caused = self.caused.entry(entry.clone()).or_default();
            *caused = caused.wrapping_add(site.flat);
        }
        let (cause, rests_on) = &mut self.causes[at];
        if cause.basis == Basis::Outside && found.basis == Basis::Diagnostic {
            // The line allocates itself, and so does a library for it: the line's own diagnostic is more useful.
            cause.basis = found.basis;
            cause.message = message(&site, found, &cause.diagnoses);
        }
        cause.flat = cause.flat.wrapping_add(site.flat);
        cause.objects = cause.objects.wrapping_add(site.objects);
        cause.bytes = cause.bytes.wrapping_add(site.bytes);
        rests_on.add(site.evidence);
        cause.sites.push(plain(site));
    }

    fn finish(mut self) -> Vec<Cause> {
        for ((place, ..), at) in &self.index {
            self.causes[*at].0.caused = self.caused.get(place).copied();
        }
        let causes = self.causes.into_iter().map(|(mut cause, rests_on)| {
            cause.evidence = evidence(rests_on, cause.flat);
            cause
        });
        let mut causes: Vec<_> = causes.collect();
        let place = |cause: &Cause| (cause.file.clone(), cause.line, cause.function.clone());
        causes.sort_by(|a, b| {
            let caused = |cause: &Cause| cause.caused.unwrap_or(cause.flat).wrapping_abs();
            caused(b)
                .cmp(&caused(a))
                .then_with(|| place(a).cmp(&place(b)))
                .then_with(|| b.flat.wrapping_abs().cmp(&a.flat.wrapping_abs()))
        });
        causes
    }
}

fn cause(
    site: &profile::Site,
    found: &Explained<'_>,
    escapes: &Escapes,
    line: &mut SourceLine<'_>,
) -> Cause {
    let diagnoses: Vec<Diagnosis> = found
        .diagnostics
        .iter()
        .map(|diagnostic| pattern::diagnosis(diagnostic))
        .collect();
    let message = message(site, found, &diagnoses);
    let remedy = pattern::remedy(found.pattern);
    let source_line = known(found.place.line).and_then(|at| line(&found.place.file, at));
    Cause {
        function: found.place.function.clone(),
        file: known_file(
            escapes
                .path(&found.place.function, &found.place.file)
                .unwrap_or(&found.place.file),
        ),
        line: known(found.place.line),
        source_line: source_line.map(|text| text.trim().to_owned()),
        pattern: found.pattern,
        flat: 0,
        caused: None,
        share_ratio: None,
        objects: 0,
        bytes: 0,
        evidence: evidence(Evidence::default(), 0),
        basis: found.basis,
        diagnoses,
        message,
        remedy: remedy.map(|(remedy, _)| remedy),
        trap: remedy.map(|(_, trap)| trap),
        sites: Vec::new(),
    }
}

fn message(site: &profile::Site, found: &Explained<'_>, diagnoses: &[Diagnosis]) -> String {
    match (found.basis, diagnoses.first()) {
        (Basis::Outside, Some(first)) => {
            let called = site.chain.last().map_or("", |frame| &frame.function);
            format!(
                "{called} allocates its result, and {}",
                pattern::sentence(first)
            )
        }
        (Basis::Outside, None) => match (&site.reached_from, &site.called) {
            (Some(_), Some(called)) => format!("{called} allocates it for this line"),
            _ => "none of your code was on the stack".to_owned(),
        },
        (Basis::Source, _) if found.pattern == Pattern::Map => {
            "the line stores into a map, and objects of several sizes are the map, which grows: the compiler says nothing of it"
                .to_owned()
        }
        (Basis::Source, _) => {
            "the line appends, and before Go 1.25 the compiler says nothing of slices that grow"
                .to_owned()
        }
        (Basis::Unexplained, _) if site.varied => {
            "objects of several sizes, of which the compiler says nothing: the line grows a map, or appends; --src DIR \
             looks at the line"
                .to_owned()
        }
        (Basis::Unexplained, _) => "the compiler says nothing of this line".to_owned(),
        (Basis::Diagnostic, first) => {
            let mut text = first.map_or_else(String::new, pattern::sentence);
            if let Some(library) = site
                .chain
                .first()
                .filter(|leaf| **leaf != found.place && found.pattern == Pattern::Outside)
            {
                text = format!("{} was inlined here: {text}", library.function);
            }
            if diagnoses.len() > 1 {
                let others: Vec<_> = diagnoses[1..]
                    .iter()
                    .map(|d| d.expression.as_str())
                    .collect();
                text = format!("{text}; or, on the same line, {}", others.join(", "));
            }
            text
        }
    }
}

fn warnings(why: &Why, escapes: &Escapes) -> Vec<String> {
    let mut warnings = Vec::new();
    if why.own == 0 && why.total != 0 {
        warnings.push(format!(
            "nothing in the profile was allocated by the packages of the diagnostics ({}): were both made from the same \
             program and source?",
            why.compiler.packages.join(", ")
        ));
    }
    if !escapes.has_reasons() {
        warnings.push(
            "the diagnostics do not say why values escape: build with -gcflags='-m -m', not '-m'"
                .to_owned(),
        );
    }
    let unexplained = why.own.wrapping_sub(why.explained);
    let old = escapes.since_go_1_25() != Some(true);
    if old && unexplained > why.own / 100 {
        warnings.push(
            "before Go 1.25 the compiler says nothing of append: --src DIR looks at the lines themselves".to_owned(),
        );
    }
    warnings
}
