#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""A LiveKit that hangs, floods or resets: every other target of `lkdoctor serve` keeps its schedule.

    tests/cli/test_serve_neighbours.py LKDOCTOR
"""
import contextlib
import multiprocessing
import pathlib
import socket
import struct
import sys
import tempfile
import threading
import time
import unittest

from prober import Prober

INTERVAL = 2
WATCHED = 20    # seconds
PATIENCE = 150
LATE = 1      # seconds that a run may be late
CHECK = "http_public"


def take_request(client):
    head = b""
    while b"\r\n\r\n" not in head:
        more = client.recv(65536)
        if not more:
            raise ConnectionError("left without a request")
        head += more


def answer(client):
    """Like LiveKit's "/"."""
    take_request(client)
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK")


def hang(client):
    client.settimeout(None)
    while client.recv(65536):
        pass


def flood_head(client):
    take_request(client)
    client.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        client.sendall(b"X-More: and more\r\n" * 4000)


def flood_body(client):
    take_request(client)
    client.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        client.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")


def flood_at_once(client):
    while True:
        client.sendall(b"\x16\x03\x03\x40\x00" + b"x" * 65536)


def reset(client):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Peer:
    """A server that does the same with each client: a process, so that one that floods is in nobody's way."""

    def __init__(self, what):
        self.what = what
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.process = multiprocessing.get_context("fork").Process(target=self.accept, daemon=True)
        self.process.start()
        self.listener.close()

    def accept(self):
        while True:
            client = self.listener.accept()[0]
            client.settimeout(30)
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with client, contextlib.suppress(OSError):
            self.what(client)

    def close(self):
        self.process.kill()
        self.process.join()


def own(targets):
    lines = ['[defaults]\nthird_party = "none"\nmodule = "cheap"\n[module.cheap]',
             f'"config,names,http,signalling,api,tcp" = "{INTERVAL}s"']
    lines += [f'[[target]]\nname = "{name}"\npublic_url = "{scheme}://127.0.0.1:{port}"' for name, scheme, port in targets]
    return "\n".join(lines) + "\n"


class Neighbours(unittest.TestCase):
    def peer(self, what):
        one = Peer(what)
        self.addCleanup(one.close)
        return one.port

    def prober(self, targets):
        return self.enterContext(Prober(LKDOCTOR, self.enterContext(tempfile.TemporaryDirectory()), own(targets)))

    def kept_schedule(self, prober, names):
        """Whether each of them ran on time for WATCHED seconds on end: on a machine that is busy with something else they
        are late without any neighbour, and what a neighbour delays it delays throughout."""
        since, last, end = {}, {}, time.monotonic() + PATIENCE
        while time.monotonic() < end:
            runs = prober.samples("lkdoctor_check_last_run_timestamp_seconds", check=CHECK)
            for name in names:
                when = runs[name] if runs[name] == runs[name] else 0  # NaN: it has not run yet
                if when - last.get(name, 0) > INTERVAL + LATE:
                    since[name] = when
                last[name] = when
            if all(last[name] - since.get(name, last[name]) >= WATCHED for name in names):
                return True
            time.sleep(0.2)
        return False

    def test_targets_beside_those_that_hang_flood_and_reset_keep_their_schedule(self):
        good = [("answers", "http", self.peer(answer)), ("closed", "http", 9)]
        bad = [("hangs", "http", self.peer(hang)), ("hangs-tls", "https", self.peer(hang)),
               ("floods-head", "http", self.peer(flood_head)), ("floods-body", "http", self.peer(flood_body)),
               ("floods-tls", "https", self.peer(flood_at_once)), ("resets", "http", self.peer(reset))]
        prober = self.prober([*good, *bad])
        self.assertTrue(self.kept_schedule(prober, [name for name, *_ in good]))
        page = prober.get("/metrics")
        for name, *_ in bad:
            self.assertIn(f'probe_success{{target="{name}"}} 0\n', page)


LKDOCTOR = str(pathlib.Path(sys.argv.pop(1)).resolve())
if __name__ == "__main__":
    unittest.main()
