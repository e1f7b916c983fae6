#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""What is under packaging/ for Prometheus, Alertmanager, Grafana and systemd, read as its consumers read it."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROMETHEUS = ROOT / "packaging/prometheus"
DASHBOARD = ROOT / "packaging/grafana/lkdoctor.json"
UNITS = ROOT / "packaging/systemd"
# "Exposure" of systemd-analyze, ten times: 0 is nothing, 100 everything.
MOST_EXPOSED = 15
NAME = re.compile(r"\b((?:lkdoctor|probe)_[a-z0-9_]+)\b(?!\s*=)")
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tools"))
from monitoring import sources  # noqa: E402


def run(*command, cwd=PROMETHEUS):
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd)
    return done.returncode, done.stdout + done.stderr


def rules():
    page = yaml.safe_load((PROMETHEUS / "lkdoctor.rules.yaml").read_text(encoding="utf-8"))
    return [rule for group in page["groups"] for rule in group["rules"]]


def panels():
    return json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]


def expressions():
    return [target["expr"] for panel in panels() for target in panel.get("targets", [])]


class Prometheus(unittest.TestCase):
    def passes(self, *command):
        status, said = run("promtool", *command)
        self.assertEqual(status, 0, said)

    def test_the_rules_are_rules_without_duplicates(self):
        self.passes("check", "rules", "--lint-fatal", "lkdoctor.rules.yaml")

    def test_the_rules_fire_and_resolve_as_their_tests_say(self):
        self.passes("test", "rules", "lkdoctor.rules.test.yaml")

    def test_the_examples_are_configurations(self):
        for name in sorted(path.name for path in PROMETHEUS.glob("*.example.yaml")):
            if name != "alertmanager.example.yaml":
                self.passes("check", "config", name)

    def test_the_shards_lead_to_probers_that_are_scraped_themselves(self):
        page = yaml.safe_load((PROMETHEUS / "sharded.example.yaml").read_text(encoding="utf-8"))
        shares, program = page["scrape_configs"]
        modulus = [one["modulus"] for one in shares["relabel_configs"] if one.get("action") == "hashmod"]
        probers = program["static_configs"][0]["targets"]
        self.assertEqual(probers, [f"probe-{number:02}.example.org:17880" for number in range(modulus[0])])


class Alerts(unittest.TestCase):
    def test_every_alert_says_what_to_do(self):
        for rule in rules():
            if "alert" in rule:
                said = rule["annotations"]
                self.assertTrue({"summary", "description", "title", "remedy"} <= said.keys(), rule["alert"])

    def test_every_alert_lasts_longer_than_three_of_the_most_frequent_runs(self):
        for rule in rules():
            if "alert" in rule:
                self.assertRegex(rule["for"], r"^([2-9]|[1-9][0-9])m$|^[1-9]h")

    def test_what_alertmanager_inhibits_and_routes_exists_and_carries_the_labels(self):
        page = yaml.safe_load((PROMETHEUS / "alertmanager.example.yaml").read_text(encoding="utf-8"))
        known = {rule["alert"] for rule in rules() if "alert" in rule}
        inhibition = page["inhibit_rules"][0]
        for matchers in (inhibition["source_matchers"], inhibition["target_matchers"],
                         page["route"]["routes"][0]["matchers"]):
            named = re.search(r'alertname=~?"([^"]*)"', matchers[0]).group(1)
            self.assertLessEqual(set(named.split("|")), known)
        blind = next(rule for rule in rules() if rule.get("alert") == "LiveKitProbeBlind")
        # A label that no alert of Prometheus has is equal.
        self.assertEqual(inhibition["equal"], ["job", "instance", "prober"])
        self.assertIn("by (job, instance)", blind["expr"])


class Names(unittest.TestCase):
    def test_every_metric_that_is_asked_for_is_one_of_the_program(self):
        known = {name for name, _, _ in sources.metrics()}
        for expression in expressions() + [rule["expr"] for rule in rules()]:
            for name in NAME.findall(re.sub(r'"[^"]*"', '""', expression).replace("target:probe_success:changes2h", "")):
                self.assertIn(name, known, expression)


class Dashboard(unittest.TestCase):
    def test_it_can_be_imported_by_its_own_id_into_any_grafana(self):
        page = json.loads(DASHBOARD.read_text(encoding="utf-8"))
        self.assertEqual((page["uid"], page.get("id")), ("lkdoctor", None))
        names = [variable["name"] for variable in page["templating"]["list"]]
        self.assertEqual(names, ["datasource", "instance", "target", "status_page"])
        for panel in page["panels"]:
            if panel["type"] != "row":
                self.assertEqual({one["datasource"]["uid"] for one in [panel, *panel["targets"]]}, {"${datasource}"})

    def test_panels_have_ids_of_their_own_and_do_not_overlap(self):
        ids = [panel["id"] for panel in panels()]
        self.assertEqual(len(ids), len(set(ids)))
        taken = set()
        for place in (panel["gridPos"] for panel in panels()):
            cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                     for y in range(place["y"], place["y"] + place["h"])}
            self.assertFalse(cells & taken)
            self.assertLessEqual(place["x"] + place["w"], 24)
            taken |= cells

    def test_its_expressions_are_expressions(self):
        rows = [{"record": f"panel:{at}", "expr": re.sub(r"\$\w+", "a", expression)}
                for at, expression in enumerate(expressions())]
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "panels.yaml"
            path.write_text(json.dumps({"groups": [{"name": "panels", "rules": rows}]}), encoding="utf-8")
            status, said = run("promtool", "check", "rules", str(path))
            self.assertEqual(status, 0, said)


@unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd-analyze here")
class Units(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for unit in UNITS.iterdir():
            text = unit.read_text(encoding="utf-8").replace("/usr/local/bin/lkdoctor", "/bin/true")
            (self.folder / unit.name).write_text(text, encoding="utf-8")

    def test_systemd_finds_nothing_wrong_with_them(self):
        status, said = run("systemd-analyze", "verify", "./lkdoctor-serve.service", "./lkdoctor-serve.socket",
                           cwd=self.folder)
        self.assertEqual((status, said), (0, ""))

    def test_the_service_is_hardened(self):
        status, said = run("systemd-analyze", "security", "--offline=yes", f"--threshold={MOST_EXPOSED}",
                           "./lkdoctor-serve.service", cwd=self.folder)
        self.assertEqual(status, 0, said)


if __name__ == "__main__":
    unittest.main()
