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
    /// The result.
    type Of;

    /// All of them.
    fn all() -> &'static [Self];

    /// The name that users type.
    fn name(self) -> &'static str;

    /// Writes the result in this format.
    ///
    /// # Errors
    /// What the writer gives.
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
    name: String,
    kind: PlaceKind,
}

/// What a path is.
#[derive(Debug)]
enum PlaceKind {
    /// A file, by a path that leads over no link: written beside its place and moved there when it is whole.
    File(PathBuf),
    /// A device or a named pipe: it must stay what it is.
    Device(File),
}

impl<F: Formats> Targets<F> {
    /// Reads `FORMAT=PATH` and makes sure that each path can be written.
    ///
    /// # Errors
    /// An unknown format, a path that cannot be written.
    pub(crate) fn open(pairs: &[String]) -> Result<Self, Failure> {
        let mut targets: Vec<Target<F>> = Vec::with_capacity(pairs.len());
        for pair in pairs {
            let target = Target::open(pair)?;
            if let Some(other) = targets.iter().find(|other| other.place.is(&target.place)) {
                return Err(Failure::new(format!(
                    "--output: {other} and {target} are the same file, and only the last would be left"
                ))
                .tip("give each format a file of its own"));
            }
            targets.push(target);
        }
        Ok(Self(targets))
    }

    /// Makes sure that no file is replaced that is read; `-` is standard input.
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

    /// True where there is a file to write.
    pub(crate) fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// Writes the result to every file.
    ///
    /// # Errors
    /// The first file that cannot be written; the others are written all the same.
    pub(crate) fn write(&self, result: &F::Of, style: &Style) -> Result<(), Failure> {
        let written = self.0.iter().map(|target| target.write(result, style));
        written.fold(Ok(()), Result::and)
    }

    /// Replaces every file by the result so far; what is no file is left for the end.
    ///
    /// # Errors
    /// The first file that cannot be written; the others are written all the same.
    pub(crate) fn refresh(&self, result: &F::Of, style: &Style) -> Result<(), Failure> {
        let files = self.0.iter().filter(|target| target.place.is_file());
        let written = files.map(|target| target.write(result, style));
        written.fold(Ok(()), Result::and)
    }
}

impl<F: Formats> fmt::Display for Target<F> {
    /// As the user typed it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.format.name(), self.place.name)
    }
}

impl<F: Formats> Target<F> {
    fn open(pair: &str) -> Result<Self, Failure> {
        let names: Vec<_> = F::all().iter().map(|format| format.name()).collect();
        let wrong = |message: String| Err(Failure::new(format!("--output: {message}")));
        let Some((name, path)) = pair.split_once('=') else {
            return wrong(format!("`{pair}` has no format; write it like json={pair}"));
        };
        let format = F::all().iter().find(|format| format.name() == name);
        let Some(&format) = format else {
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
        let place = Place::of(path)?;
        Ok(Self { format, place })
    }

    fn write(&self, result: &F::Of, style: &Style) -> Result<(), Failure> {
        self.place
            .write(|out| self.format.render(result, out, style))
            .map_err(|error| Failure::writing(&self.place.name, &error))
    }
}

impl Place {
    /// Makes sure that the path can be written.
    ///
    /// # Errors
    /// It cannot.
    pub(crate) fn of(path: &str) -> Result<Self, Failure> {
        match PlaceKind::open(Path::new(path)) {
            Ok(kind) => Ok(Self {
                name: path.to_owned(),
                kind,
            }),
            Err(error) => Err(Failure::writing(path, &error)),
        }
    }

    /// The path as the user named it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Writes it whole, or leaves what is there.
    ///
    /// # Errors
    /// What the writer gives.
    pub(crate) fn write(
        &self,
        render: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        self.kind.write(render)
    }

    /// The same file; devices and pipes take what comes, one after the other.
    fn is(&self, other: &Self) -> bool {
        matches!(&other.kind, PlaceKind::File(path) if self.is_at(path))
    }

    /// A file with this path, which leads over no link.
    fn is_at(&self, path: &Path) -> bool {
        matches!(&self.kind, PlaceKind::File(own) if own == path)
    }

    /// A file, which can be replaced again and again; to a device or a pipe each writing is one more.
    fn is_file(&self) -> bool {
        matches!(self.kind, PlaceKind::File(_))
    }
}

impl PlaceKind {
    fn open(path: &Path) -> io::Result<Self> {
        let path = behind_links(path)?;
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

/// Where a file is, or will be. A symbolic link stays one: the file that it leads to is replaced, or made.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    loop {
        match fs::canonicalize(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            // Links that lead in a circle end here too.
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

/// A nameless-looking file with the permissions of the one that it will replace, or of any other new file.
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
        // Those that the umask took away. A file system without permissions refuses, and needs none.
        let _ = file.as_file().set_permissions(before);
    }
    Ok(file)
}

/// A nameless-looking file.
#[cfg(not(unix))]
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new()
        .prefix(".gcpressure-")
        .tempfile_in(folder(path))
}
