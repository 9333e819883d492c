//! `--heap-url`: heap profiles of the program that writes the trace, fetched by a thread while it runs.
//!
//! On a critical finding the thread takes a profile of the next seconds, which shows the allocations of that time. After
//! its end the program serves no profiles, so the profile since its start is fetched at intervals, and the last one is used.
//! Of a program that is a source itself, profiles are fetched on critical findings only: it goes on after the watch.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::cli::args::{LiveArgs, PollArgs};
use crate::cli::exit::{self, Failure};
use crate::cli::live::http::{self, Client, Refusal};
use crate::cli::output::worker::lock;

/// Largest profile, in bytes.
const LARGEST: u64 = 256 << 20;
/// Time for an answer, in addition to the seconds that the profile covers.
const PATIENCE: Duration = Duration::from_secs(5);
/// Interval between two profiles since the start.
const EVERY: Duration = Duration::from_secs(5);
/// Critical findings for which a profile is taken.
const MOST_CRITICAL: usize = 20;

/// Fetches profiles on a thread of its own.
#[derive(Debug, Clone)]
pub(crate) struct Fetcher {
    critical: SyncSender<()>,
    taken: Arc<Mutex<Taken>>,
    folder: Option<PathBuf>,
    /// Without a critical finding there is none, and none is missed.
    on_critical: bool,
}

/// The profiles fetched so far.
#[derive(Debug, Default)]
struct Taken {
    critical: Option<Vec<u8>>,
    last: Option<Vec<u8>>,
    failed: Option<String>,
}

impl Fetcher {
    /// Starts fetching from `--heap-url`; `None` without it.
    ///
    /// # Errors
    /// An invalid address, a folder that cannot be made, no thread left.
    pub(crate) fn of_flag(args: &LiveArgs) -> Result<Option<Self>, Failure> {
        let Some(url) = &args.heap_url else {
            return Ok(None);
        };
        Self::from(args, From::Url(address(url)?)).map(Some)
    }

    /// The same, or from the source itself if that is one running program.
    ///
    /// # Errors
    /// Likewise.
    pub(crate) fn start(
        args: &LiveArgs,
        sources: &[String],
        polls: &PollArgs,
    ) -> Result<Option<Self>, Failure> {
        match sources {
            [url] if http::is_url(url) && args.heap_url.is_none() => {
                let client = Client::new(url, &polls.header)?;
                Self::from(args, From::Source(client)).map(Some)
            }
            _ => Self::of_flag(args),
        }
    }

    fn from(args: &LiveArgs, from: From) -> Result<Self, Failure> {
        let on_critical = matches!(from, From::Source(_));
        let folder = args.save_profiles.as_ref().map(PathBuf::from);
        if let Some(folder) = &folder {
            fs::create_dir_all(folder)
                .map_err(|error| Failure::writing(&folder.to_string_lossy(), &error))?;
        }
        let (critical, asked) = sync_channel(MOST_CRITICAL);
        let taken = Arc::new(Mutex::new(Taken::default()));
        let work = Work {
            from,
            seconds: args.heap_seconds,
            folder: folder.clone(),
            taken: Arc::clone(&taken),
        };
        thread::Builder::new()
            .name("heap profiles".to_owned())
            .spawn(move || work.run(&asked))
            .map_err(exit::unable)?;
        Ok(Self {
            critical,
            taken,
            folder,
            on_critical,
        })
    }

    /// Takes a profile because a critical finding was raised.
    pub(crate) fn critical(&self) {
        // Findings that do not fit into the queue get no profile.
        let _ = self.critical.try_send(());
    }

    /// The best profile fetched so far and its name, or why there is none; `None` if none was to be. Does not wait.
    pub(crate) fn finish(&self) -> Option<Result<(Vec<u8>, &'static str), String>> {
        let mut taken = lock(&self.taken);
        if let (Some(folder), Some(last)) = (&self.folder, &taken.last)
            && let Err(why) = save(folder, "last", last)
        {
            taken.failed = Some(why);
        }
        if let Some(profile) = taken.critical.take() {
            return Some(Ok((profile, "the profile at the critical finding")));
        }
        if let Some(profile) = taken.last.take() {
            return Some(Ok((profile, "the last profile of the program")));
        }
        let never = || "the program ended before there was one".to_owned();
        match &taken.failed {
            None if self.on_critical => None,
            failed => Some(Err(failed.clone().unwrap_or_else(never))),
        }
    }
}

/// Where profiles come from.
enum From {
    /// This address.
    Url(String),
    /// The program that is polled.
    Source(Client),
}

struct Work {
    from: From,
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
                    let fetched = self.fetch(&format!("?seconds={}", self.seconds));
                    self.keep(fetched, Some(count));
                }
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => match &self.from {
                    From::Url(_) => self.keep(self.fetch(""), None),
                    From::Source(_) => {}
                },
                Err(RecvTimeoutError::Disconnected) => return,
            }
            wait = EVERY;
        }
    }

    fn fetch(&self, query: &str) -> Result<Vec<u8>, String> {
        let patience = Duration::from_secs(self.seconds) + PATIENCE;
        let url = match &self.from {
            From::Url(url) => format!("{url}{query}"),
            From::Source(client) => {
                let path = format!("/debug/pprof/allocs{query}");
                let read = |body: &mut dyn Read| {
                    let mut profile = Vec::new();
                    body.read_to_end(&mut profile).map(|_| profile)
                };
                let fetched = client.get(&path, LARGEST, patience, read);
                return fetched
                    .map(|(profile, _)| profile)
                    .map_err(|refusal| match refusal {
                        Refusal::NotFound => format!("the answer to {path} is 404 Not Found"),
                        Refusal::Other(why) => why,
                    });
            }
        };
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .timeout_global(Some(patience))
            .proxy(None)
            .build()
            .into();
        let failed = |error: ureq::Error| format!("{url}: {error}");
        let mut response = agent.get(&url).call().map_err(failed)?;
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
        let mut taken = lock(&self.taken);
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

/// The address of the profile; without a path, that of `/debug/pprof/allocs`.
fn address(url: &str) -> Result<String, Failure> {
    let Some(rest) = url.strip_prefix("http://") else {
        return Err(Failure::new(format!(
            "--heap-url: invalid address `{url}`: expected e.g. `http://localhost:6060`"
        ))
        .tip("name the address at which the program serves net/http/pprof"));
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
