//! `--heap` and `--heap-url`: a heap profile of the program whose log is read.

use gcpressure::internal::causes::{self, LogProfile};
use gcpressure::internal::escape::Escapes;
use gcpressure::internal::profile::{self as pprof, Profile, SampleType};
use gcpressure::report::Report;

use super::{escapes, profile};
use crate::cli::args::{EscapeArgs, HeapArgs, LogHeapArgs};
use crate::cli::exit::Failure;
use crate::cli::live::fetch::Fetcher;

/// The profile and diagnostics that the flags name, read before the log.
pub(crate) struct Heap {
    profile: Profile,
    name: String,
    base: Option<String>,
    duration_ns: u64,
    escapes: Option<(Escapes, String)>,
    source: escapes::Source,
}

impl Heap {
    /// Reads the profile and the diagnostics; `None` without `--heap`.
    ///
    /// # Errors
    /// A file that cannot be read or used.
    pub(crate) fn open(args: &LogHeapArgs) -> Result<Option<Self>, Failure> {
        let Some(name) = &args.heap else {
            return Ok(None);
        };
        let heap = HeapArgs {
            file: name.clone(),
            sample: SampleType::AllocSpace,
            base: args.heap_base.clone(),
            diff_base: None,
            check: false,
        };
        let (profile, between, _) = profile::open(&heap)?;
        let mut heap = Self::new(profile, name, &args.escape)?;
        heap.base.clone_from(&args.heap_base);
        heap.duration_ns = heap.duration_ns.max(u64::try_from(between).unwrap_or(0));
        Ok(Some(heap))
    }

    fn new(profile: Profile, name: &str, escape: &EscapeArgs) -> Result<Self, Failure> {
        Ok(Self {
            duration_ns: u64::try_from(profile.duration_ns()).unwrap_or(0),
            profile,
            name: name.to_owned(),
            base: None,
            escapes: escapes::open(escape)?,
            source: escapes::Source::new(escape),
        })
    }

    /// Puts the allocating lines under the findings.
    pub(crate) fn explain(&mut self, report: &mut Report) {
        let beside = LogProfile {
            profile: &self.profile,
            name: &self.name,
            base: self.base.as_deref(),
            duration_ns: self.duration_ns,
            escapes: self
                .escapes
                .as_ref()
                .map(|(read, name)| (read, name.as_str())),
        };
        let source = &mut self.source;
        report.causes =
            causes::causes_of_log(report, &beside, &mut |file, line| source.line(file, line));
    }
}

/// Puts the profile that was fetched from the running program under the findings, or warns why there is none.
pub(crate) fn explain_fetched(profiles: &Fetcher, escape: &EscapeArgs, report: &mut Report) {
    let Some(fetched) = profiles.finish() else {
        return;
    };
    let heap = fetched.and_then(|(bytes, name)| {
        let profile = pprof::read(&mut bytes.as_slice()).and_then(|raw| Profile::new(&raw));
        let profile = profile.map_err(|error| error.to_string())?;
        Heap::new(profile, name, escape).map_err(|failure| failure.to_string())
    });
    match heap {
        Ok(mut heap) => heap.explain(report),
        Err(why) => report.warnings.push(format!("no heap profile: {why}")),
    }
}
