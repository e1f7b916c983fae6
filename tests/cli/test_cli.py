#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Runs the program as a user does: exit statuses, messages, formats, locales, pipes, signals. Loopback only."""
import http.server
import json
import os
import pathlib
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/lab"))
from lab import transcript  # noqa: E402

BINARY = sys.argv.pop(1) if len(sys.argv) > 1 else str(ROOT / "build/quick/lkdoctor")
CANARY = "c4n4ry-" + "9f8e7d6c5b4a39281706" * 2

CONTROLLER = """[livekit]
api_key = "controller"
api_secret = "%s"
public_url = "%s"
service_url = "%s"
"""
LIVEKIT = """port: 7880
rtc:
  tcp_port: 7881
  port_range_start: 20000
  port_range_end: 25000
  use_external_ip: false
  node_ip: 198.51.100.23
keys:
  controller: %s
"""


# The documentation's two examples, copied together.
EXAMPLE_CONTROLLER = """[livekit]
api_key = "controller_key"
api_secret = "-secret-"
public_url = "wss://livekit.example.com"
service_url = "http://livekit.example.com:7880"
"""
EXAMPLE_LIVEKIT = """port: 7880
rtc:
  tcp_port: 7881
  node_ip: 198.51.100.23
  port_range_start: 20000
  port_range_end: 25000
  use_external_ip: true
keys:
  controller_key: "-secret-"
"""


