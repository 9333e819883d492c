//! The leaves of the grammar: literals and the numbers of a gc line, written for the one to five bytes they are.
//!
//! Own leaves instead of nom's `tag` and `digit1`: those cost about half of the whole line (see docs/PERFORMANCE.md).

use nom::{Err, IResult, Parser};

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

pub(super) type Parsed<'a, T> = IResult<&'a [u8], T, Miss>;

#[inline(always)]
pub(super) const fn miss<'a, T>() -> Parsed<'a, T> {
    Err(Err::Error(Miss))
}

/// Exactly these bytes.
#[inline(always)]
pub(super) fn lit<'a, const N: usize>(
    text: &'static [u8; N],
) -> impl Parser<&'a [u8], Output = (), Error = Miss> {
    move |input: &'a [u8]| match input.split_first_chunk::<N>() {
        Some((head, rest)) if head == text => Ok((rest, ())),
        _ => miss(),
    }
}

#[inline(always)]
const fn digit(byte: u8) -> Option<u64> {
    let value = byte.wrapping_sub(b'0');
    if value <= 9 { Some(value as u64) } else { None }
}

/// All digits from here on, with `value` before them; overflow is a miss.
#[inline(always)]
fn digits(mut value: u64, mut input: &[u8]) -> Parsed<'_, u64> {
    while let [byte, rest @ ..] = input {
        let Some(next) = digit(*byte) else { break };
        match value.checked_mul(10).and_then(|v| v.checked_add(next)) {
            Some(v) => value = v,
            None => return miss(),
        }
        input = rest;
    }
    Ok((input, value))
}

/// `num`: an unsigned integer as the runtime prints it, without sign, separators or leading zeros.
#[inline(always)]
pub(super) fn uint(input: &[u8]) -> Parsed<'_, u64> {
    match input {
        [b'0', rest @ ..] if !matches!(rest, [b'0'..=b'9', ..]) => Ok((rest, 0)),
        [a @ b'1'..=b'9', rest @ ..] => digits(u64::from(a - b'0'), rest),
        _ => miss(),
    }
}

/// A processor count: `num` that fits 32 bits.
#[inline(always)]
pub(super) fn uint32(input: &[u8]) -> Parsed<'_, u32> {
    let (rest, value) = uint(input)?;
    match u32::try_from(value) {
        Ok(value) => Ok((rest, value)),
        Err(_) => miss(),
    }
}

/// `ms`: milliseconds as `fmtNSAsMS` prints them, in ns. Two significant digits below 10 ms, whole ms from there on,
/// so the text says by itself where the number ends, except for whole milliseconds.
#[inline(always)]
pub(super) fn milliseconds(input: &[u8]) -> Parsed<'_, u64> {
    match *input {
        [b'0', b'.', b'0', b'0', c @ b'0'..=b'9', ref rest @ ..] => {
            Ok((rest, u64::from(c - b'0') * 1_000))
        }
        [
            b'0',
            b'.',
            b'0',
            b @ b'1'..=b'9',
            c @ b'0'..=b'9',
            ref rest @ ..,
        ] => Ok((
            rest,
            (u64::from(b - b'0') * 10 + u64::from(c - b'0')) * 1_000,
        )),
        [b'0', b'.', a @ b'1'..=b'9', b @ b'0'..=b'9', ref rest @ ..] => Ok((
            rest,
            (u64::from(a - b'0') * 10 + u64::from(b - b'0')) * 10_000,
        )),
        [b'0', b'.', ..] => miss(),
        [b'0', ref rest @ ..] if !matches!(rest, [b'0'..=b'9', ..]) => Ok((rest, 0)),
        [a @ b'1'..=b'9', b'.', b @ b'0'..=b'9', ref rest @ ..] => Ok((
            rest,
            (u64::from(a - b'0') * 10 + u64::from(b - b'0')) * 100_000,
        )),
        [a @ b'1'..=b'9', b @ b'0'..=b'9', ref rest @ ..] => {
            let (rest, ms) = digits(u64::from(a - b'0') * 10 + u64::from(b - b'0'), rest)?;
            match ms.checked_mul(1_000_000) {
                Some(ns) => Ok((rest, ns)),
                None => miss(),
            }
        }
        _ => miss(),
    }
}

/// `sec`: seconds with exactly three decimals, in ns.
#[inline(always)]
pub(super) fn seconds(input: &[u8]) -> Parsed<'_, u64> {
    let (rest, whole) = uint(input)?;
    match *rest {
        [
            b'.',
            a @ b'0'..=b'9',
            b @ b'0'..=b'9',
            c @ b'0'..=b'9',
            ref rest @ ..,
        ] => {
            let ms = u64::from(a - b'0') * 100 + u64::from(b - b'0') * 10 + u64::from(c - b'0');
            match whole
                .checked_mul(1_000)
                .and_then(|w| w.checked_add(ms))
                .and_then(|ms| ms.checked_mul(1_000_000))
            {
                Some(ns) => Ok((rest, ns)),
                None => miss(),
            }
        }
        _ => miss(),
    }
}

/// `pct`: a whole number, with a minus only where the runtime's own figure is broken.
#[inline(always)]
pub(super) fn percent(input: &[u8]) -> Parsed<'_, i64> {
    let (negative, digits) = match input {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, input),
    };
    let (rest, value) = uint(digits)?;
    match i64::try_from(value) {
        Ok(value) => Ok((rest, if negative { -value } else { value })),
        // The one value whose negation does not fit: what a broken float converts to.
        Err(_) if negative && value == 1 << 63 => Ok((rest, i64::MIN)),
        Err(_) => miss(),
    }
}
