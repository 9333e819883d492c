//! The files of `-o`.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use gcpressure::render::{ComparisonFormat, Format, Style};
use gcpressure::report::Report;
use gcpressure::report::comparison::Comparison;
use tempfile::NamedTempFile;

use crate::cli::exit::Failure;
use crate::cli::output::content;
use crate::cli::suggest;

/// The formats of one kind of result.
pub(crate) trait Formats: Copy + 'static {
    /// The kind of result.
    type Of;

    /// All of them.
    fn all() -> &'static [Self];

    /// The name that users type.
    fn name(self) -> &'static str;

    /// Writes the result in this format.
    ///
    /// # Errors
    /// Those of the writer.
    fn render(self, result: &Self::Of, out: &mut dyn Write, style: &Style) -> io::Result<()>;
}

impl Formats for Format {
    type Of = Report;

    fn all() -> &'static [Self] {
        Self::ALL
    }

    fn name(self) -> &'static str {
        self.name()
    }

    fn render(self, report: &Report, out: &mut dyn Write, style: &Style) -> io::Result<()> {
        self.render(report, out, style)
    }
}

impl Formats for ComparisonFormat {
    type Of = Comparison;

    fn all() -> &'static [Self] {
        Self::ALL
    }

    fn name(self) -> &'static str {
        self.name()
    }

    fn render(self, result: &Comparison, out: &mut dyn Write, style: &Style) -> io::Result<()> {
        self.render(result, out, style)
    }
}

/// The files of `-o`, opened before anything is read.
#[derive(Debug)]
pub(crate) struct Targets<F>(Vec<Target<F>>);

#[derive(Debug)]
struct Target<F> {
    format: F,
    place: Place,
}

/// A path that will be written.
#[derive(Debug)]
pub(crate) struct Place {
    /// As the user named it.
    pub(crate) name: String,
    kind: PlaceKind,
}

#[derive(Debug)]
enum PlaceKind {
    /// A file, by its path without links: written beside its place and renamed when it is whole.
    File(PathBuf),
    /// A device or a named pipe, which is not replaced.
    Device(File),
}

impl<F: Formats> Targets<F> {
    /// Parses each `FORMAT=PATH` and checks that the path can be written.
    ///
    /// # Errors
    /// An unknown format, a path that cannot be written.
    pub(crate) fn open(pairs: &[String]) -> Result<Self, Failure> {
        let mut targets: Vec<Target<F>> = Vec::with_capacity(pairs.len());
        for pair in pairs {
            let target = Target::open(pair)?;
            if let Some(other) = targets.iter().find(|other| other.place.is(&target.place)) {
                return Err(Failure::new(format!(
                    "--output: {other} and {target} are the same file, and only the last one would remain"
                ))
                .tip("use a different file for each format"));
            }
            targets.push(target);
        }
        Ok(Self(targets))
    }

    /// Checks that no input file is replaced; `-` is standard input.
    ///
    /// # Errors
    /// One would be.
    pub(crate) fn spare<'a>(
        &self,
        inputs: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), Failure> {
        for input in inputs {
            let path = if input == "-" { "/dev/stdin" } else { input };
            let Ok(path) = fs::canonicalize(path) else {
                continue;
            };
            if let Some(target) = self.0.iter().find(|target| target.place.is_at(&path)) {
                let input = if input == "-" {
                    "standard input"
                } else {
                    input
                };
                return Err(Failure::new(format!(
                    "--output: {target} would replace what is read: {input}"
                ))
                .tip("write to another file"));
            }
        }
        Ok(())
    }

    /// True if there is a file to write.
    pub(crate) fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// Writes the result to every file.
    ///
    /// # Errors
    /// The first file that cannot be written; the others are written all the same.
    pub(crate) fn write(&self, result: &F::Of, style: &Style) -> Result<(), Failure> {
        write_all(self.0.iter(), result, style)
    }

    /// Replaces every file by the result so far. Devices and pipes get only the last result.
    ///
    /// # Errors
    /// The first file that cannot be written; the others are written all the same.
    pub(crate) fn refresh(&self, result: &F::Of, style: &Style) -> Result<(), Failure> {
        let is_file = |target: &&Target<F>| matches!(target.place.kind, PlaceKind::File(_));
        write_all(self.0.iter().filter(is_file), result, style)
    }
}

