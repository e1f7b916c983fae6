# SPDX-License-Identifier: EUPL-1.2
"""One run of a lab scenario, for the benchmarks: its report, and what it took on the wall."""
import json
import os
import pathlib
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
OUT = ROOT / "build" / "bench"


def wire():
    """The relay that gives a wire its length, compiled when it is missing or old."""
    program, source = OUT / "wire", ROOT / "bench" / "wire.c"
    OUT.mkdir(parents=True, exist_ok=True)
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-o", program, source], check=True)
    return program


def run(scenario, lkdoctor, rtt_ms=0, skip=""):
    """The report as a dictionary. Ends the program where the lab cannot run or the tool gave no report."""
    report = OUT / scenario / "report.json"
    report.unlink(missing_ok=True)
    words = [sys.executable, ROOT / "tests/lab/lkdoctor-lab", "--lkdoctor", lkdoctor, "--artifacts", OUT]
    # LiveKit takes some 200 ms more for the first room of its life.
    words += ["--delay", str(rtt_ms), "--warm"] if rtt_ms else []
    words += ["--skip", skip] if skip else []
    done = subprocess.run([*map(str, words), "run", scenario], env={**os.environ, "LKDOCTOR_WIRE": str(wire())},
                          capture_output=True, text=True)
    if not report.exists():
        sys.exit(done.stdout[-2000:] + done.stderr[-2000:])
    return json.loads(report.read_text())


def shell(scenario, lkdoctor, words):
    """Runs `words` on the checking host of a standing scenario; its arguments for `check` are in LKDOCTOR_BENCH_ARGS."""
    lab = [sys.executable, ROOT / "tests/lab/lkdoctor-lab", "--lkdoctor", lkdoctor, "shell", scenario]
    return subprocess.run([*map(str, lab), "--command", shlex.join(map(str, words))]).returncode


def arguments():
    """Inside shell(): what the scenario says to `check`."""
    return json.loads(os.environ["LKDOCTOR_BENCH_ARGS"])
