//! Requests to a running program: over TCP, TLS with the system's roots, or a Unix socket.
//!
//! Redirects are not followed: a header that lets the user in must not go to another host.

#[cfg(unix)]
mod unix;

use std::fs;
use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use ureq::http::StatusCode;

use crate::cli::exit::Failure;

/// Time for a whole answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// Time for a connection.
const CONNECT: Duration = Duration::from_secs(5);

/// True if an argument names a running program, and no log.
pub(crate) fn is_url(text: &str) -> bool {
    let schemes = ["http://", "https://", "unix:", "http+unix://"];
    schemes.iter().any(|scheme| text.starts_with(scheme))
}

/// A running program.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    agent: ureq::Agent,
    /// As the user named it.
    pub(crate) name: String,
    /// What stands before the path of each request.
    root: String,
    /// The path that the user named, if it is one of those that are asked for.
    pub(crate) path: Option<&'static str>,
    headers: Arc<Vec<(String, String)>>,
}

/// Why a request has no usable answer.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The program serves nothing at this path.
    NotFound,
    /// Anything else, in words.
    Other(String),
}

/// The paths at which a Go program serves `runtime.MemStats`.
pub(crate) const VARS: &str = "/debug/vars";
pub(crate) const HEAP: &str = "/debug/pprof/heap?debug=1";

impl Client {
    /// The program at an address, with the headers of `--header`.
    ///
    /// # Errors
    /// An invalid address or header.
    pub(crate) fn new(name: &str, headers: &[String]) -> Result<Self, Failure> {
        let invalid = |why: &str| {
            let shown = name.split(['@', '?']).next().unwrap_or_default();
            let shown = if name.contains('@') {
                "the address"
            } else {
                shown
            };
            Failure::new(format!("{shown}: {why}")).tip(
                "name the address at which the program serves net/http/pprof or expvar, e.g. http://localhost:6060, \
                 https://host/prefix or unix:/run/app.sock",
            )
        };
        let (socket, address) = split(name).ok_or_else(|| invalid("invalid address"))?;
        if address.starts_with("https:") && !cfg!(feature = "tls") {
            return Err(invalid("built without https (feature `tls`)"));
        }
        let (scheme, rest) = address.split_once("://").unwrap_or_default();
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if host.contains('@') {
            return Err(invalid("a user and password may not stand in it")
                .tip("give them by --header 'Authorization: Basic ...'"));
        }
        let path = path.strip_suffix("?debug=1").unwrap_or(path);
        if host.is_empty() || path.contains(['?', '#']) {
            return Err(invalid("invalid address"));
        }
        let path = path.trim_end_matches('/');
        let (prefix, path) = match (path.strip_suffix(VARS), path.find("/debug/pprof")) {
            (Some(prefix), _) => (prefix, Some(VARS)),
            (None, Some(at)) => (&path[..at], Some(HEAP)),
            (None, None) => (path, None),
        };
        let root = format!("{scheme}://{host}{prefix}");
        format!("{root}{VARS}")
            .parse::<ureq::http::Uri>()
            .map_err(|error| invalid(&error.to_string()))?;
        Ok(Self {
            agent: agent(socket).map_err(|why| invalid(&why))?,
            name: name.to_owned(),
            root,
            path,
            headers: Arc::new(parsed(headers)?),
        })
    }

    /// Asks for a path. Its answer is read by `read`, up to `most` bytes of it and within `patience`; returns also how many there were.
    pub(crate) fn get<T>(
        &self,
        path: &str,
        most: u64,
        patience: Duration,
        read: impl FnOnce(&mut dyn Read) -> io::Result<T>,
    ) -> Result<(T, u64), Refusal> {
        let mut request = self.agent.get(format!("{}{path}", self.root));
        for (name, value) in self.headers.iter() {
            request = request.header(name, value);
        }
        let request = request.config().timeout_global(Some(patience)).build();
        let mut response = request.call().map_err(|error| words(error, patience))?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Err(Refusal::NotFound),
            status => {
                let to = response.headers().get("location");
                let to = to.and_then(|to| to.to_str().ok()).unwrap_or_default();
                return Err(Refusal::Other(refused(status, path, to)));
            }
        }
        // One byte more shows that there are more.
        let body = response.body_mut().with_config().limit(u64::MAX).reader();
        let mut body = Counted {
            body: body.take(most + 1),
            bytes: 0,
        };
        let read = read(&mut body).map_err(|error| words(error.into(), patience))?;
        if body.bytes > most {
            return Err(Refusal::Other(format!(
                "the answer to {path} has more than {} MiB: it is not a heap profile or expvar's JSON",
                most >> 20
            )));
        }
        Ok((read, body.bytes))
    }
}

/// A body, and how much of it was read.
struct Counted<R> {
    body: R,
    bytes: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.body.read(buf)?;
        self.bytes += read as u64;
        Ok(read)
    }
}

