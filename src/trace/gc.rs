//! The gc line of Go 1.5 and later.
//!
//! ```text
//! gc N @S.SSSs U%[ (checking for goroutine leaks)]: A+B+C ms clock, a+b/c/d+e ms cpu,
//!    X->Y->Z MB, G MB goal, [K MB stacks, L MB globals, ]P P[ (forced)]
//! ```
//! Go 1.5 has five clock and seven CPU numbers; 1.6 to 1.17 lack stacks and globals. Source: `gcMarkTermination`.

use nom::Parser;
use nom::sequence::terminated;

use super::grammar::{self, Number, Row};
use super::number::{DIGITS, lit, milliseconds, milliseconds_behind, percent, seconds, uint};
use super::text::{LINE, LONGEST_OPERAND, Line, POSITIONS, Parsed, Text, miss};
use crate::trace::cycle::{Format, GcCycle};

#[inline(always)]
fn plus<I: Text>(input: I) -> Parsed<I, u64> {
    milliseconds_behind(b'+', input)
}

#[inline(always)]
fn slash<I: Text>(input: I) -> Parsed<I, u64> {
    milliseconds_behind(b'/', input)
}

/// The CPU times of Go 1.6 and later.
#[inline(always)]
fn cpu_1_6<I: Text>(input: I, cycle: &mut GcCycle) -> Parsed<I, ()> {
    let (input, first) = milliseconds(input)?;
    cycle.sweep_termination_cpu_ns = first;
    let (input, assist) = plus(input)?;
    cycle.mark_assist_cpu_ns = assist;
    let (input, background) = slash(input)?;
    cycle.mark_background_cpu_ns = background;
    let (input, idle) = slash(input)?;
    cycle.mark_idle_cpu_ns = idle;
    let (input, last) = plus(input)?;
    cycle.mark_termination_cpu_ns = last;
    lit(b" ms cpu, ")(input)
}

/// The rest of the clock list of Go 1.5 after three numbers, and its CPU list.
#[cold]
fn times_1_5<I: Text>(input: I, cycle: &mut GcCycle) -> Parsed<I, ()> {
    let (input, (mark, last_stop)) = terminated((plus, plus), lit(b" ms clock, ")).parse(input)?;
    let (input, (stop0, scan, barrier, assist, background, idle, stop1)) = terminated(
        (milliseconds, plus, plus, plus, slash, slash, plus),
        lit(b" ms cpu, "),
    )
    .parse(input)?;
    // The second and third number were the scan and the installation of the write barrier.
    cycle.concurrent_mark_ns = cycle
        .concurrent_mark_ns
        .saturating_add(cycle.mark_termination_ns)
        .saturating_add(mark);
    cycle.mark_termination_ns = last_stop;
    cycle.sweep_termination_cpu_ns = stop0;
    cycle.mark_assist_cpu_ns = assist;
    cycle.mark_background_cpu_ns = background.saturating_add(scan).saturating_add(barrier);
    cycle.mark_idle_cpu_ns = idle;
    cycle.mark_termination_cpu_ns = stop1;
    Ok((input, ()))
}

/// Reads one gc line at the start of `text`, up to where its grammar ends, and returns its length. If it does not match, `cycle` is left
/// half written.
///
/// Each number is stored at once: held until all are known, they would not fit the registers, and the cycle would be copied.
#[inline]
pub(crate) fn measured(text: &[u8], cycle: &mut GcCycle) -> Option<usize> {
    if let Some(window) = text.first_chunk() {
        return windowed(window, cycle);
    }
    // Near the end of the buffer there is no whole window: the rest is copied into one.
    text.starts_with(b"gc ").then(|| {
        let mut window = [0; WINDOW];
        let (filled, _) = window.split_at_mut(text.len().min(WINDOW));
        filled.copy_from_slice(&text[..filled.len()]);
        windowed(&window, cycle)
    })?
}

