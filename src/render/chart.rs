//! Small charts of characters.

use crate::report::TimelinePoint;

/// Eight heights, and the same in ASCII.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const ASCII: [char; 8] = ['_', '.', ':', '-', '=', '+', '*', '#'];

/// The columns of a timeline: equal stretches of time, each with the points that reach into it.
#[derive(Debug)]
pub(super) struct Columns<'a> {
    points: &'a [TimelinePoint],
    start_ns: u64,
    end_ns: u64,
    count: usize,
}

impl<'a> Columns<'a> {
    /// Lays the points out over at most `width` columns; `None` where there is too little to see a course.
    pub(super) fn new(points: &'a [TimelinePoint], width: usize) -> Option<Self> {
        const FEWEST: usize = 4;
        let (first, last) = (points.first()?, points.last()?);
        let columns = Self {
            points,
            start_ns: first.start_ns,
            end_ns: last.end_ns,
            count: points.len().min(width),
        };
        (columns.count >= FEWEST && columns.end_ns > columns.start_ns).then_some(columns)
    }

    /// Start and end of a column, ns of program time.
    pub(super) fn span(&self, column: usize) -> (u64, u64) {
        let (span, count) = (u128::from(self.end_ns - self.start_ns), self.count as u128);
        let edge = |column: usize| {
            let offset = u64::try_from(span * column as u128 / count).unwrap_or(u64::MAX);
            self.start_ns.saturating_add(offset)
        };
        (edge(column), edge(column + 1))
    }

    /// Every column's span.
    pub(super) fn spans(&self) -> impl Iterator<Item = (u64, u64)> {
        (0..self.count).map(|column| self.span(column))
    }

    /// The largest value in each column: thinning must not hide a peak.
    pub(super) fn peaks(&self, value: impl Fn(&TimelinePoint) -> f64) -> Vec<f64> {
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
                    .map(&value)
                    .fold(0.0, f64::max)
            })
            .collect()
    }
}

/// A line of bars from 0 to the largest value; nothing at all is a gap.
pub(super) fn sparkline(values: &[f64], ascii: bool) -> String {
    let bars = if ascii { &ASCII } else { &BLOCKS };
    let top = values.iter().copied().fold(0.0, f64::max);
    let bar = |value: &f64| {
        if *value <= 0.0 || top <= 0.0 {
            return ' ';
        }
        let reached = |level: &usize| *value * 8.0 > top * level_f64(*level);
        bars[(1..8).filter(reached).count()]
    };
    values.iter().map(bar).collect()
}

fn level_f64(level: usize) -> f64 {
    u32::try_from(level).map_or(0.0, f64::from)
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
        let values: Vec<f64> = (0..=8).map(f64::from).collect();
        assert_eq!(sparkline(&values, false), " ▁▂▃▄▅▆▇█");
        assert_eq!(sparkline(&values, true), " _.:-=+*#");
        assert_eq!(sparkline(&[0.0, 0.0], false), "  ");
    }

    #[test]
    fn thinning_keeps_the_peak_in_its_place() {
        let mut points = points(1000);
        points[700].pause_max_ns = 1_000_000;
        let columns = Columns::new(&points, 50).unwrap();
        let peaks = columns.peaks(|point| f64::from(u32::try_from(point.pause_max_ns).unwrap()));
        assert_eq!(peaks.len(), 50);
        let highest = (0..50)
            .max_by(|&a, &b| peaks[a].total_cmp(&peaks[b]))
            .unwrap();
        assert_eq!(highest, 35);
        assert_eq!(columns.span(49), (9800, 10_000));
    }

    #[test]
    fn too_few_points_make_no_chart() {
        assert!(Columns::new(&points(3), 50).is_none());
        assert_eq!(Columns::new(&points(4), 50).unwrap().spans().count(), 4);
    }
}
