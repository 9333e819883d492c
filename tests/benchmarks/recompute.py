#!/usr/bin/env python3
"""Recomputes the statistics of benchstat for the outputs in this folder, apart from the program that is tested:
medians, the order-statistic interval at 95 % (grown from the mode of the binomial distribution, the left side first where
both are as likely), and the two-sided Mann-Whitney p-value by dealing the midranks in every possible way.

    tests/benchmarks/recompute.py > tests/benchmarks/expected.json
"""

import gzip
import itertools
import json
import pathlib
import re
from collections import defaultdict
from fractions import Fraction
from math import comb

FOLDER = pathlib.Path(__file__).parent
PAIRS = [
    ("go1.19.txt", "go1.26.txt"),
    ("go1.26.txt", "go1.27.txt"),
    ("go1.19.txt", "go1.27.txt"),
    ("traced.txt.gz", "traced-gogc400.txt.gz"),
    ("cpus.txt", "cpus.txt"),
]


def values(name):
    """Values by package, name and unit. The trace is taken out first, in whole lines and in front of figures."""
    path = FOLDER / name
    text = (gzip.open(path, "rt") if name.endswith(".gz") else open(path)).read()
    text = re.sub(r"gc \d+ @[^\n]*\n", "", text)
    found, package = defaultdict(list), ""
    for line in text.splitlines():
        if line.startswith("pkg: "):
            package = line[5:]
        match = re.match(r"Benchmark(\S+)\s+\d+\t(.*)", line)
        if match:
            for figure in match.group(2).split("\t"):
                number, unit = figure.split()
                found[package, match.group(1), unit].append(float(number))
    return found


def median(sample):
    ordered = sorted(sample)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def interval(sample):
    n = len(sample)
    chance = lambda k: Fraction(comb(n, k), 2**n) if 0 <= k <= n else Fraction(0)
    left = max((n + 2) // 2 - 1, 0)
    right, sure = left + 1, chance(left)
    while sure < Fraction(95, 100):
        if chance(left - 1) >= chance(right):
            left -= 1
            sure += chance(left)
        else:
            sure += chance(right)
            right += 1
    ordered = sorted(sample)
    return (ordered[left - 1], ordered[right - 1]) if left >= 1 and right <= n else None


def p_value(first, second):
    ordered = sorted(first + second)
    rank = {v: ordered.index(v) + ordered.index(v) + ordered.count(v) - 1 for v in ordered}
    ranks = [rank[v] for v in first + second]
    seen = sum(ranks[: len(first)])
    sums = [sum(hand) for hand in itertools.combinations(ranks, len(first))]
    low = sum(s <= seen for s in sums)
    high = sum(s >= seen for s in sums)
    return min(1.0, 2 * min(low, high) / len(sums))


def main():
    rows = []
    for base, new in PAIRS:
        before, after = values(base), values(new)
        for key in sorted(before.keys() & after.keys()):
            constant = len(set(before[key])) == len(set(after[key])) == 1
            exact = key[2] == "allocs/op" and constant
            rows.append(
                {
                    "files": [base, new],
                    "package": key[0],
                    "name": key[1],
                    "unit": key[2],
                    "runs": [len(before[key]), len(after[key])],
                    "medians": [median(before[key]), median(after[key])],
                    "intervals": [interval(before[key]), interval(after[key])],
                    "p": None if exact else p_value(before[key], after[key]),
                }
            )
    print("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]")


main()
