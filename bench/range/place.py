# SPDX-License-Identifier: EUPL-1.2
"""Two hosts on one wire, the responder on one of them and the check on the other."""
import json
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "tests/lab"), str(ROOT / "bench")]
import lab_run  # noqa: E402
from lab import sandbox  # noqa: E402

CLIENT, SERVER, HOSTILE = "10.9.1.1", "10.9.1.2", "10.9.1.3"
FIRST, LAST, OWN = 20000, 25000, 17881
PORTS = LAST - FIRST + 1
KEY = sandbox.ROOT / "key"


def compiled(name):
    program, source = lab_run.OUT / name, HERE / f"{name}.c"
    lab_run.OUT.mkdir(parents=True, exist_ok=True)
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-o", program, source], check=True)
    return program


def inside(host, words):
    return ["nsenter", f"--net=/run/netns/{host}", *map(str, words)]


def run(host, words, **more):
    return subprocess.run(inside(host, words), check=True, text=True, **more)


def _ip(*words):
    subprocess.run(["ip", *words], check=True)


def build(delay_ms=0, rate="", rules=""):
    """Hosts `client` and `server`; rules: nft of the server. What was there before goes."""
    for name in ("client", "server", "between"):
        subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL)
        _ip("netns", "add", name)
    far = ("between", "b0") if delay_ms else ("server", "s0")
    _ip("link", "add", "c0", "netns", "client", "type", "veth", "peer", "name", far[1], "netns", far[0])
    if delay_ms:
        _ip("link", "add", "b1", "netns", "between", "type", "veth", "peer", "name", "s0", "netns", "server")
        for port in ("b0", "b1"):
            _ip("-n", "between", "link", "set", port, "up")
        subprocess.Popen(inside("between", [lab_run.wire(), "b0", "b1", int(delay_ms * 500)]))
    for host, port, addresses in (("client", "c0", (CLIENT, HOSTILE)), ("server", "s0", (SERVER,))):
        for address in addresses:
            _ip("-n", host, "addr", "add", f"{address}/24", "dev", port)
        _ip("-n", host, "link", "set", "lo", "up")
        _ip("-n", host, "link", "set", port, "up")
        if rate:
            run(host, ["tc", "qdisc", "add", "dev", port, "root", "tbf", "rate", rate, "burst", "16kb", "latency", "50ms"])
    if rules:
        run("server", ["nft", "-f", "-"], input="table inet bench {\n" + rules + "\n}\n")
    if delay_ms:
        time.sleep(0.2)  # the wire opens its interfaces


def chain(rule, hook="input"):
    return f"chain {hook} {{ type filter hook {hook} priority 0; {rule}; }}\n"


class Responder:
    def __init__(self, program, *words):
        KEY.write_text("a key of sixteen letters or more\n")
        begun = time.monotonic()
        self.process = subprocess.Popen(
            inside("server", [*program, "--udp", f"{FIRST}-{LAST}", "--responder-key-file", KEY, "--format", "json", *words]),
            stdout=subprocess.PIPE, text=True)
        self.ready = json.loads(self.process.stdout.readline())
        self.ready_ms = (time.monotonic() - begun) * 1000

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()

    def stop(self):
        """Its last event."""
        self.process.terminate()
        out, _ = self.process.communicate(timeout=10)
        return json.loads(out.splitlines()[-1])

    def memory_kb(self):
        """(RSS, PSS) now, and the most of RSS so far."""
        proc = pathlib.Path(f"/proc/{self.process.pid}")
        lines = (proc / "smaps_rollup").read_text().splitlines() + (proc / "status").read_text().splitlines()
        found = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith(" kB")}
        return found["Rss"], found["Pss"], found["VmHWM"]

    def cpu_s(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Swept:
    """One run of the check at the responder."""

    def __init__(self, report):
        check = next(one for one in report["checks"] if one["id"] == "udp_range")
        self.outcome, self.reason, self.ms = check["outcome"], check["reason"], check["duration_ms"]
        self.facts = check["facts"]
        sweeps = self.facts.get("sweeps") or [{}]
        self.sweep = sweeps[0]
        self.intervals = [(one["from"], one["to"], one["state"]) for one in self.facts.get("intervals", [])]
        first = (report.get("diagnoses") or [{}])[0]
        self.says = json.dumps(first)

    def is_all(self, state):
        return self.intervals == [(FIRST, LAST, state)]


def sweep(lkdoctor):
    words = [lkdoctor, "check", "https://127.0.0.1:9", "--only", "udp_range", "--vantage", "outside", "--format", "json",
             "--responder", SERVER, "--responder-key-file", KEY]
    done = subprocess.run(inside("client", words), stdout=subprocess.PIPE, text=True, timeout=60)
    return Swept(json.loads(done.stdout))
