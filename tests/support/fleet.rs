//! A fleet of logs in a tree of folders, the same bytes for the same size: three services in two versions, of which `cart` regresses,
//! each pod over midnight with rotated parts cut in mid-line; and files in which there is nothing, or that break off.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::Chance;
use super::writer::{Cycle, Era};

/// How large the fleet is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// Pods of each version of each service.
    pub(crate) pods: u64,
    /// Cycles of each pod on each of its two days.
    pub(crate) cycles: u64,
}

/// As small as a comparison of versions allows.
pub(crate) const SMALL: Size = Size {
    pods: 5,
    cycles: 120,
};

/// Name of a service, MiB that it keeps alive, bytes that it allocates each us in the two versions.
const SERVICES: [(&str, u64, [u64; 2]); 3] = [
    ("api", 40, [60, 60]),
    ("cart", 24, [30, 900]),
    ("feed", 300, [200, 210]),
];

/// Read as a number, the second is the smaller one.
pub(crate) const VERSIONS: [&str; 2] = ["1.9", "1.10"];

/// A pod while it runs.
struct Pod {
    chance: Chance,
    number: u64,
    now_ns: u64,
    gc_cpu_ns: u64,
    live_mib: u64,
    usual_mib: u64,
    bytes_per_us: u64,
}

const PROCS: u64 = 4;

impl Pod {
    fn new(mut chance: Chance, live_mib: u64, bytes_per_us: u64) -> Self {
        Self {
            number: 0,
            now_ns: chance.between(20_000_000, 90_000_000),
            gc_cpu_ns: 0,
            live_mib,
            usual_mib: live_mib,
            bytes_per_us,
            chance,
        }
    }

    fn cycle(&mut self) -> Cycle {
        let chance = &mut self.chance;
        let (before, goal) = (self.live_mib, 2 * self.live_mib);
        let start = before + before * chance.between(80, 95) / 100;
        let live = self.usual_mib * chance.between(90, 110) / 100;
        self.live_mib = live;
        self.now_ns +=
            ((start - before) << 20) * 1_000 / self.bytes_per_us * chance.between(70, 140) / 100;
        let at_ns = self.now_ns;
        let sweep = chance.log_between(20_000, 400_000);
        let mark = 500_000 + live * 60_000 + chance.log_between(10_000, 2_000_000);
        let termination = chance.log_between(10_000, 90_000);
        let assist = chance.log_between(900, mark / 2);
        let cpu_ns = [sweep * PROCS, assist, mark, 0, termination * PROCS];
        self.gc_cpu_ns += cpu_ns.iter().sum::<u64>();
        self.now_ns += sweep + mark + termination;
        self.number += 1;
        Cycle {
            number: self.number,
            at_ns,
            percent: self.gc_cpu_ns * 100 / (PROCS * self.now_ns),
            leak_check: false,
            clock_ns: [sweep, mark, termination],
            cpu_ns,
            heap_mib: [start, start + 1, live],
            goal_mib: goal,
            stacks_mib: 0,
            globals_mib: 0,
            procs: PROCS,
            forced: false,
        }
    }

    /// Log lines: cycles as the kubelet writes them, around the end of a day, and requests between them.
    fn day(&mut self, day: u64, cycles: u64) -> String {
        let begun = self.now_ns;
        let mut log = String::new();
        for _ in 0..cycles {
            let cycle = self.cycle();
            // A second before the hour, so that every log is in two of them.
            let ms = (cycle.at_ns - begun) / 1_000_000 + 3_599_000;
            let (minute, second) = (ms / 60_000 % 60, ms / 1_000 % 60);
            let time = format!(
                "2026-01-{day:02}T{:02}:{minute:02}:{second:02}.{:03}Z stderr F ",
                10 + ms / 3_600_000,
                ms % 1_000
            );
            log += &(time.clone() + &cycle.line(Era::Go118));
            if self.chance.percent(30) {
                log += &(time + "served /v1/items in 12ms\n");
            }
        }
        log
    }
}

/// Writes the fleet below a folder. Every file can be read, whatever it holds.
pub(crate) fn make(root: &Path, size: Size) -> io::Result<()> {
    for (service, live_mib, rates) in SERVICES {
        for (version, bytes_per_us) in VERSIONS.into_iter().zip(rates) {
            for index in 0..size.pods {
                let mut seed = Chance(live_mib << 32 | (version.len() as u64) << 24 | index);
                let live_mib = live_mib + seed.between(0, live_mib / 8);
                let rate = bytes_per_us + seed.between(0, bytes_per_us / 8);
                let mut pod = Pod::new(seed, live_mib, rate);
                for day in 1..=2 {
                    let log = pod.day(day, size.cycles);
                    let folder = root.join(format!(
                        "service={service}/version={version}/day=2026-01-{day:02}/pod={service}-{}-{index}",
                        version.replace('.', "-")
                    ));
                    rotated(&folder, log.as_bytes(), &mut pod.chance)?;
                }
            }
        }
    }
    broken(&root.join("service=broken/version=1.9/day=2026-01-01"))
}

/// A log in three parts, the oldest compressed, cut where the chance falls.
fn rotated(folder: &Path, log: &[u8], chance: &mut Chance) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let third = log.len() / 3;
    let first = third + chance.index(third.max(1));
    let second = first + chance.index((log.len() - first).max(1));
    gz(&folder.join("gc.log.2.gz"), &log[..first], first)?;
    fs::write(folder.join("gc.log.1"), &log[first..second])?;
    fs::write(folder.join("gc.log"), &log[second..])
}

/// Compresses a text, and keeps at most so many bytes.
fn gz(path: &Path, text: &[u8], most: usize) -> io::Result<()> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(text)?;
    let gz = gz.finish()?;
    File::create(path)?.write_all(&gz[..gz.len().min(most)])
}

/// Files that hold no cycle, or not all of their own.
fn broken(folder: &Path) -> io::Result<()> {
    let mut pod = Pod::new(Chance(7), 30, 60);
    let log = pod.day(1, 200);
    let files: [(&str, &[u8]); 4] = [
        ("pod=empty/gc.log", b""),
        ("pod=no-gc/gc.log", b"listening on :8080\nserved /v1/items\n"),
        ("pod=not-utf8/gc.log", &[&[0xc3, 0x28, 0x80, b'\n', 0xc3], &log.as_bytes()[..4_000]].concat()),
        ("pod=legacy/gc.log", b"gc1(1): 0+0+0 ms, 0 -> 0 MB 17 -> 18 (19-1) objects, 0(0) handoff, 0(0) steal, 0/0/0 yields\n"),
    ];
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(path, text)?;
    }
    fs::create_dir_all(folder.join("pod=cut-gzip"))?;
    gz(
        &folder.join("pod=cut-gzip/gc.log.gz"),
        log.as_bytes(),
        3_000,
    )
}
