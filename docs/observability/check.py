"""Reads what gcpressure prints for the samples with the parsers of others, and writes tests of the alert rules for promtool.

Usage: check.py PROGRAM DIRECTORY, from the root of the repository.
"""

import json
import pathlib
import re
import subprocess
import sys

import yaml
from prometheus_client.openmetrics.parser import text_string_to_metric_families

program, directory = sys.argv[1], pathlib.Path(sys.argv[2])
here = pathlib.Path("docs/observability")
samples = sorted(path for path in pathlib.Path("samples").iterdir() if ".log" in path.name)
assert len(samples) >= 8, samples


def run(*arguments, **more):
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=True, **more).stdout


def rules(name):
    groups = yaml.safe_load((here / name).read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def check_metrics(text, name):
    """The official parser, then promtool, which reads the older format."""
    families = list(text_string_to_metric_families(text))
    assert {family.type for family in families} <= {"counter", "gauge", "histogram"}, name
    seen = [(sample.name, *sorted(sample.labels.items())) for family in families for sample in family.samples]
    assert len(seen) == len(set(seen)), name
    assert all(sample.timestamp is None for family in families for sample in family.samples), name
    lint = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
    # 3 is its lint, which looks for the help of `x_total` where this format has that of `x`.
    complaints = [line for line in lint.stderr.splitlines() if not re.fullmatch(r"\w+_total no help text", line)]
    assert lint.returncode in (0, 3) and not complaints, (name, lint.stderr)
    return families


def labelled(name, labels):
    inner = ",".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in labels.items())
    return f"{name}{{{inner}}}"


def expected(all_rules, fired):
    """What promtool is to find of each rule: `fired` holds names of alerts with the labels that they have."""
    tests = []
    for name in sorted({rule["alert"] for rule in all_rules}):
        alerts = []
        for rule in (rule for rule in all_rules if rule["alert"] == name):
            for labels in fired.get((name, rule.get("labels", {}).get("severity")), []):
                text = {
                    key: re.sub(r"{{ \$labels\.(\w+) }}", lambda found: labels[found[1]], value)
                    for key, value in rule["annotations"].items()
                }
                alerts.append({"exp_labels": labels | rule.get("labels", {}), "exp_annotations": text})
        tests.append({"alertname": name, "eval_time": "30m", "exp_alerts": alerts})
    return tests


def write(name, rule_file, tests):
    page = {"rule_files": [str((here / rule_file).resolve())], "evaluation_interval": "1m", "tests": tests}
    (directory / name).write_text(yaml.safe_dump(page, sort_keys=False, allow_unicode=True, width=1000))


def camel(rule):
    return "".join(word.capitalize() for word in rule.split("-"))


# On gcpressure's metrics an alert is a finding of the report.
own, tests = rules("alerts.yml"), []
fired_anywhere = set()
for path in samples:
    families = check_metrics(run("-f", "openmetrics", path), path.name)
    report = json.loads(run("-f", "json", path))
    series = [
        {"series": labelled(sample.name, sample.labels), "values": f"{sample.value}x60"}
        for family in families
        for sample in family.samples
    ]
    streams = {process["id"]: process["stream"] for process in report["processes"]}
    fired = {}
    for finding in report["findings"]:
        if finding["severity"] == "info":
            continue
        labels = {"process": finding["process"], "rule": finding["rule"], "severity": finding["severity"]}
        if streams[finding["process"]] is not None:
            labels["stream"] = streams[finding["process"]]
        fired.setdefault((f"Gcpressure{camel(finding['rule'])}", None), []).append(labels)
    fired_anywhere |= {name for name, _ in fired}
    healthy = report["verdict"] == "pass"
    assert healthy == (not fired), path
    tests.append({"name": path.name, "interval": "1m", "input_series": series, "alert_rule_test": expected(own, fired)})
nothing = run("-f", "openmetrics", "--exit-zero", "/dev/null")
check_metrics(nothing, "no log")
series = [
    {"series": labelled(sample.name, sample.labels), "values": f"{sample.value}x60"}
    for family in text_string_to_metric_families(nothing)
    for sample in family.samples
]
fired = {("GcpressureNoTrace", "warning"): [{}]}
tests.append({"name": "no log", "interval": "1m", "input_series": series, "alert_rule_test": expected(own, fired)})
write("test-own.yml", "alerts.yml", tests)
assert len(fired_anywhere) >= 8, fired_anywhere

