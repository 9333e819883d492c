"""Fleet rows and merged rows as RDDs: each task runs one `gcpressure fleet scan`, or one `gcpressure fleet merge`.

The functions that run on workers are nested, so that they travel with the job: workers need Python, and not this package.
"""

import json
import os
import re
import shutil
import zlib

from . import plan

# Two to four tasks a core: fewer leave a core idle at the end, more cost more than they balance.
TASKS_PER_CORE = 3


def binary(sc, path=None):
    """Ships the program, by default the `gcpressure` on the path, to all workers. Returns the name to run it by."""
    path = path or shutil.which("gcpressure")
    if path is None or not os.path.isfile(path):
        raise FileNotFoundError(f"the program {path or 'gcpressure'} is not found: name its file with --binary PATH")
    sc.addFile(os.fspath(path))
    return os.path.basename(path)


def rows(sc, root, program, tasks=None, options=()):
    """Fleet rows (JSON lines) of all logs below a folder that driver and workers have at the same path.

    `program`: what `binary` returned, or a path that every worker has. `options`: of `gcpressure fleet scan`.
    """
    root = os.path.abspath(root)
    logs = plan.grouped(plan.files(root))
    if not logs or not os.path.exists(root):
        raise FileNotFoundError(f"there is no log below {root}")
    lists = [plan.work_list(each) for each in plan.packed(logs, tasks or TASKS_PER_CORE * sc.defaultParallelism)]
    scan = run([program, "fleet", "scan", "--root", root, *options, "-"], attempts(sc))
    return sc.parallelize(lists, len(lists)).mapPartitions(scan)


def merged(rows, program, by=(), tasks=None):
    """Merged rows (JSON lines), one for each group of the labels `by`, from fleet rows or from merged rows.

    Merged within each partition first; then the parts of a group meet in one.
    """
    merge = run([program, "fleet", "merge", *(["--by", ",".join(by)] if by else []), "-"])
    tasks = tasks or min(rows.getNumPartitions(), TASKS_PER_CORE * rows.context.defaultParallelism)

    def keyed(line):
        return json.dumps(json.loads(line)["labels"], sort_keys=True).encode(), line

    parts = rows.mapPartitions(merge)
    return parts.map(keyed).partitionBy(tasks, zlib.crc32).values().mapPartitions(merge)


def attempts(sc):
    """How often Spark tries a task: once under `local[N]`, N times under `local[M,N]`, else `spark.task.maxFailures`."""
    local = re.fullmatch(r"local(?:\[[^,]*(?:,\s*(\d+)\s*)?\])?", sc.master)
    return int(local[1] or 1) if local else int(sc.getConf().get("spark.task.maxFailures", "4"))


def run(command, attempts=None):
    """A function of a partition: feeds its strings to a command, yields the lines that it prints, and fails if it fails.

    Nothing is run for an empty partition. With `attempts` the last attempt of a task runs with `--keep-going`: what cannot be
    read becomes a row, and fails no job.
    """

    def partition(strings, folder=None):
        import subprocess
        import sys
        import tempfile

        from pyspark import SparkFiles, TaskContext

        shipped = SparkFiles.get(command[0])
        arguments = [shipped if os.path.exists(shipped) else command[0], *command[1:]]
        last = attempts and TaskContext.get().attemptNumber() + 1 >= attempts
        if last and "--keep-going" not in arguments:
            arguments.insert(-1, "--keep-going")
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as errors:
            for string in strings:
                given.write(string.encode() + (b"" if string.endswith("\n") else b"\n"))
            if not given.tell():
                return
            given.seek(0)
            child = subprocess.Popen(arguments, stdin=given, stdout=subprocess.PIPE, stderr=errors, cwd=folder)
            printed = False
            try:
                for line in child.stdout:
                    printed = True
                    yield line.rstrip(b"\n").decode()
                status = child.wait()
            finally:
                child.kill()
            errors.seek(0)
            said = errors.read().decode(errors="replace")
            # 2: nothing could be read, and the rows say so. A task may hold a single log.
            if status and not (last and printed and status == 2):
                raise RuntimeError(f"{' '.join(arguments)} ended with status {status}: {said[-2000:]}")
            sys.stderr.write(said)

    return partition
