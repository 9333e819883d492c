//! The files of `-o`, rewritten while the input goes on. The reading only hands over a report; a thread writes it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gcpressure::pipeline::SoFar;
use gcpressure::render::Format;
use gcpressure::report::Report;

use crate::cli::args::OutputArgs;
use crate::cli::commands::report;
use crate::cli::exit::Policy;
use crate::cli::live::signals;
use crate::cli::output;
use crate::cli::output::files::Targets;

/// Hands a report over now and then.
#[derive(Debug)]
pub(crate) struct Refresh {
    every: Duration,
    last: Instant,
    policy: Policy,
    sender: SyncSender<Report>,
    thread: JoinHandle<()>,
}

impl Refresh {
    /// Starts the thread that writes.
    ///
    /// # Errors
    /// The system has no thread left.
    pub(crate) fn new(
        every: Duration,
        args: &OutputArgs,
        targets: &Arc<Targets<Format>>,
        policy: Policy,
    ) -> io::Result<Self> {
        // A report waits for none before it: where writing is slow, fewer are written.
        let (sender, reports) = sync_channel::<Report>(0);
        let targets = Arc::clone(targets);
        let style = report::style(args, policy);
        let thread = std::thread::Builder::new()
            .name("refresh".to_owned())
            .spawn(move || {
                let mut told = false;
                for report in reports {
                    // The last word is the exit status at the end; until then the first failure is told once.
                    if let Err(failure) = targets.refresh(&report, &style)
                        && !std::mem::replace(&mut told, true)
                    {
                        output::complain(&failure.to_string());
                    }
                }
            })?;
        Ok(Self {
            every,
            last: Instant::now(),
            policy,
            sender,
            thread,
        })
    }

    /// Hands the report over if it is time.
    pub(crate) fn look(&mut self, so_far: &SoFar<'_>) {
        if self.last.elapsed() < self.every {
            return;
        }
        self.last = Instant::now();
        let mut report = so_far.report();
        report.exit_status = self.policy.status(&report);
        // Where the thread is still writing the one before, this one is left out.
        let _ = self.sender.try_send(report);
    }

    /// Waits until the last report that was handed over is written.
    pub(crate) fn finish(self, stop: &AtomicBool) {
        drop(self.sender);
        signals::join(self.thread, stop);
    }
}
