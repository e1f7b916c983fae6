# SPDX-License-Identifier: EUPL-1.2
"""LiveKit in a container of a Docker Engine of its own, on Docker's bridge with published ports:

    python3 docker_livekit.py BINARY CONFIG READY_PORT [--ENGINE-OPTION…] ADDRESS:7880:7880 PUBLISH…

Listens on READY_PORT of loopback once LiveKit answers. The container is called `livekit`. Engine and container end with this program. Exit status 77: no engine can run here.
"""
import io
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time
import urllib.request

PATIENCE_S = 40
CANNOT = 77  # the lab takes this exit status for "not on this machine"
DOCKER = "/usr/bin/docker"
# A container counts as one process to the scheduler: on a busy machine LiveKit would answer late, which looks like loss.
SHARES = ["--cgroup-parent", "/", "--cpu-shares", "262144"]


def engine(folder, options):
    """An engine that knows nothing of any other: its files are in `folder`, its socket is the only way to it."""
    words = ["dockerd", "--data-root", folder / "data", "--exec-root", folder / "exec", "--pidfile", folder / "pid",
             "--host", f"unix://{folder}/sock", "--storage-driver", "vfs", "--ipv6=false", *options]
    return subprocess.Popen([*map(str, words)], stdin=subprocess.DEVNULL)


def docker(folder, *words, **options):
    return subprocess.run([DOCKER, "--host", f"unix://{folder}/sock", *map(str, words)], check=True, timeout=PATIENCE_S, **options)


def wait_for(what, running):
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if running.poll() is not None:
            print(f"the Docker Engine ended with {running.returncode}: it cannot run here", flush=True)
            sys.exit(CANNOT)
        try:
            return what()
        except (OSError, subprocess.SubprocessError):
            time.sleep(0.1)
    sys.exit("the Docker Engine or LiveKit in it did not come up")


def image_of(binary):
    """A tree with the server alone, as a tar."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        tar.add(binary, "livekit-server")
    return out.getvalue()


def main():
    binary, config, ready_port, *words = sys.argv[1:]
    publish = [word for word in words if not word.startswith("--")]
    folder = pathlib.Path.cwd() / "docker"
    folder.mkdir()
    running = engine(folder, [word for word in words if word.startswith("--")])
    signal.signal(signal.SIGTERM, lambda *_: running.terminate())
    wait_for(lambda: docker(folder, "info", capture_output=True), running)
    docker(folder, "import", "-", "livekit:lab", input=image_of(binary), stdout=subprocess.DEVNULL)
    ports = [word for port in publish for word in ("--publish", port)]
    docker(folder, "run", "--detach", "--name", "livekit", *SHARES, *ports,
           "--volume", f"{pathlib.Path(config).resolve()}:/livekit.yaml:ro", "livekit:lab", "/livekit-server", "--config", "/livekit.yaml")
    wait_for(lambda: urllib.request.urlopen(f"http://{publish[0].rpartition(':')[0]}/", timeout=1).read(), running)
    with socket.create_server(("127.0.0.1", int(ready_port))):
        running.wait()
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
