//! A real terminal for tests, driven by tmux.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Long enough that a machine under load gets there, short enough that a hang is seen.
const PATIENCE: Duration = Duration::from_secs(60);

/// Follows a command line: its exit status, and the modes that it left the terminal in.
pub(crate) const AFTERWARDS: &str =
    "; echo status $? $(stty -a | grep -ow -e '-*icanon' -e '-*echo' -e '-*isig')";
pub(crate) const RESTORED: &str = "isig icanon echo";

/// A terminal with a shell in it, on a server of its own.
pub(crate) struct Terminal {
    socket: String,
}

impl Terminal {
    /// `None` without tmux.
    pub(crate) fn new(folder: &Path, width: u16, height: u16) -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        if !Command::new("tmux")
            .arg("-V")
            .output()
            .is_ok_and(|o| o.status.success())
        {
            eprintln!("skipped: no tmux");
            return None;
        }
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let terminal = Self {
            socket: format!("gcpressure-{}-{next}", std::process::id()),
        };
        let mut start = terminal.tmux();
        start.args(["-f", "/dev/null", "new-session", "-d", "-x"]);
        start.args([&width.to_string(), "-y", &height.to_string()]);
        start.arg("-c").arg(folder);
        start.arg("env -u CI PS1='ready$ ' LC_ALL=C.UTF-8 sh");
        let started = start.output().unwrap();
        assert!(started.status.success(), "{started:?}");
        terminal.wait("ready$");
        Some(terminal)
    }

    fn tmux(&self) -> Command {
        let mut command = Command::new("tmux");
        command.args(["-L", &self.socket]).env_remove("TMUX");
        command
    }

    pub(crate) fn ask(&self, arguments: &[&str]) -> String {
        let output = self.tmux().args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn screen(&self) -> String {
        self.ask(&["capture-pane", "-p"])
    }

    /// The screen and what has scrolled off it.
    pub(crate) fn all(&self) -> String {
        self.ask(&["capture-pane", "-p", "-S", "-"])
    }

    pub(crate) fn key(&self, key: &str) {
        self.ask(&["send-keys", key]);
    }

    pub(crate) fn line(&self, text: &str) {
        self.ask(&["send-keys", "-l", text]);
        self.key("Enter");
    }

    pub(crate) fn resize(&self, width: u16, height: u16) {
        let (width, height) = (width.to_string(), height.to_string());
        self.ask(&["resize-window", "-x", &width, "-y", &height]);
    }

    pub(crate) fn until(&self, what: &str, so: impl Fn(&str) -> bool) -> String {
        let start = Instant::now();
        loop {
            let screen = self.screen();
            if so(&screen) {
                return screen;
            }
            assert!(start.elapsed() < PATIENCE, "{what}: still not\n{screen}");
            thread::sleep(Duration::from_millis(50));
        }
    }

    pub(crate) fn wait(&self, text: &str) -> String {
        self.until(text, |screen| screen.contains(text))
    }

    /// Asserts that the terminal is as a shell wants it: the usual screen, the cursor, lines and echo. The shell sets the
    /// modes itself before it prompts, so what `gcpressure` left is asked for by a command in the same line.
    pub(crate) fn is_restored(&self) {
        let flags = self.ask(&["display-message", "-p", "#{alternate_on} #{cursor_flag}"]);
        assert_eq!(flags.trim(), "0 1", "alternate screen, cursor");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.tmux().arg("kill-server").output();
    }
}
