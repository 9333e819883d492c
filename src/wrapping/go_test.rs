//! `go test -bench`: the name of a benchmark is printed first, and its own output follows: `BenchmarkName-8   <TAB>`.

use super::layer::{Format, Layer};

pub(super) const FORMAT: Format = Format {
    first: b"B",
    layer: |text, _| {
        text.strip_prefix(b"Benchmark")?;
        let blank = |b: &u8| matches!(b, b' ' | b'\t');
        let name = text.iter().position(blank)?;
        let blanks = text[name..].iter().take_while(|b| blank(b)).count();
        Some(Layer {
            harness: true,
            ..Layer::of(name + blanks)?
        })
    },
};

#[cfg(test)]
mod tests {
    use super::super::formats::testing::{hold, hold_others};

    #[test]
    fn samples() {
        hold(&[
            ("BenchmarkEncode-8   \tgc 1 @", ["gc 1 @", "", ""]),
            ("BenchmarkEncode/large gc 1 @", ["gc 1 @", "", ""]),
        ]);
        hold_others(&["Benchmarkgc", "Bench gc 1 @"]);
    }
}
