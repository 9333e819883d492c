//! The other lines of runtime trace: scavenger, pacer, scheduler, init, `gctrace=2`. Recognized whole, counted, dropped.
//!
//! Each must match its grammar to the end of the line, so that `scvg: not the scavenger` stays an ordinary line.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::take_while1;
use nom::combinator::opt;
use nom::sequence::{delimited, preceded, terminated};

use super::number::{lit, uint};
use super::text::{Miss, Parsed, miss};
use crate::trace::cycle::Note;

/// Any of the number shapes of these lines: `12`, `0.003`, `+1.5e-001`, `NaN`, `-Inf`.
fn figure(input: &[u8]) -> Parsed<&[u8], ()> {
    take_while1(|b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
        .map(|_| ())
        .parse(input)
}

/// `scvg0: inuse: 2, idle: 0, sys: 3, released: 0, consumed: 3 (MB)` and `scvg1: 0 MB released`
fn scvg(input: &[u8]) -> Parsed<&[u8], Note> {
    let (input, _) = opt(lit(b"forced ")).parse(input)?;
    let (input, ()) = lit(b"scvg").parse(input)?;
    let (input, _) = opt(preceded(opt(lit(b"-")), uint)).parse(input)?;
    let (input, ()) = lit(b": ").parse(input)?;
    let inuse = |input| -> Parsed<&[u8], ()> {
        let (input, _) = delimited(lit(b"inuse: "), uint, lit(b", idle: ")).parse(input)?;
        let (input, _) = terminated(uint, lit(b", sys: ")).parse(input)?;
        let (input, _) = terminated(uint, lit(b", released: ")).parse(input)?;
        let (input, _) = terminated(uint, lit(b", consumed: ")).parse(input)?;
        terminated(uint, lit(b" (MB)")).map(|_| ()).parse(input)
    };
    let released = terminated(figure, lit(b" MB released"));
    // Go 1.0 to 1.3 print the notice of the periodic collection as a scavenger line.
    let forced = lit(b"GC forced").map(|()| Note::ForcedNotice);
    alt((
        inuse.map(|()| Note::Scavenger),
        released.map(|()| Note::Scavenger),
        forced,
    ))
    .parse(input)
}

/// `scav 0 KiB work (bg), 56 KiB work (eager), 19416 KiB now, 97% util (forced)` and its older forms
fn scav(input: &[u8]) -> Parsed<&[u8], Note> {
    let (input, _) = preceded(lit(b"scav "), uint).parse(input)?;
    // Go 1.15 to 1.18 print a number before the work.
    let (input, _) = opt(preceded(lit(b" "), uint)).parse(input)?;
    let (input, _) = alt((
        (
            lit(b" KiB work (bg), "),
            uint,
            lit(b" KiB work (eager), "),
            uint,
            lit(b" KiB now, "),
        )
            .map(|_| ()),
        (lit(b" KiB work, "), uint, lit(b" KiB total, ")).map(|_| ()),
    ))
    .parse(input)?;
    let (input, _) = terminated(uint, lit(b"% util")).parse(input)?;
    let (input, _) = opt(alt((lit(b" (forced)"), lit(b" [controller reset]")))).parse(input)?;
    Ok((input, Note::Scavenger))
}

/// `pacer: ` in any of its four forms: their numbers change between versions, so only their beginnings are compared.
fn pacer(input: &[u8]) -> Parsed<&[u8], Note> {
    let (rest, ()) = lit(b"pacer: ").parse(input)?;
    let known = rest.starts_with(b"assist ratio=")
        || rest.starts_with(b"H_m_prev=")
        || rest.starts_with(b"sweep done at heap size ")
        || memchr::memmem::find(rest, b"% CPU (").is_some();
    if known {
        Ok((b"", Note::Pacer))
    } else {
        miss()
    }
}

/// `scan: total 8604 objs`, `scan: class 64B 141+1112+7302=8555 objs, 222+205=427 spans`
fn scan(input: &[u8]) -> Parsed<&[u8], Note> {
    let sum = |input| {
        take_while1(|b: u8| b.is_ascii_digit() || b == b'+' || b == b'=')
            .map(|_| ())
            .parse(input)
    };
    let (input, _) = alt((
        lit(b"scan: total "),
        delimited(lit(b"scan: class "), figure, lit(b" ")),
    ))
    .parse(input)?;
    let (input, _) = terminated(sum, lit(b" objs")).parse(input)?;
    let (input, _) = opt(delimited(lit(b", "), sum, lit(b" spans"))).parse(input)?;
    Ok((input, Note::Other))
}

/// `checkfinalizers: queue: 0 finalizers + 0 cleanups`
fn check_finalizers(input: &[u8]) -> Parsed<&[u8], Note> {
    (
        lit(b"checkfinalizers: queue: "),
        uint,
        lit(b" finalizers + "),
        uint,
        lit(b" cleanups"),
    )
        .map(|_| Note::Other)
        .parse(input)
}

/// `init internal/bytealg @0.003 ms, 0 ms clock, 0 bytes, 0 allocs`
fn init(input: &[u8]) -> Parsed<&[u8], Note> {
    let package = take_while1::<_, _, Miss>(|b: u8| b != b' ');
    let (input, _) = (lit(b"init "), package, lit(b" @"), figure, lit(b" ms, ")).parse(input)?;
    let (input, _) = (figure, lit(b" ms clock, "), uint, lit(b" bytes, ")).parse(input)?;
    let (input, _) = terminated(uint, lit(b" allocs")).parse(input)?;
    Ok((input, Note::Other))
}

/// `SCHED 214ms: gomaxprocs=2 idleprocs=0 ...`
fn sched(input: &[u8]) -> Parsed<&[u8], Note> {
    let (_, _) = (lit(b"SCHED "), uint, lit(b"ms: gomaxprocs="), uint).parse(input)?;
    Ok((b"", Note::Other))
}

fn forced_notice(input: &[u8]) -> Parsed<&[u8], Note> {
    lit(b"GC forced").map(|()| Note::ForcedNotice).parse(input)
}

/// `gc #1 @0.013s 2%: ...`, as printed by Go 1.5 before its release: the order of its numbers changed until then.
fn prerelease(input: &[u8]) -> Parsed<&[u8], Note> {
    let (_, _) = (lit(b"gc #"), uint, lit(b" @"), figure).parse(input)?;
    Ok((b"", Note::Prerelease))
}

/// A line of runtime trace other than a gc line, up to where its grammar ends.
pub(crate) fn note(input: &[u8]) -> Parsed<&[u8], Note> {
    match input {
        [b'g', ..] => prerelease(input),
        [b'G', ..] => forced_notice(input),
        [b's' | b'f', b'c' | b'o', ..] => match scvg(input) {
            Ok(parsed) => Ok(parsed),
            Err(_) => match scav(input) {
                Ok(parsed) => Ok(parsed),
                Err(_) => scan(input),
            },
        },
        [b'p', ..] => pacer(input),
        [b'c', ..] => check_finalizers(input),
        [b'i', ..] => init(input),
        [b'S', ..] => sched(input),
        _ => miss(),
    }
}
