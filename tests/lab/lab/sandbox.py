# SPDX-License-Identifier: EUPL-1.2
"""A world of its own for one scenario: mount, network and process namespaces that die with their first process.

Nothing of a scenario has a name outside of it, so that scenarios run side by side, and nothing of it survives: when
the first process ends, for whatever reason, the kernel ends all others and takes the interfaces and mounts away.
"""
import os
import pathlib
import subprocess
import sys

INSIDE = "LKDOCTOR_LAB_INSIDE"
OUTER_PID = "LKDOCTOR_LAB_OUTER_PID"
SKIPPED = 77
ROOT = pathlib.Path("/run/lab")

_BASE = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]


def _ways():
    if os.geteuid() == 0:
        yield _BASE
    yield _BASE[:1] + ["--user", "--map-root-user"] + _BASE[1:]


def _usable(way):
    probe = "mount -t tmpfs lab /run && mkdir /run/netns && ip netns add probe && ip link add p0 type veth peer name p1"
    done = subprocess.run([*way, "sh", "-c", probe], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
    return done.returncode == 0, (done.stderr.strip().splitlines() or ["no word"])[-1]


def enter():
    """Runs this program again inside new namespaces; returns only there. Exits 77 where neither way is allowed."""
    if os.environ.get(INSIDE) == "1":
        _furnish()
        return
    refused = []
    for way in _ways():
        fine, why = _usable(way)
        if fine:
            os.environ[INSIDE], os.environ[OUTER_PID] = "1", str(os.getpid())
            sys.stdout.flush()
            os.execvp(way[0], [*way, sys.executable, *sys.argv])
        refused.append(why)
    print("SKIPPED: the lab needs root or unprivileged user namespaces (unshare -Urnm): " + "; ".join(refused))
    sys.exit(SKIPPED)


def _furnish():
    subprocess.run(["mount", "-t", "tmpfs", "lab", "/run"], check=True)
    for folder in ("/run/netns", ROOT, ROOT / "logs", ROOT / ".etc"):
        pathlib.Path(folder).mkdir(exist_ok=True)
    # A resolv.conf that links into /run has lost its target: give the bind mounts something to cover.
    resolv = pathlib.Path("/etc/resolv.conf")
    if resolv.is_symlink() and not resolv.exists():
        target = pathlib.Path(os.path.realpath(resolv))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
