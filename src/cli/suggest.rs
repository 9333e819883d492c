//! What was meant by a misspelt name.

/// The name closest to what was typed, where one is close enough to have been meant.
pub(crate) fn nearest<'a>(
    typed: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    /// Below this two names have too little in common; clap uses nearly the same bound for its options.
    const ALIKE: f64 = 0.75;
    names
        .into_iter()
        .map(|name| (strsim::jaro_winkler(typed, name), name))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_finds_its_name_and_a_stranger_none() {
        let names = ["gc-frequency", "gc-cpu", "pause-p99", "goal-churn"];
        assert_eq!(nearest("gc-freqency", names), Some("gc-frequency"));
        assert_eq!(nearest("pause_p99", names), Some("pause-p99"));
        assert_eq!(nearest("frequency", names), Some("gc-frequency"));
        assert_eq!(nearest("temperature", names), None);
    }
}
