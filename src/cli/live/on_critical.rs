//! `--on-critical CMD`: runs a command of the user when a critical finding is raised, for example to fetch a profile while
//! the pressure lasts. A thread runs one command after the other.

use std::collections::HashMap;
use std::io::{self, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use gcpressure::internal::analyzer::FindingChange;
use serde_json::{Value, json};

use crate::cli::output;
use crate::cli::output::worker::Worker;

/// The same finding of the same process is left out for this long.
const APART: Duration = Duration::from_secs(60);
/// How long a command may run.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Findings that are queued while a command runs.
const QUEUED: usize = 16;
/// Findings whose time is remembered; beyond that all are forgotten.
const REMEMBERED: usize = 4_096;
/// How often a running command is polled.
const POLL: Duration = Duration::from_millis(20);

/// Runs the command for each critical finding that is raised.
#[derive(Debug)]
pub(crate) struct OnCritical {
    worker: Worker<Value>,
    /// Set when the end has been waited for long enough.
    give_up: Arc<AtomicBool>,
    last: HashMap<(String, &'static str), Instant>,
    left_out: u64,
    child: Option<u32>,
}

impl OnCritical {
    /// Starts the thread that runs `command` in the shell; no command is started once `stop` is true.
    ///
    /// # Errors
    /// The system cannot start another thread.
    pub(crate) fn new(command: &str, stop: &Arc<AtomicBool>) -> io::Result<Self> {
        let give_up = Arc::new(AtomicBool::new(false));
        let runner = Runner {
            command: command.to_owned(),
            stop: Arc::clone(stop),
            give_up: Arc::clone(&give_up),
        };
        Ok(Self {
            worker: Worker::start("on-critical", QUEUED, move |findings| {
                runner.run_all(&findings);
            })?,
            give_up,
            last: HashMap::new(),
            left_out: 0,
            child: None,
        })
    }

    /// Names the program that is run to the command, as `pid`.
    pub(crate) fn set_child(&mut self, id: u32) {
        self.child = Some(id);
    }

    /// Queues a finding. Never blocks: findings that come too often or too fast are left out and counted.
    pub(crate) fn raise(&mut self, process: &str, change: &FindingChange) {
        let key = (process.to_owned(), change.rule);
        let again = self.last.get(&key).is_some_and(|at| at.elapsed() < APART);
        if again || self.worker.try_send(self.finding(process, change)).is_err() {
            self.left_out += 1;
            return;
        }
        if self.last.len() >= REMEMBERED {
            self.last.clear();
        }
        self.last.insert(key, Instant::now());
    }

    /// The finding, with the names that the report uses.
    fn finding(&self, process: &str, change: &FindingChange) -> Value {
        json!({
            "rule": change.rule,
            "severity": "critical",
            "process": process,
            "measured": change.measured,
            "threshold": change.threshold,
            "unit": change.unit.symbol(),
            "at_ns": change.at_ns,
            "at_wall": change.at_wall,
            "message": change.message,
            "cause": change.cause.as_ref().map(|(cause, _)| cause.name()),
            "pid": self.child,
        })
    }

    /// Waits for the queued commands, as long as one of them may take.
    pub(crate) fn finish(self) {
        let deadline = Instant::now() + TIMEOUT;
        self.worker.finish(|| {
            let late = Instant::now() >= deadline;
            // The thread ends the running command and reports how it ended.
            self.give_up.store(late, Ordering::Relaxed);
            late
        });
        if self.left_out > 0 {
            output::complain(&format!(
                "gcpressure: --on-critical was not run for {} more findings: the same finding within {} s, or too many at once",
                self.left_out,
                APART.as_secs()
            ));
        }
    }
}

/// The thread's state.
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
                Ok(None) if self.ends() => {
                    "not finished at the end of the input, and killed".to_owned()
                }
                Ok(None) => format!("not finished after {} s, and killed", TIMEOUT.as_secs()),
                Err(error) => error.to_string(),
            };
            let rule = finding["rule"].as_str().unwrap_or_default();
            output::complain(&format!("gcpressure: --on-critical for {rule}: {outcome}"));
        }
    }

    /// Runs the command for one finding; `None` if it had to be killed.
    fn run(&self, finding: &Value) -> io::Result<Option<ExitStatus>> {
        let mut command = shell(&self.command);
        command.stdin(Stdio::piped()).stdout(stderr()?);
        for (key, value) in finding.as_object().into_iter().flatten() {
            let value = match value {
                Value::Null => continue,
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            // The program may print anything, but an environment variable cannot hold a zero byte.
            let name = format!("GCPRESSURE_{}", key.to_uppercase());
            command.env(name, value.replace('\0', ""));
        }
        let mut child = command.spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // A finding is far smaller than a pipe, so this does not block; a command need not read it.
            let _ = writeln!(stdin, "{finding}");
        }
        let deadline = Instant::now() + TIMEOUT;
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(Some(status));
            }
            if Instant::now() >= deadline || self.ends() {
                kill(&mut child);
                return Ok(None);
            }
            std::thread::sleep(POLL);
        }
    }
}

/// The command in the shell, in a process group of its own, so that it can be killed with everything it started.
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

/// The command writes to standard error: standard output holds the report, or the output of the program.
#[cfg(unix)]
fn stderr() -> io::Result<Stdio> {
    use std::os::fd::AsFd as _;
    Ok(io::stderr().as_fd().try_clone_to_owned()?.into())
}

/// The command writes to standard error: standard output holds the report, or the output of the program.
#[cfg(windows)]
fn stderr() -> io::Result<Stdio> {
    use std::os::windows::io::AsHandle as _;
    Ok(io::stderr().as_handle().try_clone_to_owned()?.into())
}

/// Kills a command and what it has started.
fn kill(child: &mut Child) {
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
