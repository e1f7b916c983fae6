# SPDX-License-Identifier: EUPL-1.2
"""Hosts as network namespaces on networks that meet in one router: a bridge a network, gateway .1 or ::1."""
import atexit
import functools
import ipaddress
import os
import pathlib
import shutil
import subprocess
import tempfile

from . import sandbox

ROUTER = "router"
_SETTINGS = ["net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0", "net.ipv4.conf.all.rp_filter=0",
             "net.ipv4.conf.default.rp_filter=0"]
_FORWARD = ["net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"]


def _ip(*words):
    subprocess.run(["ip", *words], check=True, stdin=subprocess.DEVNULL, timeout=10)


# Where the kernel lets firewall rules see bridged frames, a forwarded port would not lead back to its own network.
_BRIDGED = ["net.bridge.bridge-nf-call-iptables=0", "net.bridge.bridge-nf-call-ip6tables=0"]


def _namespace(name, settings):
    _ip("netns", "add", name)
    for words in (settings, ["--ignore", *_BRIDGED]):
        subprocess.run(["nsenter", f"--net=/run/netns/{name}", "sysctl", "-qw", *words], check="--ignore" not in words,
                       stderr=subprocess.DEVNULL if "--ignore" in words else None, timeout=10)
    _ip("-n", name, "link", "set", "lo", "up")


def interface_of(text):
    """`198.51.100.23` is in its /24, `2001:db8::23` in its /64, unless a length is given."""
    if "/" not in text:
        text += "/64" if ":" in text else "/24"
    return ipaddress.ip_interface(text)


def build(hosts, nameservers):
    """hosts: {name: {addresses: […], nameservers: […], delay_ms: each way}}. One interface a network."""
    _namespace(ROUTER, _SETTINGS + _FORWARD)
    bridges = {}
    for name, host in hosts.items():
        _namespace(name, _SETTINGS)
        _join(name, [interface_of(text) for text in host["addresses"]], bridges, host.get("delay_ms"))
        etc_of(name, host.get("nameservers", nameservers), host.get("hosts", {}))
    etc_of(ROUTER, nameservers, {})


def _join(name, interfaces, bridges, delay_ms):
    joined, defaults = {}, set()
    for interface in interfaces:
        network = interface.network
        if network not in bridges:
            bridges[network] = _bridge(network, f"net{len(bridges)}")
        if network not in joined:
            joined[network] = f"eth{len(joined)}"
            port = f"{name[:8]}-{joined[network]}"
            _ip("link", "add", "lab0", "netns", name, "type", "veth", "peer", "name", port, "netns", ROUTER)
            if delay_ms:
                port = _lengthen(name, port, delay_ms)
            _ip("-n", name, "link", "set", "lab0", "name", joined[network], "up")
            _ip("-n", ROUTER, "link", "set", port, "master", bridges[network], "up")
        _ip("-n", name, "addr", "add", str(interface), "dev", joined[network],
            *(["nodad"] if interface.version == 6 else []))
        if interface.version not in defaults:
            defaults.add(interface.version)
            _ip("-n", name, f"-{interface.version}", "route", "add", "default", "via", str(network[1]))


def _lengthen(name, port, delay_ms):
    """Puts bench/wire between a host and the router (netem is not everywhere); the router's new port."""
    far = port[:9] + "-far"
    _ip("-n", ROUTER, "link", "add", "lab1", "type", "veth", "peer", "name", far)
    for end in (port, "lab1"):
        _ip("-n", ROUTER, "link", "set", end, "up")
    subprocess.Popen(inside_router([_wire(), port, "lab1", str(int(delay_ms * 1000))]), stdin=subprocess.DEVNULL)
    return far


@functools.cache
def _wire():
    """The compiled bench/wire: LKDOCTOR_WIRE, or made for this run."""
    if given := os.environ.get("LKDOCTOR_WIRE"):
        return given
    folder = tempfile.TemporaryDirectory(prefix="lkdoctor-wire-")
    atexit.register(folder.cleanup)
    compiler = shutil.which("cc") or shutil.which("clang-16")
    source = pathlib.Path(__file__).resolve().parents[3] / "bench" / "wire.c"
    subprocess.run([compiler, "-O2", "-o", f"{folder.name}/wire", source], check=True)
    return f"{folder.name}/wire"


def inside_router(command):
    return ["nsenter", f"--net=/run/netns/{ROUTER}", *command]


def _bridge(network, bridge):
    _ip("-n", ROUTER, "link", "add", bridge, "type", "bridge")
    _ip("-n", ROUTER, "addr", "add", f"{network[1]}/{network.prefixlen}", "dev", bridge,
        *(["nodad"] if network.version == 6 else []))
    _ip("-n", ROUTER, "link", "set", bridge, "up")
    return bridge


def etc_of(name, nameservers, names):
    etc = sandbox.ROOT / ".etc" / name
    etc.mkdir(exist_ok=True)
    (etc / "resolv.conf").write_text("".join(f"nameserver {server}\n" for server in nameservers))
    lines = ["127.0.0.1 localhost", "::1 localhost"] + [f"{address} {host}" for host, address in names.items()]
    (etc / "hosts").write_text("\n".join(lines) + "\n")
    (etc / "nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files dns\n")


def inside(name, command):
    """The command line that runs `command` on that host: its network, resolver and hosts file."""
    etc = sandbox.ROOT / ".etc" / name
    covers = " && ".join(f"mount --bind {etc}/{file} /etc/{file}" for file in ("resolv.conf", "hosts", "nsswitch.conf"))
    return ["nsenter", f"--net=/run/netns/{name}", "unshare", "--mount", "sh", "-c", covers + ' && exec "$@"', "lab",
            *command]


def firewall(name, rules):
    """nft from stdin, one table a text."""
    done = subprocess.run(inside(name, ["nft", "-f", "-"]), input=rules, text=True, capture_output=True, timeout=10)
    if done.returncode != 0:
        raise RuntimeError(f"firewall of {name}: {done.stderr.strip()}")
