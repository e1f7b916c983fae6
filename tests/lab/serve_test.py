#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""`lkdoctor serve` beside a real LiveKit and a real Prometheus: what is healthy is told, a fault is named and alerted while
it is there, and resolved when it is gone.

    tests/lab/serve_test.py LKDOCTOR
"""
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/cli"))
from prober import get, listening, sample, wait_for  # noqa: E402

SCENARIO = "healthy-lan"
OWN = """
[module.fast]
"names,tls,http,config,clock,api_key,signalling_public,signalling_service" = "2s"
join = "4s"

[defaults]
module = "fast"
"""
RULES = """
groups:
  - name: lkdoctor
    interval: 1s
    rules:
      - alert: LiveKitCause
        expr: lkdoctor_diagnosis == 1
        for: 3s
"""
PROMETHEUS = """
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [rules.yaml]
scrape_configs:
  - job_name: lkdoctor
    static_configs: [{targets: ["%s"]}]
"""
DROP = "add table inet broken; add chain inet broken %s { type filter hook %s priority 0; }; add rule inet broken %s udp %s 20000-25000 drop"


class Serve:
    """`lkdoctor serve` on the checking host of the scenario."""

    def __init__(self, lkdoctor, folder, *words):
        (folder / "lkdoctor.toml").write_text(OWN)
        self.log = open(folder / "serve.log", "w+")
        arguments = json.loads(os.environ["LKDOCTOR_BENCH_ARGS"])
        self.process = subprocess.Popen(
            [lkdoctor, "serve", *arguments, "--config", folder / "lkdoctor.toml", "--state-dir", folder / "state",
             "--web.listen-address", "127.0.0.1:0", *words], stderr=self.log)
        self.base = "http://" + wait_for(lambda: listening(self.process, self.log.name), 20)

    def said(self):
        return pathlib.Path(self.log.name).read_text()

    def sample(self, name):
        return sample(self.base, name)

    def stop(self):
        self.process.terminate()
        return self.process.wait(20)


class ServeBesideLiveKit(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.serve = Serve(LKDOCTOR, self.folder)
        self.addCleanup(self.serve.log.close)
        self.addCleanup(self.serve.process.kill)

    def prometheus(self):
        (self.folder / "rules.yaml").write_text(RULES)
        (self.folder / "prometheus.yaml").write_text(PROMETHEUS % self.serve.base.split("//")[1])
        process = subprocess.Popen(
            ["prometheus", f"--config.file={self.folder}/prometheus.yaml", f"--storage.tsdb.path={self.folder}/tsdb",
             "--web.listen-address=127.0.0.1:19090"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)

    def firing(self):
        """The findings of which Prometheus alerts."""
        try:
            status, text = get("http://127.0.0.1:19090/api/v1/alerts")
        except OSError:
            return None
        return status == 200 and {alert["labels"]["finding"] for alert in json.loads(text)["data"]["alerts"] if alert["state"] == "firing"}

    def drop_media(self):
        for chain, hook, port in (("to", "output", "dport"), ("from", "input", "sport")):
            subprocess.run(["nft", DROP % (chain, hook, chain, port)], check=True)

    def test_a_fault_is_alerted_with_its_cause_and_resolved(self):
        serve = self.serve

        def healthy():
            return serve.sample('probe_success{target="default"}') == "1" and serve.sample('lkdoctor_check_state{target="default",check="media_udp",state="pass"}') == "1"

        wait_for(healthy, 60)
        self.prometheus()
        wait_for(lambda: self.firing() == set(), 60)
        self.drop_media()
        wait_for(self.firing, 120)
        causes = self.firing()
        self.assertEqual(len(causes), 1, causes)
        self.assertIn("udp", causes.pop())
        wait_for(lambda: "before that healthy" in serve.said(), 60)
        page = get(serve.base + "/t/default")[1]
        self.assertIn("UDP", page)
        subprocess.run(["nft", "delete table inet broken"], check=True)
        wait_for(healthy, 60)
        wait_for(lambda: self.firing() == set(), 60)
        wait_for(lambda: "default: healthy since" in serve.said(), 60)
        self.assertEqual(serve.stop(), 0)
        self.assertRegex(serve.said(), r"default: (broken|degraded) since .*, before that healthy: .*\n")
        self.assertRegex(serve.said(), r"default: healthy since .*, before that (broken|degraded)\n")

    def test_metrics_stand_up_to_promtool_and_a_probe_answers(self):
        wait_for(lambda: self.serve.sample('probe_success{target="default"}') == "1", 60)
        text = get(self.serve.base + "/metrics")[1]
        checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
        self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, ""))
        status, probed = get(self.serve.base + "/probe?target=default", headers={"X-Prometheus-Scrape-Timeout-Seconds": "8"})
        self.assertEqual(status, 200)
        self.assertIn("\nprobe_success 1\n", probed)
        self.assertNotIn("target=", probed)
        secret = re.search(r'api_secret *= *"([^"]+)"', pathlib.Path("controller.toml").read_text())[1]
        pages = [get(self.serve.base + place)[1] for place in ("/", "/t/default", "/api/v1/report?target=default", "/metrics", "/sd")]
        self.assertFalse([page for page in pages if secret in page])
        self.assertEqual(self.serve.stop(), 0)

    def test_a_livekit_in_order_refuses_the_first_run_alone(self):
        def count(name):
            return int(float(self.serve.sample(f'{name}{{target="default"}}') or 0))

        wait_for(lambda: count("lkdoctor_runs_total") >= 10, 90)
        self.assertEqual(self.serve.sample('probe_success{target="default"}'), "1")
        self.assertEqual(self.serve.sample('lkdoctor_check_state{target="default",check="signalling_public",state="pass"}'), "1")
        self.assertIn(count("lkdoctor_unauthorized_answers_total"), range(1, 4))
        self.assertEqual(self.serve.stop(), 0)


def main():
    if os.environ.get("LKDOCTOR_BENCH_ARGS"):
        unittest.main(argv=[sys.argv[0], "-v"])
    lab = [sys.executable, ROOT / "tests/lab/lkdoctor-lab", "--lkdoctor", LKDOCTOR, "shell", SCENARIO]
    words = [sys.executable, __file__, LKDOCTOR]
    return subprocess.run([*map(str, lab), "--command", shlex.join(map(str, words))]).returncode


LKDOCTOR = str(pathlib.Path(sys.argv[1]).resolve())
if __name__ == "__main__":
    sys.exit(main())
