//! The files of `-o`.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::cli::exit::Failure;
use crate::cli::output::content;
use crate::cli::suggest;

/// The files of `-o`, opened before anything is read.
#[derive(Debug)]
pub(crate) struct Targets<F>(Vec<Target<F>>);

#[derive(Debug)]
struct Target<F> {
    format: F,
    /// `FORMAT=PATH` as the user typed it.
    typed: String,
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

impl<F: Copy> Targets<F> {
    /// Parses each `FORMAT=PATH` and checks that the path can be written. `all` formats are known by their `name`.
    ///
    /// # Errors
    /// An unknown format, a path that cannot be written.
    pub(crate) fn open(
        pairs: &[String],
        all: &[F],
        name: fn(F) -> &'static str,
    ) -> Result<Self, Failure> {
        let mut targets: Vec<Target<F>> = Vec::with_capacity(pairs.len());
        for typed in pairs {
            let (format, path) = parse(typed, all, name)
                .map_err(|message| Failure::new(format!("--output: {message}")))?;
            let place = Place::of(path)?;
            if let Some(other) = targets.iter().find(|other| other.place.is(&place)) {
                return Err(Failure::new(format!(
                    "--output: {} and {typed} are the same file, and only the last one would remain",
                    other.typed
                ))
                .tip("use a different file for each format"));
            }
            targets.push(Target {
                format,
                typed: typed.clone(),
                place,
            });
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
                    "--output: {} would replace what is read: {input}",
                    target.typed
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

    /// Writes every file in its format.
    ///
    /// # Errors
    /// The first file that cannot be written; the others are written all the same.
    pub(crate) fn write(
        &self,
        render: impl Fn(F, &mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let written = self.0.iter().map(|target| target.write(&render));
        written.fold(Ok(()), Result::and)
    }

    /// Replaces every file. Devices and pipes get only the last result.
    ///
    /// # Errors
    /// The first file that cannot be written; the others are written all the same.
    pub(crate) fn refresh(
        &self,
        render: impl Fn(F, &mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let is_file = |target: &&Target<F>| matches!(target.place.kind, PlaceKind::File(_));
        let written = self.0.iter().filter(is_file);
        let written = written.map(|target| target.write(&render));
        written.fold(Ok(()), Result::and)
    }
}

impl<F: Copy> Target<F> {
    fn write(&self, render: impl Fn(F, &mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
        self.place.write(|out| render(self.format, out))
    }
}

fn parse<'a, F: Copy>(
    typed: &'a str,
    all: &[F],
    name: fn(F) -> &'static str,
) -> Result<(F, &'a str), String> {
    let Some((typed_name, path)) = typed.split_once('=') else {
        return Err(format!("missing format: expected e.g. `json={typed}`"));
    };
    let Some(format) = all.iter().find(|format| name(**format) == typed_name) else {
        let names = all.iter().map(|format| name(*format));
        return Err(suggest::unknown("format", typed_name, names));
    };
    if path.is_empty() || path == "-" {
        return Err(format!(
            "missing file in `{typed}`; for standard output use -f {typed_name}"
        ));
    }
    Ok((*format, path))
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
