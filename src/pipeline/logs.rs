//! Paths to logs: directories are walked, rotated parts of one log are found by their names and ordered by what they hold.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Options, analyze};
use crate::error::Error;
use crate::io::{Joint, Place, Rotated, Source, rotated};
use crate::reader::Head;
use crate::settings::{Scope, Settings};
use crate::trace::cycle::GcCycle;

/// One log: a file, or the parts of a rotated one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Oldest first.
    pub parts: Vec<String>,
}

impl Log {
    /// The name of its newest part.
    #[must_use]
    pub fn name(&self) -> &str {
        self.parts.last().map_or("", String::as_str)
    }

    /// Its parts as sources, each joined to the one before. If one cannot be opened, the next is not joined.
    pub fn sources(&self) -> impl Iterator<Item = Result<Source, Error>> {
        let mut joint = Joint::Apart;
        self.parts.iter().map(move |part| {
            let source = Source::open(part).map(|source| source.joined(joint));
            joint = match source {
                Ok(_) => Joint::Rotated,
                Err(_) => Joint::Apart,
            };
            source
        })
    }
}

/// The logs that some paths name.
#[derive(Debug, Default)]
pub struct Logs {
    /// In the order of the paths; a rotated log is at the place of its first part.
    pub logs: Vec<Log>,
    /// Which files were left out, or not joined although their names are those of parts of one log, and why.
    pub warnings: Vec<String>,
    /// Directories that cannot be read, or are empty.
    pub errors: Vec<Error>,
}

/// Finds the logs among paths: files in directories, sorted and without hidden ones, and parts of rotated logs together.
///
/// Parts of one log are files of one folder with the names that logrotate, lumberjack, docker and the kubelet give, all by one
/// scheme and without a missing number. They are ordered by the wall clock of their lines, else by the numbers and clocks of their GC
/// cycles, else by their names, and not joined if these contradict one another or if each begins at gc 1.
#[must_use]
pub fn logs(paths: &[String]) -> Logs {
    let mut found = Logs::default();
    let mut files = Vec::new();
    for path in paths {
        if path == "-" || !Path::new(path).is_dir() {
            files.push(path.clone());
        } else {
            let before = files.len();
            walk(Path::new(path), &mut files, &mut found.errors);
            if files.len() == before && found.errors.is_empty() {
                let nothing = io::Error::new(io::ErrorKind::NotFound, "there is no file in it");
                found.errors.push(Error::io(path, nothing));
            }
        }
    }
    let files = once_each(files, &mut found.warnings);
    let mut sets: HashMap<(PathBuf, String), Vec<Part>> = HashMap::new();
    for (index, path) in files.iter().enumerate() {
        if let Some((key, part)) = part(index, path) {
            sets.entry(key).or_default().push(part);
        }
    }
    // A file without any other part is a log of its own.
    let mut next: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut taken = HashSet::new();
    let mut sets: Vec<Vec<Part>> = sets.into_values().collect();
    sets.sort_by_key(|parts| parts.iter().map(|part| part.index).min());
    for parts in sets {
        let parts = without_copies(parts, &files, &mut taken, &mut found.warnings);
        if parts.len() < 2 || parts.iter().all(|part| part.place.is_none()) {
            continue;
        }
        match ordered(parts, &files) {
            Ok(order) => {
                taken.extend(order.iter().copied());
                next.insert(order.iter().copied().min().unwrap_or(0), order);
            }
            Err(None) => {}
            Err(Some(why)) => found.warnings.push(why),
        }
    }
    for index in 0..files.len() {
        let order = match next.remove(&index) {
            Some(order) => order,
            None if taken.contains(&index) => continue,
            None => vec![index],
        };
        let parts = order.into_iter().filter_map(|at| files.get(at).cloned());
        found.logs.push(Log {
            parts: parts.collect(),
        });
    }
    found
}

/// A file that may be a part of a rotated log.
struct Part {
    index: usize,
    /// `None` for the file that is written to.
    place: Option<Place>,
    compressed: bool,
}

