//! Text without gc lines, a block at a time: how many lines begin in it, and whether one of them may be trace.
//!
//! Lines of services are short, and finding the end of each costs more than all the rest of reading them. A block in
//! which no line begins as trace is therefore only counted, with plain loops that the compiler turns into vector
//! instructions. Rejected: a search for each beginning, or for all at once (docs/PERFORMANCE.md).

/// Bytes looked at in one step: the newlines in it must fit a byte.
pub(super) const BLOCK: usize = 192;
/// Bytes behind a newline that tell whether trace may follow.
pub(super) const AHEAD: usize = 4;

/// Newlines in the first [`BLOCK`] bytes, and whether trace may stand behind one of them.
///
/// What counts begins with `gc`, `GC`, `scvg`, `scav`, `pacer` or `forced scvg`: there is a `c` among the second to the
/// fourth byte.
#[inline]
pub(super) fn skim(block: &[u8; BLOCK + AHEAD]) -> (u8, bool) {
    let (second, third, fourth) = (&block[2..], &block[3..], &block[4..]);
    let mut newlines = 0_u8;
    let mut trace = 0_u8;
    for (((byte, second), third), fourth) in
        block[..BLOCK].iter().zip(second).zip(third).zip(fourth)
    {
        let newline = u8::from(*byte == b'\n');
        let c =
            u8::from(*second | 0x20 == b'c') | u8::from(*third == b'c') | u8::from(*fourth == b'c');
        newlines += newline;
        trace |= newline & c;
    }
    (newlines, trace != 0)
}

/// Whether a line that begins with this byte may be trace.
pub(super) const fn may_be_trace(first: u8) -> bool {
    matches!(first, b'g' | b'G' | b's' | b'p' | b'f')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block with `line` at `at`, behind a newline.
    fn block(line: &[u8], at: usize) -> [u8; BLOCK + AHEAD] {
        let mut block = [b'-'; BLOCK + AHEAD];
        block[at] = b'\n';
        for (place, byte) in block[at + 1..].iter_mut().zip(line) {
            *place = *byte;
        }
        block
    }

    #[test]
    fn every_beginning_of_trace_is_seen_wherever_it_stands() {
        let beginnings: [&[u8]; 8] = [
            b"gc 12 @",
            b"gc12(1)",
            b"GC forced",
            b"scvg0: ",
            b"scvg: ",
            b"scav 3",
            b"pacer: ",
            b"forced scvg",
        ];
        for line in beginnings {
            assert!(may_be_trace(line[0]));
            for at in 0..BLOCK {
                assert_eq!(skim(&block(line, at)), (1, true), "{line:?} at {at}");
            }
        }
    }

    #[test]
    fn other_lines_are_only_counted() {
        for line in [
            &b"time=2026"[..],
            b"{\"level\"",
            b"I1123 00:",
            b"a gc 1 @",
            b"",
        ] {
            for at in 0..BLOCK {
                assert_eq!(skim(&block(line, at)), (1, false), "{line:?} at {at}");
            }
        }
        assert_eq!(skim(&[b'\n'; BLOCK + AHEAD]), (192, false));
    }
}
