"""Tests of plan.py, without Spark: python3 -m unittest discover fleet/test"""

import json
import os
import pathlib
import random
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "spark"))
from gcpressure_fleet import plan


class Names(unittest.TestCase):
    def test_parts_of_one_log_have_one_key(self):
        # The cases of src/io/rotation.rs.
        for name, log in [
            ("app.log.1", "app.log"),
            ("app.log.10.gz", "app.log"),
            ("0af1-json.log.2", "0af1-json.log"),
            ("syslog-20260101", "syslog"),
            ("app.log-20260101.gz", "app.log"),
            ("app-2026-01-01T10-00-00.000.log.gz", "app.log"),
            ("0.log.20260101-101010.zst", "0.log"),
        ]:
            self.assertEqual(plan.log_of(name), log)

    def test_other_names_stand_for_themselves(self):
        for name in [
            "app.log", "app.log.gz", "svc-1.26.log", "svc-1.26", "x.go1.27.3.log", "x.go1.27.3", "log (1).txt", "63", "0.log",
            "1.log", "10.0.0.1", "app.log.0", "app.log.01", "app.log.1234", "-20260101", ".1", "app.log.", "app-2026-01-01.log",
            "bench.log.1.txt", "ä.1é", "é-2026-01-01T10-00-00.00é.log", "app.log.1\n",
        ]:
            self.assertEqual(plan.log_of(name), name)


class Packing(unittest.TestCase):
    def test_every_log_once_and_balanced(self):
        rng = random.Random(1)
        logs = [([f"{index:04}.log"], rng.randrange(1, 1000)) for index in range(500)]
        weights = {tuple(paths): weight for paths, weight in logs}
        lists = plan.packed(logs, 7)
        self.assertEqual(sorted(paths for each in lists for paths in each), [paths for paths, _ in logs])
        loads = [sum(weights[tuple(paths)] for paths in each) for each in lists]
        self.assertEqual(loads, sorted(loads, reverse=True))
        # The rule's own bound for many small pieces: no list is heavier than the mean by more than one piece.
        self.assertLessEqual(max(loads) - sum(loads) / 7, max(weights.values()))
        for each in lists:
            self.assertEqual(each, sorted(each))

    def test_the_heaviest_has_a_list_of_its_own(self):
        logs = [(["a"], 10), (["b"], 100), (["c"], 10), (["d"], 10)]
        self.assertEqual(plan.packed(logs, 2), [[["b"]], [["a"], ["c"], ["d"]]])

    def test_no_list_is_empty(self):
        self.assertEqual(plan.packed([(["a"], 1), (["b"], 1)], 5), [[["a"]], [["b"]]])
        self.assertEqual(plan.packed([], 5), [])

    def test_empty_files_are_spread(self):
        logs = plan.grouped((f"{index}.log", 0) for index in range(100))
        self.assertEqual([len(each) for each in plan.packed(logs, 4)], [25, 25, 25, 25])

    def test_a_compressed_file_weighs_five_times_its_size(self):
        [(_, gz)] = plan.grouped([("a.gz", 1000)])
        [(_, plain)] = plan.grouped([("a", 5000)])
        self.assertEqual(gz, plain)


class Folders(unittest.TestCase):
    def test_walk(self):
        with tempfile.TemporaryDirectory() as root:
            for name in ["b/app.log", "b/app.log.1.gz", "b/other.log", "B/app.log", "a.log", ".hidden/x.log", "b/.x", "é"]:
                path = pathlib.Path(root, name)
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(b"12345")
            os.symlink(root, pathlib.Path(root, "loop"))
            # The first name of a file counts, as in the program: `A.log`, not `a.log`.
            os.symlink(pathlib.Path(root, "a.log"), pathlib.Path(root, "A.log"))
            os.symlink(pathlib.Path(root, "b/app.log"), pathlib.Path(root, "link.log"))
            os.symlink("/proc/version", pathlib.Path(root, "outside.log"))
            os.symlink("nowhere", pathlib.Path(root, "dangling"))
            os.mkfifo(pathlib.Path(root, "fifo"))
            os.mkdir(pathlib.Path(root, "empty"))
            names = ["A.log", "B/app.log", "b/app.log", "b/app.log.1.gz", "b/other.log", "link.log", "outside.log", "é"]
            self.assertEqual([os.path.relpath(path, root) for path, _ in plan.files(root)], names)
            self.assertEqual([size for _, size in plan.files(root)], [5, 5, 5, 5, 5, 5, 0, 5])

    def test_parts_of_one_log_are_one_unit_in_their_folder_only(self):
        listed = [("a/app.log", 1), ("a/app.log.1", 1), ("a/b.log", 1), ("b/app.log.1", 1)]
        self.assertEqual(
            [paths for paths, _ in plan.grouped(listed)],
            [["a/app.log", "a/app.log.1"], ["a/b.log"], ["b/app.log.1"]],
        )

    def test_what_cannot_be_listed_is_left_to_the_program(self):
        self.assertEqual(list(plan.files("/nonexistent")), [("/nonexistent", 0)])


class WorkList(unittest.TestCase):
    def test_a_line_is_an_array(self):
        text = plan.work_list([["a b", 'q"\n'], ["é"], [os.fsdecode(b"\xff")]])
        self.assertEqual([json.loads(line) for line in text.splitlines()], [["a b", 'q"\n'], ["é"], ["\ufffd"]])
        self.assertEqual(plan.work_list([]), "")


if __name__ == "__main__":
    unittest.main()
