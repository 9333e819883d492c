//! The leaves of the grammar: literals and the numbers of a gc line, written for the one to five bytes they are.
//!
//! Own leaves instead of nom's `tag` and `digit1`: those cost about half of the whole line (see docs/PERFORMANCE.md).

use nom::Err;

use super::text::{Parsed, Text};

/// nom's error type for the hot path: nothing at all. A line that fails is parsed again, slowly, to say why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Miss;

impl<I> nom::error::ParseError<I> for Miss {
    fn from_error_kind(_: I, _: nom::error::ErrorKind) -> Self {
        Self
    }
    fn append(_: I, _: nom::error::ErrorKind, _: Self) -> Self {
        Self
    }
}

#[inline(always)]
pub(super) const fn miss<I, T>() -> Parsed<I, T> {
    Err(Err::Error(Miss))
}

/// Exactly these bytes.
#[inline(always)]
pub(super) fn lit<I: Text, const N: usize>(text: &'static [u8; N]) -> impl Fn(I) -> Parsed<I, ()> {
    #[inline(always)]
    move |input: I| {
        if input.follows(text) {
            Ok((input.skip(N), ()))
        } else {
            miss()
        }
    }
}

#[inline(always)]
const fn digit(byte: u8) -> Option<u64> {
    let value = byte.wrapping_sub(b'0');
    if value <= 9 { Some(value as u64) } else { None }
}

/// All digits from here on, with `value` before them; overflow is a miss.
#[inline(always)]
fn digits<I: Text>(mut value: u64, mut input: I) -> Parsed<I, u64> {
    // Nothing printed by a sound runtime has more than eight digits, which need no look at the overflow.
    for _ in 0..8 {
        let Some(next) = digit(input.byte(0)) else {
            return Ok((input, value));
        };
        value = value * 10 + next;
        input = input.skip(1);
    }
    more_digits(value, input)
}

#[cold]
fn more_digits<I: Text>(mut value: u64, mut input: I) -> Parsed<I, u64> {
    while let Some(next) = digit(input.byte(0)) {
        match value.checked_mul(10).and_then(|v| v.checked_add(next)) {
            Some(v) => value = v,
            None => return miss(),
        }
        input = input.skip(1);
    }
    Ok((input, value))
}

/// `num`: an unsigned integer as the runtime prints it, without sign, separators or leading zeros.
#[inline(always)]
pub(super) fn uint<I: Text>(input: I) -> Parsed<I, u64> {
    match digit(input.byte(0)) {
        Some(0) if digit(input.byte(1)).is_none() => Ok((input.skip(1), 0)),
        Some(first @ 1..) => digits(first, input.skip(1)),
        _ => miss(),
    }
}

/// `ms`: milliseconds as `fmtNSAsMS` prints them, in ns. Two significant digits below 10 ms, whole ms from there on,
/// so the text says by itself where the number ends, except for whole milliseconds.
#[inline(always)]
pub(super) fn milliseconds<I: Text>(input: I) -> Parsed<I, u64> {
    let Some(first) = digit(input.byte(0)) else {
        return miss();
    };
    if input.byte(1) != b'.' {
        return match (first, digit(input.byte(1))) {
            (0, None) => Ok((input.skip(1), 0)),
            (1.., Some(second)) => {
                let (rest, ms) = digits(first * 10 + second, input.skip(2))?;
                match ms.checked_mul(1_000_000) {
                    Some(ns) => Ok((rest, ns)),
                    None => miss(),
                }
            }
            _ => miss(),
        };
    }
    let Some(second) = digit(input.byte(2)) else {
        return miss();
    };
    if first > 0 {
        return Ok((input.skip(3), (first * 10 + second) * 100_000));
    }
    let Some(third) = digit(input.byte(3)) else {
        return miss();
    };
    if second > 0 {
        return Ok((input.skip(4), (second * 10 + third) * 10_000));
    }
    match digit(input.byte(4)) {
        Some(fourth) => Ok((input.skip(5), (third * 10 + fourth) * 1_000)),
        None => miss(),
    }
}

/// `sec`: seconds with exactly three decimals, in ns.
#[inline(always)]
pub(super) fn seconds<I: Text>(input: I) -> Parsed<I, u64> {
    let (rest, whole) = uint(input)?;
    let decimals = (
        digit(rest.byte(1)),
        digit(rest.byte(2)),
        digit(rest.byte(3)),
    );
    match (rest.byte(0), decimals) {
        (b'.', (Some(a), Some(b), Some(c))) => {
            match whole
                .checked_mul(1_000)
                .and_then(|w| w.checked_add(a * 100 + b * 10 + c))
                .and_then(|ms| ms.checked_mul(1_000_000))
            {
                Some(ns) => Ok((rest.skip(4), ns)),
                None => miss(),
            }
        }
        _ => miss(),
    }
}

/// `pct`: a whole number, with a minus only where the runtime's own figure is broken.
#[inline(always)]
pub(super) fn percent<I: Text>(input: I) -> Parsed<I, i64> {
    let negative = input.byte(0) == b'-';
    let (rest, value) = uint(if negative { input.skip(1) } else { input })?;
    match i64::try_from(value) {
        Ok(value) => Ok((rest, if negative { -value } else { value })),
        // The one value whose negation does not fit: what a broken float converts to.
        Err(_) if negative && value == 1 << 63 => Ok((rest, i64::MIN)),
        Err(_) => miss(),
    }
}
