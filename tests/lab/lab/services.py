# SPDX-License-Identifier: EUPL-1.2
"""The real peers: how each is started on its host, and when it is ready."""
import os
import pathlib
import signal
import subprocess
import sys
import time

import yaml

from . import links, sandbox

PEERS = pathlib.Path(__file__).resolve().parents[1] / "peers"
CLOCK = pathlib.Path(__file__).with_name("clock.py")
_DOCKER_READY = 17999
_CALLS_READY = 17998
_NGINX = """daemon off;
user root;
worker_processes 1;
pid {run}/nginx.pid;
error_log stderr info;
events {{ worker_connections 256; }}
http {{
  access_log {run}/access.log;
  client_body_temp_path {run}/body;
  proxy_temp_path {run}/proxy;
  fastcgi_temp_path {run}/fastcgi;
  uwsgi_temp_path {run}/uwsgi;
  scgi_temp_path {run}/scgi;
  include {site};
}}
"""


class NotReady(Exception):
    """A peer did not come up (or did not end, where it should)."""


class NotHere(Exception):
    """A peer says itself that it cannot run on this machine."""


def server_path(version):
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    return cache / "lkdoctor" / "servers" / f"v{version}" / "livekit-server"


def _livekit(run, service):
    binary = server_path(service["version"])
    if not binary.exists():
        raise NotReady(f"{binary} is missing: run tools/lab-servers")
    config = sandbox.ROOT / service["config"]
    port = service.get("port")
    if port is None:
        port = (yaml.safe_load(config.read_text()) or {}).get("port", 7880)
    return [str(binary), "--config", str(config), *service.get("args", [])], [("tcp", port)]


def _nginx(run, service):
    (run / "nginx.conf").write_text(_NGINX.format(run=run, site=sandbox.ROOT / service["config"]))
    return ["nginx", "-e", "stderr", "-c", str(run / "nginx.conf")], [("tcp", 443)]


def _haproxy(run, service):
    return ["haproxy", "-db", "-f", str(sandbox.ROOT / service["config"])], [("tcp", 443)]


def _caddy(run, service):
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(sandbox.ROOT / service["config"])], [("tcp", 443)]


def _coturn(run, service):
    listen = [word for address in service["listen"] for word in ("--listening-ip", address)]
    return ["turnserver", "-n", "--stun-only", "--no-cli", "--no-tls", "--no-dtls", "--log-file", "stdout",
            "--pidfile", str(run / "pid"), "--listening-port", str(service.get("port", 3478)), *listen,
            *service.get("args", [])], [("udp", service.get("port", 3478))]


def _turn(run, service):
    return ["turnserver", "-c", str(sandbox.ROOT / service["config"]), "--log-file", "stdout", "--pidfile", str(run / "pid"),
            "--userdb", str(run / "turndb")], [("udp", 3478)]


def _redis(run, service):
    return ["redis-server", "--port", "6379", "--bind", service["listen"], "--protected-mode", "no", "--save", "",
            "--dir", str(run)], [("tcp", 6379)]


def _tinyproxy(run, service):
    return ["tinyproxy", "-d", "-c", str(sandbox.ROOT / service["config"])], [("tcp", service["port"])]


def under_test(program):
    """The program whose responder is started. Kept in the environment: a scenario runs in a process of its own."""
    os.environ["LKDOCTOR_LAB_PROGRAM"] = str(program)


def _respond(run, service):
    """`container`: in the network of that one, as `docker run --network container:NAME` would put it. `rights`: of root's these
    alone; who has a port is not shown to it then, as in a unit or a container."""
    words = [os.environ["LKDOCTOR_LAB_PROGRAM"], "respond", *map(str, service.get("args", []))]
    if "rights" in service:
        words = ["setpriv", "--inh-caps=-all", f"--bounding-set=-all,+{service['rights']}", *words]
    if "container" in service:
        words = ["nsenter", f"--net=/proc/{_first_process(service['container'])}/ns/net", *words]
    return words, [("udp", service.get("port", 17881))]


def _calls(run, service):
    """People in calls all the time: the program itself, from another host."""
    words = [PEERS / "calls.py", os.environ["LKDOCTOR_LAB_PROGRAM"], _CALLS_READY, *service["args"]]
    trust = f"SSL_CERT_FILE={sandbox.ROOT}/ca/public.pem"
    return ["env", trust, sys.executable, *map(str, words)], [("tcp", _CALLS_READY)]


