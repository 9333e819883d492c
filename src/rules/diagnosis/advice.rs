//! Advice that several rules and causes give. What does not help on this log is left out.

use crate::rules::View;

pub(in crate::rules) const ALLOCATIONS: &str = "find what allocates: go tool pprof -sample_index=alloc_objects http://HOST/debug/pprof/allocs (or gcpressure sites HEAP)";
pub(in crate::rules) const REUSE: &str = "allocate less there: preallocate slices and maps, reuse buffers through sync.Pool, avoid fmt and string building on hot paths";
pub(in crate::rules) const GOGC: &str = "trade memory for CPU: GOGC=200 halves the number of cycles and doubles the heap above the live part";
pub(in crate::rules) const MORE_GOGC: &str = "trade memory for CPU: twice the GOGC halves the number of cycles and doubles the heap above the live part";
pub(in crate::rules) const GROW: &str = "let the heap grow before it is collected: GOGC=400, or GOGC=off with GOMEMLIMIT set to what the program may use";
pub(in crate::rules) const LIMIT: &str = "raise GOMEMLIMIT, or shrink the live heap (go tool pprof -sample_index=inuse_space http://HOST/debug/pprof/heap); GOGC cannot help: the goal is the smaller of the two";
pub(in crate::rules) const ROOM: &str = "the heap has hardly any room above the live part: raise GOGC, or shrink the live heap (go tool pprof -sample_index=inuse_space http://HOST/debug/pprof/heap)";
pub(in crate::rules) const TRACE: &str = "record a trace around that time: curl -o trace.out 'http://HOST/debug/pprof/trace?seconds=5' && go tool trace trace.out";
pub(in crate::rules) const QUOTA: &str = "compare GOMAXPROCS with the CPUs the program really gets (cgroup quota: cat /sys/fs/cgroup/cpu.max, cpu.stat for nr_throttled; Go 1.25 sets GOMAXPROCS from it, before that automaxprocs does) and look for other load on the host";
pub(in crate::rules) const LOOPS: &str =
    "look for what is slow to stop: long loops without calls, cgo calls, page faults, swapping";
pub(in crate::rules) const CALLER: &str = "find the caller: grep for runtime.GC, debug.FreeOSMemory and goroutine-leak profiles in the program and its libraries";
pub(in crate::rules) const TWO_PROFILES: &str = "take two heap profiles some minutes apart and compare what is in use: go tool pprof -sample_index=inuse_space -diff_base=first.pb.gz second.pb.gz";
pub(in crate::rules) const GOROUTINES: &str =
    "count goroutines that never end: go tool pprof http://HOST/debug/pprof/goroutine";

/// How to collect less often, by what keeps the heap small.
pub(in crate::rules) fn less_often(view: &View<'_>) -> &'static str {
    let full = (view.window.headroom_use).is_some_and(|share| share >= 800);
    if view.forced_dominates() {
        CALLER
    } else if view.limited_goal_mib.is_some() {
        LIMIT
    } else if full {
        ROOM
    } else if view.gogc.steady.is_some_and(|(low, _)| low > 110.0) {
        MORE_GOGC
    } else {
        GOGC
    }
}
