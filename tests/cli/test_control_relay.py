#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""The way to LiveKit through the control connection of `lkdoctor respond`."""
import hashlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import unittest

from control_client import SECRET, UPGRADE, Control, ControlCase, key_of_code, key_of_pair

SERVERS = pathlib.Path(os.environ.get("LKDOCTOR_SERVERS", pathlib.Path.home() / ".cache/lkdoctor/servers"))


class Relay(ControlCase):
    def test_bytes_go_both_ways_untouched_and_each_side_may_end_first(self):
        blob = os.urandom(3_000_000)

        def serve(one):
            one.sendall(b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + blob)
            got = b""
            while len(got) < len(blob):
                got += one.recv(65536)
            one.sendall(hashlib.sha256(got).digest())

        livekit = self.stand_in(serve)
        responder = self.start(livekit_port=livekit.port)
        control = self.connect(key_of_pair("probekey", SECRET))
        token = control.session()[2]["tokens"][0]
        status, _, _ = control.join(token)
        self.assertEqual(status, 101)
        self.assertEqual(control.until(lambda text: len(text) >= len(blob)), blob)
        control.rest = b""
        control.send(blob)
        self.assertEqual(control.until(lambda text: len(text) >= 32), hashlib.sha256(blob).digest())
        self.assertEqual(control.more(), b"")
        self.assertIn(b"GET /rtc?protocol=15&auto_subscribe=1 HTTP/1.1\r\nHost: responder\r\n", livekit.asked[0])
        _, events, _ = responder.stop()
        self.assertEqual([(one["event"], one.get("count")) for one in events], [("session", None), ("relayed", 1), ("stopped", None)])

    def test_a_client_that_does_not_read_is_not_read_for(self):
        sent = []

        def serve(one):
            one.sendall(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
            one.settimeout(1)
            try:
                while True:
                    sent.append(one.send(bytes(65536)))
            except OSError:
                pass

        livekit = self.stand_in(serve)
        responder = self.start(livekit_port=livekit.port)
        control = self.connect(key_of_pair("probekey", SECRET))
        control.join(control.session()[2]["tokens"][0])
        at_first = resident(responder)
        control.process.send_signal(signal.SIGSTOP)
        before = 0
        while (before != sum(sent) or not sent) and before < 100_000_000:
            before = sum(sent)
            time.sleep(0.3)
        control.process.send_signal(signal.SIGCONT)
        self.assertLess(before, 100_000_000)
        self.assertLess(resident(responder) - at_first, 32_000)  # kB, most of it what a sanitizer keeps

    def test_what_livekit_refuses_comes_back_and_nothing_more_reaches_it(self):
        def serve(one):
            one.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno")
            self.after = one.recv(65536)

        livekit = self.stand_in(serve)
        self.start(livekit_port=livekit.port)
        control = self.connect(key_of_pair("probekey", SECRET))
        token = control.session()[2]["tokens"][0]
        control.send("\r\n".join(["GET /rtc HTTP/1.1", *UPGRADE, "Authorization: Bearer " + token, "", ""]).encode()
                     + b"POST /twirp/livekit.RoomService/ListRooms HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}")
        self.assertEqual(control.until(lambda text: text.endswith(b"no")), b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno")
        self.assertEqual(control.more(), b"")
        self.assertEqual(len(livekit.asked), 1)
        self.assertNotIn(b"twirp", livekit.asked[0])
        self.assertEqual(self.after, b"")

    def test_only_joins_with_the_sessions_own_tokens_are_relayed(self):
        responder = self.start()  # nobody listens on LiveKit's port
        control = self.connect(key_of_pair("probekey", SECRET))
        self.assertEqual(control.join("a.b.c")[0], 403)
        token = control.session()[2]["tokens"][1]
        self.assertEqual(control.join("a.b.c")[0], 403)
        self.assertEqual(control.join(token, "/rtc?access_token=" + token)[0], 403)
        self.assertEqual(control.join(token, "/rtc/../twirp/livekit.RoomService/ListRooms")[0], 403)
        self.assertEqual(control.join(token, "/twirp/livekit.RoomService/ListRooms")[0], 404)
        self.assertEqual(control.ask("GET /nothing"), (404, control_head(33), {"error": "there is nothing here"}))
        status, _, body = control.join(token)
        self.assertEqual((status, body["error"]), (502, "LiveKit does not take connections at 127.0.0.1:1: Connection refused"))
        self.assertIn(body["livekit"], ("absent", "elsewhere"))  # a LiveKit of somebody else's may run beside the test
        _, events, _ = responder.stop()
        self.assertNotIn(token, json.dumps(events))

    def test_a_real_livekit_lets_the_session_join_through_the_relay(self):
        servers = sorted(SERVERS.glob("v*/livekit-server"))
        if not servers:
            self.skipTest("no LiveKit server in " + str(SERVERS))
        port = self.own + 20  # within the range, TCP
        for server in servers:
            with self.subTest(server.parent.name):
                responder = self.start(livekit_port=port)
                responder.stop()
                livekit = subprocess.Popen([server, "--config", "livekit.yaml"], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                try:
                    wait_for(port)
                    responder = self.start(livekit_port=port)
                    self.assertEqual(responder.ready["tcp"], [{"port": self.own + 1, "state": "in_use", "owner": "livekit-server"}])
                    control = self.connect(key_of_code(responder.ready["pairing_code"]))
                    session = control.session()[2]
                    status, head, _ = control.join(session["tokens"][0])
                    self.assertEqual(status, 101, head)
                    frame = control.until(lambda text: len(text) > 10)
                    self.assertEqual(frame[0], 0x82)  # RFC 6455 §5.2: final, binary
                    self.assertIn(session["room"].encode(), control.until(lambda text: session["room"].encode() in text))
                    responder.stop()
                finally:
                    livekit.kill()  # asked to end, it would wait for the room to empty
                    livekit.wait(timeout=10)


def resident(responder):
    """Memory of its own, in kB."""
    status = pathlib.Path(f"/proc/{responder.process.pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("RssAnon:")))


def control_head(size):
    return f"HTTP/1.1 404 Not Found\r\nCache-Control: no-store\r\nContent-Type: application/json\r\nContent-Length: {size}"


def wait_for(port):
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("LiveKit does not listen")


if __name__ == "__main__":
    unittest.main(verbosity=1)
