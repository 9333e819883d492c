"""Fleet rows of logs in an object store, by Spark's own readers: each task writes its files to a temporary folder and scans that.

Spark hands over a file as a whole, so that one may have some hundred megabytes. Where workers can mount the store,
`spark.rows` on the mounted folder reads logs of any size in constant memory.
"""

import os
import re

from . import plan
from .spark import TASKS_PER_CORE, attempts, run


def rows(sc, root, program, tasks=None, options=()):
    """Fleet rows (JSON lines) of all logs below a folder that Spark can read, such as `s3a://bucket/logs`.

    `program` and `options` as for `spark.rows`. Spark does not read files whose names begin with `_`.
    """
    base, sizes = listed(sc, root)
    logs = plan.grouped(sizes.items())
    # Spark leaves out files without bytes: they are made in the temporary folder.
    full = [log for log in logs if any(sizes[path] for path in log[0])]
    if not full:
        raise FileNotFoundError(f"there is no log below {root}, or all are empty")
    lists = plan.packed(full, tasks or TASKS_PER_CORE * sc.defaultParallelism)
    empty = [[path for paths in each for path in paths if not sizes[path]] for each in lists]
    empty[0] += [path for paths, _ in logs if not any(sizes[path] for path in paths) for path in paths]
    scan = run([program, "fleet", "scan", "--root", ".", *options, "."], attempts(sc))

    def partition(index, files):
        import itertools
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            for path, content in itertools.chain(files, ((path, b"") for path in empty[index])):
                path = os.path.join(folder, path[len(base) :])
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "wb") as file:
                    file.write(content)
            yield from scan(["."], folder)

    # One partition a list, without a shuffle of the bytes.
    return sc.union([
        sc.binaryFiles(",".join(escaped(path) for paths in each for path in paths if sizes[path])).coalesce(1) for each in lists
    ]).mapPartitionsWithIndex(partition)


def listed(sc, root):
    """The address of a folder, with a slash, and the sizes of the files below it by their addresses, without hidden ones."""
    folder = sc._jvm.org.apache.hadoop.fs.Path(root)
    system = folder.getFileSystem(sc._jsc.hadoopConfiguration())
    base = system.makeQualified(folder).toString().rstrip("/") + "/"
    found = {}
    walk = system.listFiles(folder, True)
    while walk.hasNext():
        status = walk.next()
        path = status.getPath().toString()
        names = path[len(base) :].split("/")
        if not any(name.startswith(".") for name in names) and not names[-1].startswith("_"):
            found[path] = status.getLen()
    return base, dict(sorted(found.items()))


def escaped(path):
    """A path that stands for itself where Spark expects a pattern, or patterns with commas between."""
    return re.sub(r"[\\*?\[\]{}]", r"\\\g<0>", path).replace(",", r"{\,}")
