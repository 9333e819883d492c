//! The text at the end of a heap profile with `debug=1` (`writeHeapInternal` in runtime/pprof/pprof.go): `# NumGC = 12`.

use std::io::{self, Read};

use super::{RING, Ring, Snapshot};

/// The line that it begins with.
pub const MARKER: &[u8] = b"# runtime.MemStats";

/// Bytes kept of what follows the marker: both rings have at most 10 kB, all other lines less than 2 kB.
const MOST: usize = 64 << 10;
/// Bytes read at a time.
const CHUNK: usize = 32 << 10;

/// Reads a profile to its end. Only what follows the marker is kept. `None` if that is not there, or incomplete.
///
/// # Errors
/// Those of the reader.
pub fn read_text(mut body: impl Read) -> io::Result<Option<Snapshot>> {
    let mut kept: Vec<u8> = Vec::new();
    let mut chunk = vec![0; CHUNK];
    let mut found = false;
    loop {
        let read = match body.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if found && kept.len() >= MOST {
            continue;
        }
        kept.extend_from_slice(&chunk[..read]);
        if !found {
            let at = memchr::memmem::find(&kept, MARKER);
            found = at.is_some();
            // The marker may be cut by the end of what was read.
            let keep = at.unwrap_or_else(|| kept.len().saturating_sub(MARKER.len()));
            kept.drain(..keep);
        }
    }
    Ok(found.then(|| parse(&kept)).flatten())
}

/// The figures after the marker; only whole lines count.
fn parse(text: &[u8]) -> Option<Snapshot> {
    let (mut num_gc, mut pause_ns, mut pause_end) = (None, None, None);
    let mut snapshot = Snapshot {
        num_gc: 0,
        num_forced_gc: None,
        gc_cpu_fraction: None,
        next_gc: None,
        heap_alloc: None,
        total_alloc: None,
        heap_sys: None,
        sys: None,
        pause_ns: Box::new([0; RING]),
        pause_end: Box::new([0; RING]),
    };
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let line = line
            .strip_suffix(b"\n")
            .and_then(|line| std::str::from_utf8(line).ok());
        let named = line.and_then(|line| line.trim_end().strip_prefix("# "));
        let Some((name, value)) = named.and_then(|line| line.split_once(" = ")) else {
            continue;
        };
        let number = || value.parse::<u64>().ok();
        match name {
            "NumGC" => num_gc = number(),
            "NumForcedGC" => snapshot.num_forced_gc = number(),
            "GCCPUFraction" => snapshot.gc_cpu_fraction = value.parse().ok(),
            "NextGC" => snapshot.next_gc = number(),
            "HeapAlloc" => snapshot.heap_alloc = number(),
            "TotalAlloc" => snapshot.total_alloc = number(),
            "HeapSys" => snapshot.heap_sys = number(),
            "Sys" => snapshot.sys = number(),
            "PauseNs" => pause_ns = ring(value),
            "PauseEnd" => pause_end = ring(value),
            _ => {}
        }
    }
    Some(Snapshot {
        num_gc: num_gc?,
        pause_ns: pause_ns?,
        pause_end: pause_end?,
        ..snapshot
    })
}

/// `[1 2 3]`, with exactly [`RING`] numbers.
fn ring(value: &str) -> Option<Box<Ring>> {
    let value = value.strip_prefix('[')?.strip_suffix(']')?;
    let mut ring = Box::new([0; RING]);
    let mut numbers = value.split(' ');
    for slot in ring.iter_mut() {
        *slot = numbers.next()?.parse().ok()?;
    }
    numbers.next().is_none().then_some(ring)
}
