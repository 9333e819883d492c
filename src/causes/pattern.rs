//! From a diagnostic of the compiler to a pattern, a reason, and a remedy.

use crate::escape::{Diagnostic, Kind, Step};
use crate::report::why::{Diagnosis, Fate, Pattern, Reason};

/// Types that are meant to be reused.
const REUSABLE: [&str; 8] = [
    "Encoder", "Decoder", "Buffer", "Builder", "Writer", "Reader", "Scanner", "Hash",
];

/// The pattern of an allocation with this diagnostic.
pub(super) fn pattern(diagnostic: &Diagnostic) -> Pattern {
    let text = diagnostic.expression.as_str();
    let starts = |part: &str| text.starts_with(part);
    let reason = reason(diagnostic);
    if text == "append" || starts("append(") {
        Pattern::Append
    } else if reason == Reason::TooLarge {
        Pattern::TooLarge
    } else if starts("make(map[") || starts("map[") {
        Pattern::Map
    } else if starts("make(") {
        Pattern::Make
    } else if text == "func literal" || text.ends_with(".deferwrap1") {
        Pattern::Closure
    } else if let Some(made) = text.strip_prefix('&').or_else(|| text.strip_prefix("new(")) {
        let name = made.split(['{', '(', ')', '[']).next().unwrap_or(made);
        match REUSABLE.iter().any(|kind| name.ends_with(kind)) {
            true => Pattern::Encoder,
            false => Pattern::Pointer,
        }
    } else if diagnostic.kind == Kind::Moved {
        match reason {
            Reason::Captured => Pattern::Closure,
            _ => Pattern::Pointer,
        }
    } else if is_conversion(text) {
        Pattern::Conversion
    } else if is_formatted(diagnostic) {
        Pattern::Formatting
    } else if joins(text) && is_text(text, reason) {
        Pattern::Concatenation
    } else if text.ends_with("{...}") || text.ends_with("{}") {
        Pattern::Literal
    } else {
        // An expression that escapes and makes nothing itself is converted to an interface.
        Pattern::Boxing
    }
}

fn is_conversion(text: &str) -> bool {
    ["([]byte)(", "([]rune)(", "(string)(", "string("]
        .iter()
        .any(|start| text.starts_with(start))
}

/// Whether a sum is one of strings: it contains a string literal, or nothing shows that it is a number converted to an interface.
fn is_text(text: &str, reason: Reason) -> bool {
    let number = |operand: &str| {
        let operand = operand.trim();
        operand.starts_with(|c: char| c.is_ascii_digit())
            || ["len(", "cap(", "int(", "int64(", "uint64(", "float64("]
                .iter()
                .any(|start| operand.starts_with(start))
    };
    text.contains('"') || (reason != Reason::Interface && !text.split('+').any(number))
}

/// Operands joined by `+` outside of any brackets and strings.
fn joins(text: &str) -> bool {
    let (mut depth, mut quoted, mut escaped) = (0_i32, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            '+' if depth == 0 && text[..at].ends_with(' ') => return true,
            _ => {}
        }
    }
    false
}

/// Whether an expression with this pattern allocates objects of different sizes at one instruction.
pub(super) const fn varies(pattern: Pattern) -> bool {
    matches!(
        pattern,
        Pattern::Append
            | Pattern::Make
            | Pattern::Map
            | Pattern::Concatenation
            | Pattern::Conversion
    )
}

/// Whether a line of source stores by a key or an index: `m[k] = v`, `m[k] += v`, `m[k]++`. Only in a map that allocates.
pub(super) fn stores_by_key(text: &str) -> bool {
    text.split(']').skip(1).any(|rest| {
        let rest = rest.trim_start();
        let operator = rest.trim_start_matches(['+', '-', '*', '/', '%', '&', '|', '^', '<', '>']);
        let stored = operator.starts_with('=') && !operator.starts_with("==");
        let compared = matches!(rest.get(..2), Some("<=" | ">="));
        (stored && !compared) || rest.starts_with("++") || rest.starts_with("--")
    })
}

/// Whether a value is boxed for a call of `fmt.Sprintf` whose format only converts. `fmt.Sprint` is not one: the
/// diagnostics do not show what it joins.
fn is_formatted(diagnostic: &Diagnostic) -> bool {
    calls(diagnostic).any(|call| {
        let arguments = call.split_once("fmt.Sprintf(");
        arguments.is_some_and(|(_, arguments)| converts_only(arguments))
    })
}