class LiveKit184(http.server.BaseHTTPRequestHandler):
    """What a LiveKit 1.8.4 says to whom has no token: it has no /rtc/v1."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        answers = {"/": (200, "OK"), "/rtc/validate": (401, "no permissions to access the room")}
        self.answer(*answers.get(self.path.partition("?")[0], (404, "404 page not found\n")))

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(404, json.dumps({"code": "bad_route", "msg": f"no handler for path \"{self.path}\"",
                                     "meta": {"twirp_invalid_route": f"POST {self.path}"}}))

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Vary", "Origin")
        self.send_header("Content-Type", "application/json" if body.startswith("{") else "text/plain; charset=utf-8")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *words):
        pass


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cli(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(self.folder)}

    def run_it(self, *words, stdin="", env=None, stdout=subprocess.PIPE):
        return subprocess.run([BINARY, *words], input=stdin, env={**self.env, **(env or {})}, text=True, timeout=60,
                              stdout=stdout, stderr=subprocess.PIPE, cwd=self.folder, check=False)

    def files(self, public="https://livekit.uni.example", service="http://127.0.0.1:7880", secret=CANARY):
        controller, livekit = self.folder / "c.toml", self.folder / "l.yaml"
        controller.write_text(CONTROLLER % (secret, public, service), encoding="utf-8")
        livekit.write_text(LIVEKIT % secret, encoding="utf-8")
        return ["--controller", str(controller), "--livekit", str(livekit)]

    def usage(self, message, *words):
        done = self.run_it(*words)
        self.assertEqual((done.returncode, done.stdout), (64, ""), done.stderr)
        self.assertEqual(done.stderr, f"lkdoctor: {message}\n")

    def test_only_config_of_a_url_says_what_was_missing_and_names_no_key_pair(self):
        done = self.run_it("check", "--only", "config", "http://127.0.0.1:1", "--third-party", "none")
        self.assertEqual((done.returncode, done.stderr), (3, ""))
        head, _, rest = self.plain(done.stdout).partition("\n  seen from")
        self.assertEqual(head, "INCOMPLETE  nothing could be measured: no OpenTalk controller configuration was given or found.")
        self.assertNotIn("not tested", rest)
        self.assertNotIn("key pair", rest)
        done = self.run_it("check", "--skip", "*", "http://127.0.0.1:1")
        self.assertEqual(done.returncode, 3)
        self.assertTrue(done.stdout.startswith(
            "INCOMPLETE  nothing was looked at: --only and --skip leave no check.\n"), done.stdout)
        self.assertNotIn("key pair", done.stdout)

    @staticmethod
    def plain(text):
        return text.replace("\n            ", " ")

    def test_a_livekit_file_nested_without_end_is_one_error(self):
        for name, text in (("flow", "{" * 100000), ("block", "- " * 100000), ("closed", "a: " + "[" * 20000 + "]" * 20000)):
            file = self.folder / f"{name}.yaml"
            file.write_text(text + "\n", encoding="utf-8")
            begun = time.monotonic()
            done = self.run_it("check", "--only", "config", "--livekit", str(file), "--format", "json")
            self.assertLess(time.monotonic() - begun, 3, name)
            report = json.loads(done.stdout)
            check = next(one for one in report["checks"] if one["id"] == "config_livekit")
            self.assertEqual((done.returncode, report["verdict"], check["outcome"]), (1, "broken", "fail"), name)
            self.assertIs(check["facts"]["accepted"], False)
            self.assertEqual(check["facts"]["reason"], "could not parse config: yaml: exceeded max depth of 10000")
            self.assertEqual([one["title"] for one in report["diagnoses"]],
                             [f"LiveKit cannot read {file}: exceeded max depth of 10000 (line 1)."])
        file.write_text("a: " + "[" * 300 + "]" * 300 + "\n", encoding="utf-8")
        report = json.loads(self.run_it("check", "--only", "config", "--livekit", str(file), "--format", "json").stdout)
        check = next(one for one in report["checks"] if one["id"] == "config_livekit")
        self.assertEqual((check["outcome"], check["facts"]["accepted"], check["facts"]["effective"]), ("fail", None, None))
        self.assertEqual([one["title"] for one in report["diagnoses"]],
                         [f"{file} cannot be judged: it is beyond what lkdoctor reads (more than 100 levels)."])

    def test_an_id_of_a_later_release_is_said_to_be_one(self):
        self.usage('no check is called "compose_files" in this release, nor any other of that group; see lkdoctor list '
                   'checks', "explain", "compose_files")
        self.usage('the group "host" has no check in this release, nor any other of that group; see lkdoctor list '
                   'checks', "explain", "host")
        self.usage('no check is called "tcp_turnstile" in this release; of that group there are tcp_ice', "explain",
                   "tcp_turnstile")
        self.usage('the finding "udp-rcvbuf-too-small" is not in this release: nothing here looks for it yet', "explain",
                   "udp-rcvbuf-too-small")
        self.usage('nothing is known of "tls_publik"; did you mean tls_public?', "explain", "tls_publik")
        self.usage('nothing is known of "password=[secret]"; see lkdoctor list findings', "explain", "password=" + CANARY)

    def test_a_pasted_log_is_shown_without_its_secrets(self):
        line = ("could not establish pc connection password=hunter2 Bearer {0} api_secret: {0} "
                "https://user:{0}@h.example/?access_token={0}").format(CANARY[:20])
        done = self.run_it("explain", "-", stdin=line + "\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.splitlines()[0], "> could not establish pc connection password=[secret] Bearer "
                         "[secret] api_secret: [secret] https://[secret]@h.example/?access_token=[secret]")

    def test_a_token_in_the_query_of_a_url_is_shown_nowhere(self):
        url = f"http://user:{CANARY}@127.0.0.1:{closed_port()}/lk?access_token={CANARY}&x={CANARY}#{CANARY}"
        record = self.folder / "recording.json"
        shown = ""
        for words in (["check", url, "-v", "--third-party", "none", "--record", str(record)],
                      ["check", "--public-url", url, "--format", "json", "--third-party", "none"], ["plan", url],
                      ["config", url], ["config", "--service-url", url], [url], ["check", url.replace("http", "htp")],
                      ["check", "--only", "config", *self.files(public=url, service=url)],
                      ["check", "--stun", url, url]):
            done = self.run_it(*words)
            shown += done.stdout + done.stderr
        self.assertNotIn(CANARY, shown + record.read_text(encoding="utf-8"))
        self.assertIn("livekit.public_url = " + url.split("user")[0] + url.split("@")[1].split("?")[0] +
                      "?access_token=***&x=***#***   (TARGET)", shown)
        self.assertIn("The query of public_url is not used; a token belongs into a file: --token-file FILE.", shown)

    def test_a_report_without_a_place_is_refused_before_the_run(self):
        missing, plain = self.folder / "no" / "r.json", self.folder / "plain"
        plain.write_text("x", encoding="utf-8")
        files = self.files()
        self.usage(f"--output {missing}: there is no folder {missing.parent}", "check", *files, "--output", str(missing))
        self.usage(f"--output {plain}/r.json: {plain} is no folder", "check", *files, "--output", f"{plain}/r.json")
        self.usage(f"--output {self.folder}: is a folder", "check", *files, "--output", str(self.folder))

    def test_a_report_replaces_the_one_before_complete(self):
        target, link = self.folder / "r.json", self.folder / "link"
        target.write_text("x" * 100000, encoding="utf-8")
        link.symlink_to(target)
        done = self.run_it("check", "--only", "config", *self.files(), "--format", "json", "--output", str(link))
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        self.assertEqual(json.loads(target.read_text(encoding="utf-8"))["verdict"], "healthy")
        self.assertTrue(link.is_symlink())
        self.assertEqual(sorted(one.name for one in self.folder.iterdir()), ["c.toml", "l.yaml", "link", "r.json"])
        done = self.run_it("check", "--only", "config", *self.files(), "--format", "json", "--output", "/dev/stdout")
        self.assertEqual(json.loads(done.stdout)["verdict"], "healthy")

    def transcript(self, name, *words, stdin=""):
        done = self.run_it(*words, stdin=stdin)
        said = transcript.of(shlex.join(["lkdoctor", *words]), done.stdout + done.stderr, done.returncode)
        said = said.replace(str(self.folder), "~")
        self.assertEqual(transcript.differences(name, said), [])

    def test_the_first_minute_without_any_file(self):
        (self.folder / "config.toml").write_text("[other]\nx = 1\n", encoding="utf-8")
        self.transcript("nothing-configured", "check")

    def test_the_two_examples_of_the_documentation_before_the_first_start(self):
        (self.folder / "controller.toml").write_text(EXAMPLE_CONTROLLER, encoding="utf-8")
        (self.folder / "livekit.yaml").write_text(EXAMPLE_LIVEKIT, encoding="utf-8")
        words = ["check", "--only", "config", "--controller", "controller.toml", "--livekit", "livekit.yaml"]
        self.transcript("documentation-examples", *words)
        self.assertEqual(self.run_it(*words[:2], "config", *words[3:], "--format", "json").stdout.count("-secret-"), 0)

    def test_files_in_order_before_the_first_start(self):
        self.files()
        self.transcript("files-in-order", "check", "--only", "config", "--controller", "c.toml", "--livekit", "l.yaml")

    def test_without_a_command_the_short_help_is_a_usage_error(self):
        done = self.run_it()
        self.assertEqual((done.returncode, done.stdout), (64, ""))
        self.assertTrue(done.stderr.startswith("Usage: lkdoctor COMMAND [OPTION…]\n"))

    def test_help_and_version_go_to_stdout(self):
        for words in (["--help"], ["check", "--help"], ["-h"], ["--version"], ["-V"]):
            done = self.run_it(*words)
            self.assertEqual((done.returncode, done.stderr), (0, ""), words)
        self.assertRegex(self.run_it("--version").stdout, r"^lkdoctor \d+\.\d+\.\d+( \([0-9a-f]+\))?\n$")

    def test_a_secret_in_the_arguments_is_refused_and_not_repeated(self):
        for words in (["--api-secret", CANARY], ["--api-secret=" + CANARY]):
            self.usage("--api-secret is no option: every user of this machine sees arguments; give a file with "
                       "--api-secret-file FILE, or set LKDOCTOR_API_SECRET", "check", *words)
        self.usage("a command comes first: lkdoctor check https://livekit.uni.example",
                   "https://user:%s@livekit.uni.example" % CANARY)

    def test_a_misspelt_word_gets_a_suggestion(self):
        self.usage("unknown command \"chekc\"; did you mean check?\nCommands: lkdoctor --help", "chekc")
        self.usage("unknown option \"--onyl\"; did you mean --only?", "check", "--onyl", "names")
        self.usage("no check, group or finding is called \"singalling\"; did you mean signalling?",
                   "check", "https://livekit.uni.example", "--only", "singalling")
        done = self.run_it("check", "https://livekit.uni.example", "--format", "jsno")
        self.assertEqual(done.returncode, 64)
        self.assertTrue(done.stderr.endswith("; did you mean json?\n"), done.stderr)
        self.usage("nothing is known of \"config-unknwon-field\"; did you mean config-unknown-field?",
                   "explain", "config-unknwon-field")

    def test_what_is_not_in_this_release_says_so_in_one_line(self):
        self.usage("`triage` is not in this release (it will be: one redacted bundle for a ticket)", "triage")
        self.usage("--compose: Compose files are not read in this release; give the server's own file with --livekit "
                   "FILE", "check", "--compose", "compose.yaml")
        self.usage("--format junit is not in this release; there are text, json and jsonl",
                   "check", "https://livekit.uni.example", "--format", "junit")
        self.usage('--format: "nope" is not one of text, json, jsonl',
                   "check", "https://livekit.uni.example", "--format", "nope")

    def test_a_monitoring_system_gets_3_for_what_kept_the_check_from_running(self):
        for words in (["https://livekit.uni.example"], ["--livekit", "/nowhere"], ["--nope"]):
            self.assertEqual(self.run_it("check", *words, "--format", "nagios").returncode, 3, words)
            self.assertEqual(self.run_it("check", *words, "--format=nagios", "--format", "nope").returncode, 64, words)

    def test_an_empty_target_is_a_usage_error(self):
        self.usage("an empty TARGET: give a URL or a name", "check", "")

    def test_a_pipe_is_read_when_somebody_writes_into_it(self):
        pipe = self.folder / "pipe.yaml"
        os.mkfifo(pipe)
        late = subprocess.Popen(["sh", "-c", 'sleep 0.3; echo "port: 7880" > "$1"', "sh", str(pipe)])
        done = self.run_it("check", "--livekit", str(pipe), "--only", "config")
        self.assertEqual(late.wait(), 0)
        self.assertIn("LiveKit has no API keys", done.stdout)
        done = self.run_it("check", "--livekit", str(pipe), "--only", "config")
        self.assertEqual((done.returncode, done.stderr), (66, f"lkdoctor: cannot read {pipe} (--livekit): is a pipe into "
                                                              "which nothing is written\n"))

    def test_a_dash_for_a_file_says_what_to_write_instead(self):
        done = self.run_it("check", "--livekit", "-")
        self.assertEqual((done.returncode, done.stderr), (66, "lkdoctor: cannot read - (--livekit): No such file or "
                                                              "directory; for standard input write /dev/stdin\n"))

    def test_a_pairing_code_is_no_argument_and_is_asked_for(self):
        said = ("--pair takes no code, since every user of this machine sees arguments; did you mean --pair alone? It asks for the "
                "code, or reads it from stdin or LKDOCTOR_PAIRING_CODE")
        self.usage(said, "check", "--responder", "192.0.2.1", "--pair", "4KQ7-2TXM-5CWP-A")
        self.usage(said, "check", "--responder", "192.0.2.1", "--pair=4KQ7-2TXM-5CWP-A")
        self.usage("--pair: stdin ended without the code; type it there, or set LKDOCTOR_PAIRING_CODE", "check",
                   "https://127.0.0.1:9", "--responder", "127.0.0.1", "--pair")

    def test_the_format_of_the_environment_is_that_of_a_plan_too(self):
        self.assertIn("contacts", json.loads(self.run_it("plan", "https://127.0.0.1:9", env={"LKDOCTOR_FORMAT": "json"}).stdout))
        told = self.run_it("plan", "https://127.0.0.1:9", env={"LKDOCTOR_FORMAT": "nagios"})
        self.assertEqual((told.returncode, told.stderr), (0, ""))
        self.assertIn("Nothing was contacted.", told.stdout)

    def test_an_option_needs_its_value_and_its_command(self):
        self.usage("--controller needs a value: --controller FILE", "check", "--controller")
        self.usage("--passive takes no value", "check", "--passive=yes")
        self.usage("--fault is not an option of `lkdoctor check`", "check", "--fault", "dns-missing")
        self.usage("--format json is one report; for several targets use text or jsonl",
                   "check", "https://a.example", "https://b.example", "--format", "json")

    def test_a_named_file_that_cannot_be_read_is_66(self):
        done = self.run_it("check", "--controller", str(self.folder / "none.toml"))
        self.assertEqual((done.returncode, done.stdout), (66, ""))
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def test_nothing_to_check_is_64_with_what_to_try(self):
        done = self.run_it("check")
        self.assertEqual((done.returncode, done.stdout), (64, ""))
        self.assertTrue(done.stderr.startswith("lkdoctor: nothing to check"), done.stderr)
        for example in ("lkdoctor check https://", "lkdoctor check --controller FILE --livekit FILE", "lkdoctor demo"):
            self.assertIn(example, done.stderr)

    def test_files_alone_end_with_0_when_they_are_in_order(self):
        done = self.run_it("check", "--only", "config", *self.files())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertTrue(done.stdout.startswith("HEALTHY  "), done.stdout)
        self.assertIn("Files only: nothing was contacted.", done.stdout)
        self.assertTrue(done.stdout.endswith("  exit 0\n"))

    def test_a_published_sample_is_a_failure_and_is_never_printed(self):
        done = self.run_it("check", "--only", "config", *self.files(secret="secret"))
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("lkdoctor explain default-or-sample-credentials", done.stdout)

    def test_json_follows_the_schema_and_the_schema_is_printed(self):
        schema = json.loads(self.run_it("list", "schema").stdout)
        done = self.run_it("check", "--format", "json", *self.files(service=f"http://127.0.0.1:{closed_port()}",
                                                                   public=f"http://127.0.0.1:{closed_port()}"))
        report = json.loads(done.stdout)
        jsonschema.Draft202012Validator(schema).validate(report)
        self.assertEqual(done.returncode, {"healthy": 0, "degraded": 0, "broken": 1, "unknown": 3}[report["verdict"]])

    def test_one_run_writes_many_reports(self):
        target = self.folder / "r.json"
        done = self.run_it("check", "--only", "config", *self.files(), "--format", "json", "--output", str(target),
                           "--format", "text")
        self.assertTrue(done.stdout.startswith("HEALTHY"), done.stdout + done.stderr)
        self.assertEqual(json.loads(target.read_text(encoding="utf-8"))["schema"], "lkdoctor.report/1")

    def test_several_targets_are_a_line_each(self):
        port = closed_port()
        done = self.run_it("check", f"http://127.0.0.1:{port}", f"http://localhost:{port}", "--format", "jsonl",
                           "--third-party", "none")
        lines = done.stdout.splitlines()
        self.assertEqual(len(lines), 2, done.stderr)
        for line in lines:
            self.assertEqual(json.loads(line)["schema"], "lkdoctor.report/1")

    def test_quiet_says_nothing_when_all_is_well(self):
        done = self.run_it("check", "-q", "--only", "config", *self.files())
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_exit_zero_covers_findings_and_no_usage_error(self):
        files = self.files(secret="secret")
        self.assertEqual(self.run_it("check", "--exit-zero", "--only", "config", *files).returncode, 0)
        self.assertEqual(self.run_it("check", "--exit-zero", "--onyl", "config").returncode, 64)

    def test_a_locale_without_utf8_gets_ascii(self):
        for locale in ({"LC_ALL": "C"}, {"LC_ALL": "de_DE@euro"}, {"LC_ALL": "", "LANG": "POSIX"}):
            done = self.run_it("check", "--only", "config", *self.files(secret="secret"), env=locale)
            self.assertTrue(done.stdout.isascii(), done.stdout)
            self.assertIn("xx 1  ", done.stdout)
        self.assertIn("✗ 1  ", self.run_it("check", "--only", "config", *self.files(secret="secret"),
                                           env={"LC_ALL": "de_DE.UTF-8"}).stdout)

    def test_colour_only_where_it_is_asked_for(self):
        files = self.files(secret="secret")
        self.assertNotIn("\x1b", self.run_it("check", "--only", "config", *files).stdout)
        self.assertIn("\x1b[", self.run_it("check", "--only", "config", "--color", "always", *files).stdout)
        self.assertIn("\x1b[", self.run_it("check", "--only", "config", *files, env={"FORCE_COLOR": "1"}).stdout)
        self.assertNotIn("\x1b", self.run_it("check", "--only", "config", "--color", "never", *files,
                                             env={"FORCE_COLOR": "1"}).stdout)

    def test_a_full_disk_is_70_and_a_reader_that_left_is_not(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = self.run_it("list", "findings", stdout=full)
        self.assertEqual((done.returncode, done.stderr), (70, "lkdoctor: stdout cannot be written\n"))
        done = subprocess.run(["sh", "-c", f"{BINARY} list findings; echo $? >&2"], env=self.env, timeout=60, check=False,
                              stdout=self.closed_pipe(), stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.stderr, "0\n")

    @staticmethod
    def closed_pipe():
        reader, writer = os.pipe()
        os.close(reader)
        return writer

    def test_a_signal_ends_with_the_report_of_what_is_known(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen(64)
            url = f"http://127.0.0.1:{silent.getsockname()[1]}"
            for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
                child = subprocess.Popen([BINARY, "check", url, "--third-party", "none"], env=self.env, text=True,
                                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.folder)
                time.sleep(1.5)
                child.send_signal(number)
                out, err = child.communicate(timeout=30)
                self.assertEqual(child.returncode, status, out + err)
                self.assertIn("stopped by a signal", out)
                self.assertIn(f"  exit {status}", out)

    def test_no_command_prints_a_secret(self):
        files = self.files(public=f"http://127.0.0.1:{closed_port()}", service=f"http://127.0.0.1:{closed_port()}")
        record = self.folder / "recording.json"
        shown = ""
        for words in (["check", *files, "-v", "--record", str(record)], ["check", *files, "--format", "json"],
                      ["plan", *files], ["config", *files], ["config", "--format", "json", *files]):
            done = self.run_it(*words, env={"LKDOCTOR_API_SECRET": CANARY})
            shown += done.stdout + done.stderr
        shown += record.read_text(encoding="utf-8")
        self.assertNotIn(CANARY, shown)
        self.assertNotIn(CANARY.encode().hex(), shown)

    def test_plan_contacts_nobody_and_says_whom_a_check_would(self):
        done = self.run_it("plan", *self.files())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Nothing was contacted.", done.stdout)
        self.assertRegex(done.stdout, r"livekit\.uni\.example +443 ")
        plan = json.loads(self.run_it("plan", "--format", "json", *self.files()).stdout)
        self.assertEqual({"vantage", "checks", "contacts"}, set(plan))

    def test_plan_of_a_url_alone_joins_nothing_and_names_what_media_lacks(self):
        done = self.run_it("plan", "https://livekit.uni.example", "--vantage", "outside")
        self.assertNotIn("Would join", done.stdout)
        plan = json.loads(self.run_it("plan", "https://livekit.uni.example", "--vantage", "outside", "--format",
                                      "json").stdout)
        reasons = {check["id"]: check["reason"] for check in plan["checks"]}
        self.assertEqual("needs a key pair, a token, or a responder", reasons["signalling_join"])
        for media in ("media_udp", "media_tcp", "turn_udp", "turn_tls"):
            self.assertEqual("needs join_response, which signalling_join should have given", reasons[media])
        self.assertIsNone(reasons["tcp_ice"])
        self.assertNotIn("what LiveKit names on joining", str(plan["contacts"]))
        self.assertIn("Would join throw-away rooms", self.run_it("plan", *self.files()).stdout)

    def test_plan_lists_every_port_that_is_tried_for_comparison_or_ought_to_be_closed(self):
        plan = json.loads(self.run_it("plan", *self.files(public="wss://meet.uni.example/signaling/livekit"),
                                      "--vantage", "outside", "--format", "json").stdout)
        rows = {(one["host"], one["port"], one["protocol"]) for one in plan["contacts"]}
        for row in (("198.51.100.23", "7881", "TCP"), ("198.51.100.23", "4", "TCP"), ("meet.uni.example", "7881", "TCP"),
                    ("meet.uni.example", "4", "TCP"), ("198.51.100.23", "20000-25000", "UDP"),
                    ("198.51.100.23", "4", "UDP"), ("198.51.100.23", "1003", "UDP"),
                    ("meet.uni.example", "7880", "TCP, HTTP"), ("meet.uni.example", "443", "TCP, TLS, HTTP"),
                    ("what LiveKit names on joining", "as named", "UDP, TCP")):
            self.assertIn(row, rows)
        self.assertIn("as livekit.uni.example: LiveKit's own name ought to be closed beside a proxy",
                      [one["why"] for one in plan["contacts"]])
        servers = [one for one in plan["contacts"] if one["protocol"] == "DNS"]
        self.assertTrue(servers)
        self.assertEqual({"name server of this machine, for meet.uni.example"}, {one["why"] for one in servers})

    def test_the_version_for_which_a_file_is_judged_is_said_where_nobody_named_it(self):
        words = ["check", "--only", "config", *self.files()]
        line = "judged for LiveKit 1.13.5, the newest known: no running server said its version. Say --livekit-version."
        self.assertIn(line, json.loads(self.run_it(*words, "--format", "json").stdout)["notes"])
        told = self.run_it(*words, "--livekit-version", "1.13.5", "--format", "json")
        self.assertEqual([], json.loads(told.stdout)["notes"])

    def test_a_version_that_was_named_is_held_against_a_server_that_shows_only_what_it_lacks(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), LiveKit184)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        words = ["check", "--passive", "--only", "config,http_public", "--vantage", "outside",
                 *self.files(public=url, service=url), "--format", "json"]

        def notes(version):
            return json.loads(self.run_it(*words, "--livekit-version", version).stdout)["notes"]

        self.assertIn("judged for LiveKit 1.13.5, as --livekit-version says; what runs is older than 1.9.10 and may read "
                      "the file otherwise.", notes("1.13.5"))
        for version in ("1.8.4", "1.9.9"):
            self.assertEqual([], [note for note in notes(version) if "--livekit-version" in note])

    def test_demo_writes_the_report_that_was_asked_for(self):
        done = self.run_it("demo", "--format", "json", "--output", "demo.json", "--format", "jsonl")
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads((self.folder / "demo.json").read_text(encoding="utf-8"))
        self.assertIn("audio and video", [one["what"] for one in report["not_tested"]])
        self.assertEqual("lkdoctor.report/1", json.loads(done.stdout.splitlines()[0])["schema"])
        done = self.run_it("demo", "--fault", "tls-cert-expired", "--format", "json")
        self.assertEqual("tls-cert-expired", json.loads(done.stdout)["diagnoses"][0]["id"])

    def test_all_may_stand_in_the_environment(self):
        (self.folder / "lkdoctor.toml").write_text(
            '[[target]]\nname = "one"\npublic_url = "https://one.uni.example"\n'
            '[[target]]\nname = "two"\npublic_url = "https://two.uni.example"\n', encoding="utf-8")
        done = self.run_it("plan", env={"LKDOCTOR_ALL": "true"})
        self.assertEqual(["one:", "two:"], re.findall(r"^(?:one|two):$", done.stdout, re.M))
        self.assertNotIn("one:", self.run_it("plan", "two", env={"LKDOCTOR_ALL": "true"}).stdout)

    def test_plan_and_config_show_every_target_with_all(self):
        (self.folder / "lkdoctor.toml").write_text(
            '[[target]]\nname = "one"\npublic_url = "https://one.uni.example"\n'
            '[[target]]\nname = "two"\npublic_url = "https://two.uni.example"\n', encoding="utf-8")
        for command, sign in (("plan", r"(one|two)\.uni\.example +443 "),
                              ("config", r"livekit\.public_url += https://(one|two)\.uni\.example ")):
            done = self.run_it(command, "--all")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(["one", "two"], re.findall(sign, done.stdout))
            self.assertEqual(["one:", "two:"], re.findall(r"^(?:one|two):$", done.stdout, re.M))
            refused = self.run_it(command, "--all", "--format", "json")
            self.assertEqual((64, "lkdoctor: --format json shows one target; for several use text\n"),
                             (refused.returncode, refused.stderr))

    def test_plan_names_the_forward_proxy_and_when_it_is_asked(self):
        done = self.run_it("plan", *self.files(), "--proxy", f"http://u:{CANARY}@forward.uni.example:3128")
        self.assertRegex(done.stdout, r"forward\.uni\.example +3128 +TCP, HTTP CONNECT +forward proxy for public_url "
                                      r"\(--proxy\): always")
        self.assertNotIn(CANARY, done.stdout)
        done = self.run_it("plan", *self.files(), env={"HTTPS_PROXY": "forward.uni.example:8080"})
        self.assertRegex(done.stdout, r"forward\.uni\.example +8080 .*\(HTTPS_PROXY\): only where")
        self.assertNotIn("forward.uni.example", self.run_it(
            "plan", *self.files(), "--proxy", "none", env={"HTTPS_PROXY": "forward.uni.example:8080"}).stdout)

    def test_config_shows_each_setting_with_its_source(self):
        done = self.run_it("config", *self.files(), "--api-key", "other")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"public_url +(= )?.*livekit\.uni\.example.*c\.toml:4:")
        self.assertRegex(done.stdout, r"api_key +(= )?.*other.*--api-key")

    def test_list_and_explain_know_the_same_ids(self):
        findings = json.loads(self.run_it("list", "findings", "--format", "json").stdout)
        checks = json.loads(self.run_it("list", "checks", "--format", "json").stdout)
        self.assertTrue(findings and checks)
        for entry in findings[:3] + checks[:3]:
            done = self.run_it("explain", entry["id"])
            self.assertEqual(done.returncode, 0)
            self.assertTrue(done.stdout.startswith(entry["id"]))

    def test_a_token_needs_a_key_pair_and_no_address(self):
        (self.folder / "secret").write_text(CANARY + "\n", encoding="utf-8")
        for words, env in ((["--api-key", "probe", "--api-secret-file", "secret"], {}),
                           (["--api-key", "probe"], {"LKDOCTOR_API_SECRET": CANARY})):
            done = self.run_it("token", "create", *words, env=env)
            self.assertEqual((done.returncode, done.stderr, len(done.stdout.split())), (0, "", 2))
        self.usage("token create needs a key pair: --controller FILE, --livekit FILE, or --api-key KEY --api-secret-file "
                   "FILE", "token", "create", "--api-key", "probe")

    def test_a_token_is_inspected_from_stdin_alone(self):
        self.usage("token inspect reads the token from stdin: lkdoctor token inspect < my.token", "token", "inspect", "my.token")
        self.usage("token create takes no further words", "token", "create", "now")

    def test_a_recording_without_a_place_is_refused_before_the_run(self):
        self.usage("--record /nonexist/x: there is no folder /nonexist", "check", "--record", "/nonexist/x", *self.files())

    def test_two_files_for_one_place_are_refused(self):
        self.usage("--livekit is given twice, and a run reads one: a.yaml or b.yaml? Several deployments: a [[target]] each "
                   "in lkdoctor.toml, and --all", "check", "--livekit", "a.yaml", "--livekit", "b.yaml")

    def test_a_host_that_ends_in_a_dot_is_told_without_the_network(self):
        done = self.run_it("check", "--only", "config", *self.files(public="wss://livekit.uni.example."))
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("has a host that ends in a dot", " ".join(done.stdout.split()))

    def test_files_that_were_judged_for_a_lan_by_guess_say_so(self):
        words = ["check", "--only", "config", *self.files()]
        file = self.folder / "l.yaml"
        file.write_text(file.read_text(encoding="utf-8").replace("198.51.100.23", "10.0.0.5"), encoding="utf-8")
        notes = json.loads(self.run_it(*words, "--format", "json").stdout)["notes"]
        self.assertEqual(1, sum("--audience internet" in note for note in notes), notes)

    def test_a_body_that_a_proxy_refuses_is_explained_without_a_cause(self):
        done = self.run_it("explain", "413 Request Entity Too Large")
        self.assertEqual((done.returncode, "client_max_body_size" in done.stdout), (0, True))

    def test_an_error_text_and_a_log_are_explained(self):
        self.transcript("explain-text", "explain", "could not establish pc connection")
        self.transcript("explain-log", "explain", "-", stdin=(
            "Video geht nicht, could not establish pc connection\n"
            "livekit-1  | WARN could not validate external IP {\"ip\": \"198.51.100.23\"}\n"
            "livekit-1  | INFO participant active\n"
            "livekit-1  | INFO removing participant without connection {\"connectionType\": \"unknown\"}\n"
            "livekit-1  | INFO removing participant without connection {\"connectionType\": \"unknown\"}\n"))
        done = self.run_it("explain", "-", stdin="12:01 connected\n12:02 Invalid API key: k\n12:03 invalid API key: k\n")
        self.assertEqual(done.returncode, 0)
        self.assertIn("> 12:02 Invalid API key: k   (2 times)", done.stdout)
        self.assertIn("api-key-unknown", done.stdout)
        self.assertEqual(self.run_it("explain", "-", stdin="all is well\n").returncode, 1)

    def test_texts_of_servers_browsers_and_systems_are_explained_with_their_cause(self):
        rows = (pathlib.Path(__file__).parent / "error_texts.tsv").read_text(encoding="utf-8").splitlines()
        for text, cause in (row.split("\t") for row in rows):
            done = self.run_it("explain", text)
            causes = self.causes_in(done.stdout)
            self.assertEqual((done.returncode, cause in causes), (0, True), f"{text}: {done.stderr or done.stdout}")
        log = "".join(f"2026-11-23T04:05:06Z\tinfo\t{row.partition(chr(9))[0]}\n" for row in rows)
        done = self.run_it("explain", "-", stdin=log)
        self.assertEqual(done.returncode, 0, done.stderr)
        quoted = [line for line in done.stdout.splitlines() if line.startswith("> ")]
        counts = [int(match[1]) if (match := re.search(r"\((\d+) times\)$", line)) else 1 for line in quoted]
        self.assertEqual(sum(counts), len(rows))

    @staticmethod
    def causes_in(text):
        found = re.search(r"Causes, most frequent first:(.*?)(?=\n\S|\Z)", text, re.S)
        return re.split(r",\s*", " ".join(found[1].split())) if found else []

    def test_causes_of_known_texts_that_nothing_looks_for_yet_are_said_to_be_such(self):
        for path in sorted((ROOT / "texts").glob("*.md")):
            for cause in self.causes_in(path.read_text(encoding="utf-8").replace("\ncauses: ", "\nCauses, most frequent first:")):
                done = self.run_it("explain", cause)
                if done.returncode == 0:
                    continue
                self.assertEqual(done.stderr, f'lkdoctor: the finding "{cause}" is not in this release: nothing here looks '
                                 "for it yet\n", path)


if __name__ == "__main__":
    unittest.main(verbosity=1)
