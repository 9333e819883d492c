//! The files of `-o`, rewritten while the input goes on. A thread writes them.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use gcpressure::internal::pipeline::SoFar;
use gcpressure::internal::render::{Format, Render as _, Style};
use gcpressure::report::Report;

use crate::cli::exit::Policy;
use crate::cli::output;
use crate::cli::output::files::Targets;
use crate::cli::output::worker::Worker;

/// Hands a report to the writing thread every `every`.
#[derive(Debug)]
pub(crate) struct Refresh {
    every: Duration,
    last: Instant,
    policy: Policy,
    worker: Worker<Report>,
}

impl Refresh {
    /// Starts the thread that writes.
    ///
    /// # Errors
    /// The system cannot start another thread.
    pub(crate) fn new(
        every: Duration,
        style: Style,
        targets: &Arc<Targets<Format>>,
        policy: Policy,
    ) -> io::Result<Self> {
        let targets = Arc::clone(targets);
        // No report is queued: where writing is slow, fewer are written.
        let worker = Worker::start("refresh", 0, move |reports: Receiver<Report>| {
            let mut reported = false;
            for report in reports {
                // The exit status says it at the end; until then the first failure is reported once.
                if let Err(failure) =
                    targets.refresh(|format, out| format.render(&report, out, &style))
                    && !std::mem::replace(&mut reported, true)
                {
                    output::complain(&failure.to_string());
                }
            }
        })?;
        Ok(Self {
            every,
            last: Instant::now(),
            policy,
            worker,
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
        // Left out while the thread writes the one before.
        let _ = self.worker.try_send(report);
    }

    /// Waits until the last report is written.
    pub(crate) fn finish(self, stop: &AtomicBool) {
        self.worker.finish(|| stop.load(Ordering::Relaxed));
    }
}
