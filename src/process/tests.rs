use super::*;
use crate::measure::testing::cycle;

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
fn cycles_of_the_same_millisecond_may_have_one_missing_between_them() {
    // The second one may have begun up to 1 ms after the first, which is time enough for the one between them.
    let mut first = cycle(348, 80_008);
    first.concurrent_mark_ns = 68_000;
    assert_eq!(placed(&[first, cycle(350, 80_008)]), [1, 1]);
    // No process makes 1,000 cycles in a millisecond.
    assert_eq!(placed(&[first, cycle(1_350, 80_008)]), [1, 2]);
}
