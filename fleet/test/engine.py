"""`gcpressure fleet` on Spark and in DuckDB gives the same bytes as one process. Run by engine.sh."""

import contextlib
import glob
import gzip
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).parent
FLEET = HERE.parent
sys.path.insert(0, str(FLEET / "spark"))

# A JVM that starts quickly, and listens on loopback only.
JVM = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
CONF = {
    "spark.driver.extraJavaOptions": JVM,
    "spark.executor.extraJavaOptions": JVM,
    "spark.driver.host": "127.0.0.1",
    "spark.executor.memory": "512m",
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}
os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
os.environ["PYSPARK_PYTHON"] = sys.executable
os.environ["PYSPARK_SUBMIT_ARGS"] = " ".join(f"--conf '{name}={value}'" for name, value in CONF.items()) + " pyspark-shell"

import pyspark
from gcpressure_fleet import bytes, plan, spark

BIN = pathlib.Path(pyspark.__file__).parent / "bin"
BY = ["service", "version"]


class Fleet:
    """Logs, and what one process says about them."""

    def __init__(self, folder, program, make_fleet):
        self.program = program
        self.root = f"{folder}/logs"
        subprocess.run([make_fleet, self.root], check=True)
        # A log that is cut off, one without bytes, parts with a hole in their numbers, names that a shell or Hadoop would change.
        odd = pathlib.Path(self.root, "service=odd")
        odd.mkdir()
        one = next(path for path, size in plan.files(self.root) if size and not path.endswith(".gz"))
        text = pathlib.Path(one).read_bytes()
        (odd / "cut.log.gz").write_bytes(gzip.compress(text)[:-10])
        (odd / "empty.log").touch()
        for name in ["a,b.log", "{a}[b]*?.log", "a b%20'\"é.log", "run.log.1", "run.log.2", "run.log", "run.log.9"]:
            (odd / name).write_bytes(text)
        self.rows = sorted(self.lines("scan", "--keep-going", "--root", self.root, self.root))
        self.all_rows = "".join(line + "\n" for line in self.rows)
        self.merged = self.merge(BY)
        assert len(self.rows) > 50 and len(self.merged) > 5, (len(self.rows), len(self.merged))

    def lines(self, *arguments, given=None):
        done = subprocess.run([self.program, "fleet", *arguments], input=given, stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout.splitlines()

    def merge(self, by):
        return sorted(self.lines("merge", "--by", ",".join(by), given=self.all_rows))


def same(what, got, wanted):
    got = sorted(got)
    if got != wanted:
        lost, new = [line for line in wanted if line not in got], [line for line in got if line not in wanted]
        sys.exit(f"FAIL: {what}: {len(got)} lines instead of {len(wanted)}; without {lost[:1]}; with {new[:1]}")
    print(f"ok: {what}: {len(got)} lines", flush=True)


@contextlib.contextmanager
def context(master):
    sc = pyspark.SparkContext(master, "engine")
    try:
        yield sc
    finally:
        sc.stop()


@contextlib.contextmanager
def cluster(folder, workers=2):
    """A standalone cluster on this machine: its address, and the processes of the workers."""
    environment = {**os.environ, "SPARK_DAEMON_JAVA_OPTS": JVM, "SPARK_DAEMON_MEMORY": "256m"}
    log = pathlib.Path(folder, "master.log")

    def start(name, kind, *arguments):
        command = [BIN / "spark-class", f"org.apache.spark.deploy.{kind}", "--host", "127.0.0.1", "--webui-port", "0", *arguments]
        with open(f"{folder}/{name}.log", "w") as out:
            return subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=environment)

    started = [start("master", "master.Master", "--port", "0")]
    try:
        wait(lambda: "Starting Spark master" in log.read_text(), log)
        address = re.search(r"Starting Spark master at (\S+)", log.read_text())[1]
        for index in range(workers):
            resources = ["--cores", "1", "--memory", "1g", "--work-dir", f"{folder}/worker{index}"]
            started.append(start(f"worker{index}", "worker.Worker", address, *resources))
        wait(lambda: log.read_text().count("Registering worker") == workers, log)
        yield address, started[1:]
    finally:
        for process in started:
            process.kill()
            process.wait()


