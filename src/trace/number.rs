//! The leaves of the grammar: literals and the numbers of a gc line, most of one to five bytes.
//!
//! nom's `tag` and `digit1` would cost about half of the whole line (see docs/PERFORMANCE.md).

use super::text::{Parsed, Text, miss};

/// The most digits of a number: those of `u64::MAX`.
pub(crate) const DIGITS: usize = 20;

/// Exactly these bytes.
#[inline(always)]
pub(crate) fn lit<I: Text, const N: usize>(text: &'static [u8; N]) -> impl Fn(I) -> Parsed<I, ()> {
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
    // In 64 bits from the start, or it would be widened for every digit.
    let value = (byte as u64).wrapping_sub(b'0' as u64);
    if value <= 9 { Some(value) } else { None }
}

/// The two lowest bytes as a number, the tens first.
#[inline(always)]
const fn two_digits(bytes: u64) -> Option<u64> {
    let values = (bytes & 0xFFFF) ^ 0x3030;
    // A value above 9 sets the highest bit of its byte.
    if (values | (values + 0x7676)) & 0x8080 != 0 {
        return None;
    }
    // Both products fall into the second byte.
    Some((values * (1 + (10 << 8))) >> 8 & 0xFF)
}

/// The three lowest bytes, `D.D`, as tenths.
#[inline(always)]
const fn digit_point_digit(bytes: u64) -> Option<u64> {
    // The point becomes 0, and digits at most 9, as above.
    let values = (bytes & 0x00FF_FFFF) ^ 0x0030_2E30;
    if (values | (values + 0x0076_0076)) & 0x0080_FF80 != 0 {
        return None;
    }
    // Both products fall into the third byte.
    Some((values * (1 + (10 << 16))) >> 16 & 0xFF)
}

/// All digits after `from` bytes, with `value` before them; overflow is a miss.
#[inline(always)]
fn digits<I: Text>(mut value: u64, input: I, from: usize) -> Parsed<I, u64> {
    // Almost no number has more than eight digits, which cannot overflow.
    for ahead in from..from + 8 {
        let Some(next) = digit(input.byte(ahead)) else {
            return Ok((input.skip(ahead), value));
        };
        value = value * 10 + next;
    }
    more_digits(value, input.skip(from + 8))
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
pub(crate) fn uint<I: Text>(input: I) -> Parsed<I, u64> {
    match digit(input.byte(0)) {
        Some(0) if digit(input.byte(1)).is_none() => Ok((input.skip(1), 0)),
        Some(first @ 1..) => digits(first, input, 1),
        _ => miss(),
    }
}

/// `ms`: milliseconds as `fmtNSAsMS` prints them, in ns: two significant digits below 10 ms, whole ms from there on.
#[inline(always)]
pub(crate) fn milliseconds<I: Text>(input: I) -> Parsed<I, u64> {
    milliseconds_in(input.eight(), input)
}

/// The same after one byte.
#[inline(always)]
pub(crate) fn milliseconds_behind<I: Text>(byte: u8, input: I) -> Parsed<I, u64> {
    let text = input.eight();
    if text & 0xFF != u64::from(byte) {
        return miss();
    }
    milliseconds_in(text >> 8, input.skip(1))
}

/// `text` has at least the first five bytes of `input`: as long as a number with a point can be.
#[inline(always)]
fn milliseconds_in<I: Text>(text: u64, input: I) -> Parsed<I, u64> {
    const ZERO: u64 = b'0' as u64;
    const POINT: u64 = b'.' as u64;
    let (digits, length, unit) = if text & 0x00FF_FFFF == ZERO | POINT << 8 | ZERO << 16 {
        (two_digits(text >> 24), 5, 1_000)
    } else if text & 0xFFFF == ZERO | POINT << 8 {
        (two_digits(text >> 16), 4, 10_000)
    } else if let tenths @ Some(_) = digit_point_digit(text) {
        (tenths, 3, 100_000)
    } else {
        return whole_milliseconds(input);
    };
    match digits {
        // Zero is printed as `0`, never as `0.000`.
        Some(digits @ 1..) => Ok((input.skip(length), digits * unit)),
        _ => miss(),
    }
}

#[inline(always)]
fn whole_milliseconds<I: Text>(input: I) -> Parsed<I, u64> {
    match (digit(input.byte(0)), digit(input.byte(1))) {
        (Some(0), None) => Ok((input.skip(1), 0)),
        (Some(first @ 1..), Some(second)) => {
            let (rest, ms) = digits(first * 10 + second, input, 2)?;
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
pub(crate) fn seconds<I: Text>(input: I) -> Parsed<I, u64> {
    let (rest, whole) = uint(input)?;
    let text = rest.eight();
    let decimals = (two_digits(text >> 8), digit(rest.byte(3)));
    match (rest.byte(0), decimals) {
        (b'.', (Some(hundredths), Some(last))) => {
            let ns = (hundredths * 10 + last) * 1_000_000;
            match whole
                .checked_mul(1_000_000_000)
                .and_then(|whole| whole.checked_add(ns))
            {
                Some(ns) => Ok((rest.skip(4), ns)),
                None => miss(),
            }
        }
        _ => miss(),
    }
}

/// `pct`: a whole number, with a minus only if the runtime's value is broken.
#[inline(always)]
pub(crate) fn percent<I: Text>(input: I) -> Parsed<I, i64> {
    if input.byte(0) == b'-' {
        return negative(input.skip(1));
    }
    let (rest, value) = uint(input)?;
    match i64::try_from(value) {
        Ok(value) => Ok((rest, value)),
        Err(_) => miss(),
    }
}

#[cold]
fn negative<I: Text>(input: I) -> Parsed<I, i64> {
    let (rest, value) = uint(input)?;
    // Down to `i64::MIN`, to which a broken float converts.
    match 0_i64.checked_sub_unsigned(value) {
        Some(value) => Ok((rest, value)),
        None => miss(),
    }
}
