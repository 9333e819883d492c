use super::*;
use crate::measure::testing::cycle;
use crate::trace::cycle::Format;

/// The processes that these cycles are placed in.
fn placed(cycles: &[GcCycle]) -> Vec<u32> {
    let mut stream = Stream::default();
    let mut processes = 0;
    let mut place = |cycle: &GcCycle| {
        let placement = stream.place(cycle, &mut || {
            processes += 1;
            processes
        });
        match placement {
            Placement::Next { process, .. } | Placement::First { process, .. } => process,
            Placement::Duplicate => 0,
        }
    };
    cycles.iter().map(&mut place).collect()
}

#[test]
fn a_line_is_a_duplicate_only_where_all_of_it_is_the_same() {
    let first = cycle(1, 100);
    let next = cycle(2, 200);
    assert_eq!(placed(&[first, next, next]), [1, 1, 0]);
    let others: [fn(&mut GcCycle); 4] = [
        |cycle| cycle.forced = true,
        |cycle| cycle.leak_check = true,
        |cycle| cycle.format = Format::Go1_6,
        // Not taken for the number of the cycle.
        |cycle| (cycle.gomaxprocs, cycle.number) = (cycle.gomaxprocs + 1, cycle.number - 1),
    ];
    for other in others {
        let mut like = next;
        other(&mut like);
        assert_ne!(placed(&[first, next, like])[2], 0, "{like:?}");
    }
}

#[test]
fn the_order_of_a_stream_is_that_of_most_neighbors() {
    let newest_first = |numbers: &[u64]| {
        let mut stream = Stream::default();
        for number in numbers {
            stream.place(&cycle(*number, number * 100), &mut || 1);
        }
        stream.newest_first()
    };
    assert!(newest_first(&[9, 8, 7, 6, 5]));
    // The same behind others that rose.
    assert!(!newest_first(&[1, 2, 3, 4, 9, 8, 7, 6, 5]));
}

#[test]
fn a_placement_tells_the_silence_before_it() {
    let mut stream = Stream::default();
    let (first, next) = (cycle(1, 100), cycle(3, 500));
    stream.place(&first, &mut || 1);
    let placement = stream.place(&next, &mut || 2);
    let silent_ns = next.start_ns - first.end_ns();
    assert_eq!(
        placement,
        Placement::Next {
            process: 1,
            missing: 1,
            silent_ns,
            split: None,
        }
    );
}

#[test]
fn cycles_of_the_same_millisecond_may_have_one_missing_between_them() {
    // The second one may have begun up to 1 ms after the first, which is time enough for the one between them.
    let mut first = cycle(348, 80_008);
    first.concurrent_mark_ns = 68_000;
    assert_eq!(placed(&[first, cycle(350, 80_008)]), [1, 1]);
    // No process makes 1,000 cycles in a millisecond.
    assert_eq!(placed(&[first, cycle(1_350, 80_008)]), [1, 2]);
}
