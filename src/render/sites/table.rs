//! The table of `go tool pprof -top`, to the byte: its units, its percentages, its columns.

use std::fmt::Write as _;

use crate::report::sites::{Inlined, Sites};

/// pprof's units of memory, each 1,024 of the one before.
const UNITS: [&str; 6] = ["B", "kB", "MB", "GB", "TB", "PB"];

/// The unit that a table is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scale {
    /// Counts, which have none.
    Count,
    /// An index of [`UNITS`].
    Bytes(usize),
    /// Whatever suits each value: a table without rows.
    Each,
}

impl Scale {
    /// The unit that suits the smallest value, unless it would make the others long.
    fn of(sites: &Sites) -> Self {
        if sites.unit != "bytes" {
            return Self::Count;
        }
        if sites.table.rows.is_empty() {
            return Self::Each;
        }
        let size = |value: i64| value.wrapping_abs();
        let own = |flat: i64, cum: i64| if flat == 0 { size(cum) } else { size(flat) };
        let values = sites.table.rows.iter().map(|row| own(row.flat, row.cum));
        let most = sites.total;
        let least = values.filter(|value| *value > 0).min().unwrap_or(most);
        let (small, large) = (unit(least), unit(most));
        if small != large && least.wrapping_mul(100) < most {
            return Self::Bytes(unit(least.wrapping_mul(100)));
        }
        Self::Bytes(small)
    }

    fn format(self, value: i64) -> String {
        let unit = match self {
            Self::Count => return value.to_string(),
            Self::Bytes(unit) => unit,
            Self::Each => unit(value),
        };
        let divisor = UNITS[..unit]
            .iter()
            .fold(1.0, |divisor, _| divisor * 1024.0);
        let number = format!("{:.2}", to_f64(value) / divisor);
        let number = number.strip_suffix(".00").unwrap_or(&number);
        match number {
            "0" | "-0" => "0".to_owned(),
            number => format!("{number}{}", UNITS[unit]),
        }
    }
}

/// The largest unit of which there is at least one.
fn unit(value: i64) -> usize {
    let mut rest = value.unsigned_abs();
    let mut unit = 0;
    while rest >= 1024 && unit + 1 < UNITS.len() {
        rest /= 1024;
        unit += 1;
    }
    unit
}

/// The table from its line "Showing nodes" on.
pub(super) fn write(sites: &Sites, page: &mut String) {
    let (table, scale) = (&sites.table, Scale::of(sites));
    let percent = |value: i64| percentage(value, sites.total);
    let _ = writeln!(
        page,
        "Showing nodes accounting for {}, {} of {} total",
        scale.format(table.shown),
        percent(table.shown).trim(),
        scale.format(sites.total)
    );
    if sites.total != 0 {
        if table.rows_dropped > 0 {
            let s = if table.rows_dropped > 1 { "s" } else { "" };
            let cutoff = scale.format(table.cutoff);
            let _ = writeln!(
                page,
                "Dropped {} node{s} (cum <= {cutoff})",
                table.rows_dropped
            );
        }
        if table.limit > 0 && table.limit < table.nodes {
            let _ = writeln!(
                page,
                "Showing top {} nodes out of {}",
                table.limit, table.nodes
            );
        }
    }
    page.push_str("      flat  flat%   sum%        cum   cum%\n");
    let mut sum = 0_i64;
    for row in &table.rows {
        sum = sum.wrapping_add(row.flat);
        let inlined = match row.inlined {
            Inlined::No => "",
            Inlined::Partly => " (partial-inline)",
            Inlined::Yes => " (inline)",
        };
        let _ = writeln!(
            page,
            "{:>10} {} {} {:>10} {}  {}{inlined}",
            scale.format(row.flat),
            percent(row.flat),
            percent(sum),
            scale.format(row.cum),
            percent(row.cum),
            row.name
        );
    }
}

/// A share as pprof writes it, without its sign.
fn percentage(value: i64, total: i64) -> String {
    let ratio = match total {
        0 => 0.0,
        total => (to_f64(value) / to_f64(total)).abs() * 100.0,
    };
    if (99.95..=100.05).contains(&ratio) {
        "  100%".to_owned()
    } else if ratio >= 1.0 {
        format!("{ratio:5.2}%")
    } else {
        format!("{:>5}%", two_digits(ratio))
    }
}

/// A number below 1 with two significant digits, as C's `%.2g`.
fn two_digits(ratio: f64) -> String {
    if ratio <= 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{ratio:.1e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if exponent < -4 {
        let digits = digits.strip_suffix(".0").unwrap_or(digits);
        return format!("{digits}e-{:02}", exponent.unsigned_abs());
    }
    let places = usize::try_from(1 - exponent).unwrap_or(0);
    let number = format!("{ratio:.places$}");
    let number = number.trim_end_matches('0');
    number.strip_suffix('.').unwrap_or(number).to_owned()
}

/// pprof computes with doubles as well.
#[expect(clippy::cast_precision_loss, reason = "see above")]
fn to_f64(value: i64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_written_as_pprof_does() {
        for (value, total, expected) in [
            (0, 0, "    0%"),
            (0, 7, "    0%"),
            (1, 1, "  100%"),
            (99_949, 100_000, "99.95%"),
            (1_000_600, 1_000_000, "100.06%"),
            (1, 100, " 1.00%"),
            (999, 100_000, "    1%"),
            (995, 100_000, "    1%"),
            (99, 10_000, " 0.99%"),
            (5, 1_000, "  0.5%"),
            (5, 100_000, "0.005%"),
            (1, 1_000_000, "0.0001%"),
            (1, 10_000_000, "1e-05%"),
            (25, 100_000_000, "2.5e-05%"),
            (-24, 100, "24.00%"),
        ] {
            assert_eq!(percentage(value, total), expected, "{value} of {total}");
        }
    }

    #[test]
    fn sizes_are_written_as_pprof_does() {
        assert_eq!(Scale::Each.format(0), "0");
        assert_eq!(Scale::Each.format(1023), "1023B");
        assert_eq!(Scale::Each.format(1536), "1.50kB");
        assert_eq!(Scale::Each.format(-1536), "-1.50kB");
        assert_eq!(Scale::Each.format(i64::MIN), "-8192PB");
        assert_eq!(Scale::Bytes(2).format(1024), "0");
    }
}
