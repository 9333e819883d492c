#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use std::io::{self, Read};

use super::testing::snapshot;
use super::*;

/// Bodies of one program, a second apart at most: the profile and the variables of Go 1.21 and 1.27.
const BODIES: [(&[u8], &[u8]); 2] = [
    (
        include_bytes!("../../tests/memstats/heap.go1.21.13.txt"),
        include_bytes!("../../tests/memstats/vars.go1.21.13.json"),
    ),
    (
        include_bytes!("../../tests/memstats/heap.go1.27.3.txt"),
        include_bytes!("../../tests/memstats/vars.go1.27.3.json"),
    ),
];

#[test]
fn both_bodies_of_a_program_have_the_same_cycles() {
    for (heap, vars) in BODIES {
        let heap = read_text(heap).unwrap().unwrap();
        let vars = read_vars(vars).unwrap().unwrap();
        assert!(heap.num_gc > 10 && heap.continues(&vars));
        let common = heap.num_gc.min(vars.num_gc);
        let cycles = |of: &Snapshot| -> Vec<Ended> {
            let cycles = of.cycles_after(0);
            cycles.take_while(|cycle| cycle.number <= common).collect()
        };
        assert_eq!(cycles(&heap), cycles(&vars));
        assert_eq!(cycles(&heap).len() as u64, common);
        let ends: Vec<_> = cycles(&heap)
            .iter()
            .map(|cycle| cycle.end_unix_ns)
            .collect();
        assert!(ends.is_sorted() && ends[0] > 1_700_000_000_000_000_000);
        for one in [heap, vars] {
            assert_eq!(one.num_forced_gc, Some(0));
            assert!((0.0..1.0).contains(&one.gc_cpu_fraction.unwrap()));
            assert!(one.total_alloc > one.heap_alloc && one.sys > one.heap_sys);
            assert!(one.goal_bytes().unwrap() >= 4 << 20);
            assert_eq!(one.half_ring_ns(), None);
        }
    }
}

/// Gives as many bytes a read as it is told.
struct Slow<'b>(&'b [u8], usize);

impl Read for Slow<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let most = buf.len().min(self.1);
        self.0.read(&mut buf[..most])
    }
}

#[test]
fn no_bytes_panic_and_a_cut_body_is_none() {
    for (heap, vars) in BODIES {
        let whole = read_text(heap).unwrap();
        for most in [1, 7, 1_000] {
            assert_eq!(read_text(Slow(heap, most)).unwrap(), whole);
        }
        // The body ends behind what is needed.
        let needed = memchr::memmem::find(heap, b"# NumGC = ").unwrap() + 12;
        for cut in 0..heap.len() {
            let read = read_text(&heap[..cut]).unwrap();
            assert_eq!(read.is_some(), cut > needed, "{cut}");
        }
        for cut in 0..vars.trim_ascii_end().len() {
            assert_eq!(read_vars(&vars[..cut]).unwrap(), None, "{cut}");
        }
        let mut heap = heap.to_vec();
        let mut vars = vars.to_vec();
        for at in (0..heap.len().max(vars.len())).step_by(7) {
            for byte in [0, b'9', b'-', 0xff] {
                for (body, is_text) in [(&mut heap, true), (&mut vars, false)] {
                    let Some(was) = body.get(at).copied() else {
                        continue;
                    };
                    body[at] = byte;
                    let read = match is_text {
                        true => read_text(body.as_slice()),
                        false => read_vars(body.as_slice()),
                    };
                    if let Some(snapshot) = read.unwrap() {
                        let cycles = snapshot.cycles_after(0).count();
                        assert!(cycles <= RING && cycles as u64 <= snapshot.num_gc);
                    }
                    body[at] = was;
                }
            }
        }
    }
}

#[test]
fn only_what_follows_the_marker_is_kept() {
    let body = io::repeat(b'#').take(80 << 20);
    let usage = allocation_counter::measure(|| {
        assert_eq!(read_text(body).unwrap(), None);
    });
    assert!(usage.bytes_max < 256 << 10, "{usage:?}");
    let endless = MARKER.chain(io::repeat(b'x').take(80 << 20));
    let usage = allocation_counter::measure(|| {
        assert_eq!(read_text(endless).unwrap(), None);
    });
    assert!(usage.bytes_max < 512 << 10, "{usage:?}");
    let numbers = b"{\"memstats\":{\"NumGC\":1,\"PauseNs\":["
        .chain(b"1,".as_slice().chain(io::repeat(b'1').take(40 << 20)));
    let _ = read_vars(numbers.take(1 << 20)).unwrap();
}

#[test]
fn a_ring_holds_the_last_256_cycles() {
    let second = |number: u64| number * 1_000_000_000;
    let ring = snapshot(1_000, second);
    let numbers: Vec<u64> = ring.cycles_after(0).map(|cycle| cycle.number).collect();
    assert!(numbers.iter().copied().eq(745..=1_000));
    let cycle = ring.cycles_after(998).next().unwrap();
    assert_eq!(
        (cycle.number, cycle.end_unix_ns, cycle.pause_ns),
        (999, second(999), 100_999)
    );
    assert_eq!(ring.cycles_after(1_000).count(), 0);
    assert_eq!(ring.cycles_after(u64::MAX - 1).count(), 0);
    assert_eq!(ring.half_ring_ns(), Some(127_500_000_000));
    assert_eq!(snapshot(0, second).last(), None);
}

#[test]
fn another_process_is_recognized() {
    let second = |number: u64| number * 1_000_000_000;
    let early = snapshot(100, second);
    assert!(snapshot(100, second).continues(&early));
    assert!(snapshot(300, second).continues(&early));
    assert!(snapshot(5_000, second).continues(&early));
    assert!(!snapshot(99, second).continues(&early));
    assert!(
        !snapshot(300, |number| second(number) + 1).continues(&early),
        "another end"
    );
    let mut less = snapshot(5_000, second);
    less.total_alloc = Some(1);
    assert!(!less.continues(&early));
}
