//! The report while the input is still read.

use std::cell::RefCell;
use std::fmt;

use super::{Analysis, Followed};
use crate::analyzer::ProcessAnalyzer;
use crate::pipeline::analysis_thread::AnalysisThread;
use crate::pipeline::outcome::Outcomes;
use crate::reader::Reader;
use crate::report::Report;

/// What was found so far, for those who look on while the input is read.
pub struct SoFar<'a> {
    pub(super) open: &'a [Followed],
    pub(super) source: &'a str,
    pub(super) aside: RefCell<Option<&'a mut AnalysisThread>>,
    pub(super) outcomes: &'a Outcomes,
    pub(super) reader: &'a Reader,
}

impl SoFar<'_> {
    /// The report as if the input ended here. Nothing of the analysis changes by it; it costs up to a millisecond for
    /// each process that is followed.
    pub fn report(&self) -> Report {
        let mut outcomes = self.outcomes.clone();
        for followed in self.open {
            let analyzer = match &followed.analysis {
                Analysis::Here(analyzer) => Some(ProcessAnalyzer::clone(analyzer)),
                Analysis::AnalysisThread(place) => {
                    let mut aside = self.aside.borrow_mut();
                    aside.as_mut().and_then(|aside| aside.copy(*place))
                }
            };
            let mut process = followed.process.clone();
            process.settle(
                self.reader,
                self.open.len() == 1 && self.outcomes.is_empty(),
            );
            if let Some(analyzer) = analyzer {
                process.end(analyzer, self.source, &mut outcomes);
            }
        }
        outcomes.report(self.reader.count.input.clone(), Vec::new())
    }
}

impl fmt::Debug for SoFar<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SoFar")
            .field("processes", &self.open.len())
            .finish_non_exhaustive()
    }
}
