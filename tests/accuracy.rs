//! Every own log of the corpus against what the runtime said of itself in the same process.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test panics by design and prints its table"
)]

mod support;

use std::path::Path;

use gcpressure::report::Process;
use gcpressure::settings::Settings;
use serde_json::Value;

#[test]
fn accuracy() {
    let Some(corpus) = support::corpus::corpus() else {
        return;
    };
    let own = corpus.join("own");
    let mut names: Vec<String> = std::fs::read_dir(&own)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .filter(|n| n.ends_with(".truth.json"))
        .collect();
    names.sort();
    for name in names {
        let stem = name.strip_suffix(".truth.json").unwrap();
        if !own.join(format!("{stem}.log")).exists() {
            println!("skip {stem}");
            continue;
        }
        let truth: Value =
            serde_json::from_str(&std::fs::read_to_string(own.join(&name)).unwrap()).unwrap();
        let report =
            support::corpus::report(&own.join(format!("{stem}.log")), &Settings::default())
                .unwrap();
        let p: &Process = &report.processes[0];
        let m = &p.measures;
        let frac = truth["GCCPUFraction"].as_f64().unwrap();
        let pause = truth["PauseTotalNs"].as_f64().unwrap();
        let last = (m.started_ns + m.duration_ns) as f64 / 1e9;
        let series = truth["series"].as_array().unwrap();
        let mut series = series.clone();
        series.push(serde_json::json!({"t": truth["elapsed_s_since_init"], "alloc_bytes": truth["TotalAlloc"]}));
        let mut prev = (0.0, 0.0);
        let mut alloc = f64::NAN;
        for s in series {
            let (t, a) = (s["t"].as_f64().unwrap(), s["alloc_bytes"].as_f64().unwrap());
            if t >= last {
                alloc = prev.1 + (a - prev.1) * (last - prev.0) / (t - prev.0);
                break;
            }
            prev = (t, a);
        }
        println!(
            "{stem:32} n {:4}/{:4} cpu {:6.2} [{:6.2} {:6.2}] true {:6.2} d {:+5.2}pp  pause {:+6.2}%  alloc {:+7.2}% {} mib/cycle {:.1} lim {:.2} true {}",
            p.cycles_seen,
            truth["NumGC"],
            m.gc_cpu_ratio * 100.0,
            m.gc_cpu_ratio_low * 100.0,
            m.gc_cpu_ratio_high * 100.0,
            frac * 100.0,
            (m.gc_cpu_ratio - frac) * 100.0,
            (m.pause.sum as f64 / pause - 1.0) * 100.0,
            (m.allocation_bytes as f64 / alloc - 1.0) * 100.0,
            if m.allocation_resolved { "res" } else { "un " },
            m.allocation_bytes as f64 / 1048576.0 / p.cycles_seen as f64,
            m.limiter_bucket_max,
            truth["metrics"]["/gc/limiter/last-enabled:gc-cycle"]
        );
        let _ = Path::new("");
    }
}
