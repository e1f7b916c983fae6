#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""`lkdoctor serve` as its callers see it: HTTP, signals, systemd's protocols. The deployment is a closed port on loopback.

    tests/cli/test_serve.py LKDOCTOR
"""
import http.server
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

from prober import get, listening, sample, wait_for

OWN = """
[defaults]
third_party = "none"
[[target]]
name = "lk01"
public_url = "http://127.0.0.1:9"
[[target]]
name = "lk02"
public_url = "http://127.0.0.1:9"
"""


class Serve(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.own = self.folder / "lkdoctor.toml"
        self.own.write_text(OWN)

    def start(self, *words, environment=None, wrapped=(), pass_fds=()):
        log = self.enterContext(open(self.folder / "log", "w"))
        self.process = subprocess.Popen(
            [*wrapped, LKDOCTOR, "serve", "--config", self.own, "--state-dir", self.folder / "state", *words],
            stderr=log, env={"PATH": os.environ["PATH"], **(environment or {})}, pass_fds=pass_fds)
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)
        self.base = "http://" + wait_for(lambda: listening(self.process, self.folder / "log"))

    def started(self, *words, **more):
        self.start("--web.listen-address", "127.0.0.1:0", *words, **more)

    def said(self):
        return (self.folder / "log").read_text()

    def sample(self, name):
        return sample(self.base, name)

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.assertEqual(self.process.wait(20), 0, self.said())


class Http(Serve):
    def test_unknown_names_are_answered_with_the_known_ones(self):
        self.started()
        self.assertEqual(get(self.base + "/probe?target=lk03"),
                         (404, 'There is no target "lk03". Did you mean "lk01"? Known: lk01, lk02.\n'))
        self.assertEqual(get(self.base + "/probe?target=lk01&module=fast"),
                         (400, 'There is no module "fast". Known: standard.\n'))
        self.assertEqual(get(self.base + "/probe")[0], 400)
        self.assertEqual(get(self.base + "/../etc/passwd")[0], 400)
        self.assertEqual(get(self.base + "/nothing")[0], 404)
        self.end()

    def test_health_and_readiness_are_answered_in_both_spellings(self):
        self.started()
        for place in ("/-/healthy", "/health", "/-/ready", "/ready"):
            self.assertEqual(get(self.base + place)[0], 200, place)
        self.end(signal.SIGINT)

    def test_a_name_that_is_not_this_server_is_refused(self):
        self.started()
        self.assertEqual(get(self.base + "/", headers={"Host": "evil.example"})[0], 421)

    def test_a_deployment_that_does_not_answer_is_broken_and_its_cause_named(self):
        self.started()
        wait_for(lambda: self.sample('lkdoctor_verdict{target="lk01",verdict="broken"}') == "1")
        causes = [line for line in get(self.base + "/metrics")[1].splitlines() if line.startswith("lkdoctor_diagnosis{")]
        self.assertTrue([line for line in causes if line.endswith(" 1")], causes)
        report = json.loads(get(self.base + "/api/v1/report?target=lk01")[1])
        self.assertEqual((report["schema"], report["verdict"]), ("lkdoctor.report/1", "broken"))
        self.assertIn("broken", get(self.base + "/")[1])
        self.end()

    def test_a_thousand_idle_connections_are_harmless(self):
        self.started()
        host, port = self.base.removeprefix("http://").split(":")
        idle = [socket.create_connection((host, int(port))) for _ in range(1100)]
        self.assertEqual(get(self.base + "/-/healthy")[0], 200)
        for one in idle:
            one.close()
        self.end()

    def test_open_pages_show_no_remedy(self):
        self.started("--web.open")
        wait_for(lambda: self.sample('lkdoctor_verdict{target="lk01",verdict="broken"}') == "1")
        report = json.loads(get(self.base + "/api/v1/report?target=lk01")[1])
        self.assertNotIn("127.0.0.1", json.dumps(report))


class Reload(Serve):
    def test_a_bad_configuration_is_refused_and_the_former_one_stays(self):
        self.started()
        self.own.write_text(OWN + "[[target]]\nname = \"lk03\"\nvantge = \"outside\"\n")
        status, said = get(self.base + "/-/reload", method="POST")
        self.assertEqual(status, 500)
        self.assertIn("did you mean vantage?", said)
        self.assertEqual(self.sample("lkdoctor_config_last_reload_successful"), "0")
        self.assertEqual(get(self.base + "/probe?target=lk03")[0], 404)
        self.own.write_text(OWN.replace("lk02", "lk03"))
        self.process.send_signal(signal.SIGHUP)
        wait_for(lambda: self.sample("lkdoctor_config_last_reload_successful") == "1")
        self.assertEqual(get(self.base + "/api/v1/report?target=lk02")[0], 404)
        self.assertIn("lk03", get(self.base + "/")[1])
        self.end()

    def test_reading_does_not_reload(self):
        self.started()
        self.assertEqual(get(self.base + "/-/reload")[0], 405)


class Systemd(Serve):
    def test_the_manager_is_told_of_start_and_end_and_life(self):
        path = str(self.folder / "notify")
        heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(heard.close)
        heard.bind(path)
        heard.settimeout(20)
        self.started(environment={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "400000"})
        words = ""
        while not ("READY=1" in words and "WATCHDOG=1" in words):
            words += heard.recv(4096).decode()
        self.process.terminate()
        while "STOPPING=1" not in words:
            words += heard.recv(4096).decode()
        self.assertEqual(self.process.wait(20), 0)

    def test_sockets_that_the_manager_opened_are_used(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        # The manager's descriptors begin with 3, and are for the process whose number it says.
        wrapped = ["bash", "-c", f'exec 3<&{listener.fileno()}; export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@"', "bash"]
        self.start(wrapped=wrapped, pass_fds=[listener.fileno()])
        self.assertEqual(self.base, f"http://127.0.0.1:{listener.getsockname()[1]}")
        self.assertEqual(get(self.base + "/-/healthy")[0], 200)
        self.end()


class History(Serve):
    def test_a_state_folder_that_cannot_be_written_costs_the_history_alone(self):
        (self.folder / "state").write_text("a file, no folder")
        self.started()
        wait_for(lambda: self.sample('lkdoctor_verdict{target="lk01",verdict="broken"}') == "1")
        self.assertEqual(self.said().count("memory"), 1, self.said())
        self.end()

    def test_it_survives_a_restart(self):
        self.started()
        wait_for(lambda: self.sample('lkdoctor_verdict{target="lk01",verdict="broken"}') == "1")
        self.end()
        self.started()
        self.assertIn("/t/lk01/incident/", get(self.base + "/t/lk01")[1])


class Hook(http.server.BaseHTTPRequestHandler):
    """A receiver that is busy at first."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.heard.append((self.path, self.headers["Authorization"], body))
        self.send_response(200 if len(self.server.heard) > 1 else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Receivers(Serve):
    def test_a_receiver_is_told_what_is_broken_until_it_takes_it(self):
        hook = self.enterContext(http.server.HTTPServer(("127.0.0.1", 0), Hook))
        hook.heard = []
        threading.Thread(target=hook.serve_forever, daemon=True).start()
        self.addCleanup(hook.shutdown)
        place = f"http://127.0.0.1:{hook.server_port}"
        (self.folder / "token").write_text("canary-0123456789\n")
        self.own.write_text(OWN + f"""
[module.standard]
"names,tcp,http,tls" = "1s"
[serve.labels]
prober = "here"
[[serve.receiver]]
kind = "webhook"
url = "{place}/in?room=canary"
bearer_token_file = "token"
""")
        self.started("--web.external-url", "http://127.0.0.1/")
        wait_for(lambda: f"the webhook at {place} is told of changes again\n" in self.said(), 60)
        self.assertEqual(self.said().count("could not be told of changes: it answers 503"), 1, self.said())
        self.assertNotIn("canary", self.said())
        path, authorization, body = hook.heard[-1]
        self.assertEqual((path, authorization), ("/in?room=canary", "Bearer canary-0123456789"))
        self.assertEqual((body["schema"], body["prober"]), ("lkdoctor.events/1", {"prober": "here"}))
        self.assertEqual((body["events"][0]["verdict"], body["events"][0]["link"]), ("broken", "http://127.0.0.1/t/lk01"))
        self.end()


LKDOCTOR = str(pathlib.Path(sys.argv.pop(1)).resolve())
if __name__ == "__main__":
    unittest.main()
