//! Text without gc lines, a block at a time: how many lines begin in it, and whether one of them may be trace.
//!
//! Lines of services are short, and finding the end of each costs more than all the rest of reading them. Blocks in
//! which no line begins as trace and nothing looks like the middle of a gc line are therefore only counted, in one pass
//! with the widest vectors that the processor has. Rejected: a search for each beginning, a search for the middle of a gc
//! line before the one for beginnings, loops that the compiler vectorises by itself (docs/PERFORMANCE.md).

use fearless_simd::{
    Bytes as _, Level, Simd, SimdBase, SimdMask, dispatch, i8x32, mask8x32, u8x32,
};

/// Bytes in a vector.
const LANES: usize = 32;
/// Bytes looked at in one step.
pub(super) const BLOCK: usize = 8 * LANES;
/// Blocks in which a lane cannot meet more newlines than a byte counts.
const BLOCKS: usize = 255 / (BLOCK / LANES);
/// Bytes behind a block that its last bytes are looked at with.
const AHEAD: usize = 4;

/// Goes over whole blocks up to one that may hold trace, or that is the last. Gives the bytes passed and the newlines in
/// them.
///
/// Passed is what has no newline with trace behind it: what counts begins with `gc`, `GC`, `scvg`, `scav`, `pacer` or
/// `forced scvg`, so there is a `c` among the second to the fourth byte. And no ` ms clock, ` of which the `k` stands
/// in it: there is no `k,`.
pub(super) fn skim(level: Level, text: &[u8]) -> (usize, u64) {
    dispatch!(level, simd => blocks(simd, text))
}

#[inline(always)]
fn blocks<S: Simd>(simd: S, text: &[u8]) -> (usize, u64) {
    let mut rest = text;
    let mut newlines = 0;
    loop {
        // Newlines are counted lane by lane, and the lanes added up before one of them is full.
        let before = rest.len();
        let mut lanes = i8x32::splat(simd, 0);
        let mut clear = true;
        for _ in 0..BLOCKS {
            let Some((block, _)) = rest.split_first_chunk::<{ BLOCK + AHEAD }>() else {
                clear = false;
                break;
            };
            let (found, suspect) = lines(simd, block);
            if suspect && may_hold_trace(simd, block) {
                clear = false;
                break;
            }
            lanes += found;
            rest = &rest[BLOCK..];
        }
        if rest.len() < before {
            newlines += lanes
                .as_array()
                .iter()
                .map(|lane| u64::from(lane.cast_unsigned()))
                .sum::<u64>();
        }
        if !clear {
            return (text.len() - rest.len(), newlines);
        }
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

/// Newlines in a block, lane by lane, and whether it may hold trace as far as the lower halves of its bytes tell: false for
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

/// Whether a block may hold trace.
#[inline(never)]
fn may_hold_trace<S: Simd>(simd: S, block: &[u8; BLOCK + AHEAD]) -> bool {
    simd.vectorize(
        #[inline(always)]
        || {
            let all = |byte: u8| u8x32::splat(simd, byte);
            let mut hit = mask8x32::splat(simd, false);
            for at in (0..BLOCK).step_by(LANES) {
                let load =
                    |ahead: usize| u8x32::from_slice(simd, &block[at + ahead..at + ahead + LANES]);
                let newline = load(0).simd_eq(all(b'\n'));
                let c = (load(2) | all(0x20)).simd_eq(all(b'c'))
                    | load(3).simd_eq(all(b'c'))
                    | load(4).simd_eq(all(b'c'));
                let middle = load(0).simd_eq(all(b'k')) & load(1).simd_eq(all(b','));
                hit |= (newline & c) | middle;
            }
            hit.any_true()
        },
    )
}

/// Whether a line that begins with this byte may be trace.
pub(super) const fn may_be_trace(first: u8) -> bool {
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

    /// What every kind of vector says of a block.
    fn skimmed(block: &[u8; BLOCK + AHEAD]) -> (usize, u64) {
        let widest = skim(Level::new(), block);
        assert_eq!(widest, skim(Level::baseline(), block));
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
                assert_eq!(skimmed(&block(line, at)), (0, 0), "{line:?} at {at}");
            }
        }
    }

    #[test]
    fn the_middle_of_a_gc_line_is_seen_wherever_it_stands() {
        for at in 0..BLOCK {
            assert_eq!(skimmed(&block(b"k, ", at)), (0, 0), "at {at}");
        }
    }

    #[test]
    fn other_lines_are_only_counted() {
        for line in [&b"\ntime=2026"[..], b"\n{\"level\"", b"\nI1123 00:", b"\n"] {
            for at in 0..BLOCK {
                assert_eq!(skimmed(&block(line, at)), (BLOCK, 1), "{line:?} at {at}");
            }
        }
        assert_eq!(skimmed(&[b'\n'; BLOCK + AHEAD]), (BLOCK, 256));
        assert_eq!(
            skim(Level::new(), &[b'\n'; 99 * BLOCK + AHEAD]),
            (99 * BLOCK, 99 * 256)
        );
        assert_eq!(skim(Level::new(), &[b'\n'; BLOCK]), (0, 0));
    }
}
