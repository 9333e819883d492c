//! The report while the input is still read.

use std::cell::RefCell;
use std::fmt;

use super::Followed;
use super::analysis::Analyzers;
use crate::pipeline::outcome::Outcomes;
use crate::reader::Reader;
use crate::report::Report;

/// What was found so far, while the input is read.
pub struct SoFar<'a> {
    pub(super) open: &'a [Followed],
    pub(super) source: &'a str,
    pub(super) analyzers: RefCell<&'a mut Analyzers>,
    pub(super) outcomes: &'a Outcomes,
    pub(super) reader: &'a Reader,
}

impl SoFar<'_> {
    /// The report as if the input ended here. It does not change the analysis; it costs up to a millisecond for each process
    /// that is followed.
    pub fn report(&self) -> Report {
        let mut outcomes = self.outcomes.clone();
        let alone = self.open.len() == 1 && self.outcomes.is_empty();
        for followed in self.open {
            let analyzer = self.analyzers.borrow_mut().copy(&followed.analysis);
            let mut process = followed.process.clone();
            process.replaced = process.is_replaced(self.open);
            process.settle(self.reader, alone);
            process.end(analyzer, self.source, &mut outcomes);
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
