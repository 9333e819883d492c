//! Gc lines behind text that is no known wrapping: handed on once the text has proved to be one.

use super::{Finds, Found, Reader, tally};
use crate::event::GcCycle;
use crate::wrapping::Unwrapped;
use crate::wrapping::learned::{Held, LONGEST, stream_name, without_times};

impl Reader {
    /// A cycle behind a prefix that is no known wrapping: an event only if the prefix stays and the cycles rise.
    pub(crate) fn strange_line(
        &mut self,
        prefix: &[u8],
        cycle: &GcCycle,
        raw: &[u8],
        unwrapped: &Unwrapped<'_>,
        offset: u64,
        finds: &mut dyn Finds,
    ) {
        if prefix.len() > LONGEST {
            self.input.quoted += 1;
            return;
        }
        let key = without_times(prefix);
        let name = stream_name(&key);
        let held = self.held(cycle, raw, unwrapped, offset);
        let (events, quoted) = self.strange.cycle(key, held);
        self.input.quoted += quoted;
        if !events.is_empty() {
            self.room(&name, finds);
        }
        for held in &events {
            self.emit_held(held, &name, finds);
        }
    }

    fn held(&self, cycle: &GcCycle, raw: &[u8], unwrapped: &Unwrapped<'_>, offset: u64) -> Held {
        Held {
            cycle: *cycle,
            raw: raw.to_vec(),
            line: self.line,
            offset: offset.saturating_sub(self.source_start),
            wall: unwrapped.wall.as_deref().map(str::to_owned),
        }
    }

    fn emit_held(&mut self, held: &Held, name: &[u8], finds: &mut dyn Finds) {
        let found = Found {
            cycle: &held.cycle,
            raw: &held.raw,
            line: held.line,
            offset: held.offset,
            stream: name,
            wall: held.wall.as_deref(),
            repaired: false,
        };
        let lane = Self::lane(&mut self.plain, &mut self.named, name);
        tally(
            &mut self.input,
            finds.cycle(&found, &mut lane.stream),
            false,
        );
    }
}
