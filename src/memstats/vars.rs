//! The JSON of the package expvar, which has `runtime.MemStats` under `memstats`.

use std::fmt;
use std::io::{self, BufReader, Read};

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, SeqAccess, Visitor};

use super::{RING, Ring, Snapshot};

#[derive(Deserialize)]
struct Vars {
    memstats: MemStats,
}

/// The fields by the names that they have in Go.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MemStats {
    #[serde(rename = "NumGC")]
    num_gc: u64,
    #[serde(rename = "NumForcedGC")]
    num_forced_gc: Option<u64>,
    #[serde(rename = "GCCPUFraction")]
    gc_cpu_fraction: Option<f64>,
    #[serde(rename = "NextGC")]
    next_gc: Option<u64>,
    heap_alloc: Option<u64>,
    total_alloc: Option<u64>,
    heap_sys: Option<u64>,
    sys: Option<u64>,
    #[serde(deserialize_with = "ring")]
    pause_ns: Box<Ring>,
    #[serde(deserialize_with = "ring")]
    pause_end: Box<Ring>,
}

/// Reads the JSON of expvar. The other variables are read over, and not kept. `None` if it is not such JSON, or incomplete.
///
/// # Errors
/// Those of the reader.
pub fn read_vars(body: impl Read) -> io::Result<Option<Snapshot>> {
    match serde_json::from_reader::<_, Vars>(BufReader::new(body)) {
        Ok(Vars { memstats }) => Ok(Some(Snapshot {
            num_gc: memstats.num_gc,
            num_forced_gc: memstats.num_forced_gc,
            gc_cpu_fraction: memstats.gc_cpu_fraction,
            next_gc: memstats.next_gc,
            heap_alloc: memstats.heap_alloc,
            total_alloc: memstats.total_alloc,
            heap_sys: memstats.heap_sys,
            sys: memstats.sys,
            pause_ns: memstats.pause_ns,
            pause_end: memstats.pause_end,
        })),
        Err(error) if error.is_io() => Err(error.into()),
        Err(_) => Ok(None),
    }
}

/// An array of exactly [`RING`] numbers.
fn ring<'de, D: Deserializer<'de>>(json: D) -> Result<Box<Ring>, D::Error> {
    struct Numbers;
    impl<'de> Visitor<'de> for Numbers {
        type Value = Box<Ring>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{RING} numbers")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut numbers: A) -> Result<Box<Ring>, A::Error> {
            let mut ring = Box::new([0; RING]);
            for (at, slot) in ring.iter_mut().enumerate() {
                let number = numbers.next_element()?;
                *slot = number.ok_or_else(|| A::Error::invalid_length(at, &self))?;
            }
            match numbers.next_element::<IgnoredAny>()? {
                None => Ok(ring),
                Some(_) => Err(A::Error::invalid_length(RING + 1, &self)),
            }
        }
    }
    json.deserialize_seq(Numbers)
}
