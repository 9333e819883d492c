//! What monitors see: metrics of logs that grow and of programs that are started again, and the alert rules and dashboards of
//! docs/observability, which are made here from the table of rules. `SNAPSHOTS=overwrite cargo test --test all observability`
//! writes them anew. docs/observability/check.sh holds them to Prometheus.
#![allow(clippy::unwrap_used, reason = "a test panics by design")]
#![allow(clippy::float_cmp, reason = "counts are whole numbers")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use gcpressure::internal::io::Source;
use gcpressure::internal::pipeline::{self, Options};
use gcpressure::internal::render::{Format, Render, Style};
use gcpressure::internal::rules::{self, Rule};
use gcpressure::internal::units::Unit;
use serde_json::{Value, json};
use snapbox::{Data, assert_data_eq};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn metrics(log: &str) -> String {
    let reader = Box::new(std::io::Cursor::new(log.to_owned().into_bytes()));
    let source = Source::from_reader("server.log", reader);
    let report = pipeline::analyze(vec![source], &Options::default(), &mut ()).unwrap();
    let mut page = Vec::new();
    Format::Openmetrics
        .render(&report, &mut page, &Style::default())
        .unwrap();
    String::from_utf8(page).unwrap()
}

fn sample(name: &str) -> String {
    fs::read_to_string(root().join("samples").join(name)).unwrap()
}

/// The samples, by name and labels.
fn samples(page: &str) -> BTreeMap<&str, f64> {
    let lines = page.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(name, value)| (name, value.parse().unwrap()))
        .collect()
}

/// A counter that falls looks like a program that was started again: all of it would be added once more.
#[test]
fn no_counter_falls_while_a_log_grows() {
    let whole = sample("limit.go1.27.3.log");
    // One line of seven is lost, so that sums are scaled up in the report.
    let lines = whole.lines().enumerate();
    let kept: Vec<_> = lines
        .filter(|(number, _)| number % 7 != 3)
        .map(|(_, line)| line)
        .collect();
    let mut before = BTreeMap::new();
    let mut compared = 0;
    for end in (10..=kept.len()).step_by(3) {
        let page = metrics(&(kept[..end].join("\n") + "\n"));
        let grows = |name: &str| {
            let family = name.split('{').next().unwrap();
            ["_total", "_bucket", "_count", "_sum"]
                .iter()
                .any(|suffix| family.ends_with(suffix))
        };
        let now: BTreeMap<String, f64> = samples(&page)
            .into_iter()
            .filter(|(name, _)| grows(name))
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        for (name, value) in &now {
            if let Some(old) = before.get(name) {
                assert!(value >= old, "{name}: {value} after {old}, {end} lines");
                compared += 1;
            }
        }
        before = now;
    }
    assert!(compared > 1000, "{compared}");
}

#[test]
fn a_program_that_was_started_again_without_the_fault_raises_nothing() {
    let finding = "gcpressure_finding{process=\"1\",rule=\"gc-frequency\",severity=\"critical\"}";
    let cause = "gcpressure_diagnosis{process=\"1\",cause=\"small-heap\"}";
    let sick = sample("wasteful.go1.27.3.log");
    let page = metrics(&sick);
    assert_eq!(samples(&page)[finding], 1.0);
    assert_eq!(samples(&page)[cause], 1.0);
    let page = metrics(&(sick + &sample("fixed.go1.27.3.log")));
    assert_eq!(samples(&page)[finding], 0.0, "{page}");
    assert_eq!(samples(&page)[cause], 0.0);
}

#[test]
fn the_metrics_say_in_which_gomaxprocs_the_newest_cycle_was() {
    let log = "gc 1 @0.100s 1%: 0.010+1.0+0.010 ms clock, 0.080+0/1.0/0+0.080 ms cpu, 4->4->1 MB, 5 MB goal, 0 MB stacks, 0 MB globals, 8 P\n\
               gc 2 @0.200s 1%: 0.010+1.0+0.010 ms clock, 0.020+0/1.0/0+0.020 ms cpu, 4->4->1 MB, 5 MB goal, 0 MB stacks, 0 MB globals, 2 P\n";
    let page = metrics(log);
    assert_eq!(samples(&page)["gctrace_gomaxprocs{process=\"1\"}"], 2.0);
    // 4 MiB before the first cycle, 4 - 1 MiB before the second.
    assert_eq!(
        samples(&page)["gctrace_allocated_bytes_total{process=\"1\"}"],
        7.0 * 1_048_576.0
    );
    assert_eq!(
        samples(&page)["gctrace_period_seconds_bucket{process=\"1\",le=\"0.05\"}"],
        0.0
    );
    assert_eq!(
        samples(&page)["gctrace_period_seconds_bucket{process=\"1\",le=\"0.1\"}"],
        1.0
    );
}

