//! Suggestions for misspelled names.

/// The message for an unknown name, with the nearest known one or all of them.
pub(crate) fn unknown<'a>(
    what: &str,
    typed: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> String {
    let names: Vec<_> = names.into_iter().collect();
    match nearest(typed, names.iter().copied()) {
        Some(near) => format!("unknown {what} `{typed}`; did you mean `{near}`?"),
        None => format!(
            "unknown {what} `{typed}`: expected one of {}",
            names.join(", ")
        ),
    }
}

/// The name most similar to `typed`; `None` if no name is similar enough.
pub(crate) fn nearest<'a>(
    typed: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    /// The least similarity; clap uses nearly the same for its options.
    const SIMILAR: f64 = 0.75;
    names
        .into_iter()
        .map(|name| (strsim::jaro_winkler(typed, name), name))
        .filter(|(similarity, _)| *similarity >= SIMILAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_misspelled_name_is_found_and_an_unrelated_one_is_not() {
        let names = ["gc-frequency", "gc-cpu", "pause-p99", "goal-churn"];
        assert_eq!(nearest("gc-freqency", names), Some("gc-frequency"));
        assert_eq!(nearest("pause_p99", names), Some("pause-p99"));
        assert_eq!(nearest("frequency", names), Some("gc-frequency"));
        assert_eq!(nearest("temperature", names), None);
    }
}
