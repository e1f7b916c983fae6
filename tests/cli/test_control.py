#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Who gets a session of `lkdoctor respond` over the control connection, with another implementation of its client."""
import base64
import json
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time
import unittest

from control_client import SECRET, ControlCase, key_of_code, key_of_pair, key_of_text
from responder import BINARY


class ControlConnection(ControlCase):
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


if __name__ == "__main__":
    unittest.main(verbosity=1)
