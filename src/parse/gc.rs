//! The gc line of Go 1.5 and later.
//!
//! ```text
//! gc N @S.SSSs U%[ (checking for goroutine leaks)]: A+B+C ms clock, a+b/c/d+e ms cpu,
//!    X->Y->Z MB, G MB goal, [K MB stacks, L MB globals, ]P P[ (forced)]
//! ```
//! Go 1.5 has five clock and seven CPU numbers; 1.6 to 1.17 lack stacks and globals. Source: `gcMarkTermination`.

use nom::Parser;
use nom::sequence::terminated;

use super::number::{lit, milliseconds, milliseconds_behind, miss, percent, seconds, uint};
use super::text::{Line, Parsed, Text, WINDOW};
use crate::event::{Format, GcCycle};

/// Wall-clock times of a cycle, ns: first stop, concurrent part, last stop.
type Clock = (u64, u64, u64);
/// CPU times of a cycle, ns: first stop, assist, background, idle, last stop.
type Cpu = (u64, u64, u64, u64, u64);

#[inline(always)]
fn plus<I: Text>(input: I) -> Parsed<I, u64> {
    milliseconds_behind(b'+', input)
}

#[inline(always)]
fn slash<I: Text>(input: I) -> Parsed<I, u64> {
    milliseconds_behind(b'/', input)
}

/// Both lists of times of Go 1.6 and later, after the first three clock numbers.
#[inline(always)]
fn cpu_1_6<I: Text>(input: I) -> Parsed<I, Cpu> {
    let (input, first) = milliseconds(input)?;
    let (input, assist) = plus(input)?;
    let (input, background) = slash(input)?;
    let (input, idle) = slash(input)?;
    let (input, last) = plus(input)?;
    let (input, ()) = lit(b" ms cpu, ")(input)?;
    Ok((input, (first, assist, background, idle, last)))
}

