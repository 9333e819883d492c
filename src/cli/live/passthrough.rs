//! Lines that are not GC trace, handed on to standard output or standard error.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::cli::exit::Failure;
use crate::cli::output;
use crate::cli::output::background::BackgroundWriter;

/// Hands lines on. Where they cannot be written the reading goes on without them: to leave early would kill the program
/// that writes the trace.
#[derive(Debug)]
pub(crate) struct Passthrough {
    out: Option<BackgroundWriter>,
    name: &'static str,
    stop: Arc<AtomicBool>,
    /// Why lines were lost.
    lost: Option<io::Error>,
    /// Reports the loss at once; standard error may be blocked as well.
    warning: Option<BackgroundWriter>,
    inside: bool,
}

/// What became of the lines.
#[derive(Debug)]
pub(crate) enum Outlet {
    /// All were written, or their reader closed the pipe.
    Whole,
    /// All were written, and the last has no line feed.
    InsideALine,
    /// Some could not be written.
    Lost(Failure),
    /// Writing is blocked and everything is to stop; to write to the same stream would block too.
    Stuck,
}

impl Passthrough {
    /// Hands lines on to `out`, which messages call `name`.
    ///
    /// # Errors
    /// The system cannot start another thread.
    pub(crate) fn new(
        out: impl Write + Send + 'static,
        name: &'static str,
        stop: &Arc<AtomicBool>,
    ) -> Result<Self, Failure> {
        let out =
            BackgroundWriter::new(out, stop).map_err(|error| Failure::writing(name, &error))?;
        Ok(Self {
            out: Some(out),
            name,
            stop: Arc::clone(stop),
            lost: None,
            warning: None,
            inside: false,
        })
    }

    /// Queues lines.
    pub(crate) fn write(&mut self, lines: &[u8]) {
        if let Some(last) = lines.last() {
            self.inside = *last != b'\n';
        }
        self.attempt(|out| out.write_all(lines));
    }

    /// True if the last bytes written did not end their line.
    pub(crate) fn inside(&self) -> bool {
        self.inside
    }

    /// See [`BackgroundWriter::flush`].
    pub(crate) fn flush(&mut self) {
        self.attempt(Write::flush);
    }

    /// Waits until everything is written.
    pub(crate) fn finish(self) -> Outlet {
        if let Some(warning) = self.warning {
            // Later messages go to standard error too, and behind it.
            let _ = warning.finish();
        }
        let result = self.out.map_or(Ok(()), BackgroundWriter::finish);
        if matches!(&result, Err(error) if error.kind() == io::ErrorKind::TimedOut) {
            return Outlet::Stuck;
        }
        match self.lost.or(output::content(result).err()) {
            Some(error) => Outlet::Lost(Failure::writing(self.name, &error)),
            None if self.inside => Outlet::InsideALine,
            None => Outlet::Whole,
        }
    }

    fn attempt(&mut self, write: impl FnOnce(&mut BackgroundWriter) -> io::Result<()>) {
        let Some(out) = &mut self.out else { return };
        let Err(error) = write(out) else { return };
        self.out = None;
        // A reader that closed the pipe does not want the lines.
        self.lost = output::content(Err(error)).err();
        if let Some(error) = &self.lost {
            let message =
                format!("warning: lines that are not GC trace are not copied any more: {error}\n");
            self.warning = BackgroundWriter::new(io::stderr(), &self.stop).ok();
            if let Some(warning) = &mut self.warning {
                let _ = warning
                    .write_all(message.as_bytes())
                    .and_then(|()| warning.flush());
            }
        }
    }
}
