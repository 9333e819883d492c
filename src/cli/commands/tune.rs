//! `gcpressure tune LOG...`: what another GOGC or GOMEMLIMIT would give.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use gcpressure::internal::error::Error;
use gcpressure::internal::pipeline::{self, CycleRow, Options, Sink};
use gcpressure::internal::render::{Formats as _, Render as _, Style, TuningFormat};
use gcpressure::internal::settings::{Scope, Settings};
use gcpressure::internal::tuning::{self, Observer, Setting, Wanted};
use gcpressure::internal::units;
use gcpressure::report::tuning::{TunedProcess, Tuning};
use gcpressure::report::{Report, Verdict};

use crate::cli::args::{InputArgs, TuneArgs};
use crate::cli::config::Choices;
use crate::cli::exit::{self, Failure};
use crate::cli::input;
use crate::cli::live::http;
use crate::cli::output;
use crate::cli::output::files::Targets;

/// GC CPU that a setting stays below where the user gives none.
const GC_CPU: f64 = 0.03;

/// Processes that are kept.
const MOST: usize = 1_000;

/// Reads the logs, writes the predictions, gives the exit status.
pub(crate) fn run(args: &TuneArgs) -> Result<u8, Failure> {
    let choices = Choices::of_program(&args.program)?;
    let stated = args.setting.as_deref().map(setting).transpose()?;
    let wanted = Wanted {
        memory: args.memory,
        gc_cpu: args.cpu.unwrap_or(GC_CPU),
    };
    let targets = Targets::open(&args.output, TuningFormat::ALL, TuningFormat::name)?;
    let inputs = args.input.files.iter().chain(&args.check);
    targets.spare(inputs.map(String::as_str))?;

    let (before, report) = read(&args.input, &choices.settings)?;
    let mut result = Tuning {
        memory_bytes: wanted.memory,
        gc_cpu_ratio_wanted: wanted.gc_cpu,
        processes_omitted: before.omitted,
        warnings: report.warnings.clone(),
        ..Tuning::default()
    };
    let before = before.most_cycles_first();
    result.processes = before
        .iter()
        .map(|process| process.tuned(&wanted))
        .collect();
    if let Some(path) = &args.check {
        check(
            path,
            args,
            &choices.settings,
            (&before, stated, &wanted),
            &mut result,
        )?;
    }
    result.exit_status = status(&result, &report, args);

    let style = Style::default()
        .ascii(args.show.ascii)
        .verbose(args.verbose);
    if !args.show.quiet {
        let style = style.color(output::color(args.show.color, &io::stdout()));
        output::print(|out| args.format.render(&result, out, &style))?;
        if let (Verdict::NoVerdict(reason), true) = (&report.verdict, result.processes.is_empty()) {
            output::complain(&format!("no prediction: {reason}"));
        }
    }
    targets.write(|format, out| format.render(&result, out, &style))?;
    Ok(result.exit_status)
}

/// 0 where a setting has numbers, or nothing needs to change.
fn status(result: &Tuning, report: &Report, args: &TuneArgs) -> u8 {
    if !report.input.unreadable.is_empty() {
        return exit::ERROR;
    }
    let predicted = |process: &TunedProcess| process.no_prediction_reason.is_none();
    let status = if result.processes.iter().any(predicted) {
        exit::DONE
    } else {
        exit::NO_VERDICT
    };
    exit::eased(status, args.show.allow_no_verdict, args.show.exit_zero)
}

/// Holds what the process with the most cycles predicts against that of the log at `path`.
fn check(
    path: &str,
    args: &TuneArgs,
    settings: &Settings,
    (before, stated, wanted): (&[Gathered], Option<Setting>, &Wanted),
    result: &mut Tuning,
) -> Result<(), Failure> {
    // Its setting is another one than the user states of the log predicted from.
    let mut settings = settings.clone();
    settings.gogc = stated.and_then(|stated| stated.gogc).map(whole);
    settings.memory_limit = stated
        .and_then(|stated| stated.limit)
        .map(|limit| units::MIB.saturating_mul(u64::from(whole(limit))));
    let after = InputArgs {
        files: vec![path.to_owned()],
        join: false,
        poll: args.input.poll.clone(),
        select: args.input.select.clone(),
    };
    let (after, report) = read(&after, &settings)?;
    let mut after = after.most_cycles_first().into_iter();
    let Some(after) = after.next() else {
        let reason = match report.verdict {
            Verdict::NoVerdict(reason) => reason,
            _ => "no cycles".to_owned(),
        };
        return Err(Failure::new(format!("--check {path}: {reason}")));
    };
    if let (Some(first), Some(before)) = (result.processes.first_mut(), before.first()) {
        let mut check = tuning::check(&before.observer, &after.observer, stated, wanted);
        check.source = after.source;
        first.check = Some(check);
    }
    Ok(())
}

