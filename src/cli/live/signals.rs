//! Interrupts. The first lets the stream come to its end, the second ends the reading, a third ends the program as if it
//! had never listened. A program that runs under this one gets every signal that it would have got alone.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gcpressure::io::Child;

/// A third interrupt that comes sooner than this after the second is impatience: the report is on its way.
#[cfg(unix)]
const IMPATIENCE: Duration = Duration::from_millis(500);

/// What has been heard of so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Signals {
    stop: Arc<AtomicBool>,
    interrupted: Arc<AtomicBool>,
    status: Arc<AtomicU8>,
    recipient: Arc<Mutex<Recipient>>,
}

/// The program that gets what is heard.
#[derive(Debug, Default)]
struct Recipient {
    child: Option<Child>,
    /// What was heard before it was started.
    early: Vec<i32>,
}

impl Signals {
    /// Listens from now on, to all that can be handed on where a program is to be run. What was ignored from the start
    /// (`nohup`, a script's background job) stays ignored, by the program that is run too.
    ///
    /// # Errors
    /// The system has no thread or no pipe left.
    pub(crate) fn catch(runs_a_program: bool) -> io::Result<Self> {
        let signals = Self::default();
        listen(signals.clone(), runs_a_program)?;
        Ok(signals)
    }

    /// Hands on what is heard, and what has been heard. To listen before the program is started, and not after, leaves no
    /// moment in which a signal would end this program and leave the other one alone.
    pub(crate) fn hand_on_to(&self, child: &Child) {
        let mut recipient = self.recipient();
        for number in recipient.early.drain(..) {
            child.signal(number);
        }
        recipient.child = Some(child.clone());
    }

    fn recipient(&self) -> MutexGuard<'_, Recipient> {
        self.recipient
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// True when reading is to end.
    pub(crate) fn stop(&self) -> &Arc<AtomicBool> {
        &self.stop
    }

    /// An interrupt has come.
    pub(crate) fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// The exit status that a second interrupt gives.
    pub(crate) fn status(&self) -> Option<u8> {
        Some(self.status.load(Ordering::Relaxed)).filter(|status| *status > 0)
    }
}

/// Listens until the end.
#[cfg(unix)]
struct Listener {
    signals: Signals,
    /// When the second interrupt came.
    second: Option<Instant>,
}

#[cfg(unix)]
impl Listener {
    fn hear(&mut self, number: i32) {
        use signal_hook::consts::{SIGINT, SIGQUIT, SIGTERM, SIGWINCH};

        let mut recipient = self.signals.recipient();
        match &recipient.child {
            Some(child) => {
                let keyed = matches!(number, SIGINT | SIGQUIT | SIGWINCH);
                // The terminal sends what is typed to everyone in the foreground: once is enough.
                if !(keyed && !child.leads_group() && in_foreground()) {
                    child.signal(number);
                }
            }
            None => recipient.early.push(number),
        }
        drop(recipient);
        if matches!(number, SIGINT | SIGTERM) {
            self.interrupt(number);
        }
    }

    fn interrupt(&mut self, number: i32) {
        let signals = &self.signals;
        match self.second {
            None if !signals.interrupted.swap(true, Ordering::Relaxed) => {}
            None => {
                self.second = Some(Instant::now());
                let status = u8::try_from(128 + number).unwrap_or(u8::MAX);
                signals.status.store(status, Ordering::Relaxed);
                signals.stop.store(true, Ordering::Relaxed);
            }
            Some(second) if second.elapsed() < IMPATIENCE => {}
            Some(_) => {
                if let Some(child) = &signals.recipient().child {
                    child.kill();
                }
                // It ends the program, or fails where that cannot be.
                let _ = signal_hook::low_level::emulate_default_handler(number);
            }
        }
    }
}

/// Starts the thread that listens.
#[cfg(unix)]
fn listen(signals: Signals, runs_a_program: bool) -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH};

    let mut heard = vec![SIGINT, SIGTERM];
    if runs_a_program {
        heard.extend([SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH]);
    }
    let ignored = ignored();
    heard.retain(|number| ignored >> (number - 1) & 1 == 0);
    let mut incoming = signal_hook::iterator::Signals::new(heard)?;
    let mut listener = Listener {
        signals,
        second: None,
    };
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            for number in incoming.forever() {
                listener.hear(number);
            }
        })?;
    Ok(())
}

/// The signals that are ignored, one bit each from signal 1 on. Only Linux tells; elsewhere none is taken for ignored.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or_default()
}

/// Whether this program is in the foreground of its terminal.
#[cfg(unix)]
fn in_foreground() -> bool {
    std::fs::File::open("/dev/tty")
        .ok()
        .and_then(|terminal| rustix::termios::tcgetpgrp(terminal).ok())
        .is_some_and(|group| group == rustix::process::getpgrp())
}

/// Elsewhere an interrupt ends the program.
#[cfg(not(unix))]
fn listen(_: Signals, _: bool) -> io::Result<()> {
    Ok(())
}

/// How long a thread that writes is waited for once everything is to stop.
const PATIENCE: Duration = Duration::from_millis(500);

/// Waits for a thread that writes. Not for long once everything is to stop: what it writes to may be held, and false says
/// that it is.
pub(crate) fn join(thread: JoinHandle<()>, stop: &AtomicBool) -> bool {
    let mut stopped = None;
    while !thread.is_finished() {
        if stop.load(Ordering::Relaxed)
            && stopped.get_or_insert_with(Instant::now).elapsed() > PATIENCE
        {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    // A thread that died has written its last; there is nothing more to it.
    let _ = thread.join();
    true
}

/// Ends the reading before the stream does: `--timeout`, `--until-critical`.
#[derive(Debug, Clone)]
pub(crate) struct Ending {
    child: Option<Child>,
    stop: Arc<AtomicBool>,
    asked: Arc<AtomicBool>,
}

/// How long a program that was asked to end may take; the same as `docker stop` grants.
const GRACE: Duration = Duration::from_secs(10);

impl Ending {
    pub(crate) fn new(child: Option<&Child>, stop: &Arc<AtomicBool>) -> Self {
        Self {
            child: child.cloned(),
            stop: Arc::clone(stop),
            asked: Arc::default(),
        }
    }

    /// True where the end was asked for here.
    pub(crate) fn asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Asks for the end, once. A program is asked to end, killed if it does not, and read to the end of its stream; from
    /// other streams nothing more is read.
    pub(crate) fn ask(&self) {
        if self.asked.swap(true, Ordering::Relaxed) {
            return;
        }
        let Some(child) = self.child.clone() else {
            self.stop.store(true, Ordering::Relaxed);
            return;
        };
        child.signal(TERM);
        let stop = Arc::clone(&self.stop);
        // Without a thread there is no grace.
        let grace = std::thread::Builder::new().spawn(move || {
            std::thread::sleep(GRACE);
            child.kill();
            // What it has started may hold the stream open for ever.
            std::thread::sleep(GRACE / 10);
            stop.store(true, Ordering::Relaxed);
        });
        if grace.is_err() {
            self.stop.store(true, Ordering::Relaxed);
        }
    }

    /// Asks for the end after `duration`.
    ///
    /// # Errors
    /// The system has no thread left.
    pub(crate) fn after(&self, duration: Duration) -> io::Result<()> {
        let ending = self.clone();
        std::thread::Builder::new()
            .name("timeout".to_owned())
            .spawn(move || {
                std::thread::sleep(duration);
                ending.ask();
            })
            .map(drop)
    }
}

/// SIGTERM.
const TERM: i32 = 15;
