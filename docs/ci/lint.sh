#!/usr/bin/env bash
# Holds the examples to their servers' formats: GitHub's and GitLab's by their schemas, the Jenkinsfile by a Groovy parser, the shell in
# them by the shell. packaging/test/workflows.sh runs actionlint. Needs Python 3 and a network; what it installs goes to target/.
set -euo pipefail
cd "$(dirname "$0")/../.."
tools=$PWD/target/ci-lint
python3 -m pip install --quiet --disable-pip-version-check --upgrade --target "$tools/python" \
    check-jsonschema==0.39.0 groovy-parser==0.2.2
export PYTHONPATH=$tools/python

python3 -m check_jsonschema --builtin-schema vendor.github-workflows docs/ci/github-actions.yml
python3 -m check_jsonschema --builtin-schema vendor.gitlab-ci docs/ci/gitlab-ci.yml
python3 - <<'PYTHON'
import subprocess
from groovy_parser.parser import parse_groovy_content
from ruamel.yaml import YAML

parse_groovy_content(open("docs/ci/Jenkinsfile").read())
print("ok -- groovy")
load = YAML(typ="safe").load
steps = load(open("docs/ci/github-actions.yml"))["jobs"]["gc"]["steps"]
scripts = [step["run"] for step in steps if "run" in step]
scripts += ["\n".join(job["script"]) for job in load(open("docs/ci/gitlab-ci.yml")).values()]
for script in scripts:
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)
print("ok -- shell")
PYTHON
