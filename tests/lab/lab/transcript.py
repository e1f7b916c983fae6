# SPDX-License-Identifier: EUPL-1.2
"""What a user sees of a run, stored in tests/golden/transcripts and compared whole. With LKDOCTOR_UPDATE=1 it is written
instead: to be read, and committed."""
import difflib
import os
import pathlib
import re

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "golden" / "transcripts"

# What differs from run to run or from machine to machine; everything else is compared.
_VOLATILE = (
    (re.compile(r"\bseen from  [^\s,]+,"), "seen from  HOST,"),
    (re.compile(r"\b\d+\.\d s(?=[.,);\n])"), "N.N s"),
    (re.compile(r"\b\d+(\.\d+)? ms\b"), "N ms"),
    (re.compile(r"\b\d+ d left\b"), "N d left"),
    (re.compile(r"\bpid \d+"), "pid N"),
    (re.compile(r"(?<=do not answer: )198\.51\.100\.23:\d+"), "198.51.100.23:PORT"),
    (re.compile(r"(?<=\d\.23:)2\d{4}\b"), "PORT"),
    # LiveKit takes ports of the range as it comes, now and then one twice.
    (re.compile(r"(?<=ports silent: )[\d,\s]+ and 1\d more"), "PORTS"),
    (re.compile(r"\b2[0-4](?= (?:of 5001 ports|of them|ports (?:in|of) ))|(?<=ports tested: )2[0-4]\b"), "NN"),
    (re.compile(r"\blkdoctor-[0-9a-z]{6,}\b"), "lkdoctor-ROOM"),
)


def normalised(text):
    lines = []
    for line in text.splitlines():
        # A line is broken where it is full: within a sentence with what is replaced, breaks move.
        flows = lines and re.match(r"  (seen from|not tested)  |[A-Z]+  \S", lines[-1])
        if flows and re.match(r" {6,}\S", line):
            lines[-1] += " " + line.strip()
        else:
            lines.append(line)
    out = "\n".join(lines) + "\n"
    for pattern, word in _VOLATILE:
        out = pattern.sub(word, out)
    return out


def of(command, out, status):
    return f"$ {command}\n{out}$ echo $?\n{status}\n"


def differences(name, text):
    """Lines of a diff; empty: as stored."""
    stored, now = FOLDER / f"{name}.text", normalised(text)
    if os.environ.get("LKDOCTOR_UPDATE"):
        stored.write_text(now, encoding="utf-8")
    before = stored.read_text(encoding="utf-8") if stored.exists() else ""
    return [line.rstrip("\n") for line in difflib.unified_diff(before.splitlines(), now.splitlines(), stored.name, "now",
                                                               lineterm="")]
