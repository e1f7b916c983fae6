#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Compares lkdoctor's LiveKit configuration reader with real LiveKit servers.

replay: the reader against what the servers answered when `record` was run (oracle-VERSION.jsonl); needs no server.
live:   the same against the servers themselves, started in namespaces of their own.
record: writes what the servers answer.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

import cases

HERE = pathlib.Path(__file__).resolve().parent
VERSIONS = ("1.8.4", "1.9.12", "1.11.0", "1.13.5")
SERVERS = pathlib.Path(os.environ.get("LKDOCTOR_SERVERS", pathlib.Path.home() / ".cache/lkdoctor/servers"))
START_LINE = re.compile(r"starting LiveKit server\s+(\{.*\})|^(\{.*\"msg\":\"starting LiveKit server\".*\})", re.MULTILINE)
WANTED_SHARE = 0.99


def key_of(case):
    """Changes when the case does, so that an old answer is not taken for it."""
    return hashlib.sha256(json.dumps({k: v for k, v in case.items() if k != "id"}, sort_keys=True).encode()).hexdigest()[:16]


# ---- the servers, inside a namespace


def udp_ports():
    ports = set()
    for name in ("/proc/net/udp", "/proc/net/udp6"):
        for line in pathlib.Path(name).read_text().splitlines()[1:]:
            ports.add(int(line.split()[1].rsplit(":", 1)[1], 16))
    return sorted(ports)


def read_until_known(process, seconds):
    """Output up to the start line or the end. Returns (text, start line or None)."""
    text, deadline = b"", time.monotonic() + seconds
    while time.monotonic() < deadline:
        ready, _, _ = select.select([process.stdout], [], [], 1)
        if not ready:
            continue
        chunk = os.read(process.stdout.fileno(), 65536)
        if not chunk:
            process.wait(timeout=10)
            break
        text += chunk
        found = START_LINE.search(text.decode("utf-8", "replace"))
        if found:
            return text.decode("utf-8", "replace"), json.loads(found[1] or found[2])
    return text.decode("utf-8", "replace"), None


