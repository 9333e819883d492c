//! `--heap`: a heap profile beside a log, put under its findings.

use gcpressure::causes::{self, Beside};
use gcpressure::escape::Escapes;
use gcpressure::profile::{self, Profile, SampleType};
use gcpressure::report::Report;

use crate::cli::args::{EscapeArgs, HeapArgs, LogHeapArgs};
use crate::cli::commands::sites;
use crate::cli::exit::Failure;
use crate::cli::input::escapes;
use crate::cli::live::Wishes;
use crate::cli::live::fetch::Fetched;

/// What the flags name, read before the log is.
pub(crate) struct Heap {
    profile: Profile,
    name: String,
    base: Option<String>,
    duration_ns: u64,
    escapes: Option<(Escapes, String)>,
    source: escapes::Source,
}

impl Heap {
    /// Reads the profile and the diagnostics; `None` where the user named no profile.
    ///
    /// # Errors
    /// What cannot be had.
    pub(crate) fn open(args: &LogHeapArgs) -> Result<Option<Self>, Failure> {
        let Some(name) = &args.heap else {
            return Ok(None);
        };
        let heap = HeapArgs {
            file: name.clone(),
            sample: SampleType::AllocSpace,
            base: args.heap_base.clone(),
            diff_base: None,
        };
        let (profile, between) = sites::open_with_time(&heap)?;
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

    /// Puts it under the findings.
    pub(crate) fn explain(&mut self, report: &mut Report) {
        let beside = Beside {
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
        report.causes = causes::beside(report, &beside, &mut |file, line| source.line(file, line));
    }
}

/// Puts what `--heap-url` fetched under the findings. Where that fails the report says so, and is a report all the same.
pub(crate) fn fetched(wishes: &Wishes, escape: &EscapeArgs, report: &mut Report) {
    let Some(fetcher) = &wishes.profiles else {
        return;
    };
    let heap = match fetcher.finish() {
        Fetched::Nothing(why) => Err(why),
        Fetched::Profile(bytes, name) => profile::read(&mut bytes.as_slice())
            .and_then(|raw| Profile::new(&raw))
            .map_err(|error| error.to_string())
            .and_then(|profile| Heap::new(profile, name, escape).map_err(|why| why.to_string())),
    };
    match heap {
        Ok(mut heap) => heap.explain(report),
        Err(why) => report.warnings.push(format!("no heap profile: {why}")),
    }
}
