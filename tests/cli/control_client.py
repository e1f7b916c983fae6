# SPDX-License-Identifier: EUPL-1.2
"""Another implementation of the control connection's client: openssl s_client, and a key schedule of our own."""
import base64
import hashlib
import hmac
import json
import os
import pathlib
import select
import socket
import subprocess
import tempfile
import threading
import unittest

from responder import Responder, free_range

SECRET = "0123456789abcdef0123456789abcdefXYZ"
UPGRADE = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + base64.b64encode(bytes(16)).decode()]


def mac(key, text):
    return hmac.new(key, text, hashlib.sha256).digest()


def long_term(secret, info):
    return mac(mac(b"lkdoctor port test 1", secret.encode()), info.encode() + b"\x01")


def key_of_code(code):
    return long_term(code.replace("-", ""), "pairing code")


def key_of_text(text):
    return long_term(text, "key file")


def key_of_pair(name, secret):
    return long_term(secret, "livekit pair " + name)


class Control:
    """One control connection."""

    def __init__(self, port, key, identity_of=None, address="127.0.0.1"):
        identity = "lkdoctor1:" + mac(identity_of or key, b"lkdoctor port test key id")[:8].hex()
        self.process = subprocess.Popen(["openssl", "s_client", "-quiet", "-connect", f"{address}:{port}", "-tls1_3", "-psk_identity", identity, "-psk",
                                         mac(key, b"lkdoctor port test control").hex(), "-ciphersuites", "TLS_AES_128_GCM_SHA256"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.rest = b""

    def more(self, timeout=5):
        """b"" at the end."""
        if not select.select([self.process.stdout], [], [], timeout)[0]:
            raise AssertionError("nothing came")
        return os.read(self.process.stdout.fileno(), 65536)

    def until(self, done):
        while not done(self.rest):
            came = self.more()
            if not came:
                break
            self.rest += came
        return self.rest

    def send(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def ask(self, line, headers=(), body=b""):
        """Status, headers and JSON; (0, "", None) where the connection ended instead."""
        length = [f"Content-Length: {len(body)}"] if body else []
        try:
            self.send("\r\n".join([line + " HTTP/1.1", "Host: responder", *headers, *length, "", ""]).encode() + body)
        except BrokenPipeError:
            return 0, "", None
        head, found, rest = self.until(lambda text: b"\r\n\r\n" in text).partition(b"\r\n\r\n")
        if not found:
            return 0, "", None
        head = head.decode()
        size = next((int(one.split(":")[1]) for one in head.split("\r\n") if one.lower().startswith("content-length:")), 0)
        self.rest = rest
        self.until(lambda text: len(text) >= size)
        text, self.rest = self.rest[:size], self.rest[size:]
        return int(head.split()[1]), head, json.loads(text) if text else None

    def session(self):
        return self.ask("POST /session", body=b'{"version":1}')

    def join(self, token, target="/rtc?protocol=15&auto_subscribe=1"):
        return self.ask("GET " + target, [*UPGRADE, "Authorization: Bearer " + token])

    def close(self):
        self.process.stdin.close()
        self.process.kill()
        self.process.wait(timeout=5)
        self.process.stdout.close()


class StandIn:
    """Where LiveKit would be: hands each connection to `serve`."""

    def __init__(self, serve):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.serve, self.asked = serve, []
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                one = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.handle, args=(one,), daemon=True).start()

    def handle(self, one):
        with one:
            one.settimeout(10)
            head = b""
            while b"\r\n\r\n" not in head:
                head += one.recv(65536)
            self.asked.append(head)
            self.serve(one)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class ControlCase(unittest.TestCase):
    """A responder of its own for each test, and who calls it."""

    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.own, self.last = free_range(24)

    def start(self, *words, livekit_port=1, tcp_port=0):
        (self.folder / "livekit.yaml").write_text(
            f"port: {livekit_port}\nbind_addresses: [\"127.0.0.1\"]\nrtc:\n  port_range_start: {self.own + 2}\n  port_range_end: {self.last}\n"
            f"  tcp_port: {tcp_port or self.own + 1}\n  node_ip: 127.0.0.1\n  use_external_ip: false\nkeys:\n  probekey: {SECRET}\n")
        responder = Responder(self.folder, "--livekit", "livekit.yaml", "--listen", f"127.0.0.1:{self.own}", *words)
        self.addCleanup(lambda: responder.process.poll() is None and responder.stop())
        self.assertIsNotNone(responder.ready, responder.process.stderr.read() if responder.ready is None else "")
        return responder

    def connect(self, key, port=None, **more):
        control = Control(port or self.own, key, **more)
        self.addCleanup(control.close)
        return control

    def stand_in(self, serve):
        livekit = StandIn(serve)
        self.addCleanup(livekit.close)
        return livekit