/// A whole number between 0 and the largest.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates"
)]
fn whole(value: f64) -> u32 {
    value.round() as u32
}

fn read(args: &InputArgs, settings: &Settings) -> Result<(Gathering, Report), Failure> {
    let mut settings = settings.clone();
    settings.scope = Scope::Nothing;
    if let Some(url) = args.files.iter().find(|name| http::is_url(name)) {
        return Err(Failure::new(format!(
            "cannot predict from {url}: polls show neither the live heap nor how long marking takes"
        ))
        .tip("restart the program with GODEBUG=gctrace=1 and give the log to tune"));
    }
    let options: Options = input::options(&args.select, settings.clone())?;
    let mut opened = input::open(args, None, &options.stop)?;
    let sources = std::mem::take(&mut opened.sources);
    let mut gathering = Gathering {
        settings: Arc::new(settings),
        processes: BTreeMap::new(),
        omitted: 0,
    };
    let mut report = pipeline::analyze(sources, &options, &mut gathering)?;
    opened.complete(&mut report);
    Ok((gathering, report))
}

/// The setting of `--setting`.
fn setting(text: &str) -> Result<Setting, Failure> {
    let wrong = |reason: &str| {
        Failure::new(format!("--setting: invalid setting `{text}`: {reason}"))
            .tip("write e.g. GOGC=400 or GOGC=off,GOMEMLIMIT=460MiB")
    };
    let mut setting = Setting {
        gogc: Some(100.0),
        limit: None,
    };
    for pair in text.split([',', ' ']).filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("GOGC", "off")) => setting.gogc = None,
            Some(("GOGC", percent)) => {
                let percent: u32 = percent
                    .parse()
                    .map_err(|_| wrong("GOGC is a whole percentage or `off`"))?;
                setting.gogc = Some(f64::from(percent));
            }
            Some(("GOMEMLIMIT", size)) => {
                let bytes = units::parse_bytes(size).map_err(|error| wrong(&error.to_string()))?;
                setting.limit = Some(bytes as f64 / units::MIB as f64);
            }
            _ => return Err(wrong("expected GOGC=, GOMEMLIMIT= or both")),
        }
    }
    Ok(setting)
}

/// The cycles of each process, summed up.
struct Gathering {
    settings: Arc<Settings>,
    processes: BTreeMap<String, Gathered>,
    omitted: u64,
}

struct Gathered {
    process: String,
    source: String,
    stream: Option<String>,
    observer: Observer,
}

impl Gathered {
    fn tuned(&self, wanted: &Wanted) -> TunedProcess {
        let mut tuned = tuning::process(&self.observer, wanted);
        tuned.process.clone_from(&self.process);
        tuned.source.clone_from(&self.source);
        tuned.stream.clone_from(&self.stream);
        tuned
    }
}

impl Gathering {
    fn most_cycles_first(self) -> Vec<Gathered> {
        let mut processes: Vec<_> = self.processes.into_values().collect();
        processes.sort_by_key(|process| std::cmp::Reverse(process.observer.cycles_seen()));
        processes
    }

    /// Drops the process with the fewest cycles where there are too many.
    fn make_room(&mut self) {
        if self.processes.len() < MOST {
            return;
        }
        let fewest = self
            .processes
            .iter()
            .min_by_key(|(_, process)| process.observer.cycles_seen())
            .map(|(id, _)| id.clone());
        if let Some(id) = fewest {
            self.processes.remove(&id);
            self.omitted += 1;
        }
    }
}

impl Sink for Gathering {
    fn cycle(&mut self, row: &CycleRow<'_>) -> io::Result<()> {
        if let Some(known) = self.processes.get_mut(row.process) {
            known.observer.observe(row.cycle);
            return Ok(());
        }
        self.make_room();
        let mut observer = Observer::new(&self.settings);
        observer.observe(row.cycle);
        let process = Gathered {
            process: row.process.to_owned(),
            source: row.source.to_owned(),
            stream: row.stream.map(str::to_owned),
            observer,
        };
        self.processes.insert(row.process.to_owned(), process);
        Ok(())
    }

    fn unreadable(&mut self, error: Error) -> io::Result<()> {
        output::complain(&Failure::from(error).to_string());
        Ok(())
    }
}
