//! Every own log of the corpus against what the runtime said of itself in the same process. Prints the tables that
//! docs/ACCURACY.md holds.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test panics by design and prints its table"
)]

use std::fmt::Write as _;
use std::path::Path;

use gcpressure::internal::settings::Settings;
use gcpressure::report::{Process, Report};
use serde_json::Value;

use crate::support::corpus::{corpus, in_accuracy_page, report};

const MIB: f64 = 1_048_576.0;

/// One process: what the log gives, what the runtime says.
struct Pair {
    name: String,
    process: Process,
    truth: Value,
}

impl Pair {
    fn truth(&self, key: &str) -> f64 {
        self.truth[key].as_f64().unwrap()
    }

    /// GC CPU, percentage points too high.
    fn cpu_error(&self) -> f64 {
        (self.process.measures.gc_cpu_ratio.unwrap() - self.truth("GCCPUFraction")) * 100.0
    }

    /// Sum of the pauses, percent too high.
    fn pause_error(&self) -> f64 {
        let sum = self.process.measures.pause_ns.sum as f64;
        (sum / self.truth("PauseTotalNs") - 1.0) * 100.0
    }

    /// Bytes allocated, percent too high, against the runtime's samples drawn out to the last cycle.
    fn allocation_error(&self) -> f64 {
        let measures = &self.process.measures;
        let last = (measures.started_ns + measures.duration_ns) as f64 / 1e9;
        let mut samples: Vec<(f64, f64)> = self.truth["series"]
            .as_array()
            .unwrap()
            .iter()
            .map(|sample| {
                (
                    sample["t"].as_f64().unwrap(),
                    sample["alloc_bytes"].as_f64().unwrap(),
                )
            })
            .collect();
        samples.push((self.truth("elapsed_s_since_init"), self.truth("TotalAlloc")));
        let mut before = (0.0, 0.0);
        for after in samples {
            if after.0 >= last {
                let share = (last - before.0) / (after.0 - before.0);
                let truth = before.1 + (after.1 - before.1) * share;
                return (measures.allocation_bytes.unwrap() as f64 / truth - 1.0) * 100.0;
            }
            before = after;
        }
        (measures.allocation_bytes.unwrap() as f64 / before.1 - 1.0) * 100.0
    }

    fn is_complete(&self) -> bool {
        self.truth["NumGC"].as_u64() == Some(self.process.cycles_seen)
    }

    fn mib_a_cycle(&self) -> f64 {
        self.process.measures.allocation_bytes.unwrap() as f64
            / MIB
            / self.process.cycles_seen as f64
    }

    /// The runtime's limiter was on.
    fn limited(&self) -> bool {
        self.truth["metrics"]["/gc/limiter/last-enabled:gc-cycle"]
            .as_u64()
            .is_some_and(|cycle| cycle > 0)
    }
}

