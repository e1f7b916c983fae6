# SPDX-License-Identifier: EUPL-1.2
"""What the benchmarks of `lkdoctor serve` have in common: programs to start, memory, a client that keeps N requests going."""
import pathlib
import select
import socket
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/cli"))
from prober import Prober, wait_for  # noqa: E402, F401


class Table:
    def __init__(self):
        self.missed = 0
        print("| what | figure | bar |\n|---|---|---|", flush=True)

    def tell(self, what, figure, bar="", fine=True):
        self.missed += not fine
        print(f"| {what} | {figure} | {bar}{'' if fine else ' MISSED'} |", flush=True)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def answers(address):
    try:
        socket.create_connection(address, timeout=1).close()
        return True
    except OSError:
        return False


class Program:
    """Runs until the end of the block; started when its port takes connections."""

    def __init__(self, words, port, log):
        with open(log, "w") as said:
            self.process = subprocess.Popen([*map(str, words)], stdout=said, stderr=said)
        wait_for(lambda: self.process.poll() is not None or answers(("127.0.0.1", port)), pause=0.002)
        if self.process.poll() is not None:
            raise AssertionError(pathlib.Path(log).read_text())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; worker_processes 1;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
    location / {{ default_type text/plain; return 200 "OK"; }}
  }}
}}
"""


def https_server(folder, port):
    """nginx that says "OK"; its certificate is in `folder`, and trusted by nobody else."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "90",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-keyout", folder / "key.pem", "-out", folder / "cert.pem"], check=True, capture_output=True)
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
    return Program(["nginx", "-c", folder / "nginx.conf"], port, folder / "nginx.out")


def memory_kb(pids, what="Pss"):
    """Of all of them together; one that has ended meanwhile is none."""
    total = 0
    for pid in pids:
        try:
            lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith(what + ":"))
    return total


def descriptors(pids):
    return sum(len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir())) for pid in pids if pathlib.Path(f"/proc/{pid}/fd").exists())


class Client:
    """One connection with a request under way at each time."""

    def __init__(self, address, paths):
        self.address, self.paths, self.sent, self.got = address, paths, 0, b""
        self.socket = socket.create_connection(address)
        self.ask()

    def ask(self):
        path = self.paths[self.sent % len(self.paths)]
        self.sent += 1
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())

    def take(self):
        """The answer, if it is whole."""
        more = self.socket.recv(1 << 18)
        if not more:
            raise AssertionError("the connection was closed")
        self.got += more
        head, end, body = self.got.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]
        whole = end and (len(body) >= int(length) if length else body.endswith(b"0\r\n\r\n"))
        if not whole:
            return None
        self.got = b""
        return head + end + body


def rate(address, paths_of, parallel, seconds, right):
    """Answers a second of `parallel` connections, and how many were not `right`."""
    clients = {}
    poll = select.epoll()
    for number in range(parallel):
        one = Client(address, paths_of(number))
        clients[one.socket.fileno()] = one
        poll.register(one.socket, select.EPOLLIN)
    begun, done, wrong = time.monotonic(), 0, 0
    while time.monotonic() - begun < seconds:
        for number, _ in poll.poll(1):
            answer = clients[number].take()
            if answer is not None:
                done += 1
                wrong += not right(answer)
                clients[number].ask()
    took = time.monotonic() - begun
    for one in clients.values():
        one.socket.close()
    return done / took, wrong