/// Bytes that all three parts of the grammar may read.
const WINDOW: usize = BEHIND_HEAD + POSITIONS;
/// The same of all but the first part.
const BEHIND_HEAD: usize = LINE + POSITIONS;

#[inline]
fn windowed(window: &[u8; WINDOW], cycle: &mut GcCycle) -> Option<usize> {
    let (head, ()) = head(Line::new(window), cycle).ok()?;
    let (times, ()) = times(Line::new(head.rest::<BEHIND_HEAD>()?), cycle).ok()?;
    let (sizes, ()) = sizes(Line::new(times.rest::<LINE>()?), cycle).ok()?;
    Some(head.passed() + times.passed() + sizes.passed())
}

// The table fits the windows: its three parts, with as many digits as a number can have and those of one that is too large.
const _: () = {
    let mut version = 0;
    while version < grammar::VERSIONS.len() {
        let (mut row, mut passed) = (0, 0);
        while row < grammar::LINE.len() {
            let Row {
                number, literal, ..
            } = &grammar::LINE[row];
            assert!(literal.len() <= LONGEST_OPERAND, "a longer operand");
            if grammar::LINE[row].is_in(grammar::VERSIONS[version]) {
                passed += literal.len()
                    + match number {
                        None => 0,
                        Some(Number::Uint | Number::Pct) => DIGITS,
                        Some(Number::Ms) => "18446744073709".len(),
                        Some(Number::Sec) => "18446744073.709".len(),
                    };
                assert!(
                    passed + DIGITS < POSITIONS,
                    "too long a part: `windowed` needs one more"
                );
                // Where `head` and `times` end.
                if matches!(literal.as_bytes(), b": " | b" ms cpu, ") {
                    passed = 0;
                }
            }
            row += 1;
        }
        version += 1;
    }
};

// The grammar, leaf after leaf rather than by nom's tuples, which the compiler does not inline.

/// Number, start and share of CPU time: `gc N @S.SSSs U%: `.
#[inline(always)]
fn head<I: Text>(input: I, cycle: &mut GcCycle) -> Parsed<I, ()> {
    let (input, ()) = lit(b"gc ")(input)?;
    let (input, number) = uint(input)?;
    cycle.number = number;
    let (input, ()) = lit(b" @")(input)?;
    let (input, start) = seconds(input)?;
    cycle.start_ns = start;
    let (input, ()) = lit(b"s ")(input)?;
    let (input, percent) = percent(input)?;
    cycle.cumulative_cpu_percent = percent;
    let (input, leak_check) = match lit(b"%: ")(input) {
        Ok((input, ())) => (input, false),
        Err(_) => (lit(b"% (checking for goroutine leaks): ")(input)?.0, true),
    };
    cycle.leak_check = leak_check;
    Ok((input, ()))
}

/// Both lists of times. Their length distinguishes Go 1.5 from later versions.
#[inline(always)]
fn times<I: Text>(input: I, cycle: &mut GcCycle) -> Parsed<I, ()> {
    let (input, stop) = milliseconds(input)?;
    cycle.sweep_termination_ns = stop;
    let (input, concurrent) = plus(input)?;
    cycle.concurrent_mark_ns = concurrent;
    let (input, last_stop) = plus(input)?;
    cycle.mark_termination_ns = last_stop;
    match lit(b" ms clock, ")(input) {
        Ok((input, ())) => {
            cycle.format = Format::Go1_6;
            cpu_1_6(input, cycle)
        }
        Err(_) => {
            cycle.format = Format::Go1_5;
            times_1_5(input, cycle)
        }
    }
}

