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
        for words, said in (
                ([], "respond needs LiveKit's ports: --livekit FILE, or --udp 20000-25000"),
                (["--tcp", "7881"], "respond --tcp goes beside LiveKit's UDP ports: --livekit FILE, or --udp 20000-25000"),
                (["--udp", "25000-20000"], "--udp 25000-20000: wanted is a list such as 20000-25000,7882"),
                (["--udp", "1", "--for", "2x"], "--for 2x: wanted is a duration up to 7d, such as 30m"),
                (["--udp", "1", "--allow", "here"], "--allow here: wanted is an address or a network such as 192.0.2.0/24"),
                (["--udp", "1", "--listen", "x"], "--listen x: wanted is ADDRESS:PORT, :PORT or PORT"),
                (["--udp", "1", "--slice", "0"], "--slice 0: wanted is a number of ports up to 8000"),
                (["somewhere"], "respond takes no target: lkdoctor respond --livekit FILE")):
            self.assertEqual(self.said(BINARY, "respond", *words), (64, "", f"lkdoctor: {said}\n"), words)

    def test_a_file_with_which_livekit_does_not_start_says_no_ports(self):
        (self.folder / "livekit.yaml").write_text("rtc:\n  port_range_start: 25000\n  port_range_end: 20000\n")
        self.assertEqual(self.said(BINARY, "respond", "--livekit", "livekit.yaml"),
                         (66, "", "lkdoctor: livekit.yaml:3:19: The UDP range 25000-20000 is none: LiveKit does not start. "
                              "Mend the file, or say the ports: --udp 20000-25000\n"))

    def test_the_program_of_its_own_says_the_same(self):
        for words in (["--help"], [], ["--udp", "1", "--slice", "0"], ["--passive"], ["somewhere"], ["--nonsense"], ["--livekit", "none.yaml"]):
            status, out, err = self.said(BINARY, "respond", *words)
            out = out.replace("Usage: lkdoctor respond", "Usage: lkdoctor-respond")
            self.assertEqual(self.said(ALONE, *words), (status, out, err), words)
        whole, alone = self.said(BINARY, "--version"), self.said(ALONE, "--version")
        self.assertEqual(alone, (0, whole[1].replace("lkdoctor ", "lkdoctor-respond "), ""))


if __name__ == "__main__":
    unittest.main(verbosity=1)
