#!/usr/bin/env bash
# Holds the metrics to their readers and the alerts to the samples: the official parser of OpenMetrics (PyPI's prometheus-client),
# `promtool check metrics`, `check rules` and `test rules`, and the dashboards' shape. Needs Python 3, promtool (Debian's package
# prometheus) and a network; what it installs goes to target/.
# Usage: docs/observability/check.sh PROGRAM
set -euo pipefail
program=$(realpath "$1")
cd "$(dirname "$0")/../.."
tools=$PWD/target/observability
python3 -m pip install --quiet --disable-pip-version-check --upgrade --target "$tools/python" \
    prometheus-client==0.26.0 PyYAML==6.0.4
export PYTHONPATH=$tools/python
promtool check rules --lint=all --lint-fatal docs/observability/alerts.yml docs/observability/alerts-go.yml
python3 docs/observability/check.py "$program" "$tools"
promtool test rules "$tools"/test-*.yml
