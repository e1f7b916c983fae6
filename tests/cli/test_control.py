#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""The control connection of `lkdoctor respond` with another implementation of its client: openssl s_client, and a key schedule of our own."""
import base64
import hashlib
import hmac
import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from responder import BINARY, Responder, free_range

SERVERS = pathlib.Path(os.environ.get("LKDOCTOR_SERVERS", pathlib.Path.home() / ".cache/lkdoctor/servers"))
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


class ControlConnection(unittest.TestCase):
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

    def test_the_code_gives_a_session_once_and_the_key_that_comes_with_it_goes_on(self):
        responder = self.start()
        self.assertEqual((responder.ready["control"], responder.ready["tcp"]),
                         (self.own, [{"port": self.own + 1, "state": "free", "owner": None}]))
        status, _, session = self.connect(key_of_code(responder.ready["pairing_code"])).session()
        self.assertEqual(status, 200)
        self.assertEqual((session["udp"], session["signalling_port"], session["addresses"], session["why_no_tokens"], session["tcp"]),
                         ([[self.own + 2, self.last]], 1, ["127.0.0.1"], None, [{"port": self.own + 1, "state": "answers", "owner": None}]))
        self.assertLessEqual(session["seconds"], 900)
        claims = json.loads(base64.urlsafe_b64decode(session["tokens"][0].split(".")[1] + "=="))
        self.assertEqual((claims["iss"], claims["video"]["room"], claims["video"]["hidden"]), ("probekey", session["room"], True))
        self.assertLessEqual(claims["exp"], time.time() + session["seconds"] + 62)
        self.assertEqual(self.connect(key_of_code(responder.ready["pairing_code"])).session()[0], 403)
        # Its successor, and at the other port too.
        self.assertEqual(self.connect(key_of_text(session["key"]), self.own + 1).session()[0], 200)
        _, events, err = responder.stop()
        self.assertEqual(err, "")
        self.assertEqual([(one["event"], one.get("key"), one.get("why")) for one in events],
                         [("session", "pairing code", f"TCP {self.own + 1} answers for it until it is over"),
                          ("session_refused", "pairing code", "the code was used"),
                          ("stopped", None, None)])
        self.assertEqual((events[-1]["control_sessions"], events[-1]["control_refused"], events[-1]["relayed"]), (1, 1, 0))
        self.assertNotIn(session["tokens"][0], json.dumps(events))
        self.assertNotIn(session["key"], json.dumps(events))

    def test_the_key_that_came_for_the_code_opens_the_udp_test(self):
        responder = self.start("--no-raw")
        session = self.connect(key_of_code(responder.ready["pairing_code"])).session()[2]
        (self.folder / "key").write_text(session["key"])
        done = subprocess.run([BINARY, "check", "https://127.0.0.1:9", "--only", "udp_range", "--vantage", "outside", "--responder", f"127.0.0.1:{self.own}",
                               "--responder-key-file", "key", "--format", "json"], cwd=self.folder, text=True, timeout=60, capture_output=True, check=False,
                              env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(self.folder)})
        found = next(check for check in json.loads(done.stdout)["checks"] if check["id"] == "udp_range")
        self.assertEqual(found["facts"]["evidence"], "two_sided", done.stdout)

    def test_another_key_is_not_answered_and_one_client_at_a_time_is_served(self):
        responder = self.start()
        pair = key_of_pair("probekey", SECRET)
        self.assertEqual(self.connect(key_of_pair("probekey", "another" + SECRET)).session(), (0, "", None))
        self.assertEqual(self.connect(key_of_text(SECRET), identity_of=pair).session(), (0, "", None))
        mine = self.connect(pair)
        self.assertEqual(mine.session()[0], 200)
        other = self.connect(key_of_code(responder.ready["pairing_code"]))
        status, _, body = other.session()
        self.assertEqual((status, body["error"]), (409, "another client is being served"))
        self.assertIn(body["seconds"], (29, 30))
        self.assertEqual(mine.ask("DELETE /session")[0], 204)
        self.assertEqual(other.session()[0], 200)  # the code was not used up by the refusal
        _, events, _ = responder.stop()
        self.assertEqual([one["event"] for one in events], ["other_key", "wrong_key", "session", "session_refused", "session_over", "session", "stopped"])
        self.assertRegex(events[3]["why"], "^127.0.0.1 is being served, for (29|30) s more if nothing comes of it$")
        self.assertEqual(events[4]["why"], f"it was given back; TCP {self.own + 1} is let go")

    def test_two_clients_with_one_key_pair_do_not_share_a_session(self):
        self.start()
        pair = key_of_pair("probekey", SECRET)
        mine = self.connect(pair).session()[2]
        other = self.connect(pair)
        self.assertEqual(other.session()[0], 409)
        self.assertEqual(other.join(mine["tokens"][0])[0], 403)
        self.assertEqual(other.ask("DELETE /session")[0], 409)
        self.assertEqual(self.connect(key_of_text(mine["key"])).ask("DELETE /session")[0], 204)
        self.assertEqual(other.session()[0], 200)

    def test_livekits_tcp_port_is_free_for_it_whenever_no_client_has_a_session(self):
        self.start()
        with socket.create_server(("127.0.0.1", self.own + 1)):
            control = self.connect(key_of_pair("probekey", SECRET))
            name = pathlib.Path("/proc/self/comm").read_text().strip()
            self.assertEqual(control.session()[2]["tcp"], [{"port": self.own + 1, "state": "in_use_on_loopback", "owner": name}])
            self.assertEqual(control.ask("DELETE /session")[0], 204)
        self.assertEqual(control.session()[2]["tcp"], [{"port": self.own + 1, "state": "answers", "owner": None}])
        with self.assertRaises(OSError):
            socket.create_server(("127.0.0.1", self.own + 1))
        self.assertEqual(control.ask("DELETE /session")[0], 204)
        socket.create_server(("127.0.0.1", self.own + 1)).close()

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

    def knock(self, go_on):
        """200 connections a second that say nothing."""
        held = []
        while go_on.is_set():
            one = socket.socket()
            one.bind(("127.0.2.1", 0))
            one.settimeout(0.1)
            try:
                one.connect(("127.0.0.1", self.own))
            except OSError:
                pass
            held.append(one)
            if len(held) > 100:
                held.pop(0).close()
            time.sleep(0.005)
        for one in held:
            one.close()

    def test_strangers_by_the_hundred_harm_nobody_while_they_are_there(self):
        responder = self.start()
        go_on = threading.Event()
        go_on.set()
        crowd = threading.Thread(target=self.knock, args=(go_on,))
        crowd.start()
        self.addCleanup(go_on.clear)
        strangers = [socket.create_connection(("127.0.0.1", self.own), source_address=("127.0.1.1", 0)) for _ in range(100)]
        for i, one in enumerate(strangers):
            try:
                one.sendall((b"\x16\x03\x01\x02\x00" + os.urandom(200), b"GET / HTTP/1.1\r\n\r\n", b"\x16", b"")[i % 4])
            except OSError:
                pass
        self.assertEqual(self.connect(key_of_pair("probekey", SECRET)).session()[0], 200)
        go_on.clear()
        crowd.join()
        for one in strangers:
            one.settimeout(6)
            try:
                while one.recv(100):
                    pass
            except ConnectionResetError:
                pass
            one.close()
        _, events, err = responder.stop()
        self.assertEqual(err, "")
        self.assertEqual(sorted({one["event"] for one in events}), ["no_key", "session", "slowed", "stopped"])
        self.assertGreaterEqual(events[-1]["control_limited"], 75)

    def test_allowed_networks_alone_and_the_address_listened_on(self):
        responder = self.start("--allow", "192.0.2.0/24")
        self.assertEqual(self.connect(key_of_pair("probekey", SECRET)).session(), (0, "", None))
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", self.own))
        _, events, _ = responder.stop()
        self.assertEqual([one["event"] for one in events], ["not_allowed", "stopped"])
        done = subprocess.run([BINARY, "respond", "--udp", "1", "--listen", "192.0.2.1:17881"], cwd=self.folder, text=True, capture_output=True, timeout=20,
                              check=False, env={"PATH": os.environ["PATH"], "HOME": str(self.folder)})
        self.assertEqual((done.returncode, done.stderr), (1, "lkdoctor: cannot listen on 192.0.2.1: this host does not have it\n"))

    def test_with_an_address_no_other_is_answered_raw_or_not(self):
        (self.folder / "key").write_text("a key of sixteen letters or more\n")
        words = ["respond", "--format", "json", "--udp", f"{self.own + 2}-{self.last}", "--listen", f"127.0.0.1:{self.own}", "--responder-key-file", "key"]
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(self.folder)}
        for way in ([], ["--no-raw"]):
            process = subprocess.Popen([BINARY, *words, *way], cwd=self.folder, text=True, stdout=subprocess.PIPE, env=environment)
            self.addCleanup(lambda one=process: (one.poll() is None and one.kill(), one.stdout.close()))
            process.stdout.readline()
            for address, evidence in (("127.0.0.2", None), ("127.0.0.1", "two_sided")):
                done = subprocess.run([BINARY, "check", "https://127.0.0.1:9", "--only", "udp_range", "--vantage", "outside", "--responder",
                                       f"{address}:{self.own}", "--responder-key-file", "key", "--format", "json"], cwd=self.folder, text=True, timeout=60,
                                      capture_output=True, check=False, env=environment)
                found = next(check for check in json.loads(done.stdout)["checks"] if check["id"] == "udp_range")
                self.assertEqual(found.get("facts", {}).get("evidence") == "two_sided", evidence == "two_sided", (way, address, done.stdout))
            process.terminate()
            process.wait(timeout=10)

    def test_ipv6_is_served_too(self):
        if not socket.has_ipv6 or not pathlib.Path("/proc/net/if_inet6").read_text():
            self.skipTest("no IPv6 here")
        self.start("--listen", f"[::1]:{self.own}")
        self.assertEqual(self.connect(key_of_pair("probekey", SECRET), address="[::1]").session()[2]["addresses"], ["::1"])

    def test_every_address_is_served_where_none_is_named(self):
        responder = self.start("--listen", f":{self.own}")
        self.assertEqual(responder.ready["control"], self.own)
        for address in ("127.0.0.1", "127.0.0.2"):
            control = self.connect(key_of_pair("probekey", SECRET), address=address)
            self.assertEqual((control.session()[0], control.ask("DELETE /session")[0]), (200, 204))

    def test_ports_in_use_are_told_with_their_owner(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken, socket.create_server(("0.0.0.0", self.own + 1)):
            taken.bind(("127.0.0.1", self.own + 5))
            responder = self.start()
            name = pathlib.Path("/proc/self/comm").read_text().strip()
            self.assertEqual(responder.ready["tcp"], [{"port": self.own + 1, "state": "in_use", "owner": name}])
            self.assertEqual(responder.ready["udp_in_use"], [{"from": self.own + 5, "to": self.own + 5, "owner": name}])
            session = self.connect(key_of_pair("probekey", SECRET)).session()[2]
            self.assertEqual((session["tcp"], session["udp_in_use"]), (responder.ready["tcp"], responder.ready["udp_in_use"]))

    def test_the_text_is_for_people(self):
        (self.folder / "key").write_text("a key of sixteen letters or more\n")
        process = subprocess.Popen([BINARY, "respond", "--udp", f"{self.own + 2}-{self.last}", "--listen", f"127.0.0.1:{self.own}", "--tcp", f"{self.own + 1}",
                                    "--no-raw", "--responder-key-file", "key"], cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(self.folder)})
        self.addCleanup(lambda: process.poll() is None and process.kill())
        lines = [process.stdout.readline() for _ in range(6)]
        self.assertEqual(lines[:4], [
            f"ready: UDP {self.own + 2}-{self.last} on 127.0.0.1 (all 22; 500 at a time), TCP/UDP {self.own}, for 15 min; stop: Ctrl-C\n",
            "  no raw socket (as asked for): root, or CAP_NET_RAW, tests all ports at once\n",
            f"  TCP: {self.own + 1} is free: it answers while a client's session runs, and is let go then\n",
            "  no test session for clients: the responder has no LiveKit key pair: --livekit FILE\n"])
        self.assertEqual(lines[4], f"on this machine, which alone reaches it:  lkdoctor check https://… --responder 127.0.0.1:{self.own} --pair\n")
        self.assertRegex(lines[5], r"^code: [A-Z2-7-]{16}      \(typed there when asked; good once, until \d\d:\d\d; gives no access to LiveKit's API\)\n$")
        status, _, session = self.connect(key_of_text("a key of sixteen letters or more")).session()
        self.assertEqual((status, session["tokens"], session["why_no_tokens"]), (200, None, "the responder has no LiveKit key pair: --livekit FILE"))
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=10)
        self.assertEqual(err, "")
        self.assertEqual(out.splitlines(), [
            f"127.0.0.1 has a session: TCP {self.own + 1} answers for it until it is over (by key file)",
            "stopped: 0 clients, 0 ports reached, 0 datagrams answered, 0 not; 1 session carried, 0 connections relayed to LiveKit"])

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
