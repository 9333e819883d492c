//! Interrupts. The first lets the stream come to its end, the second ends the reading, a third ends the program as if it
//! had never listened. A program that runs under this one gets every signal that it would have got alone.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use gcpressure::input::Child;

/// What has been heard of so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Signals {
    stop: Arc<AtomicBool>,
    interrupted: Arc<AtomicBool>,
    status: Arc<AtomicU8>,
}

impl Signals {
    /// Listens from now on, and hands signals on to `child`.
    ///
    /// # Errors
    /// The system has no thread or no pipe left.
    pub(crate) fn catch(child: Option<&Child>) -> io::Result<Self> {
        let signals = Self::default();
        listen(signals.clone(), child.cloned())?;
        Ok(signals)
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

    /// Takes in SIGINT or SIGTERM; false where there have been two before.
    #[cfg(unix)]
    fn interrupt(&self, number: i32) -> bool {
        if !self.interrupted.swap(true, Ordering::Relaxed) {
            return true;
        }
        if self.status().is_some() {
            return false;
        }
        let status = u8::try_from(128 + number).unwrap_or(u8::MAX);
        self.status.store(status, Ordering::Relaxed);
        self.stop.store(true, Ordering::Relaxed);
        true
    }
}

/// Starts the thread that listens.
#[cfg(unix)]
fn listen(signals: Signals, child: Option<Child>) -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH};
    use signal_hook::low_level::emulate_default_handler;

    let mut heard = vec![SIGINT, SIGTERM];
    if child.is_some() {
        heard.extend([SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH]);
    }
    let mut incoming = signal_hook::iterator::Signals::new(heard)?;
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            for number in incoming.forever() {
                if let Some(child) = &child {
                    let keyed = matches!(number, SIGINT | SIGQUIT | SIGWINCH);
                    // The terminal sends what is typed to everyone in the foreground: once is enough.
                    if !(keyed && !child.leads_group() && in_foreground()) {
                        child.signal(number);
                    }
                }
                if matches!(number, SIGINT | SIGTERM) && !signals.interrupt(number) {
                    // It ends the program, or fails where that cannot be.
                    let _ = emulate_default_handler(number);
                }
            }
        })?;
    Ok(())
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
fn listen(_: Signals, _: Option<Child>) -> io::Result<()> {
    Ok(())
}

/// Ends the reading before the stream does: `--timeout`, `--until-critical`.
#[derive(Debug, Clone)]
pub(crate) struct Ending {
    child: Option<Child>,
    stop: Arc<AtomicBool>,
    asked: Arc<AtomicBool>,
}

/// How long a program that was asked to end may take; the same as `docker stop` grants.
const GRACE: std::time::Duration = std::time::Duration::from_secs(10);

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
    pub(crate) fn after(&self, duration: std::time::Duration) -> io::Result<()> {
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
