//! Text without gc lines, a block at a time: counts its lines, and finds the first that may be trace.
//!
//! Lines of services are short, and finding the end of each costs more than all other work on them. Text in which no line begins like
//! trace and nothing looks like the middle of a gc line is therefore only counted, in one pass with the widest vectors of the
//! processor. Rejected: a search for each beginning, a search for the middle of a gc line before the one for beginnings, loops
//! vectorized by the compiler (docs/PERFORMANCE.md).

use fearless_simd::{Bytes as _, Level, Simd, SimdBase, SimdMask, dispatch, i8x32, u8x32};

/// Bytes in a vector.
const LANES: usize = 32;
/// Bytes processed in one step.
const BLOCK: usize = 8 * LANES;
/// Blocks after which the counters of newlines, a byte per lane, may be full.
const BLOCKS: usize = 255 / (BLOCK / LANES);
/// Bytes after a block that are compared together with its last bytes.
const AHEAD: usize = 4;

/// The text before the `k` of ` ms clock, `.
pub(crate) const MIDDLE: &[u8] = b" ms cloc";

/// Skips text up to a byte that may belong to trace, or to the end. Returns the bytes skipped and the newlines in them.
///
/// Such a byte is a newline with trace after it, which begins with `gc`, `GC`, `scvg`, `scav`, `pacer` or `forced scvg`: there is a `c`
/// among the first four bytes; or the `k` of ` ms clock, `, or a `k` at the very beginning that may be one.
pub(crate) fn skim(level: Level, text: &[u8]) -> (usize, u64) {
    dispatch!(level, simd => blocks(simd, text))
}

#[inline(always)]
fn blocks<S: Simd>(simd: S, text: &[u8]) -> (usize, u64) {
    let mut rest = text;
    let mut newlines = 0;
    let mut found = None;
    while found.is_none() && rest.len() >= BLOCK + AHEAD {
        // Newlines are counted in each lane, and the lanes added up before one of them overflows.
        let mut lanes = i8x32::splat(simd, 0);
        for _ in 0..BLOCKS {
            let Some((block, _)) = rest.split_first_chunk::<{ BLOCK + AHEAD }>() else {
                break;
            };
            let (count, suspect) = lines(simd, block);
            if suspect {
                let (at, before) = closer(simd, text, text.len() - rest.len(), block);
                found = at.map(|at| (at, before));
                if found.is_some() {
                    break;
                }
            }
            lanes += count;
            rest = &rest[BLOCK..];
        }
        newlines += lanes
            .as_array()
            .iter()
            .map(|lane| u64::from(lane.cast_unsigned()))
            .sum::<u64>();
    }
    // The rest is shorter than a block with the bytes ahead: copied into one.
    while found.is_none() && !rest.is_empty() {
        let mut block = [0; BLOCK + AHEAD];
        let held = rest.len().min(BLOCK + AHEAD);
        block[..held].copy_from_slice(&rest[..held]);
        let (at, before) = closer(simd, text, text.len() - rest.len(), &block);
        found = at.map(|at| (at, before));
        if found.is_none() {
            newlines += before;
            rest = &rest[rest.len().min(BLOCK)..];
        }
    }
    let (passed, before) = found.unwrap_or_default();
    (text.len() - rest.len() + passed, newlines + before)
}

/// Compares the bytes of the block at `start`. Returns its first byte that may belong to trace, and the newlines before it, or all.
#[inline(never)]
fn closer<S: Simd>(
    simd: S,
    text: &[u8],
    start: usize,
    block: &[u8; BLOCK + AHEAD],
) -> (Option<usize>, u64) {
    simd.vectorize(
        #[inline(always)]
        || {
            let all = |byte: u8| u8x32::splat(simd, byte);
            let mut before = 0;
            for at in (0..BLOCK).step_by(LANES) {
                let load =
                    |ahead: usize| u8x32::from_slice(simd, &block[at + ahead..at + ahead + LANES]);
                let newline = load(0).simd_eq(all(b'\n'));
                let c = (load(2) | all(0x20)).simd_eq(all(b'c'))
                    | load(3).simd_eq(all(b'c'))
                    | load(4).simd_eq(all(b'c'));
                let middle = load(0).simd_eq(all(b'k')) & load(1).simd_eq(all(b','));
                let mut suspects = ((newline & c) | middle).to_bitmask();
                let newlines = newline.to_bitmask();
                while suspects != 0 {
                    let bit = suspects.trailing_zeros();
                    suspects &= suspects - 1;
                    if is_suspect(text, start + at + bit as usize) {
                        before += u64::from((newlines & ((1 << bit) - 1)).count_ones());
                        return (Some(at + bit as usize), before);
                    }
                }
                before += u64::from(newlines.count_ones());
            }
            (None, before)
        },
    )
}

/// Whether a newline, or a `k`, may belong to trace by the text around it.
#[inline(always)]
fn is_suspect(text: &[u8], at: usize) -> bool {
    match text.split_at_checked(at) {
        Some((_, [b'\n', first, ..])) => may_be_trace(*first),
        // The text before is not known here, and the blanks may be other characters.
        Some((before, _)) => before.len() < MIDDLE.len() || before.ends_with(b"cloc"),
        None => false,
    }
}

/// What a byte may be by its lower four bits: one bit for each beginning of trace, and one for `k, `.
const GC: u8 = 1;
const SC: u8 = 2;
const PA: u8 = 4;
const FO: u8 = 8;
const CLOCK: u8 = 16;

