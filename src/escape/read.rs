//! The compiler's text, line by line.

use std::io::{BufRead, Read as _};

use super::{Cause, Diagnostic, EscapeError, Escapes, File, Kind, Step};

/// Bytes of a line that are read; some lines hold whole functions, which are not needed.
const MAX_LINE: u64 = 64 << 10;
/// Diagnostics that are kept.
const MAX_DIAGNOSTICS: usize = 1 << 20;
/// Bytes of an expression that are kept.
const MAX_TEXT: usize = 400;
/// Flows that are kept of one expression.
const MAX_FLOWS: usize = 8;
/// Steps that are kept of a flow, and expressions of a step.
const MAX_STEPS: usize = 16;

/// Reads what `go build -gcflags='-m -m'` wrote to standard error.
///
/// # Errors
/// A source that cannot be read, has no diagnostic or too many of them.
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
            source.skip_until(b'\n')?;
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

#[derive(Default)]
struct Reader {
    escapes: Escapes,
    package: Option<usize>,
    /// The flow that is being read.
    flow: Option<Flow>,
    /// Complete flows whose diagnostic is still to come.
    waiting: Vec<Flow>,
}

struct Flow {
    place: (String, u64, u64),
    expression: String,
    steps: Vec<Step>,
}

impl Reader {
    fn line(&mut self, line: &str) {
        if let Some(package) = line.strip_prefix("# ") {
            self.end_flow();
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
        self.end_flow();
        if let Some(head) = text.strip_suffix(':') {
            if let Some(expression) = escaping(head) {
                self.flow = Some(Flow {
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
        let Some(flow) = &mut self.flow else { return };
        if let Some(edge) = text.strip_prefix("flow: ") {
            let arrow = edge.find(" ← ");
            let into = match arrow {
                Some(at) => &edge[..at],
                None => edge.split(" = ").next().unwrap_or(edge),
            };
            self.escapes.flows = true;
            self.escapes.arrows |= arrow.is_some();
            if flow.steps.len() < MAX_STEPS {
                flow.steps.push(Step {
                    into: short(into),
                    by: Vec::new(),
                });
            }
        } else if let Some(from) = text.strip_prefix("from ") {
            let (from, place) = from.rsplit_once(") at ").unwrap_or((from, ""));
            let (expression, what) = from.rsplit_once(" (").unwrap_or((from, ""));
            if let Some(step) = flow
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

    /// The flow is complete; the diagnostic of its expression comes at the end of the function.
    fn end_flow(&mut self) {
        if let Some(flow) = self.flow.take()
            && self.waiting.len() < MAX_DIAGNOSTICS
        {
            self.waiting.push(flow);
        }
    }

    fn diagnostic(&mut self, place: (&str, u64, u64), expression: &str, kind: Kind) {
        let (file, line, column) = place;
        let expression = short(expression);
        let mut flows = Vec::new();
        if matches!(kind, Kind::Escapes | Kind::Moved) {
            // The flows have the same place; `append(ids, x)` is later called `append`.
            self.waiting.retain_mut(|flow| {
                let same = flow.place.1 == line && flow.place.2 == column && flow.place.0 == file;
                let named = flow.expression == expression
                    || (expression == "append" && flow.expression.starts_with("append("));
                if same && named && flows.len() < MAX_FLOWS {
                    flows.push(std::mem::take(&mut flow.steps));
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

/// Whether the size of what an expression makes is known only at run time, so that it may outgrow the stack.
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

/// A text cut to the length that is kept.
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