def _peer(run, service):
    """A small stand-in of our own: tests/lab/peers/NAME.py, its arguments after it."""
    ports = [("tcp", port) for port in service.get("listens", [])]
    return [sys.executable, str(PEERS / f"{service['program']}.py"), *map(str, service.get("args", []))], ports


def _docker(run, service):
    """LiveKit in a container of an engine of its own. Debian's docker.io; nobody pulls anything."""
    words = [server_path(service["version"]), sandbox.ROOT / service["config"], _DOCKER_READY, *service.get("engine", []),
             *service["publish"]]
    return [sys.executable, str(PEERS / "docker_livekit.py"), *map(str, words)], [("tcp", _DOCKER_READY)]


def _first_process(container):
    words = ["/usr/bin/docker", "--host", f"unix://{sandbox.ROOT}/docker/sock", "inspect", "--format", "{{.State.Pid}}", container]
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=20).stdout.strip()


_KINDS = {"docker": _docker, "livekit": _livekit, "nginx": _nginx, "haproxy": _haproxy, "caddy": _caddy, "coturn": _coturn,
          "turn": _turn, "redis": _redis, "tinyproxy": _tinyproxy, "peer": _peer, "respond": _respond, "calls": _calls}


def dnsmasq_command(run, dns, options):
    """Answers for the names of the scenario alone; any other name does not exist."""
    lines = ["no-resolv", "no-hosts", "user=root", f"pid-file={run}/pid", "local=/#/", "local-ttl=60",
             "log-queries=extra", "bind-dynamic"]
    for name, addresses in dns.items():
        lines += [f"host-record={name},{address}" for address in addresses]
    (run / "dnsmasq.conf").write_text("\n".join(lines + list(options)) + "\n")
    return ["dnsmasq", "--no-daemon", f"--conf-file={run}/dnsmasq.conf"], [("udp", 53)]


class Service:
    def __init__(self, name, wish, scenario):
        self.name, self.host, self.wish = name, wish["host"], wish
        run = sandbox.ROOT / "services" / name
        run.mkdir(parents=True)
        if wish["kind"] == "dnsmasq":
            command, ports = dnsmasq_command(run, scenario.get("dns", {}), scenario.get("dns_options", []))
        else:
            command, ports = _KINDS[wish["kind"]](run, wish)
        if "clock" in wish:
            command = [sys.executable, str(CLOCK), str(wish["clock"]), *command]
        self.log = sandbox.ROOT / "logs" / f"{name}.log"
        self.ports = [tuple(port) for port in wish.get("ready", ports)]
        environment = {"PATH": os.environ["PATH"], "HOME": str(run), "XDG_CONFIG_HOME": str(run),
                       "XDG_DATA_HOME": str(run), **{key: str(value) for key, value in wish.get("env", {}).items()}}
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(links.inside(self.host, command), cwd=sandbox.ROOT, env=environment,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def wait(self, seconds=20):
        """Ready means: every port listens. Where `ends` is set: the program gave up, as the fault makes it."""
        until = time.monotonic() + self.wish.get("patience", seconds)
        while time.monotonic() < until:
            ended = self.process.poll() is not None
            if self.wish.get("ends"):
                if ended:
                    return
            elif ended and self.process.returncode == sandbox.SKIPPED:
                raise NotHere(f"{self.name} cannot run on this machine; its log says why")
            elif ended:
                raise NotReady(f"{self.name} ended with {self.process.returncode}")
            elif all(_listens(self.process.pid, *port) for port in self.ports):
                return
            time.sleep(0.02)
        raise NotReady(f"{self.name} " + ("did not end" if self.wish.get("ends") else "is not ready"))

    def signal(self, name):
        """To the program itself, below what started it on its host."""
        for pid in _family(self.process.pid):
            os.kill(pid, getattr(signal, f"SIG{name}"))


def _family(pid):
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid] + [each for child in children for each in _family(int(child))]


def _listens(pid, protocol, port):
    state = {"tcp": "0A", "udp": "07"}[protocol]
    for family in ("", "6"):
        try:
            lines = pathlib.Path(f"/proc/{pid}/net/{protocol}{family}").read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            words = line.split()
            if words[3] == state and int(words[1].rsplit(":", 1)[1], 16) == port:
                return True
    return False