/// What of a program's own metrics (client_golang) asks the question of a rule, over `RATE`; what must hold besides for a
/// warning, and what more for a critical alert, in the words of `gcpressure explain RULE`.
struct Asked {
    rule: &'static str,
    value: &'static str,
    besides: &'static str,
    critical: &'static str,
}

const CYCLES: &str = "rate(go_gc_duration_seconds_count[RATE])";
const STOPPED: &str = "rate(go_gc_duration_seconds_sum[RATE])";
const GC_CPU: &str = "(rate(go_cpu_classes_gc_total_cpu_seconds_total[RATE]) - rate(go_cpu_classes_gc_mark_idle_cpu_seconds_total[RATE])) / \
     rate(go_cpu_classes_total_cpu_seconds_total[RATE])";
/// Collecting has a measurable cost; the default collector shows stops only.
const COSTS: &str = "rate(go_gc_duration_seconds_sum[RATE]) >= 0.001";

const ASKED: &[Asked] = &[
    Asked {
        rule: "gc-frequency",
        value: CYCLES,
        besides: COSTS,
        critical: "",
    },
    Asked {
        rule: "long-pause",
        value: "go_gc_duration_seconds{quantile=\"1\"}",
        besides: "",
        critical: "",
    },
    Asked {
        rule: "pause-budget",
        value: STOPPED,
        besides: "",
        critical: "",
    },
    Asked {
        rule: "gc-cpu",
        value: GC_CPU,
        besides: "",
        critical: "",
    },
    Asked {
        rule: "assist-pressure",
        value: "rate(go_cpu_classes_gc_mark_assist_cpu_seconds_total[RATE]) / rate(go_cpu_classes_total_cpu_seconds_total[RATE])",
        besides: "",
        critical: "",
    },
    Asked {
        rule: "min-heap",
        value: "avg_over_time((go_memstats_next_gc_bytes <= bool 5242880)[RATE:15s])",
        besides: "rate(go_gc_duration_seconds_count[RATE]) >= 10 and rate(go_gc_duration_seconds_sum[RATE]) >= 0.001",
        critical: "",
    },
    Asked {
        rule: "low-headroom",
        value: "avg_over_time((go_gc_heap_live_bytes / (go_gc_heap_goal_bytes > 5242880))[RATE:15s])",
        besides: "rate(go_gc_duration_seconds_count[RATE]) >= 0.5",
        critical: "GC_CPU >= 0.05",
    },
    Asked {
        rule: "cpu-limiter",
        value: "clamp_max(changes(go_gc_limiter_last_enabled_gc_cycle[RATE]), 1)",
        besides: "",
        critical: "",
    },
    Asked {
        rule: "forced-gc",
        value: "rate(go_gc_cycles_forced_gc_cycles_total[RATE]) / rate(go_gc_cycles_total_gc_cycles_total[RATE])",
        besides: "rate(go_gc_cycles_forced_gc_cycles_total[RATE]) * 60 >= 2 and rate(go_gc_duration_seconds_sum[RATE]) >= 0.001",
        critical: "GC_CPU >= 0.1",
    },
];

/// `GcFrequency` of `gc-frequency`.
fn camel(id: &str) -> String {
    let words = id.split('-');
    words
        .map(|word| word[..1].to_uppercase() + &word[1..])
        .collect()
}

/// A threshold in the base unit of metrics.
fn base(rule: &Rule, threshold: f64) -> f64 {
    match rule.unit {
        Unit::Nanoseconds => threshold / 1e9,
        Unit::Mebibytes => threshold * 1_048_576.0,
        _ => threshold,
    }
}

