//! The gc line of Go 1.5 and later.
//!
//! ```text
//! gc N @S.SSSs U%[ (checking for goroutine leaks)]: A+B+C ms clock, a+b/c/d+e ms cpu,
//!    X->Y->Z MB, G MB goal, [K MB stacks, L MB globals, ]P P[ (forced)]
//! ```
//! Go 1.5 has five clock and seven CPU numbers; 1.6 to 1.17 lack stacks and globals. Source: `gcMarkTermination`.

use nom::Parser;
use nom::combinator::opt;
use nom::sequence::{delimited, preceded, terminated};

use super::number::{Parsed, lit, milliseconds, miss, percent, seconds, uint, uint32};
use crate::event::{Format, GcCycle};

/// Wall-clock times of a cycle, ns: first stop, concurrent part, last stop.
type Clock = (u64, u64, u64);
/// CPU times of a cycle, ns: first stop, assist, background, idle, last stop.
type Cpu = (u64, u64, u64, u64, u64);

#[inline(always)]
fn plus(input: &[u8]) -> Parsed<'_, u64> {
    preceded(lit(b"+"), milliseconds).parse(input)
}

#[inline(always)]
fn slash(input: &[u8]) -> Parsed<'_, u64> {
    preceded(lit(b"/"), milliseconds).parse(input)
}

/// Both lists of times of Go 1.6 and later, after the first three clock numbers.
#[inline(always)]
fn cpu_1_6(input: &[u8]) -> Parsed<'_, Cpu> {
    terminated((milliseconds, plus, slash, slash, plus), lit(b" ms cpu, ")).parse(input)
}

/// What is left of the clock list of Go 1.5 after three numbers, and its CPU list.
#[cold]
fn times_1_5(first: Clock, input: &[u8]) -> Parsed<'_, (Clock, Cpu)> {
    let (input, (mark, last_stop)) = terminated((plus, plus), lit(b" ms clock, ")).parse(input)?;
    let (input, (stop0, scan, barrier, assist, background, idle, stop1)) = terminated(
        (milliseconds, plus, plus, plus, slash, slash, plus),
        lit(b" ms cpu, "),
    )
    .parse(input)?;
    let (stop, scan_wall, barrier_wall) = first;
    let concurrent = scan_wall.saturating_add(barrier_wall).saturating_add(mark);
    let background = background.saturating_add(scan).saturating_add(barrier);
    Ok((
        input,
        (
            (stop, concurrent, last_stop),
            (stop0, assist, background, idle, stop1),
        ),
    ))
}

/// One gc line up to where its grammar ends; the rest is what stands behind it.
#[inline]
pub(super) fn cycle(input: &[u8]) -> Parsed<'_, GcCycle> {
    let (input, number) = preceded(lit(b"gc "), uint).parse(input)?;
    let (input, start_ns) = preceded(lit(b" @"), seconds).parse(input)?;
    let (input, cumulative_cpu_percent) = delimited(lit(b"s "), percent, lit(b"%")).parse(input)?;
    let (input, leak_check) = match input {
        [b':', b' ', rest @ ..] => (rest, false),
        _ => {
            let (rest, ()) = lit(b" (checking for goroutine leaks): ").parse(input)?;
            (rest, true)
        }
    };
    let (input, clock) = (milliseconds, plus, plus).parse(input)?;
    let (input, clock, cpu, five) = match lit(b" ms clock, ").parse(input) {
        Ok((input, ())) => {
            let (input, cpu) = cpu_1_6(input)?;
            (input, clock, cpu, false)
        }
        Err(_) => {
            let (input, (clock, cpu)) = times_1_5(clock, input)?;
            (input, clock, cpu, true)
        }
    };
    let (input, heap_start_mib) = terminated(uint, lit(b"->")).parse(input)?;
    let (input, heap_end_mib) = terminated(uint, lit(b"->")).parse(input)?;
    let (input, heap_live_mib) = terminated(uint, lit(b" MB, ")).parse(input)?;
    let (input, heap_goal_mib) = terminated(uint, lit(b" MB goal, ")).parse(input)?;
    let (input, stacks) = opt(terminated(uint, lit(b" MB stacks, "))).parse(input)?;
    let (input, globals_mib) = match stacks {
        Some(_) => terminated(uint, lit(b" MB globals, ")).parse(input)?,
        None => (input, 0),
    };
    let format = match (five, stacks) {
        (false, Some(_)) => Format::Go1_18,
        (false, None) => Format::Go1_6,
        (true, None) => Format::Go1_5,
        (true, Some(_)) => return miss(),
    };
    let (input, gomaxprocs) = terminated(uint32, lit(b" P")).parse(input)?;
    let (input, forced) = match lit(b" (forced)").parse(input) {
        Ok((input, ())) => (input, true),
        Err(_) => (input, false),
    };
    Ok((
        input,
        GcCycle {
            number,
            start_ns,
            sweep_termination_ns: clock.0,
            concurrent_mark_ns: clock.1,
            mark_termination_ns: clock.2,
            sweep_termination_cpu_ns: cpu.0,
            mark_assist_cpu_ns: cpu.1,
            mark_background_cpu_ns: cpu.2,
            mark_idle_cpu_ns: cpu.3,
            mark_termination_cpu_ns: cpu.4,
            heap_start_mib,
            heap_end_mib,
            heap_live_mib,
            heap_goal_mib,
            stacks_mib: stacks.unwrap_or(0),
            globals_mib,
            cumulative_cpu_percent,
            gomaxprocs,
            format,
            forced,
            leak_check,
        },
    ))
}
