# SPDX-License-Identifier: EUPL-1.2
"""The Grafana dashboard: an overview of all targets, then one row of panels for the target that is chosen."""
import json

SOURCE = {"type": "prometheus", "uid": "${datasource}"}
ALL = '{instance=~"$instance"}'
ONE = 'instance=~"$instance",target="$target"'
# What `verdict_number` gives: worse is more.
VERDICTS = (("healthy", "green"), ("degraded", "yellow"), ("unknown", "purple"), ("broken", "red"))
STATES = (("pass", "green"), ("skip", "text"), ("warn", "yellow"), ("unknown", "purple"), ("fail", "red"))
SEVERITIES = {"failure": "red", "warning": "yellow"}


def number_of(metric, label, names, by, more):
    """State sets as one number: the position of the name that holds."""
    def term(at, name):
        return f'{at} * sum by ({by}) ({metric}{{{label}="{name}",{more}}})'
    return " + ".join(term(at, name) for at, (name, _) in enumerate(names) if at > 0)


def mapping(names):
    options = {str(at): {"text": name, "color": color, "index": at} for at, (name, color) in enumerate(names)}
    return [{"type": "value", "options": options}]


def query(expr, legend, **more):
    return {"datasource": SOURCE, "expr": expr, "legendFormat": legend, **more}


def instant(expr, **more):
    return query(expr, "", instant=True, format="table", **more)


def lettered(queries):
    return [{**one, "refId": chr(ord("A") + at)} for at, one in enumerate(queries)]


def panel(kind, title, about, queries, defaults=None, options=None, **more):
    return {"type": kind, "title": title, "description": about, "datasource": SOURCE, "targets": lettered(queries),
            "fieldConfig": {"defaults": defaults or {}, "overrides": more.pop("overrides", [])},
            "options": options or {}, **more}


def curves(title, about, queries, unit, **defaults):
    custom = {"spanNulls": False, "fillOpacity": defaults.pop("fill", 0), "lineWidth": 1,
              "showPoints": "auto", "stacking": {"mode": defaults.pop("stack", "none"), "group": "A"}}
    return panel("timeseries", title, about, queries, {"unit": unit, "custom": custom, **defaults},
                 {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}})


def timeline(title, about, expr, legend, names):
    return panel("state-timeline", title, about, [query(expr, legend)],
                 {"mappings": mapping(names), "custom": {"fillOpacity": 80, "lineWidth": 0}},
                 {"mergeValues": True, "showValue": "never", "rowHeight": 0.9,
                  "legend": {"displayMode": "list", "placement": "bottom"}})


def counted(verdict, color):
    metric = f'lkdoctor_verdict{{verdict="{verdict}",instance=~"$instance"}}'
    return panel("stat", verdict, f"Targets that are {verdict} now.", [query(f"sum({metric}) or vector(0)", verdict)],
                 {"color": {"mode": "fixed", "fixedColor": color}}, {"colorMode": "value", "graphMode": "none"})


def causes():
    link = [{"title": "status page of ${__value.text}", "targetBlank": True,
             "url": "${status_page}/t/${__value.text:percentencode}"}]
    colors = [{"type": "value", "options": {name: {"color": color, "index": at} for at, (name, color) in
                                            enumerate(SEVERITIES.items())}}]
    overrides = [
        {"matcher": {"id": "byName", "options": "target"}, "properties": [{"id": "links", "value": link}]},
        {"matcher": {"id": "byName", "options": "severity"}, "properties": [
            {"id": "mappings", "value": colors},
            {"id": "custom.cellOptions", "value": {"type": "color-text"}}]}]
    tidy = [{"id": "organize", "options": {
        "excludeByName": {"Time": True, "Value": True, "__name__": True, "job": True},
        "indexByName": {"target": 0, "finding": 1, "severity": 2, "instance": 3},
        "renameByName": {"finding": "root cause", "instance": "seen by"}}}]
    return panel("table", "Root causes", "What must be changed. lkdoctor explain ID says how; the link leads to the proof.",
                 [instant(f"lkdoctor_diagnosis{ALL} == 1")], {"noValue": "none"},
                 {"showHeader": True}, overrides=overrides, transformations=tidy)


def overview():
    verdict = number_of("lkdoctor_verdict", "verdict", VERDICTS, "target, instance", 'instance=~"$instance"')
    stats = [(6, counted(name, color)) for name, color in VERDICTS]
    return [(4, stats),
            (10, [(24, timeline("Verdict by target", "What each run made of the target, for those whom this prober "
                                "stands for.", verdict, "{{target}} seen by {{instance}}", VERDICTS))]),
            (8, [(24, causes())])]


