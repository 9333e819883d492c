//! A running program as a source: against small servers with every fault, and against real Go programs beside their own trace.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may end at the first surprise, and says on standard error what it skipped"
)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::go;

const VARS: &[u8] = include_bytes!("../memstats/vars.go1.27.3.json");
const HEAP: &[u8] = include_bytes!("../memstats/heap.go1.27.3.txt");

/// What a server does with the n-th request for a path.
type Answer = dyn Fn(&mut dyn Write, &str, usize) + Send + Sync;

/// A server on a free port: its address, and the requests that it got.
fn server(
    answer: impl Fn(&mut dyn Write, &str, usize) + Send + Sync + 'static,
) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::<Mutex<Vec<String>>>::default();
    let (got, count, answer) = (
        Arc::clone(&requests),
        Arc::new(AtomicUsize::new(0)),
        Arc::new(answer),
    );
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (got, count, answer) = (Arc::clone(&got), Arc::clone(&count), Arc::clone(&answer));
            thread::spawn(move || {
                let stream: TcpStream = stream.unwrap();
                let mut writer = stream.try_clone().unwrap();
                serve(stream, &mut writer, &got, &count, &*answer);
            });
        }
    });
    (address, requests)
}

fn serve(
    stream: impl Read,
    writer: &mut dyn Write,
    got: &Mutex<Vec<String>>,
    count: &AtomicUsize,
    answer: &Answer,
) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let mut head = Vec::new();
    while let Some(line) = lines.next().filter(|line| !line.is_empty()) {
        head.push(line);
    }
    let Some(path) = head.first().and_then(|line| line.split(' ').nth(1)) else {
        return;
    };
    let path = path.to_owned();
    got.lock().unwrap().push(head.join("\n"));
    let nth = match path.contains("/debug/") {
        true => count.fetch_add(1, Ordering::Relaxed),
        false => 0,
    };
    answer(writer, &path, nth);
}

/// Writes an answer that closes the connection.
fn whole(out: &mut dyn Write, status: &str, body: &[u8]) {
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    let _ = out
        .write_all(head.as_bytes())
        .and_then(|()| out.write_all(body));
}

/// The variables of a program in which cycles have gone on: `cycles` more, 100 ms apart.
fn later(cycles: u64) -> Vec<u8> {
    let mut vars: Value = serde_json::from_slice(VARS).unwrap();
    let stats = &mut vars["memstats"];
    let num_gc = stats["NumGC"].as_u64().unwrap();
    let last = stats["LastGC"].as_u64().unwrap();
    for n in 1..=cycles {
        let at = usize::try_from((num_gc + n - 1) % 256).unwrap();
        stats["PauseNs"][at] = 90_000.into();
        stats["PauseEnd"][at] = (last + n * 100_000_000).into();
    }
    stats["NumGC"] = (num_gc + cycles).into();
    stats["TotalAlloc"] = (stats["TotalAlloc"].as_u64().unwrap() + cycles * 4_000_000).into();
    serde_json::to_vec(&vars).unwrap()
}

fn gcpressure(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gcpressure"))
        .args(args)
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Its standard error, after a run that ends with this status.
fn fails(args: &[&str], status: i32) -> String {
    let output = gcpressure(args);
    let stderr = String::from_utf8(output.stderr).unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(status), "{stderr}{stdout}");
    stderr + &stdout
}

#[track_caller]
fn says(text: &str, words: &[&str]) {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for word in words {
        assert!(text.contains(word), "`{word}` is not in: {text}");
    }
}

