//! The gc lines of Go 1.0 to 1.4. They have no clock: recognized and counted, never judged.
//!
//! ```text
//! 1.0       gc14(2): 1+1+0 ms 10 -> 5 MB 58439 -> 8912 (573381-564469) objects 184 handoff
//! 1.1, 1.2  gc1(1): 0+0+0 ms, 0 -> 0 MB 16 -> 18 (19-1) objects, 0(0) handoff, 0(0) steal, 0/0/0 yields
//! 1.3       gc1(1): 4+0+183+0 us, 0 -> 0 MB, 18 (19-1) objects, 0/0/0 sweeps, 0(0) handoff, ...
//! 1.4       the same with ` 2 goroutines,` after `objects,`
//! ```

use nom::Parser;
use nom::combinator::opt;
use nom::sequence::{delimited, preceded, separated_pair, terminated};

use super::number::{lit, uint};
use super::text::Parsed;
use crate::trace::cycle::LegacyCycle;

fn arrow(input: &[u8]) -> Parsed<&[u8], (u64, u64)> {
    separated_pair(uint, lit(b" -> "), uint).parse(input)
}

/// ` (allocated-freed) objects`
fn objects(input: &[u8]) -> Parsed<&[u8], ()> {
    delimited(
        lit(b" ("),
        separated_pair(uint, lit(b"-"), uint),
        lit(b") objects"),
    )
    .map(|_| ())
    .parse(input)
}

/// `0(0) handoff, 0(0) steal, 0/0/0 yields`
fn tail(input: &[u8]) -> Parsed<&[u8], ()> {
    let counted = |input| (uint, delimited(lit(b"("), uint, lit(b")"))).parse(input);
    (
        terminated(counted, lit(b" handoff, ")),
        terminated(counted, lit(b" steal, ")),
        uint,
        preceded(lit(b"/"), uint),
        preceded(lit(b"/"), uint),
        lit(b" yields"),
    )
        .map(|_| ())
        .parse(input)
}

/// Go 1.0 after the times: ` ms 10 -> 5 MB 58439 -> 8912 (573381-564469) objects 184 handoff`
fn go1_0(input: &[u8]) -> Parsed<&[u8], (u64, u64)> {
    let (input, heap) = delimited(lit(b" ms "), arrow, lit(b" MB ")).parse(input)?;
    let (input, _) = (arrow, objects, lit(b" "), uint, lit(b" handoff")).parse(input)?;
    Ok((input, heap))
}

/// Go 1.1 and 1.2 after the times.
fn go1_1(input: &[u8]) -> Parsed<&[u8], (u64, u64)> {
    let (input, heap) = delimited(lit(b" ms, "), arrow, lit(b" MB ")).parse(input)?;
    let (input, _) = (arrow, objects, lit(b", "), tail).parse(input)?;
    Ok((input, heap))
}

/// Go 1.3 and 1.4 after the times.
fn go1_3(input: &[u8]) -> Parsed<&[u8], (u64, u64)> {
    let (input, heap) = delimited(lit(b" us, "), arrow, lit(b" MB, ")).parse(input)?;
    let (input, _) = (uint, objects, lit(b",")).parse(input)?;
    let (input, _) = opt(delimited(lit(b" "), uint, lit(b" goroutines,"))).parse(input)?;
    let (input, _) = (
        preceded(lit(b" "), uint),
        preceded(lit(b"/"), uint),
        preceded(lit(b"/"), uint),
        lit(b" sweeps, "),
        tail,
    )
        .parse(input)?;
    Ok((input, heap))
}

/// One gc line of Go 1.0 to 1.4 up to where its grammar ends.
pub(crate) fn cycle(input: &[u8]) -> Parsed<&[u8], LegacyCycle> {
    let (input, number) = preceded(lit(b"gc"), uint).parse(input)?;
    let (input, threads) = delimited(lit(b"("), uint, lit(b"): ")).parse(input)?;
    let plus = |input| preceded(lit(b"+"), uint).parse(input);
    let (input, (a, b, c)) = (uint, plus, plus).parse(input)?;
    let (input, fourth) = opt(plus).parse(input)?;
    let (input, heap) = match fourth {
        Some(_) => go1_3(input)?,
        None => match go1_1(input) {
            Ok(parsed) => parsed,
            Err(_) => go1_0(input)?,
        },
    };
    let unit = if fourth.is_some() { 1_000 } else { 1_000_000 };
    let stop = [a, b, c, fourth.unwrap_or(0)]
        .into_iter()
        .fold(0u64, u64::saturating_add)
        .saturating_mul(unit);
    Ok((
        input,
        LegacyCycle {
            number,
            threads,
            stop_ns: stop,
            heap_before_mib: heap.0,
            heap_after_mib: heap.1,
        },
    ))
}
