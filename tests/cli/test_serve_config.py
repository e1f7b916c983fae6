#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""`lkdoctor serve` as far as it goes without serving: its options, what it refuses, --check-config. No network."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = sys.argv.pop(1) if len(sys.argv) > 1 else str(ROOT / "build/quick/lkdoctor")
CANARY = "c4n4ry-" + "9f8e7d6c5b4a39281706" * 2
HASH = "$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG"

CONTROLLER = f"""[livekit]
api_key = "controller"
api_secret = "{CANARY}"
public_url = "https://livekit.uni.example"
service_url = "http://livekit:7880"
"""
LIVEKIT = f"""port: 7880
rtc:
  tcp_port: 7881
  port_range_start: 20000
  port_range_end: 25000
  use_external_ip: false
  node_ip: 198.51.100.23
keys:
  controller: {CANARY}
"""
TARGETS = """[[target]]
name = "pool"
public_url = "https://livekit.uni.example"
api_key = "controller"
api_secret_file = "secret"
[[target]]
name = "lk01"
public_url = "https://livekit.uni.example"
api_key = "controller"
api_secret_file = "secret"
resolve = ["livekit.uni.example:443:198.51.100.23"]
[serve]
state_dir = "state"
"""


class ServeConfig(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(self.folder)}

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def run_it(self, *words, env=None):
        done = subprocess.run([BINARY, "serve", *words], env={**self.env, **(env or {})}, text=True, timeout=60,
                              stdin=subprocess.DEVNULL, capture_output=True, cwd=self.folder, check=False)
        self.assertNotIn(CANARY, done.stdout + done.stderr)
        self.assertNotIn(HASH, done.stdout + done.stderr)
        return done

    def check(self, *words, env=None):
        return self.run_it("--check-config", *words, env=env)

    def refused(self, status, message, *words, env=None):
        done = self.check(*words, env=env)
        self.assertEqual((done.returncode, done.stdout), (status, ""), done.stderr)
        self.assertEqual(done.stderr, f"lkdoctor: {message}\n")

    def deployment(self):
        return ["--controller", self.write("c.toml", CONTROLLER), "--livekit", self.write("l.yaml", LIVEKIT),
                "--vantage", "outside"]

    def described(self, *words, env=None):
        done = self.check("--format", "json", *words, env=env)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)

    def test_help_names_every_option_of_serve_and_none_of_check_alone(self):
        done = self.run_it("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for option in ("--web.listen-address", "--web.config.file", "--web.external-url", "--web.route-prefix", "--web.open",
                       "--state-dir", "--check-config", "--controller", "--only", "--passive", "--third-party", "--config"):
            self.assertIn(f" {option} ", done.stdout)
        for option in ("--exit-zero", "--fail-on", "--all", "--pair"):
            self.assertNotIn(f" {option} ", done.stdout)

    def test_what_is_no_option_of_serve_is_refused_with_what_was_meant(self):
        self.refused(64, 'unknown option "--web.listen-addres"; did you mean --web.listen-address?', "--web.listen-addres", ":1")
        self.refused(64, 'unknown option "--web.config-file"; did you mean --web.config.file?', "--web.config-file", "x")
        self.refused(64, "--exit-zero is not an option of `lkdoctor serve`", "--exit-zero")
        self.refused(64, "--web.listen-address needs a value: --web.listen-address ADDRESS:PORT", "--web.listen-address")
        self.refused(64, "serve takes no target: lkdoctor serve --public-url URL, or [[target]] in lkdoctor.toml", "pool")
        self.refused(64, "`lkdoctor serve` knows one --format: text or json", "--format", "yaml")
        self.refused(64, 'no check, group or finding is called "medai"; did you mean media?',
                     "--public-url", "https://a.example", "--skip", "medai")
        done = self.run_it("--format", "json", "--public-url", "https://a.example")
        self.assertEqual((done.returncode, done.stderr), (64, "lkdoctor: --format goes with --check-config\n"))

    def test_beyond_loopback_nobody_listens_without_a_web_configuration_or_the_word(self):
        url = ["--public-url", "https://livekit.uni.example"]
        said = ("refusing to listen on 0.0.0.0:17880 without --web.config.file (TLS or basic auth): reports name addresses "
                "and files. --web.open to allow.")
        beyond = ["--web.listen-address", "0.0.0.0:17880"]
        self.refused(78, "--web.listen-address: " + said, *url, *beyond)
        done = self.run_it(*url, *beyond)
        self.assertEqual((done.returncode, done.stderr), (78, f"lkdoctor: --web.listen-address: {said}\n"))
        self.refused(78, "$LKDOCTOR_WEB__LISTEN_ADDRESS: " + said, *url, env={"LKDOCTOR_WEB__LISTEN_ADDRESS": "0.0.0.0:17880"})
        self.assertTrue(self.described(*url, *beyond, "--web.open")["open"])
        web = self.write("web.yml", f"basic_auth_users:\n  prometheus: {HASH}\n")
        told = self.described(*url, *beyond, "--web.config.file", web)
        self.assertEqual((told["listen"], told["passwords"], told["tls"]), (["0.0.0.0:17880"], True, False))
        self.assertEqual(told["warnings"], ["passwords for 0.0.0.0:17880 cross the network readable: without TLS"])

    def test_a_web_configuration_that_cannot_be_used_is_told_with_its_place(self):
        url = ["--public-url", "https://livekit.uni.example"]
        self.refused(78, f"{self.folder}/none.yml: No such file or directory", *url, "--web.config.file",
                     str(self.folder / "none.yml"))
        web = self.write("web.yml", "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n")
        done = self.check(*url, "--web.config.file", web)
        self.assertEqual((done.returncode, done.stdout), (78, ""))
        self.assertIn("server.crt: No such file or directory", done.stderr)
        web = self.write("web.yml", f"basic_auth_user:\n  prometheus: {HASH}\n")
        done = self.check(*url, "--web.config.file", web)
        self.assertEqual((done.returncode, done.stdout), (78, ""))
        self.assertIn("web.yml:1:1: ", done.stderr)
        self.assertIn("did you mean basic_auth_users?", done.stderr)

    def test_faults_of_lkdoctors_own_configuration_are_78_and_of_the_rest_what_check_says(self):
        self.write("lkdoctor.toml", TARGETS + "joins_at_onec = 2\n")
        self.refused(78, "lkdoctor.toml:14:1: unknown key \"joins_at_onec\" in [serve]; did you mean joins_at_once?\n"
                     "  14 | joins_at_onec = *\n     | ^^^^^^^^^^^^^")
        done = self.check("--config", str(self.folder / "none.toml"))
        self.assertEqual(done.returncode, 66)
        (self.folder / "lkdoctor.toml").unlink()
        done = self.check()
        self.assertEqual(done.returncode, 64)
        self.assertTrue(done.stderr.startswith("lkdoctor: nothing to check: "), done.stderr)
        done = self.check("--livekit", "none.yaml")
        self.assertEqual(done.returncode, 66)

    def test_a_good_configuration_is_described(self):
        done = self.check(*self.deployment())
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        lines = done.stdout.splitlines()
        self.assertEqual(lines[:6], [
            "The configuration is good. Nothing was contacted.",
            "",
            "listens on  127.0.0.1:17880 (HTTP, no passwords)",
            f"history     in {self.folder}/.local/state/opentalk/lkdoctor",
            "modules     standard",
            ""])
        self.assertIn("target default: module standard, LiveKit livekit.uni.example:443, vantage outside", lines)
        # Each 5 min: signalling_join 1, media_udp 4, media_tcp, media_data and media_mtu 1 each; each 15 min: media_loop 2.
        self.assertIn("  about 104 joins of 100 rooms, ", done.stdout)
        self.assertIn("  -  tls_service              service_url is not https or wss: there is no TLS to look at\n", done.stdout)
        self.assertIn("  every 1 h       tls_public\n", done.stdout)
        self.assertRegex(done.stdout, r"\n    livekit\.uni\.example +443 +TCP, TLS, HTTP, WebSocket +public_url\n")
        self.assertNotIn("warning:", done.stdout)

    def test_several_targets_of_one_livekit_are_added_up(self):
        self.write("secret", CANARY)
        self.write("lkdoctor.toml", TARGETS)
        told = self.described()
        self.assertEqual([one["name"] for one in told["targets"]], ["pool", "lk01"])
        self.assertEqual([(one["livekit"], one["targets"]) for one in told["livekits"]],
                         [("livekit.uni.example:443", ["pool", "lk01"])])
        self.assertEqual(told["warnings"], [])
        alone = [one["estimated_per_hour"]["joins"] for one in told["targets"]]
        self.assertGreater(alone[0], 0)
        self.assertEqual(told["livekits"][0]["estimated_per_hour"]["joins"], sum(alone))
        self.assertEqual(told["state_dir"], "state")
        self.write("lkdoctor.toml", TARGETS + "joins_at_once = 2\n")
        self.assertEqual(self.described()["warnings"],
                         ["2 targets have LiveKit livekit.uni.example:443, and joins_at_once lets 2 of them join it at the same "
                          "time: what one measures can disturb the other"])

    def test_passive_means_no_joins_and_says_which_checks_that_leaves_out(self):
        target = self.described(*self.deployment(), "--passive")["targets"][0]
        self.assertEqual((target["estimated_per_hour"]["joins"], target["estimated_per_hour"]["rooms"]), (0, 0))
        reasons = {one["id"]: one["reason"] for one in target["checks"]}
        self.assertEqual(reasons["signalling_join"], "would join a room: --passive")
        self.assertIsNone(reasons["http_public"])

    def test_without_a_folder_for_the_history_that_is_a_warning(self):
        told = self.described("--public-url", "https://livekit.uni.example", env={"HOME": ""})
        self.assertIsNone(told["state_dir"])
        self.assertEqual(told["warnings"], ["the history is in memory alone and ends with the program: give --state-dir"])
        told = self.described("--public-url", "https://livekit.uni.example", "--state-dir", "/var/lib/lkdoctor")
        self.assertEqual((told["state_dir"], told["warnings"]), ("/var/lib/lkdoctor", []))


if __name__ == "__main__":
    unittest.main()