/// The calls in a diagnostic's flows.
fn calls(diagnostic: &Diagnostic) -> impl Iterator<Item = &str> {
    let causes = diagnostic.flows.iter().flatten().flat_map(|step| &step.by);
    causes
        .filter(|cause| cause.what == "call parameter")
        .map(|cause| cause.expression.as_str())
}

/// Whether a format string holds only plain verbs and text, so that `strconv` and `+` can replace it.
fn converts_only(arguments: &str) -> bool {
    let Some(format) = arguments
        .strip_prefix('"')
        .and_then(|rest| rest.split('"').next())
    else {
        return false;
    };
    let mut verbs = 0;
    let mut letters = format.chars();
    while let Some(c) = letters.next() {
        if c == '%' {
            match letters.next() {
                Some('d' | 's' | 'v' | 't' | 'q' | 'x') => verbs += 1,
                Some('%') => {}
                _ => return false,
            }
        }
    }
    verbs > 0
}

/// Whether a value is boxed for a call of this function.
pub(super) fn boxed_for(diagnostic: &Diagnostic, function: &str) -> bool {
    let call = format!("{function}(");
    calls(diagnostic).any(|expression| expression.starts_with(&call))
}

/// Why it escapes.
pub(super) fn reason(diagnostic: &Diagnostic) -> Reason {
    if diagnostic.kind == Kind::MayAllocate {
        return Reason::NonConstantSize;
    }
    let steps = || diagnostic.flows.iter().flatten();
    let has = |what: &str| steps().any(|step| step.by.iter().any(|cause| cause.what == what));
    let variadic = |step: &Step| step.into.contains("... argument");
    if has("captured by a closure") {
        return Reason::Captured;
    }
    if has("too large for stack") {
        return Reason::TooLarge;
    }
    if has("non-constant size") {
        return Reason::NonConstantSize;
    }
    if has("interface-converted") || steps().any(variadic) {
        return Reason::Interface;
    }
    let last = diagnostic.flows.iter().find_map(|flow| flow.last());
    let Some(last) = last else {
        return Reason::Unknown;
    };
    let how = last.by.last().map(|cause| cause.what.as_str());
    match (last.into.as_str(), how) {
        (_, Some("return")) => Reason::Returned,
        (into, _) if into.starts_with("~r") => Reason::Returned,
        (_, Some("call parameter")) => Reason::Passed,
        _ => Reason::Stored,
    }
}

/// A diagnostic for the report.
pub(super) fn diagnosis(diagnostic: &Diagnostic) -> Diagnosis {
    let Diagnostic {
        file, line, column, ..
    } = diagnostic;
    Diagnosis {
        place: format!("{file}:{line}:{column}"),
        expression: diagnostic.expression.clone(),
        fate: match diagnostic.kind {
            Kind::Moved => Fate::Moved,
            Kind::MayAllocate => Fate::Outgrows,
            Kind::Escapes | Kind::OnStack => Fate::Escapes,
        },
        chain: diagnostic
            .flows
            .first()
            .map_or_else(Vec::new, |flow| flow.iter().flat_map(chain).collect()),
        reason: reason(diagnostic),
    }
}

/// A step of a flow: what carried the value where.
fn chain(step: &Step) -> Vec<String> {
    let carried: Vec<_> = step
        .by
        .iter()
        .filter(|cause| cause.what != "spill")
        .map(|cause| {
            format!(
                "{} ({}) at {}, into {}",
                cause.expression, cause.what, cause.place, step.into
            )
        })
        .collect();
    match carried.is_empty() {
        true => vec![format!("into {}", step.into)],
        false => carried,
    }
}

/// A diagnosis in a sentence.
pub(super) fn sentence(diagnosis: &Diagnosis) -> String {
    let fate = match diagnosis.fate {
        Fate::Escapes => "escapes to the heap",
        Fate::Moved => "is moved to the heap",
        Fate::Outgrows => {
            return format!(
                "{} does not escape, but its size is known only when it runs, and it outgrows its buffer on the stack",
                diagnosis.expression
            );
        }
    };
    let why = match diagnosis.reason {
        Reason::Returned => ": it is returned",
        Reason::Stored => ": it is stored where its end cannot be seen",
        Reason::Interface => ": it becomes an interface value",
        Reason::Captured => ": a closure captures it",
        Reason::Passed => ": the function that gets it lets it escape",
        Reason::TooLarge => ": it is too large for the stack",
        Reason::NonConstantSize => ": its size is known only when it runs",
        Reason::Unknown => "",
    };
    format!("{} {fate}{why}", diagnosis.expression)
}