#[test]
fn a_running_program_is_watched_by_its_variables() {
    let (url, requests) = server(|out, path, nth| match path {
        "/debug/vars" => whole(out, "200 OK", &later(nth as u64 * 20)),
        "/metrics" => whole(
            out,
            "200 OK",
            b"process_start_time_seconds 1.79614341e+09\n",
        ),
        _ => whole(out, "404 Not Found", b""),
    });
    let output = gcpressure(&[
        &url,
        "--for",
        "2s",
        "--every",
        "1s",
        "-f",
        "json",
        "--header",
        "Authorization: Bearer s3cret",
    ]);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let report: Value = serde_json::from_str(&text).unwrap();
    let process = &report["processes"][0];
    assert_eq!(process["format"], "runtime.MemStats");
    assert_eq!(process["source"], url);
    let polls = report["input"]["sources"][0]["polls"].as_u64().unwrap();
    assert!(polls >= 2);
    assert_eq!(process["cycles_seen"], 1 + (polls - 1) * 20);
    assert_eq!(process["gc_frequency_per_second"], 10.0);
    assert_eq!(process["live_heap_bytes"], Value::Null);
    assert_eq!(process["gomaxprocs"], Value::Null);
    assert!(process["gc_cpu_ratio"].is_number());
    let requests = requests.lock().unwrap();
    assert!(
        requests
            .iter()
            .all(|request| request.contains("Bearer s3cret"))
    );
    assert!(
        !text.contains("s3cret") && !String::from_utf8_lossy(&output.stderr).contains("s3cret")
    );
    // And one for the start.
    assert_eq!(requests.len() as u64, polls + 1);
}

#[test]
fn a_gate_judges_what_it_can_and_says_what_is_not_in_the_source() {
    let vars = |out: &mut dyn Write, path: &str, nth: usize| match path {
        "/debug/vars" => whole(out, "200 OK", &later(nth as u64 * 20)),
        _ => whole(out, "404 Not Found", b""),
    };
    let (url, _) = server(vars);
    let text = fails(
        &[
            "check",
            &url,
            "--for",
            "3s",
            "--every",
            "1s",
            "--max",
            "gc-frequency=5/s",
            "--window",
            "2s",
            "--hop",
            "1s",
        ],
        1,
    );
    says(
        &text,
        &[
            "gc-frequency",
            "as MemStats.GCCPUFraction counts it",
            "--started",
        ],
    );
    let (url, _) = server(vars);
    let text = fails(
        &[
            "check",
            &url,
            "--for",
            "2s",
            "--every",
            "1s",
            "--max",
            "mark-duty=5%",
        ],
        3,
    );
    says(
        &text,
        &["mark-duty", "not in this source", "GODEBUG=gctrace=1"],
    );
}

#[test]
fn each_cycle_is_a_row_at_once() {
    let (url, _) = server(|out, path, nth| match path {
        "/debug/pprof/heap?debug=1" if nth < 2 => whole(out, "200 OK", HEAP),
        _ => whole(out, "404 Not Found", b""),
    });
    let output = gcpressure(&["events", &url, "--for", "1s", "--every", "1s"]);
    let rows = String::from_utf8(output.stdout).unwrap();
    let row: Value = serde_json::from_str(rows.lines().next().unwrap()).unwrap();
    assert_eq!(
        (row["cycle"].as_u64(), &row["gomaxprocs"]),
        (Some(35), &Value::Null)
    );
    assert!(
        row["wall_time"].as_str().unwrap().starts_with("20"),
        "{row}"
    );
    assert_eq!(rows.lines().count(), 1);
}

#[test]
fn an_interrupt_ends_a_watch_with_a_last_poll() {
    // The program starts with the signal at its default, also where it is ignored here, as under `nohup`.
    signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::default()).unwrap();
    // On a slow host a poll takes longer, and the next one may not come as soon.
    for seconds in [2, 10, 30] {
        let (url, _) = server(|out, path, nth| match path {
            "/debug/vars" => whole(out, "200 OK", &later(nth as u64 * 20)),
            _ => whole(out, "404 Not Found", b""),
        });
        let mut events = Command::new(env!("CARGO_BIN_EXE_gcpressure"))
            .args(["events", &url, "--every", "1h"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut rows = BufReader::new(events.stdout.take().unwrap()).lines();
        rows.next().unwrap().unwrap();
        thread::sleep(Duration::from_secs(seconds));
        let pid = events.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-INT", &pid])
                .status()
                .unwrap()
                .success()
        );
        let rest = rows.count();
        assert!(events.wait().unwrap().success());
        assert!(rest == 0 || rest == 20, "{rest}");
        if rest == 20 {
            return;
        }
    }
    panic!("a poll takes more than 300 ms");
}

