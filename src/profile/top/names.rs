//! Names of functions and files as pprof shows them.

use std::borrow::Cow;

use crate::profile::Function;

/// A function's name as pprof shows it. pprof takes names with brackets for C++ and removes everything in `()` and `<>`,
/// unless they look like methods of generic Go types.
pub(super) fn displayed(function: &Function) -> Cow<'_, str> {
    let name = &*function.name;
    if !name.is_empty() && name != &*function.system_name {
        return Cow::Borrowed(name);
    }
    let name = &*function.system_name;
    let go = name.contains(".<") || name.contains("]).");
    if go || !(name.contains(['<', '>', '[', ']']) || name.contains("::")) {
        return Cow::Borrowed(name);
    }
    let bare = without(name, '(', ')');
    let bare = without(&bare, '<', '>');
    Cow::Owned(bare)
}

/// The text without everything between matching brackets; unchanged if they do not match.
fn without(text: &str, open: char, close: char) -> String {
    let mut bare = String::with_capacity(text.len());
    let mut depth = 0_usize;
    let mut kept = 0;
    for (at, c) in text.char_indices() {
        if c == open {
            if depth == 0 {
                bare.push_str(&text[kept..at]);
                kept = at;
            }
            depth += 1;
        } else if c == close {
            match depth {
                // pprof stops here, and keeps what it has removed so far.
                0 => break,
                1 => kept = at + 1,
                _ => {}
            }
            depth -= 1;
        }
    }
    bare.push_str(&text[kept..]);
    bare
}

/// A path as Go's `filepath.Clean` writes it, after pprof's own prefixes are taken off.
pub(super) fn clean(path: &str) -> Cow<'_, str> {
    let path = ["/proc/self/cwd/./", "/proc/self/cwd/"]
        .iter()
        .find_map(|prefix| path.strip_prefix(prefix))
        .unwrap_or(path);
    let tidy = !path
        .split('/')
        .skip(1)
        .any(|part| matches!(part, "" | "." | ".."));
    if path.is_empty() || (tidy && !path.starts_with("./") && path != ".") {
        return Cow::Borrowed(path);
    }
    let root = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if root => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    Cow::Owned(match (root, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(name: &str) -> String {
        let function = Function {
            name: name.into(),
            system_name: name.into(),
            file: "".into(),
            start_line: 0,
        };
        displayed(&function).into_owned()
    }

    #[test]
    fn names_with_brackets_are_taken_for_cpp() {
        assert_eq!(shown("main.(*Cache).Get"), "main.(*Cache).Get");
        assert_eq!(
            shown("sync.OnceValue[go.shape.func(*encodeState, reflect.Value)]"),
            "sync.OnceValue[go.shape.func]"
        );
        assert_eq!(
            shown("main.(*Cache[go.shape.int]).Get"),
            "main.(*Cache[go.shape.int]).Get"
        );
        assert_eq!(shown("std::vector<int>::push(int)"), "std::vector::push");
        assert_eq!(shown("a[)b(c)]"), "a[)b(c)]");
    }

    #[test]
    fn paths_are_cleaned_as_go_cleans_them() {
        for (path, expected) in [
            ("a/b.go", "a/b.go"),
            ("/a//b/../c/./d.go", "/a/c/d.go"),
            ("./x.go", "x.go"),
            ("../x.go", "../x.go"),
            ("/../x.go", "/x.go"),
            ("a/..", "."),
            ("/proc/self/cwd/x.go", "x.go"),
            ("", ""),
        ] {
            assert_eq!(clean(path), expected, "{path}");
        }
    }
}
