//! The compiler's text, line by line.

use std::io::{BufRead, Read as _};

use super::{Cause, Diagnostic, EscapeError, Escapes, File, Kind, Step};

/// Bytes of a line that are looked at; the compiler writes whole functions into some lines, which are not of use here.
const MAX_LINE: u64 = 64 << 10;
/// Diagnostics that are kept.
const MAX_DIAGNOSTICS: usize = 1 << 20;
/// Bytes of an expression that are kept.
const MAX_TEXT: usize = 400;
/// Ways on which one expression escapes.
const MAX_FLOWS: usize = 8;
/// Steps of a way, and expressions of a step.
const MAX_STEPS: usize = 16;

/// Reads what `go build -gcflags='-m -m'` wrote to standard error.
///
/// # Errors
/// What cannot be read, holds no diagnostic or too many of them.
pub fn read(source: &mut dyn BufRead) -> Result<Escapes, EscapeError> {
    let mut reader = Reader::default();
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        if source.take(MAX_LINE).read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        reader.line(String::from_utf8_lossy(&bytes).trim_end());
        if bytes.last() != Some(&b'\n') {
            skip_line(source)?;
        }
        if reader.escapes.diagnostics > MAX_DIAGNOSTICS {
            return Err(EscapeError::TooLarge);
        }
    }
    match reader.escapes.diagnostics {
        0 => Err(EscapeError::Nothing),
        _ => Ok(reader.escapes),
    }
}

/// Reads on to the end of a line that is too long to be kept.
fn skip_line(source: &mut dyn BufRead) -> Result<(), EscapeError> {
    loop {
        let buffer = source.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        let end = buffer.iter().position(|&byte| byte == b'\n');
        let length = end.map_or(buffer.len(), |end| end + 1);
        source.consume(length);
        if end.is_some() {
            return Ok(());
        }
    }
}

#[derive(Default)]
struct Reader {
    escapes: Escapes,
    package: Option<usize>,
    /// The way that is being told: its place, what escapes, and the steps so far.
    told: Option<Told>,
    /// Ways told of expressions whose own line is still to come.
    waiting: Vec<Told>,
}

struct Told {
    place: (String, u64, u64),
    expression: String,
    steps: Vec<Step>,
}

impl Reader {
    fn line(&mut self, line: &str) {
        if let Some(package) = line.strip_prefix("# ") {
            self.end_way();
            self.waiting.clear();
            let package = package.split(" [").next().unwrap_or(package).trim();
            let known = &mut self.escapes.packages;
            let at = known.iter().position(|known| known == package);
            self.package = Some(at.unwrap_or_else(|| {
                known.push(package.to_owned());
                known.len() - 1
            }));
            return;
        }
        let Some((file, line, column, text)) = place(line) else {
            return;
        };
        if let Some(step) = text.strip_prefix("  ") {
            self.step(step.trim_start());
            return;
        }
        self.end_way();
        if let Some(head) = text.strip_suffix(':') {
            if let Some(expression) = escaping(head) {
                self.told = Some(Told {
                    place: (file.to_owned(), line, column),
                    expression: short(expression),
                    steps: Vec::new(),
                });
            }
        } else if let Some(variable) = text.strip_prefix("moved to heap: ") {
            self.diagnostic((file, line, column), variable, Kind::Moved);
        } else if let Some(expression) = text.strip_suffix(" escapes to heap") {
            self.diagnostic((file, line, column), expression, Kind::Escapes);
        } else if let Some(expression) = text.strip_suffix(" does not escape") {
            let kind = match grows(expression) {
                true => Kind::MayAllocate,
                false => Kind::OnStack,
            };
            self.diagnostic((file, line, column), expression, kind);
        } else if let Some(function) = text.strip_prefix("inlining call to ") {
            let calls = &mut self.file(file).lines.entry(line).or_default().inlined;
            if calls.len() < 64
                && !calls
                    .iter()
                    .any(|(at, name)| *at == column && name == function)
            {
                calls.push((column, short(function)));
            }
        }
    }