# On the program's own metrics: those of a program that goes on for half an hour as in the sample. What fires is written out
# here, from the figures of the samples and the thresholds in README.md.
SICK = {"GcFrequency", "PauseBudget"}
TIGHT = SICK | {"GcCpu", "AssistPressure", "LowHeadroom"}
FIRES = {
    "docker-json.log": TIGHT,
    "kubectl-prefix.log": TIGHT,
    "limit.go1.27.3.log": TIGHT,
    "noisy.go1.27.3.log.gz": SICK | {"MinHeap"},
    "wasteful.go1.19.8.log": SICK | {"MinHeap"},
    "wasteful.go1.27.3.log": SICK | {"MinHeap"},
}
CRITICAL = {
    "docker-json.log": {"GcCpu", "AssistPressure", "LowHeadroom"},
    "kubectl-prefix.log": {"GcCpu", "AssistPressure", "LowHeadroom"},
    "limit.go1.27.3.log": {"GcCpu", "AssistPressure", "LowHeadroom"},
    # Its stops are long because the host is busy, which only the trace shows.
    "noisy.go1.27.3.log.gz": {"GcFrequency", "PauseBudget"},
    "wasteful.go1.19.8.log": {"GcFrequency"},
    "wasteful.go1.27.3.log": {"GcFrequency"},
}
STEP = 15
program_labels = {"job": "app", "instance": "app:8080"}


def go_series(process):
    """The metrics of client_golang, from the measures of a report."""
    procs = process["gomaxprocs"]["max"]
    idle = process["mark_idle_cpu_ratio"]
    cycles = process["gc_frequency_per_second"]
    forced = cycles * process["forced_cycles"] / process["cycles_seen"]
    counters = {
        "go_gc_duration_seconds_count": cycles,
        "go_gc_duration_seconds_sum": process["stw_ratio"],
        "go_cpu_classes_total_cpu_seconds_total": procs,
        "go_cpu_classes_gc_total_cpu_seconds_total": (process["gc_cpu_ratio"] + idle) * procs,
        "go_cpu_classes_gc_mark_idle_cpu_seconds_total": idle * procs,
        "go_cpu_classes_gc_mark_assist_cpu_seconds_total": process["mark_assist_cpu_ratio"] * procs,
        "go_gc_cycles_total_gc_cycles_total": cycles,
        "go_gc_cycles_forced_gc_cycles_total": forced,
    }
    gauges = {
        "go_gc_heap_live_bytes": process["live_heap_bytes"]["p50"],
        "go_gc_heap_goal_bytes": process["heap_goal_bytes"]["p50"],
        "go_memstats_next_gc_bytes": process["heap_goal_bytes"]["p50"],
        "go_memstats_heap_alloc_bytes": process["live_heap_bytes"]["p50"],
        "go_gc_limiter_last_enabled_gc_cycle": 0,
    }
    steps = 30 * 60 // STEP
    for name, rate in counters.items():
        yield {"series": labelled(name, program_labels), "values": f"0+{rate * STEP:.9f}x{steps}"}
    for name, value in gauges.items():
        yield {"series": labelled(name, program_labels), "values": f"{value}x{steps}"}
    longest = labelled("go_gc_duration_seconds", program_labels | {"quantile": "1"})
    yield {"series": longest, "values": f"{process['pause_ns']['max'] / 1e9}x{steps}"}


go, tests = rules("alerts-go.yml"), []
for path in samples:
    process = json.loads(run("-f", "json", path))["processes"][0]
    fired = {}
    for severity, names in [("warning", FIRES.get(path.name, set())), ("critical", CRITICAL.get(path.name, set()))]:
        for name in names:
            fired[f"Go{name}", severity] = [program_labels]
    series = list(go_series(process))
    tests.append({"name": path.name, "interval": f"{STEP}s", "input_series": series, "alert_rule_test": expected(go, fired)})
write("test-go.yml", "alerts-go.yml", tests)

# Dashboards: what Grafana needs to load one, and every query as an expression of Prometheus.
queries = []
for name in ["dashboard.json", "dashboard-go.json"]:
    board = json.loads((here / name).read_text())
    assert board["schemaVersion"] >= 39 and board["title"] and board["uid"], name
    assert [variable["type"] for variable in board["templating"]["list"]] == ["datasource"], name
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) >= 10, name
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}
    assert len(places) == len(panels), name
    for panel in panels:
        assert panel["type"] in {"timeseries", "stat"} and panel["title"] and panel["targets"], panel
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}, panel
        steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
        assert steps[0]["value"] is None, panel
        rising = [step["value"] for step in steps[1:]]
        assert rising == sorted(rising), panel
        queries += [target["expr"].replace("$__rate_interval", "5m") for target in panel["targets"]]
page = {"groups": [{"name": "queries", "rules": [{"record": f"query:{n}", "expr": query} for n, query in enumerate(queries)]}]}
(directory / "queries.yml").write_text(yaml.safe_dump(page))
subprocess.run(["promtool", "check", "rules", "--lint=none", directory / "queries.yml"], check=True)

# The recipes: YAML and TOML that can be read.
import tomllib

blocks = re.findall(r"^```(\w+)\n(.*?)^```$", (here / "README.md").read_text(), re.M | re.S)
for language, text in blocks:
    if language == "yaml":
        assert yaml.safe_load(text)
    elif language == "toml":
        assert tomllib.loads(text)
print(f"{len(samples)} samples, {len(own)} alerts, {len(go)} alerts on go_*, {len(queries)} queries, {len(blocks)} recipes")
