# SPDX-License-Identifier: EUPL-1.2
"""The harness's own pure parts: a judge that says yes to everything would make the lab worthless."""
import base64
import pathlib
import re
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from lab import judge, scenario, secrets  # noqa: E402

EXPECT = {"diagnosis": "dns-missing", "verdict": "broken", "exit": 1}
HEALTHY = {"diagnosis": "none", "verdict": "unknown", "exit": 3}


def finding(name, severity="failure", explained_by=None):
    return {"id": name, "severity": severity, "subject": "x", "title": "t", "explained_by": explained_by}


def report(verdict, diagnoses=(), findings=()):
    return {"verdict": verdict, "diagnoses": list(diagnoses), "checks": [{"id": "c", "findings": list(findings)}]}


class Judge(unittest.TestCase):
    def said(self, expect, given, status):
        judgement = judge.judge(expect, given, status)
        return judge.verdict(expect, judgement), list(judgement.lines())

    def test_the_right_first_diagnosis_is_named(self):
        one = finding("dns-missing")
        self.assertEqual(self.said(EXPECT, report("broken", [one], [one]), 1), ("named", []))

    def test_a_consequence_that_is_explained_is_no_false_alarm(self):
        one, other = finding("dns-missing"), finding("endpoint-unreachable", explained_by="dns-missing")
        self.assertEqual(self.said(EXPECT, report("broken", [one], [one, other]), 1)[0], "named")

    def test_a_second_cause_is_a_false_alarm(self):
        one, other = finding("dns-missing"), finding("clock-skew", "warning")
        self.assertEqual(self.said(EXPECT, report("broken", [one, other], [one, other]), 1)[0], "false alarm")

    def test_another_first_diagnosis_is_missed(self):
        one = finding("clock-skew")
        word, lines = self.said(EXPECT, report("broken", [one], [one]), 1)
        self.assertEqual(word, "missed")
        self.assertIn("missed: first diagnosis clock-skew, expected dns-missing (t)", lines)

    def test_verdict_and_exit_count(self):
        self.assertEqual(self.said(EXPECT, report("unknown", [finding("dns-missing")]), 3),
                         ("missed", ["missed: verdict unknown, expected broken", "missed: exit 3, expected 1"]))

    def test_a_measured_fact_is_compared_with_what_is_known(self):
        expect = {**HEALTHY, "facts": {"c.offset": [2.9, 3.1]}}
        for facts, word in (({"offset": 3.04}, "healthy"), ({"offset": 3.5}, "false alarm"),
                            ({"offset": None}, "false alarm"), ({}, "false alarm")):
            given = report("unknown")
            given["checks"][0]["facts"] = facts
            self.assertEqual(self.said(expect, given, 3)[0], word, facts)

    def test_a_run_that_takes_too_long_is_a_defect(self):
        expect = {**HEALTHY, "seconds": 4.4}
        self.assertEqual(self.said(expect, {**report("unknown"), "duration_ms": 4400}, 3), ("healthy", []))
        self.assertEqual(self.said(expect, {**report("unknown"), "duration_ms": 4510}, 3),
                         ("false alarm", ["defect: it took 4.5 s, expected at most 4.4 s"]))

    def test_how_sure_the_cause_is_and_what_it_tells_to_change_count_where_it_is_asked(self):
        one = {**finding("dns-missing"), "confidence": "likely", "origin": "a.toml:7:1",
               "remedy": {"text": "Publish the name", "commands": ["dig x"]}}
        given = {**report("broken", [one], [one]), "summary": "It is gone."}
        fine = {"confidence": "likely", "remedy": ["Publish", "dig x", "a.toml:7"], "says": ["t", "gone"]}
        self.assertEqual(self.said({**EXPECT, **fine}, given, 1)[0], "named")
        for key, other in (("confidence", "proven"), ("remedy", ["Restart"]), ("says", ["there"])):
            self.assertEqual(self.said({**EXPECT, key: other}, given, 1)[0], "missed", key)

    def test_what_must_be_measured_all_the_same_is_looked_at(self):
        given = report("unknown")
        given["checks"][0]["outcome"] = "skip"
        self.assertEqual(self.said({**HEALTHY, "outcomes": {"c": "skip"}}, given, 3)[0], "healthy")
        self.assertEqual(self.said({**HEALTHY, "outcomes": {"c": "pass"}}, given, 3)[1],
                         ["missed: c is skip, expected pass"])

    def test_no_report_is_a_defect(self):
        self.assertEqual(self.said(HEALTHY, None, 70), ("false alarm", ["defect: no readable JSON report; exit 70"]))

    def test_a_healthy_deployment_has_no_warnings(self):
        self.assertEqual(self.said(HEALTHY, report("unknown"), 3), ("healthy", []))
        one = finding("secret-too-short", "warning")
        self.assertEqual(self.said(HEALTHY, report("unknown", [one], [one]), 3)[0], "false alarm")

    def test_what_must_never_be_said_counts_as_information_too(self):
        expect = {**HEALTHY, "never": ["wrong-backend"]}
        self.assertEqual(self.said(expect, report("unknown", [], [finding("wrong-backend", "info")]), 3)[0], "false alarm")


