//! Text without gc lines, a block at a time: how many lines begin in it, and where one of them may be trace.
//!
//! Lines of services are short, and finding the end of each costs more than all the rest of reading them. Text in
//! which no line begins as trace and nothing looks like the middle of a gc line is therefore only counted, in one pass
//! with the widest vectors that the processor has. Rejected: a search for each beginning, a search for the middle of a gc
//! line before the one for beginnings, loops that the compiler vectorises by itself (docs/PERFORMANCE.md).

use fearless_simd::{Bytes as _, Level, Simd, SimdBase, SimdMask, dispatch, i8x32, u8x32};

/// Bytes in a vector.
const LANES: usize = 32;
/// Bytes looked at in one step.
const BLOCK: usize = 8 * LANES;
/// Blocks in which a state cannot meet more newlines than a byte counts.
const BLOCKS: usize = 255 / (BLOCK / LANES);
/// Bytes behind a block that its last bytes are looked at with.
const AHEAD: usize = 4;

/// What stands before the `k` of ` ms clock, `.
pub(crate) const MIDDLE: &[u8] = b" ms cloc";

/// Goes over a text up to a byte that may be of trace, or to the end. Gives the bytes passed and the newlines in them.
///
/// What may be of trace is a newline with trace behind it: what counts begins with `gc`, `GC`, `scvg`, `scav`, `pacer` or
/// `forced scvg`, so there is a `c` among the second to the fourth byte. And the `k` of ` ms clock, `, or a `k` at the
/// very beginning that may be.
pub(crate) fn skim(level: Level, text: &[u8]) -> (usize, u64) {
    dispatch!(level, simd => blocks(simd, text))
}

#[inline(always)]
fn blocks<S: Simd>(simd: S, text: &[u8]) -> (usize, u64) {
    let mut rest = text;
    let mut newlines = 0;
    let mut found = None;
    while found.is_none() && rest.len() >= BLOCK + AHEAD {
        // Newlines are counted state by state, and the named added up before one of them is full.
        let mut named = i8x32::splat(simd, 0);
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
            named += count;
            rest = &rest[BLOCK..];
        }
        newlines += named
            .as_array()
            .iter()
            .map(|state| u64::from(state.cast_unsigned()))
            .sum::<u64>();
    }
    // What is left is less than a block and what is ahead of it, and is laid into one.
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

/// Looks at the block at `start` more closely. Gives its first byte that may be of trace, and the newlines before that, or all.
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

/// Whether a newline, or a `k`, may be of trace by what stands around it.
#[inline(always)]
fn is_suspect(text: &[u8], at: usize) -> bool {
    match text.split_at_checked(at) {
        Some((_, [b'\n', first, ..])) => may_be_trace(*first),
        // What stands before the text is not known here.
        // And the blanks may be others.
        Some((before, _)) => before.len() < MIDDLE.len() || before.ends_with(b"cloc"),
        None => false,
    }
}

/// What a byte may be, by its lower half, a bit each: of two bytes behind a newline, and of `k, `.
const GC: u8 = 1;
const SC: u8 = 2;
const PA: u8 = 4;
const FO: u8 = 8;
const CLOCK: u8 = 16;

/// A look-up by the lower halves of bytes, for both halves of a vector.
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

/// Newlines in a block, state by state, and whether it may hold trace as far as the lower halves of its bytes tell: false for
/// nearly all blocks without, at half the price of comparing the bytes.
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

/// Looks bytes up by their lower halves.
#[inline(always)]
fn classes<S: Simd>(table: u8x32<S>, bytes: u8x32<S>) -> u8x32<S> {
    // x86 takes the lower half by itself, and gives 0 for what is not ASCII.
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
