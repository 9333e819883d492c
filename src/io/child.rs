//! A program run with `gctrace=1`, its standard error as a source.

use std::ffi::{OsStr, OsString};
use std::io;
use std::process::{ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::Source;
use super::system::widen;

/// The variable that turns the trace on.
const GODEBUG: &str = "GODEBUG";
/// Longest pause between two checks whether a program has ended.
const LOOK: Duration = Duration::from_millis(20);

/// A program that was started here.
///
/// If the program has a terminal, it stays in this program's process group, so that the terminal's signals, its job control and
/// reading from it work as if it were run directly. If not, it gets a group of its own, and every signal goes to the whole group, so
/// that it reaches what `go run` or a shell has started.
#[derive(Debug, Clone)]
pub struct Child {
    process: Arc<Mutex<std::process::Child>>,
    id: u32,
    /// It leads a process group of its own.
    leads: bool,
}

/// What becomes of a program's standard input and output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Streams {
    /// They are those of this program.
    Inherited,
    /// It reads nothing, and what it prints is read here ([`Child::take_stdout`]): for a program behind a full screen.
    Taken,
}

impl Child {
    /// Starts `program` with `gctrace=1` added to whatever GODEBUG holds. The source reads its standard error.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] if there is no such program, or another error of the system.
    pub fn spawn(
        program: &OsStr,
        arguments: &[OsString],
        streams: Streams,
    ) -> io::Result<(Self, Source)> {
        let (reader, writer) = io::pipe()?;
        widen(&reader);
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env(GODEBUG, traced(std::env::var_os(GODEBUG)));
        if streams == Streams::Taken {
            command.stdin(Stdio::null()).stdout(Stdio::piped());
        }
        command.stderr(writer);
        let leads = own_group(&mut command, streams);
        let process = command.spawn()?;
        // The command holds the writing end; the stream must end when the program's does.
        drop(command);
        let child = Self {
            id: process.id(),
            process: Arc::new(Mutex::new(process)),
            leads,
        };
        let source = Source::live(&program.to_string_lossy(), Box::new(reader));
        Ok((child, source))
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// True if it is in a process group of its own, so that a signal of the terminal does not reach it.
    #[must_use]
    pub fn leads_group(&self) -> bool {
        self.leads
    }

    /// Its standard output, once, if it was started with [`Streams::Taken`].
    #[must_use]
    pub fn take_stdout(&self) -> Option<ChildStdout> {
        self.lock().stdout.take()
    }

    /// Its exit status, once it has ended.
    ///
    /// # Errors
    /// The system's error.
    pub fn ended(&self) -> io::Result<Option<ExitStatus>> {
        self.lock().try_wait()
    }

    /// Waits until it has ended; `None` if `give_up` returned true before that.
    ///
    /// # Errors
    /// The system's error.
    pub fn wait(&self, give_up: impl Fn() -> bool) -> io::Result<Option<ExitStatus>> {
        let mut pause = Duration::from_millis(1);
        loop {
            match self.ended()? {
                Some(status) => return Ok(Some(status)),
                None if give_up() => return Ok(None),
                None => thread::sleep(pause),
            }
            pause = LOOK.min(pause * 2);
        }
    }

    /// Ends it at once.
    pub fn kill(&self) {
        if self.leads {
            self.signal(KILL);
        }
        // Fails if it has ended, and then there is nothing to do.
        let _ = self.lock().kill();
    }

    /// Sends it a signal, by its number, unless it has ended.
    pub fn signal(&self, number: i32) {
        let mut process = self.lock();
        // Before its exit status was taken, no other process can have its id.
        if matches!(process.try_wait(), Ok(None)) {
            send(self.id, self.leads, number);
        }
    }

    fn lock(&self) -> MutexGuard<'_, std::process::Child> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// SIGKILL.
const KILL: i32 = 9;

/// Gives the program a process group of its own if no terminal is shared with it.
#[cfg(unix)]
fn own_group(command: &mut Command, streams: Streams) -> bool {
    use std::os::unix::process::CommandExt as _;
    let terminal = std::fs::File::open("/dev/tty").is_ok();
    let leads = streams == Streams::Taken || !terminal;
    if leads {
        command.process_group(0);
    }
    leads
}

/// This system has no process groups.
#[cfg(not(unix))]
fn own_group(_: &mut Command, _: Streams) -> bool {
    false
}

#[cfg(unix)]
fn send(id: u32, group: bool, number: i32) {
    use rustix::process::{Pid, Signal, kill_process, kill_process_group};
    let pid = i32::try_from(id).ok().and_then(Pid::from_raw);
    if let (Some(pid), Some(signal)) = (pid, Signal::from_named_raw(number)) {
        // Fails only if it has just ended.
        let _ = if group {
            kill_process_group(pid, signal)
        } else {
            kill_process(pid, signal)
        };
    }
}

/// This system has no signals.
#[cfg(not(unix))]
fn send(_: u32, _: bool, _: i32) {}

/// GODEBUG with the trace on. The runtime takes the last of several settings, and any level above 0 prints the lines.
fn traced(godebug: Option<OsString>) -> OsString {
    let Some(mut settings) = godebug.filter(|settings| !settings.is_empty()) else {
        return "gctrace=1".into();
    };
    let level = settings
        .as_encoded_bytes()
        .split(|byte| *byte == b',')
        .filter_map(|setting| setting.strip_prefix(b"gctrace="))
        .next_back();
    let on = level.is_some_and(|level| {
        level.iter().all(u8::is_ascii_digit) && level.iter().any(|digit| *digit != b'0')
    });
    if !on {
        settings.push(",gctrace=1");
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn godebug_is_extended_and_never_replaced() {
        for (before, after) in [
            (None, "gctrace=1"),
            (Some(""), "gctrace=1"),
            (Some("madvdontneed=1"), "madvdontneed=1,gctrace=1"),
            (Some("gctrace=1"), "gctrace=1"),
            (
                Some("gctrace=2,schedtrace=1000"),
                "gctrace=2,schedtrace=1000",
            ),
            (Some("gctrace=0"), "gctrace=0,gctrace=1"),
            (Some("gctrace=1,gctrace=0"), "gctrace=1,gctrace=0,gctrace=1"),
            (Some("gctrace="), "gctrace=,gctrace=1"),
            (Some("xgctrace=1"), "xgctrace=1,gctrace=1"),
        ] {
            assert_eq!(traced(before.map(OsString::from)), after, "{before:?}");
        }
    }
}