class Secrets(unittest.TestCase):
    SECRET = "Vq7mXb2KzR9tLw4NcY8sHd3PfJ6gTa5Ue1Qo"

    def seen(self, text):
        return secrets.leaks([self.SECRET], {"stdout": text})

    def test_every_form_is_found_and_never_shown(self):
        raw = self.SECRET.encode()
        forms = [raw, raw[::-1], raw.hex().encode(), raw.hex().upper().encode(), b"".join(b"%%%02x" % byte for byte in raw)]
        forms += [base64.b64encode(b"k" * before + raw + b"after") for before in range(6)]
        for form in forms:
            found = self.seen(b"before " + form + b" after")
            self.assertTrue(found, form)
            self.assertNotIn(self.SECRET, "".join(found))

    def test_harmless_text_is_not_reported(self):
        self.assertEqual(self.seen(b"secret: *** (36 characters)"), [])

    def test_secrets_of_a_run_are_read_from_the_logs_of_those_who_got_them(self):
        with tempfile.TemporaryDirectory() as name:
            logs = pathlib.Path(name)
            (logs / "a.log").write_text("token=abc.def\nuser <1795422908:PA_x>\n")
            wishes = [{"file": "a.log", "pattern": "token=(\\S+)"},
                      {"file": "a.log", "pattern": "user <(.*)>", "hmac_sha1": "north"}]
            self.assertEqual(secrets.seen_by_peers(wishes, logs), (["abc.def", "zYEbOR7LCi0A5khzVPny2tENmaI="], []))
            self.assertEqual(secrets.seen_by_peers([{"file": "a.log", "pattern": "never"}], logs),
                             ([], ["a.log has nothing like never: no secret to search for"]))


class Scenarios(unittest.TestCase):
    def test_what_the_media_page_points_to_is_there(self):
        root = pathlib.Path(__file__).resolve().parents[2]
        table = (root / "docs" / "media.md").read_text().split("## What a connection")[1].split("<!--")[0]
        named = [row.split("|")[2] for row in table.splitlines() if row.startswith("| ") and "`" in row]
        for name in re.findall(r"`([a-z0-9./-]+)`", "".join(named)):
            known = (root / name).exists() or name in scenario.names()
            self.assertTrue(known, name)

    def test_all_load_and_a_third_of_them_is_healthy(self):
        all_of_them = [scenario.load(name) for name in scenario.names()]
        healthy = sum(map(scenario.healthy, all_of_them))
        self.assertGreaterEqual(len(all_of_them), 35)
        self.assertGreaterEqual(healthy, 12)


if __name__ == "__main__":
    unittest.main()