/// A look-up table by the lower four bits of bytes, for both halves of a vector.
const fn table(classes: &[(u8, u8)]) -> [u8; LANES] {
    let mut table = [0; LANES];
    let mut at = 0;
    while at < classes.len() {
        let half = (classes[at].0 & 0x0F) as usize;
        table[half] |= classes[at].1;
        table[half + LANES / 2] |= classes[at].1;
        at += 1;
    }
    table
}

const FIRST: [u8; LANES] = table(&[(b'k', CLOCK)]);
const SECOND: [u8; LANES] = table(&[
    (b'g', GC),
    (b'G', GC),
    (b's', SC),
    (b'p', PA),
    (b'f', FO),
    (b',', CLOCK),
]);
const THIRD: [u8; LANES] = table(&[
    (b'c', GC | SC),
    (b'C', GC),
    (b'a', PA),
    (b'o', FO),
    (b' ', CLOCK),
]);

/// Newlines in a block, lane by lane, and whether it may contain trace by the lower four bits of its bytes: false for nearly all blocks
/// without, at half the cost of comparing the bytes.
#[inline(always)]
fn lines<S: Simd>(simd: S, block: &[u8; BLOCK + AHEAD]) -> (i8x32<S>, bool) {
    let [first, second, third] =
        [FIRST, SECOND, THIRD].map(|table| u8x32::from_slice(simd, &table));
    let mut newlines = i8x32::splat(simd, 0);
    let mut hits = u8x32::splat(simd, 0);
    for at in (0..BLOCK).step_by(LANES) {
        let load = |ahead: usize| u8x32::from_slice(simd, &block[at + ahead..at + ahead + LANES]);
        let newline = load(0).simd_eq(u8x32::splat(simd, b'\n')).to_vector();
        newlines -= newline;
        hits |= (newline.bitcast::<u8x32<S>>() | classes(first, load(0)))
            & classes(second, load(1))
            & classes(third, load(2));
    }
    let hit = hits.simd_gt(u8x32::splat(simd, 0));
    (newlines, hit.any_true())
}

/// Looks bytes up by their lower four bits.
#[inline(always)]
fn classes<S: Simd>(table: u8x32<S>, bytes: u8x32<S>) -> u8x32<S> {
    // x86 uses only the lower four bits, and returns 0 for bytes that are not ASCII.
    let bytes = if cfg!(any(target_arch = "x86", target_arch = "x86_64")) {
        bytes
    } else {
        bytes & 0x0F
    };
    table.swizzle_dyn_within_blocks(bytes)
}

/// Whether a line that begins with this byte may be trace.
pub(crate) const fn may_be_trace(first: u8) -> bool {
    matches!(first, b'g' | b'G' | b's' | b'p' | b'f')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block with `text` at `at`.
    fn block(text: &[u8], at: usize) -> [u8; BLOCK + AHEAD] {
        let mut block = [b'-'; BLOCK + AHEAD];
        for (place, byte) in block[at..].iter_mut().zip(text) {
            *place = *byte;
        }
        block
    }

    /// What every kind of vector says of a text.
    fn skimmed(text: &[u8]) -> (usize, u64) {
        let widest = skim(Level::new(), text);
        assert_eq!(widest, skim(Level::baseline(), text));
        widest
    }

    #[test]
    fn every_beginning_of_trace_is_seen_wherever_it_stands() {
        let beginnings: [&[u8]; 8] = [
            b"\ngc 12 @",
            b"\ngc12(1)",
            b"\nGC forced",
            b"\nscvg0: ",
            b"\nscvg: ",
            b"\nscav 3",
            b"\npacer: ",
            b"\nforced scvg",
        ];
        for line in beginnings {
            assert!(may_be_trace(line[1]));
            for at in 0..BLOCK {
                assert_eq!(skimmed(&block(line, at)), (at, 0), "{line:?} at {at}");
                // And at the end of a text of any length, behind other lines.
                let text = [&b"\nother"[..].repeat(at), line].concat();
                let passed = 6 * at;
                assert_eq!(skimmed(&text), (passed, at as u64), "{line:?} at {passed}");
            }
        }
    }

    #[test]
    fn the_middle_of_a_gc_line_is_seen_wherever_it_stands() {
        for at in 0..BLOCK {
            let text = ["-".repeat(at).as_bytes(), b" ms clock, "].concat();
            assert_eq!(skimmed(&text), (at + MIDDLE.len(), 0), "at {at}");
            // Before it may be what makes it the middle, or not.
            let text = block(b"k, ", at);
            let passed = if at < MIDDLE.len() { at } else { text.len() };
            assert_eq!(skimmed(&text), (passed, 0), "at {at}");
        }
    }

    #[test]
    fn other_lines_are_only_counted() {
        for line in [&b"\ntime=2026"[..], b"\n{\"level\"", b"\nI1123 00:", b"\n"] {
            for at in 0..BLOCK {
                let block = block(line, at);
                assert_eq!(skimmed(&block), (block.len(), 1), "{line:?} at {at}");
            }
        }
        // Lower halves that are those of trace, of other bytes.
        for line in [&b"\n73"[..], b"\nW3", b"\n01:00", b"\n A", b"\nFo", b"{l0"] {
            let text = line.repeat(200);
            let newlines = line.iter().filter(|byte| **byte == b'\n').count() * 200;
            assert_eq!(skimmed(&text), (text.len(), newlines as u64), "{line:?}");
        }
        for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + AHEAD, 99 * BLOCK + 5] {
            assert_eq!(skimmed(&vec![b'\n'; length]), (length, length as u64));
        }
    }
}
