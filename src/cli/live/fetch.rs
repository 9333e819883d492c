//! `--heap-url`: heap profiles of the program that is read, fetched while it runs.
//!
//! A thread of its own asks the program, so that nothing waits for it: not the trace, and not its end. On a critical
//! finding it takes a profile of the next seconds, which says what was allocated just then. A program that has ended cannot be
//! asked, so the profile since its start is fetched again and again, and the last one stands for the end.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::cli::args::LiveArgs;
use crate::cli::exit::Failure;

/// Bytes of a profile that are fetched.
const LARGEST: u64 = 256 << 20;
/// Beyond the seconds that a profile covers a program is not waited for longer.
const PATIENCE: Duration = Duration::from_secs(5);
/// From one profile since the start to the next.
const EVERY: Duration = Duration::from_secs(5);
/// Critical findings that a profile is taken of.
const MOST_CRITICAL: usize = 20;

/// Fetches profiles beside everything else.
#[derive(Debug, Clone)]
pub(crate) struct Fetcher {
    critical: Sender<()>,
    taken: Arc<Mutex<Taken>>,
    folder: Option<PathBuf>,
}

/// What was fetched so far.
#[derive(Debug, Default)]
struct Taken {
    critical: Option<Vec<u8>>,
    last: Option<Vec<u8>>,
    failed: Option<String>,
}

/// What there is at the end.
pub(crate) enum Fetched {
    /// A profile and what it is called.
    Profile(Vec<u8>, &'static str),
    /// None, and why.
    Nothing(String),
}

impl Fetcher {
    /// Starts fetching; `None` where the user gave no address.
    ///
    /// # Errors
    /// An address that is none, a folder that cannot be made, no thread left.
    pub(crate) fn start(args: &LiveArgs) -> Result<Option<Self>, Failure> {
        let Some(url) = &args.heap_url else {
            return Ok(None);
        };
        let url = address(url)?;
        let folder = args.save_profiles.as_ref().map(PathBuf::from);
        if let Some(folder) = &folder {
            fs::create_dir_all(folder)
                .map_err(|error| Failure::writing(&folder.to_string_lossy(), &error))?;
        }
        let (critical, asked) = mpsc::channel();
        let taken = Arc::new(Mutex::new(Taken::default()));
        let work = Work {
            url,
            seconds: args.heap_seconds,
            folder: folder.clone(),
            taken: Arc::clone(&taken),
        };
        thread::Builder::new()
            .name("heap profiles".to_owned())
            .spawn(move || work.run(&asked))
            .map_err(|error| Failure::new(format!("cannot start a thread: {error}")))?;
        Ok(Some(Self {
            critical,
            taken,
            folder,
        }))
    }

    /// A critical finding was raised.
    pub(crate) fn critical(&self) {
        // A thread that is gone has said why.
        let _ = self.critical.send(());
    }

    /// What there is now; nothing is waited for.
    pub(crate) fn finish(&self) -> Fetched {
        let Ok(mut taken) = self.taken.lock() else {
            return Fetched::Nothing("the thread that fetches them has failed".to_owned());
        };
        if let (Some(folder), Some(last)) = (&self.folder, &taken.last)
            && let Err(why) = save(folder, "last", last)
        {
            taken.failed = Some(why);
        }
        if let Some(profile) = taken.critical.take() {
            return Fetched::Profile(profile, "the profile at the critical finding");
        }
        match taken.last.take() {
            Some(profile) => Fetched::Profile(profile, "the last profile of the program"),
            None => Fetched::Nothing(
                taken
                    .failed
                    .clone()
                    .unwrap_or_else(|| "the program ended before there was one".to_owned()),
            ),
        }
    }
}

struct Work {
    url: String,
    seconds: u64,
    folder: Option<PathBuf>,
    taken: Arc<Mutex<Taken>>,
}

impl Work {
    fn run(&self, asked: &Receiver<()>) {
        let mut count = 0;
        let mut wait = Duration::from_secs(1);
        loop {
            match asked.recv_timeout(wait) {
                Ok(()) if count < MOST_CRITICAL => {
                    count += 1;
                    let fetched = self.fetch(&format!("{}?seconds={}", self.url, self.seconds));
                    self.keep(fetched, Some(count));
                }
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => self.keep(self.fetch(&self.url), None),
                Err(RecvTimeoutError::Disconnected) => return,
            }
            wait = EVERY;
        }
    }

    fn fetch(&self, url: &str) -> Result<Vec<u8>, String> {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(self.seconds) + PATIENCE))
            .proxy(None)
            .build()
            .into();
        let failed = |error: ureq::Error| format!("{url}: {error}");
        let mut response = agent.get(url).call().map_err(failed)?;
        response
            .body_mut()
            .with_config()
            .limit(LARGEST)
            .read_to_vec()
            .map_err(failed)
    }

    fn keep(&self, fetched: Result<Vec<u8>, String>, critical: Option<usize>) {
        let saved = match (&fetched, &self.folder, critical) {
            (Ok(profile), Some(folder), Some(number)) => {
                save(folder, &format!("critical-{number}"), profile)
            }
            _ => Ok(()),
        };
        let Ok(mut taken) = self.taken.lock() else {
            return;
        };
        match (fetched, critical) {
            (Ok(profile), Some(_)) => taken.critical = Some(profile),
            (Ok(profile), None) => taken.last = Some(profile),
            (Err(why), _) => taken.failed = Some(why),
        }
        if let Err(why) = saved {
            taken.failed = Some(why);
        }
    }
}

fn save(folder: &Path, name: &str, profile: &[u8]) -> Result<(), String> {
    let path = folder.join(format!("{name}.pb.gz"));
    fs::write(&path, profile).map_err(|error| format!("{}: {error}", path.display()))
}

/// `http://localhost:6060` stands for its `/debug/pprof/allocs`.
fn address(url: &str) -> Result<String, Failure> {
    let Some(rest) = url.strip_prefix("http://") else {
        return Err(Failure::new(format!(
            "--heap-url: `{url}` is no address that begins with http://"
        ))
        .tip("write it like http://localhost:6060, where the program serves net/http/pprof"));
    };
    let url = url.trim_end_matches('/');
    Ok(match rest.trim_end_matches('/').contains('/') {
        true => url.to_owned(),
        false => format!("{url}/debug/pprof/allocs"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_address_gets_its_path() {
        let of = |url| address(url).ok().unwrap_or_default();
        assert_eq!(of("http://h:6060"), "http://h:6060/debug/pprof/allocs");
        assert_eq!(of("http://h:6060/"), "http://h:6060/debug/pprof/allocs");
        assert_eq!(of("http://h:1/x/heap"), "http://h:1/x/heap");
        assert!(address("localhost:6060").is_err());
    }
}
