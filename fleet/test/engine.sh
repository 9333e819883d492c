#!/usr/bin/env bash
# fleet/test/engine.sh PROGRAM MAKE_FLEET [--slow]: `gcpressure fleet` on Spark and in DuckDB says what one process says. Installs
# both from PyPI into target/engine, and Java from Debian where there is none. --slow: kills a worker in mid-job instead.
set -euo pipefail
program=$(realpath "${1:?fleet/test/engine.sh: PROGRAM, a gcpressure binary, is missing}")
make_fleet=$(realpath "${2:?fleet/test/engine.sh: MAKE_FLEET, the built example make_fleet, is missing}")
cd "$(dirname "$0")/../.."

java=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' || true)
if [ "${java:-0}" -lt 17 ]; then
    apt-get update -qq && apt-get install -y -qq --no-install-recommends openjdk-17-jre-headless
fi
engine=$PWD/target/engine
if [ ! -d "$engine/pyspark" ] || [ ! -d "$engine/duckdb" ]; then
    python3 -m pip install --quiet --upgrade --target "$engine" 'pyspark>=4' 'duckdb>=1.2'
fi
python3 -m unittest discover fleet/test
PYTHONPATH=$engine python3 fleet/test/engine.py "$program" "$make_fleet" "${@:3}"