/// Sizes of the heap and the rest of the line.
#[inline(always)]
fn sizes<I: Text>(input: I, cycle: &mut GcCycle) -> Parsed<I, ()> {
    let (input, heap_start) = uint(input)?;
    cycle.heap_start_mib = heap_start;
    let (input, ()) = lit(b"->")(input)?;
    let (input, heap_end) = uint(input)?;
    cycle.heap_end_mib = heap_end;
    let (input, ()) = lit(b"->")(input)?;
    let (input, heap_live) = uint(input)?;
    cycle.heap_live_mib = heap_live;
    let (input, ()) = lit(b" MB, ")(input)?;
    let (input, heap_goal) = uint(input)?;
    cycle.heap_goal_mib = heap_goal;
    let (input, ()) = lit(b" MB goal, ")(input)?;
    // The count of processors, or stacks and globals before it.
    let (input, next) = uint(input)?;
    let (input, processors) = match lit(b" MB stacks, ")(input) {
        Ok(_) if cycle.format == Format::Go1_5 => return miss(),
        Ok((input, ())) => {
            let (input, globals) = uint(input)?;
            let (input, ()) = lit(b" MB globals, ")(input)?;
            (cycle.stacks_mib, cycle.globals_mib) = (next, globals);
            cycle.format = Format::Go1_18;
            uint(input)?
        }
        Err(_) => {
            (cycle.stacks_mib, cycle.globals_mib) = (0, 0);
            (input, next)
        }
    };
    let Ok(gomaxprocs) = u32::try_from(processors) else {
        return miss();
    };
    cycle.gomaxprocs = gomaxprocs;
    let (input, ()) = lit(b" P")(input)?;
    let (input, forced) = match lit(b" (forced)")(input) {
        Ok((input, ())) => (input, true),
        Err(_) => (input, false),
    };
    cycle.forced = forced;
    Ok((input, ()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::cycle::BLANK;

    fn read(text: &[u8]) -> Option<(GcCycle, usize)> {
        let mut cycle = BLANK;
        let length = measured(text, &mut cycle)?;
        Some((cycle, length))
    }

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
            let (cycle, length) = read(text.as_bytes()).expect("a gc line");
            assert_eq!(length, line.len());
            assert_eq!(cycle.heap_goal_mib, u64::MAX);
        }
        let stacks = format!(", {number} MB stacks, {number} MB globals, 4294967295 P");
        let line_1_18 = format!(
            "gc {number} @{seconds}s -9223372036854775808% (checking for goroutine leaks): {ms}+{ms}+{ms} ms clock, \
             {ms}+{ms}/{ms}/{ms}+{ms} ms cpu, {number}->{number}->{number} MB, {number} MB goal{stacks} (forced)"
        );
        let (cycle, length) = read(line_1_18.as_bytes()).expect("a gc line");
        assert_eq!((cycle.globals_mib, length), (u64::MAX, line_1_18.len()));
        // Digits without end overflow before they come round.
        let digits = "9".repeat(2_000);
        for text in [
            format!("gc {digits}"),
            line.replace(number, &digits),
            line.replace(ms, &digits),
        ] {
            assert_eq!(read(text.as_bytes()), None);
        }
    }

    #[test]
    fn no_line_is_shorter_than_the_shortest() {
        let line = "gc 1 @0.000s 0%: 0+0+0 ms clock, 0+0/0/0+0 ms cpu, 0->0->0 MB, 0 MB goal, 0 P";
        let (_, length) = read(line.as_bytes()).expect("a gc line");
        assert_eq!(length, crate::trace::SHORTEST);
        for at in 0..line.len() {
            let without = [&line[..at], &line[at + 1..]].concat();
            assert_eq!(read(without.as_bytes()), None, "{without}");
        }
    }

    #[test]
    fn a_line_is_the_same_wherever_the_text_ends() {
        let line = b"gc 7 @1.234s 2%: 0.049+1.2+0.003 ms clock, 0.39+0.12/2.3/0+0.031 ms cpu, 4->5->2 MB, 6 MB goal, 1 MB stacks, 0 MB globals, 8 P";
        let whole = read(line);
        assert!(whole.is_some());
        for behind in 0..2 * WINDOW {
            let mut text = line.to_vec();
            text.resize(line.len() + behind, b'-');
            assert_eq!(read(&text), whole, "{behind} bytes behind");
        }
        for length in 0..line.len() - 1 {
            assert_eq!(read(&line[..length]), None, "{length} bytes");
        }
    }
}
