//! The compiler's escape analysis, from a file or a build, and the lines of source.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

use gcpressure::internal::escape::{self, EscapeError, Escapes};

use crate::cli::args::EscapeArgs;
use crate::cli::exit::Failure;

/// Bytes of a source file that are read, at most.
const MAX_SOURCE: u64 = 16 << 20;

/// Checks that the files of the flags exist and are used: diagnostics explain a heap `profile`, the source shows the lines
/// of the diagnostics.
///
/// # Errors
/// A missing file; a flag without effect.
pub(crate) fn check(args: &EscapeArgs, profile: bool) -> Result<(), Failure> {
    let given = [
        ("--escape", args.escape.is_some()),
        ("--build", !args.build.is_empty()),
        ("--src", args.src.is_some()),
    ];
    if let Some((flag, _)) = given.iter().find(|(_, given)| *given && !profile) {
        return Err(
            Failure::new(format!("{flag} explains a heap profile, and none is given")).tip(
                "add the profile: --heap heap.pb.gz beside a log, --heap-url http://localhost:6060 of a running program",
            ),
        );
    }
    if let Some(folder) = &args.src {
        if args.escape.is_none() && args.build.is_empty() {
            return Err(Failure::new(
                "--src shows lines of the compiler's diagnostics, and none are given",
            )
            .tip("add --escape FILE, or --build ./..."));
        }
        let found = fs::metadata(folder).map_err(|error| Failure::reading(folder, &error))?;
        if !found.is_dir() {
            return Err(Failure::new(format!("--src: {folder} is not a directory")));
        }
    }
    match args.escape.as_deref() {
        None | Some("-") => Ok(()),
        Some(path) => File::open(path)
            .map(drop)
            .map_err(|error| unreadable(path, &error)),
    }
}

/// The diagnostics and their name; `None` if no flag names any.
///
/// # Errors
/// A file that cannot be read, packages that cannot be built.
pub(crate) fn open(args: &EscapeArgs) -> Result<Option<(Escapes, String)>, Failure> {
    if !args.build.is_empty() {
        let name = format!("go build {}", args.build.join(" "));
        return build(&args.build).map(|escapes| Some((escapes, name)));
    }
    let Some(name) = &args.escape else {
        return Ok(None);
    };
    let escapes = match name.as_str() {
        "-" => escape::read(&mut BufReader::new(io::stdin().lock())),
        path => File::open(path)
            .map_err(EscapeError::from)
            .and_then(|file| escape::read(&mut BufReader::new(file))),
    };
    match escapes {
        Ok(escapes) => Ok(Some((escapes, name.clone()))),
        Err(EscapeError::Io(error)) => Err(unreadable(name, &error)),
        Err(error) => Err(Failure::new(format!("cannot use {name}: {error}"))),
    }
}

fn unreadable(name: &str, error: &io::Error) -> Failure {
    Failure::reading_file(
        name,
        error,
        "make it where the source is: go build -gcflags='-m -m' ./... 2> escape.txt",
        "name the file with the output of go build",
    )
}

/// Builds the packages with the installed Go, for their diagnostics only.
fn build(packages: &[String]) -> Result<Escapes, Failure> {
    let null = if cfg!(windows) { "NUL" } else { "/dev/null" };
    let mut child = Command::new("go")
        .args(["build", "-gcflags=-m -m", "-o", null, "--"])
        .args(packages)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| {
            Failure::new(format!("--build: cannot run go: {error}")).tip(
                "install Go, or make the diagnostics where it is: go build -gcflags='-m -m' ./... 2> escape.txt",
            )
        })?;
    let mut output = BufReader::new(Tail {
        inner: child.stderr.take(),
        last: Vec::new(),
    });
    let escapes = escape::read(&mut output);
    // Unread output would block the compiler.
    let _ = io::copy(&mut output, &mut io::sink());
    let status = child
        .wait()
        .map_err(|error| Failure::new(format!("--build: go: {error}")))?;
    if !status.success() {
        let last = String::from_utf8_lossy(&output.get_ref().last)
            .trim()
            .to_owned();
        return Err(Failure::new(format!("--build: go build failed:\n{last}")));
    }
    match escapes {
        Ok(escapes) => Ok(escapes),
        Err(error) => Err(Failure::new(format!("--build: {error}"))),
    }
}

/// A reader that keeps the end of its stream, for the message of a failed build.
struct Tail<R> {
    inner: Option<R>,
    last: Vec<u8>,
}

impl<R: Read> Read for Tail<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        const KEPT: usize = 2_000;
        let Some(inner) = &mut self.inner else {
            return Ok(0);
        };
        let read = inner.read(buffer)?;
        self.last.extend_from_slice(&buffer[..read]);
        let surplus = self.last.len().saturating_sub(KEPT);
        self.last.drain(..surplus);
        Ok(read)
    }
}

/// Lines of source below a folder.
#[derive(Debug)]
pub(crate) struct Source {
    root: Option<PathBuf>,
    files: HashMap<String, Option<Vec<String>>>,
}

impl Source {
    /// The folder of `--src`, or the working directory with `--build`.
    pub(crate) fn new(args: &EscapeArgs) -> Self {
        let here = (!args.build.is_empty()).then(|| PathBuf::from("."));
        Self {
            root: args.src.as_ref().map(PathBuf::from).or(here),
            files: HashMap::new(),
        }
    }

    /// A line of a file, by the path in the profile.
    pub(crate) fn line(&mut self, file: &str, line: u64) -> Option<String> {
        let root = self.root.as_deref()?;
        let lines = self
            .files
            .entry(file.to_owned())
            .or_insert_with(|| read(root, file));
        let at = usize::try_from(line).ok()?.checked_sub(1)?;
        lines.as_ref()?.get(at).cloned()
    }
}

/// Reads the file below the folder that has the longest tail of the profile's path. That path begins with the module, or
/// with the directory of the build.
fn read(root: &Path, file: &str) -> Option<Vec<String>> {
    let parts: Vec<_> = Path::new(file)
        .components()
        .filter(|part| matches!(part, Component::Normal(_)))
        .collect();
    let path = (0..parts.len())
        .map(|from| root.join(parts[from..].iter().collect::<PathBuf>()))
        .find(|path| path.is_file())?;
    let mut text = Vec::new();
    let file = fs::File::open(path).ok()?;
    file.take(MAX_SOURCE).read_to_end(&mut text).ok()?;
    let text = String::from_utf8_lossy(&text);
    Some(text.lines().map(str::to_owned).collect())
}