/// What to change, and the pitfall of that change.
pub(super) const fn remedy(pattern: Pattern) -> Option<(&'static str, &'static str)> {
    Some(match pattern {
        Pattern::Concatenation => (
            "build it with a strings.Builder after Grow, or append to a []byte that is kept; a key of a map can be a \
             struct of its parts, which needs no string at all",
            "a pooled buffer is overwritten by its next user: copy what outlives the call before Put",
        ),
        Pattern::Append => (
            "make the slice with its capacity before the loop: make([]T, 0, n)",
            "a capacity far above what is used stays allocated as long as the slice does",
        ),
        Pattern::Boxing => (
            "give the function a parameter of the value's own type, or convert with strconv before the call; for loggers \
             use typed fields, and test the level first",
            "a type parameter does not help where its body makes an interface of it again; a heap profile shows only \
             about half of the values under 16 bytes",
        ),
        Pattern::Closure => (
            "pass what the closure needs as parameters, go func(item T) { ... }(item), or run a fixed set of goroutines \
             that receive items from a channel",
            "since Go 1.22 each iteration has a variable of its own: capturing it is right, and still allocates",
        ),
        Pattern::Formatting => (
            "convert with strconv (Itoa, AppendInt, Quote) and join with + or append",
            "strconv.Itoa still allocates the string of a number above 99: append to a buffer where that matters",
        ),
        Pattern::Encoder => (
            "keep them in a sync.Pool and Reset each before use, or hold one where calls do not overlap",
            "a pool keeps the largest buffer it ever saw: drop large ones before Put, and copy what outlives \
             the call",
        ),
        Pattern::Pointer => (
            "return the value and not its address, or let the caller pass in the variable to fill",
            "a large value is copied at each return: for more than some 64 bytes measure both",
        ),
        Pattern::TooLarge => (
            "take it from a sync.Pool of buffers of that size, or make it once",
            "pool pointers to slices of one size: mixed sizes make every Get as large as the largest; copy what outlives \
             the call before Put",
        ),
        Pattern::Make => (
            "let the caller pass in a slice to fill, or keep one and cut it to [:0]",
            "what lies in a kept slice is overwritten by the next call: copy what outlives it",
        ),
        Pattern::Map => (
            "make it with its size, make(map[K]V, n), or keep one and clear it; for a handful of keys search a slice",
            "clear keeps the room of the largest use",
        ),
        Pattern::Conversion => (
            "stay with one form from end to end; the compiler copies nothing in m[string(b)], comparisons and range []byte(s)",
            "unsafe.String shares the bytes: they must not be written to again",
        ),
        Pattern::Literal => (
            "make it once and share it, or pass it by value to where it is used",
            "a shared value must not be written to",
        ),
        Pattern::Outside => (
            "call it less often: keep what it returned, or use its variant that takes a buffer",
            "a kept result must not be changed by its users",
        ),
        Pattern::Other => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_in_brackets_joins_nothing() {
        assert!(joins("prefix + \":\" + id"));
        assert!(!joins("f(a + b)"));
        assert!(!joins("\"a + b\""));
        assert!(!joins("\"\\\" + \""));
    }

    #[test]
    fn a_sum_of_numbers_is_no_text() {
        assert!(is_text("prefix + id", Reason::Passed));
        assert!(is_text("\"n=\" + strconv.Itoa(1 + n)", Reason::Interface));
        assert!(!is_text("len(ids) + 1000", Reason::Passed));
        assert!(!is_text("id + 1000", Reason::Passed));
        assert!(!is_text("a + b", Reason::Interface));
    }

    #[test]
    fn lines_that_store_by_key() {
        for line in [
            "m[k] = v",
            "index[fmt.Sprint(\"k\", j)] = j",
            "m[k]++",
            "m[k] <<= 1",
            "s.m[a[i]] += 2",
        ] {
            assert!(stores_by_key(line), "{line}");
        }
        for line in [
            "v := m[k]",
            "if m[k] == v {",
            "if m[k] <= v {",
            "f(m[k], v)",
            "x = []byte(s)",
        ] {
            assert!(!stores_by_key(line), "{line}");
        }
    }

    #[test]
    fn formats_that_only_convert() {
        assert!(converts_only("\"%d\", ... argument...)"));
        assert!(converts_only("\"%s:%d%%\", x)"));
        assert!(!converts_only("\"%08.3f\", x)"));
        assert!(!converts_only("format, x)"));
        assert!(!converts_only("\"plain\")"));
    }
}