#[test]
fn a_unix_socket_is_a_source_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.sock");
    let listener = UnixListener::bind(&path).unwrap();
    thread::spawn(move || {
        let (got, count) = (Mutex::default(), AtomicUsize::new(0));
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            let mut writer = stream.try_clone().unwrap();
            serve(
                stream,
                &mut writer,
                &got,
                &count,
                &|out, path, nth| match path {
                    "/debug/vars" => whole(out, "200 OK", &later(nth as u64 * 20)),
                    _ => whole(out, "404 Not Found", b""),
                },
            );
        }
    });
    let url = format!("unix:{}", path.display());
    let text = fails(&[&url, "--for", "1s"], 0);
    says(&text, &["GC cycles", "polls", "runtime.MemStats"]);
    says(
        &fails(&["unix:/nowhere/app.sock", "--for", "1s"], 2),
        &["/nowhere/app.sock", "no such file"],
    );
}

#[test]
fn every_fault_at_the_start_has_its_words() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let refused = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    says(
        &fails(&[&refused, "--for", "1s"], 2),
        &["connection refused: is the program running"],
    );

    let all = |answer: fn(&mut dyn Write)| {
        let (url, _) = server(move |out, _, _| answer(out));
        fails(&[&url, "--for", "1s"], 2)
    };
    let text = all(|out| whole(out, "404 Not Found", b"404 page not found"));
    says(&text, &["404", "net/http/pprof", "expvar"]);
    let text = all(|out| whole(out, "200 OK", b"<html>nginx</html>"));
    says(&text, &["has no complete runtime.MemStats", "Go program"]);
    let text = all(|out| {
        let _ = out.write_all(
            b"HTTP/1.1 302 Found\r\nLocation: https://other/login\r\nContent-Length: 0\r\n\r\n",
        );
    });
    says(
        &text,
        &[
            "302 Found",
            "https://other/login",
            "redirects are not followed",
        ],
    );
    let text = all(|out| whole(out, "401 Unauthorized", b""));
    says(&text, &["401", "--header"]);
    let text = all(|out| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", VARS.len());
        let _ = out
            .write_all(head.as_bytes())
            .and_then(|()| out.write_all(&VARS[..2_000]));
    });
    says(&text, &["cut"]);
    let text = all(|out| {
        let _ = out.write_all(b"SSH-2.0-OpenSSH_9.9\r\n");
    });
    says(&text, &["not HTTP"]);
    says(
        &fails(&["http://no-such-host.invalid", "--for", "1s"], 2),
        &["failed to lookup"],
    );
    says(
        &fails(&["https://127.0.0.1:1", "--for", "1s"], 2),
        &["connection refused"],
    );
    says(
        &fails(&["app.log", "--for", "1s"], 2),
        &["--for is for a URL"],
    );
}

#[test]
fn a_body_without_end_and_a_server_that_hangs_end_the_poll() {
    let (endless, _) = server(|out, path, _| match path {
        "/debug/vars" => whole(out, "404 Not Found", b""),
        _ => {
            let _ = out.write_all(b"HTTP/1.1 200 OK\r\n\r\nheap profile: 1: 2 [3: 4] @ heap/1\n");
            while out.write_all(&[b'#'; 64 << 10]).is_ok() {}
        }
    });
    let text = thread::spawn(move || fails(&[&endless, "--for", "1s"], 2));
    let (hung, _) = server(|_, _, _| thread::sleep(Duration::from_secs(60)));
    says(
        &fails(&[&hung, "--for", "1s"], 2),
        &["no whole answer within 10 s"],
    );
    let text = text.join().unwrap();
    assert!(
        text.contains("more than 64 MiB") || text.contains("no whole answer"),
        "{text}"
    );
}

