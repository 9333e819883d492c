//! `gcpressure fleet scan PATH...`: a row for each log and each process in it.

use std::io::{self, BufRead, Write};
use std::path::Path;

use gcpressure::internal::error::Error;
use gcpressure::internal::fleet::{Labels, Row, Scan};
use gcpressure::internal::pipeline::Options;
use gcpressure::internal::pipeline::logs::{self, Entry, Log};
use serde::Deserialize;

use crate::cli::args::{Bucket, LabelsFrom, ScanArgs};
use crate::cli::config::Choices;
use crate::cli::exit::{self, Failure};
use crate::cli::output;

/// Prints the rows and gives the exit status.
pub(crate) fn run(args: &ScanArgs) -> Result<u8, Failure> {
    let choices = Choices::load(&args.analysis, &args.rules, None)?;
    let scan = Scan {
        options: Options::default().settings(choices.settings),
        root: args.root.clone(),
        bucket_seconds: args.bucket.map(|bucket| match bucket {
            Bucket::Hour => 3_600,
            Bucket::Day => 86_400,
        }),
    };
    let mut status = Ok(exit::DONE);
    output::print(|out| {
        let mut work = Work {
            args,
            scan,
            out,
            failed: false,
            read: false,
        };
        let done = work.all();
        status = match done {
            Ok(()) => Ok(work.status()),
            Err(Stop::Output(error)) => return Err(error),
            Err(Stop::Input(failure)) => Err(failure),
        };
        Ok(())
    })?;
    status
}

/// Why the work ends early.
enum Stop {
    /// The rows cannot be written.
    Output(io::Error),
    /// The work list is invalid.
    Input(Failure),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// One stream of a work list, or several: what they hold decides.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    #[serde(default)]
    labels: Labels,
    files: Vec<String>,
}

struct Work<'a> {
    args: &'a ScanArgs,
    scan: Scan,
    out: &'a mut dyn Write,
    /// Something could not be read.
    failed: bool,
    /// Something could.
    read: bool,
}

/// Whether a path leads to or into the root, as both are written.
fn is_below(path: &str, root: &str) -> bool {
    let (path, root) = (Path::new(path), Path::new(root));
    path.starts_with(root) || root.starts_with(path) || root == Path::new(".") && path.is_relative()
}

impl Work<'_> {
    const fn status(&self) -> u8 {
        match self.failed && !(self.args.keep_going && self.read) {
            true => exit::ERROR,
            false => exit::DONE,
        }
    }

    fn all(&mut self) -> Result<(), Stop> {
        let given: Labels = self.args.label.iter().cloned().collect();
        let (lists, paths): (Vec<_>, Vec<_>) = self
            .args
            .paths
            .iter()
            .cloned()
            .partition(|path| path == "-");
        self.paths(&paths, &given)?;
        if lists.is_empty() {
            return Ok(());
        }
        for (line, text) in (1..).zip(io::stdin().lock().lines()) {
            let text =
                text.map_err(|error| Stop::Input(Failure::reading("standard input", &error)))?;
            if text.trim().is_empty() {
                continue;
            }
            let item = item(&text).map_err(|error| Stop::Input(invalid(line, &error)))?;
            let mut labels = given.clone();
            labels.extend(item.labels);
            self.paths(&item.files, &labels)?;
        }
        Ok(())
    }

    /// The logs among these paths.
    fn paths(&mut self, paths: &[String], labels: &Labels) -> Result<(), Stop> {
        if let Some(root) = &self.args.root
            && let Some(path) = paths.iter().find(|path| !is_below(path, root))
        {
            return Err(Stop::Input(
                Failure::new(format!("{path} is neither in nor above --root {root}")).tip(
                    "sources and labels are what follows the root: write both alike, as in --root logs logs/api",
                ),
            ));
        }
        let (folders, files): (Vec<_>, Vec<_>) = paths
            .iter()
            .cloned()
            .partition(|path| Path::new(path).is_dir());
        self.files(&files, labels)?;
        for folder in folders {
            if !self.folder(Path::new(&folder), labels)? {
                output::complain(&format!("warning: {folder}: there is no file in it"));
            }
        }
        Ok(())
    }

    /// The logs below a folder, of one folder at a time: memory does not grow with their number. False if there is none.
    fn folder(&mut self, folder: &Path, labels: &Labels) -> Result<bool, Stop> {
        let entries = match logs::list(folder) {
            Ok(entries) => entries,
            Err(error) => {
                let name = folder.to_string_lossy();
                let row =
                    self.scan
                        .unreadable(&name, &self.labels(&format!("{name}/"), labels), &error);
                self.cannot(error);
                if self.args.keep_going {
                    write(self.out, &row)?;
                }
                return Ok(true);
            }
        };
        let (mut files, mut below) = (Vec::new(), Vec::new());
        for entry in entries {
            match entry {
                Entry::File(path) => files.push(path),
                Entry::Directory(path) => below.push(path),
            }
        }
        let mut any = !files.is_empty();
        self.files(&files, labels)?;
        for folder in below {
            any |= self.folder(&folder, labels)?;
        }
        Ok(any)
    }

    fn files(&mut self, files: &[String], labels: &Labels) -> Result<(), Stop> {
        let found = logs::logs(files);
        for warning in found.warnings {
            output::complain(&format!("warning: {warning}"));
        }
        for log in &found.logs {
            self.log(log, &self.labels(log.name(), labels))?;
        }
        Ok(())
    }

    fn log(&mut self, log: &Log, labels: &Labels) -> Result<(), Stop> {
        let out = &mut *self.out;
        let scanned = self.scan.scan(log, labels, &mut |row| write(out, row));
        let scanned = scanned.map_err(|error| match error {
            Error::Output { error } => Stop::Output(error),
            error => Stop::Input(error.into()),
        })?;
        self.read |= scanned.read;
        for error in scanned.errors {
            self.cannot(error);
        }
        if scanned.read || self.args.keep_going {
            write(self.out, &scanned.row)?;
        }
        Ok(())
    }

    fn cannot(&mut self, error: Error) {
        self.failed = true;
        output::complain(&Failure::from(error).in_a_line());
    }

    /// Those of the folders of a path, and over them those that are given.
    fn labels(&self, path: &str, given: &Labels) -> Labels {
        let mut labels = match self.args.labels {
            LabelsFrom::Hive => self.scan.folder_labels(path),
            LabelsFrom::None => Labels::new(),
        };
        labels.extend(given.clone());
        labels
    }
}

fn write(out: &mut dyn Write, row: &Row) -> io::Result<()> {
    serde_json::to_writer(&mut *out, row)?;
    out.write_all(b"\n")
}

fn item(line: &str) -> Result<Item, serde_json::Error> {
    if line.trim_start().starts_with('[') {
        return serde_json::from_str(line).map(|files| Item {
            labels: Labels::new(),
            files,
        });
    }
    serde_json::from_str(line)
}

fn invalid(line: u64, error: &serde_json::Error) -> Failure {
    Failure::new(format!("invalid work list: standard input:{line}: {error}")).tip(
        "write a JSON array of paths a line, or an object: {\"labels\":{\"pod\":\"a\"},\"files\":[\"a.log\"]}",
    )
}
