"""Which files belong together, and which task reads them. Looks at names and sizes only; the program opens the files."""

import heapq
import json
import os
import re

# A file weighs its size, times five if it is compressed, and as much as opening it costs.
COMPRESSION = 5
OPENING = 25_000

# The names that logrotate, lumberjack, docker and the kubelet give to the parts of a rotated log. Files with the same `log`
# are read by one task; the program decides by what they hold whether they are one stream, and in which order.
ROTATED = (
    re.compile(r"(?P<log>.*[^0-9.])\.[1-9][0-9]{0,2}", re.DOTALL),
    re.compile(r"(?P<log>.*\.log)\.[0-9]{8}-[0-9]{6}", re.DOTALL),
    re.compile(r"(?P<log>.+)-[0-9]{8}", re.DOTALL),
    re.compile(r"(?P<log>.+)-[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}-[0-9]{2}-[0-9]{2}\.[0-9]{3}(?P<end>\.log)", re.DOTALL),
)


def log_of(name):
    """The name of the log that a file may be a part of: `app.log` for `app.log.1.gz`."""
    plain = re.sub(r"\.(gz|zst)\Z", "", name)
    for pattern in ROTATED:
        if found := pattern.fullmatch(plain):
            return found["log"] + (found.groupdict().get("end") or "")
    return name


def weight(name, size):
    """What reading a file costs, in bytes of a plain log."""
    return OPENING + size * (COMPRESSION if name.endswith((".gz", ".zst")) else 1)


def files(folder):
    """`(path, bytes)` of each file below a folder, without hidden ones, as the program walks it.

    A folder that cannot be listed is yielded itself, so that the program reports it.
    """
    try:
        with os.scandir(folder) as listed:
            entries = sorted(listed, key=lambda entry: os.fsencode(entry.name))
    except OSError:
        yield folder, 0
        return
    links = any(entry.is_symlink() for entry in entries)
    seen = set()
    for entry in entries:
        if entry.name.startswith("."):
            continue
        # A link to a folder may lead back to this folder.
        if entry.is_dir(follow_symlinks=False):
            yield from files(entry.path)
        elif entry.is_file():
            # A link to a file beside it is its second name.
            real = os.path.realpath(entry.path) if links else entry.path
            if real not in seen:
                seen.add(real)
                yield entry.path, entry.stat().st_size


def grouped(listed):
    """`(paths, weight)` of each log, from `(path, bytes)` of each file; the logs in the order of their first files."""
    logs = {}
    for path, size in listed:
        folder, name = os.path.split(path)
        log = logs.setdefault((folder, log_of(name)), [[], 0])
        log[0].append(path)
        log[1] += weight(name, size)
    return [tuple(log) for log in logs.values()]


def packed(logs, tasks):
    """The logs in at most `tasks` lists of about equal weight: the heaviest log first, each into the lightest list.

    The same logs give the same lists. No list is empty; the heaviest is the first; each keeps the order of the logs.
    """
    lists = [[] for _ in range(min(tasks, len(logs)))]
    loads = [(0, index) for index in range(len(lists))]
    for at in sorted(range(len(logs)), key=lambda at: (-logs[at][1], at)):
        load, index = loads[0]
        heapq.heapreplace(loads, (load + logs[at][1], index))
        lists[index].append(at)
    return [[logs[at][0] for at in sorted(lists[index])] for _, index in sorted(loads, key=lambda each: (-each[0], each[1]))]


def work_list(logs):
    """The work list that `gcpressure fleet scan -` reads: for each log a line with a JSON array of its paths."""
    # A name that is not UTF-8 is printed as the program prints it.
    lines = (json.dumps([os.fsencode(path).decode(errors="replace") for path in paths]) for paths in logs)
    return "".join(line + "\n" for line in lines)
