"""What most people would write: one regular expression, the sums of the pauses. Usage: peer.py LOG"""
import re
import sys

LINE = re.compile(
    r"^gc (\d+) @([\d.]+)s (\d+)%: ([\d.]+)\+([\d.]+)\+([\d.]+) ms clock, "
    r"([\d.]+)\+([\d.]+)/([\d.]+)/([\d.]+)\+([\d.]+) ms cpu, (\d+)->(\d+)->(\d+) MB, (\d+) MB goal"
)
cycles, pause, live = 0, 0.0, 0
with open(sys.argv[1], encoding="utf-8", errors="replace") as log:
    for line in log:
        match = LINE.match(line)
        if match:
            cycles += 1
            pause += float(match[4]) + float(match[6])
            live = max(live, int(match[14]))
print(cycles, round(pause, 3), live)
