//! `go test` of a real Go: the gate around a package's tests, and the GC cycles of benchmarks beside what the runtime counts.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::fs;
use std::io::Cursor;
use std::path::Path;

use gcpressure::internal::gobench;

use crate::go::{Go, toolchains};

/// Writes a module with one test file.
fn module(folder: &Path, file: &str) {
    fs::write(
        folder.join("go.mod"),
        "module example.com/churn\n\ngo 1.19\n",
    )
    .unwrap();
    fs::write(folder.join("churn_test.go"), file).unwrap();
}

/// The command that the documentation shows, with more flags of `run`.
fn gated(go: &Go, folder: &Path, more: &str) -> (bool, String) {
    let program = crate::program::gcpressure().get_program().to_owned();
    let program = program.to_str().unwrap();
    let gate = format!("{program} run --check --max gc-frequency=20/s -q {more} --");
    let output = go
        .command()
        .args(["test", "-count", "1", "-exec", &gate, "./..."])
        .current_dir(folder)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success(), text)
}

#[test]
fn go_test_fails_where_the_gate_does() {
    let churn = "package churn\n\nimport (\n\t\"testing\"\n\t\"time\"\n)\n\nvar sink []byte\n\n\
        func TestChurn(t *testing.T) {\n\tfor end := time.Now().Add(12 * time.Second); time.Now().Before(end); {\n\
        \t\tsink = make([]byte, 64<<10)\n\t}\n}\n";
    let calm = "package churn\n\nimport \"testing\"\n\nfunc TestCalm(t *testing.T) {}\n";
    for go in toolchains() {
        let folder = tempfile::tempdir().unwrap();
        module(folder.path(), churn);
        let (passes, text) = gated(&go, folder.path(), "");
        assert!(
            !passes && text.contains("FAIL\texample.com/churn"),
            "{}: {text}",
            go.version
        );
        // A test without a cycle is no evidence.
        module(folder.path(), calm);
        let (passes, text) = gated(&go, folder.path(), "");
        assert!(!passes, "{}: {text}", go.version);
        let (passes, text) = gated(&go, folder.path(), "--allow-no-verdict");
        assert!(passes && text.starts_with("ok"), "{}: {text}", go.version);
    }
}

/// A benchmark that reports what `runtime.MemStats` counts from the start of a run to its end.
const COUNTED: &str = r#"package churn

import (
	"runtime"
	"testing"
)

var sink []byte

func BenchmarkChurn(b *testing.B) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := 0; i < b.N; i++ {
		sink = make([]byte, 64<<10)
	}
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.NumGC-before.NumGC)/float64(b.N), "cycles/op")
	b.ReportMetric(float64(after.PauseTotalNs-before.PauseTotalNs)/float64(b.N), "pause/op")
}
"#;

#[test]
fn the_cycles_of_a_benchmark_are_those_that_the_runtime_counts() {
    for go in toolchains() {
        let folder = tempfile::tempdir().unwrap();
        module(folder.path(), COUNTED);
        let program = folder.path().join("churn.test");
        let mut build = go.command();
        build.args(["test", "-c", "-o"]).arg(&program).arg(".");
        let built = build.current_dir(folder.path()).output().unwrap();
        assert!(
            built.status.success(),
            "{}",
            String::from_utf8_lossy(&built.stderr)
        );
        // Both streams into one file, as `go test` writes them.
        let path = folder.path().join("bench.txt");
        let file = fs::File::create(&path).unwrap();
        let status = crate::program::started(&program)
            .args([
                "-test.bench",
                ".",
                "-test.count",
                "5",
                "-test.benchtime",
                "200ms",
            ])
            .env("GODEBUG", "gctrace=1")
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .status()
            .unwrap();
        assert!(status.success());
        let text = fs::read(&path).unwrap();
        let output = gobench::read(&mut Cursor::new(&text)).unwrap();
        assert_eq!(output.results.len(), 5);
        for result in &output.results {
            let figure = |unit: &str| {
                let found = result.values.iter().find(|(_, name)| name == unit);
                found.unwrap_or_else(|| panic!("no {unit}: {result:?}")).0
                    * result.iterations as f64
            };
            let (ours, counted) = (figure("gc-cycles/op"), figure("cycles/op"));
            // A cycle may go on when the benchmark reads the counters.
            assert!(
                (ours - counted).abs() <= 1.01 && ours >= 10.0,
                "{}: {result:?}",
                go.version
            );
            // The trace has two significant digits of each stop, and three decimals of a millisecond at most.
            let (pause, total) = (figure("gc-pause-ns/op"), figure("pause/op"));
            assert!(
                pause >= 0.5 * total && pause <= 2.0 * total,
                "{}: {result:?}",
                go.version
            );
        }
    }
}