def wait(condition, log):
    deadline = time.monotonic() + 120
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"FAIL: waited two minutes; {log}:\n{log.read_text()}")
        time.sleep(0.2)


def local(fleet, folder):
    with context("local[1]") as sc:
        program = spark.binary(sc, fleet.program)
        rows = spark.rows(sc, fleet.root, program, tasks=5).cache()
        same("rows, local[1]", rows.collect(), fleet.rows)
        same("merged rows, local[1]", spark.merged(rows, program, BY).collect(), fleet.merged)
    with context("local[2]") as sc:
        program = spark.binary(sc, fleet.program)
        rows = spark.rows(sc, fleet.root, program).cache()
        same("rows, local[2]", rows.collect(), fleet.rows)
        same("merged rows, local[2]", spark.merged(rows, program, BY).collect(), fleet.merged)
        parts = spark.merged(rows, program, BY + ["pod"])
        same("merged rows of merged rows", spark.merged(parts, program, BY).collect(), fleet.merged)
        same("rows by Spark's readers", bytes.rows(sc, fleet.root, program, tasks=5).collect(), fleet.rows)
        rows.saveAsTextFile(f"{folder}/rows", "org.apache.hadoop.io.compress.GzipCodec")
        sql(fleet, f"{folder}/rows", pyspark.sql.SparkSession(sc))
        scan_by_sql(fleet, f"{folder}/by_sql", pyspark.sql.SparkSession(sc))


def failing(fleet, folder):
    """Each task fails half way at its first attempt; and what cannot be read fails all attempts but the last."""
    missing = f"{fleet.root}/service=odd/missing.log"
    broken = pathlib.Path(folder, "gcpressure_half")
    broken.write_text(f"""#!/bin/bash
list=$(cat)
if mkdir "{folder}/failed-$(md5sum <<<"$list" | cut -d' ' -f1)" 2>/dev/null; then
    "{fleet.program}" "$@" <<<"$list" | head -n 2
    exit 1
fi
exec "{fleet.program}" "$@" <<<"$list"
""")
    broken.chmod(0o755)
    with context("local[2,4]") as sc:
        # Spark prints each failure of a task.
        sc.setLogLevel("OFF")
        same("rows, tasks that fail half way", spark.rows(sc, fleet.root, spark.binary(sc, broken), tasks=3).collect(), fleet.rows)
        failed = len(glob.glob(f"{folder}/failed-*"))
        assert failed == 3, failed
        grouped = plan.grouped
        plan.grouped = lambda listed: grouped([*listed, (missing, 0)])
        try:
            # So many tasks that the missing file is alone in one.
            rows = spark.rows(sc, fleet.root, spark.binary(sc, fleet.program), tasks=150).collect()
        finally:
            plan.grouped = grouped
        wanted = fleet.lines("scan", "--keep-going", "--root", fleet.root, fleet.root, missing)
        assert len(wanted) == len(fleet.rows) + 1
        same("rows, a file that is gone", rows, sorted(wanted))


def quantiles(fleet):
    """service, measure, and the figures of `gcpressure fleet merge`."""
    for line in fleet.merge(["service"]):
        row = json.loads(line)
        for measure in ["period", "pause", "stop", "mark"]:
            found = row[f"{measure}_ns"]
            if found:
                yield row["labels"].get("service"), measure, *(found[key] for key in "count min p50 p90 p99 p999 max".split())