def media():
    return [(8, [(12, curves("Round trip of media", "Over the path that media takes; not measured is a gap.",
                             [query(f"lkdoctor_ice_rtt_seconds{{{ONE}}}", "{{transport}} {{instance}}")], "s")),
                 (12, curves("Packets lost", "Share of the packets of the last test call.",
                             [query(f"lkdoctor_packet_loss_ratio{{{ONE}}}", "{{transport}} {{instance}}")],
                             "percentunit", min=0, max=1))]),
            (8, [(12, curves("Stages", "How long each stage of signalling and media took.",
                             [query(f"lkdoctor_phase_duration_seconds{{{ONE}}}", "{{transport}} {{phase}} {{instance}}")],
                             "s", min=0)),
                 (12, curves("UDP ports", "LiveKit's range by what is proven of its ports; silence is never open.",
                             [query(f"lkdoctor_udp_ports{{{ONE}}}", "{{result}} {{instance}}")], "none",
                             stack="normal", fill=40, min=0))])]


def limits(*steps):
    return {"color": {"mode": "thresholds"}, "thresholds": {
        "mode": "absolute", "steps": [{"color": color, "value": value} for color, value in steps]}}


def certainties():
    expiry = panel("stat", "Certificate ends in", "The first one to end; also of one that is not trusted.",
                   [query(f"probe_ssl_earliest_cert_expiry{{{ONE}}} - time()", "{{instance}}")],
                   {"unit": "s", **limits(("red", None), ("yellow", 3 * 86400), ("green", 14 * 86400))},
                   {"colorMode": "value", "graphMode": "none"})
    address = panel("stat", "External address", "Whether LiveKit sends clients to where it is reached.",
                    [query(f"lkdoctor_external_address_match{{{ONE}}}", "{{instance}}")],
                    {"mappings": mapping((("wrong", "red"), ("right", "green")))},
                    {"colorMode": "value", "graphMode": "none"})
    stale = panel("stat", "Last run", "How long ago the last check ended.",
                  [query(f"time() - max by (instance) (lkdoctor_check_last_run_timestamp_seconds{{{ONE}}} > 0)",
                         "{{instance}}")], {"unit": "s"}, {"colorMode": "none", "graphMode": "none"})
    skew = curves("Clock of LiveKit", "LiveKit minus prober; tokens allow 60 s.",
                  [query(f"lkdoctor_clock_skew_seconds{{{ONE}}}", "{{instance}}")], "s")
    return [(6, [(4, expiry), (4, address), (4, stale), (12, skew)])]


def work():
    state = number_of("lkdoctor_check_state", "state", STATES, "check, instance", ONE)
    caused = [query(f"sum by (instance) (increase({metric}{{{ONE}}}[1h]))", f"{name} {{{{instance}}}}")
              for metric, name in (("lkdoctor_joins_total", "joins"), ("lkdoctor_rooms_total", "rooms"),
                                   ("lkdoctor_unauthorized_answers_total", "answers 401"))]
    return [(12, [(24, timeline("Checks", "Outcome of each check's last run.", state, "{{check}} {{instance}}", STATES))]),
            (8, [(12, curves("Duration of runs", "How long the last run took.",
                             [query(f"probe_duration_seconds{{{ONE}}}", "{{instance}}")], "s", min=0)),
                 (12, curves("Caused at LiveKit in an hour", "What the prober itself did to the deployment.", caused,
                             "short", min=0))])]


def laid_out(rows, y, number):
    """Panels with their places, 24 columns wide."""
    out = []
    for height, panels in rows:
        x = 0
        for width, one in panels:
            number += 1
            out.append({"id": number, **one, "gridPos": {"x": x, "y": y, "w": width, "h": height}})
            x += width
        y += height
    return out, y, number


def row(title, y, number):
    return {"id": number, "type": "row", "title": title, "collapsed": False, "panels": [],
            "gridPos": {"x": 0, "y": y, "w": 24, "h": 1}}


def variables():
    def values(name, label, metric, **more):
        return {"type": "query", "name": name, "label": label, "datasource": SOURCE, "refresh": 2, "sort": 1,
                "definition": f"label_values({metric}, {name})",
                "query": {"query": f"label_values({metric}, {name})", "refId": name}, **more}
    return [{"type": "datasource", "name": "datasource", "label": "Prometheus", "query": "prometheus"},
            values("instance", "seen by", "lkdoctor_verdict", includeAll=True, multi=True,
                   current={"text": "All", "value": "$__all"}),
            values("target", "target", f"lkdoctor_verdict{ALL}"),
            {"type": "textbox", "name": "status_page", "label": "status page", "query": "http://127.0.0.1:17880",
             "current": {"text": "http://127.0.0.1:17880", "value": "http://127.0.0.1:17880"}}]


def dashboard_page():
    top, y, number = laid_out(overview(), 0, 0)
    head = row("$target", y, number + 1)
    rest, _, _ = laid_out(media() + certainties() + work(), y + 1, number + 1)
    page = {"uid": "lkdoctor", "title": "LiveKit, as lkdoctor sees it", "tags": ["lkdoctor", "livekit"],
            "description": "Verdicts, root causes and measurements of lkdoctor serve. Written by tools/gen_monitoring.",
            "schemaVersion": 38, "version": 1, "editable": True, "graphTooltip": 1, "refresh": "30s",
            "time": {"from": "now-24h", "to": "now"}, "timezone": "", "annotations": {"list": []}, "links": [],
            "templating": {"list": variables()}, "panels": [*top, head, *rest]}
    return json.dumps(page, indent=2, ensure_ascii=False) + "\n"
