//! Benchmarks before and after: a table a unit, as benchstat lays it out, and below it the GC rows of the same outputs.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::comparison::{in_words, word};
use super::markdown::{cell, prose};
use super::text::page::{self, Page, left, right};
use super::{ComparisonFormat, Render, Style, json};
use crate::report::benchmarks::{Benchmarks, Figures, Row};
use crate::report::comparison::RowVerdict;

/// The benchmarks, then the comparison of the GC traces where the outputs hold some. There is no page of benchmarks.
impl Render<Benchmarks> for ComparisonFormat {
    fn render(self, result: &Benchmarks, out: &mut dyn Write, style: &Style) -> io::Result<()> {
        match self {
            Self::Json => return json::render(result, out, style),
            Self::Markdown => out.write_all(markdown(result).as_bytes())?,
            Self::Text => out.write_all(text(result, style).as_bytes())?,
            #[cfg(feature = "html")]
            Self::Html => return Err(io::ErrorKind::Unsupported.into()),
        }
        if let Some(gc) = &result.gc {
            out.write_all(b"\n")?;
            self.render(gc, out, style)?;
        }
        Ok(())
    }
}

fn outcome(benchmarks: &Benchmarks) -> (&'static str, String) {
    in_words(&benchmarks.outcome, "no gated figure got worse")
}

fn text(benchmarks: &Benchmarks, style: &Style) -> String {
    let mut page = Page::new(*style);
    let (label, sentence) = outcome(benchmarks);
    let color = page::of_outcome(&benchmarks.outcome);
    page.paragraph(&format!("{label}  "), color, &sentence);
    for (name, inputs) in [("base  ", &benchmarks.base), ("new   ", &benchmarks.new)] {
        page.paragraph(name, page::DIM, &inputs.join(", "));
    }
    let packages = packages(&benchmarks.rows);
    for rows in benchmarks.rows.chunk_by(|a, b| a.unit == b.unit) {
        page.gap();
        let unit = rows.first().map_or("", |row| &row.unit);
        let name = page.name(unit, 24);
        let head = format!(
            "{}{}{}{}  p, runs",
            left(&name, 26),
            right("base", 16),
            right("new", 16),
            right("new/base", 10)
        );
        let head = page.paint(page::DIM, &head);
        page.line(&head);
        for row in rows {
            let color = match row.verdict {
                RowVerdict::Improved => page::GOOD,
                RowVerdict::Worse => page::CRITICAL,
                _ => page::DIM,
            };
            let name = page.name(&title(row, packages > 1), 25);
            let figures = format!(
                "{}{}{}{}  ",
                left(&name, 26),
                right(&figure(&row.base, &row.unit), 16),
                right(&figure(&row.new, &row.unit), 16),
                right(&ratio(row), 10)
            );
            let verdict = page.paint(color, word(row.verdict));
            page.line(&format!("{figures}{verdict}{}", basis(row)));
        }
        if let Some(mean) = benchmarks.means.iter().find(|mean| mean.unit == unit) {
            let line = format!(
                "{}{}",
                left("geomean", 58),
                right(&format!("{:.3}", mean.ratio), 10)
            );
            page.line(&line);
        }
    }
    page.gap();
    for warning in &benchmarks.warnings {
        page.paragraph("warning: ", page::WARNING, warning);
    }
    page.into_text()
}

fn markdown(benchmarks: &Benchmarks) -> String {
    let (label, sentence) = outcome(benchmarks);
    let mut page = format!("## {label}: {}\n", prose(&sentence));
    page.push_str("\n| benchmark | unit | base | new | new/base | verdict |\n| --- | --- | ---: | ---: | ---: | --- |\n");
    let several = packages(&benchmarks.rows) > 1;
    for row in &benchmarks.rows {
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} | {}{} |",
            cell(&title(row, several)),
            prose(&row.unit),
            figure(&row.base, &row.unit),
            figure(&row.new, &row.unit),
            ratio(row),
            word(row.verdict),
            prose(&basis(row)),
        );
    }
    for mean in &benchmarks.means {
        let _ = writeln!(
            page,
            "| geomean | {} | | | {:.3} | |",
            prose(&mean.unit),
            mean.ratio
        );
    }
    for warning in &benchmarks.warnings {
        let _ = write!(page, "\n> **Warning:** {}\n", prose(warning));
    }
    page
}

