# SPDX-License-Identifier: EUPL-1.2
"""A scenario: one YAML file below tests/scenarios, on top of a deployment below tests/lab/deployments."""
import copy
import pathlib

import yaml

HERE = pathlib.Path(__file__).resolve().parents[1]
SCENARIOS = HERE.parent / "scenarios"
DEPLOYMENTS = HERE / "deployments"

# Key: what it must be. `hosts` … `services` merge by name with what is extended (null takes one away).
_KEYS = {"title": str, "extends": str, "hosts": dict, "dns": dict, "dns_options": list, "certificates": dict,
         "files": dict, "edit": dict, "services": dict, "firewall": dict, "steps": list, "check": dict, "secrets": list,
         "secrets_logged": list, "expect": dict, "rooms_empty_after": int}
# `pair`: the service whose one-time code is typed in, or a code itself. `folder`: where the run stands, empty at first.
_CHECK = {"host": str, "pair": str, "folder": str, "args": list, "env": dict, "clock": int, "time_limit": int, "trust": str}
_EXPECT = {"diagnosis": str, "verdict": str, "exit": int, "also_allowed": list, "never": list, "notices": list,
           "transcript": bool, "facts": dict, "facts_are": dict, "outcomes": dict, "reasons": dict, "confidence": str, "remedy": list, "says": list,
           "seconds": float}
_VERDICTS = {"healthy", "degraded", "broken", "unknown"}


class Bad(Exception):
    """The scenario's own text is wrong."""


def names():
    return sorted(path.stem for path in SCENARIOS.glob("*.yaml"))


def load(name):
    path = pathlib.Path(name)
    if path.suffix != ".yaml":
        path = SCENARIOS / f"{name}.yaml"
    if not path.exists():
        raise Bad(f"no scenario {name!r}; `lkdoctor-lab list` shows them")
    scenario = _resolve(path)
    scenario["name"] = path.stem
    _verify(path, scenario)
    return scenario


def _resolve(path):
    own = yaml.safe_load(path.read_text(encoding="utf-8"))
    _typed(path, own, _KEYS)
    if "extends" not in own:
        return _edited(path, own)
    base = DEPLOYMENTS / f"{own['extends']}.yaml"
    if not base.exists():
        raise Bad(f"{path}: no deployment {own['extends']!r} in {DEPLOYMENTS}")
    return _edited(path, _merge(_resolve(base), own))


def _merge(base, own):
    merged = copy.deepcopy(base)
    for key, value in own.items():
        if key == "expect":
            merged[key] = value
        elif key in ("secrets", "dns_options", "steps"):
            merged[key] = merged.get(key, []) + value
        elif isinstance(value, dict):
            merged[key] = _merged_names(merged.get(key, {}), value)
        else:
            merged[key] = value
    return merged


def _merged_names(base, own):
    out = dict(base)
    for name, value in own.items():
        if value is None:
            out.pop(name, None)
        elif isinstance(value, dict) and isinstance(out.get(name), dict):
            out[name] = {**out[name], **value}
        else:
            out[name] = value
    return out


def _typed(path, value, keys):
    if not isinstance(value, dict):
        raise Bad(f"{path}: expected a mapping")
    for key, entry in value.items():
        if key not in keys:
            raise Bad(f"{path}: unknown key {key!r}; known: {', '.join(sorted(keys))}")
        if not isinstance(entry, keys[key]) or (keys[key] is int and isinstance(entry, bool)):
            raise Bad(f"{path}: {key} must be {keys[key].__name__}")


def _verify(path, scenario):
    for key in ("title", "hosts", "check", "expect"):
        if key not in scenario:
            raise Bad(f"{path}: {key} is missing")
    _typed(path, scenario["check"], _CHECK)
    _typed(path, scenario["expect"], _EXPECT)
    for key in ("diagnosis", "verdict", "exit"):
        if key not in scenario["expect"]:
            raise Bad(f"{path}: expect.{key} is missing")
    if scenario["expect"]["verdict"] not in _VERDICTS:
        raise Bad(f"{path}: expect.verdict is one of {', '.join(sorted(_VERDICTS))}")
    for name, service in scenario.get("services", {}).items():
        if service.get("host") not in scenario["hosts"]:
            raise Bad(f"{path}: service {name} stands on an unknown host {service.get('host')!r}")


def _edited(path, scenario):
    """edit: {FILE: [[old, new], …]}: each old text stands exactly once in the file as it is so far."""
    for file, pairs in scenario.pop("edit", {}).items():
        text = scenario.get("files", {}).get(file)
        if text is None:
            raise Bad(f"{path}: edit of {file}, which the deployment does not have")
        for old, new in pairs:
            if text.count(old) != 1:
                raise Bad(f"{path}: edit of {file}: {old!r} stands there {text.count(old)} times")
            text = text.replace(old, new)
        scenario["files"][file] = text
    return scenario


def healthy(scenario):
    return scenario["expect"]["diagnosis"] == "none"
