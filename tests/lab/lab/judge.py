# SPDX-License-Identifier: EUPL-1.2
"""Was the deployment judged rightly? Pure: a report and what the scenario expects in, complaints out."""
import json

NAMED, MISSED, FALSE_ALARM, HEALTHY = "named", "missed", "false alarm", "healthy"


class Judgement:
    def __init__(self):
        self.missed, self.alarms, self.defects = [], [], []

    @property
    def fine(self):
        return not (self.missed or self.alarms or self.defects)

    def lines(self):
        for title, lines in (("missed", self.missed), ("false alarm", self.alarms), ("defect", self.defects)):
            yield from (f"{title}: {line}" for line in lines)


def judge(expect, report, status, schema=None):
    """report: the parsed JSON, or None if there was none; status: exit status."""
    out = Judgement()
    if report is None:
        out.defects.append(f"no readable JSON report; exit {status}")
        return out
    if schema is not None:
        out.defects += _against_schema(report, schema)
    _diagnoses(expect, report, out)
    _findings(expect, report, out)
    _facts(expect, report, out)
    _outcomes(expect, report, out)
    _words(expect, report, out)
    _time(expect, report, out)
    if report["verdict"] != expect["verdict"]:
        out.missed.append(f"verdict {report['verdict']}, expected {expect['verdict']}")
    if status != expect["exit"]:
        out.missed.append(f"exit {status}, expected {expect['exit']}")
    return out


def _diagnoses(expect, report, out):
    wanted, allowed = expect["diagnosis"], set(expect.get("also_allowed", []))
    diagnoses = [one for one in report["diagnoses"] if one["severity"] != "info"]
    first = diagnoses[0]["id"] if diagnoses else "none"
    if first != wanted and not (wanted == "none" and first in allowed):
        (out.alarms if wanted == "none" else out.missed).append(
            f"first diagnosis {first}, expected {wanted}" + _reason(diagnoses))
    for one in diagnoses[1:] if wanted != "none" else []:
        if one["id"] != wanted and one["id"] not in allowed:
            out.alarms.append(f"diagnosis {one['id']} ({one['severity']}): {one['title']}")
    seen = {one["id"] for one in report["diagnoses"]}
    for word in expect.get("notices", []):
        if word not in seen | {finding["id"] for _, finding in _all_findings(report)}:
            out.missed.append(f"{word} is not mentioned")


def _facts(expect, report, out):
    """`check.fact: [lowest, highest]`: what was measured, against what the scenario knows."""
    given = {f"{check['id']}.{name}": value for check in report["checks"]
             for name, value in check.get("facts", {}).items()}
    for name, (lowest, highest) in expect.get("facts", {}).items():
        value = given.get(name)
        if not isinstance(value, (int, float)) or not lowest <= value <= highest:
            out.missed.append(f"{name} is {value}, expected {lowest} to {highest}")
    for name, wanted in expect.get("facts_are", {}).items():
        if given.get(name) != wanted:
            out.missed.append(f"{name} is {given.get(name)}, expected {wanted}")


def _outcomes(expect, report, out):
    """`check: outcome`, for what is to be measured although something else is broken; `reasons`: parts of why not."""
    given = {check["id"]: check.get("outcome") for check in report["checks"]}
    for check, outcome in expect.get("outcomes", {}).items():
        if given.get(check) != outcome:
            out.missed.append(f"{check} is {given.get(check)}, expected {outcome}")
    why = {check["id"]: check.get("reason") or "" for check in report["checks"]}
    for check, part in expect.get("reasons", {}).items():
        if part not in why.get(check, ""):
            out.missed.append(f"{check}'s reason lacks {part!r}: {why.get(check)}")


def _words(expect, report, out):
    """How sure the first diagnosis is, what it tells to change, and what it or the summary says: parts of texts."""
    first = report["diagnoses"][0] if report["diagnoses"] else {}
    remedy = first.get("remedy") or {}
    texts = {"remedy": " ".join([remedy.get("text") or "", *remedy.get("commands", []), first.get("origin") or ""]),
             "says": " ".join([first.get("title") or "", report.get("summary") or ""])}
    if "confidence" in expect and first.get("confidence") != expect["confidence"]:
        out.missed.append(f"confidence {first.get('confidence')}, expected {expect['confidence']}")
    for key, text in texts.items():
        for part in expect.get(key, []):
            if part not in text:
                out.missed.append(f"{key} lacks {part!r}: {text}")


def _time(expect, report, out):
    """`seconds`: how long the run may take by its own word."""
    took = report.get("duration_ms", 0) / 1000
    if took > expect.get("seconds", took):
        out.defects.append(f"it took {took:.1f} s, expected at most {expect['seconds']} s")


def _reason(diagnoses):
    return f" ({diagnoses[0]['title']})" if diagnoses else ""


def _all_findings(report):
    return [(check["id"], finding) for check in report["checks"] for finding in check["findings"]]


def _findings(expect, report, out):
    allowed = {expect["diagnosis"], *expect.get("also_allowed", [])}
    for check, finding in _all_findings(report):
        name = f"{finding['id']} ({finding['severity']}) of {check}, subject {finding.get('subject')}"
        if finding["id"] in expect.get("never", []):
            out.alarms.append(f"{name}: must not be said here")
        elif finding["severity"] != "info" and finding["id"] not in allowed and not finding.get("explained_by"):
            out.alarms.append(name)


def _against_schema(report, schema):
    try:
        import jsonschema
    except ImportError:
        return []
    try:
        jsonschema.validate(report, json.loads(schema.read_text(encoding="utf-8")))
    except jsonschema.ValidationError as error:
        return [f"report against its schema: {error.message[:300]} at {'/'.join(map(str, error.absolute_path))}"]
    return []


def verdict(expect, judgement):
    """One word for the score."""
    if expect["diagnosis"] == "none":
        return HEALTHY if judgement.fine else FALSE_ALARM
    if judgement.missed or judgement.defects:
        return MISSED
    return FALSE_ALARM if judgement.alarms else NAMED
