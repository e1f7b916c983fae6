#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""What `lkdoctor respond` takes of its options and files, and what it says of them."""
import os
import pathlib
import subprocess
import tempfile
import unittest

from responder import ALONE, BINARY, Responder, free_range


class Words(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        first, last = free_range(40)
        self.own, self.first, self.last = first, first + 1, last

    def start(self, udp, *words):
        responder = Responder(self.folder, "--udp", udp, "--listen", f":{self.own}", "--no-raw", *words)
        self.addCleanup(lambda: responder.process.poll() is None and responder.stop())
        self.assertIsNotNone(responder.ready, responder.process.stderr.read() if responder.ready is None else "")
        return responder

    def said(self, *words):
        done = subprocess.run(words, cwd=self.folder, text=True, capture_output=True, timeout=20, check=False,
                              env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(self.folder)})
        return done.returncode, done.stdout, done.stderr

    def test_ranges_in_any_order_and_over_each_other_are_one_list(self):
        responder = self.start(f"{self.first + 20}-{self.last},{self.first}-{self.first + 9},{self.first + 5}-{self.first + 10},{self.first + 11}")
        self.assertEqual(responder.ready["udp"], [[self.first, self.first + 11], [self.first + 20, self.last]])
        self.assertEqual(responder.ready["ports"], self.last - self.first - 7)

    def test_it_ends_by_itself(self):
        responder = self.start(f"{self.first}", "--for", "1s")
        self.assertEqual(responder.process.wait(timeout=10), 0)

    def test_what_it_cannot_use_is_refused_in_one_line(self):
        (self.folder / "short").write_text("fifteen letters")
        for words, said in (
                ([], "respond needs LiveKit's ports: --livekit FILE, or --udp 20000-25000"),
                (["--tcp", "7881"], "respond --tcp goes beside LiveKit's UDP ports: --livekit FILE, or --udp 20000-25000"),
                (["--udp", "25000-20000"], "--udp 25000-20000: wanted is a list of ports from 1 to 65535, such as 20000-25000,7882"),
                (["--udp", "1", "--for", "2x"], "--for 2x: wanted is a duration up to 7d, such as 30m"),
                (["--udp", "1", "--for", "90"], "--for 90: wanted is a duration with its unit: did you mean 90s, or 90m?"),
                (["--udp", "1", "--allow", "here"], "--allow here: wanted is an address or a network such as 192.0.2.0/24"),
                (["--udp", "1", "--listen", "x"], "--listen x: wanted is ADDRESS, ADDRESS:PORT, :PORT or PORT"),
                (["--udp", "1", "--slice", "0"], "--slice 0: wanted is a number of ports up to 8000"),
                (["--udp", "1", "--format", "jsonl"], "`lkdoctor respond` knows one --format: text or json"),
                (["--udp", "1", "--responder-key-file", "short"], "the key file short holds fewer than 16 characters"),
                (["somewhere"], "respond takes no target: lkdoctor respond --livekit FILE")):
            self.assertEqual(self.said(BINARY, "respond", *words), (64, "", f"lkdoctor: {said}\n"), words)

    def test_ports_that_are_said_twice_are_said_together(self):
        responder = self.start(f"{self.first}", "--udp", f"{self.first + 3}-{self.last}", "--tcp", f"{self.first + 1}", "--tcp", f"{self.first + 2}")
        self.assertEqual(responder.ready["udp"], [[self.first, self.first], [self.first + 3, self.last]])
        self.assertEqual([one["port"] for one in responder.ready["tcp"]], [self.first + 1, self.first + 2])

    def test_its_help_offers_what_it_does_and_nothing_else(self):
        _, out, _ = self.said(BINARY, "respond", "--help")
        self.assertIn("      --format FORMAT             text, or json: an object a line, one for each event\n", out)
        self.assertIn("      --for DURATION              when to end, such as 90s or 2h (default 15m, at most 7d)\n", out)
        for foreign in ("jsonl", "--output", "token", "From where"):
            self.assertNotIn(foreign, out)
        self.assertIn("how long the token holds", self.said(BINARY, "token", "--help")[1])
        self.assertIn("text, json or jsonl; repeatable with --output", self.said(BINARY, "check", "--help")[1])

    def test_a_file_with_which_livekit_does_not_start_says_no_ports(self):
        (self.folder / "livekit.yaml").write_text("rtc:\n  port_range_start: 25000\n  port_range_end: 20000\n")
        line = ("lkdoctor: livekit.yaml:3:19: The UDP range 25000-20000 is none: LiveKit does not start.\n"
                "  3 |   port_range_end: 20000\n    |                   ^^^^^\n")
        self.assertEqual(self.said(BINARY, "respond", "--livekit", "livekit.yaml"),
                         (66, "", line + "  Mend the file, or say the ports: --udp 20000-25000\n"))
        status, _, err = self.said(BINARY, "respond", "--livekit", "livekit.yaml", "--udp", f"{self.first}", "--listen", f":{self.own}", "--for", "1s")
        self.assertEqual((status, err), (0, line + "  The ports are those of --udp.\n"))

    def test_the_place_of_a_defect_is_said_once(self):
        (self.folder / "livekit.yaml").write_text("port: 7880\nrtc:\n  port_rang_start: 20000\n")
        self.assertEqual(self.said(BINARY, "respond", "--livekit", "livekit.yaml"),
                         (66, "", 'lkdoctor: livekit.yaml:3: unknown key "port_rang_start" under "rtc", did you mean "port_range_start"?\n'
                                  "  3 |   port_rang_start: 20000\n    |   ^^^^^^^^^^^^^^^\n"
                                  "  Mend the file, or say the ports: --udp 20000-25000\n"))

    def test_a_range_that_livekit_cuts_to_16_bits_is_told_with_what_becomes_of_it(self):
        end = 65536 + self.last
        (self.folder / "livekit.yaml").write_text(f"rtc:\n  port_range_start: {self.first}\n  port_range_end: {end}\n  tcp_port: 0\n"
                                                  "keys:\n  devkey: a-secret-of-thirty-two-letters-or-more\n")
        status, out, err = self.said(BINARY, "respond", "--livekit", "livekit.yaml", "--listen", f":{self.own}", "--for", "1s")
        self.assertEqual((status, err), (0, f"lkdoctor: livekit.yaml:3:19: The UDP range {self.first}-{end} lies beyond 65535; LiveKit starts and uses "
                                            f"{self.first}-{self.last}.\n  3 |   port_range_end: {end}\n    |                   ^^^^^\n"))
        self.assertTrue(out.startswith(f"ready: UDP {self.first}-{self.last} on every address (all 39"), out)

    def test_livekit_without_udp_has_no_ports_to_test(self):
        (self.folder / "livekit.yaml").write_text("rtc:\n  force_tcp: true\n")
        self.assertEqual(self.said(BINARY, "respond", "--livekit", "livekit.yaml"),
                         (64, "", "lkdoctor: livekit.yaml: LiveKit opens no UDP port with this (rtc.force_tcp); say which to test: --udp 20000-25000\n"))

    def test_files_that_were_found_are_named(self):
        (self.folder / "lkdoctor.toml").write_text('[defaults]\nlivekit = "livekit.yaml"\n')
        (self.folder / "livekit.yaml").write_text("keys:\n  devkey: a-secret-of-thirty-two-letters-or-more\n")
        responder = self.start(f"{self.first}")
        self.assertEqual(responder.ready["files"], ["lkdoctor.toml", "livekit.yaml"])
        responder.stop()
        _, out, _ = self.said(BINARY, "respond", "--udp", f"{self.first}", "--listen", f":{self.own}", "--for", "1s")
        self.assertEqual(out.splitlines()[1], "  files read: lkdoctor.toml, livekit.yaml")

    def test_a_file_that_is_the_controllers_is_refused_whatever_the_ports(self):
        (self.folder / "c.toml").write_text('[livekit]\npublic_url = "wss://lk.example.org"\n')
        self.assertEqual(self.said(BINARY, "respond", "--udp", "1", "--livekit", "c.toml"),
                         (64, "", "lkdoctor: --livekit: c.toml is the controller's configuration, not LiveKit's; name it with --controller\n"))

    def test_the_program_of_its_own_says_the_same(self):
        for words in (["--help"], [], ["--udp", "1", "--slice", "0"], ["--passive"], ["somewhere"], ["--nonsense"], ["--livekit", "none.yaml"], ["--udp", "1", "--for", "90"]):
            status, out, err = self.said(BINARY, "respond", *words)
            out = out.replace("Usage: lkdoctor respond", "Usage: lkdoctor-respond")
            self.assertEqual(self.said(ALONE, *words), (status, out, err), words)
        whole, alone = self.said(BINARY, "--version"), self.said(ALONE, "--version")
        self.assertEqual(alone, (0, whole[1].replace("lkdoctor ", "lkdoctor-respond "), ""))


if __name__ == "__main__":
    unittest.main(verbosity=1)
