//! Where reports go: standard output and the files of `-o`.

use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anstream::ColorChoice;
use gcpressure::render::{Format, Style};
use gcpressure::report::Report;
use tempfile::NamedTempFile;

use super::args::{ColorWhen, OutputArgs};
use super::exit::Failure;
use super::suggest;

/// Says something on standard error. Where that is closed nobody listens, so its failure is no failure.
pub(crate) fn complain(message: &str) {
    let _ = writeln!(io::stderr().lock(), "{message}");
}

/// Writes to standard output. A reader that has left is content with what it got.
///
/// # Errors
/// Standard output cannot be written for another reason.
pub(crate) fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    content(write(&mut out).and_then(|()| out.flush()))
        .map_err(|error| Failure::writing("standard output", &error))
}

/// A closed pipe is no error.
pub(crate) fn content(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Whether text on this stream has colours.
pub(crate) fn color(
    args: &OutputArgs,
    terminal: &(impl IsTerminal + anstream::stream::RawStream),
) -> bool {
    match args.color {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto => anstream::AutoStream::choice(terminal) != ColorChoice::Never,
    }
}

/// The files of `-o`, opened before anything is read.
#[derive(Debug)]
pub(crate) struct Targets(Vec<Target>);

#[derive(Debug)]
struct Target {
    format: Format,
    path: String,
    place: Place,
}

/// What a path is.
#[derive(Debug)]
enum Place {
    /// A file: written beside its place and moved there when it is whole.
    File(PathBuf),
    /// A device or a named pipe: it must stay what it is.
    Device(File),
}

impl Targets {
    /// Reads `FORMAT=PATH` and makes sure that each path can be written.
    ///
    /// # Errors
    /// An unknown format, a path that cannot be written.
    pub(crate) fn open(pairs: &[String]) -> Result<Self, Failure> {
        pairs
            .iter()
            .map(|pair| Target::open(pair))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// True where there is a file to write.
    pub(crate) fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// Writes the report to every file.
    ///
    /// # Errors
    /// The first file that cannot be written; the others are written all the same.
    pub(crate) fn write(&self, report: &Report, style: &Style) -> Result<(), Failure> {
        let written = self.0.iter().map(|target| target.write(report, style));
        written.fold(Ok(()), Result::and)
    }

    /// Replaces every file by the report so far; what is no file is left for the end.
    ///
    /// # Errors
    /// The first file that cannot be written; the others are written all the same.
    pub(crate) fn refresh(&self, report: &Report, style: &Style) -> Result<(), Failure> {
        let files = self.0.iter().filter(|t| matches!(t.place, Place::File(_)));
        let written = files.map(|target| target.write(report, style));
        written.fold(Ok(()), Result::and)
    }
}

impl Target {
    fn open(pair: &str) -> Result<Self, Failure> {
        let names: Vec<_> = Format::ALL.iter().map(|format| format.name()).collect();
        let wrong = |message: String| Err(Failure::new(format!("--output: {message}")));
        let Some((name, path)) = pair.split_once('=') else {
            return wrong(format!("`{pair}` has no format; write it like json={pair}"));
        };
        let Some(format) = Format::from_name(name) else {
            return wrong(match suggest::nearest(name, names.iter().copied()) {
                Some(near) => format!("there is no format `{name}`; did you mean {near}?"),
                None => format!("there is no format `{name}`, only {}", names.join(", ")),
            });
        };
        if path.is_empty() || path == "-" {
            return wrong(format!(
                "`{pair}` names no file; for standard output use -f {name}"
            ));
        }
        let place = Place::open(Path::new(path)).map_err(|error| Failure::writing(path, &error))?;
        Ok(Self {
            format,
            path: path.to_owned(),
            place,
        })
    }

    fn write(&self, report: &Report, style: &Style) -> Result<(), Failure> {
        self.place
            .write(|out| self.format.render(report, out, style))
            .map_err(|error| Failure::writing(&self.path, &error))
    }
}

impl Place {
    fn open(path: &Path) -> io::Result<Self> {
        // A symbolic link stays one: the file that it leads to is replaced.
        let path = match fs::canonicalize(path) {
            Ok(path) => path,
            Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
            Err(error) => return Err(error),
        };
        match fs::metadata(&path) {
            Ok(found) if found.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(found) if !found.is_file() => {
                return fs::OpenOptions::new()
                    .write(true)
                    .open(path)
                    .map(Self::Device);
            }
            _ => {}
        }
        // Whether it can be written is known now, not at the end of a long run.
        beside(&path).map(|_| Self::File(path))
    }

    fn write(&self, render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        match self {
            Self::Device(file) => {
                let mut out = BufWriter::new(file);
                content(render(&mut out).and_then(|()| out.flush()))
            }
            Self::File(path) => {
                let mut out = BufWriter::new(beside(path)?);
                render(&mut out)?;
                let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
                file.persist(path).map(drop).map_err(|error| error.error)
            }
        }
    }
}

/// The folder of a file.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// A nameless-looking file that gets the permissions of any other new file.
#[cfg(unix)]
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    use std::os::unix::fs::PermissionsExt as _;
    tempfile::Builder::new()
        .prefix(".gcpressure-")
        .permissions(fs::Permissions::from_mode(0o666))
        .tempfile_in(folder(path))
}

/// A nameless-looking file.
#[cfg(not(unix))]
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new()
        .prefix(".gcpressure-")
        .tempfile_in(folder(path))
}
