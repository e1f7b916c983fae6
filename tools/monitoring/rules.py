# SPDX-License-Identifier: EUPL-1.2
"""Prometheus' rules. Each alert comes after three runs at least: see docs/serve.md, "Alerts"."""
import json

HOUR = 3600
# Of a prober whose page has another address than the one at which Prometheus scrapes it.
BASE = "{{ with $externalLabels.lkdoctor_url }}{{ . }}{{ else }}http://{{ $labels.instance }}{{ end }}"
PAGE = BASE + "/"
# As the page itself writes it: %20, not +.
TARGET_PAGE = BASE + '/t/{{ $labels.target | urlquery | reReplaceAll "\\\\+" "%20" }}'
STEADY = "target:probe_success:changes2h"
# A scrape that failed, or a prober that was restarted, does not end an alert.
BRIDGE = "2m"

HEAD = """\
# SPDX-License-Identifier: EUPL-1.2
# Written by tools/gen_monitoring from the findings. How long each `for` is, and why: docs/serve.md, "Alerts".
# Links lead to the prober that Prometheus scrapes; with another address of the status page, set the external label
# lkdoctor_url (prometheus.example.yaml).
groups:
"""


def duration(seconds):
    for unit, size in (("h", HOUR), ("m", 60)):
        if seconds % size == 0 or (unit == "h" and seconds > HOUR and seconds % 60 == 0):
            rest = seconds % size
            return f"{seconds // size}{unit}" + (f"{rest // 60}m" if rest else "")
    return f"{seconds}s"


def quoted(text):
    return json.dumps(text, ensure_ascii=False)


def alert(name, expr, lasts, labels, annotations, stays=None):
    lines = [f"      - alert: {name}", f"        expr: {expr}" if "\n" not in expr else "        expr: |"]
    if "\n" in expr:
        lines += [f"          {line}" for line in expr.splitlines()]
    lines.append(f"        for: {duration(lasts)}")
    if stays:
        lines.append(f"        keep_firing_for: {duration(stays)}")
    lines.append("        labels:")
    lines += [f"          {key}: {value}" for key, value in labels.items()]
    lines.append("        annotations:")
    lines += [f"          {key}: {quoted(value)}" for key, value in annotations.items()]
    return "\n".join(lines) + "\n"


def stands(finding):
    return f'last_over_time(lkdoctor_diagnosis{{finding="{finding}"}}[{BRIDGE}]) == 1'


def condition(finding):
    """Expression and `for`. A run that sees a change is followed by two that take all checks, at most six times an
    hour. Beyond that, what a rare check saw once stays until its next turn, which must not alert."""
    name, fastest, slowest = finding["id"], finding["fastest"], finding["slowest"]
    if slowest < HOUR:
        return stands(name), max(180, 2 * fastest, slowest) + 120
    if finding["severity"] != "failure":
        return stands(name), 2 * slowest + 300
    here = f'lkdoctor_diagnosis{{finding="{name}"}}'
    long = duration(slowest + 300)
    return (f"({stands(name)} and on (job, instance, target) {STEADY} <= 2)\n"
            f"or (min_over_time({here}[{long}]) == 1 and {here} offset {long} == 1)"), 300


def diagnosis(finding):
    expr, lasts = condition(finding)
    title, remedy = finding["title"], finding["remedy"]
    if "{{" in title + remedy:
        raise ValueError(f"findings/{finding['id']}.md: {{{{ would be read as a template")
    return alert("LiveKitDiagnosis", expr, lasts, {"finding": finding["id"]}, {
        "summary": "{{ $labels.target }}: " + title,
        "description": f"{remedy}. More: lkdoctor explain {finding['id']}",
        "title": title, "remedy": remedy, "link": TARGET_PAGE})


def blind():
    since = "lkdoctor_verdict_since_timestamp_seconds"
    expr = ('sum by (job, instance) (lkdoctor_verdict{verdict=~"broken|unknown"})\n'
            '  == count by (job, instance) (lkdoctor_verdict{verdict="broken"}) >= 3\n'
            f'and count by (job, instance) ({since}\n'
            f'  >= on (job, instance) group_left () (max by (job, instance) ({since}) - 600)) >= 3')
    return alert("LiveKitProbeBlind", expr, 120, {"severity": "failure"}, {
        "summary": "All {{ $value }} targets of {{ $labels.instance }} failed at once",
        "description": "Most likely it is this prober's own network. Its other alerts are inhibited.",
        "title": "All {{ $value }} targets failed at once: this prober's own network, most likely.",
        "remedy": "Look at this prober's network, name servers and clock first", "link": PAGE}, stays=300)


def unknown(slowest):
    expr = f'max without (verdict) (last_over_time(lkdoctor_verdict{{verdict="unknown"}}[{BRIDGE}])) == 1'
    return alert("LiveKitVerdictUnknown", expr, 2 * slowest + 120, {"severity": "info"}, {
        "summary": "{{ $labels.target }} cannot be judged",
        "description": "Too little could be measured for a verdict. The status page says what and why.",
        "title": "Too little could be measured for a verdict",
        "remedy": "Give the prober what the status page says is missing: a key pair, a way, a responder",
        "link": TARGET_PAGE})


def stale():
    return alert("LiveKitTargetStale", "lkdoctor_target_stale == 1", 300, {"severity": "warning"}, {
        "summary": "{{ $labels.target }} is not looked at any more",
        "description": "No run of it has ended for three intervals: what its metrics say is old.",
        "title": "No run has ended for three intervals", "remedy": "Look at the prober's log and load",
        "link": TARGET_PAGE})


def refused():
    return alert("LiveKitProbeConfigRefused", "lkdoctor_config_last_reload_successful == 0", 300,
                 {"severity": "warning"}, {
        "summary": "{{ $labels.instance }} refused its new configuration",
        "description": "The one before is in force. lkdoctor serve --check-config says what is wrong.",
        "title": "A new configuration was refused", "remedy": "Run lkdoctor serve --check-config on that host",
        "link": PAGE})


def down():
    return alert("LiveKitProbeDown", "up == 0 and on (job, instance) last_over_time(lkdoctor_build_info[1d])", 300,
                 {"severity": "failure"}, {
        "summary": "{{ $labels.instance }} is not there",
        "description": "Prometheus cannot scrape this prober: nobody looks at its targets.",
        "title": "The prober does not answer", "remedy": "Look at the prober's service and log", "link": PAGE})


def absent():
    return alert("LiveKitProbeAbsent", "absent(lkdoctor_build_info)", 600, {"severity": "failure"}, {
        "summary": "There is no prober",
        "description": "Prometheus scrapes no lkdoctor serve: nobody looks at LiveKit.",
        "title": "There is no prober", "remedy": "Start lkdoctor serve, and name it in Prometheus' configuration"})


def group(name, rules):
    return f"  - name: {name}\n    interval: 30s\n    rules:\n" + "".join(rules)


def steady():
    return (f"      - record: {STEADY}\n"
            "        expr: changes(probe_success[2h]) and on (job, instance, target) lkdoctor_target_stale\n")


def rules_page(findings):
    slowest = max(one["slowest"] for one in findings if one["slowest"] < HOUR)
    return (HEAD + group("lkdoctor", [blind(), down(), absent(), unknown(slowest), stale(), refused()]) + "\n" +
            group("lkdoctor-diagnosis", [steady()] + [diagnosis(one) for one in findings]))