/// The socket that an address names, if it does, and the rest as an address of HTTP.
fn split(name: &str) -> Option<(Option<String>, String)> {
    if let Some(path) = name.strip_prefix("unix:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        return (!path.is_empty()).then(|| (Some(path.to_owned()), "http://localhost".to_owned()));
    }
    if let Some(rest) = name.strip_prefix("http+unix://") {
        let (socket, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let socket = socket.replace("%2F", "/").replace("%2f", "/");
        return (!socket.is_empty()).then(|| (Some(socket), format!("http://localhost{path}")));
    }
    Some((None, name.to_owned()))
}

fn agent(socket: Option<String>) -> Result<ureq::Agent, String> {
    let config = ureq::Agent::config_builder()
        .timeout_connect(Some(CONNECT))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .max_idle_connections(1)
        .proxy(None)
        .user_agent(concat!("gcpressure/", env!("CARGO_PKG_VERSION")));
    #[cfg(feature = "tls")]
    let config = config.tls_config(system_roots());
    let config = config.build();
    match socket {
        None => Ok(config.into()),
        #[cfg(unix)]
        Some(socket) => Ok(unix::agent(config, socket)),
        #[cfg(not(unix))]
        Some(_) => Err("there are no Unix sockets on this system".to_owned()),
    }
}

/// TLS with the roots that the system trusts.
#[cfg(feature = "tls")]
fn system_roots() -> ureq::tls::TlsConfig {
    ureq::tls::TlsConfig::builder()
        .root_certs(ureq::tls::RootCerts::PlatformVerifier)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build()
}

/// `NAME: VALUE`, or `@FILE` with one of these a line. What they hold is in no message.
fn parsed(headers: &[String]) -> Result<Vec<(String, String)>, Failure> {
    let mut parsed = Vec::new();
    for given in headers {
        let text = match given.strip_prefix('@') {
            Some(file) => {
                fs::read_to_string(file).map_err(|error| Failure::reading(file, &error))?
            }
            None => given.clone(),
        };
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let header = line
                .split_once(':')
                .map(|(name, value)| (name.trim(), value.trim()));
            let valid = header.filter(|(name, value)| {
                let name = ureq::http::HeaderName::from_bytes(name.as_bytes());
                name.is_ok() && ureq::http::HeaderValue::from_str(value).is_ok()
            });
            let Some((name, value)) = valid else {
                return Err(Failure::new("--header: invalid header (not shown)").tip(
                    "write NAME: VALUE, e.g. 'Authorization: Bearer ...', or @FILE with such lines",
                ));
            };
            parsed.push((name.to_owned(), value.to_owned()));
        }
    }
    Ok(parsed)
}

/// An error of a request in words.
fn words(error: ureq::Error, patience: Duration) -> Refusal {
    let why = match error {
        ureq::Error::Timeout(_) => format!(
            "no whole answer within {} s: the program hangs, or something between drops the connection",
            patience.as_secs()
        ),
        ureq::Error::HostNotFound => "there is no host of this name".to_owned(),
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            "connection refused: is the program running, and is this its address?".to_owned()
        }
        ureq::Error::Io(error) => match error.downcast::<ureq::Error>() {
            Ok(inner @ ureq::Error::Io(_)) => cut(&inner),
            Ok(inner) => return words(inner, patience),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => cut(&error),
            Err(error) => error.to_string(),
        },
        error @ ureq::Error::Protocol(_) => {
            format!("the answer is not HTTP, or was cut: {error}")
        }
        error => error.to_string(),
    };
    Refusal::Other(why)
}

fn cut(error: &dyn std::error::Error) -> String {
    format!("the answer was cut: {error}")
}

/// An answer that is none, in words.
fn refused(status: StatusCode, path: &str, to: &str) -> String {
    let what = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            "give what lets you in by --header 'Authorization: ...'".to_owned()
        }
        status if status.is_redirection() => format!(
            "it points to {}: name that address (redirects are not followed, so that no header goes to another host)",
            to.escape_default()
        ),
        _ => "see the program's own log".to_owned(),
    };
    format!("the answer to {path} is {status}; {what}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test panics by design")]

    use super::*;

    #[test]
    fn an_address_may_name_a_prefix_or_a_path() {
        let of = |name| {
            let client = Client::new(name, &[]).unwrap();
            (client.root, client.path)
        };
        let root = |root: &str| root.to_owned();
        assert_eq!(of("http://h:6060"), (root("http://h:6060"), None));
        assert_eq!(of("http://h:6060/"), (root("http://h:6060"), None));
        assert_eq!(of("https://h/app/"), (root("https://h/app"), None));
        assert_eq!(of("http://h/debug/vars"), (root("http://h"), Some(VARS)));
        assert_eq!(
            of("http://h/x/debug/pprof/"),
            (root("http://h/x"), Some(HEAP))
        );
        assert_eq!(
            of("http://h/debug/pprof/heap?debug=1"),
            (root("http://h"), Some(HEAP))
        );
        assert_eq!(of("unix:/run/a.sock"), (root("http://localhost"), None));
        assert_eq!(
            of("http+unix://%2Frun%2Fa.sock/p"),
            (root("http://localhost/p"), None)
        );
    }

    #[test]
    fn no_secret_is_in_a_message() {
        let failed = |name, headers: &[&str]| {
            let headers: Vec<_> = headers.iter().map(|header| (*header).to_owned()).collect();
            Client::new(name, &headers).unwrap_err().to_string()
        };
        assert!(!failed("http://me:s3cret@h:6060", &[]).contains("s3cret"));
        assert!(!failed("http://h:6060/?token=s3cret", &[]).contains("s3cret"));
        assert!(!failed("http://h:6060", &["s3cret"]).contains("s3cret"));
        assert!(!failed("http://h:6060", &["Authorization: s3cret\u{1}"]).contains("s3cret"));
        let client = Client::new("http://h", &["Authorization: s3cret".to_owned()]).unwrap();
        assert_eq!(client.headers[0].1, "s3cret");
        failed("http://", &[]);
        failed("unix:", &[]);
    }
}