const MADE: &str = "# Made from gcpressure's table of rules by its tests; changes here are lost.\n";

/// Alerts on what gcpressure found.
fn alerts() -> String {
    let mut page = format!("{MADE}groups:\n  - name: gcpressure\n    rules:\n");
    let warns = |rule: &&Rule| rule.warning.or(rule.critical).is_some();
    for rule in rules::table().iter().filter(warns) {
        let (id, summary) = (rule.id, rule.summary);
        write!(
            page,
            "      - alert: Gcpressure{}\n        \
             expr: gcpressure_finding{{rule=\"{id}\",severity!=\"info\"}} == 1\n        \
             annotations:\n          \
             summary: \"{summary}: process {{{{ $labels.process }}}}\"\n          \
             description: \"gcpressure explain {id} says how it is measured, why it matters and what to do.\"\n",
            camel(id)
        )
        .unwrap();
    }
    page + "      - alert: GcpressureNoTrace\n        \
            expr: sum without (state) (gcpressure_lines_total{state=~\"intact|repaired\"}) == 0\n        \
            for: 10m\n        \
            labels:\n          severity: warning\n        \
            annotations:\n          \
            summary: \"no gc line was read: nothing is judged\"\n          \
            description: \"Run the program with GODEBUG=gctrace=1 and pass its standard error to gcpressure.\"\n"
}

/// Alerts on the program's own metrics.
fn go_alerts() -> String {
    let mut page = format!("{MADE}groups:\n  - name: go-gc\n    rules:\n");
    for asked in ASKED {
        let rule = rules::find(asked.rule).unwrap();
        let levels = [
            ("warning", rule.warning, ""),
            ("critical", rule.critical, asked.critical),
        ];
        for (severity, threshold, more) in levels {
            let Some(threshold) = threshold else { continue };
            let conditions = [asked.besides, more]
                .into_iter()
                .filter(|text| !text.is_empty());
            let besides: String = conditions.map(|text| format!(" and {text}")).collect();
            let expr = format!("{} >= {}{besides}", asked.value, base(rule, threshold));
            let expr = expr.replace("GC_CPU", GC_CPU).replace("RATE", "5m");
            write!(
                page,
                "      - alert: Go{}\n        expr: '{expr}'\n        for: 1m\n        \
                 labels:\n          severity: {severity}\n        \
                 annotations:\n          \
                 summary: \"{}: {{{{ $labels.instance }}}}\"\n          \
                 description: \"gcpressure explain {} says why it matters and what to do; a trace (GODEBUG=gctrace=1) shows the cause.\"\n",
                camel(asked.rule),
                rule.summary,
                asked.rule
            )
            .unwrap();
        }
    }
    page
}

/// A chart: title, Grafana's unit, the rule whose thresholds it shows, and queries with their legends.
struct Chart<'a>(&'a str, &'a str, Option<&'a str>, Vec<(&'a str, &'a str)>);

fn panel(number: usize, kind: &str, chart: &Chart<'_>) -> Value {
    let Chart(title, unit, rule, queries) = chart;
    let mut steps = vec![json!({"color": "green", "value": null})];
    if let Some(rule) = rule.map(|rule| rules::find(rule).unwrap()) {
        let levels = [("orange", rule.warning), ("red", rule.critical)];
        for (color, threshold) in levels {
            steps.extend(threshold.map(|at| json!({"color": color, "value": base(rule, at)})));
        }
    }
    let lines = if steps.len() > 1 { "line" } else { "off" };
    let custom = match kind {
        "timeseries" => json!({"thresholdsStyle": {"mode": lines}, "fillOpacity": 10}),
        _ => json!({}),
    };
    let source = json!({"type": "prometheus", "uid": "${datasource}"});
    let targets: Vec<_> = ('A'..)
        .zip(queries)
        .map(|(id, (query, legend))| {
            json!({
                "refId": id, "datasource": source, "legendFormat": legend,
                "expr": query.replace("RATE", "$__rate_interval"),
            })
        })
        .collect();
    json!({
        "id": number + 1, "type": kind, "title": title, "datasource": source,
        "gridPos": {"x": number % 2 * 12, "y": number / 2 * 8, "w": 12, "h": 8},
        "fieldConfig": {
            "defaults": {"unit": unit, "min": 0, "custom": custom, "thresholds": {"mode": "absolute", "steps": steps}},
            "overrides": [],
        },
        "targets": targets,
    })
}