#[test]
fn a_restart_and_a_failed_poll_lose_nothing_of_the_rest() {
    // On a slow host a poll takes longer, and the next one is later.
    for length in ["4s", "12s", "40s"] {
        let (url, requests) = server(|out, path, nth| match (path, nth) {
            ("/debug/vars", 0 | 1) => whole(out, "200 OK", &later(nth as u64 * 20)),
            ("/debug/vars", 2) => whole(out, "503 Service Unavailable", b""),
            // The numbers begin again.
            ("/debug/vars", _) => whole(out, "200 OK", VARS),
            _ => whole(out, "404 Not Found", b""),
        });
        let text = fails(&[&url, "--for", length, "--every", "1s"], 0);
        let got = requests.lock().unwrap();
        if got
            .iter()
            .filter(|request| request.contains("/debug/vars"))
            .count()
            < 4
        {
            continue;
        }
        says(
            &text,
            &[
                "another process answered",
                "1 of",
                "polls had no usable answer",
                "503",
            ],
        );
        says(&text, &["2 processes, 56 GC cycles"]);
        return;
    }
    panic!("a poll takes more than 100 ms");
}

/// The rows of a program's own trace, by number.
fn trace(bytes: &[u8], folder: &Path) -> BTreeMap<u64, Value> {
    let log = folder.join("trace.log");
    std::fs::write(&log, bytes).unwrap();
    rows(&gcpressure(&["events", log.to_str().unwrap()]))
}

fn rows(output: &Output) -> BTreeMap<u64, Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let rows = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    rows.map(|row| (row["cycle"].as_u64().unwrap(), row))
        .collect()
}

/// How far a printed duration may be below the true one: see `resolution_ns` in `src/trace/cycle.rs`.
fn resolution(printed: u64) -> u64 {
    match printed {
        0..100_000 => 1_000,
        100_000..1_000_000 => 10_000,
        1_000_000..10_000_000 => 100_000,
        _ => 1_000_000,
    }
}