def sql(fleet, rows, session):
    import duckdb

    wanted = sorted(quantiles(fleet))
    assert len(wanted) > 8, wanted
    duck = duckdb.connect()
    duck.execute(f"SET VARIABLE rows = '{rows}/*.gz'")
    duck.execute((FLEET / "sql/duckdb.sql").read_text())
    same("quantiles, DuckDB", duck.execute("FROM quantiles").fetchall(), wanted)
    for statement in statements("spark.sql", rows=rows):
        session.sql(statement)
    same("quantiles, Spark SQL", map(tuple, session.sql("SELECT * FROM quantiles").collect()), wanted)
    # Against integers added up here.
    processes = [row for row in map(json.loads, fleet.rows) if row["record"] == "process"]
    burnt = [row["stop_cpu_us"] + row["mark_assist_cpu_us"] + row["mark_background_cpu_us"] for row in processes]
    ordered = sorted((-us, row["source"], row["process"], row["cause"]) for us, row in zip(burnt, processes))
    wanted = [(source, process, cause) for _, source, process, cause in ordered[:20]]
    top = "SELECT source, process, cause FROM offenders LIMIT 20"
    same("offenders, DuckDB", enumerate(duck.execute(top).fetchall()), list(enumerate(wanted)))
    same("offenders, Spark SQL", enumerate(map(tuple, session.sql(top).collect())), list(enumerate(wanted)))


def statements(file, **variables):
    text = re.sub(r"^--.*$", "", (FLEET / "sql" / file).read_text(), flags=re.MULTILINE)
    text = re.sub(r"\$\{(\w+)\}", lambda found: variables[found[1]], text)
    return [statement for statement in text.split(";\n") if statement.strip()]


def scan_by_sql(fleet, out, session):
    for statement in statements("spark_scan.sql", program=fleet.program, root=fleet.root, out=out, tasks="4"):
        session.sql(statement)
    # Spark lists no file without bytes.
    wanted = [line for line in fleet.rows if '"bytes":0,' not in line]
    assert len(wanted) < len(fleet.rows)
    same("rows by TRANSFORM", read(out), wanted)


def read(folder):
    """The lines of all files of a folder that Spark wrote."""
    return [line.rstrip("\n") for path in glob.glob(f"{folder}/part-*.gz") for line in gzip.open(path, "rt", newline="\n")]


def submit(master, fleet, folder):
    """As users do: spark-submit of the package's __main__.py."""
    command = [BIN / "spark-submit", "--master", master, *(f"--conf={name}={value}" for name, value in CONF.items())]
    command += [FLEET / "spark/gcpressure_fleet/__main__.py", "--root", fleet.root, "--out", folder]
    subprocess.run([*command, "--by", ",".join(BY), "--binary", fleet.program, "--label", "cluster=eu"], check=True)


def on_cluster(fleet, folder):
    with cluster(folder) as (master, _):
        submit(master, fleet, f"{folder}/cluster")
        logs = [pathlib.Path(path).read_text() for path in glob.glob(f"{folder}/worker?/*/*/stderr")]
        assert len(logs) == 2, "not both workers had an executor"
    labeled = fleet.lines("scan", "--keep-going", "--root", fleet.root, "--label", "cluster=eu", fleet.root)
    same("rows, two workers", read(f"{folder}/cluster/rows"), sorted(labeled))
    same("merged rows, two workers", read(f"{folder}/cluster/merged"), fleet.merged)


def killed(fleet, folder):
    """A worker is killed while both run tasks."""
    slow = pathlib.Path(folder, "gcpressure_slow")
    slow.write_text(f'#!/bin/bash\necho >>"{folder}/started"\nsleep 2\nexec "{fleet.program}" "$@"\n')
    slow.chmod(0o755)
    with cluster(folder) as (master, workers), context(master) as sc:
        rows = spark.rows(sc, fleet.root, spark.binary(sc, slow), tasks=16)
        got = []
        job = threading.Thread(target=lambda: got.extend(rows.collect()))
        job.start()
        started = pathlib.Path(folder, "started")
        wait(lambda: started.exists() and started.stat().st_size >= 4, pathlib.Path(folder, "master.log"))
        assert job.is_alive(), "the job ended before the worker was killed"
        workers[0].kill()
        job.join()
        assert started.stat().st_size > 16, "no task ran again"
    same("rows, a worker killed in mid-job", got, fleet.rows)


def main():
    program, make_fleet, *mode = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="gcpressure-engine-") as folder:
        fleet = Fleet(folder, program, make_fleet)
        for step in [killed] if mode == ["--slow"] else [local, failing, on_cluster]:
            start = time.monotonic()
            step(fleet, folder)
            print(f"{step.__name__}: {time.monotonic() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