fn dashboard(uid: &str, title: &str, panels: &[Value]) -> String {
    let board = json!({
        "uid": uid, "title": title, "tags": ["go", "gc"], "schemaVersion": 39, "version": 1, "editable": true,
        "time": {"from": "now-1h", "to": "now"}, "refresh": "30s", "timezone": "browser",
        "templating": {"list": [{
            "name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus",
        }]},
        "annotations": {"list": []},
        "panels": panels,
    });
    serde_json::to_string_pretty(&board).unwrap() + "\n"
}

/// The dashboard on gcpressure's metrics.
fn own_dashboard() -> String {
    let states = [
        Chart(
            "Findings raised now",
            "none",
            None,
            vec![(
                "gcpressure_finding == 1",
                "{{process}} {{rule}} {{severity}}",
            )],
        ),
        Chart(
            "Cause",
            "none",
            None,
            vec![("gcpressure_diagnosis == 1", "{{process}} {{cause}}")],
        ),
    ];
    let charts = [
        Chart(
            "GC cycles a second",
            "ops",
            Some("gc-frequency"),
            vec![(
                "sum without (kind) (rate(gctrace_cycles_total[RATE]))",
                "{{process}}",
            )],
        ),
        Chart(
            "Pause p50, p99",
            "s",
            Some("pause-p99"),
            vec![
                (
                    "histogram_quantile(0.5, rate(gctrace_pause_seconds_bucket[RATE]))",
                    "{{process}} p50",
                ),
                (
                    "histogram_quantile(0.99, rate(gctrace_pause_seconds_bucket[RATE]))",
                    "{{process}} p99",
                ),
            ],
        ),
        Chart(
            "Time stopped",
            "percentunit",
            Some("pause-budget"),
            vec![("rate(gctrace_pause_seconds_sum[RATE])", "{{process}}")],
        ),
        Chart(
            "GC CPU of GOMAXPROCS",
            "percentunit",
            Some("gc-cpu"),
            vec![(
                "sum without (class) (rate(gctrace_gc_cpu_seconds_total{class!=\"mark_idle\"}[RATE])) / gctrace_gomaxprocs",
                "{{process}}",
            )],
        ),
        Chart(
            "Mark assists of GOMAXPROCS",
            "percentunit",
            Some("assist-pressure"),
            vec![(
                "sum without (class) (rate(gctrace_gc_cpu_seconds_total{class=\"mark_assist\"}[RATE])) / gctrace_gomaxprocs",
                "{{process}}",
            )],
        ),
        Chart(
            "Heap",
            "bytes",
            None,
            vec![
                ("gctrace_heap_live_bytes", "{{process}} live"),
                ("gctrace_heap_goal_bytes", "{{process}} goal"),
            ],
        ),
        Chart(
            "Allocation",
            "Bps",
            None,
            vec![("rate(gctrace_allocated_bytes_total[RATE])", "{{process}}")],
        ),
        Chart(
            "Period p50",
            "s",
            None,
            vec![(
                "histogram_quantile(0.5, rate(gctrace_period_seconds_bucket[RATE]))",
                "{{process}}",
            )],
        ),
        Chart(
            "Worst value of each rule over its warning threshold",
            "none",
            None,
            vec![(
                "gcpressure_rule_value / ignoring (severity) gcpressure_rule_threshold{severity=\"warning\"}",
                "{{rule}}",
            )],
        ),
        Chart(
            "Lines read a second",
            "ops",
            None,
            vec![("rate(gcpressure_lines_total[RATE])", "{{state}}")],
        ),
    ];
    let states = states.iter().map(|chart| ("stat", chart));
    let charts = charts.iter().map(|chart| ("timeseries", chart));
    let panels: Vec<_> = states
        .chain(charts)
        .enumerate()
        .map(|(number, (kind, chart))| panel(number, kind, chart))
        .collect();
    dashboard("gcpressure", "GC pressure (gcpressure)", &panels)
}