/// The truth that belongs to a process: the file of its name, or the one of several with as many cycles.
fn pairs(own: &Path) -> Vec<Pair> {
    let mut names: Vec<String> = std::fs::read_dir(own)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let read = |name: &str| -> Value {
        serde_json::from_str(&std::fs::read_to_string(own.join(name)).unwrap()).unwrap()
    };
    let mut pairs = Vec::new();
    for log in names.iter().filter(|name| name.ends_with(".log")) {
        let stem = log.strip_suffix(".log").unwrap();
        let truths: Vec<&String> = names
            .iter()
            .filter(|name| name.starts_with(&format!("{stem}.")) && name.ends_with(".truth.json"))
            .collect();
        let report: Report = report(&own.join(log), &Settings::default()).unwrap();
        for truth in truths {
            let name = truth.strip_suffix(".truth.json").unwrap();
            let truth = read(truth);
            let cycles = truth["NumGC"].as_u64().unwrap();
            let process = report
                .processes
                .iter()
                .find(|process| process.last_cycle == cycles);
            pairs.push(Pair {
                name: name.to_owned(),
                process: process
                    .unwrap_or_else(|| panic!("{name}: {cycles} cycles"))
                    .clone(),
                truth,
            });
        }
    }
    pairs
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn worst(values: &[f64]) -> f64 {
    values
        .iter()
        .fold(0.0, |worst: f64, value| worst.max(value.abs()))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().map(|value| value.abs()).sum::<f64>() / values.len() as f64
}

#[test]
fn figures_agree_with_the_runtimes_own() {
    let Some(corpus) = corpus() else {
        println!("GCPRESSURE_CORPUS is not set: skipped");
        return;
    };
    let pairs = pairs(&corpus.join("own"));
    let cpu: Vec<f64> = pairs.iter().map(Pair::cpu_error).collect();
    // Of an interleaved stream some cycles are lost, and their pauses with them.
    let whole: Vec<&Pair> = pairs.iter().filter(|pair| pair.is_complete()).collect();
    let pause: Vec<f64> = whole.iter().map(|pair| pair.pause_error()).collect();
    let resolved: Vec<f64> = pairs
        .iter()
        .filter(|pair| pair.process.measures.allocation_resolved)
        .map(Pair::allocation_error)
        .collect();
    let inside = pairs
        .iter()
        .filter(|pair| {
            let measures = &pair.process.measures;
            // The runtime's figure is of the last cycle's end or a little later; the bounds of the log are truncated.
            let truth = pair.truth("GCCPUFraction");
            truth >= measures.gc_cpu_ratio_low.unwrap() - 0.001
                && truth <= measures.gc_cpu_ratio_high.unwrap() + 0.001
        })
        .count();
    let close = cpu.iter().filter(|error| error.abs() <= 1.0).count();

    let limited = |on: bool| pairs.iter().filter(move |pair| pair.limited() == on);
    let fill = |pair: &&Pair| pair.process.measures.limiter_bucket_max_ratio.unwrap();
    let found = limited(true).filter(|pair| fill(pair) >= 0.9).count();
    let alarms = limited(false).filter(|pair| fill(pair) >= 0.65).count();
    let quietest = limited(false).map(|pair| fill(&pair)).fold(0.0, f64::max);

    let n = pairs.len();
    let mut page = format!(
        "| figure | processes | agreement |\n| --- | ---: | --- |\n\
         | GC CPU ratio | {n} | {close} within 1 point; mean {:.2}, largest {:.2} points; {inside} inside low..high |\n\
         | sum of pauses, where no cycle is missing | {} | median {:+.1} %, largest {:.1} % |\n\
         | bytes allocated, where resolved | {} | median {:+.1} %, largest {:.1} % |\n\
         | GC CPU limiter | {n} | {found} of {} found, {alarms} false alarms (highest fill without it: {quietest:.2}) |\n",
        mean(&cpu),
        worst(&cpu),
        whole.len(),
        median(pause.clone()),
        worst(&pause),
        resolved.len(),
        median(resolved.clone()),
        worst(&resolved),
        limited(true).count(),
    );
    page.push_str("\n| process | cycles | GC CPU % | runtime | pauses | MiB a cycle | allocated | limiter |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    for pair in &pairs {
        let measures = &pair.process.measures;
        writeln!(
            page,
            "| {} | {} | {:.2} ({:.2} to {:.2}) | {:.2} | {:+.1} % | {:.1} | {} | {:.2}{} |",
            pair.name,
            if pair.is_complete() {
                pair.process.cycles_seen.to_string()
            } else {
                format!("{} of {}", pair.process.cycles_seen, pair.truth["NumGC"])
            },
            measures.gc_cpu_ratio.unwrap() * 100.0,
            measures.gc_cpu_ratio_low.unwrap() * 100.0,
            measures.gc_cpu_ratio_high.unwrap() * 100.0,
            pair.truth("GCCPUFraction") * 100.0,
            pair.pause_error(),
            pair.mib_a_cycle(),
            if measures.allocation_resolved {
                format!("{:+.1} %", pair.allocation_error())
            } else {
                format!("unresolved ({:+.0} %)", pair.allocation_error())
            },
            measures.limiter_bucket_max_ratio.unwrap(),
            if pair.limited() { " (on)" } else { "" },
        )
        .unwrap();
    }
    println!("{page}");

    assert!(
        close * 100 >= n * 95,
        "GC CPU: {close} of {n} within 1 point"
    );
    assert!(worst(&pause) <= 4.0, "pauses: {}", worst(&pause));
    assert!((median(pause) + 1.6).abs() < 0.5);
    assert!(worst(&resolved) <= 7.0, "allocation: {}", worst(&resolved));
    assert_eq!((found, alarms), (limited(true).count(), 0));
    for pair in limited(true) {
        assert!(
            pair.process.measures.gc_cpu_ratio.unwrap() > 0.4,
            "{}",
            pair.name
        );
    }
    in_accuracy_page("figures", &page);
}