/// The files that paths name: those in directories, sorted and without hidden ones, and all others as they are.
///
/// # Errors
/// A directory that cannot be read.
pub fn files(paths: &[String]) -> Result<Vec<String>, Error> {
    let (mut files, mut errors) = (Vec::new(), Vec::new());
    for path in paths {
        match Path::new(path).is_dir() {
            true => walk(Path::new(path), &mut files, &mut errors),
            false => files.push(path.clone()),
        }
    }
    errors.into_iter().next().map_or(Ok(files), Err)
}

/// Appends the files below a directory to `files`.
fn walk(directory: &Path, files: &mut Vec<String>, errors: &mut Vec<Error>) {
    match list(directory) {
        Ok(entries) => {
            for entry in entries {
                match entry {
                    Entry::File(path) => files.push(path),
                    Entry::Directory(path) => walk(&path, files, errors),
                }
            }
        }
        Err(error) => errors.push(error),
    }
}

/// What a directory holds.
#[derive(Debug)]
pub enum Entry {
    /// A file.
    File(String),
    /// A directory that is no link.
    Directory(PathBuf),
}

/// The files and directories in a directory, sorted and without hidden ones.
///
/// # Errors
/// It cannot be read.
pub fn list(directory: &Path) -> Result<Vec<Entry>, Error> {
    let entries =
        fs::read_dir(directory).and_then(|entries| entries.collect::<io::Result<Vec<_>>>());
    let entries = entries.map_err(|error| Error::io(&directory.to_string_lossy(), error))?;
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.sort_unstable();
    let mut found = Vec::new();
    for path in paths {
        let hidden = path
            .file_name()
            .is_none_or(|name| name.to_string_lossy().starts_with('.'));
        if hidden {
            continue;
        }
        // A link to a directory may lead back to this directory.
        let is_link = path.is_symlink();
        if path.is_file() {
            found.push(Entry::File(path.to_string_lossy().into_owned()));
        } else if path.is_dir() && !is_link {
            found.push(Entry::Directory(path));
        }
    }
    Ok(found)
}

/// The paths without repetitions of a file.
fn once_each(paths: Vec<String>, warnings: &mut Vec<String>) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut fresh = |path: &String| {
        let file = Path::new(path);
        let known = file.is_file() && fs::canonicalize(file).is_ok_and(|real| !seen.insert(real));
        if known {
            warnings.push(format!("{path} is named twice, and read once"));
        }
        !known
    };
    paths.into_iter().filter(|path| fresh(path)).collect()
}

/// Which part of which log a file is, by its name.
fn part(index: usize, path: &str) -> Option<((PathBuf, String), Part)> {
    let file = Path::new(path);
    if !file.is_file() {
        return None;
    }
    let name = file.file_name()?.to_str()?;
    let folder = file.parent().map(Path::to_path_buf).unwrap_or_default();
    let (log, place, compressed) = match rotated(name) {
        Some(Rotated {
            log,
            place,
            compressed,
        }) => (log, Some(place), compressed),
        None => (name.to_owned(), None, false),
    };
    Some((
        (folder, log),
        Part {
            index,
            place,
            compressed,
        },
    ))
}

/// The parts, oldest first by their names, without compressed copies of other parts.
fn without_copies(
    mut parts: Vec<Part>,
    files: &[String],
    taken: &mut HashSet<usize>,
    warnings: &mut Vec<String>,
) -> Vec<Part> {
    parts.sort_by(|a, b| {
        age(a.place.as_ref(), b.place.as_ref()).then(a.compressed.cmp(&b.compressed))
    });
    let mut kept: Vec<Part> = Vec::new();
    for part in parts {
        match kept.last() {
            Some(last) if last.place.is_some() && last.place == part.place => {
                taken.insert(part.index);
                warnings.push(format!(
                    "{} is {} once more: only that is read",
                    files[part.index], files[last.index]
                ));
            }
            _ => kept.push(part),
        }
    }
    kept
}

