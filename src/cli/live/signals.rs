//! Interrupts. After the first the stream is read to its end, the second ends the reading, the third ends the program by
//! the default action of the signal. A program that runs under this one gets every signal that it would get alone.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gcpressure::internal::io::Child;

use crate::cli::output::worker::lock;

/// A third interrupt that comes sooner than this after the second is ignored: the report is about to be written.
#[cfg(unix)]
const DEBOUNCE: Duration = Duration::from_millis(500);

/// The signals received so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Signals {
    stop: Arc<AtomicBool>,
    interrupted: Arc<AtomicBool>,
    status: Arc<AtomicU8>,
    recipient: Arc<Mutex<Recipient>>,
    /// Signals that were ignored at the start.
    #[cfg(unix)]
    ignored: Vec<i32>,
    /// Adds signals to those that are caught.
    #[cfg(unix)]
    listening: Option<signal_hook::iterator::Handle>,
}

/// The program that signals are forwarded to.
#[derive(Debug, Default)]
struct Recipient {
    child: Option<Child>,
    /// Signals received before it was started.
    early: Vec<i32>,
}

impl Signals {
    /// Starts to catch signals: interrupts, and all signals that can be forwarded where a program is to be run. A signal
    /// that is ignored at the start (`nohup`, a script's background job) has no effect here, and the program starts with it
    /// ignored; it is forwarded all the same, because the program may catch it, as Go's `signal.Notify` does.
    ///
    /// # Errors
    /// The system cannot start another thread or open a pipe.
    pub(crate) fn catch(runs_a_program: bool) -> io::Result<Self> {
        let mut signals = Self::default();
        listen(&mut signals, runs_a_program)?;
        Ok(signals)
    }

    /// Forwards the signals received so far and from now on. Catching begins before the program is started, so that no
    /// signal can end this program alone and leave the other one running.
    pub(crate) fn forward_to(&self, child: &Child) {
        let mut recipient = lock(&self.recipient);
        for number in recipient.early.drain(..) {
            child.signal(number);
        }
        recipient.child = Some(child.clone());
        drop(recipient);
        // Not before: the program would start with what is caught here at its default.
        #[cfg(unix)]
        if let Some(listening) = &self.listening {
            for number in &self.ignored {
                // Fails only for signals that cannot be caught.
                let _ = listening.add_signal(*number);
            }
        }
    }

    /// True when reading is to end.
    pub(crate) fn stop(&self) -> &Arc<AtomicBool> {
        &self.stop
    }

    /// True after the first interrupt.
    pub(crate) fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// The exit status after a second interrupt.
    pub(crate) fn status(&self) -> Option<u8> {
        Some(self.status.load(Ordering::Relaxed)).filter(|status| *status > 0)
    }
}

/// Handles signals on a thread of its own.
#[cfg(unix)]
struct Listener {
    signals: Signals,
    /// Time of the second interrupt.
    second: Option<Instant>,
}

#[cfg(unix)]
impl Listener {
    fn handle(&mut self, number: i32) {
        use signal_hook::consts::{SIGINT, SIGQUIT, SIGTERM, SIGWINCH};

        let mut recipient = lock(&self.signals.recipient);
        match &recipient.child {
            Some(child) => {
                let keyed = matches!(number, SIGINT | SIGQUIT | SIGWINCH);
                // The terminal has sent a typed signal to the whole foreground group already.
                if !(keyed && !child.leads_group() && in_foreground()) {
                    child.signal(number);
                }
            }
            None => recipient.early.push(number),
        }
        drop(recipient);
        if matches!(number, SIGINT | SIGTERM) && !self.signals.ignored.contains(&number) {
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
            Some(second) if second.elapsed() < DEBOUNCE => {}
            Some(_) => {
                if let Some(child) = &lock(&signals.recipient).child {
                    child.kill();
                }
                // Ends the program.
                let _ = signal_hook::low_level::emulate_default_handler(number);
            }
        }
    }
}

/// Starts the thread that handles signals.
#[cfg(unix)]
fn listen(signals: &mut Signals, runs_a_program: bool) -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH};

    let mut caught = vec![SIGINT, SIGTERM];
    if runs_a_program {
        caught.extend([SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH]);
    }
    let ignored = ignored();
    let is_ignored = |number: &i32| ignored >> (number - 1) & 1 == 1;
    (signals.ignored, caught) = caught.into_iter().partition(is_ignored);
    let mut incoming = signal_hook::iterator::Signals::new(caught)?;
    signals.listening = Some(incoming.handle());
    let mut listener = Listener {
        signals: signals.clone(),
        second: None,
    };
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            for number in incoming.forever() {
                listener.handle(number);
            }
        })?;
    Ok(())
}

/// The signals that are ignored, one bit each from signal 1 on. Known on Linux only; elsewhere 0.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or_default()
}

/// True if this program is in the foreground of its terminal.
#[cfg(unix)]
fn in_foreground() -> bool {
    std::fs::File::open("/dev/tty")
        .ok()
        .and_then(|terminal| rustix::termios::tcgetpgrp(terminal).ok())
        .is_some_and(|group| group == rustix::process::getpgrp())
}

/// Elsewhere an interrupt ends the program by default.
#[cfg(not(unix))]
fn listen(_: &mut Signals, _: bool) -> io::Result<()> {
    Ok(())
}

/// Ends the reading before the stream does: `--timeout`, `--until-critical`.
#[derive(Debug, Clone)]
pub(crate) struct Ending {
    child: Option<Child>,
    stop: Arc<AtomicBool>,
    asked: Arc<AtomicBool>,
}

/// How long a program may take to end after SIGTERM; the same as `docker stop`.
const GRACE: Duration = Duration::from_secs(10);

impl Ending {
    pub(crate) fn new(child: Option<&Child>, stop: &Arc<AtomicBool>) -> Self {
        Self {
            child: child.cloned(),
            stop: Arc::clone(stop),
            asked: Arc::default(),
        }
    }

    /// True if [`Ending::ask`] was called.
    pub(crate) fn asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Ends the reading, once. A program gets SIGTERM, is killed if it goes on, and is read to the end of its stream; other
    /// streams are not read any further.
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
        // Without a thread the reading ends at once.
        let grace = std::thread::Builder::new().spawn(move || {
            std::thread::sleep(GRACE);
            child.kill();
            // Processes that it has started may hold the stream open.
            std::thread::sleep(GRACE / 10);
            stop.store(true, Ordering::Relaxed);
        });
        if grace.is_err() {
            self.stop.store(true, Ordering::Relaxed);
        }
    }

    /// Calls [`Ending::ask`] after `duration`.
    ///
    /// # Errors
    /// The system cannot start another thread.
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
