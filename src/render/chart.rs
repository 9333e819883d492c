//! Small charts of characters.

use crate::report::TimelinePoint;

/// Eight heights, and the same in ASCII.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const ASCII: [char; 8] = ['_', '.', ':', '-', '=', '+', '*', '#'];

/// The columns of a timeline: equal stretches of time, each with the points that reach into it. A short run has several
/// columns a point.
#[derive(Debug)]
pub(super) struct Columns<'a> {
    points: &'a [TimelinePoint],
    start_ns: u64,
    end_ns: u64,
    count: usize,
}

impl<'a> Columns<'a> {
    /// Spreads the points over at most `width` columns; `None` for too few points to show a course. The last point
    /// may reach beyond the run, which ends at `run_end_ns`.
    pub(super) fn new(points: &'a [TimelinePoint], run_end_ns: u64, width: usize) -> Option<Self> {
        const FEWEST: usize = 4;
        let (first, last) = (points.first()?, points.last()?);
        let columns = Self {
            points,
            start_ns: first.start_ns,
            end_ns: match run_end_ns > last.start_ns {
                true => last.end_ns.min(run_end_ns),
                false => last.end_ns,
            },
            count: if points.len() < width {
                width - width % points.len()
            } else {
                width
            },
        };
        (points.len() >= FEWEST && columns.end_ns > columns.start_ns).then_some(columns)
    }

    /// How many columns there are.
    pub(super) const fn count(&self) -> usize {
        self.count
    }

    /// The time that one bar stands for, ns: a column, or the points that it shows where they are longer (most of them; the
    /// first and the last may be short, and one without cycles long).
    pub(super) fn step_ns(&self) -> u64 {
        let column = (self.end_ns - self.start_ns) / self.count.max(1) as u64;
        let lengths = self
            .points
            .iter()
            .map(|point| point.end_ns.saturating_sub(point.start_ns));
        let mut lengths: Vec<_> = lengths.collect();
        lengths.sort_unstable();
        column.max(lengths.get(lengths.len() / 2).copied().unwrap_or(0))
    }

    /// Every column's start and end, ns of program time.
    pub(super) fn spans(&self) -> impl Iterator<Item = (u64, u64)> {
        let (span, count) = (u128::from(self.end_ns - self.start_ns), self.count as u128);
        let edge = move |column: usize| {
            let offset = u64::try_from(span * column as u128 / count).unwrap_or(u64::MAX);
            self.start_ns.saturating_add(offset)
        };
        (0..self.count).map(move |column| (edge(column), edge(column + 1)))
    }

    /// The largest value in each column, as thinning must not hide a peak; `None` where no point has one.
    pub(super) fn peaks(&self, value: impl Fn(&TimelinePoint) -> Option<f64>) -> Vec<Option<f64>> {
        let mut from = 0;
        self.spans()
            .map(|(start, end)| {
                // Points are in order, so none before the first that reaches into this column is looked at again.
                while self
                    .points
                    .get(from)
                    .is_some_and(|point| point.end_ns <= start)
                {
                    from += 1;
                }
                self.points[from..]
                    .iter()
                    .take_while(|point| point.start_ns < end)
                    .filter_map(&value)
                    .reduce(f64::max)
            })
            .collect()
    }
}

/// The largest of some values, 0 of none.
pub(super) fn top(values: &[Option<f64>]) -> f64 {
    values.iter().copied().flatten().fold(0.0, f64::max)
}

/// A line of bars from 0 to the largest value; where there is no value there is a gap.
pub(super) fn sparkline(values: &[Option<f64>], ascii: bool) -> String {
    let bars = if ascii { &ASCII } else { &BLOCKS };
    let top = top(values);
    let bar = |value: &Option<f64>| match value {
        None => ' ',
        Some(value) => {
            let reached = (1..8_u32).filter(|&level| *value * 8.0 > top * f64::from(level));
            bars[reached.count()]
        }
    };
    values.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test panics by design")]

    use super::*;

    fn points(count: u64) -> Vec<TimelinePoint> {
        (0..count)
            .map(|n| TimelinePoint {
                start_ns: n * 10,
                end_ns: (n + 1) * 10,
                pause_max_ns: n,
                ..TimelinePoint::default()
            })
            .collect()
    }

    #[test]
    fn bars_grow_with_their_values() {
        let mut values: Vec<_> = (0..=8).map(f64::from).map(Some).collect();
        values.push(None);
        assert_eq!(sparkline(&values, false), "▁▁▂▃▄▅▆▇█ ");
        assert_eq!(sparkline(&values, true), "__.:-=+*# ");
        assert_eq!(sparkline(&[Some(0.0), None], false), "▁ ");
    }

    #[test]
    fn thinning_keeps_the_peak_in_its_place() {
        let mut points = points(1000);
        points[700].pause_max_ns = 1_000_000;
        let columns = Columns::new(&points, 10_000, 50).unwrap();
        let peaks = columns.peaks(|point| u32::try_from(point.pause_max_ns).ok().map(f64::from));
        assert_eq!(peaks.len(), 50);
        assert_eq!(peaks[35], Some(1e6));
        assert_eq!(peaks.iter().filter(|peak| peak.unwrap() > 999.0).count(), 1);
        assert_eq!(columns.spans().last(), Some((9800, 10_000)));
    }

    #[test]
    fn too_few_points_make_no_chart() {
        assert!(Columns::new(&points(3), 30, 50).is_none());
        assert_eq!(Columns::new(&points(4), 40, 50).unwrap().count(), 48);
    }

    #[test]
    fn the_axis_ends_with_the_run_and_says_what_most_bars_are() {
        let mut points = points(6);
        points[0].end_ns = 1;
        points[1].start_ns = 1;
        let columns = Columns::new(&points, 52, 10).unwrap();
        assert_eq!(columns.spans().last().map(|(_, end)| end), Some(52));
        assert_eq!(columns.step_ns(), 10);
    }
}
