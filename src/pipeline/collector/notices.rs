//! `GC forced` lines that wait for their cycles.

/// Notices that wait at the same time; there is one for each process that has been idle.
const WAITING: usize = 64;

/// A notice names no process: whose it was shows when that process prints its cycle, a few ms later, and one that has
/// ended never does. Lines of others may come between.
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

    /// A cycle of this stream comes that one may be for: whether one waits, and waits no longer.
    pub(super) fn take(&mut self, stream: &[u8]) -> bool {
        let at = self.waiting.iter().position(|at| **at == *stream);
        at.map(|at| self.waiting.remove(at)).is_some()
    }
}
