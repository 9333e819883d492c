//! One line of every shape that a Go runtime prints, Go 1.0 to 1.27, with figures of our own.

/// Lines of GC trace with their line feed left out.
pub(crate) const SHAPES: &[&str] = &[
    // gc lines, oldest first
    "gc21(2): 3+1+0 ms 12 -> 7 MB 61000 -> 9100 (600100-591000) objects 207 handoff",
    "gc9(1): 5+0+0 ms, 3 -> 2 MB 2600 -> 1700 (3100-1400) objects, 2(17) handoff, 4(19) steal, 21/3/0 yields",
    "gc5(4): 7+1+212+2 us, 1 -> 3 MB, 61 (70-9) objects, 12/0/0 sweeps, 0(0) handoff, 1(2) steal, 3/0/0 yields",
    "gc6(8): 4+0+1320+4 us, 2 -> 4 MB, 210 (260-50) objects, 6 goroutines, 19/1/0 sweeps, 3(9) handoff, 0(0) steal, 0/1/2 yields",
    "gc 41 @9.317s 12%: 1.0+0.20+3.0+14+2.1 ms clock, 8.1+0.20+0+7.4/21/33+9.0 ms cpu, 61->66->30 MB, 67 MB goal, 8 P",
    "gc 42 @9.900s 13%: 4.1+0+0+0+8.3 ms clock, 33+0+0+14/0.003/0+61 ms cpu, 70->70->31 MB, 70 MB goal, 8 P (forced)",
    "gc 7 @0.184s 3%: 0.041+6.3+0.050 ms clock, 0.16+1.1/5.9/7.0+0.20 ms cpu, 21->22->11 MB, 23 MB goal, 4 P",
    "gc 8 @0.231s 3%: 0.009+71+0.004 ms clock, 0.036+0/55/12+0.018 ms cpu, 140->141->70 MB, 160 MB goal, 4 P (forced)",
    "gc 31 @2.007s 1%: 0.12+1.4+0.006 ms clock, 0.97+0.33/2.6/0.17+0.051 ms cpu, 15->16->8 MB, 16 MB goal, 0 MB stacks, 0 MB globals, 8 P",
    "gc 32 @120.115s 0%: 0.071+11+0.38 ms clock, 1.1+0/21/30+6.1 ms cpu, 512->530->260 MB, 521 MB goal, 3 MB stacks, 1 MB globals, 16 P (forced)",
    "gc 33 @121.000s 0% (checking for goroutine leaks): 0.20+3.3+0.25 ms clock, 0.40+0/2.4/1.0+0.51 ms cpu, 3->3->1 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P (forced)",
    "gc 1 @0.000s 0%: 0+0+0 ms clock, 0+0/0/0+0 ms cpu, 0->0->0 MB, 0 MB goal, 0 MB stacks, 0 MB globals, 1 P",
    "gc 4294967295 @18446744073.709s 100%: 18446744073709+18446744073709+18446744073709 ms clock, 18446744073709+18446744073709/18446744073709/18446744073709+18446744073709 ms cpu, 17592186044415->17592186044415->17592186044415 MB, 17592186044415 MB goal, 17592186044415 MB stacks, 17592186044415 MB globals, 1024 P",
    "gc 2 @0.100s -9223372036854775808%: 0.010+0.20+3.0 ms clock, 0.010+0/0.20/0+3.0 ms cpu, 3->3->1 MB, 8532210231537 MB goal, 0 MB stacks, 0 MB globals, 2 P",
    // notices and the scavenger
    "GC forced",
    "scvg3: GC forced",
    "scvg0: inuse: 5, idle: 1, sys: 7, released: 0, consumed: 7 (MB)",
    "scvg-1: inuse: 90, idle: 12, sys: 102, released: 12, consumed: 90 (MB)",
    "scvg2: 3 MB released",
    "scvg2: 0x1f MB released",
    "scvg: inuse: 80, idle: 18, sys: 98, released: 1, consumed: 97 (MB)",
    "forced scvg: 100 MB released",
    "scav 8 KiB work, 4100 KiB total, 61% util",
    "scav 3 8 KiB work, 4100 KiB total, 61% util",
    "scav 0 KiB work (bg), 56 KiB work (eager), 20100 KiB now, 93% util",
    "scav 0 KiB work (bg), 0 KiB work (eager), 3600 KiB now, 70% util (forced)",
    // the pacer
    "pacer: assist ratio=+3.250000e+000 (scan 12 MB in 40->44 MB) workers=2+0",
    "pacer: assist ratio=+1.500000e+000 (scan 7 MB in 20->24 MB) workers=1++0.000000e+000",
    "pacer: H_m_prev=100 h_t=+9.500000e-001 H_T=195 h_a=+9.300000e-001 H_a=193 h_g=+1.000000e+000 H_g=200 u_a=+2.600000e-001 u_g=+2.500000e-001 W_a=90 goal\u{394}=+5.000000e-002 actual\u{394}=-2.0e-002 u_a/u_g=+1.040000e+000",
    "pacer: 26% CPU (25 exp.) for 90000+8000+60000 B work (158000 B exp.) in 4000000 B -> 4200000 B (\u{2206}goal -12000, cons/mark +1.250000e+000)",
    "pacer: 26% CPU (25 exp.) for 90000+8000+60000 B work (158000 B exp.) in 4000000 B -> 4200000 B (\u{2206}goal -12000, cons/mark 0.25)",
    "pacer: sweep done at heap size 20MB; allocated 3MB during sweep; swept 5100 pages at +1.500000e-003 pages/byte",
    "pacer: sweep done at heap size 20MB; allocated 3MB of spans; swept 5100 pages",
    // what other settings print
    "scan: total 90+1500+800=2390 objs, 21+18=39 spans",
    "scan: class 64B 12+300+410=722 objs, 9+4=13 spans",
    "scan: class L 31 objs",
    "checkfinalizers: queue: 2 finalizers + 1 cleanups",
    "init example.com/svc/store @12 ms, 0.31 ms clock, 20480 bytes, 211 allocs",
    "SCHED 1003ms: gomaxprocs=4 idleprocs=2 threads=9 spinningthreads=1 needspinning=0 idlethreads=3 runqueue=2 [0 1 0 4]",
    "SCHED 1003ms: gomaxprocs=2 idleprocs=2 threads=9 spinningthreads=0 needspinning=0 idlethreads=3 runqueue=0 [ 0 0 ] schedticks=[ 5 6 ]",
    "SCHED 5ms: gomaxprocs=2 idleprocs=0 threads=4 idlethreads=0 runqueue=1 [0 0]",
];

/// How many of [`SHAPES`], counted from the first, are legacy gc lines and gc lines with a clock.
pub(crate) const LEGACY: usize = GC - beginning_with(b"gc ");
pub(crate) const GC: usize = beginning_with(b"gc");

const fn beginning_with(text: &[u8]) -> usize {
    let (mut count, mut shape) = (0, 0);
    while shape < SHAPES.len() {
        let mut same = 0;
        while same < text.len() && SHAPES[shape].as_bytes()[same] == text[same] {
            same += 1;
        }
        count += (same == text.len()) as usize;
        shape += 1;
    }
    count
}