/// Orders parts by age, the oldest first: numbers fall, times rise, and the file that is written to is the newest.
fn age(a: Option<&Place>, b: Option<&Place>) -> Ordering {
    match (a, b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(Place::Number(a)), Some(Place::Number(b))) => b.cmp(a),
        (Some(a), Some(b)) => a.cmp(b),
    }
}

/// The parts of one log, oldest first; or why they are logs of their own, if a warning is due.
fn ordered(parts: Vec<Part>, files: &[String]) -> Result<Vec<usize>, Option<String>> {
    let apart = |why: String| {
        let names: Vec<&str> = parts
            .iter()
            .map(|part| files[part.index].as_str())
            .collect();
        let names = match names.as_slice() {
            [first, .., last] => format!("{first} to {last}"),
            names => names.concat(),
        };
        Err(Some(format!(
            "{names} are read as logs of their own, not as parts of a rotated one: {why}"
        )))
    };
    let places: Vec<&Place> = parts
        .iter()
        .filter_map(|part| part.place.as_ref())
        .collect();
    let scheme = |place: &Place| std::mem::discriminant(place);
    if places
        .windows(2)
        .any(|pair| scheme(pair[0]) != scheme(pair[1]))
    {
        return apart("their names are of two schemes".to_owned());
    }
    let number = |part: &Part| match &part.place {
        Some(Place::Number(number)) => Some(*number),
        Some(_) => None,
        None => Some(0),
    };
    let numbered = matches!(places.first(), Some(Place::Number(_)));
    for pair in parts.windows(2).filter(|_| numbered) {
        if let (Some(older), Some(newer)) = (number(&pair[0]), number(&pair[1]))
            && older > newer + 1
        {
            return apart(format!("number {} is missing", newer + 1));
        }
    }
    let heads: Vec<Head> = parts
        .iter()
        .map(|part| Head::of(&files[part.index]))
        .collect();
    let firsts: Vec<_> = heads
        .iter()
        .filter_map(|head| head.cycles.first())
        .collect();
    if firsts.len() > 1 && firsts.iter().all(|(_, cycle)| cycle.number == 1) {
        // Runs one after another, such as bench.log.1 to bench.log.5.
        return Err(None);
    }
    let walls: Vec<_> = heads.iter().filter_map(|head| head.wall).collect();
    let backwards = if walls.len() == heads.len() {
        let turns = |turn| {
            walls
                .windows(2)
                .any(|pair| pair[0].compare(pair[1]) == turn)
        };
        match (turns(Ordering::Less), turns(Ordering::Greater)) {
            (true, true) => {
                return apart("the wall clock of their lines contradicts their names".to_owned());
            }
            (_, backwards) => backwards,
        }
    } else {
        let falls = |pair: &[&(Vec<u8>, GcCycle)]| {
            pair[1].1.number < pair[0].1.number && pair[1].1.start_ns < pair[0].1.start_ns
        };
        // If a process was restarted in between, numbers fall too: only the last cycles decide.
        firsts.len() == heads.len() && firsts.windows(2).all(falls) && {
            let files = parts.iter().map(|part| files[part.index].as_str());
            let ends: Option<Vec<_>> = files.map(ends).collect();
            // One cycle may be cut between them.
            let goes_on = |pair: &[(u64, u64)]| (1..=2).any(|n| pair[1].1 + n == pair[0].0);
            ends.is_some_and(|ends| ends.windows(2).all(goes_on))
        }
    };
    if backwards && !numbered {
        return apart("what they hold contradicts their names".to_owned());
    }
    let mut order: Vec<usize> = parts.iter().map(|part| part.index).collect();
    if backwards {
        order.reverse();
    }
    Ok(order)
}

/// First and last cycle of a file that holds one process.
fn ends(path: &str) -> Option<(u64, u64)> {
    let options = Options {
        settings: Arc::new(Settings {
            scope: Scope::Nothing,
            ..Settings::default()
        }),
        ..Options::default()
    };
    let report = analyze(vec![Source::open(path).ok()?], &options, &mut ()).ok()?;
    match report.processes.as_slice() {
        [process] => Some((process.first_cycle, process.last_cycle)),
        _ => None,
    }
}
