//! Where the cycles of a process are analyzed: in the thread that reads, or in another one.

use super::Placed;
use crate::analyzer::{FindingChange, ProcessAnalyzer};
use crate::pipeline::analysis_thread::AnalysisThread;
use crate::reader::Found;

/// The analyzer of a process.
pub(super) enum Analysis {
    /// In this thread.
    Here(Box<ProcessAnalyzer>),
    /// In the other thread, at this place.
    There(usize),
}

impl Analysis {
    pub(super) const fn is_there(&self) -> bool {
        matches!(self, Self::There(_))
    }
}

/// The other thread, once there is one.
#[derive(Default)]
pub(super) struct Analyzers(Option<AnalysisThread>);

impl Analyzers {
    /// Whether the other thread runs.
    pub(super) const fn has_thread(&self) -> bool {
        self.0.is_some()
    }

    /// Analyzes a cycle; true if findings changed at once.
    #[inline(always)]
    pub(super) fn observe(
        &mut self,
        analysis: &mut Analysis,
        placed: &Placed,
        found: &Found<'_>,
    ) -> bool {
        match (analysis, &mut self.0) {
            (Analysis::Here(analyzer), _) => {
                if placed.notice {
                    analyzer.forced_notice();
                }
                if placed.harness {
                    analyzer.behind_harness();
                }
                analyzer.observe(found.cycle.into(), found.wall);
                return analyzer.has_changes();
            }
            (Analysis::There(place), Some(thread)) => {
                thread.observe(*place, found.cycle, found.wall, placed.notice);
            }
            (Analysis::There(_), None) => {}
        }
        false
    }

    /// See [`ProcessAnalyzer::limit_timeline`].
    pub(super) fn limit_timeline(&mut self, analysis: &mut Analysis, points: usize) {
        match (analysis, &mut self.0) {
            (Analysis::Here(analyzer), _) => analyzer.limit_timeline(points),
            (Analysis::There(place), Some(thread)) => thread.limit_timeline(*place, points),
            (Analysis::There(_), None) => {}
        }
    }

    /// A copy of the analyzer as it stands now.
    pub(super) fn copy(&mut self, analysis: &Analysis) -> Option<Box<ProcessAnalyzer>> {
        match analysis {
            Analysis::Here(analyzer) => Some(analyzer.clone()),
            Analysis::There(place) => self.0.as_mut()?.copy(*place),
        }
    }

    /// The analyzer itself; nothing more is analyzed with it.
    pub(super) fn take(&mut self, analysis: &mut Analysis) -> Option<Box<ProcessAnalyzer>> {
        if let Analysis::There(place) = *analysis {
            return self.0.as_mut()?.give_back(place);
        }
        match std::mem::replace(analysis, Analysis::There(usize::MAX)) {
            Analysis::Here(analyzer) => Some(analyzer),
            Analysis::There(_) => None,
        }
    }

    /// Moves an analyzer to the other thread, if there is one to be had.
    #[cold]
    pub(super) fn move_there(&mut self, analysis: &mut Analysis) {
        if self.0.is_none() {
            self.0 = AnalysisThread::new().ok();
        }
        if let Some(analyzer) = self.0.is_some().then(|| self.take(analysis)).flatten()
            && let Some(thread) = &mut self.0
        {
            *analysis = Analysis::There(thread.follow(analyzer));
        }
    }

    /// What changed in the other thread since the last call, with the places of the processes.
    pub(super) fn take_changes(&mut self) -> Vec<(usize, FindingChange)> {
        let thread = self.0.as_mut();
        thread.map(AnalysisThread::take_changes).unwrap_or_default()
    }
}
