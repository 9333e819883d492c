"""Packs the program that was built for TARGET in FOLDER into dist/, with a fixed order, owner and time; dist/package/ holds the same files.

usage: packaging/archive.py TARGET FOLDER    (called by archive.sh)
"""

import gzip
import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHELLS = ("bash", "elvish", "fish", "powershell", "zsh")
# What is in the program besides crates. Where no text follows, the license is one whose text the archive has.
OTHERS = """gcpressure contains the crates below and:

uPlot, in the pages it writes; its license follows the crates' ones.
Rust's standard library, copyright The Rust Project Contributors: MIT OR Apache-2.0, here under LICENSE-APACHE.
"""
MUSL = """musl, copyright 2005-2020 Rich Felker, et al.: MIT, the terms of LICENSE-MIT.
"""


def text_of(folder):
    """The license texts in a folder, each after a line of dashes."""
    names = (name for name in os.listdir(folder) if re.match(r"(?i)(licen[cs]e|copying|notice|unlicense)", name))
    paths = [folder / name for name in sorted(names) if (folder / name).is_file()]
    return "".join(f"{'-' * 72}\n{path.read_text(encoding='utf-8', errors='replace').strip()}\n" for path in paths)


def notices(target):
    """The license of each crate in the program, with its texts, and of what else is in it."""
    metadata = json.loads(
        subprocess.check_output(
            ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", target], cwd=ROOT
        )
    )
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    found, left = set(), [metadata["resolve"]["root"]]
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            for dependency in nodes[one]["deps"]:
                if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                    left.append(dependency["pkg"])
    found.discard(metadata["resolve"]["root"])
    parts = [OTHERS + (MUSL if "musl" in target else "")]
    for package in sorted((packages[one] for one in found), key=lambda package: (package["name"], package["version"])):
        text = text_of(pathlib.Path(package["manifest_path"]).parent)
        if not text:
            # The Apache license asks for its own text only, which the archive has.
            if "Apache-2.0" not in (package["license"] or ""):
                sys.exit(f"archive.py: no license text in {package['name']} {package['version']}, which must ship with it")
            text = "Here under LICENSE-APACHE.\n"
        parts.append(f"{'=' * 72}\n{package['name']} {package['version']}: {package['license'] or 'see its text'}\n{text}")
    parts.append(f"{'=' * 72}\nuPlot: MIT\n{text_of(ROOT / 'assets' / 'uplot')}")
    return "\n".join(parts).encode()


def contents(target, folder):
    """Every file of the archive: name, bytes, and whether it is a program."""
    name = "gcpressure.exe" if "windows" in target else "gcpressure"
    program = (folder / name).read_bytes()
    # Pages and completions are the same for all targets: a program that runs here prints them.
    here = os.environ.get("GCPRESSURE_HOST_PROGRAM") or str(folder / name)
    said = lambda *arguments: subprocess.check_output([here, *arguments])
    files = [(name, program, True)]
    for path in ("README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"):
        files.append((path, (ROOT / path).read_bytes(), False))
    files.append(("THIRD-PARTY.txt", notices(target), False))
    manual = said("man")
    files.append(("man/gcpressure.1", manual, False))
    commands = re.findall(r"(?m)^gcpressure\\-(\S+)\(1\)$", manual.decode())
    if "check" not in commands:
        sys.exit("archive.py: the manual page names no commands")
    for command in commands:
        files.append((f"man/gcpressure-{command}.1", said("man", command), False))
    for shell in SHELLS:
        files.append((f"completions/gcpressure.{shell}", said("completions", shell), False))
    return sorted(files)


def main():
    target, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    version = re.search(r'(?m)^version = "(.*)"$', (ROOT / "Cargo.toml").read_text())[1]
    top = f"gcpressure-v{version}-{target}"
    instant = int(os.environ["SOURCE_DATE_EPOCH"])
    files = contents(target, folder)
    packed = io.BytesIO()
    if "windows" in target:
        path = ROOT / "dist" / f"{top}.zip"
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text, runs in files:
                entry = zipfile.ZipInfo(f"{top}/{name}", time.gmtime(instant)[:6])
                entry.create_system, entry.external_attr = 3, (0o755 if runs else 0o644) << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, text)
    else:
        path = ROOT / "dist" / f"{top}.tar.gz"
        with gzip.GzipFile("", "wb", 9, packed, 0) as stream, tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for name, text, runs in files:
                entry = tarfile.TarInfo(f"{top}/{name}")
                entry.size, entry.mtime, entry.mode = len(text), instant, 0o755 if runs else 0o644
                archive.addfile(entry, io.BytesIO(text))
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(packed.getvalue())
    # Unpacked too, for the wheel and the packages of Linux.
    unpacked = ROOT / "dist" / "package"
    shutil.rmtree(unpacked, ignore_errors=True)
    for name, text, runs in [*files, (".target", target.encode(), False)]:
        (unpacked / name).parent.mkdir(parents=True, exist_ok=True)
        (unpacked / name).write_bytes(text)
        (unpacked / name).chmod(0o755 if runs else 0o644)
    total = hashlib.sha256(packed.getvalue()).hexdigest()
    path.with_name(path.name + ".sha256").write_text(f"{total}  {path.name}\n")
    print(f"{path.relative_to(ROOT)}: {len(packed.getvalue())} bytes, {len(files)} files, sha256 {total}")


main()