/// What is left of the clock list of Go 1.5 after three numbers, and its CPU list.
#[cold]
fn times_1_5<I: Text>(first: Clock, input: I) -> Parsed<I, (Clock, Cpu)> {
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
pub(super) fn cycle(text: &[u8]) -> Parsed<&[u8], GcCycle> {
    match measured(text) {
        Some((cycle, length)) => Ok((text.skip(length), cycle)),
        None => miss(),
    }
}

/// One gc line at the start of `text`, up to where its grammar ends, with the number of its bytes.
#[inline]
pub(super) fn measured(text: &[u8]) -> Option<(GcCycle, usize)> {
    if let Some(window) = text.first_chunk() {
        return windowed(window);
    }
    // Near the end of what was read there is no whole window: what is left is laid into one.
    text.starts_with(b"gc ").then(|| {
        let mut window = [0; WINDOW];
        let (filled, _) = window.split_at_mut(text.len().min(WINDOW));
        filled.copy_from_slice(&text[..filled.len()]);
        windowed(&window)
    })?
}

#[inline]
fn windowed(window: &[u8; WINDOW]) -> Option<(GcCycle, usize)> {
    let (line, cycle) = line(Line::new(window)).ok()?;
    Some((cycle, line.passed()))
}

/// The grammar. Leaf after leaf rather than by nom's tuples: the compiler makes calls of those, not one straight run.
#[inline(always)]
fn line<I: Text>(input: I) -> Parsed<I, GcCycle> {
    let (input, ()) = lit(b"gc ")(input)?;
    let (input, number) = uint(input)?;
    let (input, ()) = lit(b" @")(input)?;
    let (input, start_ns) = seconds(input)?;
    let (input, ()) = lit(b"s ")(input)?;
    let (input, cumulative_cpu_percent) = percent(input)?;
    let (input, leak_check) = match lit(b"%: ")(input) {
        Ok((input, ())) => (input, false),
        Err(_) => (lit(b"% (checking for goroutine leaks): ")(input)?.0, true),
    };
    let (input, stop) = milliseconds(input)?;
    let (input, concurrent) = plus(input)?;
    let (input, last_stop) = plus(input)?;
    let clock = (stop, concurrent, last_stop);
    let (input, clock, cpu, five) = match lit(b" ms clock, ")(input) {
        Ok((input, ())) => {
            let (input, cpu) = cpu_1_6(input)?;
            (input, clock, cpu, false)
        }
        Err(_) => {
            let (input, (clock, cpu)) = times_1_5(clock, input)?;
            (input, clock, cpu, true)
        }
    };
    let (input, heap_start_mib) = uint(input)?;
    let (input, ()) = lit(b"->")(input)?;
    let (input, heap_end_mib) = uint(input)?;
    let (input, ()) = lit(b"->")(input)?;
    let (input, heap_live_mib) = uint(input)?;
    let (input, ()) = lit(b" MB, ")(input)?;
    let (input, heap_goal_mib) = uint(input)?;
    let (input, ()) = lit(b" MB goal, ")(input)?;
    // The count of processors, or stacks and globals before it.
    let (input, next) = uint(input)?;
    let (input, processors, stacks, globals_mib) = match lit(b" MB stacks, ")(input) {
        Ok((input, ())) => {
            let (input, globals) = uint(input)?;
            let (input, ()) = lit(b" MB globals, ")(input)?;
            let (input, processors) = uint(input)?;
            (input, processors, Some(next), globals)
        }
        Err(_) => (input, next, None, 0),
    };
    let Ok(gomaxprocs) = u32::try_from(processors) else {
        return miss();
    };
    let (input, ()) = lit(b" P")(input)?;
    let format = match (five, stacks) {
        (false, Some(_)) => Format::Go1_18,
        (false, None) => Format::Go1_6,
        (true, None) => Format::Go1_5,
        (true, Some(_)) => return miss(),
    };
    let (input, forced) = match lit(b" (forced)")(input) {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The longest text that the grammar passes: every number as long as it can be.
    #[test]
    fn the_longest_line_fits_a_window() {
        let number = "18446744073709551615";
        let ms = "18446744073709";
        let seconds = "18446744073.709";
        let line = format!(
            "gc {number} @{seconds}s -9223372036854775808% (checking for goroutine leaks): {ms}+{ms}+{ms}+{ms}+{ms} ms clock, \
             {ms}+{ms}+{ms}+{ms}/{ms}/{ms}+{ms} ms cpu, {number}->{number}->{number} MB, {number} MB goal, 4294967295 P (forced)"
        );
        for behind in ["", "\n", "\ngc 1 @0.001s", &"x".repeat(1_000)] {
            let text = format!("{line}{behind}");
            let (cycle, length) = measured(text.as_bytes()).expect("a gc line");
            assert_eq!(length, line.len());
            assert_eq!(cycle.heap_goal_mib, u64::MAX);
        }
        // Digits without end overflow before they come round.
        let digits = "9".repeat(2_000);
        for text in [
            format!("gc {digits}"),
            line.replace(number, &digits),
            line.replace(ms, &digits),
        ] {
            assert_eq!(measured(text.as_bytes()), None);
        }
    }

    #[test]
    fn no_line_is_shorter_than_the_shortest() {
        let line = "gc 1 @0.000s 0%: 0+0+0 ms clock, 0+0/0/0+0 ms cpu, 0->0->0 MB, 0 MB goal, 0 P";
        let (_, length) = measured(line.as_bytes()).expect("a gc line");
        assert_eq!(length, crate::parse::SHORTEST);
        for at in 0..line.len() {
            let without = [&line[..at], &line[at + 1..]].concat();
            assert_eq!(measured(without.as_bytes()), None, "{without}");
        }
    }

    #[test]
    fn a_line_is_the_same_wherever_the_text_ends() {
        let line = b"gc 7 @1.234s 2%: 0.049+1.2+0.003 ms clock, 0.39+0.12/2.3/0+0.031 ms cpu, 4->5->2 MB, 6 MB goal, 1 MB stacks, 0 MB globals, 8 P";
        let whole = measured(line);
        assert!(whole.is_some());
        for behind in 0..2 * WINDOW {
            let mut text = line.to_vec();
            text.resize(line.len() + behind, b'-');
            assert_eq!(measured(&text), whole, "{behind} bytes behind");
        }
        for length in 0..line.len() - 1 {
            assert_eq!(measured(&line[..length]), None, "{length} bytes");
        }
    }
}
