//! `GC forced` lines before their cycles were read.

/// Notices kept at the same time; there is one for each process that has been idle.
const WAITING: usize = 64;

/// A notice does not name its process, which prints the cycle a few ms later, or never if it has ended. Lines of other processes may
/// come between.
#[derive(Debug, Default)]
pub(super) struct Notices {
    /// The streams they stood in, oldest first.
    waiting: Vec<Box<[u8]>>,
}

impl Notices {
    pub(super) const fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// A notice stood in this stream.
    pub(super) fn push(&mut self, stream: &[u8]) {
        if self.waiting.len() == WAITING {
            self.waiting.remove(0);
        }
        self.waiting.push(stream.into());
    }

    /// Takes a notice of this stream, if there is one.
    pub(super) fn take(&mut self, stream: &[u8]) -> bool {
        let at = self.waiting.iter().position(|at| **at == *stream);
        at.map(|at| self.waiting.remove(at)).is_some()
    }
}
