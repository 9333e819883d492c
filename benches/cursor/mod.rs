//! A gc line of Go 1.18 and later read by a byte cursor, by hand and without a grammar: the yardstick for the real
//! parser, which must stay within a quarter of it. It reads no other shape and says nothing of a line that fails.

use gcpressure::internal::trace::cycle::{BLANK, GcCycle};

struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    #[inline(always)]
    fn skip(&mut self, text: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(text)?;
        Some(())
    }

    #[inline(always)]
    fn number(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        let mut length = 0;
        while let Some(byte @ b'0'..=b'9') = self.0.get(length) {
            value = value.checked_mul(10)?.checked_add(u64::from(byte - b'0'))?;
            length += 1;
        }
        self.0 = &self.0[length..];
        (length > 0).then_some(value)
    }

    /// A decimal number in units of 10^-`places`, with at most as many decimals.
    #[inline(always)]
    fn decimal(&mut self, places: u32) -> Option<u64> {
        let mut value = self.number()?;
        let mut left = places;
        if self.0.first() == Some(&b'.') {
            self.0 = &self.0[1..];
            while let Some(byte @ b'0'..=b'9') = self.0.first() {
                left = left.checked_sub(1)?;
                value = value.checked_mul(10)?.checked_add(u64::from(byte - b'0'))?;
                self.0 = &self.0[1..];
            }
        }
        value.checked_mul(10_u64.pow(left))
    }

    /// Milliseconds, in ns.
    #[inline(always)]
    fn ms(&mut self) -> Option<u64> {
        self.decimal(6)
    }
}

/// The cycle of one line, without its line feed.
#[inline]
pub(crate) fn cycle(line: &[u8]) -> Option<GcCycle> {
    let mut at = Cursor(line);
    at.skip(b"gc ")?;
    let number = at.number()?;
    at.skip(b" @")?;
    let start_ns = at.decimal(9)?;
    at.skip(b"s ")?;
    let percent = at.number()?;
    at.skip(b"%: ")?;
    let sweep_termination_ns = at.ms()?;
    at.skip(b"+")?;
    let concurrent_mark_ns = at.ms()?;
    at.skip(b"+")?;
    let mark_termination_ns = at.ms()?;
    at.skip(b" ms clock, ")?;
    let sweep_termination_cpu_ns = at.ms()?;
    at.skip(b"+")?;
    let mark_assist_cpu_ns = at.ms()?;
    at.skip(b"/")?;
    let mark_background_cpu_ns = at.ms()?;
    at.skip(b"/")?;
    let mark_idle_cpu_ns = at.ms()?;
    at.skip(b"+")?;
    let mark_termination_cpu_ns = at.ms()?;
    at.skip(b" ms cpu, ")?;
    let heap_start_mib = at.number()?;
    at.skip(b"->")?;
    let heap_end_mib = at.number()?;
    at.skip(b"->")?;
    let heap_live_mib = at.number()?;
    at.skip(b" MB, ")?;
    let heap_goal_mib = at.number()?;
    at.skip(b" MB goal, ")?;
    let stacks_mib = at.number()?;
    at.skip(b" MB stacks, ")?;
    let globals_mib = at.number()?;
    at.skip(b" MB globals, ")?;
    let gomaxprocs = u32::try_from(at.number()?).ok()?;
    at.skip(b" P")?;
    let forced = at.skip(b" (forced)").is_some();
    at.0.is_empty().then_some(GcCycle {
        number,
        start_ns,
        sweep_termination_ns,
        concurrent_mark_ns,
        mark_termination_ns,
        sweep_termination_cpu_ns,
        mark_assist_cpu_ns,
        mark_background_cpu_ns,
        mark_idle_cpu_ns,
        mark_termination_cpu_ns,
        heap_start_mib,
        heap_end_mib,
        heap_live_mib,
        heap_goal_mib,
        stacks_mib,
        globals_mib,
        cumulative_cpu_percent: i64::try_from(percent).ok()?,
        gomaxprocs,
        forced,
        ..BLANK
    })
}
