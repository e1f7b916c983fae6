# SPDX-License-Identifier: EUPL-1.2
"""What rules and dashboard are made of: findings and checks as the program lists them, intervals and metric families
as its sources have them."""
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FAMILY = re.compile(r'Family\{"([a-z0-9_]+)",\s*MetricType::(\w+),\s*((?:"[^"]*"\s*)+)')
SUFFIX = {"counter": "_total", "info": "_info", "gauge": ""}


def text_of(path):
    return (ROOT / path).read_text(encoding="utf-8")


def found(pattern, text, path):
    match = re.search(pattern, text, re.S)
    if not match:
        sys.exit(f"{path}: no match for {pattern}: tools/monitoring/sources.py reads it")
    return match.group(1)


def ask(binary, *words):
    env = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run([binary, *words], check=True, capture_output=True, text=True, env=env, timeout=60)
    return json.loads(done.stdout)


def metrics():
    """(name of the sample, type, help) of every metric, in the order of a scrape."""
    families = FAMILY.findall(text_of("src/serve/families.hpp"))
    return [(name + SUFFIX[kind], kind, "".join(re.findall(r'"([^"]*)"', words))) for name, kind, words in families]


def intervals(checks):
    """How often the standard module runs each check, in seconds (`standard_interval` of src/serve/modules.cpp)."""
    path = "src/serve/modules.cpp"
    text = text_of(path)
    seconds = {name: int(found(name + r"\{(\d+)\}", text, path))
               for name in ("kCheap", "kJoins", "kMediaLoop", "kCertificates")}
    cheap = re.findall(r'"(\w+)"', found(r"kCheapGroups\[\] = \{([^}]*)\}", text, path))

    def lane(check):
        if check["id"] == "media_loop":
            return "kMediaLoop"
        if check["group"] == "tls":
            return "kCertificates"
        return "kCheap" if check["side_effect"] == "none" and check["group"] in cheap else "kJoins"
    return {check["id"]: seconds[lane(check)] for check in checks}


def findings(binary):
    """Every finding, with the shortest and the longest interval of the checks that can raise it."""
    every = intervals(ask(binary, "list", "checks", "--format", "json"))
    out = []
    for one in ask(binary, "list", "findings", "--format", "json"):
        seconds = [every[check] for check in one["checks"]]
        if seconds:
            out.append({**one, "fastest": min(seconds), "slowest": max(seconds)})
    return out