/// The dashboard on the program's own metrics.
fn go_dashboard() -> String {
    let mut panels: Vec<_> = ASKED
        .iter()
        .enumerate()
        .map(|(number, asked)| {
            let rule = rules::find(asked.rule).unwrap();
            let unit = match rule.unit {
                Unit::Nanoseconds => "s",
                Unit::PerSecond => "ops",
                _ => "percentunit",
            };
            let queries = vec![(asked.value, "{{instance}}")];
            let chart = Chart(rule.summary, unit, Some(asked.rule), queries);
            panel(number, "timeseries", &chart)
        })
        .collect();
    let heap = Chart(
        "Heap",
        "bytes",
        None,
        vec![
            ("go_memstats_heap_alloc_bytes", "{{instance}} allocated"),
            ("go_memstats_next_gc_bytes", "{{instance}} goal"),
        ],
    );
    panels.push(panel(panels.len(), "timeseries", &heap));
    dashboard("go-gc", "GC pressure (Go runtime metrics)", &panels)
}

#[test]
fn rules_and_dashboards_are_those_of_the_table() {
    let files = [
        ("alerts.yml", alerts()),
        ("alerts-go.yml", go_alerts()),
        ("dashboard.json", own_dashboard()),
        ("dashboard-go.json", go_dashboard()),
    ];
    for (name, text) in files {
        let path = root().join("docs/observability").join(name);
        assert_data_eq!(text, Data::read_from(&path, None).raw());
    }
}

/// Names of metrics in a query.
fn named(query: &str) -> BTreeSet<String> {
    let names = regex::Regex::new("(gctrace|gcpressure|go)_[a-z_]+").unwrap();
    names
        .find_iter(query)
        .map(|name| name.as_str().to_owned())
        .collect()
}

#[test]
fn queries_name_metrics_that_there_are() {
    let page = metrics(&sample("wasteful.go1.27.3.log"));
    let mut known: BTreeSet<String> = samples(&page)
        .keys()
        .map(|name| name.split('{').next().unwrap().to_owned())
        .collect();
    // What client_golang exports of Go 1.27: by default, with MetricsGC, and with a rule for /cpu/classes.
    let go = fs::read_to_string(root().join("tests/observability/go_metrics")).unwrap();
    known.extend(go.lines().map(str::to_owned));
    let mut queries = 0;
    for page in [alerts(), go_alerts(), own_dashboard(), go_dashboard()] {
        let lines = page
            .lines()
            .filter(|line| line.trim_start().starts_with("expr:") || line.contains("\"expr\":"));
        for line in lines {
            for name in named(line) {
                assert!(known.contains(&name), "{name} in {line}");
                queries += 1;
            }
        }
    }
    assert!(queries > 40, "{queries}");
}

/// The page has each metric with its kind, and the bounds of the buckets.
#[test]
fn the_page_lists_the_metrics() {
    let text = fs::read_to_string(root().join("docs/observability/README.md")).unwrap();
    let page = metrics(&sample("wasteful.go1.27.3.log"));
    let families = page.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    for family in families {
        let (name, kind) = family.split_once(' ').unwrap();
        let name = match kind {
            "counter" => format!("{name}_total"),
            _ => name.to_owned(),
        };
        let row = format!("| `{name}` | {kind} |");
        assert!(text.contains(&row), "{row}");
    }
    for family in ["gctrace_pause_seconds", "gctrace_period_seconds"] {
        let bounds: Vec<_> = samples(&page)
            .keys()
            .filter(|name| name.starts_with(&format!("{family}_bucket")))
            .map(|name| name.split("le=\"").nth(1).unwrap().trim_end_matches("\"}"))
            .filter(|bound| *bound != "+Inf")
            .map(|bound| bound.parse::<f64>().unwrap())
            .collect();
        let mut bounds: Vec<_> = bounds.into_iter().collect();
        bounds.sort_by(f64::total_cmp);
        let listed: Vec<_> = bounds.iter().map(f64::to_string).collect();
        assert!(text.contains(&listed.join(", ")), "{family}: {listed:?}");
    }
}