#[test]
fn real_programs_have_the_cycles_of_their_own_trace() {
    let seconds =
        std::env::var("GCPRESSURE_ATTACH_SECONDS").map_or(6, |text| text.parse().unwrap());
    for go in go::toolchains() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("attach");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/attach");
        let built = go
            .command()
            .args(["build", "-o"])
            .arg(&program)
            .arg("main.go")
            .current_dir(source)
            .output();
        let built = built.unwrap();
        assert!(
            built.status.success(),
            "{}",
            String::from_utf8_lossy(&built.stderr)
        );
        let mut service = Command::new(&program)
            .env("GODEBUG", "gctrace=1")
            .env(
                "GOGC",
                std::env::var("GCPRESSURE_ATTACH_GOGC").unwrap_or_default(),
            )
            .env_remove("GOMEMLIMIT")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(service.stdout.take().unwrap())
            .read_line(&mut address)
            .unwrap();
        let mut stderr = service.stderr.take().unwrap();
        let traced = thread::spawn(move || {
            let mut bytes = Vec::new();
            stderr.read_to_end(&mut bytes).map(|_| bytes).unwrap()
        });
        let url = format!("http://{}", address.trim());
        thread::sleep(Duration::from_secs(2));
        let classes = || -> Vec<f64> {
            let mut stream = TcpStream::connect(address.trim()).unwrap();
            stream.write_all(b"GET /classes HTTP/1.0\r\n\r\n").unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            serde_json::from_str(text.split("\r\n\r\n").nth(1).unwrap()).unwrap_or_default()
        };
        let before = classes();
        let watched = format!("{seconds}s");
        let events = thread::spawn({
            let (url, watched) = (url.clone(), watched.clone());
            move || gcpressure(&["events", &url, "--for", &watched])
        });
        let output = gcpressure(&[&url, "--for", &watched, "-f", "json"]);
        let after = classes();
        let polled = rows(&events.join().unwrap());
        service.kill().unwrap();
        service.wait().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let process = &report["processes"][0];
        let trace = trace(&traced.join().unwrap(), folder.path());

        // Every cycle between the first and the last is there, with the pause of its line.
        let numbers: Vec<u64> = polled.keys().copied().collect();
        assert!(
            numbers.len() >= 4 && numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]),
            "{numbers:?}"
        );
        assert_eq!(process["cycles_missing"], 0);
        let pause = |row: &Value| row["pause_ns"].as_u64().unwrap();
        let off: Vec<_> = polled
            .iter()
            .filter_map(|(number, row)| {
                let line = &trace[number];
                let stops = ["sweep_termination_ns", "mark_termination_ns"]
                    .map(|stop| line[stop].as_u64().unwrap());
                let most = pause(line) + stops.map(resolution).iter().sum::<u64>();
                // MemStats and the line read the clock at slightly different places.
                (!(pause(line).saturating_sub(2_000)..=most + 2_000).contains(&pause(row)))
                    .then_some((*number, pause(row), pause(line)))
            })
            .collect();
        assert!(
            off.len() * 20 <= polled.len(),
            "{}: {} of {}: {off:?}",
            go.version,
            off.len(),
            polled.len()
        );

        // From end to end, over the same cycles.
        let number = |key: &str| process[key].as_u64().unwrap();
        let (first, last) = (number("first_cycle"), number("last_cycle"));
        let end = |row: &Value| {
            let parts = ["at_ns", "pause_ns", "concurrent_mark_ns"];
            parts
                .iter()
                .map(|part| row[part].as_u64().unwrap())
                .sum::<u64>()
        };
        let span = (end(&trace[&last]) - end(&trace[&first])) as f64 / 1e9;
        let frequency = (last - first) as f64 / span;
        let polled_frequency = process["gc_frequency_per_second"].as_f64().unwrap();
        assert!(
            (polled_frequency / frequency - 1.0).abs() < 0.02,
            "{polled_frequency} {frequency}"
        );
        let allocated = |number: u64| {
            let (row, before) = (&trace[&number], &trace[&(number - 1)]);
            row["heap_end_bytes"].as_f64().unwrap() - before["heap_live_bytes"].as_f64().unwrap()
        };
        let traced_rate = (first + 1..=last).map(allocated).sum::<f64>() / span;
        let rate = process["allocation_bytes_per_second"].as_f64().unwrap();
        // Below this, whole MiB do not show it: see `allocation_resolved`.
        let resolved = traced_rate / frequency >= 10.0 * 1_048_576.0;
        assert!(
            !resolved || (rate / traced_rate - 1.0).abs() < 0.1,
            "{rate} {traced_rate}"
        );
        let cpu = process["gc_cpu_ratio"].as_f64();
        let truth = (before.len() == 3 && after.len() == 3).then(|| {
            let grown = |at: usize| after[at] - before[at];
            (grown(0) - grown(1)) / grown(2)
        });
        eprintln!(
            "{}: {} cycles, {} off {off:?}, {polled_frequency:.4} against {frequency:.4} cycles/s, {:.2} against {:.2} MiB/s, GC CPU {cpu:?} against {truth:?}",
            go.version,
            polled.len(),
            off.len(),
            rate / 1_048_576.0,
            traced_rate / 1_048_576.0
        );
        if let (Some(cpu), Some(truth)) = (cpu, truth) {
            assert!((cpu - truth).abs() < 0.01, "{cpu} {truth}");
        }
    }
}
