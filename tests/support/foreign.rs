//! Lines that other writers put into the stream, in the styles of the loggers that Go programs use.

use super::Chance;

/// A style of logging: each call gives what one write puts into the stream, one line or several, with its end.
pub(crate) type Style = fn(&mut Chance) -> String;

/// Every style with its name.
pub(crate) const STYLES: [(&str, Style); 16] = [
    ("slog-text", slog_text),
    ("slog-json", slog_json),
    ("zap-json", zap_json),
    ("zerolog-json", zerolog_json),
    ("log", log),
    ("log-short", log_short),
    ("klog", klog),
    ("gin", gin),
    ("logrus", logrus),
    ("words", words),
    ("digits", digits),
    ("stack-trace", stack_trace),
    ("blank-lines", blank_lines),
    ("utf-8", utf8),
    ("look-alikes", look_alikes),
    ("indented", indented),
];

const MESSAGES: [&str; 8] = [
    "request served",
    "cache miss",
    "slow query",
    "connection reset by peer",
    "flushing 12 segments",
    "retry 3 of 5",
    "tenant 7 over quota: 12+3 requests",
    "copied 0.25 MB in 14 ms",
];

fn message(chance: &mut Chance) -> &'static str {
    chance.one_of(&MESSAGES)
}

/// `00:31:34`, some time of one day.
fn time(chance: &mut Chance) -> String {
    let (hour, minute, second) = (
        chance.between(0, 23),
        chance.between(0, 59),
        chance.between(0, 59),
    );
    format!("{hour:02}:{minute:02}:{second:02}")
}

fn slog_text(chance: &mut Chance) -> String {
    let (time, message) = (time(chance), message(chance));
    let (ms, status) = (chance.between(0, 999), chance.between(200, 504));
    format!(
        "time=2026-11-23T{time}.{ms:03}+01:00 level=INFO msg=\"{message}\" path=/v1/items status={status}\n"
    )
}

fn slog_json(chance: &mut Chance) -> String {
    let (time, message, n) = (time(chance), message(chance), chance.between(0, 99_999));
    format!(
        "{{\"time\":\"2026-11-23T{time}.0062Z\",\"level\":\"INFO\",\"msg\":\"{message}\",\"bytes\":{n}}}\n"
    )
}

fn zap_json(chance: &mut Chance) -> String {
    let (message, n) = (message(chance), chance.between(0, 9_999));
    format!(
        "{{\"level\":\"info\",\"ts\":1795307494.{n:04},\"caller\":\"svc/svc.go:368\",\"msg\":\"{message}\",\"took\":0.{n}}}\n"
    )
}

fn zerolog_json(chance: &mut Chance) -> String {
    let (message, n) = (message(chance), chance.between(0, 9_999));
    format!("{{\"level\":\"warn\",\"shard\":{n},\"time\":1795307494,\"message\":\"{message}\"}}\n")
}

fn log(chance: &mut Chance) -> String {
    let (time, message) = (time(chance), message(chance));
    format!("2026/11/23 {time} {message}\n")
}

fn log_short(chance: &mut Chance) -> String {
    let (time, message, us) = (time(chance), message(chance), chance.between(0, 999_999));
    format!("{time}.{us:06} main.go:41: {message}\n")
}

fn klog(chance: &mut Chance) -> String {
    let level = chance.one_of(&["I", "W", "E"]);
    let (time, message, us) = (time(chance), message(chance), chance.between(0, 999_999));
    format!("{level}1123 {time}.{us:06}       7 svc.go:368] {message}\n")
}

fn gin(chance: &mut Chance) -> String {
    let (time, us, id) = (
        time(chance),
        chance.between(10_000, 99_999),
        chance.between(1, 9_999),
    );
    let ms = chance.between(0, 90);
    format!(
        "[GIN] 2026/11/23 - {time} | 200 | {ms:>6}.{us}ms |        10.0.0.7 | GET      \"/v1/items/{id}\"\n"
    )
}

fn logrus(chance: &mut Chance) -> String {
    let (time, message, n) = (time(chance), message(chance), chance.between(0, 999));
    format!("time=\"2026-11-23T{time}Z\" level=info msg=\"{message}\" n={n}\n")
}

fn words(chance: &mut Chance) -> String {
    let n = chance.between(0, 50_000);
    match chance.between(0, 4) {
        0 => format!("request {n} served\n"),
        1 => format!("worker {} of 8: {}\n", n % 8, message(chance)),
        2 => format!("{}\n", message(chance)),
        3 => "started\n".to_owned(),
        _ => "ok\n".to_owned(),
    }
}

fn digits(chance: &mut Chance) -> String {
    let n = chance.between(0, 5_000);
    match chance.between(0, 6) {
        0 => format!("{n} requests in 0.25 s\n"),
        1 => format!("0.{n:04} seconds elapsed\n"),
        2 => format!("{}+4 shards\n", n % 10),
        3 => format!("{}/{n} done\n", n / 3),
        4 => format!("{}->3 replicas\n", n % 10),
        5 => format!("{} % of the quota\n", n % 100),
        _ => format!("{n}\n"),
    }
}

/// One write of many lines.
fn stack_trace(chance: &mut Chance) -> String {
    let n = chance.between(1, 900);
    let mut block = format!(
        "panic serving 10.0.0.7:{n}: runtime error: index out of range [{n}] with length 3\ngoroutine {n} [running]:\n"
    );
    for frame in 0..chance.between(2, 9) {
        let line = chance.between(10, 3_000);
        block += &format!(
            "main.(*server).step{frame}(0xc000{line:06x}, 0x{n:x})\n\t/src/svc/server.go:{line} +0x{n:x}\n"
        );
    }
    block
}

fn blank_lines(chance: &mut Chance) -> String {
    match chance.between(0, 3) {
        0 => "\n".to_owned(),
        1 => "\n\n".to_owned(),
        2 => format!("\n{}\n\n", message(chance)),
        _ => format!("{}\n", message(chance)),
    }
}

fn utf8(chance: &mut Chance) -> String {
    let n = chance.between(0, 999);
    match chance.between(0, 3) {
        0 => format!("größe {n} → {} MB ✓\n", n / 2),
        1 => format!("→ {n} 件を処理しました\n"),
        2 => format!("🦀 {n}\n"),
        _ => format!("µs: {n}, Δ=0.{n}\n"),
    }
}

/// Lines that begin as, or contain, what the runtime prints.
fn look_alikes(chance: &mut Chance) -> String {
    let n = chance.between(1, 400);
    match chance.between(0, 9) {
        0 => format!("gc {n} of 400 tenants swept\n"),
        1 => format!("heap {n}->{}->9 MB, 16 MB goal, 4 P\n", n + 2),
        2 => format!("gc: {n} objects collected\n"),
        3 => format!("took {n} ms clock, {} ms cpu\n", n * 2),
        4 => format!("gc @{n} skipped\n"),
        5 => format!("{n} P left\n"),
        6 => format!("cache: {n} MB goal, {} MB stacks\n", n / 2),
        7 => format!("@0.{n:03}s {}%: done\n", n % 100),
        8 => "(forced)\n".to_owned(),
        _ => format!("gc worker {n} idle\n"),
    }
}

fn indented(chance: &mut Chance) -> String {
    let n = chance.between(1, 400);
    match chance.between(0, 2) {
        0 => format!("    retry {n}\n"),
        1 => format!("\tat step {n}\n"),
        _ => format!(" {n} left\n"),
    }
}
