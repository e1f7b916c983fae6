# SPDX-License-Identifier: EUPL-1.2
"""Builds a scenario inside the sandbox and runs the tool on it."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

from . import certificates, links, sandbox, secrets, services
from .services import CLOCK, PEERS, NotReady

CODE = re.compile(r"\b(?:[A-Z2-7]{4}-){3}[A-Z2-7]\b")
REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
SCHEMA = REPOSITORY / "packaging" / "schema" / "report-1.json"


class Stage:
    """A scenario that stands: hosts, files, certificates, services, its fault."""

    def __init__(self, scenario):
        self.scenario, self.services = scenario, {}
        nameservers = [address.split("/")[0] for address in scenario["hosts"].get("isp", {"addresses": []})["addresses"]][:1]
        links.build(scenario["hosts"], nameservers)
        certificates.make(scenario.get("certificates", {}))
        for name, text in scenario.get("files", {}).items():
            path = sandbox.ROOT / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            path.chmod(0o600)
        for host, rules in scenario.get("firewall", {}).items():
            links.firewall(host, rules)
        self._start()
        for step in scenario.get("steps", []):
            self._step(step)

    def _start(self):
        """Services of one `after` group come up together; the others wait for them."""
        wishes = dict(self.scenario.get("services", {}))
        early = {name for name, wish in wishes.items() if wish["kind"] in ("dnsmasq", "coturn", "redis") or wish.get("first")}
        # As on most hosts: a responder, and calls, come to a LiveKit that runs.
        late = {name for name, wish in wishes.items() if wish["kind"] in ("respond", "calls") or wish.get("program") == "hold_session"}
        for group in (early, wishes.keys() - early - late, late - early):
            started = [services.Service(name, wishes[name], self.scenario) for name in sorted(group)]
            self.services |= {service.name: service for service in started}
            for service in started:
                service.wait()

    def _step(self, step):
        if "signal" in step:
            for name, signal in step["signal"].items():
                self.services[name].signal(signal)
        if "run" in step:
            subprocess.run(links.inside(step["host"], ["sh", "-ec", step["run"]]), check=True, cwd=sandbox.ROOT, timeout=30)
        time.sleep(step.get("settle", 0))

    def ended(self):
        """What should have gone on and did not: with its last words."""
        for name, service in self.services.items():
            if service.wish["kind"] == "peer" and not service.wish.get("ends") and service.process.poll() is not None:
                yield f"{name} has ended: {service.log.read_text(errors='replace').strip()[-200:]}"

    def logs(self, lines=12):
        for path in sorted((sandbox.ROOT / "logs").iterdir()):
            tail = path.read_text(errors="replace").splitlines()[-lines:]
            yield from [f"--- {path.name}", *tail]


class Outcome:
    def __init__(self):
        self.status, self.report, self.text, self.stderr, self.defects, self.seconds = None, None, "", "", [], 0.0


def environment(scenario):
    """What an operator's shell would have, and the lab's authority as the system's trust store."""
    check = scenario["check"]
    trust = sandbox.ROOT / "ca" / f"{check.get('trust', 'public')}.pem"
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(sandbox.ROOT), "SSL_CERT_FILE": str(trust),
            "SSL_CERT_DIR": str(sandbox.ROOT / "ca" / "no-more"), "ASAN_OPTIONS": "detect_leaks=0",
            **{key: str(value) for key, value in check.get("env", {}).items()}}


def pairing_code(scenario, seconds=5):
    """What an operator reads on the other screen."""
    wanted, until = scenario["check"]["pair"], time.monotonic() + seconds
    if wanted not in scenario.get("services", {}):
        return wanted
    while time.monotonic() < until:
        shown = CODE.search((sandbox.ROOT / "logs" / f"{wanted}.log").read_text(errors="replace"))
        if shown:
            return shown.group()
        time.sleep(0.05)
    raise NotReady(f"{wanted} shows no pairing code")


def command(scenario, lkdoctor):
    check = scenario["check"]
    words = [str(lkdoctor), "check", *map(str, check.get("args", [])), *(["--pair"] if "pair" in check else [])]
    return [sys.executable, str(CLOCK), str(check["clock"]), *words] if "clock" in check else words


def run(scenario, lkdoctor):
    """One run, two forms: text to stdout, JSON to a file; and what was seen."""
    out, report, record = Outcome(), sandbox.ROOT / "report.json", sandbox.ROOT / "recording.json"
    words = command(scenario, lkdoctor) + ["--format", "text", "--output", "-", "--format", "json", "--output", str(report),
                                           "--record", str(record)]
    typed = (pairing_code(scenario) + "\n").encode() if "pair" in scenario["check"] else b""
    folder = sandbox.ROOT / scenario["check"].get("folder", ".")
    folder.mkdir(parents=True, exist_ok=True)
    watcher, started = secrets.CommandLines(), time.monotonic()
    watcher.start()
    try:
        done = subprocess.run(links.inside(scenario["check"].get("host", "client"), words), cwd=folder,
                              env=environment(scenario), input=typed, capture_output=True,
                              timeout=scenario["check"].get("time_limit", 60))
    except subprocess.TimeoutExpired as late:
        out.defects.append(f"no end after {late.timeout} s")
        watcher.stop()
        return out
    out.seconds, lines = time.monotonic() - started, watcher.stop()
    out.status, out.text = done.returncode, done.stdout.decode(errors="replace")
    out.stderr = done.stderr.decode(errors="replace")
    written = report.read_bytes() if report.exists() else b""
    out.recording = record.read_bytes() if record.exists() else b""
    logged, defects = secrets.seen_by_peers(scenario.get("secrets_logged", []), sandbox.ROOT / "logs")
    out.defects += defects + secrets.leaks(scenario.get("secrets", []) + logged, {
        "stdout": done.stdout, "stderr": done.stderr, "the JSON report": written, "a command line": lines,
        "the recording": out.recording})
    try:
        out.report = json.loads(written)
    except ValueError:
        out.report = None
    if "rooms_empty_after" in scenario:
        out.defects += _rooms_left(scenario)
    return out


def _rooms_left(scenario):
    """Promise 3: whatever a run joined is gone some twenty seconds after it."""
    time.sleep(scenario["rooms_empty_after"])
    asked = subprocess.run(links.inside("livekit", [sys.executable, str(PEERS / "list_rooms.py"), "controller.toml"]),
                           cwd=sandbox.ROOT, capture_output=True, text=True, timeout=20)
    if asked.returncode != 0:
        return [f"ListRooms could not be asked: {asked.stderr.strip()[-200:]}"]
    return [] if asked.stdout.strip() == "0" else [f"{asked.stdout.strip()} rooms are left behind"]


def keep(folder, scenario, outcome):
    """Report, text and logs of a run, for whoever looks later."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.txt").write_text(outcome.text)
    (folder / "stderr.txt").write_text(outcome.stderr)
    if outcome.report is not None:
        (folder / "report.json").write_text(json.dumps(outcome.report, indent=2))
    (folder / "recording.json").write_bytes(outcome.recording)
    for path in (sandbox.ROOT / "logs").iterdir():
        shutil.copy(path, folder / path.name)