fn write_all<'a, F: Formats>(
    targets: impl Iterator<Item = &'a Target<F>>,
    result: &F::Of,
    style: &Style,
) -> Result<(), Failure> {
    let written = targets.map(|target| {
        let render = |out: &mut dyn Write| target.format.render(result, out, style);
        target.place.write(render)
    });
    written.fold(Ok(()), Result::and)
}

impl<F: Formats> fmt::Display for Target<F> {
    /// As the user typed it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.format.name(), self.place.name)
    }
}

impl<F: Formats> Target<F> {
    fn open(pair: &str) -> Result<Self, Failure> {
        let wrong = |message: String| Err(Failure::new(format!("--output: {message}")));
        let Some((name, path)) = pair.split_once('=') else {
            return wrong(format!("missing format: expected e.g. `json={pair}`"));
        };
        let Some(&format) = F::all().iter().find(|format| format.name() == name) else {
            let names = F::all().iter().map(|format| format.name());
            return wrong(suggest::unknown("format", name, names));
        };
        if path.is_empty() || path == "-" {
            return wrong(format!(
                "missing file in `{pair}`; for standard output use -f {name}"
            ));
        }
        let place = Place::of(path)?;
        Ok(Self { format, place })
    }
}

impl Place {
    /// Checks that the path can be written, now instead of at the end of a long run.
    ///
    /// # Errors
    /// It cannot.
    pub(crate) fn of(path: &str) -> Result<Self, Failure> {
        let kind = Self::kind(path).map_err(|error| Failure::writing(path, &error))?;
        Ok(Self {
            name: path.to_owned(),
            kind,
        })
    }

    fn kind(path: &str) -> io::Result<PlaceKind> {
        let path = behind_links(Path::new(path))?;
        match fs::metadata(&path) {
            Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            Ok(found) if !found.is_file() => {
                let device = fs::OpenOptions::new().write(true).open(path)?;
                Ok(PlaceKind::Device(device))
            }
            _ => beside(&path).map(|_| PlaceKind::File(path)),
        }
    }

    /// Writes the whole file, or leaves it as it is.
    ///
    /// # Errors
    /// Those of the writer.
    pub(crate) fn write(
        &self,
        render: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        self.try_write(render)
            .map_err(|error| Failure::writing(&self.name, &error))
    }

    fn try_write(&self, render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        match &self.kind {
            PlaceKind::Device(file) => {
                let mut out = BufWriter::new(file);
                content(render(&mut out).and_then(|()| out.flush()))
            }
            PlaceKind::File(path) => {
                let mut out = BufWriter::new(beside(path)?);
                render(&mut out)?;
                let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
                file.persist(path).map(drop).map_err(|error| error.error)
            }
        }
    }

    /// True if both are the same file. Devices and pipes take one result after the other.
    fn is(&self, other: &Self) -> bool {
        matches!(&other.kind, PlaceKind::File(path) if self.is_at(path))
    }

    /// True for a file at this path, which is without links.
    fn is_at(&self, path: &Path) -> bool {
        matches!(&self.kind, PlaceKind::File(own) if own == path)
    }
}

/// The folder of a file.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// The path behind symbolic links, which stay: the file that they lead to is replaced or made.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    loop {
        match fs::canonicalize(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            // Also the error of links in a circle.
            found => return found,
        }
        let Ok(next) = fs::read_link(&path) else {
            break;
        };
        path = folder(&path).join(next);
    }
    let name = path.file_name().ok_or(io::ErrorKind::NotFound)?;
    Ok(fs::canonicalize(folder(&path))?.join(name))
}

/// A temporary file in the same folder, with the permissions of the file that it will replace, or of a new file.
#[cfg(unix)]
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    use std::os::unix::fs::PermissionsExt as _;
    let before = fs::metadata(path).map(|found| found.permissions().mode() & 0o777);
    let before = before.ok().map(fs::Permissions::from_mode);
    let new = || fs::Permissions::from_mode(0o666);
    let file = tempfile::Builder::new()
        .prefix(".gcpressure-")
        .permissions(before.clone().unwrap_or_else(new))
        .tempfile_in(folder(path))?;
    if let Some(before) = before {
        // Restores those that the umask removed. Fails on file systems without permissions.
        let _ = file.as_file().set_permissions(before);
    }
    Ok(file)
}

/// A temporary file in the same folder.
#[cfg(not(unix))]
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new()
        .prefix(".gcpressure-")
        .tempfile_in(folder(path))
}