def start(case, version):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lkdoctor-differential-"))
    try:
        words = list(case.get("arguments", []))
        if "file" in case or "file_hex" in case:
            data = bytes.fromhex(case["file_hex"]) if "file_hex" in case else case["file"].encode("utf-8")
            (folder / "livekit.yaml").write_bytes(data)
            words = ["--config", "livekit.yaml"] + words
        for name, file in case.get("files", {}).items():
            (folder / name).write_text(file["text"], encoding="utf-8")
            (folder / name).chmod(file["mode"])
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **case.get("environment", {})}
        process = subprocess.Popen([SERVERS / f"v{version}/livekit-server", *words], cwd=folder, env=environment,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            text, line = read_until_known(process, 60)
            sockets = udp_ports() if line else []
            code = process.poll()
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
        answer = {"id": case["id"], "key": key_of(case), "accepted": line is not None}
        if line:
            answer["line"] = {k: v for k, v in line.items() if k not in ("nodeID", "version", "ts", "caller", "level", "logger", "msg")}
            answer["udp_sockets"] = sockets
        else:
            answer["exit"] = code
            answer["text"] = text.strip()[:20000]
        return answer
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def namespace_worker():
    """Runs in its own network namespace: jobs in, answers out, a line each."""
    for command in ("ip link set lo up", "ip link add eth0 type veth peer name eth1",
                    "ip addr add 10.88.1.2/24 dev eth0", "ip link set eth0 up", "ip link set eth1 up"):
        subprocess.run(command.split(), check=True)
    for line in sys.stdin:
        job = json.loads(line)
        print(json.dumps(start(job["case"], job["version"])), flush=True)


class Namespace:
    def __init__(self):
        flags = ["-n"] if os.geteuid() == 0 else ["-U", "-r", "-n"]
        self.process = subprocess.Popen(["unshare", *flags, sys.executable, __file__, "worker"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def ask(self, case, version):
        print(json.dumps({"case": case, "version": version}), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the namespace is gone")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)


def ask_servers(jobs, out):
    """Two namespaces side by side; `out` gets (version, answer)."""
    jobs = list(jobs)

    def one(part):
        namespace = Namespace()
        try:
            for case, version in part:
                out(version, namespace.ask(case, version))
        finally:
            namespace.close()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(one, jobs[i::2]) for i in range(2)]:
            done.result()


# ---- the comparison


def ask_reader(program, jobs):
    lines = "".join(json.dumps({**case, "version": version}) + "\n" for case, version in jobs)
    run = subprocess.run([program], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


def says(text, reason):
    """The server's text holds every part of ours; addresses and what may be secret are left out there."""
    parts = [part.strip() for part in re.split(r"…|ADDRESS|: ", reason)]
    if any(part.startswith("lookup ") for part in parts):
        parts = [part for part in parts if part != "no such host"]  # what a resolver answers is the network's affair
    return all(part in text for part in parts)


OUTSIDE = ("could not resolve external IP", "unable to connect to redis", "TURN tls cert required")


def difference(ours, server, case, version):
    """What is not the same; "" if nothing is."""
    if ours["accepted"] is None:
        return "" if server["accepted"] or any(text in server["text"] for text in OUTSIDE) else "refused: " + server["text"][-200:]
    if ours["accepted"] != server["accepted"]:
        return f"accepted {ours['accepted']} ({ours['reason'][:150]}), server {server['accepted']}: {server.get('text', '')[-200:]}"
    if not server["accepted"]:
        return "" if says(server["text"], ours["reason"]) else f"reason {ours['reason'][:200]!r}, server {server['text'][-250:]!r}"
    line, effective = server["line"], ours["effective"]
    found = {"port": (effective["port"], line["portHttp"]), "tcp_port": (effective["tcp_port"], line.get("rtc.portTCP", 0))}
    if "bindAddresses" in line or effective["bind_addresses"]:
        found["bind_addresses"] = (effective["bind_addresses"], line.get("bindAddresses", []))
    if effective["node_ip"]:
        # One address until 1.9, the first of two since 1.10.
        mine = effective["node_ip"] if tuple(map(int, version.split("."))) < (1, 10) else effective["node_ip"].split(",")[0]
        found["node_ip"] = (mine, line["nodeIP"])
    udp = effective["udp"]
    if udp is None and "force_tcp: true" in case.get("file", ""):
        pass  # the line names a range that is not used
    elif "rtc.portICERange" in line:
        first, last = line["rtc.portICERange"]
        forced = first == last == 0
        expected = None if forced or not first or not last else f"{first & 0xffff}-{last & 0xffff}" if first != last else str(first & 0xffff)
        found["udp"] = (udp, expected)
    else:
        # The line names the mux even where the range is in use: the sockets tell.
        mux = line["rtc.portUDP"]
        first = mux.get("Start", 0) if isinstance(mux, dict) else int(str(mux).split("-")[0])
        found["udp_is_mux"] = (effective["udp_is_mux"], first in server["udp_sockets"])
        if effective["udp_is_mux"]:
            found["udp"] = (int(str(udp).split("-")[0]), first)
    return "; ".join(f"{name} {mine!r}, server {theirs!r}" for name, (mine, theirs) in found.items() if mine != theirs)


def compare(program, answers, known, wanted):
    corpus = {case["id"]: case for case in cases.corpus()}
    total = same = outside = 0
    bad = []
    for version in VERSIONS:
        current = [answer for answer in answers[version] if answer["id"] in corpus and answer["key"] == key_of(corpus[answer["id"]])]
        readings = ask_reader(program, [(corpus[answer["id"]], version) for answer in current])
        equal = 0
        for answer, ours in zip(current, readings):
            text = difference(ours, answer, corpus[answer["id"]], version)
            equal += not text
            outside += ours["accepted"] is None
            if text:
                bad.append((version, answer["id"], text))
        print(f"LiveKit {version}: {equal} of {len(current)} equal")
        total += len(current)
        same += equal
    unexplained = [entry for entry in bad if entry[1] not in known]
    for version, name, text in bad:
        print(f"  {'known' if name in known else 'DIFFERENT'}  {version}  {name}: {known.get(name, text)}")
    print(f"{same} of {total} equal ({100 * same / max(1, total):.2f} %), {len(corpus)} cases, {outside} answers depend on something outside, "
          f"{len(bad)} different, {len(unexplained)} of them unexplained")
    if total < wanted:
        print(f"{wanted - total} cases have no answer: run `run.py record`")
    return total == wanted and same >= WANTED_SHARE * total and not unexplained


def load(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def known_differences():
    import yaml
    return yaml.safe_load((HERE / "known_differences.yaml").read_text(encoding="utf-8")) or {}


def collect(wanted, path_of=None):
    answers = {version: [] for version in VERSIONS}

    def out(version, answer):
        answers[version].append(answer)
        if path_of:
            with path_of(version).open("a", encoding="utf-8") as file:
                file.write(json.dumps(answer, ensure_ascii=False) + "\n")
    ask_servers(wanted, out)
    return answers


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mode", choices=("replay", "live", "record", "worker"))
    parser.add_argument("--reader", help="the program read_livekit_cases")
    parser.add_argument("--one-in", type=int, default=1, metavar="N",
                        help="live: start only every Nth case; odd numbers meet every version")
    options = parser.parse_args()
    if options.mode == "worker":
        return namespace_worker()
    if options.mode in ("live", "record") and not all((SERVERS / f"v{v}/livekit-server").exists() for v in VERSIONS):
        print(f"SKIPPED: LiveKit servers are not in {SERVERS}")
        sys.exit(77)
    oracle = {version: HERE / f"oracle-{version}.jsonl" for version in VERSIONS}
    jobs = [(case, version) for case in cases.corpus() for version in VERSIONS]
    if options.mode == "record":
        have = {version: {answer["id"]: answer for answer in load(path)} for version, path in oracle.items()}
        missing = [(case, version) for case, version in jobs if have[version].get(case["id"], {}).get("key") != key_of(case)]
        collect(missing[::-1], lambda version: oracle[version])
        return None
    if options.mode == "live":
        jobs = jobs[::options.one_in]
    answers = collect(jobs) if options.mode == "live" else {version: load(path) for version, path in oracle.items()}
    sys.exit(0 if compare(options.reader, answers, known_differences(), len(jobs)) else 1)


if __name__ == "__main__":
    main()