    /// `flow: A ← B:` or `from EXPR (WHAT) at PLACE`.
    fn step(&mut self, text: &str) {
        let Some(told) = &mut self.told else { return };
        if let Some(flow) = text.strip_prefix("flow: ") {
            let arrow = flow.find(" ← ");
            let into = match arrow {
                Some(at) => &flow[..at],
                None => flow.split(" = ").next().unwrap_or(flow),
            };
            self.escapes.flows = true;
            self.escapes.arrows |= arrow.is_some();
            if told.steps.len() < MAX_STEPS {
                told.steps.push(Step {
                    into: short(into),
                    by: Vec::new(),
                });
            }
        } else if let Some(from) = text.strip_prefix("from ") {
            let (from, place) = from.rsplit_once(") at ").unwrap_or((from, ""));
            let (expression, what) = from.rsplit_once(" (").unwrap_or((from, ""));
            if let Some(step) = told
                .steps
                .last_mut()
                .filter(|step| step.by.len() < MAX_STEPS)
            {
                step.by.push(Cause {
                    expression: short(expression),
                    what: what.to_owned(),
                    place: short(place),
                });
            }
        }
    }

    /// A way is told to its end; the line of its expression comes at the end of the function.
    fn end_way(&mut self) {
        if let Some(told) = self.told.take()
            && self.waiting.len() < MAX_DIAGNOSTICS
        {
            self.waiting.push(told);
        }
    }

    fn diagnostic(&mut self, place: (&str, u64, u64), expression: &str, kind: Kind) {
        let (file, line, column) = place;
        let expression = short(expression);
        let mut flows = Vec::new();
        if matches!(kind, Kind::Escapes | Kind::Moved) {
            // The ways are told under the same place; `append(ids, x)` is later called `append`.
            self.waiting.retain_mut(|told| {
                let same = told.place.1 == line && told.place.2 == column && told.place.0 == file;
                let named = told.expression == expression
                    || (expression == "append" && told.expression.starts_with("append("));
                if same && named && flows.len() < MAX_FLOWS {
                    flows.push(std::mem::take(&mut told.steps));
                }
                !(same && named)
            });
        }
        let known = &mut self.file(file).lines.entry(line).or_default().diagnostics;
        let mut same = known.iter_mut().filter(|known| {
            known.column == column && known.expression == expression && known.kind == kind
        });
        if let Some(known) = same.next() {
            for flow in flows {
                if known.flows.len() < MAX_FLOWS && !known.flows.contains(&flow) {
                    known.flows.push(flow);
                }
            }
            return;
        }
        known.push(Diagnostic {
            file: file.to_owned(),
            line,
            column,
            expression,
            kind,
            flows,
        });
        self.escapes.diagnostics += 1;
    }

    fn file(&mut self, path: &str) -> &mut File {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let same = self.escapes.by_name.entry(name.to_owned()).or_default();
        let files = &mut self.escapes.files;
        let found = same.iter().copied().find(|at| {
            let file: &File = &files[*at];
            file.path == path && file.package == self.package
        });
        let at = found.unwrap_or_else(|| {
            files.push(File {
                path: path.to_owned(),
                package: self.package,
                ..File::default()
            });
            same.push(files.len() - 1);
            files.len() - 1
        });
        &mut self.escapes.files[at]
    }
}

/// `FILE:LINE:COLUMN: TEXT`; a drive letter may stand before the file.
fn place(line: &str) -> Option<(&str, u64, u64, &str)> {
    let from = if line.as_bytes().get(1) == Some(&b':') {
        2
    } else {
        0
    };
    let end = from + line.get(from..)?.find(':')?;
    let (number, rest) = line[end + 1..].split_once(':')?;
    let (column, text) = rest.split_once(": ")?;
    let place = (&line[..end], number.parse().ok()?, column.parse().ok()?);
    Some((place.0, place.1, place.2, text))
}

/// The expression of `EXPR escapes to heap` and `EXPR escapes to heap in FUNC`.
fn escaping(head: &str) -> Option<&str> {
    head.strip_suffix(" escapes to heap")
        .or_else(|| Some(head.rsplit_once(" escapes to heap in ")?.0))
}

/// Whether what an expression makes has a size that only the run decides, so that it may outgrow the stack.
fn grows(expression: &str) -> bool {
    let starts = |text: &str| expression.starts_with(text);
    expression == "append"
        || starts("append(")
        || starts("make(")
        || starts("map[")
        || starts("([]byte)(")
        || starts("([]rune)(")
        || starts("(string)(")
        || starts("string(")
        || expression.contains(" + ")
}

/// As much of a text as is kept.
fn short(text: &str) -> String {
    if text.len() <= MAX_TEXT {
        return text.to_owned();
    }
    let mut end = MAX_TEXT;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &text[..end])
}