/// How many packages there are.
fn packages(rows: &[Row]) -> usize {
    let mut names: Vec<_> = rows.iter().map(|row| &row.package).collect();
    names.sort_unstable();
    names.dedup();
    names.len()
}

fn title(row: &Row, with_package: bool) -> String {
    let package = row.package.as_deref().filter(|_| with_package);
    match package.and_then(|package| package.rsplit('/').next()) {
        Some(package) => format!("{package}.{}", row.name),
        None => row.name.clone(),
    }
}

fn ratio(row: &Row) -> String {
    match row.ratio.is_finite() {
        true => format!("{:.3}", row.ratio),
        false => "over 0".to_owned(),
    }
}

/// ` p=0.002 n=10+10`.
fn basis(row: &Row) -> String {
    let runs = match (row.base.values.len(), row.new.values.len()) {
        (base, new) if base == new => format!("n={base}"),
        (base, new) => format!("n={base}+{new}"),
    };
    match row.p {
        Some(p) => format!(" p={p:.3} {runs}"),
        None => format!(" exact {runs}"),
    }
}

/// `1.234µs ±2%`.
fn figure(figures: &Figures, unit: &str) -> String {
    let median = scaled(figures.median, unit);
    match figures.low.zip(figures.high) {
        Some((low, high)) if figures.median > 0.0 => {
            let off = (high - figures.median).max(figures.median - low) / figures.median;
            format!("{median} ±{:.0}%", off * 100.0)
        }
        _ => median,
    }
}

/// Four digits, with the prefix that suits the unit.
fn scaled(value: f64, unit: &str) -> String {
    const TIMES: [(&str, f64); 4] = [("s", 1e9), ("ms", 1e6), ("µs", 1e3), ("ns", 0.0)];
    const SIZES: [(&str, f64); 4] = [
        ("GiB", 1_073_741_824.0),
        ("MiB", 1_048_576.0),
        ("KiB", 1024.0),
        ("B", 0.0),
    ];
    const COUNTS: [(&str, f64); 4] = [("G", 1e9), ("M", 1e6), ("k", 1e4), ("", 0.0)];
    let scale = match unit {
        "ns/op" => TIMES,
        "B/op" => SIZES,
        _ => COUNTS,
    };
    let (name, size) = scale
        .into_iter()
        .find(|(_, size)| value.abs() >= *size)
        .unwrap_or(("", 0.0));
    let (number, size) = match name {
        // The tens of thousands are where thousands become easier to read.
        "k" => (value / 1e3, 1e3),
        _ if size > 0.0 => (value / size, size),
        _ => (value, 1.0),
    };
    let places = match number.abs() {
        _ if size < 1.5 && number.fract().abs() < f64::EPSILON => 0,
        n if n >= 1000.0 => 0,
        n if n >= 100.0 => 1,
        n if n >= 10.0 => 2,
        _ => 3,
    };
    format!("{number:.places$}{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_four_digits() {
        for (value, unit, expected) in [
            (1234.0, "ns/op", "1.234µs"),
            (12.5, "ns/op", "12.50ns"),
            (3.0, "allocs/op", "3"),
            (0.0, "allocs/op", "0"),
            (123_456.0, "req/s", "123.5k"),
            (4096.0, "B/op", "4.000KiB"),
            (45.0, "B/op", "45B"),
        ] {
            assert_eq!(scaled(value, unit), expected);
        }
    }
}
