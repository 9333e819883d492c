//! `--on-critical CMD`: a command of the user's own at the very moment of pressure, to fetch a profile while it lasts.
//! The reading only notes what was raised; a thread runs one command after the other.

use std::collections::HashMap;
use std::io::{self, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gcpressure::analyzer::FindingChange;
use serde_json::{Value, json};

use crate::cli::live::signals;
use crate::cli::output;

/// The same finding of the same process again is left out for so long.
const APART: Duration = Duration::from_secs(60);
/// How long a command may run.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Findings that may wait for the commands before them.
const WAITING: usize = 16;
/// Findings whose time is remembered; beyond that all are forgotten.
const REMEMBERED: usize = 4_096;
/// How often a running command is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Runs the command for each critical finding that is raised.
#[derive(Debug)]
pub(crate) struct OnCritical {
    sender: SyncSender<Value>,
    thread: JoinHandle<()>,
    /// Whoever waits for the thread is not to wait any longer.
    give_up: Arc<AtomicBool>,
    last: HashMap<(String, &'static str), Instant>,
    left_out: u64,
    child: Option<u32>,
}

impl OnCritical {
    /// Starts the thread that runs `command` in the shell. Once `stop` is true nothing is begun any more.
    ///
    /// # Errors
    /// The system has no thread left.
    pub(crate) fn new(command: &str, stop: &Arc<AtomicBool>) -> io::Result<Self> {
        let (sender, findings) = sync_channel(WAITING);
        let give_up = Arc::new(AtomicBool::new(false));
        let runner = Runner {
            command: command.to_owned(),
            stop: Arc::clone(stop),
            give_up: Arc::clone(&give_up),
        };
        let thread = std::thread::Builder::new()
            .name("on-critical".to_owned())
            .spawn(move || runner.run_all(&findings))?;
        Ok(Self {
            sender,
            thread,
            give_up,
            last: HashMap::new(),
            left_out: 0,
            child: None,
        })
    }

    /// The process that is run and watched.
    pub(crate) fn names_child(&mut self, id: u32) {
        self.child = Some(id);
    }

    /// Notes a finding. Never waits: what comes too often or too fast is left out and counted.
    pub(crate) fn raise(&mut self, process: &str, change: &FindingChange) {
        let key = (process.to_owned(), change.rule);
        let again = self.last.get(&key).is_some_and(|at| at.elapsed() < APART);
        if again || self.sender.try_send(self.finding(process, change)).is_err() {
            self.left_out += 1;
            return;
        }
        if self.last.len() >= REMEMBERED {
            self.last.clear();
        }
        self.last.insert(key, Instant::now());
    }

    /// The finding as the report names its parts.
    fn finding(&self, process: &str, change: &FindingChange) -> Value {
        json!({
            "rule": change.rule,
            "severity": "critical",
            "process": process,
            "measured": change.measured,
            "threshold": change.threshold,
            "unit": change.unit,
            "at_ns": change.at_ns,
            "at_wall": change.at_wall,
            "message": change.message,
            "cause": change.cause.as_ref().map(|(cause, _)| cause.name()),
            "pid": self.child,
        })
    }

    /// Waits for the commands that were noted, as long as one of them may take.
    pub(crate) fn finish(self) {
        drop(self.sender);
        let deadline = Instant::now() + TIMEOUT;
        while !self.thread.is_finished() && Instant::now() < deadline {
            std::thread::sleep(LOOK);
        }
        self.give_up.store(true, Ordering::Relaxed);
        // From now on it only says how the last one ended, if that can be said.
        signals::join(self.thread, &self.give_up);
        if self.left_out > 0 {
            output::complain(&format!(
                "gcpressure: --on-critical was not run for {} more findings: the same again within {} s, or too many at once",
                self.left_out,
                APART.as_secs()
            ));
        }
    }
}

/// What the thread knows.
struct Runner {
    command: String,
    stop: Arc<AtomicBool>,
    give_up: Arc<AtomicBool>,
}

impl Runner {
    fn ends(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.give_up.load(Ordering::Relaxed)
    }

    fn run_all(&self, findings: &Receiver<Value>) {
        for finding in findings {
            if self.ends() {
                return;
            }
            let outcome = match self.run(&finding) {
                Ok(Some(status)) if status.success() => continue,
                Ok(Some(status)) => status.to_string(),
                Ok(None) if self.ends() => "not finished when all else was, and ended".to_owned(),
                Ok(None) => format!("not finished after {} s, and ended", TIMEOUT.as_secs()),
                Err(error) => error.to_string(),
            };
            let rule = finding["rule"].as_str().unwrap_or_default();
            output::complain(&format!("gcpressure: --on-critical for {rule}: {outcome}"));
        }
    }

    /// Runs the command for one finding; `None` where it had to be ended.
    fn run(&self, finding: &Value) -> io::Result<Option<ExitStatus>> {
        let mut command = shell(&self.command);
        command.stdin(Stdio::piped()).stdout(stderr()?);
        for (key, value) in finding.as_object().into_iter().flatten() {
            let value = match value {
                Value::Null => continue,
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            // What the program prints may hold anything, but the environment holds no zero bytes.
            let name = format!("GCPRESSURE_{}", key.to_uppercase());
            command.env(name, value.replace('\0', ""));
        }
        let mut child = command.spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // A finding is far smaller than a pipe, so this waits for nobody; a command that does not read is fine.
            let _ = writeln!(stdin, "{finding}");
        }
        let deadline = Instant::now() + TIMEOUT;
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(Some(status));
            }
            if Instant::now() >= deadline || self.ends() {
                end(&mut child);
                return Ok(None);
            }
            std::thread::sleep(LOOK);
        }
    }
}

/// The command in the user's shell, in a process group of its own, so that it can be ended with all that it started.
#[cfg(unix)]
fn shell(command: &str) -> Command {
    use std::os::unix::process::CommandExt as _;
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command).process_group(0);
    shell
}

/// The command in the user's shell.
#[cfg(not(unix))]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("cmd");
    shell.arg("/C").arg(command);
    shell
}

/// What the command prints goes to standard error: standard output is the report's, or the program's.
#[cfg(unix)]
fn stderr() -> io::Result<Stdio> {
    use std::os::fd::AsFd as _;
    Ok(io::stderr().as_fd().try_clone_to_owned()?.into())
}

/// What the command prints goes to standard error: standard output is the report's, or the program's.
#[cfg(windows)]
fn stderr() -> io::Result<Stdio> {
    use std::os::windows::io::AsHandle as _;
    Ok(io::stderr().as_handle().try_clone_to_owned()?.into())
}

/// Ends a command and what it has started.
fn end(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id())
        .ok()
        .and_then(rustix::process::Pid::from_raw)
    {
        // Fails only where it has just ended.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}
