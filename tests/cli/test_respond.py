#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Both ends of the two-sided port test as programs, on loopback."""
import concurrent.futures
import hashlib
import hmac
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

from responder import ALONE, BINARY, Responder, free_range

ANSWERS_NOBODY = b"\xf4LKD\x01\x01" + bytes(154)


def mac(key, text):
    return hmac.new(key, text, hashlib.sha256).digest()


class OtherClient:
    """The port test by another implementation, with a key file's text."""

    def __init__(self, port, text, minutes_ahead=0):
        self.port, self.sequence = port, 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(2)
        key = mac(mac(b"lkdoctor port test 1", text.encode()), b"key file\x01")
        nonce = os.urandom(16)
        welcome = self.ask(1, port, mac(key, b"lkdoctor port test key id")[:8], key,
                           nonce + struct.pack(">I", int(time.time() / 60) + minutes_ahead), 160)
        self.key = mac(key, b"lkdoctor port test session" + nonce + welcome[36:52])
        self.session = welcome[52:60]

    def send(self, kind, port, name, key, body, size):
        self.sequence += 1
        head = struct.pack(">4sBBH8sI", b"\xf4LKD", 1, kind, port, name, self.sequence) + body
        head += bytes(max(0, size - 16 - len(head)))
        self.socket.sendto(head + mac(key, head)[:16], ("127.0.0.1", port))

    def ask(self, *what):
        self.send(*what)
        return self.socket.recv(9000)

    def slice(self, first, last):
        return self.ask(7, self.port, self.session, self.key, struct.pack(">HH", first, last), 600)

    def probe(self, port):
        return self.ask(3, port, self.session, self.key, b"", 56)

    def tally(self, first, last):
        """Ports that were reached, and those that were reached as far as the interface; None: not told."""
        answer, size = self.ask(5, self.port, self.session, self.key, struct.pack(">HH", first, last), 600), (last - first + 8) // 8
        ports = lambda bits: [first + i for i in range(last - first + 1) if bits[i // 8] >> i % 8 & 1]
        return ports(answer[24:]), ports(answer[25 + size:]) if answer[24 + size] & 4 else None

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.socket.close()


def behind_a_firewall(folder):
    """In a network of its own: a port that is open, one that the host drops as any firewall, two before anything else sees them."""
    text, own = "a key of sixteen letters or more", 17881
    (pathlib.Path(folder) / "key").write_text(text)
    rules = """table ip t {
      chain in { type filter hook input priority 0; udp dport 20003 drop; }
      chain pre { type filter hook prerouting priority -300; udp dport 20005 drop; }
    }
    table netdev n {
      chain in {
        type filter hook ingress device "lo" priority 0;
        udp dport 20007 drop;
      }
    }"""
    subprocess.run(["sh", "-ec", "ip link set lo up; nft -f -"], input=rules, text=True, check=True)
    told = {}
    for words in ([], ["--no-raw"]):
        responder = Responder(folder, "--udp", "20000-20009", "--responder-key-file", "key", *words)
        try:
            with OtherClient(own, text) as client:
                client.slice(20000, 20009)
                for port in (20001, 20003, 20005, 20007):
                    client.send(3, port, client.session, client.key, b"", 56)
                client.socket.recv(9000)
                until, seen = time.monotonic() + 5, client.tally(20000, 20009)
                while seen[1] is not None and len(seen[1]) < 3 and time.monotonic() < until:
                    seen = client.tally(20000, 20009)
                told[responder.ready["mode"]] = [responder.ready["traces"], *seen]
        finally:
            responder.stop()
    print(json.dumps(told))


def more_than_the_kernel_keeps(folder):
    """The responder is held while more comes in than the queue of its packet socket holds."""
    text, own = "a key of sixteen letters or more", 17881
    (pathlib.Path(folder) / "key").write_text(text)
    subprocess.run(["sh", "-ec", "ip link set lo up; nft -f -"], text=True, check=True,
                   input="table ip t { chain in { type filter hook input priority 0; udp dport 20003 drop; }; }")
    responder = Responder(folder, "--udp", "20000-20009", "--responder-key-file", "key")
    try:
        with OtherClient(own, text) as client:
            client.slice(20000, 20009)
            told = [client.tally(20000, 20009)]
            responder.process.send_signal(signal.SIGSTOP)
            for _ in range(12000):
                client.send(3, 20003, client.session, client.key, b"", 56)
            responder.process.send_signal(signal.SIGCONT)
            until = time.monotonic() + 5
            while client.tally(20000, 20009)[1] is not None and time.monotonic() < until:
                pass
            told.append(client.tally(20000, 20009))
        with OtherClient(own, text) as later:
            told.append(later.tally(20000, 20009))
    finally:
        responder.stop()
    print(json.dumps(told))


class Respond(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        first, last = free_range(40)
        self.own, self.first, self.last = first, first + 1, last
        self.words = ["--udp", f"{self.first}-{self.last}", "--listen", f":{self.own}"]

    def start(self, *words, before=None):
        responder = Responder(self.folder, *self.words, *words, before=before)
        self.addCleanup(lambda: responder.process.poll() is None and responder.stop())
        self.assertIsNotNone(responder.ready, responder.process.stderr.read() if responder.ready is None else "")
        return responder

    def check(self, *words, env=None, host="127.0.0.1"):
        done = subprocess.run([BINARY, "check", "https://127.0.0.1:9", "--only", "udp_range", "--vantage", "outside", "--responder",
                               f"{host}:{self.own}", "--format", "json", *words], cwd=self.folder, text=True, timeout=60,
                              capture_output=True, check=False,
                              env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(self.folder), **(env or {})})
        self.assertTrue(done.stdout, done.stderr)
        report = json.loads(done.stdout)
        return next(check for check in report["checks"] if check["id"] == "udp_range"), done

    def test_a_client_with_the_code_sweeps_every_port_and_the_code_is_used_up(self):
        responder = self.start("--no-raw")
        self.assertEqual(responder.ready["mode"], "bound")
        code = {"LKDOCTOR_PAIRING_CODE": responder.ready["pairing_code"].lower().replace("-", "")}
        # Between the greeting ports and 17881 nothing but this machine's own limits loses a datagram.
        found, done = self.check(env=code)
        self.assertEqual(found["facts"]["evidence"], "two_sided", done.stdout)
        self.assertEqual(found["facts"]["intervals"], [{"from": self.first, "to": self.last, "state": "open"}])
        self.assertNotIn(responder.ready["pairing_code"], done.stdout + done.stderr)
        again, _ = self.check(env=code)
        self.assertEqual(again["outcome"], "unknown")
        status, events, err = responder.stop()
        self.assertEqual((status, err), (0, ""))
        self.assertEqual([event["event"] for event in events], ["session", "greeted", "session_over", "session_refused", "full", "stopped"])
        self.assertEqual(events[-1]["ports_reached"], self.last - self.first + 1)

    def test_a_code_serves_every_address_of_the_host(self):
        with socket.socket(socket.AF_INET6 if socket.has_ipv6 else socket.AF_INET, socket.SOCK_DGRAM) as there:
            try:
                there.bind(("::1", 0))
            except OSError:
                self.skipTest("no IPv6 here")
        if len({one[4][0] for one in socket.getaddrinfo("localhost", None)}) < 2:
            self.skipTest("localhost has one address here")
        responder = self.start("--no-raw")
        found, done = self.check(host="localhost", env={"LKDOCTOR_PAIRING_CODE": responder.ready["pairing_code"]})
        self.assertEqual(sorted(one["address"] for one in found["facts"]["sweeps"]), ["127.0.0.1", "::1"], done.stdout)
        for one in found["facts"]["sweeps"]:
            self.assertEqual([(part["from"], part["to"], part["state"]) for part in one["intervals"]], [(self.first, self.last, "open")], one)

    def test_a_port_that_somebody_has_is_in_use_and_not_blocked(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("0.0.0.0", self.first + 5))
            responder = self.start("--no-raw")
            found, done = self.check(env={"LKDOCTOR_PAIRING_CODE": responder.ready["pairing_code"]})
            states = {one["from"]: one["state"] for one in found["facts"]["intervals"]}
            self.assertEqual(states, {self.first: "open", self.first + 5: "in_use", self.first + 6: "open"}, done.stdout)

    def test_without_descriptors_ports_are_untested_and_not_in_use(self):
        few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
        responder = self.start("--no-raw", before=few)
        found, done = self.check(env={"LKDOCTOR_PAIRING_CODE": responder.ready["pairing_code"]})
        self.assertEqual({one["state"] for one in found["facts"]["intervals"]}, {"open", "untested"}, done.stdout)
        self.assertEqual({(one["state"], one["why"]) for one in found["facts"]["sweeps"][0]["intervals"]}, {("open", ""), ("untested", "unopened")})
        self.assertEqual([(one["reason"], one["how"]) for one in json.loads(done.stdout)["not_tested"] if one["what"].startswith("UDP ")],
                         [("the responder could not open them",
                           "raise its limit of open files (LimitNOFILE, ulimit -n), or give it CAP_NET_RAW there")])
        _, events, _ = responder.stop()
        self.assertRegex(next(one for one in events if one["event"] == "unopened")["why"], r"^\d+: Too many open files$")

    def test_slices_cover_the_whole_range(self):
        responder = self.start("--no-raw", "--slice", "7")
        found, _ = self.check(env={"LKDOCTOR_PAIRING_CODE": responder.ready["pairing_code"]})
        self.assertEqual(found["facts"]["intervals"], [{"from": self.first, "to": self.last, "state": "open"}])

    def test_two_clients_at_once_do_not_take_each_others_slice(self):
        (self.folder / "key").write_text("a key of sixteen letters or more\n")
        self.start("--no-raw", "--slice", "3", "--responder-key-file", "key")
        with concurrent.futures.ThreadPoolExecutor(2) as both:
            for found, done in both.map(lambda _: self.check("--responder-key-file", "key"), range(2)):
                self.assertEqual(found["facts"]["intervals"], [{"from": self.first, "to": self.last, "state": "open"}], done.stdout)

    def test_a_client_that_goes_on_is_not_disturbed_by_the_next(self):
        (self.folder / "key").write_text("a key of sixteen letters or more\n")
        self.start("--no-raw", "--responder-key-file", "key")
        with OtherClient(self.own, "a key of sixteen letters or more") as other:
            other.slice(self.first, self.first + 9)
            with concurrent.futures.ThreadPoolExecutor(1) as later:
                check = later.submit(self.check, "--responder-key-file", "key")
                while not check.done():
                    other.probe(self.first + 1)
                    time.sleep(0.2)
            found, done = check.result()
            self.assertEqual((found["outcome"], found["reason"]),
                             ("unknown", "another client is being served by the responder: run this again when it is done"), done.stdout)
            self.assertTrue(other.probe(self.first + 1))

    def test_a_key_file_serves_both_sides_and_another_key_is_told_there(self):
        (self.folder / "key").write_text("a key of sixteen letters or more\n")
        (self.folder / "other").write_text("another key of sixteen letters\n")
        responder = self.start("--responder-key-file", "key")
        found, done = self.check("--responder-key-file", "key")
        self.assertEqual(found["facts"]["evidence"], "two_sided", done.stdout)
        wrong, done = self.check("--responder-key-file", "other")
        self.assertEqual(wrong["outcome"], "unknown")
        self.assertIn("has another key: the code, the key file or the key pair of this run is not its own", wrong["reason"])
        _, events, _ = responder.stop(signal.SIGINT)
        self.assertEqual([event["event"] for event in events],
                         ["session", "greeted", "session_over", "other_key", "other_key", "stopped"])  # over TCP, then over UDP

    def test_a_clock_that_is_off_is_told_and_not_answered(self):
        (self.folder / "key").write_text("a key of sixteen letters or more\n")
        responder = self.start("--responder-key-file", "key")
        OtherClient(self.own, "a key of sixteen letters or more", minutes_ahead=-9).socket.close()
        with self.assertRaises(TimeoutError):
            OtherClient(self.own, "a key of sixteen letters or more", minutes_ahead=-12)
        _, events, _ = responder.stop()
        self.assertEqual([event["event"] for event in events], ["greeted", "clock", "stopped"])
        self.assertEqual(events[1]["why"], "its clock is 12 min behind this host's, or somebody repeats what was heard")

    def test_a_key_pair_that_can_be_guessed_is_no_key_on_either_side(self):
        (self.folder / "livekit.yaml").write_text("port: 7880\nkeys:\n  devkey: fifteen-letters\n")
        responder = self.start("--livekit", "livekit.yaml")
        self.assertEqual(responder.ready["pairs_left_out"], ["devkey"])
        found, done = self.check("--api-key", "devkey", env={"LKDOCTOR_API_SECRET": "fifteen-letters"})
        self.assertEqual((found["outcome"], found["reason"]), ("unknown",
                         "no key for the responder: LiveKit's API secret is shorter than 16 characters or printed in documentation, "
                         "and could be guessed from what is sent; use --pair or --responder-key-file"), done.stdout)

    def test_who_does_not_know_the_key_gets_no_answer(self):
        responder = self.start()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.connect(("127.0.0.1", self.own))
            for datagram in (ANSWERS_NOBODY, ANSWERS_NOBODY[:30], b"", bytes(9000), b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12)):
                stranger.send(datagram)
            found, _ = self.check(env={"LKDOCTOR_PAIRING_CODE": responder.ready["pairing_code"]})
            self.assertEqual(found["facts"]["evidence"], "two_sided")
            stranger.setblocking(False)
            with self.assertRaises(BlockingIOError):
                stranger.recv(2048)

    def in_a_network_of_its_own(self, what):
        if os.getuid() != 0 or not shutil.which("nft") or not shutil.which("unshare"):
            self.skipTest("needs root, nft and a network namespace")
        done = subprocess.run(["unshare", "--net", sys.executable, "-c", f"import test_respond; test_respond.{what}({str(self.folder)!r})", BINARY],
                              cwd=pathlib.Path(__file__).parent, text=True, capture_output=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_where_the_kernel_had_no_room_silence_at_the_interface_is_not_told(self):
        self.assertEqual(self.in_a_network_of_its_own("more_than_the_kernel_keeps"), [[[], []], [[], None], [[], []]])

    def test_what_the_host_itself_takes_away_is_seen_at_its_interface(self):
        self.assertEqual(self.in_a_network_of_its_own("behind_a_firewall"), {"raw": [True, [20001], [20003, 20005, 20007]], "bound": [False, [20001], None]})


class Alone(Respond):
    """The same as a program of its own."""

    def start(self, *words, before=None):
        responder = Responder(self.folder, *self.words, *words, program=(ALONE,), before=before)
        self.addCleanup(lambda: responder.process.poll() is None and responder.stop())
        self.assertIsNotNone(responder.ready, responder.process.stderr.read() if responder.ready is None else "")
        return responder

    def test_one_file_in_an_empty_root_reads_livekits_and_answers_a_sweep(self):
        if b"/ld-linux" in pathlib.Path(ALONE).read_bytes()[:4096]:
            self.skipTest("this build links it with shared libraries; the release build does not")
        root = self.folder / "root"
        root.mkdir()
        shutil.copy(ALONE, root / "r")
        (root / "livekit.yaml").write_text(f"port: 7880\nrtc:\n  port_range_start: {self.first}\n  port_range_end: {self.last}\n"
                                           "keys:\n  devkey: a-secret-of-thirty-two-letters-or-more\n")
        self.words = ["--livekit", "/livekit.yaml", "--listen", f":{self.own}"]
        enter = ["chroot", str(root)] if os.getuid() == 0 else ["unshare", "--map-root-user", f"--root={root}"]
        responder = Responder(self.folder, *self.words, program=(*enter, "/r"))
        self.addCleanup(lambda: responder.process.poll() is None and responder.stop())
        self.assertIsNotNone(responder.ready, responder.process.stderr.read() if responder.ready is None else "")
        found, done = self.check("--api-key", "devkey", env={"LKDOCTOR_API_SECRET": "a-secret-of-thirty-two-letters-or-more"})
        self.assertEqual(found["facts"]["intervals"], [{"from": self.first, "to": self.last, "state": "open"}], done.stdout)
        status, events, err = responder.stop()
        self.assertEqual((status, err, events[0]["key"]), (0, "", "devkey"))


if __name__ == "__main__":
    unittest.main(verbosity=1)
